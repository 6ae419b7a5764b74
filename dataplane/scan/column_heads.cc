#include "dataplane/scan/column_heads.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// A quote, emphasis, a bracket and a space may stand between a separator and the value.
constexpr unsigned kBeforeValueMax = 4;
// Rows without a head above a value that are walked over.
constexpr unsigned kRowsMax = 12;

bool is_delimiter(uint8_t c) noexcept { return c == ',' || c == ';' || c == '\t' || c == '|'; }

// Where the line of `at` begins. False: before what may be looked at, or right there: what stands
// before `floor` may be gone.
bool line_start(const TextView& text, uint64_t floor, uint64_t at, uint64_t& out) noexcept {
  while (at > floor && text.at(at - 1) != '\n') --at;
  out = at;
  return at == 0 || at > floor;
}

// What parts the cells of the line that ends at `end`; 0: nothing.
uint8_t delimiter_of(const TextView& text, uint64_t floor, uint64_t end) noexcept {
  uint64_t from = 0;
  if (!line_start(text, floor, end, from)) return 0;
  uint8_t best = 0;
  for (uint64_t at = from; at < end; ++at) {
    const uint8_t c = text.at(at);
    if (!is_delimiter(c)) continue;
    if (c != ',') return c;
    best = c;
  }
  return best;
}

// Separators of [from, to) that stand outside of double quotes.
uint32_t count_separators(const TextView& text, uint64_t from, uint64_t to,
                          uint8_t delimiter) noexcept {
  uint32_t count = 0;
  bool quoted = false;
  from = std::max(from, text.begin);
  to = std::min(to, text.end);
  if (from >= to) return 0;
  for (uint8_t c : text.slice(from, to)) {
    if (c == '"' && delimiter != '|')
      quoted = !quoted;
    else if (c == delimiter && !quoted)
      ++count;
  }
  return count;
}

struct Cell {
  uint64_t from = 0;
  uint64_t to = 0;
};

// The cell `column` of the line [from, to).
Cell cell_at(const TextView& text, uint64_t from, uint64_t to, uint8_t delimiter,
             uint32_t column) noexcept {
  Cell out{from, to};
  bool quoted = false;
  for (uint64_t at = from; at < to; ++at) {
    const uint8_t c = text.at(at);
    if (c == '"' && delimiter != '|') quoted = !quoted;
    if (c != delimiter || quoted) continue;
    if (column == 0) {
      out.to = at;
      return out;
    }
    --column;
    out.from = at + 1;
  }
  return out;
}

enum class CellKind : uint8_t { Head, Data, Rule };

// What a cell above a value is: a name, a value or nothing, or the rule of dashes of Markdown.
CellKind kind_of(const TextView& text, const Cell& cell) noexcept {
  unsigned letters = 0, digits = 0, dashes = 0;
  for (uint64_t at = cell.from; at < cell.to; ++at) {
    const uint8_t c = text.at(at);
    if (is_digit(c)) ++digits;
    if (is_letter(c) || c >= 0x80) ++letters;
    if (c == '-' || c == ':' || c == '=') ++dashes;
  }
  if (letters == 0 && digits == 0 && dashes > 1) return CellKind::Rule;
  // "n/a", "null", "-", nothing: the value is missing.
  if (letters == 0 || digits > 1 || cell.to - cell.from > 64) return CellKind::Data;
  std::array<char, 8> word{};
  size_t size = 0;
  for (uint64_t at = cell.from; at < cell.to && size < word.size(); ++at)
    if (is_letter(text.at(at))) word[size++] = static_cast<char>(text.at(at) | 0x20);
  for (std::string_view none : {"na", "null", "none", "nil", "nan", "unknown", "tbd"})
    if (letters == none.size() && std::string_view(word.data(), size) == none)
      return CellKind::Data;
  return CellKind::Head;
}

bool is_tag(const TextView& text, uint64_t at, std::string_view name) noexcept {
  for (size_t i = 0; i < name.size(); ++i)
    if ((text.at(at + i) | 0x20) != static_cast<uint8_t>(name[i])) return false;
  return !is_letter(text.at(at + name.size()));
}

