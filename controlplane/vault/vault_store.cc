#include "controlplane/vault/vault_store.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "controlplane/vault/vault_rows.h"
#include "dataplane/base/time.h"

namespace sallyport::vault {
namespace {

using Table = Database::Table;

constexpr std::string_view kMetaVersion = "version";
constexpr std::string_view kRetentionPrefix = "retention/";

}  // namespace

VaultStore::VaultStore(const std::filesystem::path& folder, uint64_t map_bytes)
    : folder_(folder),
      database_({.folder = folder, .map_bytes = map_bytes}),
      keys_(folder / "subject.keys") {
  database_.write([&](Transaction& txn) {
    uint32_t version = kRowVersionOldest;
    read_plain(kMetaVersion, txn.get(Table::Meta, kMetaVersion), version);
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
    if (value.size() == sizeof seconds) std::memcpy(&seconds, value.data(), sizeof seconds);
    if (seconds < kRetentionMinS || seconds > kRetentionMaxS) {
      damage_.note("retention of tenant " + std::string(key.substr(kRetentionPrefix.size())));
      seconds = kRetentionMaxS;  // until policy says it again: what is gone does not come back
    }
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
  damage_.forget("retention of tenant " + tenant);
}

// --- rows ----------------------------------------------------------------------------------------

std::optional<VaultStore::Row> VaultStore::read_token(std::string_view key,
                                                      std::string_view bytes) const {
  try {
    Row row = Row::read(key, bytes);
    if (!damage_.empty()) damage_.forget(name_of_row("token", key));
    return row;
  } catch (const RowDamaged& damage) {
    damage_.note(damage.row());
    return std::nullopt;
  }
}

VaultStore::Found VaultStore::get_subject(const Transaction& txn, const std::string& tenant,
                                          const SubjectId& subject, SubjectRow& row) const {
  const std::string key = subject_key_of(tenant, subject);
  const auto bytes = txn.get(Table::Subjects, key);
  if (!bytes) return Found::Nothing;
  try {
    row = SubjectRow::read(key, *bytes);
    if (!damage_.empty()) damage_.forget(name_of_row("subject", key));
    return Found::Sound;
  } catch (const RowDamaged& damage) {
    damage_.note(damage.row());
    row = rebuilt(txn, tenant, subject);
    return Found::Damaged;
  }
}

// Its tokens by the index, its key by the youngest of them, else by the slots' owners. It counts as
// erased just now: what could be from before an erasure does not come back (I3).
VaultStore::SubjectRow VaultStore::rebuilt(const Transaction& txn, const std::string& tenant,
                                           const SubjectId& subject) const {
  SubjectRow row;
  row.erased_serial = newest_serial_;
  for (const TokenCore& core : cores_of(txn, tenant, subject)) {
    ++row.tokens;
    const std::string key = token_key(tenant, core);
    const auto bytes = txn.get(Table::Tokens, key);
    const auto token = bytes ? read_token(key, *bytes) : std::nullopt;
    if (!token || token->head.subject != subject) continue;
    if (row.created_ns == 0 || token->head.created_ns < row.created_ns)
      row.created_ns = token->head.created_ns;
    if (token->head.last_ns < row.last_ns) continue;
    row.last_ns = token->head.last_ns;
    row.slot = token->head.slot;
    row.key_id = token->head.key_id;
  }
  if (row.key_id != 0) return row;
  for (const KeySlots::Used& used : keys_.used()) {
    if (used.owner != subject) continue;
    row.slot = used.place.slot;
    row.key_id = used.place.id;
  }
  return row;
}

void VaultStore::put_subject(Transaction& txn, std::string_view key, SubjectRow row) {
  txn.put(Table::Subjects, key, row.bytes(key));
}

std::vector<TokenCore> VaultStore::cores_of(const Transaction& txn, const std::string& tenant,
                                            const SubjectId& subject) const {
  std::vector<TokenCore> cores;
  const std::string prefix = subject_key_of(tenant, subject);
  txn.scan(Table::BySubject, prefix, [&](std::string_view key, std::string_view) {
    if (key.size() == prefix.size() + sizeof(TokenCore))
      cores.push_back(core_of(key.substr(prefix.size())));
    return true;
  });
  return cores;
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
Secret VaultStore::subject_key(const Keks& keks, const Mapping& mapping, uint64_t now_ns,
                               SubjectRow& row, std::vector<KeySlots::Place>& made) {
  if (row.key_id != 0) {
    bool broken = false;
    auto key = keys_.read(keks, {row.slot, row.key_id}, mapping.subject, &broken);
    if (key) return std::move(*key);
    // What it sealed is lost; what comes now has a key that opens.
    if (broken) damage_.note(keys_.name_of(row.slot));
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
  auto read = read_token(key, *found);
  if (!read) {  // written anew; what the index of ages has of it goes when it is due
    damage_.mended(name_of_row("token", key));
    return false;
  }
  Row& row = *read;
  txn.remove(Table::ByAge, age_key(mapping.tenant, row.head.last_ns, mapping.core));
  if (row.head.subject != mapping.subject)
    txn.remove(Table::BySubject,
               subject_key_of(mapping.tenant, row.head.subject).append(view_of(mapping.core)));
  if (row.head.key_id != subject.key_id || row.head.subject != mapping.subject) return false;
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
  const Found found = get_subject(txn, mapping.tenant, mapping.subject, subject);
  if (found != Found::Nothing && mapping.receive_serial < subject.erased_serial) {  // I3
    ++result.dropped;
    return;
  }
  const Secret data_key = subject_key(keks, mapping, now_ns, subject, made);
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
    const std::string in_subject = std::string(subject_at).append(view_of(mapping.core));
    if (!txn.get(Table::BySubject, in_subject)) ++subject.tokens;
    txn.put(Table::BySubject, in_subject, "");
    ++result.stored;
  }
  put_subject(txn, subject_at, subject);
  if (found == Found::Damaged) damage_.mended(name_of_row("subject", subject_at));
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
  bool broken = false;
  const auto key = keys_.read(keks, {row.head.slot, row.head.key_id}, row.head.subject, &broken);
  if (broken) throw RowDamaged(keys_.name_of(row.head.slot));
  if (!key || row.nonce_and_sealed.size() < kNonceBytes) return std::nullopt;
  const auto sealed = bytes_of(row.nonce_and_sealed);
  auto value = gcm_open(*key, sealed.first(kNonceBytes), bytes_of(row.associated(tenant, core)),
                        sealed.subspan(kNonceBytes));
  if (!value) throw RowDamaged(name_of_row("token", token_key(tenant, core)));
  entry.value = std::move(*value);
  return entry;
}

std::optional<VaultEntry> VaultStore::find(const Keks& keks, const std::string& tenant,
                                           const TokenCore& core, uint64_t now_ns,
                                           bool with_value) const {
  Transaction txn(const_cast<Database&>(database_), false);
  const std::string key = token_key(tenant, core);
  const auto bytes = txn.get(Table::Tokens, key);
  if (!bytes) return std::nullopt;
  try {
    auto entry = open_row(keks, tenant, core, *bytes, now_ns, with_value);
    if (!damage_.empty()) damage_.forget(name_of_row("token", key));
    return entry;
  } catch (const RowDamaged& damage) {
    damage_.note(damage.row());
    throw;
  }
}

std::vector<VaultEntry> VaultStore::list(const Keks& keks, const std::string& tenant,
                                         const SubjectId& subject, uint64_t now_ns, bool with_value,
                                         uint64_t* damaged) const {
  std::vector<VaultEntry> out;
  Transaction txn(const_cast<Database&>(database_), false);
  for (const TokenCore& core : cores_of(txn, tenant, subject)) {
    const auto bytes = txn.get(Table::Tokens, token_key(tenant, core));
    if (!bytes) continue;
    try {
      auto entry = open_row(keks, tenant, core, *bytes, now_ns, with_value);
      if (entry && entry->subject == subject) out.push_back(std::move(*entry));
    } catch (const RowDamaged& damage) {  // I6
      damage_.note(damage.row());
      if (damaged != nullptr) ++*damaged;
    }
  }
  return out;
}

std::optional<SubjectInfo> VaultStore::subject(const std::string& tenant,
                                               const SubjectId& subject) const {
  Transaction txn(const_cast<Database&>(database_), false);
  SubjectRow row;
  SubjectInfo info;
  info.tenant = tenant;
  info.subject = subject;
  info.group = group_of(txn, tenant, subject);
  if (get_subject(txn, tenant, subject, row) == Found::Nothing) {
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
  const Links links = links_of(txn, tenant);
  const auto own = links.find(subject);
  const auto group = own != links.end() ? believed(tenant, subject, own->second) : std::nullopt;
  if (!group) return out;
  for (const auto& [member, rows] : links)
    if (member != subject && believed(tenant, member, rows) == group) out.push_back(member);
  return out;
}

// Both rows of a link say the same; where one of them is damaged the other is believed, and the
// link is named.
std::optional<GroupId> VaultStore::believed(const std::string& tenant, const SubjectId& subject,
                                            const Links::mapped_type& rows) const {
  const auto& [said, listed] = rows;
  const std::string name = name_of_row("link", subject_key_of(tenant, subject));
  if (said && listed.contains(*said)) {
    if (!damage_.empty()) damage_.forget(name);
    return said;
  }
  damage_.note(name);
  return listed.empty() ? said : std::optional(*listed.begin());
}

std::optional<GroupId> VaultStore::group_of(const Transaction& txn, const std::string& tenant,
                                            const SubjectId& subject) const {
  const Links links = links_of(txn, tenant);
  const auto own = links.find(subject);
  return own != links.end() ? believed(tenant, subject, own->second) : std::nullopt;
}

StoreCounts VaultStore::counts() const {
  Transaction txn(const_cast<Database&>(database_), false);
  StoreCounts out;
  out.used_bytes = database_.used_bytes();
  out.map_bytes = database_.map_bytes();
  out.tokens = txn.count(Table::Tokens);
  out.subjects = txn.count(Table::Subjects);
  // The oldest of each tenant is its first.
  for (std::string next;;) {
    std::optional<AgeKey> found;
    txn.scan_from(Table::ByAge, next, [&](std::string_view key, std::string_view) {
      found = AgeKey::read(key);
      return !found;  // a damaged entry is no tenant's
    });
    if (!found) return out;
    if (out.oldest_last_ns == 0 || found->last_ns < out.oldest_last_ns)
      out.oldest_last_ns = found->last_ns;
    next = tenant_prefix(found->tenant);
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
    const Links links = links_of(txn, tenant);
    for (const SubjectId& member : all) {
      const std::string key = subject_key_of(tenant, member);
      if (const auto former = links.find(member); former != links.end())
        for (const GroupId& one : former->second.second)
          txn.remove(Table::Links, member_prefix(tenant, one).append(view_of(member)));
      txn.put(Table::Links, key, view_of(group));
      txn.put(Table::Links, member_prefix(tenant, group).append(view_of(member)), "");
      damage_.forget(name_of_row("link", key));
    }
  });
  return group;
}

}  // namespace sallyport::vault
