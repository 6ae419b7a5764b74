// The answer to {"command":"status"}; its shape is in admin_server.h.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

using nlohmann::json;

namespace {

constexpr int64_t kDayS = 86'400;
constexpr uint64_t kAbsentAfterMs = 2'000;

json age_ms(uint64_t then_ns, uint64_t now_ns) {
  if (then_ns == 0 || then_ns > now_ns) return nullptr;
  return (now_ns - then_ns) / 1'000'000;
}

json evidence_json(const evidence_log::DrainerStatus& status,
                   const std::vector<evidence_log::WitnessState>& witnesses) {
  json seen = json::array();
  for (const evidence_log::WitnessState& one : witnesses)
    seen.push_back({{"name", one.name},
                    {"size", one.size},
                    {"taken_at", time_or_null(static_cast<int64_t>(one.taken_unix_s))},
                    {"lag_s", one.lag_s},
                    {"conflict", one.conflict},
                    {"problem", one.problem}});
  return {{"witnesses", seen},
          {"log_size", status.log_size},
          {"records_committed", status.records_committed},
          {"commits", status.commits},
          {"rings_live", status.rings_live},
          {"rings_stopped", status.rings_stopped},
          {"gaps", status.gaps},
          {"interrupted", status.interrupted},
          {"last_commit_us", status.last_commit_us},
          {"checkpoint_size", status.checkpoint_size},
          {"checkpoint_at",
           time_or_null(static_cast<int64_t>(status.checkpoint_wall_ns / 1'000'000'000))},
          {"map_bytes", status.map_bytes},
          {"used_bytes", status.used_bytes},
          {"scrubbed_to", status.scrubbed_to},
          {"heartbeat_minute", time_or_null(static_cast<int64_t>(status.heartbeat_minute * 60))},
          {"pruned_records", status.pruned_records},
          {"retention_run_day", time_or_null(static_cast<int64_t>(status.pruned_day * 86'400))},
          {"put_back", status.put_back},
          {"clock_step_s", status.clock_step_s},
          {"clock_in_doubt", status.clock_in_doubt},
          {"blocked", status.blocked},
          {"problem", status.problem}};
}

// What tells one worker from another; everything else is in the sums.
constexpr std::array<std::string_view, 9> kOfOneWorker{
    "worker.busy_turns",     "worker.handed_over", "worker.taken_over",
    "worker.hand_over_full", "worker.copied",      "worker.copy_lost",
    "nic.frames_received",   "nic.frames_sent",    "tcp.connections_open"};

json figures_of(const DataplaneView& view, const WorkerState& worker) {
  json figures = json::object();
  for (size_t i = 0; i < worker.counters.size() && i < view.counters.size(); ++i) {
    const std::string& name = view.counters[i].first;
    if (std::find(kOfOneWorker.begin(), kOfOneWorker.end(), name) != kOfOneWorker.end())
      figures[name.substr(name.find('.') + 1)] = worker.counters[i];
  }
  return figures;
}

json dataplane_json(const DataplaneView& view, const std::optional<ConnectedDataplane>& connected,
                    uint64_t now_ns) {
  // What a dead one left in the region is no state.
  const bool silent =
      view.heartbeat_ns == 0 || now_ns > view.heartbeat_ns + kAbsentAfterMs * 1'000'000;
  const bool ours = connected && view.start_generation == connected->start_generation;
  const bool alive = ours || (!connected && !silent);
  json workers = json::array();
  json counters = json::object();
  if (alive) {
    for (const WorkerState& worker : view.workers)
      workers.push_back({{"core", worker.core},
                         {"adopted_version", worker.adopted_version},
                         {"oldest_version", worker.oldest_version},
                         {"heartbeat_age_ms", age_ms(worker.heartbeat_ns, now_ns)},
                         {"figures", figures_of(view, worker)}});
    for (const auto& [name, value] : view.counters) counters[name] = value;
  }
  json pid = nullptr;
  if (connected)
    pid = connected->peer.pid;
  else if (alive)
    pid = view.pid;
  const contract::DataplaneState state = alive       ? view.state
                                         : connected ? contract::DataplaneState::Starting
                                                     : contract::DataplaneState::Absent;
  return {{"connected", connected.has_value()},
          {"pid", pid},
          {"state", name_of(state)},
          {"start_generation", connected ? json(connected->start_generation) : json(nullptr)},
          {"secrets_generation", alive ? json(view.secrets_generation) : json(nullptr)},
          {"heartbeat_age_ms", alive ? age_ms(view.heartbeat_ns, now_ns) : json(nullptr)},
          {"workers", workers},
          {"counters", counters}};
}

}  // namespace

json Supervisor::status() const {
  const DataplaneView view = region_->view(true);
  const uint64_t now_ns = boottime_ns();
  const CertificateState& certificate = secrets_->certificate();
  json days_left = nullptr;
  if (certificate.not_after_s > 0) days_left = (certificate.not_after_s - unix_seconds()) / kDayS;
  json problems = json::array();
  for (const Problem& problem : all_problems())
    problems.push_back(
        {{"code", problem.code}, {"message", problem.message}, {"hint", problem.hint}});
  const json dataplane = dataplane_json(view, control_->connected(), now_ns);
  const bool in_use = dataplane["state"] != "absent" && view.certificate_not_after_s != 0;
  return {
      {"ok", true},
      {"node", node_},
      {"sallyportd",
       {{"pid", getpid()},
        {"uptime_s", (now_ms_ - started_ms_) / 1000},
        {"version", SALLYPORT_VERSION}}},
      {"policy", policy_status()},
      {"dataplane", dataplane},
      {"certificate",
       {{"not_after", time_or_null(certificate.not_after_s)},
        {"days_left", days_left},
        {"in_use_not_after",
         in_use ? time_or_null(static_cast<int64_t>(view.certificate_not_after_s & 0xffffffffff))
                : json(nullptr)},
        {"subject", certificate.subject},
        {"names", certificate.names}}},
      {"secrets",
       {{"generation", secrets_->generation()},
        {"tenants", secrets_->tenants()},
        {"vendors", secrets_->vendors()}}},
      {"evidence", evidence_json(evidence_->status(), evidence_->witnesses())},
      {"restoration", restoration_->status()},
      {"recall", recall_->status()},
      {"vault", vault_->status()},
      {"problems", problems}};
}

std::vector<Problem> Supervisor::all_problems() const {
  std::vector<Problem> problems = secrets_->problems();
  const auto add = [&](const std::optional<Problem>& problem) {
    if (problem) problems.push_back(*problem);
  };
  add(certificate_problem(secrets_->certificate(), unix_seconds()));
  add(start_problem_);
  add(secrets_problem_);
  add(image_problem_);
  add(rollout_problem_);
  add(tests_problem_);
  if (reviews_damaged_) problems.push_back(reviews_problem());
  for (const json& review : reviews_)
    problems.push_back({"review_open",
                        "an emergency change waits for its review: " + review.value("id", "") +
                            ", by " + review.value("by", ""),
                        "sallyctl policy review --close " + review.value("id", "") +
                            " --note TEXT, by somebody else"});
  const evidence_log::DrainerStatus evidence = evidence_->status();
  if (!evidence.problem.empty())
    problems.push_back({evidence.blocked ? "evidence_blocked" : "evidence", evidence.problem,
                        "make room on the disk of the evidence log"});
  if (!evidence.put_back.empty())
    problems.push_back({"evidence_put_back", evidence.put_back,
                        "sallyctl evidence verify --since FILE or --witness W, with a checkpoint "
                        "that was kept elsewhere; then remove evidence.put_back from the run dir"});
  if (evidence.clock_in_doubt)
    problems.push_back(
        {"clock_set",
         "the wall clock moved by " + std::to_string(evidence.clock_step_s) +
             " s; nothing is removed by age for a day",
         "look at the time source (timedatectl); docs/operator_guide.md, section 8"});
  if (evidence.key_differs)
    problems.push_back({"evidence_key_differs",
                        "sallyport.yaml names another signing key than the one in force",
                        "sallyctl evidence key rotate changes to it"});
  for (const Problem& problem : restoration_->problems()) problems.push_back(problem);
  for (const Problem& problem : recall_->problems()) problems.push_back(problem);
  for (const Problem& problem : vault_->problems()) problems.push_back(problem);
  for (const evidence_log::WitnessState& one : evidence_->witnesses()) {
    if (one.conflict)
      problems.push_back({"witness_conflict",
                          "witness " + one.name + " holds another history: " + one.problem,
                          "the log was put back or forked: keep both, and find out by whom"});
    else if (one.lag_s > evidence_log::kWitnessLagSecondsMax)
      problems.push_back({"witness_late",
                          "witness " + one.name + " has no checkpoint of the last " +
                              std::to_string(one.lag_s) + " s: " + one.problem,
                          "checkpoints are kept here only; reach the witness, or name another"});
  }
  if (!publisher_->current() && !start_problem_)
    problems.push_back({"policy_missing", "no policy is published: every request is refused",
                        "sallyctl policy apply, or start sallyportd with --policy"});
  if (!control_->connected())
    problems.push_back({"dataplane_absent", "no dataplane is connected",
                        "start sallyport-dataplane with the same --run-dir"});
  return problems;
}

}  // namespace sallyport::supervise
