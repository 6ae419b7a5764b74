// mapping_sealer.h: seals what tokens stand for to the vault's public key, in the worker
// (contract/mapping_record.h has the bytes and the formulas).
//
//   sealer.use_key(public_key, now)   once per exchange: a new key pair after a minute, or when the
//                                     vault's key is another one
//   sealer.begin(request)             one key per request
//   sealer.add(...) ... sealer.seal(header fields, out)     batch by batch
//
// Only use_key() allocates (inside OpenSSL), at most once a minute and once per key of the vault;
// everything else runs on prepared states: measured in bench/micro (mapping_seal).
// Plaintext lies in one buffer of this object, wiped by seal(), begin() and the destructor.
// Owner  one worker.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/base/time.h"
#include "dataplane/contract/mapping_record.h"
#include "dataplane/redact/keyed_mac.h"
#include "dataplane/redact/subject_hash.h"
#include "dataplane/redact/token.h"

namespace sallyport::redact {

// A worker's key pair lives so long: what was sealed before cannot be opened with what the worker
// still holds.
inline constexpr uint64_t kMappingPairMsMax = 60'000;

// Whose exchange. Views; used during begin().
struct MappingRequest {
  std::string_view tenant, principal, vendor, environment;
  uint64_t request_high = 0;
  uint64_t request_low = 0;
  std::array<char, kTokenEpochChars> epoch{};
};

class MappingSealer {
 public:
  MappingSealer() noexcept;
  ~MappingSealer();
  MappingSealer(const MappingSealer&) = delete;
  MappingSealer& operator=(const MappingSealer&) = delete;

  // False: OpenSSL refused the key; nothing can be sealed.
  [[nodiscard]] bool use_key(std::span<const uint8_t, contract::kMappingKeyBytes> vault_key,
                             base::Instant now) noexcept;
  // `first_batch`: next_batch() of this request's former begin(), or 0.
  [[nodiscard]] bool begin(const MappingRequest& request, uint32_t first_batch = 0) noexcept;
  uint32_t next_batch() const noexcept { return header_.batch; }

  // Bytes that this mapping takes in a batch; a batch holds kMappingPlainBytesMax at most.
  static size_t entry_bytes(std::string_view entity, size_t value_bytes) noexcept {
    return sizeof(contract::MappingEntry) + entity.size() + value_bytes;
  }
  static constexpr size_t kMappingPlainBytesMax =
      contract::kMappingBytesMax - contract::kMappingFixedBytes;

  // False: the batch is full; seal() it, then again. REQUIRES: entity_name and value within the
  // contract's limits.
  [[nodiscard]] bool add(const TokenCore& core, std::string_view entity, const Subject& subject,
                         std::span<const uint8_t> value) noexcept;
  bool empty() const noexcept { return count_ == 0; }
  // Of the batch as it is now, sealed.
  uint32_t sealed_bytes() const noexcept {
    return static_cast<uint32_t>(contract::kMappingFixedBytes + size_);
  }
  // Writes the batch and begins the next one. False: OpenSSL refused.
  // REQUIRES: not empty(), out.size() == sealed_bytes().
  [[nodiscard]] bool seal(const base::Clock& clock, std::span<uint8_t> out) noexcept;

 private:
  bool make_pair(std::span<const uint8_t, contract::kMappingKeyBytes> vault_key) noexcept;
  void clear_batch() noexcept;

  std::array<uint8_t, contract::kMappingKeyBytes> vault_key_{};
  base::Instant pair_until_;
  void* expand_ = nullptr;  // keyed_mac.h: HMAC under the pair's prk
  void* cipher_ = nullptr;  // EVP_CIPHER_CTX, AES-256-GCM
  contract::MappingHeader header_{};
  contract::MappingCaller caller_{};
  std::array<uint8_t, sizeof(contract::MappingCaller) + kMappingPlainBytesMax> plain_{};
  size_t size_ = 0;  // of entries
  uint16_t count_ = 0;
  bool keyed_ = false;
};

}  // namespace sallyport::redact
