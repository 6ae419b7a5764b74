// vault_rows.h: rows of the vault's tables as bytes, and the keys they stand under.
//
// Each row has a check over itself and its key (version 2; rows of version 1 are read as they are,
// and get theirs when they are written again). A row that a disk changed is RowDamaged: it is no
// answer and no right, and whoever goes through many rows goes on with the next one.
#pragma once

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/vault/vault_store.h"

namespace sallyport::vault {

inline constexpr uint32_t kRowVersion = 2;
inline constexpr uint32_t kRowVersionOldest = 1;
inline bool is_row_version(uint32_t version) {
  return version >= kRowVersionOldest && version <= kRowVersion;
}

template <class T>
std::string_view view_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
template <size_t N>
std::string_view view_of(const std::array<char, N>& value) {
  return {value.data(), N};
}
template <size_t N>
std::string_view view_of(const std::array<uint8_t, N>& value) {
  return {reinterpret_cast<const char*>(value.data()), N};
}

// --- keys ----------------------------------------------------------------------------------------

std::string token_key(const std::string& tenant, const TokenCore& core);
std::string age_key(const std::string& tenant, uint64_t last_ns, const TokenCore& core);
std::string subject_key_of(const std::string& tenant, const SubjectId& subject);
// Of all groups of a tenant, and of the members of one.
std::string group_prefix(const std::string& tenant);
std::string member_prefix(const std::string& tenant, const GroupId& group);
// Names of tenants have no zero byte, so a tenant's keys are one span of a table.
std::string tenant_prefix(const std::string& tenant);
TokenCore core_of(std::string_view bytes);

// Keys taken apart; nothing when they do not have that form.
struct AgeKey {
  std::string tenant;
  uint64_t last_ns = 0;
  TokenCore core{};
  static std::optional<AgeKey> read(std::string_view key);
};
struct TokenKey {
  std::string tenant;
  TokenCore core{};
  static std::optional<TokenKey> read(std::string_view key);
};
struct SubjectKey {
  std::string tenant;
  SubjectId subject{};
  static std::optional<SubjectKey> read(std::string_view key);
};

// What a row is called where damage is told: its table, its tenant, and a short name of its key.
std::string name_of_row(const char* what, std::string_view key);

// --- rows ----------------------------------------------------------------------------------------

struct VaultStore::TokenRow {
  uint32_t version = kRowVersion;
  uint32_t slot = 0;
  uint64_t key_id = 0;
  SubjectId subject{};
  uint64_t created_ns = 0;
  uint64_t last_ns = 0;
  uint64_t request_high = 0;
  uint64_t request_low = 0;
  contract::BoundedText<63> entity{};
  contract::BoundedText<31> vendor{};
  contract::BoundedText<23> environment{};
  uint16_t principal_count = 0;
  uint16_t sealed_bytes = 0;
  uint32_t check = 0;  // of all of the row, with zero here
};

struct VaultStore::SubjectRow {
  uint32_t version = kRowVersion;
  uint32_t slot = 0;
  uint64_t key_id = 0;  // 0: no key
  uint64_t created_ns = 0;
  uint64_t last_ns = 0;
  uint64_t tokens = 0;
  uint64_t erased_ns = 0;
  uint64_t erased_serial = 0;
  uint64_t check = 0;  // of all before it; not in version 1

  static SubjectRow read(std::string_view key, std::string_view bytes);  // throws RowDamaged
  std::string bytes(std::string_view key);
};

// A token's row taken apart.
struct VaultStore::Row {
  TokenRow head;
  std::vector<contract::BoundedText<63>> principals;
  std::string nonce_and_sealed;

  static Row read(std::string_view key, std::string_view bytes);  // throws RowDamaged
  std::string bytes(std::string_view key);
  void add_principal(std::string_view name);
  // What the sealed value is bound to.
  std::string associated(const std::string& tenant, const TokenCore& core) const;
};

// False: there is none. Throws RowDamaged for one of another size.
template <class T>
bool read_plain(std::string_view key, std::optional<std::string_view> bytes, T& out) {
  if (!bytes) return false;
  if (bytes->size() != sizeof out) throw RowDamaged(name_of_row("row", key));
  std::memcpy(&out, bytes->data(), sizeof out);
  return true;
}

}  // namespace sallyport::vault
