// world.h: a client, the gateway and a vendor on three simulated hosts, under virtual time.
//
// The gateway is the real one with a real compiled image; the other two speak through OpenSSL and
// TCP stacks of their own. A seed is a run.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "dataplane/evidence/recall_ring.h"
#include "dataplane/flow/gateway.h"
#include "tests/sim/flow/http_text.h"
#include "tests/sim/flow/vendor.h"
#include "tests/unit/evidence/ring_fixture.h"
#include "tests/unit/llm/shipped_tables.h"
#include "tests/unit/policy/image_builder.h"
#include "tests/unit/policy/secrets_builder.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::sim {

inline constexpr uint32_t kClientAddress = 0x0a000002;
inline constexpr uint32_t kGatewayAddress = 0x0a000001;
inline constexpr uint32_t kGatewaySource = 0x0a000101;
inline constexpr uint32_t kGatewaySource2 = 0x0a000104;
inline constexpr uint32_t kVendorAddress = 0x0a000102;
inline constexpr uint32_t kDeadAddress = 0x0a000103;

struct WorldOptions {
  uint64_t seed = 1;
  LinkFaults faults;
  contract::ImageLimits limits = policy::ImageBuilder::usual_limits();
  flow::GatewayConfig gateway;
  bool drains = true;  // somebody empties the evidence ring
  const tcp::PortChoice* gateway_ports = nullptr;
  bool vault = false;  // there is one, and the worker has rings to ask it
  WorldOptions() {
    gateway.clients_max = 32;
    gateway.upstreams_max = 32;
    gateway.exchanges_max = 8;
    gateway.tcp_connections_max = 256;
    gateway.body_pool_bytes = 16U << 20;
    gateway.plaintext_pool_bytes = 8U << 20;
    gateway.ciphertext_pool_bytes = 8U << 20;
  }
};

class World {
 public:
  explicit World(const WorldOptions& options = {});
  ~World() { gateway.reset(); }  // before what it uses
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Runs until `done` or for `virtual_ms`. False: time is over.
  bool run(const std::function<bool()>& done, uint64_t virtual_ms = 20'000);
  void run_for(uint64_t virtual_ms) {
    run([] { return false; }, virtual_ms);
  }

  // A TLS connection to the gateway, handshake done.
  TlsPeer& open_client();
  // The next answer on a connection that is not the first: what came before is left out.
  bool answered(const TlsPeer& client, HttpAnswer& out, size_t from = 0) {
    return run([&] {
      out = parse_answer(std::string_view(client.received).substr(from));
      return out.is_complete || client.ended || client.saw_close_notify;
    });
  }
  HttpAnswer ask(TlsPeer& client, const std::string& request) {
    const size_t from = client.received.size();
    client.write(request);
    HttpAnswer out;
    EXPECT_TRUE(answered(client, out, from));
    return out;
  }

  void adopt_again(const std::function<void(policy::ImageBuilder&)>& change = {});
  // The world's policy, changed; adopted by nobody yet.
  flow::PolicyVersion* build_version(const std::function<void(policy::ImageBuilder&)>& change = {});
  void adopt_set(flow::PolicyVersion* base, flow::PolicyVersion* canary,
                 std::vector<std::string> canary_tenants);
  // Records in the ring up to now, whoever drains it; those of connections are apart.
  const std::vector<evidence_test::Parts>& records() {
    drain();
    return records_;
  }
  const std::vector<evidence_test::Parts>& connections() {
    drain();
    return connections_;
  }
  size_t records_of(contract::RecordKind kind) {
    size_t count = 0;
    for (const auto& record : records()) count += record.kind() == kind ? 1 : 0;
    return count;
  }
  uint64_t refused(flow::Reason reason) const {
    return gateway->counters().refusals[static_cast<size_t>(reason)];
  }

  // Where the rings are.
  const std::filesystem::path& folder() const { return folder_.path(); }
  // Of the vault that the secrets name; `seal` says that it is sealed. In force from the next
  // adopt_again() on.
  void set_vault_key(bool seal);

  std::mt19937_64 random;
  bool drains;
  std::function<void()> every_turn;
  bool commits = true;
  bool vendor_is_up = true;  // down: its packets go nowhere
  base::Clock clock{base::Instant{1'000'000'000}, 1'700'000'040'000'000'000};
  Link client_to_gateway, gateway_to_client, gateway_to_vendor, vendor_to_gateway;
  Authority authority{"Sim Root"};
  Node client_node, gateway_node, vendor_node;
  std::unique_ptr<Vendor> vendor;
  std::vector<std::unique_ptr<TlsPeer>> clients;
  std::unique_ptr<flow::Gateway> gateway;
  std::vector<std::unique_ptr<flow::PolicyVersion>> versions;
  std::vector<std::unique_ptr<flow::PolicySet>> sets;

 private:
  void turn();
  void drain();
  policy::ImageBuilder make_policy() const;

  contract::ImageLimits limits_;
  evidence_test::Folder folder_;
  evidence::RingConfig ring_config_;
  std::unique_ptr<evidence::Recorder> recorder_;
  std::optional<evidence::RecallRing> recall_ring_;
  bool vault_ = false;
  std::unique_ptr<evidence_test::CursorFile> cursor_;
  std::unique_ptr<evidence_log::RingReader> reader_;
  std::vector<evidence_test::Parts> records_;
  std::vector<evidence_test::Parts> connections_;
  uint64_t read_position_ = 0;
  uint64_t read_sequence_ = 0;
  std::shared_ptr<const policy::Secrets> secrets_;
  std::unique_ptr<tls::ServerContext> server_context_;
  TlsContext client_context_;
};

inline std::string gateway_key(std::string_view name) { return "gateway-key-" + std::string(name); }

// POST with a JSON body to a prefix of the gateway.
inline std::string post(const std::string& body,
                        const std::string& path = "/openai/v1/chat/completions",
                        const std::string& key = "lab", const std::string& more = "") {
  return "POST " + path +
         " HTTP/1.1\r\nhost: gateway.test\r\ncontent-type: application/json\r\nauthorization: "
         "Bearer " +
         gateway_key(key) + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + more +
         "\r\n" + body;
}

inline std::string chat(const std::string& content, const std::string& more = "") {
  return R"({"model":"gpt-4o","messages":[{"role":"user","content":")" + content + "\"}]" + more +
         "}";
}

}  // namespace sallyport::sim
