#include "dataplane/scan/recognise/secret/literal_parts.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kPartsMax = 16;
constexpr uint64_t kJointMax = 48;  // with indentation

bool is_prefix(uint8_t c) noexcept {
  return c == 'f' || c == 'r' || c == 'b' || c == 'u' || c == 'L' || c == '$' || c == '@';
}

// Operators of some language that put texts together; what else they are made of is none.
bool joins(std::string_view sign) noexcept {
  return sign == "+" || sign == "." || sign == ".." || sign == "&" || sign == "||" || sign == "~" ||
         sign == "^" || sign == "<<" || sign == "<>" || sign == "++";
}

void skip_space(Reader& reader, uint64_t max) noexcept {
  for (uint64_t i = 0; i < max && is_blank(reader.peek()); ++i) reader.skip();
}

enum class Joint : uint8_t { None, Sign, Bare };

// Behind a literal: moves the reader to the quote (or its prefix) of the next part.
Joint take_joint(Reader& reader, bool listed) noexcept {
  std::array<char, 2> sign;
  size_t signs = 0;
  bool line = false, comma = false;
  uint64_t n = 0;
  for (; n < kJointMax; ++n) {
    const uint8_t c = reader.peek(n);
    if (is_blank(c)) {
      line = line || c == '\n';
    } else if (c == '\\' && is_blank(reader.peek(n + 1))) {
      line = true;
    } else if (c == ',' && listed && !comma) {
      comma = true;
    } else if (is_quote(c) || (is_prefix(c) && is_quote(reader.peek(n + 1)))) {
      break;
    } else if (signs < sign.size() &&
               std::string_view("+.&|~^<>").find(static_cast<char>(c)) != std::string_view::npos) {
      sign[signs++] = static_cast<char>(c);
    } else {
      return Joint::None;
    }
  }
  if (n == kJointMax || (signs > 0 && !joins({sign.data(), signs}))) return Joint::None;
  const bool is_plain = signs == 0 && !line && n > 0 && is_quote(reader.peek(n));
  if (listed ? !comma && signs == 0 : is_plain) return Joint::None;
  reader.skip(n);
  return signs > 0 || listed ? Joint::Sign : Joint::Bare;
}

// "''.join([", "CONCAT(", "implode('', [": what opens a list whose items are put together.
bool take_join_call(Reader& reader) noexcept {
  const uint64_t from = reader.at();
  for (std::string_view call : {"''.join(", "\"\".join(", "concat(", "implode('',", "implode(\"\",",
                                "string.join(\"\",", "strings.join([]string{", "paste0("}) {
    if (to_lower(reader.peek()) != static_cast<uint8_t>(call[0])) continue;
    if (reader.take(call)) {
      skip_space(reader, kJointMax);
      if (reader.peek() == '[' || reader.peek() == '(') reader.skip();
      skip_space(reader, kJointMax);
      if (is_quote(reader.peek())) return true;
    }
    reader.move_to(from);
  }
  return false;
}

// The next literal is a name and its value: of an object or a file, not of this text.
bool is_name_of_value(Reader& reader) noexcept {
  uint64_t n = 0;
  while (n < 4 && reader.peek(n) == ' ') ++n;
  return reader.peek(n) == ':' || reader.peek(n) == '=';
}

void append(Bytes part, JoinedLiterals& joined) noexcept {
  const size_t size = std::min(part.size(), joined.bytes.size() - joined.size);
  std::copy_n(part.begin(), size, joined.bytes.begin() + static_cast<std::ptrdiff_t>(joined.size));
  joined.size += size;
}

}  // namespace

Value read_parts(Reader& reader, Stop stop, JoinedLiterals& joined, Bytes& bytes) noexcept {
  const uint64_t begin = reader.at();
  const bool call = take_join_call(reader);
  bool list = call;
  if (!call && (reader.peek() == '(' || reader.peek() == '[')) {
    list = reader.peek() == '[';
    reader.skip();
    skip_space(reader, kJointMax);
    if (!is_quote(reader.peek())) {
      reader.move_to(begin);
      list = false;
    }
  }
  Value value = read_value(reader, stop);
  joined.size = 0;
  unsigned parts = 1;
  if (value.found) append(reader.slice(value.start, value.end), joined);
  while (value.found && value.quoted && !value.spaced && parts < kPartsMax && !reader.at_limit()) {
    const uint64_t here = reader.at();
    const Joint joint = take_joint(reader, list);
    const Value next = joint == Joint::None ? Value{} : read_value(reader, Stop::Line);
    if (!next.found || !next.quoted || next.spaced || reader.at_limit() ||
        (joint == Joint::Bare && is_name_of_value(reader))) {
      reader.move_to(here);
      break;
    }
    append(reader.slice(next.start, next.end), joined);
    value.end = next.end;
    value.line_end = next.line_end;
    value.semicolon = next.semicolon;
    ++parts;
  }
  // A list that nobody joins is a list.
  if (list && !call) {
    skip_space(reader, 4);
    if (parts == 1 || !reader.take("].join(")) {
      reader.move_to(begin);
      parts = 1;
      value = read_value(reader, stop);
    }
  }
  if (value.found)
    bytes =
        parts > 1 ? Bytes{joined.bytes.data(), joined.size} : reader.slice(value.start, value.end);
  return value;
}

}  // namespace sallyport::scan
