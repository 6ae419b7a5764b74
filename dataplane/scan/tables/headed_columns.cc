#include "dataplane/scan/tables/headed_columns.h"

#include <algorithm>

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/address/address_cell.h"
#include "dataplane/scan/recognise/person/name_cell.h"
#include "dataplane/scan/tables/beside_heads.h"
#include "dataplane/scan/tables/column_heads.h"
#include "dataplane/scan/tables/html_tags.h"
#include "dataplane/scan/tables/line_cells.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// Cues in what is looked at before it is known whether they are heads.
constexpr size_t kCuesMax = 2'048;
// A head stands at most so far behind the beginning of its row; that much before a cue is there
// whenever it is asked about.
constexpr uint64_t kHeadReachBytes = 768;
static_assert(kHeadReachBytes + 256 <= kTableReachBytes);
static_assert(kSecretRowBytesMax <= kTableReachBytes && kListCellBytesMax <= kTableReachBytes);
constexpr uint64_t kHeadCellBytesMax = 48;
constexpr unsigned kHeadWordsMax = 5, kHeadDigitsMax = 2;
constexpr uint64_t kPaddingMax = 32;
constexpr unsigned kQuotesMax = 4;

bool is_rule(const TextView& text, uint64_t from, uint64_t to) noexcept {
  for (uint64_t at = from; at < to; ++at) {
    const uint8_t c = text.at(at);
    if (c != '-' && c != '=' && c != '+' && c != '|' && c != ':' && c != ' ') return false;
  }
  return true;
}

// What a name of a column is made of: a few words, no sentence and no value.
bool is_head(const TextView& text, uint64_t from, uint64_t to, bool& named) noexcept {
  unsigned words = 0, digits = 0;
  int brackets = 0;
  while (from < to && is_blank(text.at(from))) ++from;
  while (to > from && is_blank(text.at(to - 1))) --to;
  if (to - from > kHeadCellBytesMax) return false;
  for (uint64_t at = from; at < to; ++at) {
    const uint8_t c = text.at(at);
    if (c == ' ') ++words;
    if (is_digit(c)) ++digits;
    if (c == '(') ++brackets;
    if (c == ')' && --brackets < 0) return false;
    if (c == '.' && !is_alnum(text.at(at + 1))) return false;
    const bool fits = is_alnum(c) || c >= 0x80 || c == ' ' || c == '_' || c == '-' || c == '.' ||
                      c == '/' || c == '(' || c == ')' || c == '#' || c == '&' || c == '%' ||
                      is_mark(c);
    if (!fits) return false;
    named = named || is_letter(c) || c >= 0x80;
  }
  return brackets == 0 && words < kHeadWordsMax && digits <= kHeadDigitsMax;
}

// No line of heads, however the last of its cells, [from, to), goes on.
bool is_no_head_yet(const TextView& text, uint64_t from, uint64_t to) noexcept {
  unsigned words = 0;
  while (from < to && is_blank(text.at(from))) ++from;
  while (to > from && is_blank(text.at(to - 1))) --to;
  for (uint64_t at = from; at < to; ++at)
    if (text.at(at) == ' ') ++words;
  return to - from > kHeadCellBytesMax || words >= kHeadWordsMax;
}

// A head of names beside heads of people only: what things are called, too ("name"), and what
// somebody is or did ("employee", "reported by").
bool needs_beside(const Engine& engine, uint16_t rule) noexcept {
  return engine.rule(rule).kind == contract::RuleKind::Person &&
         (engine.rule(rule).parameters.flags & contract::kRuleAnyName) == 0;
}

uint64_t floor_of(const TextView& text, uint64_t at) noexcept {
  return std::max(text.begin, at > kHeadReachBytes ? at - kHeadReachBytes : uint64_t{0});
}

constexpr std::string_view kStatements[] = {"and",    "from",  "group", "import", "in",
                                            "insert", "order", "print", "return", "select",
                                            "update", "where", "with"};
constexpr WordFilter kStatementsFilter{kStatements};

// Cells below a label of these are judged by what stands in them, and any line of words may be one.
bool is_told_by_head(contract::RuleKind kind) noexcept {
  return kind == contract::RuleKind::Person || kind == contract::RuleKind::Address;
}

// The longest of "</table" and what follows it.
constexpr uint64_t kTagBytes = 8;

