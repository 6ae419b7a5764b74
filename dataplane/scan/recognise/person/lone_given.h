// lone_given.h: a known given name by itself, where nothing announces a person: "Why is Katarina
// late?", "I owe Annika lunch", "Katarina: done".
//
// Names that are words, places, products or examples as well are nobody here, nor is one beside
// another capitalised word, behind an article, in quotes or in a comment. Asked of capitalised
// words that may be given names, so once or twice a page of text without any.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// May a name stand alone before this character?
constexpr bool may_stand_behind_given(uint8_t c) noexcept {
  return c == ' ' || c == ',' || c == '.' || c == ':' || c == '\'' || c == '?' || c == '!' ||
         c == '\n' || c == ';' || c == ')' || c == '\r' || c == 0;
}

// trigger.start: a capital letter that begins a word. Of rules that ask for one name
// (contract::kRuleUnseparated).
Verdict lone_given_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                      Hit& out) noexcept;

}  // namespace sallyport::scan
