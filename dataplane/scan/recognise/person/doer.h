// doer.h: who did it stands before the verb: "Anna said", "Peter Zworgl resigned", "Clara isn't".
//
// The verbs are those of people. The one before must have a given name that a list knows and that
// no product, place or example has. Asked behind the verb, so most are refused by the small letter
// that begins the word before it.
#pragma once

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/recogniser.h"
#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

// A known given name that no product, place or example has.
bool is_somebodys(OpenReader& reader, const NameWord& given) noexcept;

// `cue` begins with the blank before the verb.
bool did_it(OpenReader& reader, const Trigger& cue, Hit& out) noexcept;

}  // namespace sallyport::scan
