// text_view.h: the folded text that a recogniser may read, with offsets of the channel.
//
// Folded (fold.h): full-width forms, foreign digits, no-break spaces, dashes, look-alike letters,
// escapes and entities stand as the ASCII they mean, invisible characters are gone. So a recogniser
// reads plain ASCII forms only, and other letters as UTF-8 bytes from 0x80 up. A byte 0 never
// occurs in folded text: it means "outside".
//
// Owner  the scanner's window; valid during the call.
#pragma once

#include <cstdint>
#include <span>

namespace sallyport::scan {

struct TextView {
  const uint8_t* bytes = nullptr;  // bytes[0] is the character at offset `begin`
  uint64_t begin = 0;
  uint64_t end = 0;
  bool final = false;  // nothing comes behind `end`

  // The byte at `offset`, 0 outside of the view.
  uint8_t at(uint64_t offset) const noexcept {
    return offset - begin < end - begin ? bytes[offset - begin] : uint8_t{0};
  }
  // What stands at `offset` is known (also when it is: nothing, the text is over).
  bool known(uint64_t offset) const noexcept { return offset < end || final; }
  // REQUIRES: begin <= from <= to <= end.
  std::span<const uint8_t> slice(uint64_t from, uint64_t to) const noexcept {
    return {bytes + (from - begin), static_cast<size_t>(to - from)};
  }
};

}  // namespace sallyport::scan
