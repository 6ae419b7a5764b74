// registry.h: a validator of the matcher section by its number.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/contract/matcher_layout.h"

namespace sallyport::scan {

// `characters`: of shapes the letters (upper case) and digits without separators; of patterns, runs
// and assignments the text as it stands. Pure, bounded by the length. A number this build does not
// know holds for nothing.
bool holds(contract::Validator validator, std::span<const uint8_t> characters) noexcept;

}  // namespace sallyport::scan
