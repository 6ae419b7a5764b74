// recogniser.h: how code that knows a form (a mail address, a date, an assignment) is asked.
//
// A stage finds triggers in bulk (SIMD, or the pattern matcher); a recogniser then reads the text
// around one trigger and answers. It is a pure function of the text: it answers More only while
// what it has seen is a possible beginning of a match and the rest is not known yet (view.known()),
// and once it has answered No or Match for a text it answers the same for every longer text with
// this beginning. So a finding can never depend on how the text was cut. How far it may look:
//   back     kLookBehindBytes before the trigger are in the view (less at the beginning of the
//   text) forward  kLookAheadBytes behind the trigger: then it must decide (key blocks:
//   kKeyBlockBytesMax)
//
// Text before a trigger may be gone already, released, when the trigger arrives. A recogniser whose
// match begins before its trigger therefore has a second function: live_from() tells where, in a
// text that ends here and goes on, the beginning of such a match may already stand. In doubt
// earlier; text without such a beginning answers view.end. It is asked once per feed, over the last
// kLiveBytes at most. Not needed where the beginning is part of one word run (visible ASCII without
// quotes, angle brackets, backquotes, backslashes) that is still open, or of an open number row:
// those are held anyway.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

// Context words, the left part of an address or a spelt mail address.
inline constexpr uint64_t kLookBehindBytes = 160;
// The longest form that is no word run, row or key block: an address over three lines.
inline constexpr uint64_t kLookAheadBytes = 320;
// A live_from() looks at no more than this; what began earlier is given up. Nor, if it takes a
// `floor`, at what begins before that: it is decided already.
inline constexpr uint64_t kLiveBytes = 160;

// With More, `out.start` may say that the match would begin before its trigger: the text is held
// from there on.
enum class Verdict : uint8_t { No, More, Match };

// Percent of doubt of separators where nobody puts them: on purpose, or by accident of a line end.
inline constexpr int kDoubtOfEvasion = 15;

struct Hit {
  uint64_t start = 0;
  uint64_t end = 0;
  // The form alone says too little: only rules that ask for a context word take it.
  bool bare = false;
  // Percent off the rule's confidence (an unusual spelling, separators of an evasion).
  uint8_t doubt = 0;
};

// What of a rule a recogniser may need (the engine's rule table keeps the rest: context,
// confidence, samples).
struct RuleParameters {
  uint32_t length_min = 0;  // of the value, characters
  uint32_t length_max = 0;
  uint8_t alphabet = 0;   // contract::Alphabet
  uint8_t validator = 0;  // contract::Validator; the stage applies it to the hit
  uint16_t flags = 0;     // contract::kRule...
  std::span<const contract::MatcherShape> shapes;  // of Cue and Field rules
};

// One trigger: `at` is what the header of the recogniser says (the end of a cue word, the '@', the
// first digit ...); `start` where it begins.
struct Trigger {
  uint64_t start = 0;
  uint64_t at = 0;
};

using RecogniseAt = Verdict (*)(const TextView& text, const Trigger& trigger,
                                const RuleParameters& rule, Hit& out) noexcept;
using LiveFrom = uint64_t (*)(const TextView& text) noexcept;

}  // namespace sallyport::scan
