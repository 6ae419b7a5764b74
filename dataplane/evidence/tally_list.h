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
  // kNamedMax are taken, the count goes to the section's entry "other", so sums stay exact (a count
  // saturates at 2^32 - 1). A reason that is no plain name is kept as "withheld"
  // (sanitise_client_name).
  void add(TallySection section, std::string_view name, RecordedAction action,
           std::string_view reason, uint32_t count, uint64_t bytes = 0);
  // Takes over an entry of another list, label and counts.
  void add(const contract::Tally& entry);
  // Subjects beyond kSubjectsMax of one record. One call per record, so its place is always there.
  void add_subjects_dropped(TallySection section, uint32_t count);
  void clear() { count_ = 0; }
  std::span<const contract::Tally> view() const { return {entries_.data(), count_}; }
  bool empty() const { return count_ == 0; }

 private:
  static constexpr size_t kSections = static_cast<size_t>(TallySection::OnFailureAllowed);
  // The last places are kept: one "other" per section, and "subjects_dropped".
  static constexpr size_t kNamedMax = contract::kTalliesMax - 8;
  static_assert(kNamedMax + kSections + 1 <= contract::kTalliesMax);

  contract::Tally& entry_for(const contract::Tally& label, size_t places);
  contract::Tally* find(const contract::Tally& label);

  std::array<contract::Tally, contract::kTalliesMax> entries_{};
  size_t count_ = 0;
};

}  // namespace sallyport::evidence
