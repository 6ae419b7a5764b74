// vendor.h: a small HTTPS server on a simulated host: keeps every request as it came, and answers
// as the test says.
#pragma once

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/flow/tls_peer.h"

namespace sallyport::sim {

inline constexpr uint16_t kHttpsPort = 443;

struct VendorConnection {
  std::unique_ptr<TlsPeer> peer;
  size_t taken = 0;  // bytes of peer->received that were requests
  size_t number = 0;
  bool is_over = false;
  size_t early_at = SIZE_MAX;  // of the request whose head was shown to Vendor::early
};

class Vendor {
 public:
  using Answer = std::function<void(VendorConnection&, const std::string& request)>;

  Vendor(Node& node, const Certificate& certificate)
      : node_(node), context_(server_context(certificate)) {
    node.stack.listen({node.address(), kHttpsPort});
  }

  void turn(base::Instant now) {
    tcp::Event event;
    while (node_.stack.next_event(event)) {
      if (event.kind == tcp::EventKind::Accepted) {
        auto& made = connections.emplace_back(std::make_unique<VendorConnection>());
        made->number = connections.size();
        made->peer = std::make_unique<TlsPeer>(node_, event.id, *context_, true, "");
        made->peer->is_connected = true;
        continue;
      }
      for (auto& connection : connections)
        if (connection->peer->id == event.id) connection->peer->on_event(event);
    }
    for (auto& connection : connections) {
      TlsPeer& peer = *connection->peer;
      peer.turn(now);
      std::string request;
      if (early && has_only_head(*connection)) early(*connection);
      while (!connection->is_over && take_request(*connection, request)) {
        requests.push_back(request);
        answer(*connection, request);
      }
      // A client that closed gets our FIN too.
      if (peer.peer_closed && !peer.ended && !connection->is_over) {
        connection->is_over = true;
        peer.fin();
      }
      peer.turn(now);
    }
  }

  static std::string json_answer(const std::string& body, const std::string& more_headers = "") {
    return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " +
           std::to_string(body.size()) + "\r\n" + more_headers + "\r\n" + body;
  }
  static std::string body_of(const std::string& request) {
    return request.substr(request.find("\r\n\r\n") + 4);
  }

  std::vector<std::string> requests;  // head and body, as they came
  std::vector<std::unique_ptr<VendorConnection>> connections;
  Answer answer = [](VendorConnection& connection, const std::string&) {
    connection.peer->write(json_answer("{}"));
  };
  // Once for a request whose head is here before its body is.
  std::function<void(VendorConnection&)> early;

 private:
  static bool has_only_head(VendorConnection& connection) {
    const std::string& all = connection.peer->received;
    if (connection.early_at == connection.taken) return false;
    if (all.find("\r\n\r\n", connection.taken) == std::string::npos) return false;
    connection.early_at = connection.taken;
    return true;
  }
  static bool take_request(VendorConnection& connection, std::string& out) {
    const std::string& all = connection.peer->received;
    const size_t head_end = all.find("\r\n\r\n", connection.taken);
    if (head_end == std::string::npos) return false;
    const std::string head = all.substr(connection.taken, head_end + 4 - connection.taken);
    const size_t field = head.find("content-length: ");
    const size_t length =
        field == std::string::npos ? 0 : std::strtoul(head.c_str() + field + 16, nullptr, 10);
    if (all.size() < head_end + 4 + length) return false;
    out = head + all.substr(head_end + 4, length);
    connection.taken = head_end + 4 + length;
    return true;
  }

  Node& node_;
  TlsContext context_;
};

}  // namespace sallyport::sim
