// A producer and a consumer at the same time, in the smallest ring, over the real files.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/unit/evidence/ring_fixture.h"

namespace sallyport::evidence_test {
namespace {

uint32_t bytes_of(uint64_t sequence) {
  return static_cast<uint32_t>(1 + sequence * 2'654'435'761U % contract::kRecordBytesMax);
}

TEST(RingThreadsTest, EveryRecordArrivesOnceWholeAndInOrder) {
  // On a busy machine every full ring costs a turn of the scheduler, so time ends it as well.
  constexpr uint64_t kRecordsMax = 60'000;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  Folder folder;
  const evidence::RingConfig config = config_in(folder);
  evidence::RingProducer ring = make_ring(config);
  CursorFile cursor(config);
  ASSERT_TRUE(ring.attach_cursor());
  std::atomic<bool> failed{false};
  std::atomic<uint64_t> last{~uint64_t{0}};  // sequence that ends it, once the producer knows
  uint64_t met_full = 0;
  std::thread producer([&] {
    for (uint64_t sequence = 1; sequence <= kRecordsMax && !failed;) {
      if (std::chrono::steady_clock::now() > deadline) break;
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
    last = ring.published_sequence();
  });
  auto reader = reader_of(config);
  uint64_t seen = 0;
  std::vector<evidence_log::RingRecord> records;
  while (seen < last && !failed) {
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
  EXPECT_EQ(seen, ring.published_sequence());
  EXPECT_GT(seen, 35U) << "not one lap of the ring";
  EXPECT_GT(met_full, 0U) << "the ring was never full: this tested little";
  EXPECT_TRUE(reader.drained());
}

}  // namespace
}  // namespace sallyport::evidence_test