// No cue in a sentence is read as a name: behind the name of a column stands what parts cells. Says
// yes to more than open_table does, and where it is not known yet.
bool may_end_cell(const TextView& text, uint64_t at) noexcept {
  const auto in_name = [](uint8_t c) {
    return is_alnum(c) || c >= 0x80 || c == '_' || c == '-' || c == '.';
  };
  const uint64_t limit = std::min(text.end, at + 2 * kHeadCellBytesMax);
  while (at < limit && in_name(text.at(at))) ++at;
  while (at < limit && (is_mark(text.at(at)) || text.at(at) == ']' || text.at(at) == ' ')) ++at;
  if (at == limit) return true;
  const uint8_t c = text.at(at);
  return is_delimiter(c) || c == '<' || c == ')' || c == '\n' || c == '\r' ||
         text.at(at - 1) == ']';
}

}  // namespace

void HeadedColumns::begin() noexcept {
  if (table_.kind != Kind::None || table_.head != 0) table_ = Table{};  // most texts open none
  items_.begin();
  prints_.begin();
  cues_.clear();
}

void HeadedColumns::note_cue(const Engine& engine, uint16_t rule, const Trigger& trigger,
                             const TextView& text) {
  // Most stand in sentences.
  if (is_told_by_head(engine.rule(rule).kind) && !may_end_cell(text, trigger.at)) return;
  cues_.push_back(Cue{rule, trigger});
}

bool HeadedColumns::wants(uint32_t column) const noexcept {
  for (size_t i = 0; i < table_.count; ++i)
    if (table_.columns[i].index == column) return true;
  return false;
}

Answer HeadedColumns::open_table(const Engine& engine, const TextView& text, const Cue& cue,
                                 Table& out) {
  const Answer answer = open_any(engine, text, cue, out);
  if (answer != Answer::Yes || !needs_beside(engine, cue.rule)) return answer;
  return is_of_people(text, out);
}

Answer HeadedColumns::open_any(const Engine& engine, const TextView& text, const Cue& cue,
                               Table& out) {
  const contract::RuleKind kind = engine.rule(cue.rule).kind;
  if (!may_end_cell(text, cue.trigger.at)) return Answer::No;
  const Bytes word = text.slice(cue.trigger.start, cue.trigger.at);
  const bool of_names = is_told_by_head(kind);
  if (needs_beside(engine, cue.rule)) {
    const Answer whole = is_whole_head(text, cue.trigger.start, cue.trigger.at);
    if (whole != Answer::Yes) return whole;
  }
  if (!of_names && !names_secret_column(kind, word)) return Answer::No;
  Reader reader(text, cue.trigger.at, cue.trigger.at + kLookAheadBytes);
  const Name name = read_name(text, cue.trigger.start, reader, false);
  if (reader.starved()) return Answer::Unknown;
  if (!name.fits) return Answer::No;
  for (unsigned i = 0; i < kQuotesMax && (is_mark(reader.peek()) || reader.peek() == ']'); ++i)
    reader.skip();
  // A bracket that closes a list of names, not one name.
  if (reader.before() == ']' && reader.peek() != ',' && reader.peek() != ')')
    reader.move_to(reader.at() - 1);
  for (uint64_t i = 0; i < kPaddingMax && reader.peek() == ' '; ++i) reader.skip();
  const uint8_t right = reader.peek();
  if (reader.starved()) return Answer::Unknown;
  uint64_t cell = name.start;
  const uint64_t floor = floor_of(text, cue.trigger.start);
  while (cell > floor && name.start - cell < kHeadCellBytesMax &&
         (is_alnum(text.at(cell - 1)) || text.at(cell - 1) == ' ' || text.at(cell - 1) == '_' ||
          text.at(cell - 1) >= 0x80 || is_mark(text.at(cell - 1))))
    --cell;
  const uint8_t left = cell > 0 ? text.at(cell - 1) : uint8_t{0};
  Column& column = out.columns[0];
  out.count = 1;
  column.rule = cue.rule;
  if (!of_names) column.name = secret_name_of(kind, text.slice(name.start, name.end), word);
  const bool ends_line = is_line_end(right);
  if (right == '<') return left == '>' ? open_html(text, name, out) : Answer::No;
  if (right == ',' || right == ')' || right == ']' || ends_line) {
    const Answer answer = open_list(text, name, out);
    if (answer != Answer::No || right == ')' || right == ']') return answer;
  }
  if (!is_delimiter(right) && !ends_line) return Answer::No;
  const Answer answer = open_lines(text, name, left, right, out);
  return answer == Answer::Yes && of_names && is_no_head(text, out) ? Answer::No : answer;
}

