#include "controlplane/evidence/ring/ring_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "dataplane/base/hash.h"

namespace sallyport::evidence_log {
namespace {

using contract::kRingHeaderBytes;
using contract::RingDataHeader;
using contract::RingSlot;
using contract::SlotKind;

constexpr std::string_view kHexDigits = "0123456789abcdef";
// Torn or half-seen words come from reading beside a running producer; they are gone at once.
constexpr int kTries = 4;
constexpr uint64_t kWindowBytes = 256 * 1024;

template <typename Value>
std::span<uint8_t> bytes_of(Value& value) {
  static_assert(std::is_trivially_copyable_v<Value>);
  return {reinterpret_cast<uint8_t*>(&value), sizeof(value)};
}

template <typename Value>
Value value_at(std::span<const uint8_t> bytes, size_t offset) {
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

// All digits, no sign, no leading zero: one number has one name.
template <typename Number>
bool parse_number(std::string_view text, Number& out) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  const char* end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, out);
  return code == std::errc{} && at == end;
}

}  // namespace

std::string RingKey::file_stem() const {
  std::string stem;
  for (const uint8_t byte : boot_id) {
    stem += kHexDigits[byte >> 4];
    stem += kHexDigits[byte & 15];
  }
  return stem + "-" + std::to_string(generation) + "-" + std::to_string(worker);
}

std::optional<RingKey> RingKey::parse_stem(std::string_view stem) {
  RingKey key;
  constexpr size_t kHexBytes = 32;
  if (stem.size() <= kHexBytes || stem[kHexBytes] != '-') return std::nullopt;
  for (size_t i = 0; i < kHexBytes; ++i) {
    const size_t digit = kHexDigits.find(stem[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    key.boot_id[i / 2] = static_cast<uint8_t>(size_t{key.boot_id[i / 2]} << 4 | digit);
  }
  const std::string_view numbers = stem.substr(kHexBytes + 1);
  const size_t dash = numbers.find('-');
  if (dash == std::string_view::npos || !parse_number(numbers.substr(0, dash), key.generation) ||
      !parse_number(numbers.substr(dash + 1), key.worker) ||
      key.worker >= contract::kRingWorkersMax)
    return std::nullopt;
  return key;
}

std::unique_ptr<RingFile> RingFile::open(const std::filesystem::path& path, int& error) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    error = errno;
    return nullptr;
  }
  struct stat file {};
  if (::fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) {
    error = EINVAL;
    ::close(fd);
    return nullptr;
  }
  return std::unique_ptr<RingFile>(new RingFile(fd));
}

RingFile::~RingFile() { ::close(fd_); }

size_t RingFile::read(uint64_t offset, std::span<uint8_t> into) const {
  size_t done = 0;
  while (done < into.size()) {
    const ssize_t part =
        ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) break;
    done += static_cast<size_t>(part);
  }
  return done;
}

bool RingFile::producer_alive() const {
  if (::flock(fd_, LOCK_SH | LOCK_NB) != 0) return true;
  ::flock(fd_, LOCK_UN);
  return false;
}

const char* name_of(RingProblem problem) {
  switch (problem) {
    case RingProblem::None:
      return "none";
    case RingProblem::HeaderShort:
      return "header_short";
    case RingProblem::Magic:
      return "magic";
    case RingProblem::Version:
      return "version";
    case RingProblem::Capacity:
      return "capacity";
    case RingProblem::Name:
      return "name";
    case RingProblem::Head:
      return "head";
    case RingProblem::SlotLength:
      return "slot_length";
    case RingProblem::SlotKind:
      return "slot_kind";
    case RingProblem::SlotSequence:
      return "slot_sequence";
    case RingProblem::SlotCheck:
      return "slot_check";
    case RingProblem::Short:
      return "short";
  }
  return "unknown";
}

