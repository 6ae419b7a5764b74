// supervisor.h: the main loop of sallyportd. One thread, one poll(); everything that may take long
// is elsewhere (compiling: a child process; evidence: a thread) or waited for in steps.
//
// Invariants
//   I1  one operation (publication, reload) at a time, in the order of the requests.
//   I2  the note of an operation is committed before it has any effect.
//   I3  whatever a dataplane was sent is sent again to the next one that connects.
//   I4  a dataplane's word is never the reason for a write to disk, but for a policy version.
// Not here  what the parts do: publisher.h, secrets_keeper.h, control_server.h, admin_server.h.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/supervise/bundle_job.h"
#include "controlplane/supervise/credentials/secrets_keeper.h"
#include "controlplane/supervise/desk/evidence_thread.h"
#include "controlplane/supervise/desk/recall_desk.h"
#include "controlplane/supervise/desk/restoration_desk.h"
#include "controlplane/supervise/desk/vault_desk.h"
#include "controlplane/supervise/instance_lock.h"
#include "controlplane/supervise/notify.h"
#include "controlplane/supervise/options.h"
#include "controlplane/supervise/rollout/policy_request.h"
#include "controlplane/supervise/rollout/publisher.h"
#include "controlplane/supervise/rollout/region_owner.h"
#include "controlplane/supervise/rollout/rollout_watch.h"
#include "controlplane/supervise/socket/admin_server.h"
#include "controlplane/supervise/socket/control_server.h"

namespace sallyport::supervise {

inline constexpr size_t kOperationsMax = 16;
inline constexpr size_t kCompilationsMax = 2;
inline constexpr uint64_t kNoteMsMax = 5'000;   // until a note must be committed
inline constexpr uint64_t kAdoptMsMax = 5'000;  // until an answer is given without adoption

class Supervisor : public ControlListener {
 public:
  // REQUIRES: SIGTERM, SIGINT and SIGHUP are blocked in every thread.
  Supervisor(Options options, std::string node, std::string environment);
  ~Supervisor() override;

  // Opens everything; throws nothing. False: `error` says why.
  bool start(std::string& error);
  // Until a signal ends it: the exit code.
  int run();

 private:
  // In the place of a client that waits for an answer.
  static constexpr AdminServer::ClientId kNobody = 0;
  static constexpr AdminServer::ClientId kFirstPublication = ~0ULL;  // --policy

  enum class Kind : uint8_t { Reload, Apply, Promote, Rollback, Confirm };
  enum class Step : uint8_t { Begin, Note, Adopt };
  struct Operation {
    Kind kind = Kind::Reload;
    AdminServer::ClientId client = kNobody;
    std::string actor;
    std::shared_ptr<const LoadedImage> image;  // Apply
    PolicyRequest request;
    Plan plan;  // of all but Reload: made when its turn comes
    uint64_t began_ms = 0;
    Step step = Step::Begin;
    EvidenceThread::Ticket ticket = 0;
    uint64_t version = 0;
    uint64_t deadline_ms = 0;
    uint64_t sent_on = 0;                // number of the connection that has the image
    bool accepted = false;               // the dataplane built it
    bool current = false;                // on disk, and what the next dataplane gets
    std::optional<std::string> refused;  // the dataplane's reason
  };
  struct Compilation {
    AdminServer::ClientId client = kNobody;
    std::string actor;
    PolicyRequest request;
    std::unique_ptr<BundleJob> job;
  };

  struct EvidenceNote {
    AdminServer::ClientId client = kNobody;
    EvidenceThread::Ticket ticket = 0;
    uint64_t deadline_ms = 0;
    std::string review;  // that is closed with it; empty: none
  };

  // supervisor.cc
  bool open_files(std::string& error);
  bool open_sockets(std::string& error);
  bool open_signals(std::string& error);
  bool ensure_timestamp_folder(std::string& error) const;
  evidence_log::ControlRecord in_force() const;
  void wait_until_something(uint64_t now_ms);
  void turn(uint64_t now_ms);
  void take_signals();
  void beat(uint64_t now_ms);
  void look_at_files(uint64_t now_ms);
  void tell_systemd(uint64_t now_ms);
  void say_problems();
  void end();

