#include "controlplane/vault/holds.h"

#include <algorithm>
#include <nlohmann/json.hpp>

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

std::string text_of(const Hold& hold) {
  return json{{"id", hold.id},
              {"tenant", hold.tenant},
              {"subjects", subjects_json(hold.subjects)},
              {"exchanges", hold.exchanges},
              {"from_ns", hold.from_ns},
              {"to_ns", hold.to_ns},
              {"reason", hold.reason},
              {"ticket", hold.ticket},
              {"actor", hold.actor},
              {"created_ns", hold.created_ns}}
      .dump();
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
  return json{{"id", erasure.id},
              {"tenant", erasure.tenant},
              {"subjects", subjects_json(erasure.subjects)},
              {"kind", erasure.kind},
              {"actor", erasure.actor},
              {"reason", erasure.reason},
              {"ticket", erasure.ticket},
              {"asked_ns", erasure.asked_ns},
              {"waits", erasure.waits}}
      .dump();
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
  if (of_tenant != tenant) return false;
  if (subjects.empty()) return exchanges.empty();
  return std::find(subjects.begin(), subjects.end(), subject) != subjects.end();
}

bool Hold::names_record(std::string_view of_tenant, std::string_view request, uint64_t wall_ns,
                        std::span<const contract::SubjectId> of_subjects) const {
  if (of_tenant != tenant || wall_ns < from_ns || (to_ns != 0 && wall_ns > to_ns)) return false;
  if (subjects.empty() && exchanges.empty()) return true;
  if (std::find(exchanges.begin(), exchanges.end(), request) != exchanges.end()) return true;
  return std::any_of(of_subjects.begin(), of_subjects.end(), [&](const auto& one) {
    return std::find(subjects.begin(), subjects.end(), one) != subjects.end();
  });
}

HoldBook::HoldBook(Database& database) : database_(database) {
  Database::Transaction txn(database_, false);
  try {
    txn.scan(Table::Holds, "", [&](std::string_view key, std::string_view value) {
      holds_.emplace(key, hold_of(json::parse(value)));
      return true;
    });
    txn.scan(Table::Deferred, "", [&](std::string_view key, std::string_view value) {
      erasures_.emplace(key, erasure_of(json::parse(value)));
      return true;
    });
  } catch (const json::exception& error) {
    throw VaultError("store_damaged", std::string("vault: a hold cannot be read: ") + error.what());
  }
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
  database_.write([&](Database::Transaction& txn) { txn.remove(Table::Holds, id); });
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
  database_.write([&](Database::Transaction& txn) { txn.remove(Table::Deferred, id); });
  erasures_.erase(id);
}

}  // namespace sallyport::vault
