// One exchange at a time: what the vendor gets, what the client gets, what is in evidence.
#include <gtest/gtest.h>

#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

using contract::Outcome;
using contract::RecordKind;
using flow::Reason;

TEST(Exchange, ValuesBecomeTokensAndComeBack) {
  World world;
  world.vendor->answer = [](VendorConnection& c, const std::string& request) {
    c.peer->write(Vendor::json_answer(answer_with("You wrote " + content_of(request))));
  };
  TlsPeer& client = world.open_client();
  const HttpAnswer answer = world.ask(client, post(chat("mail ann@example.com today")));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, answer_with("You wrote mail ann@example.com today"));
  ASSERT_EQ(world.vendor->requests.size(), 1U);
  const std::string& request = world.vendor->requests[0];
  EXPECT_EQ(request.find("ann@example.com"), std::string::npos);
  EXPECT_NE(request.find("mail [EMAIL-ADDRESS-0A"), std::string::npos);
  EXPECT_NE(request.find("POST /v1/chat/completions HTTP/1.1\r\nhost: vendor.test\r\n"),
            std::string::npos);
  EXPECT_NE(request.find("authorization: Bearer vendor-secret-one\r\n"), std::string::npos);
  EXPECT_EQ(request.find("gateway-key"), std::string::npos);
}

TEST(Exchange, BytesOutsideTheEditsAreTheClientsOwn) {
  World world;
  TlsPeer& client = world.open_client();
  const std::string body =
      "{ \"model\" : \"gpt-4o\",\n\t\"messages\":[{\"role\":\"user\",\"content\":\"a\\u0062c \\/ "
      "ann@example.com\"}] , \"temperature\": 1.0e0 }";
  EXPECT_EQ(world.ask(client, post(body)).status, 200);
  const std::string sent = Vendor::body_of(world.vendor->requests.at(0));
  const size_t token = sent.find("[EMAIL-ADDRESS-");
  ASSERT_NE(token, std::string::npos);
  const size_t end = sent.find(']', token) + 1;
  EXPECT_EQ(sent.substr(0, token) + "ann@example.com" + sent.substr(end), body);
}

TEST(Exchange, ABlockedValueNeverLeaves) {
  World world;
  TlsPeer& client = world.open_client();
  const std::string key = std::string("AK") + "IAIOSFODNN7EXAMPLE";
  const HttpAnswer answer = world.ask(client, post(chat("my key is " + key + " ok")));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.header("x-sallyport-reason-code"), "policy_blocked");
  EXPECT_EQ(answer.header("x-should-retry"), "false");
  EXPECT_EQ(answer.body.find(key), std::string::npos);
  EXPECT_NE(answer.body.find("SECRET"), std::string::npos);
  world.run_for(500);
  EXPECT_TRUE(world.vendor->requests.empty());
  EXPECT_TRUE(world.vendor->connections.empty());
  ASSERT_EQ(world.records().size(), 1U);
  EXPECT_EQ(world.records()[0].kind(), RecordKind::Refused);
  EXPECT_EQ(world.records()[0].outcome.outcome, static_cast<uint16_t>(Outcome::Blocked));
  // The refusal was an answer like any other: the connection goes on.
  EXPECT_EQ(world.ask(client, post(chat("hello"))).status, 200);
}

