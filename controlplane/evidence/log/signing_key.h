// signing_key.h: where the key that signs checkpoints is: a file of ours (Ed25519), or a PKCS#11
// token that never gives it out (ECDSA P-256: Debian's libp11 has no Ed25519).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sallyport::evidence_log {

// Persisted: C2SP signed-note's numbers.
enum class KeyType : uint8_t { Ed25519 = 1, Ecdsa = 2, Cosignature = 4 };

class SigningKey {
 public:
  virtual ~SigningKey() = default;
  virtual KeyType type() const = 0;
  // As a verifier key line holds it: 32 bytes, or a SubjectPublicKeyInfo in DER.
  virtual std::vector<uint8_t> public_key() const = 0;
  // Throws std::runtime_error; nothing is retried here.
  virtual std::vector<uint8_t> sign(std::span<const uint8_t> bytes) = 0;
};

// A PKCS#8 PEM file, refused unless a regular file without access for group and others.
std::unique_ptr<SigningKey> file_key(const std::filesystem::path& path);
void make_key_file(const std::filesystem::path& path);

struct TokenKeyOptions {
  std::filesystem::path module;    // the vendor's PKCS#11 library
  std::string token;               // label of the token
  std::string key;                 // label of the key pair
  std::filesystem::path pin_file;  // one line, root only
};
// Opens a session and finds the key. Throws std::runtime_error that says what is missing and how to
// make it. A lost session (token pulled, daemon restarted) is opened again once per signature.
std::unique_ptr<SigningKey> token_key(const TokenKeyOptions& options);

}  // namespace sallyport::evidence_log
