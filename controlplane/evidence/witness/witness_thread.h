// witness_thread.h: hands the newest checkpoint to every witness, once a minute, on a thread of its
// own: a witness that does not answer keeps nobody waiting. What it missed is made up by the next
// checkpoint, whose proof covers all before it.
//
// Off the box within kWitnessLagMax, or status has an alarm and the log a record of it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/witness/witness.h"

namespace sallyport::evidence_log {

inline constexpr uint64_t kWitnessLagSecondsMax = 300;
inline constexpr size_t kWitnessesMax = 8;

struct WitnessThreadOptions {
  std::vector<WitnessOptions> witnesses;
  uint64_t interval_ms = 60'000;
  // How long a witness that fails is left alone; grows to the interval.
  uint64_t retry_ms = 5'000;
  std::function<uint64_t()> clock_ms;  // that never goes back; empty: the host's
  // Both are called on the thread. The drainer's add_cosignatures() and append().
  std::function<void(uint64_t size, const std::string& lines)> keep;
  std::function<void(const ControlRecord&)> record;
};

struct WitnessState {
  std::string name;
  uint64_t size = 0;          // of the last checkpoint it took
  uint64_t taken_unix_s = 0;  // when
  uint64_t lag_s = 0;         // age of the oldest checkpoint that it does not have
  bool conflict = false;
  std::string problem;  // of the last attempt; empty: it worked
};

class WitnessThread {
 public:
  // Throws std::runtime_error for a witness that cannot work.
  WitnessThread(LogReader log, WitnessThreadOptions options);
  ~WitnessThread();
  WitnessThread(const WitnessThread&) = delete;
  WitnessThread& operator=(const WitnessThread&) = delete;

  void start();
  void stop();  // waits for a call that is under way, kPostSecondsMax per witness at most
  std::vector<WitnessState> states() const;

 private:
  struct One {
    std::unique_ptr<Witness> witness;
    uint64_t next_ms = 0;
    uint64_t behind_since_ms = 0;  // 0: it has the newest
    uint64_t wait_ms = 0;
    bool was_good = true;
    bool lag_said = false;
  };
  void run();
  void turn(uint64_t now_ms);
  void attempt(One& one, WitnessState& state, const std::string& note, uint64_t size,
               uint64_t now_ms);
  void say_lag(One& one, const WitnessState& state);

  LogReader log_;
  WitnessThreadOptions options_;
  std::vector<One> all_;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;                 // guarded by mutex_, as below
  std::vector<WitnessState> states_;  // one per witness
};

}  // namespace sallyport::evidence_log
