// options.h: the command line and sallyport.yaml, read into HostConfig and checked.
//
// sallyport.yaml is this host: ports, addresses, cores, memory, paths. Everything that is
// hot-swapped is in the policy bundle instead. A change here needs a restart. Sample with every
// key: docs/sallyport.sample.yaml.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dataplane/ip/route.h"
#include "dataplane/wire/ip_address.h"

namespace sallyport::dataplane {

// Ports of one worker (worker/worker.h has the same bound).
inline constexpr size_t kPortsPerWorkerMax = 8;
// More local addresses of one port: 16 times the connections of one, and a look-up of a line.
inline constexpr size_t kMoreAddressesMax = 16;
inline constexpr size_t kRoutesMax = 32;

struct HostPort {
  std::string name;
  std::string device;     // PCI address, or vdev name such as net_af_packet0
  std::string arguments;  // vdev arguments
  uint32_t address = 0;   // host byte order
  uint8_t prefix_length = 24;
  uint32_t next_hop = 0;     // 0: none
  wire::IpAddress address6;  // none: no IPv6
  uint8_t prefix_length6 = 64;
  wire::IpAddress next_hop6;
  // Of either family, in the connected networks: more source ports towards vendors, more places to
  // listen.
  std::vector<wire::IpAddress> more_addresses;
  std::vector<ip::Route> routes;  // networks behind other routers
  uint16_t vlan = 0;              // 0: untagged
  uint16_t mtu = 1'500;
  // Indexes into HostConfig::workers, ascending: each polls a queue of this port.
  std::vector<uint32_t> workers{0};
  uint32_t frames = 2'048;
  bool offloads = true;   // what the device has is used; false: software does all of it
  bool upstream = false;  // connections to vendors beyond the connected networks leave here

  bool serves(uint32_t worker) const noexcept;
  bool has(const wire::IpAddress& local) const noexcept;
};

struct HostWorker {
  int core = -1;  // -1: chosen at start
};

struct HostListen {
  wire::IpAddress address;  // one of the ports'
  uint16_t port = 443;
};

enum class HugepageUse : uint8_t { Auto, Required, Off };
enum class IdleMode : uint8_t { Poll, Adaptive };

struct HostMemory {
  uint32_t total_mib = 0;  // 0: what is available at start
  HugepageUse hugepages = HugepageUse::Auto;
  uint32_t connections = 2'048;     // per worker, both legs
  uint32_t tcp_mib = 64;            // per worker: payload in TCP queues
  uint32_t tls_mib = 32;            // per worker: TLS records of both legs, half of it plaintext
  uint32_t body_mib = 0;            // per worker: held bodies; 0: a quarter of the total
  uint32_t evidence_ring_mib = 16;  // per worker, a power of two
};

struct HostConfig {
  std::string path;                // of the file, for messages
  std::string node = "sallyport";  // in records, and hashed into every request id
  IdleMode idle = IdleMode::Adaptive;
  std::vector<HostWorker> workers;
  std::vector<HostPort> ports;
  std::vector<HostListen> listen;
  HostMemory memory;
  std::map<std::string, int>
      lines;  // "memory.body_mib" -> line, for messages about a value that does not fit
};

struct Options {
  std::string config_path = "/etc/sallyport/sallyport.yaml";
  std::string run_dir = "/run/sallyport";
  bool no_huge = false;
  bool check = false;  // read, plan, print, leave
  bool verbose = false;
};

enum class Parse : uint8_t { Run, Leave /*help or version was printed*/, Error };

// Errors go to stderr, with the option or file:line:column they are about.
Parse parse_command_line(int argc, const char* const* argv, Options& options);
// False: `error` is "file:line:column: what (and what to change)".
bool read_host_config(const std::string& path, HostConfig& config, std::string& error);

}  // namespace sallyport::dataplane
