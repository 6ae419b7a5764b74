#include "controlplane/vault/vault_store.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "dataplane/base/hash.h"
#include "dataplane/base/time.h"

namespace sallyport::vault {
namespace {

using Table = Database::Table;

// Version 2 has a check in each row: what a disk changed is no answer, and no right (a principal's
// name). Rows of version 1 are read as they are, and get theirs when they are written again.
constexpr uint32_t kRowVersion = 2;
constexpr uint32_t kRowVersionOldest = 1;
constexpr std::string_view kMetaVersion = "version";
constexpr std::string_view kRetentionPrefix = "retention/";
constexpr std::string_view kGroupMark = "g";

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

// Names of tenants have no zero byte, so a tenant's keys are one span of the table.
std::string tenant_key(const std::string& tenant) { return tenant + '\0'; }

std::string big_endian(uint64_t value) {
  std::string out(8, '\0');
  for (size_t i = 8; i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 0xff);
  return out;
}
uint64_t from_big_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes.substr(0, 8)) value = (value << 8) | static_cast<uint8_t>(c);
  return value;
}

std::string token_key(const std::string& tenant, const TokenCore& core) {
  return tenant_key(tenant).append(view_of(core));
}
std::string age_key(const std::string& tenant, uint64_t last_ns, const TokenCore& core) {
  return tenant_key(tenant).append(big_endian(last_ns)).append(view_of(core));
}
std::string subject_key_of(const std::string& tenant, const SubjectId& subject) {
  return tenant_key(tenant).append(view_of(subject));
}
std::string member_prefix(const std::string& tenant, const GroupId& group) {
  return tenant_key(tenant).append(kGroupMark).append(view_of(group));
}

TokenCore core_of(std::string_view bytes) {
  TokenCore core{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), core.size()), core.begin());
  return core;
}

// Of a row under its key, so that one in a wrong place is none either. Against a disk, not against
// people: who may write here has other ways.
uint64_t check_of(std::string_view key, std::string_view row) {
  const std::string both = std::string(key).append(row);
  return base::siphash13({}, bytes_of(both)) | 1;  // never zero
}
bool is_row_version(uint32_t version) {
  return version >= kRowVersionOldest && version <= kRowVersion;
}

void damaged(const char* what) {
  throw VaultError("store_damaged", std::string("vault: a row is damaged: ") + what);
}

}  // namespace

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
};

// A token's row taken apart.
struct VaultStore::Row {
  TokenRow head;
  std::vector<contract::BoundedText<63>> principals;
  std::string nonce_and_sealed;

  static Row read(std::string_view key, std::string_view bytes) {
    Row row;
    if (bytes.size() < sizeof(TokenRow)) damaged("too short");
    std::memcpy(&row.head, bytes.data(), sizeof(TokenRow));
    const uint32_t said = std::exchange(row.head.check, 0);
    bytes.remove_prefix(sizeof(TokenRow));
    if (row.head.version > 1 && said != check_of_row(key, row.head, bytes))
      damaged("a token's was changed");
    const size_t principals = row.head.principal_count * sizeof(contract::BoundedText<63>);
    if (!is_row_version(row.head.version) || row.head.principal_count > kPrincipalsPerTokenMax ||
        bytes.size() != principals + row.head.sealed_bytes || !row.head.entity.valid() ||
        !row.head.vendor.valid() || !row.head.environment.valid())
      damaged("a token's");
    row.principals.resize(row.head.principal_count);
    if (principals > 0) std::memcpy(row.principals.data(), bytes.data(), principals);
    row.nonce_and_sealed = bytes.substr(principals);
    return row;
  }
  std::string bytes(std::string_view key) {
    static_assert(std::has_unique_object_representations_v<TokenRow>);  // all of it is checked
    head.version = kRowVersion;
    head.check = 0;
    head.principal_count = static_cast<uint16_t>(principals.size());
    head.sealed_bytes = static_cast<uint16_t>(nonce_and_sealed.size());
    std::string rest;
    for (const auto& principal : principals) rest.append(view_of(principal));
    rest.append(nonce_and_sealed);
    head.check = check_of_row(key, head, rest);
    return std::string(view_of(head)).append(rest);
  }
  static uint32_t check_of_row(std::string_view key, const TokenRow& head, std::string_view rest) {
    return static_cast<uint32_t>(check_of(key, std::string(view_of(head)).append(rest)));
  }
  bool add_principal(std::string_view name) {
    for (const auto& known : principals)
      if (known.view() == name) return false;
    if (principals.size() == kPrincipalsPerTokenMax) principals.erase(principals.begin());
    principals.emplace_back().assign(name);
    return true;
  }
  std::string associated(const std::string& tenant, const TokenCore& core) const {
    std::string out = token_key(tenant, core);
    out.append(view_of(head.subject)).append(head.entity.view());
    return out;
  }
};

