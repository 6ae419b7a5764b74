// line_cells.h: the cells of one line of a table.
#pragma once

#include <cstdint>

#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

// use(column, from, to) for the cells of the line [from, to); how many separators it has. Double
// quotes hold a separator where they begin a cell (RFC 4180): inside of one they are inches, or the
// gershayim of Hebrew.
template <class Use>
uint32_t each_cell(const TextView& text, uint64_t from, uint64_t to, uint8_t delimiter, Use&& use) {
  uint32_t column = 0;
  bool quoted = false, blank = true;
  for (uint64_t at = from; at < to; ++at) {
    const uint8_t c = text.at(at);
    if (c == '"' && delimiter != '|' && (quoted || blank)) {
      quoted = !quoted;
      continue;  // '""' inside of quotes is one
    }
    if (c != delimiter || quoted) {
      blank = blank && c == ' ';
      continue;
    }
    use(column++, from, at);
    from = at + 1;
    blank = true;
  }
  use(column, from, to);
  return column;
}

}  // namespace sallyport::scan
