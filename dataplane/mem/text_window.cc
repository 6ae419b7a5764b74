#include "dataplane/mem/text_window.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::mem {

void TextWindow::grow(size_t room) {
  const size_t larger = std::max(capacity_ * 2, size_ + room);
  auto memory = std::make_unique_for_overwrite<uint8_t[]>(larger);
  if (size_ > 0) std::memcpy(memory.get(), memory_.get(), size_);
  wipe({memory_.get(), written_});
  memory_ = std::move(memory);
  capacity_ = larger;
  written_ = size_;
}

void TextWindow::commit(size_t count) noexcept {
  SP_CHECK(count <= written_ - size_);
  size_ += count;
}

void TextWindow::append(std::span<const uint8_t> more) {
  if (more.empty()) return;
  std::memcpy(extend(more.size()), more.data(), more.size());
  size_ += more.size();
}

void TextWindow::drop_front(size_t count) noexcept {
  SP_CHECK(count <= size_);
  if (count == 0) return;
  size_ -= count;
  std::memmove(memory_.get(), memory_.get() + count, size_);
  wipe(std::span(memory_.get(), written_).subspan(size_));
  written_ = size_;
}

size_t TextWindow::forget(size_t count) noexcept {
  if (count <= size_ / 2) return 0;
  drop_front(count);
  return count;
}

void TextWindow::clear() noexcept {
  wipe({memory_.get(), written_});
  size_ = written_ = 0;
}

}  // namespace sallyport::mem
