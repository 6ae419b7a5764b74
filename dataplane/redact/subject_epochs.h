// subject_epochs.h: subjects whose values have other tokens than before (`subject reredact`): which
// epoch of its own the subject behind a value is in.
//
// Rare: nearly every tenant has none, and then nothing is computed. Owner  one worker, as its
// SubjectHash is; the entries lie in the secrets, which outlive this.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/redact/subject_hash.h"

namespace sallyport::redact {

class SubjectEpochs {
 public:
  SubjectEpochs() noexcept = default;
  // `entries`: contract::SubjectEpoch, sorted by subject. `hash` outlives this.
  SubjectEpochs(SubjectHash& hash, std::span<const uint8_t> entries) noexcept
      : hash_(&hash), entries_(entries) {}

  bool empty() const noexcept { return entries_.empty(); }
  // 0: the subject of this value is in none of its own. False: OpenSSL refused.
  [[nodiscard]] bool of(std::string_view tenant, std::string_view entity,
                        std::span<const uint8_t> canonical, uint32_t& epoch) const noexcept;

 private:
  SubjectHash* hash_ = nullptr;
  std::span<const uint8_t> entries_;
};

}  // namespace sallyport::redact
