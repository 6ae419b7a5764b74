// When something runs out: new work is refused or waits, admitted work is finished, all is given
// back (docs/errors.md).
#include <gtest/gtest.h>

#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

using flow::Reason;

// Holds every answer until it is told to go.
struct SlowVendor {
  explicit SlowVendor(World& world) {
    world.vendor->answer = [this](VendorConnection& c, const std::string&) {
      waiting.push_back(&c);
    };
  }
  void go() {
    for (VendorConnection* c : waiting) c->peer->write(Vendor::json_answer("{}"));
    waiting.clear();
  }
  std::vector<VendorConnection*> waiting;
};

TEST(Exhaustion, MoreExchangesThanPlacesAreToldToComeBack) {
  WorldOptions options;
  options.gateway.exchanges_max = 3;
  World world(options);
  SlowVendor slow(world);
  for (int i = 0; i < 3; ++i) world.open_client().write(post(chat("x")));
  ASSERT_TRUE(world.run([&] { return slow.waiting.size() == 3; }));
  TlsPeer& late = world.open_client();
  const HttpAnswer refused = world.ask(late, post(chat("x")));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "1");
  // The caller is known: its refusal is a record of its own.
  EXPECT_EQ(world.records_of(contract::RecordKind::Refused), 1U);
  EXPECT_EQ(world.records().back().request.principal.view(), "robot");
  slow.go();
  for (int i = 0; i < 3; ++i) {
    HttpAnswer answer;
    ASSERT_TRUE(world.answered(*world.clients[static_cast<size_t>(i)], answer));
    EXPECT_EQ(answer.status, 200);
  }
  TlsPeer& again = world.open_client();
  again.write(post(chat("x")));
  ASSERT_TRUE(world.run([&] { return slow.waiting.size() == 1; }));
}

TEST(Exhaustion, NoPlaceForAVendorConnection) {
  WorldOptions options;
  options.gateway.upstreams_max = 1;
  World world(options);
  SlowVendor slow(world);
  world.open_client().write(post(chat("x")));
  ASSERT_TRUE(world.run([&] { return slow.waiting.size() == 1; }));
  TlsPeer& late = world.open_client();
  EXPECT_EQ(world.ask(late, post(chat("x"))).header("x-sallyport-reason-code"), "upstreams_full");
  slow.go();
  HttpAnswer answer;
  EXPECT_TRUE(world.answered(*world.clients[0], answer));
}

// Each local address has two ports.
struct FewPorts final : tcp::PortChoice, flow::SourceAddresses {
  uint16_t draw(const wire::IpAddress&, const wire::IpAddress&, uint16_t, tcp::PortRange range,
                uint64_t random) const noexcept override {
    return static_cast<uint16_t>(range.first + random % 2);
  }
  std::span<const wire::IpAddress> towards(const wire::IpAddress& vendor) const noexcept override {
    return vendor == without_port ? std::span<const wire::IpAddress>() : addresses;
  }
  wire::IpAddress without_port;
  std::vector<wire::IpAddress> addresses{wire::IpAddress(kGatewaySource),
                                         wire::IpAddress(kGatewaySource2)};
};

TEST(Exhaustion, LocalAddressesTakeTurnsUntilTheLastPortIsTaken) {
  FewPorts few;
  WorldOptions options;
  options.gateway_ports = &few;
  options.gateway.sources = &few;
  World world(options);
  SlowVendor slow(world);
  for (size_t i = 1; i <= 4; ++i) {
    world.open_client().write(post(chat("x")));
    ASSERT_TRUE(world.run([&] { return slow.waiting.size() == i; })) << i;
  }
  EXPECT_EQ(world.gateway->counters().upstream_ports_exhausted, 0U);
  TlsPeer& late = world.open_client();
  EXPECT_EQ(world.ask(late, post(chat("x"))).header("x-sallyport-reason-code"), "upstreams_full");
  EXPECT_EQ(world.gateway->counters().upstream_ports_exhausted, 1U);
  slow.go();
  HttpAnswer answer;
  for (size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(world.answered(*world.clients[i], answer));
    EXPECT_EQ(answer.status, 200);
  }
}

TEST(Exhaustion, NoPortLeadsToTheVendor) {
  FewPorts few;
  few.addresses.clear();
  WorldOptions options;
  options.gateway.sources = &few;
  World world(options);
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("x"))).header("x-sallyport-reason-code"),
            "upstream_connect");
}

// Of the two addresses of `twins`; so an IPv6 address costs nothing on an appliance without IPv6.
TEST(Exhaustion, AnAddressToWhichNoPortLeadsIsPassedOver) {
  FewPorts few;
  few.without_port = wire::IpAddress(kDeadAddress);
  WorldOptions options;
  options.gateway.sources = &few;
  World world(options);
  TlsPeer& client = world.open_client();
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(world.ask(client, post(chat("x"), "/twins/v1/chat/completions")).status, 200);
  EXPECT_EQ(world.gateway->counters().upstream_connects, 1U);  // and used again
  EXPECT_EQ(world.gateway->counters().upstream_ports_exhausted, 0U);
}

TEST(Exhaustion, NoPlaceForAClient) {
  WorldOptions options;
  options.gateway.clients_max = 2;
  World world(options);
  world.open_client();
  world.open_client();
  TlsPeer& late = world.open_client();
  EXPECT_TRUE(late.was_reset);
  EXPECT_EQ(world.gateway->counters().clients_refused, 1U);
  world.clients[0]->close_notify();
  world.clients[0]->fin();
  ASSERT_TRUE(world.run([&] { return world.gateway->clients_connected() == 1; }));
  TlsPeer& again = world.open_client();
  EXPECT_EQ(world.ask(again, post(chat("x"))).status, 200);
}

