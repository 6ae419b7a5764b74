// ring_image.h: a ring in memory that a test may spoil byte by byte.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "dataplane/base/hash.h"
#include "tests/unit/evidence/ring_fixture.h"

namespace sallyport::evidence_test {

using Image = std::vector<uint8_t>;

class ImageBytes final : public evidence_log::RingBytes {
 public:
  explicit ImageBytes(const Image& image) : image_(image) {}
  size_t read(uint64_t offset, std::span<uint8_t> into) const override {
    if (offset >= image_.size()) return 0;
    const size_t count = std::min<size_t>(into.size(), image_.size() - offset);
    std::copy_n(image_.begin() + static_cast<ptrdiff_t>(offset), count, into.begin());
    return count;
  }

 private:
  const Image& image_;
};

template <typename Value>
void put_at(Image& image, size_t offset, const Value& value) {
  ASSERT_LE(offset + sizeof(value), image.size());
  std::memcpy(image.data() + offset, &value, sizeof(value));
}

template <typename Value>
Value get_at(const Image& image, size_t offset) {
  Value value{};
  std::memcpy(&value, image.data() + offset, sizeof(value));
  return value;
}

// Makes the slot's check right again after its fields or its record were changed.
inline void seal(Image& image, size_t slot_offset) {
  auto slot = get_at<contract::RingSlot>(image, slot_offset);
  const size_t at = slot_offset + sizeof(slot);
  const size_t bytes = std::min<size_t>(slot.record_bytes, image.size() - at);
  slot.check =
      contract::slot_check(base::siphash13({}, {image.data() + at, bytes}), slot.record_bytes,
                           slot.sequence, static_cast<contract::SlotKind>(slot.kind));
  put_at(image, slot_offset, slot);
}

// A ring with a few records of every kind that a dataplane writes, as the producer makes it.
struct Sample {
  evidence::RingConfig config;
  evidence_log::RingKey key;
  Image image;
  std::vector<Image> records;
  std::vector<size_t> slots;  // offsets in the image
};

inline Sample make_sample() {
  Folder folder;
  Sample sample;
  sample.config = config_in(folder);
  sample.key = key_of(sample.config);
  evidence::Recorder recorder(make_ring(sample.config), {.refusals_per_s = 1});
  const evidence::TallyList tallies = full_tallies();
  const std::vector<contract::SubjectId> subjects(3, contract::SubjectId{7});
  evidence::AdmittedFields request;
  request.tenant = "acme";
  request.principal = "billing";
  request.model = "gpt-4o";
  request.tallies = tallies.view();
  request.subjects = subjects;
  evidence::CompletedFields outcome;
  outcome.outcome = contract::Outcome::Served;
  outcome.reason = "none";
  const base::Clock clock = clock_at(0);
  evidence::Reservation room;
  EXPECT_TRUE(recorder.reserve(room));
  const auto id = recorder.next_request_id();
  recorder.admitted(room, id, request, clock);
  recorder.completed(room, id, outcome, clock);
  recorder.refused(recorder.next_request_id(), request, outcome, clock);
  EXPECT_TRUE(recorder.security("alarm", recorder.next_request_id(), "n=1", clock));
  recorder.refused_anonymous("bad_credentials", evidence::SourcePrefix::of_ipv4(0x0a010203), 401,
                             clock);
  recorder.flush(clock);
  auto reader = reader_of(sample.config);
  for (const auto& record : read_all(reader)) {
    sample.slots.push_back(contract::kRingHeaderBytes + record.end_position -
                           contract::slot_total_bytes(static_cast<uint32_t>(record.bytes.size())));
    sample.records.push_back(record.bytes);
  }
  std::ifstream file(recorder.ring().data_path(), std::ios::binary);
  sample.image.assign(std::istreambuf_iterator<char>(file), {});
  return sample;
}

}  // namespace sallyport::evidence_test