namespace {

template <class T>
bool read_plain(std::optional<std::string_view> bytes, T& out) {
  if (!bytes) return false;
  if (bytes->size() != sizeof out) damaged("a size");
  std::memcpy(&out, bytes->data(), sizeof out);
  return true;
}

}  // namespace

// False: no such row, and `row` is as it was.
bool VaultStore::read_subject(std::string_view key, std::optional<std::string_view> bytes,
                              SubjectRow& row) {
  if (!bytes) return false;
  constexpr size_t kCounted = offsetof(SubjectRow, check);
  const bool checked = bytes->size() == sizeof row;
  if (!checked && bytes->size() != kCounted) damaged("a size");
  SubjectRow read;
  std::memcpy(&read, bytes->data(), bytes->size());
  if (!is_row_version(read.version) || checked != (read.version > 1) ||
      (checked && read.check != check_of(key, bytes->substr(0, kCounted))))
    damaged("a subject's was changed");
  row = read;
  return true;
}

bool VaultStore::get_subject(const Transaction& txn, std::string_view key, SubjectRow& row) {
  return read_subject(key, txn.get(Table::Subjects, key), row);
}

void VaultStore::put_subject(Transaction& txn, std::string_view key, SubjectRow row) {
  row.version = kRowVersion;
  row.check = check_of(key, view_of(row).substr(0, offsetof(SubjectRow, check)));
  txn.put(Table::Subjects, key, view_of(row));
}

VaultStore::VaultStore(const std::filesystem::path& folder, uint64_t map_bytes)
    : folder_(folder),
      database_({.folder = folder, .map_bytes = map_bytes}),
      keys_(folder / "subject.keys") {
  database_.write([&](Transaction& txn) {
    uint32_t version = kRowVersionOldest;
    read_plain(txn.get(Table::Meta, kMetaVersion), version);
    if (is_row_version(version))
      txn.put(Table::Meta, kMetaVersion, view_of(kRowVersion));
    else
      throw VaultError("other_version", "vault: the store is of version " +
                                            std::to_string(version) + ", this program knows " +
                                            std::to_string(kRowVersion));
  });
  load_retentions();
}

void VaultStore::load_retentions() {
  Transaction txn(database_, false);
  txn.scan(Table::Meta, kRetentionPrefix, [&](std::string_view key, std::string_view value) {
    uint64_t seconds = 0;
    read_plain(value, seconds);
    retention_s_[std::string(key.substr(kRetentionPrefix.size()))] = seconds;
    return true;
  });
}

uint64_t VaultStore::retention_s(const std::string& tenant) const {
  auto found = retention_s_.find(tenant);
  if (found == retention_s_.end()) found = retention_s_.find("");
  return found == retention_s_.end() ? kRetentionDefaultS : found->second;
}

void VaultStore::set_retention(const std::string& tenant, uint64_t seconds) {
  if (seconds < kRetentionMinS || seconds > kRetentionMaxS)
    throw VaultError("bad_retention", "a retention is from 15 minutes to 366 days");
  database_.write([&](Transaction& txn) {
    txn.put(Table::Meta, std::string(kRetentionPrefix) + tenant, view_of(seconds));
  });
  retention_s_[tenant] = seconds;
}

// --- put -----------------------------------------------------------------------------------------

PutResult VaultStore::put(const Keks& keks, const std::vector<Mapping>& mappings, uint64_t now_ns) {
  std::vector<KeySlots::Place> made;
  PutResult result;
  try {
    database_.write([&](Transaction& txn) {
      // A second round (the map grew) begins anew: keys of the first have no row.
      keys_.destroy(made);
      made.clear();
      result = {};
      for (const Mapping& mapping : mappings) put_one(txn, keks, mapping, now_ns, made, result);
      if (!made.empty()) keys_.sync();  // I1
    });
  } catch (...) {
    keys_.destroy(made);
    throw;
  }
  return result;
}

