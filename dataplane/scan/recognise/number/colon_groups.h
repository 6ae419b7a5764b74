// colon_groups.h: where an address begins that is written with colons: "3c:48:aa:10:9f:20",
// "2001:db8::1", "HWaddr:3c:48:aa:10:9f:20", "addr:2001:db8::1".
#pragma once

#include <cstdint>

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

inline constexpr uint64_t kNoColonGroup = UINT64_MAX;

// The beginning of the first group of `least` to `most` hexadecimal digits before the first colon,
// or what stands behind that colon where a name or a number of its own stands before it.
// kNoColonGroup: neither.
inline uint64_t first_colon_group(OpenReader& reader, uint64_t colon, unsigned least,
                                  unsigned most) noexcept {
  uint64_t start = colon;
  while (start > 0 && colon - start <= most && is_hex(reader.before(start))) --start;
  const uint8_t before = reader.before(start);
  const bool joined = is_alnum(before) || before == '_';
  if (!joined && colon - start >= least && colon - start <= most)
    return before == ':' ? kNoColonGroup : start;
  const uint8_t last = reader.before(colon);
  const bool named = is_alnum(last) || last == '_';
  return named && is_hex(reader.at(colon + 1)) ? colon + 1 : kNoColonGroup;
}

}  // namespace sallyport::scan
