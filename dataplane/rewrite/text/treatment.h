// treatment.h: what happens to a finding, as its ruling says, by the role of its message.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/contract/image_layout.h"

namespace sallyport::rewrite {

// Percent: of what is known, not guessed.
inline constexpr unsigned kFullConfidence = 100;

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

// Whose words a text may be: one role, or several while its message has not said so.
class RoleSet {
 public:
  constexpr RoleSet() noexcept = default;
  constexpr RoleSet(contract::Role role) noexcept
      : bits_(static_cast<uint8_t>(1U << static_cast<unsigned>(role))) {}
  static constexpr RoleSet all() noexcept {
    RoleSet out;
    out.bits_ = (1U << contract::kRoleCount) - 1;
    return out;
  }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  // This one and no other.
  constexpr bool is(contract::Role role) const noexcept { return bits_ == RoleSet(role).bits_; }
  constexpr bool has(contract::Role role) const noexcept {
    return (bits_ >> static_cast<unsigned>(role) & 1U) != 0;
  }

 private:
  uint8_t bits_ = 0;
};

// What happens to the findings of one entity, by role.
struct EntityRulings {
  static constexpr uint16_t kPlain = 0xffff;
  struct ByRole {
    Treatment treatment;
    uint16_t decision = kPlain;  // of the image: the confidence of the finding counts
  };
  std::array<ByRole, contract::kRoleCount> by_role{};

  constexpr EntityRulings() noexcept = default;
  // The same for every role and confidence.
  constexpr EntityRulings(const Treatment& all) noexcept {
    for (ByRole& one : by_role) one.treatment = all;
  }
  constexpr EntityRulings(contract::Action all) noexcept : EntityRulings(Treatment(all)) {}
  friend constexpr bool operator==(const EntityRulings& a, contract::Action b) noexcept {
    for (const ByRole& one : a.by_role)
      if (one.decision != kPlain || one.treatment.action != b) return false;
    return true;
  }
};

}  // namespace sallyport::rewrite