// The key of the mapping's subject; a new one when it has none, or its key no longer opens.
Secret VaultStore::subject_key(Transaction& txn, const Keks& keks, const Mapping& mapping,
                               uint64_t now_ns, SubjectRow& row,
                               std::vector<KeySlots::Place>& made) {
  (void)txn;
  if (row.key_id != 0) {
    bool broken = false;
    auto key = keys_.read(keks, {row.slot, row.key_id}, mapping.subject, &broken);
    if (key) return std::move(*key);
    if (broken) throw VaultError("key_damaged", "vault: a subject's key does not open");
  }
  Secret key = random_secret(kKeyBytes);
  const KeySlots::Place place = keys_.allocate(keks, mapping.subject, key);
  made.push_back(place);
  row.slot = place.slot;
  row.key_id = place.id;
  if (row.created_ns == 0 || row.tokens == 0) row.created_ns = now_ns;
  return key;
}

// A token that is there already and opens under the subject's key: kept, and younger again.
bool VaultStore::renew(Transaction& txn, const Mapping& mapping, const SubjectRow& subject,
                       uint64_t now_ns) {
  const std::string key = token_key(mapping.tenant, mapping.core);
  const auto found = txn.get(Table::Tokens, key);
  if (!found) return false;
  Row row = Row::read(key, *found);
  txn.remove(Table::ByAge, age_key(mapping.tenant, row.head.last_ns, mapping.core));
  if (row.head.key_id != subject.key_id || row.head.subject != mapping.subject) {
    txn.remove(Table::BySubject,
               subject_key_of(mapping.tenant, row.head.subject).append(view_of(mapping.core)));
    txn.remove(Table::Tokens, key);
    return false;
  }
  row.head.last_ns = std::max(row.head.last_ns, now_ns);
  row.add_principal(mapping.principal);
  txn.put(Table::Tokens, key, row.bytes(key));
  txn.put(Table::ByAge, age_key(mapping.tenant, row.head.last_ns, mapping.core), "");
  return true;
}

void VaultStore::put_one(Transaction& txn, const Keks& keks, const Mapping& mapping,
                         uint64_t now_ns, std::vector<KeySlots::Place>& made, PutResult& result) {
  const std::string subject_at = subject_key_of(mapping.tenant, mapping.subject);
  SubjectRow subject;
  const bool known = get_subject(txn, subject_at, subject);
  if (known && mapping.receive_serial < subject.erased_serial) {  // I3
    ++result.dropped;
    return;
  }
  const Secret data_key = subject_key(txn, keks, mapping, now_ns, subject, made);
  subject.last_ns = std::max(subject.last_ns, now_ns);
  subject.erased_ns = 0;
  if (renew(txn, mapping, subject, now_ns)) {
    ++result.renewed;
  } else {
    Row row;
    row.head.slot = subject.slot;
    row.head.key_id = subject.key_id;
    row.head.subject = mapping.subject;
    row.head.created_ns = row.head.last_ns = now_ns;
    row.head.request_high = mapping.request.high();
    row.head.request_low = mapping.request.low();
    row.head.entity.assign(mapping.entity);
    row.head.vendor.assign(mapping.vendor);
    row.head.environment.assign(mapping.environment);
    row.add_principal(mapping.principal);
    std::array<uint8_t, kNonceBytes> nonce;
    random_fill(nonce);
    const std::vector<uint8_t> sealed = gcm_seal(
        data_key, nonce, bytes_of(row.associated(mapping.tenant, mapping.core)), mapping.value);
    row.nonce_and_sealed.assign(view_of(nonce));
    row.nonce_and_sealed.append(sealed.begin(), sealed.end());
    const std::string key = token_key(mapping.tenant, mapping.core);
    txn.put(Table::Tokens, key, row.bytes(key));
    txn.put(Table::ByAge, age_key(mapping.tenant, now_ns, mapping.core), "");
    txn.put(Table::BySubject, std::string(subject_at).append(view_of(mapping.core)), "");
    ++subject.tokens;
    ++result.stored;
  }
  put_subject(txn, subject_at, subject);
}

// --- questions -----------------------------------------------------------------------------------

