#include "controlplane/supervise/desk/recall_desk.h"

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "controlplane/evidence/log/clock.h"

namespace sallyport::supervise {

using contract::RecallAnswer;
using contract::RecallQuestion;
using contract::RecallStatus;
using nlohmann::json;

RecallDesk::RecallDesk(const std::filesystem::path& run_dir, restore::RecallService::Hooks hooks)
    : rings_(run_dir / "recall"), service_(std::move(hooks)), thread_([this] { run(); }) {}

RecallDesk::~RecallDesk() {
  stop_.store(true);
  if (thread_.joinable()) thread_.join();
}

void RecallDesk::run() {
  while (!stop_.load()) {
    look(evidence_log::clock_ns(CLOCK_MONOTONIC) / base::kNsPerMs);
    round();
    std::this_thread::sleep_for(std::chrono::milliseconds(kRecallPollMs));
  }
}

void RecallDesk::look(uint64_t now_ms) {
  if (now_ms < next_look_ms_) return;
  next_look_ms_ = now_ms + kRecallLookMs;
  rings_.look();
  rings_.beat(evidence_log::clock_ns(CLOCK_MONOTONIC));
  const std::lock_guard lock(mutex_);
  workers_ = rings_.count();
  refused_ = rings_.refused();
}

// Every question of a round is answered, each as soon as the evidence of the whole round is there.
void RecallDesk::round() {
  const std::vector<restore::RecallRings::Asked> asked = rings_.take(kRecallBatchMax);
  if (asked.empty()) return;
  std::vector<RecallQuestion> questions;
  for (const auto& one : asked) questions.push_back(one.question);
  std::vector<restore::RecallResult> results = service_.answer(questions);
  uint64_t no_room = 0;
  const auto answer = std::make_unique<RecallAnswer>();
  for (size_t i = 0; i < asked.size(); ++i) {
    const RecallQuestion& question = asked[i].question;
    const auto number = rings_.next_number(asked[i].ring);
    if (!number) {
      ++no_room;
      continue;
    }
    *answer = RecallAnswer{};
    answer->number = *number;
    answer->question = question.number;
    answer->request_high = question.request_high;
    answer->request_low = question.request_low;
    answer->key_serial = question.key_serial;
    answer->status = static_cast<uint8_t>(results[i].status);
    // Part of what the seal binds, so it stands there before.
    answer->value_bytes = static_cast<uint16_t>(results[i].value.size());
    if (results[i].status == RecallStatus::Restored &&
        !sealer_.seal(question.worker_key, results[i].value, *answer)) {
      answer->status = static_cast<uint8_t>(RecallStatus::NoEvidence);
      answer->value_bytes = 0;
    }
    rings_.publish(asked[i].ring, *answer);
  }
  const std::lock_guard lock(mutex_);
  counts_ = service_.counts();
  no_room_ += no_room;
}

json RecallDesk::status() const {
  const std::lock_guard lock(mutex_);
  return {{"workers", workers_},
          {"asked", counts_.asked},
          {"restored", counts_.restored},
          {"denied", counts_.denied},
          {"unknown", counts_.unknown},
          {"vault_sealed", counts_.sealed},
          {"evidence_unavailable", counts_.no_evidence},
          {"limited", counts_.limited},
          {"questions_refused", refused_},
          {"answers_dropped", no_room_}};
}

std::vector<Problem> RecallDesk::problems() const {
  const std::lock_guard lock(mutex_);
  if (refused_ == 0) return {};
  return {
      {"recall_questions_refused",
       "workers put questions on their rings that do not hold (" + std::to_string(refused_) + ")",
       "sallyctl doctor; the dataplane may be of another version or damaged"}};
}

}  // namespace sallyport::supervise
