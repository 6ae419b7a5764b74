// The half of Recorder in refusals.cc: quotas, folding, exact counts.
#include <algorithm>

#include "tests/unit/evidence/ring_fixture.h"

namespace sallyport::evidence_test {
namespace {

using contract::RecordKind;
using evidence::AdmittedFields;
using evidence::CompletedFields;
using evidence::Recorder;
using evidence::RecorderConfig;
using evidence::SourcePrefix;

constexpr uint64_t kMinuteMs = 60'000;

class RefusalsTest : public ::testing::Test {
 protected:
  RefusalsTest() { start(RecorderConfig{}); }
  void start(const RecorderConfig& with, uint64_t capacity = kSmallRing) {
    recorder.reset();
    config.capacity_bytes = capacity;
    std::filesystem::remove(config.folder + "/" + key_of(config).file_stem() + ".data");
    recorder = std::make_unique<Recorder>(make_ring(config), with);
    recorder->turn(clock_at(0));
    reader = std::make_unique<evidence_log::RingReader>(reader_of(config));
    cursor.commit(0, 0);
  }
  void drain() {
    for (Parts& parts : read_parts(*reader)) records.push_back(std::move(parts));
    cursor.commit(reader->position(), reader->next_sequence() - 1);
  }
  void refuse(const base::Clock& clock, std::string_view principal = "billing") {
    recorder->refused(recorder->next_request_id(), caller(principal), refusal(), clock);
  }
  size_t count_of(RecordKind kind) const {
    return static_cast<size_t>(std::count_if(records.begin(), records.end(),
                                             [&](const Parts& r) { return r.kind() == kind; }));
  }
  uint64_t aggregated() const {
    uint64_t sum = 0;
    for (const Parts& record : records) sum += record.aggregate.count;
    return sum;
  }