std::optional<VaultEntry> VaultStore::open_row(const Keks& keks, const std::string& tenant,
                                               const TokenCore& core, std::string_view bytes,
                                               uint64_t now_ns, bool with_value) const {
  const Row row = Row::read(token_key(tenant, core), bytes);
  VaultEntry entry;
  entry.tenant = tenant;
  entry.core = core;
  entry.subject = row.head.subject;
  entry.held = held(tenant, row.head.subject);
  entry.created_ns = row.head.created_ns;
  entry.last_ns = row.head.last_ns;
  entry.expires_ns = row.head.last_ns + retention_s(tenant) * base::kNsPerS;
  if (!entry.held && entry.expires_ns <= now_ns) return std::nullopt;  // I5
  entry.entity = row.head.entity.view();
  entry.vendor = row.head.vendor.view();
  entry.environment = row.head.environment.view();
  entry.first_request = contract::RequestId::of_words(row.head.request_high, row.head.request_low);
  for (const auto& principal : row.principals) entry.principals.emplace_back(principal.view());
  if (!with_value) return entry;
  const auto key = keys_.read(keks, {row.head.slot, row.head.key_id}, row.head.subject);
  if (!key || row.nonce_and_sealed.size() < kNonceBytes) return std::nullopt;
  const auto sealed = bytes_of(row.nonce_and_sealed);
  auto value = gcm_open(*key, sealed.first(kNonceBytes), bytes_of(row.associated(tenant, core)),
                        sealed.subspan(kNonceBytes));
  if (!value) return std::nullopt;
  entry.value = std::move(*value);
  return entry;
}

std::optional<VaultEntry> VaultStore::find(const Keks& keks, const std::string& tenant,
                                           const TokenCore& core, uint64_t now_ns,
                                           bool with_value) const {
  Transaction txn(const_cast<Database&>(database_), false);
  const auto bytes = txn.get(Table::Tokens, token_key(tenant, core));
  if (!bytes) return std::nullopt;
  return open_row(keks, tenant, core, *bytes, now_ns, with_value);
}

std::vector<VaultEntry> VaultStore::list(const Keks& keks, const std::string& tenant,
                                         const SubjectId& subject, uint64_t now_ns,
                                         bool with_value) const {
  std::vector<VaultEntry> out;
  Transaction txn(const_cast<Database&>(database_), false);
  const std::string prefix = subject_key_of(tenant, subject);
  txn.scan(Table::BySubject, prefix, [&](std::string_view key, std::string_view) {
    const TokenCore core = core_of(key.substr(prefix.size()));
    const auto bytes = txn.get(Table::Tokens, token_key(tenant, core));
    if (bytes)
      if (auto entry = open_row(keks, tenant, core, *bytes, now_ns, with_value))
        out.push_back(std::move(*entry));
    return true;
  });
  return out;
}

std::optional<SubjectInfo> VaultStore::subject(const std::string& tenant,
                                               const SubjectId& subject) const {
  Transaction txn(const_cast<Database&>(database_), false);
  SubjectRow row;
  SubjectInfo info;
  info.tenant = tenant;
  info.subject = subject;
  const std::string key = subject_key_of(tenant, subject);
  if (const auto group = txn.get(Table::Links, key); group && group->size() == sizeof(GroupId)) {
    info.group.emplace();
    std::memcpy(info.group->data(), group->data(), group->size());
  }
  if (!get_subject(txn, key, row)) {
    if (!info.group) return std::nullopt;
    return info;
  }
  info.created_ns = row.created_ns;
  info.last_ns = row.last_ns;
  info.erased_ns = row.erased_ns;
  info.has_key = row.key_id != 0;
  info.tokens = row.tokens;
  return info;
}

std::vector<SubjectId> VaultStore::members(const std::string& tenant,
                                           const SubjectId& subject) const {
  std::vector<SubjectId> out{subject};
  Transaction txn(const_cast<Database&>(database_), false);
  GroupId group{};
  if (!read_plain(txn.get(Table::Links, subject_key_of(tenant, subject)), group)) return out;
  const std::string prefix = member_prefix(tenant, group);
  txn.scan(Table::Links, prefix, [&](std::string_view key, std::string_view) {
    SubjectId member{};
    if (key.size() == prefix.size() + member.size()) {
      std::memcpy(member.data(), key.data() + prefix.size(), member.size());
      if (member != subject) out.push_back(member);
    }
    return true;
  });
  return out;
}

StoreCounts VaultStore::counts() const {
  Transaction txn(const_cast<Database&>(database_), false);
  StoreCounts out;
  out.used_bytes = database_.used_bytes();
  out.map_bytes = database_.map_bytes();
  out.tokens = txn.count(Table::Tokens);
  out.subjects = txn.count(Table::Subjects);
  std::string tenant_prefix;
  // The oldest of each tenant is its first.
  for (std::string next;;) {
    bool found = false;
    txn.scan_from(Table::ByAge, next, [&](std::string_view key, std::string_view) {
      found = true;
      const size_t end = key.find('\0');
      tenant_prefix = key.substr(0, end + 1);
      const uint64_t last_ns = from_big_endian(key.substr(end + 1));
      if (out.oldest_last_ns == 0 || last_ns < out.oldest_last_ns) out.oldest_last_ns = last_ns;
      return false;
    });
    if (!found) return out;
    next = tenant_prefix;
    next.back() = '\1';
  }
}

