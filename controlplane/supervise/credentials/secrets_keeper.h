// secrets_keeper.h: the message of secrets that is in use, and when it must change.
//
// The last good message is kept as locked, sealed memory, so that a dataplane that connects again
// gets the same one although somebody is just replacing files. A reload that finds something broken
// changes nothing and says so.
// Owner  the main loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/supervise/credentials/credentials.h"
#include "controlplane/supervise/credentials/sealed_memory.h"

namespace sallyport::supervise {

class SecretsKeeper {
 public:
  // `first_generation` is above every generation that a living dataplane may know.
  SecretsKeeper(Credentials credentials, uint64_t first_generation)
      : credentials_(std::move(credentials)), next_generation_(first_generation) {}

  enum class Refreshed : uint8_t { Changed, Same, Kept /*broken: the former stays*/ };
  // Reads the files again for what `wanted` asks. Changed: send message() to the dataplane.
  Refreshed refresh(const WantedSecrets& wanted);

  // Goes into every message from the next refresh() on.
  void set_vault_key(const std::optional<std::array<uint8_t, 32>>& key) { vault_key_ = key; }

  // Everything that `wanted` names was asked for when message() was built.
  bool covers(const WantedSecrets& wanted) const;
  // Polled: true once after the files changed and then held still between two calls, so that a
  // pair of files that is just being replaced is not read halfway.
  bool files_changed();

  const std::optional<SealedMemory>& message() const noexcept { return message_; }
  uint64_t generation() const noexcept { return generation_; }
  const CertificateState& certificate() const noexcept { return certificate_; }
  size_t tenants() const noexcept { return tenants_; }
  size_t vendors() const noexcept { return vendors_; }
  const WantedSecrets& wanted() const noexcept { return wanted_; }
  const std::vector<Problem>& problems() const noexcept { return problems_; }
  const Credentials& credentials() const noexcept { return credentials_; }

 private:
  bool loses_certificate(const SecretsBuild& build) const;

  Credentials credentials_;
  uint64_t next_generation_;
  uint64_t generation_ = 0;  // of message_; 0: none yet
  std::optional<SealedMemory> message_;
  WantedSecrets wanted_;
  std::optional<std::array<uint8_t, 32>> vault_key_;
  CertificateState certificate_;
  size_t tenants_ = 0;
  size_t vendors_ = 0;
  std::vector<Problem> problems_;
  uint64_t seen_fingerprint_ = 0;
  uint64_t read_fingerprint_ = 0;
};

}  // namespace sallyport::supervise
