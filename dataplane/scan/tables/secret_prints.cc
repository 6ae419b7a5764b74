#include "dataplane/scan/tables/secret_prints.h"

#include <algorithm>

#include "dataplane/scan/recognise/secret/credential_name.h"

namespace sallyport::scan {
namespace {

// A line of names or cells is no longer, and a name stands so far behind its beginning at most.
constexpr uint64_t kLineBytesMax = 512;
constexpr uint64_t kGapMin = 2;

// A space, or a line of a box (U+2500 to U+257F): how many bytes; 0: neither.
unsigned blank_at(const TextView& text, uint64_t at) noexcept {
  const uint8_t c = text.at(at);
  if (c == ' ') return 1;
  return c == 0xe2 && (text.at(at + 1) == 0x94 || text.at(at + 1) == 0x95) ? 3 : 0;
}

bool is_head_char(uint8_t c) noexcept {
  return is_alnum(c) || c >= 0x80 || c == ' ' || c == '_' || c == '-' || c == '.' || c == '/' ||
         c == '#' || c == '%' || c == '(' || c == ')';
}

bool has_lower(Bytes word) noexcept { return std::any_of(word.begin(), word.end(), is_lower); }

// use(from, to, column, column_end) for the words of [from, to). False stops.
template <class Use>
void each_word(const TextView& text, uint64_t from, uint64_t to, Use&& use) {
  uint32_t column = 0;
  for (uint64_t at = from; at < to;) {
    if (const unsigned blank = blank_at(text, at); blank != 0) {
      at += blank;
      ++column;
      continue;
    }
    const uint64_t begin = at;
    const uint32_t first = column;
    for (; at < to && blank_at(text, at) == 0; ++at) column += (text.at(at) & 0xc0) != 0x80 ? 1 : 0;
    if (!use(begin, at, first, column)) return;
  }
}

// A word that is no name of a column: a number ("4.7.2", "(35.156") or a file ("src/form.test.ts").
bool is_no_name(const TextView& text, uint64_t from, uint64_t to) noexcept {
  while (from < to && (text.at(from) == '(' || text.at(from) == '#')) ++from;
  const Bytes word = text.slice(from, to);
  const auto has = [&](uint8_t sign) {
    return std::find(word.begin(), word.end(), sign) != word.end();
  };
  if (!word.empty() && is_digit(word[0])) return std::none_of(word.begin(), word.end(), is_letter);
  return has('/') && has('.');
}

// What stands behind a name that ends at `to` is as wide as between columns.
bool ends_apart(const TextView& text, uint64_t to) noexcept {
  const uint8_t next = text.at(to), behind = text.at(to + 1);
  return next == '\n' || next == '\r' || !text.known(to + 1) ||
         (next == ' ' && (behind == ' ' || behind == '\n' || behind == 0xe2));
}

// What stands before a name at `from` may be so wide: the beginning of a line, or a space.
bool may_begin_apart(const TextView& text, uint64_t from) noexcept {
  return from == 0 || text.at(from - 1) == ' ' || text.at(from - 1) == '\n';
}

bool begins_apart(const TextView& text, uint64_t line, uint64_t from) noexcept {
  uint64_t left = 0;
  while (left < kGapMin && from > line + left && text.at(from - left - 1) == ' ') ++left;
  const bool begins = left == from - line;
  const bool boxed = from >= line + left + 3 && left > 0 && blank_at(text, from - left - 3) == 3;
  return begins || boxed || left >= kGapMin;
}

}  // namespace

Answer open_secret_print(const Engine& engine, const TextView& text, uint16_t rule,
                         const Trigger& trigger, SecretPrint& out) {
  const contract::RuleKind kind = engine.rule(rule).kind;
  const Bytes cue = text.slice(trigger.start, trigger.at);
  if (!names_secret_column(kind, cue)) return Answer::No;
  Reader reader(text, trigger.at, trigger.at + kLookAheadBytes);
  const Name name = read_name(text, trigger.start, reader, false);
  if (reader.starved()) return Answer::Unknown;
  if (!name.fits && !name.many) return Answer::No;
  // A cue in a sentence is told by the characters beside its name, before its line is read.
  if (!ends_apart(text, name.end) || !may_begin_apart(text, name.start)) return Answer::No;
  uint64_t line = name.start;
  while (line > 0 && name.start - line <= kLineBytesMax && text.at(line - 1) != '\n') --line;
  if (name.start - line > kLineBytesMax || !begins_apart(text, line, name.start)) return Answer::No;
  uint64_t end = line;
  for (; end - line <= kLineBytesMax && end < text.end; ++end) {
    const uint8_t c = text.at(end);
    if (c == '\n') break;
    if (!is_head_char(c) && c != '\r') return Answer::No;
  }
  if (end - line > kLineBytesMax) return Answer::No;
  if (!text.known(end)) return Answer::Unknown;
  if (end >= text.end) return Answer::No;
  out.head = line;
  out.next = end + 1;
  out.count = 0;
  unsigned words = 0;
  bool named = true;
  // "PASS  form renders": what a test says of itself; "USER  PASS" are heads.
  const bool loud = name.constant && equals_word(cue, "pass") && name.start == line;
  each_word(text, line, end, [&](uint64_t from, uint64_t to, uint32_t column, uint32_t column_end) {
    ++words;
    named = named && !is_no_name(text, from, to) && !(loud && has_lower(text.slice(from, to)));
    if (from == name.start) {
      out.columns[0] = {column, column_end, rule,
                        secret_name_of(kind, text.slice(name.start, name.end), cue)};
      out.count = 1;
    }
    return true;
  });
  return named && words > 1 && out.count > 0 ? Answer::Yes : Answer::No;
}

// One more column of the table that is open, or another table.
void SecretPrints::enter(const SecretPrint& print) noexcept {
  if (!open() || print_.head != print.head) {
    print_ = print;
  } else if (print_.count < SecretPrint::kColumnsMax) {
    print_.columns[print_.count++] = print.columns[0];
  }
}

// False: the line is no row.
bool SecretPrints::read_line(const Engine& engine, const TextView& text, uint64_t from, uint64_t to,
                             CandidateList& out) const {
  if (to > from && text.at(to - 1) == '\r') --to;
  bool row = false, rule = to > from;
  each_word(text, from, to,
            [&](uint64_t begin, uint64_t end, uint32_t column, uint32_t column_end) {
              for (uint64_t at = begin; rule && at < end; ++at)
                rule = text.at(at) == '-' || text.at(at) == '=';
              for (size_t i = 0; i < print_.count; ++i) {
                const SecretPrint::Column& wanted = print_.columns[i];
                if (column != wanted.from && column_end != wanted.to) continue;
                row = true;
                offer_secret_cell(engine, text, wanted.rule, wanted.name, begin, end, out);
              }
              return true;
            });
  return row || rule;
}

void SecretPrints::go_on(const Engine& engine, const TextView& text, uint64_t until,
                         CandidateList& out) {
  while (open() && print_.next < until) {
    uint64_t end = print_.next;
    while (end < until && end - print_.next <= kLineBytesMax && text.at(end) != '\n') ++end;
    if (end - print_.next > kLineBytesMax) {
      print_ = SecretPrint{};
      return;
    }
    if (end == until && !(text.final && until == text.end)) return;
    const uint64_t from = print_.next;
    print_.next = end + 1;
    if (!read_line(engine, text, from, end, out)) print_ = SecretPrint{};
  }
}

}  // namespace sallyport::scan
