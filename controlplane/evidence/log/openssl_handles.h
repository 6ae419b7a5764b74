// openssl_handles.h: what signs checkpoints and what verifies them share: owners of OpenSSL's
// objects, the lengths of an Ed25519 key, and how a key file is refused.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace sallyport::evidence_log {

inline constexpr size_t kEd25519KeyBytes = 32;  // RFC 8032 5.1.5
inline constexpr size_t kEd25519SignatureBytes = 64;

struct FreeHandle {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeHandle>;
using BioHandle = std::unique_ptr<BIO, FreeHandle>;
using DigestHandle = std::unique_ptr<EVP_MD_CTX, FreeHandle>;

inline std::runtime_error key_failure(const std::filesystem::path& path, const std::string& why) {
  return std::runtime_error(path.string() + ": " + why);
}

}  // namespace sallyport::evidence_log
