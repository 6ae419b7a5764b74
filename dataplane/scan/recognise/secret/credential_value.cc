#include "dataplane/scan/recognise/secret/credential_value.h"

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// A quote here: its bytes, 0 for none; `kind` tells which. Typographic ones close each other.
uint64_t quote_here(Reader& reader, uint8_t& kind) noexcept {
  const uint8_t c = reader.peek();
  if (c == '"' || c == '\'' || c == '`') {
    kind = c;
    return 1;
  }
  if (c == '\\' && (reader.peek(1) == '"' || reader.peek(1) == '\'')) {
    kind = '\\';
    return 2;
  }
  // U+2018 to U+201F, U+300C and U+300D, U+00AB and U+00BB.
  if (c == 0xe2 && reader.peek(1) == 0x80 && reader.peek(2) >= 0x98 && reader.peek(2) <= 0x9f) {
    kind = 0xe2;
    return 3;
  }
  if (c == 0xe3 && reader.peek(1) == 0x80 && (reader.peek(2) | 1) == 0x8d) {
    kind = 0xe3;
    return 3;
  }
  if (c == 0xc2 && (reader.peek(1) == 0xab || reader.peek(1) == 0xbb)) {
    kind = 0xc2;
    return 2;
  }
  return 0;
}

bool is_end(uint8_t c) noexcept { return c == 0 || c == '\n' || c == '\r'; }

// "\n" and the like inside of a text that holds escaped text.
bool is_escape(Reader& reader, Stop stop) noexcept {
  if (reader.peek() != '\\') return false;
  const uint8_t c = reader.peek(1);
  // \\server\share
  if (c == '\\' && stop == Stop::Word) return false;
  return c == 'n' || c == 'r' || c == 't' || c == '"' || c == '\'' || c == 'u' || c == '\n' ||
         c == '\\' || c == 0;
}

void look_behind_value(Reader& reader, Value& value) noexcept {
  value.semicolon = reader.peek() == ';';
  uint64_t i = 0;
  while (i < 4 && (is_gap(reader.peek(i)) || reader.peek(i) == ',' || reader.peek(i) == ';')) ++i;
  value.line_end = is_end(reader.peek(i)) || (reader.peek(i) == '\\' && is_end(reader.peek(i + 1)));
}

Value read_quoted(Reader& reader, uint64_t quote_bytes, uint8_t kind) noexcept {
  Value value;
  value.quoted = true;
  reader.skip(quote_bytes);
  // An emphasis or a blank inside of the quotes.
  reader.skip_blanks(4);
  value.start = reader.at();
  for (;;) {
    uint8_t other = 0;
    const uint64_t closing = quote_here(reader, other);
    if (closing > 0 && other == kind) {
      value.end = reader.at();
      reader.skip(closing);
      break;
    }
    if (reader.at_limit()) {
      value.end = reader.at();
      if (value.spaced) return {};
      break;
    }
    const uint8_t c = reader.peek();
    if (is_end(c)) return {};
    if (is_gap(c)) value.spaced = true;
    // An escaped character belongs to the value; the quote of an escaped quote pair does not come
    // through here.
    reader.skip(c == '\\' && kind != '\\' && reader.peek(1) != 0 ? 2 : 1);
  }
  while (value.end > value.start && is_gap(reader.slice(value.end - 1, value.end)[0])) --value.end;
  if (value.spaced) {
    value.spaced = false;
    for (uint8_t c : reader.slice(value.start, value.end)) value.spaced |= is_gap(c);
  }
  value.found = value.end > value.start;
  look_behind_value(reader, value);
  return value;
}

struct Depth {
  int round = 0, square = 0, curly = 0;
  // False: a bracket that was not opened inside.
  bool take(uint8_t c) noexcept {
    if (c == '(') ++round;
    if (c == '[') ++square;
    if (c == '{') ++curly;
    if (c == ')') return --round >= 0;
    if (c == ']') return --square >= 0;
    if (c == '}') return --curly >= 0;
    return true;
  }
};

// Letters of scripts that are written without spaces end a value of ASCII: "密码是abc123，".
bool is_unspaced_script(uint8_t lead) noexcept { return lead >= 0xe3 && lead <= 0xef; }

