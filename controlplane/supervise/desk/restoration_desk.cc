#include "controlplane/supervise/desk/restoration_desk.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "controlplane/restore/access_review.h"
#include "controlplane/restore/https_api.h"
#include "controlplane/restore/wire.h"
#include "controlplane/supervise/credentials/private_file.h"
#include "controlplane/supervise/desk/evidence_thread.h"
#include "controlplane/supervise/rollout/region_owner.h"
#include "controlplane/supervise/socket/admin_server.h"
#include "dataplane/base/time.h"

namespace sallyport::supervise {

using contract::RecordKind;
using evidence_log::ControlRecord;
using nlohmann::json;

namespace {

constexpr std::chrono::milliseconds kEvidenceWait{restore::kEvidenceMsMax};
constexpr size_t kReviewsFileBytesMax = 1U << 20;  // kOpenReviewsMax items, with room
constexpr size_t kPemBytesMax = 256 * 1024;
constexpr size_t kUserBufferBytes = 16'384;  // of getpwuid_r, with a long list of groups

// The name behind a uid; empty: none. May ask a directory over the network, so never the main loop.
std::string user_name(uid_t uid) {
  std::array<char, kUserBufferBytes> buffer;
  passwd entry{};
  passwd* found = nullptr;
  const int failed = getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return failed != 0 || found == nullptr ? std::string() : std::string(found->pw_name);
}

ControlRecord record_of(const restore::RestoreEvent& event) {
  const std::string& who = event.caller.principal;
  ControlRecord record{
      .kind = RecordKind::Restoration, .action = "restore", .actor = who.empty() ? "unknown" : who};
  record.tenant = event.tenant;
  // Of a live answer: the exchange that it went to.
  record.object = event.request.empty() ? event.entity : event.request;
  record.result = event.allowed ? "ok" : "denied";
  record.reason = event.reason;
  record.ticket = event.ticket;
  record.detail = event.why;
  record.count = event.count;
  record.fields = {{"principal", record.actor},
                   {"mfa", std::string(controlplane::policy::mfa_name(event.caller.mfa))},
                   {"channel", event.caller.via.empty() ? "none" : event.caller.via}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) record.fields.emplace_back(name, value);
  };
  add("entity", event.entity);
  add("rule", event.rule);
  add("purpose", event.purpose);
  if (event.break_glass) record.fields.emplace_back("break_glass", "yes");
  return record;
}

json not_committed() {
  return admin_error("evidence_unavailable", "evidence was not committed in time; nothing is done",
                     "sallyctl status shows what is wrong with the log");
}

std::optional<std::string> read_pem(const std::filesystem::path& file, Privacy privacy,
                                    std::string& error) {
  vault::Secret bytes;
  const ReadResult read = read_private(file, privacy, kPemBytesMax, bytes, error);
  if (read == ReadResult::Missing)
    error = file.string() + " is missing; --admin-listen needs it (docs/restoration.md)";
  if (read != ReadResult::Ok) return std::nullopt;
  return std::string(text_of(bytes));
}

}  // namespace

RestorationDesk::RestorationDesk(EvidenceThread& evidence, Find find,
                                 std::filesystem::path reviews_file)
    : evidence_(evidence), reviews_file_(std::move(reviews_file)) {
  restore::RestoreService::Hooks hooks;
  hooks.find = std::move(find);
  hooks.record = [this](const auto& events) { return record(events, kEvidenceWait); };
  hooks.now_s = [] { return static_cast<int64_t>(time(nullptr)); };
  hooks.steady_s = steady_seconds;
  hooks.save_reviews = [this](std::string_view text) {
    std::string error;
    return replace_private(reviews_file_, text, error);
  };
  // A file that is there and cannot be read is damage, not "nothing open".
  std::string saved = read_small(reviews_file_, kReviewsFileBytesMax).value_or("");
  if (saved.empty() && access(reviews_file_.c_str(), F_OK) == 0) saved = "unreadable";
  service_ = std::make_unique<restore::RestoreService>(std::move(hooks), saved);
}

