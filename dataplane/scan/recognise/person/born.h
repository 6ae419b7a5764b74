// born.h: who stands before the day of a birth: "Xqar Bzlorp, born on 3 May 1980", "Bzlorp Xqar
// (szül. 1980. 3. 5.)".
//
// Nothing but people are born on a day, so two words with capital letters, or three of which the
// first is a known given name, are a name that no list need know; not titles, roles and the words
// of firms before them.
#pragma once

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

// The first word of a cue of birth: "born", "née".
bool is_birth(OpenReader& reader, const NameWord& word) noexcept;

// Such a word that ends at `end`, a point or blank behind it; without one: empty.
NameWord birth_before(OpenReader& reader, uint64_t end) noexcept;

// What stands between a name and such a word at `at`, ", " or " (": where it begins; `at`: nothing.
uint64_t before_birth(OpenReader& reader, uint64_t at) noexcept;

// The cue of a birth at `cue` has a day behind it and a name before it.
bool was_born(OpenReader& reader, const Trigger& cue, Hit& out) noexcept;

}  // namespace sallyport::scan
