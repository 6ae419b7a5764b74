#include "controlplane/supervise/rollout/policy_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controlplane/policy/bundle/digest.h"
#include "controlplane/supervise/rollout/rollout_state.h"
#include "dataplane/contract/route_table.h"

namespace sallyport::supervise {

using nlohmann::json;

namespace {

bool read_text(const json& body, const char* name, size_t bytes_max, std::string& into,
               std::string& error) {
  if (!body.contains(name)) return true;
  error = std::string(name) + " is a line of at most " + std::to_string(bytes_max) + " bytes";
  if (!body[name].is_string()) return false;
  into = body[name].get<std::string>();
  return into.size() <= bytes_max && std::none_of(into.begin(), into.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

bool read_tenants(const json& body, std::vector<std::string>& into, std::string& error) {
  if (!body.contains("canary")) return true;
  error = "canary is a list of 1 to " + std::to_string(contract::kCanaryTenantsMax) + " tenants";
  const json& list = body["canary"];
  if (!list.is_array() || list.empty() || list.size() > contract::kCanaryTenantsMax) return false;
  for (const json& name : list) {
    if (!name.is_string()) return false;
    into.push_back(name.get<std::string>());
    if (into.back().empty() || into.back().size() >= contract::kRouteTenantBytes) return false;
  }
  std::sort(into.begin(), into.end());
  into.erase(std::unique(into.begin(), into.end()), into.end());
  return true;
}

}  // namespace

std::optional<PolicyRequest> read_policy_request(const json& body, std::string& error) {
  PolicyRequest out;
  if (!read_tenants(body, out.canary_tenants, error) ||
      !read_text(body, "change", kChangeLinkBytesMax, out.change_link, error) ||
      !read_text(body, "note", kRolloutNoteBytesMax, out.note, error))
    return std::nullopt;
  if (body.contains("confirm_within_s")) {
    const json& within = body["confirm_within_s"];
    error = "confirm_within_s is 1 second to 7 days";
    if (!within.is_number_integer()) return std::nullopt;
    out.confirm_within_s = within.get<int64_t>();
    if (out.confirm_within_s < 1 || out.confirm_within_s > kConfirmSecondsMax) return std::nullopt;
  }
  if (body.contains("emergency")) {
    error = "emergency is true or false";
    if (!body["emergency"].is_boolean()) return std::nullopt;
    out.emergency = body["emergency"].get<bool>();
  }
  if (body.contains("digest")) {
    error = "digest is 64 hex digits";
    if (!body["digest"].is_string()) return std::nullopt;
    out.digest = controlplane::policy::parse_digest(body["digest"].get<std::string>());
    if (!out.digest) return std::nullopt;
  }
  error.clear();
  return out;
}

}  // namespace sallyport::supervise
