// Publications and reloads, step by step: request, (compile), note, effect, adoption, answer.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

using nlohmann::json;

namespace {

constexpr uint64_t kRetryMs = 10'000;  // of a reload that evidence refused

std::vector<std::string> both(const std::vector<std::string>& a,
                              const std::vector<std::string>& b) {
  std::set<std::string> all(a.begin(), a.end());
  all.insert(b.begin(), b.end());
  return {all.begin(), all.end()};
}

json json_of(const std::vector<Problem>& problems) {
  json list = json::array();
  for (const Problem& problem : problems)
    list.push_back({{"code", problem.code}, {"message", problem.message}, {"hint", problem.hint}});
  return list;
}

// A bundle's problem as one line of a log.
std::string line_of(const json& problem) {
  return problem.value("file", "") + ":" + std::to_string(problem.value("line", 0)) + ":" +
         std::to_string(problem.value("column", 0)) + ": " + problem.value("message", "");
}

}  // namespace

void Supervisor::handle(AdminServer::Request&& request) {
  const std::string command = request.body["command"].get<std::string>();
  if (command == "status") {
    reply(request.client, status());
  } else if (command == "hello") {
    reply(request.client, {{"ok", true},
                           {"program", "sallyportd"},
                           {"version", SALLYPORT_VERSION},
                           {"pid", getpid()},
                           {"node", node_}});
  } else if (command == "apply" || command == "promote" || command == "rollback" ||
             command == "confirm") {
    handle_policy(command, std::move(request));
  } else if (command == "policy_review") {
    handle_review(std::move(request));
  } else if (command == "reload") {
    enqueue(Kind::Reload, request.client, std::move(request.actor));
  } else if (command == "evidence_note") {
    handle_evidence_note(std::move(request));
  } else if (command == "evidence_key_rotate") {
    handle_key_rotation(std::move(request));
  } else if (command == "access_review" || command == "access_decide" ||
             command == "access_pending" || command == "access_close") {
    handle_access(std::move(request));
  } else if (handle_vault(request)) {
    return;
  } else {
    reply(request.client,
          admin_error("command_unknown", "there is no such command",
                      "hello, status, apply, promote, rollback, confirm or reload"));
  }
}

void Supervisor::handle_apply(AdminServer::Request&& request, PolicyRequest&& policy) {
  const json& body = request.body;
  const bool by_image = body.contains("image") && body["image"].is_string();
  const bool by_folder = body.contains("folder") && body["folder"].is_string();
  if (by_image == by_folder)
    return reply(request.client,
                 admin_error("request_invalid", "apply wants either an image or a folder",
                             "{\"command\":\"apply\",\"image\":\"<64 hex>\"}"));
  if (by_folder) {
    const std::filesystem::path folder = body["folder"].get<std::string>();
    if (!folder.is_absolute())
      return reply(request.client,
                   admin_error("request_invalid", "the folder must be an absolute path",
                               "start it with a slash"));
    return compile(request.client, request.actor, folder, std::move(policy));
  }
  const auto digest = parse_digest(body["image"].get_ref<const std::string&>());
  if (!digest)
    return reply(request.client,
                 admin_error("request_invalid", "an image is named by 64 hex digits",
                             "sallyctl policy compile prints them"));
  std::string error;
  std::shared_ptr<const LoadedImage> image = publisher_->load(*digest, error);
  if (image == nullptr)
    return reply(request.client, admin_error("image_unknown", error,
                                             "compile the bundle again: sallyctl policy compile"));
  enqueue(Kind::Apply, request.client, std::move(request.actor), std::move(policy),
          std::move(image));
}

void Supervisor::compile(AdminServer::ClientId client, const std::string& actor,
                         const std::filesystem::path& folder, PolicyRequest&& policy) {
  if (compilations_.size() >= kCompilationsMax)
    return reply(client, admin_error("busy", "bundles are being compiled", "try again soon"));
  std::string error;
  const std::optional<vault::Secret> key = secrets_->credentials().dictionary_key(error);
  if (!key) return reply(client, admin_error("key_refused", error, "repair the file, try again"));
  std::unique_ptr<BundleJob> job = BundleJob::start(folder, publisher_->images_folder(),
                                                    terms_of(policy).dump(), *key, now_ms_, error);
  if (job == nullptr) return reply(client, admin_error("compile_failed", error));
  spdlog::info("compiling {}", folder.string());
  compilations_.push_back({client, actor, std::move(policy), std::move(job)});
}

// Under which a bundle is judged in the child.
json Supervisor::terms_of(const PolicyRequest& policy) const {
  const auto& current = publisher_->current();
  return {{"environment", environment_},
          {"signers", (options_.config.parent_path() / "allowed_signers").string()},
          {"base", current ? digest_hex(current->image->names.bundle_digest) : ""},
          {"compare_with", held_against()},
          {"emergency", policy.emergency},
          {"canary", !policy.canary_tenants.empty()}};
}

