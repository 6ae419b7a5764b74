// The restoration desk in the main loop: where it opens, which policy it has, whom it answers.
#include <stdexcept>

#include "controlplane/supervise/supervisor.h"

namespace sallyport::supervise {

bool Supervisor::open_restoration(std::string& error) {
  const auto find = [](std::string_view, std::string_view) -> std::optional<restore::StoredValue> {
    throw std::runtime_error("there is no vault on this appliance");
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
