#include "dataplane/scan/recognise/person/beside_value.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/recognise/person/beside_words.h"
#include "dataplane/scan/recognise/person/free_person.h"
#include "dataplane/scan/recognise/person/gazetteer.h"
#include "dataplane/scan/recognise/person/particles.h"
#include "dataplane/scan/recognise/person/person_words.h"
#include "dataplane/scan/recognise/person/public_names.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kGapWordsMax = 5;
constexpr uint64_t kGapBytesMax = 48;
// Shorter parts of a name stand in any address.
constexpr size_t kSpelledMin = 3;

// ---- what stands between a name and a value

struct Gap {
  uint64_t start = 0;  // where the name ends
  unsigned line_ends = 0;
  bool angle = false;     // "<" right before the value
  bool sign = false;      // one of ",;:(|-"
  bool labelled = false;  // "phone"
};

bool is_gap_sign(uint8_t c) noexcept {
  return c == ',' || c == ';' || c == ':' || c == '(' || c == '[' || c == '|' || c == '-' ||
         c == '"' || c == '\'' || c == '*';
}

// The signs, blanks and line ends before `at`: where they begin.
uint64_t signs_before(OpenReader& reader, uint64_t at, uint64_t floor, Gap& out) noexcept {
  for (; at > floor; --at) {
    const uint8_t c = reader.before(at);
    if (c == '\n') {
      if (++out.line_ends > 2) break;
    } else if (c == '<') {
      out.angle = true;
    } else if (is_gap_sign(c)) {
      out.sign = true;
    } else if (c == '>' && reader.before(at - 1) == '\n') {
      continue;  // of a quoted letter
    } else if (c != ' ' && c != '\t' && c != '\r' &&
               !(c == '.' && is_letter(reader.before(at - 1)))) {
      break;
    }
  }
  return at;
}

// A word that joins a name to a value, or says what the value is.
bool joins(OpenReader& reader, const NameWord& word, Gap& out) noexcept {
  const uint8_t lists = beside_word(reader, word);
  out.labelled = out.labelled || (lists & kIsLabel) != 0;
  return (lists & kIsLabel) != 0 || (!word.capital && (lists & kIsJoint) != 0);
}

Gap gap_before(OpenReader& reader, uint64_t value) noexcept {
  Gap out;
  const uint64_t floor = value > kGapBytesMax ? value - kGapBytesMax : 0;
  uint64_t at = signs_before(reader, value, floor, out);
  for (unsigned words = 0; words < kGapWordsMax && at > floor; ++words) {
    const NameWord word = word_before(reader, at);
    if (word.size() == 0 || !joins(reader, word, out)) break;
    at = signs_before(reader, word.start, floor, out);
  }
  // What ends a sentence parts them.
  while (at < value && reader.at(at) == '.') ++at;
  out.start = at;
  return out;
}

// ---- names

struct Name {
  uint64_t start = 0;
  NameWord last, first;  // of one word the same
  unsigned words = 0;
  bool known = false;  // a list, an initial or its ending says that it is one
};

// Endings of family names that words hardly have.
bool ends_as_family(OpenReader& reader, const NameWord& word) noexcept {
  // As texts are folded (text/fold_table.h).
  static constexpr std::string_view kEndings[] = {
      "sson",    "sdottir", "sdóttir", "ović",    "ević",  "escu",  "enko",  "chuk",
      "opoulos", "shvili",  "oğlu",    "oglu",    "owski", "ewski", "owska", "ewska",
      "czyk",    "ová",     "oв",      "oвa",     "eв",    "eвa",   "cкий",  "cкaя",
      "цкий",    "цкaя",    "eнкo",    "чyк",     "швили", "oвич",  "eвич",  "oвнa",
      "eвнa",    "ичнa",    "όπouλoς", "oπoύλou", "ίδης",  "ίδou",  "άκης"};
  return std::any_of(std::begin(kEndings), std::end(kEndings), [&](std::string_view ending) {
    return word.size() > ending.size() + 2 && reader.follows(word.end - ending.size(), ending);
  });
}

