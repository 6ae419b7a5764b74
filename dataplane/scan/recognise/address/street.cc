#include "dataplane/scan/recognise/address/street.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "dataplane/scan/read/digit_run.h"
#include "dataplane/scan/recognise/address/street_words.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kStreetWordsMax = 5;
constexpr unsigned kPlainNameWordsMax = 4;
constexpr unsigned kLineMarksMax = 8;

// What the last part of a compound is in German, Dutch, the Nordic languages, Finnish, Estonian.
// With its number an address by itself are those of which nothing else is the last part.
constexpr size_t kSayingEndings = 8;
constexpr std::string_view kEndings[] = {
    "stra\xc3\x9f"
    "e",
    "strasse",
    "gasse",
    "straat",
    "gracht",
    "gatan",
    "weg",
    "allee",
    "str",
    "platz",
    "damm",
    "ring",
    "ufer",
    "steig",
    "chaussee",
    "laan",
    "plein",
    "kade",
    "dijk",
    "singel",
    "steeg",
    "dreef",
    "gata",
    "v\xc3\xa4gen",
    "vagen",
    "torget",
    "gr\xc3\xa4nd",
    "stigen",
    "gade",
    "vej",
    "str\xc3\xa6"
    "de",
    "gate",
    "veien",
    "vegen",
    "stien",
    "braut",
    "straeti",
    "str\xc3\xa6ti",
    "vegur",
    "katu",
    "kuja",
    "polku",
    "tie"};
// The same of names of other things: a town or a unit must follow.
constexpr std::string_view kLooseEndings[] = {"berg",
                                              "hof",
                                              "markt",
                                              "park",
                                              "br\xc3\xbc"
                                              "cke",
                                              "graben",
                                              "tor",
                                              "feld",
                                              "baan",
                                              "pad",
                                              "wei",
                                              "kaai",
                                              "lei",
                                              "hove",
                                              "krogen",
                                              "backen",
                                              "v\xc3\xa6nget",
                                              "haven",
                                              "parken",
                                              "promenade"};

constexpr std::string_view kOrdinals[] = {"st", "nd", "rd", "th"};
constexpr std::string_view kRepeats[] = {"bis ", "ter ", "bis, ", "ter, "};

// Which two bytes a word of a list may end with: a bit by a hash of them.
class EndFilter {
 public:
  constexpr EndFilter() {
    for (std::string_view one : kEndings) add(one);
    for (std::string_view one : kLooseEndings) add(one);
  }
  constexpr bool has(uint8_t former, uint8_t last) const noexcept {
    return (bits_[slot(former, last) / 64] >> (slot(former, last) % 64) & 1) != 0;
  }

 private:
  constexpr void add(std::string_view one) {
    const auto last = static_cast<uint8_t>(one[one.size() - 1]);
    const auto former = static_cast<uint8_t>(one[one.size() - 2]);
    bits_[slot(former, last) / 64] |= uint64_t{1} << (slot(former, last) % 64);
  }
  static constexpr size_t slot(uint8_t former, uint8_t last) noexcept {
    return (former & 31U) << 5 | (last & 31U);
  }
  std::array<uint64_t, 16> bits_{};
};
constexpr EndFilter kEndFilter;

bool ends_with(OpenReader& reader, const NameWord& word, std::string_view ending) noexcept {
  return word.size() >= ending.size() && reader.follows(word.end - ending.size(), ending);
}

template <size_t N>
bool has_ending(OpenReader& reader, const NameWord& word,
                const std::string_view (&list)[N]) noexcept {
  for (std::string_view ending : list)
    if (word.size() >= ending.size() + 3 && ends_with(reader, word, ending)) return true;
  return false;
}

// 5th, 42nd
bool is_ordinal(OpenReader& reader, uint64_t& at) noexcept {
  uint64_t end = at;
  while (end - at < 4 && is_digit(reader.at(end))) ++end;
  if (end == at) return false;
  for (std::string_view mark : kOrdinals)
    if (reader.follows(end, mark) && !is_alnum(reader.at(end + 2))) {
      at = end + 2;
      return true;
    }
  return false;
}