// What the child found out about a bundle goes with the request.
void Supervisor::take_terms(const json& answer, PolicyRequest& request) {
  request.tests = answer.value("examples", uint64_t{0}) + answer.value("tests", uint64_t{0});
  request.base = answer.value("base", "");
  request.risk = answer.value("risk", "");
  request.environment = answer.value("environment", "");
  request.author = answer.value("author", "");
  request.approvers = answer.value("approvers", std::vector<std::string>{});
  request.words = answer.value("first_change", "");
  request.opens_review = answer.value("review", false);
}

void Supervisor::look_at_compilations(uint64_t now_ms) {
  for (size_t i = 0; i < compilations_.size();) {
    const std::optional<json> answer = compilations_[i].job->poll(now_ms);
    if (!answer) {
      ++i;
      continue;
    }
    Compilation done = std::move(compilations_[i]);
    compilations_.erase(compilations_.begin() + static_cast<ptrdiff_t>(i));
    std::string error = "the compiler named no image";
    std::shared_ptr<const LoadedImage> image;
    const auto digest = parse_digest(answer->value("image", ""));
    if (digest) image = publisher_->load(*digest, error);
    take_terms(*answer, done.request);
    if (!answer->value("ok", false)) {
      record_refusal(done.actor, nullptr, *answer);
      reply(done.client, *answer);
    } else if (image == nullptr)
      reply(done.client, admin_error("compile_failed", error));
    else
      enqueue(Kind::Apply, done.client, std::move(done.actor), std::move(done.request),
              std::move(image));
  }
}

void Supervisor::enqueue(Kind kind, AdminServer::ClientId client, std::string actor,
                         PolicyRequest&& policy, std::shared_ptr<const LoadedImage> image) {
  if (operations_.size() >= kOperationsMax)
    return reply(client, admin_error("busy", "too many requests wait", "try again soon"));
  Operation& operation = operations_.emplace_back();
  operation.kind = kind;
  operation.client = client;
  operation.actor = std::move(actor);
  operation.request = std::move(policy);
  operation.image = std::move(image);
}

void Supervisor::advance_operations(uint64_t now_ms) {
  while (!operations_.empty() && advance(operations_.front(), now_ms)) operations_.pop_front();
}

bool Supervisor::advance(Operation& operation, uint64_t now_ms) {
  // No note is left behind while the log takes none: they would only gather in memory.
  if (operation.step == Step::Begin && evidence_->status().blocked)
    return evidence_refuses(operation, now_ms);
  if (operation.step == Step::Begin && operation.kind != Kind::Reload) {
    const json refusal = plan(operation);
    if (!refusal.is_null()) {
      record_refusal(operation.actor, operation.image.get(), refusal);
      return fail(operation, refusal);
    }
  }
  if (operation.step == Step::Begin) begin(operation, now_ms);
  if (operation.step == Step::Note) {
    if (evidence_->committed(operation.ticket)) return after_note(operation, now_ms);
    if (now_ms < operation.deadline_ms) return false;
    return evidence_refuses(operation, now_ms);
  }
  return look_at_adoption(operation, now_ms);
}

// Nothing happened, but somebody tried.
void Supervisor::record_refusal(const std::string& actor, const LoadedImage* image,
                                const json& refusal) {
  evidence_log::ControlRecord record{
      .kind = contract::RecordKind::Policy, .action = "policy_refused", .actor = actor};
  record.result = "denied";
  record.reason = refusal.value("code", "");
  if (image != nullptr) {
    record.object = digest_hex(image->names.bundle_digest);
    record.before = image->digest;
  }
  evidence_->append(record);
}

bool Supervisor::evidence_refuses(Operation& operation, uint64_t now_ms) {
  if (operation.kind == Kind::Reload && operation.client == kNobody) {
    reload_due_ = true;
    next_look_ms_ = now_ms + kRetryMs;
  }
  return fail(operation, admin_error("evidence_blocked",
                                     "the evidence log does not take the note of this change: " +
                                         evidence_->status().problem,
                                     "make room on the evidence disk; nothing was changed"));
}

void Supervisor::begin(Operation& operation, uint64_t now_ms) {
  evidence_log::ControlRecord note{
      .kind = contract::RecordKind::Key, .action = "credentials_read", .actor = operation.actor};
  note.result = "intended";
  note.from = secrets_->generation();
  note.detail = "credentials are read again";
  operation.ticket =
      evidence_->append(operation.kind == Kind::Reload ? note : record_of(operation));
  operation.began_ms = now_ms;
  operation.deadline_ms = now_ms + kNoteMsMax;
  operation.step = Step::Note;
}

