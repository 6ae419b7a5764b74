// Vendor connections: repeated once, failed over, timed out, and never trusted without proof.
#include <gtest/gtest.h>

#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

using contract::Outcome;
using flow::Reason;

TEST(UpstreamPool, AConnectionThatWasClosedWhileIdleIsLeftAlone) {
  World world;
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("a"))).status, 200);
  world.vendor->connections[0]->peer->close_notify();
  world.vendor->connections[0]->peer->fin();
  world.run_for(100);
  EXPECT_EQ(world.gateway->upstreams_open(), 0U);
  EXPECT_EQ(world.ask(client, post(chat("b"))).status, 200);
  EXPECT_EQ(world.gateway->counters().upstream_repeats, 0U);
}

// The vendor forgot the connection and we have not heard of it yet: its host answers our request
// with RST.
TEST(UpstreamPool, AConnectionThatTurnsOutClosedIsRepeatedOnce) {
  World world;
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("a"))).status, 200);
  world.gateway_to_vendor.faults().loss = 0;
  world.vendor_to_gateway.faults().loss = 1;  // its RST never arrives
  world.vendor->connections[0]->peer->reset();
  world.vendor->turn(world.clock.now);
  world.vendor_node.stack.flush(world.clock.now);
  world.vendor_to_gateway.faults().loss = 0;
  EXPECT_EQ(world.gateway->upstreams_open(), 1U);
  const HttpAnswer answer = world.ask(client, post(chat("ann@example.com b")));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(world.gateway->counters().upstream_repeats, 1U);
  ASSERT_EQ(world.vendor->requests.size(), 2U);
  EXPECT_NE(world.vendor->requests[1].find("[EMAIL-ADDRESS-"), std::string::npos);
  EXPECT_EQ(world.records().size(), 4U);
  EXPECT_EQ(world.records()[3].outcome.failover_hops, 1);
}

TEST(UpstreamPool, ARequestLargerThanWhatIsKeptIsRepeatedWhole) {
  World world;
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("a"))).status, 200);
  const std::string big(700'000, 'z');
  // On the living connection: the first part as a copy, the rest behind it.
  EXPECT_EQ(world.ask(client, post(chat(big))).status, 200);
  EXPECT_EQ(content_of(world.vendor->requests[1]), big);
  EXPECT_EQ(world.vendor->connections.size(), 1U);
  world.vendor_to_gateway.faults().loss = 1;
  world.vendor->connections[0]->peer->reset();
  world.vendor_node.stack.flush(world.clock.now);
  world.vendor_to_gateway.faults().loss = 0;
  EXPECT_EQ(world.ask(client, post(chat(big))).status, 200);
  EXPECT_EQ(content_of(world.vendor->requests[2]), big);
  EXPECT_EQ(world.gateway->counters().upstream_repeats, 1U);
}

TEST(UpstreamPool, WhatTheVendorAcknowledgedIsNeverSentTwice) {
  World world;
  size_t count = 0;
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    if (++count == 1) {
      c.peer->write(Vendor::json_answer("{}"));
      return;
    }
    c.peer->reset();  // it has the request, and goes away
  };
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("a"))).status, 200);
  client.write(post(chat("b")));
  ASSERT_TRUE(world.run([&] { return count == 2; }));
  HttpAnswer answer;
  ASSERT_TRUE(world.answered(client, answer, client.received.size()));
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.header("x-sallyport-reason-code"), "upstream_closed");
  EXPECT_EQ(world.vendor->requests.size(), 2U);
  EXPECT_EQ(world.gateway->counters().upstream_repeats, 0U);
}

