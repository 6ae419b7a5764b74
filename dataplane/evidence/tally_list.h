// tally_list.h: counts of one exchange by (section, name, action, reason), in fixed storage.
//
// Names are entity names and reason codes of the policy image, never text of a message.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/contract/evidence_record.h"

namespace sallyport::evidence {

using contract::RecordedAction;
using contract::TallySection;

class TallyList {
 public:
  // Adds to the entry with the same section, name, action and reason, or makes one. When all
  // kTalliesMax are taken, the count goes to the section's entry "other", so sums stay exact.
  void add(TallySection section, std::string_view name, RecordedAction action,
           std::string_view reason, uint32_t count, uint64_t bytes = 0);
  void clear() { count_ = 0; }
  std::span<const contract::Tally> view() const { return {entries_.data(), count_}; }
  bool empty() const { return count_ == 0; }

 private:
  // The last places are kept for "other", one per section.
  static constexpr size_t kNamedMax = contract::kTalliesMax - 8;
  contract::Tally* find(TallySection section, std::string_view name, RecordedAction action,
                        std::string_view reason);

  std::array<contract::Tally, contract::kTalliesMax> entries_{};
  size_t count_ = 0;
};

}  // namespace sallyport::evidence