// What opened is no line of heads: the line above is one of the same table ("| Surname | text |" is
// a row of a table of fields), or it is one of a program. No secret looks like a word, so only
// names need to know.
bool HeadedColumns::is_no_head(const TextView& text, const Table& opened) noexcept {
  OpenReader reader(text);
  if (word_in(reader, word_at(reader, opened.head), kStatements, kStatementsFilter)) return true;
  if (opened.head == 0) return false;
  const uint64_t end = opened.head - 1, floor = floor_of(text, opened.head);
  uint64_t start = end;
  while (start > floor && text.at(start - 1) != '\n') --start;
  const uint32_t cells =
      each_cell(text, start, end, opened.delimiter, [](uint32_t, uint64_t, uint64_t) {});
  return cells == opened.cells;
}

bool HeadedColumns::wants_cues(contract::RuleKind kind, const RuleParameters& rule) noexcept {
  constexpr uint16_t kLabels = contract::kRuleSeparated | contract::kRuleNamesBeside;
  return kind == contract::RuleKind::Password || kind == contract::RuleKind::Assignment ||
         (kind == contract::RuleKind::Person && (rule.flags & kLabels) != 0) ||
         (kind == contract::RuleKind::Address && (rule.flags & contract::kRuleSeparated) != 0);
}

// "name": a table of people has other heads of people beside it.
Answer HeadedColumns::is_of_people(const TextView& text, Table& opened) noexcept {
  BesideHeads beside;
  if (opened.kind == Kind::Lines)
    beside = heads_of_cells(text, opened.head, opened.next - 1, opened.delimiter);
  else if (opened.kind == Kind::List)
    beside = heads_of_cells(text, opened.head + 1, opened.names_end, ',');
  else if (!heads_of_html(text, opened.head, beside))
    return Answer::Unknown;
  opened.columns[0].beside = beside;
  return beside.field == PersonalField::None ? Answer::No : Answer::Yes;
}

Answer HeadedColumns::open_lines(const TextView& text, const Name& name, uint8_t left,
                                 uint8_t right, Table& out) {
  out.delimiter = is_delimiter(right) ? right : left;
  if (!is_delimiter(out.delimiter)) return Answer::No;
  const uint64_t floor = floor_of(text, name.start);
  uint64_t from = name.start;
  while (from > floor && text.at(from - 1) != '\n') --from;
  if (from == floor && from > 0 && text.at(from - 1) != '\n') return Answer::No;
  uint64_t to = name.end;
  while (to - from <= kSecretRowBytesMax && to < text.end && text.at(to) != '\n') ++to;
  if (to - from > kSecretRowBytesMax || (to == text.end && text.final)) return Answer::No;
  if (to == text.end) {
    bool may_fit = true;
    each_cell(text, from, to, out.delimiter, [&](uint32_t, uint64_t cell, uint64_t cell_end) {
      bool named = false;
      may_fit = may_fit && (cell_end < to ? is_head(text, cell, cell_end, named)
                                          : !is_no_head_yet(text, cell, cell_end));
    });
    return may_fit ? Answer::Unknown : Answer::No;
  }
  out.next = to + 1;
  if (to > from && text.at(to - 1) == '\r') --to;
  bool fits = true;
  unsigned names = 0;
  out.cells = each_cell(text, from, to, out.delimiter,
                        [&](uint32_t column, uint64_t cell, uint64_t cell_end) {
                          bool named = false;
                          fits = fits && is_head(text, cell, cell_end, named);
                          names += named ? 1 : 0;
                          if (cell <= name.start && name.start < cell_end)
                            out.columns[0].index = column;
                        });
  // One name alone stands between two bars.
  if (!fits || (names < 2 && (left != '|' || right != '|'))) return Answer::No;
  out.kind = Kind::Lines;
  out.head = from;
  return Answer::Yes;
}

Answer HeadedColumns::open_list(const TextView& text, const Name& name, Table& out) {
  const uint64_t floor = floor_of(text, name.start);
  uint64_t open = name.start;
  uint32_t commas = 0;
  for (;; --open) {
    if (open <= floor || name.start - open > kListHeadBytesMax) return Answer::No;
    const uint8_t c = text.at(open - 1);
    if (c == '(' || (c == '[' && (is_blank(text.at(open)) || is_mark(text.at(open))))) break;
    if (c == ',') ++commas;
    if (!is_alnum(c) && c < 0x80 && !is_blank(c) && !is_mark(c) && c != ',' && c != '_' &&
        c != '.' && c != '[' && c != ']')
      return Answer::No;
  }
  --open;
  const uint8_t closing = text.at(open) == '(' ? ')' : ']';
  uint64_t close = name.end;
  for (;; ++close) {
    if (close - open > kListHeadBytesMax) return Answer::No;
    if (!text.known(close)) return Answer::Unknown;
    const uint8_t c = text.at(close);
    if (c == closing) break;
    if (!is_alnum(c) && c < 0x80 && !is_blank(c) && !is_mark(c) && c != ',' && c != '_' &&
        c != '.' && c != '[' && c != ']')
      return Answer::No;
  }
  ListHead head;
  const Answer answer = read_list_head(text, close, open, head);
  if (answer != Answer::Yes) return answer;
  out.kind = Kind::List;
  out.head = head.open;
  out.names_end = head.close;
  out.next = head.rows;
  out.list.begin(head.rows);
  out.columns[0].index = commas;
  return Answer::Yes;
}