// d'Ouchy, l'Église, dell'Arte: the capital stands behind the apostrophe.
bool is_elided_name(OpenReader& reader, const NameWord& word) noexcept {
  for (uint64_t at = word.start + 1; at + 1 < word.end && at < word.start + 6; ++at)
    if (reader.at(at) == '\'') return word_at(reader, at + 1).capital;
  return false;
}

// "Kossuth Lajos u.", "Karl Johans gate", "Berliner Str.": back from the word for the kind.
StreetStart typed_start(OpenReader& reader, const NameWord& type) noexcept {
  uint64_t start = kNoStreet, end = type.start;
  for (unsigned words = 0; words < 3 && end > 0 && reader.before(end) == ' '; ++words) {
    const NameWord word = word_before(reader, end - 1);
    if (word.size() < 2 || !word.capital) break;
    start = word.start;
    end = word.start;
    // German and Dutch names are one word; another capital before it is the sentence's.
    if (type.capital) break;
  }
  return {start, StreetStrength::Plain, is_street_word(reader, type, kStreetSays)};
}

// "Gartenstraße": the word before the number, and the one before that if the first is only the
// kind.
StreetStart compound_start(OpenReader& reader, const NameWord& word) noexcept {
  if (word.size() == 0) return {};
  const uint16_t lists = street_word(reader, word);
  if ((lists & kStreetTypeWord) != 0) {
    const StreetStart typed = typed_start(reader, word);
    if (typed.start != kNoStreet) return typed;
  }
  if (word.size() < 2 || !word.capital ||
      !kEndFilter.has(reader.before(word.end - 1), reader.before(word.end)))
    return {};
  const bool no_street = (lists & kStreetNone) != 0;
  for (const std::string_view& ending : kEndings) {
    if (!ends_with(reader, word, ending)) continue;
    if (word.size() == ending.size()) return typed_start(reader, word);
    if (word.size() < ending.size() + 3 || no_street) continue;
    const bool says = &ending < std::begin(kEndings) + kSayingEndings;
    return {word.start, StreetStrength::Plain, says && (lists & kStreetThing) == 0};
  }
  if (!no_street && has_ending(reader, word, kLooseEndings))
    return {word.start, StreetStrength::Placed};
  return {};
}

// "C/ Mayor", "C/Mayor": where the C stands, if it does before the word at `start`.
uint64_t calle_start(OpenReader& reader, uint64_t start) noexcept {
  const uint64_t slash = reader.before(start) == ' ' ? start - 1 : start;
  if (slash < 2 || reader.before(slash) != '/' || to_lower(reader.before(slash - 1)) != 'c')
    return kNoStreet;
  return is_alnum(reader.before(slash - 2)) ? kNoStreet : slash - 2;
}

// "Calle de la Paz", "Via Roma", "ul. Długa": back to the word that says what it is.
// `last`: the word that ends at `end`, or before a point there.
StreetStart prefix_start(OpenReader& reader, uint64_t end, const NameWord& last) noexcept {
  bool capital = false;
  for (unsigned words = 0; words < kNameWordsMax; ++words) {
    uint64_t word_end = end;
    const bool point = reader.before(word_end) == '.';
    if (point) --word_end;
    // "Calle 5 de Mayo", "Via 4 Novembre": a day is a name, too.
    const uint64_t day = words > 0 && capital ? spaced_number_start(reader, end, 2) : end;
    if (day < end) {
      end = day - 1;
      continue;
    }
    const NameWord word = words == 0 ? last : word_before(reader, word_end);
    if (word.size() == 0) return {};
    const uint16_t lists = street_word(reader, word);
    if (words > 0 && capital && (word.capital || point) && (lists & kStreetPrefix) != 0)
      return {word.start,
              (lists & kStreetLoosePrefix) != 0 && !point ? StreetStrength::Placed
                                                          : StreetStrength::Plain,
              (lists & kStreetSays) != 0};
    if (words > 0 && capital && word.capital && (lists & kStreetAtPlace) != 0)
      return {word.start, StreetStrength::Placed};
    const bool is_name = word.capital || is_elided_name(reader, word);
    if (!is_name && (lists & kStreetParticle) == 0) return {};
    capital = capital || is_name;
    if (const uint64_t calle = calle_start(reader, word.start); calle != kNoStreet)
      return {calle, StreetStrength::Plain, true};
    if (reader.before(word.start) != ' ') return {};
    end = word.start - 1;
  }
  return {};
}

