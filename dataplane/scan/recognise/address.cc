#include "dataplane/scan/recognise/address.h"

#include <array>
#include <string_view>

#include "dataplane/scan/recognise/place.h"
#include "dataplane/scan/recognise/words.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kHouseDigitsMax = 5;
constexpr unsigned kStreetWordsMax = 5;
// From the word that says "street" to the number behind the name, and back.
constexpr unsigned kNameWordsMax = 5;
constexpr uint64_t kNone = ~uint64_t{0};

constexpr std::string_view kSuffixes[] = {
    "street",  "st",   "avenue",  "ave",       "boulevard", "blvd",    "road",
    "rd",      "lane", "ln",      "drive",     "dr",        "court",   "ct",
    "place",   "pl",   "way",     "terrace",   "ter",       "circle",  "cir",
    "parkway", "pkwy", "highway", "hwy",       "square",    "sq",      "trail",
    "trl",     "loop", "alley",   "aly",       "crossing",  "plaza",   "plz",
    "row",     "walk", "close",   "crescent",  "cres",      "gardens", "grove",
    "mews",    "quay", "wharf",   "esplanade", "parade",    "rise",    "broadway"};
// French kinds of street stand before the name.
constexpr std::string_view kFrench[] = {"rue",
                                        "avenue",
                                        "av",
                                        "boulevard",
                                        "bd",
                                        "place",
                                        "chemin",
                                        "all\xc3\xa9"
                                        "e",
                                        "allee",
                                        "impasse",
                                        "quai",
                                        "cours",
                                        "route",
                                        "square",
                                        "passage",
                                        "sentier",
                                        "faubourg",
                                        "cit\xc3\xa9",
                                        "villa",
                                        "ruelle"};
constexpr std::string_view kParticles[] = {
    "de",  "la",  "le",  "les",   "du",    "des", "del", "della", "di", "da",  "das",
    "dos", "do",  "den", "der",   "van",   "von", "y",   "e",     "of", "the", "el",
    "los", "las", "dei", "delle", "degli", "i",   "al",  "zum",   "zur"};
// What the first word of a street is in Spanish, Catalan, Italian, Portuguese, Polish, Romanian.
constexpr std::string_view kPrefixes[] = {"calle",
                                          "avenida",
                                          "avda",
                                          "plaza",
                                          "paseo",
                                          "carrer",
                                          "camino",
                                          "carretera",
                                          "ronda",
                                          "via",
                                          "viale",
                                          "piazza",
                                          "corso",
                                          "largo",
                                          "vicolo",
                                          "piazzale",
                                          "rua",
                                          "av",
                                          "travessa",
                                          "pra\xc3\xa7"
                                          "a",
                                          "praca",
                                          "estrada",
                                          "alameda",
                                          "rodovia",
                                          "ul",
                                          "ulica",
                                          "al",
                                          "aleja",
                                          "aleje",
                                          "os",
                                          "plac",
                                          "strada",
                                          "bulevardul"};
// What begins the name of a place: "Am Markt 35", "Unter den Linden 5". A town must follow.
constexpr std::string_view kAtPlaces[] = {"am",    "an",  "im",     "zum", "zur",
                                          "unter", "auf", "hinter", "vor", "bei"};
// What the last part of a compound is in German, Dutch, Swedish, Danish, Norwegian and Finnish.
constexpr std::string_view kEndings[] = {
    "stra\xc3\x9f"
    "e",
    "strasse",
    "str",
    "weg",
    "platz",
    "gasse",
    "allee",
    "damm",
    "ring",
    "ufer",
    "steig",
    "chaussee",
    "straat",
    "gracht",
    "laan",
    "plein",
    "kade",
    "dijk",
    "singel",
    "gatan",
    "v\xc3\xa4gen",
    "vagen",
    "torget",
    "gr\xc3\xa4nd",
    "gade",
    "vej",
    "gate",
    "veien",
    "katu",
    "tie"};
// Words that end so and name no street, and nouns that numbers follow.
constexpr std::string_view kNoStreets[] = {
    "string",      "during",   "spring",      "monitoring", "bring", "ring",     "wring",
    "engineering", "str",      "investigate", "gate",       "tie",   "delegate", "aggregate",
    "navigate",    "mitigate", "die",         "necktie",    "cutie", "zombie"};

constexpr WordFilter kSuffixesFilter{kSuffixes};
constexpr WordFilter kFrenchFilter{kFrench};
constexpr WordFilter kParticlesFilter{kParticles};
constexpr WordFilter kPrefixesFilter{kPrefixes};
constexpr WordFilter kAtPlacesFilter{kAtPlaces};
constexpr WordFilter kNoStreetsFilter{kNoStreets};

