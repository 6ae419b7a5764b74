#include "dataplane/scan/recognise/address/street_words.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>

namespace sallyport::scan {
namespace {

constexpr std::string_view kSuffixes[] = {
    "street", "st", "avenue", "ave", "boulevard", "blvd", "road", "rd", "lane", "ln", "drive", "dr",
    "court", "ct", "place", "pl", "way", "terrace", "ter", "circle", "cir", "parkway", "pkwy",
    "highway", "hwy", "square", "sq", "trail", "trl", "loop", "alley", "aly", "crossing", "plaza",
    "plz", "row", "walk", "close", "crescent", "cres", "gardens", "grove", "mews", "quay", "wharf",
    "esplanade", "parade", "rise", "broadway", "turnpike", "str", "salai", "marg", "nagar",
    "expressway", "bend", "ridge", "run", "hill", "heights", "view", "path", "pike",
    // Of USPS Publication 28 those that seldom stand behind a number for another thing.
    "ways", "spur", "spurs", "forge", "forges", "green", "greens", "glen", "glens", "knoll",
    "knolls", "orchard", "orchards", "meadow", "meadows", "manor", "manors", "estate", "estates",
    "hollow", "inlet", "isle", "cove", "coves", "creek", "crest", "dale", "divide", "falls",
    "ferry", "ford", "fords", "freeway", "gateway", "harbor", "harbors", "haven", "island",
    "islands", "lake", "lakes", "landing", "lodge", "mill", "mills", "motorway", "mountain",
    "mountains", "oval", "overpass", "parks", "pine", "pines", "plain", "plains", "prairie",
    "radial", "ranch", "rapid", "rapids", "river", "shoal", "shoals", "shore", "shores", "skyway",
    "summit", "trace", "trafficway", "throughway", "underpass", "valley", "viaduct", "village",
    "vista", "bluff", "bluffs", "brook", "brooks", "canyon", "causeway", "cliff", "cliffs",
    "common", "commons", "corner", "corners", "crossroad", "crossroads", "curve", "groves", "lanes",
    "roads", "ridges", "circles", "courts", "drives", "squares", "terraces", "stravenue", "walks",
    "burgs", "garden"};

// French kinds of street stand before the name.
constexpr std::string_view kFrench[] = {"rue",
                                        "avenue",
                                        "av",
                                        "ave",
                                        "boulevard",
                                        "boul",
                                        "bd",
                                        "bld",
                                        "blvd",
                                        "place",
                                        "pl",
                                        "chemin",
                                        "ch",
                                        "all\xc3\xa9"
                                        "e",
                                        "allee",
                                        "impasse",
                                        "quai",
                                        "cours",
                                        "route",
                                        "rte",
                                        "square",
                                        "passage",
                                        "sentier",
                                        "faubourg",
                                        "cit\xc3\xa9",
                                        "villa",
                                        "ruelle",
                                        "esplanade",
                                        "promenade",
                                        "mont\xc3\xa9"
                                        "e",
                                        "r\xc3\xa9sidence",
                                        "hameau",
                                        "rond-point",
                                        "chauss\xc3\xa9"
                                        "e",
                                        "lotissement",
                                        "venelle",
                                        "clos"};

constexpr std::string_view kParticles[] = {
    "de",  "la",    "le",    "les", "du",  "des",   "del", "della", "di",  "da",  "das", "dos",
    "do",  "den",   "der",   "van", "von", "y",     "e",   "of",    "the", "el",  "los", "las",
    "dei", "delle", "degli", "i",   "al",  "zum",   "zur", "dem",   "het", "ten", "ter", "op",
    "aan", "na",    "nad",   "pod", "dal", "dalle", "et",  "und",   "en",  "im"};

// What the first word of a street is in Spanish, Catalan, Italian, Portuguese, Polish, Romanian,
// and in French where the number stands last (Switzerland, Belgium).
constexpr std::string_view kPrefixes[] = {"calle",
                                          "avenida",
                                          "avda",
                                          "avd",
                                          "plaza",
                                          "pza",
                                          "paseo",
                                          "pso",
                                          "carrer",
                                          "camino",
                                          "carretera",
                                          "ctra",
                                          "ronda",
                                          "glorieta",
                                          "rambla",
                                          "traves\xc3\xad"
                                          "a",
                                          "passeig",
                                          "pasaje",
                                          "cuesta",
                                          "carrera",
                                          "via",
                                          "viale",
                                          "v.le",
                                          "piazza",
                                          "corso",
                                          "largo",
                                          "vicolo",
                                          "piazzale",
                                          "strada",
                                          "salita",
                                          "contrada",
                                          "lungomare",
                                          "rua",
                                          "av",
                                          "travessa",
                                          "pra\xc3\xa7"
                                          "a",
                                          "praca",
                                          "estrada",
                                          "alameda",
                                          "rodovia",
                                          "beco",
                                          "cal\xc3\xa7"
                                          "ada",
                                          "r",
                                          "ul",
                                          "ulica",
                                          "al",
                                          "aleja",
                                          "aleje",
                                          "os",
                                          "osiedle",
                                          "plac",
                                          "bulevardul",
                                          "b-dul",
                                          "bd",
                                          "str",
                                          "rue",
                                          "boulevard",
                                          "chemin",
                                          "quai",
                                          "all\xc3\xa9"
                                          "e",
                                          "route",
                                          "aleea",
                                          "calea",
                                          "soseaua",
                                          "\xc8\x99oseaua",
                                          "splaiul",
                                          "intrarea",
                                          "pia\xc8\x9b"
                                          "a",
                                          "jalan",
                                          "jl",
                                          "jln",
                                          "pol\xc3\xadgono",
                                          "calzada",
                                          "privada",
                                          "bulevar",
                                          "trg",
                                          "n\xc3\xa1m\xc4\x9bst\xc3\xad",
                                          "n\xc3\xa1mestie",
                                          "chauss\xc3\xa9"
                                          "e"};

// Of those: words that also begin other things ("Route Nationale 7", "Largo Size 5").
constexpr std::string_view kLoosePrefixes[] = {"route", "r",       "largo", "os", "al",
                                               "str",   "carrera", "via",   "bd"};

// What begins the name of a place: "Am Markt 35", "Unter den Linden 5". A town must follow.
constexpr std::string_view kAtPlaces[] = {"am",     "an",  "im",  "zum", "zur", "unter", "auf",
                                          "hinter", "vor", "bei", "na",  "v",   "u",     "in"};

// Kinds of street that stand behind the name as a word of their own, also in small letters:
// Hungarian, Turkish, Czech, Norwegian, Swedish, Danish, Finnish, Estonian, Dutch.
constexpr std::string_view kTypeWords[] = {"utca",
                                           "sug\xc3\xa1r\xc3\xbat",
                                           "fasor",
                                           "lak\xc3\xb3telep",
                                           "u",
                                           "\xc3\xba"
                                           "t",
                                           "\xc3\xba"
                                           "tja",
                                           "t\xc3\xa9r",
                                           "k\xc3\xb6r\xc3\xba"
                                           "t",
                                           "krt",
                                           "k\xc3\xb6z",
                                           "s\xc3\xa9t\xc3\xa1ny",
                                           "rakpart",
                                           "caddesi",
                                           "cad",
                                           "cd",
                                           "sokak",
                                           "soka\xc4\x9f\xc4\xb1",
                                           "sok",
                                           "sk",
                                           "bulvar\xc4\xb1",
                                           "bulv",
                                           "mahallesi",
                                           "mah",
                                           "ulice",
                                           "n\xc3\xa1m\xc4\x9bst\xc3\xad",
                                           "n\xc3\xa1m",
                                           "n\xc3\xa1mestie",
                                           "bulevar",
                                           "trg",
                                           "iela",
                                           "gatv\xc4\x97",
                                           "prospekt",
                                           "hat\xc3\xa1r\xc3\xbat",
                                           "f\xc5\x91\xc3\xbat",
                                           "t\xc5\x99\xc3\xad"
                                           "da",
                                           "cesta",
                                           "gate",
                                           "gata",
                                           "vei",
                                           "veg",
                                           "plass",
                                           "terrasse",
                                           "v\xc3\xa4g",
                                           "torg",
                                           "all\xc3\xa9",
                                           "gade",
                                           "vej",
                                           "plads",
                                           "torv",
                                           "tie",
                                           "katu",
                                           "tee",
                                           "mnt",
                                           "pst",
                                           "tn",
                                           "weg",
                                           "straat",
                                           "laan",
                                           "plein",
                                           "kade"};

// Words that end so and name no street, and nouns that numbers follow.
constexpr std::string_view kNoStreets[] = {
    "string",      "during",    "spring",      "monitoring", "bring", "ring",     "wring",
    "engineering", "str",       "investigate", "gate",       "tie",   "delegate", "aggregate",
    "navigate",    "mitigate",  "die",         "necktie",    "cutie", "zombie",   "scoring",
    "propagate",   "surrogate", "smoothie",    "cookie",     "movie", "selfie",   "rookie",
    "restoring",   "docstring", "substring",   "bulgarije"};

// Nouns with numbers that are no names of places.
constexpr std::string_view kNoNames[] = {
    "chapter",  "section", "page",      "step",      "level",   "version",  "table",
    "figure",   "windows", "part",      "phase",     "round",   "day",      "week",
    "year",     "month",   "january",   "february",  "march",   "april",    "may",
    "june",     "july",    "august",    "september", "october", "november", "december",
    "monday",   "tuesday", "wednesday", "thursday",  "friday",  "saturday", "sunday",
    "top",      "class",   "grade",     "line",      "item",    "option",   "question",
    "example",  "volume",  "issue",     "no",        "number",  "id",       "the",
    "article",  "season",  "episode",   "chapitre",  "kapitel", "seite",    "python",
    "java",     "node",    "ubuntu",    "intel",     "core",    "iphone",   "android",
    "http",     "rfc",     "iso",       "utf",       "sha",     "base",     "int",
    "float",    "exit",    "error",     "status",    "port",    "server",   "runde",
    "platz",    "team",    "linie",     "halle",     "los",     "tel",      "phone",
    "fax",      "fig",     "eq",        "ch",        "vol",     "pp",       "nr",
    "platform", "flight",  "terminal",  "seat",      "row",     "gleis",    "wagen",
    "eur",      "usd",     "gbp",       "chf"};

constexpr std::string_view kMarks[] = {
    "no",         "nr",         "n",   "n\xc2\xba", "n\xc2\xb0", "num",           "\xc4\x8d",
    "n\xc3\xbam", "\xc4\x8d.p", "nro", "nummer",    "numero",    "n\xc3\xbamero", "n.\xc2\xba"};

constexpr std::string_view kUnitsBefore[] = {"flat",  "apt",  "apartment", "unit",
                                             "suite", "plot", "house",     "shop",
                                             "room",  "no",   "door",      "villa"};

constexpr std::string_view kSays[] = {"street",
                                      "avenue",
                                      "ave",
                                      "boulevard",
                                      "blvd",
                                      "road",
                                      "rd",
                                      "lane",
                                      "drive",
                                      "terrace",
                                      "parkway",
                                      "pkwy",
                                      "crescent",
                                      "rue",
                                      "impasse",
                                      "chemin",
                                      "quai",
                                      "calle",
                                      "avenida",
                                      "avda",
                                      "paseo",
                                      "carrer",
                                      "passeig",
                                      "viale",
                                      "piazza",
                                      "rua",
                                      "travessa",
                                      "alameda",
                                      "ul",
                                      "ulica",
                                      "aleja",
                                      "utca",
                                      "caddesi",
                                      "sokak",
                                      "soka\xc4\x9f\xc4\xb1",
                                      "jalan",
                                      "jl",
                                      "bulevardul",
                                      "aleea",
                                      "iela",
                                      "stra\xc3\x9f"
                                      "e",
                                      "strasse"};
constexpr std::string_view kSaysLess[] = {"court", "way", "place", "circle", "trail", "square",
                                          "st",    "ln",  "dr",    "ct",     "cir",   "pl"};
// Words before those, or the whole word, that make something else of them.
constexpr std::string_view kThings[] = {"hard",
                                        "google",
                                        "test",
                                        "flash",
                                        "disk",
                                        "tape",
                                        "thumb",
                                        "usb",
                                        "pen",
                                        "one",
                                        "shared",
                                        "network",
                                        "cloud",
                                        "blood",
                                        "food",
                                        "toy",
                                        "team",
                                        "backup",
                                        "optical",
                                        "external",
                                        "internal",
                                        "supreme",
                                        "high",
                                        "district",
                                        "appeals",
                                        "circuit",
                                        "county",
                                        "crown",
                                        "federal",
                                        "tennis",
                                        "family",
                                        "superior",
                                        "municipal",
                                        "milky",
                                        "best",
                                        "first",
                                        "second",
                                        "third",
                                        "other",
                                        "only",
                                        "wall",
                                        "pcie",
                                        "pci",
                                        "bus",
                                        "bike",
                                        "express",
                                        "fast",
                                        "silk",
                                        "sesame",
                                        "great",
                                        "better",
                                        "easy",
                                        "easier",
                                        "long",
                                        "right",
                                        "wrong",
                                        "same",
                                        "new",
                                        "simple",
                                        "bundesstra\xc3\x9f"
                                        "e",
                                        "landesstra\xc3\x9f"
                                        "e",
                                        "kreisstra\xc3\x9f"
                                        "e",
                                        "staatsstra\xc3\x9f"
                                        "e",
                                        "fernstra\xc3\x9f"
                                        "e",
                                        "milchstra\xc3\x9f"
                                        "e",
                                        "bundesstrasse",
                                        "landesstrasse",
                                        "sackgasse",
                                        "umweg",
                                        "heimweg",
                                        "radweg",
                                        "fussweg",
                                        "fu\xc3\x9f"
                                        "weg",
                                        "schulweg",
                                        "arbeitsweg",
                                        "r\xc3\xbc"
                                        "ckweg",
                                        "ausweg",
                                        "gehweg",
                                        "bremsweg",
                                        "wanderweg",
                                        "rundweg",
                                        "jakobsweg",
                                        "rechtsweg",
                                        "fluchtweg",
                                        "holzweg",
                                        "dienstweg",
                                        "seeweg"};

// All of them fit into one vector.
constexpr size_t kBytesMax = 16;
using Bytes = std::array<uint8_t, kBytesMax>;  // behind the word zeros

// By open addressing: at most a third of the slots is taken.
constexpr unsigned kSlotBits = 11;
constexpr size_t kSlots = size_t{1} << kSlotBits;
constexpr size_t slot_of(const Bytes& word) noexcept {
  const auto [low, high] = std::bit_cast<std::array<uint64_t, 2>>(word);
  const uint64_t mixed = low * 0x9e37'79b9'7f4a'7c15U ^ high * 0xc2b2'ae3d'27d4'eb4fU;
  return static_cast<size_t>((mixed ^ mixed >> 29) * 0x1656'67b1'9e37'79f9U >> (64 - kSlotBits));
}

class Table {
 public:
  struct Entry {
    Bytes text{};
    uint16_t lists = 0;
  };

  constexpr Table() {
    add(kSuffixes, kStreetSuffix);
    add(kFrench, kStreetFrench);
    add(kParticles, kStreetParticle);
    add(kPrefixes, kStreetPrefix);
    add(kLoosePrefixes, kStreetLoosePrefix);
    add(kAtPlaces, kStreetAtPlace);
    add(kTypeWords, kStreetTypeWord);
    add(kNoStreets, kStreetNone);
    add(kNoNames, kStreetNoName);
    add(kMarks, kStreetMark);
    add(kUnitsBefore, kStreetUnit);
    add(kSays, kStreetSays);
    add(kSaysLess, kStreetSaysLess);
    add(kThings, kStreetThing);
  }

  // May a word of this size that begins so be in one?
  constexpr bool may_have(uint8_t first, uint64_t size) const noexcept {
    return size < 32 && (sizes_[first & 31U] >> size & 1) != 0;
  }
  uint16_t lists_of(const Bytes& word) const noexcept {
    for (size_t at = slot_of(word); slots_[at] != 0; at = (at + 1) % kSlots)
      if (entries_[slots_[at]].text == word) return entries_[slots_[at]].lists;
    return 0;
  }

 private:
  // No template: clang knows none that is defined below where a constant needs it.
  constexpr void add(std::span<const std::string_view> list, uint16_t bit) {
    for (std::string_view word : list) {
      Bytes text{};
      for (size_t i = 0; i < word.size(); ++i) text[i] = static_cast<uint8_t>(word[i]);
      sizes_[text[0] & 31U] |= uint32_t{1} << word.size();
      size_t at = slot_of(text);
      while (slots_[at] != 0 && entries_[slots_[at]].text != text) at = (at + 1) % kSlots;
      if (slots_[at] == 0) {
        slots_[at] = ++count_;
        entries_[count_].text = text;
      }
      entries_[slots_[at]].lists |= bit;
    }
  }

  static constexpr size_t kWordsMax = kSlots / 3;
  std::array<uint32_t, 32> sizes_{};      // by first byte: a bit per size
  std::array<uint16_t, kSlots> slots_{};  // of entries_; 0: none
  std::array<Entry, kWordsMax + 1> entries_{};
  uint16_t count_ = 0;
};
constexpr Table kTable;

constexpr WordFilter kSuffixesFilter{kSuffixes};
constexpr WordFilter kParticlesFilter{kParticles};
constexpr WordFilter kTypeWordsFilter{kTypeWords};

// In lower case, behind its size zeros.
Bytes lower_bytes(OpenReader& reader, const NameWord& word) noexcept {
  Bytes out;
  const auto text = reader.known(word.start, word.start + kBytesMax);
  __m128i v = _mm_setzero_si128();
  if (text.size() == kBytesMax) {
    v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data()));
  } else {
    std::memcpy(&v, text.data(), text.size());
  }
  const __m128i from_a = _mm_sub_epi8(v, _mm_set1_epi8('A'));
  const __m128i upper = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8(25)), from_a);
  v = _mm_or_si128(v, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
  const __m128i place = _mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  v = _mm_and_si128(v, _mm_cmplt_epi8(place, _mm_set1_epi8(static_cast<char>(word.size()))));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.data()), v);
  return out;
}

}  // namespace