std::optional<RingReader> RingReader::open(std::unique_ptr<RingBytes> bytes, const RingKey& key,
                                           RingProblem& problem) {
  std::array<uint8_t, sizeof(RingDataHeader)> raw{};
  const auto refuse = [&](RingProblem why) {
    problem = why;
    return std::nullopt;
  };
  if (bytes->read(0, raw) != raw.size()) return refuse(RingProblem::HeaderShort);
  auto header = std::make_unique<RingDataHeader>();
  header->magic = value_at<uint64_t>(raw, offsetof(RingDataHeader, magic));
  header->layout_version = value_at<uint32_t>(raw, offsetof(RingDataHeader, layout_version));
  header->record_version = value_at<uint32_t>(raw, offsetof(RingDataHeader, record_version));
  header->capacity_bytes = value_at<uint64_t>(raw, offsetof(RingDataHeader, capacity_bytes));
  header->boot_id = value_at<std::array<uint8_t, 16>>(raw, offsetof(RingDataHeader, boot_id));
  header->generation = value_at<uint64_t>(raw, offsetof(RingDataHeader, generation));
  header->worker = value_at<uint32_t>(raw, offsetof(RingDataHeader, worker));
  header->node = value_at<uint32_t>(raw, offsetof(RingDataHeader, node));
  header->start = value_at<uint32_t>(raw, offsetof(RingDataHeader, start));
  header->producer_pid = value_at<uint32_t>(raw, offsetof(RingDataHeader, producer_pid));
  header->created_wall_ns = value_at<uint64_t>(raw, offsetof(RingDataHeader, created_wall_ns));
  if (header->magic != contract::kRingMagic) return refuse(RingProblem::Magic);
  if (header->layout_version < contract::kRingLayoutVersionOldest ||
      header->layout_version > contract::kRingLayoutVersion ||
      header->record_version < contract::kRecordVersionOldest ||
      header->record_version > contract::kRecordVersion)
    return refuse(RingProblem::Version);
  const uint64_t capacity = header->capacity_bytes;
  uint8_t last = 0;
  if (capacity < contract::kRingCapacityBytesMin || capacity > contract::kRingCapacityBytesMax ||
      (capacity & (capacity - 1)) != 0 ||
      bytes->read(kRingHeaderBytes + capacity - 1, {&last, 1}) != 1)
    return refuse(RingProblem::Capacity);
  if (header->boot_id != key.boot_id || header->generation != key.generation ||
      header->worker != key.worker || key.worker >= contract::kRingWorkersMax)
    return refuse(RingProblem::Name);
  problem = RingProblem::None;
  RingReader reader;
  reader.bytes_ = std::move(bytes);
  reader.header_ = std::move(header);
  reader.key_ = key;
  return reader;
}

void RingReader::resume(uint64_t position, uint64_t sequence) {
  window_.clear();
  position_ = position;
  next_sequence_ = sequence + 1;
}

// Copying eight bytes is no atomic load by any promise, so two readings have to agree. A head that
// moves all the time is as good as the last reading: a wrong one fails at its slot and is tried
// again.
std::optional<uint64_t> RingReader::head() const {
  uint64_t former = 0;
  for (int i = 0; i < kTries; ++i) {
    uint64_t now = 0;
    if (bytes_->read(offsetof(RingDataHeader, head), bytes_of(now)) != sizeof(now))
      return std::nullopt;
    if (i > 0 && now == former) break;
    former = now;
  }
  return former;
}

bool RingReader::drained() const { return head() == position_; }

RingProblem RingReader::read(size_t records_max, std::vector<RingRecord>& out) {
  if (stopped_ != RingProblem::None) return stopped_;
  uint64_t end = position_;  // what we have seen published
  for (size_t count = 0; count < records_max; ++count) {
    RingRecord record;
    RingProblem problem = RingProblem::None;
    for (int i = 0; i < kTries; ++i) {
      if (position_ == end || problem != RingProblem::None) {
        window_.clear();  // what is tried again is read again
        const std::optional<uint64_t> seen = head();
        problem = seen.has_value() ? RingProblem::None : RingProblem::Short;
        end = seen.value_or(position_);
      }
      if (problem == RingProblem::None) problem = read_slot(end, record);
      if (problem == RingProblem::None) break;
    }
    if (problem != RingProblem::None) return stopped_ = problem;
    if (record.sequence == 0) break;
    out.push_back(std::move(record));
  }
  return RingProblem::None;
}

