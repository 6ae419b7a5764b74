// Answers that quote tokens of earlier exchanges: what the worker asks, how long an answer stands
// still for it, and what becomes of it when what it asked for comes late, twice, in another order
// or not at all.
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "controlplane/restore/recall_rings.h"
#include "controlplane/restore/recall_sealer.h"
#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

using contract::RecallAnswer;
using contract::RecallQuestion;
using contract::RecallStatus;
using redact::RecallMiss;

constexpr uint32_t kWaitMs = 250;
const std::string kValue = "ann@example.com";

WorldOptions with_vault(uint64_t seed = 1) {
  WorldOptions options;
  options.seed = seed;
  options.vault = true;
  options.limits.recall_wait_ms = kWaitMs;
  return options;
}

// sallyportd as far as a worker can tell. What it does to an answer is drawn from a seed.
class Plane {
 public:
  explicit Plane(World& world) : world_(world), rings_(world.folder()) {
    world.every_turn = [this] { turn(); };
    world.run_for(40);  // the worker has found the file of answers
  }
  ~Plane() { world_.every_turn = nullptr; }

  void knows(const std::string& token, const std::string& value) {
    values_[token.substr(token.size() - 1 - contract::kMappingCoreBytes,
                         contract::kMappingCoreBytes)] = value;
  }

  bool lives = true;
  RecallStatus refusal = RecallStatus::Restored;  // other: every question gets it
  uint64_t delay_ms = 0;
  std::function<uint64_t()> draw_delay_ms;  // instead
  unsigned lose_percent = 0;
  unsigned double_percent = 0;
  uint64_t questions = 0;
  std::vector<RecallQuestion> asked;

