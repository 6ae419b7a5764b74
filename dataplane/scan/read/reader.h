// reader.h: reads a folded text forward and remembers whether it wanted a character that has not
// come yet.
//
// A recogniser that reads through it keeps the promise of recogniser.h by itself: its way through
// the text depends on known characters only, so it answers More exactly when starved() and the same
// for every longer text else. At `limit` the text is over for it.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/read/recogniser.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

// Bytes, in lower case, that the texts of a list begin with: where none stands, none of them does.
class FirstBytes {
 public:
  template <class List>
  constexpr explicit FirstBytes(const List& list) {
    for (std::string_view one : list)
      bits_[static_cast<uint8_t>(one[0]) / 64] |= uint64_t{1}
                                                  << (static_cast<uint8_t>(one[0]) % 64);
  }
  constexpr bool has(uint8_t c) const noexcept {
    const uint8_t lower = to_lower(c);
    return (bits_[lower / 64] >> (lower % 64) & 1) != 0;
  }

 private:
  std::array<uint64_t, 4> bits_{};
};

class Reader {
 public:
  // The view must outlive the reader.
  Reader(const TextView& text, uint64_t at, uint64_t limit) noexcept
      : text_(&text),
        bytes_(text.bytes),
        begin_(text.begin),
        size_(std::max(text.begin, std::min(text.end, limit)) - text.begin),
        at_(at),
        limit_(limit) {}

  uint64_t at() const noexcept { return at_; }
  void move_to(uint64_t offset) noexcept { at_ = offset; }
  bool starved() const noexcept { return starved_; }
  bool at_limit() const noexcept { return at_ >= limit_; }

  // 0 at the end of the text, at the limit, and where the text is not known yet.
  uint8_t peek(uint64_t ahead = 0) noexcept {
    const uint64_t offset = at_ + ahead;
    if (offset - begin_ < size_) [[likely]]
      return bytes_[offset - begin_];
    if (offset < limit_ && !text_->known(offset)) starved_ = true;
    return 0;
  }
  uint8_t before() const noexcept { return at_ == 0 ? uint8_t{0} : text_->at(at_ - 1); }
  void skip(uint64_t count = 1) noexcept { at_ += count; }

  // Goes over `literal` (lower case) when it stands here, in any case.
  bool take(std::string_view literal) noexcept {
    for (size_t i = 0; i < literal.size(); ++i)
      if (to_lower(peek(i)) != static_cast<uint8_t>(literal[i])) return false;
    skip(literal.size());
    return true;
  }
  // Spaces and tabs; how many.
  uint64_t skip_blanks(uint64_t max) noexcept {
    uint64_t count = 0;
    while (count < max && (peek() == ' ' || peek() == '\t')) {
      skip();
      ++count;
    }
    return count;
  }
  std::span<const uint8_t> slice(uint64_t from, uint64_t to) const noexcept {
    return text_->slice(from, to);
  }

 private:
  const TextView* text_;
  // What is there of the view before the limit: nearly all that is asked for.
  const uint8_t* bytes_;
  uint64_t begin_;
  uint64_t size_;
  uint64_t at_;
  uint64_t limit_;
  bool starved_ = false;
};

}  // namespace sallyport::scan