// A vendor may answer before it has the whole body (413) and keep the connection; what came next on
// it would be read as the rest of that body.
TEST(UpstreamPool, AConnectionWithHalfARequestIsNotUsedAgain) {
  World world;
  TlsPeer& client = world.open_client();
  // So much that the next request leaves in one go.
  EXPECT_EQ(world.ask(client, post(chat(std::string(300'000, 'y')))).status, 200);
  // Its answer is the first that acknowledges anything.
  world.vendor_to_gateway.faults().loss = 1;
  world.vendor->early = [&](VendorConnection& c) {
    world.vendor_to_gateway.faults().loss = 0;
    c.peer->write("HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n");
  };
  EXPECT_EQ(world.ask(client, post(chat(std::string(100'000, 'z')))).status, 413);
  world.vendor->early = nullptr;
  EXPECT_EQ(world.gateway->upstreams_open(), 0U);
  EXPECT_EQ(world.ask(client, post(chat("next"))).status, 200);
  EXPECT_EQ(content_of(world.vendor->requests.back()), "next");
}

// A vendor that gives up on an idle connection says 408 before it closes. That is no answer to the
// request which is on its way meanwhile.
TEST(UpstreamPool, WhatCameBeforeTheRequestIsNoAnswerToIt) {
  World world;
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("a"))).status, 200);
  world.gateway_to_vendor.faults().loss = 1;
  client.write(post(chat("b")));
  ASSERT_TRUE(world.run([&] { return world.gateway->counters().upstream_reuses == 1; }));
  world.vendor->connections[0]->peer->write(
      "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n");
  world.vendor->connections[0]->peer->close_notify();
  world.vendor->connections[0]->peer->fin();
  const size_t from = client.received.size();
  world.run_for(20);
  world.gateway_to_vendor.faults().loss = 0;
  HttpAnswer answer;
  ASSERT_TRUE(world.answered(client, answer, from));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(world.gateway->counters().upstream_repeats, 1U);
  EXPECT_EQ(content_of(world.vendor->requests.back()), "b");
}

TEST(UpstreamPool, TheNextAddressIsTriedWhenOneIsDead) {
  WorldOptions options;
  options.limits.connect_ms = 2'000;
  World world(options);
  TlsPeer& client = world.open_client();
  const HttpAnswer answer = world.ask(client, post(chat("a"), "/twins/v1/chat/completions"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(world.gateway->counters().upstream_connects, 2U);
}

TEST(UpstreamPool, NoAddressAnswers) {
  WorldOptions options;
  options.limits.connect_ms = 1'000;
  World world(options);
  world.vendor_is_up = false;
  TlsPeer& client = world.open_client();
  const HttpAnswer answer = world.ask(client, post(chat("a")));
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.header("x-sallyport-reason-code"), "upstream_connect");
  EXPECT_EQ(world.gateway->upstreams_open(), 0U);
  const HttpAnswer nobody = world.ask(client, post(chat("a"), "/nowhere/v1/chat/completions"));
  EXPECT_NE(nobody.body.find("no_address"), std::string::npos);
}

TEST(UpstreamPool, AVendorThatSaysNothingIsGivenUp) {
  WorldOptions options;
  options.limits.first_byte_ms = 2'000;
  options.limits.stream_idle_ms = 1'000;
  World world(options);
  world.vendor->answer = [](VendorConnection&, const std::string&) {};
  TlsPeer& client = world.open_client();
  const HttpAnswer answer = world.ask(client, post(chat("a")));
  EXPECT_EQ(answer.status, 504);
  world.vendor->answer = [](VendorConnection& c, const std::string&) {
    c.peer->write(kStreamHead + chunk(delta("half")));
  };
  client.write(post(chat("b")));
  ASSERT_TRUE(world.run([&] { return client.saw_close_notify; }));
  EXPECT_NE(client.received.find("upstream_timeout"), std::string::npos);
  EXPECT_EQ(world.records()[3].outcome.outcome, static_cast<uint16_t>(Outcome::UpstreamTimeout));
}

// One record per connection, before the request is on it; exchanges on it name it.
TEST(UpstreamPool, EachConnectionIsARecordOfWhoItWasAndWhatWasAgreed) {
  World world;
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("a"))).status, 200);
  EXPECT_EQ(world.ask(client, post(chat("b"))).status, 200);
  ASSERT_EQ(world.connections().size(), 1U) << "the second exchange went out on the same one";
  const auto& first = world.connections()[0];
  EXPECT_EQ(first.tls.vendor.view(), "openai");
  EXPECT_EQ(first.tls.server_name.view(), world.versions[0]->image().vendor(0).host);
  EXPECT_EQ(first.tls.reason.view(), "");
  EXPECT_EQ(first.tls.tls_version, 0x0304);
  EXPECT_EQ(first.tls.cipher_suite >> 8, 0x13);
  EXPECT_EQ(first.tls.address_version, 4);
  EXPECT_EQ(first.tls.port, world.versions[0]->image().vendor(0).port);
  EXPECT_GE(first.tls.certificate_count, 1);
  EXPECT_NE(first.tls.certificates[0], contract::Digest{});
  EXPECT_EQ(first.tls.spki, world.records()[1].outcome.upstream_spki);
  EXPECT_EQ(first.header.request_low, world.records()[0].header.request_low);
  EXPECT_EQ(first.header.ring_sequence, world.records()[0].header.ring_sequence + 1);
  EXPECT_EQ(world.records()[1].outcome.upstream_connection, first.header.ring_sequence);
  EXPECT_EQ(world.records()[3].outcome.upstream_connection, first.header.ring_sequence);
  world.vendor->connections[0]->peer->close_notify();
  world.vendor->connections[0]->peer->fin();
  world.run_for(100);
  EXPECT_EQ(world.ask(client, post(chat("c"))).status, 200);
  ASSERT_EQ(world.connections().size(), 2U);
  EXPECT_EQ(world.records()[5].outcome.upstream_connection,
            world.connections()[1].header.ring_sequence);
}

TEST(UpstreamPool, NothingIsSentToAVendorThatCannotProveItself) {
  const auto code_of = [](const std::function<void(World&, policy::ImageBuilder&)>& change) {
    World world;
    world.adopt_again([&](policy::ImageBuilder& b) { change(world, b); });
    TlsPeer& client = world.open_client();
    const HttpAnswer answer = world.ask(client, post(chat("a")));
    EXPECT_TRUE(world.vendor->requests.empty());
    EXPECT_EQ(world.records().at(1).outcome.outcome,
              static_cast<uint16_t>(Outcome::UpstreamIdentity));
    EXPECT_EQ(world.connections().size(), 1U);
    const auto& shown = world.connections().at(0);
    EXPECT_EQ(shown.tls.reason.view(), answer.header("x-sallyport-reason-code"));
    EXPECT_NE(shown.tls.failure.view(), "");
    EXPECT_NE(shown.tls.certificates[0], contract::Digest{}) << "what it was refused for";
    EXPECT_EQ(world.records()[1].outcome.upstream_connection, shown.header.ring_sequence);
    return answer.header("x-sallyport-reason-code");
  };
  EXPECT_EQ(code_of([](World&, policy::ImageBuilder& b) {
              b.vendors[0].host = b.text("somebody.else.test");
            }),
            "upstream_certificate");
  EXPECT_EQ(code_of([](World&, policy::ImageBuilder& b) {
              const Authority other("Another Root");
              b.vendors[0].ca_pem = b.text(other.pem());
            }),
            "upstream_certificate");
  EXPECT_EQ(code_of([](World&, policy::ImageBuilder& b) {
              b.pins.resize(1);
              b.pins[0].fill(0x5a);
              b.vendors[0].pins = {0, 1};
            }),
            "upstream_pin_mismatch");
}

TEST(UpstreamPool, IdleConnectionsEndWithTheirTimeAndTheirVersion) {
  WorldOptions options;
  options.limits.upstream_idle_ms = 3'000;
  World world(options);
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("a"))).status, 200);
  EXPECT_EQ(world.gateway->upstreams_open(), 1U);
  world.run_for(4'000);
  EXPECT_EQ(world.gateway->upstreams_open(), 0U);
  EXPECT_EQ(world.ask(client, post(chat("a"))).status, 200);
  world.adopt_again();
  EXPECT_EQ(world.gateway->upstreams_open(), 0U);
  world.run_for(100);
  EXPECT_EQ(world.versions[0]->users(), 0U);
  EXPECT_EQ(world.ask(client, post(chat("a"))).status, 200);
}

}  // namespace
}  // namespace sallyport::sim