TEST(Exchange, TwoRecordsSayWhatHappened) {
  World world;
  world.vendor->answer = [](VendorConnection& c, const std::string& request) {
    c.peer->write(Vendor::json_answer(answer_with(content_of(request))));
  };
  TlsPeer& client = world.open_client();
  const std::string body = chat("ann@example.com and 4111 1111 1111 1111");
  const HttpAnswer answer = world.ask(client, post(body));
  ASSERT_EQ(answer.status, 200);
  const auto& records = world.records();
  ASSERT_EQ(records.size(), 2U);
  const auto& admitted = records[0];
  const auto& completed = records[1];
  ASSERT_EQ(admitted.kind(), RecordKind::Admitted);
  ASSERT_EQ(completed.kind(), RecordKind::Completed);
  EXPECT_EQ(admitted.header.request_low, completed.header.request_low);
  const auto id = contract::parse_request_id(answer.header("x-sallyport-request-id"));
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->low(), admitted.header.request_low);
  EXPECT_EQ(admitted.request.tenant.view(), "acme");
  EXPECT_EQ(admitted.request.vendor.view(), "openai");
  EXPECT_EQ(admitted.request.model.view(), "gpt-4o");
  EXPECT_EQ(admitted.request.reason.view(), "support");
  EXPECT_EQ(admitted.request.body_bytes, body.size());
  EXPECT_EQ(admitted.request.sent_bytes, Vendor::body_of(world.vendor->requests[0]).size());
  EXPECT_EQ(admitted.request.image_digest, world.versions[0]->image().digest());
  EXPECT_EQ(completed.outcome.outcome, static_cast<uint16_t>(Outcome::Served));
  EXPECT_EQ(completed.outcome.http_status, 200);
  EXPECT_EQ(completed.outcome.vendor_status, 200);
  EXPECT_EQ(completed.outcome.response_model.view(), "gpt-4o-2024");
  EXPECT_EQ(completed.outcome.sent_bytes, answer.body.size());
  EXPECT_NE(completed.outcome.upstream_spki, contract::Digest{});
  EXPECT_EQ(completed.outcome.upstream_tls_version, 0x0304);
  EXPECT_EQ(completed.outcome.upstream_connection, world.connections().at(0).header.ring_sequence);
  uint32_t tokenised = 0;
  for (const auto& tally : admitted.tallies) tokenised += tally.count;
  EXPECT_EQ(tokenised, 2U);
  uint32_t restored = 0;
  for (const auto& tally : completed.tallies)
    if (tally.section == static_cast<uint8_t>(contract::TallySection::RestorationAllowed))
      restored += tally.count;
  EXPECT_EQ(restored, 2U);
}

TEST(Exchange, WithoutAKeyNobodyLearnsTheRoutes) {
  World world;
  for (const char* path : {"/openai/v1/chat/completions", "/secret/path"}) {
    TlsPeer& client = world.open_client();
    const HttpAnswer answer = world.ask(client, post(chat("hello"), path, "wrong"));
    EXPECT_EQ(answer.status, 401) << path;
    EXPECT_TRUE(world.run([&] { return client.saw_close_notify; }));
  }
  EXPECT_EQ(world.refused(Reason::BadCredentials), 2U);
  EXPECT_TRUE(world.vendor->requests.empty());
}

TEST(Exchange, OfTwoKeysInOneKindOfFieldNoneCounts) {
  World world;
  const std::string right = gateway_key("lab");
  for (const auto& [field, before] : {std::pair{"authorization", "Bearer "},
                                      {"x-api-key", ""},
                                      {"api-key", ""},
                                      {"x-goog-api-key", ""}}) {
    const std::string line = std::string(field) + ": " + before + right + "\r\n";
    TlsPeer& client = world.open_client();
    const HttpAnswer answer =
        world.ask(client, "POST /openai/v1/chat/completions HTTP/1.1\r\nhost: gateway.test\r\n" +
                              line + line + "content-length: 2\r\n\r\n{}");
    EXPECT_EQ(answer.status, 400) << field;
    EXPECT_EQ(answer.header("x-sallyport-reason-code"), "malformed_head") << field;
  }
  EXPECT_EQ(world.refused(Reason::MalformedHead), 4U);
  EXPECT_TRUE(world.vendor->requests.empty());
}

