#include "controlplane/restore/wire.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sallyport::restore {

using nlohmann::json;

namespace {

constexpr size_t kTokensRead = 1'000;  // policy cannot permit more in one request

bool take_text(const json& body, const char* key, bool is_required, std::string& into,
               std::string& error) {
  const auto found = body.find(key);
  if (found == body.end()) {
    if (is_required) error = std::string("\"") + key + "\" is missing";
    return !is_required;
  }
  if (!found->is_string()) {
    error = std::string("\"") + key + "\" is not a text";
    return false;
  }
  into = found->get<std::string>();
  return true;
}

bool take_tokens(const json& body, std::vector<std::string>& into, std::string& error) {
  const auto found = body.find("tokens");
  const bool fits =
      found != body.end() && found->is_array() && found->size() <= kTokensRead &&
      std::all_of(found->begin(), found->end(), [](const json& one) { return one.is_string(); });
  if (!fits) {
    error = "\"tokens\" is a list of at most 1,000 texts";
    return false;
  }
  into = found->get<std::vector<std::string>>();
  return true;
}

}  // namespace

std::optional<RestoreRequest> read_request(const json& body, std::string& error) {
  if (!body.is_object()) {
    error = "not a JSON object";
    return std::nullopt;
  }
  constexpr std::string_view kKnown[] = {"tenant", "tokens",      "reason",  "purpose",
                                         "ticket", "break_glass", "command", "actor"};
  for (const auto& [key, value] : body.items()) {
    if (std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown)) continue;
    error = "a request has tenant, tokens, reason, purpose, ticket, break_glass, nothing else";
    return std::nullopt;
  }
  RestoreRequest request;
  if (!take_text(body, "tenant", true, request.tenant, error) ||
      !take_text(body, "reason", true, request.reason, error) ||
      !take_text(body, "purpose", false, request.purpose, error) ||
      !take_text(body, "ticket", false, request.ticket, error) ||
      !take_tokens(body, request.tokens, error))
    return std::nullopt;
  if (const auto glass = body.find("break_glass"); glass != body.end()) {
    if (!glass->is_boolean()) {
      error = "\"break_glass\" is true or false";
      return std::nullopt;
    }
    request.break_glass = glass->get<bool>();
  }
  return request;
}

json json_of_answer(const RestoreAnswer& answer) {
  if (!answer.ok)
    return {{"ok", false},
            {"code", answer.code},
            {"message", answer.message},
            {"hint", answer.hint},
            {"problems", json::array()}};
  json results = json::array();
  size_t restored = 0;
  for (const RestoredToken& token : answer.tokens) {
    json one = {{"token", token.token}, {"status", status_name(token.status)}, {"why", token.why}};
    if (token.status == TokenStatus::Restored) {
      one["value"] = token.value;
      ++restored;
    }
    results.push_back(std::move(one));
  }
  json out = {{"ok", true}, {"results", std::move(results)}, {"restored", restored}};
  if (!answer.review.empty()) out["review"] = answer.review;
  return out;
}

int http_status_of(const RestoreAnswer& answer) {
  constexpr int kOk = 200, kBad = 400, kForbidden = 403, kTooMany = 429, kUnavailable = 503;
  if (answer.ok) {
    const bool denied =
        std::all_of(answer.tokens.begin(), answer.tokens.end(),
                    [](const RestoredToken& one) { return one.status == TokenStatus::Denied; });
    return denied ? kForbidden : kOk;
  }
  if (answer.code == "request_invalid" || answer.code == "too_many_tokens") return kBad;
  return answer.code == "busy" ? kTooMany : kUnavailable;
}

}  // namespace sallyport::restore
