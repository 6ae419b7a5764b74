// supervisor_policy.cc: what decides next: apply, canary, promote, rollback, confirm; and what we
// take back ourselves.
//
// A plan is made when the turn of an operation comes, from what is in force then. Its record is
// committed, then it is sent, adopted, written to disk; a second record says that it is in force.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "controlplane/policy/bundle/approvals.h"
#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

using nlohmann::json;

namespace {

constexpr uint64_t kRolloutLookMs = 500;
constexpr uint64_t kTakeBackRetryMs = 5'000;  // when the log or the disk refused it
constexpr size_t kTenantsRecorded = 20;       // names in one record; the rest is counted

std::string time_text(int64_t unix_s) {
  return evidence_log::utc_text(static_cast<uint64_t>(std::max<int64_t>(unix_s, 0)));
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What a canary's counters say, by the names of the status.
json counts_json(const VersionSample& sample) {
  return {{"exchanges", sample.exchanges},
          {"served", sample.served},
          {"blocked", sample.blocked},
          {"refused", sample.refused},
          {"errors", sample.errors}};
}

json rollout_open(const RolloutState& state) {
  if (state.canary)
    return admin_error("rollout_open", "a canary stands: one change at a time",
                       "sallyctl policy promote, or sallyctl policy rollback; --emergency ends it");
  return admin_error("rollout_open", "the last change waits to be confirmed: one change at a time",
                     "sallyctl policy confirm, or sallyctl policy rollback; --emergency ends it");
}

bool wants_signatures(const ImageNames& image, std::string_view host_environment) {
  static constexpr std::string_view kLab = controlplane::policy::kEnvironmentWithoutApprovals;
  return host_environment != kLab ||
         std::any_of(image.key_environments.begin(), image.key_environments.end(),
                     [](const std::string& name) { return name != kLab; });
}

}  // namespace

void Supervisor::handle_policy(const std::string& command, AdminServer::Request&& request) {
  std::string error;
  std::optional<PolicyRequest> policy = read_policy_request(request.body, error);
  if (!policy)
    return reply(request.client,
                 admin_error("request_invalid", error, "sallyctl policy " + command + " --help"));
  if (command == "apply") return handle_apply(std::move(request), std::move(*policy));
  const Kind kind = command == "promote"    ? Kind::Promote
                    : command == "rollback" ? Kind::Rollback
                                            : Kind::Confirm;
  enqueue(kind, request.client, std::move(request.actor), std::move(*policy));
}

json Supervisor::plan(Operation& operation) {
  switch (operation.kind) {
    case Kind::Apply:
      return plan_apply(operation);
    case Kind::Promote:
      return plan_promote(operation);
    case Kind::Rollback:
      return plan_rollback(operation);
    default:
      return plan_confirm(operation);
  }
}

json Supervisor::plan_apply(Operation& operation) {
  if (reviews_damaged_) return refuse_damaged_reviews();
  const PolicyRequest& request = operation.request;
  const auto& current = publisher_->current();
  Plan& plan = operation.plan;
  // The same image for more, fewer or other tenants is the same change.
  const bool moves_canary = current && !request.canary_tenants.empty() &&
                            current->rollout.canary == operation.image->digest;
  if (current && current->rollout.is_open() && !moves_canary && !request.emergency)
    return rollout_open(current->rollout);
  if (request.tests && current && request.base != digest_hex(current->image->names.bundle_digest))
    return admin_error("base_changed", "another policy came into force while this one was judged",
                       "apply it again: it is compared with what is in force");
  // Only a bundle with its signatures can be judged; an image that was in force has been. Keys of
  // another environment make a lab's image one that wants signatures (approval_environment()).
  if (!request.tests && wants_signatures(operation.image->names, environment_) &&
      !publisher_->was_published(operation.image->digest))
    return admin_error("image_unapproved",
                       "this image was never in force here, and an image has no signatures",
                       "sallyctl policy apply DIR, with the bundle's signatures beside it");
  plan.state.actor = operation.actor;
  plan.state.change_link = request.change_link;
  plan.state.note = request.note;
  plan.state.began_s = unix_seconds();
  if (request.confirm_within_s != 0)
    plan.state.confirm_by_s = plan.state.began_s + request.confirm_within_s;
  if (current && request.confirm_within_s == 0 && moves_canary)
    plan.state.confirm_by_s = current->rollout.confirm_by_s;
  if (request.canary_tenants.empty()) {
    plan.base = operation.image;
    if (current) plan.state.former = current->rollout.former;
    if (current && current->image->digest != operation.image->digest)
      plan.state.former = current->image->digest;
    return nullptr;
  }
  if (!current)
    return admin_error("no_base", "nothing is in force that a canary could stand beside",
                       "apply it without --canary");
  if (current->image->digest == operation.image->digest)
    return admin_error("canary_is_base", "this image is in force already, for every tenant",
                       "change the bundle, or leave --canary away");
  for (const std::string& tenant : request.canary_tenants)
    if (!contains(operation.image->names.wanted.tenants, tenant))
      return admin_error("tenant_unknown", "the bundle has no tenant '" + tenant + "'",
                         "tenants.yaml of the bundle has their names");
  plan.base = current->image;
  plan.canary = operation.image;
  plan.state.canary = operation.image->digest;
  plan.state.tenants = request.canary_tenants;
  plan.state.former = current->rollout.former;
  plan.state.base_version = current->rollout.base_version;
  return nullptr;
}

json Supervisor::plan_promote(Operation& operation) {
  if (reviews_damaged_) return refuse_damaged_reviews();
  const auto& current = publisher_->current();
  if (!current || current->canary == nullptr)
    return admin_error("no_canary", "no canary stands that could be promoted",
                       "sallyctl policy apply DIR --canary TENANT");
  const RolloutLimits limits = watch_ ? watch_->limits() : RolloutLimits{};
  const uint64_t seen = watch_ ? watch_->canary_total().exchanges : 0;
  const int64_t stood_s = canary_age_s_ + steady_seconds() - canary_seen_s_;
  if (!operation.request.emergency &&
      (seen < limits.canary_least_exchanges || stood_s < int64_t{limits.canary_least_seconds}))
    return admin_error(
        "canary_too_young",
        "the canary has decided " + std::to_string(seen) + " exchanges in " +
            std::to_string(stood_s) + " s; promote wants " +
            std::to_string(limits.canary_least_exchanges) + " in " +
            std::to_string(limits.canary_least_seconds) + " s at least",
        "wait, or lower canary_least_* in rollout.yaml; --emergency promotes at once");
  Plan& plan = operation.plan;
  plan.base = current->canary;
  plan.state = current->rollout;
  plan.state.canary.reset();
  plan.state.tenants.clear();
  plan.state.former = current->image->digest;
  plan.state.began_s = unix_seconds();
  plan.state.confirm_by_s = operation.request.confirm_within_s != 0
                                ? plan.state.began_s + operation.request.confirm_within_s
                                : 0;
  if (!operation.request.change_link.empty())
    plan.state.change_link = operation.request.change_link;
  if (!operation.request.note.empty()) plan.state.note = operation.request.note;
  return nullptr;
}

json Supervisor::plan_rollback(Operation& operation) {
  const auto& current = publisher_->current();
  const auto& digest = operation.request.digest;
  if (!current) return admin_error("policy_missing", "no policy is in force", "policy apply");
  Plan& plan = operation.plan;
  plan.state.actor = operation.actor;
  plan.state.change_link = operation.request.change_link;
  plan.state.note = operation.request.note;
  plan.state.began_s = unix_seconds();
  if (!digest && current->canary != nullptr) {
    plan.base = current->image;
    plan.state.former = current->rollout.former;
    return nullptr;
  }
  if (!digest && !current->rollout.former)
    return admin_error("nothing_before", "no policy was in force here before this one",
                       "sallyctl policy history; then sallyctl policy rollback DIGEST");
  const contract::Digest wanted = digest ? *digest : *current->rollout.former;
  if (digest && !publisher_->was_published(wanted))
    return admin_error("never_in_force", "this image was never in force here",
                       "a rollback goes back; what is new comes with sallyctl policy apply");
  std::string error;
  plan.base = publisher_->load(wanted, error);
  if (plan.base == nullptr)
    return admin_error("image_unknown", error,
                       "compile that state of the bundle again: sallyctl policy apply DIR");
  plan.state.former = wanted == current->image->digest
                          ? current->rollout.former
                          : std::optional<contract::Digest>(current->image->digest);
  return nullptr;
}

json Supervisor::plan_confirm(Operation& operation) {
  const auto& current = publisher_->current();
  if (!current || current->rollout.confirm_by_s == 0)
    return admin_error("nothing_to_confirm", "no change waits to be confirmed", "sallyctl status");
  operation.plan = {current->image, current->canary, current->rollout};
  operation.plan.state.confirm_by_s = 0;
  return nullptr;
}

// What stood on the canary, and what it decided until now.
void Supervisor::add_canary_counts(evidence_log::ControlRecord& record) const {
  const auto& current = publisher_->current();
  if (!current || current->canary == nullptr) return;
  record.fields.emplace_back("started", time_text(current->rollout.began_s));
  record.fields.emplace_back("ended", time_text(unix_seconds()));
  const VersionSample seen = watch_ ? watch_->canary_total() : VersionSample{};
  record.fields.emplace_back("requests", std::to_string(seen.exchanges));
  record.fields.emplace_back("errors", std::to_string(seen.errors + seen.refused));
  record.fields.emplace_back("denied", std::to_string(seen.blocked));
}

evidence_log::ControlRecord Supervisor::record_of(const Operation& operation) const {
  const Plan& plan = operation.plan;
  const PolicyRequest& request = operation.request;
  const auto& current = publisher_->current();
  const LoadedImage& subject = plan.canary != nullptr ? *plan.canary : *plan.base;
  evidence_log::ControlRecord record{
      .kind = contract::RecordKind::Policy, .action = "", .actor = operation.actor};
  record.action = operation.kind == Kind::Promote    ? "policy_promoted"
                  : operation.kind == Kind::Rollback ? "policy_rolled_back"
                  : operation.kind == Kind::Confirm  ? "policy_confirmed"
                  : plan.canary != nullptr           ? "policy_canary"
                                                     : "policy_applied";
  record.object = digest_hex(subject.names.bundle_digest);
  record.result = "intended";
  record.reason = request.reason;
  record.before = current ? current->image->digest : contract::Digest{};
  record.after = subject.digest;
  record.from = current ? current->version : 0;
  record.to = operation.kind == Kind::Confirm ? record.from : publisher_->next_version();
  record.detail = !request.note.empty() && !request.reason.empty() ? request.note : "";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) record.fields.emplace_back(name, value);
  };
  add("bundle", digest_hex(subject.names.bundle_digest));
  add("image", digest_hex(subject.digest));
  add("version", std::to_string(record.to));
  add("previous_version", std::to_string(record.from));
  add("change_link", request.change_link.empty() ? plan.state.change_link : request.change_link);
  if (request.reason.empty()) add("rollout_note", request.note);
  add("stage", plan.canary != nullptr ? "canary" : "all");
  if (request.emergency) add("emergency", "yes");
  if (plan.state.confirm_by_s != 0) add("deadline", time_text(plan.state.confirm_by_s));
  add("environment", request.environment);
  add("risk", request.risk);
  add("author", request.author);
  for (const std::string& approver : request.approvers) add("approver", approver);
  add(request.risk == "loosening" ? "looser" : "stricter", request.words);
  if (request.opens_review) add("review_item", "review-" + std::to_string(record.to));
  if (request.tests) {
    add("passed", std::to_string(*request.tests));
    add("failed", "0");
  }
  const std::vector<std::string>& tenants =
      plan.canary == nullptr && current ? current->rollout.tenants : plan.state.tenants;
  for (size_t i = 0; i < std::min(tenants.size(), kTenantsRecorded); ++i)
    add("canary_tenant", tenants[i]);
  record.count = tenants.size();
  if (operation.kind == Kind::Promote || operation.kind == Kind::Rollback)
    add_canary_counts(record);
  return record;
}

