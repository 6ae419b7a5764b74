// segment_holder.h: gives a segment back on every path that did not hand it on.
#pragma once

#include <utility>

#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment.h"

namespace sallyport::ip {

class SegmentHolder {
 public:
  explicit SegmentHolder(mem::Segment* segment) noexcept : segment_(segment) {}
  ~SegmentHolder() {
    if (segment_ != nullptr) mem::release(segment_);
  }
  SegmentHolder(const SegmentHolder&) = delete;
  SegmentHolder& operator=(const SegmentHolder&) = delete;
  mem::Segment& operator*() noexcept { return *segment_; }
  mem::Segment* take() noexcept { return std::exchange(segment_, nullptr); }

 private:
  mem::Segment* segment_;
};

}  // namespace sallyport::ip
