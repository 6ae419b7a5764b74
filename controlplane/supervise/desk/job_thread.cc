#include "controlplane/supervise/desk/job_thread.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "controlplane/supervise/socket/admin_server.h"
#include "controlplane/vault/secret.h"
#include "controlplane/vault/way_out.h"

namespace sallyport::supervise {

using nlohmann::json;

JobThread::JobThread() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

JobThread::~JobThread() {
  stop();
  if (wake_ >= 0) close(wake_);
}

void JobThread::start() {
  thread_ = std::thread([this] { run(); });
}

void JobThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  more_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool JobThread::stopping() const {
  const std::lock_guard lock(mutex_);
  return stop_;
}

void JobThread::hand_over(Work work, Reply reply) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() < kJobsMax) {
      jobs_.push_back({std::move(work), std::move(reply)});
      more_.notify_one();
      return;
    }
  }
  if (reply) reply(admin_error("busy", "too many requests are waiting", "try again soon"));
}

void JobThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    more_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (stop_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    std::shared_ptr<const json> answer;
    try {
      answer = std::make_shared<const json>(job.work());
    } catch (const vault::VaultError& error) {
      answer = std::make_shared<const json>(
          admin_error(error.code(), error.what(), std::string(vault::way_out(error.code()))));
    } catch (const std::exception&) {
      // What was thrown could quote what was worked on.
      answer = std::make_shared<const json>(
          admin_error("failed", "the request failed", "the log of sallyportd may say why"));
    }
    lock.lock();
    if (job.reply) done_.push_back({std::move(answer), std::move(job.reply)});
    eventfd_write(wake_, 1);
  }
}

void JobThread::turn() {
  eventfd_t count = 0;
  eventfd_read(wake_, &count);
  std::vector<Done> done;
  {
    const std::lock_guard lock(mutex_);
    done.swap(done_);
  }
  for (const Done& one : done) one.reply(*one.answer);
}

}  // namespace sallyport::supervise