Answer HeadedColumns::open_html(const TextView& text, const Name& name, Table& out) {
  const uint64_t floor = floor_of(text, name.start);
  uint64_t end = name.end;
  while (text.at(end) != '<') ++end;
  if (!text.known(end + kTagBytes)) return Answer::Unknown;
  if (!is_tag(text, end, "</th") && !is_tag(text, end, "</td")) return Answer::No;
  uint32_t cells = 0;
  for (uint64_t at = name.start; at > floor;) {
    --at;
    if (is_tag(text, at, "<th") || is_tag(text, at, "<td")) ++cells;
    if (!is_tag(text, at, "<tr")) continue;
    if (cells == 0) return Answer::No;
    out.kind = Kind::Html;
    out.head = at;
    out.next = end;
    out.cells = cells;
    out.columns[0].index = cells - 1;
    return Answer::Yes;
  }
  return Answer::No;
}

// One more column of the table that is open, or another table.
void HeadedColumns::enter(const Table& opened) noexcept {
  if (table_.kind != opened.kind || table_.head != opened.head) {
    table_ = opened;
    return;
  }
  table_.open_cell = 0;  // of HTML: the head itself
  if (table_.count == kColumnsMax) return;
  table_.columns[table_.count++] = opened.columns[0];
}

void HeadedColumns::judge(const Part& part, uint32_t column, uint64_t from, uint64_t to) {
  for (size_t i = 0; i < table_.count; ++i) {
    const Column& wanted = table_.columns[i];
    if (wanted.index != column || wanted.is_odd) continue;
    const contract::RuleKind kind = part.engine.rule(wanted.rule).kind;
    if (is_told_by_head(kind))
      offer_cell(part, wanted, from, to);
    else
      offer_secret_cell(part.engine, part.text, wanted.rule, wanted.name, from, to, part.out);
  }
}

void HeadedColumns::offer_cell(const Part& part, const Column& column, uint64_t cell,
                               uint64_t cell_end) {
  auto [from, to] = value_of_cell(part.text, cell, cell_end);
  // Names have blanks inside of their quotes, too.
  while (from < to && is_blank(part.text.at(from))) ++from;
  while (to > from && is_blank(part.text.at(to - 1))) --to;
  OpenReader reader(part.text);
  if (from >= to || to - from > kListCellBytesMax) return;
  const bool of_names = part.engine.rule(column.rule).kind == contract::RuleKind::Person;
  if (!(of_names ? is_name_cell : is_address_cell)(reader, from, to)) return;
  if (needs_beside(part.engine, column.rule) &&
      !is_somebody(reader, from, to, column.beside.field == PersonalField::Place))
    return;
  part.out.offer_unchecked(column.rule, Hit{from, to, false, 0}, part.text);
}

void HeadedColumns::read_line(const Part& part, uint64_t from, uint64_t to) {
  if (to > from && part.text.at(to - 1) == '\r') --to;
  if (from == to) {
    table_.kind = Kind::None;
    return;
  }
  if (is_rule(part.text, from, to)) return;
  const uint32_t cells = each_cell(
      part.text, from, to, table_.delimiter, [&](uint32_t column, uint64_t cell, uint64_t end) {
        for (size_t i = 0; i < table_.count; ++i)
          if (Column& one = table_.columns[i];
              one.beside.field != PersonalField::None && one.beside.column == column)
            one.is_odd = !may_be_personal(part.text, cell, end);
      });
  if (cells != table_.cells) {
    table_.kind = Kind::None;
    return;
  }
  each_cell(part.text, from, to, table_.delimiter,
            [&](uint32_t column, uint64_t cell, uint64_t end) {
              if (wants(column)) judge(part, column, cell, end);
            });
}

void HeadedColumns::read_lines(const Part& part, uint64_t until) {
  while (table_.kind == Kind::Lines && table_.next < until) {
    uint64_t end = table_.next;
    while (end < until && end - table_.next <= kSecretRowBytesMax && part.text.at(end) != '\n')
      ++end;
    if (end - table_.next > kSecretRowBytesMax) {
      table_.kind = Kind::None;
      return;
    }
    if (end == until && !(part.text.final && until == part.text.end)) return;
    const uint64_t from = table_.next;
    table_.next = end + 1;
    read_line(part, from, end);
  }
}

