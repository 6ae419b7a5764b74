// image_writer.h: a checked bundle to one policy image, byte for byte contract/image_layout.h.
//
// Deterministic: the same bundle gives the same bytes on any machine. What is not in it: secrets,
// times, file names, descriptions, examples and tests.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "controlplane/policy/bundle.h"
#include "controlplane/policy/digest.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

struct CompiledImage {
  std::vector<uint8_t> bytes;
  contract::Digest image_digest{};  // SHA-256 of bytes
  contract::Digest bundle_digest{};
};

// Compiles the patterns and the API kinds too. Nothing: `problems` (appended to) says what does not
// compile, at the place of the rule or path.
std::optional<CompiledImage> compile_image(const Bundle& bundle, std::vector<Problem>& problems);

}  // namespace sallyport::controlplane::policy
