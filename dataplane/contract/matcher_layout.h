// matcher_layout.h: the matcher section of a policy image: entities, rules, and the serialised
// database.
//
// The control plane writes it (controlplane/policy/matcher_compiler.h), the dataplane validates it
// once (scan/engine.h). Little endian, offsets from the first byte of the section, tables 8-byte
// aligned. Enumerators are persisted: numbers never change.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::contract {

inline constexpr uint32_t kMatcherMagic = 0x4d4d5053;  // "SPMM"
inline constexpr uint32_t kMatcherVersion = 1;

// What finds the candidates of a rule.
enum class RuleKind : uint8_t {
  Pattern = 1,         // expression `pattern_id` of the database, inside one run of word characters
  Card = 2,            // payment card numbers in digit runs
  Ssn = 3,             // US social security numbers in digit runs
  Phone = 4,           // phone numbers in digit runs
  KeyBlock = 5,        // PEM private key blocks
  Email = 6,           // around each '@' of a word run
  UrlCredentials = 7,  // scheme://user:password@host... in a word run
};
inline constexpr uint8_t kRuleKindMax = 7;

// What must hold of a candidate's text. Sources in scan/validators.h.
enum class Validator : uint8_t {
  None = 0,
  Entropy = 1,  // Shannon entropy of at least 3 bits a character, no placeholder
};
inline constexpr uint8_t kValidatorMax = 1;

inline constexpr uint8_t kRuleNeedsContext = 1;
inline constexpr uint8_t kRuleBoundaryLeft = 2;  // no letter, digit or '_' right before
// No letter, digit or '_' right behind. Not set: the match goes on over letters, digits, '_' and
// '-'.
inline constexpr uint8_t kRuleBoundaryRight = 4;
inline constexpr uint8_t kRuleFlagsMask = 7;

// The widest candidate of a Pattern rule: longer ones are refused by the compiler.
inline constexpr uint32_t kPatternWidthMax = 1'024;

struct MatcherText {
  uint32_t offset;
  uint32_t size;
};

struct MatcherHeader {
  uint32_t magic;
  uint32_t version;
  uint64_t section_bytes;
  uint32_t entity_offset;
  uint32_t entity_count;
  uint32_t rule_offset;
  uint32_t rule_count;
  uint32_t context_offset;  // MatcherText each
  uint32_t context_count;
  uint32_t string_offset;
  uint32_t string_bytes;
  uint32_t database_offset;
  uint32_t database_bytes;
};
static_assert(sizeof(MatcherHeader) == 56);

struct MatcherEntity {
  MatcherText name;
  uint8_t priority;  // of two matches that overlap the higher one stays
  uint8_t reserved[7];
};
static_assert(sizeof(MatcherEntity) == 16);

struct MatcherRule {
  MatcherText id;
  uint16_t entity;
  uint8_t kind;        // RuleKind
  uint8_t validator;   // Validator
  uint8_t confidence;  // percent
  uint8_t flags;       // kRule...
  uint16_t reserved;
  uint32_t context_first;  // words of which one must stand before, lower case
  uint32_t context_count;
};
static_assert(sizeof(MatcherRule) == 24);

}  // namespace sallyport::contract