// The last `name` tag that begins in [floor, at); kNone: none.
constexpr uint64_t kNoTag = ~uint64_t{0};
uint64_t tag_before(const TextView& text, uint64_t floor, uint64_t at,
                    std::string_view name) noexcept {
  while (at > floor)
    if (is_tag(text, --at, name)) return at;
  return kNoTag;
}

uint32_t count_tags(const TextView& text, uint64_t from, uint64_t to,
                    std::string_view name) noexcept {
  uint32_t count = 0;
  for (uint64_t at = from; at < to; ++at) count += is_tag(text, at, name) ? 1 : 0;
  return count;
}

}  // namespace

void ColumnHeads::learn_cell(const ContextWords& words, const TextView& text, size_t column,
                             uint64_t from, uint64_t to, ContextBlocks& blocks) {
  Column& out = table_.columns[column];
  out.count = 0;
  ContextHits hits;
  words.find(text, to, blocks, hits);
  for (size_t i = hits.count; i-- > 0 && out.count < kWordsMax;) {
    const uint64_t end = to - hits.hits[i].distance;
    if (end < from + words.word(hits.hits[i].word).size()) continue;
    out.words[out.count++] = hits.hits[i].word;
    table_.has_words = true;
  }
}

// Moves place_ to `at`, on from where it is if that is near. False: the line begins before `floor`.
bool ColumnHeads::move_to(const TextView& text, uint64_t floor, uint64_t at,
                          uint8_t delimiter) noexcept {
  Place& p = place_;
  if (p.at == kNone || p.at > at || p.at < floor || p.delimiter != delimiter) {
    uint64_t line = 0;
    p.at = kNone;
    if (!line_start(text, floor, at, line)) return false;
    p = Place{line, line, 0, delimiter, false};
  }
  for (; p.at < at; ++p.at) {
    const uint8_t c = text.at(p.at);
    if (c == '\n')
      p = Place{p.at + 1, p.at, 0, delimiter, false};
    else if (c == '"' && delimiter != '|')
      p.quoted = !p.quoted;
    else if (c == delimiter && !p.quoted)
      ++p.count;
  }
  return p.line == 0 || p.line > floor;
}

// The lines from the last known one to `line` are rows of the same table.
bool ColumnHeads::belongs(const TextView& text, uint64_t floor, uint64_t line) const noexcept {
  if (table_.last == kNone || table_.last > line || table_.last < floor) return false;
  if (table_.delimiter == kHtml) {
    for (uint64_t at = table_.last; at < line; ++at)
      if (is_tag(text, at, "</table") || is_tag(text, at, "<table") || is_tag(text, at, "<th"))
        return false;
    return true;
  }
  for (uint64_t at = table_.last; at < line;) {
    uint64_t end = at;
    while (end < line && text.at(end) != '\n') ++end;
    if (count_separators(text, at, end, table_.delimiter) != table_.cells) return false;
    at = end + 1;
  }
  return true;
}

bool ColumnHeads::learn_lines(const ContextWords& words, const TextView& text, uint64_t floor,
                              uint64_t line, uint8_t delimiter, uint32_t column,
                              ContextBlocks& blocks) {
  uint32_t cells = 0;
  uint64_t end = line;
  for (unsigned rows = 0; rows < kRowsMax && end > floor; ++rows) {
    --end;  // the line end
    uint64_t from = 0;
    if (end > floor && text.at(end - 1) == '\r') --end;
    if (!line_start(text, floor, end, from)) return false;
    const uint32_t here = count_separators(text, from, end, delimiter);
    if (rows == 0) cells = here;
    if (here != cells || here < column || here == 0) return false;
    const bool tried = from == failed_ && failed_delimiter_ == delimiter;
    const CellKind kind = kind_of(text, cell_at(text, from, end, delimiter, column));
    if (kind == CellKind::Head) {
      table_.delimiter = delimiter;
      table_.cells = cells;
      table_.has_words = false;
      for (size_t i = 0; i < kColumnsMax; ++i) {
        table_.columns[i].count = 0;
        if (i > cells) continue;
        const Cell cell = cell_at(text, from, end, delimiter, static_cast<uint32_t>(i));
        learn_cell(words, text, i, cell.from, cell.to, blocks);
      }
      return true;
    }
    if (tried) return false;
    end = from;
  }
  return false;
}

