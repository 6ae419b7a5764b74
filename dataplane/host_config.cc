// host_config.cc: sallyport.yaml into HostConfig. libfyaml gives places, refuses duplicate keys and
// draws the caret; every key that is not known is refused here, because a misspelt one would be
// silently default.
#include <arpa/inet.h>
#include <libfyaml.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <functional>
#include <optional>

#include "dataplane/contract/host_file.h"
#include "dataplane/contract/region_layout.h"
#include "dataplane/nic/port.h"
#include "dataplane/options.h"

namespace sallyport::dataplane {

namespace {

void collect(fy_diag*, void* user, const char* text, size_t size) {
  static_cast<std::string*>(user)->append(text, size);
}

// Reads one document. The first error wins: later ones are mostly its echo.
class Reader {
 public:
  Reader(HostConfig& config, std::string& error) : config_(config), error_(error) {
    fy_diag_cfg settings;
    fy_diag_cfg_default(&settings);
    settings.fp = nullptr;
    settings.output_fn = collect;
    settings.user = &report_;
    settings.colorize = false;
    diag_ = fy_diag_create(&settings);
  }
  ~Reader() {
    fy_document_destroy(document_);
    fy_diag_destroy(diag_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool read(const std::string& path);

 private:
  using Field = std::function<bool(const std::string& key, fy_node* value)>;

  bool refuse(fy_node* node, const std::string& what) {
    if (!report_.empty()) return false;
    fy_node_report(node, FYET_ERROR, "%s", what.c_str());
    if (report_.empty()) report_ = config_.path + ": " + what;
    return false;
  }
  // Calls `field` for each entry; it answers false for an error, which it reported, or an unknown
  // key.
  bool mapping(fy_node* node, const std::string& where, const Field& field);
  std::optional<std::string> text(fy_node* node, const std::string& where);
  template <typename T>
  bool number(fy_node* node, const std::string& where, T low, T high, T& out);
  bool address(fy_node* node, const std::string& where, uint32_t& out);
  bool address(fy_node* node, const std::string& where, wire::IpAddress& out);
  bool network(fy_node* node, const std::string& where, wire::IpAddress& out, uint8_t& bits);
  bool prefix(fy_node* node, const std::string& where, HostPort& port);
  bool prefix6(fy_node* node, const std::string& where, HostPort& port);
  bool items(fy_node* node, const std::string& where, size_t most,
             const std::function<bool(fy_node* item)>& item);
  bool port_key(const std::string& key, fy_node* value, const std::string& here, HostPort& port);
  bool workers_of_port(fy_node* node, const std::string& where, HostPort& port);
  bool route(fy_node* node, const std::string& where, HostPort& port);
  bool check_port(fy_node* node, const HostPort& port);
  bool check_addresses(fy_node* root);
  bool check_teams(fy_node* root);
  bool port(const std::string& name, fy_node* node);
  bool worker(fy_node* node);
  bool listen(fy_node* node);
  bool memory(fy_node* node);
  bool top(const std::string& key, fy_node* value);
  bool check(fy_node* root);
  void remember(const std::string& where, fy_node* node) {
    if (const fy_mark* mark = fy_token_start_mark(fy_node_get_scalar_token(node)))
      config_.lines[where] = mark->line + 1;
  }

  HostConfig& config_;
  std::string& error_;
  std::string report_;
  fy_diag* diag_ = nullptr;
  fy_document* document_ = nullptr;
};

bool Reader::mapping(fy_node* node, const std::string& where, const Field& field) {
  if (fy_node_get_type(node) != FYNT_MAPPING) return refuse(node, where + " must be a mapping");
  void* at = nullptr;
  while (fy_node_pair* pair = fy_node_mapping_iterate(node, &at)) {
    fy_node* key_node = fy_node_pair_key(pair);
    const std::optional<std::string> key = text(key_node, where);
    if (!key) return false;
    fy_node* value = fy_node_pair_value(pair);
    if (value == nullptr) return refuse(key_node, *key + " has no value");
    if (!field(*key, value)) return refuse(key_node, "unknown key '" + *key + "' in " + where);
  }
  return true;
}

std::optional<std::string> Reader::text(fy_node* node, const std::string& where) {
  size_t size = 0;
  const char* bytes = fy_node_get_scalar(node, &size);
  if (bytes == nullptr) {
    refuse(node, where + " must be a plain value");
    return std::nullopt;
  }
  remember(where, node);
  return std::string(bytes, size);
}

template <typename T>
bool Reader::number(fy_node* node, const std::string& where, T low, T high, T& out) {
  const std::optional<std::string> digits = text(node, where);
  if (!digits) return false;
  const char* end = digits->data() + digits->size();
  const auto [stop, code] = std::from_chars(digits->data(), end, out);
  if (code != std::errc{} || stop != end || out < low || out > high)
    return refuse(node, where + " must be a number from " + std::to_string(low) + " to " +
                            std::to_string(high) + ", not '" + *digits + "'");
  return true;
}

bool parse_address(const std::string& digits, uint32_t& out) {
  in_addr parsed{};
  if (inet_pton(AF_INET, digits.c_str(), &parsed) != 1) return false;
  out = ntohl(parsed.s_addr);
  return out != 0;
}

// Either family. "::1"-like nonsense is refused where it would be used (check_port).
bool parse_address(const std::string& digits, wire::IpAddress& out) {
  uint32_t v4 = 0;
  if (parse_address(digits, v4)) {
    out = wire::IpAddress(v4);
    return true;
  }
  std::array<uint8_t, wire::IpAddress::kBytesV6> bytes{};
  if (inet_pton(AF_INET6, digits.c_str(), bytes.data()) != 1) return false;
  out = wire::IpAddress::from_v6(bytes.data());
  return out.is_v6();
}

std::string text_of(const wire::IpAddress& address) {
  char out[INET6_ADDRSTRLEN] = {};
  std::array<uint8_t, wire::IpAddress::kBytesV6> bytes{};
  if (address.is_v6()) {
    address.store_v6(bytes.data());
    inet_ntop(AF_INET6, bytes.data(), out, sizeof out);
  } else {
    const uint32_t v4 = htonl(address.v4());
    inet_ntop(AF_INET, &v4, out, sizeof out);
  }
  return out;
}

// "ADDRESS/LENGTH" of either family. False: it is not that.
bool parse_network(const std::string& text, wire::IpAddress& address, uint8_t& bits,
                   bool low_zero) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return false;
  unsigned length = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data() + slash + 1, end, length);
  if (code != std::errc{} || stop != end) return false;
  const std::string digits = text.substr(0, slash);
  if (low_zero && length == 0 && (digits == "0.0.0.0" || digits == "::")) {
    address = {};
    bits = 0;
    return true;
  }
  if (!parse_address(digits, address)) return false;
  if (length < 1 || length > (address.is_v6() ? 128U : 32U)) return false;
  bits = static_cast<uint8_t>(length);
  return true;
}

bool Reader::address(fy_node* node, const std::string& where, uint32_t& out) {
  const std::optional<std::string> digits = text(node, where);
  if (!digits) return false;
  return parse_address(*digits, out) ||
         refuse(node, where + " must be an IPv4 address, not '" + *digits + "'");
}

bool Reader::address(fy_node* node, const std::string& where, wire::IpAddress& out) {
  const std::optional<std::string> digits = text(node, where);
  if (!digits) return false;
  return parse_address(*digits, out) ||
         refuse(node, where + " must be an IPv4 or IPv6 address, not '" + *digits + "'");
}

bool Reader::network(fy_node* node, const std::string& where, wire::IpAddress& out, uint8_t& bits) {
  const std::optional<std::string> words = text(node, where);
  if (!words) return false;
  return parse_network(*words, out, bits, true) ||
         refuse(node, where + " must be NETWORK/LENGTH such as 10.0.0.0/8 or 2001:db8::/32, not '" +
                          *words + "'");
}

bool Reader::prefix(fy_node* node, const std::string& where, HostPort& out) {
  const std::optional<std::string> words = text(node, where);
  if (!words) return false;
  wire::IpAddress parsed;
  if (!parse_network(*words, parsed, out.prefix_length, false) || parsed.is_v6())
    return refuse(node,
                  where + " must be ADDRESS/LENGTH such as 192.0.2.10/24, not '" + *words + "'" +
                      (parsed.is_v6() ? " (IPv6 has keys of its own: address6, next_hop6)" : ""));
  out.address = parsed.v4();
  return true;
}

bool Reader::prefix6(fy_node* node, const std::string& where, HostPort& out) {
  const std::optional<std::string> words = text(node, where);
  if (!words) return false;
  const bool read = parse_network(*words, out.address6, out.prefix_length6, false);
  if (!read || !out.address6.is_v6())
    return refuse(node,
                  where + " must be ADDRESS/LENGTH such as 2001:db8::10/64, not '" + *words + "'");
  if (out.address6.is_multicast_v6() || out.address6.is_link_local_v6() ||
      out.address6.is_loopback_v6())
    return refuse(node, where + ": " + *words +
                            " is not a unicast address that others can reach (the link-local "
                            "address is there by itself)");
  return true;
}

bool Reader::items(fy_node* node, const std::string& where, size_t most,
                   const std::function<bool(fy_node* item)>& item) {
  if (fy_node_get_type(node) != FYNT_SEQUENCE) return refuse(node, where + " takes a list");
  void* at = nullptr;
  size_t count = 0;
  while (fy_node* one = fy_node_sequence_iterate(node, &at)) {
    if (++count > most)
      return refuse(one, where + " takes at most " + std::to_string(most) + " entries");
    if (!item(one)) return false;
  }
  return true;
}

bool Reader::route(fy_node* node, const std::string& where, HostPort& out) {
  ip::Route route;
  bool has_network = false;
  const bool read = mapping(node, where, [&](const std::string& key, fy_node* value) {
    if (key == "to") {
      has_network = network(value, where + ".to", route.network, route.bits);
      return has_network;
    }
    if (key == "via") return address(value, where + ".via", route.via);
    return false;
  });
  if (!read) return false;
  if (!has_network || route.via.is_none())
    return refuse(node, where + " needs to: NETWORK/LENGTH and via: ROUTER");
  if (!route.network.is_none() && route.network.is_v6() != route.via.is_v6())
    return refuse(node, where + ": to and via are of different families");
  out.routes.push_back(route);
  return true;
}

bool Reader::workers_of_port(fy_node* node, const std::string& where, HostPort& out) {
  out.workers.clear();
  if (fy_node_is_scalar(node)) {
    const std::optional<std::string> words = text(node, where);
    if (!words) return false;
    // `all` is written out once the workers are known.
    return *words == "all" ||
           refuse(node, where + " must be all, or a list of worker numbers, not '" + *words + "'");
  }
  const bool read = items(node, where, contract::kWorkersMax, [&](fy_node* item) {
    uint32_t worker = 0;
    if (!number<uint32_t>(item, where, 0, contract::kWorkersMax - 1, worker)) return false;
    if (std::find(out.workers.begin(), out.workers.end(), worker) != out.workers.end())
      return refuse(item, where + " names worker " + std::to_string(worker) + " twice");
    out.workers.push_back(worker);
    return true;
  });
  if (read && out.workers.empty()) return refuse(node, where + " names no worker");
  std::sort(out.workers.begin(), out.workers.end());
  return read;
}

bool Reader::port_key(const std::string& key, fy_node* value, const std::string& here,
                      HostPort& port) {
  if (key == "device" || key == "arguments") {
    const std::optional<std::string> words = text(value, here);
    if (!words) return false;
    (key == "device" ? port.device : port.arguments) = *words;
    return true;
  }
  if (key == "upstream") {
    const std::optional<std::string> words = text(value, here);
    if (!words) return false;
    if (*words != "true" && *words != "false")
      return refuse(value, here + " must be true or false");
    port.upstream = *words == "true";
    return true;
  }
  if (key == "offloads") {
    const std::optional<std::string> words = text(value, here);
    if (!words) return false;
    if (*words != "auto" && *words != "off") return refuse(value, here + " must be auto or off");
    port.offloads = *words == "auto";
    return true;
  }
  if (key == "address") return prefix(value, here, port);
  if (key == "next_hop") return address(value, here, port.next_hop);
  if (key == "address6") return prefix6(value, here, port);
  if (key == "next_hop6") return address(value, here, port.next_hop6);
  if (key == "more_addresses")
    return items(value, here, kMoreAddressesMax, [&](fy_node* item) {
      return address(item, here, port.more_addresses.emplace_back());
    });
  if (key == "routes")
    return items(value, here, kRoutesMax, [&](fy_node* item) { return route(item, here, port); });
  if (key == "vlan") return number<uint16_t>(value, here, 1, 4'094, port.vlan);
  if (key == "mtu") return number<uint16_t>(value, here, 576, nic::kMtuMax, port.mtu);
  if (key == "frames") return number<uint32_t>(value, here, 512, 1'048'576, port.frames);
  if (key == "worker")
    return number<uint32_t>(value, here, 0, contract::kWorkersMax - 1, port.workers.at(0));
  if (key == "workers") return workers_of_port(value, here, port);
  return false;
}

bool Reader::port(const std::string& name, fy_node* node) {
  HostPort port;
  port.name = name;
  const std::string where = "ports." + name;
  bool one = false;
  bool several = false;
  const bool read = mapping(node, where, [&](const std::string& key, fy_node* value) {
    one = one || key == "worker";
    several = several || key == "workers";
    if (one && several)
      return refuse(value, where + " has worker and workers: give one of the two");
    return port_key(key, value, where + "." + key, port);
  });
  if (!read || !check_port(node, port)) return false;
  config_.ports.push_back(port);
  return true;
}

// What one port alone can be wrong about.
bool Reader::check_port(fy_node* node, const HostPort& port) {
  const std::string where = "ports." + port.name;
  if (port.device.empty()) return refuse(node, where + " needs device: a PCI address or a vdev");
  if (port.address == 0) return refuse(node, where + " needs address: ADDRESS/LENGTH");
  if (port.upstream && port.next_hop == 0 && port.next_hop6.is_none() && port.routes.empty())
    return refuse(node, where + ": upstream needs next_hop, next_hop6 or routes");
  if (port.device.find(':') != std::string::npos && !port.arguments.empty())
    return refuse(node, where + ": arguments are for a vdev, not for a PCI device");
  constexpr uint16_t kMtuMin6 = 1'280;  // RFC 8200 5
  if (!port.address6.is_none() && port.mtu < kMtuMin6)
    return refuse(node, where + ": IPv6 needs an mtu of 1280 or more");
  if (!port.next_hop6.is_none() && (port.address6.is_none() || !port.next_hop6.is_v6()))
    return refuse(node, where + ".next_hop6 is the IPv6 router of a port that has address6");
  const auto on_network = [&port](const wire::IpAddress& a) {
    if (a.is_v6())
      return !port.address6.is_none() && a.shares_prefix(port.address6, port.prefix_length6);
    return ((a.v4() ^ port.address) >> (32 - port.prefix_length)) == 0;
  };
  for (const wire::IpAddress& address : port.more_addresses)
    if (!on_network(address))
      return refuse(node, where + ".more_addresses: " + text_of(address) +
                              " is in no network of this port; give it to a port of its network");
  for (const ip::Route& route : port.routes)
    if (!on_network(route.via) && !route.via.is_link_local_v6())
      return refuse(node, where + ".routes: via " + text_of(route.via) +
                              " is in no network of this port, so no frame can be sent to it");
  return true;
}

bool Reader::worker(fy_node* node) {
  HostWorker worker;
  const std::string where = "workers." + std::to_string(config_.workers.size());
  const bool read = mapping(node, where, [&](const std::string& key, fy_node* value) {
    if (key != "core") return false;
    const std::string here = where + ".core";
    const std::optional<std::string> words = text(value, here);
    if (!words) return false;
    return *words == "auto" || number<int>(value, here, 0, 1'023, worker.core);
  });
  if (read) config_.workers.push_back(worker);
  return read;
}

bool Reader::listen(fy_node* node) {
  HostListen listen;
  const bool read = mapping(node, "gateway.listen", [&](const std::string& key, fy_node* value) {
    if (key == "address") return address(value, "gateway.listen.address", listen.address);
    if (key == "port")
      return number<uint16_t>(value, "gateway.listen.port", 1, 65'535, listen.port);
    return false;
  });
  if (!read) return false;
  config_.listen.push_back(listen);
  return true;
}

bool Reader::memory(fy_node* node) {
  HostMemory& m = config_.memory;
  return mapping(node, "memory", [&](const std::string& key, fy_node* value) {
    const std::string here = "memory." + key;
    if (key == "hugepages") {
      const std::optional<std::string> words = text(value, here);
      if (!words) return false;
      if (*words == "auto")
        m.hugepages = HugepageUse::Auto;
      else if (*words == "required")
        m.hugepages = HugepageUse::Required;
      else if (*words == "off")
        m.hugepages = HugepageUse::Off;
      else
        return refuse(value, here + " must be auto, required or off");
      return true;
    }
    if (key == "total_mib") return number<uint32_t>(value, here, 128, 4'194'304, m.total_mib);
    if (key == "connections") return number<uint32_t>(value, here, 16, 4'194'304, m.connections);
    if (key == "tcp_mib") return number<uint32_t>(value, here, 4, 1'048'576, m.tcp_mib);
    if (key == "tls_mib") return number<uint32_t>(value, here, 4, 1'048'576, m.tls_mib);
    if (key == "body_mib") return number<uint32_t>(value, here, 4, 1'048'576, m.body_mib);
    if (key == "evidence_ring_mib")
      return number<uint32_t>(value, here, 1, 1'024, m.evidence_ring_mib) &&
             (std::has_single_bit(m.evidence_ring_mib) ||
              refuse(value, here + " must be a power of two"));
    return false;
  });
}

bool Reader::top(const std::string& key, fy_node* value) {
  if (!contract::is_host_file_key(key)) return false;
  if (key == "node") {
    const std::optional<std::string> words = text(value, "node");
    if (!words) return false;
    if (words->empty() || words->size() > 63)
      return refuse(value, "node must have 1 to 63 characters");
    config_.node = *words;
    return true;
  }
  if (key == "environment")  // for sallyportd: who must approve a change of policy
    return text(value, "environment").has_value();
  if (key == "idle") {
    const std::optional<std::string> words = text(value, "idle");
    if (!words) return false;
    if (*words != "poll" && *words != "adaptive")
      return refuse(value, "idle must be poll or adaptive");
    config_.idle = *words == "poll" ? IdleMode::Poll : IdleMode::Adaptive;
    return true;
  }
  if (key == "workers" || key == "gateway") {
    fy_node* list = value;
    if (key == "gateway") {
      list = nullptr;
      const bool read = mapping(value, "gateway", [&](const std::string& inner, fy_node* v) {
        if (inner == "listen") list = v;
        return inner == "listen";
      });
      if (!read) return false;
      if (list == nullptr) return refuse(value, "gateway needs listen");
    }
    if (fy_node_get_type(list) != FYNT_SEQUENCE) return refuse(list, key + " takes a list");
    void* at = nullptr;
    while (fy_node* item = fy_node_sequence_iterate(list, &at))
      if (!(key == "workers" ? worker(item) : listen(item))) return false;
    return true;
  }
  if (key == "ports")
    return mapping(value, "ports",
                   [&](const std::string& name, fy_node* v) { return port(name, v); });
  if (key == "memory") return memory(value);
  // sallyportd's own: it reads and judges it (controlplane/supervise/evidence_options.h).
  if (key == "evidence") return true;
  return false;
}

bool Reader::check_addresses(fy_node* root) {
  std::map<std::string, std::string> owner;  // address to port
  for (const HostPort& port : config_.ports) {
    for (const HostPort& other : config_.ports)
      if (&port != &other && port.device == other.device)
        return refuse(root, "two ports have device " + port.device);
    std::vector<wire::IpAddress> all = port.more_addresses;
    all.emplace_back(port.address);
    if (!port.address6.is_none()) all.push_back(port.address6);
    for (const wire::IpAddress& address : all) {
      const auto [place, is_new] = owner.emplace(text_of(address), port.name);
      if (is_new) continue;
      if (place->second == port.name)
        return refuse(root, "port " + port.name + " has address " + place->first + " twice");
      return refuse(root, "ports " + place->second + " and " + port.name +
                              " have the same address " + place->first);
    }
  }
  for (const HostListen& listen : config_.listen) {
    const bool ours = std::any_of(config_.ports.begin(), config_.ports.end(),
                                  [&](const HostPort& port) { return port.has(listen.address); });
    if (!ours)
      return refuse(
          root, "gateway.listen: " + text_of(listen.address) + " is an address that no port has");
  }
  return true;
}

// Which workers poll which port. Both legs of a proxied pair are on one worker, so a worker that
// clients reach must reach vendors too.
bool Reader::check_teams(fy_node* root) {
  for (HostPort& port : config_.ports) {
    if (port.workers.empty())
      for (uint32_t i = 0; i < config_.workers.size(); ++i) port.workers.push_back(i);
    if (port.workers.back() >= config_.workers.size())
      return refuse(root, "ports." + port.name + ".worker: there are " +
                              std::to_string(config_.workers.size()) + " workers, counted from 0");
  }
  const bool any_upstream = std::any_of(config_.ports.begin(), config_.ports.end(),
                                        [](const HostPort& port) { return port.upstream; });
  for (uint32_t i = 0; i < config_.workers.size(); ++i) {
    size_t ports = 0;
    bool sends = false;
    std::string listens;
    for (const HostPort& port : config_.ports) {
      if (!port.serves(i)) continue;
      ++ports;
      sends = sends || port.upstream;
      for (const HostListen& listen : config_.listen)
        if (port.has(listen.address)) listens = port.name;
    }
    if (ports == 0 || ports > kPortsPerWorkerMax)
      return refuse(root, "worker " + std::to_string(i) + " has " + std::to_string(ports) +
                              " ports; it takes 1 to " + std::to_string(kPortsPerWorkerMax));
    if (any_upstream && !listens.empty() && !sends)
      return refuse(root, "worker " + std::to_string(i) + " serves clients on ports." + listens +
                              " and no port with upstream: true; give the upstream port the same "
                              "workers");
  }
  return true;
}

// What no single value can be wrong about.
bool Reader::check(fy_node* root) {
  if (config_.ports.empty()) return refuse(root, "no ports: the appliance needs at least one");
  if (config_.workers.empty()) config_.workers.emplace_back();
  if (config_.workers.size() > contract::kWorkersMax)
    return refuse(root, "workers: at most " + std::to_string(contract::kWorkersMax));
  if (config_.listen.empty())
    return refuse(root, "no gateway.listen: nobody could reach the gateway");
  return check_addresses(root) && check_teams(root);
}

bool Reader::read(const std::string& path) {
  config_.path = path;
  fy_parse_cfg settings{};
  settings.diag = diag_;
  document_ = fy_document_build_from_file(&settings, path.c_str());
  fy_node* root = document_ != nullptr ? fy_document_root(document_) : nullptr;
  bool good = root != nullptr;
  if (good)
    good = mapping(root, "sallyport.yaml",
                   [this](const std::string& key, fy_node* value) { return top(key, value); }) &&
           check(root);
  if (document_ == nullptr && access(path.c_str(), R_OK) != 0) report_ = path + ": cannot be read";
  if (!good) error_ = report_.empty() ? path + ": cannot be read, or is empty" : report_;
  while (!error_.empty() && error_.back() == '\n') error_.pop_back();
  return good;
}

}  // namespace

bool HostPort::serves(uint32_t worker) const noexcept {
  return std::find(workers.begin(), workers.end(), worker) != workers.end();
}

bool HostPort::has(const wire::IpAddress& local) const noexcept {
  return local == wire::IpAddress(address) || (!address6.is_none() && local == address6) ||
         std::find(more_addresses.begin(), more_addresses.end(), local) != more_addresses.end();
}

bool read_host_config(const std::string& path, HostConfig& config, std::string& error) {
  return Reader(config, error).read(path);
}

}  // namespace sallyport::dataplane