// Bytes [position, position + into.size()) of what is published, which `head` bounds.
bool RingReader::copy(uint64_t position, uint64_t head, std::span<uint8_t> into) {
  const bool inside = position >= window_at_ && position - window_at_ <= window_.size() &&
                      window_.size() - (position - window_at_) >= into.size();
  if (!inside) {
    const uint64_t offset = position % header_->capacity_bytes;
    const uint64_t bytes =
        std::min({kWindowBytes, header_->capacity_bytes - offset, head - position});
    if (bytes < into.size()) return false;
    window_.resize(bytes);
    window_at_ = position;
    window_.resize(bytes_->read(kRingHeaderBytes + offset, window_));
    if (window_.size() < into.size()) return false;
  }
  std::copy_n(window_.begin() + static_cast<ptrdiff_t>(position - window_at_), into.size(),
              into.begin());
  return true;
}

// The next record before `head`; sequence 0 when there is none. Moves on only when all is well.
RingProblem RingReader::read_slot(uint64_t head, RingRecord& out) {
  if (head < position_ || head - position_ > header_->capacity_bytes ||
      head % contract::kSlotAlignment != 0 || position_ % contract::kSlotAlignment != 0)
    return RingProblem::Head;
  // One Padding slot at most lies before a record or mappings.
  for (int i = 0; i < 2 && position_ < head; ++i) {
    const RingProblem problem = read_slot_once(head, out);
    if (problem != RingProblem::None || out.sequence != 0) return problem;
  }
  return RingProblem::None;
}

RingProblem RingReader::read_slot_once(uint64_t head, RingRecord& out) {
  const uint64_t offset = position_ % header_->capacity_bytes;
  const uint64_t area_rest = header_->capacity_bytes - offset;
  RingSlot slot{};
  if (!copy(position_, head, bytes_of(slot))) return RingProblem::Short;
  const auto kind = static_cast<SlotKind>(slot.kind);
  const bool mapping = kind == SlotKind::Mapping && header_->layout_version >= 2;
  if ((kind != SlotKind::Record && kind != SlotKind::Padding && !mapping) ||
      slot.reserved != std::array<uint8_t, 6>{})
    return RingProblem::SlotKind;
  const bool padding = kind == SlotKind::Padding;
  // Padding is what the greatest record did not fit into, no more.
  const bool sized =
      padding ? slot.record_bytes == 0 && slot.total_bytes == area_rest &&
                    slot.total_bytes < contract::slot_total_bytes(contract::kSlotPayloadBytesMax)
              : slot.record_bytes > 0 &&
                    slot.record_bytes <=
                        (mapping ? contract::kMappingBytesMax : contract::kRecordBytesMax) &&
                    slot.total_bytes == contract::slot_total_bytes(slot.record_bytes);
  if (!sized || slot.total_bytes > area_rest || slot.total_bytes > head - position_)
    return RingProblem::SlotLength;
  if (slot.sequence != next_sequence_) return RingProblem::SlotSequence;
  std::vector<uint8_t> record(slot.record_bytes);
  if (!copy(position_ + sizeof(slot), head, record)) return RingProblem::Short;
  if (slot.check !=
      contract::slot_check(base::siphash13({}, record), slot.record_bytes, slot.sequence, kind))
    return RingProblem::SlotCheck;
  position_ += slot.total_bytes;
  if (padding) return RingProblem::None;
  out.end_position = position_;
  out.is_mapping = mapping;
  if (mapping) {  // judged by the vault, which alone can read it
    out.sequence = next_sequence_;
    out.bytes = std::move(record);
    return RingProblem::None;
  }
  out.sequence = next_sequence_++;
  out.problem = validate_ring_record(record, *header_, out.sequence);
  out.bytes = std::move(record);
  return RingProblem::None;
}

}  // namespace sallyport::evidence_log
