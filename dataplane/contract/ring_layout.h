// ring_layout.h: the evidence ring, byte by byte. One producer (a dataplane worker), one consumer
// (the drainer in sallyportd), two tmpfs files per worker and dataplane start:
//
//   <boot id, 32 hex>-<generation>-<worker>.data     written by the producer only
//   <boot id, 32 hex>-<generation>-<worker>.cursor   written by the consumer only
//
//   .data    +0     RingDataHeader, one page: who made this, versions, capacity, head
//            +4096  capacity bytes; a byte position p (never wraps, 64 bit) lies at 4096 + p %
//            capacity
//
//   slot     RingSlot (32 bytes), then the evidence record, padded with zeros to kSlotAlignment.
//            A slot never crosses the end of the area: a Padding slot fills the rest instead.
//            Sequence numbers are gap-free from 1; Padding and Mapping slots consume none.
//            A Mapping slot holds what tokens stand for, sealed to the vault (mapping_record.h);
//            since layout version 2.
//
//   .cursor  +0     RingCursor, one page: what the consumer has committed, and its heartbeat
//
// Publication: the producer writes slots, then stores `head` with release. The consumer never
// trusts what it reads: it copies, then validates (controlplane/evidence/ring/ring_reader.h). Life:
// the producer holds an exclusive flock on .data for as long as it lives; the kernel drops it at
// any death. A ring without the lock is over; it is drained, its open exchanges are closed, and it
// is removed. The data file appears under its name only when it is complete (written as a dot file,
// then renamed).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sallyport::contract {

inline constexpr uint64_t kRingMagic = 0x5350'5249'4e47'0001ULL;
inline constexpr uint64_t kCursorMagic = 0x5350'4355'5253'0001ULL;
inline constexpr uint32_t kRingLayoutVersion = 2;
inline constexpr uint32_t kRingLayoutVersionOldest = 1;  // that a consumer still reads
inline constexpr size_t kRingHeaderBytes = 4096;
inline constexpr size_t kSlotAlignment = 32;
inline constexpr uint64_t kRingCapacityBytesMin = 64 * 1024;
inline constexpr uint64_t kRingCapacityBytesMax = 1ULL << 30;
inline constexpr uint32_t kRingWorkersMax = 256;

struct RingDataHeader {
  uint64_t magic;
  uint32_t layout_version;
  uint32_t record_version;  // kRecordVersion of evidence_record.h
  uint64_t capacity_bytes;  // power of two
  std::array<uint8_t, 16> boot_id;
  uint64_t generation;
  uint32_t worker;
  uint32_t node;          // RequestId::node
  uint32_t start;         // RequestId::start
  uint32_t producer_pid;  // for messages only
  uint64_t created_wall_ns;
  std::array<uint8_t, 48> reserved;
  // On a cache line of its own: the only words that change.
  alignas(64) std::atomic<uint64_t> head;    // byte position behind the last published slot
  std::atomic<uint64_t> published_sequence;  // a hint; the slots decide
};
static_assert(offsetof(RingDataHeader, capacity_bytes) == 16);
static_assert(offsetof(RingDataHeader, boot_id) == 24);
static_assert(offsetof(RingDataHeader, generation) == 40);
static_assert(offsetof(RingDataHeader, worker) == 48);
static_assert(offsetof(RingDataHeader, created_wall_ns) == 64);
static_assert(offsetof(RingDataHeader, head) == 128);
static_assert(offsetof(RingDataHeader, published_sequence) == 136);
static_assert(sizeof(RingDataHeader) <= kRingHeaderBytes);

enum class SlotKind : uint16_t { Record = 1, Padding = 2, Mapping = 3 };

struct RingSlot {
  uint32_t total_bytes;   // this header, the record and the padding; a multiple of kSlotAlignment
  uint32_t record_bytes;  // exact length of the record; 0 in a Padding slot
  uint64_t sequence;      // of this record; in a Padding or Mapping slot, of the next one
  uint64_t check;         // siphash13 (zero key) over the record, then folded with the fields above
  uint16_t kind;          // SlotKind
  std::array<uint8_t, 6> reserved;
};
static_assert(sizeof(RingSlot) == 32);
// What is left before the end of the area always has room for the header of a Padding slot.
static_assert(kSlotAlignment % sizeof(RingSlot) == 0);
static_assert(kRingCapacityBytesMin % kSlotAlignment == 0);
static_assert(offsetof(RingSlot, sequence) == 8);
static_assert(offsetof(RingSlot, check) == 16);
static_assert(offsetof(RingSlot, kind) == 24);

constexpr uint32_t slot_total_bytes(uint32_t record_bytes) {
  return static_cast<uint32_t>((sizeof(RingSlot) + record_bytes + kSlotAlignment - 1) /
                               kSlotAlignment * kSlotAlignment);
}
// Binds length, kind and sequence to the bytes: a slot moved or relabelled fails its check.
constexpr uint64_t slot_check(uint64_t record_hash, uint32_t record_bytes, uint64_t sequence,
                              SlotKind kind) {
  uint64_t x = record_hash ^ (sequence * 0x9e37'79b9'7f4a'7c15ULL);
  x ^= (uint64_t{record_bytes} << 17) ^ static_cast<uint64_t>(kind);
  x ^= x >> 31;
  x *= 0xbf58'476d'1ce4'e5b9ULL;
  return x ^ (x >> 29);
}

struct RingCursor {
  uint64_t magic;
  uint32_t layout_version;
  uint32_t reserved0;
  std::array<uint8_t, 48> reserved;
  alignas(64) std::atomic<uint64_t> committed_position;  // bytes before this may be overwritten
  std::atomic<uint64_t> committed_sequence;              // records up to this are in LMDB, synced
  std::atomic<uint64_t> heartbeat_ns;    // consumer's CLOCK_MONOTONIC at its last round
  std::atomic<uint64_t> consumer_state;  // ConsumerState
};
enum class ConsumerState : uint64_t {
  Draining = 1,
  Blocked = 2 /* disk or map full: heartbeat goes on, commits do not */
};
static_assert(offsetof(RingCursor, committed_position) == 64);
static_assert(offsetof(RingCursor, committed_sequence) == 72);
static_assert(offsetof(RingCursor, heartbeat_ns) == 80);
static_assert(std::atomic<uint64_t>::is_always_lock_free);
inline constexpr size_t kCursorFileBytes = 4096;

}  // namespace sallyport::contract