TEST(Exchange, WhatPolicyDoesNotNameIsRefusedByItsReason) {
  World world;
  const auto refused = [&](const std::string& request) {
    TlsPeer& client = world.open_client();
    return world.ask(client, request).header("x-sallyport-reason-code");
  };
  EXPECT_EQ(refused(post("{}", "/openai/v1/other")), "unknown_path");
  EXPECT_EQ(refused(post("{}", "/elsewhere/v1")), "unknown_path");
  std::string request = post("{}");
  EXPECT_EQ(refused("PUT" + request.substr(4)), "unknown_method");
  EXPECT_EQ(refused("POST /x HTTP/1.1\r\nhost: other.test\r\nauthorization: Bearer " +
                    gateway_key("lab") + "\r\n\r\n"),
            "unknown_host");
  EXPECT_EQ(refused("POST /x HTTP/1.1\r\nhost: [::1]:443\r\nauthorization: Bearer " +
                    gateway_key("lab") + "\r\n\r\n"),
            "unknown_host");
  EXPECT_EQ(refused("CONNECT api.test:443 HTTP/1.1\r\nhost: api.test:443\r\n\r\n"),
            "upgrade_refused");
  EXPECT_EQ(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "upgrade_refused");
  EXPECT_EQ(refused(post("{}", "/openai/v1/chat/completions", "beta")), "vendor_not_allowed");
  EXPECT_EQ(refused(post(chat("x"), "/nowhere/v1/chat/completions")), "upstream_connect");
  EXPECT_EQ(refused(post(chat("x"), "/keyless/v1/chat/completions")), "not_ready");
  EXPECT_EQ(refused(post("{\"model\":", "/openai/v1/chat/completions")), "malformed_json");
  EXPECT_EQ(
      refused(post(chat("x"), "/openai/v1/chat/completions", "lab", "content-encoding: gzip\r\n")),
      "content_encoded");
  EXPECT_EQ(refused("POST /openai/v1/chat/completions HTTP/1.1\r\nhost: gateway.test\r\n"
                    "content-type: text/plain\r\ncontent-length: 2\r\nauthorization: Bearer " +
                    gateway_key("lab") + "\r\n\r\n{}"),
            "unknown_content_type");
  EXPECT_TRUE(world.vendor->requests.empty());
  EXPECT_EQ(world.records_of(RecordKind::Admitted), world.records_of(RecordKind::Completed));
}

