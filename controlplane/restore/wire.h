// wire.h: requests and answers of restoration as JSON, the same on the UNIX socket and over HTTPS.
//
//   {"tenant":..,"tokens":[..],"reason":..,"purpose":..,"ticket":..,"break_glass":false}
//   {"ok":true,"results":[{"token","status","value","why"}],"restored":n,"review":..}
//   {"ok":false,"code":..,"message":..,"hint":..,"problems":[]}
//
// "value" is there only where status is "restored". A malformed token is not repeated: it could be
// anything that somebody pasted.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "controlplane/restore/service.h"

namespace sallyport::restore {

// Nothing: `error` says which member is missing, unknown or of another kind. `command` and `actor`
// are let pass: the UNIX socket's frame has them.
std::optional<RestoreRequest> read_request(const nlohmann::json& body, std::string& error);
nlohmann::json json_of_answer(const RestoreAnswer& answer);
// 200, 400, 403 (everything was denied), 429, 503.
int http_status_of(const RestoreAnswer& answer);

}  // namespace sallyport::restore
