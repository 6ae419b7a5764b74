// joints.h: what may stand between two parts of one key that somebody (or a line width) broke up.
//
//   "AKIA" + "Q7ZK..."      literals that a program puts together; also . & || and nothing, a comma
//   AKIA**Q7ZK**...         emphasis, back quotes and inline tags of Markdown and HTML
//   AKIA\<line end>Q7ZK     a line that goes on; also without the backslash, also quoted mail
//   AKIA Q7ZK 3M9Q          groups
// Read in either direction over folded text, with equal answers. Pure; no state.
#pragma once

#include <cstdint>

#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

// Indentation of the next line counts.
inline constexpr uint64_t kJointBytesMax = 48;

enum class Joint : uint8_t {
  None,
  Unknown,  // the text ends in it
  Strong,   // nobody writes it between two things: an operator between quotes, marks, a backslash
  Listed,   // literals side by side or with a comma
  Line,     // a line end
  Space,    // one space
  Sign,     // groups of one size (joined_stage.h)
};

struct Gap {
  Joint joint = Joint::None;
  uint64_t end = 0;  // where the other part begins; read backwards: where it ends
};

// Keys are made of these; what else stands in a word ends a part.
bool is_part_char(uint8_t c) noexcept;
// The gap that begins at `at`, behind a part; the one that ends at `at`, before a part.
Gap gap_behind(const TextView& text, uint64_t at) noexcept;
Gap gap_before(const TextView& text, uint64_t at) noexcept;

}  // namespace sallyport::scan
