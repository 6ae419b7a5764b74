#include "dataplane/scan/recognise/secret/value_before.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/scan/read/letter_run.h"
#include "dataplane/scan/read/reader.h"
#include "dataplane/scan/recognise/secret/prose_words.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// Between the value and the cue, and the longest value.
constexpr uint64_t kBetweenMax = 40;
constexpr uint64_t kValueBytesMin = 6, kValueBytesMax = 64;
constexpr uint64_t kMarksMax = 8;  // around a value
constexpr size_t kKeyBytesMin = 16;
constexpr unsigned kWordsMax = 4;
// The rest of a word whose cue is not its beginning ("ароль").
constexpr uint64_t kWordHeadMax = 8;
// The longest cue is shorter.
constexpr uint64_t kCueBytesMax = 32;

constexpr auto kLinks = std::to_array<std::string_view>(
    {"is",           "was",          "as",    "ist",      "war",
     "est",          "es",           "era",   "\xc3\xa8", "\xc3\xa9",
     "jest",         "als",          "comme", "como",     "come",
     "\xc3\xa4r",    "er",           "-",     "=",        "\xd1\x8d\xd1\x82o",
     "\xe2\x80\x94", "\xe2\x80\x93", "<-"});

constexpr WordList kLinkWords{kLinks};
constexpr FirstBytes kLinksFirst{kLinks};

constexpr WordList kArticles{std::to_array<std::string_view>(
    {"the",  "my",    "our",  "your",  "his",     "her",  "their", "its",   "das",   "mein",
     "dein", "unser", "ihr",  "euer",  "le",      "la",   "mon",   "ma",    "notre", "votre",
     "el",   "mi",    "tu",   "su",    "nuestra", "il",   "o",     "minha", "sua",   "het",
     "mijn", "ons",   "moje", "twoje", "det",     "mitt", "dit"})};

constexpr WordList kNo{std::to_array<std::string_view>(
    {"a", "an", "ein", "eine", "un", "une", "una", "not", "no", "never", "kein", "keine", "nicht",
     "pas", "non", "nie", "inte", "ikke", "niet"})};

// Of a password, between "a" and its word.
constexpr WordList kJudgements{std::to_array<std::string_view>(
    {"good", "strong", "secure", "safe", "weak", "bad", "decent", "valid"})};

// The phrase goes on without naming something else.
constexpr WordList kPrepositions{std::to_array<std::string_view>({"for",
                                                                  "of",
                                                                  "to",
                                                                  "on",
                                                                  "at",
                                                                  "in",
                                                                  "and",
                                                                  "but",
                                                                  "here",
                                                                  "now",
                                                                  "when",
                                                                  "if",
                                                                  "so",
                                                                  "then",
                                                                  "from",
                                                                  "again",
                                                                  "everywhere",
                                                                  "instead",
                                                                  "already",
                                                                  "still",
                                                                  "too",
                                                                  "because",
                                                                  "since",
                                                                  "today",
                                                                  "und",
                                                                  "f\xc3\xbcr",
                                                                  "von",
                                                                  "zu",
                                                                  "zum",
                                                                  "zur",
                                                                  "pour",
                                                                  "de",
                                                                  "du",
                                                                  "para",
                                                                  "del",
                                                                  "per",
                                                                  "di",
                                                                  "voor",
                                                                  "van",
                                                                  "do",
                                                                  "dla",
                                                                  "od",
                                                                  "f\xc3\xb6r",
                                                                  "til",
                                                                  "till",
                                                                  "\xd0\xb4\xd0\xbb\xd1\x8f",
                                                                  "o\xd1\x82",
                                                                  "\xd0\xbd"
                                                                  "a",
                                                                  "\xd0\xba"})};

struct Word {
  uint64_t start, end;
};

// The word that ends at `end`, behind one blank.
Word word_ending(const TextView& text, uint64_t end, uint64_t floor) noexcept {
  uint64_t start = end;
  while (start > floor && !is_blank(text.at(start - 1))) --start;
  return {start, end};
}

bool looks_secret(Bytes bytes, SecretKind kind) noexcept {
  if (bytes.size() < kValueBytesMin || bytes.size() > kValueBytesMax) return false;
  const bool digit = std::any_of(bytes.begin(), bytes.end(), is_digit);
  const bool letter = std::any_of(bytes.begin(), bytes.end(), is_letter);
  if (!digit || !letter) return false;
  return kind == SecretKind::Key ? bytes.size() >= kKeyBytesMin && is_key_like(bytes)
                                 : password_strength(bytes) == Strength::Strong;
}

// The value that ends at `end`, without marks.
bool value_ending(const TextView& text, uint64_t end, SecretKind kind, Word& out) noexcept {
  const uint64_t floor =
      std::max(text.begin,
               end > kValueBytesMax + kMarksMax ? end - kValueBytesMax - kMarksMax : uint64_t{0});
  out = word_ending(text, end, floor);
  if (out.start == floor && floor > 0 && !is_blank(text.at(floor - 1))) return false;
  while (out.start < out.end && (is_mark(text.at(out.start)) || text.at(out.start) == '('))
    ++out.start;
  while (out.end > out.start && (is_mark(text.at(out.end - 1)) || text.at(out.end - 1) == ',' ||
                                 text.at(out.end - 1) == ':'))
    --out.end;
  return looks_secret(text.slice(out.start, out.end), kind);
}