// Words with capital letters before the number: a town must follow.
// `last`: the word that ends at `end`.
StreetStart name_start(OpenReader& reader, uint64_t end, const NameWord& last) noexcept {
  StreetStart out{kNoStreet, StreetStrength::Placed};
  bool capital = false;
  for (unsigned words = 0; words < kPlainNameWordsMax; ++words) {
    uint64_t word_end = end;
    if (words > 0 && reader.before(word_end) == '.') --word_end;
    const NameWord word = words == 0 ? last : word_before(reader, word_end);
    if (word.size() == 0) break;
    const uint16_t lists = street_word(reader, word);
    if ((lists & (kStreetNoName | kStreetUnit)) != 0) return {};
    const bool is_name = word.capital && (word.size() >= 3 || words > 0);
    if (!is_name && (lists & kStreetParticle) == 0) break;
    capital = capital || is_name;
    if (is_name) out.start = word.start;
    if (reader.before(word.start) != ' ') break;
    end = word.start - 1;
  }
  return capital ? out : StreetStart{};
}

}  // namespace

bool may_be_of_street(OpenReader& reader, const NameWord& word) noexcept {
  constexpr uint16_t kAny =
      kStreetParticle | kStreetPrefix | kStreetAtPlace | kStreetTypeWord | kStreetMark;
  return word.size() == 1 || is_street_word(reader, word, kAny) || is_elided_name(reader, word) ||
         word_is(reader, word, "office") || word_is(reader, word, "post");
}

bool may_begin_of_street(OpenReader& reader, const NameWord& word) noexcept {
  static constexpr std::string_view kOffice[] = {"office", "post"};
  return may_begin_street_word(reader, word) ||
         std::any_of(std::begin(kOffice), std::end(kOffice), [&](std::string_view one) {
           return one.size() >= word.size() &&
                  reader.follows(word.start, one.substr(0, word.size()));
         });
}

bool is_whole_line(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  const uint8_t behind = reader.at(end);
  if (behind != '\n' && behind != '\r' && behind != 0) return false;
  // Signs of quoted mail and of lists.
  for (unsigned i = 0; i < kLineMarksMax; ++i, --start) {
    const uint8_t c = reader.before(start);
    if (c == 0 || c == '\n') return true;
    if (c != ' ' && c != '>' && c != '?' && c != '-' && c != '*' && c != '\t' && c != '|')
      return false;
  }
  return false;
}

uint64_t spaced_number_start(OpenReader& reader, uint64_t end, uint64_t most) noexcept {
  const uint64_t start = digit_run_start(reader, end, most);
  return end - start <= most && reader.before(start) == ' ' ? start : end;
}

uint64_t house_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = digit_run_end(reader, start, kHouseDigitsMax);
  if (at - start > kHouseDigitsMax || reader.at(start) == '0') return 0;
  if ((reader.at(at) == '-' || reader.at(at) == '/') && is_digit(reader.at(at + 1))) {
    const uint64_t second = at + 1;
    for (at = second; at - second < 4 && is_digit(reader.at(at));) ++at;
  } else if (reader.at(at) == '/' && is_letter(reader.at(at + 1))) {
    ++at;  // 12/A
  } else if (reader.at(at) == ' ' && is_letter(reader.at(at + 1)) &&
             to_lower(reader.at(at + 1)) <= 'h' && !is_upper(reader.at(at + 1)) &&
             !is_alnum(reader.at(at + 2)) && reader.at(at + 2) < 0x80 && reader.at(at + 1) != 'a') {
    at += 2;  // "12 b"; but "12 a" goes on as a sentence
  }
  if (is_letter(reader.at(at))) ++at;
  // "88a/3/12": the stairs and the door of Vienna.
  for (unsigned i = 0; i < 2 && reader.at(at) == '/' && is_digit(reader.at(at + 1)); ++i) {
    const uint64_t door = at + 1;
    for (at = door; at - door < 3 && is_digit(reader.at(at));) ++at;
  }
  if (is_alnum(reader.at(at)) || reader.at(at) == '_' || reader.at(at) >= 0x80) return 0;
  // "187 bis" of Belgium and the Netherlands
  for (std::string_view repeat : {" bis", " ter"})
    if (reader.follows(at, repeat) && !is_word_letter(reader.at(at + repeat.size()))) {
      const uint8_t behind = reader.at(at + repeat.size());
      if (behind == ',' || behind == '\n' || behind == 0) return at + repeat.size();
    }
  return at;
}