std::unique_ptr<RestorationDesk> RestorationDesk::open(const Options& options,
                                                       EvidenceThread& evidence, Find find,
                                                       std::string& error) {
  std::unique_ptr<RestorationDesk> desk(new RestorationDesk(
      evidence, std::move(find), options.state_dir / "restoration_reviews.json"));
  if (!desk->jobs_.is_ready()) {
    error = "eventfd failed";
    return nullptr;
  }
  if (!desk->open_socket(options, error) || !desk->open_https(options, error)) return nullptr;
  desk->jobs_.start();
  return desk;
}

bool RestorationDesk::open_socket(const Options& options, std::string& error) {
  const auto handler = [this](AdminServer::Request&& request) { on_request(std::move(request)); };
  const std::filesystem::path file =
      options.restore_socket.empty() ? options.run_dir / "restore.sock" : options.restore_socket;
  socket_ = AdminServer::open_for_everybody(file, handler, error);
  return socket_ != nullptr;
}

bool RestorationDesk::open_https(const Options& options, std::string& error) {
  if (options.admin_listen.empty()) return true;
  const size_t colon = options.admin_listen.rfind(':');
  const std::string address = options.admin_listen.substr(0, colon);
  const std::string digits =
      colon == std::string::npos ? "" : options.admin_listen.substr(colon + 1);
  constexpr size_t kPortDigitsMax = 5;
  const bool is_port =
      !digits.empty() && digits.size() <= kPortDigitsMax &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  constexpr int kPortMax = 65'535;
  if (address.empty() || !is_port || std::stoi(digits) > kPortMax) {
    error = "--admin-listen is ADDRESS:PORT, for example 127.0.0.1:8443";
    return false;
  }
  restore::HttpsFiles files;
  const auto folder = options.credentials;
  const auto chain = read_pem(folder / "admin.pem", Privacy::Public, error);
  if (!chain) return false;
  const auto clients = read_pem(folder / "admin-clients.pem", Privacy::Public, error);
  if (!clients) return false;
  auto key = read_pem(folder / "admin.key", Privacy::Secret, error);
  if (!key) return false;
  files.chain = *chain;
  files.client_cas = *clients;
  files.key = *key;
  https_ = restore::HttpsApi::open(address, std::stoi(digits), files, *service_, error);
  vault::wipe(files.key.data(), files.key.size());
  vault::wipe(key->data(), key->size());
  if (https_ == nullptr) error = "--admin-listen: " + error;
  return https_ != nullptr;
}

RestorationDesk::~RestorationDesk() {
  https_.reset();
  jobs_.stop();
}

namespace {

std::shared_ptr<const controlplane::policy::RestorationPolicy> read_policy(
    const std::string& text) {
  auto policy = controlplane::policy::parse_restoration(text);
  if (!policy) return nullptr;
  return std::make_shared<const controlplane::policy::RestorationPolicy>(std::move(*policy));
}

}  // namespace

void RestorationDesk::set_policy(const std::string& restoration_text) {
  auto policy = read_policy(restoration_text);
  policy_broken_ = policy == nullptr;
  service_->set_policy(std::move(policy));
}

void RestorationDesk::set_canary(const std::string& restoration_text,
                                 std::vector<std::string> tenants) {
  auto policy = read_policy(restoration_text);
  policy_broken_ = policy_broken_ || policy == nullptr;
  service_->set_canary(std::move(policy), std::move(tenants));
}

void RestorationDesk::end_canary() { service_->set_canary(nullptr, {}); }

void RestorationDesk::add_to(std::vector<pollfd>& polled) const {
  socket_->add_to(polled);
  jobs_.add_to(polled);
}

void RestorationDesk::turn(uint64_t now_ms) {
  jobs_.turn();
  socket_->turn(now_ms);
}

bool RestorationDesk::record(const std::vector<restore::RestoreEvent>& events,
                             std::chrono::milliseconds wait) {
  EvidenceThread::Ticket last = 0;
  for (const restore::RestoreEvent& event : events) last = evidence_.append(record_of(event));
  return events.empty() || evidence_.wait_committed(last, wait);
}

void RestorationDesk::on_request(AdminServer::Request&& request) {
  const std::string command = request.body["command"].get<std::string>();
  const AdminServer::ClientId client = request.client;
  Reply reply = [this, client](const json& answer) { socket_->answer(client, answer); };
  if (command == "restore")
    jobs_.hand_over(
        [this, uid = request.uid, body = std::move(request.body)] { return restore(uid, body); },
        std::move(reply));
  else if (command == "whoami")
    jobs_.hand_over([this, uid = request.uid] { return whoami(uid); }, std::move(reply));
  else
    reply(admin_error("command_unknown", "there is no such command", "restore or whoami"));
}

