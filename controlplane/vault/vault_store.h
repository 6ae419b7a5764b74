// vault_store.h: token -> value, under the subject's data key; who minted it, and for how long.
//
//   tokens      tenant, core              -> row, minting principals, sealed value
//   by_age      tenant, last_ns, core     -> nothing: what expires first stands first
//   subjects    tenant, subject           -> key slot, counts; or a tombstone of an erasure
//   by_subject  tenant, subject, core     -> nothing
//   links       tenant, subject           -> group; and tenant, "g", group, subject -> nothing
//   holds       id -> JSON (holds.h)      deferred  id -> JSON (holds.h)
//
// Values are AES-256-GCM under a random key per subject; those keys live in key_slots.h, outside
// LMDB, wrapped under the key-encryption key, so that destroying one slot erases the subject in
// every copy of every row.
//
// Invariants
//   I1  a row that is visible has a key slot that was synced before it.
//   I2  erase(): the keys are gone, durably, before anything else of it happens; rows follow.
//   I3  a mapping that was sealed before an erasure of its subject is never stored after it.
//   I4  nothing that a hold names is expired or erased.
//   I5  find() answers nothing that is older than the tenant's retention, unless it is held.
//   I6  a row that is damaged is no answer and stops no other row: it is left out, named in
//       damage(), and written anew where the other tables say what it was.
// Where what is: vault_store.cc rows that come and are asked for; vault_upkeep.cc erasure, expiry,
// what a start puts right; vault_rows.h the rows.
// Owner  Vault (vault.h), under its lock. Every time is given: wall_ns, Unix epoch.
// Errors  VaultError; "no_room" is a state to wait in.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/vault/damage_book.h"
#include "controlplane/vault/database.h"
#include "controlplane/vault/key_slots.h"
#include "controlplane/vault/mapping_opener.h"

namespace sallyport::vault {

using TokenCore = std::array<char, contract::kMappingCoreBytes>;
using SubjectId = contract::SubjectId;
using GroupId = std::array<uint8_t, 16>;

inline constexpr uint64_t kRetentionDefaultS = 24 * 3600;
inline constexpr uint64_t kRetentionMinS = 900;  // three times what a worker remembers
inline constexpr uint64_t kRetentionMaxS = 366 * 86400;
// One more minting principal of a token replaces the one that was there longest.
inline constexpr size_t kPrincipalsPerTokenMax = 32;
// Rows that one transaction of an expiry removes: what writes waits for no longer than that.
inline constexpr size_t kExpiredPerStepMax = 2'000;

// One token, opened.
struct VaultEntry {
  std::string tenant, entity, vendor, environment;
  TokenCore core{};
  SubjectId subject{};
  std::vector<std::string> principals;  // who minted it
  contract::RequestId first_request;
  uint64_t created_ns = 0;
  uint64_t last_ns = 0;     // last sent by a worker
  uint64_t expires_ns = 0;  // by the tenant's retention as it is now
  bool held = false;
  Secret value;  // empty where it was not asked for
};

struct SubjectInfo {
  std::string tenant;
  SubjectId subject{};
  uint64_t created_ns = 0;
  uint64_t last_ns = 0;
  uint64_t erased_ns = 0;  // 0: not erased
  bool has_key = false;
  uint64_t tokens = 0;
  std::optional<GroupId> group;
};

struct EraseResult {
  uint64_t keys_destroyed = 0;
  uint64_t tokens_removed = 0;
};
struct ExpireResult {
  uint64_t tokens = 0;
  uint64_t subjects = 0;  // whose last token expired: their keys are destroyed
  uint64_t held = 0;      // due, but under a hold
  uint64_t damaged = 0;   // due, but what they are cannot be told: left, and named
  bool more = false;      // call again
};
struct PutResult {
  uint64_t stored = 0;
  uint64_t renewed = 0;  // known already
  uint64_t dropped = 0;  // I3
};
struct StoreCounts {
  uint64_t tokens = 0;
  uint64_t subjects = 0;
  uint64_t oldest_last_ns = 0;
  uint64_t used_bytes = 0;
  uint64_t map_bytes = 0;
};

class VaultStore {
 public:
  // `is_held`: whether a hold names this subject of this tenant.
  using HeldQuestion = std::function<bool(const std::string& tenant, const SubjectId& subject)>;
  // Whether any hold names anything of this tenant.
  using TenantQuestion = std::function<bool(const std::string& tenant)>;
  VaultStore(const std::filesystem::path& folder, uint64_t map_bytes);

  void set_held_question(HeldQuestion of_subject, TenantQuestion of_tenant) {
    is_held_ = std::move(of_subject);
    has_hold_ = std::move(of_tenant);
  }
  // The vault's newest receive key; 0: not known (sealed). What is sealed to older ones may be from
  // before an erasure.
  void set_newest_serial(uint64_t serial) { newest_serial_ = serial; }
  // Finishes what a crash left half done: keys without rows, rows whose key is gone.
  void reconcile();

