#include "dataplane/scan/tables/column_heads.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "dataplane/scan/tables/html_tags.h"
#include "dataplane/scan/tables/space_cells.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// A quote, emphasis, a bracket and a space may stand between a separator and the value; columns are
// padded.
constexpr unsigned kBeforeValueMax = 4;
constexpr unsigned kPaddingMax = 24;
// Rows without a head above a value that are walked over.
constexpr unsigned kRowsMax = 12;
// A line that is a single value.
constexpr uint64_t kLoneValueBytesMax = 40;

// Text is read so many characters at once.
constexpr size_t kBlockBytes = 64;
static_assert(kBlockBytes == 4 * sizeof(__m128i));

// Bit n: character n of the block is `c`.
uint64_t places_of(const uint8_t* block, uint8_t c) noexcept {
  const __m128i wanted = _mm_set1_epi8(static_cast<char>(c));
  uint64_t out = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + i);
    const auto hits = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(part, wanted)));
    out |= uint64_t{hits} << (16 * i);
  }
  return out;
}

// use(block, place) for all of `text`; the last block is filled with zeros. False stops.
template <class Use>
void each_block(std::span<const uint8_t> text, Use&& use) noexcept {
  size_t at = 0;
  for (; at + kBlockBytes <= text.size(); at += kBlockBytes)
    if (!use(text.data() + at, at)) return;
  if (at == text.size()) return;
  std::array<uint8_t, kBlockBytes> rest{};
  std::memcpy(rest.data(), text.data() + at, text.size() - at);
  use(rest.data(), at);
}

// The part of [from, to) that is there.
std::span<const uint8_t> known_part(const TextView& text, uint64_t from, uint64_t to) noexcept {
  from = std::max(from, text.begin);
  to = std::min(to, text.end);
  return from < to ? text.slice(from, to) : std::span<const uint8_t>{};
}

// Whether a text is inside of double quotes, and its last character.
struct Quotes {
  bool open = false;
  uint8_t former = 0;
};

// The separators of a block that stand outside of double quotes. `quotes`: those before it, then
// those up to its end.
uint64_t separators_of(const uint8_t* block, uint8_t delimiter, Quotes& quotes) noexcept {
  const uint64_t found = places_of(block, delimiter);
  if (delimiter == '|') return found;
  uint64_t inside = quotes.open ? ~uint64_t{0} : 0;
  for (uint64_t marks = places_of(block, '"'); marks != 0; marks &= marks - 1) {
    const auto at = static_cast<size_t>(std::countr_zero(marks));
    if (!quotes.open && !may_open_quote(at > 0 ? block[at - 1] : quotes.former)) continue;
    quotes.open = !quotes.open;
    inside ^= ~uint64_t{0} << at;
  }
  quotes.former = block[kBlockBytes - 1];
  return found & ~inside;
}

// `quoted`: the text begins inside of quotes, then it ends there. A text begins a cell.
uint32_t count_separators(std::span<const uint8_t> text, uint8_t delimiter, bool& quoted) noexcept {
  uint32_t count = 0;
  Quotes quotes{quoted};
  each_block(text, [&](const uint8_t* block, size_t) {
    count += static_cast<uint32_t>(std::popcount(separators_of(block, delimiter, quotes)));
    return true;
  });
  quoted = quotes.open;
  return count;
}

uint32_t count_separators(const TextView& text, uint64_t from, uint64_t to,
                          uint8_t delimiter) noexcept {
  if (delimiter == kSpaceGap) return count_space_gaps(known_part(text, from, to));
  bool quoted = false;
  return count_separators(known_part(text, from, to), delimiter, quoted);
}

// Behind the last line end of [from, at); `from`: there is none.
uint64_t line_in(const TextView& text, uint64_t from, uint64_t at) noexcept {
  const auto part = known_part(text, from, at);
  const void* last = part.empty() ? nullptr : memrchr(part.data(), '\n', part.size());
  if (last == nullptr) return from;
  return text.begin + static_cast<uint64_t>(static_cast<const uint8_t*>(last) - text.bytes) + 1;
}

