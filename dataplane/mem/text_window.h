// text_window.h: the part of a text that is not decided yet.
//
// Grows at its end and forgets from its front, like the text does as it passes. What it held is
// wiped when it goes: also what is left behind when it grows, which a vector gives back to the heap
// as it was, and what vectors write past the end of the text. Room is not cleared before it is
// written.
// Owner  one channel; reusable, memory is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace sallyport::mem {

class TextWindow {
 public:
  TextWindow() = default;
  ~TextWindow() { clear(); }
  TextWindow(const TextWindow&) = delete;
  TextWindow& operator=(const TextWindow&) = delete;

  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const uint8_t* data() const noexcept { return memory_.get(); }
  std::span<const uint8_t> bytes() const noexcept { return {memory_.get(), size_}; }
  uint8_t operator[](size_t i) const noexcept { return memory_[i]; }

  // Room for `room` bytes behind the text, to be written and committed. Pointers into the text are
  // invalid behind it.
  uint8_t* extend(size_t room) {
    if (room > capacity_ - size_) grow(room);
    if (size_ + room > written_) written_ = size_ + room;
    return memory_.get() + size_;
  }
  // The first `count` of them are text now. REQUIRES: no more than extend() was asked for.
  void commit(size_t count) noexcept;
  // `more` is no part of this.
  void append(std::span<const uint8_t> more);
  // Forgets the first `count` bytes: the rest is moved. REQUIRES: count <= size().
  void drop_front(size_t count) noexcept;
  // The same if they are the larger part: moving the rest costs its size. Answers how many went.
  size_t forget(size_t count) noexcept;
  void clear() noexcept;

 private:
  void grow(size_t room);

  std::unique_ptr<uint8_t[]> memory_;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t written_ = 0;  // bytes that may hold something: the text, and room that was given out
};

}  // namespace sallyport::mem
