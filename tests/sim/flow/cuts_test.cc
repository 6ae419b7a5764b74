// The same bytes in any cutting: TLS records of the client, TLS records of the vendor, segments of
// a bad network. A failure of the last one prints its seed:
//   SALLYPORT_SIM_SEED=<seed> build/dev/bin/flow_tests --source=cuts_test.cc
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

const std::string kContent = "a\\u0062 ann@example.com, 4111 1111 1111 1111 and ben@example.org";
const std::string kPlain = "ab ann@example.com, 4111 1111 1111 1111 and ben@example.org";

TEST(Cuts, ARequestCutAtEveryByteIsTheSameRequest) {
  World world;
  world.vendor->answer = [](VendorConnection& c, const std::string& request) {
    c.peer->write(Vendor::json_answer(answer_with(content_of(request))));
  };
  TlsPeer& client = world.open_client();
  const std::string request = post(chat(kContent));
  const HttpAnswer whole = world.ask(client, request);
  ASSERT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, answer_with(kContent));
  const std::string expected = world.vendor->requests[0];
  for (size_t cut = 1; cut < request.size(); ++cut) {
    const size_t from = client.received.size();
    client.write(request.substr(0, cut));
    world.run_for(2);
    client.write(request.substr(cut));
    HttpAnswer answer;
    ASSERT_TRUE(world.answered(client, answer, from)) << cut;
    ASSERT_EQ(answer.body, whole.body) << cut;
    ASSERT_EQ(world.vendor->requests.back(), expected) << cut;
  }
  EXPECT_EQ(world.vendor->requests.size(), request.size());
  EXPECT_EQ(world.gateway->clients_connected(), 1U);
}

TEST(Cuts, ARequestByteByByteInRecordsAndChunks) {
  World world;
  TlsPeer& client = world.open_client();
  const std::string body = chat(kContent);
  ASSERT_EQ(world.ask(client, post(body)).status, 200);
  std::string chunked =
      "POST /openai/v1/chat/completions HTTP/1.1\r\nhost: gateway.test\r\ncontent-type: "
      "application/json\r\nauthorization: Bearer " +
      gateway_key("lab") + "\r\ntransfer-encoding: chunked\r\n\r\n";
  for (const char c : body) chunked += chunk(std::string(1, c));
  chunked += "0\r\n\r\n";
  const size_t from = client.received.size();
  for (const char c : chunked) client.write(std::string(1, c));
  HttpAnswer answer;
  ASSERT_TRUE(world.answered(client, answer, from));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(world.vendor->requests[1], world.vendor->requests[0]);
}

TEST(Cuts, AStreamCutAtEveryByteIsTheSameStream) {
  World world;
  size_t cut = 0;
  VendorConnection* waiting = nullptr;
  std::string rest;
  world.vendor->answer = [&](VendorConnection& c, const std::string& request) {
    const std::string text = content_of(request);
    const std::string all = kStreamHead + chunk(delta("So " + text.substr(0, 20))) +
                            chunk(delta(text.substr(20, 9)) + delta(text.substr(29) + ". ")) +
                            chunk(last_events()) + "0\r\n\r\n";
    if (cut == 0) {
      c.peer->write(all);
      return;
    }
    const size_t at = std::min(cut, all.size() - 1);
    c.peer->write(all.substr(0, at));
    rest = all.substr(at);
    waiting = &c;
  };
  TlsPeer& client = world.open_client();
  const std::string request = post(chat(kContent, R"(,"stream":true)"));
  const HttpAnswer whole = world.ask(client, request);
  ASSERT_EQ(streamed_text(whole.body), "So " + kPlain + ". ");
  for (cut = 1; cut < 900; cut += 1) {
    const size_t from = client.received.size();
    waiting = nullptr;
    client.write(request);
    ASSERT_TRUE(world.run([&] { return waiting != nullptr; }));
    world.run_for(2);
    waiting->peer->write(rest);
    HttpAnswer answer;
    ASSERT_TRUE(world.answered(client, answer, from)) << cut;
    ASSERT_EQ(answer.body, whole.body) << cut;
  }
}

// Several clients over links that lose, repeat, reorder and damage: every answer is right, every
// exchange ends, everything is given back.
void run_seed(uint64_t seed) {
  SCOPED_TRACE("SALLYPORT_SIM_SEED=" + std::to_string(seed));
  WorldOptions options;
  options.seed = seed;
  std::mt19937_64 random(seed);
  options.faults.loss = 0.001 * static_cast<double>(random() % 80);
  options.faults.duplication = random() % 2 == 0 ? 0.02 : 0;
  options.faults.reordering = random() % 2 == 0 ? 0.1 : 0;
  options.faults.corruption = random() % 3 == 0 ? 0.01 : 0;
  options.faults.delay_us = 100 + random() % 20'000;
  World world(options);
  world.vendor->answer = [&](VendorConnection& c, const std::string& request) {
    const std::string text = content_of(request);
    if (request.find(R"("stream":true)") == std::string::npos) {
      c.peer->write(Vendor::json_answer(answer_with(text)));
      return;
    }
    const size_t piece = 1 + random() % 60;
    std::string out = kStreamHead;
    for (size_t at = 0; at < text.size(); at += piece) out += chunk(delta(text.substr(at, piece)));
    c.peer->write(out + chunk(last_events()) + "0\r\n\r\n");
  };
  for (int i = 0; i < 4; ++i) {
    const tcp::ConnectionId before{};
    TlsPeer& client = world.open_client();
    ASSERT_TRUE(client.is_open) << before.index;
    for (int round = 0; round < 3; ++round) {
      const bool is_stream = random() % 2 == 0;
      const std::string content = "mail " + std::string(1, static_cast<char>('a' + round)) +
                                  "nn@example.com " + std::string(random() % 20'000, 'q') + " ok.";
      client.write(post(chat(content, is_stream ? R"(,"stream":true)" : R"(,"stream":false)")));
      const size_t from = client.received.size();
      HttpAnswer answer;
      ASSERT_TRUE(world.run(
          [&] {
            answer = parse_answer(std::string_view(client.received).substr(from));
            return answer.is_complete || client.ended;
          },
          600'000));
      ASSERT_EQ(answer.status, 200);
      EXPECT_EQ(is_stream ? streamed_text(answer.body) : answer.body,
                is_stream ? content : answer_with(content));
    }
    if (random() % 2 == 0) {
      client.reset();
    } else {
      client.close_notify();
      client.fin();
    }
  }
  EXPECT_TRUE(world.run([&] { return world.gateway->clients_connected() == 0; }, 600'000));
  EXPECT_EQ(world.gateway->exchanges_in_flight(), 0U);
  EXPECT_EQ(world.records_of(contract::RecordKind::Admitted), 12U);
  EXPECT_EQ(world.records_of(contract::RecordKind::Completed), 12U);
}

TEST(Cuts, ABadNetworkChangesNothing) {
  if (const char* seed = std::getenv("SALLYPORT_SIM_SEED"); seed != nullptr) {
    run_seed(std::strtoull(seed, nullptr, 10));
    return;
  }
  for (uint64_t seed = 1; seed <= 12 && !HasFailure(); ++seed) run_seed(seed);
}

}  // namespace
}  // namespace sallyport::sim
