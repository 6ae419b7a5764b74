#include "dataplane/scan/recognise/email.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kLocalBytesMax = 64;    // RFC 5321 4.5.3.1.1
constexpr uint64_t kDomainBytesMax = 253;  // RFC 1035 2.3.4
constexpr uint64_t kLabelBytesMax = 63;
constexpr uint64_t kTopBytesMin = 2;
constexpr uint64_t kTopBytesMax = 24;
// Percent off for an address cut by a line end.
constexpr uint8_t kCutDoubt = 20;

bool is_local_char(uint8_t c) noexcept {
  return is_alnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(static_cast<char>(c)) !=
                            std::string_view::npos;
}

// A letter of two bytes: Latin with marks, Greek, Cyrillic, Hebrew, Arabic. Its size in bytes, or
// 0.
unsigned short_letter_before(OpenReader& reader, uint64_t end) noexcept {
  const uint8_t last = reader.before(end);
  if (last < 0x80 || last > 0xbf || end < 2) return 0;
  const uint8_t lead = reader.before(end - 1);
  return lead >= 0xc3 && lead <= 0xdf ? 2 : 0;
}
unsigned short_letter_at(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t lead = reader.at(at);
  return lead >= 0xc3 && lead <= 0xdf && reader.at(at + 1) >= 0x80 ? 2 : 0;
}

// Where the local part that ends at `end` begins; `end` itself: there is none.
uint64_t local_from(OpenReader& reader, uint64_t end) noexcept {
  if (reader.before(end) == '.') return end;
  uint64_t first = end;
  while (first > 0 && end - first < kLocalBytesMax) {
    if (is_local_char(reader.before(first)))
      --first;
    else if (const unsigned size = short_letter_before(reader, first); size != 0)
      first -= size;
    else
      break;
  }
  // Quotes, assignments and paths around an address are not part of it.
  for (uint64_t i = first; i < end; ++i) {
    const uint8_t c = reader.at(i);
    if (c == '=' || c == '/' || c == '`' || c == '|' || c == '?' || c == '&' || c == '{' ||
        c == '*')
      first = i + 1;
  }
  while (first < end && !is_alnum(reader.at(first)) && reader.at(first) != '_' &&
         reader.at(first) < 0x80)
    ++first;
  return first;
}

bool equals(OpenReader& reader, uint64_t from, uint64_t to, std::string_view word) noexcept {
  return to - from == word.size() && reader.follows(from, word);
}

// What ends file names and units of systems, never a domain: icon@2x.png, getty@tty1.service.
bool is_file_ending(OpenReader& reader, uint64_t from, uint64_t to) noexcept {
  for (std::string_view ending :
       {"png",   "jpg",   "jpeg", "gif", "svg", "webp", "service", "socket", "target", "timer",
        "mount", "slice", "js",   "jsx", "tsx", "java", "cpp",     "html",   "css",    "scss",
        "json",  "yaml",  "yml",  "xml", "txt", "exe",  "dll",     "lock"})
    if (equals(reader, from, to, ending)) return true;
  return false;
}

bool is_top(OpenReader& reader, uint64_t from, uint64_t to) noexcept {
  if (to - from < kTopBytesMin || to - from > kTopBytesMax || is_file_ending(reader, from, to))
    return false;
  if (to - from > 4 && reader.follows(from, "xn--")) return true;
  for (uint64_t i = from; i < to; ++i)
    if (!is_word_letter(reader.at(i))) return false;
  // "l@Map.TreeMap": a capital inside is one of a name in a program.
  for (uint64_t i = from + 1; i < to; ++i)
    if (is_upper(reader.at(i)) && is_lower(reader.before(i))) return false;
  return true;
}

