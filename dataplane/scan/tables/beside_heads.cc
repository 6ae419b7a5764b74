#include "dataplane/scan/tables/beside_heads.h"

#include <string_view>

#include "dataplane/scan/tables/html_tags.h"
#include "dataplane/scan/tables/line_cells.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kPaddingMax = 32;

bool is_around(uint8_t c) noexcept { return c == ' ' || is_mark(c); }

bool parts_cells(uint8_t c) noexcept {
  return is_delimiter(c) || c == '<' || c == '>' || c == '(' || c == ')' || c == '[' || c == ']' ||
         c == '\n' || c == '\r' || c == 0;
}

void learn(const TextView& text, uint32_t column, uint64_t from, uint64_t to,
           BesideHeads& out) noexcept {
  OpenReader reader(text);
  const PersonalField field = personal_field(reader, from, to);
  if (field > out.field) out = BesideHeads{field, column};
}

}  // namespace

Answer is_whole_head(const TextView& text, uint64_t start, uint64_t end) noexcept {
  uint64_t left = start;
  while (left > text.begin && start - left < kPaddingMax && is_around(text.at(left - 1))) --left;
  if (left > text.begin && !parts_cells(text.at(left - 1))) return Answer::No;
  uint64_t right = end;
  while (right - end < kPaddingMax && is_around(text.at(right))) ++right;
  if (!text.known(right)) return Answer::Unknown;
  return parts_cells(text.at(right)) ? Answer::Yes : Answer::No;
}

BesideHeads heads_of_cells(const TextView& text, uint64_t from, uint64_t to,
                           uint8_t delimiter) noexcept {
  BesideHeads out;
  each_cell(text, from, to, delimiter, [&](uint32_t column, uint64_t cell, uint64_t cell_end) {
    learn(text, column, cell, cell_end, out);
  });
  return out;
}

bool heads_of_html(const TextView& text, uint64_t row, BesideHeads& out) noexcept {
  uint64_t cell = 0;  // where its text begins; 0: in none
  uint32_t column = 0;
  for (uint64_t at = row; at - row < kHtmlHeadBytesMax; ++at) {
    const uint8_t c = text.at(at);
    if (!text.known(at)) return false;
    if (c == '<') {
      if (cell != 0) learn(text, column, cell, at, out);
      cell = 0;
      if (is_tag(text, at, "</tr") || is_tag(text, at, "</table")) return true;
      if (is_tag(text, at, "<td") || is_tag(text, at, "<th")) ++column;
    }
    if (c == '>') cell = at + 1;
  }
  return true;
}

bool may_be_personal(const TextView& text, uint64_t from, uint64_t to) noexcept {
  bool empty = true;
  for (uint64_t at = from; at < to; ++at) {
    const uint8_t c = text.at(at);
    if (is_digit(c) || c == '@') return true;
    empty = empty && (is_blank(c) || is_mark(c) || c == '-');
  }
  return empty;
}

}  // namespace sallyport::scan
