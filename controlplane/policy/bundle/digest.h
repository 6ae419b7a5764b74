// digest.h: SHA-256 digests of files, bundles and images, and their written form.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

contract::Digest sha256(std::span<const uint8_t> bytes);
contract::Digest sha256(std::string_view bytes);

// 64 lower-case hex digits, and back. Nothing: `text` is not that.
std::string digest_hex(const contract::Digest& digest);
std::optional<contract::Digest> parse_digest(std::string_view text);

}  // namespace sallyport::controlplane::policy
