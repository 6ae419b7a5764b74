// script_person.h: names in scripts without capital letters: Chinese, Japanese, Korean, Arabic,
// Hebrew, Hindi, Thai.
//
// Nothing in the name itself tells it from a word, so what stands around it must: a word that
// announces it (a sign behind that word makes it sure, a verb asks for a family name), or a title
// behind it. Where words are not parted a name is as long as names are: one or two characters of
// the family and one or two of the given name, with a title or what a sentence adds cut off.
//
// The family names were typed by us from common knowledge: the most frequent ones of China, Korea
// and Japan, as their statistical offices publish them.
#pragma once

#include <cstdint>

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

struct ScriptName {
  uint64_t start = 0;
  uint64_t end = 0;  // 0: none
};

// A letter of such a script stands at `at`.
bool begins_script_name(OpenReader& reader, uint64_t at) noexcept;
// The name at `at`, behind its cue. `labelled`: a sign stands between them ("氏名: ").
ScriptName script_name(OpenReader& reader, uint64_t at, bool labelled) noexcept;

// "様", "先生", "씨": titles that stand behind a name.
bool is_title_behind(OpenReader& reader, uint64_t start, uint64_t end) noexcept;
// The name before such a title [start, end).
ScriptName script_name_before(OpenReader& reader, uint64_t start, uint64_t end) noexcept;
// Where, in a text that ends here, a name may stand whose title is still to come; else view.end.
uint64_t script_person_live_from(const TextView& text) noexcept;

}  // namespace sallyport::scan
