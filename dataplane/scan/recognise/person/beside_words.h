// beside_words.h: the words between a name and a number or address of somebody, those that lead to
// a name there, and those that offices and mailboxes have in place of one.
//
// As texts are folded (text/fold_table.h), in small letters.
#pragma once

#include <cstdint>

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

// Bits of what a word may be.
inline constexpr uint8_t kIsJoint = 1;   // "Quast is at +49 ..."
inline constexpr uint8_t kIsLabel = 2;   // "Quast, phone ..."
inline constexpr uint8_t kIsLead = 4;    // "call Xqar Quast"
inline constexpr uint8_t kIsOffice = 8;  // "Front Desk"
inline constexpr uint8_t kIsRole = 16;   // "support@"

// Of one word in any case; 0: none of them.
uint8_t beside_word(OpenReader& reader, const NameWord& word) noexcept;

}  // namespace sallyport::scan