// Which two letters a word of kEndings may end with: a bit by a hash of them.
class EndFilter {
 public:
  constexpr EndFilter() {
    for (std::string_view one : kEndings) {
      const auto last = static_cast<uint8_t>(one[one.size() - 1]);
      const auto former = static_cast<uint8_t>(one[one.size() - 2]);
      bits_[slot(former, last) / 64] |= uint64_t{1} << (slot(former, last) % 64);
    }
  }
  constexpr bool has(uint8_t former, uint8_t last) const noexcept {
    return (bits_[slot(former, last) / 64] >> (slot(former, last) % 64) & 1) != 0;
  }

 private:
  static constexpr size_t slot(uint8_t former, uint8_t last) noexcept {
    return (former & 31U) << 5 | (last & 31U);
  }
  std::array<uint64_t, 16> bits_{};
};
constexpr EndFilter kEndFilter;

bool ends_with(OpenReader& reader, const NameWord& word, std::string_view ending) noexcept {
  return word.size() >= ending.size() && reader.follows(word.end - ending.size(), ending);
}

// 221B, 12-14, 98a, 5/7: the end of a house number that begins with a digit; 0: none.
uint64_t house_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  while (at - start <= kHouseDigitsMax && is_digit(reader.at(at))) ++at;
  if (at - start > kHouseDigitsMax || reader.at(start) == '0') return 0;
  if ((reader.at(at) == '-' || reader.at(at) == '/') && is_digit(reader.at(at + 1))) {
    const uint64_t second = at + 1;
    for (at = second; at - second < 4 && is_digit(reader.at(at));) ++at;
  } else if (reader.at(at) == ' ' && is_letter(reader.at(at + 1)) &&
             to_lower(reader.at(at + 1)) <= 'h' && !is_upper(reader.at(at + 1)) &&
             !is_alnum(reader.at(at + 2)) && reader.at(at + 2) < 0x80 && reader.at(at + 1) != 'a') {
    at += 2;  // "12 b"; but "12 a" goes on as a sentence
  }
  if (is_letter(reader.at(at))) ++at;
  return is_alnum(reader.at(at)) || reader.at(at) == '_' || reader.at(at) >= 0x80 ? 0 : at;
}

bool begins_clean(OpenReader& reader, uint64_t start) noexcept {
  const uint8_t c = reader.before(start);
  return !is_alnum(c) && c < 0x80 && c != '_' && c != '.' && c != '-' && c != '#' && c != '$' &&
         c != '/' && c != '=' && c != '+' && c != '%' && c != '@';
}

// 5th, 42nd
bool is_ordinal(OpenReader& reader, uint64_t& at) noexcept {
  uint64_t end = at;
  while (end - at < 4 && is_digit(reader.at(end))) ++end;
  for (std::string_view mark : {"st", "nd", "rd", "th"})
    if (end > at && reader.follows(end, mark) && !is_alnum(reader.at(end + 2))) {
      at = end + 2;
      return true;
    }
  return false;
}

struct Street {
  uint64_t end = 0;      // 0: none
  bool capitals = true;  // every word that should have one has a capital letter
};

// Words up to and with the last one that is a kind of street.
Street english_street(OpenReader& reader, uint64_t start) noexcept {
  Street out;
  uint64_t at = start;
  bool capitals = true;
  for (unsigned words = 0; words < kStreetWordsMax; ++words) {
    if (!is_ordinal(reader, at)) {
      const NameWord word = word_at(reader, at);
      if (word.size() == 0) break;
      const bool particle = word_in(reader, word, kParticles, kParticlesFilter);
      capitals = capitals && (word.capital || particle);
      if (words > 0 && word_in(reader, word, kSuffixes, kSuffixesFilter))
        out = Street{word.end, capitals};
      at = word.end;
      if (reader.at(at) == '.') ++at;
      if (out.end == word.end && at != word.end && reader.at(at) == ' ') out.end = at;
    }
    if (reader.at(at) != ' ') break;
    ++at;
  }
  return out;
}

