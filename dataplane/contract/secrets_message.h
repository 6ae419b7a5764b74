// secrets_message.h: what sallyportd hands to the dataplane in a sealed memfd: every secret in use.
//
//   SecretsHeader | entry_count times: SecretsEntry, name bytes, value bytes, padding to 8
//
// The memfd carries F_SEAL_WRITE, GROW, SHRINK and SEAL; the receiver checks that, copies into
// locked memory that is kept out of dumps, and closes it. A message is always complete: it replaces
// the one before.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::contract {

inline constexpr uint64_t kSecretsMagic = 0x3154455243455350;  // "PSECRET1"
inline constexpr uint32_t kSecretsVersion = 2;
inline constexpr size_t kSecretsBytesMax = 1U << 20;
inline constexpr size_t kSecretNameBytesMax = 128;

enum class SecretKind : uint16_t {
  TokenKey = 1,           // name: tenant; 32 bytes; epoch; rank 0 current, 1 previous
  VendorCredential = 2,   // name: credential name; the value of the auth header after its prefix
  GatewayHmacKey = 3,     // 32 bytes
  ServerCertificate = 4,  // PEM chain, leaf first
  ServerKey = 5,          // PEM
  SubjectKey = 6,         // name: tenant; 32 bytes: pseudonyms of subjects in evidence
  TicketKey = 7,          // 80 bytes: TLS session tickets
  VaultKey = 8,           // 32 bytes: X25519 public key of the vault; zeros: it is sealed
  DictionaryKey = 9,      // 32 bytes: hashes of dictionary values (docs/decisions/005)
  SubjectEpochs = 10      // name: tenant; SubjectEpoch entries, sorted; only where there are any
};

struct SecretsHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t entry_count;
  uint64_t total_bytes;
  uint64_t generation;  // grows with every message
};
static_assert(sizeof(SecretsHeader) == 32);

struct SecretsEntry {
  uint16_t kind;  // SecretKind
  uint8_t rank;
  char epoch[2];  // Crockford characters, TokenKey only
  uint8_t reserved[3];
  uint32_t name_bytes;
  uint32_t value_bytes;
};
static_assert(sizeof(SecretsEntry) == 16);

// A subject whose values have other tokens than before, from its `epoch` on (docs/vault.md 4). In
// ascending order of the subject, each once.
struct SubjectEpoch {
  uint8_t subject[16];
  uint32_t epoch;  // from 1
};
static_assert(sizeof(SubjectEpoch) == 20);
// Of one tenant: with more, all its values get other tokens (its token key begins a new epoch).
inline constexpr size_t kSubjectEpochsMax = 4'096;
static_assert(kSubjectEpochsMax * sizeof(SubjectEpoch) <= kSecretsBytesMax / 8);

}  // namespace sallyport::contract