bool begins_clean(OpenReader& reader, uint64_t start) noexcept {
  const uint8_t c = reader.before(start);
  // "13:25 IC 2198": of a time.
  if (c == ':' && is_digit(reader.before(start - 1))) return false;
  // "address=822 Oak Street"
  if (c == '=' && is_letter(reader.before(start - 1))) return true;
  return !is_alnum(c) && c < 0x80 && c != '_' && c != '.' && c != '-' && c != '#' && c != '$' &&
         c != '/' && c != '=' && c != '+' && c != '%' && c != '@';
}

uint64_t building_start(OpenReader& reader, uint64_t start) noexcept {
  if (start < 2 || reader.before(start) != ' ') return start;
  uint64_t end = start - 1;
  const bool comma = reader.before(end) == ',';
  if (comma) --end;
  uint64_t first = end;
  if (first > 0 && is_letter(reader.before(first))) --first;  // 4B
  const auto is_part = [&](uint8_t c) { return is_digit(c) || (c == '/' && first < end); };
  while (first > 0 && end - first <= kHouseDigitsMax && is_part(reader.before(first))) --first;
  if (first == end || !is_digit(reader.at(first)) || !begins_clean(reader, first)) return start;
  const uint64_t unit_end = reader.before(first) == ' ' ? first - 1 : first;
  const uint64_t unit_word_end = reader.before(unit_end) == '.' ? unit_end - 1 : unit_end;
  const NameWord unit = unit_end < first ? word_before(reader, unit_word_end) : NameWord{};
  if (unit.size() > 0 && unit.capital && is_street_word(reader, unit, kStreetUnit))
    return unit.start;
  return comma || is_letter(reader.before(end)) ? start : first;
}

uint64_t town_start_before(OpenReader& reader, uint64_t start) noexcept {
  if (start < 8 || reader.before(start) != ' ' || reader.before(start - 1) != ',') return start;
  const NameWord town = word_before(reader, start - 2);
  if (town.size() < 3 || !town.capital || reader.before(town.start) != ' ') return start;
  uint64_t first = town.start - 1;
  while (first > 0 && town.start - first < 8 && is_digit(reader.before(first))) --first;
  const uint64_t digits = town.start - 1 - first;
  if ((digits != 4 && digits != 5) || !begins_clean(reader, first)) return start;
  // "Seestraße 2, 26506 Norden, Kennzeichen AUR 417": the end of an address, and no beginning.
  const bool ends_one = first > 3 && reader.before(first) == ' ' &&
                        reader.before(first - 1) == ',' &&
                        (is_digit(reader.before(first - 2)) || is_digit(reader.before(first - 3)));
  return ends_one ? start : first;
}

namespace {

// "Third Street": streets are counted, "Second Way" and "First Drive" are things.
bool is_numbered_street(OpenReader& reader, const NameWord& name, const NameWord& kind) noexcept {
  static constexpr std::string_view kNumbers[] = {"first", "second", "third"};
  static constexpr std::string_view kKinds[] = {"street", "avenue", "ave"};
  return name.size() > 0 && word_in(reader, name, kNumbers) && word_in(reader, kind, kKinds);
}

// "Main Street NW": behind the direction that stands behind a street; `at`: none does.
uint64_t direction_end(OpenReader& reader, uint64_t at) noexcept {
  static constexpr std::string_view kDirections[] = {"n", "s", "e", "w", "nw", "ne", "sw", "se"};
  if (reader.at(at) != ' ') return at;
  const NameWord word = word_at(reader, at + 1);
  return word.capital && (word.size() == 1 || word.upper) && word_in(reader, word, kDirections)
             ? word.end
             : at;
}

}  // namespace

