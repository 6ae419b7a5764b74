// salutation.h: where letters and doctors name somebody whom no list knows.
//
// "Dear Xqar,", "Hey Xqar, how": a word with a capital letter between a greeting that begins a line
// and a comma is a name, unless it is one of the few that stand there instead ("Dear Team,").
#pragma once

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

// The cue at `cue` greets at the beginning of a line; `first`, the only word of the name or its
// first one, and a comma or an exclamation mark at `end` follow.
bool is_salutation(OpenReader& reader, uint64_t cue, const NameWord& first, uint64_t end) noexcept;

// "Elm Dr. Springfield", "Dr. Pepper": the cue at `cue` is a street, or `first` a name that things
// have.
bool is_no_doctor(OpenReader& reader, uint64_t cue, const NameWord& first) noexcept;

// "Ms Quast", "with ms. Quast": the title in [cue, end) is written like one.
bool is_written_title(OpenReader& reader, uint64_t cue, uint64_t end) noexcept;

// "Mr Robot": things that are called so.
bool is_no_title_of(OpenReader& reader, const NameWord& first) noexcept;

}  // namespace sallyport::scan