bool Supervisor::put_into_effect(Operation& operation, uint64_t now_ms) {
  std::string error;
  Plan& plan = operation.plan;
  if (operation.kind == Kind::Confirm) {
    operation.version = publisher_->current()->version;
    if (!make_current(operation)) return true;
    return succeed(operation, "confirmed");
  }
  operation.version = publisher_->reserve_version(plan.base->digest, unix_seconds(), error);
  if (operation.version == 0)
    return fail(operation, admin_error("state_dir", error, "make room in the state dir"));
  if (plan.canary == nullptr) plan.state.base_version = operation.version;
  if (operation.request.opens_review && !open_review(operation))
    return fail(operation, admin_error("state_dir", "the review item cannot be written",
                                       "make room in the state dir"));
  if (!send_policy(plan, operation.version)) {
    if (!make_current(operation)) return true;
    return succeed(operation, "published; no dataplane is connected, the next one gets it");
  }
  operation.sent_on = connection_number_;
  operation.deadline_ms = now_ms + kAdoptMsMax;
  operation.step = Step::Adopt;
  return false;
}

bool Supervisor::look_at_adoption(Operation& operation, uint64_t now_ms) {
  if (operation.refused)
    return fail(operation, admin_error("image_refused",
                                       "the dataplane refused the image: " + *operation.refused,
                                       "the policy before stays in use"));
  const bool same_connection = control_->connected() && operation.sent_on == connection_number_;
  const bool over = now_ms >= operation.deadline_ms || !same_connection;
  if ((operation.accepted || over) && !operation.current && !make_current(operation)) return true;
  if (operation.current && same_connection && operation.accepted && all_adopted(operation.version))
    return succeed(operation, "");
  if (!over) return false;
  return succeed(operation, same_connection ? "published; not every worker has adopted it yet"
                                            : "published; the dataplane went away meanwhile");
}

