#include "dataplane/scan/text/fold.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "dataplane/base/check.h"
#include "dataplane/base/utf8.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/scan/text/char_masks.h"
#include "dataplane/scan/text/context_words.h"
#include "dataplane/scan/text/fold_table.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr size_t kBackslashesMax = 8;
constexpr size_t kUndecided = 0;

// The characters that HTML names and a form may need; the longest has six letters.
struct Named {
  std::string_view name;
  char ascii;
};
constexpr Named kEntities[] = {
    {"amp;", '&'},    {"apos;", '\''},  {"ast;", '*'},      {"bsol;", '\\'},  {"colon;", ':'},
    {"comma;", ','},  {"commat;", '@'}, {"dash;", '-'},     {"equals;", '='}, {"gt;", '>'},
    {"hyphen;", '-'}, {"lowbar;", '_'}, {"lpar;", '('},     {"lt;", '<'},     {"mdash;", '-'},
    {"ndash;", '-'},  {"nbsp;", ' '},   {"NewLine;", '\n'}, {"num;", '#'},    {"percnt;", '%'},
    {"period;", '.'}, {"plus;", '+'},   {"quot;", '"'},     {"rpar;", ')'},   {"sol;", '/'},
    {"Tab;", '\t'},   {"verbar;", '|'}, {"shy;", '\0'},     {"zwj;", '\0'},   {"zwnj;", '\0'}};

bool is_punctuation(uint8_t c) noexcept {
  return c > 0x20 && c < 0x7f && !is_alnum(c) && c != '\\';
}

