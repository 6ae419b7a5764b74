// token.h: the stand-in that a vendor sees instead of a value.
//
//     [EMAIL-ADDRESS-0A7ZK3M9QWERT1XC5VBNHJ42]
//      label         ee iiiiiiiiiiiii cccccccc
//
// label: the entity with '-' for '_'. Then 23 characters of Crockford base32: 2 key epoch, 13 id
// (65 bit), 8 check (40 bit). Deterministic, so that the same value is the same token on every
// turn, worker and appliance without a look-up:
//     id    = HMAC-SHA256(id key,    tenant, scope, vendor, epoch, entity, canonical value) cut to
//     65 bits check = HMAC-SHA256(check key, tenant, scope, vendor, epoch, entity, id) cut to 40
//     bits
// A subject in an epoch of its own (subject_epochs.h) adds that number, 4 bytes, behind its value:
// other tokens for its values alone, which verify like all others.
// every field preceded by its length in 4 bytes, little endian; the two keys are derived from the
// token key of the tenant under different names. The check lets a request's token-like text be
// judged without a store; it is not what stops forgery of restoration (exchange_tokens.h is).
// Secrets are never tokenised; policy sees to it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::redact {

inline constexpr size_t kTokenEpochChars = 2;
inline constexpr size_t kTokenIdChars = 13;
inline constexpr size_t kTokenCheckChars = 8;
inline constexpr size_t kTokenCoreChars =
    kTokenEpochChars + kTokenIdChars + kTokenCheckChars;  // 23
inline constexpr size_t kEntityNameBytesMax = 48;
inline constexpr size_t kTokenBytesMax = 1 + kEntityNameBytesMax + 1 + kTokenCoreChars + 1;
inline constexpr size_t kTokenKeyBytes = 32;
inline constexpr size_t kCanonicalBytesMax = 4'096;
// Entity of text in a request that looks like a token but is none of ours: it is tokenised itself,
// so that an echo of it comes back as that text.
inline constexpr std::string_view kLiteralEntity = "LITERAL";

// What the action `hash` writes: "[EMAIL-ADDRESS#" + 16 characters of Crockford base32 in lower
// case (80 bit) + "]". The '#' and the case tell it from a token; nothing turns it back.
//     hash = HMAC-SHA256(hash key, tenant, entity, canonical value) cut to 80 bits
// The hash key is derived from the tenant's current token key, so the same value has the same hash
// at every vendor and for every principal of the tenant, until the key is changed.
inline constexpr size_t kHashChars = 16;
inline constexpr size_t kHashBytesMax = 1 + kEntityNameBytesMax + 1 + kHashChars + 1;
struct ValueHash {
  std::array<char, kHashBytesMax> bytes{};
  uint8_t size = 0;
  std::string_view text() const noexcept { return {bytes.data(), size}; }
};

// Epoch, id and check: upper case Crockford base32, always complete.
using TokenCore = std::array<char, kTokenCoreChars>;

struct Token {
  std::array<char, kTokenBytesMax> bytes{};
  uint8_t size = 0;
  TokenCore core{};
  std::string_view text() const noexcept { return {bytes.data(), size}; }
};

// Whose token it is. Views; used during the call only.
struct TokenScope {
  std::string_view tenant;
  std::string_view scope;  // empty for scope `tenant`, the principal for scope `principal`
  std::string_view vendor;
};

// Makes and checks tokens under one tenant's keys. Holds prepared HMAC states, so a call allocates
// nothing. Owner  one worker; not shared between threads.
class TokenMint {
 public:
  enum class Verdict : uint8_t { NotOurs, Current, Previous };

  TokenMint() noexcept = default;
  ~TokenMint();
  TokenMint(TokenMint&& other) noexcept;
  TokenMint& operator=(TokenMint&& other) noexcept;
  TokenMint(const TokenMint&) = delete;
  TokenMint& operator=(const TokenMint&) = delete;

  // Key material is copied into OpenSSL's own key schedule and wiped on destruction. `previous_*`
  // may be empty. False: wrong sizes or characters, or OpenSSL refused.
  [[nodiscard]] bool load(std::span<const uint8_t> current_key, std::string_view current_epoch,
                          std::span<const uint8_t> previous_key = {},
                          std::string_view previous_epoch = {}) noexcept;
  bool loaded() const noexcept { return id_[0] != nullptr; }

  // The token of `canonical` (canonical_value()) under the current epoch, and under the epoch of
  // its own that its subject is in (0: none). False: entity name or value too long.
  [[nodiscard]] bool mint(const TokenScope& scope, std::string_view entity,
                          std::span<const uint8_t> canonical, Token& out,
                          uint32_t subject_epoch = 0) noexcept;
  // The keyed hash of `canonical`; vendor and principal do not count. False: as mint().
  [[nodiscard]] bool hash(std::string_view tenant, std::string_view entity,
                          std::span<const uint8_t> canonical, ValueHash& out) noexcept;
  // Is it a token of this scope under one of the loaded epochs? Compares in constant time.
  [[nodiscard]] Verdict verify(const TokenScope& scope, std::string_view entity,
                               const TokenCore& core) noexcept;

 private:
  void release() noexcept;
  void* id_[2] = {nullptr, nullptr};  // EVP_MAC_CTX, keyed; [0] current, [1] previous
  void* check_[2] = {nullptr, nullptr};
  void* hash_ = nullptr;
  std::array<char, kTokenEpochChars> epoch_[2] = {};
};

// What of a value decides its token: surfaces that mean the same give the same token.
//   EMAIL_ADDRESS                             ASCII lower case
//   PHONE_NUMBER, CREDIT_CARD, US_SSN, *_PHONE, *_CARD   digits only; a phone keeps a leading +
//   anything else                             as it is
// Answers the size written, or 0 when `out` is too small (REQUIRES value not empty; a value without
// any digit stays as it is).
size_t canonical_value(std::string_view entity, std::span<const uint8_t> value,
                       std::span<uint8_t> out) noexcept;

// "EMAIL_ADDRESS" -> "EMAIL-ADDRESS". Answers the size, 0 when too long or not made of A-Z 0-9 _.
size_t token_label(std::string_view entity, std::span<char> out) noexcept;
// Size of every token of this entity: constant.
constexpr size_t token_size(std::string_view entity) noexcept {
  return entity.size() + 3 + kTokenCoreChars;
}

// Value of a Crockford base32 character (any case; O is 0, I and L are 1), or -1.
int crockford_value(char c) noexcept;
char crockford_char(unsigned value) noexcept;

}  // namespace sallyport::redact
