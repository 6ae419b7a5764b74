// supervisor_review.cc: what an emergency leaves to be looked at: items that stand in `status`
// until somebody closes them. <state dir>/reviews: a JSON list.
#include <algorithm>
#include <utility>

#include "controlplane/supervise/credentials/private_file.h"
#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

using nlohmann::json;

namespace {

constexpr size_t kReviewsBytesMax = 256 * 1024;
constexpr size_t kReviewNoteBytesMax = 200;
constexpr uint64_t kReviewMsMax = 5'000;  // until its record counts as not committed

}  // namespace

void Supervisor::read_reviews() {
  const auto file = options_.state_dir / "reviews";
  std::error_code error;
  const bool is_there = std::filesystem::exists(file, error) || error;
  reviews_ = json::parse(read_small(file, kReviewsBytesMax).value_or(is_there ? "" : "[]"), nullptr,
                         false);
  // A list that cannot be read is not an empty one: an emergency would be over unseen.
  reviews_damaged_ =
      !reviews_.is_array() || std::any_of(reviews_.begin(), reviews_.end(), [](const json& one) {
        return !one.is_object() || !one.contains("id") || !one["id"].is_string();
      });
  if (reviews_damaged_) reviews_ = json::array();
}

json Supervisor::refuse_damaged_reviews() const {
  return admin_error("reviews_damaged", reviews_problem().message, reviews_problem().hint);
}

Problem Supervisor::reviews_problem() const {
  return {"reviews_damaged",
          (options_.state_dir / "reviews").string() +
              " cannot be read: what emergencies left to be looked at is not known",
          "sallyctl evidence list --kind POL shows them (policy_applied with emergency, "
          "policy_review_closed); put the file right or move it away, then start sallyportd anew"};
}

bool Supervisor::write_reviews() {
  std::string error;
  return replace_private(options_.state_dir / "reviews", reviews_.dump() + "\n", error);
}

// In time, before it is in force: what could not be written down does not happen.
bool Supervisor::open_review(const Operation& operation) {
  const LoadedImage& subject =
      operation.plan.canary != nullptr ? *operation.plan.canary : *operation.plan.base;
  const std::string id = "review-" + std::to_string(operation.version);
  const auto& current = publisher_->current();
  reviews_.push_back({{"id", id},
                      {"opened", rfc3339(unix_seconds())},
                      {"by", operation.actor},
                      {"change_link", operation.request.change_link},
                      {"note", operation.request.note},
                      {"bundle", digest_hex(subject.names.bundle_digest)},
                      {"image", digest_hex(subject.digest)},
                      {"before", current ? digest_hex(current->image->names.bundle_digest) : ""}});
  if (write_reviews()) return true;
  reviews_.erase(reviews_.end() - 1);
  return false;
}

// Bundle with which a change is compared. While an emergency waits for its review that is what was
// in force before it: else its one signature would have stood for all that the same change wants on
// the ordinary way, and the next apply of it were no change at all.
std::string Supervisor::held_against() const {
  for (const json& review : reviews_)
    if (const std::string before = review.value("before", ""); !before.empty()) return before;
  const auto& current = publisher_->current();
  return current ? digest_hex(current->image->names.bundle_digest) : "";
}

void Supervisor::handle_review(AdminServer::Request&& request) {
  const json& body = request.body;
  if (reviews_damaged_) return reply(request.client, refuse_damaged_reviews());
  if (!body.contains("close")) return reply(request.client, {{"ok", true}, {"reviews", reviews_}});
  const std::string id = body["close"].is_string() ? body["close"].get<std::string>() : "";
  const std::string note =
      body.contains("note") && body["note"].is_string() ? body["note"].get<std::string>() : "";
  const auto found = std::find_if(reviews_.begin(), reviews_.end(),
                                  [&](const json& one) { return one.value("id", "") == id; });
  if (found == reviews_.end())
    return reply(request.client,
                 admin_error("not_found", "there is no open review item '" + id + "'",
                             "sallyctl policy review lists them"));
  if (note.empty() || note.size() > kReviewNoteBytesMax)
    return reply(request.client, admin_error("request_invalid", "a review is closed with a reason",
                                             "--note TEXT, at most 200 bytes"));
  // The uid is what the kernel vouches for; the name before it is a caller's word.
  if (found->value("by", "") == request.actor)
    return reply(request.client,
                 admin_error("denied", "who made the change does not close its review",
                             "somebody else runs sallyctl policy review --close " + id));
  evidence_log::ControlRecord record{.kind = contract::RecordKind::Policy,
                                     .action = "policy_review_closed",
                                     .actor = request.actor};
  record.object = found->value("bundle", "");
  record.result = "ok";
  record.detail = note;
  record.fields = {{"review_item", id}, {"reviewer", request.actor}};
  // It takes effect when the record is on the disk (look_at_evidence_notes).
  evidence_notes_.push_back(
      {request.client, evidence_->append(record), now_ms_ + kReviewMsMax, id});
}

json Supervisor::close_review(const std::string& id) {
  const auto found = std::find_if(reviews_.begin(), reviews_.end(),
                                  [&](const json& one) { return one.value("id", "") == id; });
  const json before = reviews_;
  if (found != reviews_.end()) reviews_.erase(found);
  if (!write_reviews()) {
    reviews_ = before;  // as it is on the disk
    return admin_error("state_dir", "the list of reviews cannot be written",
                       "make room in the state dir");
  }
  return {{"ok", true}, {"closed", id}, {"reviews", reviews_}};
}

}  // namespace sallyport::supervise
