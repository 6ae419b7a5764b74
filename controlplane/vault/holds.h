// holds.h: legal holds on what the vault keeps, and erasures that wait for one.
//
// A hold names a whole tenant, subjects of it (with what they are linked to), or exchanges by
// request id, all within a time span if one is given. While it is there, nothing that it names
// expires or is erased; an erasure that meets one is written down and carried out on release.
// Evidence and bucket objects ask the same book (names_record()).
//
// A hold that cannot be read could name anything, so it names everything until it is released: what
// is gone does not come back. An erasure that cannot be read is not carried out; it is named until
// it is dropped. Neither stops anything else. Each has a check over what it says.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/vault/database.h"
#include "dataplane/contract/evidence_record.h"
#include "dataplane/contract/request_id.h"

namespace sallyport::vault {

inline constexpr size_t kHoldsMax = 1'000;  // each is asked for every row that is due

struct Hold {
  std::string id;      // "hold-" and 8 hex digits, or what the operator called it
  std::string tenant;  // never empty
  std::vector<contract::SubjectId> subjects;  // empty with no exchanges: all of the tenant
  std::vector<std::string> exchanges;         // request ids as text
  uint64_t from_ns = 0;                       // of records; 0: since ever
  uint64_t to_ns = 0;                         // 0: without end
  std::string reason, ticket, actor;
  uint64_t created_ns = 0;
  bool damaged = false;  // only `id` is known

  bool names_tenant(const std::string& of_tenant) const { return damaged || of_tenant == tenant; }
  bool names_subject(const std::string& of_tenant, const contract::SubjectId& subject) const;
  // Whether a record of this tenant, exchange, time and subjects is to be kept.
  bool names_record(std::string_view of_tenant, std::string_view request, uint64_t wall_ns,
                    std::span<const contract::SubjectId> subjects) const;
};

// An erasure that was asked for: under way, or waiting for a hold.
struct Erasure {
  std::string id;  // "dsr-" and 8 hex digits
  std::string tenant;
  std::vector<contract::SubjectId> subjects;
  std::string kind;  // "erase" or "reredact"
  std::string actor, reason, ticket;
  uint64_t asked_ns = 0;
  bool waits = false;  // for a hold; else it was under way
};

// In the vault's database, and in memory. REQUIRES: the vault's lock.
class HoldBook {
 public:
  explicit HoldBook(Database& database);
  void add(const Hold& hold);  // throws VaultError: "hold_exists", "too_many"
  std::optional<Hold> release(const std::string& id);
  const std::map<std::string, Hold>& holds() const { return holds_; }
  bool is_held(const std::string& tenant, const contract::SubjectId& subject) const;
  bool has_hold(const std::string& tenant) const;

  void put_erasure(const Erasure& erasure);
  void drop_erasure(const std::string& id);
  const std::map<std::string, Erasure>& erasures() const { return erasures_; }
  // Erasures that cannot be read, by name. drop_erasure() takes one of these names too.
  std::vector<std::string> damaged_erasures() const;

 private:
  Database& database_;
  std::map<std::string, Hold> holds_;
  std::map<std::string, Erasure> erasures_;
  std::map<std::string, std::string> damaged_holds_;     // name -> key in the table
  std::map<std::string, std::string> damaged_erasures_;  // the same
};

}  // namespace sallyport::vault
