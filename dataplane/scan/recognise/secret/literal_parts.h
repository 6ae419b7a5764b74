// literal_parts.h: a value that a program puts together from literals.
//
//   "Tr0ub" + "4dor"   'Tr0ub' . '4dor'   ("Tr0ub"\n "4dor")   "Tr0ub""4dor"   `Tr0ub` || '4dor'
//   ''.join(['Tr0ub', '4dor'])   ["Tr0ub", "4dor"].join("")   CONCAT('Tr0ub', '4dor')
// Half a password found is half a password shown. What is judged is the text without what stands
// between the parts, what is found goes from the first part to the end of the last one.
#pragma once

#include <array>

#include "dataplane/scan/recognise/secret/credential_value.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {

struct JoinedLiterals {
  // A reader looks no further ahead than this, so no value is longer.
  std::array<uint8_t, kLookAheadBytes> bytes;
  size_t size = 0;
};

// Reads a value as read_value() does, on over all of its parts. `bytes`: the text of it, in `text`
// or, of several parts, in `joined`.
Value read_parts(Reader& reader, Stop stop, JoinedLiterals& joined, Bytes& bytes) noexcept;

}  // namespace sallyport::scan