// Four hex digits: their value; -1: none; -2: not all there, and none of them wrong.
int hex4(const uint8_t* text, size_t size) noexcept {
  int value = 0;
  for (size_t i = 0; i < 4; ++i) {
    if (i == size) return -2;
    const int digit = hex_value(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

// Blanks, hyphens and quotes of Windows-1252 and its sisters, in files that are no UTF-8. Letters
// stay bytes: two would stand for one, and folded text is never longer than what it comes from.
uint32_t fold_code_page(uint8_t c) noexcept {
  switch (c) {
    case 0x91:
    case 0x92:
      return '\'';
    case 0x93:
    case 0x94:
      return '"';
    case 0x96:
    case 0x97:
      return '-';
    case 0xa0:
      return ' ';
    case 0xad:
      return kFoldNothing;
    default:
      return kFoldItself;
  }
}

bool goes_on(uint8_t c) noexcept { return (c & 0xc0) == 0x80; }
// First bytes of U+4000 to U+9FFF and U+B000 to U+CFFF, Han and hangul: all of it stands for
// itself.
bool is_han(uint8_t lead) noexcept {
  return (lead >= 0xe4 && lead <= 0xe9) || lead == 0xeb || lead == 0xec;
}

// Visible ASCII without quotes and angle brackets.
bool is_of_url(uint8_t c) noexcept {
  return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '<' && c != '>' && c != '`';
}

bool stands_for_itself(uint8_t c) noexcept {
  return c != 0 && c != '\\' && c != '%' && c != '&' && c != '=';
}

// "...Xicx7=" and a line end: the padding of base64 that ends there, not a soft line break. Lines
// of quoted-printable have 76 characters at most (RFC 2045 6.7); base64 is whole groups of four.
// `out`: what was put out, at least the last 76 characters of it (a text scanner keeps more).
bool is_padding(std::span<const uint8_t> out) noexcept {
  constexpr size_t kQuotedLineMax = 76, kEncodedMin = 16;
  size_t run = 0;
  while (run < kQuotedLineMax && run < out.size()) {
    const uint8_t c = out[out.size() - 1 - run];
    if (!is_alnum(c) && c != '+' && c != '/' && c != '-' && c != '_') break;
    ++run;
  }
  return run == kQuotedLineMax || (run >= kEncodedMin && (run + 1) % 4 == 0);
}

enum class Alone : uint8_t { No, Word, Name };

// "DB_PASSWORD=" and a line end: a name without a value, not a line of quoted-printable that goes
// on. Digits make a part of a key of it. Longer ones are no names. A word in small letters may be
// either.
Alone is_name_alone(std::span<const uint8_t> out) noexcept {
  constexpr size_t kNameMax = 48, kIndentMax = 16;
  constexpr unsigned kDigitsMax = 2;
  unsigned digits = 0;
  size_t at = out.size();
  while (at > 0 && out.size() - at < kNameMax) {
    const uint8_t c = out[at - 1];
    if (!is_alnum(c) && c != '_' && c != '.' && c != '-') break;
    digits += is_digit(c) ? 1 : 0;
    --at;
  }
  if (at == out.size() || digits > kDigitsMax || is_digit(out[at])) return Alone::No;
  const bool is_name = std::any_of(out.begin() + static_cast<std::ptrdiff_t>(at), out.end(),
                                   [](uint8_t c) { return c == '_' || is_upper(c); });
  for (std::string_view word : {"export", "set", "ENV"}) {
    if (at <= word.size() || out[at - 1] != ' ') continue;
    if (std::equal(word.begin(), word.end(),
                   out.begin() + static_cast<std::ptrdiff_t>(at - 1 - word.size())))
      at -= word.size() + 1;
  }
  for (size_t i = 0; i < kIndentMax && at > 0 && out[at - 1] == ' '; ++i) --at;
  if (at > 0 && out[at - 1] != '\n' && out[at - 1] != '\r') return Alone::No;
  return is_name ? Alone::Name : Alone::Word;
}

// What a soft line break may follow besides letters and digits: signs inside of values.
// Of a word of which some characters are quoted-printable.
bool is_quoted_char(uint8_t c) noexcept {
  return is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '@';
}

bool is_inner_sign(uint8_t c) noexcept {
  return c == '-' || c == '.' || c == ',' || c == '/' || c == '_' || c == '@';
}

}  // namespace

void Folder::begin() noexcept {
  map_.begin();
  held_size_ = 0;
  last_ = 0;
  was_quoted_ = in_blank_row_ = in_quoted_word_ = in_percent_word_ = false;
}

// Vectors are copied whole, and write behind the text.
Folder::Out Folder::open(mem::TextWindow& text, size_t room) {
  uint8_t* const at = text.extend(room + kCopySlackBytes);
  return {at - text.size(), at};
}

void Folder::close(const Out& out, mem::TextWindow& text) noexcept {
  text.commit(static_cast<size_t>(out.at - out.begin) - text.size());
}

void Folder::feed(std::span<const uint8_t> text, mem::TextWindow& folded) {
  Out out = open(folded, held_size_ + text.size());
  while (held_size_ > 0 && !text.empty()) {
    std::array<uint8_t, 2 * kFoldHeldBytes> joined;
    std::memcpy(joined.data(), held_.data(), held_size_);
    const size_t more = std::min(text.size(), joined.size() - held_size_);
    std::memcpy(joined.data() + held_size_, text.data(), more);
    size_t used = 0;
    // Until all that was held is decided; what is new is better read in bulk.
    while (used < held_size_) {
      const size_t size = step(joined.data() + used, held_size_ + more - used, false, out);
      if (size == kUndecided) break;
      used += size;
    }
    if (used >= held_size_) {
      text = text.subspan(used - held_size_);
      held_size_ = 0;
    } else {
      const size_t rest = held_size_ + more - used;
      SP_CHECK(rest <= kFoldHeldBytes);
      std::memcpy(held_.data(), joined.data() + used, rest);
      held_size_ = rest;
      text = text.subspan(more);
    }
  }
  const size_t used = bulk(text.data(), text.size(), false, out);
  close(out, folded);
  if (used == text.size()) return;
  held_size_ = text.size() - used;
  SP_CHECK(held_size_ <= kFoldHeldBytes);
  std::memcpy(held_.data(), text.data() + used, held_size_);
}

void Folder::end(mem::TextWindow& folded) {
  if (held_size_ == 0) return;
  Out out = open(folded, held_size_);
  const size_t used = bulk(held_.data(), held_size_, true, out);
  close(out, folded);
  SP_CHECK(used == held_size_);
  held_size_ = 0;
}

// Answers how much is decided.
size_t Folder::bulk(const uint8_t* text, size_t size, bool final, Out& out) {
  size_t at = 0;
  while (at < size) {
    const size_t plain = copy_plain(text + at, size - at, out.at);
    if (plain > 0) {
      put_out(plain, out);
      at += plain;
      if (at == size) break;
    }
    const size_t used = step(text + at, size - at, final, out);
    if (used == kUndecided) break;
    at += used;
  }
  return at;
}

// One sequence, or some plain text. Undecided only with fewer than kFoldHeldBytes left.
size_t Folder::step(const uint8_t* text, size_t size, bool final, Out& out) {
  switch (text[0]) {
    case '\\':
      return escape(text, size, final, out);
    case '%':
      return percent(text, size, final, out);
    case '&':
      return entity(text, size, final, out);
    case '=':
      return quoted(text, size, final, out);
    case 0:
      return becomes(1, 1, kFoldedForm, out);
    default:
      return text[0] >= 0x80 ? code_points(text, size, final, out) : itself(text, 1, out);
  }
}

size_t Folder::itself(const uint8_t* text, size_t size, Out& out) {
  std::memcpy(out.at, text, size);
  return put_out(size, out);
}

// The next `size` characters stand there already, and for themselves.
size_t Folder::put_out(size_t size, Out& out) {
  if (in_blank_row_) in_blank_row_ = std::all_of(out.at, out.at + size, is_alnum);
  if (in_quoted_word_) in_quoted_word_ = std::all_of(out.at, out.at + size, is_quoted_char);
  if (in_percent_word_) in_percent_word_ = std::all_of(out.at, out.at + size, is_of_url);
  out.at += size;
  map_.linear(size);
  last_ = out.at[-1];
  was_quoted_ = false;
  return size;
}

size_t Folder::becomes(uint8_t character, size_t source, uint8_t reason, Out& out) {
  *out.at++ = character;
  map_.unit(1, static_cast<uint32_t>(source), reason);
  last_ = character;
  was_quoted_ = reason == kFoldedQuoted;
  in_quoted_word_ = was_quoted_ && character != ' ';
  in_percent_word_ = reason == kFoldedPercent || (in_percent_word_ && is_of_url(character));
  return source;
}

size_t Folder::becomes_code_point(uint32_t c, size_t source, uint8_t reason, Out& out) {
  if (c == 0) return becomes(1, source, reason, out);
  if (c < 0x80) return becomes(static_cast<uint8_t>(c), source, reason, out);
  const uint32_t folded = fold_code_point(c);
  if (folded == kFoldNothing) {
    map_.removed(static_cast<uint32_t>(source), reason);
    return source;
  }
  if (folded != kFoldItself) return becomes(static_cast<uint8_t>(folded), source, reason, out);
  std::array<uint8_t, 4> bytes;
  const auto size = static_cast<uint32_t>(base::utf8_encode(c, bytes.data()));
  std::memcpy(out.at, bytes.data(), size);
  out.at += size;
  map_.unit(size, static_cast<uint32_t>(source), reason);
  last_ = bytes[size - 1];
  was_quoted_ = false;
  return source;
}

size_t Folder::escape(const uint8_t* text, size_t size, bool final, Out& out) {
  size_t slashes = 1;
  while (slashes < size && slashes < kBackslashesMax && text[slashes] == '\\') ++slashes;
  if (slashes == size) return final ? itself(text, slashes, out) : kUndecided;
  const uint8_t c = text[slashes];
  switch (c) {
    case 'u':
      return unicode_escape(text, size, slashes, final, out);
    case 'x': {
      const size_t there = size - slashes - 1;
      const int high = there > 0 ? hex_value(text[slashes + 1]) : 0;
      const int low = there > 1 ? hex_value(text[slashes + 2]) : 0;
      if (high < 0 || low < 0 || (there < 2 && final)) return itself(text, slashes, out);
      if (there < 2) return kUndecided;
      const int value = high * 16 + low;
      if (value < 0x20 || value > 0x7e) return itself(text, slashes, out);
      return becomes(static_cast<uint8_t>(value), slashes + 3, kFoldedEscape, out);
    }
    case 'n':
    case 'r':
      return becomes('\n', slashes + 1, kFoldedEscape, out);
    case 't':
      return becomes('\t', slashes + 1, kFoldedEscape, out);
    default:
      return is_punctuation(c) ? becomes(c, slashes + 1, kFoldedEscape, out)
                               : itself(text, slashes, out);
  }
}

size_t Folder::unicode_escape(const uint8_t* text, size_t size, size_t slashes, bool final,
                              Out& out) {
  const size_t digits = slashes + 1;
  const int unit = hex4(text + digits, size - digits);
  if (unit == -2 && !final) return kUndecided;
  if (unit < 0) return itself(text, slashes, out);
  auto c = static_cast<uint32_t>(unit);
  size_t used = digits + 4;
  if (c >= 0xd800 && c < 0xdc00) {
    size_t at = used;
    while (at < size && at - used < kBackslashesMax && text[at] == '\\') ++at;
    const bool goes_on = at > used && at < size && text[at] == 'u';
    if (!final && (at == size || (goes_on && hex4(text + at + 1, size - at - 1) == -2)))
      return kUndecided;
    const int low = goes_on ? hex4(text + at + 1, size - at - 1) : -1;
    if (low < 0xdc00 || low > 0xdfff) return itself(text, slashes, out);
    c = 0x10000 + ((c - 0xd800) << 10) + (static_cast<uint32_t>(low) - 0xdc00);
    used = at + 5;
  } else if (c >= 0xdc00 && c < 0xe000) {
    return itself(text, slashes, out);
  }
  return becomes_code_point(c, used, kFoldedEscape, out);
}

size_t Folder::percent(const uint8_t* text, size_t size, bool final, Out& out) {
  const int high = size > 1 ? hex_value(text[1]) : 0;
  const int low = size > 2 ? hex_value(text[2]) : 0;
  if (high < 0 || low < 0 || (size < 3 && final)) return itself(text, 1, out);
  if (size < 3) return kUndecided;
  const int value = high * 16 + low;
  if (value < 0x20 || value > 0x7e) return itself(text, 1, out);
  // "Summer%2024": where text is written so, another one stands in the word.
  const bool cuts = value == ' ' || value == '"' || value == '\'';
  if (cuts && is_letter(last_) && !in_percent_word_) {
    const Follows other = percent_follows(text + 3, size - 3, final);
    if (other == Follows::Unknown) return kUndecided;
    if (other == Follows::No) return itself(text, 1, out);
  }
  return becomes(static_cast<uint8_t>(value), 3, kFoldedPercent, out);
}

// Whether another %XX stands in the word, or no digit right behind this one, which then is what it
// looks like.
Folder::Follows Folder::percent_follows(const uint8_t* text, size_t size,
                                        bool final) const noexcept {
  constexpr size_t kNextMax = 20;
  static_assert(3 + kNextMax + 3 < kFoldHeldBytes);
  const auto unknown = [&](size_t at) { return at >= size && !final; };
  if (unknown(0)) return Follows::Unknown;
  if (size == 0 || !is_digit(text[0])) return Follows::Yes;
  size_t at = 0;
  while (at < size && at < kNextMax && is_of_url(text[at]) && text[at] != '%') ++at;
  if (at == kNextMax) return Follows::No;
  if (unknown(at) || (at < size && text[at] == '%' && unknown(at + 2))) return Follows::Unknown;
  return at + 2 < size && text[at] == '%' && hex_value(text[at + 1]) >= 0 &&
                 hex_value(text[at + 2]) >= 0
             ? Follows::Yes
             : Follows::No;
}

size_t Folder::entity(const uint8_t* text, size_t size, bool final, Out& out) {
  if (size > 1 && text[1] == '#') return numeric_entity(text, size, final, out);
  const std::string_view rest(reinterpret_cast<const char*>(text) + 1, size - 1);
  for (const Named& one : kEntities) {
    if (rest.size() >= one.name.size()) {
      if (!rest.starts_with(one.name)) continue;
      if (one.ascii != '\0')
        return becomes(static_cast<uint8_t>(one.ascii), one.name.size() + 1, kFoldedEntity, out);
      map_.removed(static_cast<uint32_t>(one.name.size() + 1), kFoldedEntity);
      return one.name.size() + 1;
    }
    if (!final && one.name.starts_with(rest)) return kUndecided;
  }
  return itself(text, 1, out);
}

size_t Folder::numeric_entity(const uint8_t* text, size_t size, bool final, Out& out) {
  size_t at = 2;
  const bool is_hex = at < size && (text[at] == 'x' || text[at] == 'X');
  if (is_hex) ++at;
  const size_t first = at;
  uint32_t value = 0;
  for (; at < size && at < first + 8; ++at) {
    const int digit = hex_value(text[at]);
    if (digit < 0 || (!is_hex && digit > 9)) break;
    value = value * (is_hex ? 16 : 10) + static_cast<uint32_t>(digit);
    if (value > 0x10ffff) return itself(text, 1, out);
  }
  if (at == size && at < first + 8 && !final) return kUndecided;
  if (at == first || at == size || text[at] != ';' || (value >= 0xd800 && value < 0xe000))
    return itself(text, 1, out);
  return becomes_code_point(value, at + 1, kFoldedEntity, out);
}

// "5441=200701=204088": of the blanks that part a number two in a row are meant. Whether one more
// stands behind the next group.
Folder::Follows Folder::blank_follows(const uint8_t* text, size_t size, bool final) noexcept {
  constexpr size_t kGroupMax = 6;
  size_t at = 0;
  while (at < size && at < kGroupMax && is_alnum(text[at])) ++at;
  if (at == 0 && size > 0) return Follows::No;
  constexpr std::string_view kBlank = "=20";
  for (size_t i = 0; i < kBlank.size(); ++i) {
    if (at + i >= size) return final ? Follows::No : Follows::Unknown;
    if (text[at + i] != static_cast<uint8_t>(kBlank[i])) return Follows::No;
  }
  return Follows::Yes;
}

// "=34=35=33": a word that begins with one. One alone is none, and a comparison has no two.
size_t Folder::quoted_word(const uint8_t* text, size_t size, bool final, Out& out) {
  constexpr size_t kTwo = 6;
  const auto value_at = [&](size_t at) {
    const int high = text[at] >= 'a' ? -1 : hex_value(text[at]);
    const int low = text[at + 1] >= 'a' ? -1 : hex_value(text[at + 1]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  };
  if (last_ == '=') return itself(text, 1, out);
  const auto fits = [&](size_t at) {
    return at % 3 == 0 ? text[at] == '=' : hex_value(text[at]) >= 0 && text[at] < 'a';
  };
  for (size_t at = 1; at < kTwo; ++at) {
    if (at >= size) return final ? itself(text, 1, out) : kUndecided;
    if (!fits(at)) return itself(text, 1, out);
  }
  const auto is_shown = [](int value) { return value > 0x20 && value < 0x7f; };
  if (!is_shown(value_at(1)) || !is_shown(value_at(4))) return itself(text, 1, out);
  return becomes(static_cast<uint8_t>(value_at(1)), 3, kFoldedQuoted, out);
}

// "=2D". What is also an assignment ("pin=4111") must not be folded, so it takes a sign: a letter
// among the two, or a neighbour of the same kind. An '@' is folded between a letter or digit and a
// letter.
size_t Folder::quoted(const uint8_t* text, size_t size, bool final, Out& out) {
  const auto is_upper_hex = [](uint8_t c) { return hex_value(c) >= 0 && !(c >= 'a' && c <= 'f'); };
  const auto unknown = [&](size_t at) { return at >= size && !final; };
  const bool behind_word = is_alnum(last_) || was_quoted_;
  if (!behind_word && !is_inner_sign(last_)) return quoted_word(text, size, final, out);
  if (unknown(1)) return kUndecided;
  if (size > 1 && (text[1] == '\n' || text[1] == '\r')) {
    if (text[1] == '\r' && unknown(2)) return kUndecided;
    if (text[1] == '\r' && (size < 3 || text[2] != '\n')) return itself(text, 1, out);
    const size_t used = text[1] == '\n' ? 2 : 3;
    const Alone alone = is_name_alone({out.begin, out.at});
    if (is_padding({out.begin, out.at}) || alone == Alone::Name) return itself(text, 1, out);
    if (alone == Alone::Word) {
      constexpr size_t kNextNameMax = 24;
      static_assert(kNextNameMax + 4 < kFoldHeldBytes);
      size_t at = used;
      while (at < size && at - used < kNextNameMax && (is_alnum(text[at]) || text[at] == '_')) ++at;
      if (unknown(at) && at - used < kNextNameMax) return kUndecided;
      if (at < size && (text[at] == '=' || at == used)) return itself(text, 1, out);
    }
    map_.removed(static_cast<uint32_t>(used), kFoldedQuoted);
    return used;
  }
  if (!behind_word || (size > 1 && !is_upper_hex(text[1]))) return itself(text, 1, out);
  if (unknown(2)) return kUndecided;
  if (size < 3 || !is_upper_hex(text[2])) return itself(text, 1, out);
  const int value = hex_value(text[1]) * 16 + hex_value(text[2]);
  if (value < 0x20 || value > 0x7e) return itself(text, 1, out);
  bool folds = was_quoted_;
  if (!folds) folds = in_quoted_word_;
  // "j=61c=6Bson", "john=2Esmith=40x": among letters it is one where another follows in the word;
  // "token=2D9f" is an assignment.
  const bool is_letter_made = text[2] > '9' || is_letter(static_cast<uint8_t>(value));
  const bool is_sign = !is_alnum(static_cast<uint8_t>(value));
  if (!folds && is_letter_made && !(is_sign && is_digit(last_))) {
    constexpr size_t kNextMax = 20;
    static_assert(3 + kNextMax + 3 < kFoldHeldBytes);
    size_t at = 3;
    while (at < size && at < 3 + kNextMax && is_quoted_char(text[at])) ++at;
    if (at < 3 + kNextMax && (unknown(at) || (text[at < size ? at : 0] == '=' && unknown(at + 2))))
      return kUndecided;
    // "track2=4111111111111111=2905": a number with what follows it, not an "A" and digits.
    constexpr size_t kNumberMin = 5;  // behind its first two digits
    const bool is_number = at >= 3 + kNumberMin && std::all_of(text + 3, text + at, is_digit);
    folds = !is_number && at + 2 < size && text[at] == '=' && is_upper_hex(text[at + 1]) &&
            is_upper_hex(text[at + 2]);
  } else if (!folds && is_letter_made) {
    // "hwaddr=7D-E2-7B-...": pairs of hex digits.
    const auto pair = [&](size_t at) { return at >= size || is_upper_hex(text[at]); };
    const bool sign = size > 3 && (text[3] == '-' || text[3] == ':');
    if (unknown(3) || (sign && pair(4) && pair(5) && unknown(6))) return kUndecided;
    folds = !(sign && size > 6 && pair(4) && pair(5) && text[6] == text[3]);
  }
  if (!folds && value == ' ') {
    const Follows blank = in_blank_row_ ? Follows::Yes : blank_follows(text + 3, size - 3, final);
    if (blank == Follows::Unknown) return kUndecided;
    folds = in_blank_row_ = blank == Follows::Yes;
  }
  if (!folds) {
    if (unknown(3)) return kUndecided;
    if (size > 3 && text[3] == '=') {
      if (unknown(4) || (size > 4 && is_upper_hex(text[4]) && unknown(5))) return kUndecided;
      folds = size > 5 && is_upper_hex(text[4]) && is_upper_hex(text[5]);
    } else {
      folds = size > 3 && value == '@' && is_letter(text[3]);
    }
  }
  return folds ? becomes(static_cast<uint8_t>(value), 3, kFoldedQuoted, out) : itself(text, 1, out);
}

// As many characters beyond ASCII as stand in a row, but for single ones between them: blanks of
// other scripts.
size_t Folder::code_points(const uint8_t* text, size_t size, bool final, Out& out) {
  size_t at = 0, plain = 0;  // [plain, at) stands for itself
  const auto flush = [&] {
    if (at > plain) itself(text + plain, at - plain, out);
  };
  const auto put = [&](uint32_t folded, size_t length, uint8_t reason) {
    flush();
    if (folded == kFoldNothing)
      map_.removed(static_cast<uint32_t>(length), kFoldedInvisible);
    else
      becomes(static_cast<uint8_t>(folded), length, reason, out);
    plain = at + length;
  };
  while (at < size) {
    if (is_han(text[at]) && at + 2 < size && goes_on(text[at + 1]) && goes_on(text[at + 2])) {
      at += 3;
      continue;
    }
    if (text[at] < 0x80) {
      const bool between = at + 1 < size && text[at + 1] >= 0x80 && stands_for_itself(text[at]);
      if (!between) break;
      ++at;
    }
    const size_t length = base::utf8_sequence_size(text[at]);
    if (at + length > size && !final) {
      flush();
      return at;
    }
    bool is_valid = length > 1 && at + length <= size;
    for (size_t i = 1; is_valid && i < length; ++i) is_valid = goes_on(text[at + i]);
    if (!is_valid) {
      const uint32_t folded = fold_code_page(text[at]);
      if (folded != kFoldItself) put(folded, 1, kFoldedForm);
      ++at;
      continue;
    }
    const uint32_t c = base::utf8_decode(text + at, length);
    const uint32_t folded = fold_code_point(c);
    if (folded != kFoldItself) put(folded, length, fold_reason(c, folded));
    at += length;
  }
  flush();
  return at;
}

std::string folded_text(std::string_view text) {
  Folder folder;
  folder.begin();
  mem::TextWindow out;
  folder.feed({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, out);
  folder.end(out);
  return {out.bytes().begin(), out.bytes().end()};
}

std::string folded_lower(std::string_view text) {
  std::string out = folded_text(text);
  auto* bytes = reinterpret_cast<uint8_t*>(out.data());
  lower_text({bytes, out.size()}, bytes);
  return out;
}

}  // namespace sallyport::scan
