// Answers that arrive as a stream of events, and answers that end badly.
#include <gtest/gtest.h>

#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

using contract::Outcome;
using contract::RecordKind;
using flow::Reason;

const std::string kStreamRequest = chat("mail ann@example.com", R"(,"stream":true)");

TEST(Stream, EventsThatDoNotChangePassByteForByte) {
  World world;
  const std::string events = ": hello\n\ndata:\n\n" + delta("one ") + "data\n\n" + "id: 7\r\n" +
                             delta(" two \\u00e9 ") + "event: x\ndata: {\"choices\":[]}\n\n" +
                             last_events();
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    c.peer->write(kStreamHead + chunk(events) + "0\r\n\r\n");
  };
  TlsPeer& client = world.open_client();
  const HttpAnswer answer = world.ask(client, post(kStreamRequest));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(answer.body, events);
  EXPECT_TRUE(answer.is_complete);
  EXPECT_EQ(world.ask(client, post(kStreamRequest)).body, events);
  EXPECT_EQ(world.records()[1].outcome.stream_events, 5U);
}

TEST(Stream, ATokenCutOverEventsComesBackAsItsValue) {
  World world;
  size_t piece = 1;
  world.vendor->answer = [&](VendorConnection& c, const std::string& request) {
    const std::string text = "So: " + content_of(request) + ". Done";
    std::string events;
    for (size_t at = 0; at < text.size(); at += piece) events += delta(text.substr(at, piece));
    c.peer->write(kStreamHead + chunk(events + last_events()) + "0\r\n\r\n");
  };
  TlsPeer& client = world.open_client();
  for (piece = 1; piece < 40; piece += 1 + piece / 4) {
    const HttpAnswer answer = world.ask(client, post(kStreamRequest));
    EXPECT_EQ(streamed_text(answer.body), "So: mail ann@example.com. Done") << piece;
    EXPECT_TRUE(answer.body.ends_with("data: [DONE]\n\n"));
  }
}

TEST(Stream, EventsGoOnAtOnceNotAtTheEnd) {
  World world;
  VendorConnection* vendor = nullptr;
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    vendor = &c;
    c.peer->write(kStreamHead + chunk(delta("first ")));
  };
  TlsPeer& client = world.open_client();
  client.write(post(kStreamRequest));
  ASSERT_TRUE(world.run([&] { return client.received.find("first") != std::string::npos; }, 1'000));
  vendor->peer->write(chunk(delta("second ")));
  ASSERT_TRUE(world.run([&] { return client.received.find("second") != std::string::npos; }, 100));
  vendor->peer->write(chunk(last_events()) + "0\r\n\r\n");
  HttpAnswer answer;
  EXPECT_TRUE(world.answered(client, answer));
  EXPECT_TRUE(answer.is_complete);
}

TEST(Stream, ASecretInTheMiddleEndsItWithAnErrorEvent) {
  World world;
  const std::string key = std::string("AK") + "IAIOSFODNN7EXAMPLE";
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    c.peer->write(kStreamHead + chunk(delta("before ")) + chunk(delta(" " + key + " ")) +
                  chunk(delta("after") + last_events()) + "0\r\n\r\n");
  };
  TlsPeer& client = world.open_client();
  client.write(post(kStreamRequest));
  ASSERT_TRUE(world.run([&] { return client.saw_close_notify; }));
  const HttpAnswer answer = parse_answer(client.received);
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.is_complete);  // the last chunk is missing on purpose
  EXPECT_NE(client.received.find("before"), std::string::npos);
  EXPECT_NE(client.received.find(R"("code":"response_blocked")"), std::string::npos);
  EXPECT_EQ(client.received.find(key), std::string::npos);
  EXPECT_EQ(client.received.find("after"), std::string::npos);
  ASSERT_EQ(world.records().size(), 2U);
  EXPECT_EQ(world.records()[1].outcome.outcome, static_cast<uint16_t>(Outcome::BlockedMidstream));
}