json RestorationDesk::restore(uid_t uid, const json& body) {
  std::string error;
  const auto asked = restore::read_request(body, error);
  if (!asked) return admin_error("request_invalid", error, "sallyctl restore --help");
  const auto policy = service_->policy_of(asked->tenant);
  restore::Caller caller{{}, {}, {}, "unix"};
  if (policy != nullptr)
    caller = restore::caller_of_user(*policy, user_name(uid), static_cast<int64_t>(time(nullptr)));
  return restore::json_of_answer(service_->restore(caller, *asked));
}

json RestorationDesk::whoami(uid_t uid) const {
  const auto policy = service_->policy();
  const std::string user = user_name(uid);
  restore::Caller caller;
  if (policy != nullptr)
    caller = restore::caller_of_user(*policy, user, static_cast<int64_t>(time(nullptr)));
  if (caller.principal.empty())
    return admin_error("denied", "no identity of restoration.yaml has your UNIX user",
                       "an approved change of the policy bundle adds one");
  return {{"ok", true},
          {"principal", caller.principal},
          {"roles", caller.roles},
          {"mfa", controlplane::policy::mfa_name(caller.mfa)}};
}

void RestorationDesk::handle(AdminServer::Request&& request, Reply reply) {
  const std::string command = request.body["command"].get<std::string>();
  JobThread::Work work;
  if (command == "access_review")
    work = [this, body = std::move(request.body)] { return review(body); };
  else if (command == "access_decide")
    work = [this, body = std::move(request.body), actor = request.actor] {
      return decide(body, actor);
    };
  else if (command == "access_pending")
    work = [this] { return pending(); };
  else
    work = [this, body = std::move(request.body), actor = request.actor] {
      return close_review(body, actor);
    };
  jobs_.hand_over(std::move(work), std::move(reply));
}

json RestorationDesk::review(const json& body) const {
  const auto policy = service_->policy();
  if (policy == nullptr)
    return admin_error("no_policy", "no policy is published", "sallyctl policy apply");
  const auto second = [&](const char* key, uint64_t otherwise) {
    const auto found = body.find(key);
    return found != body.end() && found->is_number_unsigned() ? found->get<uint64_t>() : otherwise;
  };
  constexpr uint64_t kSecondsMax = ~0ULL / base::kNsPerS;
  const uint64_t from = std::min(second("from", 0), kSecondsMax);
  const uint64_t to = std::min(second("to", kSecondsMax), kSecondsMax);
  json out =
      restore::access_review(*policy, evidence_.reader(), from * base::kNsPerS, to * base::kNsPerS);
  out["ok"] = true;
  return out;
}

json RestorationDesk::decide(const json& body, const std::string& actor) {
  constexpr std::string_view kDecisions[] = {"keep", "reduce", "revoke"};
  const std::string principal = text_member(body, "principal"), rule = text_member(body, "rule");
  const std::string decision = text_member(body, "decision");
  const bool known =
      std::find(std::begin(kDecisions), std::end(kDecisions), decision) != std::end(kDecisions);
  if (principal.empty() || rule.empty() || !known)
    return admin_error("request_invalid",
                       "a decision names principal, rule, and keep, reduce or "
                       "revoke",
                       "sallyctl access decide --help");
  // A decision about nobody would stand in the log as a review that was done.
  const auto policy = service_->policy();
  if (policy == nullptr || !restore::has_review_row(*policy, principal, rule))
    return admin_error("not_found", "access review has no row of this principal under this rule",
                       "sallyctl access review lists them");
  ControlRecord record{.kind = RecordKind::Access, .action = "access_reviewed", .actor = actor};
  record.object = principal;
  record.detail = text_member(body, "note");
  record.fields = {{"principal", principal}, {"rule", rule}, {"decision", decision}};
  if (!evidence_.wait_committed(evidence_.append(record), kEvidenceWait)) return not_committed();
  return {{"ok", true}, {"principal", principal}, {"rule", rule}, {"decision", decision}};
}