  Folder folder;
  evidence::RingConfig config = config_in(folder);
  CursorFile cursor{config};
  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<evidence_log::RingReader> reader;
  std::vector<Parts> records;
};

TEST(SourcePrefixTest, IsMasked) {
  const SourcePrefix wide = SourcePrefix::of_ipv4(0xc0'a8'17'2a);
  EXPECT_EQ(wide.bits, 24);
  EXPECT_EQ((std::array<uint8_t, 4>{wide.bytes[0], wide.bytes[1], wide.bytes[2], wide.bytes[3]}),
            (std::array<uint8_t, 4>{192, 168, 23, 0}));
  EXPECT_EQ(SourcePrefix::of_ipv4(0xffff'ffff, 0).bytes, (std::array<uint8_t, 16>{}));
  EXPECT_EQ(SourcePrefix::of_ipv4(0xffff'ffff, 32).bytes[3], 255);
  EXPECT_EQ(SourcePrefix::of_ipv4(0xffff'ffff, 99).bits, 32);
}

TEST_F(RefusalsTest, AnonymousOnesAreOneRecordPerReasonSourceAndMinute) {
  const auto here = SourcePrefix::of_ipv4(0x0a000001);
  const auto neighbour = SourcePrefix::of_ipv4(0x0a0000fe);
  const auto there = SourcePrefix::of_ipv4(0x0a000101);
  for (int i = 0; i < 1000; ++i)
    recorder->refused_anonymous("bad_credentials", here, 401, clock_at(10));
  recorder->refused_anonymous("bad_credentials", neighbour, 401, clock_at(20));
  recorder->refused_anonymous("bad_credentials", there, 401, clock_at(30));
  recorder->refused_anonymous("unknown_host", here, 421, clock_at(40));
  recorder->refused_anonymous("bad_credentials", here, 401, clock_at(kMinuteMs + 5));
  recorder->turn(clock_at(kMinuteMs - 1));
  drain();
  EXPECT_TRUE(records.empty()) << "the minute is not over";
  recorder->turn(clock_at(kMinuteMs + 10));
  drain();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].aggregate.count, 1001U);
  EXPECT_EQ(records[0].aggregate.reason.view(), "bad_credentials");
  EXPECT_EQ(records[0].aggregate.http_status, 401U);
  EXPECT_EQ(records[0].aggregate.source, here.bytes);
  EXPECT_EQ(records[0].aggregate.source_version, 4U);
  EXPECT_EQ(records[0].aggregate.prefix_bits, 24U);
  EXPECT_EQ(records[0].aggregate.minute, clock_at(0).wall_ns / 60'000'000'000);
  EXPECT_TRUE(records[0].aggregate.tenant.view().empty());
  EXPECT_EQ(records[0].header.request_low, 0U);
  EXPECT_EQ(records[1].aggregate.source, there.bytes);
  EXPECT_EQ(records[2].aggregate.reason.view(), "unknown_host");
  recorder->turn(clock_at(2 * kMinuteMs));
  drain();
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(records[3].aggregate.minute, records[0].aggregate.minute + 1);
  EXPECT_EQ(recorder->counters().anonymous, 1004U);
  EXPECT_EQ(recorder->counters().aggregates_written, 4U);
}

TEST_F(RefusalsTest, AKnownCallerIsWrittenOneByOneWithinItsQuota) {
  RecorderConfig with;
  with.refusals_per_s = 2;
  start(with);
  for (int i = 0; i < 25; ++i) refuse(clock_at(0));
  drain();
  EXPECT_EQ(count_of(RecordKind::Refused), 10U) << "five seconds' worth at once";
  EXPECT_EQ(recorder->counters().refused_folded, 15U);
  refuse(clock_at(0), "payroll");
  drain();
  EXPECT_EQ(count_of(RecordKind::Refused), 11U) << "another caller is not concerned";
  for (int i = 0; i < 3; ++i) refuse(clock_at(1000));
  drain();
  EXPECT_EQ(count_of(RecordKind::Refused), 13U) << "two per second come back";
  refuse(clock_at(1400));
  refuse(clock_at(1500));
  drain();
  EXPECT_EQ(count_of(RecordKind::Refused), 14U);
  recorder->turn(clock_at(kMinuteMs));
  drain();
  ASSERT_EQ(count_of(RecordKind::RefusedAggregate), 1U);
  EXPECT_EQ(records.back().aggregate.count, 17U);
  EXPECT_EQ(records.back().aggregate.tenant.view(), "acme");
  EXPECT_EQ(records.back().aggregate.principal.view(), "billing");
  EXPECT_EQ(records.back().aggregate.source_version, 0U);
}

TEST_F(RefusalsTest, ManyCallersTakingTurnsHaveABoundedNumberOfBursts) {
  RecorderConfig with;
  with.refusals_per_s = 1;
  start(with);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 400; ++i) {
      refuse(clock_at(0), "p" + std::to_string(i));
      drain();
    }
  }
  EXPECT_LE(count_of(RecordKind::Refused), 256U * 5);
  EXPECT_GE(count_of(RecordKind::Refused), 400U);
  EXPECT_EQ(recorder->counters().refused + recorder->counters().refused_folded, 4000U);
}

TEST_F(RefusalsTest, AboveTheHighWaterMarkTheyFold) {
  constexpr uint64_t kCapacity = 4 * kSmallRing;
  start(RecorderConfig{.refusals_per_s = 1'000'000}, kCapacity);
  size_t written = 0;
  while (!recorder->above_high_water()) {
    refuse(clock_at(0));
    ASSERT_EQ(recorder->counters().refused, ++written);
  }
  EXPECT_GT(recorder->ring().used_bytes(), kCapacity * 80 / 100);
  EXPECT_LT(recorder->ring().used_bytes(), kCapacity * 81 / 100);
  refuse(clock_at(0));
  EXPECT_EQ(recorder->counters().refused, written);
  EXPECT_EQ(recorder->counters().refused_folded, 1U);
  drain();
  EXPECT_FALSE(recorder->above_high_water());
  refuse(clock_at(0));
  EXPECT_EQ(recorder->counters().refused, written + 1);
}

TEST_F(RefusalsTest, ReservedRoomIsNotTakenByRefusals) {
  start(RecorderConfig{.high_water_percent = 100, .refusals_per_s = 1'000'000});
  std::vector<evidence::Reservation> rooms;
  for (evidence::Reservation room; recorder->reserve(room); room = {}) rooms.push_back(room);
  for (int i = 0; i < 500; ++i) refuse(clock_at(0));
  EXPECT_GT(recorder->counters().refused_folded, 490U);
  const evidence::TallyList tallies = full_tallies();
  AdmittedFields request = caller();
  request.tallies = tallies.view();
  CompletedFields outcome = refusal();
  outcome.outcome = contract::Outcome::Served;
  outcome.tallies = tallies.view();
  for (auto& room : rooms) {
    const auto id = recorder->next_request_id();
    recorder->admitted(room, id, request, clock_at(0));
    recorder->completed(room, id, outcome, clock_at(0));
  }
  drain();
  EXPECT_EQ(count_of(RecordKind::Completed), rooms.size());
}

TEST_F(RefusalsTest, TooManySourcesAreCountedTogether) {
  start(RecorderConfig{}, 4 * kSmallRing);
  for (uint32_t i = 0; i < 5000; ++i)
    recorder->refused_anonymous("bad_credentials", SourcePrefix::of_ipv4(i << 8), 401, clock_at(0));
  recorder->turn(clock_at(kMinuteMs));
  drain();
  EXPECT_EQ(aggregated(), 5000U);
  EXPECT_LE(records.size(), 193U);
  size_t folded = 0;
  for (const Parts& record : records) {
    if (record.aggregate.source_version != 0) continue;
    ++folded;
    EXPECT_EQ(record.aggregate.count, 5000U - 192);
    EXPECT_EQ(record.aggregate.reason.view(), "bad_credentials");
  }
  EXPECT_EQ(folded, 1U);
}

// A noisy minute with every kind of label, and no consumer for many minutes.
TEST_F(RefusalsTest, TheSumIsExactWhateverIsFolded) {
  start(RecorderConfig{.refusals_per_s = 0});
  uint64_t sent = 0;
  for (uint64_t minute = 0; minute < 20; ++minute) {
    const base::Clock now = clock_at(minute * kMinuteMs);
    recorder->turn(now);
    for (uint32_t i = 0; i < 400; ++i) {
      recorder->refused_anonymous("reason_" + std::to_string(i % 40), SourcePrefix::of_ipv4(i << 8),
                                  400, now);
      refuse(now, "p" + std::to_string(i));
      sent += 2;
    }
  }
  for (int i = 0; i < 10; ++i) {
    drain();
    recorder->turn(clock_at((30 + static_cast<uint64_t>(i)) * kMinuteMs));
  }
  drain();
  EXPECT_EQ(aggregated(), sent);
  size_t others = 0;
  for (const Parts& record : records) others += record.aggregate.reason.view() == "other";
  EXPECT_GE(others, 1U);
}

TEST_F(RefusalsTest, AFullRingKeepsAggregatesInMemory) {
  while (recorder->security("fill", evidence::RequestId{}, "", clock_at(0))) {
  }
  recorder->refused_anonymous("bad_credentials", SourcePrefix::of_ipv4(1), 401, clock_at(0));
  recorder->turn(clock_at(kMinuteMs));
  EXPECT_EQ(recorder->counters().aggregates_written, 0U);
  drain();
  recorder->turn(clock_at(kMinuteMs + 1));
  drain();
  EXPECT_EQ(records.back().aggregate.count, 1U);
  EXPECT_EQ(records.back().aggregate.minute, clock_at(0).wall_ns / 60'000'000'000);
}

TEST_F(RefusalsTest, FlushWritesTheRunningMinuteIntoTheReserve) {
  start(RecorderConfig{.refusals_per_s = 0});
  std::vector<evidence::Reservation> rooms;
  for (evidence::Reservation room; recorder->reserve(room); room = {}) rooms.push_back(room);
  // What is left outside the security reserve is taken too.
  for (uint32_t i = 0; i < 20; ++i)
    recorder->refused_anonymous("bad_credentials", SourcePrefix::of_ipv4(i << 8), 401, clock_at(0));
  refuse(clock_at(0));
  recorder->flush(clock_at(1));
  drain();
  EXPECT_EQ(aggregated(), 21U);
  EXPECT_EQ(records.size(), 21U);
  recorder->flush(clock_at(2));
  drain();
  EXPECT_EQ(records.size(), 21U) << "nothing is written twice";
}

TEST_F(RefusalsTest, AClockThatWentBackLeavesNothingBehind) {
  recorder->refused_anonymous("bad_credentials", SourcePrefix::of_ipv4(1), 401,
                              clock_at(10 * kMinuteMs));
  recorder->turn(clock_at(kMinuteMs));
  drain();
  EXPECT_EQ(aggregated(), 1U);
}

}  // namespace
}  // namespace sallyport::evidence_test
