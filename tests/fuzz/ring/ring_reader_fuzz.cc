// A hostile producer: the input is a list of changes to a ring that was right, and the reader reads
// it. Random bytes alone would never get past the header and the slot checks.
//
// One change is five bytes: what, a (16 bit), b (16 bit); see apply(). What must hold whatever was
// changed: nothing is read outside the ring, sequences have no hole, a record without a problem
// passes the rules again, and a ring that stopped stays stopped.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "controlplane/evidence/ring/ring_reader.h"
#include "dataplane/base/check.h"
#include "dataplane/base/hash.h"
#include "dataplane/evidence/recorder.h"

namespace {

using namespace sallyport;
using contract::kRingHeaderBytes;
using contract::RingCursor;
using contract::RingDataHeader;
using contract::RingSlot;
using evidence_log::RecordProblem;
using evidence_log::RingProblem;
using evidence_log::RingReader;
using evidence_log::RingRecord;

constexpr uint64_t kCapacity = contract::kRingCapacityBytesMin;

struct Seed {
  evidence_log::RingKey key;
  std::vector<uint8_t> image;
  std::vector<uint64_t> slots;  // positions of the live records' slots and of the padding's
  uint64_t position = 0;        // where the live part begins
  uint64_t sequence = 0;        // of the record before it
  uint64_t head = 0;
};

class Bytes final : public evidence_log::RingBytes {
 public:
  explicit Bytes(const std::vector<uint8_t>& image) : image_(image) {}
  size_t read(uint64_t offset, std::span<uint8_t> into) const override {
    if (offset >= image_.size()) return 0;
    const size_t count = std::min<size_t>(into.size(), image_.size() - offset);
    std::copy_n(image_.begin() + static_cast<ptrdiff_t>(offset), count, into.begin());
    return count;
  }

