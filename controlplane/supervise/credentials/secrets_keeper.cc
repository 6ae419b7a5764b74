#include "controlplane/supervise/credentials/secrets_keeper.h"

#include <algorithm>
#include <cstring>

namespace sallyport::supervise {

namespace {

bool includes(std::vector<std::string> all, std::vector<std::string> some) {
  std::sort(all.begin(), all.end());
  std::sort(some.begin(), some.end());
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

// The header holds the generation, which differs always.
bool same_secrets(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  constexpr size_t kHeader = sizeof(contract::SecretsHeader);
  return a.size() == b.size() && a.size() >= kHeader &&
         std::memcmp(a.data() + kHeader, b.data() + kHeader, a.size() - kHeader) == 0;
}

}  // namespace

// Files that are replaced by removing and writing are gone for a moment; a gateway that has a
// certificate is never left without one because of that.
bool SecretsKeeper::loses_certificate(const SecretsBuild& build) const {
  return certificate_.not_after_s != 0 && build.certificate.not_after_s == 0;
}

SecretsKeeper::Refreshed SecretsKeeper::refresh(const WantedSecrets& wanted) {
  read_fingerprint_ = credentials_.fingerprint();
  WantedSecrets all = wanted;
  all.vault_key = vault_key_;
  SecretsBuild build = credentials_.build(all, next_generation_);
  problems_ = build.problems;
  // What was generated just now is no change to come.
  read_fingerprint_ = seen_fingerprint_ = credentials_.fingerprint();
  if (message_ && (build.broken || loses_certificate(build))) {
    problems_.push_back({"credentials_kept", "the credentials read before stay in use",
                         "repair what is said above"});
    return Refreshed::Kept;
  }
  certificate_ = build.certificate;
  tenants_ = build.tenants;
  vendors_ = build.vendors;
  wanted_ = wanted;
  if (build.message.empty()) return Refreshed::Kept;
  if (message_ && same_secrets(message_->bytes(), build.message)) return Refreshed::Same;
  std::string error;
  std::optional<SealedMemory> sealed =
      SealedMemory::make("sallyport-secrets", build.message, true, error);
  if (!sealed) {
    problems_.push_back({"secrets_memory", error, "is there memory left on this host?"});
    return Refreshed::Kept;
  }
  if (!sealed->is_locked())
    problems_.push_back({"secrets_not_locked", "secrets may be swapped to disk",
                         "run as root or with LimitMEMLOCK=infinity"});
  message_ = std::move(sealed);
  generation_ = next_generation_++;
  return Refreshed::Changed;
}

bool SecretsKeeper::covers(const WantedSecrets& wanted) const {
  return message_ && includes(wanted_.tenants, wanted.tenants) &&
         includes(wanted_.vendor_credentials, wanted.vendor_credentials);
}

bool SecretsKeeper::files_changed() {
  const uint64_t now = credentials_.fingerprint();
  const bool still = now == seen_fingerprint_;
  seen_fingerprint_ = now;
  if (!still || now == read_fingerprint_) return false;
  read_fingerprint_ = now;
  return true;
}

}  // namespace sallyport::supervise
