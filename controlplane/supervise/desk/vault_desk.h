// vault_desk.h: the vault inside sallyportd: opened at start, fed by the drainer, asked by
// operators, its runs on schedule, and the evidence of all of it.
//
//   KEY  what was done with a key      RET  a retention run, a hold      DSR  what a person asked
//   for
//
// Every action is in the log, committed, before it has any effect ("intended"), and again with what
// came of it. Whatever waits is done on one thread of its own; the main loop hands over and takes
// back, sends the vault's public key to the dataplane, and says when a former one is out of use.
//
// An erasure: intended -> in the vault's book (a start goes on with it) -> data keys destroyed, a
// new receive key -> ok -> no worker seals to the former key and the rings are drained -> it is
// destroyed -> completed. Under a hold: deferred, and carried out on release.
// Where what is: vault_desk.cc thread and schedule; vault_requests.cc keys and state;
// subject_requests.cc subjects and holds.
// Owner  the main loop; vault() may be asked from any thread.
#pragma once

#include <poll.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controlplane/evidence/log/control_record.h"
#include "controlplane/supervise/credentials/credentials.h"
#include "controlplane/supervise/desk/job_thread.h"
#include "controlplane/supervise/options.h"
#include "controlplane/supervise/socket/admin_server.h"
#include "controlplane/vault/shares.h"
#include "controlplane/vault/vault.h"

namespace sallyport::supervise {

class EvidenceThread;

inline constexpr uint64_t kRetentionEveryMs = 60'000;  // a run of expiry
inline constexpr uint64_t kClockDoubtMs = 3'600'000;  // none, after the wall clock was set by hours
inline constexpr uint64_t kRetentionSaidMs =
    3'600'000;  // a run that found nothing is recorded so often
// Records of damaged rows in one run; of more, one record with their number says that there are.
inline constexpr size_t kDamageRecordsMax = 16;
inline constexpr uint64_t kRetireGraceMs = 2'000;   // a worker takes a new key within one turn
inline constexpr uint64_t kEraseWaitMsMax = 8'000;  // an answer says "pending" after that

// What the main loop sees of the dataplane and of the rings.
struct RingsView {
  bool connected = false;
  uint64_t dataplane_secrets = 0;  // generation that it has in use
  uint64_t rings_live = 0;
  uint64_t drained_ns = 0;  // CLOCK_MONOTONIC: all that was published before it is drained
  uint64_t now_ns = 0;      // the same clock
};

class VaultDesk {
 public:
  // Throws nothing; a vault that does not open is a problem of status(), not of the start.
  static std::unique_ptr<VaultDesk> open(const Options& options, std::string node);
  ~VaultDesk();
  VaultDesk(const VaultDesk&) = delete;
  VaultDesk& operator=(const VaultDesk&) = delete;

  vault::Vault& vault() { return *vault_; }
  // From here on there is a log to write to. `evidence` outlives stop().
  void start(EvidenceThread& evidence);
  void stop();

  // What workers seal to. Differs from what was sent: tell the dataplane, then sent_key().
  std::optional<vault::Vault::ReceiveTarget> target() const { return vault_->receive_target(); }
  void sent_key(uint64_t serial, uint64_t secrets_generation);
  void look_at_rings(const RingsView& view);
  // Hours by tenant; the empty name stands for all others.
  void set_retention(std::map<std::string, uint64_t> hours);

  void add_to(std::vector<pollfd>& polled) const { jobs_.add_to(polled); }
  void turn(uint64_t now_ms);
  using Reply = JobThread::Reply;
  static bool knows(const std::string& command);  // vault_..., subject_..., hold_...
  void handle(AdminServer::Request&& request, Reply reply);

  nlohmann::json status() const;
  std::vector<Problem> problems() const;

 private:
  struct Asked {
    nlohmann::json body;
    std::string actor;
  };
  using Handler = nlohmann::json (VaultDesk::*)(const Asked&);

  VaultDesk(const Options& options, std::string node);
  void open_at_start();
  std::unique_ptr<vault::KekSource> find_source() const;
  bool commit(const evidence_log::ControlRecord& record);
  void say_problem(std::string code, std::string message, std::string hint);
  void clear_problem();
  static Handler handler_of(const std::string& command);

  // vault_requests.cc
  nlohmann::json ask_status(const Asked& asked);
  nlohmann::json init(const Asked& asked);
  nlohmann::json seal(const Asked& asked);
  nlohmann::json unseal(const Asked& asked);
  nlohmann::json take_share(const Asked& asked);
  nlohmann::json rotate(const Asked& asked);
  nlohmann::json finish_rotation(const std::string& actor);
  nlohmann::json split(const Asked& asked);
  nlohmann::json backup(const Asked& asked);
  nlohmann::json note_ceremony(const Asked& asked);
  evidence_log::ControlRecord key_record(const std::string& action, const std::string& actor) const;
  // Says it is intended, does it, says what came of it; a VaultError becomes the answer.
  nlohmann::json with_record(
      evidence_log::ControlRecord record,
      const std::function<nlohmann::json(evidence_log::ControlRecord&)>& act);

  // subject_requests.cc
  nlohmann::json subject_find(const Asked& asked);
  nlohmann::json subject_link(const Asked& asked);
  nlohmann::json subject_export(const Asked& asked);
  nlohmann::json subject_erase(const Asked& asked);
  nlohmann::json erase_as(const Asked& asked, const std::string& kind);
  nlohmann::json subject_reredact(const Asked& asked);
  nlohmann::json begin_epochs(const vault::Erasure& erasure);
  nlohmann::json hold_add(const Asked& asked);
  nlohmann::json hold_release(const Asked& asked);
  nlohmann::json hold_list(const Asked& asked);
  nlohmann::json carry_out(const vault::Erasure& erasure);
  void carry_out_released();
  void finish_erasures();
  bool waits_for_clock() const;
  void retention_run();
  void say_damage();
  void wait_for_retirement();
  void retire_if_due();

  Options options_;
  std::string node_;
  std::unique_ptr<vault::Vault> vault_;
  EvidenceThread* evidence_ = nullptr;
  std::vector<vault::Share> shares_;  // brought by custodians, until there are enough

  // The main loop's.
  uint64_t key_sent_ = 0;       // serial of the newest key that the dataplane was told
  uint64_t key_sent_in_ = 0;    // the secrets generation that has it
  uint64_t key_in_use_ns_ = 0;  // since when the dataplane has it; 0: not yet
  uint64_t next_run_ms_ = 0;

  // Receive keys before this serial are out of use; 0: none. The main loop says, the thread takes.
  std::atomic<uint64_t> retire_before_{0};
  uint64_t last_said_ms_ = 0;  // the thread's: the last retention run in the log
  mutable std::mutex mutex_;   // guards all below, but for the thread
  std::map<std::string, uint64_t> hours_;
  std::optional<Problem> problem_;
  uint64_t last_run_unix_s_ = 0;
  vault::ExpireResult last_run_;
  JobThread jobs_;  // last: ends before what it works on
};

}  // namespace sallyport::supervise
