#include "dataplane/scan/tables/list_rows.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/validate/letters.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {
namespace {

// Between the names and the first row; between two rows.
constexpr uint64_t kHeadGapMax = 64;
constexpr uint32_t kRowGapMax = 32;

bool is_opening(uint8_t c) noexcept { return c == '(' || c == '['; }

// The bracket that opens the names; `close`: there is none.
uint64_t open_of(const TextView& text, uint64_t close, uint64_t floor) noexcept {
  const bool round = text.at(close) == ')';
  uint64_t at = close;
  while (at > floor && close - at < kListHeadBytesMax) {
    const uint8_t c = text.at(--at);
    if (c == (round ? '(' : '[')) return at;
    const bool in_name = is_alnum(c) || c == '_' || c == '.' || c >= 0x80 || is_quote(c) ||
                         (round && (c == '[' || c == ']'));
    if (!in_name && !is_blank(c) && c != ',') return close;
  }
  return close;
}

struct Names {
  uint32_t count = 0;
  bool fit = true;
  bool quoted = true;  // all of them
};

Names read_names(const TextView& text, uint64_t from, uint64_t to) noexcept {
  Names out;
  bool begins = true;
  for (uint64_t at = from; at <= to; ++at) {
    const uint8_t c = text.at(at);
    if (at == to || c == ',') {
      out.fit = out.fit && !begins;
      begins = true;
      continue;
    }
    if (is_blank(c) || c == '[' || !begins) continue;
    if (is_quote(c)) {
      // A name follows in them.
      out.fit = out.fit &&
                (is_letter(text.at(at + 1)) || text.at(at + 1) == '_' || text.at(at + 1) >= 0x80);
    } else {
      out.quoted = false;
      out.fit = out.fit && (is_letter(c) || c == '_' || c >= 0x80);
    }
    begins = false;
    ++out.count;
  }
  return out;
}

// Words that stand between the names of a table and its rows.
bool announces_rows(Bytes word) noexcept {
  static constexpr WordList kWords{
      std::to_array<std::string_view>({"values", "value", "rows", "data", "records"})};
  return kWords.has(word);
}

}  // namespace

Answer read_list_head(const TextView& text, uint64_t close, uint64_t floor,
                      ListHead& out) noexcept {
  const uint64_t open = open_of(text, close, floor);
  if (open == close) return Answer::No;
  const Names names = read_names(text, open + 1, close);
  if (names.count < 2 || !names.fit) return Answer::No;
  bool word = false, announced = false;
  for (uint64_t at = close + 1; at - close <= kHeadGapMax;) {
    if (!text.known(at)) return Answer::Unknown;
    const uint8_t c = text.at(at);
    if (is_letter(c)) {
      uint64_t end = at;
      while (end - close <= kHeadGapMax && is_letter(text.at(end))) ++end;
      if (!text.known(end)) return Answer::Unknown;
      word = true;
      announced = announced || announces_rows(text.slice(at, end));
      at = end;
      continue;
    }
    if (is_opening(c)) {
      uint64_t next = at + 1;
      while (next - close <= kHeadGapMax && is_blank(text.at(next))) ++next;
      if (!text.known(next)) return Answer::Unknown;
      if (!is_opening(text.at(next))) {
        if (word ? !announced : !names.quoted) return Answer::No;
        out = ListHead{open, close, at};
        return Answer::Yes;
      }
    } else if (!is_blank(c) && !is_quote(c) && c != ',' && c != ':' && c != '=') {
      return Answer::No;
    }
    ++at;
  }
  return Answer::No;
}

void ListRows::between(uint8_t c) noexcept {
  if (is_opening(c)) {
    depth_ = 1;
    row_ = at_;
    column_ = 0;
    gap_ = 0;
    cell_ = at_ + 1;
    blank_ = true;
  } else if (++gap_ > kRowGapMax || !(is_blank(c) || is_quote(c) || c == ',')) {
    over_ = true;
  }
}

void ListRows::inside(uint8_t c) noexcept {
  if (is_blank(c)) return;
  // A quote inside of a text opens nothing; N'text' and the like do.
  const bool prefix = blank_ && (c == 'N' || c == 'E' || c == 'b' || c == 'u');
  if (blank_ && is_quote(c)) quote_ = c;
  if (!prefix) blank_ = false;
  if (is_opening(c) || c == '{') ++depth_;
  if ((is_closing(c) || c == '}') && depth_ > 1) --depth_;
}

void ListRows::next_cell(uint8_t c) noexcept {
  if (c != ',') depth_ = 0;
  ++column_;
  cell_ = at_ + 1;
  blank_ = true;
}

}  // namespace sallyport::scan
