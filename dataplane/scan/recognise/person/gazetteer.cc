#include "dataplane/scan/recognise/person/gazetteer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "dataplane/scan/read/word_set.h"
#include "dataplane/scan/recognise/person/eastern_families.h"
#include "dataplane/scan/recognise/person/family_names.h"
#include "dataplane/scan/recognise/person/given_names.h"

namespace sallyport::scan {
namespace {

// Names that are words, months or places as well, sorted.
constexpr std::string_view kAmbiguous[] = {
    "alba",      "alexa",       "ali",       "alma",      "amber",      "angelina", "ansel",
    "archer",    "ariadne",     "ariana",    "ariel",     "asa",        "august",   "augusta",
    "aurelia",   "aurora",      "austin",    "baker",     "ball",       "banks",    "barbier",
    "barney",    "baron",       "barone",    "basile",    "bass",       "bean",     "beard",
    "becca",     "bell",        "bella",     "bello",     "ben",        "bill",     "bird",
    "bishop",    "black",       "blanche",   "blessing",  "blom",       "blythe",   "bond",
    "booth",     "bos",         "boulanger", "bourgeois", "boyd",       "bradford", "branch",
    "brandon",   "bravo",       "breton",    "brett",     "bridges",    "brooke",   "brooks",
    "brown",     "buck",        "buckley",   "burns",     "bush",       "cano",     "carbone",
    "carmel",    "carol",       "carolyn",   "carpenter", "carpentier", "chad",     "chan",
    "charlotte", "charpentier", "chase",     "chelsea",   "chen",       "cherry",   "chester",
    "christel",  "christian",   "church",    "clay",      "clayton",    "clifton",  "cobb",
    "cole",      "compton",     "conway",    "cook",      "cora",       "corona",   "cousin",
    "crane",     "cristi",      "crosby",    "cross",     "crow",       "curry",    "daisy",
    "dale",      "dan",         "daphne",    "das",       "dawn",       "day",      "dean",
    "devon",     "dexter",      "dias",      "dina",      "dino",       "don",      "drake",
    "duke",      "durham",      "earl",      "edda",      "ek",         "elmer",    "emerson",
    "faith",     "farmer",      "felicity",  "fields",    "fiore",      "fisher",   "flavio",
    "flora",     "florence",    "flowers",   "fontana",   "ford",       "fox",      "francis",
    "frank",     "franklin",    "frost",     "gail",      "galvan",     "gemma",    "german",
    "gideon",    "gil",         "giles",     "glass",     "glen",       "golden",   "grace",
    "grant",     "grassi",      "gray",      "green",     "gross",      "guy",      "hail",
    "hale",      "hall",        "hampton",   "han",       "harry",      "hart",     "hermione",
    "herring",   "hilary",      "hill",      "ho",        "holden",     "holly",    "hood",
    "hooper",    "horn",        "house",     "houston",   "howard",     "hull",     "hunt",
    "hunter",    "iris",        "isolde",    "jack",      "jackson",    "jager",    "jan",
    "jasmine",   "jay",         "jean",      "jefferson", "joly",       "jordan",   "jules",
    "june",      "jung",        "kai",       "ken",       "kent",       "kenyatta", "kern",
    "kim",       "king",        "knight",    "konig",     "kurz",       "lamb",     "lance",
    "landon",    "lane",        "lang",      "laurel",    "le",         "lee",      "leger",
    "lenz",      "leo",         "leon",      "leone",     "li",         "libor",    "lien",
    "lily",      "lim",         "lis",       "little",    "livingston", "lola",     "long",
    "lourdes",   "love",        "lu",        "luna",      "luz",        "madden",   "madison",
    "magyar",    "mann",        "marechal",  "marin",     "marini",     "mark",     "marks",
    "marsh",     "mason",       "mateus",    "max",       "may",        "mays",     "mazur",
    "meadows",   "medea",       "melisa",    "mercy",     "milan",      "miles",    "miller",
    "mills",     "milton",      "mimi",      "min",       "mina",       "ming",     "monti",
    "moody",     "moon",        "morse",     "moss",      "ng",         "nick",     "nino",
    "noble",     "nolan",       "norton",    "octavia",   "oh",         "ono",      "orlando",
    "oswald",    "pace",        "page",      "paige",     "pardo",      "paris",    "park",
    "parks",     "pastor",      "peck",      "penny",     "pepe",       "per",      "pilar",
    "pitt",      "pons",        "poppy",     "porter",    "potter",     "potts",    "preston",
    "prevost",   "price",       "prince",    "prins",     "probst",     "quincy",   "rai",
    "rana",      "rao",         "ray",       "redondo",   "reed",       "reese",    "rice",
    "rich",      "rick",        "ritter",    "rivers",    "rob",        "roman",    "romeo",
    "rose",      "rosie",       "rowan",     "rowe",      "rufus",      "rush",     "sala",
    "sam",       "sami",        "santiago",  "savage",    "sawyer",     "segura",   "serra",
    "shaka",     "sharp",       "shelby",    "shields",   "shin",       "short",    "sidney",
    "singleton", "small",       "snow",      "solomon",   "song",       "sparks",   "spears",
    "spencer",   "stafford",    "stark",     "stein",     "sterling",   "stewart",  "stokes",
    "stone",     "stout",       "strong",    "sue",       "sun",        "sweeney",  "tan",
    "tang",      "tanner",      "tate",      "ted",       "terry",      "testa",    "thor",
    "tim",       "tobi",        "tom",       "tony",      "tudor",      "uma",      "urbanski",
    "valencia",  "vega",        "victor",    "victoria",  "villa",      "viola",    "violet",
    "vito",      "vos",         "vu",        "wade",      "wall",       "walls",    "walton",
    "ware",      "washington",  "waters",    "weeks",     "wei",        "wells",    "wendell",
    "wesley",    "west",        "white",     "wild",      "wilk",       "winona",   "winter",
    "winters",   "wise",        "wolf",      "wolfe",     "wood",       "woods",    "wu",
    "yago",      "yates",       "york",      "young",     "yu",         "zara",     "zelda",
    "zulu"};

static_assert(std::is_sorted(std::begin(kGiven), std::end(kGiven)));
static_assert(std::is_sorted(std::begin(kFamily), std::end(kFamily)));
static_assert(std::is_sorted(std::begin(kAmbiguous), std::end(kAmbiguous)));

// Base letters of U+00C0 to U+00FF and of U+0100 to U+017F ('?' has none).
constexpr std::string_view kLatin1 =
    "aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuyty";
constexpr std::string_view kExtendedA =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiijjjjkkkllllllllllnnnnnnnnnoooo"
    "oooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatin1.size() == 64 && kExtendedA.size() == 128);

// Names by a hash of their first eight letters and their length: one bit each.
class NameFilter {
 public:
  explicit NameFilter(std::initializer_list<std::span<const std::string_view>> lists) {
    for (const auto& list : lists)
      for (std::string_view name : list) {
        std::array<uint8_t, 8> head{};
        std::memcpy(head.data(), name.data(), std::min(head.size(), name.size()));
        const size_t at = slot(head.data(), name.size());
        bits_[at / 64] |= uint64_t{1} << (at % 64);
      }
  }
  bool has(const uint8_t* word, size_t size) const noexcept {
    const size_t at = slot(word, size);
    return (bits_[at / 64] >> (at % 64) & 1) != 0;
  }

