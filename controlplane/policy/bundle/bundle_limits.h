// bundle_limits.h: the limits of a bundle as names and numbers, in the order of the page.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

struct LimitValue {
  std::string_view name;
  uint64_t value = 0;
};

std::vector<LimitValue> limit_values(const contract::ImageLimits& limits);

}  // namespace sallyport::controlplane::policy
