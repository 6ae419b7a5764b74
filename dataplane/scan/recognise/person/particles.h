// particles.h: the small words between a given name and the family's: "Lars van der Berg".
#pragma once

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

bool is_particle(OpenReader& reader, const NameWord& word) noexcept;

// Where the particles before `at` begin, behind the word before them: "Lars [van der ]". `at` where
// there is none. Two at most.
uint64_t over_particles(OpenReader& reader, uint64_t at) noexcept;

// "Ana[ de la Cruz]": behind the blank at `at`, where the capitalised word ends that particles lead
// to; 0: there is none.
uint64_t end_behind_particles(OpenReader& reader, uint64_t at) noexcept;

}  // namespace sallyport::scan