// The end of the domain that begins at `at`; 0: none.
uint64_t domain_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t label = start, best = 0;
  unsigned labels = 0;
  for (uint64_t i = start; i - start <= kDomainBytesMax;) {
    const uint8_t c = reader.at(i);
    const unsigned letter = short_letter_at(reader, i);
    if (is_alnum(c) || c == '-') {
      ++i;
      continue;
    }
    if (letter != 0) {
      i += letter;
      continue;
    }
    if (i == label || i - label > kLabelBytesMax || reader.at(label) == '-') break;
    uint64_t trimmed = i;
    while (trimmed > label && reader.before(trimmed) == '-') --trimmed;
    // "E<lt>anna@firma.exampleE<gt>": the escape of a bracket in perlpod.
    if (labels > 0 && c == '<' && reader.before(i) == 'E' && is_lower(reader.before(i - 1)) &&
        is_top(reader, label, i - 1))
      return i - 1;
    if (labels > 0 && is_top(reader, label, trimmed)) best = trimmed;
    ++labels;
    if (c != '.' || trimmed != i) break;
    label = ++i;
  }
  return best;
}

bool all_digits(OpenReader& reader, uint64_t from, uint64_t to) noexcept {
  for (uint64_t i = from; i < to; ++i)
    if (!is_digit(reader.at(i))) return false;
  return to > from;
}

// "wildfly-common@1.7.0.Final": the version of a package.
bool is_of_version(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  uint64_t label = start;
  for (unsigned numbers = 0; numbers < 2; ++numbers) {
    uint64_t at = label;
    while (at < end && reader.at(at) != '.') ++at;
    if (at == end || !all_digits(reader, label, at)) return false;
    label = at + 1;
  }
  return true;
}

// "${USER}@host.example", "service-{number}@host.example": what a template makes, of somebody who
// is not known yet.
bool is_of_template(OpenReader& reader, uint64_t first, uint64_t end) noexcept {
  for (uint64_t i = first; i < end; ++i)
    if (reader.at(i) == '}') return true;
  return false;
}

// "this@Outer.field" of Kotlin, "c@W.Screen{}" of Haskell.
bool is_of_program(OpenReader& reader, uint64_t first, uint64_t sign, uint64_t end) noexcept {
  constexpr uint64_t kQualifierMax = 2;
  const bool capital = is_upper(reader.at(sign + 1));
  if (capital && (equals(reader, first, sign, "this") || equals(reader, first, sign, "super")))
    return true;
  uint64_t top = end;
  while (top > sign && reader.before(top) != '.') --top;
  return capital && is_upper(reader.at(top)) && reader.at(end) == '{' &&
         top - sign <= kQualifierMax + 2;
}

// "aes256-gcm@openssh.com", "curve25519-sha256@libssh.org": algorithms (RFC 4251, 6), which have
// the names of those who made them.
bool is_algorithm(OpenReader& reader, uint64_t first, uint64_t sign, uint64_t end) noexcept {
  if (!equals(reader, sign + 1, end, "openssh.com") && !equals(reader, sign + 1, end, "libssh.org"))
    return false;
  for (uint64_t i = first; i < sign; ++i)
    if (reader.at(i) == '-' || is_digit(reader.at(i))) return true;
  return false;
}

}  // namespace

Verdict email_at(const TextView& text, const Trigger& trigger, const RuleParameters&,
                 Hit& out) noexcept {
  OpenReader reader(text);
  const uint64_t first = local_from(reader, trigger.at);
  // "@user@host" is a name on a social network; "git@" is where programs log in.
  if (first == trigger.at || reader.before(first) == '@' ||
      equals(reader, first, trigger.at, "git"))
    return reader.answer(false);
  out.start = first;
  const bool cut = reader.at(trigger.at + 1) == '\n';
  const uint64_t end = domain_end(reader, trigger.at + (cut ? 2 : 1));
  if (end == 0) return reader.answer(false);
  if (is_of_version(reader, trigger.at + 1, end) || is_of_template(reader, first, trigger.at) ||
      is_of_program(reader, first, trigger.at, end) || is_algorithm(reader, first, trigger.at, end))
    return reader.answer(false);
  out = Hit{first, end};
  out.doubt = cut ? kCutDoubt : 0;
  return reader.answer(true);
}

