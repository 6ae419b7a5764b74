// admin_server.h: <run dir>/admin.sock: one JSON object on one line each way, then the end.
//
//   {"command":"hello"}                    who answers: version, pid, node
//   {"command":"status"}                   everything below
//   {"command":"apply","image":"<hex>"}    publish an image of the cache
//   {"command":"apply","folder":"/abs"}    compile, judge, test and publish a bundle; both with
//     "canary":["tenant"], "confirm_within_s", "change", "note", "emergency"
//   {"command":"promote"} {"command":"rollback","digest"} {"command":"confirm"}
//   {"command":"policy_review","close","note"}
//   {"command":"reload"}                   read the credentials again
//   {"command":"vault_..."}, "subject_...", "hold_..."   vault_desk.h
//   {"command":"access_review","from","to"}                     Unix seconds; who could, who did
//   {"command":"access_decide","principal","rule","decision","note"}
//   {"command":"access_pending"}, {"command":"access_close","id","decision","note"}
//   plus "actor": who asks, in evidence beside the uid that the kernel vouches for
//
//   {"ok":true, ...}   or   {"ok":false,"code":..,"message":..,"hint":..,"problems":[..]}
//   problems of a bundle: {"file","line","column","message","text"}
//   problems of status and reload: {"code","message","hint"}
//   times are RFC 3339 in UTC or null, digests 64 hex digits or null
//
//   apply   {"ok":true,"image","bundle","version","adopted","workers","message"}
//   reload  {"ok":true,"generation","changed","problems"}
//   status  node, sallyportd{pid,uptime_s,version},
//           policy{image,bundle,version,published_at},
//           dataplane{connected,pid,state,start_generation,secrets_generation,heartbeat_age_ms,
//             workers:[{core,adopted_version,oldest_version,heartbeat_age_ms,figures:{..}}],
//             counters:{..}},
//           certificate{not_after,days_left,in_use_not_after,subject,names},
//           secrets{generation,tenants,vendors}, evidence{fields of DrainerStatus},
//           restoration{identities,rules,open_reviews,https_port,socket_clients,https_clients},
//           problems
//
// A client is the root user or ours (SO_PEERCRED). It cannot hold the daemon: sizes, times and
// the number of clients are bounded, nothing here ever blocks, and an answer may come much later
// than its request. Nor can it hold the places: when all are taken and one more comes, one that
// says nothing, or does not take its answer, is pushed out (controlplane/restore/pushed_out.h).
// Owner  the main loop.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controlplane/restore/pushed_out.h"

namespace sallyport::supervise {

inline constexpr size_t kAdminClientsMax = 64;
inline constexpr size_t kAdminAcceptsPerTurnMax = 64;  // the main loop has more to do
inline constexpr size_t kAdminWorkPerUserMax = 8;      // requests of a uid, where everybody may ask
inline constexpr size_t kAdminRequestBytesMax = 64 * 1024;
inline constexpr uint64_t kAdminRequestMsMax = 5'000;  // until the line is complete
inline constexpr uint64_t kAdminAnswerMsMax = 10'000;  // until the answer is taken
inline constexpr uint64_t kAdminWorkMsMax = 300'000;   // from request to answer

nlohmann::json admin_error(const std::string& code, const std::string& message,
                           const std::string& hint = "");
// The text `name` of a request; empty when it is missing or no text.
std::string text_member(const nlohmann::json& body, const char* name);

class AdminServer {
 public:
  using ClientId = uint64_t;
  struct Request {
    ClientId client = 0;
    nlohmann::json body;  // an object with a text "command"
    std::string actor;    // "alice (uid 0)"
    uid_t uid = 0;        // the kernel's word
  };
  // Called from turn(); answers with answer(), at once or later.
  using Handler = std::function<void(Request&&)>;

  // Takes the socket file over (REQUIRES: the run dir's lock is ours). Null: `error` says why.
  static std::unique_ptr<AdminServer> open(const std::filesystem::path& run_dir, Handler handler,
                                           std::string& error);
  // The same on a socket that everybody may connect to (0666): the handler decides by the uid, and
  // what a caller calls himself counts for nothing. The folder of `file` is there already.
  static std::unique_ptr<AdminServer> open_for_everybody(const std::filesystem::path& file,
                                                         Handler handler, std::string& error);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  void add_to(std::vector<pollfd>& polled) const;
  // Everything that can be done now, without waiting.
  void turn(uint64_t now_ms);
  // Does nothing when the client went away.
  void answer(ClientId client, const nlohmann::json& body);
  restore::ListenerFigures figures() const;

 private:
  struct Client {
    int fd = -1;
    uid_t uid = 0;
    std::string input;
    std::string output;
    bool asked = false;
    bool answered = false;
    uint64_t since_ms = 0;  // connected, or answered
    uint64_t deadline_ms = 0;
    bool is_worked_on() const { return asked && !answered; }
  };
  AdminServer() = default;
  void accept_one(int fd, uint64_t now_ms);
  bool has_place() const;  // for one more, or for one in the place of another
  void make_room();
  size_t in_work_of(uid_t uid) const;
  void accept_clients(uint64_t now_ms);
  bool advance(ClientId id, Client& client, uint64_t now_ms);  // false: close it
  bool read_request(ClientId id, Client& client, uint64_t now_ms);
  bool write_answer(Client& client);
  void take_line(ClientId id, Client& client, const std::string& line, uint64_t now_ms);

  std::filesystem::path file_;
  Handler handler_;
  int listener_ = -1;
  bool for_everybody_ = false;
  uint64_t now_ms_ = 0;
  ClientId next_ = 1;
  std::map<ClientId, Client> clients_;
  restore::ListenerFigures figures_;
};

}  // namespace sallyport::supervise
