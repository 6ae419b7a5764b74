#include "tests/sim/flow/world.h"

#include <algorithm>

namespace sallyport::sim {
namespace {

using contract::Action;
using contract::Direction;

enum ActionIndex : uint16_t { kBlock = 0, kTokenize = 1, kObserve = 2 };

}  // namespace

namespace {

tcp::StackConfig gateway_stack(const WorldOptions& options) {
  tcp::StackConfig config = stack_config(options.seed + 20);
  config.ports = options.gateway_ports;
  return config;
}

}  // namespace

World::World(const WorldOptions& options)
    : random(options.seed),
      drains(options.drains),
      client_to_gateway(options.faults, random),
      gateway_to_client(options.faults, random),
      gateway_to_vendor(options.faults, random),
      vendor_to_gateway(options.faults, random),
      client_node(kClientAddress, stack_config(options.seed + 10)),
      gateway_node(kGatewayAddress, gateway_stack(options)),
      vendor_node(kVendorAddress, stack_config(options.seed + 30)),
      limits_(options.limits) {
  client_node.connect_to(kGatewayAddress, client_to_gateway, gateway_to_client);
  gateway_node.connect_to(kClientAddress, gateway_to_client, client_to_gateway);
  gateway_node.connect_to(kVendorAddress, gateway_to_vendor, vendor_to_gateway);
  vendor_node.connect_to(kGatewaySource, vendor_to_gateway, gateway_to_vendor);
  vendor_node.connect_to(kGatewaySource2, vendor_to_gateway);
  vendor = std::make_unique<Vendor>(vendor_node, authority.leaf("vendor.test"));

  ring_config_ = evidence_test::config_in(folder_, 1U << 20);
  recorder_ = std::make_unique<evidence::Recorder>(evidence_test::make_ring(ring_config_),
                                                   evidence::RecorderConfig{});
  reader_ = std::make_unique<evidence_log::RingReader>(evidence_test::reader_of(ring_config_));
  if (drains) cursor_ = std::make_unique<evidence_test::CursorFile>(ring_config_);

  vault_ = options.vault;
  std::string error;
  if (vault_) {
    auto ring = evidence::RecallRing::create(folder_.path(), ring_config_.identity, 3, error);
    EXPECT_TRUE(ring.has_value()) << error;
    recall_ring_.emplace(std::move(*ring));
  }
  set_vault_key(false);

  flow::GatewayConfig config = options.gateway;
  config.listen = {{kGatewayAddress, kHttpsPort}};
  config.upstream_source_address = kGatewaySource;
  gateway = std::make_unique<flow::Gateway>(config, gateway_node.stack, *recorder_,
                                            recall_ring_ ? &*recall_ring_ : nullptr);
  adopt_again();
  const Certificate own = authority.leaf("gateway.test");
  server_context_ = tls::ServerContext::create(own.certificate_pem, own.key_pem, {}, error);
  EXPECT_NE(server_context_, nullptr) << error;
  gateway->adopt_certificate(server_context_.get());
  client_context_ = client_context(authority.pem());
}

void World::set_vault_key(bool seal) {
  policy::SecretsBuilder secrets;
  using contract::SecretKind;
  secrets.add(SecretKind::GatewayHmacKey, "", policy::key_bytes('h'))
      .add(SecretKind::TokenKey, "acme", policy::key_bytes('a'), 0, "0A")
      .add(SecretKind::TokenKey, "beta", policy::key_bytes('b'), 0, "0B")
      .add(SecretKind::DictionaryKey, "", policy::key_bytes('d'))
      .add(SecretKind::VendorCredential, "openai", "vendor-secret-one")
      .add(SecretKind::VendorCredential, "anthropic", "vendor-secret-two");
  if (vault_)
    secrets.add(SecretKind::SubjectKey, "acme", policy::key_bytes('s'))
        .add(SecretKind::SubjectKey, "beta", policy::key_bytes('t'))
        .add(SecretKind::VaultKey, "", seal ? std::string(32, '\0') : policy::key_bytes('v'));
  std::string error;
  secrets_ = policy::Secrets::of_bytes(secrets.build(), error);
  EXPECT_NE(secrets_, nullptr) << error;
}

policy::ImageBuilder World::make_policy() const {
  static const std::vector<uint8_t> kMatcher =
      controlplane::policy::compile_matcher(scan::first_entities()).section;
  policy::ImageBuilder b;
  b.matcher = kMatcher;
  b.llm = llm::shipped_section();
  for (const auto& entity : scan::first_entities()) b.entities.push_back(b.entity(entity.name));
  b.environments = {b.text("lab"), b.text("production")};
  b.addresses = {kVendorAddress, kDeadAddress, kVendorAddress};
  b.endpoints = {{b.text("POST"), b.text("/v1/chat/completions"), b.text("openai_chat")},
                 {b.text("POST"), b.text("/v1/messages"), b.text("anthropic_messages")}};
  const auto vendor_entry = [&](std::string_view name, std::string_view header,
                                std::string_view prefix, std::string_view credential,
                                contract::ImageRange addresses, uint32_t endpoint) {
    contract::ImageVendor v{};
    v.name = b.text(name);
    v.host = b.text("vendor.test");
    v.region = b.text("eu");
    v.ca_pem = b.text(authority.pem());
    v.auth_header = b.text(header);
    v.auth_prefix = b.text(prefix);
    v.credential_name = b.text(credential);
    v.addresses = addresses;
    v.endpoints = {endpoint, 1};
    v.port = kHttpsPort;
    const std::string path = "/" + std::string(name);
    contract::ImageRoute route{};
    route.text = b.text(path);
    route.vendor = static_cast<uint16_t>(b.vendors.size());
    route.kind = static_cast<uint8_t>(contract::RouteKind::Prefix);
    b.routes.push_back(route);
    b.vendors.push_back(v);
  };
  vendor_entry("openai", "authorization", "Bearer ", "openai", {0, 1}, 0);
  vendor_entry("anthropic", "x-api-key", "", "anthropic", {0, 1}, 1);
  vendor_entry("nowhere", "authorization", "Bearer ", "openai", {0, 0}, 0);
  vendor_entry("twins", "authorization", "Bearer ", "openai", {1, 2}, 0);
  vendor_entry("keyless", "authorization", "Bearer ", "nobody", {0, 1}, 0);
  contract::ImageRoute host{};
  host.text = b.text("gateway.test");
  host.vendor = contract::kImageAny;
  host.kind = static_cast<uint8_t>(contract::RouteKind::GatewayHost);
  b.routes.push_back(host);

  b.tenants.resize(2);
  b.tenants[0].name = b.text("acme");
  b.tenants[0].vendors = 0x1f;
  b.tenants[1].name = b.text("beta");
  b.tenants[1].vendors = 0x02;
  b.durability = {0, 1, 0, 1};
  for (const auto& [id, tenant, environment] :
       std::vector<std::tuple<std::string, uint16_t, uint16_t>>{
           {"lab", uint16_t{0}, uint16_t{0}},
           {"production", uint16_t{0}, uint16_t{1}},
           {"beta", uint16_t{1}, uint16_t{0}}}) {
    contract::ImageKey key{};
    key.hmac = secrets_->hmac_of_key(gateway_key(id));
    key.id = b.text(id);
    key.principal = b.text("robot");
    key.default_reason = b.text("support");
    key.tenant = tenant;
    key.environment = environment;
    b.keys.push_back(key);
  }
  std::sort(b.keys.begin(), b.keys.end(),
            [](const auto& x, const auto& y) { return x.hmac < y.hmac; });
  const auto action = [&](std::string_view id, Action what) {
    contract::ImageAction a{};
    a.id = b.text(id);
    a.action = a.would = static_cast<uint8_t>(what);
    a.mask_char = what == contract::Action::Mask ? '*' : 0;
    b.actions.push_back(a);
  };
  action("block", Action::Block);
  action("tokenize", Action::Tokenize);
  action("observe", Action::Observe);
  b.fill_rulings(kBlock);
  for (size_t t = 0; t < 2; ++t)
    for (size_t e = 0; e < 2; ++e)
      for (size_t v = 0; v < b.vendors.size(); ++v)
        for (size_t n = 0; n < 4; ++n) {  // the personal ones
          b.ruling(t, e, v, Direction::Request, n) = kTokenize;
          b.ruling(t, e, v, Direction::Response, n) = kObserve;
        }
  contract::ImageAccess access{};
  access.id = b.text("support");
  access.reason = b.text("support");
  access.tenant = access.entity = contract::kImageAny;
  access.allow = 1;
  b.access.push_back(access);
  b.limits = {limits_};
  return b;
}

void World::adopt_again(const std::function<void(policy::ImageBuilder&)>& change) {
  adopt_set(build_version(change), nullptr, {});
}

void World::adopt_set(flow::PolicyVersion* base, flow::PolicyVersion* canary,
                      std::vector<std::string> canary_tenants) {
  sets.push_back(std::make_unique<flow::PolicySet>());
  sets.back()->base = base;
  sets.back()->canary = canary;
  sets.back()->canary_tenants = std::move(canary_tenants);
  sets.back()->sequence = sets.size();
  gateway->adopt(sets.back().get());
}

flow::PolicyVersion* World::build_version(
    const std::function<void(policy::ImageBuilder&)>& change) {
  policy::ImageBuilder b = make_policy();
  if (change) change(b);
  std::string error;
  versions.push_back(flow::PolicyVersion::build(b.build(), secrets_, versions.size() + 1, error));
  EXPECT_NE(versions.back(), nullptr) << error;
  return versions.back().get();
}

void World::drain() {
  if (cursor_ != nullptr && drains)
    cursor_->page().heartbeat_ns.store(clock.now.ns, std::memory_order_release);
  std::vector<evidence_log::RingRecord> fresh;
  EXPECT_EQ(reader_->read(1'000, fresh), evidence_log::RingProblem::None);
  for (const auto& record : fresh) {
    if (record.is_mapping) continue;  // no record, and the one behind it commits it too
    EXPECT_EQ(record.problem, evidence_log::RecordProblem::None)
        << evidence_log::name_of(record.problem);
    const auto parts = evidence_test::parts_of(record.bytes);
    (parts.kind() == contract::RecordKind::TlsConnection ? connections_ : records_)
        .push_back(parts);
    read_position_ = record.end_position;
    read_sequence_ = record.sequence;
  }
  if (cursor_ != nullptr && drains && commits) cursor_->commit(read_position_, read_sequence_);
}

void World::turn() {
  if (every_turn) every_turn();
  client_node.take_packets(clock.now);
  tcp::Event event;
  while (client_node.stack.next_event(event))
    for (auto& client : clients)
      if (client->id == event.id) client->on_event(event);
  for (auto& client : clients) client->turn(clock.now);
  client_node.stack.flush(clock.now);

  gateway_node.take_packets(clock.now);
  gateway->turn(clock);
  gateway_node.stack.flush(clock.now);

  if (vendor_is_up) {
    vendor_node.take_packets(clock.now);
    vendor->turn(clock.now);
    vendor_node.stack.flush(clock.now);
  }
  drain();
}

bool World::run(const std::function<bool()>& done, uint64_t virtual_ms) {
  const uint64_t stop_ns = clock.now.ns + virtual_ms * base::kNsPerMs;
  while (clock.now.ns < stop_ns) {
    turn();
    if (done()) return true;
    uint64_t next = std::min({client_node.next_due_ns(), gateway_node.next_due_ns(),
                              gateway->next_deadline().ns, clock.now.ns + 5 * base::kNsPerMs});
    if (vendor_is_up) next = std::min(next, vendor_node.next_due_ns());
    const uint64_t step = std::max(next, clock.now.ns + 10 * base::kNsPerUs) - clock.now.ns;
    clock.now.ns += step;
    clock.wall_ns += step;
  }
  return false;
}

TlsPeer& World::open_client() {
  const tcp::ConnectionId id =
      client_node.stack.connect({kClientAddress, 0}, {kGatewayAddress, kHttpsPort}, clock.now);
  clients.push_back(
      std::make_unique<TlsPeer>(client_node, id, *client_context_, false, "gateway.test"));
  TlsPeer& client = *clients.back();
  EXPECT_TRUE(run([&] { return client.is_open || client.ended; }));
  return client;
}

}  // namespace sallyport::sim