// Where the line of `at` begins. False: before what may be looked at, or right there: what stands
// before `floor` may be gone.
bool line_start(const TextView& text, uint64_t floor, uint64_t at, uint64_t& out) noexcept {
  out = at > floor ? line_in(text, floor, at) : at;
  return out == 0 || out > floor;
}

// What parts the cells of the line that ends at `end`; 0: nothing.
uint8_t delimiter_of(const TextView& text, uint64_t floor, uint64_t end) noexcept {
  uint64_t from = 0;
  if (!line_start(text, floor, end, from)) return 0;
  uint8_t best = 0;
  each_block(known_part(text, from, end), [&](const uint8_t* block, size_t) {
    const uint64_t clear = places_of(block, ';') | places_of(block, '\t') | places_of(block, '|');
    if (clear != 0)
      best = block[std::countr_zero(clear)];
    else if (places_of(block, ',') != 0)
      best = ',';
    return clear == 0;
  });
  return best;
}

struct Cell {
  uint64_t from = 0;
  uint64_t to = 0;
};

// use(cell, column) for the cells of the line [from, to) in their order. False stops.
template <class Use>
void each_cell(const TextView& text, uint64_t from, uint64_t to, uint8_t delimiter,
               Use&& use) noexcept {
  const auto line = known_part(text, from, to);
  const uint64_t begin = std::max(from, text.begin);
  uint32_t column = 0;
  if (delimiter == kSpaceGap) {
    each_space_cell(line, [&](size_t first, size_t end) {
      return use(Cell{begin + first, begin + end}, column++);
    });
    return;
  }
  Cell cell{from, to};
  Quotes quotes;
  bool goes_on = true;
  each_block(line, [&](const uint8_t* block, size_t place) {
    uint64_t ends = separators_of(block, delimiter, quotes);
    for (; ends != 0 && goes_on; ends &= ends - 1) {
      const uint64_t end = begin + place + static_cast<uint64_t>(std::countr_zero(ends));
      goes_on = use(Cell{cell.from, end}, column++);
      cell.from = end + 1;
    }
    return goes_on;
  });
  if (goes_on) use(cell, column);
}

// The cell `wanted` of the line [from, to).
Cell cell_at(const TextView& text, uint64_t from, uint64_t to, uint8_t delimiter,
             uint32_t wanted) noexcept {
  Cell out{from, to};
  each_cell(text, from, to, delimiter, [&](const Cell& cell, uint32_t column) {
    out = cell;
    return column != wanted;
  });
  return out;
}

// "----+----", "|:---|", "+====+": what is drawn below heads and around tables.
bool is_rule(const TextView& text, uint64_t from, uint64_t to) noexcept {
  unsigned dashes = 0;
  for (uint8_t c : known_part(text, from, to)) {
    if (c == '-' || c == '=')
      ++dashes;
    else if (c != '+' && c != '|' && c != ':' && c != ' ' && c != '\t' && c != '\r')
      return false;
  }
  return dashes > 1;
}

enum class CellKind : uint8_t { Head, Data, Rule };

// What a cell above a value is: a name, a value or nothing, or the rule of dashes of Markdown.
CellKind kind_of(const TextView& text, const Cell& cell) noexcept {
  constexpr uint64_t kHeadBytesMax = 64;
  const bool is_long = cell.to - cell.from > kHeadBytesMax;
  unsigned letters = 0, digits = 0, dashes = 0;
  for (uint64_t at = cell.from; at < cell.to; ++at) {
    const uint8_t c = text.at(at);
    if (is_digit(c)) ++digits;
    if (is_letter(c) || c >= 0x80) ++letters;
    if (is_long && letters + digits > 0) return CellKind::Data;
    if (c == '-' || c == ':' || c == '=') ++dashes;
  }
  if (letters == 0 && digits == 0 && dashes > 1) return CellKind::Rule;
  // "n/a", "null", "-", nothing: the value is missing.
  if (letters == 0 || digits > 1 || is_long) return CellKind::Data;
  std::array<char, 8> word{};
  size_t size = 0;
  for (uint64_t at = cell.from; at < cell.to && size < word.size(); ++at)
    if (is_letter(text.at(at))) word[size++] = static_cast<char>(text.at(at) | 0x20);
  for (std::string_view none : {"na", "null", "none", "nil", "nan", "unknown", "tbd"})
    if (letters == none.size() && std::string_view(word.data(), size) == none)
      return CellKind::Data;
  return CellKind::Head;
}