// Every value has a digit, and most text has none so near: no value ends within `reach` bytes
// before `at`.
bool digit_before(const TextView& text, uint64_t at, uint64_t reach) noexcept {
  const uint64_t farthest = reach + kValueBytesMax + kMarksMax;
  const uint64_t from = std::max(text.begin, at > farthest ? at - farthest : uint64_t{0});
  return digit_in(text.slice(from, at));
}

// Reads from the cue back to its value.
bool find_before(const TextView& text, uint64_t cue, SecretKind kind, Word& out) noexcept {
  const uint64_t floor = std::max(text.begin, cue > kBetweenMax ? cue - kBetweenMax : uint64_t{0});
  uint64_t at = cue;
  while (at > floor && cue - at < kWordHeadMax && text.at(at - 1) >= 0x80) --at;
  if (at > floor && is_mark(text.at(at - 1))) --at;
  // "X (password)"
  if (at > floor + 1 && text.at(at - 1) == '(' && text.at(at - 2) == ' ')
    return value_ending(text, at - 2, kind, out);
  Word first{at, at};  // the word behind the link
  for (unsigned words = 0; words <= kWordsMax && at > floor && text.at(at - 1) == ' '; ++words) {
    const Word word = word_ending(text, at - 1, floor);
    if (word.start == word.end || word.start == floor) return false;
    const Bytes bytes = text.slice(word.start, word.end);
    // "is X a good password?"
    if (equals_word(bytes, "a") && kJudgements.has(text.slice(first.start, first.end)))
      return text.at(word.start - 1) == ' ' && value_ending(text, word.start - 1, kind, out) &&
             stands_out(text.slice(out.start, out.end));
    if (kNo.has(bytes)) return false;
    if (kLinkWords.has(bytes)) {
      const bool loose = bytes[0] == 'a' || bytes[0] == 'c' || bytes.size() < 2 || bytes[0] >= 0x80;
      if (!loose && !kArticles.has(text.slice(first.start, first.end))) return false;
      return text.at(word.start - 1) == ' ' && value_ending(text, word.start - 1, kind, out);
    }
    const bool plain = std::all_of(bytes.begin(), bytes.end(), [](uint8_t c) {
      return is_letter(c) || c >= 0x80 || c == '-' || c == '\'';
    });
    if (!plain) return false;
    first = word;
    at = word.start;
  }
  return false;
}

// Nothing that makes another noun of the cue, and no value, stands behind it.
bool phrase_ends(Reader& reader) noexcept {
  constexpr uint64_t kPrepositionMax = 10;
  if (is_mark(reader.peek())) reader.skip();
  const uint8_t c = reader.peek();
  if (c == 0 || c == '\n' || c == '\r' || c == '.' || c == ',' || c == ';' || c == '!' ||
      c == '?' || c == ')')
    return !is_alnum(reader.peek(1)) || c == '\n' || c == '\r' || c == 0;
  if (c != ' ') return false;
  reader.skip();
  const uint64_t from = reader.at();
  while (reader.at() - from < kPrepositionMax &&
         (is_letter(reader.peek()) || reader.peek() >= 0x80))
    reader.skip();
  const uint8_t behind = reader.peek();
  return !is_letter(behind) && kPrepositions.has(reader.slice(from, reader.at()));
}

}  // namespace

Verdict value_before(const TextView& text, const Trigger& trigger, SecretKind kind, Verdict behind,
                     Hit& out) noexcept {
  Word value{};
  if (!digit_before(text, trigger.start, kBetweenMax) ||
      !find_before(text, trigger.start, kind, value))
    return behind;
  Reader reader(text, trigger.at, trigger.at + kLookAheadBytes);
  const bool ends = phrase_ends(reader);
  if (reader.starved() || behind == Verdict::More) {
    out.start = value.start;
    return Verdict::More;
  }
  if (!ends) return behind;
  out = Hit{value.start, value.end, false, 5};
  return Verdict::Match;
}

// A value that a link follows, and maybe words, with room for the cue.
uint64_t value_before_live_from(const TextView& text, uint64_t floor) noexcept {
  constexpr uint64_t kReach = kBetweenMax + kCueBytesMax;
  floor = std::max({text.begin, floor, text.end > kReach ? text.end - kReach : uint64_t{0}});
  if (!digit_before(text, text.end, text.end - floor)) return text.end;
  uint64_t live = text.end;
  uint64_t next = text.end;  // where the word behind begins
  for (uint64_t at = text.end; at > floor; --at) {
    const Bytes before = text.slice(floor, at);
    const void* blank = memrchr(before.data(), ' ', before.size());
    if (blank == nullptr) break;
    at = floor + static_cast<uint64_t>(static_cast<const uint8_t*>(blank) - before.data()) + 1;
    // [at, next) is a word and a blank; what ends at `at - 1` may be a value.
    uint64_t end = at;
    while (end < next && !is_blank(text.at(end))) ++end;
    const Bytes link = text.slice(at, end);
    const bool is_open = end == text.end;
    const bool links = link.empty() || link[0] == '(' || equals_word(link, "a") ||
                       (kLinksFirst.has(link[0]) &&
                        std::any_of(kLinks.begin(), kLinks.end(), [&](std::string_view one) {
                          return is_open ? link.size() <= one.size() &&
                                               equals_word(link, one.substr(0, link.size()))
                                         : equals_word(link, one);
                        }));
    next = at;
    Word value{};
    if (links && (value_ending(text, at - 1, SecretKind::Password, value) ||
                  value_ending(text, at - 1, SecretKind::Key, value)))
      live = std::min(live, value.start);
  }
  return live;
}

}  // namespace sallyport::scan