// --- links ---------------------------------------------------------------------------------------

GroupId VaultStore::link(const std::string& tenant, const std::vector<SubjectId>& subjects) {
  std::vector<SubjectId> all;
  for (const SubjectId& one : subjects)
    for (const SubjectId& member : members(tenant, one))
      if (std::find(all.begin(), all.end(), member) == all.end()) all.push_back(member);
  GroupId group{};
  random_fill(group);
  database_.write([&](Transaction& txn) {
    for (const SubjectId& member : all) {
      const std::string key = subject_key_of(tenant, member);
      GroupId former{};
      if (read_plain(txn.get(Table::Links, key), former))
        txn.remove(Table::Links, member_prefix(tenant, former).append(view_of(member)));
      txn.put(Table::Links, key, view_of(group));
      txn.put(Table::Links, member_prefix(tenant, group).append(view_of(member)), "");
    }
  });
  return group;
}

// --- erasure and expiry --------------------------------------------------------------------------

uint64_t VaultStore::remove_tokens(Transaction& txn, const std::string& tenant,
                                   const SubjectId& subject) {
  std::vector<TokenCore> cores;
  const std::string prefix = subject_key_of(tenant, subject);
  txn.scan(Table::BySubject, prefix, [&](std::string_view key, std::string_view) {
    cores.push_back(core_of(key.substr(prefix.size())));
    return true;
  });
  for (const TokenCore& core : cores) {
    const std::string key = token_key(tenant, core);
    if (const auto bytes = txn.get(Table::Tokens, key))
      txn.remove(Table::ByAge, age_key(tenant, Row::read(key, *bytes).head.last_ns, core));
    txn.remove(Table::Tokens, key);
    txn.remove(Table::BySubject, std::string(prefix).append(view_of(core)));
  }
  return cores.size();
}

EraseResult VaultStore::erase(const std::string& tenant, const std::vector<SubjectId>& subjects,
                              uint64_t erased_serial, uint64_t now_ns) {
  for (const SubjectId& one : subjects)
    if (held(tenant, one))
      throw VaultError("held", "a hold names this subject: the erasure is deferred");
  EraseResult result;
  // A tombstone first: whatever comes in from now on is dropped, also after a crash right here.
  database_.write([&](Transaction& txn) {
    for (const SubjectId& one : subjects) {
      SubjectRow row;
      const std::string key = subject_key_of(tenant, one);
      get_subject(txn, key, row);
      row.erased_serial = std::max(row.erased_serial, erased_serial);
      row.erased_ns = now_ns;
      put_subject(txn, key, row);
    }
  });
  std::vector<KeySlots::Place> places;
  {
    Transaction txn(database_, false);
    for (const SubjectId& one : subjects) {
      SubjectRow row;
      if (get_subject(txn, subject_key_of(tenant, one), row) && row.key_id != 0)
        places.push_back({row.slot, row.key_id});
    }
  }
  result.keys_destroyed = keys_.destroy(places);  // I2
  database_.write([&](Transaction& txn) {
    result.tokens_removed = 0;
    for (const SubjectId& one : subjects) {
      result.tokens_removed += remove_tokens(txn, tenant, one);
      const std::string key = subject_key_of(tenant, one);
      SubjectRow row;
      get_subject(txn, key, row);
      row.slot = 0;
      row.key_id = 0;
      row.tokens = 0;
      put_subject(txn, key, row);
    }
  });
  return result;
}

