#include "controlplane/vault/vault_rows.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "dataplane/base/hash.h"

namespace sallyport::vault {
namespace {

constexpr std::string_view kGroupMark = "g";
constexpr size_t kTimeBytes = 8;

// Of a row under its key, so that one in a wrong place is none either. Against a disk, not against
// people: who may write here has other ways.
uint64_t check_of(std::string_view key, std::string_view row) {
  const std::string both = std::string(key).append(row);
  return base::siphash13({}, bytes_of(both)) | 1;  // never zero
}

std::string big_endian(uint64_t value) {
  std::string out(kTimeBytes, '\0');
  for (size_t i = out.size(); i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 0xff);
  return out;
}
uint64_t from_big_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes.substr(0, kTimeBytes)) value = (value << 8) | static_cast<uint8_t>(c);
  return value;
}

}  // namespace

std::string tenant_prefix(const std::string& tenant) { return tenant + '\0'; }

std::string token_key(const std::string& tenant, const TokenCore& core) {
  return tenant_prefix(tenant).append(view_of(core));
}
std::string age_key(const std::string& tenant, uint64_t last_ns, const TokenCore& core) {
  return tenant_prefix(tenant).append(big_endian(last_ns)).append(view_of(core));
}
std::string subject_key_of(const std::string& tenant, const SubjectId& subject) {
  return tenant_prefix(tenant).append(view_of(subject));
}
std::string group_prefix(const std::string& tenant) {
  return tenant_prefix(tenant).append(kGroupMark);
}
std::string member_prefix(const std::string& tenant, const GroupId& group) {
  return group_prefix(tenant).append(view_of(group));
}

TokenCore core_of(std::string_view bytes) {
  TokenCore core{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), core.size()), core.begin());
  return core;
}

std::optional<AgeKey> AgeKey::read(std::string_view key) {
  const size_t end = key.find('\0');
  AgeKey out;
  if (end == std::string_view::npos || key.size() != end + 1 + kTimeBytes + out.core.size())
    return std::nullopt;
  out.tenant = key.substr(0, end);
  out.last_ns = from_big_endian(key.substr(end + 1));
  out.core = core_of(key.substr(end + 1 + kTimeBytes));
  return out;
}

std::optional<TokenKey> TokenKey::read(std::string_view key) {
  const size_t end = key.find('\0');
  TokenKey out;
  if (end == std::string_view::npos || key.size() != end + 1 + out.core.size()) return std::nullopt;
  out.tenant = key.substr(0, end);
  out.core = core_of(key.substr(end + 1));
  return out;
}

std::optional<SubjectKey> SubjectKey::read(std::string_view key) {
  const size_t end = key.find('\0');
  SubjectKey out;
  if (end == std::string_view::npos || key.size() != end + 1 + out.subject.size())
    return std::nullopt;
  out.tenant = key.substr(0, end);
  std::memcpy(out.subject.data(), key.data() + end + 1, out.subject.size());
  return out;
}

// The key's own bytes (a token, a pseudonym) are nobody's business here; its hash finds it again.
std::string name_of_row(const char* what, std::string_view key) {
  std::string tenant(key.substr(0, std::min(key.find('\0'), key.size())));
  const bool is_name = !tenant.empty() && std::all_of(tenant.begin(), tenant.end(),
                                                      [](char c) { return c > ' ' && c < '\x7f'; });
  if (!is_name) tenant = "?";
  const std::string short_name = big_endian(base::siphash13({}, bytes_of(key)));
  return std::string(what) + " " + hex(bytes_of(short_name)) + " of tenant " + tenant;
}

VaultStore::Row VaultStore::Row::read(std::string_view key, std::string_view bytes) {
  const auto damaged = [&] { throw RowDamaged(name_of_row("token", key)); };
  Row row;
  if (bytes.size() < sizeof(TokenRow)) damaged();
  std::memcpy(&row.head, bytes.data(), sizeof(TokenRow));
  const uint32_t said = std::exchange(row.head.check, 0);
  const std::string_view rest = bytes.substr(sizeof(TokenRow));
  if (row.head.version > 1 &&
      said != static_cast<uint32_t>(check_of(key, std::string(view_of(row.head)).append(rest))))
    damaged();
  const size_t principals = row.head.principal_count * sizeof(contract::BoundedText<63>);
  if (!is_row_version(row.head.version) || row.head.principal_count > kPrincipalsPerTokenMax ||
      rest.size() != principals + row.head.sealed_bytes || !row.head.entity.valid() ||
      !row.head.vendor.valid() || !row.head.environment.valid())
    damaged();
  row.principals.resize(row.head.principal_count);
  if (principals > 0) std::memcpy(row.principals.data(), rest.data(), principals);
  row.nonce_and_sealed = rest.substr(principals);
  return row;
}

std::string VaultStore::Row::bytes(std::string_view key) {
  static_assert(std::has_unique_object_representations_v<TokenRow>);  // all of it is checked
  head.version = kRowVersion;
  head.check = 0;
  head.principal_count = static_cast<uint16_t>(principals.size());
  head.sealed_bytes = static_cast<uint16_t>(nonce_and_sealed.size());
  std::string rest;
  for (const auto& principal : principals) rest.append(view_of(principal));
  rest.append(nonce_and_sealed);
  head.check = static_cast<uint32_t>(check_of(key, std::string(view_of(head)).append(rest)));
  return std::string(view_of(head)).append(rest);
}

void VaultStore::Row::add_principal(std::string_view name) {
  for (const auto& known : principals)
    if (known.view() == name) return;
  if (principals.size() == kPrincipalsPerTokenMax) principals.erase(principals.begin());
  principals.emplace_back().assign(name);
}

std::string VaultStore::Row::associated(const std::string& tenant, const TokenCore& core) const {
  std::string out = token_key(tenant, core);
  out.append(view_of(head.subject)).append(head.entity.view());
  return out;
}

VaultStore::SubjectRow VaultStore::SubjectRow::read(std::string_view key, std::string_view bytes) {
  constexpr size_t kCounted = offsetof(SubjectRow, check);
  const bool checked = bytes.size() == sizeof(SubjectRow);
  if (!checked && bytes.size() != kCounted) throw RowDamaged(name_of_row("subject", key));
  SubjectRow row;
  std::memcpy(&row, bytes.data(), bytes.size());
  if (!is_row_version(row.version) || checked != (row.version > 1) ||
      (checked && row.check != check_of(key, bytes.substr(0, kCounted))))
    throw RowDamaged(name_of_row("subject", key));
  return row;
}

std::string VaultStore::SubjectRow::bytes(std::string_view key) {
  version = kRowVersion;
  check = check_of(key, view_of(*this).substr(0, offsetof(SubjectRow, check)));
  return std::string(view_of(*this));
}

}  // namespace sallyport::vault
