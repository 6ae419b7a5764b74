#include "controlplane/supervise/desk/evidence_thread.h"

#include <exception>
#include <utility>

namespace sallyport::supervise {
namespace {

constexpr std::chrono::seconds kRotationTimeMax{30};  // then sallyctl is told that it goes on

}  // namespace

EvidenceThread::EvidenceThread(evidence_log::DrainerOptions options)
    : drainer_(std::make_unique<evidence_log::Drainer>(std::move(options))) {}

EvidenceThread::~EvidenceThread() { stop(); }

void EvidenceThread::set_witnesses(const std::vector<evidence_log::WitnessOptions>& witnesses,
                                   uint64_t interval_ms) {
  if (witnesses.empty()) return;
  evidence_log::WitnessThreadOptions options;
  options.witnesses = witnesses;
  options.interval_ms = interval_ms;
  options.keep = [this](uint64_t size, const std::string& lines) {
    drainer_->add_cosignatures(size, lines);
  };
  options.record = [this](const evidence_log::ControlRecord& record) { drainer_->append(record); };
  witnesses_ = std::make_unique<evidence_log::WitnessThread>(drainer_->reader(), options);
}

std::vector<evidence_log::WitnessState> EvidenceThread::witnesses() const {
  return witnesses_ ? witnesses_->states() : std::vector<evidence_log::WitnessState>{};
}

void EvidenceThread::start() {
  if (witnesses_) witnesses_->start();
  thread_ = std::thread([this] { run(); });
}

void EvidenceThread::stop() {
  if (witnesses_) witnesses_->stop();
  stop_.store(true);
  if (thread_.joinable()) thread_.join();
  if (rotation_thread_.joinable()) rotation_thread_.join();
}

bool EvidenceThread::begin_rotation(const std::optional<evidence_log::TokenKeyOptions>& token,
                                    const std::string& actor, const std::string& reason) {
  if (rotation_thread_.joinable()) return false;
  rotation_thread_ = std::thread([this, token, actor, reason] {
    auto answer = drainer_->rotate_key(token, actor, reason, kRotationTimeMax);
    const std::lock_guard<std::mutex> hold(mutex_);
    rotated_ = std::move(answer);
  });
  return true;
}

std::optional<evidence_log::KeyChanged> EvidenceThread::rotation() {
  std::optional<evidence_log::KeyChanged> answer;
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    answer.swap(rotated_);
  }
  if (answer) rotation_thread_.join();
  return answer;
}

std::string EvidenceThread::failure() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return failure_;
}

void EvidenceThread::run() {
  try {
    drainer_->run(stop_);
  } catch (const std::exception& problem) {
    const std::lock_guard<std::mutex> hold(mutex_);
    failure_ = problem.what();
  }
}

}  // namespace sallyport::supervise