ExpireResult VaultStore::expire(uint64_t now_ns, size_t rows_max) {
  struct Due {
    std::string tenant;
    uint64_t last_ns;
    TokenCore core;
  };
  std::vector<Due> due;
  ExpireResult result;
  {
    Transaction txn(database_, false);
    txn.scan(Table::ByAge, "", [&](std::string_view key, std::string_view) {
      const size_t end = key.find('\0');
      Due one{std::string(key.substr(0, end)), from_big_endian(key.substr(end + 1)),
              core_of(key.substr(end + 9))};
      if (one.last_ns + retention_s(one.tenant) * base::kNsPerS > now_ns) return true;
      const std::string at = token_key(one.tenant, one.core);
      if (const auto bytes = txn.get(Table::Tokens, at)) {
        if (held(one.tenant, Row::read(at, *bytes).head.subject)) {  // I4
          ++result.held;
          return true;
        }
      }
      if (due.size() == rows_max) result.more = true;
      if (result.more) return false;
      due.push_back(std::move(one));
      return true;
    });
  }
  if (due.empty()) return result;
  std::vector<KeySlots::Place> dead;
  database_.write([&](Transaction& txn) {
    dead.clear();
    result.tokens = result.subjects = 0;
    for (const Due& one : due) {
      txn.remove(Table::ByAge, age_key(one.tenant, one.last_ns, one.core));
      const std::string key = token_key(one.tenant, one.core);
      const auto bytes = txn.get(Table::Tokens, key);
      if (!bytes) continue;
      const SubjectId subject = Row::read(key, *bytes).head.subject;
      txn.remove(Table::Tokens, key);
      ++result.tokens;
      const std::string subject_at = subject_key_of(one.tenant, subject);
      txn.remove(Table::BySubject, std::string(subject_at).append(view_of(one.core)));
      SubjectRow row;
      if (!get_subject(txn, subject_at, row)) continue;
      if (row.tokens > 0) --row.tokens;
      if (row.tokens > 0) {
        put_subject(txn, subject_at, row);
        continue;
      }
      if (row.key_id != 0) dead.push_back({row.slot, row.key_id});
      ++result.subjects;
      row.slot = 0;
      row.key_id = 0;
      if (row.erased_serial != 0)
        put_subject(txn, subject_at, row);  // still keeps old mappings out
      else
        txn.remove(Table::Subjects, subject_at);
    }
  });
  keys_.destroy(dead);  // a crash before this leaves keys without rows: reconcile()
  return result;
}

size_t VaultStore::forget_tombstones(uint64_t oldest_serial_in_use) {
  std::vector<std::string> over;
  {
    Transaction txn(database_, false);
    txn.scan(Table::Subjects, "", [&](std::string_view key, std::string_view value) {
      SubjectRow row;
      read_subject(key, value, row);
      if (row.key_id == 0 && row.erased_serial != 0 && row.erased_serial <= oldest_serial_in_use)
        over.emplace_back(key);
      return true;
    });
  }
  if (over.empty()) return 0;
  database_.write([&](Transaction& txn) {
    for (const std::string& key : over) txn.remove(Table::Subjects, key);
  });
  return over.size();
}

void VaultStore::reconcile() {
  std::map<uint32_t, uint64_t> wanted;  // slot -> key id
  struct Orphan {
    std::string tenant;
    SubjectId subject;
  };
  std::vector<Orphan> keyless;
  std::map<uint32_t, uint64_t> there;
  for (const KeySlots::Used& used : keys_.used()) there[used.place.slot] = used.place.id;
  {
    Transaction txn(database_, false);
    txn.scan(Table::Subjects, "", [&](std::string_view key, std::string_view value) {
      SubjectRow row;
      read_subject(key, value, row);
      const size_t end = key.find('\0');
      SubjectId subject{};
      if (key.size() != end + 1 + subject.size()) damaged("a subject's key");
      std::memcpy(subject.data(), key.data() + end + 1, subject.size());
      if (row.key_id == 0 && row.tokens == 0) return true;
      const auto found = there.find(row.slot);
      if (row.key_id != 0 && found != there.end() && found->second == row.key_id)
        wanted[row.slot] = row.key_id;
      else
        keyless.push_back({std::string(key.substr(0, end)), subject});
      return true;
    });
  }
  // Its key was destroyed, and the process ended before its rows were.
  for (const Orphan& one : keyless)
    database_.write([&](Transaction& txn) {
      remove_tokens(txn, one.tenant, one.subject);
      const std::string key = subject_key_of(one.tenant, one.subject);
      SubjectRow row;
      get_subject(txn, key, row);
      row.slot = 0;
      row.key_id = row.tokens = 0;
      if (row.erased_serial != 0)
        put_subject(txn, key, row);
      else
        txn.remove(Table::Subjects, key);
    });
  std::vector<KeySlots::Place> unwanted;
  for (const auto& [slot, id] : there)
    if (!wanted.contains(slot)) unwanted.push_back({slot, id});
  keys_.destroy(unwanted);
}

}  // namespace sallyport::vault
