// subject_requests.cc: what a person may ask for (find, export, erase, reredact) and legal holds.
// A subject is named by its pseudonym: the value it stands for never comes here.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "controlplane/supervise/desk/evidence_thread.h"
#include "controlplane/supervise/desk/subject_search.h"
#include "controlplane/supervise/desk/vault_desk.h"
#include "controlplane/supervise/socket/admin_server.h"
#include "controlplane/vault/way_out.h"
#include "dataplane/base/time.h"

namespace sallyport::supervise {

using contract::RecordKind;
using evidence_log::ControlRecord;
using nlohmann::json;
using vault::SubjectId;

namespace {

constexpr uint64_t kPollMs = 20;
constexpr size_t kSubjectsPerRequestMax = 64;

uint64_t seconds_ns(const json& body, const char* name, uint64_t otherwise) {
  const auto found = body.find(name);
  if (found == body.end() || !found->is_number_unsigned()) return otherwise;
  return std::min<uint64_t>(found->get<uint64_t>(), ~0ULL / base::kNsPerS) * base::kNsPerS;
}

uint64_t wall_ns() { return static_cast<uint64_t>(time(nullptr)) * base::kNsPerS; }

std::optional<SubjectId> subject_of(const std::string& text) {
  const auto bytes = vault::from_hex(text, sizeof(SubjectId));
  if (!bytes) return std::nullopt;
  SubjectId out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

struct Named {
  std::string tenant;
  std::vector<SubjectId> subjects;
};

// The subjects that a request names; throws VaultError when it names none.
Named named_in(const json& body) {
  Named out;
  out.tenant = text_member(body, "tenant");
  for (const json& one : body.value("subjects", json::array())) {
    const auto subject = one.is_string() ? subject_of(one.get<std::string>()) : std::nullopt;
    if (!subject) throw vault::VaultError("request_invalid", "a subject is 32 hex digits");
    if (std::find(out.subjects.begin(), out.subjects.end(), *subject) == out.subjects.end())
      out.subjects.push_back(*subject);
  }
  if (out.tenant.empty() || out.subjects.empty() || out.subjects.size() > kSubjectsPerRequestMax)
    throw vault::VaultError("request_invalid", "a tenant, and 1 to 64 subjects of it, are named");
  return out;
}

ControlRecord subject_record(const std::string& action, const std::string& actor,
                             const Named& named, const json& body) {
  ControlRecord record{.kind = RecordKind::SubjectRequest, .action = action, .actor = actor};
  record.tenant = named.tenant;
  record.reason = text_member(body, "reason");
  record.ticket = text_member(body, "ticket");
  record.subjects = named.subjects;
  for (const SubjectId& subject : named.subjects)
    record.fields.emplace_back("subject", vault::hex(subject));
  return record;
}

json entry_json(const vault::VaultEntry& entry) {
  return {{"entity", entry.entity},
          {"vendor", entry.vendor},
          {"environment", entry.environment},
          {"principals", entry.principals},
          {"token_epoch", std::string(entry.core.begin(), entry.core.begin() + 2)},
          {"first_request", std::string(contract::request_id_text(entry.first_request).view())},
          {"created", evidence_log::utc_text(entry.created_ns / base::kNsPerS)},
          {"last", evidence_log::utc_text(entry.last_ns / base::kNsPerS)},
          {"expires", entry.held ? json(nullptr)
                                 : json(evidence_log::utc_text(entry.expires_ns / base::kNsPerS))},
          {"held", entry.held}};
}

json hold_json(const vault::Hold& hold) {
  json subjects = json::array();
  for (const SubjectId& subject : hold.subjects) subjects.push_back(vault::hex(subject));
  const auto utc = [](uint64_t ns) {
    return ns == 0 ? json(nullptr) : json(evidence_log::utc_text(ns / base::kNsPerS));
  };
  return {{"id", hold.id},
          {"tenant", hold.tenant},
          {"subjects", subjects},
          {"exchanges", hold.exchanges},
          {"from", utc(hold.from_ns)},
          {"to", utc(hold.to_ns)},
          {"reason", hold.reason},
          {"ticket", hold.ticket},
          {"actor", hold.actor},
          {"created", utc(hold.created_ns)},
          {"damaged", hold.damaged}};
}

std::string new_id(const char* prefix) {
  std::array<uint8_t, 4> bytes;
  vault::random_fill(bytes);
  return prefix + vault::hex(bytes);
}

}  // namespace

// What is known of the subjects, linked ones included: rows of the vault, records of the log.
json VaultDesk::subject_find(const Asked& asked) {
  Named named = named_in(asked.body);
  ControlRecord record = subject_record("find", asked.actor, named, asked.body);
  return with_record(std::move(record), [&](ControlRecord& done) {
    SubjectQuestion question;
    question.tenant = named.tenant;
    question.from_ns = seconds_ns(asked.body, "from", 0);
    question.to_ns = seconds_ns(asked.body, "to", ~0ULL);
    json in_vault = json::array();
    for (const SubjectId& one : named.subjects)
      for (const SubjectId& member : vault_->members(named.tenant, one)) {
        if (std::find(question.subjects.begin(), question.subjects.end(), member) !=
            question.subjects.end())
          continue;
        question.subjects.push_back(member);
        json tokens = json::array();
        uint64_t damaged = 0;
        for (const vault::VaultEntry& entry : vault_->list(named.tenant, member, false, &damaged))
          tokens.push_back(entry_json(entry));
        const auto info = vault_->subject(named.tenant, member);
        in_vault.push_back(
            {{"subject", vault::hex(member)},
             {"tokens", tokens},
             {"damaged", damaged},
             {"held", vault_->is_held(named.tenant, member)},
             {"erased", info && info->erased_ns != 0
                            ? json(evidence_log::utc_text(info->erased_ns / base::kNsPerS))
                            : json(nullptr)}});
      }
    json answer = find_subjects(evidence_->reader(), question);
    answer["tenant"] = named.tenant;
    answer["subjects"] = in_vault;
    done.fields.emplace_back("exchanges", std::to_string(answer["exchanges"].get<uint64_t>()));
    return answer;
  });
}

json VaultDesk::subject_export(const Asked& asked) {
  json answer = subject_find(asked);
  if (!answer.value("ok", false)) return answer;
  answer["extracted"] = evidence_log::utc_text(static_cast<uint64_t>(time(nullptr)));
  answer["node"] = node_;
  answer["log_size"] = evidence_->status().log_size;
  answer["checkpoint_size"] = evidence_->status().checkpoint_size;
  return answer;
}

json VaultDesk::subject_link(const Asked& asked) {
  const Named named = named_in(asked.body);
  if (named.subjects.size() < 2)
    return admin_error("request_invalid", "a link joins two subjects or more",
                       "sallyctl subject link --help");
  ControlRecord record = subject_record("link", asked.actor, named, asked.body);
  return with_record(std::move(record), [&](ControlRecord& done) {
    vault_->link(named.tenant, named.subjects);
    const size_t linked = vault_->members(named.tenant, named.subjects.front()).size();
    done.fields.emplace_back("linked", std::to_string(linked));
    return json{{"linked", linked}};
  });
}

// --- erasure -------------------------------------------------------------------------------------

json VaultDesk::subject_erase(const Asked& asked) { return erase_as(asked, "erase"); }

// The vendor's copies stand for nothing from now on, and the subject's values get other tokens.
json VaultDesk::subject_reredact(const Asked& asked) { return erase_as(asked, "reredact"); }

// Before the data keys go: workers get the list with the vault's next key, so a value that is used
// meanwhile has its new token, or a mapping that the erasure drops. The subjects (with what is
// linked to them) enter an epoch of their own. Only when the tenant has no room for one more does
// its token key begin a new epoch, which changes everybody's tokens. Answers what came of it.
json VaultDesk::begin_epochs(const vault::Erasure& erasure) {
  ControlRecord record = subject_record("subject_epoch", erasure.actor,
                                        Named{erasure.tenant, erasure.subjects}, json::object());
  record.kind = RecordKind::Key;
  record.object = erasure.id;
  record.result = "intended";
  if (!commit(record)) return {{"epoch_problem", "the log did not take the record of it"}};
  const Credentials credentials(options_.credentials, options_.state_dir / "keys");
  std::string error;
  const auto epoch = credentials.next_subject_epoch(erasure.tenant, erasure.subjects, error);
  if (epoch) record.fields.emplace_back("epoch", std::to_string(*epoch));
  record.result = epoch ? "ok" : "failed";
  evidence_->append(record);
  if (epoch) return {{"subject_epoch", *epoch}};
  if (error != "full") return {{"epoch_problem", error}};
  ControlRecord whole{.kind = RecordKind::Key, .action = "token_epoch", .actor = erasure.actor};
  whole.tenant = erasure.tenant;
  whole.object = erasure.id;
  whole.result = "intended";
  if (!commit(whole)) return {{"epoch_problem", "the log did not take the record of it"}};
  const auto of_tenant = credentials.next_token_epoch(erasure.tenant, error);
  whole.result = of_tenant ? "ok" : "failed";
  evidence_->append(whole);
  if (of_tenant) return {{"token_epoch", *of_tenant}};
  return {{"epoch_problem", error}};
}

json VaultDesk::erase_as(const Asked& asked, const std::string& kind) {
  const Named named = named_in(asked.body);
  if (text_member(asked.body, "reason").empty())
    return admin_error("request_invalid", "an erasure says why", "--reason gdpr-17");
  vault::Erasure erasure;
  erasure.id = new_id("dsr-");
  erasure.tenant = named.tenant;
  erasure.kind = kind;
  erasure.actor = asked.actor;
  erasure.reason = text_member(asked.body, "reason");
  erasure.ticket = text_member(asked.body, "ticket");
  erasure.asked_ns = wall_ns();
  for (const SubjectId& one : named.subjects)
    for (const SubjectId& member : vault_->members(named.tenant, one))
      if (std::find(erasure.subjects.begin(), erasure.subjects.end(), member) ==
          erasure.subjects.end())
        erasure.subjects.push_back(member);
  ControlRecord record = subject_record(kind, asked.actor, named, asked.body);
  record.object = erasure.id;
  const bool held =
      std::any_of(erasure.subjects.begin(), erasure.subjects.end(),
                  [&](const SubjectId& subject) { return vault_->is_held(named.tenant, subject); });
  record.result = held ? "deferred" : "intended";
  if (!commit(record))
    return admin_error("evidence_blocked", "the evidence log does not take the record of this",
                       "sallyctl status; nothing was erased");
  erasure.waits = held;
  vault_->defer(erasure);
  if (held)
    return {{"ok", true},
            {"id", erasure.id},
            {"state", "deferred"},
            {"message", "a hold names this subject: it is erased when the hold is released"},
            {"hint", "sallyctl hold list"}};
  json answer = carry_out(erasure);
  if (answer.value("ok", false)) wait_for_retirement();
  if (answer.value("ok", false)) {
    const bool over = vault_->receive_key_count() < 2;
    finish_erasures();
    answer["rings"] = over ? "unreadable" : "pending";
    answer["state"] = over ? "completed" : "erased";
  }
  return answer;
}

// The data keys are gone when this answers ok; the log says which, and how many.
json VaultDesk::carry_out(const vault::Erasure& erasure) {
  Named named{erasure.tenant, erasure.subjects};
  ControlRecord record = subject_record(erasure.kind, erasure.actor, named, json::object());
  record.object = erasure.id;
  record.reason = erasure.reason;
  record.ticket = erasure.ticket;
  try {
    const json epochs = erasure.kind == "reredact" ? begin_epochs(erasure) : json::object();
    const vault::EraseResult result = vault_->erase(erasure.tenant, erasure.subjects);
    record.count = result.tokens_removed;
    record.detail = "data keys destroyed; mappings of older workers' keys are dropped";
    record.fields.emplace_back("erased", std::to_string(result.keys_destroyed));
    record.fields.emplace_back("mappings", std::to_string(result.tokens_removed));
    vault::Erasure under_way = erasure;
    under_way.waits = false;
    vault_->defer(under_way);
    if (!commit(record))
      return admin_error("evidence_blocked",
                         "it is erased, but the log does not take the proof yet",
                         "sallyctl status; ask again once the log takes records");
    json answer = {{"ok", true},
                   {"id", erasure.id},
                   {"keys_destroyed", result.keys_destroyed},
                   {"tokens_removed", result.tokens_removed}};
    answer.update(epochs);
    return answer;
  } catch (const vault::VaultError& error) {
    record.result = "failed";
    record.detail = error.code();
    evidence_->append(record);
    return admin_error(error.code(), error.what(), std::string(vault::way_out(error.code())));
  }
}

// The main loop retires the former receive key on its own thread of work: ours. So the wait is for
// the dataplane only, and the work is done here.
void VaultDesk::wait_for_retirement() {
  for (uint64_t waited = 0; waited < kEraseWaitMsMax && retire_before_.load() == 0;
       waited += kPollMs) {
    if (jobs_.stopping()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
  retire_if_due();
}

// Erasures that were carried out, and whose former receive key is gone by now.
void VaultDesk::finish_erasures() {
  if (vault_->receive_key_count() > 1) return;
  for (const vault::Erasure& erasure : vault_->deferred()) {
    if (erasure.waits) continue;
    ControlRecord record = subject_record(erasure.kind + "_completed", erasure.actor,
                                          Named{erasure.tenant, erasure.subjects}, json::object());
    record.object = erasure.id;
    record.reason = erasure.reason;
    record.ticket = erasure.ticket;
    record.detail = "the key that opened what rings still held is destroyed";
    if (commit(record)) vault_->undefer(erasure.id);
  }
}

// After a start or a release: what waited for a hold that is gone, or was cut short.
void VaultDesk::carry_out_released() {
  if (vault_->state() != vault::VaultState::Open) return;
  for (const vault::Erasure& erasure : vault_->deferred()) {
    const bool held = std::any_of(
        erasure.subjects.begin(), erasure.subjects.end(),
        [&](const SubjectId& subject) { return vault_->is_held(erasure.tenant, subject); });
    if (!held) carry_out(erasure);
  }
  finish_erasures();
}

// --- holds ---------------------------------------------------------------------------------------

json VaultDesk::hold_add(const Asked& asked) {
  vault::Hold hold;
  hold.id = text_member(asked.body, "id");
  if (hold.id.empty()) hold.id = new_id("hold-");
  hold.tenant = text_member(asked.body, "tenant");
  hold.reason = text_member(asked.body, "reason");
  hold.ticket = text_member(asked.body, "ticket");
  hold.actor = asked.actor;
  hold.created_ns = wall_ns();
  hold.from_ns = seconds_ns(asked.body, "from", 0);
  hold.to_ns = seconds_ns(asked.body, "to", 0);
  if (hold.tenant.empty() || hold.reason.empty())
    return admin_error("request_invalid", "a hold names a tenant and a reason",
                       "sallyctl hold add --help");
  if (asked.body.contains("subjects") && !asked.body["subjects"].empty())
    for (const SubjectId& one : named_in(asked.body).subjects)
      for (const SubjectId& member : vault_->members(hold.tenant, one))
        hold.subjects.push_back(member);
  for (const json& one : asked.body.value("exchanges", json::array())) {
    const auto id = contract::parse_request_id(one.is_string() ? one.get<std::string>() : "");
    if (!id)
      return admin_error("request_invalid", "an exchange is named by its request id",
                         "sallyctl evidence list --tenant T shows them");
    hold.exchanges.emplace_back(contract::request_id_text(*id).view());
    // What that exchange's tokens stand for is held with it.
    for (const SubjectId& subject : subjects_of_exchange(evidence_->reader(), *id))
      hold.subjects.push_back(subject);
  }
  ControlRecord record{.kind = RecordKind::Retention, .action = "hold_added", .actor = asked.actor};
  record.tenant = hold.tenant;
  record.object = hold.id;
  record.reason = hold.reason;
  record.ticket = hold.ticket;
  record.subjects = hold.subjects;
  record.fields = {{"hold", hold.id},
                   {"exchanges", std::to_string(hold.exchanges.size())},
                   {"held", std::to_string(hold.subjects.size())}};
  return with_record(std::move(record), [&](ControlRecord&) {
    vault_->add_hold(hold);
    return json{{"hold", hold_json(hold)}};
  });
}

json VaultDesk::hold_release(const Asked& asked) {
  const std::string id = text_member(asked.body, "id");
  const std::string approver = text_member(asked.body, "approver");
  const std::string reason = text_member(asked.body, "reason");
  if (id.empty() || approver.empty() || reason.empty())
    return admin_error("request_invalid", "a release names the hold, a reason and an approver",
                       "sallyctl hold release --help");
  const std::string by = asked.actor.substr(0, asked.actor.find(' '));
  if (approver == by)
    return admin_error("denied", "who releases a hold does not approve it himself",
                       "--approver names another person");
  const std::vector<vault::Hold> holds = vault_->holds();
  const auto found = std::find_if(holds.begin(), holds.end(),
                                  [&](const vault::Hold& hold) { return hold.id == id; });
  const std::vector<std::string> unreadable = vault_->damaged_erasures();
  const bool is_erasure = std::find(unreadable.begin(), unreadable.end(), id) != unreadable.end();
  if (found == holds.end() && !is_erasure)
    return admin_error("not_found", "there is no hold of that name", "sallyctl hold list");
  ControlRecord record{
      .kind = RecordKind::Retention, .action = "hold_released", .actor = asked.actor};
  record.object = id;
  record.reason = reason;
  record.ticket = text_member(asked.body, "ticket");
  record.fields = {{"hold", id}, {"approver", approver}};
  if (is_erasure) {  // nobody can carry it out: it is asked for again
    record.action = "erasure_dropped";
    return with_record(std::move(record), [&](ControlRecord&) {
      vault_->undefer(id);
      return json{{"released", id}, {"erasures_carried_out", 0}};
    });
  }
  record.tenant = found->tenant;
  record.subjects = found->subjects;
  const size_t before = vault_->deferred().size();
  json answer = with_record(std::move(record), [&](ControlRecord&) {
    vault_->release_hold(id);
    return json{{"released", id}};
  });
  if (!answer.value("ok", false)) return answer;
  carry_out_released();
  const std::vector<vault::Erasure> left = vault_->deferred();
  answer["erasures_carried_out"] =
      before - static_cast<size_t>(std::count_if(left.begin(), left.end(),
                                                 [](const auto& one) { return one.waits; }));
  return answer;
}

json VaultDesk::hold_list(const Asked&) {
  json holds = json::array();
  for (const vault::Hold& hold : vault_->holds()) holds.push_back(hold_json(hold));
  json waiting = json::array();
  for (const vault::Erasure& erasure : vault_->deferred())
    waiting.push_back({{"id", erasure.id},
                       {"tenant", erasure.tenant},
                       {"kind", erasure.kind},
                       {"state", erasure.waits ? "deferred" : "under_way"},
                       {"asked", evidence_log::utc_text(erasure.asked_ns / base::kNsPerS)}});
  for (const std::string& id : vault_->damaged_erasures())
    waiting.push_back(
        {{"id", id}, {"tenant", ""}, {"kind", ""}, {"state", "damaged"}, {"asked", nullptr}});
  return {{"ok", true}, {"holds", holds}, {"erasures", waiting}};
}

}  // namespace sallyport::supervise