// "n)y18NI2cb": a bracket that nothing opened belongs to a password where letters, a digit among
// them, go on behind it to the end of a word. In "f(x)return", "(x).y" they do not.
bool goes_on_behind_bracket(Reader& reader) noexcept {
  constexpr std::string_view kSigns = "!@#$%^*_+-";
  constexpr uint64_t kBytesMax = 20;
  bool digit = false, letter = false;
  for (uint64_t i = 1; i <= kBytesMax; ++i) {
    const uint8_t c = reader.peek(i);
    digit |= is_digit(c);
    letter |= is_letter(c);
    if (is_alnum(c) || kSigns.find(static_cast<char>(c)) != std::string_view::npos) continue;
    // A point or a comma ends the word where a sentence goes on.
    const bool mark =
        (c == '.' || c == ',') && (is_gap(reader.peek(i + 1)) || is_end(reader.peek(i + 1)));
    return digit && letter && (mark || is_gap(c) || is_end(c));
  }
  return false;
}

bool ends_here(Reader& reader, Stop stop, Depth& depth) noexcept {
  const uint8_t c = reader.peek();
  if (is_end(c) || is_gap(c) || c == '"' || c == '`' || c == '<') return true;
  if (c == '\'' || is_escape(reader, stop) || is_unspaced_script(c)) return true;
  if (c == 0xe2 && reader.peek(1) == 0x80) return true;
  if (stop == Stop::Word) return false;
  if (c == ';' || c == '>') return true;
  if (c == '&' && stop == Stop::Query) return true;
  if (c == '&') {
    uint64_t i = 1;
    while (i < 24 && (is_alnum(reader.peek(i)) || reader.peek(i) == '_')) ++i;
    if (i > 1 && reader.peek(i) == '=') return true;
  }
  if (c == ',' && (is_gap(reader.peek(1)) || is_end(reader.peek(1)) || reader.peek(1) == '\\'))
    return true;
  if (depth.take(c)) return false;
  if (c != ')' || stop != Stop::Line || !goes_on_behind_bracket(reader)) return true;
  depth.round = 0;
  return false;
}

}  // namespace

Value read_value(Reader& reader, Stop stop) noexcept {
  // r"", b"", u"", f"", @"", L"", $'': a prefix right before a quote.
  uint64_t prefix = 0;
  while (prefix < 2 &&
         std::string_view("brufBRUFL@$").find(static_cast<char>(reader.peek(prefix))) !=
             std::string_view::npos)
    ++prefix;
  if (prefix > 0 && (reader.peek(prefix) == '"' || reader.peek(prefix) == '\''))
    reader.skip(prefix);
  bool bold = false;
  if (reader.peek() == '*' && reader.peek(1) == '*') {
    bold = true;
    reader.skip(2);
  }
  uint8_t kind = 0;
  const uint64_t quote = quote_here(reader, kind);
  if (quote > 0) return read_quoted(reader, quote, kind);
  Value value;
  value.start = reader.at();
  Depth depth;
  while (!reader.at_limit() && !ends_here(reader, stop, depth)) {
    if (bold && reader.peek() == '*' && reader.peek(1) == '*') break;
    reader.skip();
  }
  value.end = reader.at();
  look_behind_value(reader, value);
  while (value.end > value.start && std::string_view(".,:;?").find(static_cast<char>(reader.slice(
                                        value.end - 1, value.end)[0])) != std::string_view::npos)
    --value.end;
  value.found = value.end > value.start;
  return value;
}

Verdict match_changed(Reader& reader, const Value& value, uint8_t doubt, Hit& out) noexcept {
  out = Hit{value.start, value.end, false, doubt};
  if (!value.quoted || !reader.take(" -> "))
    return reader.starved() ? Verdict::More : Verdict::Match;
  const Value next = read_value(reader, Stop::Line);
  if (reader.starved()) return Verdict::More;
  if (next.found && next.quoted && !next.spaced) out.end = next.end;
  return Verdict::Match;
}

}  // namespace sallyport::scan
