// Both sides of a pair of recall rings over real files: what is asked is answered once, whatever
// is full, cut, changed or restarted.
#include "dataplane/evidence/recall_ring.h"

#include <gtest/gtest.h>

#include <fstream>

#include "controlplane/restore/recall_rings.h"
#include "controlplane/restore/recall_sealer.h"
#include "dataplane/evidence/locked_file.h"
#include "dataplane/redact/recall_opener.h"
#include "tests/unit/evidence/ring_fixture.h"

namespace sallyport::evidence {
namespace {

using contract::RecallAnswer;
using contract::RecallQuestion;
using contract::RecallStatus;
using restore::RecallRings;

constexpr base::Instant kNow{5'000'000'000};
const std::string kValue = "ann@example.com";

RecallQuestion question_about(char id) {
  RecallQuestion question{};
  question.request_high = 7;
  question.request_low = static_cast<uint64_t>(id);
  question.core.fill('0');
  question.core[3] = id;
  question.tenant.assign("acme");
  question.principal.assign("robot");
  question.vendor.assign("openai");
  question.environment.assign("lab");
  question.reason.assign("support");
  question.entity.assign("EMAIL_ADDRESS");
  return question;
}

class RecallPair : public testing::Test {
 protected:
  RecallPair() : rings(folder.path()) {
    config = evidence_test::config_in(folder);
    std::string error;
    auto made = RecallRing::create(folder.path(), config.identity, config.worker, error);
    EXPECT_TRUE(made.has_value()) << error;
    ring.emplace(std::move(*made));
    EXPECT_TRUE(opener.renew(kNow));
    attach();
  }
  void attach() {
    rings.look();
    rings.beat(kNow.ns);
    ring->turn(base::after_ms(kNow, 100));
  }
  uint64_t ask(char id) {
    RecallQuestion question = question_about(id);
    question.key_serial = opener.serial();
    question.worker_key = opener.public_key();
    return ring->ask(question);
  }
  // False: no room.
  bool answer(const RecallRings::Asked& asked, RecallStatus status, const std::string& value = "") {
    const auto number = rings.next_number(asked.ring);
    if (!number) return false;
    RecallAnswer out{};
    out.number = *number;
    out.question = asked.question.number;
    out.request_high = asked.question.request_high;
    out.request_low = asked.question.request_low;
    out.key_serial = asked.question.key_serial;
    out.status = static_cast<uint8_t>(status);
    if (status == RecallStatus::Restored) {
      EXPECT_TRUE(sealer.seal(asked.question.worker_key, vault::bytes_of(value), out));
    }
    rings.publish(asked.ring, out);
    return true;
  }
  std::string opened(const RecallAnswer& from) {
    std::vector<uint8_t> out(from.value_bytes);
    return opener.open(from, out) ? std::string(out.begin(), out.end()) : std::string("(closed)");
  }
  std::string path(const char* suffix) const {
    return (folder.path() / (evidence_test::key_of(config).file_stem() + suffix)).string();
  }
  static void flip(const std::string& file, size_t offset) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(offset));
    const char was = static_cast<char>(bytes.get());
    bytes.seekp(static_cast<std::streamoff>(offset));
    bytes.put(static_cast<char>(was ^ 1));
  }

  evidence_test::Folder folder;
  RingConfig config;
  RecallRings rings;
  std::optional<RecallRing> ring;
  redact::RecallOpener opener;
  restore::RecallSealer sealer;
};

TEST_F(RecallPair, AValueCrossesSealedAndOpensAtItsWorkerOnly) {
  ask('A');
  const auto asked = rings.take(10);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].question.tenant.view(), "acme");
  ASSERT_TRUE(answer(asked[0], RecallStatus::Restored, kValue));
  RecallAnswer got;
  ASSERT_TRUE(ring->next(got));
  EXPECT_EQ(got.question, 1U);
  EXPECT_EQ(opened(got), kValue);
  for (const char* suffix : {".ask", ".answer"}) {
    std::ifstream file(path(suffix), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(content.find(kValue), std::string::npos) << suffix;
  }
  redact::RecallOpener other;
  ASSERT_TRUE(other.renew(kNow));
  std::vector<uint8_t> out(got.value_bytes);
  EXPECT_FALSE(other.open(got, out));
  // Bound to whom it answers, and to its place.
  for (const auto change :
       {+[](RecallAnswer& a) { ++a.question; }, +[](RecallAnswer& a) { ++a.number; },
        +[](RecallAnswer& a) { ++a.request_low; }, +[](RecallAnswer& a) { a.sealed[0] ^= 1; }}) {
    RecallAnswer changed = got;
    change(changed);
    EXPECT_EQ(opened(changed), "(closed)");
  }
  EXPECT_FALSE(ring->next(got));
}

TEST_F(RecallPair, KeysOfTheWorkerLiveForTwoMinutesAtMost) {
  ask('A');
  const auto asked = rings.take(10);
  ASSERT_TRUE(answer(asked.at(0), RecallStatus::Restored, kValue));
  RecallAnswer got;
  ASSERT_TRUE(ring->next(got));
  ASSERT_TRUE(opener.renew(base::after_ms(kNow, redact::kRecallPairMsMax + 1)));
  EXPECT_EQ(opener.serial(), 2U);
  EXPECT_EQ(opened(got), kValue);
  ASSERT_TRUE(opener.renew(base::after_ms(kNow, 2 * redact::kRecallPairMsMax + 2)));
  EXPECT_EQ(opened(got), "(closed)");
}

