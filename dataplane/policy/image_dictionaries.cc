#include "dataplane/policy/image_dictionaries.h"

#include <algorithm>

#include "dataplane/contract/dictionary_layout.h"

namespace sallyport::policy {

DictionaryFault dictionary_fault(size_t dictionary_count, std::span<const uint64_t> masks,
                                 size_t tenant_count, size_t value_bytes) noexcept {
  using contract::SectionKind;
  if (dictionary_count > contract::kDictionariesMax)
    return {SectionKind::DictionaryNames, "too many entries"};
  if ((value_bytes > 0) != (dictionary_count > 0))
    return {SectionKind::Dictionaries, "names and values do not belong together"};
  if (masks.size() != (dictionary_count == 0 ? 0 : tenant_count))
    return {SectionKind::DictionaryTenants, "not one entry for each tenant"};
  const uint64_t unknown = dictionary_count >= 64 ? 0 : ~uint64_t{0} << dictionary_count;
  if (std::any_of(masks.begin(), masks.end(), [&](uint64_t m) { return (m & unknown) != 0; }))
    return {SectionKind::DictionaryTenants, "a dictionary that is not there"};
  return {};
}

}  // namespace sallyport::policy
