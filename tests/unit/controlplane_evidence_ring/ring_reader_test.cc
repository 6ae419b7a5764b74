#include "controlplane/evidence/ring/ring_reader.h"

#include <limits>

#include "tests/unit/evidence/ring_image.h"

namespace sallyport::evidence_test {
namespace {

using contract::kRingHeaderBytes;
using contract::RingDataHeader;
using contract::RingSlot;
using evidence_log::RecordProblem;
using evidence_log::RingKey;
using evidence_log::RingProblem;
using evidence_log::RingReader;
using evidence_log::RingRecord;

TEST(RingKeyTest, TheNameGoesThereAndBack) {
  RingKey key;
  for (size_t i = 0; i < 16; ++i) key.boot_id[i] = static_cast<uint8_t>(i * 17);
  key.generation = std::numeric_limits<uint64_t>::max();
  key.worker = 255;
  const std::string stem = key.file_stem();
  EXPECT_EQ(stem, "00112233445566778899aabbccddeeff-18446744073709551615-255");
  EXPECT_EQ(RingKey::parse_stem(stem), key);
}

TEST(RingKeyTest, OtherNamesAreNotRings) {
  const std::string hex = "00112233445566778899aabbccddeeff";
  ASSERT_TRUE(RingKey::parse_stem(hex + "-1-2").has_value());
  const std::string upper = "00112233445566778899AABBCCDDEEFF";
  for (const std::string& name : {std::string(),
                                  hex,
                                  hex + "-",
                                  hex + "-1",
                                  hex + "-1-",
                                  hex + "--2",
                                  hex + "-1-2-3",
                                  hex + "-01-2",
                                  hex + "-1-02",
                                  hex + "-+1-2",
                                  hex + "-1--2",
                                  hex + "-1-256",
                                  hex + "-1-2 ",
                                  hex + "-18446744073709551616-2",
                                  hex + "-1-4294967296",
                                  hex.substr(1) + "-1-2",
                                  hex + "0-1-2",
                                  upper + "-1-2",
                                  "." + hex + "-1-2",
                                  hex + "-0x1-2",
                                  "../" + hex + "-1-2"})
    EXPECT_FALSE(RingKey::parse_stem(name).has_value()) << name;
}

class RingReaderTest : public ::testing::Test {
 protected:
  std::optional<RingReader> open() {
    return RingReader::open(std::make_unique<ImageBytes>(image), sample.key, problem);
  }
  // What a reader makes of the image as it is now.
  RingProblem read() {
    records.clear();
    auto reader = open();
    if (!reader.has_value()) return problem;
    problem = reader->read(100, records);
    // Stopped is stopped: nothing more comes, and it is not forgotten.
    std::vector<RingRecord> more;
    EXPECT_EQ(reader->read(100, more), problem);
    EXPECT_TRUE(more.empty());
    return problem;
  }
  template <typename Value>
  void put(size_t offset, Value value) {
    put_at(image, offset, value);
  }
  void set_head(uint64_t head) { put(offsetof(RingDataHeader, head), head); }
  uint64_t head() const { return get_at<uint64_t>(image, offsetof(RingDataHeader, head)); }
  RingSlot slot(size_t index) const { return get_at<RingSlot>(image, sample.slots[index]); }
  void put_slot(size_t index, const RingSlot& value) {
    put(sample.slots[index], value);
    seal(image, sample.slots[index]);
  }

  static const Sample& made_once() {
    static const Sample sample = make_sample();
    return sample;
  }
  const Sample& sample = made_once();
  Image image = sample.image;
  RingProblem problem = RingProblem::None;
  std::vector<RingRecord> records;
};

TEST_F(RingReaderTest, ReadsWhatWasWritten) {
  EXPECT_EQ(read(), RingProblem::None);
  ASSERT_EQ(records.size(), 5U);
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].sequence, i + 1);
    EXPECT_EQ(records[i].problem, RecordProblem::None);
    EXPECT_EQ(records[i].bytes, sample.records[i]);
  }
}

TEST_F(RingReaderTest, ReadsInPortionsAndResumes) {
  auto reader = open();
  ASSERT_TRUE(reader.has_value());
  EXPECT_FALSE(reader->drained());
  EXPECT_EQ(reader->read(0, records), RingProblem::None);
  EXPECT_TRUE(records.empty());
  EXPECT_EQ(reader->read(2, records), RingProblem::None);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(reader->position(), records[1].end_position);
  EXPECT_EQ(reader->next_sequence(), 3U);
  auto second = open();
  second->resume(records[1].end_position, records[1].sequence);
  EXPECT_EQ(second->read(100, records), RingProblem::None);
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[4].bytes, sample.records[4]);
  EXPECT_TRUE(second->drained());
  EXPECT_FALSE(reader->drained());
}

