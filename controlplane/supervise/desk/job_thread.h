// job_thread.h: what waits (evidence, a disk, a directory of users) is done on one thread beside
// the main loop, one job after the other; its answer is handed back in a turn of the main loop.
//
// Owner  the main loop; the work itself runs on the thread. What is thrown out of it becomes an
// answer that quotes nothing of what was worked on; a VaultError becomes its own code and words.
#pragma once

#include <poll.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <thread>
#include <vector>

namespace sallyport::supervise {

inline constexpr size_t kJobsMax = 64;  // waiting; then callers are told to come back

class JobThread {
 public:
  using Work = std::function<nlohmann::json()>;
  using Reply = std::function<void(const nlohmann::json& answer)>;

  JobThread();
  ~JobThread();
  JobThread(const JobThread&) = delete;
  JobThread& operator=(const JobThread&) = delete;

  // False: there is no descriptor to wait for; nothing will work.
  bool is_ready() const noexcept { return wake_ >= 0; }
  void start();
  // Ends after the job in work; what waits is dropped.
  void stop();
  bool stopping() const;

  // `reply` is called from a later turn(), or at once when too many jobs wait; null: nobody asks.
  void hand_over(Work work, Reply reply);
  void add_to(std::vector<pollfd>& polled) const { polled.push_back({wake_, POLLIN, 0}); }
  void turn();

 private:
  struct Job {
    Work work;
    Reply reply;
  };
  struct Done {
    std::shared_ptr<const nlohmann::json> answer;
    Reply reply;
  };
  void run();

  std::thread thread_;
  int wake_ = -1;  // eventfd: something is done
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Job> jobs_;  // guarded by mutex_, as all below
  std::vector<Done> done_;
  bool stop_ = false;
};

}  // namespace sallyport::supervise
