// html_tags.h: the tags that the tables of HTML are made of, in either case. "<th" is no beginning
// of
// "<thead".
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/scan/text/text_view.h"
#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// Does the tag `name` ("<th", "</table"; small letters, without its end) begin at `at`?
inline bool is_tag(const TextView& text, uint64_t at, std::string_view name) noexcept {
  for (size_t i = 0; i < name.size(); ++i)
    if (to_lower(text.at(at + i)) != static_cast<uint8_t>(name[i])) return false;
  return !is_letter(text.at(at + name.size()));
}

// The last `name` tag that begins in [floor, at); kNoTag: none.
inline constexpr uint64_t kNoTag = ~uint64_t{0};
inline uint64_t tag_before(const TextView& text, uint64_t floor, uint64_t at,
                           std::string_view name) noexcept {
  while (at > floor)
    if (is_tag(text, --at, name)) return at;
  return kNoTag;
}

inline uint32_t count_tags(const TextView& text, uint64_t from, uint64_t to,
                           std::string_view name) noexcept {
  uint32_t count = 0;
  for (uint64_t at = from; at < to; ++at) count += is_tag(text, at, name) ? 1 : 0;
  return count;
}

}  // namespace sallyport::scan
