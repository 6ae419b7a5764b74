#include "controlplane/policy/bundle/digest.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace sallyport::controlplane::policy {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

contract::Digest sha256(std::span<const uint8_t> bytes) {
  contract::Digest out{};
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
  return out;
}

contract::Digest sha256(std::string_view bytes) {
  return sha256(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

std::string digest_hex(const contract::Digest& digest) {
  std::string out;
  for (uint8_t byte : digest) {
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 15];
  }
  return out;
}

std::optional<contract::Digest> parse_digest(std::string_view text) {
  contract::Digest out{};
  if (text.size() != out.size() * 2) return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t value = kHexDigits.find(text[i]);
    if (value == std::string_view::npos) return std::nullopt;
    out[i / 2] = static_cast<uint8_t>((size_t{out[i / 2]} << 4) | value);
  }
  return out;
}

}  // namespace sallyport::controlplane::policy
