#include "controlplane/policy/image/seeded_text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <memory>
#include <span>
#include <stdexcept>

#include "dataplane/contract/test_layout.h"

namespace sallyport::controlplane::policy {
namespace {

using Mac = std::array<uint8_t, contract::kSeedKeyBytes>;

const uint8_t* seed_bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

Mac seed_mac(std::span<const uint8_t> key, std::string_view text) {
  Mac out;
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), seed_bytes(text), text.size(),
           out.data(), &size) == nullptr)
    throw std::runtime_error("OpenSSL cannot compute an HMAC");
  return out;
}

}  // namespace

std::string sealed_seed(const DictionaryKey& dictionary_key, std::string_view name,
                        std::string_view text) {
  Mac key = seed_mac(dictionary_key, contract::kSeedKeyLabel);
  const Mac nonce = seed_mac(key, std::string(name) + '\0' + std::string(text));
  std::string out(reinterpret_cast<const char*>(nonce.data()), contract::kSeedNonceBytes);
  out.resize(contract::kSeedNonceBytes + text.size() + contract::kSeedTagBytes);
  auto* content = reinterpret_cast<uint8_t*>(out.data()) + contract::kSeedNonceBytes;
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int done = 0;
  const bool good =
      context != nullptr &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) ==
          1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &done, seed_bytes(name),
                        static_cast<int>(name.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), content, &done, seed_bytes(text),
                        static_cast<int>(text.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), content + text.size(), &done) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG,
                          static_cast<int>(contract::kSeedTagBytes), content + text.size()) == 1;
  OPENSSL_cleanse(key.data(), key.size());
  if (!good) throw std::runtime_error("OpenSSL cannot seal a seeded text");
  return out;
}

}  // namespace sallyport::controlplane::policy