bool Supervisor::make_current(Operation& operation) {
  std::string error;
  if (!publisher_->publish(operation.plan, operation.version, unix_seconds(), error)) {
    fail(operation, admin_error("state_dir", error, "make room in the state dir"));
    return false;
  }
  operation.current = true;
  set_restoration();
  set_retention();
  start_problem_.reset();
  image_problem_.reset();
  if (operation.request.reason.empty()) rollout_problem_.reset();
  begin_watch();
  if (operation.kind == Kind::Confirm) return true;
  send_again_ms_ = 0;
  const Plan& plan = operation.plan;
  region_->set_published(operation.version, plan.base->digest, plan.base->names.bundle_digest);
  // One that connected meanwhile was sent the former policy.
  if (control_->connected() && operation.sent_on != connection_number_) send_published();
  return true;
}

bool Supervisor::succeed(Operation& operation, const std::string& message) {
  const Plan& plan = operation.plan;
  const LoadedImage& subject = plan.canary != nullptr ? *plan.canary : *plan.base;
  const bool confirmed = operation.kind == Kind::Confirm;
  const bool adopted = message.empty() || confirmed;
  const uint64_t took_ms = now_ms_ > operation.began_ms ? now_ms_ - operation.began_ms : 0;
  spdlog::info("policy version {} by {}: image {}{}{}", operation.version, operation.actor,
               digest_hex(subject.digest), plan.canary != nullptr ? " for a canary" : "",
               adopted ? ", in force" : ", not adopted yet");
  if (!confirmed) {
    evidence_log::ControlRecord record{.kind = contract::RecordKind::Policy,
                                       .action = "policy_in_force",
                                       .actor = operation.actor};
    record.object = digest_hex(subject.names.bundle_digest);
    record.result = adopted ? "ok" : "deferred";
    record.after = subject.digest;
    record.to = operation.version;
    record.fields = {{"version", std::to_string(operation.version)},
                     {"stage", plan.canary != nullptr ? "canary" : "all"},
                     {"duration_ms", std::to_string(took_ms)}};
    evidence_->append(record);
  }
  if (operation.client == kFirstPublication) first_publication_open_ = false;
  if (!confirmed && adopted && operation.kind != Kind::Rollback)
    want_tests(subject, plan.canary != nullptr ? "canary" : "all");
  json answer = {{"ok", true},
                 {"image", digest_hex(subject.digest)},
                 {"bundle", digest_hex(subject.names.bundle_digest)},
                 {"version", operation.version},
                 {"adopted", adopted},
                 {"took_ms", took_ms},
                 {"workers", workers_at(operation.version)},
                 {"canary", plan.state.tenants},
                 {"confirm_by", time_or_null(plan.state.confirm_by_s)},
                 {"message", message.empty() ? "adopted by every worker" : message}};
  const PolicyRequest& request = operation.request;
  if (!request.risk.empty()) answer["risk"] = request.risk;
  if (!request.author.empty()) answer["author"] = request.author;
  if (!request.approvers.empty()) answer["approvers"] = request.approvers;
  if (request.opens_review) answer["review"] = "review-" + std::to_string(operation.version);
  if (const size_t removed = publisher_->prune(); removed != 0)
    spdlog::info("{} images that were not used lately are removed", removed);
  reply(operation.client, answer);
  return true;
}