TEST_F(RecallPair, AFullRingTakesNoMoreAndLosesNothing) {
  uint64_t asked = 0;
  for (; ring->has_room(); ++asked) ask('A');
  EXPECT_EQ(asked, contract::kRecallQuestionSlots);
  auto taken = rings.take(10);
  EXPECT_EQ(taken.size(), 10U);
  EXPECT_TRUE(ring->has_room());
  for (const auto& one : rings.take(1'000)) taken.push_back(one);
  ASSERT_EQ(taken.size(), contract::kRecallQuestionSlots);
  size_t answered = 0;
  while (answered < taken.size() && answer(taken[answered], RecallStatus::Unknown)) ++answered;
  EXPECT_EQ(answered, contract::kRecallAnswerSlots);
  RecallAnswer got;
  for (uint64_t i = 1; i <= answered; ++i) {
    ASSERT_TRUE(ring->next(got));
    EXPECT_EQ(got.question, i);
  }
  for (; answered < taken.size(); ++answered)
    ASSERT_TRUE(answer(taken[answered], RecallStatus::Unknown));
  for (int lap = 0; lap < 3; ++lap) {
    while (ring->next(got)) {
    }
    ask('B');
    ASSERT_TRUE(answer(rings.take(10).at(0), RecallStatus::Denied));
    ASSERT_TRUE(ring->next(got));
    EXPECT_EQ(got.status, static_cast<uint8_t>(RecallStatus::Denied));
  }
}

TEST_F(RecallPair, WhatDoesNotHoldIsPassedOverOnBothSides) {
  ask('A');
  ask('B');
  flip(path(".ask"), contract::kRecallHeaderBytes + offsetof(RecallQuestion, tenant) + 2);
  const auto asked = rings.take(10);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].question.core[3], 'B');
  EXPECT_EQ(rings.refused(), 1U);
  ASSERT_TRUE(answer(asked[0], RecallStatus::Restored, kValue));
  ASSERT_TRUE(answer(asked[0], RecallStatus::Unknown));
  flip(path(".answer"), contract::kRecallHeaderBytes + offsetof(RecallAnswer, sealed) + 3);
  RecallAnswer got;
  ASSERT_TRUE(ring->next(got));
  EXPECT_EQ(got.status, static_cast<uint8_t>(RecallStatus::Unknown));
  EXPECT_EQ(ring->answers_refused(), 1U);
}

TEST_F(RecallPair, CountsThatMakeNoSenseMoveNobody) {
  const auto put = [&](const char* suffix, size_t offset, uint64_t value) {
    std::fstream file(path(suffix), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(reinterpret_cast<const char*>(&value), sizeof value);
  };
  put(".answer", offsetof(contract::RecallAnswerHeader, taken), ~0ULL);
  put(".answer", offsetof(contract::RecallAnswerHeader, published), ~0ULL);
  RecallAnswer got;
  EXPECT_FALSE(ring->next(got));
  EXPECT_TRUE(ring->has_room());
  put(".ask", offsetof(contract::RecallAskHeader, published), ~0ULL >> 1);
  EXPECT_TRUE(rings.take(10).empty());
  EXPECT_EQ(rings.refused(), 1U);
}

TEST_F(RecallPair, ANewControlPlaneGoesOnAndAnEndedWorkerIsCleanedUp) {
  ask('A');
  ASSERT_EQ(rings.take(10).size(), 1U);  // and ends without an answer
  RecallRings next(folder.path());
  next.look();
  ask('B');
  const auto asked = next.take(10);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].question.core[3], 'B');
  EXPECT_EQ(next.next_number(asked[0].ring), 1U);
  ring.reset();
  next.look();
  EXPECT_EQ(next.count(), 0U);
  EXPECT_TRUE(folder.names().empty());
}

TEST_F(RecallPair, NobodyIsAskedWhoHasNotBeenSeenForAWhile) {
  EXPECT_TRUE(ring->is_answered(kNow));
  EXPECT_TRUE(ring->is_answered(base::after_ms(kNow, kRecallHeartbeatMsMax)));
  EXPECT_FALSE(ring->is_answered(base::after_ms(kNow, kRecallHeartbeatMsMax + 1)));
}

// A worker that was killed while it made its file.
TEST_F(RecallPair, AnUnfinishedFileIsRemovedAndOneInTheMakingStays) {
  const std::string stem = evidence_test::key_of(config).file_stem();
  const std::string dead = folder.path() / ("." + stem + "0.ask");
  const std::string alive = folder.path() / ("." + stem + "1.ask");
  std::ofstream(dead) << "x";
  std::string error;
  const int file = make_locked_file(alive, error);
  ASSERT_GE(file, 0) << error;
  rings.look();
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(alive));
  ::close(file);
  rings.look();
  EXPECT_FALSE(std::filesystem::exists(alive));
}

}  // namespace
}  // namespace sallyport::evidence
