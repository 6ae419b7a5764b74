// treatment.h: what happens to a finding, as its ruling says.
#pragma once

#include <cstdint>

#include "dataplane/contract/image_layout.h"

namespace sallyport::rewrite {

struct Treatment {
  contract::Action action = contract::Action::Block;
  contract::Action would = contract::Action::Block;  // of Observe: what it tries out, or Observe
  uint8_t keep_last = 0;                             // of Mask
  char mask_char = '*';                              // of Mask

  constexpr Treatment() noexcept = default;
  // A plain action: of a ruling without further words.
  constexpr Treatment(contract::Action plain) noexcept : action(plain), would(plain) {}
  friend constexpr bool operator==(const Treatment& a, contract::Action b) noexcept {
    return a.action == b;
  }
};

// Of two treatments that could apply, the one with the higher rank is the safer one. From the
// weakest: passes; a part of the value leaves; a stand-in that comes back; one that does not;
// nothing of it leaves; nothing at all leaves.
constexpr unsigned strictness(const Treatment& t) noexcept {
  switch (t.action) {
    case contract::Action::Allow:
      return 0;
    case contract::Action::Observe:
      return 1;
    case contract::Action::Generalise:
      return 2;
    case contract::Action::Mask:
      return t.keep_last > 0 ? 3 : 6;
    case contract::Action::Tokenize:
      return 4;
    case contract::Action::Hash:
      return 5;
    case contract::Action::Block:
      break;
  }
  return 7;
}

}  // namespace sallyport::rewrite