// After every change of what is in force, and at the start.
void Supervisor::begin_watch() {
  confirm_deadline_ms_ = 0;
  watch_.reset();
  const auto& current = publisher_->current();
  if (!current) return;
  if (const int64_t by_s = current->rollout.confirm_by_s; by_s != 0) {
    // The clock may have been set meanwhile: nobody waits for longer than was ever allowed.
    const int64_t left_s = std::clamp<int64_t>(by_s - unix_seconds(), 0, kConfirmSecondsMax);
    confirm_deadline_ms_ = now_ms_ + static_cast<uint64_t>(left_s) * 1'000 + 1;
  }
  if (current->canary == nullptr) return;
  if (canary_began_s_ != current->rollout.began_s) {
    canary_began_s_ = current->rollout.began_s;
    canary_age_s_ = std::max<int64_t>(0, unix_seconds() - canary_began_s_);
    canary_seen_s_ = steady_seconds();
  }
  const ImageNames& base = current->image->names;
  const ImageNames& canary = current->canary->names;
  watch_.emplace(stricter(base.rollout, canary.rollout), base.entities, canary.entities);
}

void Supervisor::look_at_rollout(uint64_t now_ms) {
  if (now_ms < next_rollout_look_ms_ || !operations_.empty()) return;
  next_rollout_look_ms_ = now_ms + kRolloutLookMs;
  if (publisher_->canary_lost() && !rollout_problem_ && watch_ == std::nullopt &&
      now_ms - started_ms_ < kRolloutLookMs)
    rollout_problem_ = Problem{"canary_lost", "the image of the canary cannot be read any more",
                               "its tenants are decided by the base; apply the change again"};
  if (confirm_deadline_ms_ != 0 && now_ms >= confirm_deadline_ms_)
    return take_back("not_confirmed", "the change was not confirmed in time");
  watch_canary(now_ms);
}

