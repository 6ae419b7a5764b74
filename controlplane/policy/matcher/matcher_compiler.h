// matcher_compiler.h: entities and their rules to the matcher section of an image.
//
// Deterministic: the same entities give the same bytes, on any machine (patterns are compiled for a
// common processor, x86-64-v2; the runtime picks its own instructions).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/matcher_layout.h"

namespace sallyport::controlplane::policy {

struct RuleSource {
  std::string id;  // unique in the bundle; in evidence as the subtype
  contract::RuleKind kind = contract::RuleKind::Pattern;
  std::string pattern;  // Pattern only: matched inside one word run; at most 1,024 wide
  bool case_insensitive = false;
  contract::Validator validator = contract::Validator::None;
  uint8_t confidence = 80;  // percent, with a context word or where none is listed
  uint8_t confidence_bare =
      0;  // percent where context is listed and none stands near; 0: no finding
  uint8_t confidence_alone = 0;  // the same where the whole text is the value; Shape only
  bool boundary_left = true;
  bool boundary_right = true;
  std::vector<std::string> context;
  std::vector<std::string> against;
  uint16_t proximity = 48;          // bytes
  std::vector<std::string> shapes;  // Shape, Cue: notation of matcher_shape.h
  bool separated = false;           // Shape: only with separators
  bool unseparated = false;         // Shape: only without
  bool any_name = false;            // Person: behind a cue that only names follow
  bool names_beside = false;        // Person: fields of people stand beside what things have, too
  bool title_cues = false;          // Person: cues count as they are written in a title
  bool evasive = false;
  bool upper_only = false;
  std::vector<std::string> cues;
  contract::Alphabet alphabet = contract::Alphabet::Any;  // Run
  uint32_t length_min = 0;  // of the value; 0 and 0: the recogniser's own bounds
  uint32_t length_max = 0;
};

struct ExampleSource {
  std::string text;
  std::string match;  // must_match: the text that is found; empty for must_not_match
};

struct EntitySource {
  std::string name;
  std::string description;
  uint8_t priority = 50;             // of overlapping matches the higher one stays
  bool secret = false;               // a credential: never tokenised (checked by the bundle)
  std::vector<std::string> samples;  // published sample values: no finding
  std::vector<RuleSource> rules;
  std::vector<ExampleSource> must_match;
  std::vector<ExampleSource> must_not_match;
};

struct CompiledMatcher {
  std::vector<uint8_t> section;  // empty when there are errors
  struct Error {
    std::string entity;
    std::string rule;
    std::string message;
  };
  std::vector<Error> errors;
};

// A text as the scanner reads it (scan/text/fold.h): what literals and values are compared with.
std::string folded_as_scanned(std::string_view text);

// Entity ids are indexes in the order given.
CompiledMatcher compile_matcher(std::span<const EntitySource> entities);

}  // namespace sallyport::controlplane::policy