// A word with a capital letter that no office, thing or sentence has.
bool is_part(OpenReader& reader, const NameWord& word) noexcept {
  if (!word.capital || word.size() < 2 ||
      (beside_word(reader, word) & (kIsOffice | kIsRole)) != 0 || is_name_stop(reader, word))
    return false;
  if (kind_of(reader, word).is_name()) return true;
  return !word.upper && !is_title(reader, word) && !is_thing_word(reader, word) &&
         !is_form_word(reader, word);
}

// "A." or "A" before `end`: where it begins; `end`: none.
uint64_t initial_before(OpenReader& reader, uint64_t end) noexcept {
  const uint64_t at = reader.before(end) == '.' ? end - 1 : end;
  const bool is_one =
      at > 0 && is_upper(reader.before(at)) && !is_word_letter(reader.before(at - 1));
  return is_one ? at - 1 : end;
}

void look_up(OpenReader& reader, Name& name) noexcept {
  const NameKind given = kind_of(reader, name.first), family = kind_of(reader, name.last);
  name.known = name.known || given.is_name() || family.is_name() ||
               (given.given && family.family) || ends_as_family(reader, name.last);
}

// A third word counts where it is a known given name, and before an address in angles, which has
// the whole name before it ("Xqar Bzlorp Vlen <...>"): `whole`. `end`: what it stands before.
bool begins_whole(OpenReader& reader, const NameWord& word, uint64_t end, bool whole) noexcept {
  if (kind_of(reader, word).given) return true;
  return whole && word.end == end &&
         !(reader.before(word.start) == ' ' && word_before(reader, word.start - 1).capital);
}

// The words of a name that end at `end`.
Name name_words_before(OpenReader& reader, uint64_t end, bool whole) noexcept {
  constexpr unsigned kWordsMax = 3, kInitialsMax = 2;
  Name out;
  NameWord word = without_possession(reader, word_before(reader, end));
  if (!is_part(reader, word)) return out;
  out.last = out.first = word;
  out.start = word.start;
  out.words = 1;
  bool has_initial = false;
  for (unsigned initials = 0; out.words < kWordsMax && reader.before(out.start) == ' ';) {
    const uint64_t before = over_particles(reader, out.start - 1);
    if (const uint64_t at = initial_before(reader, before); at != before) {
      if (++initials > kInitialsMax) break;
      has_initial = true;
      out.start = at;
      continue;
    }
    word = word_before(reader, before);
    if (!is_part(reader, word) ||
        (out.words == 2 && !begins_whole(reader, word, out.start - 1, whole)))
      break;
    out.first = word;
    out.start = word.start;
    ++out.words;
  }
  out.known = has_initial && out.words > 1;
  look_up(reader, out);
  return out;
}

// "call", "from", "To:" before it.
bool is_led(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  while (at > 0 &&
         (reader.before(at) == ' ' || reader.before(at) == ':' || reader.before(at) == '\t'))
    --at;
  if (at == start || at == 0) return false;
  const NameWord word = word_before(reader, at);
  return word.size() != 0 && (beside_word(reader, word) & kIsLead) != 0;
}

// What stands before a name in prose, rows and lists, not in code, paths and names of things.
bool begins_name(OpenReader& reader, uint64_t start) noexcept {
  const uint8_t c = reader.before(start);
  if (c == ' ')
    return !is_digit(reader.before(start - 1)) &&
           (is_led(reader, start) || begins_free(reader, start));
  return c == 0 || c == '\n' || c == '\t' || c == '"' || c == '\'' || c == '(' || c == '>' ||
         c == '|' || c == ',' || c == ';' || c == ':' || c == '*' || c == '[' || c == '-';
}

