// recall_opener.h: the worker's end of a recall (contract/recall_layout.h): a key pair to which
// sallyportd seals values of earlier exchanges, and opening what came.
//
// Only renew() and the first answer under a new key of sallyportd allocate (inside OpenSSL): once a
// minute. The pair before stays usable for as long again, so that no answer under way is lost; an
// older private half is gone from memory.
// Owner  one worker.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/base/time.h"
#include "dataplane/contract/recall_layout.h"

namespace sallyport::redact {

inline constexpr uint64_t kRecallPairMsMax = 60'000;

class RecallOpener {
 public:
  RecallOpener() noexcept = default;
  ~RecallOpener();
  RecallOpener(const RecallOpener&) = delete;
  RecallOpener& operator=(const RecallOpener&) = delete;

  // A pair that is at most kRecallPairMsMax old. False: OpenSSL refused; nothing can be asked.
  [[nodiscard]] bool renew(base::Instant now) noexcept;
  // REQUIRES: renew() answered true.
  uint32_t serial() const noexcept { return pairs_[0].serial; }
  const std::array<uint8_t, contract::kRecallKeyBytes>& public_key() const noexcept {
    return pairs_[0].public_half;
  }

  // The value, in `out`, or nothing: not sealed to a key at hand, or changed on its way. The caller
  // has checked the form of `answer`; `out` holds value_bytes and is the caller's to wipe.
  [[nodiscard]] bool open(const contract::RecallAnswer& answer, std::span<uint8_t> out) noexcept;

 private:
  struct Pair {
    uint32_t serial = 0;  // 0: none
    void* own = nullptr;  // EVP_PKEY
    std::array<uint8_t, contract::kRecallKeyBytes> public_half{};
    std::array<uint8_t, contract::kRecallKeyBytes> sender{};
    void* cipher = nullptr;  // EVP_CIPHER_CTX, keyed for `sender`; null: not yet
  };
  static void release(Pair& pair) noexcept;
  static bool key_for(Pair& pair, const std::array<uint8_t, contract::kRecallKeyBytes>& sender);

  std::array<Pair, 2> pairs_;  // newest first
  base::Instant until_;
};

}  // namespace sallyport::redact
