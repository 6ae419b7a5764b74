// tcp_kernel_peer: nic, ip, tcp and worker without the gateway, serving and fetching against
// another TCP. Driven by tcp_kernel_test.py. Prints "serving", then "fetches done", and counters as
// one JSON line at SIGTERM.
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <numeric>

#include "dataplane/memory_plan.h"
#include "dataplane/nic/eal.h"
#include "dataplane/options.h"
#include "tests/process/tcp_kernel/transfers.h"

namespace sallyport {
namespace {

struct Arguments {
  std::string config;
  std::string fetch_address;
  uint16_t fetch_port = 0;
  uint32_t fetches = 0;
  uint32_t first = 0;
  uint32_t concurrency = 8;
  uint32_t fetch_after_ms = 0;
  bool no_huge = false;
};

Arguments read_arguments(int argc, char** argv) {
  namespace po = boost::program_options;
  Arguments a;
  po::options_description known;
  known.add_options()("config", po::value(&a.config)->required())(
      "fetch-address", po::value(&a.fetch_address)->required())(
      "fetch-port", po::value(&a.fetch_port)->required())("fetches", po::value(&a.fetches))(
      "first-fetch", po::value(&a.first))("concurrency", po::value(&a.concurrency))(
      "fetch-after-ms", po::value(&a.fetch_after_ms))("no-huge", po::bool_switch(&a.no_huge));
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, known), values);
  po::notify(values);
  return a;
}

[[noreturn]] void leave(const std::string& why) {
  std::cerr << "tcp_kernel_peer: " << why << "\n";
  std::exit(1);
}

wire::IpAddress address_of(const std::string& text) {
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) return wire::IpAddress::from_v6(v6.s6_addr);
  if (inet_pton(AF_INET, text.c_str(), &v4) != 1) leave("bad address " + text);
  return ntohl(v4.s_addr);
}

std::vector<std::unique_ptr<nic::Port>> open_ports(const dataplane::HostConfig& host,
                                                   const Arguments& arguments) {
  std::string error;
  dataplane::MemoryPlan plan;
  if (!dataplane::plan_memory(host, arguments.no_huge, dataplane::read_machine_memory(), plan,
                              error))
    leave(error);
  nic::EalConfig eal;
  eal.use_hugepages = plan.use_hugepages;
  eal.memory_mib = plan.eal_mib;
  const int last = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1;
  eal.main_cores = {0};
  eal.worker_cores = {last};
  for (const dataplane::HostPort& port : host.ports) {
    nic::PortConfig config;
    config.name = port.name;
    config.device = port.device;
    config.arguments = port.arguments;
    config.mtu = port.mtu;
    config.frames = port.frames;
    eal.ports.push_back(config);
  }
  if (!nic::Eal::start(eal, error)) leave(error);
  std::vector<std::unique_ptr<nic::Port>> ports;
  for (const nic::PortConfig& config : eal.ports) {
    ports.push_back(nic::Port::open(config, error));
    if (ports.back() == nullptr) leave(error);
  }
  return ports;
}

std::unique_ptr<worker::Worker> make_worker(const dataplane::HostConfig& host,
                                            const std::vector<std::unique_ptr<nic::Port>>& ports) {
  worker::WorkerConfig settings;
  settings.copy_segments = host.memory.tcp_mib * 512;
  settings.stack.connections_max = host.memory.connections;
  if (getrandom(&settings.stack.table_key, sizeof(base::SipKey), 0) < 0 ||
      getrandom(&settings.stack.sequence_key, sizeof(base::SipKey), 0) < 0)
    leave("getrandom");
  for (size_t i = 0; i < ports.size(); ++i) {
    worker::AttachedPort port;
    port.queue = &ports[i]->queue(0);
    port.interface.mac = ports[i]->mac();
    port.interface.address = host.ports[i].address;
    port.interface.prefix_length = host.ports[i].prefix_length;
    port.interface.next_hop = host.ports[i].next_hop;
    port.interface.address6 = host.ports[i].address6;
    port.interface.prefix_length6 = host.ports[i].prefix_length6;
    port.interface.next_hop6 = host.ports[i].next_hop6;
    port.interface.mtu = host.ports[i].mtu;
    port.is_upstream = host.ports[i].upstream;
    settings.ports.push_back(port);
    settings.stack.mtu =
        i == 0 ? host.ports[i].mtu : std::min(settings.stack.mtu, host.ports[i].mtu);
  }
  return std::make_unique<worker::Worker>(settings);
}

void print_report(const worker::Worker& w, const tcp::Stack& stack,
                  const test::TransferCounts& counts) {
  std::printf(
      "{\"served\":%lu,\"fetched\":%lu,\"failed\":%lu,\"wrong\":%lu,\"bytes\":%lu,\"turns\":%lu,"
      "\"sleeps\":%lu",
      counts.served, counts.fetched, counts.failed, counts.wrong, counts.bytes,
      w.counters().turns.load(), w.counters().sleeps.load());
  for (size_t i = 0; i < static_cast<size_t>(tcp::Counter::kCount); ++i) {
    const auto counter = static_cast<tcp::Counter>(i);
    const std::string name(tcp::counter_name(counter));
    if (stack.counters()[counter] != 0)
      std::printf(",\"%s\":%lu", name.c_str(), stack.counters()[counter]);
  }
  for (size_t port = 0; port < w.port_count(); ++port)
    for (size_t i = 0; i < static_cast<size_t>(ip::Counter::kCount); ++i) {
      const auto counter = static_cast<ip::Counter>(i);
      const std::string name(ip::counter_name(counter));
      const uint64_t value = w.interface(port).counter(counter);
      if (value != 0) std::printf(",\"port%zu_%s\":%lu", port, name.c_str(), value);
    }
  std::printf("}\n");
}

int run_worker(void* argument) {
  static_cast<worker::Worker*>(argument)->run();
  return 0;
}

int run(const Arguments& arguments) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  const int signals = signalfd(-1, &ending, SFD_CLOEXEC);

  dataplane::HostConfig host;
  std::string error;
  if (!dataplane::read_host_config(arguments.config, host, error)) leave(error);
  auto ports = open_ports(host, arguments);
  auto worker = make_worker(host, ports);
  test::TransferPlan plan;
  for (const dataplane::HostListen& listen : host.listen)
    plan.serve_at.push_back({listen.address, listen.port});
  plan.fetch_from = {address_of(arguments.fetch_address), arguments.fetch_port};
  plan.fetches = arguments.fetches;
  plan.first = arguments.first;
  plan.concurrency = arguments.concurrency;
  plan.begin_after_ms = arguments.fetch_after_ms;
  test::Transfers transfers(*worker, plan);
  worker->attach(transfers);
  if (!nic::launch_worker(0, run_worker, worker.get())) leave("no worker lcore");
  std::printf("serving\n");
  std::fflush(stdout);
  bool said = false;
  for (;;) {
    pollfd waiting{signals, POLLIN, 0};
    if (poll(&waiting, 1, 50) > 0) break;
    if (!said && transfers.fetches_done()) {
      std::printf("fetches done\n");
      std::fflush(stdout);
      said = true;
    }
  }
  worker->stop();
  nic::join_worker(0);
  print_report(*worker, worker->stack(), transfers.counts());
  worker.reset();
  ports.clear();
  nic::Eal::stop();
  return 0;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) { return sallyport::run(sallyport::read_arguments(argc, argv)); }
