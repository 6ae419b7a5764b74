// recall_desk.h: answers workers that ask what tokens of earlier exchanges stand for: rings in
// <run dir>/recall, rules and evidence of controlplane/restore, values of the vault, on a thread of
// its own. A worker waits for none of it.
//
// Owner  the main loop; everything else belongs to the thread.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <thread>
#include <vector>

#include "controlplane/restore/recall_rings.h"
#include "controlplane/restore/recall_sealer.h"
#include "controlplane/restore/recall_service.h"
#include "controlplane/supervise/credentials/credentials.h"

namespace sallyport::supervise {

// Questions are looked for this often: a vendor takes a hundred times as long to answer.
inline constexpr uint64_t kRecallPollMs = 2;
inline constexpr uint64_t kRecallLookMs = 50;  // for workers that are new or gone
// Questions that share one commit of evidence.
inline constexpr size_t kRecallBatchMax = 256;
// Longer than any answer of a vendor stands still (kRecallWaitMsMax): nobody waits for it then.
inline constexpr uint64_t kRecallEvidenceMs = 1'000;

class RecallDesk {
 public:
  RecallDesk(const std::filesystem::path& run_dir, restore::RecallService::Hooks hooks);
  ~RecallDesk();
  RecallDesk(const RecallDesk&) = delete;
  RecallDesk& operator=(const RecallDesk&) = delete;

  nlohmann::json status() const;
  std::vector<Problem> problems() const;

 private:
  void run();
  void round();
  void look(uint64_t now_ms);

  restore::RecallRings rings_;
  restore::RecallSealer sealer_;
  restore::RecallService service_;
  uint64_t next_look_ms_ = 0;
  mutable std::mutex mutex_;  // guards what follows: a copy for the main loop
  restore::RecallService::Counts counts_;
  uint64_t workers_ = 0, refused_ = 0, no_room_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;  // last: ends before what it works on
};

}  // namespace sallyport::supervise
