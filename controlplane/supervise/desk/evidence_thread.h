// evidence_thread.h: the drainer on a thread of its own, and notes whose commit can be awaited.
//
// "Before it takes effect" means: the note is in LMDB, synced. The main loop takes a ticket with
// the note and goes on with its work until committed(ticket) is true. A full disk leaves the ticket
// open; nothing that wanted a note then happens.
// Owner  the main loop; the drainer's rounds belong to the thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "controlplane/evidence/drain/drainer.h"
#include "controlplane/evidence/witness/witness_thread.h"

namespace sallyport::supervise {

class EvidenceThread {
 public:
  // Opens the log. Throws what the Drainer throws; nothing is started then.
  explicit EvidenceThread(evidence_log::DrainerOptions options);
  ~EvidenceThread();
  EvidenceThread(const EvidenceThread&) = delete;
  EvidenceThread& operator=(const EvidenceThread&) = delete;

  // Before start(). Throws std::runtime_error for a witness that cannot work.
  void set_witnesses(const std::vector<evidence_log::WitnessOptions>& witnesses,
                     uint64_t interval_ms);
  void start();
  // Commits and signs what is there, then ends the thread.
  void stop();

  using Ticket = uint64_t;
  Ticket append(const evidence_log::ControlRecord& record) { return drainer_->append(record); }
  Ticket note(const evidence_log::NoteFields& fields) { return drainer_->append_note(fields); }
  bool committed(Ticket ticket) const { return drainer_->wait_note(ticket, {}); }
  // Any thread but the main loop and the drainer's.
  bool wait_committed(Ticket ticket, std::chrono::milliseconds time) const {
    return drainer_->wait_note(ticket, time);
  }
  evidence_log::LogReader reader() const { return drainer_->reader(); }
  void set_retention(evidence_log::RetentionPolicy policy) {
    drainer_->set_retention(std::move(policy));
  }
  evidence_log::DrainerStatus status() const { return drainer_->status(); }
  std::vector<evidence_log::WitnessState> witnesses() const;
  // The next key of the log (Drainer::rotate_key()), on a thread of its own: a token may take its
  // time. False: one is in work. What came of it is handed out once, and then there is none.
  bool begin_rotation(const std::optional<evidence_log::TokenKeyOptions>& token,
                      const std::string& actor, const std::string& reason);
  std::optional<evidence_log::KeyChanged> rotation();
  // Not empty: the thread ended by itself, and this is why.
  std::string failure() const;

 private:
  void run();

  std::unique_ptr<evidence_log::Drainer> drainer_;
  std::unique_ptr<evidence_log::WitnessThread> witnesses_;  // calls the drainer: ends before it
  std::thread thread_;
  std::thread rotation_thread_;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::string failure_;  // guarded by mutex_, as below
  std::optional<evidence_log::KeyChanged> rotated_;
};

}  // namespace sallyport::supervise
