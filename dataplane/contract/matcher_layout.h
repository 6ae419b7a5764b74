// matcher_layout.h: the matcher section of a policy image: entities, rules, cues and the serialised
// databases.
//
// The control plane writes it (controlplane/policy/matcher/matcher_compiler.h), the dataplane
// validates it once (scan/engine.h). Little endian, offsets from the first byte of the section,
// tables 8-byte aligned. Enumerators are persisted: numbers never change.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::contract {

inline constexpr uint32_t kMatcherMagic = 0x4d4d5053;  // "SPMM"
inline constexpr uint32_t kMatcherVersion = 7;

// What finds the candidates of a rule. (2 and 3 were the first release's card and ssn, now shapes.)
enum class RuleKind : uint8_t {
  Pattern = 1,         // expression of the databases, inside one run of word characters
  Phone = 4,           // phone numbers in number rows
  KeyBlock = 5,        // PEM private key blocks
  Email = 6,           // around each '@' of a word run
  UrlCredentials = 7,  // scheme://user:password@host... in a word run
  Shape = 8,           // a row of groups with one of the rule's shapes: most identifiers
  Run = 9,             // a whole run of one alphabet and length: keys without a mark of their own
  Cue = 10,            // a value of the rule's shapes within a few characters behind a cue word
  Assignment = 11,     // name, operator, value: api_key = "..."
  Password = 12,       // passwords in prose, command lines, connection strings, XML, .netrc, SQL
  Date = 13,           // calendar dates, numeric and with month names
  Ip = 14,             // IPv4 and IPv6 addresses
  Mac = 15,            // hardware addresses
  Crypto = 16,         // addresses of crypto currencies
  Address = 17,        // street addresses
  Person = 18,         // names of people, by cue and gazetteer: best effort
  SpeltEmail = 19,     // john [at] example [dot] com
  Dictionary = 20,     // exact values of a tenant's dictionary
  TravelZone = 21,     // machine readable zones of passports and cards
  Field = 22,          // a field of a segment, by its place: HL7, X12, SWIFT MT, vCard
  CardCode = 23,       // the security code behind a card and its expiry
  PersonAgain = 24,    // a word of a name that was found before in the same text
  LabelledPhone = 25,  // phone numbers of any plan right behind what names them
  CalledPhone = 26,    // the same behind a call and its preposition
  PersonBeside = 27,   // a name right before a mail address, a telephone or a street
  PostCode = 28,       // post codes whose own form says what they are
};
inline constexpr uint8_t kRuleKindMax = 28;

// Of Field rules length_min is the number of the field and length_max these, from one on.
constexpr uint32_t field_components(uint32_t first, uint32_t last) { return first << 8 | last; }
constexpr uint32_t first_component(uint32_t components) { return components >> 8; }
constexpr uint32_t last_component(uint32_t components) { return components & 0xff; }
inline constexpr uint32_t kFieldMax = 64;
inline constexpr uint32_t kComponentsMax = 12;

// Of Run rules: what the whole run is made of.
enum class Alphabet : uint8_t { Any = 0, Hex = 1, Alnum = 2, Base64 = 3, Base64Url = 4 };
inline constexpr uint8_t kAlphabetMax = 4;

// What must hold of a candidate's text. Sources in scan/validate. Shapes hand over the characters
// without separators. New ones go to the end.
enum class Validator : uint8_t {
  None = 0,
  Entropy = 1,  // Shannon entropy of at least 3 bits a character, no placeholder
  Card = 2,
  Ssn = 3,
  Itin = 4,
  Iban = 5,
  AbaRouting = 6,
  Luhn = 7,
  UsNpi = 8,
  UsDea = 9,
  UsMbi = 10,
  UkNhs = 11,
  UkNino = 12,
  CaSin = 13,
  AuTfn = 14,
  AuMedicare = 15,
  InAadhaar = 16,
  InPan = 17,
  DeTaxId = 18,
  FrNir = 19,
  EsNif = 20,
  ItFiscalCode = 21,
  PlPesel = 22,
  NlBsn = 23,
  BrCpf = 24,
  SePersonnummer = 25,
  SgNric = 26,
  KrRrn = 27,
  CnResidentId = 28,
  Vin = 29,
  Imei = 30,
  UkDriverLicence = 31,
  UsZip = 32,
  CardTrack = 33,
  Icd10 = 34,
  UsNdc = 35,
  VinForm = 36,
  Bic = 37,
  Imsi = 38,
  Iccid = 39,
  BeNational = 40,
  DkCpr = 41,
  FiHetu = 42,
  NoFodselsnummer = 43,
  PtNif = 44,
  IePps = 45,
  MxCurp = 46,
  MxRfc = 47,
  ArCuit = 48,
  ClRut = 49,
  TrKimlik = 50,
  HkId = 51,
  TwId = 52,
  JpMyNumber = 53,
  ThId = 54,
  IlId = 55,
  BrCnpj = 56,
  ZaId = 57,
  RoCnp = 58,
  CzRodneCislo = 59,
  HrOib = 60,
  BgEgn = 61,
  ChAhv = 62,
  AtSvnr = 63,
  GrAmka = 64,
  EeIsikukood = 65,
  KrRrnForm = 66,
  TravelLine = 67,
  KeyLike = 68,  // made by a machine: scan/validate/secret_text.h
  Jwt = 69,
  Crc32Tail = 70,         // of GitHub and npm tokens
  LettersAndDigits = 71,  // at least one of each
  TravelNumber = 72,      // nine places, the last one checks the others
  HexDigits = 73,         // and separators, and not one digit all over
};
inline constexpr uint8_t kValidatorMax = 73;