TEST(Stream, AnthropicErrorsAreEventsWithAName) {
  World world;
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    c.peer->write(kStreamHead + chunk("event: ping\ndata: {\"type\":\"ping\"}\n\n"));
    c.peer->close_notify();
    c.peer->fin();
  };
  TlsPeer& client = world.open_client();
  client.write(post(R"({"model":"claude","max_tokens":5,"stream":true,)"
                    R"("messages":[{"role":"user","content":"x"}]})",
                    "/anthropic/v1/messages"));
  ASSERT_TRUE(world.run([&] { return client.saw_close_notify; }));
  EXPECT_NE(client.received.find("event: error\ndata: {\"type\":\"error\""), std::string::npos);
  EXPECT_NE(client.received.find("upstream_truncated"), std::string::npos);
}

// How a vendor may break an answer off, and how it may not.
struct Ending {
  const char* name;
  const char* head;
  const char* body;
  bool close_notify;
  bool is_whole;
};

TEST(Stream, AnAnswerThatWasCutIsNeverTakenForWhole) {
  constexpr const char* kJson = "content-type: application/json\r\n";
  const std::vector<Ending> endings{
      {"until close, properly", kJson, "{\"a\":1}", true, true},
      {"until close, without close_notify", kJson, "{\"a\":1}", false, false},
      {"counted, short", "content-type: application/json\r\ncontent-length: 9\r\n", "{\"a\":1}",
       true, false},
      {"chunked, without its end",
       "content-type: application/json\r\ntransfer-encoding: chunked\r\n", "7\r\n{\"a\":1}\r\n",
       true, false},
      {"chunked, whole, closed rudely",
       "content-type: application/json\r\ntransfer-encoding: chunked\r\n",
       "7\r\n{\"a\":1}\r\n0\r\n\r\n", false, true},
      {"events until close, properly", "content-type: text/event-stream\r\n",
       "data: {\"choices\":[]}\n\n", true, true},
      {"events until close, rudely", "content-type: text/event-stream\r\n",
       "data: {\"choices\":[]}\n\n", false, false},
      {"events, the last one cut", "content-type: text/event-stream\r\n",
       "data: {\"choices\":[]}\n\ndata: {\"cho", true, false},
  };
  for (const Ending& ending : endings) {
    World world;
    world.vendor->answer = [&](VendorConnection& c, const std::string&) {
      c.peer->write(std::string("HTTP/1.1 200 OK\r\n") + ending.head + "\r\n" + ending.body);
      if (ending.close_notify) c.peer->close_notify();
      c.peer->fin();
    };
    TlsPeer& client = world.open_client();
    const HttpAnswer answer = world.ask(client, post(chat("hello")));
    const bool is_stream = std::string_view(ending.head).find("event-stream") != std::string::npos;
    if (ending.is_whole) {
      EXPECT_EQ(answer.status, 200) << ending.name;
      EXPECT_TRUE(answer.is_complete) << ending.name;
    } else if (is_stream) {
      EXPECT_FALSE(answer.is_complete) << ending.name;
      EXPECT_NE(client.received.find("upstream_truncated"), std::string::npos) << ending.name;
    } else {
      EXPECT_EQ(answer.status, 502) << ending.name;
      EXPECT_EQ(answer.header("x-sallyport-reason-code"), "upstream_truncated") << ending.name;
    }
    ASSERT_EQ(world.records().size(), 2U) << ending.name;
    EXPECT_EQ(world.records()[1].outcome.outcome,
              static_cast<uint16_t>(ending.is_whole ? Outcome::Served : Outcome::Truncated))
        << ending.name;
    EXPECT_EQ(world.gateway->upstreams_open(), 0U) << ending.name;
  }
}

