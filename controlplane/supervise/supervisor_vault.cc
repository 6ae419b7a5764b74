// The vault in the main loop: where mappings go, what the dataplane seals to, whom it answers.
#include <spdlog/spdlog.h>
#include <time.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "controlplane/evidence/log/clock.h"
#include "controlplane/evidence/pages/page_walk.h"
#include "controlplane/policy/image/retention_text.h"
#include "controlplane/supervise/desk/retention_rules.h"
#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

namespace {

constexpr std::chrono::seconds kVaultWalkTime{10};
constexpr uint64_t kKeyRetryMs = 500;  // of a new key of the vault that could not be sent

}  // namespace

// Before the first message of secrets: a vault that is there and not open yet counts as sealed.
void Supervisor::open_vault(evidence_log::DrainerOptions& drainer) {
  // liblmdb ends the process over a damaged page; this names it (page_walk.h).
  const auto walk =
      evidence_log::walk_file(options_.state_dir / "vault" / "data.mdb", kVaultWalkTime);
  if (!walk.complete) spdlog::warn("vault: only {} pages were looked at", walk.pages);
  vault_ = VaultDesk::open(options_, node_);
  vault::Vault& vault = vault_->vault();
  drainer.keep_mappings = [&vault](const evidence_log::SealedMappings& mappings) {
    return vault.keep(mappings);
  };
  drainer.held = [&vault](const evidence_log::RecordForHold& record) {
    return vault.hold_of_record(record.tenant, record.request_id, record.wall_ns, record.subjects);
  };
  const auto target = vault_->target();
  vault_target_ = target;
  if (target) secrets_->set_vault_key(target->key);
  set_retention();
}

bool Supervisor::handle_vault(AdminServer::Request& request) {
  if (!VaultDesk::knows(request.body["command"].get<std::string>())) return false;
  const AdminServer::ClientId client = request.client;
  vault_->handle(std::move(request),
                 [this, client](const nlohmann::json& answer) { reply(client, answer); });
  return true;
}

// Of the vault and, once it is open, of the evidence log.
void Supervisor::set_retention() {
  if (!publisher_->current()) return;
  const auto retention =
      controlplane::policy::parse_retention(publisher_->current()->image->names.retention);
  if (!retention) return;
  vault_->set_retention(retention->vault_hours);
  if (evidence_ != nullptr) evidence_->set_retention(retention_of(host_retention_, *retention));
}

void Supervisor::look_at_vault(uint64_t now_ms) {
  vault_->turn(now_ms);
  const auto target = vault_->target();
  if (target != vault_target_ && now_ms >= vault_key_retry_ms_) {
    secrets_->set_vault_key(target ? std::optional(target->key) : std::nullopt);
    const SecretsKeeper::Refreshed refreshed = secrets_->refresh(wanted());
    region_->set_secrets(secrets_->generation(), secrets_->certificate().not_after_s);
    if (refreshed == SecretsKeeper::Refreshed::Kept) {
      spdlog::warn("the vault has a new key; the credentials cannot be sent with it yet");
      vault_key_retry_ms_ = now_ms + kKeyRetryMs;
      return;
    }
    if (refreshed == SecretsKeeper::Refreshed::Changed)
      control_->send_secrets(*secrets_->message(), secrets_->generation());
    vault_target_ = target;
    vault_->sent_key(target ? target->serial : 0, secrets_->generation());
  }
  if (target != vault_target_) return;
  RingsView view;
  view.connected = control_->connected().has_value();
  if (view.connected) {
    const DataplaneView dataplane = region_->view(false);
    if (dataplane.start_generation == control_->connected()->start_generation)
      view.dataplane_secrets = dataplane.secrets_generation;
  }
  const evidence_log::DrainerStatus drained = evidence_->status();
  view.rings_live = drained.rings_live;
  view.drained_ns = drained.drained_ns;
  view.now_ns = evidence_log::clock_ns(CLOCK_MONOTONIC);
  vault_->look_at_rings(view);
}

}  // namespace sallyport::supervise
