#include "dataplane/scan/recognise/person/salutation.h"

#include <string_view>

namespace sallyport::scan {
namespace {

constexpr uint64_t kNameBytesMin = 3;

constexpr std::string_view kGreetings[] = {"hi",          "hey",          "hello",
                                           "dear",        "hallo",        "hola",
                                           "ciao",        "salve",        "bonjour",
                                           "salut",       "cher",         "ch\xc3\xa8re",
                                           "caro",        "cara",         "gentile",
                                           "querido",     "querida",      "estimado",
                                           "estimada",    "prezado",      "prezada",
                                           "ol\xc3\xa1",  "liebe",        "lieber",
                                           "beste",       "lieve",        "geachte",
                                           "hej",         "hei",          "hoi",
                                           "k\xc3\xa6re", "b\xc3\xa4sta", "cze\xc5\x9b\xc4\x87",
                                           "drogi",       "droga"};
constexpr WordFilter kGreetingsFilter{kGreetings};

// Who or what is greeted without a name; assistants have names of their own.
constexpr std::string_view kNobody[] = {"alexa",
                                        "all",
                                        "alle",
                                        "alles",
                                        "amici",
                                        "amigos",
                                        "amis",
                                        "anyone",
                                        "assistant",
                                        "author",
                                        "bard",
                                        "bing",
                                        "bot",
                                        "bruder",
                                        "chat",
                                        "chatbot",
                                        "chatgpt",
                                        "claude",
                                        "client",
                                        "clients",
                                        "colleague",
                                        "colleagues",
                                        "coll\xc3\xa8gues",
                                        "committee",
                                        "community",
                                        "copilot",
                                        "cortana",
                                        "customer",
                                        "customers",
                                        "dad",
                                        "developer",
                                        "developers",
                                        "diary",
                                        "editor",
                                        "editors",
                                        "everybody",
                                        "everyone",
                                        "family",
                                        "folks",
                                        "friend",
                                        "friends",
                                        "freund",
                                        "freunde",
                                        "future",
                                        "gemini",
                                        "god",
                                        "google",
                                        "gpt",
                                        "grok",
                                        "group",
                                        "guest",
                                        "guys",
                                        "heart",
                                        "hiring",
                                        "honey",
                                        "internet",
                                        "jarvis",
                                        "kitty",
                                        "kolleginnen",
                                        "kollegen",
                                        "kunde",
                                        "kunden",
                                        "ladies",
                                        "leute",
                                        "llama",
                                        "love",
                                        "lord",
                                        "member",
                                        "members",
                                        "mensen",
                                        "mom",
                                        "mondo",
                                        "monde",
                                        "mum",
                                        "mundo",
                                        "neighbor",
                                        "neighbour",
                                        "owner",
                                        "parents",
                                        "partner",
                                        "partners",
                                        "people",
                                        "professor",
                                        "reader",
                                        "readers",
                                        "recruiter",
                                        "reddit",
                                        "resident",
                                        "residents",
                                        "santa",
                                        "siri",
                                        "sir",
                                        "sirs",
                                        "madam",
                                        "student",
                                        "students",
                                        "subscriber",
                                        "support",
                                        "teacher",
                                        "teachers",
                                        "team",
                                        "there",
                                        "todos",
                                        "tous",
                                        "tutti",
                                        "user",
                                        "users",
                                        "valued",
                                        "visitor",
                                        "welt",
                                        "wereld",
                                        "world",
                                        "zusammen",
                                        "iedereen",
                                        "allemaal",
                                        "collega",
                                        "valentine",
                                        "computer",
                                        "bixby",
                                        "python",
                                        "monsieur",
                                        "madame",
                                        "se\xc3\xb1or",
                                        "se\xc3\xb1ora",
                                        "herr",
                                        "frau",
                                        "signora",
                                        "signor",
                                        "cliente",
                                        "klant"};
constexpr WordFilter kNobodyFilter{kNobody};

constexpr std::string_view kNoDoctors[] = {"pepper", "oetker", "martens", "strange", "who",
                                           "dre",    "doom",   "evil",    "seuss",   "beat",
                                           "web",    "no",     "who's",   "drive"};
constexpr WordFilter kNoDoctorsFilter{kNoDoctors};

constexpr std::string_view kNoMisters[] = {"emeritus", "bean", "clean",  "coffee", "fixit",
                                           "muscle",   "pac",  "potato", "right",  "robot"};
constexpr WordFilter kNoMistersFilter{kNoMisters};

constexpr std::string_view kBeforeDoctors[] = {
    "herr",   "frau", "herrn", "prof", "professor", "mr",   "mrs",     "ms",  "the",
    "with",   "when", "and",   "dear", "by",        "from", "to",      "see", "monsieur",
    "madame", "our",  "my",    "her",  "his",       "if",   "because", "on",  "at"};
constexpr WordFilter kBeforeDoctorsFilter{kBeforeDoctors};

}  // namespace

bool is_salutation(OpenReader& reader, uint64_t cue, const NameWord& first, uint64_t end) noexcept {
  const uint8_t before = reader.before(cue);
  if (before != 0 && before != '\n' && before != '>' && before != '"') return false;
  const uint8_t behind = reader.at(end);
  if ((behind != ',' && behind != '!') || is_alnum(reader.at(end + 1))) return false;
  if (first.size() < kNameBytesMin || first.upper) return false;
  return word_in(reader, word_at(reader, cue), kGreetings, kGreetingsFilter) &&
         !word_in(reader, first, kNobody, kNobodyFilter);
}

bool is_no_doctor(OpenReader& reader, uint64_t cue, const NameWord& first) noexcept {
  if (word_in(reader, first, kNoDoctors, kNoDoctorsFilter)) return true;
  if (reader.before(cue) != ' ') return false;
  if (is_digit(reader.before(cue - 1))) return true;
  const NameWord word = word_before(reader, cue - 1);
  return word.capital && !word_in(reader, word, kBeforeDoctors, kBeforeDoctorsFilter);
}

bool is_written_title(OpenReader& reader, uint64_t cue, uint64_t end) noexcept {
  if (is_upper(reader.at(cue))) return true;
  // "It took 5 ms. Then": a unit.
  if (reader.at(end - 1) != '.' || reader.before(cue) != ' ') return false;
  return word_in(reader, word_before(reader, cue - 1), kBeforeDoctors, kBeforeDoctorsFilter);
}

bool is_no_title_of(OpenReader& reader, const NameWord& first) noexcept {
  return word_in(reader, first, kNoMisters, kNoMistersFilter);
}

}  // namespace sallyport::scan
