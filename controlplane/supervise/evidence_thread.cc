#include "controlplane/supervise/evidence_thread.h"

#include <exception>
#include <utility>

namespace sallyport::supervise {

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