 private:
  struct Ready {
    uint64_t at_ns;
    restore::RecallRings::Asked asked;
  };
  void turn() {
    if (!lives) return;
    rings_.look();
    rings_.beat(world_.clock.now.ns);
    for (auto& one : rings_.take(1'000)) {
      ++questions;
      asked.push_back(one.question);
      if (world_.random() % 100 < lose_percent) continue;
      const uint64_t delay = draw_delay_ms ? draw_delay_ms() : delay_ms;
      const uint64_t at = world_.clock.now.ns + delay * base::kNsPerMs;
      ready_.push_back({at, one});
      if (world_.random() % 100 < double_percent) ready_.push_back({at, std::move(one)});
    }
    for (size_t i = 0; i < ready_.size();) {
      if (ready_[i].at_ns > world_.clock.now.ns || !publish(ready_[i].asked)) {
        ++i;
        continue;
      }
      ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  bool publish(const restore::RecallRings::Asked& one) {
    const auto number = rings_.next_number(one.ring);
    if (!number) return false;
    const RecallQuestion& question = one.question;
    RecallAnswer answer{};
    answer.number = *number;
    answer.question = question.number;
    answer.request_high = question.request_high;
    answer.request_low = question.request_low;
    answer.key_serial = question.key_serial;
    const auto known = values_.find(std::string(question.core.begin(), question.core.end()));
    RecallStatus status = known == values_.end() ? RecallStatus::Unknown : RecallStatus::Restored;
    if (refusal != RecallStatus::Restored) status = refusal;
    answer.status = static_cast<uint8_t>(status);
    if (status == RecallStatus::Restored) {
      EXPECT_TRUE(sealer_.seal(question.worker_key, vault::bytes_of(known->second), answer));
    }
    rings_.publish(one.ring, answer);
    return true;
  }

  World& world_;
  restore::RecallRings rings_;
  restore::RecallSealer sealer_;
  std::map<std::string, std::string> values_;
  std::deque<Ready> ready_;
};

// A vendor that keeps conversations: it says `text`, cut in pieces, whatever it is asked.
struct Scene {
  explicit Scene(const WorldOptions& options = with_vault()) : world(options), plane(world) {
    world.vendor->answer = [this](VendorConnection& c, const std::string& request) {
      if (request.find(R"("stream":true)") == std::string::npos)
        return c.peer->write(Vendor::json_answer(answer_with(text)));
      std::string events;
      for (size_t at = 0; at < text.size(); at += piece) events += delta(text.substr(at, piece));
      c.peer->write(kStreamHead + chunk(events + last_events()) + "0\r\n\r\n");
    };
  }
  // The first exchange: what the vendor sees instead of the value.
  std::string mint(const std::string& value = kValue) {
    text = "ok";
    world.ask(client, post(chat("mail " + value)));
    const std::string content = content_of(world.vendor->requests.back());
    const std::string token = content.substr(5);
    plane.knows(token, value);
    return token;
  }
  std::string ask(bool stream, const std::string& question = "who was it?",
                  const std::string& key = "lab") {
    const HttpAnswer answer =
        world.ask(client, post(chat(question, stream ? R"(,"stream":true)" : ""),
                               "/openai/v1/chat/completions", key));
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.is_complete);
    if (stream) return streamed_text(answer.body);
    const std::string mark = R"("content":")";
    const size_t at = answer.body.find(mark) + mark.size();
    return answer.body.substr(at, answer.body.find('"', at) - at);
  }
  uint64_t missed(RecallMiss miss) const {
    return world.gateway->recall_counters().missed[static_cast<size_t>(miss)];
  }

  World world;
  Plane plane;
  TlsPeer& client = world.open_client();
  std::string text = "ok";
  size_t piece = 1'000;
};

TEST(Recall, AValueOfAnEarlierExchangeComesBackInAStreamAndInABody) {
  Scene scene;
  const std::string token = scene.mint();
  ASSERT_EQ(token.find(kValue), std::string::npos);
  scene.text = "It was " + token + ".";
  for (const bool stream : {true, false})
    EXPECT_EQ(scene.ask(stream), "It was " + kValue + ".") << stream;
  ASSERT_EQ(scene.plane.asked.size(), 2U);
  const RecallQuestion& question = scene.plane.asked[0];
  EXPECT_EQ(question.tenant.view(), "acme");
  EXPECT_EQ(question.principal.view(), "robot");
  EXPECT_EQ(question.vendor.view(), "openai");
  EXPECT_EQ(question.reason.view(), "support");
  EXPECT_EQ(question.entity.view(), "EMAIL_ADDRESS");
  EXPECT_EQ(scene.world.gateway->recall_counters().restored, 2U);
}

TEST(Recall, IsTheSameAtEveryCutOfTheStream) {
  Scene scene;
  const std::string token = scene.mint();
  scene.text = "It was " + token + ", and " + token + " again";
  for (scene.piece = 1; scene.piece < scene.text.size(); ++scene.piece)
    EXPECT_EQ(scene.ask(true), "It was " + kValue + ", and " + kValue + " again") << scene.piece;
  scene.text = "It was " + token;  // nothing behind it: the next event ends the text
  for (scene.piece = 1; scene.piece < scene.text.size(); ++scene.piece)
    EXPECT_EQ(scene.ask(true), "It was " + kValue) << scene.piece;
  EXPECT_EQ(scene.missed(RecallMiss::Late), 0U);
}

// The arguments of a tool call are a text in a text: a value ends with its quote, in the very event
// that brings the last of the token, and there nothing can stand still any more.
TEST(Recall, AtEveryCutOfTheArgumentsOfATool) {
  Scene scene;
  const std::string token = scene.mint();
  const std::string mark = R"("function":{"arguments":")";
  const auto call = [&](const std::string& arguments) {
    std::string escaped;
    for (const char c : arguments) escaped += (c == '"' ? "\\\"" : std::string(1, c));
    return R"(data: {"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-2024","choices":)"
           R"([{"index":0,"delta":{"tool_calls":[{"index":0,)" +
           mark + escaped + R"("}}]},"finish_reason":null}]})" + "\n\n";
  };
  const std::string arguments = R"({"to":")" + token + R"(","why":"x"})";
  scene.world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    std::string events;
    for (size_t at = 0; at < arguments.size(); at += scene.piece)
      events += call(arguments.substr(at, scene.piece));
    c.peer->write(kStreamHead + chunk(events + last_events()) + "0\r\n\r\n");
  };
  for (scene.piece = 1; scene.piece <= arguments.size(); ++scene.piece) {
    const HttpAnswer answer =
        scene.world.ask(scene.client, post(chat("who?", R"(,"stream":true)")));
    ASSERT_EQ(answer.status, 200);
    std::string got;
    for (size_t at = answer.body.find(mark); at != std::string::npos;
         at = answer.body.find(mark, at)) {
      at += mark.size();
      for (; answer.body[at] != '"'; ++at) {
        if (answer.body[at] == '\\') ++at;
        got += answer.body[at];
      }
    }
    EXPECT_EQ(got, R"({"to":")" + kValue + R"(","why":"x"})") << scene.piece;
  }
  EXPECT_EQ(scene.missed(RecallMiss::Late), 0U);
}

