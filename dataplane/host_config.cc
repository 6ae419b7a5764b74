// host_config.cc: sallyport.yaml into HostConfig. libfyaml gives places, refuses duplicate keys and
// draws the caret; every key that is not known is refused here, because a misspelt one would be
// silently default.
#include <arpa/inet.h>
#include <libfyaml.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <functional>
#include <optional>

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
  bool prefix(fy_node* node, const std::string& where, HostPort& port);
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

bool Reader::address(fy_node* node, const std::string& where, uint32_t& out) {
  const std::optional<std::string> digits = text(node, where);
  if (!digits) return false;
  return parse_address(*digits, out) ||
         refuse(node, where + " must be an IPv4 address, not '" + *digits + "'");
}

bool Reader::prefix(fy_node* node, const std::string& where, HostPort& out) {
  const std::optional<std::string> digits = text(node, where);
  if (!digits) return false;
  const size_t slash = digits->find('/');
  int length = -1;
  if (slash != std::string::npos) {
    const char* end = digits->data() + digits->size();
    const auto [stop, code] = std::from_chars(digits->data() + slash + 1, end, length);
    if (code != std::errc{} || stop != end) length = -1;
  }
  if (length < 1 || length > 32 || !parse_address(digits->substr(0, slash), out.address))
    return refuse(node,
                  where + " must be ADDRESS/LENGTH such as 192.0.2.10/24, not '" + *digits + "'");
  out.prefix_length = static_cast<uint8_t>(length);
  return true;
}

bool Reader::port(const std::string& name, fy_node* node) {
  HostPort port;
  port.name = name;
  const std::string where = "ports." + name;
  const bool read = mapping(node, where, [&](const std::string& key, fy_node* value) {
    const std::string here = where + "." + key;
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
    if (key == "address") return prefix(value, here, port);
    if (key == "next_hop") return address(value, here, port.next_hop);
    if (key == "mtu") return number<uint16_t>(value, here, 576, nic::kMtuMax, port.mtu);
    if (key == "frames") return number<uint32_t>(value, here, 512, 1'048'576, port.frames);
    if (key == "worker") return number<uint32_t>(value, here, 0, 63, port.worker);
    return false;
  });
  if (!read) return false;
  if (port.device.empty()) return refuse(node, where + " needs device: a PCI address or a vdev");
  if (port.address == 0) return refuse(node, where + " needs address: ADDRESS/LENGTH");
  if (port.upstream && port.next_hop == 0) return refuse(node, where + ": upstream needs next_hop");
  if (port.device.find(':') != std::string::npos && !port.arguments.empty())
    return refuse(node, where + ": arguments are for a vdev, not for a PCI device");
  config_.ports.push_back(port);
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
  if (key == "node") {
    const std::optional<std::string> words = text(value, "node");
    if (!words) return false;
    if (words->empty() || words->size() > 63)
      return refuse(value, "node must have 1 to 63 characters");
    config_.node = *words;
    return true;
  }
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

// What no single value can be wrong about.
bool Reader::check(fy_node* root) {
  if (config_.ports.empty()) return refuse(root, "no ports: the appliance needs at least one");
  if (config_.workers.empty()) config_.workers.emplace_back();
  for (const HostPort& port : config_.ports) {
    if (port.worker >= config_.workers.size())
      return refuse(root, "ports." + port.name + ".worker: there are " +
                              std::to_string(config_.workers.size()) + " workers, counted from 0");
    for (const HostPort& other : config_.ports) {
      if (&port == &other) continue;
      if (port.device == other.device) return refuse(root, "two ports have device " + port.device);
      if (port.address == other.address)
        return refuse(root, "ports " + port.name + " and " + other.name + " have the same address");
    }
  }
  for (size_t i = 0; i < config_.workers.size(); ++i) {
    const auto of_worker = std::count_if(config_.ports.begin(), config_.ports.end(),
                                         [&](const HostPort& port) { return port.worker == i; });
    if (of_worker == 0 || of_worker > static_cast<long>(kPortsPerWorkerMax))
      return refuse(root, "worker " + std::to_string(i) + " has " + std::to_string(of_worker) +
                              " ports; it takes 1 to " + std::to_string(kPortsPerWorkerMax));
  }
  if (config_.listen.empty())
    return refuse(root, "no gateway.listen: nobody could reach the gateway");
  for (const HostListen& listen : config_.listen) {
    const bool ours =
        std::any_of(config_.ports.begin(), config_.ports.end(),
                    [&](const HostPort& port) { return port.address == listen.address; });
    if (!ours) return refuse(root, "gateway.listen: an address that no port has");
  }
  return true;
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

bool read_host_config(const std::string& path, HostConfig& config, std::string& error) {
  return Reader(config, error).read(path);
}

}  // namespace sallyport::dataplane