void HeadedColumns::read_html(const Part& part, uint64_t until) {
  const TextView& text = part.text;
  for (uint64_t& at = table_.next; at < until; ++at) {
    if (table_.open_cell != 0 && at - table_.open_cell > kListCellBytesMax) table_.open_cell = 0;
    const uint8_t c = text.at(at);
    if (c == '>' && table_.open_cell == 1) table_.open_cell = at + 1;
    if (c != '<') continue;
    if (!text.known(at + kTagBytes)) return;
    if (table_.open_cell > 1 && wants(table_.cells - 1))
      judge(part, table_.cells - 1, table_.open_cell, at);
    table_.open_cell = 0;
    if (is_tag(text, at, "<tr")) {
      table_.cells = 0;
    } else if (is_tag(text, at, "<td") || is_tag(text, at, "<th")) {
      ++table_.cells;
      table_.open_cell = 1;  // behind the end of the tag
    } else if (is_tag(text, at, "</table")) {
      table_.kind = Kind::None;
      return;
    }
  }
}

void HeadedColumns::go_on(const Part& part, uint64_t until) {
  switch (table_.kind) {
    case Kind::None:
      return;
    case Kind::Lines:
      return read_lines(part, until);
    case Kind::Html:
      return read_html(part, until);
    case Kind::List:
      table_.list.walk(part.text, until, [&](uint32_t column, uint64_t from, uint64_t to) {
        if (wants(column)) judge(part, column, from, to);
      });
      if (table_.list.over()) table_.kind = Kind::None;
      return;
  }
}

bool HeadedColumns::run(const Engine& engine, const TextView& text, CandidateList& out) {
  if (table_.kind == Kind::None && cues_.empty() && !items_.open() && !prints_.open()) return true;
  const Part part{engine, text, out};
  size_t done = 0;
  for (; done < cues_.size(); ++done) {
    const Cue& cue = cues_[done];
    Table opened;
    const Answer answer = open_table(engine, text, cue, opened);
    if (answer == Answer::Yes) {
      go_on(part, opened.next);
      enter(opened);
      continue;
    }
    if (is_told_by_head(engine.rule(cue.rule).kind)) {
      if (answer == Answer::Unknown && !text.final) break;
      continue;
    }
    SecretList list;
    const Answer listed = open_secret_list(engine, text, cue.rule, cue.trigger, list);
    SecretPrint print;
    const Answer printed = listed == Answer::Yes
                               ? Answer::No
                               : open_secret_print(engine, text, cue.rule, cue.trigger, print);
    const bool waits =
        answer == Answer::Unknown || listed == Answer::Unknown || printed == Answer::Unknown;
    if (waits && !text.final) break;
    if (listed == Answer::Yes) {
      items_.go_on(engine, text, list.next, out);
      items_.enter(list);
    } else if (printed == Answer::Yes) {
      prints_.go_on(engine, text, print.next, out);
      prints_.enter(print);
    }
  }
  cues_.erase(cues_.begin(), cues_.begin() + static_cast<std::ptrdiff_t>(done));
  const uint64_t until = cues_.empty() ? text.end : std::min(text.end, cues_[0].trigger.start);
  go_on(part, until);
  items_.go_on(engine, text, until, out);
  prints_.go_on(engine, text, until, out);
  return cues_.size() <= kCuesMax;
}

uint64_t HeadedColumns::live_from(const TextView& text) const noexcept {
  uint64_t live = std::min(items_.live_from(text), prints_.live_from(text));
  if (!cues_.empty()) live = std::min(live, cues_[0].trigger.at);
  switch (table_.kind) {
    case Kind::None:
      break;
    case Kind::List:
      if (table_.list.in_cell() && wants(table_.list.column()))
        live = std::min(live, table_.list.cell_start());
      break;
    case Kind::Html:
      if (table_.open_cell > 1 && wants(table_.cells - 1)) live = std::min(live, table_.open_cell);
      // The end of the tag may stand in what waits.
      if (table_.open_cell == 1 || table_.next < text.end) live = std::min(live, table_.next);
      break;
    case Kind::Lines: {
      if (table_.next >= text.end) break;
      each_cell(text, table_.next, text.end, table_.delimiter,
                [&](uint32_t column, uint64_t from, uint64_t) {
                  if (wants(column)) live = std::min(live, from);
                });
      break;
    }
  }
  return live;
}

}  // namespace sallyport::scan