// rue de la Paix: the kind, then the name, of which one word has a capital letter.
Street french_street(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  for (std::string_view mark : {"bis ", "ter ", "bis, ", "ter, "})
    if (reader.follows(at, mark)) at += mark.size();
  const NameWord kind = word_at(reader, at);
  if (kind.size() == 0 || !word_in(reader, kind, kFrench, kFrenchFilter)) return {};
  Street out;
  at = kind.end;
  if (reader.at(at) == '.') ++at;
  for (unsigned words = 0; words < kNameWordsMax && reader.at(at) == ' '; ++words) {
    const bool elided =
        (to_lower(reader.at(at + 1)) == 'd' || to_lower(reader.at(at + 1)) == 'l') &&
        reader.at(at + 2) == '\'';
    const NameWord word = word_at(reader, at + (elided ? 3 : 1));
    if (word.size() == 0 || (!word.capital && !word_in(reader, word, kParticles, kParticlesFilter)))
      break;
    at = word.end;
    if (word.capital) out.end = at;
  }
  return out;
}

// "Gartenstraße 98a": the word before the number, and the one before that if the first is only the
// kind.
uint64_t compound_start(OpenReader& reader, uint64_t number) noexcept {
  uint64_t end = number - 1;
  const bool point = reader.before(end) == '.';
  if (point) --end;
  const NameWord word = word_before(reader, end);
  if (word.size() < 2 || !word.capital ||
      !kEndFilter.has(reader.before(word.end - 1), reader.before(word.end)))
    return kNone;
  for (std::string_view ending : kEndings) {
    if (!ends_with(reader, word, ending)) continue;
    const bool whole = word.size() == ending.size();
    if (!whole) {
      if (word.size() < ending.size() + 3 || word_in(reader, word, kNoStreets, kNoStreetsFilter))
        return kNone;
      return word.start;
    }
    // "Berliner Str. 12", "Lange Straße 5".
    const NameWord former =
        reader.before(word.start) == ' ' ? word_before(reader, word.start - 1) : NameWord{};
    return former.size() >= 3 && former.capital ? former.start : kNone;
  }
  return kNone;
}

// "Calle de la Paz 12", "Via Roma, 10", "ul. Długa 5": back to the word that says what it is.
uint64_t prefix_start(OpenReader& reader, uint64_t number, bool& weak) noexcept {
  uint64_t end = number - 1;
  if (reader.before(end) == ',') --end;
  bool capital = false;
  for (unsigned words = 0; words < kNameWordsMax; ++words) {
    uint64_t word_end = end;
    const bool point = reader.before(word_end) == '.';
    if (point) --word_end;
    const NameWord word = word_before(reader, word_end);
    if (word.size() == 0) return kNone;
    if (words > 0 && capital && word_in(reader, word, kPrefixes, kPrefixesFilter) &&
        (word.capital || point))
      return word.start;
    if (words > 0 && capital && word.capital && word_in(reader, word, kAtPlaces, kAtPlacesFilter)) {
      weak = true;
      return word.start;
    }
    const bool particle = word_in(reader, word, kParticles, kParticlesFilter);
    if (!word.capital && !particle) return kNone;
    capital = capital || word.capital;
    if (reader.before(word.start) != ' ') return kNone;
    end = word.start - 1;
  }
  return kNone;
}

// "PSC 4095, Box 8316, APO AE 85103" (USPS Publication 28, 225): where it begins.
uint64_t military_start(OpenReader& reader, uint64_t number) noexcept {
  const NameWord word = word_before(reader, number - 1);
  const bool known =
      word_is(reader, word, "psc") || word_is(reader, word, "cmr") || word_is(reader, word, "unit");
  return known && word.capital && !is_alnum(reader.before(word.start)) ? word.start : kNone;
}

// Behind the number of such a station its box.
uint64_t skip_box(OpenReader& reader, uint64_t at) noexcept {
  uint64_t next = at;
  if (reader.at(next) == ',') ++next;
  if (reader.at(next) != ' ' || !reader.follows(next + 1, "box ")) return at;
  next += 5;
  const uint64_t first = next;
  while (next - first < kHouseDigitsMax && is_digit(reader.at(next))) ++next;
  return next == first ? at : next;
}

// "PO Box 123", "P.O. Box 123", "Postfach 12": where it begins.
uint64_t box_start(OpenReader& reader, uint64_t number) noexcept {
  const NameWord box = word_before(reader, number - 1);
  if (word_is(reader, box, "postfach") && box.capital) return box.start;
  if (!word_is(reader, box, "box") || !box.capital || reader.before(box.start) != ' ') return kNone;
  for (std::string_view form : {"po", "p.o.", "p. o.", "post office"})
    if (box.start > form.size() && reader.follows(box.start - 1 - form.size(), form) &&
        !is_alnum(reader.before(box.start - 1 - form.size())))
      return box.start - 1 - form.size();
  return kNone;
}

}  // namespace