TEST(Exchange, ABodyBeyondTheLimitIsRefusedOnItsHeadOrWhenItGetsThere) {
  WorldOptions options;
  options.limits.max_body_bytes = 20'000;
  World world(options);
  TlsPeer& counted = world.open_client();
  const std::string big(30'000, 'x');
  EXPECT_EQ(world.ask(counted, post(chat(big))).status, 413);
  EXPECT_TRUE(world.run([&] { return counted.saw_close_notify; }));
  EXPECT_FALSE(counted.was_reset);
  TlsPeer& chunked = world.open_client();
  std::string request =
      "POST /openai/v1/chat/completions HTTP/1.1\r\nhost: gateway.test\r\ncontent-type: "
      "application/json\r\nauthorization: Bearer " +
      gateway_key("lab") + "\r\ntransfer-encoding: chunked\r\n\r\n";
  const std::string body = chat(big);
  for (size_t at = 0; at < body.size(); at += 1'000) {
    const std::string part = body.substr(at, 1'000);
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    request += size + part + "\r\n";
  }
  EXPECT_EQ(world.ask(chunked, request + "0\r\n\r\n").status, 413);
  EXPECT_EQ(world.refused(Reason::BodyTooLarge), 2U);
  EXPECT_TRUE(world.vendor->requests.empty());
}

TEST(Exchange, AnAnswerBeforeTheBodyIsReadArrivesWhole) {
  World world;
  TlsPeer& client = world.open_client();
  // Refused on the head, while a megabyte is still on its way: the answer must not be lost in a
  // reset.
  std::string request = post(std::string(1'000'000, ' ') + chat("x"), "/openai/v1/unknown");
  const HttpAnswer answer = world.ask(client, request);
  EXPECT_EQ(answer.status, 404);
  EXPECT_TRUE(answer.is_complete);
  EXPECT_TRUE(world.run([&] { return client.saw_close_notify; }));
  EXPECT_FALSE(client.was_reset);
}

TEST(Exchange, ContinueIsAnsweredAfterAdmission) {
  World world;
  TlsPeer& client = world.open_client();
  const std::string body = chat("hello");
  const std::string whole =
      post(body, "/openai/v1/chat/completions", "lab", "expect: 100-continue\r\n");
  client.write(whole.substr(0, whole.size() - body.size()));
  ASSERT_TRUE(
      world.run([&] { return client.received.starts_with("HTTP/1.1 100 Continue\r\n\r\n"); }));
  EXPECT_TRUE(world.vendor->requests.empty());
  EXPECT_EQ(world.ask(client, body).status, 200);
  TlsPeer& refused = world.open_client();
  const std::string no = post(body, "/openai/v1/unknown", "lab", "expect: 100-continue\r\n");
  EXPECT_EQ(world.ask(refused, no.substr(0, no.size() - body.size())).status, 404);
  EXPECT_EQ(refused.received.find("100 Continue"), std::string::npos);
}

TEST(Exchange, ConnectionsAreKeptOnBothSides) {
  World world;
  TlsPeer& client = world.open_client();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(world.ask(client, post(chat("hello " + std::to_string(i)))).status, 200);
  EXPECT_EQ(world.vendor->connections.size(), 1U);
  EXPECT_EQ(world.gateway->counters().upstream_reuses, 4U);
  EXPECT_EQ(world.gateway->clients_connected(), 1U);
  // Two requests in one write: answered in their order.
  const size_t from = client.received.size();
  client.write(post(chat("first")) + post(chat("second")));
  HttpAnswer first;
  ASSERT_TRUE(world.answered(client, first, from));
  HttpAnswer second;
  ASSERT_TRUE(world.answered(client, second, from + first.bytes));
  EXPECT_NE(world.vendor->requests[5].find("first"), std::string::npos);
  EXPECT_NE(world.vendor->requests[6].find("second"), std::string::npos);
}

TEST(Exchange, AClientThatAsksToCloseIsClosed) {
  World world;
  TlsPeer& client = world.open_client();
  const auto answer = world.ask(
      client, post(chat("x"), "/openai/v1/chat/completions", "lab", "connection: close\r\n"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(world.run([&] { return client.saw_close_notify && client.peer_closed; }));
  EXPECT_FALSE(client.was_reset);
  client.fin();
  EXPECT_TRUE(world.run([&] { return world.gateway->clients_connected() == 0; }));
}

TEST(Exchange, AClientThatLeavesCancelsTheVendor) {
  World world;
  bool reset = false;
  world.vendor->answer = [](VendorConnection&, const std::string&) {};
  TlsPeer& client = world.open_client();
  client.write(post(chat("slow")));
  ASSERT_TRUE(world.run([&] { return world.vendor->requests.size() == 1; }));
  client.reset();
  EXPECT_TRUE(world.run([&] { return world.gateway->exchanges_in_flight() == 0; }));
  EXPECT_TRUE(world.run([&] {
    reset = world.vendor->connections[0]->peer->was_reset;
    return reset;
  }));
  const auto& records = world.records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].outcome.outcome, static_cast<uint16_t>(Outcome::ClientGone));
  EXPECT_EQ(world.gateway->upstreams_open(), 0U);
}

TEST(Exchange, TheVersionItBeganWithDecides) {
  World world;
  std::string pending;
  VendorConnection* waiting = nullptr;
  world.vendor->answer = [&](VendorConnection& c, const std::string& request) {
    waiting = &c;
    pending = content_of(request);
  };
  TlsPeer& client = world.open_client();
  const std::string whole = post(chat("mail ann@example.com"));
  client.write(whole.substr(0, whole.size() - 10));
  world.run_for(50);
  EXPECT_EQ(world.gateway->exchanges_in_flight(), 1U);
  // The new version blocks what the old one tokenises.
  world.adopt_again([](policy::ImageBuilder& b) { b.fill_rulings(0); });
  EXPECT_EQ(world.gateway->policy()->base, world.versions[1].get());
  EXPECT_EQ(world.versions[0]->users(), 1U);
  client.write(whole.substr(whole.size() - 10));
  ASSERT_TRUE(world.run([&] { return waiting != nullptr; }));
  EXPECT_TRUE(pending.starts_with("mail [EMAIL-ADDRESS-"));
  EXPECT_EQ(world.versions[0]->users(), 2U);  // and its vendor connection
  HttpAnswer answer;
  waiting->peer->write(Vendor::json_answer(answer_with(pending)));
  ASSERT_TRUE(world.answered(client, answer));
  EXPECT_EQ(answer.body, answer_with("mail ann@example.com"));
  EXPECT_EQ(world.ask(client, post(chat("mail ann@example.com"))).status, 403);
  world.run_for(200);
  EXPECT_EQ(world.versions[0]->users(), 0U);
  EXPECT_EQ(world.gateway->upstreams_open(), 0U);
  EXPECT_EQ(world.records()[0].request.image_digest, world.versions[0]->image().digest());
}

TEST(Exchange, AnthropicRequestsGoTheirOwnWay) {
  World world;
  world.vendor->answer = [](VendorConnection& c, const std::string&) {
    c.peer->write(
        Vendor::json_answer(R"({"id":"m","type":"message","role":"assistant","model":"claude",)"
                            R"("content":[{"type":"text","text":"hi"}]})"));
  };
  TlsPeer& client = world.open_client();
  const std::string body = R"({"model":"claude","max_tokens":5,)"
                           R"("messages":[{"role":"user","content":"ann@example.com"}]})";
  EXPECT_EQ(world.ask(client, post(body, "/anthropic/v1/messages")).status, 200);
  EXPECT_NE(world.vendor->requests[0].find("x-api-key: vendor-secret-two\r\n"), std::string::npos);
  EXPECT_EQ(world.vendor->requests[0].find("ann@"), std::string::npos);
  const HttpAnswer refused = world.ask(client, post("{", "/anthropic/v1/messages"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find(R"("type":"error")"), std::string::npos);
}

// A guardrail that the client asked for must not fall out of the request, nor the kind of an error
// out of its answer.
TEST(Exchange, WhatAVendorTakesOrSaysInTheHeadGoesOn) {
  World world;
  const std::string said =
      "x-amzn-errortype: ValidationException\r\nx-amzn-bedrock-input-token-count: 7\r\n"
      "x-amzn-requestid: r-1\r\nset-cookie: a=b\r\n";
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    c.peer->write(Vendor::json_answer("{}", said));
  };
  TlsPeer& client = world.open_client();
  const std::string guardrail =
      "x-amzn-bedrock-guardrailidentifier: gr-1\r\nx-amzn-bedrock-guardrailversion: 2\r\n"
      "x-goog-user-project: billing\r\n";
  const HttpAnswer answer =
      world.ask(client, post(chat("x"), "/openai/v1/chat/completions", "lab", guardrail));
  EXPECT_NE(world.vendor->requests[0].find(guardrail), std::string::npos);
  EXPECT_EQ(answer.header("x-amzn-errortype"), "ValidationException");
  EXPECT_EQ(answer.header("x-amzn-bedrock-input-token-count"), "7");
  EXPECT_EQ(answer.header("x-amzn-requestid"), "r-1");
  EXPECT_EQ(answer.header("set-cookie"), "");
}

TEST(Exchange, HeadersThatCarryDataDoNotPass) {
  World world;
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world
                .ask(client, post(chat("x"), "/openai/v1/chat/completions", "lab",
                                  "user-agent: sdk/1.0\r\nx-stainless-lang: python\r\n"
                                  "x-client-request-id: ann@example.com\r\ncookie: a=b\r\n"
                                  "x-sallyport-reason: support\r\nx-forwarded-for: 1.2.3.4\r\n"))
                .status,
            200);
  const std::string& request = world.vendor->requests[0];
  EXPECT_NE(request.find("user-agent: sdk/1.0\r\n"), std::string::npos);
  EXPECT_NE(request.find("x-stainless-lang: python\r\n"), std::string::npos);
  for (const char* gone : {"ann@", "cookie", "x-sallyport", "x-forwarded-for"})
    EXPECT_EQ(request.find(gone), std::string::npos) << gone;
}

}  // namespace
}  // namespace sallyport::sim
