#include "dataplane/evidence/ring_producer.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <numeric>

#include "tests/unit/evidence/ring_fixture.h"

namespace sallyport::evidence_test {
namespace {

using contract::RingSlot;
using contract::slot_total_bytes;

// Bytes that differ per sequence and place.
std::vector<uint8_t> pattern(uint64_t sequence, size_t bytes) {
  std::vector<uint8_t> out(bytes);
  for (size_t i = 0; i < bytes; ++i)
    out[i] = static_cast<uint8_t>(sequence * 131 + i * 7 + (i >> 8));
  return out;
}

uint64_t push(evidence::RingProducer& ring, uint32_t bytes) {
  const auto content = pattern(ring.next_sequence(), bytes);
  const std::span<uint8_t> into = ring.begin_record(bytes);
  if (into.empty()) return 0;
  EXPECT_EQ(into.size(), bytes);
  std::memcpy(into.data(), content.data(), bytes);
  return ring.publish();
}

class RingProducerTest : public ::testing::Test {
 protected:
  Folder folder;
  evidence::RingConfig config = config_in(folder);
};

TEST_F(RingProducerTest, TheFileIsAllocatedInFullUnderItsName) {
  const evidence::RingProducer ring = make_ring(config);
  ASSERT_EQ(folder.names(), (std::vector<std::string>{key_of(config).file_stem() + ".data"}));
  struct stat file {};
  ASSERT_EQ(::stat(ring.data_path().c_str(), &file), 0);
  EXPECT_EQ(file.st_size, static_cast<off_t>(contract::kRingHeaderBytes + kSmallRing));
  EXPECT_GE(file.st_blocks * 512, file.st_size) << "a hole would be SIGBUS in a full tmpfs";
  EXPECT_EQ(file.st_mode & 0777, 0600U);
}

TEST_F(RingProducerTest, NothingIsLeftWhenItCannotBeMade) {
  std::string error;
  for (const uint64_t capacity : {uint64_t{0}, uint64_t{4096}, kSmallRing + 32, kSmallRing * 3,
                                  contract::kRingCapacityBytesMax * 2}) {
    config.capacity_bytes = capacity;
    EXPECT_FALSE(evidence::RingProducer::create(config, error).has_value()) << capacity;
    EXPECT_NE(error.find("capacity"), std::string::npos) << error;
  }
  config.capacity_bytes = kSmallRing;
  config.worker = contract::kRingWorkersMax;
  EXPECT_FALSE(evidence::RingProducer::create(config, error).has_value());
  EXPECT_NE(error.find("worker 256"), std::string::npos) << error;
  EXPECT_TRUE(folder.names().empty());

  config.worker = 0;
  config.folder += "/missing";
  EXPECT_FALSE(evidence::RingProducer::create(config, error).has_value());
  EXPECT_NE(error.find("create " + config.folder), std::string::npos) << error;
  EXPECT_NE(error.find("No such file"), std::string::npos) << error;
}

TEST_F(RingProducerTest, ANameThatIsTakenIsLeftAlone) {
  const std::string taken = config.folder + "/" + key_of(config).file_stem() + ".data";
  std::ofstream(taken) << "older";
  std::string error;
  EXPECT_FALSE(evidence::RingProducer::create(config, error).has_value());
  EXPECT_NE(error.find("File exists"), std::string::npos) << error;
  EXPECT_EQ(folder.names().size(), 1U);
  std::string kept;
  std::ifstream(taken) >> kept;
  EXPECT_EQ(kept, "older");
}

TEST_F(RingProducerTest, TheLockLivesAsLongAsTheObject) {
  int error = 0;
  std::unique_ptr<evidence_log::RingFile> file;
  {
    evidence::RingProducer first = make_ring(config);
    const evidence::RingProducer ring = std::move(first);
    file = evidence_log::RingFile::open(ring.data_path(), error);
    ASSERT_NE(file, nullptr);
    EXPECT_TRUE(file->producer_alive());
    EXPECT_TRUE(file->producer_alive());
  }
  EXPECT_FALSE(file->producer_alive());
}

TEST_F(RingProducerTest, AKilledProducerLeavesAWholeRing) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    evidence::RingProducer ring = make_ring(config);
    push(ring, 1000);
    push(ring, 2000);
    // A third one is begun and never published.
    std::memset(ring.begin_record(3000).data(), 0xee, 3000);
    if (::write(ready[1], "!", 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  int error = 0;
  const auto file = evidence_log::RingFile::open(
      config.folder + "/" + key_of(config).file_stem() + ".data", error);
  ASSERT_NE(file, nullptr);
  EXPECT_TRUE(file->producer_alive());
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_FALSE(file->producer_alive());
  auto reader = reader_of(config);
  const auto records = read_all(reader);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].bytes, pattern(2, 2000));
  EXPECT_TRUE(reader.drained());
}

// Fills a fresh ring with records up to exactly `target` bytes.
void fill_to(evidence::RingProducer& ring, uint64_t target) {
  // A whole slot that no record is too long for.
  constexpr uint64_t kGreatest =
      slot_total_bytes(contract::kRecordBytesMax - contract::kSlotAlignment);
  while (ring.used_bytes() < target) {
    const uint64_t away = target - ring.used_bytes();
    // Not so much that a rest too short for a record is left.
    const uint64_t slot = away <= kGreatest ? away : std::min(kGreatest, away - 64);
    ASSERT_NE(push(ring, static_cast<uint32_t>(slot - sizeof(RingSlot))), 0U);
  }
  ASSERT_EQ(ring.used_bytes(), target);
}

void read_patterns(evidence_log::RingReader& reader) {
  for (const auto& record : read_all(reader))
    ASSERT_EQ(record.bytes, pattern(record.sequence, record.bytes.size()));
}

// Every distance to the end of the area, with records that fit, just fit, and do not.
TEST_F(RingProducerTest, WrapsAtEveryAlignment) {
  const uint64_t greatest = slot_total_bytes(contract::kRecordBytesMax);
  size_t padded = 0;
  for (uint64_t rest = 32; rest <= greatest + 32; rest += 32) {
    for (const int over : {-64, -1, 0, 1, 32}) {
      const int64_t bytes = static_cast<int64_t>(rest) - 32 + over;
      if (bytes < 1 || bytes > contract::kRecordBytesMax) continue;
      ++config.identity.generation;
      evidence::RingProducer ring = make_ring(config);
      CursorFile cursor(config);
      ASSERT_TRUE(ring.attach_cursor());
      auto reader = reader_of(config);
      ASSERT_NO_FATAL_FAILURE(fill_to(ring, kSmallRing - rest));
      ASSERT_NO_FATAL_FAILURE(read_patterns(reader));
      cursor.commit(reader.position(), reader.next_sequence() - 1);
      ASSERT_EQ(ring.used_bytes(), 0U);
      const uint64_t slot = slot_total_bytes(static_cast<uint32_t>(bytes));
      const uint64_t padding = slot > rest ? rest : 0;
      padded += slot > rest ? 1 : 0;
      ASSERT_NE(push(ring, static_cast<uint32_t>(bytes)), 0U);
      ASSERT_EQ(ring.used_bytes(), slot + padding) << rest << " " << bytes;
      ASSERT_NE(push(ring, 100), 0U);
      ASSERT_NO_FATAL_FAILURE(read_patterns(reader));
      ASSERT_EQ(reader.position() - (kSmallRing - rest), ring.used_bytes());
      ASSERT_TRUE(reader.drained());
      std::filesystem::remove(ring.data_path());
      std::filesystem::remove(cursor.path());
    }
  }
  EXPECT_GT(padded, 200U);
}

TEST_F(RingProducerTest, AFullRingTakesNothingAndComesBack) {
  evidence::RingProducer ring = make_ring(config);
  CursorFile cursor(config);
  ASSERT_TRUE(ring.attach_cursor());
  size_t pushed = 0;
  while (push(ring, 96) != 0) ++pushed;
  EXPECT_EQ(pushed, kSmallRing / 128);
  EXPECT_EQ(ring.used_bytes(), kSmallRing);
  EXPECT_EQ(ring.published_sequence(), pushed);
  cursor.commit(128, 1);
  EXPECT_EQ(push(ring, 97), 0U);
  EXPECT_EQ(push(ring, 96), pushed + 1);
  EXPECT_EQ(push(ring, 1), 0U);
  auto reader = reader_of(config);
  reader.resume(128, 1);
  EXPECT_EQ(read_all(reader).size(), pushed);
}

TEST_F(RingProducerTest, PaddingAloneIsNeverVisible) {
  evidence::RingProducer ring = make_ring(config);
  CursorFile cursor(config);
  ASSERT_TRUE(ring.attach_cursor());
  auto reader = reader_of(config);
  while (ring.capacity_bytes() - ring.used_bytes() > 96) ASSERT_NE(push(ring, 60), 0U);
  read_all(reader);
  cursor.commit(reader.position(), reader.next_sequence() - 1);
  ASSERT_FALSE(ring.begin_record(3000).empty());
  EXPECT_TRUE(reader.drained());
}

class HostileCursor : public RingProducerTest {
 protected:
  HostileCursor() : ring(make_ring(config)), cursor(config) {
    for (int i = 0; i < 10; ++i) push(ring, 96);
    EXPECT_TRUE(ring.attach_cursor());
  }
  evidence::RingProducer ring;
  CursorFile cursor;
};

TEST_F(HostileCursor, APositionThatGoesBackIsIgnored) {
  cursor.commit(512, 4);
  EXPECT_EQ(ring.committed_position(), 512U);
  EXPECT_EQ(ring.committed_sequence(), 4U);
  cursor.commit(128, 1);
  EXPECT_EQ(ring.committed_position(), 512U);
  EXPECT_EQ(ring.committed_sequence(), 4U);
  cursor.commit(640, 5);
  EXPECT_EQ(ring.committed_position(), 640U);
  EXPECT_EQ(ring.committed_sequence(), 5U);
}

TEST_F(HostileCursor, APositionBeyondWhatWasPublishedIsIgnored) {
  for (const uint64_t position : {uint64_t{1312}, uint64_t{1} << 40, ~uint64_t{0} - 31}) {
    cursor.commit(position, 11);
    EXPECT_EQ(ring.committed_position(), 0U) << position;
    EXPECT_EQ(ring.committed_sequence(), 0U);
    EXPECT_EQ(ring.used_bytes(), 1280U);
  }
  cursor.commit(1280, 10);
  EXPECT_EQ(ring.used_bytes(), 0U);
}

TEST_F(HostileCursor, APositionOffTheAlignmentIsIgnored) {
  cursor.commit(130, 1);
  EXPECT_EQ(ring.committed_position(), 0U);
}

TEST_F(HostileCursor, AStateNobodyKnowsIsNotDraining) {
  EXPECT_FALSE(ring.consumer_blocked());
  cursor.page().consumer_state.store(2);
  EXPECT_TRUE(ring.consumer_blocked());
  cursor.page().consumer_state.store(99);
  EXPECT_TRUE(ring.consumer_blocked());
}

TEST_F(RingProducerTest, ACursorFileThatIsNoneIsNotMapped) {
  evidence::RingProducer ring = make_ring(config);
  EXPECT_FALSE(ring.attach_cursor());
  EXPECT_EQ(ring.committed_sequence(), 0U);
  EXPECT_EQ(ring.heartbeat_ns(), 0U);
  EXPECT_FALSE(ring.consumer_blocked());
  const std::string path = config.folder + "/" + key_of(config).file_stem() + ".cursor";
  std::ofstream(path) << "short";
  EXPECT_FALSE(ring.attach_cursor());
  std::filesystem::remove(path);
  {
    CursorFile cursor(config);
    cursor.page().magic ^= 1;
    EXPECT_FALSE(ring.attach_cursor());
    cursor.page().magic ^= 1;
    cursor.page().layout_version = contract::kRingLayoutVersion + 1;
    EXPECT_FALSE(ring.attach_cursor());
    cursor.page().layout_version = contract::kRingLayoutVersion;
    std::filesystem::rename(path, path + "x");
    std::filesystem::create_symlink(path + "x", path);
    EXPECT_FALSE(ring.attach_cursor()) << "a link is not followed";
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    EXPECT_FALSE(ring.attach_cursor());
    std::filesystem::remove(path);
    std::filesystem::rename(path + "x", path);
    EXPECT_TRUE(ring.attach_cursor());
  }
  EXPECT_TRUE(ring.attached());
}

TEST_F(RingProducerTest, MappingsTakeNoSequenceAndAreReadInTheirPlace) {
  evidence::RingProducer ring = make_ring(config);
  const auto push_mapping = [&](uint32_t bytes) {
    const std::span<uint8_t> into = ring.begin_record(bytes);
    ASSERT_EQ(into.size(), bytes);
    std::fill(into.begin(), into.end(), uint8_t{0x5a});
    ring.publish_mapping();
  };
  push(ring, 100);
  push_mapping(contract::kMappingBytesMax);
  push_mapping(200);
  push(ring, 100);
  EXPECT_EQ(ring.published_sequence(), 2U);
  evidence_log::RingReader reader = reader_of(config);
  const auto read = read_all(reader);
  ASSERT_EQ(read.size(), 4U);
  EXPECT_FALSE(read[0].is_mapping);
  EXPECT_TRUE(read[1].is_mapping && read[2].is_mapping);
  EXPECT_EQ(read[1].bytes, std::vector<uint8_t>(contract::kMappingBytesMax, 0x5a));
  EXPECT_EQ(read[1].problem, evidence_log::RecordProblem::None);
  EXPECT_EQ(read[3].sequence, 2U) << "the log has no gap where mappings stood";
  EXPECT_TRUE(reader.drained());
}

TEST_F(RingProducerTest, TheOldestUndrainedRecordSaysItsTime) {
  evidence::RingProducer ring = make_ring(config);
  CursorFile cursor(config);
  ASSERT_TRUE(ring.attach_cursor());
  EXPECT_FALSE(ring.oldest_undrained_ns().has_value());
  const auto push_at = [&](uint64_t monotonic_ns, uint32_t bytes) {
    contract::RecordHeader header{};
    header.monotonic_ns = monotonic_ns;
    const std::span<uint8_t> into = ring.begin_record(bytes);
    ASSERT_EQ(into.size(), bytes);
    std::memset(into.data(), 0, bytes);
    std::memcpy(into.data(), &header, sizeof(header));
    ring.publish();
  };
  push_at(111, 224);
  push_at(222, 224);
  EXPECT_EQ(ring.oldest_undrained_ns(), 111U);
  cursor.commit(256, 1);
  EXPECT_EQ(ring.oldest_undrained_ns(), 222U);
  // A position inside a record: the age is then as great as can be, which fails closed.
  cursor.commit(320, 1);
  EXPECT_EQ(ring.oldest_undrained_ns(), 0U);
  cursor.commit(512, 2);
  EXPECT_FALSE(ring.oldest_undrained_ns().has_value());
  // Over the padding at the end of the area.
  while (kSmallRing - (ring.used_bytes() + 512) >= 256) push_at(333, 224);
  EXPECT_EQ(ring.oldest_undrained_ns(), 333U);
  cursor.commit(kSmallRing, 256);
  for (int i = 0; i < 17; ++i) push_at(555, 3648);
  const uint64_t at_padding = kSmallRing + ring.used_bytes();
  ASSERT_LT(2 * kSmallRing - at_padding, 3232U);
  cursor.commit(at_padding, ring.published_sequence());
  EXPECT_EQ(ring.used_bytes(), 0U);
  push_at(666, 3200);
  EXPECT_EQ(ring.used_bytes(), 3232 + 2 * kSmallRing - at_padding);
  EXPECT_EQ(ring.oldest_undrained_ns(), 666U);
}

TEST(StartIdentityTest, SaysWhatTheKernelSays) {
  const evidence::StartIdentity one = evidence::read_start_identity("node-a");
  ::usleep(10);
  const evidence::StartIdentity two = evidence::read_start_identity("node-a");
  const evidence::StartIdentity other = evidence::read_start_identity("node-b");
  EXPECT_EQ(one.boot_id, two.boot_id);
  EXPECT_LT(one.generation, two.generation);
  EXPECT_EQ(one.node, two.node);
  EXPECT_NE(one.node, other.node);
  EXPECT_NE(one.start, two.start);
  std::string text;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
  std::erase(text, '-');
  evidence_log::RingKey key;
  key.boot_id = one.boot_id;
  EXPECT_EQ(key.file_stem().substr(0, 32), text);
}

TEST(StartIdentityTest, TheClockIsInAKnownState) {
  const contract::ClockState state = evidence::read_clock_state();
  EXPECT_LE(static_cast<int>(state), 2);
}

}  // namespace
}  // namespace sallyport::evidence_test
