#include "controlplane/supervise/evidence_thread.h"

#include <exception>
#include <utility>

namespace sallyport::supervise {

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
