// evidence_thread.h: the drainer on a thread of its own, and notes whose commit can be awaited.
//
// "Before it takes effect" means: the note is in LMDB, synced. The main loop takes a ticket with
// the note and goes on with its work once committed(ticket) is true. A full disk leaves the ticket
// open; nothing that wanted a note then happens.
// Owner  the main loop; the drainer itself belongs to the thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "controlplane/evidence/drainer.h"

namespace sallyport::supervise {

class EvidenceThread {
 public:
  // Opens the log. Throws what the Drainer throws; nothing is started then.
  explicit EvidenceThread(evidence_log::DrainerOptions options);
  // Drains what is left, then ends.
  ~EvidenceThread();
  EvidenceThread(const EvidenceThread&) = delete;
  EvidenceThread& operator=(const EvidenceThread&) = delete;

  void start();
  // Waits for the round in work, then drains once more and ends the thread.
  void stop();

  using Ticket = uint64_t;
  Ticket note(evidence_log::NoteFields fields);
  bool committed(Ticket ticket) const { return committed_.load() >= ticket; }
  evidence_log::DrainerStatus status() const { return drainer_->status(); }
  // Not empty: the thread ended by itself, and this is why.
  std::string failure() const;

 private:
  void run();
  size_t round();

  std::unique_ptr<evidence_log::Drainer> drainer_;
  std::thread thread_;
  std::atomic<bool> stop_{false};
  std::atomic<Ticket> committed_{0};
  mutable std::mutex mutex_;
  std::vector<evidence_log::NoteFields> notes_;  // guarded by mutex_
  Ticket taken_ = 0;                             // guarded by mutex_
  std::string failure_;                          // guarded by mutex_
  Ticket handed_over_ = 0;                       // the thread's
  Ticket handed_over_before_ = 0;                // the thread's
};

}  // namespace sallyport::supervise