bool ColumnHeads::learn_html(const ContextWords& words, const TextView& text, uint64_t floor,
                             uint64_t row, ContextBlocks& blocks) {
  const uint64_t last = tag_before(text, floor, row, "<th");
  const uint64_t heads = last == kNoTag ? kNoTag : tag_before(text, floor, last, "<tr");
  if (heads == kNoTag) return false;
  for (uint64_t at = last; at < row; ++at)
    if (is_tag(text, at, "</table")) return false;
  table_.delimiter = kHtml;
  table_.cells = 0;
  table_.has_words = false;
  for (Column& column : table_.columns) column.count = 0;
  size_t column = 0;
  for (uint64_t at = heads; at < row && column < kColumnsMax; ++at) {
    if (!is_tag(text, at, "<th")) continue;
    uint64_t from = at;
    while (from < row && text.at(from) != '>') ++from;
    uint64_t to = from;
    while (to < row && text.at(to) != '<') ++to;
    learn_cell(words, text, column++, from, to, blocks);
    at = to > at ? to - 1 : at;
  }
  return column > 0;
}

uint64_t ColumnHeads::find(const ContextWords& words, const TextView& text, uint64_t start,
                           ContextBlocks& blocks, ContextHits& out) {
  uint64_t at = start;
  for (unsigned i = 0; i < kBeforeValueMax && at > 0; ++i, --at) {
    const uint8_t c = text.at(at - 1);
    if (c != ' ' && c != '"' && c != '\'' && c != '*' && c != '`' && c != '(' && c != '+') break;
  }
  lost_ = false;
  const uint8_t before = text.at(at - 1);
  const uint64_t floor = start > kTableReachBytes ? start - kTableReachBytes : 0;
  uint64_t line = 0;
  uint32_t column = 0;
  if (before == '>') {
    const uint64_t cell = tag_before(text, std::max(floor, at > 80 ? at - 80 : 0), at, "<td");
    const uint64_t row = cell == kNoTag ? kNoTag : tag_before(text, floor, cell, "<tr");
    if (row == kNoTag) return 0;
    column = count_tags(text, row, cell, "<td") + count_tags(text, row, cell, "<th");
    line = row;
    if (!(table_.delimiter == kHtml && belongs(text, floor, line)) &&
        !learn_html(words, text, floor, line, blocks))
      return 0;
  } else {
    const bool first = before == '\n';
    if (!first && !is_delimiter(before)) return 0;
    const bool has_table = table_.last != kNone && table_.delimiter != kHtml;
    const uint8_t delimiter = !first      ? before
                              : has_table ? table_.delimiter
                                          : delimiter_of(text, floor, at - 1);
    if (delimiter == 0 || !move_to(text, floor, at, delimiter) || place_.line == 0) return 0;
    line = place_.line;
    column = place_.count;
    const bool known = table_.delimiter == delimiter && belongs(text, floor, line);
    if (!known && ((failed_ == line && failed_delimiter_ == delimiter) ||
                   !learn_lines(words, text, floor, line, delimiter, column, blocks))) {
      // A sign inside of a cell ends no table.
      if (table_.delimiter == delimiter) {
        lost_ = first && has_table;
        table_.last = kNone;
      }
      failed_ = line;
      failed_delimiter_ = delimiter;
      return 0;
    }
  }
  table_.last = line;
  if (!table_.has_words || column >= kColumnsMax) return 0;
  const Column& head = table_.columns[column];
  for (size_t i = 0; i < head.count && out.count < ContextHits::kHitsMax; ++i)
    out.hits[out.count++] = ContextHit{head.words[i], kHeadDistance};
  return line;
}

}  // namespace sallyport::scan
