// image_names.h: what the control plane itself needs to know of a compiled image: that it is one,
// and which secrets it asks for.
//
// Reads contract/image_layout.h only as far as that takes, with every offset checked. The full
// validation is the dataplane's (policy/image.h); an image that passes here may still be refused
// there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/supervise/credentials/credentials.h"
#include "controlplane/supervise/rollout/rollout_limits.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::supervise {

struct ImageNames {
  WantedSecrets wanted;                       // sorted, without repetition
  std::vector<std::string> entities;          // by entity id
  std::vector<std::string> key_environments;  // of gateway keys; sorted, without repetition
  contract::Digest bundle_digest{};
  RolloutLimits rollout;
  uint32_t test_count = 0;  // seeded texts in the image
  contract::Digest corpus{};
  std::string restoration;  // text of the section of that name (policy/bundle/restoration.h)
  std::string retention;    // and of that one (policy/bundle/bundle_settings.h: retention_text)
};

// Nothing: `error` says what does not hold.
std::optional<ImageNames> read_image_names(std::span<const uint8_t> image, std::string& error);

}  // namespace sallyport::supervise
