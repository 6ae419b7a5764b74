// A producer and a consumer at the same time, in the smallest ring, over the real files.
#include <atomic>
#include <thread>

#include "tests/unit/evidence/ring_fixture.h"

namespace sallyport::evidence_test {
namespace {

uint32_t bytes_of(uint64_t sequence) {
  return static_cast<uint32_t>(1 + sequence * 2'654'435'761U % contract::kRecordBytesMax);
}

TEST(RingThreadsTest, EveryRecordArrivesOnceWholeAndInOrder) {
  constexpr uint64_t kRecords = 60'000;
  Folder folder;
  const evidence::RingConfig config = config_in(folder);
  evidence::RingProducer ring = make_ring(config);
  CursorFile cursor(config);
  ASSERT_TRUE(ring.attach_cursor());
  std::atomic<bool> failed{false};
  uint64_t met_full = 0;
  std::thread producer([&] {
    for (uint64_t sequence = 1; sequence <= kRecords && !failed;) {
      const uint32_t bytes = bytes_of(sequence);
      const std::span<uint8_t> into = ring.begin_record(bytes);
      if (into.empty()) {
        ++met_full;
        std::this_thread::yield();
        continue;
      }
      std::memset(into.data(), static_cast<int>(sequence & 0xff), bytes);
      if (ring.publish() != sequence++) failed = true;
    }
  });
  auto reader = reader_of(config);
  uint64_t seen = 0;
  std::vector<evidence_log::RingRecord> records;
  while (seen < kRecords && !failed) {
    records.clear();
    const auto problem = reader.read(64, records);
    if (problem != evidence_log::RingProblem::None) {
      ADD_FAILURE() << evidence_log::name_of(problem) << " after " << seen;
      failed = true;
    }
    for (const auto& record : records) {
      const bool whole = record.sequence == ++seen && record.bytes.size() == bytes_of(seen) &&
                         std::all_of(record.bytes.begin(), record.bytes.end(), [&](uint8_t byte) {
                           return byte == static_cast<uint8_t>(seen);
                         });
      if (whole) continue;
      ADD_FAILURE() << "record " << seen;
      failed = true;
      break;
    }
    if (records.empty())
      std::this_thread::yield();
    else
      cursor.commit(records.back().end_position, records.back().sequence);
  }
  producer.join();
  EXPECT_EQ(seen, kRecords);
  EXPECT_GT(met_full, 0U) << "the ring was never full: this tested little";
  EXPECT_TRUE(reader.drained());
}

}  // namespace
}  // namespace sallyport::evidence_test