 private:
  const std::vector<uint8_t>& image_;
};

template <typename Value>
void write_at(int fd, size_t offset, Value value) {
  SP_CHECK(::pwrite(fd, &value, sizeof(value), static_cast<off_t>(offset)) == sizeof(value));
}

void write_exchange(evidence::Recorder& recorder, uint64_t number) {
  base::Clock clock{base::Instant{number * 1'000'000}, 1'700'000'000'000'000'000 + number};
  evidence::TallyList tallies;
  for (uint64_t i = 0; i < number % 30; ++i)
    tallies.add(contract::TallySection::DetectedInRequest, "ENTITY_" + std::to_string(i),
                contract::RecordedAction::Tokenize, "", 1);
  evidence::AdmittedFields request;
  request.tenant = "acme";
  request.principal = "billing";
  request.model = "gpt-4o";
  request.tallies = tallies.view();
  evidence::CompletedFields outcome;
  outcome.outcome = contract::Outcome::Served;
  outcome.reason = "none";
  evidence::Reservation room;
  SP_CHECK(recorder.reserve(room));
  const auto id = recorder.next_request_id();
  recorder.admitted(room, id, request, clock);
  recorder.completed(room, id, outcome, clock);
  recorder.refused(recorder.next_request_id(), request, outcome, clock);
  SP_CHECK(recorder.security("alarm", recorder.next_request_id(), "n=1", clock));
  recorder.refused_anonymous("bad_credentials", evidence::SourcePrefix::of_ipv4(1), 401, clock);
  recorder.flush(clock);
}

// Drains up to the last lap's end, so that the live part crosses it.
Seed make_seed() {
  std::string folder = "/tmp/sallyport_fuzz_XXXXXX";
  SP_CHECK(::mkdtemp(folder.data()) != nullptr);
  Seed seed;
  evidence::RingConfig config;
  config.folder = folder;
  config.identity.generation = 5;
  config.identity.node = 6;
  config.identity.start = 7;
  config.capacity_bytes = kCapacity;
  seed.key = {config.identity.boot_id, config.identity.generation, config.worker};
  const std::string stem = folder + "/" + seed.key.file_stem();
  const int cursor = ::open((stem + ".cursor").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  SP_CHECK(cursor >= 0 && ::ftruncate(cursor, contract::kCursorFileBytes) == 0);
  write_at(cursor, offsetof(RingCursor, magic), contract::kCursorMagic);
  write_at(cursor, offsetof(RingCursor, layout_version), contract::kRingLayoutVersion);
  std::string error;
  auto ring = evidence::RingProducer::create(config, error);
  SP_CHECK(ring.has_value());
  evidence::Recorder recorder(std::move(*ring), {});
  recorder.turn(base::Clock{base::Instant{1}, 1});
  SP_CHECK(recorder.ring().attached());
  int unused = 0;
  RingProblem problem{};
  auto reader =
      RingReader::open(evidence_log::RingFile::open(stem + ".data", unused), seed.key, problem);
  SP_CHECK(reader.has_value());
  for (uint64_t number = 1; reader->position() < kCapacity; ++number) {
    seed.position = reader->position();
    seed.sequence = reader->next_sequence() - 1;
    write_at(cursor, offsetof(RingCursor, committed_sequence), seed.sequence);
    write_at(cursor, offsetof(RingCursor, committed_position), seed.position);
    write_exchange(recorder, number);
    seed.slots.clear();
    std::vector<RingRecord> records;
    SP_CHECK(reader->read(100, records) == RingProblem::None);
    uint64_t end = seed.position;
    for (const RingRecord& record : records) {
      const uint64_t slot = contract::slot_total_bytes(static_cast<uint32_t>(record.bytes.size()));
      if (record.end_position - slot != end) seed.slots.push_back(end);
      seed.slots.push_back(record.end_position - slot);
      end = record.end_position;
    }
    seed.head = end;
  }
  std::ifstream file(stem + ".data", std::ios::binary);
  seed.image.assign(std::istreambuf_iterator<char>(file), {});
  ::close(cursor);
  std::filesystem::remove_all(folder);
  return seed;
}

size_t offset_of(uint64_t position) { return kRingHeaderBytes + position % kCapacity; }

void reseal(std::vector<uint8_t>& image, size_t at) {
  RingSlot slot;
  if (at + sizeof(slot) > image.size()) return;
  std::memcpy(&slot, image.data() + at, sizeof(slot));
  const size_t bytes = std::min<size_t>(slot.record_bytes, image.size() - at - sizeof(slot));
  slot.check = contract::slot_check(base::siphash13({}, {image.data() + at + sizeof(slot), bytes}),
                                    slot.record_bytes, slot.sequence,
                                    static_cast<contract::SlotKind>(slot.kind));
  std::memcpy(image.data() + at, &slot, sizeof(slot));
}

struct Start {
  uint64_t position;
  uint64_t sequence;
};

void apply(const Seed& seed, std::vector<uint8_t>& image, Start& start, uint8_t what, uint16_t a,
           uint16_t b) {
  const size_t slot = offset_of(seed.slots[a % seed.slots.size()]);
  const auto flip = [&](size_t at, uint8_t bits) {
    if (at < image.size()) image[at] ^= bits;
  };
  const auto put = [&](size_t at, auto value) {
    if (at + sizeof(value) <= image.size()) std::memcpy(image.data() + at, &value, sizeof(value));
  };
  switch (what % 8) {
    case 0:  // the header page
      return flip(a % sizeof(RingDataHeader), static_cast<uint8_t>(b));
    case 1:  // head, near or anywhere
      return put(offsetof(RingDataHeader, head),
                 b == 0xffff ? uint64_t{a} << 48 : seed.head + a - uint64_t{b});
    case 2:  // a byte of a slot or its record
      return flip(slot + b % 4096, static_cast<uint8_t>(1U << (a >> 8) % 8));
    case 3:  // the same, and the check is right again
      flip(slot + sizeof(RingSlot) + b % 4096, static_cast<uint8_t>(1U << (a >> 8) % 8));
      return reseal(image, slot);
    case 4:  // lengths of a slot
      put(slot + offsetof(RingSlot, total_bytes), uint32_t{b});
      put(slot + offsetof(RingSlot, record_bytes), uint32_t{b} - (a >> 8));
      return reseal(image, slot);
    case 5:  // kind and sequence
      put(slot + offsetof(RingSlot, kind), static_cast<uint16_t>(b & 3));
      put(slot + offsetof(RingSlot, sequence), seed.sequence + (b >> 2));
      return reseal(image, slot);
    case 6:  // the file is cut
      return image.resize(std::min<size_t>(image.size(), size_t{a} * 2 + b % 2));
    default:
      start = {seed.position + uint64_t{a} * 32 - b, seed.sequence + a % 4};
  }
}

void check_record(const RingRecord& record, const RingReader& reader) {
  SP_CHECK(record.bytes.size() <= contract::kSlotPayloadBytesMax && !record.bytes.empty());
  if (record.is_mapping) return;
  SP_CHECK(evidence_log::validate_ring_record(record.bytes, reader.header(), record.sequence) ==
           record.problem);
  SP_CHECK(name_of(record.problem) != nullptr);
}

void read_ring(const Seed& seed, const std::vector<uint8_t>& image, const Start& start) {
  RingProblem problem = RingProblem::None;
  auto reader = RingReader::open(std::make_unique<Bytes>(image), seed.key, problem);
  SP_CHECK(reader.has_value() == (problem == RingProblem::None));
  if (!reader.has_value()) return;
  reader->resume(start.position, start.sequence);
  uint64_t position = start.position;
  uint64_t sequence = start.sequence;
  for (size_t round = 0; round <= kCapacity / 64; ++round) {
    std::vector<RingRecord> records;
    problem = reader->read(3, records);
    for (const RingRecord& record : records) {
      SP_CHECK(record.sequence == (record.is_mapping ? sequence + 1 : ++sequence));
      SP_CHECK(record.end_position > position && record.end_position - position <= kCapacity);
      position = record.end_position;
      check_record(record, *reader);
    }
    SP_CHECK(reader->position() >= position && reader->next_sequence() == sequence + 1);
    if (problem != RingProblem::None) {
      SP_CHECK(reader->read(3, records) == problem);
      return;
    }
    if (records.empty()) return;
  }
  SP_CHECK_WHY(false, "more records than fit into the ring");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Seed seed = make_seed();
  std::vector<uint8_t> image = seed.image;
  Start start{seed.position, seed.sequence};
  for (size_t at = 0; at + 5 <= size && at < 5 * 64; at += 5) {
    const auto a = static_cast<uint16_t>(data[at + 1] | data[at + 2] << 8);
    const auto b = static_cast<uint16_t>(data[at + 3] | data[at + 4] << 8);
    apply(seed, image, start, data[at], a, b);
  }
  read_ring(seed, image, start);
  // The same bytes as one record.
  (void)evidence_log::validate_record({data, size});
  return 0;
}
