#include "controlplane/restore/recall_sealer.h"

#include <algorithm>
#include <cstring>

namespace sallyport::restore {

using contract::RecallAnswer;
using vault::Secret;

bool RecallSealer::seal(const std::array<uint8_t, contract::kRecallKeyBytes>& worker_key,
                        std::span<const uint8_t> value, RecallAnswer& answer) {
  auto found = std::find_if(keys_.begin(), keys_.end(),
                            [&](const Key& one) { return one.worker_key == worker_key; });
  if (found == keys_.end()) {
    const Secret own = vault::random_secret(vault::kKeyBytes);
    const auto shared = vault::agree(own, worker_key);
    if (!shared) return false;
    Key made;
    made.worker_key = worker_key;
    made.sender_key = vault::public_half(own);
    const Secret prk = vault::hmac(vault::bytes_of(contract::kRecallSalt), *shared);
    std::vector<uint8_t> info;
    const auto add = [&](std::span<const uint8_t> bytes) {
      info.insert(info.end(), bytes.begin(), bytes.end());
    };
    add(vault::bytes_of(contract::kRecallInfo));
    add(made.worker_key);
    add(made.sender_key);
    info.push_back(1);
    made.key = vault::hmac(prk, info);
    if (keys_.size() >= kRecallKeysMax) keys_.pop_back();
    keys_.push_front(std::move(made));
    found = keys_.begin();
  }
  keys_.splice(keys_.begin(), keys_, found);
  const Key& key = keys_.front();
  answer.sender_key = key.sender_key;
  answer.value_bytes = static_cast<uint16_t>(value.size());
  std::array<uint8_t, vault::kNonceBytes> nonce{};
  std::memcpy(nonce.data(), &answer.number, sizeof answer.number);
  const std::vector<uint8_t> sealed =
      vault::gcm_seal(key.key, nonce, contract::recall_bound(answer), value);
  std::copy(sealed.begin(), sealed.end(), answer.sealed.begin());
  return true;
}

}  // namespace sallyport::restore
