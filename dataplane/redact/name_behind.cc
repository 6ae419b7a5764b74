#include "dataplane/redact/name_behind.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/base/ascii.h"
#include "dataplane/base/utf8.h"

namespace sallyport::redact {

namespace {

using base::is_alnum;
using base::is_letter;

// Endings of files none of which is a top-level domain.
constexpr std::string_view kFileEndings[] = {"csv", "doc", "docx", "eml", "gif",  "htm", "html",
                                             "ics", "ini", "jpeg", "jpg", "json", "log", "pdf",
                                             "png", "ppt", "pptx", "sql", "txt",  "vcf", "xlsx",
                                             "xls", "xml", "yaml", "yml"};
constexpr size_t kFileEndingMax = 4;

enum class Kind : uint8_t { Part, Script, Colon, Dot, At, Other, More };
struct Character {
  Kind kind;
  size_t size;
};

// Signs, spaces, punctuation and pictures of Unicode; what is left are letters and their marks. A
// zero-width character is a part of any name: readers of names drop it.
bool is_sign(uint32_t c) noexcept {
  if (c == 0xad || c == 0x200b || c == 0x200c || c == 0x200d || c == 0x2060 || c == 0xfeff)
    return false;
  return c < 0xc0 || c == 0xd7 || c == 0xf7 || (c >= 0x2000 && c < 0x2c00) ||
         (c >= 0x3000 && c < 0x3040) || (c >= 0xff00 && c < 0xff10) ||
         (c >= 0xff1a && c < 0xff21) || (c >= 0xff3b && c < 0xff41) ||
         (c >= 0xff5b && c < 0xff66) || c >= 0x1f000;
}

Character character(std::span<const uint8_t> text) noexcept {
  if (text.empty()) return {Kind::More, 0};
  const uint8_t c = text[0];
  if (is_alnum(c)) return {Kind::Part, 1};
  switch (c) {
    case '.':
      return {Kind::Dot, 1};
    case '@':
      return {Kind::At, 1};
    case ':':
      return {Kind::Colon, 1};
    case '-':
    case '_':
    case '~':
    case '%':
    case '+':
    case '\\':
    case '[':
    case ']':
      return {Kind::Part, 1};  // brackets: of another token
    default:
      break;
  }
  if (c < 0x80) return {Kind::Other, 1};
  const size_t size = base::utf8_sequence_size(c);
  if (size == 0) return {Kind::Other, 1};
  if (text.size() < size) return {Kind::More, 0};
  return {is_sign(base::utf8_decode(text.data(), size)) ? Kind::Other : Kind::Script, size};
}

// Does a label begin here, or the token that will be one? "[1]" behind a full stop is a note.
NameBehind label(std::span<const uint8_t> text) noexcept {
  if (!text.empty() && text[0] == '[') {
    if (text.size() == 1) return NameBehind::More;
    return is_letter(text[1]) ? NameBehind::Yes : NameBehind::No;
  }
  const Character first = character(text);
  if (first.kind == Kind::More) return NameBehind::More;
  const bool begins = first.kind == Kind::Script || (first.kind == Kind::Part && text[0] != ']' &&
                                                     text[0] != '-' && text[0] != '\\');
  return begins ? NameBehind::Yes : NameBehind::No;
}

// Behind a dot: nothing but the ending of a file stands there, and no name goes on behind it.
NameBehind label_or_ending(std::span<const uint8_t> text, bool ended) noexcept {
  const NameBehind begins = label(text);
  if (begins != NameBehind::Yes) return begins;
  std::array<char, kFileEndingMax> word{};
  size_t size = 0;
  while (size < text.size() && size < word.size() && is_letter(text[size])) {
    word[size] = static_cast<char>(base::to_lower(text[size]));
    ++size;
  }
  const std::string_view ending(word.data(), size);
  if (size == text.size() && !ended) {
    const auto may_be = [&](std::string_view e) { return e.starts_with(ending); };
    return std::any_of(std::begin(kFileEndings), std::end(kFileEndings), may_be) ? NameBehind::More
                                                                                 : NameBehind::Yes;
  }
  if (std::find(std::begin(kFileEndings), std::end(kFileEndings), ending) == std::end(kFileEndings))
    return NameBehind::Yes;
  const auto behind = text.subspan(size);
  switch (character(behind).kind) {
    case Kind::More:
      return NameBehind::More;
    case Kind::Dot:
      return label(behind.subspan(1));
    case Kind::Other:
      return behind[0] == '/' ? NameBehind::Yes : NameBehind::No;
    default:
      return NameBehind::Yes;
  }
}

NameBehind look_behind(std::span<const uint8_t> text, bool ended) noexcept {
  bool password = false;  // behind a colon only "@" makes it user information
  bool script = false;
  for (size_t at = 0; at < kNameBehindBytesMax;) {
    const auto rest = text.subspan(at);
    const Character c = character(rest);
    switch (c.kind) {
      case Kind::More:
        return NameBehind::More;
      case Kind::Other:
        return NameBehind::No;
      case Kind::At:
        return label(rest.subspan(1));
      case Kind::Dot:
        if (!password) return label_or_ending(rest.subspan(1), ended);
        break;
      case Kind::Colon:
        password = true;
        break;
      case Kind::Script:
        script = true;
        break;
      case Kind::Part:
        break;
    }
    at += c.size;
  }
  return script ? NameBehind::No : NameBehind::Yes;
}

}  // namespace

NameBehind name_behind(std::span<const uint8_t> text, bool ended) noexcept {
  const NameBehind said = look_behind(text, ended);
  return ended && said == NameBehind::More ? NameBehind::No : said;
}

}  // namespace sallyport::redact
