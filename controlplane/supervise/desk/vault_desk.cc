#include "controlplane/supervise/desk/vault_desk.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "controlplane/evidence/log/clock.h"
#include "controlplane/supervise/desk/evidence_thread.h"
#include "controlplane/supervise/rollout/region_owner.h"
#include "controlplane/vault/kek_token.h"

namespace sallyport::supervise {

using contract::RecordKind;
using evidence_log::ControlRecord;
using nlohmann::json;

namespace {

constexpr std::chrono::milliseconds kRecordWait{5'000};
constexpr uint64_t kNsPerMs = 1'000'000;
constexpr std::string_view kStoreDamaged = "store_damaged";  // of a run, as "no_room" is

uint64_t boot_ms() { return boottime_ns() / kNsPerMs; }

}  // namespace

std::unique_ptr<VaultDesk> VaultDesk::open(const Options& options, std::string node) {
  return std::unique_ptr<VaultDesk>(new VaultDesk(options, std::move(node)));
}

VaultDesk::VaultDesk(const Options& options, std::string node)
    : options_(options), node_(std::move(node)) {
  vault::Vault::Options settings;
  settings.folder = options.state_dir / "vault";
  settings.log = [this](const std::string& line) {
    say_problem("vault", line, "sallyctl vault status");
  };
  vault_ = std::make_unique<vault::Vault>(std::move(settings));
}

VaultDesk::~VaultDesk() { stop(); }

void VaultDesk::stop() { jobs_.stop(); }

void VaultDesk::start(EvidenceThread& evidence) {
  evidence_ = &evidence;
  jobs_.hand_over(
      [this] {
        open_at_start();
        return json{{"ok", true}};
      },
      nullptr);
  jobs_.start();
}

// The operator's file, a token, else ours.
std::unique_ptr<vault::KekSource> VaultDesk::find_source() const {
  std::error_code ignored;
  const auto token = options_.credentials / "vault.pkcs11";
  if (std::filesystem::exists(token, ignored))
    return vault::open_kek_token(token, options_.state_dir / "vault" / "kek.wrapped");
  for (const auto& file :
       {options_.credentials / "vault.kek", options_.state_dir / "keys" / "vault.kek"})
    if (std::filesystem::exists(file, ignored)) return std::make_unique<vault::FileKekSource>(file);
  return nullptr;
}

// With a key at hand the vault opens by itself, unless an operator sealed it.
void VaultDesk::open_at_start() {
  try {
    const bool absent = vault_->state() == vault::VaultState::Absent;
    if (!absent && vault_->sealed_by_operator()) return;
    auto source = find_source();
    if (source == nullptr) return;
    ControlRecord record = key_record(absent ? "vault_created" : "vault_unsealed", "sallyportd");
    record.detail = source->describe();
    with_record(std::move(record), [&](ControlRecord& done) {
      if (absent)
        vault_->create(std::move(source));
      else
        vault_->unseal(std::move(source));
      done.fields.emplace_back("key_version", std::to_string(vault_->newest_kek().generation));
      return json::object();
    });
    if (vault_->rotating()) finish_rotation("sallyportd");
    carry_out_released();
    clear_problem();
  } catch (const vault::VaultError& error) {
    say_problem(error.code(), error.what(), "sallyctl vault unseal, once it is repaired");
  }
}

void VaultDesk::say_problem(std::string code, std::string message, std::string hint) {
  const std::lock_guard lock(mutex_);
  problem_ = Problem{std::move(code), std::move(message), std::move(hint)};
}

void VaultDesk::clear_problem() {
  const std::lock_guard lock(mutex_);
  problem_.reset();
}

// Not committed: nothing may happen.
bool VaultDesk::commit(const ControlRecord& record) {
  return evidence_->wait_committed(evidence_->append(record), kRecordWait);
}

void VaultDesk::turn(uint64_t now_ms) {
  jobs_.turn();
  if (now_ms < next_run_ms_) return;
  next_run_ms_ = now_ms + kRetentionEveryMs;
  jobs_.hand_over(
      [this] {
        retention_run();
        return json::object();
      },
      nullptr);
}

// --- keys on their way to the dataplane and out of use -------------------------------------------

void VaultDesk::sent_key(uint64_t serial, uint64_t secrets_generation) {
  key_sent_ = serial;
  key_sent_in_ = secrets_generation;
  key_in_use_ns_ = 0;
}

// A former receive key is out of use when no worker seals to it, and everything that was sealed to
// it has been taken out of the rings.
void VaultDesk::look_at_rings(const RingsView& view) {
  if (vault_->receive_key_count() < 2) {
    key_in_use_ns_ = 0;
    return;
  }
  const bool nobody = !view.connected && view.rings_live == 0;
  const bool taken = nobody || (view.connected && view.dataplane_secrets >= key_sent_in_);
  if (!taken) {
    key_in_use_ns_ = 0;
    return;
  }
  if (key_in_use_ns_ == 0) key_in_use_ns_ = view.now_ns;
  if (view.drained_ns <= key_in_use_ns_ + kRetireGraceMs * kNsPerMs) return;
  // An erasure that waits for it on the thread sees it; else the job does it.
  if (retire_before_.exchange(key_sent_) != 0) return;
  jobs_.hand_over(
      [this] {
        retire_if_due();
        finish_erasures();
        return json::object();
      },
      nullptr);
}

void VaultDesk::retire_if_due() {
  const uint64_t before = retire_before_.exchange(0);
  if (before == 0 || vault_->receive_key_count() < 2) return;
  with_record(key_record("receive_key_destroyed", "sallyportd"), [&](ControlRecord& done) {
    done.count = vault_->retire_receive_keys(before);
    return json::object();
  });
}

void VaultDesk::set_retention(std::map<std::string, uint64_t> hours) {
  {
    const std::lock_guard lock(mutex_);
    hours_ = std::move(hours);
  }
  next_run_ms_ = 0;
}

// --- the schedule --------------------------------------------------------------------------------

// The drainer sees within milliseconds that the wall clock was set. What is over its time is not
// handed out any more, whatever the clock says; only its end waits, for one who sets it right.
bool VaultDesk::waits_for_clock() const {
  const uint64_t set_ns = evidence_->status().clock_set_ns;
  return set_ns != 0 && evidence_log::clock_ns(CLOCK_MONOTONIC) < set_ns + kClockDoubtMs * kNsPerMs;
}

void VaultDesk::retention_run() {
  if (vault_->state() == vault::VaultState::Absent || waits_for_clock()) return;
  std::map<std::string, uint64_t> hours;
  {
    const std::lock_guard lock(mutex_);
    hours = hours_;
  }
  for (const auto& [tenant, of_tenant] : hours) {
    const uint64_t seconds = of_tenant * 3'600;
    if (vault_->retention_s(tenant) == seconds && vault_->retentions().contains(tenant)) continue;
    vault_->set_retention(tenant, seconds);
  }
  vault::ExpireResult all;
  try {
    for (bool more = true; more;) {
      const vault::ExpireResult step = vault_->expire();
      all.tokens += step.tokens;
      all.subjects += step.subjects;
      all.held = step.held;
      all.damaged = step.damaged;
      more = step.more;
    }
  } catch (const vault::VaultError& error) {
    const bool damaged = error.code() == kStoreDamaged;
    say_problem(error.code(), error.what(),
                damaged ? "docs/vault.md, section 6" : "make room on the disk of the state dir");
    say_damage();
    return;
  }
  say_damage();
  const uint64_t now_ms = boot_ms();
  {
    const std::lock_guard lock(mutex_);
    if (problem_ && (problem_->code == kStoreDamaged || problem_->code == "no_room"))
      problem_.reset();  // the run went through: it is over
    last_run_ = all;
    last_run_unix_s_ = static_cast<uint64_t>(time(nullptr));
  }
  if (all.tokens == 0 && last_said_ms_ != 0 && now_ms < last_said_ms_ + kRetentionSaidMs) return;
  last_said_ms_ = now_ms;
  ControlRecord record{.kind = RecordKind::Retention, .action = "vault_run", .actor = "sallyportd"};
  record.count = all.tokens;
  record.fields = {{"mappings", std::to_string(all.tokens)},
                   {"erased", std::to_string(all.subjects)},
                   {"held", std::to_string(all.held)}};
  if (all.damaged > 0) record.fields.emplace_back("damaged", std::to_string(all.damaged));
  evidence_->append(record);
}

// Each damaged row once, by its name; the first kDamageRecordsMax of a run.
void VaultDesk::say_damage() {
  const std::vector<vault::DamageBook::News> news = vault_->take_damage_news();
  ControlRecord record{.kind = RecordKind::Check, .action = "damage_found", .actor = "sallyportd"};
  record.object = "vault";
  record.result = "failed";
  size_t said = 0;
  for (const vault::DamageBook::News& one : news) {
    if (said++ == kDamageRecordsMax) break;
    record.detail = one.row + (one.is_mended ? ": written anew" : ": left out");
    record.count = 1;
    evidence_->append(record);
  }
  if (news.size() <= kDamageRecordsMax) return;
  record.detail = "and more rows, not named here";
  record.count = news.size() - kDamageRecordsMax;
  evidence_->append(record);
}

// --- questions -----------------------------------------------------------------------------------

VaultDesk::Handler VaultDesk::handler_of(const std::string& command) {
  struct Row {
    const char* command;
    Handler handler;
  };
  static constexpr std::array<Row, 18> kRows = {{
      {"vault_status", &VaultDesk::ask_status},
      {"vault_init", &VaultDesk::init},
      {"vault_seal", &VaultDesk::seal},
      {"vault_unseal", &VaultDesk::unseal},
      {"vault_share", &VaultDesk::take_share},
      {"vault_rotate", &VaultDesk::rotate},
      {"vault_split", &VaultDesk::split},
      {"vault_backup", &VaultDesk::backup},
      {"vault_ceremony", &VaultDesk::note_ceremony},
      {"subject_find", &VaultDesk::subject_find},
      {"subject_link", &VaultDesk::subject_link},
      {"subject_export", &VaultDesk::subject_export},
      {"subject_erase", &VaultDesk::subject_erase},
      {"subject_reredact", &VaultDesk::subject_reredact},
      {"hold_add", &VaultDesk::hold_add},
      {"hold_release", &VaultDesk::hold_release},
      {"hold_list", &VaultDesk::hold_list},
      {nullptr, nullptr},
  }};
  for (const Row& row : kRows)
    if (row.command != nullptr && command == row.command) return row.handler;
  return nullptr;
}

bool VaultDesk::knows(const std::string& command) { return handler_of(command) != nullptr; }

void VaultDesk::handle(AdminServer::Request&& request, Reply reply) {
  const Handler handler = handler_of(request.body["command"].get<std::string>());
  auto asked = std::make_shared<Asked>(Asked{std::move(request.body), std::move(request.actor)});
  jobs_.hand_over([this, handler, asked] { return (this->*handler)(*asked); }, std::move(reply));
}

json VaultDesk::status() const {
  const vault::VaultStatus now = vault_->status();
  const auto utc = [](uint64_t ns) {
    return ns == 0 ? json(nullptr) : json(evidence_log::utc_text(ns / 1'000'000'000));
  };
  json out = {{"state", vault::name_of(now.state)},
              {"kek_source", now.kek_source},
              {"kek_generation", now.kek_generation},
              {"rotating", now.rotating},
              {"tokens", now.counts.tokens},
              {"subjects", now.counts.subjects},
              {"oldest", utc(now.counts.oldest_last_ns)},
              {"used_bytes", now.counts.used_bytes},
              {"map_bytes", now.counts.map_bytes},
              {"receive_keys", now.receive_keys},
              {"spool_bytes", now.spool_bytes},
              {"holds", now.holds},
              {"open_erasures", now.deferred},
              {"mappings_stored", now.stored},
              {"mappings_renewed", now.renewed},
              {"mappings_dropped", now.dropped},
              {"batches_unreadable", now.unreadable},
              {"damaged_rows", now.damaged},
              {"damaged", now.damaged_rows},
              {"mended_rows", now.mended},
              {"problem", now.problem}};
  const std::lock_guard lock(mutex_);
  out["last_retention_run"] =
      last_run_unix_s_ == 0 ? json(nullptr) : json(evidence_log::utc_text(last_run_unix_s_));
  return out;
}

std::vector<Problem> VaultDesk::problems() const {
  std::vector<Problem> out;
  const vault::VaultStatus now = vault_->status();
  if (now.state == vault::VaultState::Sealed)
    out.push_back(
        {"vault_sealed",
         "the vault is sealed: requests that mint tokens are refused, nothing is restored",
         "sallyctl vault unseal"});
  if (!now.problem.empty()) out.push_back({"vault_blocked", now.problem, "sallyctl vault status"});
  if (now.damaged > 0) {
    std::string rows;
    for (const std::string& row : now.damaged_rows) rows += (rows.empty() ? "" : ", ") + row;
    if (now.damaged > now.damaged_rows.size()) rows += ", ...";
    out.push_back({"vault_rows_damaged",
                   "damaged in the vault, and left out: " + std::to_string(now.damaged) + " (" +
                       rows + "); all other rows go on",
                   "docs/vault.md, section 6"});
  }
  const std::lock_guard lock(mutex_);
  if (problem_) out.push_back(*problem_);
  return out;
}

}  // namespace sallyport::supervise
