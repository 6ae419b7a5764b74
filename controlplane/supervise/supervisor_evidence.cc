// The log's next key, and notes that sallyctl asks for: who pulled which population, made an
// export, sent a snapshot, verified the log. The reader works beside us; that somebody looked
// belongs in the log.
//
//   {"command":"evidence_note","action":"evidence_population","rows":N,"digest":"<64 hex>",
//    "query":..,"checkpoint_size":N,"destination":..,"result":"ok"|"failed"}
#include <algorithm>
#include <array>
#include <utility>

#include "controlplane/evidence/log/key_chain.h"
#include "controlplane/supervise/evidence_options.h"
#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> kActions{
    "evidence_population", "evidence_sample", "evidence_exported", "evidence_snapshot",
    "evidence_verified",   "bucket_held",     "bucket_released"};

std::string word_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_unsigned() ? value.dump() : "";
}

const char* hint_of(const std::string& code) {
  if (code == "key_unchanged")
    return "a file: take evidence.pkcs11 out of sallyport.yaml; another key of the token: make it, "
           "name it in evidence.pkcs11; then ask again";
  if (code == "key_retired")
    return "make a new key pair under a new label; a former one cannot return";
  if (code == "key_not_yet") return "make room for the evidence log; sallyctl evidence key list";
  return "sallyctl evidence key list";
}

}  // namespace

// {"command":"evidence_key_rotate","reason":TEXT}: to what sallyport.yaml names now, or to a new
// file where it names no token.
void Supervisor::handle_key_rotation(AdminServer::Request&& request) {
  std::string error;
  const auto options = read_evidence_options(options_.config, options_.state_dir, error);
  if (!options)
    return reply(request.client, admin_error("config_invalid", error, "sallyctl doctor"));
  const json& body = request.body;
  const std::string reason = body.contains("reason") ? word_of(body["reason"]) : "";
  if (rotating_client_ != kNobody ||
      !evidence_->begin_rotation(options->token, request.actor, reason))
    return reply(request.client,
                 admin_error("busy", "a change of the log's key is in work", "try again soon"));
  rotating_client_ = request.client;
}

void Supervisor::look_at_key_rotation() {
  const auto changed = evidence_->rotation();
  if (!changed) return;
  reply(std::exchange(rotating_client_, kNobody),
        changed->code.empty()
            ? json{{"ok", true},
                   {"old_vkey", changed->old_vkey},
                   {"vkey", changed->new_vkey},
                   {"record", changed->record},
                   {"checkpoint_size", changed->checkpoint}}
            : admin_error(changed->code, changed->problem, hint_of(changed->code)));
}

void Supervisor::handle_evidence_note(AdminServer::Request&& request) {
  const json& body = request.body;
  const std::string action = body.contains("action") ? word_of(body["action"]) : "";
  if (std::find(kActions.begin(), kActions.end(), action) == kActions.end())
    return reply(request.client, admin_error("request_invalid", "that is no action of a reader",
                                             "evidence_population, evidence_sample, ..."));
  if (evidence_notes_.size() >= kOperationsMax)
    return reply(request.client, admin_error("busy", "too many notes wait", "try again soon"));
  if (evidence_->status().blocked)
    return reply(request.client, admin_error("evidence_blocked", "the log takes no records now",
                                             "make room on the evidence disk"));
  evidence_log::ControlRecord record{.kind = action == "evidence_verified"
                                                 ? contract::RecordKind::Check
                                                 : contract::RecordKind::Administration,
                                     .action = action,
                                     .actor = request.actor};
  if (body.contains("result") && body["result"] == "failed") record.result = "failed";
  for (const char* name : {"query", "rows", "digest", "checkpoint_size", "destination"}) {
    const std::string value = body.contains(name) ? word_of(body[name]) : "";
    if (!value.empty()) record.fields.emplace_back(name, value);
  }
  if (body.contains("rows") && body["rows"].is_number_unsigned())
    record.count = body["rows"].get<uint64_t>();
  evidence_notes_.push_back(
      {request.client, evidence_->append(std::move(record)), now_ms_ + kNoteMsMax, {}});
}

// Answered when it is in the log, not before.
void Supervisor::look_at_evidence_notes(uint64_t now_ms) {
  std::erase_if(evidence_notes_, [&](const EvidenceNote& note) {
    const bool committed = evidence_->committed(note.ticket);
    if (!committed && now_ms < note.deadline_ms) return false;
    reply(note.client, committed && !note.review.empty() ? close_review(note.review)
                       : committed
                           ? json{{"ok", true}}
                           : admin_error("evidence_blocked", "the note is not in the log yet",
                                         "make room on the evidence disk"));
    return true;
  });
}

}  // namespace sallyport::supervise
