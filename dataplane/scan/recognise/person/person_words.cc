#include "dataplane/scan/recognise/person/person_words.h"

#include <array>
#include <string_view>

#include "dataplane/scan/read/word_set.h"

namespace sallyport::scan {
namespace {

constexpr std::string_view kTitles[] = {"m",
                                        "mr",
                                        "mrs",
                                        "ms",
                                        "miss",
                                        "dr",
                                        "prof",
                                        "professor",
                                        "sir",
                                        "herr",
                                        "frau",
                                        "hr",
                                        "hrn",
                                        "dipl",
                                        "se\xc3\xb1or",
                                        "se\xc3\xb1ora",
                                        "sr",
                                        "sra",
                                        "srta",

                                        "do\xc3\xb1"
                                        "a",
                                        "dra",
                                        "lic",
                                        "ing",
                                        "monsieur",
                                        "madame",
                                        "mme",
                                        "mlle",
                                        "signor",
                                        "signora",
                                        "sig",
                                        "dott",
                                        "avv",
                                        "geom",
                                        "rag",
                                        "pan",
                                        "pani",
                                        "mgr",
                                        "bc",
                                        "mudr",
                                        "judr",
                                        "phdr",
                                        "rndr",
                                        "paeddr",
                                        "dhr",
                                        "mevr",
                                        "mevrouw",
                                        "meneer",
                                        "mw",
                                        "drs",
                                        "ir",
                                        "bapak",
                                        "ibu",
                                        "dna",
                                        "dl",
                                        "domnul",
                                        "doamna",
                                        "ifj",
                                        "\xc3\xb6zv"};
// Capitalised words that stand where a name could and are none.
constexpr std::string_view kStops[] = {
    "the",         "this",        "that",         "these",
    "those",       "is",          "it",           "its",
    "in",          "on",          "at",           "to",
    "of",          "for",         "from",         "by",
    "and",         "or",          "not",          "no",
    "yes",         "my",          "your",         "his",
    "her",         "our",         "their",        "we",
    "you",         "he",          "she",          "they",
    "an",          "as",          "if",           "but",
    "so",          "do",          "does",         "did",
    "has",         "have",        "had",          "was",
    "were",        "will",        "would",        "can",
    "could",       "should",      "please",       "thanks",
    "thank",       "hello",       "hi",           "hey",
    "dear",        "what",        "when",         "where",
    "which",       "who",         "why",          "how",
    "all",         "any",         "some",         "new",
    "old",         "first",       "last",         "full",
    "name",        "names",       "user",         "users",
    "customer",    "client",      "patient",      "employee",
    "company",     "address",     "phone",        "email",
    "mail",        "date",        "time",         "number",
    "enter",       "required",    "optional",     "field",
    "text",        "str",         "varchar",      "surname",
    "firstname",   "lastname",    "fullname",     "username",
    "vorname",     "nachname",    "label",        "input",
    "invalid",     "column",      "department",   "payment",
    "n/a",         "id",          "type",         "title",
    "value",       "string",      "null",         "none",
    "true",        "false",       "test",         "example",
    "sample",      "default",     "unknown",      "inc",
    "ltd",         "llc",         "gmbh",         "corp",
    "corporation", "group",       "bank",         "university",
    "college",     "school",      "hospital",     "street",
    "road",        "avenue",      "city",         "state",
    "county",      "country",     "north",        "south",
    "east",        "west",        "january",      "february",
    "march",       "april",       "june",         "july",
    "august",      "september",   "october",      "november",
    "december",    "monday",      "tuesday",      "wednesday",
    "thursday",    "friday",      "saturday",     "sunday",
    "sir",         "madam",       "team",         "support",
    "service",     "manager",     "admin",        "administrator",
    "doctor",      "president",   "minister",     "presidente",
    "chairman",    "chairwoman",  "speaker",      "secretary",
    "chancellor",  "ambassador",  "senator",      "judge",
    "mayor",       "governor",    "commissioner", "justice",
    "director",    "kollege",     "kollegin",     "professor",
    "important",   "unimportant", "king",         "queen",
    "prince",      "lord",        "god",          "jesus",
    "river",       "beach",

    "island",      "islands",     "lake",         "mountain",
    "airport",     "station",     "post",         "times",
    "news",        "press",       "award",        "awards",
    "prize",       "act",         "law",          "theorem",
    "algorithm",   "method",      "model",        "system",
    "project",     "program",     "software",     "science",
    "data",        "api",         "http",         "https",
    "json",        "html",        "sql",          "python",
    "java",        "javascript",  "english",      "spanish",
    "french",      "german",      "italian",      "chinese",
    "american",    "british",     "european",     "union",
    "states",      "kingdom",     "republic",     "texas",
    "california",  "carolina",    "dakota",       "york",
    "jersey",      "mexico",      "zealand",      "korea",
    "africa",      "america",     "sich",         "und",
    "ich",         "der",         "die",          "das",
    "ein",         "eine",        "ist",          "mit",
    "je",          "le",          "les",          "une",
    "et",          "mon",         "ma",           "el",
    "los",         "las",         "una",          "mi",
    "su",          "il",          "lo",           "gli",
    "uno",         "het",         "een",          "en",
    "een",         "ssn",         "dob",          "mrn",
    "iban",        "bic",         "vin",          "imei",
    "npi",         "dea",         "nhs",          "otherwise",
    "here",        "there",       "also",         "however"};

constexpr WordFilter kTitlesFilter{kTitles};

}  // namespace

bool is_title(OpenReader& reader, const NameWord& word) noexcept {
  return word_in(reader, word, kTitles, kTitlesFilter);
}

bool is_name_stop(OpenReader& reader, const NameWord& word) noexcept {
  static const WordSet kSet{kStops};
  std::array<char, kNameWordBytesMax + 2> lower;
  const auto bytes = reader.known(word.start, word.end);
  if (bytes.size() > lower.size() || !kSet.may_have(to_lower(bytes[0]), bytes.size())) return false;
  for (size_t i = 0; i < bytes.size(); ++i) lower[i] = static_cast<char>(to_lower(bytes[i]));
  return kSet.has({lower.data(), bytes.size()});
}

}  // namespace sallyport::scan
