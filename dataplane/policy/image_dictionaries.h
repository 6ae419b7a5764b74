// image_dictionaries.h: whether the three sections about dictionaries hold together: all of them or
// none, one name for each, and bits of dictionaries that are there.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/contract/image_layout.h"

namespace sallyport::policy {

struct DictionaryFault {
  contract::SectionKind section = contract::SectionKind::Dictionaries;
  std::string_view what;  // empty: none
};

// `masks`: one for each tenant; `value_bytes`: of the section of values.
DictionaryFault dictionary_fault(size_t dictionary_count, std::span<const uint64_t> masks,
                                 size_t tenant_count, size_t value_bytes) noexcept;

}  // namespace sallyport::policy