TEST(Recall, ATokenInTheRequestIsAskedForBeforeTheVendorAnswers) {
  Scene scene;
  const std::string token = scene.mint();
  scene.text = "It was " + token + ".";
  EXPECT_EQ(scene.ask(true, "who is " + token + "?"), "It was " + kValue + ".");
  EXPECT_EQ(scene.world.gateway->recall_counters().waits, 0U);
  EXPECT_EQ(scene.plane.questions, 1U);
}

TEST(Recall, WhatComesTooLateStaysATokenAndTheAnswerIsHeldNoLonger) {
  Scene scene;
  const std::string token = scene.mint();
  scene.text = "It was " + token + ".";
  scene.plane.delay_ms = 10 * kWaitMs;
  for (const bool stream : {true, false}) {
    const uint64_t before = scene.world.clock.now.ns;
    EXPECT_EQ(scene.ask(stream), scene.text);
    EXPECT_LT(scene.world.clock.now.ns - before, 2 * kWaitMs * base::kNsPerMs);
  }
  EXPECT_EQ(scene.missed(RecallMiss::Late), 2U);
  scene.world.run_for(20 * kWaitMs);
  EXPECT_EQ(scene.world.gateway->recall_counters().late, 2U);  // dropped
  EXPECT_EQ(scene.world.gateway->recall_counters().restored, 0U);
}

TEST(Recall, WithoutAControlPlaneAnswersGoOnWithTokensAtOnce) {
  Scene scene;
  const std::string token = scene.mint();
  scene.text = "It was " + token + ".";
  scene.plane.lives = false;
  scene.world.run_for(2 * evidence::kRecallHeartbeatMsMax);
  for (const bool stream : {true, false}) {
    const uint64_t before = scene.world.clock.now.ns;
    EXPECT_EQ(scene.ask(stream), scene.text);
    EXPECT_LT(scene.world.clock.now.ns - before, kWaitMs * base::kNsPerMs);
  }
  EXPECT_EQ(scene.missed(RecallMiss::Unavailable), 2U);
  EXPECT_EQ(scene.plane.questions, 0U);
}

TEST(Recall, ARefusalAndASealedVaultLeaveTheTokenAndTheRecordSaysWhy) {
  Scene scene;
  const std::string token = scene.mint();
  scene.text = "It was " + token + ".";
  scene.plane.refusal = RecallStatus::Denied;
  EXPECT_EQ(scene.ask(false), scene.text);
  const auto reason_of_last = [&] {
    for (const auto& tally : scene.world.records().back().tallies)
      if (tally.name.view() == "EARLIER") return std::string(tally.reason.view());
    return std::string();
  };
  EXPECT_EQ(reason_of_last(), "recall_denied");
  scene.plane.refusal = RecallStatus::Restored;
  scene.world.set_vault_key(true);
  scene.world.adopt_again();
  EXPECT_EQ(scene.ask(true), scene.text);
  EXPECT_EQ(reason_of_last(), "vault_sealed");
  scene.world.set_vault_key(false);
  scene.world.adopt_again();
  EXPECT_EQ(scene.ask(true), "It was " + kValue + ".");
}