 private:
  // A bit in eight at most: who asks looks the others up in full.
  static constexpr unsigned kSlotBits = 17;
  static_assert((kGiven.size() + kFamily.size()) * 8 <= 1U << kSlotBits);
  static size_t slot(const uint8_t* word, size_t size) noexcept {
    uint64_t head = 0;
    std::memcpy(&head, word, sizeof head);
    head |= 0x2020'2020'2020'2020U;
    if (size < sizeof head) head &= (uint64_t{1} << (8 * size)) - 1;
    return static_cast<size_t>((head + size) * 0x9e37'79b9'7f4a'7c15U >> (64 - kSlotBits));
  }
  std::array<uint64_t, (1U << kSlotBits) / 64> bits_{};
};

AloneFilter alone_filter() noexcept {
  AloneFilter out{};
  for (std::string_view name : kGiven) {
    if (std::binary_search(std::begin(kAmbiguous), std::end(kAmbiguous), name)) continue;
    uint64_t head = 0;
    std::memcpy(&head, name.data(), std::min(sizeof head, name.size()));
    const AloneSlots slots = alone_slots(head);
    out[slots.first / 64] |= uint64_t{1} << (slots.first % 64);
    out[slots.second / 64] |= uint64_t{1} << (slots.second % 64);
  }
  return out;
}

}  // namespace

// Made when the program starts: too many steps for a compiler (Clang refuses).
const AloneFilter kAloneFilter = alone_filter();

bool may_be_given(const uint8_t* word, size_t size) noexcept {
  static const NameFilter kFilter{kGiven};
  return kFilter.has(word, size);
}

bool may_begin_name(const uint8_t* word, size_t size) noexcept {
  static const NameFilter kFilter{kGiven, kFamily, kChineseFamilies, kKoreanFamilies,
                                  kVietnameseFamilies};
  return kFilter.has(word, size);
}

bool is_given_throughout(const OpenReader& reader, const NameWord& word) noexcept {
  const auto name = reader.known(word.start, word.end);
  const auto hyphen = std::find(name.begin(), name.end(), '-');
  return hyphen == name.end() ||
         name_kind(name.subspan(static_cast<size_t>(hyphen - name.begin()) + 1)).given;
}

PlainName plain_name(std::span<const uint8_t> name) noexcept {
  PlainName out;
  for (size_t i = 0; i < name.size(); ++i) {
    const uint8_t c = name[i];
    char letter = static_cast<char>(to_lower(c));
    if (c == '\'' || c == '.') continue;
    if (c >= 0x80) {
      if (c < 0xc3 || c > 0xc5 || i + 1 == name.size()) return {};
      const size_t low = name[++i] & 0x3f;
      letter = c == 0xc3 ? kLatin1[low] : kExtendedA[(c - 0xc4u) * 64 + low];
    }
    if (out.size == out.bytes.size()) return {};
    out.bytes[out.size++] = letter;
  }
  return out;
}

NameKind name_kind(std::span<const uint8_t> name) noexcept {
  const PlainName whole = plain_name(name);
  constexpr uint8_t kGivenBit = 1, kFamilyBit = 2, kAmbiguousBit = 4;
  static const WordSet kNames{
      WordSet::List{kGiven, kGivenBit}, {kFamily, kFamilyBit}, {kAmbiguous, kAmbiguousBit}};
  NameKind out;
  if (whole.size < 2) return out;
  // Of a double name the first part decides.
  const std::string_view first = whole.view().substr(0, whole.view().find('-'));
  const uint8_t of_first = kNames.lists_of(first);
  const uint8_t of_whole = first.size() == whole.size ? of_first : kNames.lists_of(whole.view());
  out.given = (of_first & kGivenBit) != 0;
  out.family = ((of_first | of_whole) & kFamilyBit) != 0;
  out.ambiguous = (of_whole & kAmbiguousBit) != 0;
  return out;
}

}  // namespace sallyport::scan
