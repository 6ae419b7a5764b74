// list_mark.h: what stands before the items of a list of lines: "- ", "* ", "+ ", "• ", "・", "12.
// ", "3) ".
#pragma once

#include <cstdint>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

// Blanks behind a mark.
inline constexpr uint64_t kListBlanksMax = 40;

// Where the item begins whose mark is at `at`; `at`: no mark stands there. `reader.at(offset)`: the
// character there.
template <class Reader>
uint64_t behind_list_mark(Reader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  uint64_t end = at;
  bool needs_blank = true;
  if (c == '-' || c == '*' || c == '+') {
    end = at + 1;
  } else if (c == 0xe2 && reader.at(at + 1) == 0x80 && reader.at(at + 2) == 0xa2) {
    end = at + 3;
  } else if (c == 0xe3 && reader.at(at + 1) == 0x83 && reader.at(at + 2) == 0xbb) {
    end = at + 3;
    needs_blank = false;
  } else {
    while (end - at < 3 && is_digit(reader.at(end))) ++end;
    if (end == at || (reader.at(end) != '.' && reader.at(end) != ')')) return at;
    ++end;
  }
  if (needs_blank && !is_gap(reader.at(end))) return at;
  const uint64_t limit = end + kListBlanksMax;
  while (end < limit && is_gap(reader.at(end))) ++end;
  return end;
}

}  // namespace sallyport::scan