Street english_street(OpenReader& reader, uint64_t start) noexcept {
  Street out;
  uint64_t at = start;
  bool capitals = true;
  uint16_t former = 0;  // lists of the word before
  NameWord former_word;
  for (unsigned words = 0; words < kStreetWordsMax; ++words) {
    if (!is_ordinal(reader, at)) {
      const NameWord word = word_at(reader, at);
      if (word.size() == 0) break;
      const uint16_t lists = street_word(reader, word);
      if ((lists & kStreetUnit) != 0) break;
      capitals = capitals && (word.capital || (lists & kStreetParticle) != 0);
      // "Whitchurch Road street": the small word belongs to the sentence.
      if (words > 0 && (capitals || out.end == 0) && (lists & kStreetSuffix) != 0) {
        if (is_numbered_street(reader, former_word, word)) former = 0;
        out = Street{word.end, capitals, static_cast<uint16_t>(lists | (former & kStreetThing))};
      }
      former_word = word;
      former = lists;
      at = word.end;
      if (reader.at(at) == '.') ++at;
      if (out.end == word.end && at != word.end && reader.at(at) == ' ') out.end = at;
    }
    if (reader.at(at) != ' ') break;
    ++at;
  }
  if (out.end != 0 && out.capitals) out.end = direction_end(reader, out.end);
  return out;
}

namespace {

// "8 mai 1945", "11 Novembre", "4-Septembre": behind it; 0: no day stands there.
uint64_t french_day_end(OpenReader& reader, uint64_t at) noexcept {
  static constexpr std::string_view kMonths[] = {"janvier",
                                                 "f\xc3\xa9vrier",
                                                 "mars",
                                                 "avril",
                                                 "mai",
                                                 "juin",
                                                 "juillet",
                                                 "ao\xc3\xbbt",
                                                 "septembre",
                                                 "octobre",
                                                 "novembre",
                                                 "d\xc3\xa9"
                                                 "cembre"};
  constexpr uint64_t kYearDigits = 4;
  const uint64_t end = digit_run_end(reader, at, 2);
  if (end == at || end - at > 2 || (reader.at(end) != ' ' && reader.at(end) != '-')) return 0;
  const NameWord month = word_at(reader, end + 1);
  if (!word_in(reader, month, kMonths)) return 0;
  const uint64_t year = digit_run_end(reader, month.end + 1, kYearDigits - 1);
  const uint8_t gap = reader.at(month.end);
  const bool has_year = year == month.end + 1 + kYearDigits && (gap == ' ' || gap == '-');
  return has_year ? year : month.end;
}

}  // namespace

Street french_street(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  for (std::string_view mark : kRepeats)
    if (reader.follows(at, mark)) at += mark.size();
  const NameWord kind = word_at(reader, at);
  const uint16_t kinds = street_word(reader, kind);
  if ((kinds & kStreetFrench) == 0) return {};
  Street out;
  out.kind = kinds;
  at = kind.end;
  if (reader.at(at) == '.') ++at;
  for (unsigned words = 0; words < kNameWordsMax && reader.at(at) == ' '; ++words) {
    const bool elided =
        (to_lower(reader.at(at + 1)) == 'd' || to_lower(reader.at(at + 1)) == 'l') &&
        reader.at(at + 2) == '\'';
    // "rue du 8 mai 1945": a day, its month and its year.
    if (const uint64_t day = french_day_end(reader, at + 1); day != 0) {
      out.end = day;
      return out;
    }
    const NameWord word = word_at(reader, at + (elided ? 3 : 1));
    if (word.size() == 0) break;
    const uint16_t lists = street_word(reader, word);
    if ((!word.capital && (lists & kStreetParticle) == 0) || (lists & kStreetUnit) != 0) break;
    at = word.end;
    if (word.capital) out.end = at;
  }
  return out;
}

Street named_street(OpenReader& reader, uint64_t start) noexcept {
  Street out;
  uint64_t at = start;
  for (unsigned words = 0; words < kPlainNameWordsMax; ++words) {
    const NameWord word = word_at(reader, at);
    if (word.size() == 0) break;
    const uint16_t lists = street_word(reader, word);
    // "775 Conn Port Suite 4": of a name when no number follows.
    const bool no_name =
        (lists & kStreetNoName) != 0 && (words == 0 || is_digit(reader.at(word.end + 1)));
    if (no_name || (lists & kStreetUnit) != 0) break;
    if (!word.capital && (lists & kStreetParticle) == 0) break;
    if (word.capital && word.size() > 1) out.end = word.end;
    at = word.end;
    if (reader.at(at) == '.') ++at;
    if (reader.at(at) != ' ') break;
    ++at;
  }
  return out;
}

