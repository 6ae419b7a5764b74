// restoration_desk.h: the restoration service inside sallyportd: its socket, its HTTPS listener,
// its thread, and the evidence of what it does.
//
//   <socket>  {"command":"restore", ...wire.h...}, {"command":"whoami"}: anybody may connect, the
//             kernel says who it is, restoration.yaml says whether he is somebody
//   HTTPS     controlplane/restore/https_api.h, where a port is given
//
// Whatever waits (evidence, names of users, a scan of the log) is done on one thread of its own;
// the main loop only hands over and takes back.
// Owner  the main loop.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controlplane/restore/service.h"
#include "controlplane/supervise/credentials/credentials.h"
#include "controlplane/supervise/desk/job_thread.h"
#include "controlplane/supervise/options.h"
#include "controlplane/supervise/socket/admin_server.h"

namespace sallyport::restore {
class HttpsApi;
}

namespace sallyport::supervise {

class EvidenceThread;

class RestorationDesk {
 public:
  using Find = std::function<std::optional<restore::StoredValue>(std::string_view tenant,
                                                                 std::string_view token)>;
  // Null: `error` says why. `evidence` outlives the desk; `find` is called on other threads.
  static std::unique_ptr<RestorationDesk> open(const Options& options, EvidenceThread& evidence,
                                               Find find, std::string& error);
  ~RestorationDesk();
  RestorationDesk(const RestorationDesk&) = delete;
  RestorationDesk& operator=(const RestorationDesk&) = delete;

  // The image's section of that name; what cannot be read denies everything. While a canary stands,
  // its own counts for its tenants.
  void set_policy(const std::string& restoration_text);
  void set_canary(const std::string& restoration_text, std::vector<std::string> tenants);
  void end_canary();
  // In force for this tenant; null: none. Any thread.
  std::shared_ptr<const controlplane::policy::RestorationPolicy> policy_of(
      std::string_view tenant) const {
    return service_->policy_of(tenant);
  }
  // Every event in the log, committed. False: not within that time. Any thread but the main loop.
  bool record(const std::vector<restore::RestoreEvent>& events, std::chrono::milliseconds wait);

  void add_to(std::vector<pollfd>& polled) const;
  void turn(uint64_t now_ms);

  // access_review, access_decide, access_pending, access_close of the admin socket. `reply` is
  // called from a later turn().
  using Reply = JobThread::Reply;
  void handle(AdminServer::Request&& request, Reply reply);

  nlohmann::json status() const;
  std::vector<Problem> problems() const;

 private:
  RestorationDesk(EvidenceThread& evidence, Find find, std::filesystem::path reviews_file);
  bool open_socket(const Options& options, std::string& error);
  bool open_https(const Options& options, std::string& error);
  void on_request(AdminServer::Request&& request);
  nlohmann::json restore(uid_t uid, const nlohmann::json& body);
  nlohmann::json whoami(uid_t uid) const;
  nlohmann::json review(const nlohmann::json& body) const;
  nlohmann::json decide(const nlohmann::json& body, const std::string& actor);
  nlohmann::json pending() const;
  nlohmann::json close_review(const nlohmann::json& body, const std::string& actor);

  EvidenceThread& evidence_;
  std::filesystem::path reviews_file_;
  bool policy_broken_ = false;
  std::unique_ptr<restore::RestoreService> service_;
  std::unique_ptr<AdminServer> socket_;
  std::unique_ptr<restore::HttpsApi> https_;
  JobThread jobs_;  // last: ends before what it works on
};

}  // namespace sallyport::supervise