namespace {

// Words for '@' and '.', between brackets or spaces.
struct SpeltWord {
  uint64_t start;
  bool bracket;
};

bool is_opening(uint8_t c) noexcept { return c == '[' || c == '(' || c == '{' || c == '<'; }
bool is_closing(uint8_t c) noexcept { return c == ']' || c == ')' || c == '}' || c == '>'; }

uint64_t skip_spaces_back(OpenReader& reader, uint64_t end) noexcept {
  for (unsigned i = 0; i < 2 && reader.before(end) == ' '; ++i) --end;
  return end;
}
uint64_t skip_spaces_on(OpenReader& reader, uint64_t at) noexcept {
  for (unsigned i = 0; i < 2 && reader.at(at) == ' '; ++i) ++at;
  return at;
}

// In brackets also in the languages of others; the first is the one that stands alone.
constexpr std::string_view kAtWords[] = {"at", "arroba", "\xc3\xa4t", "chiocciola"};
constexpr std::string_view kDotWords[] = {"dot", "punkt", "punto", "ponto", "point"};

// How long the word of `words` is that ends at `end`; 0: none does.
template <size_t N>
uint64_t spelt_before(OpenReader& reader, uint64_t end, bool bracket,
                      const std::string_view (&words)[N]) noexcept {
  for (size_t i = 0; i < (bracket ? N : 1); ++i)
    if (end >= words[i].size() && reader.follows(end - words[i].size(), words[i]))
      return words[i].size();
  return 0;
}

// One of `words`, or in brackets the sign `sign`, ends at `end`, brackets and spaces around it
// included. start == end: it does not.
template <size_t N>
SpeltWord word_before(OpenReader& reader, uint64_t end, const std::string_view (&words)[N],
                      uint8_t sign) noexcept {
  uint64_t at = skip_spaces_back(reader, end);
  const bool spaced = at != end;
  const bool bracket = is_closing(reader.before(at));
  if (bracket) at = skip_spaces_back(reader, at - 1);
  const bool is_sign = bracket && reader.before(at) == sign;
  const uint64_t size = is_sign ? 1 : spelt_before(reader, at, bracket, words);
  if (size == 0) return {end, false};
  at -= size;
  if (bracket) {
    at = skip_spaces_back(reader, at);
    if (!is_opening(reader.before(at))) return {end, false};
    return {skip_spaces_back(reader, at - 1), true};
  }
  const uint64_t outer = skip_spaces_back(reader, at);
  return spaced && outer != at ? SpeltWord{outer, false} : SpeltWord{end, false};
}

bool is_label_char(uint8_t c) noexcept { return is_alnum(c) || c == '-'; }

uint64_t label_from(OpenReader& reader, uint64_t end) noexcept {
  uint64_t first = end;
  while (first > 0 && end - first < kLabelBytesMax && is_label_char(reader.before(first))) --first;
  return first;
}

uint64_t label_to(OpenReader& reader, uint64_t start) noexcept {
  uint64_t end = start;
  while (end - start < kLabelBytesMax && is_label_char(reader.at(end))) ++end;
  return end;
}

// A dot word at `at`: its end; 0: none.
uint64_t dot_word_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = skip_spaces_on(reader, start);
  const bool spaced = at != start;
  const bool bracket = is_opening(reader.at(at));
  if (bracket) at = skip_spaces_on(reader, at + 1);
  const bool is_sign = bracket && reader.at(at) == '.';
  uint64_t size = is_sign ? 1 : 0;
  for (size_t i = 0; size == 0 && i < (bracket ? std::size(kDotWords) : 1); ++i)
    if (reader.follows(at, kDotWords[i])) size = kDotWords[i].size();
  if (size == 0) return 0;
  at += size;
  const uint64_t inner = skip_spaces_on(reader, at);
  if (bracket) return is_closing(reader.at(inner)) ? skip_spaces_on(reader, inner + 1) : 0;
  return spaced && inner != at ? inner : 0;
}