// It fills its line but for marks and a label before it: "To: Xqar Vlen".
bool begins_line(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  while (reader.before(at) == ' ' || reader.before(at) == '>' || reader.before(at) == '\t') --at;
  const uint8_t c = reader.before(at);
  return c == 0 || c == '\n' || c == ':' || c == '"';
}

// ---- mail addresses

struct Local {
  std::array<char, 64> bytes{};  // RFC 5321, 4.5.3.1.1
  size_t size = 0;
  std::string_view view() const noexcept { return {bytes.data(), size}; }
};

bool is_small(char c) noexcept { return c >= 'a' && c <= 'z'; }

Local local_of(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  Local out;
  for (uint64_t at = start; at < end && out.size < out.bytes.size(); ++at) {
    const uint8_t c = reader.at(at);
    if (c == '@') return out;
    out.bytes[out.size++] = static_cast<char>(to_lower(c));
  }
  out.size = 0;  // spelt: "xqar at mail dot example"
  return out;
}

// "info@", "sales.berlin@", "x@lists.example": of an office, a program or a list.
bool is_role_mailbox(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  for (uint64_t at = start; at < end;) {
    const NameWord word = word_at(reader, at);
    if (word.size() == 0) {
      if (reader.at(at++) == '@')
        return reader.follows(at, "lists.") || reader.follows(at, "googlegroups.") ||
               reader.follows(at, "users.") || reader.follows(at, "noreply.");
      continue;
    }
    // "no-reply" is one word, "sales-berlin" two.
    if ((beside_word(reader, word) & kIsRole) != 0) return true;
    for (uint64_t from = word.start; from < word.end;) {
      uint64_t to = from;
      while (to < word.end && reader.at(to) != '-') ++to;
      if ((beside_word(reader, NameWord{from, to, false, false}) & kIsRole) != 0) return true;
      from = to + 1;
    }
    at = word.end;
  }
  return false;
}

// A word of a name without its marks, and as German writes them ("mueller").
struct Spelled {
  std::array<char, 2 * kNameBytesMax> plain{}, german{};
  size_t plain_size = 0, german_size = 0;
};

Spelled spelled(OpenReader& reader, const NameWord& word) noexcept {
  Spelled out;
  const auto bytes = reader.known(word.start, word.end);
  const PlainName plain = plain_name(bytes);
  std::copy_n(plain.bytes.begin(), plain.size, out.plain.begin());
  out.plain_size = plain.size;
  for (size_t i = 0; i < bytes.size() && out.german_size + 2 < out.german.size(); ++i) {
    if (bytes[i] == 0xc3 && i + 1 < bytes.size()) {
      const uint8_t low = bytes[i + 1] | 0x20;
      const char base = low == 0xa4 ? 'a' : low == 0xb6 ? 'o' : low == 0xbc ? 'u' : '\0';
      if (base == '\0') return out;
      out.german[out.german_size++] = base;
      out.german[out.german_size++] = 'e';
      ++i;
    } else {
      out.german[out.german_size++] = static_cast<char>(to_lower(bytes[i]));
    }
  }
  return out;
}

// Where `local` spells the word; npos: nowhere. `size`: how many letters.
size_t spells(std::string_view local, const Spelled& word, size_t& size) noexcept {
  const std::string_view plain{word.plain.data(), word.plain_size},
      german{word.german.data(), word.german_size};
  for (std::string_view one : {plain, german}) {
    if (one.size() < kSpelledMin) continue;
    size = one.size();
    if (const size_t at = local.find(one); at != std::string_view::npos) return at;
  }
  return std::string_view::npos;
}

// The first letter of what `local` has beside [at, at + size); 0: it has nothing.
char letter_beside(std::string_view local, size_t at, size_t size) noexcept {
  if (at > 0 && is_small(local[0])) return local[0];
  const auto* letter = std::find_if(local.begin() + at + size, local.end(), is_small);
  return letter == local.end() ? '\0' : *letter;
}

