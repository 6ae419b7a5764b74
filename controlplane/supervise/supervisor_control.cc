// What the dataplane does, and what it is sent (control_server.h).
#include <spdlog/spdlog.h>

#include <algorithm>

#include "controlplane/supervise/socket/route_table.h"
#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

namespace {

constexpr uint64_t kSendAgainMs = 2'000;

}  // namespace

void Supervisor::on_dataplane(const ConnectedDataplane& dataplane) {
  ++connection_number_;
  spdlog::info("dataplane connected: pid {}, start {}, {} workers", dataplane.peer.pid,
               dataplane.start_generation, dataplane.worker_count);
  const DataplaneView view = region_->view(false);
  if (view.start_generation == dataplane.start_generation) {
    uint64_t highest = view.loaded_version;
    for (const WorkerState& worker : view.workers)
      highest = std::max(highest, worker.adopted_version);
    std::string error;
    if (publisher_->current() && highest > publisher_->current()->version &&
        !publisher_->rise_above(highest, unix_seconds(), error))
      spdlog::error("{}", error);
  }
  send_current();
}

// A change while a dataplane is connected. False: none is.
bool Supervisor::send_policy(const Plan& plan, uint64_t version) {
  if (plan.canary == nullptr)
    return control_->send_image(plan.base->memory, version, plan.base->digest, false);
  std::string error;
  const auto table =
      make_route_table(plan.base->digest, plan.canary->digest, plan.state.tenants, error);
  if (!table) spdlog::error("the route table cannot be made: {}", error);
  return table && control_->send_canary(plan.canary->memory, version, plan.canary->digest) &&
         control_->send_routes(*table, version);
}

// Everything, to one that may have nothing, or the same as before.
void Supervisor::send_published() {
  const auto& current = publisher_->current();
  if (!current) return;
  const bool has_canary = current->canary != nullptr;
  control_->send_image(current->image->memory,
                       has_canary ? current->rollout.base_version : current->version,
                       current->image->digest, has_canary);
  if (has_canary)
    send_policy({current->image, current->canary, current->rollout}, current->version);
}

void Supervisor::send_current() {
  if (secrets_->message()) control_->send_secrets(*secrets_->message(), secrets_->generation());
  const auto& current = publisher_->current();
  if (!current) return;
  region_->set_published(current->version, current->image->digest,
                         current->image->names.bundle_digest);
  send_published();
}

void Supervisor::on_secrets_result(uint64_t generation, bool ok, const std::string& text) {
  if (generation != secrets_->generation()) return;
  secrets_problem_.reset();
  if (ok) return;
  secrets_problem_ = Problem{"secrets_refused", "the dataplane refused the secrets: " + text,
                             "repair the credentials, then: sallyctl reload"};
}

void Supervisor::on_image_result(uint64_t version, bool ok, const std::string& text) {
  Operation* waiting = operations_.empty() ? nullptr : &operations_.front();
  if (waiting != nullptr && waiting->step == Step::Adopt && waiting->version == version &&
      !waiting->current) {
    if (!ok) waiting->refused = text;
    // A second image is in use only with its routes.
    waiting->accepted = ok && waiting->plan.canary == nullptr;
    return;
  }
  const auto& current = publisher_->current();
  if (!current || (current->version != version && current->rollout.base_version != version)) return;
  image_problem_.reset();
  send_again_ms_ = 0;
  if (ok) return;
  // It may have had no room for one more version just now.
  send_again_ms_ = now_ms_ + kSendAgainMs;
  image_problem_ = Problem{"image_refused", "the dataplane refused the published policy: " + text,
                           "publish another one; programs of different builds give this too"};
}

void Supervisor::on_routes_result(uint64_t version, bool ok, const std::string& text) {
  Operation* waiting = operations_.empty() ? nullptr : &operations_.front();
  if (waiting != nullptr && waiting->step == Step::Adopt && waiting->version == version &&
      !waiting->current) {
    waiting->accepted = ok;
    // Why the image was refused says more.
    if (!ok && !waiting->refused) waiting->refused = text;
    return;
  }
  if (ok || !publisher_->current() || publisher_->current()->version != version || image_problem_)
    return;
  send_again_ms_ = now_ms_ + kSendAgainMs;
  image_problem_ = Problem{"routes_refused", "the dataplane refused the route table: " + text,
                           "it is sent again; sallyctl policy rollback ends the canary"};
}

void Supervisor::on_dataplane_gone(const std::string& why) {
  spdlog::warn("dataplane gone: {}", why);
  secrets_problem_.reset();
  image_problem_.reset();
  send_again_ms_ = 0;
}

void Supervisor::send_again(uint64_t now_ms) {
  if (send_again_ms_ == 0 || now_ms < send_again_ms_ || !publisher_->current()) return;
  send_again_ms_ = 0;
  send_published();
}

void Supervisor::on_refused(const std::string& why) {
  spdlog::warn("control.sock: refused: {}", why);
}

size_t Supervisor::workers_at(uint64_t version) const {
  if (!control_->connected()) return 0;
  const DataplaneView view = region_->view(false);
  // The blocks of a dataplane before this one count for nothing.
  if (view.start_generation != control_->connected()->start_generation) return 0;
  return static_cast<size_t>(
      std::count_if(view.workers.begin(), view.workers.end(),
                    [&](const WorkerState& worker) { return worker.adopted_version >= version; }));
}

bool Supervisor::all_adopted(uint64_t version) const {
  const size_t ready = workers_at(version);
  return ready > 0 && ready >= control_->connected()->worker_count;
}

}  // namespace sallyport::supervise