bool is_common_top(OpenReader& reader, uint64_t from, uint64_t to) noexcept {
  for (std::string_view top :
       {"com", "org", "net", "edu", "gov", "io",  "co",   "de",  "fr",   "es",      "it",
        "pt",  "nl",  "pl",  "se",  "uk",  "us",  "ca",   "au",  "in",   "jp",      "cn",
        "kr",  "br",  "mx",  "ch",  "at",  "be",  "dk",   "no",  "fi",   "ie",      "cz",
        "ru",  "eu",  "me",  "ai",  "dev", "app", "info", "biz", "test", "example", "invalid"})
    if (equals(reader, from, to, top)) return true;
  return false;
}

// The local part that ends at `end`, with dots spelt or written.
uint64_t spelt_local_from(OpenReader& reader, uint64_t end) noexcept {
  uint64_t first = end;
  for (unsigned part = 0; part < 4; ++part) {
    const uint64_t start = local_from(reader, first);
    if (start == first) break;
    first = start;
    const SpeltWord dot = word_before(reader, first, kDotWords, '.');
    if (dot.start == first || end - dot.start > kLocalBytesMax) break;
    if (local_from(reader, dot.start) == dot.start) break;
    first = dot.start;
  }
  return first;
}

// "anna(at)firma.de": [trigger.start, trigger.at) is the sign, the domain is written as it is.
Verdict spelt_sign(OpenReader& reader, const Trigger& trigger, Hit& out) noexcept {
  const uint64_t end = skip_spaces_back(reader, trigger.start);
  const uint64_t first = spelt_local_from(reader, end);
  if (first == end) return reader.answer(false);
  out.start = first;
  const uint64_t from = skip_spaces_on(reader, trigger.at);
  const uint64_t to = domain_end(reader, from);
  if (to == 0) return reader.answer(false);
  uint64_t top = to;
  while (top > from && reader.before(top) != '.') --top;
  if ((end != trigger.start || from != trigger.at) && !is_common_top(reader, top, to))
    return reader.answer(false);
  out = Hit{first, to};
  return reader.answer(true);
}

// "anna_at_firma_dot_de": the cue is "_dot_".
Verdict spelt_name(OpenReader& reader, const Trigger& trigger, Hit& out) noexcept {
  constexpr std::string_view kAt = "_at_", kDot = "_dot_";
  const uint64_t label = label_from(reader, trigger.start);
  if (label == trigger.start || label < kAt.size() || !reader.follows(label - kAt.size(), kAt))
    return reader.answer(false);
  const uint64_t local = local_from(reader, label - kAt.size());
  if (local == label - kAt.size()) return reader.answer(false);
  out.start = local;
  uint64_t from = trigger.at, to = label_to(reader, from);
  while (to > from && to - trigger.at < kLabelBytesMax && reader.follows(to, kDot)) {
    from = to + kDot.size();
    to = label_to(reader, from);
  }
  if (to == from || reader.at(to) == '_' || is_word_letter(reader.at(to)) ||
      !is_common_top(reader, from, to))
    return reader.answer(false);
  out = Hit{local, to};
  return reader.answer(true);
}

}  // namespace

