#include "dataplane/evidence/tally_list.h"

#include <limits>

namespace sallyport::evidence {
namespace {

// A caller can choose a restoration reason, so what goes into a record is a name or "withheld".
contract::Tally labelled(TallySection section, std::string_view name, RecordedAction action,
                         std::string_view reason) {
  contract::Tally tally{};
  tally.section = static_cast<uint8_t>(section);
  tally.action = static_cast<uint8_t>(action);
  tally.name.assign(name);
  tally.reason.assign(contract::sanitise_client_name(reason));
  return tally;
}

bool same_label(const contract::Tally& a, const contract::Tally& b) {
  return a.section == b.section && a.action == b.action && a.name.view() == b.name.view() &&
         a.reason.view() == b.reason.view();
}

void count_up(contract::Tally& entry, uint32_t count, uint64_t bytes) {
  constexpr uint32_t kMost = std::numeric_limits<uint32_t>::max();
  entry.count = count > kMost - entry.count ? kMost : entry.count + count;
  entry.bytes += bytes;
}

}  // namespace

void TallyList::add(TallySection section, std::string_view name, RecordedAction action,
                    std::string_view reason, uint32_t count, uint64_t bytes) {
  if (count == 0 && bytes == 0) return;
  count_up(entry_for(labelled(section, name, action, reason), kNamedMax), count, bytes);
}

void TallyList::add(const contract::Tally& entry) {
  count_up(entry_for(entry, kNamedMax), entry.count, entry.bytes);
}

void TallyList::add_subjects_dropped(TallySection section, uint32_t count) {
  const contract::Tally label = labelled(section, "subjects_dropped", RecordedAction::None, "");
  count_up(entry_for(label, contract::kTalliesMax), count, 0);
}

contract::Tally& TallyList::entry_for(const contract::Tally& label, size_t places) {
  if (contract::Tally* entry = find(label)) return *entry;
  if (count_ >= places) {
    const auto section = static_cast<TallySection>(label.section);
    const contract::Tally other = labelled(section, "other", RecordedAction::None, "");
    if (contract::Tally* entry = find(other)) return *entry;
    return entries_[count_++] = other;
  }
  contract::Tally& entry = entries_[count_++] = label;
  entry.count = 0;
  entry.bytes = 0;
  return entry;
}

contract::Tally* TallyList::find(const contract::Tally& label) {
  for (size_t i = 0; i < count_; ++i)
    if (same_label(entries_[i], label)) return &entries_[i];
  return nullptr;
}

}  // namespace sallyport::evidence
