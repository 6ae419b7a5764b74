// segment_pool.h: a fixed number of equal segments, allocated once at start.
//
// Why fixed: exhaustion is then a written rule (allocate() answers null, the caller holds back or
// refuses), never growth. With `wipe_on_release` the bytes are zeroed when they come back: use it
// for every pool that holds plaintext. Owner   one worker; no locks. Lifetime: longer than every
// segment it hands out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/mem/segment.h"

namespace sallyport::mem {

class SegmentPool final : public SegmentOwner {
 public:
  enum class Wipe : uint8_t { No, OnRelease };

  // Maps segment_count x segment_bytes of anonymous memory, excluded from dumps; aborts (start-up
  // only) when the map fails. With Wipe::OnRelease it also asks the kernel to lock the pages.
  SegmentPool(size_t segment_count, uint32_t segment_bytes, Wipe wipe);
  ~SegmentPool();
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  // An empty segment, or null when the pool is exhausted.
  [[nodiscard]] Segment* allocate() noexcept;
  void release(Segment* segment) noexcept override;

  bool owns(const Segment& segment) const noexcept { return segment.owner == this; }
  size_t available() const noexcept { return available_; }
  size_t segment_count() const noexcept { return segment_count_; }
  uint32_t segment_bytes() const noexcept { return segment_bytes_; }

 private:
  const size_t segment_count_;
  const uint32_t segment_bytes_;
  const Wipe wipe_;
  uint8_t* storage_ = nullptr;
  Segment* segments_ = nullptr;
  Segment* free_ = nullptr;
  size_t available_ = 0;
};

}  // namespace sallyport::mem
