#include "controlplane/vault/secret.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>

namespace sallyport::vault {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using Pkey = std::unique_ptr<EVP_PKEY, Free>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Free>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Free>;
using Bio = std::unique_ptr<BIO, Free>;

constexpr std::string_view kToHolder = "sallyport sealed to a holder v1";

[[noreturn]] void refused(const char* what) {
  throw VaultError("openssl", std::string("OpenSSL refused: ") + what);
}

Pkey private_pkey(std::span<const uint8_t> key) {
  Pkey made(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, key.data(), key.size()));
  if (made == nullptr) refused("an X25519 private key");
  return made;
}

// The key of one seal_to(): its shared secret is never used for anything else.
Secret holder_key(const Secret& shared, std::span<const uint8_t> ephemeral,
                  std::string_view context) {
  const Secret prk = hmac(bytes_of(kToHolder), shared);
  std::vector<uint8_t> info(ephemeral.begin(), ephemeral.end());
  info.insert(info.end(), context.begin(), context.end());
  info.push_back(1);
  return hmac(prk, info);
}

}  // namespace

void random_fill(std::span<uint8_t> out) {
  if (RAND_priv_bytes(out.data(), static_cast<int>(out.size())) != 1) refused("random bytes");
}

Secret random_secret(size_t bytes) {
  Secret out(bytes);
  random_fill(out);
  return out;
}

Digest sha256(std::span<const uint8_t> bytes) {
  Digest out{};
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1)
    refused("SHA-256");
  return out;
}

Secret hmac(std::span<const uint8_t> key, std::span<const uint8_t> bytes) {
  Secret out(kKeyBytes);
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(),
           out.data(), &size) == nullptr ||
      size != out.size())
    refused("HMAC-SHA256");
  return out;
}

std::string hex(std::span<const uint8_t> bytes) {
  std::string out;
  for (const uint8_t byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::optional<Secret> from_hex(std::string_view text, size_t bytes) {
  if (text.size() != 2 * bytes) return std::nullopt;
  const auto digit = [](char c) {
    const size_t at = std::string_view("0123456789abcdefABCDEF").find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at < 16 ? at : at - 6);
  };
  Secret out(bytes);
  for (size_t i = 0; i < bytes; ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return out;
}

std::vector<uint8_t> gcm_seal(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
                              std::span<const uint8_t> associated, std::span<const uint8_t> plain) {
  const Cipher cipher(EVP_CIPHER_CTX_new());
  std::vector<uint8_t> out(plain.size() + kTagBytes);
  int size = 0;
  const bool ok =
      key.size() == kKeyBytes && nonce.size() == kNonceBytes && cipher != nullptr &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, associated.data(),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), out.data(), &size, plain.data(),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), out.data() + plain.size(), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                          out.data() + plain.size()) == 1;
  if (!ok) refused("AES-256-GCM");
  return out;
}

std::optional<Secret> gcm_open(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
                               std::span<const uint8_t> associated,
                               std::span<const uint8_t> sealed) {
  if (key.size() != kKeyBytes || nonce.size() != kNonceBytes || sealed.size() < kTagBytes)
    return std::nullopt;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  Secret out(sealed.size() - kTagBytes + 1);  // never empty: OpenSSL wants a place to write to
  std::array<uint8_t, kTagBytes> tag;
  std::copy(sealed.end() - kTagBytes, sealed.end(), tag.begin());
  int size = 0;
  const bool ok =
      cipher != nullptr &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, associated.data(),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), out.data(), &size, sealed.data(),
                        static_cast<int>(sealed.size() - kTagBytes)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), out.data() + out.size() - 1, &size) == 1;
  if (!ok) return std::nullopt;
  out.pop_back();
  return out;
}

PublicKey public_half(std::span<const uint8_t> private_key) {
  const Pkey key = private_pkey(private_key);
  PublicKey out{};
  size_t size = out.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) != 1 || size != out.size())
    refused("an X25519 public key");
  return out;
}

std::optional<Secret> agree(std::span<const uint8_t> private_key, std::span<const uint8_t> peer) {
  const Pkey own = private_pkey(private_key);
  const Pkey other(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer.data(), peer.size()));
  const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr));
  Secret shared(kKeyBytes);
  size_t size = shared.size();
  // OpenSSL refuses a shared secret of zeros: a peer of small order gets nothing.
  const bool ok =
      other != nullptr && context != nullptr && EVP_PKEY_derive_init(context.get()) == 1 &&
      EVP_PKEY_derive_set_peer(context.get(), other.get()) == 1 &&
      EVP_PKEY_derive(context.get(), shared.data(), &size) == 1 && size == shared.size();
  if (!ok) return std::nullopt;
  return shared;
}

std::vector<uint8_t> seal_to(const PublicKey& holder, std::string_view context,
                             std::span<const uint8_t> plain) {
  const Secret own = random_secret(kKeyBytes);
  const PublicKey ephemeral = public_half(own);
  const std::optional<Secret> shared = agree(own, holder);
  if (!shared) throw VaultError("bad_public_key", "this public key cannot be encrypted to");
  const std::array<uint8_t, kNonceBytes> nonce{};  // the key is used once
  const std::vector<uint8_t> sealed =
      gcm_seal(holder_key(*shared, ephemeral, context), nonce, bytes_of(context), plain);
  std::vector<uint8_t> out(ephemeral.size() + sealed.size());
  std::copy(sealed.begin(), sealed.end(),
            std::copy(ephemeral.begin(), ephemeral.end(), out.begin()));
  return out;
}

std::optional<Secret> open_from(std::span<const uint8_t> private_key, std::string_view context,
                                std::span<const uint8_t> sealed) {
  if (sealed.size() < kKeyBytes + kTagBytes) return std::nullopt;
  const auto ephemeral = sealed.first(kKeyBytes);
  const std::optional<Secret> shared = agree(private_key, ephemeral);
  if (!shared) return std::nullopt;
  const std::array<uint8_t, kNonceBytes> nonce{};
  return gcm_open(holder_key(*shared, ephemeral, context), nonce, bytes_of(context),
                  sealed.subspan(kKeyBytes));
}

std::optional<PublicKey> read_public_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Pkey key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  PublicKey out{};
  size_t size = out.size();
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_X25519 ||
      EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) != 1)
    return std::nullopt;
  return out;
}

std::optional<Secret> read_private_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Pkey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  Secret out(kKeyBytes);
  size_t size = out.size();
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_X25519 ||
      EVP_PKEY_get_raw_private_key(key.get(), out.data(), &size) != 1)
    return std::nullopt;
  return out;
}

}  // namespace sallyport::vault