  // supervisor_control.cc: ControlListener
  void on_dataplane(const ConnectedDataplane& dataplane) override;
  void on_secrets_result(uint64_t generation, bool ok, const std::string& text) override;
  void on_image_result(uint64_t version, bool ok, const std::string& text) override;
  void on_routes_result(uint64_t version, bool ok, const std::string& text) override;
  void on_tests_result(uint64_t number, bool ok, const TestCounts& counts,
                       const std::string& text) override;
  void on_dataplane_gone(const std::string& why) override;
  void on_refused(const std::string& why) override;
  bool send_policy(const Plan& plan, uint64_t version);
  void send_current();
  void send_published();
  void send_again(uint64_t now_ms);
  size_t workers_at(uint64_t version) const;
  bool all_adopted(uint64_t version) const;

  // supervisor_operations.cc
  void handle(AdminServer::Request&& request);
  void handle_apply(AdminServer::Request&& request, PolicyRequest&& policy);
  void compile(AdminServer::ClientId client, const std::string& actor,
               const std::filesystem::path& folder, PolicyRequest&& policy);
  nlohmann::json terms_of(const PolicyRequest& policy) const;
  std::string held_against() const;
  static void take_terms(const nlohmann::json& answer, PolicyRequest& request);
  void look_at_compilations(uint64_t now_ms);
  void enqueue(Kind kind, AdminServer::ClientId client, std::string actor,
               PolicyRequest&& policy = {}, std::shared_ptr<const LoadedImage> image = nullptr);
  void advance_operations(uint64_t now_ms);
  bool advance(Operation& operation, uint64_t now_ms);  // true: done with it
  void record_refusal(const std::string& actor, const LoadedImage* image,
                      const nlohmann::json& refusal);
  bool evidence_refuses(Operation& operation, uint64_t now_ms);
  void begin(Operation& operation, uint64_t now_ms);
  bool after_note(Operation& operation, uint64_t now_ms);
  bool reload(Operation& operation);
  bool prepare_secrets(Operation& operation);
  bool fail(Operation& operation, const nlohmann::json& answer);
  void reply(AdminServer::ClientId client, const nlohmann::json& answer);
  WantedSecrets wanted() const;
  void refresh_secrets();

  // supervisor_vault.cc
  void open_vault(evidence_log::DrainerOptions& drainer);
  bool handle_vault(AdminServer::Request& request);  // false: the command is another's
  void set_retention();
  void look_at_vault(uint64_t now_ms);

  // supervisor_restore.cc
  bool open_restoration(std::string& error);
  void open_recall();
  void set_restoration();
  void handle_access(AdminServer::Request&& request);

  // supervisor_policy.cc: what may decide next, and how it comes into force
  void handle_policy(const std::string& command, AdminServer::Request&& request);
  nlohmann::json plan(Operation& operation);  // null, or why not
  nlohmann::json plan_apply(Operation& operation);
  nlohmann::json plan_promote(Operation& operation);
  nlohmann::json plan_rollback(Operation& operation);
  nlohmann::json plan_confirm(Operation& operation);
  evidence_log::ControlRecord record_of(const Operation& operation) const;
  void add_canary_counts(evidence_log::ControlRecord& record) const;
  bool put_into_effect(Operation& operation, uint64_t now_ms);
  bool look_at_adoption(Operation& operation, uint64_t now_ms);
  bool make_current(Operation& operation);
  bool succeed(Operation& operation, const std::string& message);
  void begin_watch();
  void look_at_rollout(uint64_t now_ms);
  void watch_canary(uint64_t now_ms);
  void take_back(const char* reason, const std::string& why);
  nlohmann::json policy_status() const;

  // supervisor_evidence.cc
  void handle_evidence_note(AdminServer::Request&& request);
  void look_at_evidence_notes(uint64_t now_ms);
  void handle_key_rotation(AdminServer::Request&& request);
  void look_at_key_rotation();