TEST(Recall, NobodyElsesTokenIsEvenAskedFor) {
  Scene scene;
  const std::string token = scene.mint();
  scene.text = "It was " + token + ".";
  // Another tenant's exchange quotes it: it does not verify there.
  TlsPeer& client = scene.world.open_client();
  scene.world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    c.peer->write(
        Vendor::json_answer(R"({"content":[{"type":"text","text":")" + scene.text + R"("}]})"));
  };
  const HttpAnswer answer = scene.world.ask(
      client,
      post(R"({"model":"claude","max_tokens":5,"messages":[{"role":"user","content":"x"}]})",
           "/anthropic/v1/messages", "beta"));
  EXPECT_NE(answer.body.find(token), std::string::npos);
  EXPECT_EQ(scene.plane.questions, 0U);
}

TEST(Recall, MoreTokensThanAnExchangeMayAskForStayTokens) {
  Scene scene;
  std::vector<std::string> tokens;
  std::string all;
  for (size_t i = 0; i < redact::kEarlierTokensMax + 2; ++i) {
    tokens.push_back(scene.mint("user" + std::to_string(i) + "@example.com"));
    all += tokens.back() + " ";
  }
  scene.text = all;
  const std::string got = scene.ask(false);
  EXPECT_NE(got.find("user0@example.com"), std::string::npos);
  EXPECT_NE(got.find(tokens.back()), std::string::npos);
  EXPECT_EQ(scene.plane.questions, redact::kEarlierTokensMax);
}

// Whatever the control plane does, every text is one of two, and nothing is lost or said twice.
TEST(Recall, EverySeedEndsWithEachTokenAsItsValueOrAsItself) {
  const char* more = std::getenv("SALLYPORT_SIM_SEEDS");
  const uint64_t seeds = more == nullptr ? 12 : std::strtoull(more, nullptr, 10);
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Scene scene(with_vault(seed));
    auto& random = scene.world.random;
    const std::vector<std::string> values{"ann@example.com", "bob@example.com", "eve@example.com"};
    std::vector<std::string> tokens;
    for (const std::string& value : values) tokens.push_back(scene.mint(value));
    scene.plane.draw_delay_ms = [&] { return random() % 4 == 0 ? random() % 600 : random() % 30; };
    scene.plane.lose_percent = 15;
    scene.plane.double_percent = 25;
    for (int round = 0; round < 12; ++round) {
      if (round == 6) {
        scene.world.set_vault_key(true);
        scene.world.adopt_again();
      }
      if (round == 9) {
        scene.world.set_vault_key(false);
        scene.world.adopt_again();
      }
      scene.piece = 1 + random() % 40;
      const size_t first = random() % 3, second = random() % 3;
      scene.text = "a " + tokens[first] + " b " + tokens[second] + " c " + tokens[first];
      const std::string got = scene.ask(random() % 2 == 0);
      std::vector<std::string> allowed;
      for (const std::string& x : {tokens[first], values[first]})
        for (const std::string& y : {tokens[second], values[second]})
          for (const std::string& z : {tokens[first], values[first]})
            allowed.push_back("a " + x + " b " + y + " c " + z);
      EXPECT_NE(std::find(allowed.begin(), allowed.end(), got), allowed.end()) << got;
      if (round >= 6 && round < 9) {
        EXPECT_EQ(got, scene.text);
      }
    }
    EXPECT_EQ(scene.world.gateway->exchanges_in_flight(), 0U);
    EXPECT_EQ(scene.world.gateway->recall_counters().refused, 0U);
  }
}

}  // namespace
}  // namespace sallyport::sim
