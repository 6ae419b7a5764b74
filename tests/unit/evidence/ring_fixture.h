// ring_fixture.h: rings over real files in a folder of their own, the consumer's cursor as a test
// wants it, and records as plain values.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/evidence/ring/ring_reader.h"
#include "dataplane/evidence/recorder.h"
#include "tests/unit/memory_folder.h"

namespace sallyport::evidence_test {

inline constexpr uint64_t kSmallRing = contract::kRingCapacityBytesMin;
// What an exchange reserves, and what may be lost at the end of a ring.
inline constexpr uint64_t kTlsSlot = contract::slot_total_bytes(contract::kTlsConnectionBytes);
inline constexpr uint64_t kAll = contract::slot_total_bytes(contract::kAdmittedBytesMax) +
                                 kTlsSlot +
                                 contract::slot_total_bytes(contract::kCompletedBytesMax);
inline constexpr uint64_t kSlack = contract::slot_total_bytes(contract::kSlotPayloadBytesMax);

inline evidence::CompletedFields refusal(std::string_view reason = "unknown_path",
                                         uint16_t status = 404) {
  evidence::CompletedFields fields;
  fields.outcome = contract::Outcome::RefusedPolicy;
  fields.http_status = status;
  fields.reason = reason;
  return fields;
}

inline evidence::AdmittedFields caller(std::string_view principal = "billing") {
  evidence::AdmittedFields fields;
  fields.tenant = "acme";
  fields.principal = principal;
  return fields;
}

// On tmpfs where there is one, as in the product.
class Folder : public test::MemoryFolder {
 public:
  Folder() : MemoryFolder("ring") {}
};

inline evidence::RingConfig config_in(const Folder& folder, uint64_t capacity = kSmallRing) {
  evidence::RingConfig config;
  config.folder = folder.path();
  for (size_t i = 0; i < 16; ++i) config.identity.boot_id[i] = static_cast<uint8_t>(0xa0 + i);
  config.identity.generation = 77;
  config.identity.node = 0x1234;
  config.identity.start = 0x5678;
  config.worker = 3;
  config.capacity_bytes = capacity;
  config.wall_ns = 1'700'000'000'000'000'000;
  return config;
}

inline evidence_log::RingKey key_of(const evidence::RingConfig& config) {
  return {config.identity.boot_id, config.identity.generation, config.worker};
}

inline evidence::RingProducer make_ring(const evidence::RingConfig& config) {
  std::string error;
  auto ring = evidence::RingProducer::create(config, error);
  EXPECT_TRUE(ring.has_value()) << error;
  return std::move(*ring);
}

// The consumer's file, writable here.
class CursorFile {
 public:
  explicit CursorFile(const evidence::RingConfig& config) {
    path_ = config.folder + "/" + key_of(config).file_stem() + ".cursor";
    const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    EXPECT_GE(fd, 0);
    EXPECT_EQ(::ftruncate(fd, contract::kCursorFileBytes), 0);
    void* memory =
        ::mmap(nullptr, contract::kCursorFileBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    EXPECT_NE(memory, MAP_FAILED);
    ::close(fd);
    page_ = new (memory) contract::RingCursor{};
    page_->magic = contract::kCursorMagic;
    page_->layout_version = contract::kRingLayoutVersion;
    page_->consumer_state.store(static_cast<uint64_t>(contract::ConsumerState::Draining));
  }
  ~CursorFile() { ::munmap(page_, contract::kCursorFileBytes); }
  CursorFile(const CursorFile&) = delete;
  contract::RingCursor& page() { return *page_; }
  const std::string& path() const { return path_; }
  void commit(uint64_t position, uint64_t sequence) {
    page_->committed_sequence.store(sequence, std::memory_order_release);
    page_->committed_position.store(position, std::memory_order_release);
  }

 private:
  std::string path_;
  contract::RingCursor* page_ = nullptr;
};

inline evidence_log::RingReader reader_of(const evidence::RingConfig& config) {
  int error = 0;
  auto file = evidence_log::RingFile::open(
      config.folder + "/" + key_of(config).file_stem() + ".data", error);
  EXPECT_NE(file, nullptr) << std::strerror(error);
  evidence_log::RingProblem problem{};
  auto reader = evidence_log::RingReader::open(std::move(file), key_of(config), problem);
  EXPECT_TRUE(reader.has_value()) << evidence_log::name_of(problem);
  return std::move(*reader);
}

inline std::vector<evidence_log::RingRecord> read_all(evidence_log::RingReader& reader) {
  std::vector<evidence_log::RingRecord> out;
  EXPECT_EQ(reader.read(~size_t{0}, out), evidence_log::RingProblem::None);
  return out;
}

// A record taken apart; absent parts stay zero.
struct Parts {
  contract::RecordHeader header{};
  contract::RequestPart request{};
  contract::OutcomePart outcome{};
  contract::AggregatePart aggregate{};
  contract::TlsPart tls{};
  contract::NotePart note{};
  std::vector<contract::Tally> tallies;
  std::vector<contract::SubjectId> subjects;
  contract::RecordKind kind() const { return static_cast<contract::RecordKind>(header.kind); }
};

inline Parts parts_of(std::span<const uint8_t> bytes) {
  Parts parts;
  const auto take = [&](auto& part) {
    ASSERT_GE(bytes.size(), sizeof(part));
    std::memcpy(&part, bytes.data(), sizeof(part));
    bytes = bytes.subspan(sizeof(part));
  };
  take(parts.header);
  const contract::RecordShape shape = contract::record_shape(parts.header.kind);
  if (shape.request) take(parts.request);
  if (shape.outcome) take(parts.outcome);
  if (shape.aggregate) take(parts.aggregate);
  if (shape.tls) take(parts.tls);
  if (shape.note) take(parts.note);
  parts.tallies.resize(parts.header.tally_count);
  for (auto& tally : parts.tallies) take(tally);
  parts.subjects.resize(parts.header.subject_count);
  for (auto& subject : parts.subjects) take(subject);
  EXPECT_TRUE(bytes.empty());
  return parts;
}

// Reads everything; every record must be in order and within the rules.
inline std::vector<Parts> read_parts(evidence_log::RingReader& reader) {
  std::vector<Parts> out;
  for (const auto& record : read_all(reader)) {
    EXPECT_EQ(record.problem, evidence_log::RecordProblem::None)
        << evidence_log::name_of(record.problem);
    out.push_back(parts_of(record.bytes));
    EXPECT_EQ(out.back().header.ring_sequence, record.sequence);
  }
  return out;
}

inline base::Clock clock_at(uint64_t ms) {
  constexpr uint64_t kEpochNs = 1'700'000'040'000'000'000;  // begins a minute
  return {base::Instant{1'000 * base::kNsPerMs + ms * base::kNsPerMs},
          kEpochNs + ms * base::kNsPerMs};
}

// As many different entries as one record can carry.
inline evidence::TallyList full_tallies() {
  evidence::TallyList list;
  for (int i = 0; i < 40; ++i)
    list.add(contract::TallySection::DetectedInRequest, "ENTITY_" + std::to_string(i),
             contract::RecordedAction::Tokenize, "", 1);
  for (uint8_t section = 1; section <= 7; ++section)
    list.add(static_cast<contract::TallySection>(section), "LATE_ONE",
             contract::RecordedAction::Mask, "", 1);
  return list;
}

}  // namespace sallyport::evidence_test