bool Supervisor::after_note(Operation& operation, uint64_t now_ms) {
  if (operation.kind == Kind::Reload) return reload(operation);
  if (operation.kind != Kind::Confirm && !prepare_secrets(operation)) return true;
  return put_into_effect(operation, now_ms);
}

WantedSecrets Supervisor::wanted() const {
  const auto& current = publisher_->current();
  if (!current) return {};
  const WantedSecrets& base = current->image->names.wanted;
  if (current->canary == nullptr) return base;
  const WantedSecrets& canary = current->canary->names.wanted;
  return {both(base.tenants, canary.tenants),
          both(base.vendor_credentials, canary.vendor_credentials)};
}

void Supervisor::refresh_secrets() {
  secrets_->refresh(wanted());
  region_->set_secrets(secrets_->generation(), secrets_->certificate().not_after_s);
}

bool Supervisor::reload(Operation& operation) {
  const uint64_t before = secrets_->generation();
  const SecretsKeeper::Refreshed refreshed = secrets_->refresh(wanted());
  region_->set_secrets(secrets_->generation(), secrets_->certificate().not_after_s);
  const bool changed = secrets_->generation() != before;
  if (changed) control_->send_secrets(*secrets_->message(), secrets_->generation());
  json answer = {{"ok", true},
                 {"generation", secrets_->generation()},
                 {"changed", changed},
                 {"problems", json_of(secrets_->problems())}};
  if (refreshed == SecretsKeeper::Refreshed::Kept) {
    answer = admin_error("credentials_broken",
                         secrets_->problems().empty() ? "the credentials cannot be used"
                                                      : secrets_->problems().front().message,
                         "what was read before stays in use; repair the files, then reload");
    answer["problems"] = json_of(secrets_->problems());
  }
  spdlog::info("credentials: generation {}{}, {} problems", secrets_->generation(),
               changed ? "" : " stays", secrets_->problems().size());
  reply(operation.client, answer);
  return true;
}

// The keys of a new tenant must be with the dataplane before the image that names it.
bool Supervisor::prepare_secrets(Operation& operation) {
  const Plan& plan = operation.plan;
  const WantedSecrets& more = (plan.canary != nullptr ? plan.canary : plan.base)->names.wanted;
  if (secrets_->covers(more)) return true;
  const WantedSecrets now = wanted();
  const uint64_t before = secrets_->generation();
  secrets_->refresh(
      {both(now.tenants, more.tenants), both(now.vendor_credentials, more.vendor_credentials)});
  region_->set_secrets(secrets_->generation(), secrets_->certificate().not_after_s);
  if (secrets_->covers(more)) {
    if (secrets_->generation() != before)
      control_->send_secrets(*secrets_->message(), secrets_->generation());
    return true;
  }
  json answer = admin_error("credentials_broken",
                            "this policy needs secrets that cannot be read now: nothing published",
                            "repair the files that are listed, then publish again");
  answer["problems"] = json_of(secrets_->problems());
  fail(operation, answer);
  return false;
}

// The note said that it would happen; this one says that it did not.
bool Supervisor::fail(Operation& operation, const json& answer) {
  if (operation.step == Step::Begin) {
    reply(operation.client, answer);
    return true;
  }
  evidence_log::ControlRecord note{.kind = contract::RecordKind::Key,
                                   .action = "credentials_not_read",
                                   .actor = operation.actor};
  note.result = "failed";
  note.reason = answer["code"].get<std::string>();
  if (operation.kind != Kind::Reload) {
    note.kind = contract::RecordKind::Policy;
    note.action = "policy_not_applied";
    note.object = digest_hex(operation.plan.base->names.bundle_digest);
    note.before = (operation.plan.canary ? operation.plan.canary : operation.plan.base)->digest;
    if (publisher_->current()) note.after = publisher_->current()->image->digest;
  }
  evidence_->append(note);
  reply(operation.client, answer);
  return true;
}

void Supervisor::reply(AdminServer::ClientId client, const json& answer) {
  const bool ok = answer.value("ok", false);
  if (!ok) spdlog::warn("{}: {}", answer.value("code", ""), answer.value("message", ""));
  if (client != kNobody && client != kFirstPublication) return admin_->answer(client, answer);
  if (ok || client == kNobody) return;
  for (const json& problem : answer["problems"])
    spdlog::warn("{}", problem.contains("file") ? line_of(problem) : problem.value("message", ""));
  // Without its first policy there is nothing to serve: better ended than silently useless.
  exit_code_ = ending_ ? exit_code_ : 1;
  ending_ = true;
}

}  // namespace sallyport::supervise
