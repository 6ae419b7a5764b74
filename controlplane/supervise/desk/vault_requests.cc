// vault_requests.cc: keys and state of the vault, each step a KEY record.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "controlplane/supervise/desk/evidence_thread.h"
#include "controlplane/supervise/desk/vault_desk.h"
#include "controlplane/supervise/socket/admin_server.h"
#include "controlplane/vault/way_out.h"

namespace sallyport::supervise {

using contract::RecordKind;
using evidence_log::ControlRecord;
using nlohmann::json;

namespace {

uint64_t number_of(const json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

std::optional<vault::PublicKey> public_key_of(const json& from) {
  if (!from.is_string()) return std::nullopt;
  const auto bytes = vault::from_hex(from.get_ref<const std::string&>(), vault::kKeyBytes);
  if (!bytes) return std::nullopt;
  vault::PublicKey out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

bool is_state(std::string_view code) {
  static constexpr std::string_view kStates[] = {"no_room",  "store",    "store_damaged",
                                                 "map_full", "key_file", "spool"};
  return std::find(std::begin(kStates), std::end(kStates), code) != std::end(kStates);
}

json evidence_blocked() {
  return admin_error("evidence_blocked",
                     "the evidence log does not take the record of this action: nothing was done",
                     "sallyctl status shows what is wrong with the log");
}

}  // namespace

ControlRecord VaultDesk::key_record(const std::string& action, const std::string& actor) const {
  ControlRecord record{.kind = RecordKind::Key, .action = action, .actor = actor};
  record.object = "vault";
  return record;
}

json VaultDesk::with_record(ControlRecord record, const std::function<json(ControlRecord&)>& act) {
  record.result = "intended";
  if (!commit(record)) return evidence_blocked();
  try {
    record.result = "ok";
    json answer = act(record);
    if (!commit(record)) return evidence_blocked();
    answer["ok"] = true;
    return answer;
  } catch (const vault::VaultError& error) {
    record.result = "failed";
    record.detail = error.code();
    evidence_->append(record);
    const std::string hint(vault::way_out(error.code()));
    // A mistake of the caller is an answer, and no state of the vault.
    if (is_state(error.code())) say_problem(error.code(), error.what(), hint);
    return admin_error(error.code(), error.what(), hint);
  }
}

json VaultDesk::ask_status(const Asked&) {
  json out = status();
  out["ok"] = true;
  if (vault_->state() == vault::VaultState::Open)
    out["kek_fingerprint"] = vault::kek_fingerprint(vault_->newest_kek());
  json hours = json::object();
  for (const auto& [tenant, seconds] : vault_->retentions()) hours[tenant] = seconds / 3'600;
  out["retention_hours"] = hours;
  if (!shares_.empty()) {
    out["shares_brought"] = shares_.size();
    out["shares_needed"] = shares_.front().label.threshold;
  }
  return out;
}

json VaultDesk::init(const Asked& asked) {
  if (vault_->state() != vault::VaultState::Absent)
    return admin_error("conflict", "there is a vault already", "sallyctl vault status");
  auto source = find_source();
  if (source == nullptr)
    return admin_error("kek_missing", "there is no key-encryption key",
                       "sallyctl vault init makes one in the credentials folder");
  ControlRecord record = key_record("vault_created", asked.actor);
  record.detail = source->describe();
  json answer = with_record(std::move(record), [&](ControlRecord& done) {
    vault_->create(std::move(source));
    const vault::Kek kek = vault_->newest_kek();
    done.fields.emplace_back("key_version", std::to_string(kek.generation));
    done.fields.emplace_back("fingerprint", vault::kek_fingerprint(kek));
    return json{{"state", "open"}, {"kek_fingerprint", vault::kek_fingerprint(kek)}};
  });
  if (answer.value("ok", false)) clear_problem();
  return answer;
}

json VaultDesk::seal(const Asked& asked) {
  ControlRecord record = key_record("vault_sealed", asked.actor);
  record.reason = text_member(asked.body, "reason");
  return with_record(std::move(record), [this](ControlRecord&) {
    vault_->seal(true);
    return json{{"state", "sealed"}};
  });
}

json VaultDesk::unseal(const Asked& asked) {
  if (vault_->state() == vault::VaultState::Open)
    return {{"ok", true}, {"state", "open"}, {"message", "it was open already"}};
  if (vault_->state() == vault::VaultState::Absent)
    return admin_error("vault_absent", "there is no vault on this appliance",
                       std::string(vault::way_out("vault_absent")));
  auto source = find_source();
  if (source == nullptr)
    return admin_error(
        "kek_missing", "there is no key-encryption key on this host",
        "custodians bring their shares: sallyctl vault unseal --share FILE --key FILE");
  ControlRecord record = key_record("vault_unsealed", asked.actor);
  record.detail = source->describe();
  json answer = with_record(std::move(record), [&](ControlRecord& done) {
    vault_->unseal(std::move(source));
    done.fields.emplace_back("key_version", std::to_string(vault_->newest_kek().generation));
    return json{{"state", "open"}};
  });
  if (!answer.value("ok", false)) return answer;
  clear_problem();
  shares_.clear();
  if (vault_->rotating()) finish_rotation("sallyportd");
  carry_out_released();
  return answer;
}

// One custodian after the other; nobody sees the share of another.
json VaultDesk::take_share(const Asked& asked) {
  if (vault_->state() != vault::VaultState::Sealed)
    return admin_error("conflict", "the vault is not sealed", "sallyctl vault status");
  vault::Share share;
  share.label = vault::parse_share(text_member(asked.body, "share")).label;
  const auto bytes = vault::from_hex(text_member(asked.body, "bytes"), 2 * vault::kKeyBytes);
  if (!bytes) return admin_error("request_invalid", "a share is 64 bytes in hex");
  share.bytes = *bytes;
  ControlRecord record = key_record("share_brought", asked.actor);
  record.fields = {{"key_id", share.label.custodian},
                   {"key_version", std::to_string(share.label.generation)},
                   {"threshold", std::to_string(share.label.threshold)}};
  return with_record(std::move(record), [&](ControlRecord& done) {
    if (!shares_.empty() && shares_.front().label.set != share.label.set) shares_.clear();
    for (const vault::Share& known : shares_)
      if (known.label.index == share.label.index)
        throw vault::VaultError("share_duplicate", "this share was brought already");
    shares_.push_back(std::move(share));
    const size_t needed = shares_.front().label.threshold;
    done.count = shares_.size();
    json answer = {
        {"state", "sealed"}, {"shares_brought", shares_.size()}, {"shares_needed", needed}};
    if (shares_.size() < needed) return answer;
    std::vector<vault::Share> all = std::move(shares_);
    shares_.clear();
    vault::Keks keks;
    keks.push_back(vault::combine_shares(all));
    vault_->unseal_with(std::move(keks));
    done.detail = "the vault is open";
    clear_problem();
    answer["state"] = "open";
    return answer;
  });
}

json VaultDesk::finish_rotation(const std::string& actor) {
  return with_record(key_record("kek_rotation_finished", actor), [this](ControlRecord& done) {
    while (!vault_->step_rotation()) continue;
    const vault::Kek kek = vault_->newest_kek();
    done.fields = {{"key_version", std::to_string(kek.generation)},
                   {"fingerprint", vault::kek_fingerprint(kek)}};
    return json{{"kek_generation", kek.generation},
                {"kek_fingerprint", vault::kek_fingerprint(kek)}};
  });
}

json VaultDesk::rotate(const Asked& asked) {
  ControlRecord record = key_record("kek_rotation_begun", asked.actor);
  record.reason = text_member(asked.body, "reason");
  const json begun = with_record(std::move(record), [this](ControlRecord& done) {
    if (!vault_->rotating()) vault_->begin_rotation();
    done.fields = {{"key_version", std::to_string(vault_->newest_kek().generation)}};
    return json::object();
  });
  return begun.value("ok", false) ? finish_rotation(asked.actor) : begun;
}

json VaultDesk::split(const Asked& asked) {
  std::vector<vault::PublicKey> custodians;
  for (const json& one : asked.body.value("custodians", json::array())) {
    const auto key = public_key_of(one);
    if (!key) return admin_error("request_invalid", "a custodian is 64 hex digits");
    custodians.push_back(*key);
  }
  const auto threshold = static_cast<unsigned>(number_of(asked.body, "threshold"));
  ControlRecord record = key_record("kek_split", asked.actor);
  record.fields = {{"shares", std::to_string(custodians.size())},
                   {"threshold", std::to_string(threshold)}};
  for (const vault::PublicKey& custodian : custodians)
    record.fields.emplace_back("key_id", vault::fingerprint(custodian));
  return with_record(std::move(record), [&](ControlRecord& done) {
    const vault::Kek kek = vault_->newest_kek();
    done.fields.emplace_back("key_version", std::to_string(kek.generation));
    json shares = json::array();
    for (const vault::SealedShare& share : vault::split_kek(kek, threshold, custodians))
      shares.push_back({{"index", share.label.index},
                        {"custodian", share.label.custodian},
                        {"text", vault::share_text(share)}});
    return json{{"shares", shares}, {"threshold", threshold}, {"kek_generation", kek.generation}};
  });
}

json VaultDesk::backup(const Asked& asked) {
  const auto holder = public_key_of(asked.body.value("holder", json()));
  if (!holder) return admin_error("request_invalid", "the holder is 64 hex digits");
  ControlRecord record = key_record("kek_backup", asked.actor);
  record.fields = {{"key_id", vault::fingerprint(*holder)}};
  return with_record(std::move(record), [&](ControlRecord& done) {
    const vault::Kek kek = vault_->newest_kek();
    done.fields.emplace_back("key_version", std::to_string(kek.generation));
    done.fields.emplace_back("fingerprint", vault::kek_fingerprint(kek));
    return json{{"text", vault::backup_text(kek, *holder, node_)},
                {"kek_generation", kek.generation}};
  });
}

// What sallyctl does with key files itself (combine, restore, a restore test) is said here.
json VaultDesk::note_ceremony(const Asked& asked) {
  static constexpr std::string_view kSteps[] = {"shares_combined", "backup_tested",
                                                "backup_restored", "kek_file_made"};
  const std::string step = text_member(asked.body, "step");
  if (std::find(std::begin(kSteps), std::end(kSteps), step) == std::end(kSteps))
    return admin_error("request_invalid", "there is no such step");
  ControlRecord record = key_record(step, asked.actor);
  record.result = asked.body.value("good", true) ? "ok" : "failed";
  record.fields = {{"key_version", std::to_string(number_of(asked.body, "generation"))}};
  const std::string print = text_member(asked.body, "fingerprint");
  if (print.size() == 32) record.fields.emplace_back("fingerprint", print);
  if (!commit(record)) return evidence_blocked();
  return {{"ok", true}};
}

}  // namespace sallyport::supervise
