// shares.h: the key-encryption key under several hands: n shares, any k of them bring it back.
//
// libgfshare does the sharing; it says nothing when it is given too few shares or wrong ones, so
// what is shared is an envelope: the key and a digest over it and the set's name. Each share is
// sealed to one custodian's X25519 public key; two of them are never readable in one place but in
// combine().
#pragma once

#include <string>
#include <vector>

#include "controlplane/vault/key_slots.h"

namespace sallyport::vault {

inline constexpr size_t kSharesMax = 32;  // custodians; more than a ceremony can gather
inline constexpr size_t kShareSetBytes = 16;

// What anybody may read of a share. It is bound into the seal.
struct ShareLabel {
  std::array<uint8_t, kShareSetBytes> set{};  // random: shares of two splits do not mix
  uint32_t generation = 0;                    // of the key-encryption key
  uint8_t count = 0;                          // n
  uint8_t threshold = 0;                      // k
  uint8_t index = 0;                          // from 1
  std::string custodian;                      // fingerprint of the public key
  std::string context() const;
};
struct SealedShare {
  ShareLabel label;
  std::vector<uint8_t> sealed;
};
struct Share {
  ShareLabel label;
  Secret bytes;
};

// First 8 bytes of the SHA-256 of a public key, hex.
std::string fingerprint(const PublicKey& key);
// Tells a key-encryption key without saying anything of it: 8 bytes of a keyed hash, hex.
std::string kek_fingerprint(const Kek& kek);

// One for each custodian. Throws VaultError: "bad_threshold", "custodian_twice".
std::vector<SealedShare> split_kek(const Kek& kek, unsigned threshold,
                                   const std::vector<PublicKey>& custodians);
// Throws VaultError "share_not_yours": it is sealed to another key, or was changed.
Share open_share(const SealedShare& share, std::span<const uint8_t> private_key);
// Throws VaultError: "share_too_few", "share_foreign" (of another split), "share_duplicate",
// "share_wrong" (they do not give the key that was split).
Kek combine_shares(const std::vector<Share>& shares);

// The file that a custodian keeps: JSON, one object.
std::string share_text(const SealedShare& share);
SealedShare parse_share(std::string_view text);  // throws VaultError "share_unreadable"

// A copy of the key-encryption key for one holder, against the loss of this host.
std::string backup_text(const Kek& kek, const PublicKey& holder, const std::string& node);
struct Backup {
  std::string node, holder, kek_fingerprint;
  uint32_t generation = 0;
  std::vector<uint8_t> sealed;
};
Backup parse_backup(std::string_view text);  // throws VaultError "backup_unreadable"
// Throws VaultError "backup_not_yours".
Kek open_backup(const Backup& backup, std::span<const uint8_t> private_key);

}  // namespace sallyport::vault
