#include "dataplane/scan/recognise/person/lone_given.h"

#include <string_view>

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/person/doer.h"
#include "dataplane/scan/recognise/person/free_person.h"
#include "dataplane/scan/recognise/person/gazetteer.h"
#include "dataplane/scan/recognise/person/particles.h"

namespace sallyport::scan {
namespace {

// Words of some language that begin sentences, places, programs, models, brands, saints and storms.
constexpr std::string_view kNobody[] = {
    "abraham",   "aida",     "akira",     "allen",    "anca",      "angus",      "ariana",
    "aster",     "ava",      "avery",     "axel",     "bart",      "basel",      "basma",
    "belinda",   "beverly",  "bianca",    "blanca",   "brandy",    "brittany",   "byron",
    "carolina",  "catalina", "celeste",   "charlie",  "chiara",    "clementine", "dalia",
    "dalit",     "darius",   "delores",   "dolores",  "donna",     "eden",       "elisa",
    "ella",      "elle",     "enzo",      "ernst",    "esmeralda", "essen",      "fleur",
    "freya",     "gaia",     "galina",    "ganesh",   "genet",     "geneva",     "gina",
    "grazia",    "haifa",    "hana",      "harley",   "harper",    "harris",     "henna",
    "isla",      "jade",     "jesse",     "jessie",   "juliet",    "kendra",     "kent",
    "krishna",   "lakshmi",  "lana",      "laurel",   "lennox",    "levi",       "leyla",
    "linda",     "linus",    "lorelei",   "lorraine", "mabel",     "macarena",   "mae",
    "magnus",    "maja",     "margarita", "margaux",  "marshall",  "mats",       "melba",
    "micah",     "mika",     "mila",      "min",      "mina",      "miranda",    "mitra",
    "myrtle",    "naama",    "nelson",    "nestor",   "norma",     "octavia",    "ole",
    "olive",     "olympia",  "orlando",   "padma",    "paloma",    "paras",      "parvati",
    "pia",       "pilar",    "piper",     "raid",     "raj",       "reina",      "rio",
    "roberta",   "roger",    "romeo",     "rosario",  "rosemary",  "salah",      "samson",
    "sander",    "selena",   "shankar",   "shannon",  "sherry",    "simin",      "sina",
    "sol",       "suman",    "tamar",     "tara",     "tatiana",   "thea",       "thor",
    "tia",       "tora",     "tove",      "travis",   "troy",      "tudor",      "una",
    "valentine", "vesna",    "vidas",     "virgil",   "virginia",  "wendy",      "willow",
    "winston",   "yara",     "zara"};
constexpr WordFilter kNobodyFilter{kNobody};

// What begins sentences before a name; other capitalised words before one are part of something.
constexpr std::string_view kOpeners[] = {
    "after",  "although", "and",    "are",          "ask",    "at",      "aunt",      "because",
    "before", "both",     "but",    "by",           "call",   "can",     "could",     "dear",
    "demain", "did",      "do",     "does",         "email",  "every",   "explain",   "for",
    "from",   "give",     "had",    "has",          "have",   "hello",   "help",      "hey",
    "hi",     "how",      "i",      "if",           "is",     "later",   "let",       "like",
    "maybe",  "meet",     "my",     "no",           "not",    "now",     "ok",        "okay",
    "only",   "or",       "our",    "perhaps",      "please", "poor",    "remind",    "should",
    "since",  "so",       "sorry",  "tell",         "thank",  "thanks",  "that",      "then",
    "though", "to",       "today",  "tomorrow",     "uncle",  "unless",  "until",     "was",
    "well",   "were",     "what",   "when",         "where",  "whether", "while",     "who",
    "why",    "will",     "with",   "would",        "write",  "yes",     "yesterday", "your",
    "als",    "auch",     "dann",   "gestern",      "heute",  "hat",     "ist",       "kann",
    "mit",    "morgen",   "und",    "warum",        "weil",   "wenn",    "avec",      "est",
    "et",     "hier",     "mais",   "pour",         "quand",  "que",     "si",        "ayer",
    "con",    "cuando",   "pero",   "para",         "por",    "y",       "ieri",      "ma",
    "ontem",  "e",        "quando", "perch\xc3\xa9"};
constexpr WordFilter kOpenersFilter{kOpeners};

// Small words before and behind what is called like somebody.
constexpr std::string_view kThingsBefore[] = {
    "app",       "branch",     "calendar", "called",    "class",  "cluster", "codename", "command",
    "const",     "cyclone",    "enum",     "extends",   "folder", "font",    "game",     "host",
    "hurricane", "implements", "import",   "interface", "island", "library", "model",    "module",
    "package",   "release",    "repo",     "saint",     "script", "server",  "storm",    "struct",
    "theme",     "tool",       "typedef",  "typhoon",   "version"};
constexpr WordFilter kThingsBeforeFilter{kThingsBefore};
constexpr std::string_view kThingsBehind[] = {
    "calendar", "class",  "cluster", "county", "day",  "days", "dialect", "family", "module",
    "node",     "number", "rules",   "script", "tool", "tree", "worker",  "workers"};
constexpr WordFilter kThingsBehindFilter{kThingsBehind};

constexpr uint64_t kAbbreviationMax = 3;

bool is_nobodys(OpenReader& reader, const NameWord& given) noexcept {
  return !is_somebodys(reader, given) || word_in(reader, given, kNobody, kNobodyFilter);
}

// Another word before: `start` stands behind a blank.
bool begins_alone(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start - 1;
  if (reader.before(at) == '.') --at;
  const NameWord word = word_before(reader, at);
  if (word.size() == 0) return true;
  // "St. Anna"; what ends a sentence is longer, or small.
  if (at + 1 < start) return !word.capital || word.size() > kAbbreviationMax;
  return word.capital ? word_in(reader, word, kOpeners, kOpenersFilter)
                      : !word_in(reader, word, kThingsBefore, kThingsBeforeFilter);
}

}  // namespace

Verdict lone_given_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                      Hit& out) noexcept {
  if ((rule.flags & contract::kRuleUnseparated) == 0) return Verdict::No;
  OpenReader reader(text);
  const uint8_t before = reader.before(trigger.start);
  const bool quoted = before == '"';
  if (!quoted && before != ' ' && before != '\n' && before != '>' && before != '\t' && before != 0)
    return Verdict::No;
  const NameWord word = without_possession(reader, word_at(reader, trigger.start));
  const NameKind kind = kind_of(reader, word);
  if (word.size() < 3 || !kind.given || kind.ambiguous || is_nobodys(reader, word))
    return reader.answer(false);
  // "Katarina-Maria", "O'Katarina": as the trigger has it, which sees letters of ASCII only.
  const uint64_t letters = reader.letters_end(word.start, kNameWordBytesMax);
  const uint8_t stop = reader.at(letters);
  if (stop < 0x80 && (letters != word.end || !may_stand_behind_given(stop)))
    return reader.answer(false);
  const uint8_t behind = reader.at(word.end);
  // "Katarina, come here"
  if (quoted && behind != ' ' && behind != ',') return reader.answer(false);
  // "Katarina van Zworgl <k@x.example>" of a list of authors: half a name.
  if (quoted && behind == ' ' && is_particle(reader, word_at(reader, word.end + 1)))
    return reader.answer(false);
  // "Katarina de la Zworgl left"
  const uint64_t whole = quoted ? 0 : end_behind_particles(reader, word.end);
  const uint64_t end = whole != 0 ? whole : word.end;
  const bool is_free = quoted ? stands_alone(reader, word, end) : stands_free(reader, word, end);
  if (!is_free || (before == ' ' && !begins_alone(reader, trigger.start)))
    return reader.answer(false);
  const uint8_t next = reader.at(word.end + 1);
  if (goes_on_as_code(reader, end)) return reader.answer(false);
  // "Katarina = 3"
  if (behind == ' ' && (next == '=' || next == '{')) return reader.answer(false);
  if (behind == ' ' &&
      word_in(reader, word_at(reader, word.end + 1), kThingsBehind, kThingsBehindFilter))
    return reader.answer(false);
  out = Hit{word.start, end};
  return reader.answer(true);
}

}  // namespace sallyport::scan