Verdict spelt_email_at(const TextView& text, const Trigger& trigger, const RuleParameters&,
                       Hit& out) noexcept {
  OpenReader reader(text);
  if (reader.at(trigger.start) == '_') return spelt_name(reader, trigger, out);
  const uint8_t last = reader.before(trigger.at);
  if (is_closing(last)) {
    const uint64_t word = skip_spaces_back(reader, trigger.at - 1);
    if (reader.before(word) == '@' || spelt_before(reader, word, true, kAtWords) != 0)
      return spelt_sign(reader, trigger, out);
  }
  const SpeltWord dot = word_before(reader, trigger.at, kDotWords, '.');
  if (dot.start == trigger.at) return reader.answer(false);
  const uint64_t label = label_from(reader, dot.start);
  if (label == dot.start) return reader.answer(false);
  const bool written = reader.before(label) == '@';
  const SpeltWord at =
      written ? SpeltWord{label - 1, true} : word_before(reader, label, kAtWords, '@');
  if (at.start == label) return reader.answer(false);
  const uint64_t first = spelt_local_from(reader, at.start);
  if (first == at.start) return reader.answer(false);
  out.start = first;
  // The rest of the domain.
  uint64_t from = skip_spaces_on(reader, trigger.at), to = label_to(reader, from);
  for (unsigned labels = 0; labels < 4; ++labels) {
    const uint64_t next = dot_word_end(reader, to);
    const uint64_t end = next == 0 ? to : label_to(reader, next);
    if (next == 0 || end == next) break;
    from = next;
    to = end;
  }
  const bool plain = !at.bracket && !dot.bracket;
  if (to == from || !(plain ? is_common_top(reader, from, to) : is_top(reader, from, to)) ||
      is_word_letter(reader.at(to)))
    return reader.answer(false);
  out = Hit{first, to};
  return reader.answer(true);
}

namespace {

// A run of visible characters without brackets, read backwards from `end`.
struct Word {
  uint64_t start;
  uint64_t end;
};

Word last_word(OpenReader& reader, uint64_t end, uint64_t least) noexcept {
  const auto joins = [](uint8_t c) { return c == ' ' || is_opening(c) || is_closing(c); };
  while (end > least && joins(reader.before(end))) --end;
  uint64_t start = end;
  while (start > least && !joins(reader.before(start)) && reader.before(start) > ' ') --start;
  return {start, end};
}

bool is_joint(OpenReader& reader, const Word& word) noexcept {
  const auto is = [&](std::string_view one) { return equals(reader, word.start, word.end, one); };
  if (is("@") || is(".")) return true;  // in brackets
  return std::any_of(std::begin(kAtWords), std::end(kAtWords), is) ||
         std::any_of(std::begin(kDotWords), std::end(kDotWords), is);
}

// What may be the beginning of one.
bool may_be_joint(OpenReader& reader, const Word& word) noexcept {
  const auto begins = [&](std::string_view one) {
    return word.end > word.start && word.end - word.start <= one.size() &&
           reader.follows(word.start, one.substr(0, word.end - word.start));
  };
  return is_joint(reader, word) || std::any_of(std::begin(kAtWords), std::end(kAtWords), begins) ||
         std::any_of(std::begin(kDotWords), std::end(kDotWords), begins);
}

// Where the row of words that "at" and "dot" join, and that ends with `word`, begins.
uint64_t chain_from(OpenReader& reader, Word word, uint64_t least) noexcept {
  for (;;) {
    const Word joint = last_word(reader, word.start, least);
    if (joint.start == joint.end || !is_joint(reader, joint)) return word.start;
    word = last_word(reader, joint.start, least);
  }
}

}  // namespace

uint64_t spelt_email_live_from(const TextView& text, uint64_t floor) noexcept {
  TextView whole = text;
  whole.final = true;
  OpenReader reader(whole);
  const uint64_t reach = text.end > text.begin + kLiveBytes ? text.end - kLiveBytes : text.begin;
  const uint64_t least = std::max(reach, floor);
  // From the end: a word, and before it as many pairs of a joining word and a word as there are.
  // What may be the beginning of "at" or "dot" may also be that of a label: both are held.
  const Word word = last_word(reader, text.end, least);
  if (word.start == least) return least;
  uint64_t live = chain_from(reader, word, least);
  if (may_be_joint(reader, word))
    live = std::min(live, chain_from(reader, last_word(reader, word.start, least), least));
  return live;
}

}  // namespace sallyport::scan
