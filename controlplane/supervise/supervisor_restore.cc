// The restoration desk in the main loop: where it opens, which policy it has, whom it answers.
#include <chrono>
#include <stdexcept>
#include <utility>

#include "controlplane/supervise/credentials/private_file.h"
#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

bool Supervisor::open_restoration(std::string& error) {
  vault::Vault& vault = vault_->vault();
  const auto find = [&vault](std::string_view tenant,
                             std::string_view token) -> std::optional<restore::StoredValue> {
    const auto named = vault::parse_token(token);
    if (!named) return std::nullopt;
    std::optional<vault::VaultEntry> entry;
    try {
      entry = vault.find(std::string(tenant), named->core);
    } catch (const vault::RowDamaged&) {
      return restore::StoredValue{.is_damaged = true};
    }
    if (!entry || entry->entity != named->entity) return std::nullopt;
    return restore::StoredValue{.value = std::string(vault::text_of(entry->value)),
                                .environment = entry->environment};
  };
  restoration_ = RestorationDesk::open(options_, *evidence_, find, error);
  if (restoration_ == nullptr) return false;
  set_restoration();
  if (!ensure_private_folder(options_.run_dir / "recall", error)) return false;
  open_recall();
  return true;
}

// The rules of the base, and those of a canary for its tenants.
void Supervisor::set_restoration() {
  const auto& current = publisher_->current();
  if (!current) return;
  restoration_->set_policy(current->image->names.restoration);
  if (current->canary != nullptr)
    restoration_->set_canary(current->canary->names.restoration, current->rollout.tenants);
  else
    restoration_->end_canary();
}

void Supervisor::open_recall() {
  restore::RecallService::Hooks hooks;
  vault::Vault& vault = vault_->vault();
  hooks.find = [&vault](const std::string& tenant,
                        const vault::TokenCore& core) -> std::optional<restore::RecallEntry> {
    std::optional<vault::VaultEntry> entry;
    try {
      entry = vault.find(tenant, core);
    } catch (const vault::RowDamaged&) {
      return restore::RecallEntry{.is_damaged = true};
    }
    if (!entry) return std::nullopt;
    return restore::RecallEntry{.entity = std::move(entry->entity),
                                .vendor = std::move(entry->vendor),
                                .environment = std::move(entry->environment),
                                .principals = std::move(entry->principals),
                                .value = std::move(entry->value)};
  };
  RestorationDesk& desk = *restoration_;
  hooks.record = [&desk](const std::vector<restore::RestoreEvent>& events) {
    return desk.record(events, std::chrono::milliseconds(kRecallEvidenceMs));
  };
  hooks.policy_of = [&desk](std::string_view tenant) { return desk.policy_of(tenant); };
  hooks.now_s = [] { return unix_seconds(); };
  hooks.steady_s = steady_seconds;
  recall_ = std::make_unique<RecallDesk>(options_.run_dir, std::move(hooks));
}

void Supervisor::handle_access(AdminServer::Request&& request) {
  const AdminServer::ClientId client = request.client;
  restoration_->handle(std::move(request),
                       [this, client](const nlohmann::json& answer) { reply(client, answer); });
}

}  // namespace sallyport::supervise
