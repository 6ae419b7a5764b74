// supervisor_tests.cc: the bundle's seeded texts on the live box: after each change, and on a
// schedule (tests_every_seconds of rollout.yaml). Every run is a TST record.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

namespace {

constexpr uint64_t kTestsMsMax = 60'000;  // until a run counts as not answered
constexpr size_t kTestRunsMax = 4;        // waiting; a later one says the same
constexpr const char* kBySchedule = "schedule";

}  // namespace

void Supervisor::want_tests(const LoadedImage& image, const char* stage) {
  if (image.names.test_count == 0 || test_runs_.size() >= kTestRunsMax) return;
  test_runs_.push_back({image.digest, image.names.corpus, image.names.test_count, stage, 0, 0});
}

void Supervisor::look_at_tests(uint64_t now_ms) {
  const auto& current = publisher_->current();
  if (current && control_->connected() && all_adopted(current->version) &&
      current->image->names.rollout.tests_every_seconds != 0 && test_runs_.empty() &&
      now_ms >= next_tests_ms_) {
    // The first time comes one period after the start: the change itself has been tried already.
    if (next_tests_ms_ != 0) {
      want_tests(*current->image, kBySchedule);
      if (current->canary != nullptr) want_tests(*current->canary, kBySchedule);
    }
    next_tests_ms_ = now_ms + uint64_t{current->image->names.rollout.tests_every_seconds} * 1'000;
  }
  if (test_runs_.empty()) return;
  TestRun& run = test_runs_.front();
  if (run.number == 0 && run.stage == kBySchedule) {
    if (!is_in_force(run.image)) return test_runs_.pop_front();
    if (!all_adopted(current->version)) return;
  }
  if (run.number == 0) {
    run.number = ++test_run_number_;
    run.began_ms = now_ms;
    if (control_->send_tests(run.image, run.number)) return;
  }
  if (now_ms - run.began_ms >= kTestsMsMax || !control_->connected())
    end_tests(false, {}, "no answer from the dataplane");
}

void Supervisor::on_tests_result(uint64_t number, bool ok, const TestCounts& counts,
                                 const std::string& text) {
  if (test_runs_.empty() || test_runs_.front().number != number) return;
  // Replaced while it was asked: nothing was tried, and what came in its place is tried by its own.
  const TestRun& run = test_runs_.front();
  if (counts[0] == 0 && run.stage == kBySchedule && !is_in_force(run.image))
    return test_runs_.pop_front();
  end_tests(ok && counts[0] == test_runs_.front().tests, counts, text);
}

// For all exchanges or for some of them. What the clock asked of an image that is gone by now says
// nothing of the box.
bool Supervisor::is_in_force(const contract::Digest& image) const {
  const auto& current = publisher_->current();
  return current && (current->image->digest == image ||
                     (current->canary != nullptr && current->canary->digest == image));
}

// Evidence of what was tried and what came of it; a change that is still on trial goes back.
void Supervisor::end_tests(bool ok, const TestCounts& counts, const std::string& text) {
  const TestRun run = test_runs_.front();
  test_runs_.pop_front();
  evidence_log::ControlRecord record{
      .kind = contract::RecordKind::Test, .action = "validation_tests", .actor = "sallyportd"};
  record.object = digest_hex(run.image);
  record.result = ok ? "ok" : "failed";
  record.reason = run.stage;
  record.after = run.image;
  record.count = counts[0];
  const uint32_t differ = counts[1];
  record.fields = {{"image", digest_hex(run.image)},
                   {"stage", run.stage},
                   {"run", "run-" + std::to_string(run.number)},
                   {"corpus", digest_hex(run.corpus).substr(0, 8)},
                   {"expected", std::to_string(counts[2])},
                   {"found", std::to_string(counts[3])},
                   {"passed", std::to_string(counts[0] - std::min(counts[0], differ))},
                   {"failed", std::to_string(differ)},
                   {"duration_ms", std::to_string(now_ms_ - run.began_ms)}};
  if (!ok) record.detail = text;
  evidence_->append(record);
  last_tests_ = {{"image", digest_hex(run.image)},
                 {"corpus", digest_hex(run.corpus)},
                 {"stage", run.stage},
                 {"ok", ok},
                 {"run", counts[0]},
                 {"failed", differ},
                 {"at", rfc3339(unix_seconds())}};
  if (ok) {
    tests_problem_.reset();
    return;
  }
  tests_problem_ =
      Problem{"tests_failed", "a seeded text of the policy in use is decided otherwise: " + text,
              "sallyctl policy test on the bundle; sallyctl policy rollback"};
  const auto& current = publisher_->current();
  const bool on_trial = current && current->rollout.is_open() && run.stage != kBySchedule;
  if (on_trial) take_back("tests_failed", "validation test: " + text);
}

}  // namespace sallyport::supervise