TEST_F(RingReaderTest, AHeaderThatIsNotOursIsRefused) {
  const auto refused = [&](size_t offset, auto value, RingProblem why) {
    image = sample.image;
    put(offset, value);
    EXPECT_FALSE(open().has_value());
    EXPECT_EQ(problem, why) << offset;
  };
  refused(offsetof(RingDataHeader, magic), uint64_t{1}, RingProblem::Magic);
  refused(offsetof(RingDataHeader, layout_version), uint32_t{3}, RingProblem::Version);
  refused(offsetof(RingDataHeader, layout_version), uint32_t{0}, RingProblem::Version);
  refused(offsetof(RingDataHeader, record_version), contract::kRecordVersion + 1,
          RingProblem::Version);
  for (const uint64_t capacity :
       {uint64_t{0}, uint64_t{32768}, kSmallRing - 1, kSmallRing + 32, 2 * kSmallRing,
        uint64_t{1} << 31, uint64_t{1} << 63, ~uint64_t{0}})
    refused(offsetof(RingDataHeader, capacity_bytes), capacity, RingProblem::Capacity);
  refused(offsetof(RingDataHeader, boot_id) + 7, uint8_t{0}, RingProblem::Name);
  refused(offsetof(RingDataHeader, generation), uint64_t{78}, RingProblem::Name);
  refused(offsetof(RingDataHeader, worker), uint32_t{4}, RingProblem::Name);
}

TEST_F(RingReaderTest, AFileThatEndsEarlyIsRefusedAtEveryLength) {
  for (size_t bytes = 0; bytes < sizeof(RingDataHeader); ++bytes) {
    image.assign(sample.image.begin(), sample.image.begin() + static_cast<ptrdiff_t>(bytes));
    EXPECT_FALSE(open().has_value());
    EXPECT_EQ(problem, RingProblem::HeaderShort);
  }
  image = sample.image;
  image.pop_back();
  EXPECT_FALSE(open().has_value());
  EXPECT_EQ(problem, RingProblem::Capacity);
}

// The producer cuts its file while we read it: with a map this would be SIGBUS.
TEST_F(RingReaderTest, AFileThatIsCutUnderOurHandsIsAShortRead) {
  auto reader = open();
  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ(reader->read(1, records), RingProblem::None);
  image.resize(sample.slots[1] + 40);
  EXPECT_EQ(reader->read(1, records), RingProblem::Short);
  image.clear();
  EXPECT_FALSE(reader->drained());
  auto other = RingReader::open(std::make_unique<ImageBytes>(sample.image), sample.key, problem);
  ASSERT_TRUE(other.has_value());
}

TEST_F(RingReaderTest, AHeadThatCannotBeStopsTheRing) {
  for (const uint64_t bad : {head() + 1, head() - 31, kSmallRing + 32, uint64_t{1} << 63,
                             ~uint64_t{0}, ~uint64_t{0} - 31}) {
    set_head(bad);
    EXPECT_EQ(read(), RingProblem::Head) << bad;
    EXPECT_TRUE(records.empty());
  }
  image = sample.image;
  auto reader = open();
  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ(reader->read(3, records), RingProblem::None);
  set_head(64);
  std::vector<RingRecord> more;
  EXPECT_EQ(reader->read(3, more), RingProblem::Head) << "a head that goes back";
  EXPECT_TRUE(more.empty());
}

TEST_F(RingReaderTest, AHeadInsideASlotStopsThere) {
  set_head(sample.slots[2] - kRingHeaderBytes + 32);
  EXPECT_EQ(read(), RingProblem::SlotLength);
  EXPECT_EQ(records.size(), 2U);
}

