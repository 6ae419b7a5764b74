#include "dataplane/redact/subject_epochs.h"

#include <cstring>

#include "dataplane/contract/secrets_message.h"

namespace sallyport::redact {

bool SubjectEpochs::of(std::string_view tenant, std::string_view entity,
                       std::span<const uint8_t> canonical, uint32_t& epoch) const noexcept {
  epoch = 0;
  if (entries_.empty() || hash_ == nullptr || !hash_->loaded()) return true;
  Subject subject{};
  if (!hash_->of(tenant, entity, canonical, subject)) return false;
  constexpr size_t kEntry = sizeof(contract::SubjectEpoch);
  size_t low = 0, high = entries_.size() / kEntry;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    contract::SubjectEpoch entry;
    std::memcpy(&entry, entries_.data() + middle * kEntry, kEntry);
    const int order = std::memcmp(entry.subject, subject.data(), subject.size());
    if (order == 0) {
      epoch = entry.epoch;
      return true;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return true;
}

}  // namespace sallyport::redact
