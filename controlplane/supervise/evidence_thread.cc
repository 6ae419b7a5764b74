#include "controlplane/supervise/evidence_thread.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace sallyport::supervise {

namespace {

constexpr auto kIdleMin = std::chrono::microseconds(200);
constexpr auto kIdleMax = std::chrono::microseconds(1000);
constexpr int kLastRoundsMax = 100;

}  // namespace

EvidenceThread::EvidenceThread(evidence_log::DrainerOptions options)
    : drainer_(std::make_unique<evidence_log::Drainer>(std::move(options))) {}

EvidenceThread::~EvidenceThread() { stop(); }

void EvidenceThread::start() {
  thread_ = std::thread([this] { run(); });
}

void EvidenceThread::stop() {
  stop_.store(true);
  if (thread_.joinable()) thread_.join();
}

EvidenceThread::Ticket EvidenceThread::note(evidence_log::NoteFields fields) {
  const std::lock_guard<std::mutex> hold(mutex_);
  notes_.push_back(std::move(fields));
  return ++taken_;
}

std::string EvidenceThread::failure() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return failure_;
}

void EvidenceThread::run() {
  auto idle = kIdleMin;
  try {
    while (!stop_.load()) {
      if (round() > 0) {
        idle = kIdleMin;
        continue;
      }
      std::this_thread::sleep_for(idle);
      idle = std::min(idle * 2, kIdleMax);
    }
    for (int rounds = 0; rounds < kLastRoundsMax && round() > 0; ++rounds) {
    }
  } catch (const std::exception& problem) {
    const std::lock_guard<std::mutex> hold(mutex_);
    failure_ = problem.what();
  }
}

// A note that is handed over goes into the next commit. A round that was retrying an old batch
// leaves it for the one after; so a note counts as committed after two rounds without a refusal
// of the disk.
size_t EvidenceThread::round() {
  std::vector<evidence_log::NoteFields> notes;
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    notes.swap(notes_);
    handed_over_ = taken_;
  }
  for (evidence_log::NoteFields& fields : notes) drainer_->append_note(std::move(fields));
  const size_t done = drainer_->drain_once();
  if (drainer_->status().blocked) {
    handed_over_before_ = committed_.load();
    return 0;
  }
  committed_.store(handed_over_before_);
  handed_over_before_ = handed_over_;
  return done;
}

}  // namespace sallyport::supervise
