// byte_chain.h: an ordered run of bytes held in segments. How payload travels between stages, by
// move.
//
// Invariants
//   I1  size() is the sum of the segments' sizes; no segment in a chain is empty.
//   I2  every segment in the chain is held by this chain alone.
// Owner   one worker; no locks.
// Errors  append() and take_front() that must copy report false when the pool is out of segments;
//         the chain is then unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/mem/segment.h"

namespace sallyport::mem {

class SegmentPool;

class ByteChain {
 public:
  ByteChain() = default;
  ByteChain(ByteChain&& other) noexcept;
  ByteChain& operator=(ByteChain&& other) noexcept;
  ByteChain(const ByteChain&) = delete;
  ByteChain& operator=(const ByteChain&) = delete;
  ~ByteChain();

  // Takes the segment (an empty one is released at once).
  void append(Segment* segment) noexcept;
  // Takes all of `other`, which becomes empty.
  void append(ByteChain&& other) noexcept;
  // Copies bytes to the end: first into room behind the last segment when that segment belongs to
  // `pool`, then into fresh segments. False: pool exhausted, nothing appended.
  [[nodiscard]] bool append_copy(std::span<const uint8_t> bytes, SegmentPool& pool) noexcept;

  // Drops `count` bytes from the front. REQUIRES: count <= size().
  void consume(size_t count) noexcept;
  // Drops bytes from the end. REQUIRES: count <= size().
  void trim_back(size_t count) noexcept;
  // Moves the first `count` bytes to `out` (appended). A segment cut in the middle is copied for
  // its front part. False: pool exhausted, nothing moved. REQUIRES: count <= size().
  [[nodiscard]] bool take_front(size_t count, ByteChain& out, SegmentPool& pool) noexcept;
  // Takes the first segment off, or null when empty. The caller now holds it.
  [[nodiscard]] Segment* pop_front() noexcept;
  // Releases everything.
  void clear() noexcept;

  // Copies up to out.size() bytes starting at `from`; answers how many.
  size_t copy_out(size_t from, std::span<uint8_t> out) const noexcept;

  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  // First contiguous bytes; valid until the next change of this chain.
  std::span<const uint8_t> front() const noexcept;
  // For iteration: for (const Segment* s = chain.first(); s; s = s->next).
  const Segment* first() const noexcept { return first_; }
  Segment* first() noexcept { return first_; }
  size_t segment_count() const noexcept { return segment_count_; }

 private:
  Segment* first_ = nullptr;
  Segment* last_ = nullptr;
  size_t size_ = 0;
  size_t segment_count_ = 0;
};

// Gives a segment back to its owner.
inline void release(Segment* segment) noexcept { segment->owner->release(segment); }

}  // namespace sallyport::mem
