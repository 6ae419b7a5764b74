// credentials.h: every secret of this host: where it lies, how it is made, and the message that
// hands all of them to the dataplane (contract/secrets_message.h).
//
//   credentials folder   the operator's, never written: gateway.pem, gateway.key, vendor.<name>
//   keys folder          ours (<state dir>/keys): what is generated at first use. A file of the
//                        same name in the credentials folder wins.
//     gateway-hmac.key      64 hex: HMAC key under which gateway keys stand in the bundle
//     tickets.key           160 hex: TLS session tickets
//     dictionary.key        64 hex: hashes of dictionary values in images (docs/decisions/005)
//     token.<tenant>.key    lines "EPOCH HEX64", current first, then the previous one
//     subject.<tenant>.key  64 hex: pseudonyms of subjects in evidence
//   <state dir>/known_keys  names of the keys that were in use: one that is gone is not made anew
//                        (known_keys.h), but for tickets.key
//
// Nothing here stays in memory between calls: files are read when a message is built. No message
// or error ever holds a value.
// Owner  one thread; two processes may create the same key at once, one of them wins.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/supervise/credentials/known_keys.h"
#include "controlplane/vault/secret_memory.h"
#include "dataplane/contract/secrets_message.h"

namespace sallyport::supervise {

// Something an operator should know; shown by `sallyctl status` and in the log.
struct Problem {
  std::string code;     // stable: "certificate_expires", "credential_missing", ...
  std::string message;  // what is wrong
  std::string hint;     // what to do
  friend bool operator==(const Problem&, const Problem&) = default;
};

struct CertificateState {
  int64_t not_before_s = 0;  // Unix seconds; all zero: no certificate
  int64_t not_after_s = 0;
  std::string subject;             // RFC 2253
  std::vector<std::string> names;  // DNS and IP names of the leaf
};

// What is to be said of it now: expired, expires within 30 days, not valid yet, or nothing.
std::optional<Problem> certificate_problem(const CertificateState& state, int64_t now_s);

// What a policy image asks for (image_names.h).
struct WantedSecrets {
  std::vector<std::string> tenants;
  std::vector<std::string> vendor_credentials;
  // X25519 public key of the vault; zeros: it is sealed; nothing: there is none.
  std::optional<std::array<uint8_t, 32>> vault_key = std::nullopt;
};

struct SecretsBuild {
  vault::Secret message;  // empty: it could not be built at all (too large, keys not writable)
  CertificateState certificate;
  size_t tenants = 0;  // with keys in the message
  size_t vendors = 0;  // credentials in the message
  std::vector<Problem> problems;
  // Something is there but wrong (mode, syntax, key and certificate differ): a reload keeps what
  // was in use. Missing files do not count: taking a vendor credential away is a decision.
  bool broken = false;
};

class Credentials {
 public:
  Credentials(std::filesystem::path credentials_folder, std::filesystem::path keys_folder);

  // Reads everything, generates what is missing and ours to generate, and lays out one message.
  SecretsBuild build(const WantedSecrets& wanted, uint64_t generation) const;
  // The key under which gateway keys are hashed; made when missing. Nothing: `error` says why.
  std::optional<vault::Secret> gateway_hmac_key(std::string& error) const;
  // The key under which a tenant's subjects are hashed; never made here. Nothing: `error` says why.
  std::optional<vault::Secret> subject_key(const std::string& tenant, std::string& error) const;
  // Each of these subjects (16 bytes) of a tenant enters a new epoch of its own: from the next
  // reading on its values get other tokens, and nobody else's do. Answers the newest of their
  // numbers. Nothing: `error` says why; "full": there is no room, next_token_epoch() is the way.
  std::optional<uint32_t> next_subject_epoch(const std::string& tenant,
                                             const std::vector<std::array<uint8_t, 16>>& subjects,
                                             std::string& error) const;
  // A new epoch of a tenant's token key in our own file: from the next reading on values get other
  // tokens; the former epoch is still verified. Nothing: `error` says why (an operator's file is
  // his to change).
  std::optional<std::string> next_token_epoch(const std::string& tenant, std::string& error) const;
  // The key under which a bundle with dictionaries is compiled; made when missing.
  std::optional<vault::Secret> dictionary_key(std::string& error) const;
  // Where the evidence log's signing key belongs. A key in the credentials folder is reached
  // through a link in the keys folder, because what lies beside it is written.
  std::filesystem::path evidence_key_file(std::string& error) const;

  // Changes when any file that build() reads was replaced, edited, added or removed.
  uint64_t fingerprint() const;

  const std::filesystem::path& credentials_folder() const { return credentials_folder_; }
  const std::filesystem::path& keys_folder() const { return keys_folder_; }

 private:
  struct Builder;
  // By subject; nothing: there is no such file, or (with `error`) it is damaged.
  std::optional<std::map<std::array<uint8_t, 16>, uint32_t>> subject_epochs(
      const std::string& tenant, std::string& error) const;
  // The text of a key file: the operator's, else ours, which is made from `fresh` when there never
  // was one.
  bool load_or_make(const std::string& name, const vault::Secret& fresh, vault::Secret& text,
                    std::string& error) const;
  std::optional<vault::Secret> hex_key(const std::string& name, size_t key_bytes,
                                       std::string& error) const;

  std::filesystem::path credentials_folder_;
  std::filesystem::path keys_folder_;
  KnownKeys known_;
};

// A name that may become part of a file name: letters, digits, '.', '_', '-', no leading dot.
bool is_file_word(std::string_view name);

}  // namespace sallyport::supervise
