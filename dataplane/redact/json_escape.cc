#include "dataplane/redact/json_escape.h"

#include <array>
#include <cstring>

#include "dataplane/base/check.h"

namespace sallyport::redact {

namespace {

// The escape of byte c, or an empty view when it stands for itself.
std::span<const uint8_t> escape_of(uint8_t c, std::array<uint8_t, 6>& buffer) {
  if (c >= 0x20 && c != '"' && c != '\\') return {};
  static constexpr char kHex[] = "0123456789abcdef";
  buffer[0] = '\\';
  switch (c) {
    case '"':
    case '\\':
      buffer[1] = c;
      break;
    case '\b':
      buffer[1] = 'b';
      break;
    case '\f':
      buffer[1] = 'f';
      break;
    case '\n':
      buffer[1] = 'n';
      break;
    case '\r':
      buffer[1] = 'r';
      break;
    case '\t':
      buffer[1] = 't';
      break;
    default:
      buffer = {'\\',
                'u',
                '0',
                '0',
                static_cast<uint8_t>(kHex[c >> 4]),
                static_cast<uint8_t>(kHex[c & 15])};
      return {buffer.data(), 6};
  }
  return {buffer.data(), 2};
}

// U+2028 and U+2029 are E2 80 A8 and E2 80 A9: line ends to some readers of JSON.
bool is_line_separator(std::span<const uint8_t> rest) {
  return rest.size() >= 3 && rest[0] == 0xe2 && rest[1] == 0x80 &&
         (rest[2] == 0xa8 || rest[2] == 0xa9);
}

template <class Put>
bool expand(uint8_t c, unsigned levels, Put&& put) {
  if (levels == 0) return put(c);
  std::array<uint8_t, 6> buffer;
  const auto escape = escape_of(c, buffer);
  if (escape.empty()) return expand(c, levels - 1, put);
  for (uint8_t e : escape)
    if (!expand(e, levels - 1, put)) return false;
  return true;
}

// Stands for itself at every level, and begins no line separator.
constexpr bool is_plain(uint8_t c) { return c >= 0x20 && c != '"' && c != '\\' && c != 0xe2; }

// put(character), put_run(several that stand for themselves).
template <class Put, class PutRun>
bool expand_all(std::span<const uint8_t> value, unsigned levels, Put&& put, PutRun&& put_run) {
  SP_CHECK(levels <= kEscapeLevelsMax);
  for (size_t i = 0; i < value.size(); ++i) {
    size_t end = i;
    while (end < value.size() && is_plain(value[end])) ++end;
    if (end > i && !put_run(value.subspan(i, end - i))) return false;
    i = end;
    if (i == value.size()) break;
    if (levels > 0 && is_line_separator(value.subspan(i))) {
      const char* text = value[i + 2] == 0xa8 ? "\\u2028" : "\\u2029";
      for (; *text != '\0'; ++text)
        if (!expand(static_cast<uint8_t>(*text), levels - 1, put)) return false;
      i += 2;
      continue;
    }
    if (!expand(value[i], levels, put)) return false;
  }
  return true;
}

}  // namespace

size_t json_escaped_size(std::span<const uint8_t> value, unsigned levels) noexcept {
  size_t size = 0;
  expand_all(
      value, levels, [&](uint8_t) { return ++size, true; },
      [&](std::span<const uint8_t> run) { return size += run.size(), true; });
  return size;
}

size_t json_escape(std::span<const uint8_t> value, unsigned levels,
                   std::span<uint8_t> out) noexcept {
  size_t used = 0;
  const bool fits = expand_all(
      value, levels,
      [&](uint8_t c) {
        if (used == out.size()) return false;
        out[used++] = c;
        return true;
      },
      [&](std::span<const uint8_t> run) {
        if (run.size() > out.size() - used) return false;
        std::memcpy(out.data() + used, run.data(), run.size());
        used += run.size();
        return true;
      });
  return fits ? used : SIZE_MAX;
}

}  // namespace sallyport::redact