// A line that is one cell: below its name a column of its own, until the next name.
bool is_lone(uint8_t delimiter, uint32_t separators) noexcept {
  return delimiter == kSpaceGap && separators == 0;
}

// "COPY patients (id, mrn, phone) FROM stdin;" of a dump of PostgreSQL: the names, or nothing.
Cell copy_names(const TextView& text, uint64_t from, uint64_t to) noexcept {
  constexpr std::string_view kTail = ") from stdin";
  if (to - from < kTail.size() || !is_tag(text, from, "copy")) return {};
  uint64_t close = to;
  while (close > from && text.at(close) != ')') --close;
  uint64_t open = close;
  while (open > from && text.at(open) != '(') --open;
  for (size_t i = 0; i < kTail.size(); ++i) {
    const auto wanted = static_cast<uint8_t>(kTail[i]);
    if (close + i >= to || (text.at(close + i) != wanted && to_lower(text.at(close + i)) != wanted))
      return {};
  }
  return open == from ? Cell{} : Cell{open + 1, close};
}

}  // namespace

void ColumnHeads::learn_cell(const ContextWords& words, const TextView& text, Table& table,
                             size_t column, uint64_t from, uint64_t to, ContextBlocks& blocks) {
  table.columns[column].learn(words, text, from, to, blocks);
  table.has_words = table.has_words || !table.columns[column].empty();
}

void ColumnHeads::learn_row(const ContextWords& words, const TextView& text, Table& table,
                            uint64_t from, uint64_t to, uint8_t separator, ContextBlocks& blocks) {
  table.forget_words();
  each_cell(text, from, to, separator, [&](const Cell& cell, uint32_t i) {
    learn_cell(words, text, table, i, cell.from, cell.to, blocks);
    return i + 1 < kColumnsMax;
  });
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
  if (p.at < at) {
    const uint64_t line = line_in(text, p.at, at);
    if (line != p.at) p = Place{line, line, 0, delimiter, false};
    p.count += count_separators(known_part(text, p.at, at), delimiter, p.quoted);
    p.at = at;
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
    const auto rest = known_part(text, at, line);
    const void* last = rest.empty() ? nullptr : std::memchr(rest.data(), '\n', rest.size());
    const uint64_t end =
        last == nullptr
            ? line
            : text.begin + static_cast<uint64_t>(static_cast<const uint8_t*>(last) - text.bytes);
    if (count_separators(text, at, end, table_.delimiter) != table_.cells &&
        !is_rule(text, at, end))
      return false;
    if (is_lone(table_.delimiter, table_.cells) && (end == at || end - at > kLoneValueBytesMax ||
                                                    kind_of(text, Cell{at, end}) == CellKind::Head))
      return false;
    at = end + 1;
  }
  return true;
}

bool ColumnHeads::learn_lines(const ContextWords& words, const TextView& text, uint64_t floor,
                              uint64_t line, uint8_t delimiter, uint32_t column,
                              ContextBlocks& blocks) {
  uint32_t cells = 0;
  bool counted = false;
  uint64_t end = line;
  for (unsigned rows = 0; rows < kRowsMax && end > floor; ++rows) {
    --end;  // the line end
    uint64_t from = 0;
    if (end > floor && text.at(end - 1) == '\r') --end;
    if (!line_start(text, floor, end, from)) return false;
    if (delimiter == '\t') {
      const Cell names = copy_names(text, from, end);
      if (names.to > names.from)
        return learn_names(words, text, Names{names.from, names.to}, cells, blocks);
    }
    const uint32_t here = count_separators(text, from, end, delimiter);
    if (is_rule(text, from, end)) {
      end = from;
      continue;
    }
    if (!counted) cells = here;
    counted = true;
    const uint64_t size = end - from;
    const bool lone = is_lone(delimiter, here) && size > 0 && size <= kLoneValueBytesMax;
    if (here != cells || here < column || (here == 0 && !lone)) return false;
    const bool tried = from == failed_ && failed_delimiter_ == delimiter;
    const Cell cell = cell_at(text, from, end, delimiter, column);
    const CellKind kind = kind_of(text, cell);
    if (kind == CellKind::Head && delimiter == kSpaceGap &&
        !is_printed_name(known_part(text, cell.from, cell.to)))
      return false;
    if (kind == CellKind::Head) {
      table_.delimiter = delimiter;
      table_.cells = cells;
      learn_row(words, text, table_, from, end, delimiter, blocks);
      return true;
    }
    if (tried) return false;
    end = from;
  }
  return false;
}

