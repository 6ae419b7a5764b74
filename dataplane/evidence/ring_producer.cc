#include "dataplane/evidence/ring_producer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "dataplane/base/bus_guard.h"
#include "dataplane/base/check.h"
#include "dataplane/base/hash.h"
#include "dataplane/evidence/locked_file.h"

namespace sallyport::evidence {
namespace {

using contract::kRingHeaderBytes;
using contract::RingCursor;
using contract::RingDataHeader;
using contract::RingSlot;
using contract::SlotKind;

bool usable_capacity(uint64_t bytes) {
  return bytes >= contract::kRingCapacityBytesMin && bytes <= contract::kRingCapacityBytesMax &&
         (bytes & (bytes - 1)) == 0;
}

uint64_t check_of(std::span<const uint8_t> record, uint64_t sequence, SlotKind kind) {
  return contract::slot_check(base::siphash13({}, record), static_cast<uint32_t>(record.size()),
                              sequence, kind);
}

}  // namespace

RingProducer::~RingProducer() { close_files(); }

RingProducer::RingProducer(RingProducer&& other) noexcept
    : config_(std::move(other.config_)),
      data_path_(std::move(other.data_path_)),
      cursor_path_(std::move(other.cursor_path_)),
      data_fd_(std::exchange(other.data_fd_, -1)),
      base_(std::exchange(other.base_, nullptr)),
      cursor_(std::exchange(other.cursor_, nullptr)),
      capacity_(std::exchange(other.capacity_, 0)),
      head_(std::exchange(other.head_, 0)),
      next_sequence_(std::exchange(other.next_sequence_, 1)),
      open_record_bytes_(std::exchange(other.open_record_bytes_, 0)),
      seen_position_(std::exchange(other.seen_position_, 0)),
      seen_sequence_(std::exchange(other.seen_sequence_, 0)) {}

void RingProducer::detach_cursor() {
  if (cursor_ == nullptr) return;
  base::unwatch_range(cursor_);
  ::munmap(const_cast<RingCursor*>(cursor_), contract::kCursorFileBytes);
  cursor_ = nullptr;
}

void RingProducer::close_files() {
  detach_cursor();
  if (base_ != nullptr) {
    base::unwatch_range(base_);
    ::munmap(base_, kRingHeaderBytes + capacity_);
  }
  if (data_fd_ >= 0) ::close(data_fd_);
  base_ = nullptr;
  data_fd_ = -1;
}

std::optional<RingProducer> RingProducer::create(const RingConfig& config, std::string& error) {
  if (!usable_capacity(config.capacity_bytes)) {
    error = "evidence ring: the capacity is a power of two from 64 KiB to 1 GiB, not " +
            std::to_string(config.capacity_bytes);
    return std::nullopt;
  }
  if (config.worker >= contract::kRingWorkersMax) {
    error = "evidence ring: worker " + std::to_string(config.worker) + " is beyond the last";
    return std::nullopt;
  }
  RingProducer ring;
  ring.config_ = config;
  ring.capacity_ = config.capacity_bytes;
  const std::string stem = file_stem(config.identity, config.worker);
  const std::string hidden_path = config.folder + "/." + stem + ".data";
  ring.data_path_ = config.folder + "/" + stem + ".data";
  ring.cursor_path_ = config.folder + "/" + stem + ".cursor";
  ring.data_fd_ = make_locked_file(hidden_path, error);
  if (ring.data_fd_ < 0) return std::nullopt;
  if (!ring.make_data_file(hidden_path, error)) {
    ::unlink(hidden_path.c_str());
    return std::nullopt;
  }
  return ring;
}

// The order is the point: locked before it can be seen, complete before it has its name.
bool RingProducer::make_data_file(const std::string& hidden_path, std::string& error) {
  const uint64_t file_bytes = kRingHeaderBytes + capacity_;
  const auto failed = [&](const char* call, int code) {
    error = file_failure(call, hidden_path, code);
    return false;
  };
  const int allocated = ::posix_fallocate(data_fd_, 0, static_cast<off_t>(file_bytes));
  if (allocated != 0) return failed("allocate", allocated);
  void* memory =
      ::mmap(nullptr, file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, data_fd_, 0);
  if (memory == MAP_FAILED) return failed("map", errno);
  base_ = static_cast<uint8_t*>(memory);
  base::watch_range(base_, file_bytes);  // a file cut by somebody must not end us
  auto* made = new (base_) RingDataHeader{};
  made->magic = contract::kRingMagic;
  made->layout_version = contract::kRingLayoutVersion;
  made->record_version = contract::kRecordVersion;
  made->capacity_bytes = capacity_;
  made->boot_id = config_.identity.boot_id;
  made->generation = config_.identity.generation;
  made->worker = config_.worker;
  made->node = config_.identity.node;
  made->start = config_.identity.start;
  made->producer_pid = static_cast<uint32_t>(::getpid());
  made->created_wall_ns = config_.wall_ns;
  if (::renameat2(AT_FDCWD, hidden_path.c_str(), AT_FDCWD, data_path_.c_str(), RENAME_NOREPLACE) !=
      0)
    return failed("give its name to", errno);
  return true;
}

bool RingProducer::attached() const {
  return cursor_ != nullptr && cursor_->magic == contract::kCursorMagic;
}

bool RingProducer::attach_cursor() {
  if (attached()) return true;
  detach_cursor();  // its file was cut: the drainer makes it whole again
  const int fd = ::open(cursor_path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  struct stat file {};
  const bool whole = ::fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
                     file.st_size >= static_cast<off_t>(contract::kCursorFileBytes);
  void* memory = whole ? ::mmap(nullptr, contract::kCursorFileBytes, PROT_READ, MAP_SHARED, fd, 0)
                       : MAP_FAILED;
  ::close(fd);
  if (memory == MAP_FAILED) return false;
  const auto* cursor = static_cast<const RingCursor*>(memory);
  base::watch_range(cursor, contract::kCursorFileBytes);
  if (cursor->magic != contract::kCursorMagic ||
      cursor->layout_version != contract::kRingLayoutVersion) {
    base::unwatch_range(cursor);
    ::munmap(memory, contract::kCursorFileBytes);
    return false;
  }
  cursor_ = cursor;
  return true;
}

std::span<uint8_t> RingProducer::begin_record(uint32_t record_bytes) {
  SP_CHECK(base_ != nullptr && record_bytes > 0 && record_bytes <= contract::kSlotPayloadBytesMax);
  const uint64_t total = contract::slot_total_bytes(record_bytes);
  const uint64_t rest = capacity_ - head_ % capacity_;
  const uint64_t padding = total > rest ? rest : 0;
  if (used_bytes() + padding + total > capacity_) return {};
  if (padding > 0) put_padding(padding);
  open_record_bytes_ = record_bytes;
  return {base_ + kRingHeaderBytes + head_ % capacity_ + sizeof(RingSlot), record_bytes};
}

uint64_t RingProducer::publish() {
  header()->published_sequence.store(next_sequence_, std::memory_order_relaxed);
  publish_slot(SlotKind::Record);
  return next_sequence_++;
}

void RingProducer::publish_mapping() { publish_slot(SlotKind::Mapping); }

void RingProducer::publish_slot(SlotKind kind) {
  SP_CHECK(open_record_bytes_ != 0);
  const uint64_t offset = head_ % capacity_;
  uint8_t* record = base_ + kRingHeaderBytes + offset + sizeof(RingSlot);
  RingSlot slot{};
  slot.total_bytes = contract::slot_total_bytes(open_record_bytes_);
  slot.record_bytes = open_record_bytes_;
  slot.sequence = next_sequence_;
  slot.kind = static_cast<uint16_t>(kind);
  slot.check = check_of({record, open_record_bytes_}, slot.sequence, kind);
  std::memset(record + open_record_bytes_, 0,
              slot.total_bytes - sizeof(RingSlot) - open_record_bytes_);
  put_slot(offset, slot);
  head_ += slot.total_bytes;
  open_record_bytes_ = 0;
  header()->head.store(head_, std::memory_order_release);
}

// Becomes visible with the record behind it: head moves once for both.
void RingProducer::put_padding(uint64_t bytes) {
  RingSlot slot{};
  slot.total_bytes = static_cast<uint32_t>(bytes);
  slot.sequence = next_sequence_;
  slot.kind = static_cast<uint16_t>(SlotKind::Padding);
  slot.check = check_of({}, slot.sequence, SlotKind::Padding);
  put_slot(head_ % capacity_, slot);
  head_ += bytes;
}

void RingProducer::put_slot(uint64_t offset, const RingSlot& slot) {
  std::memcpy(base_ + kRingHeaderBytes + offset, &slot, sizeof(slot));
}

RingDataHeader* RingProducer::header() { return reinterpret_cast<RingDataHeader*>(base_); }

uint64_t RingProducer::committed_position() const {
  if (cursor_ == nullptr) return 0;
  const uint64_t position = cursor_->committed_position.load(std::memory_order_acquire);
  if (position > seen_position_ && position <= head_ && position % contract::kSlotAlignment == 0)
    seen_position_ = position;
  return seen_position_;
}

uint64_t RingProducer::committed_sequence() const {
  if (cursor_ == nullptr) return 0;
  const uint64_t sequence = cursor_->committed_sequence.load(std::memory_order_acquire);
  if (sequence > seen_sequence_ && sequence < next_sequence_) seen_sequence_ = sequence;
  return seen_sequence_;
}

uint64_t RingProducer::heartbeat_ns() const {
  return cursor_ == nullptr ? 0 : cursor_->heartbeat_ns.load(std::memory_order_relaxed);
}

bool RingProducer::consumer_blocked() const {
  return cursor_ != nullptr && cursor_->consumer_state.load(std::memory_order_relaxed) !=
                                   static_cast<uint64_t>(contract::ConsumerState::Draining);
}

std::optional<uint64_t> RingProducer::oldest_undrained_ns() const {
  uint64_t position = committed_position();
  while (position < head_) {
    const uint64_t offset = position % capacity_;
    const uint8_t* at = base_ + kRingHeaderBytes + offset;
    RingSlot slot;
    std::memcpy(&slot, at, sizeof(slot));
    const uint64_t room = std::min(capacity_ - offset, head_ - position);
    const auto kind = static_cast<SlotKind>(slot.kind);
    // We wrote these bytes; where they begin, the consumer said.
    const bool sane =
        slot.total_bytes >= sizeof(slot) && slot.total_bytes <= room &&
        slot.record_bytes <= slot.total_bytes - sizeof(slot) &&
        slot.check == check_of({at + sizeof(slot), slot.record_bytes}, slot.sequence, kind);
    if (!sane) return 0;
    if (kind != SlotKind::Padding) {
      uint64_t monotonic_ns = 0;
      if (slot.record_bytes < sizeof(contract::RecordHeader)) return 0;
      std::memcpy(&monotonic_ns, at + sizeof(slot) + offsetof(contract::RecordHeader, monotonic_ns),
                  8);
      return monotonic_ns;
    }
    position += slot.total_bytes;
  }
  return std::nullopt;
}

}  // namespace sallyport::evidence
