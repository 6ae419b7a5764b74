#include "controlplane/supervise/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "controlplane/supervise/credentials/private_file.h"
#include "controlplane/supervise/evidence_options.h"

namespace sallyport::supervise {

namespace {

constexpr uint64_t kBeatMs = 100;
constexpr uint64_t kLookMs = 500;         // at the credentials; a change is taken after two looks
constexpr uint64_t kWatchMs = 2;          // while a publication waits for its note or adoption
constexpr uint64_t kCompilingMs = 20;     // while a child compiles
constexpr uint64_t kStartNoteMs = 2'000;  // a full disk must not keep the daemon from starting
constexpr uint64_t kBelievable = 1ULL << 48;

uint64_t now_in_ms() { return boottime_ns() / 1'000'000; }

evidence_log::ControlRecord about_us(const char* action) {
  evidence_log::ControlRecord record{.action = action, .actor = "sallyportd"};
  record.fields = {{"program", "sallyportd"},
                   {"program_version", SALLYPORT_VERSION},
                   {"pid", std::to_string(getpid())}};
  return record;
}

// Earlier versions named a token's files evidence.token.*; a log's files have one name now,
// whatever key is in force.
void adopt_token_files(const std::filesystem::path& key_file) {
  const std::string former = (key_file.parent_path() / "evidence.token").string();
  for (const char* suffix : {".vkey", ".pem", ".state"})
    if (std::filesystem::exists(former + suffix))
      std::filesystem::rename(former + suffix, key_file.string() + suffix);
}

}  // namespace

int64_t unix_seconds() noexcept { return static_cast<int64_t>(time(nullptr)); }

std::string rfc3339(int64_t unix_s) {
  const time_t seconds = unix_s;
  tm parts{};
  char text[32] = {};
  if (gmtime_r(&seconds, &parts) != nullptr)
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

nlohmann::json time_or_null(int64_t unix_s) {
  return unix_s > 0 ? nlohmann::json(rfc3339(unix_s)) : nlohmann::json(nullptr);
}

Supervisor::Supervisor(Options options, std::string node, std::string environment)
    : options_(std::move(options)), node_(std::move(node)), environment_(std::move(environment)) {}

Supervisor::~Supervisor() {
  if (signals_ >= 0) close(signals_);
}

bool Supervisor::start(std::string& error) {
  started_ms_ = now_ms_ = now_in_ms();
  if (!open_signals(error)) return false;
  try {
    if (!open_files(error)) return false;
    evidence_->start();
    vault_->start(*evidence_);
    const EvidenceThread::Ticket ticket = evidence_->append(about_us("sallyportd_started"));
    evidence_->append(in_force());
    for (uint64_t waited = 0; waited < kStartNoteMs && !evidence_->committed(ticket); ++waited)
      poll(nullptr, 0, 1);
    if (!open_sockets(error)) return false;
  } catch (const std::exception& problem) {
    error = problem.what();
    return false;
  }
  spdlog::info("sallyportd {} of {}: run dir {}, state dir {}", SALLYPORT_VERSION, node_,
               options_.run_dir.string(), options_.state_dir.string());
  if (!options_.policy.empty() && !publisher_->current()) {
    first_publication_open_ = true;
    compile(kFirstPublication, "sallyportd --policy", options_.policy, {});
  }
  return true;
}

// What this start found in force: an auditor need not go back to the day it was applied.
evidence_log::ControlRecord Supervisor::in_force() const {
  evidence_log::ControlRecord record{.kind = contract::RecordKind::Configuration,
                                     .action = "configuration_in_force",
                                     .actor = "sallyportd",
                                     .object = node_};
  record.fields = {{"file", options_.config.string()},
                   {"setting", "credentials_generation"},
                   {"is", std::to_string(secrets_->generation())}};
  if (!publisher_->current()) return record;
  const auto& current = *publisher_->current();
  record.after = current.image->digest;
  record.to = current.version;
  record.fields.emplace_back("image", digest_hex(current.image->digest));
  record.fields.emplace_back("bundle", digest_hex(current.image->names.bundle_digest));
  record.fields.emplace_back("version", std::to_string(current.version));
  return record;
}

bool Supervisor::open_files(std::string& error) {
  const std::filesystem::path keys = options_.state_dir / "keys";
  for (const std::filesystem::path& folder :
       {options_.run_dir, options_.state_dir, keys, options_.state_dir / "images"})
    if (!ensure_private_folder(folder, error)) return false;
  run_lock_ = InstanceLock::take(options_.run_dir, error);
  if (run_lock_ == nullptr) return false;
  state_lock_ = InstanceLock::take(options_.state_dir, error);
  if (state_lock_ == nullptr) return false;
  publisher_ = std::make_unique<Publisher>(options_.state_dir);
  if (!publisher_->restore(unix_seconds(), error)) {
    start_problem_ = Problem{"image_lost", "the published policy cannot be used: " + error,
                             "publish again: sallyctl policy apply"};
    error.clear();
  }
  region_ = RegionOwner::open(options_.run_dir, error);
  if (region_ == nullptr) return false;
  const Credentials credentials(options_.credentials, keys);
  // A dataplane that lives on knows the generations of the sallyportd before us.
  const uint64_t known =
      std::max(region_->former_secrets_generation(), region_->view(false).secrets_generation);
  secrets_ = std::make_unique<SecretsKeeper>(credentials, known < kBelievable ? known + 1 : 1);
  const auto options = read_evidence_options(options_.config, options_.state_dir, error);
  if (!options) return false;
  evidence_log::DrainerOptions drainer;
  open_vault(drainer);
  refresh_secrets();
  drainer.rings_folder = options_.run_dir / "rings";
  drainer.memory_folder = options_.run_dir;
  drainer.store_folder = options_.state_dir / "evidence";
  drainer.key_file = credentials.evidence_key_file(error);
  if (!error.empty()) return false;
  drainer.node_name = node_;
  drainer.heartbeats = true;
  drainer.log = [](const std::string& line) { spdlog::info("{}", line); };
  host_retention_ = options->retention;
  drainer.retention = host_retention_;
  drainer.token = options->token;
  drainer.open_token = evidence_log::token_key;
  if (drainer.token) adopt_token_files(drainer.key_file);
  evidence_ = std::make_unique<EvidenceThread>(std::move(drainer));
  set_retention();
  std::vector<evidence_log::WitnessOptions> witnesses = options->witnesses;
  for (evidence_log::WitnessOptions& one : witnesses)
    one.secret_file = options_.credentials / "evidence-bucket";
  evidence_->set_witnesses(witnesses, options->witness_interval_ms);
  return !options->witnesses.empty() ? ensure_timestamp_folder(error) : true;
}

// Replies of a timestamp authority are kept beside the log; see evidence_options.cc.
bool Supervisor::ensure_timestamp_folder(std::string& error) const {
  return ensure_private_folder(options_.state_dir / "timestamps", error);
}

bool Supervisor::open_sockets(std::string& error) {
  control_ = ControlServer::open(options_.run_dir, *this, error);
  if (control_ == nullptr) return false;
  control_->set_region_fd(region_->fd());
  admin_ = AdminServer::open(
      options_.run_dir, [this](AdminServer::Request&& request) { handle(std::move(request)); },
      error);
  if (admin_ == nullptr || !open_restoration(error)) return false;
  if (publisher_->current())
    region_->set_published(publisher_->current()->version, publisher_->current()->image->digest,
                           publisher_->current()->image->names.bundle_digest);
  begin_watch();
  read_reviews();
  return true;
}

bool Supervisor::open_signals(std::string& error) {
  sigset_t wanted_signals;
  sigemptyset(&wanted_signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&wanted_signals, number);
  signals_ = signalfd(-1, &wanted_signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_ < 0) error = "signalfd failed";
  return signals_ >= 0;
}

int Supervisor::run() {
  while (!ending_) {
    now_ms_ = now_in_ms();
    turn(now_ms_);
    if (!ending_) wait_until_something(now_in_ms());
  }
  end();
  return exit_code_;
}

void Supervisor::wait_until_something(uint64_t now_ms) {
  std::vector<pollfd> polled;
  polled.push_back({signals_, POLLIN, 0});
  control_->add_to(polled);
  admin_->add_to(polled);
  restoration_->add_to(polled);
  vault_->add_to(polled);
  for (const Compilation& compilation : compilations_) compilation.job->add_to(polled);
  uint64_t wait_ms = next_beat_ms_ > now_ms ? next_beat_ms_ - now_ms : 0;
  if (!operations_.empty() || !evidence_notes_.empty()) wait_ms = std::min(wait_ms, kWatchMs);
  if (!compilations_.empty()) wait_ms = std::min(wait_ms, kCompilingMs);
  poll(polled.data(), polled.size(), static_cast<int>(wait_ms));
}

void Supervisor::turn(uint64_t now_ms) {
  take_signals();
  control_->turn(now_ms);
  admin_->turn(now_ms);
  restoration_->turn(now_ms);
  look_at_vault(now_ms);
  look_at_compilations(now_ms);
  look_at_evidence_notes(now_ms);
  look_at_key_rotation();
  look_at_files(now_ms);
  advance_operations(now_ms);
  look_at_rollout(now_ms);
  look_at_tests(now_ms);
  // Answers that the steps above gave leave now.
  admin_->turn(now_ms);
  if (now_ms >= next_beat_ms_) beat(now_ms);
}

void Supervisor::take_signals() {
  signalfd_siginfo came{};
  while (read(signals_, &came, sizeof came) == static_cast<ssize_t>(sizeof came)) {
    if (came.ssi_signo == SIGHUP) {
      spdlog::info("SIGHUP: the credentials are read again");
      enqueue(Kind::Reload, kNobody, "SIGHUP");
    } else {
      spdlog::info("signal {}: ending", came.ssi_signo);
      ending_ = true;
    }
  }
}

void Supervisor::beat(uint64_t now_ms) {
  next_beat_ms_ = now_ms + kBeatMs;
  if (!region_->heartbeat(boottime_ns())) {
    spdlog::error("the shared region was cut: it is made anew, the dataplane must connect again");
    std::string error;
    std::unique_ptr<RegionOwner> made = RegionOwner::open(options_.run_dir, error);
    if (made == nullptr) {
      spdlog::error("{}", error);
      return;
    }
    control_->drop("the shared region was cut");
    region_ = std::move(made);
    control_->set_region_fd(region_->fd());
    region_->set_secrets(secrets_->generation(), secrets_->certificate().not_after_s);
    if (publisher_->current())
      region_->set_published(publisher_->current()->version, publisher_->current()->image->digest,
                             publisher_->current()->image->names.bundle_digest);
  }
  const std::string failure = evidence_->failure();
  if (!failure.empty()) {
    spdlog::error("evidence ended: {}", failure);
    exit_code_ = 1;
    ending_ = true;
  }
  send_again(now_ms);
  tell_systemd(now_ms);
}

void Supervisor::look_at_files(uint64_t now_ms) {
  if (now_ms < next_look_ms_) return;
  next_look_ms_ = now_ms + kLookMs;
  say_problems();
  reload_due_ = secrets_->files_changed() || reload_due_;
  if (!reload_due_) return;
  reload_due_ = false;
  spdlog::info("credential files changed: they are read again");
  enqueue(Kind::Reload, kNobody, "sallyportd");
}

void Supervisor::tell_systemd(uint64_t now_ms) {
  if (!ready_said_ && !first_publication_open_) {
    ready_said_ = true;
    notify_.send("READY=1");
  }
  if (notify_.watchdog_ms() != 0 && now_ms >= next_watchdog_ms_) {
    next_watchdog_ms_ = now_ms + notify_.watchdog_ms();
    notify_.send("WATCHDOG=1");
  }
  const auto& current = publisher_->current();
  const std::string line =
      "STATUS=" +
      (current ? "policy version " + std::to_string(current->version) : std::string("no policy")) +
      (control_->connected() ? ", dataplane connected" : ", no dataplane");
  if (line == said_status_) return;
  said_status_ = line;
  notify_.send(line);
}

void Supervisor::say_problems() {
  std::vector<Problem> now = all_problems();
  if (now == said_problems_) return;
  for (const Problem& problem : now)
    if (std::find(said_problems_.begin(), said_problems_.end(), problem) == said_problems_.end())
      spdlog::warn("{} ({}): {}", problem.message, problem.code, problem.hint);
  for (const Problem& problem : said_problems_)
    if (std::find(now.begin(), now.end(), problem) == now.end())
      spdlog::info("over: {}", problem.message);
  said_problems_ = std::move(now);
}

void Supervisor::end() {
  notify_.send("STOPPING=1");
  const auto stopping = admin_error("stopping", "sallyportd is ending", "ask again once it runs");
  for (const Operation& operation : operations_) reply(operation.client, stopping);
  for (const Compilation& compilation : compilations_) reply(compilation.client, stopping);
  operations_.clear();
  compilations_.clear();
  admin_->turn(now_in_ms());
  evidence_->append(about_us("sallyportd_stopped"));
  control_.reset();
  recall_.reset();
  restoration_.reset();
  vault_->stop();
  admin_.reset();
  evidence_->stop();
  region_->clear_pid();
  spdlog::info("ended");
}

}  // namespace sallyport::supervise
