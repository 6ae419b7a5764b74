// vault_upkeep.cc: rows that go: erased, expired, or left half done by a crash. A row that is
// damaged goes like any other where the index of its subject says whose it is; where nothing says
// it, it is left and named while a hold of its tenant could mean it (I4, I6).
#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "controlplane/vault/vault_rows.h"
#include "controlplane/vault/vault_store.h"
#include "dataplane/base/time.h"

namespace sallyport::vault {
namespace {

using Table = Database::Table;

// Damaged rows that one step judges: each costs a look through its tenant's index.
constexpr size_t kDamagedPerStepMax = 1'000;
constexpr std::string_view kStoreDamaged = "store_damaged";

}  // namespace

// An entry of the index of ages whose time is over.
struct VaultStore::Due {
  AgeKey key;
  bool is_damaged = false;           // the row it names
  std::optional<SubjectId> subject;  // of a damaged one
  bool in_index = true;              // false: its entry lies where nothing can be changed
  explicit Due(AgeKey age) : key(std::move(age)) {}
};

// --- erasure -------------------------------------------------------------------------------------

size_t VaultStore::destroy_keys(const std::vector<KeySlots::Place>& places) {
  const size_t count = keys_.destroy(places);
  if (!damage_.empty())
    for (const KeySlots::Place& place : places) damage_.forget(keys_.name_of(place.slot));
  return count;
}

uint64_t VaultStore::remove_tokens(Transaction& txn, const std::string& tenant,
                                   const SubjectId& subject) {
  const std::string prefix = subject_key_of(tenant, subject);
  uint64_t removed = 0;
  for (const TokenCore& core : cores_of(txn, tenant, subject)) {
    txn.remove(Table::BySubject, std::string(prefix).append(view_of(core)));
    ++removed;
    const std::string key = token_key(tenant, core);
    const auto bytes = txn.get(Table::Tokens, key);
    if (!bytes) continue;
    if (const auto row = read_token(key, *bytes)) {
      if (row->head.subject != subject) continue;  // another's by now
      txn.remove(Table::ByAge, age_key(tenant, row->head.last_ns, core));
    }
    txn.remove(Table::Tokens, key);
    damage_.forget(name_of_row("token", key));
  }
  return removed;
}

// Every slot that may hold a data key of theirs. Rows name them; where one is damaged, the slots
// themselves say whose they are.
std::vector<KeySlots::Place> VaultStore::keys_of(const std::string& tenant,
                                                 const std::vector<SubjectId>& subjects) const {
  std::vector<KeySlots::Place> places;
  bool damaged = false;
  const auto add = [&](uint32_t slot, uint64_t id) {
    const bool known = std::any_of(places.begin(), places.end(), [&](const KeySlots::Place& place) {
      return place.slot == slot && place.id == id;
    });
    if (id != 0 && !known) places.push_back({slot, id});
  };
  Transaction txn(const_cast<Database&>(database_), false);
  for (const SubjectId& one : subjects) {
    SubjectRow row;
    damaged |= get_subject(txn, tenant, one, row) == Found::Damaged;
    add(row.slot, row.key_id);
    for (const TokenCore& core : cores_of(txn, tenant, one)) {
      const std::string key = token_key(tenant, core);
      const auto bytes = txn.get(Table::Tokens, key);
      const auto token = bytes ? read_token(key, *bytes) : std::nullopt;
      damaged |= bytes && !token;
      if (token && token->head.subject == one) add(token->head.slot, token->head.key_id);
    }
  }
  if (!damaged) return places;
  for (const KeySlots::Used& used : keys_.used())
    if (std::find(subjects.begin(), subjects.end(), used.owner) != subjects.end())
      add(used.place.slot, used.place.id);
  return places;
}

EraseResult VaultStore::erase(const std::string& tenant, const std::vector<SubjectId>& subjects,
                              uint64_t erased_serial, uint64_t now_ns) {
  for (const SubjectId& one : subjects)
    if (held(tenant, one))
      throw VaultError("held", "a hold names this subject: the erasure is deferred");
  EraseResult result;
  const std::vector<KeySlots::Place> places = keys_of(tenant, subjects);
  // A tombstone first: whatever comes in from now on is dropped, also after a crash right here.
  database_.write([&](Transaction& txn) {
    for (const SubjectId& one : subjects) {
      SubjectRow row;
      const std::string key = subject_key_of(tenant, one);
      if (get_subject(txn, tenant, one, row) == Found::Damaged)
        damage_.mended(name_of_row("subject", key));
      row.erased_serial = std::max(row.erased_serial, erased_serial);
      row.erased_ns = now_ns;
      put_subject(txn, key, row);
    }
  });
  result.keys_destroyed = destroy_keys(places);  // I2
  database_.write([&](Transaction& txn) {
    result.tokens_removed = 0;
    for (const SubjectId& one : subjects) {
      result.tokens_removed += remove_tokens(txn, tenant, one);
      const std::string key = subject_key_of(tenant, one);
      SubjectRow row;
      get_subject(txn, tenant, one, row);
      row.slot = 0;
      row.key_id = 0;
      row.tokens = 0;
      put_subject(txn, key, row);
    }
  });
  return result;
}

// --- expiry --------------------------------------------------------------------------------------

// False: there are enough.
bool VaultStore::judge_due(const Transaction& txn, Due one, size_t rows_max, std::vector<Due>& due,
                           std::vector<Due>& damaged, ExpireResult& result) const {
  const std::string at = token_key(one.key.tenant, one.key.core);
  try {
    const auto bytes = txn.get(Table::Tokens, at);
    const auto row = bytes ? read_token(at, *bytes) : std::nullopt;
    one.is_damaged = bytes && !row;
    if (one.is_damaged) {
      if (damaged.size() < kDamagedPerStepMax) damaged.push_back(std::move(one));
      return true;
    }
    const bool is_of_row = row && row->head.last_ns == one.key.last_ns;
    if (is_of_row && held(one.key.tenant, row->head.subject)) {  // I4
      ++result.held;
      return true;
    }
  } catch (const VaultError& error) {  // the page it lies in
    if (error.code() != kStoreDamaged) throw;
    damage_.note(name_of_row("token", at));
    ++result.damaged;
    return true;
  }
  result.more = due.size() == rows_max;
  if (!result.more) due.push_back(std::move(one));
  return !result.more;
}

// The rows themselves know how old they are; the index only finds them sooner. Its damaged pages
// are left as they are: entries in them name rows that are gone, and go when it is put right.
void VaultStore::due_without_index(const Transaction& txn, uint64_t now_ns, size_t rows_max,
                                   std::vector<Due>& due, ExpireResult& result) const {
  due.clear();
  result = {};
  std::vector<Due> damaged;  // noted; how old they are, the index alone can say
  const auto visit = [&](std::string_view key, std::string_view bytes) {
    const auto token = TokenKey::read(key);
    const auto row = token ? read_token(key, bytes) : std::nullopt;
    if (!row) return true;
    if (row->head.last_ns + retention_s(token->tenant) * base::kNsPerS > now_ns) return true;
    return judge_due(txn, Due({token->tenant, row->head.last_ns, token->core}), rows_max, due,
                     damaged, result);
  };
  txn.scan_around(Table::Tokens, visit, [&](uint64_t page) {
    damage_.note("page " + std::to_string(page) + " of tokens");
    ++result.damaged;
  });
}

void VaultStore::note_index_pages(std::set<uint64_t> pages) const {
  const auto name = [](uint64_t page) {
    return "page " + std::to_string(page) + " of the index of ages";
  };
  for (const uint64_t page : index_pages_)
    if (!pages.contains(page)) damage_.forget(name(page));
  for (const uint64_t page : pages) damage_.note(name(page));
  index_pages_ = std::move(pages);
}

std::vector<VaultStore::Due> VaultStore::due_rows(uint64_t now_ns, size_t rows_max,
                                                  ExpireResult& result) const {
  std::vector<Due> due;
  std::vector<Due> damaged;
  std::set<uint64_t> pages;
  Transaction txn(const_cast<Database&>(database_), false);
  const auto visit = [&](std::string_view key, std::string_view) {
    const auto age = AgeKey::read(key);
    if (!age) {
      damage_.note(name_of_row("index of ages", key));
      return true;
    }
    if (age->last_ns + retention_s(age->tenant) * base::kNsPerS > now_ns) return true;
    return judge_due(txn, Due(*age), rows_max, due, damaged, result);
  };
  txn.scan_around(Table::ByAge, visit, [&](uint64_t page) { pages.insert(page); });
  if (!pages.empty()) due_without_index(txn, now_ns, rows_max, due, result);
  if (!result.more || !pages.empty()) note_index_pages(std::move(pages));
  find_subjects(txn, damaged);
  for (Due& one : damaged) {
    if (one.subject && held(one.key.tenant, *one.subject)) {
      ++result.held;
    } else if (!one.subject && has_hold_ && has_hold_(one.key.tenant)) {
      ++result.damaged;
    } else {
      due.push_back(std::move(one));
    }
  }
  return due;
}

// Whose damaged rows are: the index of subjects names each token once more.
void VaultStore::find_subjects(const Transaction& txn, std::vector<Due>& due) const {
  std::map<std::string, std::map<TokenCore, Due*>> wanted;
  for (Due& one : due) wanted[one.key.tenant].emplace(one.key.core, &one);
  for (const auto& [tenant, cores] : wanted) {
    const std::string prefix = tenant_prefix(tenant);
    txn.scan(Table::BySubject, prefix, [&, &of_tenant = cores](std::string_view key, auto) {
      SubjectId subject{};
      if (key.size() != prefix.size() + subject.size() + sizeof(TokenCore)) return true;
      const auto found = of_tenant.find(core_of(key.substr(prefix.size() + subject.size())));
      if (found == of_tenant.end()) return true;
      std::copy_n(key.begin() + static_cast<std::ptrdiff_t>(prefix.size()), subject.size(),
                  subject.begin());
      found->second->subject = subject;
      return true;
    });
  }
}

// After a change met a damaged page: rows whose pages cannot be changed are left, the others go.
void VaultStore::drop_unjudged(std::vector<Due>& due, ExpireResult& result) const {
  Transaction txn(const_cast<Database&>(database_), false);
  const auto can_change = [&](Table table, const std::string& key) {
    try {
      txn.check_change(table, key);
      return true;
    } catch (const VaultError& error) {
      if (error.code() != kStoreDamaged) throw;
      return false;
    }
  };
  const auto is_stuck = [&](Due& one) {
    const std::string key = token_key(one.key.tenant, one.key.core);
    one.in_index = can_change(Table::ByAge, age_key(one.key.tenant, one.key.last_ns, one.key.core));
    try {
      txn.check_change(Table::Tokens, key);
      const auto bytes = txn.get(Table::Tokens, key);
      const auto row = bytes ? read_token(key, *bytes) : std::nullopt;
      const auto subject = row ? std::optional(row->head.subject) : one.subject;
      if (!subject) return false;
      const std::string subject_at = subject_key_of(one.key.tenant, *subject);
      txn.check_change(Table::Subjects, subject_at);
      txn.check_change(Table::BySubject, std::string(subject_at).append(view_of(one.key.core)));
      return false;
    } catch (const VaultError& error) {
      if (error.code() != kStoreDamaged) throw;
      damage_.note(name_of_row("token", key));
      ++result.damaged;
      return true;
    }
  };
  std::erase_if(due, is_stuck);
  if (due.empty()) result.more = false;
}

void VaultStore::remove_due(Transaction& txn, const Due& one, ExpireResult& result,
                            std::vector<KeySlots::Place>& dead) {
  const auto& [tenant, last_ns, core] = one.key;
  if (one.in_index) txn.remove(Table::ByAge, age_key(tenant, last_ns, core));
  const std::string key = token_key(tenant, core);
  const auto bytes = txn.get(Table::Tokens, key);
  if (!bytes) return;
  std::optional<SubjectId> subject = one.subject;
  if (!one.is_damaged) {
    const Row row = Row::read(key, *bytes);
    if (row.head.last_ns != last_ns) {  // left over from a row that was damaged, or changed itself
      txn.put(Table::ByAge, age_key(tenant, row.head.last_ns, core), "");
      return;
    }
    subject = row.head.subject;
  }
  txn.remove(Table::Tokens, key);
  damage_.forget(name_of_row("token", key));
  ++result.tokens;
  if (!subject) return;
  const std::string subject_at = subject_key_of(tenant, *subject);
  SubjectRow row;
  const Found found = get_subject(txn, tenant, *subject, row);
  txn.remove(Table::BySubject, std::string(subject_at).append(view_of(core)));
  // A damaged one is told anew with the vault's newest key: while it is sealed, it waits.
  if (found == Found::Nothing || (found == Found::Damaged && newest_serial_ == 0)) return;
  if (found == Found::Damaged) damage_.mended(name_of_row("subject", subject_at));
  if (row.tokens > 0) --row.tokens;
  if (row.tokens > 0) {
    put_subject(txn, subject_at, row);
    return;
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

ExpireResult VaultStore::expire(uint64_t now_ns, size_t rows_max) {
  ExpireResult result;
  std::vector<Due> due = due_rows(now_ns, rows_max, result);
  std::vector<KeySlots::Place> dead;
  const auto remove_all = [&] {
    if (due.empty()) return;
    database_.write([&](Transaction& txn) {
      dead.clear();
      result.tokens = result.subjects = 0;
      for (const Due& one : due) remove_due(txn, one, result, dead);
    });
  };
  try {
    remove_all();
  } catch (const VaultError& error) {
    if (error.code() != kStoreDamaged) throw;
    dead.clear();
    result.tokens = result.subjects = 0;
    drop_unjudged(due, result);
    remove_all();
  }
  destroy_keys(dead);  // a crash before this leaves keys without rows: reconcile()
  return result;
}

size_t VaultStore::forget_tombstones(uint64_t oldest_serial_in_use) {
  std::vector<std::string> over;
  {
    Transaction txn(database_, false);
    txn.scan(Table::Subjects, "", [&](std::string_view key, std::string_view value) {
      try {
        const SubjectRow row = SubjectRow::read(key, value);
        if (row.key_id == 0 && row.erased_serial != 0 && row.erased_serial <= oldest_serial_in_use)
          over.emplace_back(key);
      } catch (const RowDamaged& damage) {
        damage_.note(damage.row());
      }
      return true;
    });
  }
  if (over.empty()) return 0;
  database_.write([&](Transaction& txn) {
    for (const std::string& key : over) txn.remove(Table::Subjects, key);
  });
  return over.size();
}

// --- a start -------------------------------------------------------------------------------------

// REQUIRES: the newest receive key is known.
void VaultStore::reconcile() {
  std::map<uint32_t, uint64_t> wanted;  // slot -> key id
  std::vector<SubjectKey> keyless;
  std::vector<SubjectKey> damaged;
  bool all_known = true;  // no slot is unwanted while a row cannot say which is its own
  std::map<uint32_t, uint64_t> there;
  for (const KeySlots::Used& used : keys_.used()) there[used.place.slot] = used.place.id;
  {
    Transaction txn(database_, false);
    txn.scan(Table::Subjects, "", [&](std::string_view key, std::string_view value) {
      const auto named = SubjectKey::read(key);
      if (!named) {
        damage_.note(name_of_row("subject", key));
        all_known = false;
        return true;
      }
      SubjectRow row;
      try {
        row = SubjectRow::read(key, value);
      } catch (const RowDamaged& damage) {
        damage_.note(damage.row());
        row = rebuilt(txn, named->tenant, named->subject);
        damaged.push_back(*named);
      }
      if (row.key_id == 0 && row.tokens == 0) return true;
      const auto found = there.find(row.slot);
      if (row.key_id != 0 && found != there.end() && found->second == row.key_id)
        wanted[row.slot] = row.key_id;
      else
        keyless.push_back(*named);
      return true;
    });
  }
  for (const SubjectKey& one : damaged)
    database_.write([&](Transaction& txn) {
      const std::string key = subject_key_of(one.tenant, one.subject);
      put_subject(txn, key, rebuilt(txn, one.tenant, one.subject));
      damage_.mended(name_of_row("subject", key));
    });
  // Its key was destroyed, and the process ended before its rows were.
  for (const SubjectKey& one : keyless)
    database_.write([&](Transaction& txn) {
      remove_tokens(txn, one.tenant, one.subject);
      const std::string key = subject_key_of(one.tenant, one.subject);
      SubjectRow row;
      get_subject(txn, one.tenant, one.subject, row);
      row.slot = 0;
      row.key_id = row.tokens = 0;
      if (row.erased_serial != 0)
        put_subject(txn, key, row);
      else
        txn.remove(Table::Subjects, key);
    });
  mend_links();
  if (!all_known) return;
  std::vector<KeySlots::Place> unwanted;
  for (const auto& [slot, id] : there)
    if (!wanted.contains(slot)) unwanted.push_back({slot, id});
  destroy_keys(unwanted);
}

// --- links ---------------------------------------------------------------------------------------

VaultStore::Links VaultStore::links_of(const Transaction& txn, const std::string& tenant) const {
  Links links;
  const std::string prefix = tenant_prefix(tenant);
  const std::string groups = group_prefix(tenant);
  txn.scan(Table::Links, prefix, [&](std::string_view key, std::string_view value) {
    SubjectId subject{};
    GroupId group{};
    if (key.size() == prefix.size() + subject.size()) {
      std::memcpy(subject.data(), key.data() + prefix.size(), subject.size());
      auto& said = links[subject].first;
      if (value.size() == group.size()) std::memcpy(said.emplace().data(), value.data(), 16);
      static_assert(sizeof(GroupId) == 16);
    } else if (key.size() == groups.size() + group.size() + subject.size() &&
               key.starts_with(groups)) {
      std::memcpy(group.data(), key.data() + groups.size(), group.size());
      std::memcpy(subject.data(), key.data() + groups.size() + group.size(), subject.size());
      links[subject].second.insert(group);
    }
    return true;
  });
  return links;
}

// Each of the two rows of a link is written anew from the other one. A row of a group that names
// nobody else's row is what is left of one that was changed, and goes once that one is there again.
void VaultStore::mend_links() {
  std::set<std::string> tenants;
  {
    Transaction txn(database_, false);
    txn.scan(Table::Links, "", [&](std::string_view key, std::string_view) {
      tenants.emplace(key.substr(0, std::min(key.find('\0'), key.size())));
      return true;
    });
  }
  for (const std::string& tenant : tenants)
    database_.write([&](Transaction& txn) {
      const auto links = links_of(txn, tenant);
      std::set<GroupId> refilled;
      for (const auto& [subject, rows] : links) {
        const auto& [said, listed] = rows;
        const bool sound = said && listed.contains(*said);
        if (sound || !said || !listed.empty()) continue;
        txn.put(Table::Links, member_prefix(tenant, *said).append(view_of(subject)), "");
        refilled.insert(*said);
        damage_.mended(name_of_row("link", subject_key_of(tenant, subject)));
      }
      for (const auto& [subject, rows] : links) {
        const auto& [said, listed] = rows;
        if (listed.empty() || (said && listed.contains(*said))) continue;
        const std::string key = subject_key_of(tenant, subject);
        const GroupId group = *listed.begin();
        if (!said && refilled.contains(group)) {
          txn.remove(Table::Links, member_prefix(tenant, group).append(view_of(subject)));
          continue;
        }
        txn.put(Table::Links, key, view_of(group));
        damage_.mended(name_of_row("link", key));
      }
    });
}

}  // namespace sallyport::vault
