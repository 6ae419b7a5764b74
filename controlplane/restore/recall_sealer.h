// recall_sealer.h: seals a value of the vault to the key of the worker that asked for it
// (dataplane/contract/recall_layout.h has the formulas). A fresh pair of ours for each key of a
// worker; the least recently used are forgotten.
// Owner  one thread.
#pragma once

#include <list>
#include <span>

#include "controlplane/vault/secret.h"
#include "dataplane/contract/recall_layout.h"

namespace sallyport::restore {

// Keys of workers at once: each has two in use.
inline constexpr size_t kRecallKeysMax = 2 * 256;

class RecallSealer {
 public:
  // Fills sender_key, value_bytes and what is sealed; all other fields of `answer`, its number too,
  // are set before and bound in. False: the worker's key is none. REQUIRES: the value fits.
  [[nodiscard]] bool seal(const std::array<uint8_t, contract::kRecallKeyBytes>& worker_key,
                          std::span<const uint8_t> value, contract::RecallAnswer& answer);

 private:
  struct Key {
    std::array<uint8_t, contract::kRecallKeyBytes> worker_key{};
    vault::PublicKey sender_key{};
    vault::Secret key;
  };
  std::list<Key> keys_;  // last used first
};

}  // namespace sallyport::restore
