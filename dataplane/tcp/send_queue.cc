#include "dataplane/tcp/send_queue.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace sallyport::tcp {

void SendQueue::acknowledge(size_t count) noexcept {
  bytes_.consume(count);
  base_ += count;
  if (cursor_base_ < base_) cursor_ = nullptr;  // I1: its segment was released or cut
}

void SendQueue::clear() noexcept {
  bytes_.clear();
  cursor_ = nullptr;
}

size_t SendQueue::read(size_t offset, size_t bytes_max, std::span<std::span<const uint8_t>> pieces,
                       size_t& covered) noexcept {
  SP_CHECK(offset <= bytes_.size());
  covered = 0;
  const uint64_t position = base_ + offset;
  if (cursor_ == nullptr || position < cursor_base_) {
    cursor_ = bytes_.first();
    cursor_base_ = base_;
  }
  while (cursor_ != nullptr && position >= cursor_base_ + cursor_->size) {
    if (cursor_->next == nullptr) break;
    cursor_base_ += cursor_->size;
    cursor_ = cursor_->next;
  }
  size_t count = 0;
  size_t skip = static_cast<size_t>(position - cursor_base_);
  for (const mem::Segment* s = cursor_;
       s != nullptr && covered < bytes_max && count < pieces.size(); s = s->next) {
    if (skip >= s->size) break;  // only at the end of the queue
    const size_t part = std::min(bytes_max - covered, s->size - skip);
    pieces[count++] = {s->data() + skip, part};
    covered += part;
    skip = 0;
  }
  return count;
}

}  // namespace sallyport::tcp