void Supervisor::watch_canary(uint64_t now_ms) {
  const auto& current = publisher_->current();
  if (!watch_ || !current || !all_adopted(current->version)) return;
  const auto base = region_->decided_by(current->image->digest);
  const auto canary = region_->decided_by(current->canary->digest);
  if (!base || !canary) return;
  if (const auto why = watch_->take(*base, *canary, now_ms)) take_back("halted", *why);
}

// The one thing that we do to the policy without being asked: go back.
void Supervisor::take_back(const char* reason, const std::string& why) {
  next_rollout_look_ms_ = now_ms_ + kTakeBackRetryMs;
  spdlog::warn("the change is taken back ({}): {}", reason, why);
  rollout_problem_ = Problem{
      reason, std::string("the last change was taken back: ") + why,
      "sallyctl policy history shows it; apply a better one, or see sallyctl evidence list"};
  PolicyRequest request;
  request.reason = reason;
  request.note = why;
  enqueue(Kind::Rollback, kNobody, "sallyportd", std::move(request));
}

json Supervisor::policy_status() const {
  const auto& current = publisher_->current();
  if (!current)
    return {{"image", nullptr},        {"bundle", nullptr}, {"version", 0},
            {"published_at", nullptr}, {"canary", nullptr}, {"confirm_by", nullptr},
            {"former", nullptr}};
  const RolloutState& rollout = current->rollout;
  json canary = nullptr;
  if (current->canary != nullptr) {
    canary = {{"image", digest_hex(current->canary->digest)},
              {"bundle", digest_hex(current->canary->names.bundle_digest)},
              {"tenants", rollout.tenants},
              {"began_at", time_or_null(rollout.began_s)},
              {"counts", counts_json(watch_ ? watch_->canary_total() : VersionSample{})}};
  }
  return {{"image", digest_hex(current->image->digest)},
          {"bundle", digest_hex(current->image->names.bundle_digest)},
          {"version", current->version},
          {"published_at", time_or_null(current->published_at_s)},
          {"by", rollout.actor},
          {"change_link", rollout.change_link},
          {"canary", canary},
          {"tests", last_tests_},
          {"reviews", reviews_},
          {"confirm_by", time_or_null(rollout.confirm_by_s)},
          {"former", rollout.former ? json(digest_hex(*rollout.former)) : json(nullptr)}};
}

}  // namespace sallyport::supervise
