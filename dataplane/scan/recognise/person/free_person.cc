#include "dataplane/scan/recognise/person/free_person.h"

#include <string_view>

namespace sallyport::scan {
namespace {

// How far back the beginning of the line is looked for: less than what is always known.
constexpr uint64_t kLineBytesMax = 96;

// Last words of companies, places and things; none is a frequent family name.
constexpr std::string_view kThings[] = {"ab",
                                        "act",
                                        "ag",
                                        "agency",
                                        "airlines",
                                        "airport",
                                        "airways",
                                        "akademie",
                                        "algorithm",
                                        "allee",
                                        "analytics",
                                        "aps",
                                        "associates",
                                        "association",
                                        "authority",
                                        "avenue",
                                        "award",
                                        "awards",
                                        "bakery",
                                        "bay",
                                        "bibliothek",
                                        "boulevard",
                                        "bridge",
                                        "bros",
                                        "brothers",
                                        "bv",
                                        "bypass",
                                        "cafe",
                                        "canyon",
                                        "capital",
                                        "castle",
                                        "cathedral",
                                        "center",
                                        "centre",
                                        "centro",
                                        "championship",
                                        "clinic",
                                        "cloud",
                                        "coffee",
                                        "college",
                                        "committee",
                                        "companies",
                                        "company",
                                        "construction",
                                        "consultants",
                                        "consulting",
                                        "corp",
                                        "corporation",
                                        "council",
                                        "crescent",
                                        "database",
                                        "department",
                                        "division",
                                        "drive",
                                        "dynamics",
                                        "electric",
                                        "electronics",
                                        "energy",
                                        "engine",
                                        "engineering",
                                        "enterprises",
                                        "entertainment",
                                        "equipment",
                                        "falls",
                                        "federation",
                                        "festival",
                                        "foods",
                                        "foundation",
                                        "framework",
                                        "gardens",
                                        "gbr",
                                        "gesellschaft",
                                        "gmbh",
                                        "guide",
                                        "gymnasium",
                                        "harbor",
                                        "harbour",
                                        "haus",
                                        "highway",
                                        "holdings",
                                        "hospital",
                                        "hotel",
                                        "hotels",
                                        "inc",
                                        "industries",
                                        "institut",
                                        "institute",
                                        "insurance",
                                        "investments",
                                        "island",
                                        "islands",
                                        "kanzlei",
                                        "kg",
                                        "laboratories",
                                        "labs",
                                        "lane",
                                        "language",
                                        "league",
                                        "library",
                                        "limited",
                                        "llc",
                                        "logistics",
                                        "ltd",
                                        "manual",
                                        "market",
                                        "media",
                                        "method",
                                        "ministry",
                                        "motorcycles",
                                        "motors",
                                        "museum",
                                        "network",
                                        "networks",
                                        "notation",
                                        "nv",
                                        "office",
                                        "ohg",
                                        "optimizer",
                                        "orchestra",
                                        "oy",
                                        "palace",
                                        "parkway",
                                        "partners",
                                        "pass",
                                        "pharma",
                                        "pharmaceuticals",
                                        "pharmacy",
                                        "pictures",
                                        "pizza",
                                        "platz",
                                        "plaza",
                                        "plc",
                                        "praxis",
                                        "press",
                                        "prize",
                                        "products",
                                        "publishers",
                                        "publishing",
                                        "records",
                                        "resort",
                                        "restaurant",
                                        "road",
                                        "robotics",
                                        "sarl",
                                        "sas",
                                        "school",
                                        "schule",
                                        "securities",
                                        "server",
                                        "services",
                                        "shop",
                                        "society",
                                        "solutions",
                                        "sons",
                                        "spa",
                                        "square",
                                        "srl",
                                        "stadium",
                                        "station",
                                        "stiftung",
                                        "store",
                                        "stores",
                                        "street",
                                        "studio",
                                        "studios",
                                        "supplies",
                                        "supply",
                                        "syntax",
                                        "systems",
                                        "technologies",
                                        "technology",
                                        "telecom",
                                        "terrace",
                                        "theater",
                                        "theatre",
                                        "theorem",
                                        "tower",
                                        "trail",
                                        "trophy",
                                        "tutorial",
                                        "ufer",
                                        "universidad",
                                        "universidade",
                                        "universit\xc3\xa4t",
                                        "universit\xc3\xa9",
                                        "university",
                                        "valley",
                                        "ventures",
                                        "verlag",
                                        "versicherung",
                                        "weg",
                                        "werke",
                                        "werkstatt",
                                        "widgets"};
constexpr WordFilter kThingsFilter{kThings};
// Given names that products, places and languages have, too.
constexpr std::string_view kGivenOfThings[] = {
    "ada",    "adam",     "adele",   "alba",      "alma",   "angelina", "aria",      "ariel",
    "asha",   "claude",   "daria",   "diana",     "dora",   "ebony",    "esperanza", "eva",
    "flora",  "georgia",  "gloria",  "guadalupe", "hazel",  "heather",  "helena",    "hugo",
    "ida",    "jesus",    "julia",   "jun",       "juno",   "kang",     "kiran",     "lara",
    "leo",    "lewis",    "lilly",   "logan",     "louis",  "lourdes",  "luna",      "maria",
    "marina", "mario",    "martin",  "maya",      "mei",    "melissa",  "mercedes",  "mitchell",
    "monica", "morgan",   "norma",   "oscar",     "otto",   "pascal",   "penelope",  "petra",
    "phoebe", "rasa",     "regina",  "robin",     "roman",  "rosa",     "ross",      "sakura",
    "salma",  "salvador", "saul",    "selma",     "serena", "sierra",   "siri",      "sofia",
    "stella", "taylor",   "tiffany", "tyler",     "vera",   "victor",   "victoria",  "viola",
    "wayne"};
constexpr WordFilter kGivenOfThingsFilter{kGivenOfThings};
// What is named after somebody: kinds of streets, places, houses, firms and works.
constexpr std::string_view kKinds[] = {
    "\xc3\xa9"
    "cole",
    "\xc3\xa9glise",
    "a\xc3\xa9roport",
    "aeroporto",
    "aeropuerto",
    "all\xc3\xa9",
    "all\xc3\xa9"
    "e",
    "allee",
    "av",
    "avenida",
    "avenue",
    "bahnhof",
    "basilica",
    "boulevard",
    "brand",
    "calle",
    "camino",
    "cape",
    "carretera",
    "chemin",
    "chiesa",
    "coll\xc3\xa8ge",
    "company",
    "corso",
    "cours",
    "estadio",
    "film",
    "firm",
    "firma",
    "fort",
    "gata",
    "h\xc3\xb4pital",
    "hospital",
    "hotel",
    "impasse",
    "instituto",
    "istituto",
    "jardim",
    "jardin",
    "kirche",
    "laan",
    "lake",
    "largo",
    "liceo",
    "lyc\xc3\xa9"
    "e",
    "marca",
    "marke",
    "marque",
    "mount",
    "movie",
    "mt",
    "museum",
    "novel",
    "parc",
    "parque",
    "paseo",
    "passage",
    "piazza",
    "place",
    "platz",
    "plaza",
    "pont",
    "ponte",
    "port",
    "pra\xc3\xa7"
    "a",
    "quai",
    "rodovia",
    "roman",
    "ronda",
    "rua",
    "rue",
    "s\xc3\xa3o",
    "saint",
    "san",
    "sankt",
    "santa",
    "santo",
    "schloss",
    "school",
    "scuola",
    "sint",
    "st",
    "stade",
    "stadio",
    "stadium",
    "stra\xc3\x9f"
    "e",
    "straat",
    "strasse",
    "street",
    "teatro",
    "th\xc3\xa9\xc3\xa2tre",
    "torrente",
    "travessa",
    "ul",
    "ulica",
    "ulice",
    "universidad",
    "university",
    "vej",
    "via",
    "viale"};
constexpr WordFilter kKindsFilter{kKinds};
constexpr std::string_view kArticles[] = {
    "a",    "an",    "das",   "dem", "den", "der",  "des", "die", "een", "ein",
    "eine", "einem", "einer", "el",  "gli", "het",  "il",  "la",  "las", "le",
    "les",  "lo",    "los",   "os",  "the", "this", "un",  "una", "une", "uno"};
constexpr WordFilter kArticlesFilter{kArticles};
// Behind the name of whom a thing is named after.
constexpr std::string_view kBehind[] = {"airport",
                                        "algorithm",
                                        "api",
                                        "avenue",
                                        "award",
                                        "bridge",
                                        "code",
                                        "cookbook",
                                        "database",
                                        "distribution",
                                        "equation",
                                        "filter",
                                        "font",
                                        "format",
                                        "framework",
                                        "hospital",
                                        "hotel",
                                        "inequality",
                                        "institute",
                                        "island",
                                        "language",
                                        "library",
                                        "method",
                                        "model",
                                        "models",
                                        "museum",
                                        "optimiser",
                                        "optimizer",
                                        "package",
                                        "packages",
                                        "park",
                                        "plugin",
                                        "prize",
                                        "process",
                                        "road",
                                        "sampling",
                                        "series",
                                        "server",
                                        "software",
                                        "stadium",
                                        "station",
                                        "strasse",
                                        "stra\xc3\x9f"
                                        "e",
                                        "street",
                                        "street's",
                                        "syntax",
                                        "test",
                                        "tests",
                                        "theme",
                                        "theorem",
                                        "transform",
                                        "u",
                                        "ul",
                                        "ulica",
                                        "university",
                                        "utca",
                                        "\xc3\xbat"};
constexpr WordFilter kBehindFilter{kBehind};

// "# by Lars", "// Lars": comments and headings.
bool is_comment(OpenReader& reader, uint64_t at) noexcept {
  uint64_t line = at;
  while (at - line < kLineBytesMax && line > 0 && reader.before(line) != '\n' &&
         reader.before(line) != 0)
    --line;
  while (line < at && (reader.at(line) == ' ' || reader.at(line) == '\t')) ++line;
  return reader.at(line) == '#' || (reader.at(line) == '/' && reader.at(line + 1) == '/');
}

bool ends_free(OpenReader& reader, uint64_t end) noexcept {
  const uint8_t c = reader.at(end);
  if (c == ' ') {
    const NameWord next = word_at(reader, end + 1);
    if (next.size() == 0) return !is_digit(reader.at(end + 1));
    return !next.capital && !word_in(reader, next, kBehind, kBehindFilter);
  }
  return c == 0 || c == '\n' || c == '\r' || c == '\t' || c == ',' || c == ';' || c == '.' ||
         c == ':' || c == '?' || c == '!' || c == ')' || c == '\'';
}

}  // namespace

bool begins_free(OpenReader& reader, uint64_t start) noexcept {
  const uint8_t before = reader.before(start);
  if (before == 0 || before == '\n' || before == '\t' || before == ',' || before == ';')
    return true;
  // ">Anna" quotes a letter.
  if (before == '>') return reader.before(start - 1) == '\n' || start == 1;
  if (before != ' ') return false;
  const uint8_t more = reader.before(start - 1);
  if (is_digit(more)) return false;
  const NameWord word = word_before(reader, start - 1);
  return word.size() == 0 || (!word_in(reader, word, kArticles, kArticlesFilter) &&
                              !word_in(reader, word, kKinds, kKindsFilter));
}

bool is_thing_word(OpenReader& reader, const NameWord& word) noexcept {
  return word.capital && word_in(reader, word, kThings, kThingsFilter);
}

bool is_form_word(OpenReader& reader, const NameWord& word) noexcept {
  static constexpr std::string_view kEndings[] = {"tion", "sion",  "ment", "ance", "ence", "ity",
                                                  "ness", "ology", "ical", "ture", "sure", "ible"};
  static constexpr std::string_view kWords[] = {
      "resources", "room",     "term",    "changes",   "candidate", "elementary", "pending",
      "confirmed", "approved", "unknown", "required",  "suite",     "semester",   "class",
      "staff",     "press",    "studio",  "user",      "admin",     "assurance",  "office",
      "power",     "full",     "part",    "time",      "contents",  "quality",    "human",
      "release",   "summer",   "winter",  "spring",    "blood",     "deluxe",     "standard",
      "premium",   "system",   "service", "account",   "number",    "name",       "address",
      "date",      "status",   "online",  "automatic", "manual",    "self",       "other"};
  static constexpr WordFilter kWordsFilter{kWords};
  if (word_in(reader, word, kWords, kWordsFilter)) return true;
  for (std::string_view ending : kEndings)
    if (word.size() > ending.size() + 2 && reader.follows(word.end - ending.size(), ending))
      return true;
  return false;
}

bool is_named_after(OpenReader& reader, uint64_t start) noexcept {
  if (reader.before(start) != ' ') return false;
  const NameWord word = word_before(reader, start - 1);
  return word.size() != 0 && word_in(reader, word, kKinds, kKindsFilter);
}

bool things_have(OpenReader& reader, const NameWord& given) noexcept {
  return word_in(reader, given, kGivenOfThings, kGivenOfThingsFilter);
}

bool stands_alone(OpenReader& reader, const NameWord& first, uint64_t end) noexcept {
  return !first.upper && ends_free(reader, end) && !things_have(reader, first);
}

bool goes_on_as_code(OpenReader& reader, uint64_t end) noexcept {
  const uint8_t behind = reader.at(end);
  const uint8_t next = behind == '.' || behind == ':' ? reader.at(end + 1) : uint8_t{0};
  return is_alnum(next) || next == '/' || next == ':';
}

bool stands_again(OpenReader& reader, const NameWord& word) noexcept {
  const auto is_around = [](uint8_t c) { return c == '"' || c == '\'' || c == '*' || c == '|'; };
  const uint8_t before = reader.before(word.start);
  // Behind an article, too: "the Quastrup case" is hers.
  const bool begins = before == ' ' ? !is_digit(reader.before(word.start - 1)) &&
                                          !is_named_after(reader, word.start)
                                    : begins_free(reader, word.start);
  if (!begins && !is_around(before) && before != '(' && before != '[' && before != ':' &&
      before != '>')
    return false;
  const uint8_t behind = reader.at(word.end);
  if (!ends_free(reader, word.end) && !is_around(behind) && behind != ']' && behind != '<')
    return false;
  // "Quastrup & Sons"
  if (behind == ' ' && reader.at(word.end + 1) == '&') return false;
  return !goes_on_as_code(reader, word.end);
}

bool stands_around_free(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  return begins_free(reader, start) && ends_free(reader, end) && !is_comment(reader, start);
}

bool stands_free(OpenReader& reader, const NameWord& first, uint64_t end) noexcept {
  return !first.upper && !things_have(reader, first) &&
         stands_around_free(reader, first.start, end);
}

}  // namespace sallyport::scan