// The heads of a table whose rows have tabs and whose names have commas. `cells`: separators of a
// row, 0: not known.
bool ColumnHeads::learn_names(const ContextWords& words, const TextView& text, const Names& names,
                              uint32_t cells, ContextBlocks& blocks) {
  const uint32_t count = count_separators(text, names.from, names.to, ',');
  if (count == 0 || (cells != 0 && cells != count)) return false;
  table_.delimiter = '\t';
  table_.cells = count;
  learn_row(words, text, table_, names.from, names.to, ',', blocks);
  return true;
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
  table_.forget_words();
  size_t column = 0;
  for (uint64_t at = heads; at < row && column < kColumnsMax; ++at) {
    if (!is_tag(text, at, "<th")) continue;
    uint64_t from = at;
    while (from < row && text.at(from) != '>') ++from;
    uint64_t to = from;
    while (to < row && text.at(to) != '<') ++to;
    learn_cell(words, text, table_, column++, from, to, blocks);
    at = to > at ? to - 1 : at;
  }
  return column > 0;
}

namespace {

// A cell of a list may begin right before `start`: behind a quote, blanks and a prefix.
bool may_begin_cell(const TextView& text, uint64_t start) noexcept {
  uint64_t at = start;
  for (unsigned i = 0; i < 2 && at > 0; ++i, --at)
    if (text.at(at - 1) != '\'' && text.at(at - 1) != '"') break;
  if (at < start && at > 0 && (text.at(at - 1) == 'N' || text.at(at - 1) == 'b')) --at;
  for (unsigned i = 0; i < kPaddingMax && at > 0; ++i, --at)
    if (text.at(at - 1) != ' ' && text.at(at - 1) != '\n') break;
  const uint8_t before = text.at(at - 1);
  return before == ',' || before == '(' || before == '[';
}

}  // namespace

// The last list of names before `start` whose first row begins before it.
bool ColumnHeads::enter_list(const ContextWords& words, const TextView& text, uint64_t floor,
                             uint64_t start, ContextBlocks& blocks) {
  const uint64_t from = std::max({lists_read_, floor, list_.at(), text.begin});
  ListHead head;
  bool found = false;
  if (from >= start) return false;
  each_block(text.slice(from, start), [&](const uint8_t* block, size_t place) {
    uint64_t ends = places_of(block, ')') | places_of(block, ']');
    for (; ends != 0; ends &= ends - 1) {
      ListHead one;
      const uint64_t close = from + place + static_cast<uint64_t>(std::countr_zero(ends));
      if (read_list_head(text, close, floor, one) != Answer::Yes || one.rows >= start) continue;
      head = one;
      found = true;
    }
    return true;
  });
  lists_read_ = start;
  if (!found) return false;
  list_.begin(head.rows);
  learn_row(words, text, list_heads_, head.open + 1, head.close, ',', blocks);
  return true;
}

uint64_t ColumnHeads::find_in_list(const ContextWords& words, const TextView& text, uint64_t floor,
                                   uint64_t start, ContextBlocks& blocks, ContextHits& out) {
  const auto go_on = [&] {
    list_.walk(text, start, [](uint32_t, uint64_t, uint64_t) {});
    return !list_.over();
  };
  if (!list_.over() && list_.at() < floor) list_ = ListRows{};
  if (!go_on() &&
      !(may_begin_cell(text, start) && enter_list(words, text, floor, start, blocks) && go_on()))
    return kNone;
  if (!list_.in_cell() || !list_heads_.has_words || list_.column() >= kColumnsMax) return kNone;
  list_heads_.columns[list_.column()].add_to(out, kHeadDistance);
  return list_.cell_start();
}

