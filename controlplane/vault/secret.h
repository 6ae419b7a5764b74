// secret.h: what the vault does with keys (bytes that are wiped: secret_memory.h): random ones,
// AES-256-GCM, X25519 with HKDF, digests. OpenSSL stays in secret.cc. Nothing here is ever printed.
// Errors  VaultError with the operation in words; a seal that does not open is a nullopt, because
// who asks has to decide what that means.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/vault/secret_memory.h"
#include "dataplane/base/bytes.h"

namespace sallyport::vault {

using base::bytes_of;

// What the vault cannot do, and why. `code` is stable: answers of the admin socket carry it.
class VaultError : public std::runtime_error {
 public:
  VaultError(std::string code, const std::string& what)
      : std::runtime_error(what), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kTagBytes = 16;
using Digest = std::array<uint8_t, 32>;
using PublicKey = std::array<uint8_t, kKeyBytes>;  // X25519

Secret random_secret(size_t bytes);
void random_fill(std::span<uint8_t> out);
Digest sha256(std::span<const uint8_t> bytes);
// HMAC-SHA256.
Secret hmac(std::span<const uint8_t> key, std::span<const uint8_t> bytes);
std::string hex(std::span<const uint8_t> bytes);
// Exactly `bytes` bytes; nothing for any other text.
std::optional<Secret> from_hex(std::string_view text, size_t bytes);

// AES-256-GCM with a given nonce: cipher text and tag in one.
std::vector<uint8_t> gcm_seal(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
                              std::span<const uint8_t> associated, std::span<const uint8_t> plain);
std::optional<Secret> gcm_open(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
                               std::span<const uint8_t> associated,
                               std::span<const uint8_t> sealed);

// X25519. Private halves are raw 32 bytes.
PublicKey public_half(std::span<const uint8_t> private_key);
std::optional<Secret> agree(std::span<const uint8_t> private_key, std::span<const uint8_t> peer);

// To one holder of an X25519 private key (custodians of shares, of a backup): a fresh pair, HKDF,
// AES-256-GCM. `context` is bound in: ephemeral public key, then cipher text and tag.
std::vector<uint8_t> seal_to(const PublicKey& holder, std::string_view context,
                             std::span<const uint8_t> plain);
std::optional<Secret> open_from(std::span<const uint8_t> private_key, std::string_view context,
                                std::span<const uint8_t> sealed);

// Keys of custodians are PEM files as `openssl genpkey -algorithm x25519` and `openssl pkey
// -pubout` make them. Nothing: not such a file.
std::optional<PublicKey> read_public_pem(std::string_view pem);
std::optional<Secret> read_private_pem(std::string_view pem);

}  // namespace sallyport::vault