namespace {

// "4155 Lake Ave, Phoenix, AZ 85055": the number stands at `start`.
bool number_first(OpenReader& reader, uint64_t start, Hit& out) noexcept {
  if (!begins_clean(reader, start)) return false;
  const uint64_t house = house_end(reader, start);
  if (house == 0) return false;
  const uint64_t name = reader.at(house) == ',' ? house + 2 : house + 1;
  if (reader.at(name - 1) != ' ') return false;
  Street street = french_street(reader, name);
  const bool french = street.end != 0;
  // "5, Main Street" is how lists are numbered; the French write addresses so.
  if (!french && name == house + 1) street = english_street(reader, name);
  if (street.end == 0) return false;
  const Place place = place_at(reader, street.end);
  // Small letters are how people type; then the place must say that it is an address.
  if (!place.town && !street.capitals) return false;
  out = Hit{start, place.end};
  out.bare = !place.town;
  return true;
}

}  // namespace

bool address_may_follow(const TextView& text, uint64_t start, uint64_t end) noexcept {
  OpenReader reader(text);
  return end - start <= kHouseDigitsMax && text.at(start) != '0' && begins_clean(reader, start);
}

bool address_may_end(const TextView& text, uint64_t word, uint64_t number, uint64_t end) noexcept {
  const uint8_t first = text.at(word), behind = text.at(end);
  const uint64_t size = number - 1 - word;
  if (is_upper(first) || kParticlesFilter.has(first, size)) return true;
  // Words in small letters are no street. The number may begin one if no space follows at once.
  return end == text.end || end - number > kHouseDigitsMax || behind == ',' || behind == '-' ||
         behind == '/' || is_letter(behind);
}

Verdict address_from_number(const TextView& text, const Trigger& trigger, const RuleParameters&,
                            Hit& out) noexcept {
  OpenReader reader(text);
  return reader.answer(number_first(reader, trigger.start, out));
}

Verdict address_to_number(const TextView& text, const Trigger& trigger, const RuleParameters&,
                          Hit& out) noexcept {
  OpenReader reader(text);
  bool weak = false;
  uint64_t start = trigger.at < 4 ? kNone : compound_start(reader, trigger.at);
  if (start == kNone && trigger.at >= 4) start = prefix_start(reader, trigger.at, weak);
  if (start == kNone && trigger.at >= 4) start = box_start(reader, trigger.at);
  if (start == kNone && trigger.at >= 4) {
    start = military_start(reader, trigger.at);
    weak = start != kNone;
  }
  if (start == kNone) {
    // "80, boulevard Voltaire", "221B Baker Street": no space behind the digits.
    uint64_t at = trigger.at;
    while (at - trigger.at < kHouseDigitsMax && is_digit(reader.at(at))) ++at;
    return reader.answer(reader.at(at) != ' ' && number_first(reader, trigger.at, out));
  }
  out.start = start;
  uint64_t house = house_end(reader, trigger.at);
  if (house == 0) return reader.answer(false);
  if (weak) house = skip_box(reader, house);
  const Place place = place_at(reader, house);
  if (weak && !place.town) return reader.answer(false);
  out = Hit{start, place.end};
  out.bare = !place.town;
  return reader.answer(true);
}

uint64_t address_live_from(const TextView& text) noexcept {
  TextView whole = text;
  whole.final = true;
  OpenReader reader(whole);
  // Words before the number that is still to come: back over at most as many as a street has, while
  // they look like one. The last word may not be whole.
  uint64_t at = text.end, live = text.end;
  if (at > text.begin && reader.before(at) == ' ') --at;
  if (at > text.begin && (reader.before(at) == ',' || reader.before(at) == '.')) --at;
  for (unsigned words = 0; words <= kNameWordsMax && at > text.begin; ++words) {
    if (words > 0 && reader.before(at) == '.') --at;
    const NameWord word = word_before(reader, at);
    if (word.size() == 0) break;
    const bool particle = word_in(reader, word, kParticles, kParticlesFilter) ||
                          word_in(reader, word, kPrefixes, kPrefixesFilter) ||
                          word_in(reader, word, kAtPlaces, kAtPlacesFilter) || word.size() == 1 ||
                          word_is(reader, word, "office") || word_is(reader, word, "post");
    if (!word.capital && !particle) break;
    live = word.start;
    if (word.start <= text.begin) break;
    const uint8_t before = reader.before(word.start);
    if (before != ' ' && !(before == '.' && word.size() == 1)) break;  // "P.O."
    at = word.start - 1;
  }
  return live;
}

}  // namespace sallyport::scan
