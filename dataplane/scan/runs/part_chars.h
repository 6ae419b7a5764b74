// part_chars.h: what the parts of keys are made of (joints.h), as a table: the stage that looks for
// keys in parts asks it for every character of every word with a digit in it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

inline constexpr std::array<bool, 256> kPartChars = [] {
  std::array<bool, 256> out{};
  for (unsigned c = 0; c < out.size(); ++c) out[c] = is_alnum(static_cast<uint8_t>(c));
  for (const char c : std::string_view("_-.~/+=:")) out[static_cast<uint8_t>(c)] = true;
  return out;
}();

}  // namespace sallyport::scan
