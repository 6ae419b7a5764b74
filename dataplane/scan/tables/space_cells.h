// space_cells.h: cells of printed lines, parted by two spaces or more.
//
//   Name        SIN            Amount            DOB
//   Ann Lee     215 395 765    3916.94           1994-04-21
// A line without such a gap is one cell: a column of its own below its name.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

// What stands for the separator of such lines.
inline constexpr uint8_t kSpaceGap = ' ';

// use(first, end) for the cells of `line`, offsets in it; false stops. Spaces around the line are
// of no cell.
template <class Use>
void each_space_cell(std::span<const uint8_t> line, Use&& use) noexcept {
  size_t end = line.size();
  while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\r')) --end;
  size_t at = 0;
  while (at < end && line[at] == ' ') ++at;
  for (size_t first = at; at < end;) {
    if (line[at] != ' ' || line[at + 1] != ' ') {
      ++at;
      if (at < end) continue;
    }
    if (!use(first, at)) return;
    while (at < end && line[at] == ' ') ++at;
    first = at;
  }
}

inline uint32_t count_space_gaps(std::span<const uint8_t> line) noexcept {
  uint32_t cells = 0;
  each_space_cell(line, [&](size_t, size_t) {
    ++cells;
    return true;
  });
  return cells == 0 ? 0 : cells - 1;
}

// How many cells stand in `before`, what stands in a line before another cell.
inline uint32_t count_space_cells(std::span<const uint8_t> before) noexcept {
  const bool any = std::any_of(before.begin(), before.end(), [](uint8_t c) { return c != ' '; });
  return any ? count_space_gaps(before) + 1 : 0;
}

// A name of a column and no sentence: a few words, or words and a colon.
inline bool is_printed_name(std::span<const uint8_t> cell) noexcept {
  constexpr size_t kBytesMax = 32, kSpacesMax = 3;
  if (cell.empty() || cell.size() > kBytesMax) return false;
  const auto has = [&](uint8_t c) { return std::find(cell.begin(), cell.end(), c) != cell.end(); };
  const auto spaces = static_cast<size_t>(std::count(cell.begin(), cell.end(), uint8_t{' '}));
  // "Subject: Invoice overdue" is a name and its value.
  const auto colon = std::find(cell.begin(), cell.end(), uint8_t{':'});
  return spaces <= kSpacesMax && !has(',') && !has(';') && !has('?') && !has('!') && !has('=') &&
         cell.back() != '.' && (colon == cell.end() || colon + 1 == cell.end());
}

}  // namespace sallyport::scan