TEST_F(RingReaderTest, ASlotWithAWrongFieldStopsTheRing) {
  const auto stops = [&](auto change, RingProblem why) {
    image = sample.image;
    RingSlot changed = slot(2);
    change(changed);
    put_slot(2, changed);
    EXPECT_EQ(read(), why);
    EXPECT_EQ(records.size(), 2U) << "what lies before is kept";
  };
  stops([](RingSlot& s) { s.total_bytes = 0; }, RingProblem::SlotLength);
  stops([](RingSlot& s) { s.total_bytes += 32; }, RingProblem::SlotLength);
  stops([](RingSlot& s) { s.total_bytes -= 32; }, RingProblem::SlotLength);
  stops([](RingSlot& s) { s.total_bytes = ~0U; }, RingProblem::SlotLength);
  stops([](RingSlot& s) { s.record_bytes = 0; }, RingProblem::SlotLength);
  stops([](RingSlot& s) { s.record_bytes += 32; }, RingProblem::SlotLength);
  stops([](RingSlot& s) { s.record_bytes = ~0U; }, RingProblem::SlotLength);
  stops([](RingSlot& s) { s.record_bytes = contract::kRecordBytesMax + 1; },
        RingProblem::SlotLength);
  stops([](RingSlot& s) { s.sequence = 2; }, RingProblem::SlotSequence);
  stops([](RingSlot& s) { s.sequence = 4; }, RingProblem::SlotSequence);
  stops([](RingSlot& s) { s.sequence = 0; }, RingProblem::SlotSequence);
  stops([](RingSlot& s) { s.kind = 0; }, RingProblem::SlotKind);
  stops([](RingSlot& s) { s.kind = 4; }, RingProblem::SlotKind);
  stops([](RingSlot& s) { s.reserved[5] = 1; }, RingProblem::SlotKind);
  stops([](RingSlot& s) { s.kind = 2; }, RingProblem::SlotLength);
  stops(
      [](RingSlot& s) {
        s.kind = 2;
        s.record_bytes = 0;
      },
      RingProblem::SlotLength);
}

TEST_F(RingReaderTest, ARecordChangedAfterItsCheckStopsTheRing) {
  image[sample.slots[1] + sizeof(RingSlot) + 200] ^= 1;
  EXPECT_EQ(read(), RingProblem::SlotCheck);
  EXPECT_EQ(records.size(), 1U);
}

TEST_F(RingReaderTest, ARecordThatBreaksTheRulesIsMarkedAndTheRingGoesOn) {
  image[sample.slots[1] + sizeof(RingSlot) + offsetof(contract::RecordHeader, worker)] ^= 1;
  seal(image, sample.slots[1]);
  EXPECT_EQ(read(), RingProblem::None);
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[1].problem, RecordProblem::Identity);
  EXPECT_EQ(records[2].problem, RecordProblem::None);
}

// Whatever single bit is flipped: nothing changed is taken for a good record.
TEST_F(RingReaderTest, NoFlippedBitPassesUnseen) {
  const size_t end = kRingHeaderBytes + head();
  size_t noticed = 0;
  for (size_t at = kRingHeaderBytes; at < end; ++at) {
    const uint8_t bit = static_cast<uint8_t>(1U << (at % 8));
    image[at] ^= bit;
    noticed += read() != RingProblem::None ? 1 : 0;
    for (size_t i = 0; i < records.size(); ++i) ASSERT_EQ(records[i].bytes, sample.records[i]);
    image[at] ^= bit;
  }
  // What is not noticed lies in the zeros behind a record.
  size_t unused = 0;
  for (size_t i = 0; i < sample.slots.size(); ++i)
    unused += slot(i).total_bytes - sizeof(RingSlot) - slot(i).record_bytes;
  EXPECT_EQ(noticed, end - kRingHeaderBytes - unused);
}

class PaddingSlots : public RingReaderTest {
 protected:
  // Everything before is over; one Padding slot lies `rest` before the end, a record at the start.
  void arrange(uint32_t rest) {
    RingSlot padding{};
    padding.total_bytes = rest;
    padding.sequence = 1;
    padding.kind = 2;
    at = kRingHeaderBytes + kSmallRing - rest;
    put(at, padding);
    seal(image, at);
    set_head(kSmallRing + slot(0).total_bytes);
    start = kSmallRing - rest;
  }
  RingProblem read_from_start() {
    records.clear();
    auto reader = open();
    reader->resume(start, 0);
    const RingProblem answer = reader->read(100, records);
    end = reader->position();
    return answer;
  }
  size_t at = 0;
  uint64_t start = 0;
  uint64_t end = 0;
};

TEST_F(PaddingSlots, AreSkipped) {
  for (const uint32_t rest : {32U, 64U, 3680U}) {
    arrange(rest);
    EXPECT_EQ(read_from_start(), RingProblem::None) << rest;
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].bytes, sample.records[0]);
    EXPECT_EQ(end, kSmallRing + slot(0).total_bytes);
  }
}

