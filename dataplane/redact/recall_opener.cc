#include "dataplane/redact/recall_opener.h"

#include <openssl/evp.h>

#include <cstring>
#include <utility>

#include "dataplane/base/bytes.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/redact/keyed_mac.h"

namespace sallyport::redact {
namespace {

using contract::RecallAnswer;

EVP_PKEY* key_of(void* key) { return static_cast<EVP_PKEY*>(key); }
EVP_CIPHER_CTX* cipher_of(void* context) { return static_cast<EVP_CIPHER_CTX*>(context); }

bool agree(EVP_PKEY* own, std::span<const uint8_t> peer_half, Mac& shared) {
  EVP_PKEY* peer =
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer_half.data(), peer_half.size());
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr);
  size_t size = shared.size();
  const bool ok = peer != nullptr && context != nullptr && EVP_PKEY_derive_init(context) == 1 &&
                  EVP_PKEY_derive_set_peer(context, peer) == 1 &&
                  EVP_PKEY_derive(context, shared.data(), &size) == 1 && size == shared.size();
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(peer);
  return ok;
}

template <class Feed>
bool mac_once(std::span<const uint8_t> key, Mac& out, Feed feed) {
  void* state = make_keyed_state(key);
  if (state == nullptr) return false;
  MacRun run(state);
  feed(run);
  const bool ok = run.finish(out);
  free_keyed_state(state);
  return ok;
}

}  // namespace

RecallOpener::~RecallOpener() {
  for (Pair& pair : pairs_) release(pair);
}

void RecallOpener::release(Pair& pair) noexcept {
  EVP_PKEY_free(key_of(pair.own));
  EVP_CIPHER_CTX_free(cipher_of(pair.cipher));
  pair = Pair{};
}

bool RecallOpener::renew(base::Instant now) noexcept {
  if (pairs_[0].own != nullptr && now < until_) return true;
  Pair made;
  made.serial = pairs_[0].serial + 1;
  made.own = EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519");
  size_t size = made.public_half.size();
  if (made.own == nullptr ||
      EVP_PKEY_get_raw_public_key(key_of(made.own), made.public_half.data(), &size) != 1) {
    release(made);
    return false;
  }
  release(pairs_[1]);
  pairs_[1] = std::exchange(pairs_[0], made);
  until_ = base::after_ms(now, kRecallPairMsMax);
  return true;
}

bool RecallOpener::key_for(Pair& pair,
                           const std::array<uint8_t, contract::kRecallKeyBytes>& sender) {
  if (pair.cipher != nullptr && pair.sender == sender) return true;
  EVP_CIPHER_CTX_free(cipher_of(pair.cipher));
  pair.cipher = nullptr;
  Mac shared{}, prk{}, key{};
  constexpr std::array<uint8_t, 1> kFirstBlock{1};
  bool ok =
      agree(key_of(pair.own), sender, shared) &&
      mac_once(base::bytes_of(contract::kRecallSalt), prk, [&](MacRun& run) { run.raw(shared); }) &&
      mac_once(prk, key, [&](MacRun& run) {
        run.raw(base::bytes_of(contract::kRecallInfo));
        run.raw(pair.public_half);
        run.raw(sender);
        run.raw(kFirstBlock);
      });
  EVP_CIPHER_CTX* cipher = ok ? EVP_CIPHER_CTX_new() : nullptr;
  ok = cipher != nullptr &&
       EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), nullptr, key.data(), nullptr) == 1;
  mem::wipe(shared);
  mem::wipe(prk);
  mem::wipe(key);
  if (!ok) {
    EVP_CIPHER_CTX_free(cipher);
    return false;
  }
  pair.cipher = cipher;
  pair.sender = sender;
  return true;
}

bool RecallOpener::open(const RecallAnswer& answer, std::span<uint8_t> out) noexcept {
  if (answer.value_bytes == 0 || out.size() != answer.value_bytes) return false;
  for (Pair& pair : pairs_) {
    if (pair.own == nullptr || pair.serial != answer.key_serial) continue;
    if (!key_for(pair, answer.sender_key)) return false;
    std::array<uint8_t, 12> nonce{};
    std::memcpy(nonce.data(), &answer.number, sizeof answer.number);
    const std::span<const uint8_t> bound = contract::recall_bound(answer);
    std::array<uint8_t, contract::kRecallTagBytes> tag;
    std::memcpy(tag.data(), answer.sealed.data() + out.size(), tag.size());
    int written = 0;
    EVP_CIPHER_CTX* cipher = cipher_of(pair.cipher);
    const bool ok = EVP_DecryptInit_ex(cipher, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
                    EVP_DecryptUpdate(cipher, nullptr, &written, bound.data(),
                                      static_cast<int>(bound.size())) == 1 &&
                    EVP_DecryptUpdate(cipher, out.data(), &written, answer.sealed.data(),
                                      static_cast<int>(out.size())) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag.size()),
                                        tag.data()) == 1 &&
                    EVP_DecryptFinal_ex(cipher, out.data() + written, &written) == 1;
    if (!ok) mem::wipe(out);
    return ok;
  }
  return false;
}

}  // namespace sallyport::redact