// One word of a name, the other one or its initial standing in the address: "Xqar
// (xqar.vlen@...)".
bool is_word_of(std::string_view local, size_t at, size_t size) noexcept {
  const char before = at > 0 ? local[at - 1] : '.';
  const char behind = at + size < local.size() ? local[at + size] : '.';
  const bool begins = !is_small(before) || at == 1, ends = !is_small(behind);
  return begins && ends && letter_beside(local, at, size) != '\0';
}

bool spells_name(OpenReader& reader, std::string_view local, Name& name) noexcept {
  size_t first_size = 0, last_size = 0;
  const Spelled first = spelled(reader, name.first), last = spelled(reader, name.last);
  const size_t last_at = spells(local, last, last_size);
  const bool has_last = last_at != std::string_view::npos;
  if (name.words < 2) return has_last && is_word_of(local, last_at, last_size);
  const bool has_first = spells(local, first, first_size) != std::string_view::npos;
  if (!has_last || has_first) return has_first;
  // "Kollegin Vlen (b.vlen@...)": the other word is none of the name.
  const char other = letter_beside(local, last_at, last_size);
  if (other != '\0' && first.plain_size > 0 && other != first.plain[0] &&
      !kind_of(reader, name.first).given) {
    name.start = name.last.start;
    return is_word_of(local, last_at, last_size);
  }
  return true;
}

// ---- telephones and streets

// "+1 800 ...", "0800 ...": of firms.
bool is_toll_free(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  static constexpr std::string_view kCodes[] = {"800", "833", "844", "855", "866", "877", "888"};
  std::array<char, 5> digits{};
  size_t count = 0;
  for (uint64_t at = start; at < end && count < digits.size(); ++at)
    if (is_digit(reader.at(at))) digits[count++] = static_cast<char>(reader.at(at));
  const std::string_view all{digits.data(), count};
  const size_t skip = all.starts_with('1') || all.starts_with('0') ? 1 : 0;
  return count > 3 && std::any_of(std::begin(kCodes), std::end(kCodes), [&](std::string_view code) {
           return all.substr(skip).starts_with(code);
         });
}

// ---- lines above

// The beginning of the line that ends at `end`, if it has no digits and is no longer than a line
// below a name is ("Head of Sales"); `end`: none.
uint64_t line_before(OpenReader& reader, uint64_t end) noexcept {
  constexpr uint64_t kLineMax = 48;
  uint64_t at = end;
  for (; end - at < kLineMax; --at) {
    const uint8_t c = reader.before(at);
    if (c == '\n' || at == 0) return at;
    if (is_digit(c) || c == '@') return end;
  }
  return end;
}

// A name that lists know, alone on a line above the one that begins at `line`.
bool name_above(OpenReader& reader, uint64_t line, Name& out) noexcept {
  constexpr unsigned kLinesMax = 2;
  for (unsigned lines = 0; lines < kLinesMax; ++lines) {
    uint64_t end = line - 1;
    while (end > 0 &&
           (reader.before(end) == ' ' || reader.before(end) == '\r' || reader.before(end) == ','))
      --end;
    out = name_words_before(reader, end, false);
    if (out.words > 1 && out.known && begins_line(reader, out.start)) return true;
    const uint64_t above = line_before(reader, line - 1);
    if (above == line - 1 || reader.before(above) != '\n') break;
    line = above;
  }
  return false;
}

// Where the line of `at` begins, nothing but blanks and marks of quoted letters before; 0: it
// begins with something else.
uint64_t line_of(OpenReader& reader, uint64_t at) noexcept {
  while (reader.before(at) == ' ' || reader.before(at) == '>' || reader.before(at) == '\t') --at;
  return reader.before(at) == '\n' ? at : 0;
}

