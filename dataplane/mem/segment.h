// segment.h: bytes and who owns them. The unit in which payload moves between stages.
//
// A segment has exactly one holder at a time; it moves, it is never shared. Its storage belongs to
// an owner (an mbuf pool of nic/, a SegmentPool, a test), which gets it back through release(). No
// DPDK type appears here, so the engine and the TCP core link without EAL.
#pragma once

#include <cstdint>
#include <span>

namespace sallyport::mem {

struct Segment;

// Gets storage back. One virtual call per segment, never per byte.
class SegmentOwner {
 public:
  virtual void release(Segment* segment) noexcept = 0;

 protected:
  ~SegmentOwner() = default;
};

struct Segment {
  Segment* next = nullptr;        // used by the chain or free list that holds it
  SegmentOwner* owner = nullptr;  // never null once handed out
  uint8_t* storage = nullptr;     // first byte of the storage
  uint32_t capacity = 0;          // bytes at `storage`
  uint32_t offset = 0;            // first valid byte, from `storage`
  uint32_t size = 0;              // valid bytes; offset + size <= capacity
  void* cookie = nullptr;         // the owner's own use (the mbuf, for nic/)

  uint8_t* data() noexcept { return storage + offset; }
  const uint8_t* data() const noexcept { return storage + offset; }
  uint32_t room() const noexcept { return capacity - offset - size; }
  uint8_t* tail() noexcept { return storage + offset + size; }
  std::span<const uint8_t> bytes() const noexcept { return {data(), size}; }
  std::span<uint8_t> bytes() noexcept { return {data(), size}; }
};

}  // namespace sallyport::mem
