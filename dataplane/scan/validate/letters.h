// letters.h: classes of ASCII characters (base/ascii.h) under the names of this folder, those that
// only this folder knows, and the value of a character of base64.
#pragma once

#include <cstdint>

#include "dataplane/base/ascii.h"

namespace sallyport::scan {

using base::hex_value;
using base::is_alnum;
using base::is_blank;
using base::is_digit;
using base::is_hex;
using base::is_letter;
using base::is_lower;
using base::is_upper;
using base::to_lower;
using base::to_upper;

// Letters, digits and the underscore: names in most languages.
constexpr bool is_word_char(uint8_t c) noexcept { return is_alnum(c) || c == '_'; }
// What words of one line have between them.
constexpr bool is_gap(uint8_t c) noexcept { return c == ' ' || c == '\t'; }
constexpr bool is_line_end(uint8_t c) noexcept { return c == '\n' || c == '\r'; }
constexpr bool is_quote(uint8_t c) noexcept { return c == '"' || c == '\'' || c == '`'; }
// What stands around values in code and in markdown.
constexpr bool is_mark(uint8_t c) noexcept { return is_quote(c) || c == '*'; }
// Between the cells of a row.
constexpr bool is_delimiter(uint8_t c) noexcept {
  return c == ',' || c == ';' || c == '\t' || c == '|';
}

// A quote of a cell opens at its beginning (RFC 4180) or behind a sign; behind a letter or digit it
// is one of a word or an inch. `before`: the character before it.
constexpr bool may_open_quote(uint8_t before) noexcept {
  return !is_alnum(before) && before < 0x80;
}

// RFC 4648, sections 4 and 5: both alphabets. -1: of neither.
constexpr int base64_value(uint8_t c) noexcept {
  if (is_upper(c)) return c - 'A';
  if (is_lower(c)) return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

}  // namespace sallyport::scan