namespace {

// The letters from `at` on. `sure`: all of the word, and nothing but ASCII letters.
NameWord plain_word_at(const TextView& text, uint64_t at, bool& sure) noexcept {
  const uint64_t end = letters_end(text, at, text.end);
  const uint8_t behind = text.at(end);
  sure = end < text.end && behind < 0x80 && behind != '-' && behind != '\'';
  return NameWord{at, end, false, false};
}

}  // namespace

bool french_may_follow(const TextView& text, uint64_t at) noexcept {
  bool sure = false;
  const NameWord word = plain_word_at(text, at, sure);
  OpenReader reader(text);
  return !sure ||
         (word.size() > 0 && (is_street_word(reader, word, kStreetFrench) ||
                              word_is(reader, word, "bis") || word_is(reader, word, "ter")));
}

bool street_may_follow(const TextView& text, uint64_t at) noexcept {
  OpenReader reader(text);
  for (unsigned words = 0; words < kStreetWordsMax; ++words) {
    bool sure = false;
    const NameWord word = plain_word_at(text, at, sure);
    // An ordinal; a letter that belongs to the number; a name; what the French begin with.
    if (!sure || is_digit(text.at(at))) return true;
    if (word.size() == 0) return false;
    const uint8_t first = text.at(at);
    if (words > 0 ? may_be_street_suffix(first, word.size()) &&
                        is_street_word(reader, word, kStreetSuffix)
                  : word.size() == 1 || is_upper(first) ||
                        is_street_word(reader, word, kStreetParticle | kStreetFrench) ||
                        word_is(reader, word, "bis") || word_is(reader, word, "ter"))
      return true;
    at = word.end + (text.at(word.end) == '.' ? 1 : 0);
    if (at >= text.end) return true;
    if (text.at(at) != ' ') return false;
    ++at;
  }
  return false;
}

uint64_t street_end_before(OpenReader& reader, uint64_t number) noexcept {
  uint64_t end = number;
  if (end > 0 && reader.before(end) == ' ') --end;
  if (end > 0 && reader.before(end) == ':') --end;
  uint64_t mark_end = end;
  if (mark_end > 0 && reader.before(mark_end) == '.') --mark_end;
  const uint8_t last = to_lower(reader.before(mark_end));
  for (std::string_view mark : street_marks()) {
    if (last != static_cast<uint8_t>(mark.back()) || mark_end <= mark.size() ||
        !reader.follows(mark_end - mark.size(), mark))
      continue;
    const uint64_t start = mark_end - mark.size();
    if (reader.before(start) != ' ') continue;
    end = start - 1;
    break;
  }
  return end > 0 && reader.before(end) == ',' ? end - 1 : end;
}

uint64_t unnumbered_end_before(OpenReader& reader, uint64_t code) noexcept {
  uint64_t end = code;
  while (end > 0 && code - end < 3 &&
         (reader.before(end) == ' ' || reader.before(end) == ',' || reader.before(end) == '.'))
    --end;
  const bool is_mark = end < code && end >= kUnnumberedMark.size() &&
                       reader.follows(end - kUnnumberedMark.size(), kUnnumberedMark);
  return is_mark ? end : 0;
}

StreetStart street_before(OpenReader& reader, uint64_t end, bool named) noexcept {
  const bool point = reader.before(end) == '.';
  const NameWord last = word_before(reader, point ? end - 1 : end);
  if (last.size() == 0) return {};
  StreetStart out = compound_start(reader, last);
  if (out.start == kNoStreet || out.strength == StreetStrength::Placed) {
    const StreetStart prefixed = prefix_start(reader, end, last);
    if (prefixed.start != kNoStreet &&
        (out.start == kNoStreet || prefixed.strength == StreetStrength::Plain))
      out = prefixed;
  } else if (point && ends_with(reader, last, "str")) {
    out.says = true;  // "Goethestr. 5", but "registr 5"
  }
  return out.start == kNoStreet && named && !point ? name_start(reader, end, last) : out;
}

}  // namespace sallyport::scan