  // supervisor_tests.cc
  void want_tests(const LoadedImage& image, const char* stage);
  void look_at_tests(uint64_t now_ms);
  bool is_in_force(const contract::Digest& image) const;
  void end_tests(bool ok, const TestCounts& counts, const std::string& text);

  // supervisor_review.cc
  void read_reviews();
  Problem reviews_problem() const;
  nlohmann::json refuse_damaged_reviews() const;
  bool write_reviews();
  bool open_review(const Operation& operation);
  void handle_review(AdminServer::Request&& request);
  nlohmann::json close_review(const std::string& id);

  // status_report.cc
  nlohmann::json status() const;
  std::vector<Problem> all_problems() const;

  Options options_;
  std::string node_;
  std::string environment_;  // of the host
  Notify notify_;
  std::unique_ptr<InstanceLock> run_lock_;
  std::unique_ptr<InstanceLock> state_lock_;
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<RegionOwner> region_;
  std::unique_ptr<SecretsKeeper> secrets_;
  std::unique_ptr<VaultDesk> vault_;  // outlives the evidence thread, which feeds it
  std::optional<vault::Vault::ReceiveTarget> vault_target_;  // as the dataplane was told
  uint64_t vault_key_retry_ms_ = 0;
  evidence_log::RetentionPolicy host_retention_;
  std::unique_ptr<EvidenceThread> evidence_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<RestorationDesk> restoration_;
  std::unique_ptr<RecallDesk> recall_;  // asks restoration_ and vault_
  int signals_ = -1;

  std::deque<Operation> operations_;  // the first one is in work
  std::vector<Compilation> compilations_;
  struct TestRun {
    contract::Digest image{};
    contract::Digest corpus{};
    uint32_t tests = 0;
    std::string stage;
    uint64_t number = 0;  // 0: not sent yet
    uint64_t began_ms = 0;
  };
  std::deque<TestRun> test_runs_;  // the first one is running
  uint64_t test_run_number_ = 0;
  uint64_t next_tests_ms_ = 0;
  nlohmann::json last_tests_;
  std::optional<Problem> tests_problem_;
  nlohmann::json reviews_ = nlohmann::json::array();
  bool reviews_damaged_ = false;  // then nothing is applied: what it would be held against is lost
  std::optional<RolloutWatch> watch_;  // while a canary stands
  int64_t canary_began_s_ = 0;         // of rollout_state.h, as this process found it
  int64_t canary_age_s_ = 0;           // then; from there on the steady clock counts
  int64_t canary_seen_s_ = 0;
  uint64_t confirm_deadline_ms_ = 0;  // 0: nothing to confirm
  uint64_t next_rollout_look_ms_ = 0;
  std::optional<Problem> rollout_problem_;  // what was taken back last, until the next change
  std::vector<EvidenceNote> evidence_notes_;
  AdminServer::ClientId rotating_client_ = kNobody;  // waits for the log's next key
  std::optional<Problem> image_problem_;
  std::optional<Problem> secrets_problem_;
  std::optional<Problem> start_problem_;
  std::vector<Problem> said_problems_;
  std::string said_status_;
  bool first_publication_open_ = false;  // --policy, not through yet
  uint64_t connection_number_ = 0;
  bool ready_said_ = false;
  bool ending_ = false;
  bool reload_due_ = false;
  int exit_code_ = 0;
  uint64_t started_ms_ = 0;
  uint64_t now_ms_ = 0;
  uint64_t next_beat_ms_ = 0;
  uint64_t next_look_ms_ = 0;
  uint64_t next_watchdog_ms_ = 0;
  uint64_t send_again_ms_ = 0;  // the published image, after a refusal; 0: no need
};

int64_t unix_seconds() noexcept;
std::string rfc3339(int64_t unix_s);
nlohmann::json time_or_null(int64_t unix_s);  // null: 0, never

}  // namespace sallyport::supervise