json RestorationDesk::pending() const {
  if (service_->reviews_damaged())
    return admin_error("reviews_damaged", reviews_file_.string() + " cannot be read",
                       "look at the log for open break-glass records, then remove the file");
  json rows = json::array();
  for (const restore::ReviewItem& item : service_->open_reviews())
    rows.push_back({{"id", item.id},
                    {"opened", evidence_log::utc_text(static_cast<uint64_t>(item.opened_s))},
                    {"principal", item.principal},
                    {"tenant", item.tenant},
                    {"reason", item.reason},
                    {"ticket", item.ticket},
                    {"values", item.values}});
  return {{"ok", true}, {"open", rows}};
}

json RestorationDesk::close_review(const json& body, const std::string& actor) {
  const std::string id = text_member(body, "id"), decision = text_member(body, "decision");
  const std::vector<restore::ReviewItem> open = service_->open_reviews();
  const auto item =
      std::find_if(open.begin(), open.end(), [&](const auto& i) { return i.id == id; });
  if (item == open.end())
    return admin_error("not_found", "no such open review", "sallyctl access pending lists them");
  if (decision != "justified" && decision != "unjustified")
    return admin_error("request_invalid", "a review ends justified or unjustified",
                       "sallyctl access close --help");
  // Four eyes, as for a change of policy. The name is the caller's word; that the two differ is
  // what the log can be held against.
  const auto policy = service_->policy_of(item->tenant);
  const std::string name = actor.substr(0, actor.find(' '));
  if (policy != nullptr &&
      restore::caller_of_user(*policy, name, static_cast<int64_t>(time(nullptr))).principal ==
          item->principal)
    return admin_error("denied", "who broke the glass does not close its review",
                       "somebody else runs sallyctl access close " + id);
  ControlRecord record{.kind = RecordKind::Restoration, .action = "review_closed", .actor = actor};
  record.tenant = item->tenant;
  record.object = id;
  record.ticket = item->ticket;
  record.reason = item->reason;
  record.count = item->values;
  record.detail = text_member(body, "note");
  record.fields = {{"principal", item->principal}, {"decision", decision}, {"review_item", id}};
  if (!evidence_.wait_committed(evidence_.append(record), kEvidenceWait)) return not_committed();
  if (!service_->close_review(id))
    return admin_error("failed", "the list of reviews could not be written", "look at the disk");
  return {{"ok", true}, {"id", id}, {"decision", decision}};
}

namespace {

json clients_json(const restore::ListenerFigures& figures) {
  return {{"open", figures.open},
          {"pushed_out", figures.pushed_out},
          {"timed_out", figures.timed_out},
          {"refused", figures.refused}};
}

}  // namespace

json RestorationDesk::status() const {
  const auto policy = service_->policy();
  return {{"identities", policy == nullptr ? 0 : policy->identities.size()},
          {"rules", policy == nullptr ? 0 : policy->rules.size()},
          {"open_reviews", service_->open_reviews().size()},
          {"https_port", https_ == nullptr ? json(nullptr) : json(https_->port())},
          {"socket_clients", clients_json(socket_->figures())},
          {"https_clients", https_ == nullptr ? json(nullptr) : clients_json(https_->figures())}};
}

std::vector<Problem> RestorationDesk::problems() const {
  std::vector<Problem> out;
  if (policy_broken_)
    out.push_back({"restoration_policy_broken",
                   "the restoration rules of the image cannot be read; "
                   "nothing is restored",
                   "compile and apply the bundle again"});
  if (service_->reviews_damaged())
    out.push_back({"restoration_reviews_damaged",
                   reviews_file_.string() + " cannot be read; "
                                            "break-glass is refused",
                   "sallyctl access pending says what to do"});
  const size_t open = service_->open_reviews().size();
  if (open > 0)
    out.push_back({"restoration_review_open",
                   std::to_string(open) + " break-glass restoration" +
                       (open == 1 ? " has" : "s have") + " not been reviewed",
                   "sallyctl access pending"});
  for (const std::string& who : service_->suspicious())
    out.push_back({"restoration_denials",
                   "too many restorations of " + who +
                       " were denied in the "
                       "last hour; it gets nothing more",
                   "sallyctl evidence list --kind RST"});
  return out;
}

}  // namespace sallyport::supervise
