// The restoration desk in the main loop: where it opens, which policy it has, whom it answers.
#include <stdexcept>

#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

bool Supervisor::open_restoration(std::string& error) {
  vault::Vault& vault = vault_->vault();
  const auto find = [&vault](std::string_view tenant,
                             std::string_view token) -> std::optional<restore::StoredValue> {
    const auto named = vault::parse_token(token);
    if (!named) return std::nullopt;
    const auto entry = vault.find(std::string(tenant), named->core);
    if (!entry || entry->entity != named->entity) return std::nullopt;
    return restore::StoredValue{std::string(vault::text_of(entry->value)), entry->environment};
  };
  restoration_ = RestorationDesk::open(options_, *evidence_, find, error);
  if (restoration_ == nullptr) return false;
  if (publisher_->current())
    restoration_->set_policy(publisher_->current()->image->names.restoration);
  return true;
}

void Supervisor::handle_access(AdminServer::Request&& request) {
  const AdminServer::ClientId client = request.client;
  restoration_->handle(std::move(request),
                       [this, client](const nlohmann::json& answer) { reply(client, answer); });
}

}  // namespace sallyport::supervise