// Rule flags.
inline constexpr uint16_t kRuleNeedsContext = 1;  // no context word, no finding
inline constexpr uint16_t kRuleBoundaryLeft = 2;  // Pattern: no letter, digit or '_' right before
// Pattern: no letter, digit or '_' right behind. Not set: the match goes on over letters, digits,
// '_' and '-'.
inline constexpr uint16_t kRuleBoundaryRight = 4;
inline constexpr uint16_t kRuleSeparated = 8;     // Shape: only with its separators
inline constexpr uint16_t kRuleUnseparated = 16;  // Shape: only without any
// Shape: separators of any kind and place (the checksum must hold): line ends, emphasis, quotes,
// single characters.
inline constexpr uint16_t kRuleEvasive = 32;
inline constexpr uint16_t kRuleUpperOnly = 64;   // Shape: letters are upper case
inline constexpr uint16_t kRuleAfterCues = 128;  // Date, Person, Address: only behind cues
inline constexpr uint16_t kRuleAnyName = 256;    // Person: a name that no list knows counts, too
// Person: cues count as titles are written, "Mr"; in capitals before known names only.
inline constexpr uint16_t kRuleTitleCues = 512;
// Person: cues are what things are called, too; a name that no list knows counts beside fields of
// people, and the cue is the head of a column where such heads stand beside it.
inline constexpr uint16_t kRuleNamesBeside = 1'024;
inline constexpr uint16_t kRuleFlagsMask = 2'047;

// The widest candidate of a Pattern rule: longer ones are refused by the compiler.
inline constexpr uint32_t kPatternWidthMax = 1'024;
inline constexpr uint32_t kShapeLengthMax = 64;  // characters of a shape without separators

struct MatcherText {
  uint32_t offset;
  uint32_t size;
};

struct MatcherTable {
  uint32_t offset;
  uint32_t count;
};

struct MatcherHeader {
  uint32_t magic;
  uint32_t version;
  uint64_t section_bytes;
  MatcherTable entities;
  MatcherTable rules;
  MatcherTable
      words;  // MatcherText: context words, each once; folded and in lower case by the reader
  MatcherTable lists;             // uint16_t: indexes into words or rules
  MatcherTable shapes;            // MatcherShape
  MatcherTable cues;              // MatcherCue
  MatcherTable samples;           // MatcherText: published sample values
  MatcherTable strings;           // count = bytes
  MatcherTable anchors;           // MatcherAnchor
  MatcherTable stream_database;   // count = bytes: patterns without an anchor; may be none
  MatcherTable confirm_database;  // count = bytes: patterns again, block mode, with start of match
};
static_assert(sizeof(MatcherHeader) == 104);

struct MatcherEntity {
  MatcherText name;
  uint32_t sample_first;
  uint32_t sample_count;
  uint8_t priority;  // of two matches that overlap the higher one stays
  uint8_t reserved[7];
};
static_assert(sizeof(MatcherEntity) == 24);

struct MatcherRule {
  MatcherText id;
  uint16_t entity;
  uint8_t kind;             // RuleKind
  uint8_t validator;        // Validator
  uint8_t confidence;       // percent, with a context word or where the rule lists none
  uint8_t confidence_bare;  // percent, without any of the rule's context words; 0: then it is no
                            // finding
  uint16_t flags;           // kRule...
  uint32_t length_min;      // Run, Cue, Assignment, Password: of the value; Field: its number
  uint32_t length_max;      // Field: field_components
  uint32_t context_first;   // in lists: words of which one must, or should, stand before
  uint32_t context_count;
  uint32_t against_first;  // in lists: words that speak against it: then it is no finding
  uint32_t against_count;
  uint32_t shape_first;  // Shape, Cue, Field
  uint32_t shape_count;
  uint16_t proximity;        // bytes before the value in which context words count
  uint8_t alphabet;          // Alphabet
  uint8_t confidence_alone;  // percent, without a context word, where the text is nothing else
  uint8_t reserved[4];
};
static_assert(sizeof(MatcherRule) == 56);

// One length of one shape: which positions are digits, which are letters; the others are either.
// `breaks`: bit i set: a separator may stand before character i.
struct MatcherShape {
  uint64_t digits;
  uint64_t letters;
  uint64_t breaks;
  uint32_t length;
  uint32_t reserved;
};
static_assert(sizeof(MatcherShape) == 32);

// A literal (any case) and the rules it triggers.
struct MatcherCue {
  MatcherText text;
  uint32_t rule_first;  // in lists
  uint32_t rule_count;
};
static_assert(sizeof(MatcherCue) == 16);

// A literal of which every match of a Pattern rule holds at least one of the rule's. A rule without
// anchors is in the stream database.
struct MatcherAnchor {
  MatcherText text;
  uint16_t rule;
  uint16_t flags;      // kAnchor...
  uint32_t width_min;  // of a match, bytes
};
static_assert(sizeof(MatcherAnchor) == 16);
inline constexpr uint16_t kAnchorAnyCase = 1;
inline constexpr uint16_t kAnchorPrefix = 2;  // each match that holds it begins with it
inline constexpr uint16_t kAnchorFlagsMask = 3;

}  // namespace sallyport::contract