bool is_name_of(OpenReader& reader, BesideKind kind, uint64_t start, uint64_t end, const Gap& gap,
                Name& name) noexcept {
  switch (kind) {
    case BesideKind::Mail: {
      if (is_role_mailbox(reader, start, end)) return false;
      const Local local = local_of(reader, start, end);
      if (gap.line_ends < 2 && spells_name(reader, local.view(), name)) return true;
      return name.words > 1 && (name.known || (gap.angle && !gap.labelled && gap.line_ends == 0));
    }
    case BesideKind::Phone:
      if (name.words < 2 || is_toll_free(reader, start, end)) return false;
      return name.known || (gap.line_ends == 0 && is_led(reader, name.start));
    case BesideKind::Address:
      if (name.words < 2 || (!gap.sign && gap.line_ends == 0)) return false;
      return name.known || is_led(reader, name.start);
  }
  return false;
}

// The end of the word that `edge` stands in; `edge`: it stands in none. "Jean-" may go on.
uint64_t word_end_at(OpenReader& reader, uint64_t edge) noexcept {
  uint64_t at = edge;
  const auto joins = [&](uint8_t c) { return c == '-' || c == '\''; };
  while (at - edge < kNameWordBytesMax &&
         (is_word_letter(reader.at(at)) ||
          (joins(reader.at(at)) && is_word_letter(reader.at(at + 1)))))
    ++at;
  return at == edge && joins(reader.before(at)) ? at - 1 : at;
}

// Where the words with capital letters, initials and particles that end at `end`, a blank behind
// them, begin; `end`: none. The last one may go on.
uint64_t chain_before(OpenReader& reader, uint64_t end) noexcept {
  constexpr unsigned kWordsMax = 6;
  uint64_t live = end, at = end;
  if (reader.before(at) == ' ') --at;
  for (unsigned words = 0; words < kWordsMax; ++words) {
    const uint64_t initial = initial_before(reader, at);
    const NameWord word = word_before(reader, at);
    if (initial != at) {
      live = at = initial;
    } else if (word.size() != 0 && (word.capital || is_particle(reader, word))) {
      at = word.start;
      if (word.capital) live = at;
    } else {
      break;
    }
    if (reader.before(at) != ' ') break;
    --at;
  }
  return live;
}

}  // namespace

bool name_before_value(OpenReader& reader, BesideKind kind, uint64_t start, uint64_t end,
                       Hit& out) noexcept {
  const Gap gap = gap_before(reader, start);
  Name name =
      gap.start < start ? name_words_before(reader, gap.start, gap.angle && !gap.labelled) : Name{};
  const bool stands = name.words > 0 && begins_name(reader, name.start) &&
                      (gap.line_ends == 0 || begins_line(reader, name.start));
  if (!stands || !is_name_of(reader, kind, start, end, gap, name)) {
    const uint64_t line = line_of(reader, start);
    if (line == 0 || !name_above(reader, line, name)) return false;
    if (kind == BesideKind::Mail && is_role_mailbox(reader, start, end)) return false;
  }
  // "rue Xqar Vlen", "San Francisco"
  if (is_public_name(reader, name.start, name.last.end) || is_named_after(reader, name.start) ||
      is_named_after(reader, name.last.start))
    return false;
  out = Hit{name.start, name.last.end};
  return true;
}

uint64_t beside_live_from(OpenReader& reader, uint64_t edge) noexcept {
  const uint64_t end = word_end_at(reader, edge);
  uint64_t live = std::min(edge, chain_before(reader, end));
  // The last word may be the beginning of one that joins.
  const NameWord word = word_before(reader, end);
  const uint64_t at = word.size() != 0 ? word.start : edge;
  if (const Gap gap = gap_before(reader, at); gap.start < at)
    if (const Name name = name_words_before(reader, gap.start, true); name.words > 0)
      live = std::min(live, name.start);
  Name above;
  if (const uint64_t line = line_before(reader, edge);
      reader.before(line) == '\n' && name_above(reader, line, above))
    live = std::min(live, above.start);
  return live;
}

}  // namespace sallyport::scan