  PutResult put(const Keks& keks, const std::vector<Mapping>& mappings, uint64_t now_ns);
  // Nothing: not there, expired, or erased. Throws RowDamaged for a row, a value or a key that is
  // not what was written.
  std::optional<VaultEntry> find(const Keks& keks, const std::string& tenant, const TokenCore& core,
                                 uint64_t now_ns, bool with_value = true) const;
  std::vector<VaultEntry> list(const Keks& keks, const std::string& tenant,
                               const SubjectId& subject, uint64_t now_ns, bool with_value,
                               uint64_t* damaged = nullptr) const;
  std::optional<SubjectInfo> subject(const std::string& tenant, const SubjectId& subject) const;
  // The subject and what it is linked to.
  std::vector<SubjectId> members(const std::string& tenant, const SubjectId& subject) const;
  // Makes one group of all of them and of what each is linked to already.
  GroupId link(const std::string& tenant, const std::vector<SubjectId>& subjects);

  // REQUIRES: none of them is held. `erased_serial`: mappings sealed to older keys are dropped
  // (I3).
  EraseResult erase(const std::string& tenant, const std::vector<SubjectId>& subjects,
                    uint64_t erased_serial, uint64_t now_ns);
  ExpireResult expire(uint64_t now_ns, size_t rows_max = kExpiredPerStepMax);
  // Tombstones of erasures that no key still in use could bring back.
  size_t forget_tombstones(uint64_t oldest_serial_in_use);

  // Of the tenant, else of the empty name, else 24 hours.
  uint64_t retention_s(const std::string& tenant) const;
  void set_retention(const std::string& tenant, uint64_t seconds);  // of REQUIRES: in range
  const std::map<std::string, uint64_t>& retentions() const { return retention_s_; }
  StoreCounts counts() const;
  DamageBook& damage() const { return damage_; }

  Database& database() { return database_; }
  KeySlots& keys() { return keys_; }

 private:
  struct TokenRow;
  struct SubjectRow;
  struct Row;
  struct Due;
  using Transaction = Database::Transaction;

  bool held(const std::string& tenant, const SubjectId& subject) const {
    return is_held_ && is_held_(tenant, subject);
  }
  void put_one(Transaction& txn, const Keks& keks, const Mapping& mapping, uint64_t now_ns,
               std::vector<KeySlots::Place>& made, PutResult& result);
  bool renew(Transaction& txn, const Mapping& mapping, const SubjectRow& subject, uint64_t now_ns);
  Secret subject_key(const Keks& keks, const Mapping& mapping, uint64_t now_ns, SubjectRow& row,
                     std::vector<KeySlots::Place>& made);
  std::optional<VaultEntry> open_row(const Keks& keks, const std::string& tenant,
                                     const TokenCore& core, std::string_view bytes, uint64_t now_ns,
                                     bool with_value) const;
  uint64_t remove_tokens(Transaction& txn, const std::string& tenant, const SubjectId& subject);
  std::vector<TokenCore> cores_of(const Transaction& txn, const std::string& tenant,
                                  const SubjectId& subject) const;
  // Nothing, and noted: it is damaged.
  std::optional<Row> read_token(std::string_view key, std::string_view bytes) const;
  enum class Found : uint8_t { Nothing, Sound, Damaged };
  // Nothing: `row` is as it was. Damaged: `row` is what other tables say of it.
  Found get_subject(const Transaction& txn, const std::string& tenant, const SubjectId& subject,
                    SubjectRow& row) const;
  SubjectRow rebuilt(const Transaction& txn, const std::string& tenant,
                     const SubjectId& subject) const;
  void put_subject(Transaction& txn, std::string_view key, SubjectRow row);
  // What the two rows of each link of a tenant say: the subject's own, and those of groups.
  using Links = std::map<SubjectId, std::pair<std::optional<GroupId>, std::set<GroupId>>>;
  Links links_of(const Transaction& txn, const std::string& tenant) const;
  std::optional<GroupId> believed(const std::string& tenant, const SubjectId& subject,
                                  const Links::mapped_type& rows) const;
  std::optional<GroupId> group_of(const Transaction& txn, const std::string& tenant,
                                  const SubjectId& subject) const;
  size_t destroy_keys(const std::vector<KeySlots::Place>& places);
  std::vector<KeySlots::Place> keys_of(const std::string& tenant,
                                       const std::vector<SubjectId>& subjects) const;
  std::vector<Due> due_rows(uint64_t now_ns, size_t rows_max, ExpireResult& result) const;
  bool judge_due(const Transaction& txn, Due one, size_t rows_max, std::vector<Due>& due,
                 std::vector<Due>& damaged, ExpireResult& result) const;
  void due_without_index(const Transaction& txn, uint64_t now_ns, size_t rows_max,
                         std::vector<Due>& due, ExpireResult& result) const;
  void note_index_pages(std::set<uint64_t> pages) const;
  void mend_links();
  void find_subjects(const Transaction& txn, std::vector<Due>& due) const;
  void drop_unjudged(std::vector<Due>& due, ExpireResult& result) const;
  void remove_due(Transaction& txn, const Due& one, ExpireResult& result,
                  std::vector<KeySlots::Place>& dead);
  void load_retentions();

  std::filesystem::path folder_;
  Database database_;
  mutable KeySlots keys_;
  HeldQuestion is_held_;
  TenantQuestion has_hold_;
  uint64_t newest_serial_ = 0;
  mutable DamageBook damage_;
  mutable std::set<uint64_t> index_pages_;  // of by_age, damaged, as the last expiry saw it
  std::map<std::string, uint64_t> retention_s_;
};

}  // namespace sallyport::vault
