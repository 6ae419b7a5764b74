// secrets.h: every secret in use, as sallyportd handed it over (contract/secrets_message.h).
//
// The bytes lie in anonymous memory that is locked, kept out of dumps and of forked children, and
// wiped when released. Nothing here is ever printed: errors name kinds and names, never values.
// Owner  shared read-only by the policy versions built from it; immutable after read().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/secrets_message.h"

namespace sallyport::policy {

class Secrets {
 public:
  struct TokenKeys {  // previous may be empty
    std::span<const uint8_t> current_key;
    std::string_view current_epoch;
    std::span<const uint8_t> previous_key;
    std::string_view previous_epoch;
  };

  // Reads the sealed memfd: refuses one without all seals, or whose content does not hold. The
  // descriptor stays the caller's. Null: `error` says what is wrong.
  static std::shared_ptr<const Secrets> read(int fd, std::string& error);
  // The same checks over bytes in memory (sallyctl scan's throw-away keys, tests).
  static std::shared_ptr<const Secrets> of_bytes(std::span<const uint8_t> message,
                                                 std::string& error);
  ~Secrets();
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;

  uint64_t generation() const noexcept { return generation_; }
  std::optional<TokenKeys> token_keys(std::string_view tenant) const noexcept;
  std::optional<std::span<const uint8_t>> subject_key(std::string_view tenant) const noexcept;
  // SubjectEpoch entries, checked; empty: none.
  std::span<const uint8_t> subject_epochs(std::string_view tenant) const noexcept;
  std::optional<std::span<const uint8_t>> vendor_credential(std::string_view name) const noexcept;
  std::optional<std::span<const uint8_t>> ticket_key() const noexcept;
  std::optional<std::span<const uint8_t>> vault_key() const noexcept;       // all zero: sealed
  std::optional<std::span<const uint8_t>> dictionary_key() const noexcept;  // 32 bytes
  std::string_view server_certificate_pem() const noexcept;                 // empty: none
  std::string_view server_key_pem() const noexcept;
  bool has_gateway_hmac_key() const noexcept;
  // HMAC-SHA256(gateway HMAC key, presented). REQUIRES: has_gateway_hmac_key().
  std::array<uint8_t, 32> hmac_of_key(std::string_view presented) const noexcept;

 private:
  Secrets() = default;
  struct Entry {
    contract::SecretKind kind;
    uint8_t rank;
    std::string_view epoch;
    std::string_view name;
    std::span<const uint8_t> value;
  };
  bool index(std::string& error);
  const Entry* find(contract::SecretKind kind, std::string_view name, uint8_t rank) const noexcept;

  uint8_t* memory_ = nullptr;  // anonymous mapping of mapped_bytes_
  size_t mapped_bytes_ = 0;
  size_t message_bytes_ = 0;
  uint64_t generation_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace sallyport::policy
