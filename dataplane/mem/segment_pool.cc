#include "dataplane/mem/segment_pool.h"

#include <sys/mman.h>

#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::mem {

SegmentPool::SegmentPool(size_t segment_count, uint32_t segment_bytes, Wipe wipe)
    : segment_count_(segment_count), segment_bytes_(segment_bytes), wipe_(wipe) {
  const size_t bytes = segment_count * segment_bytes;
  void* map = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SP_CHECK_WHY(map != MAP_FAILED, "not enough memory for a segment pool; lower the memory plan");
  ::madvise(map, bytes, MADV_DONTDUMP);
  if (wipe == Wipe::OnRelease) ::mlock(map, bytes);  // best effort; doctor reports the limit
  storage_ = static_cast<uint8_t*>(map);
  segments_ = new Segment[segment_count];
  for (size_t i = segment_count; i-- > 0;) {
    Segment& s = segments_[i];
    s.owner = this;
    s.storage = storage_ + i * segment_bytes;
    s.capacity = segment_bytes;
    s.next = free_;
    free_ = &s;
  }
  available_ = segment_count;
}

SegmentPool::~SegmentPool() {
  SP_CHECK_WHY(available_ == segment_count_, "a segment outlives its pool");
  delete[] segments_;
  ::munmap(storage_, segment_count_ * segment_bytes_);
}

Segment* SegmentPool::allocate() noexcept {
  if (free_ == nullptr) return nullptr;
  Segment* segment = free_;
  free_ = segment->next;
  --available_;
  segment->next = nullptr;
  segment->offset = 0;
  segment->size = 0;
  return segment;
}

void SegmentPool::release(Segment* segment) noexcept {
  SP_CHECK(owns(*segment));
  if (wipe_ == Wipe::OnRelease) wipe({segment->storage, segment->offset + segment->size});
  segment->next = free_;
  free_ = segment;
  ++available_;
  SP_CHECK(available_ <= segment_count_);
}

}  // namespace sallyport::mem