TEST_F(PaddingSlots, GreaterThanAnyRecordAreRefused) {
  arrange(contract::slot_total_bytes(contract::kSlotPayloadBytesMax));
  EXPECT_EQ(read_from_start(), RingProblem::SlotLength);
}

TEST_F(PaddingSlots, ThatDoNotReachTheEndAreRefused) {
  arrange(96);
  auto padding = get_at<RingSlot>(image, at);
  padding.total_bytes = 64;
  put(at, padding);
  seal(image, at);
  EXPECT_EQ(read_from_start(), RingProblem::SlotLength);
}

TEST_F(PaddingSlots, WithAWrongCheckAreRefused) {
  arrange(96);
  image[at + offsetof(RingSlot, check)] ^= 1;
  EXPECT_EQ(read_from_start(), RingProblem::SlotCheck);
}

TEST_F(PaddingSlots, AloneAreNoRecord) {
  arrange(96);
  set_head(kSmallRing);
  EXPECT_EQ(read_from_start(), RingProblem::None);
  EXPECT_TRUE(records.empty());
  EXPECT_EQ(end, kSmallRing);
}

TEST_F(RingReaderTest, APositionFromNowhereStopsTheRing) {
  auto reader = open();
  reader->resume(17, 0);
  EXPECT_EQ(reader->read(1, records), RingProblem::Head);
  reader = open();
  reader->resume(head() + 32, 0);
  EXPECT_EQ(reader->read(1, records), RingProblem::Head);
}

// The copy that a reader got while the producer was writing may be half old: it is read again.
class TornOnce final : public evidence_log::RingBytes {
 public:
  TornOnce(const Image& image, size_t times) : bytes_(image), times_(times) {}
  size_t read(uint64_t offset, std::span<uint8_t> into) const override {
    const size_t count = bytes_.read(offset, into);
    if (offset >= kRingHeaderBytes && offset < kRingHeaderBytes + 200 && times_ > 0) {
      --times_;
      into[std::min<size_t>(100, into.size() - 1)] ^= 0xff;  // in the first record
    }
    return count;
  }

 private:
  ImageBytes bytes_;
  mutable size_t times_;
};

TEST_F(RingReaderTest, ATornCopyIsReadAgainAndAgainOnlySoOften) {
  auto reader = RingReader::open(std::make_unique<TornOnce>(image, 3), sample.key, problem);
  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ(reader->read(100, records), RingProblem::None);
  EXPECT_EQ(records.size(), 5U);
  EXPECT_EQ(records[0].bytes, sample.records[0]);
  records.clear();
  reader = RingReader::open(std::make_unique<TornOnce>(image, 1000), sample.key, problem);
  EXPECT_EQ(reader->read(100, records), RingProblem::SlotCheck);
  EXPECT_TRUE(records.empty());
}

TEST(RingFileTest, OnlyARegularFileIsOpened) {
  Folder folder;
  int error = 0;
  EXPECT_EQ(evidence_log::RingFile::open(folder.path() / "missing", error), nullptr);
  EXPECT_EQ(error, ENOENT);
  EXPECT_EQ(evidence_log::RingFile::open(folder.path(), error), nullptr);
  EXPECT_EQ(error, EINVAL);
  std::ofstream(folder.path() / "file") << "0123456789";
  std::filesystem::create_symlink("file", folder.path() / "link");
  EXPECT_EQ(evidence_log::RingFile::open(folder.path() / "link", error), nullptr);
  EXPECT_EQ(error, ELOOP);
  const auto file = evidence_log::RingFile::open(folder.path() / "file", error);
  ASSERT_NE(file, nullptr);
  std::array<uint8_t, 16> bytes{};
  EXPECT_EQ(file->read(7, bytes), 3U);
  EXPECT_EQ(bytes[0], '7');
  EXPECT_EQ(file->read(10, bytes), 0U);
  EXPECT_EQ(file->read(~uint64_t{0}, bytes), 0U);
  EXPECT_FALSE(file->producer_alive());
}

TEST(ProblemNamesTest, EveryProblemHasItsOwn) {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(RingProblem::Short); ++i)
    names.emplace_back(name_of(static_cast<RingProblem>(i)));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
  names.clear();
  for (int i = 0; i <= static_cast<int>(RecordProblem::Request); ++i)
    names.emplace_back(name_of(static_cast<RecordProblem>(i)));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace sallyport::evidence_test
