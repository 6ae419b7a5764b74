// person.h: names of people: best effort, by a word that announces one and by the gazetteer.
//
// Behind a cue ("my name is", "Patient", "Mr.", "name":) capitalised words are a name; without a
// name of the gazetteer among them they are bare, and one alone is none, unless
//   the rule says that its cues announce nothing but names (contract::kRuleAnyName);
//   the rule's cues are labels (kRuleSeparated): a sign stands between, "Insured: Xqar Bzlorp";
//   they are titles as they are written (kRuleTitleCues): "Ms Quast", and not "100 ms" or "MS
//   Word"; they stand above a name (kRuleUnseparated): alone on the next line, "Regards,\nXqar
//   Bzlorp"; or the next field is one of a person: "Name: Xqar Bzlorp\nPhone: ...".
// Names in scripts without capital letters: script_person.h. Without a cue a given name and a
// family name of the gazetteer next to each other are one; a given name and an unknown word are
// bare, unless they stand where only a person can (free_person.h). What is no name is said by a
// list of words that stand where names do: months, places, offices, firms.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger.at: the end of the cue.
Verdict person_after_cue(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                         Hit& out) noexcept;
// trigger.start: a capital letter that begins a word; a space and another capital letter follow the
// word.
Verdict person_at_name(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                       Hit& out) noexcept;
// The last word, if a capital letter begins it.
uint64_t person_live_from(const TextView& text, uint64_t floor = 0) noexcept;

}  // namespace sallyport::scan