TEST(Exhaustion, ABodyThatDoesNotFitIsRefusedOnItsHead) {
  WorldOptions options;
  options.gateway.body_pool_bytes = 2U << 20;
  World world(options);
  TlsPeer& client = world.open_client();
  const HttpAnswer refused = world.ask(client, post(chat(std::string(1'500'000, 'x'))));
  EXPECT_EQ(refused.header("x-sallyport-reason-code"), "body_pool_full");
  TlsPeer& small = world.open_client();
  EXPECT_EQ(world.ask(small, post(chat(std::string(500'000, 'x')))).status, 200);
}

std::string chunked_head() {
  return "POST /openai/v1/chat/completions HTTP/1.1\r\nhost: gateway.test\r\ncontent-type: "
         "application/json\r\nauthorization: Bearer " +
         gateway_key("lab") + "\r\ntransfer-encoding: chunked\r\n\r\n";
}

TEST(Exhaustion, ABodyOfUnknownLengthWaitsForOthersToFinish) {
  WorldOptions options;
  options.gateway.body_pool_bytes = 2U << 20;
  World world(options);
  // Announces much and sends nothing: it holds its room.
  TlsPeer& holder = world.open_client();
  const std::string head = post(chat(std::string(700'000, 'h')));
  holder.write(head.substr(0, 400));
  world.run_for(50);
  TlsPeer& client = world.open_client();
  const std::string body = chat(std::string(600'000, 'x'));
  std::string request = chunked_head();
  for (size_t at = 0; at < body.size(); at += 10'000) request += chunk(body.substr(at, 10'000));
  client.write(request + "0\r\n\r\n");
  world.run_for(3'000);
  EXPECT_TRUE(world.vendor->requests.empty());
  EXPECT_EQ(world.gateway->exchanges_in_flight(), 2U);
  EXPECT_TRUE(client.received.empty());
  holder.reset();
  HttpAnswer answer;
  ASSERT_TRUE(world.answered(client, answer));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Vendor::body_of(world.vendor->requests[0]), body);
}

TEST(Exhaustion, WhoWaitsTooLongForRoomIsTold) {
  WorldOptions options;
  options.gateway.body_pool_bytes = 2U << 20;
  options.limits.body_ms = 5'000;
  World world(options);
  TlsPeer& client = world.open_client();
  const std::string body = chat(std::string(2'000'000, 'x'));
  std::string request = chunked_head();
  for (size_t at = 0; at < body.size(); at += 10'000) request += chunk(body.substr(at, 10'000));
  const HttpAnswer answer = world.ask(client, request + "0\r\n\r\n");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("x-sallyport-reason-code"), "body_pool_full");
  EXPECT_FALSE(client.was_reset);
}

TEST(Exhaustion, SlowHeadsAndBodiesAreTimedOut) {
  WorldOptions options;
  options.limits.header_ms = 2'000;
  options.limits.body_ms = 2'000;
  options.limits.client_idle_ms = 3'000;
  World world(options);
  TlsPeer& head = world.open_client();
  head.write("POST /openai/v1/chat");
  HttpAnswer answer;
  ASSERT_TRUE(world.answered(head, answer));
  EXPECT_EQ(answer.header("x-sallyport-reason-code"), "header_timeout");
  TlsPeer& body = world.open_client();
  const std::string whole = post(chat("x"));
  body.write(whole.substr(0, whole.size() - 5));
  ASSERT_TRUE(world.answered(body, answer));
  EXPECT_EQ(answer.header("x-sallyport-reason-code"), "body_timeout");
  TlsPeer& idle = world.open_client();
  EXPECT_EQ(world.ask(idle, post(chat("x"))).status, 200);
  const size_t size = idle.received.size();
  EXPECT_TRUE(world.run([&] { return idle.saw_close_notify; }));
  EXPECT_EQ(idle.received.size(), size);
}

TEST(Exhaustion, MoreTokensThanPolicyAllows) {
  WorldOptions options;
  options.limits.max_tokens_per_exchange = 3;
  World world(options);
  TlsPeer& client = world.open_client();
  std::string text;
  for (int i = 0; i < 3; ++i) text += "a" + std::to_string(i) + "@example.com ";
  EXPECT_EQ(world.ask(client, post(chat(text))).status, 200);
  const HttpAnswer refused = world.ask(client, post(chat(text + "one.more@example.com ")));
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(refused.header("x-sallyport-reason-code"), "too_many_tokens");
  EXPECT_EQ(world.vendor->requests.size(), 1U);
}

TEST(Exhaustion, ManyClientsManyRounds) {
  World world;
  for (int i = 0; i < 8; ++i) world.open_client();
  for (int round = 0; round < 10; ++round) {
    for (auto& client : world.clients) client->write(post(chat("ann@example.com")));
    ASSERT_TRUE(world.run([&] {
      return world.vendor->requests.size() == static_cast<size_t>(8 * (round + 1)) &&
             world.gateway->exchanges_in_flight() == 0;
    }));
  }
  EXPECT_EQ(world.gateway->counters().served, 80U);
  EXPECT_LE(world.vendor->connections.size(), 8U);
}

}  // namespace
}  // namespace sallyport::sim
