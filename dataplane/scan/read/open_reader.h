// open_reader.h: reading at any place of a text of which the rest may not be there yet.
//
// The rule of recogniser.h (No and Match hold for every longer text) is kept by one means: whoever
// asks for a character that is not known makes the reader open, and an open reader answers More,
// whatever else was found. An answer that never asked beyond the known text cannot change with what
// follows.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/scan/read/letter_run.h"
#include "dataplane/scan/read/recogniser.h"
#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

class OpenReader {
 public:
  explicit OpenReader(const TextView& text) noexcept
      : text_(&text), bytes_(text.bytes), begin_(text.begin), size_(text.end - text.begin) {}

  // 0: nothing stands there, or not yet.
  uint8_t at(uint64_t offset) noexcept {
    if (offset - begin_ < size_) [[likely]]
      return bytes_[offset - begin_];
    if (!text_->known(offset)) open_ = true;
    return 0;
  }
  // The letters from `offset` on, as far as the known text goes: where they end.
  uint64_t letters_end(uint64_t offset, uint64_t max) const noexcept {
    return scan::letters_end(*text_, offset, max);
  }
  // Where the letters before `offset` begin.
  uint64_t letters_start(uint64_t offset, uint64_t max) const noexcept {
    return scan::letters_start(*text_, offset, max);
  }
  // What is there of [start, end). REQUIRES: the character at `start` is.
  std::span<const uint8_t> known(uint64_t start, uint64_t end) const noexcept {
    return text_->slice(start, end < text_->end ? end : text_->end);
  }
  // The character before `offset`. What stands there is always known.
  uint8_t before(uint64_t offset) const noexcept {
    const uint64_t place = offset - 1 - begin_;
    return place < size_ ? bytes_[place] : uint8_t{0};
  }

  // ASCII letters of either case; `lower` is lower case.
  bool follows(uint64_t offset, std::string_view lower) noexcept {
    for (size_t i = 0; i < lower.size(); ++i)
      if (to_lower(at(offset + i)) != static_cast<uint8_t>(lower[i])) return false;
    return true;
  }

  Verdict answer(bool match) const noexcept {
    return open_ ? Verdict::More : match ? Verdict::Match : Verdict::No;
  }
  bool open() const noexcept { return open_; }

 private:
  const TextView* text_;
  // Of the view: what is asked for is nearly always there, and one comparison tells.
  const uint8_t* bytes_;
  uint64_t begin_;
  uint64_t size_;
  bool open_ = false;
};

// Part of a word in any script: ASCII letters, and every byte of UTF-8.
constexpr bool is_word_letter(uint8_t c) noexcept { return is_letter(c) || c >= 0x80; }

// A cue [start, end) is a word, not a part of one: no letter before it, unless a new word of a
// camelCase name begins there, and no small letter behind it. Scripts without spaces between words
// have neither.
inline bool cue_stands_alone(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  const uint8_t left = reader.before(start), first = reader.at(start), right = reader.at(end);
  if (is_letter(first) && is_letter(left) && !(is_lower(left) && is_upper(first))) return false;
  const uint8_t last = reader.before(end);
  return !(is_letter(last) && is_lower(right)) &&
         !(is_letter(last) && is_upper(right) && is_upper(last));
}

}  // namespace sallyport::scan