uint64_t ColumnHeads::find(const ContextWords& words, const TextView& text, uint64_t start,
                           ContextBlocks& blocks, ContextHits& out) {
  lost_ = false;
  const uint64_t floor = start > kTableReachBytes ? start - kTableReachBytes : 0;
  const uint64_t list_cell = find_in_list(words, text, floor, start, blocks, out);
  return list_cell != kNone ? list_cell : find_in_lines(words, text, floor, start, blocks, out);
}

namespace {

// What stands in one cell before a value: names, numbers and days. Words in small letters are of a
// sentence, signs of markup and of code, and behind a colon the value has a name of its own.
bool may_stand_beside(std::span<const uint8_t> before) noexcept {
  uint8_t former = ' ';
  for (const uint8_t c : before) {
    const bool is_sign =
        std::string_view(" -./'").find(static_cast<char>(c)) != std::string_view::npos;
    const bool is_time = c == ':' && is_digit(former);
    if (!is_alnum(c) && c < 0x80 && !is_sign && !is_time) return false;
    if (former == ' ' && is_lower(c)) return false;
    former = c;
  }
  return true;
}

struct Printed {
  bool found = false;
  uint64_t line = 0;
  uint32_t column = 0;
};

// Where the value at `start` stands in a printed line. `at`: behind what stands before its spaces.
// Behind a single space it is in a cell with that: only a short line of its own is one.
Printed printed_place(const TextView& text, uint64_t floor, uint64_t at, uint64_t start) noexcept {
  Printed out;
  const bool is_first = text.at(at - 1) == '\n';
  const bool is_gap = start - at >= 2 && text.at(at) == ' ' && text.at(at + 1) == ' ';
  if (is_first || is_gap) {
    if (!line_start(text, floor, start, out.line)) return out;
    out.column = is_first ? 0 : count_space_cells(known_part(text, out.line, at));
    out.found = true;
  } else if (at < start && text.at(at) == ' ') {
    const uint64_t least = start - std::min(start, kLoneValueBytesMax);
    if (!line_start(text, std::max(floor, least), start, out.line)) return out;
    const auto before = known_part(text, out.line, at);
    out.found = count_space_gaps(before) == 0 && may_stand_beside(before);
  }
  return out;
}

}  // namespace

uint64_t ColumnHeads::find_in_lines(const ContextWords& words, const TextView& text, uint64_t floor,
                                    uint64_t start, ContextBlocks& blocks, ContextHits& out) {
  uint64_t at = start;
  for (unsigned i = 0; i < kBeforeValueMax && at > 0; ++i, --at) {
    const uint8_t c = text.at(at - 1);
    if (c != ' ' && c != '"' && c != '\'' && c != '*' && c != '`' && c != '(' && c != '+') break;
  }
  while (at > 0 && start - at < kPaddingMax && text.at(at - 1) == ' ') --at;
  const uint8_t before = text.at(at - 1);
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
    const bool first = before == '\n', is_cell = first || is_delimiter(before);
    const bool has_table = table_.last != kNone && table_.delimiter != kHtml;
    uint8_t delimiter = !is_cell    ? kSpaceGap
                        : !first    ? before
                        : has_table ? table_.delimiter
                                    : delimiter_of(text, floor, at - 1);
    if (delimiter == 0) delimiter = kSpaceGap;
    if (delimiter == kSpaceGap) {
      const Printed printed = printed_place(text, floor, at, start);
      if (!printed.found) return 0;
      line = printed.line;
      column = printed.column;
    } else {
      if (!move_to(text, floor, at, delimiter) || place_.line == 0) return 0;
      line = place_.line;
      column = place_.count;
    }
    if (line == 0) return 0;
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
  table_.columns[column].add_to(out, kHeadDistance);
  return line;
}

}  // namespace sallyport::scan