TEST(Stream, WhatCannotBeInspectedDoesNotPass) {
  const auto code_of = [](const std::string& answer) {
    World world;
    world.vendor->answer = [&](VendorConnection& c, const std::string&) { c.peer->write(answer); };
    TlsPeer& client = world.open_client();
    const HttpAnswer got = world.ask(client, post(chat("hello")));
    return std::to_string(got.status) + " " + got.header("x-sallyport-reason-code");
  };
  EXPECT_EQ(code_of(Vendor::json_answer("{}", "content-encoding: gzip\r\n")),
            "502 upstream_encoded");
  EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi"),
            "502 upstream_content_type");
  EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}"),
            "502 upstream_malformed");
  EXPECT_EQ(code_of("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "502 upstream_malformed");
  EXPECT_EQ(code_of(Vendor::json_answer("{\"a\":")), "502 upstream_malformed");
  EXPECT_EQ(
      code_of(Vendor::json_answer(std::string("{\"a\":\"") + std::string(5U << 20, 'x') + "\"}")),
      "502 upstream_too_large");
  std::string storm;
  for (int i = 0; i < 20; ++i) storm += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_EQ(code_of(storm + Vendor::json_answer("{}")), "502 upstream_malformed");
}

TEST(Stream, InterimAnswersAreSwallowedAndEmptyOnesPass) {
  World world;
  std::string next = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" +
                     Vendor::json_answer("{}");
  world.vendor->answer = [&](VendorConnection& c, const std::string&) { c.peer->write(next); };
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("a"))).body, "{}");
  EXPECT_EQ(client.received.find("103"), std::string::npos);
  next = "HTTP/1.1 204 No Content\r\n\r\n";
  EXPECT_EQ(world.ask(client, post(chat("b"))).status, 204);
  next = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\nretry-after: 7\r\n\r\n";
  const HttpAnswer limited = world.ask(client, post(chat("c")));
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.header("retry-after"), "7");
  next =
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: "
      "chunked\r\ntrailer: x-secret\r\n\r\n2\r\n{}\r\n0\r\nx-secret: 1\r\n\r\n";
  const HttpAnswer trailed = world.ask(client, post(chat("d")));
  EXPECT_EQ(trailed.body, "{}");
  EXPECT_EQ(client.received.find("x-secret"), std::string::npos);
  EXPECT_EQ(world.vendor->connections.size(), 1U);
}

TEST(Stream, AVendorThatClosesIsNotUsedAgain) {
  World world;
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    c.peer->write(Vendor::json_answer("{}", "connection: close\r\n"));
  };
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("a"))).status, 200);
  EXPECT_EQ(world.ask(client, post(chat("b"))).status, 200);
  EXPECT_EQ(world.vendor->connections.size(), 2U);
  EXPECT_EQ(world.gateway->counters().upstream_reuses, 0U);
}

// The client does not read: the vendor is not read either, and nothing grows.
TEST(Stream, BackPressureReachesTheVendor) {
  World world;
  std::string events;
  for (int i = 0; i < 2'000; ++i) events += delta(std::string(900, 'a') + " ");
  const std::string all = events + last_events();
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    std::string out = kStreamHead;
    for (size_t at = 0; at < all.size(); at += 8'000) out += chunk(all.substr(at, 8'000));
    c.peer->write(out + "0\r\n\r\n");
  };
  TlsPeer& client = world.open_client();
  client.write(post(kStreamRequest));
  ASSERT_TRUE(world.run([&] { return client.received.size() > 100'000; }));
  client.is_reading = false;
  world.run_for(5'000);
  const size_t before = client.received.size();
  EXPECT_LT(before, 1'900'000U);
  EXPECT_EQ(world.gateway->exchanges_in_flight(), 1U);
  EXPECT_EQ(world.refused(Reason::UpstreamTimeout), 0U);
  client.is_reading = true;
  HttpAnswer answer;
  ASSERT_TRUE(world.answered(client, answer));
  EXPECT_EQ(answer.body, all);
}

TEST(Stream, AClientThatNeverReadsLosesItsPlace) {
  WorldOptions options;
  options.limits.stream_idle_ms = 3'000;
  World world(options);
  std::string events;
  for (int i = 0; i < 2'000; ++i) events += delta(std::string(900, 'a') + " ");
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    c.peer->write(kStreamHead + chunk(events));
  };
  TlsPeer& client = world.open_client();
  client.write(post(kStreamRequest));
  ASSERT_TRUE(world.run([&] { return client.received.size() > 1'000; }));
  client.is_reading = false;
  EXPECT_TRUE(world.run([&] { return world.gateway->exchanges_in_flight() == 0; }, 15'000));
  EXPECT_EQ(world.refused(Reason::ClientGone), 1U);
}

}  // namespace
}  // namespace sallyport::sim
