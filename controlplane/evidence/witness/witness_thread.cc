#include "controlplane/evidence/witness/witness_thread.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <stdexcept>

namespace sallyport::evidence_log {
namespace {

constexpr uint64_t kLookEveryMs = 500;

uint64_t now_in_ms() {
  using std::chrono::milliseconds;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<milliseconds>(now).count()) + 1;
}

ControlRecord witness_record(const char* action, const WitnessState& state) {
  ControlRecord record{
      .kind = contract::RecordKind::Check, .action = action, .actor = "sallyportd"};
  record.object = state.name;
  record.to = state.size;
  record.fields = {{"witness", state.name},
                   {"checkpoint_size", std::to_string(state.size)},
                   {"lag_s", std::to_string(state.lag_s)},
                   {"problem", state.problem}};
  return record;
}

}  // namespace

WitnessThread::WitnessThread(LogReader log, WitnessThreadOptions options)
    : log_(std::move(log)), options_(std::move(options)) {
  if (options_.witnesses.size() > kWitnessesMax)
    throw std::runtime_error("more than " + std::to_string(kWitnessesMax) + " witnesses");
  for (const WitnessOptions& one : options_.witnesses) {
    all_.emplace_back().witness = make_witness(one);
    all_.back().wait_ms = options_.retry_ms;
    states_.emplace_back().name = one.name;
  }
}

WitnessThread::~WitnessThread() { stop(); }

void WitnessThread::start() {
  if (!all_.empty()) thread_ = std::thread([this] { run(); });
}

void WitnessThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::vector<WitnessState> WitnessThread::states() const {
  const std::lock_guard lock(mutex_);
  return states_;
}

void WitnessThread::run() {
  const auto pause = std::chrono::milliseconds(std::min(kLookEveryMs, options_.interval_ms));
  for (;;) {
    turn(options_.clock_ms ? options_.clock_ms() : now_in_ms());
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, pause, [this] { return stop_; })) return;
  }
}

void WitnessThread::turn(uint64_t now_ms) {
  std::string note;
  uint64_t size = 0;
  std::string trouble;
  try {
    note = log_.latest_checkpoint().value_or("");
    const auto checkpoint = read_checkpoint(note);
    if (!checkpoint) return;  // nothing was signed yet
    size = checkpoint->size;
  } catch (const std::exception& error) {
    trouble = error.what();
  }
  for (size_t i = 0; i < all_.size(); ++i) {
    One& one = all_[i];
    WitnessState state = states()[i];
    const bool behind = state.size != size || state.conflict;
    if (!behind) one.behind_since_ms = 0;
    if (behind && one.behind_since_ms == 0) one.behind_since_ms = now_ms;
    state.lag_s = behind ? (now_ms - one.behind_since_ms) / 1000 : 0;
    if (!trouble.empty()) state.problem = trouble;
    if (behind && now_ms >= one.next_ms && trouble.empty()) attempt(one, state, note, size, now_ms);
    say_lag(one, state);
    const std::lock_guard lock(mutex_);
    states_[i] = state;
    if (stop_) return;
  }
}

void WitnessThread::attempt(One& one, WitnessState& state, const std::string& note, uint64_t size,
                            uint64_t now_ms) {
  WitnessAnswer answer;
  try {
    answer = one.witness->submit(log_, note);
  } catch (const std::exception& error) {
    answer.problem = error.what();
  }
  const bool news = answer.ok != one.was_good || answer.conflict != state.conflict ||
                    (answer.ok && state.size == 0);
  one.was_good = answer.ok;
  state.conflict = answer.conflict;
  state.problem = answer.problem;
  if (answer.ok) {
    state.size = size;
    state.taken_unix_s = static_cast<uint64_t>(std::time(nullptr));
    state.lag_s = 0;
    one.behind_since_ms = 0;
    one.next_ms = now_ms + options_.interval_ms;
    one.wait_ms = options_.retry_ms;
    if (!answer.cosignatures.empty() && options_.keep) options_.keep(size, answer.cosignatures);
  } else {
    one.next_ms = now_ms + one.wait_ms;
    one.wait_ms = std::min(one.wait_ms * 2, options_.interval_ms);
  }
  // Only what changed: a record per minute would be a checkpoint per minute, for ever.
  if (!news || !options_.record) return;
  ControlRecord record = witness_record(answer.ok         ? "witnessed"
                                        : answer.conflict ? "witness_conflict"
                                                          : "witness_failed",
                                        state);
  if (!answer.ok) record.result = "failed";
  options_.record(record);
}

void WitnessThread::say_lag(One& one, const WitnessState& state) {
  const bool late = state.lag_s > kWitnessLagSecondsMax;
  if (late == one.lag_said) return;
  one.lag_said = late;
  if (!late || !options_.record) return;
  ControlRecord record = witness_record("witness_late", state);
  record.result = "failed";
  options_.record(record);
}

}  // namespace sallyport::evidence_log