uint16_t street_word(OpenReader& reader, const NameWord& word) noexcept {
  if (word.size() == 0 || !kTable.may_have(reader.at(word.start), word.size())) return 0;
  return kTable.lists_of(lower_bytes(reader, word));
}

bool may_be_street_part(uint8_t first, uint64_t size) noexcept {
  return kParticlesFilter.has(first, size) || kTypeWordsFilter.has(first, size);
}

bool may_be_street_suffix(uint8_t first, uint64_t size) noexcept {
  return kSuffixesFilter.has(first, size);
}

bool may_begin_street_word(OpenReader& reader, const NameWord& word) noexcept {
  const uint8_t first = to_lower(reader.at(word.start));
  const auto begins_one_of = [&](const auto& list) {
    return std::any_of(std::begin(list), std::end(list), [&](std::string_view one) {
      return static_cast<uint8_t>(one[0]) == first && one.size() >= word.size() &&
             reader.follows(word.start, one.substr(0, word.size()));
    });
  };
  return begins_one_of(kParticles) || begins_one_of(kPrefixes) || begins_one_of(kAtPlaces) ||
         begins_one_of(kTypeWords) || begins_one_of(kMarks);
}

std::span<const std::string_view> street_marks() noexcept { return kMarks; }

}  // namespace sallyport::scan
