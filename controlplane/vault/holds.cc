#include "controlplane/vault/holds.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dataplane/base/hash.h"

namespace sallyport::vault {
namespace {

using nlohmann::json;
using Table = Database::Table;

json subjects_json(const std::vector<contract::SubjectId>& subjects) {
  json out = json::array();
  for (const auto& subject : subjects) out.push_back(hex(subject));
  return out;
}

std::vector<contract::SubjectId> subjects_of(const json& list) {
  std::vector<contract::SubjectId> out;
  for (const json& one : list) {
    const auto bytes = from_hex(one.get<std::string>(), sizeof(contract::SubjectId));
    if (!bytes) throw VaultError("store_damaged", "vault: a hold's subject is damaged");
    std::copy(bytes->begin(), bytes->end(), out.emplace_back().begin());
  }
  return out;
}

std::string hash_text(std::string_view text) {
  const uint64_t hash = base::siphash13({}, bytes_of(text));
  return hex({reinterpret_cast<const uint8_t*>(&hash), sizeof hash});
}

// Of the text without it: what a disk changed names somebody else.
std::string check_of(const json& row) { return hash_text(row.dump()); }

std::string checked_text(json row) {
  const std::string check = check_of(row);
  row["check"] = check;
  return row.dump();
}

// Rows of a former version have no check. Throws json::exception, or VaultError.
json checked_json(std::string_view text) {
  json row = json::parse(text);
  const auto said = row.find("check");
  if (said == row.end()) return row;
  const std::string check = said->get<std::string>();
  row.erase(said);
  if (check != check_of(row)) throw VaultError("store_damaged", "vault: a row was changed");
  return row;
}

// A key may be what is damaged.
std::string printable_name(std::string_view key) {
  const bool printable = !key.empty() && std::all_of(key.begin(), key.end(),
                                                     [](char c) { return c > ' ' && c < '\x7f'; });
  if (printable) return std::string(key);
  return "damaged-" + hash_text(key);
}

std::string text_of(const Hold& hold) {
  return checked_text({{"id", hold.id},
                       {"tenant", hold.tenant},
                       {"subjects", subjects_json(hold.subjects)},
                       {"exchanges", hold.exchanges},
                       {"from_ns", hold.from_ns},
                       {"to_ns", hold.to_ns},
                       {"reason", hold.reason},
                       {"ticket", hold.ticket},
                       {"actor", hold.actor},
                       {"created_ns", hold.created_ns}});
}

Hold hold_of(const json& from) {
  Hold hold;
  hold.id = from.at("id");
  hold.tenant = from.at("tenant");
  hold.subjects = subjects_of(from.at("subjects"));
  hold.exchanges = from.at("exchanges").get<std::vector<std::string>>();
  hold.from_ns = from.at("from_ns");
  hold.to_ns = from.at("to_ns");
  hold.reason = from.at("reason");
  hold.ticket = from.at("ticket");
  hold.actor = from.at("actor");
  hold.created_ns = from.at("created_ns");
  return hold;
}

std::string text_of(const Erasure& erasure) {
  return checked_text({{"id", erasure.id},
                       {"tenant", erasure.tenant},
                       {"subjects", subjects_json(erasure.subjects)},
                       {"kind", erasure.kind},
                       {"actor", erasure.actor},
                       {"reason", erasure.reason},
                       {"ticket", erasure.ticket},
                       {"asked_ns", erasure.asked_ns},
                       {"waits", erasure.waits}});
}

Erasure erasure_of(const json& from) {
  Erasure erasure;
  erasure.id = from.at("id");
  erasure.tenant = from.at("tenant");
  erasure.subjects = subjects_of(from.at("subjects"));
  erasure.kind = from.at("kind");
  erasure.actor = from.at("actor");
  erasure.reason = from.at("reason");
  erasure.ticket = from.at("ticket");
  erasure.asked_ns = from.at("asked_ns");
  erasure.waits = from.at("waits");
  return erasure;
}

}  // namespace

bool Hold::names_subject(const std::string& of_tenant, const contract::SubjectId& subject) const {
  if (damaged) return true;
  if (of_tenant != tenant) return false;
  if (subjects.empty()) return exchanges.empty();
  return std::find(subjects.begin(), subjects.end(), subject) != subjects.end();
}

bool Hold::names_record(std::string_view of_tenant, std::string_view request, uint64_t wall_ns,
                        std::span<const contract::SubjectId> of_subjects) const {
  if (damaged) return true;
  if (of_tenant != tenant || wall_ns < from_ns || (to_ns != 0 && wall_ns > to_ns)) return false;
  if (subjects.empty() && exchanges.empty()) return true;
  if (std::find(exchanges.begin(), exchanges.end(), request) != exchanges.end()) return true;
  return std::any_of(of_subjects.begin(), of_subjects.end(), [&](const auto& one) {
    return std::find(subjects.begin(), subjects.end(), one) != subjects.end();
  });
}

HoldBook::HoldBook(Database& database) : database_(database) {
  // What a damaged row throws; words of the parser could quote it, so none are kept.
  const auto reads = [](const auto& read) {
    try {
      read();
      return true;
    } catch (const json::exception&) {
    } catch (const VaultError&) {
    }
    return false;
  };
  Database::Transaction txn(database_, false);
  txn.scan(Table::Holds, "", [&](std::string_view key, std::string_view value) {
    if (reads([&] { holds_.emplace(key, hold_of(checked_json(value))); })) return true;
    Hold damaged;
    damaged.id = printable_name(key);
    damaged.damaged = true;
    damaged_holds_.emplace(damaged.id, key);
    holds_.emplace(damaged.id, damaged);
    return true;
  });
  txn.scan(Table::Deferred, "", [&](std::string_view key, std::string_view value) {
    if (!reads([&] { erasures_.emplace(key, erasure_of(checked_json(value))); }))
      damaged_erasures_.emplace(printable_name(key), key);
    return true;
  });
}

bool HoldBook::has_hold(const std::string& tenant) const {
  return std::any_of(holds_.begin(), holds_.end(),
                     [&](const auto& one) { return one.second.names_tenant(tenant); });
}

std::vector<std::string> HoldBook::damaged_erasures() const {
  std::vector<std::string> out;
  for (const auto& [name, key] : damaged_erasures_) out.push_back(name);
  return out;
}

void HoldBook::add(const Hold& hold) {
  if (hold.id.empty() || hold.tenant.empty())
    throw VaultError("bad_hold", "a hold needs a name and a tenant");
  if (holds_.contains(hold.id)) throw VaultError("hold_exists", "there is a hold " + hold.id);
  if (holds_.size() >= kHoldsMax)
    throw VaultError("too_many", "there are " + std::to_string(kHoldsMax) + " holds already");
  database_.write(
      [&](Database::Transaction& txn) { txn.put(Table::Holds, hold.id, text_of(hold)); });
  holds_.emplace(hold.id, hold);
}

std::optional<Hold> HoldBook::release(const std::string& id) {
  const auto found = holds_.find(id);
  if (found == holds_.end()) return std::nullopt;
  const auto damaged = damaged_holds_.find(id);
  const std::string key = damaged == damaged_holds_.end() ? id : damaged->second;
  database_.write([&](Database::Transaction& txn) { txn.remove(Table::Holds, key); });
  damaged_holds_.erase(id);
  Hold hold = std::move(found->second);
  holds_.erase(found);
  return hold;
}

bool HoldBook::is_held(const std::string& tenant, const contract::SubjectId& subject) const {
  return std::any_of(holds_.begin(), holds_.end(),
                     [&](const auto& one) { return one.second.names_subject(tenant, subject); });
}

void HoldBook::put_erasure(const Erasure& erasure) {
  database_.write(
      [&](Database::Transaction& txn) { txn.put(Table::Deferred, erasure.id, text_of(erasure)); });
  erasures_[erasure.id] = erasure;
}

void HoldBook::drop_erasure(const std::string& id) {
  const auto damaged = damaged_erasures_.find(id);
  const std::string key = damaged == damaged_erasures_.end() ? id : damaged->second;
  database_.write([&](Database::Transaction& txn) { txn.remove(Table::Deferred, key); });
  damaged_erasures_.erase(id);
  erasures_.erase(id);
}

}  // namespace sallyport::vault
