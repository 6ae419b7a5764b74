// digit_run.h: where the ASCII digits that stand at a place begin and end.
//
// One more than `most` is told, so that who asks sees that there are too many.
#pragma once

#include <cstdint>

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

// Behind the digits from `at` on, most + 1 of them at the farthest; `at`: none stands there.
inline uint64_t digit_run_end(OpenReader& reader, uint64_t at, uint64_t most) noexcept {
  uint64_t end = at;
  while (end - at <= most && is_digit(reader.at(end))) ++end;
  return end;
}

// Where the digits before `end` begin, in the same way.
inline uint64_t digit_run_start(OpenReader& reader, uint64_t end, uint64_t most) noexcept {
  uint64_t start = end;
  while (start > 0 && end - start <= most && is_digit(reader.before(start))) --start;
  return start;
}

}  // namespace sallyport::scan
