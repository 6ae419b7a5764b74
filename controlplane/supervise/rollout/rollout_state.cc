#include "controlplane/supervise/rollout/rollout_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controlplane/policy/bundle/digest.h"

namespace sallyport::supervise {

using controlplane::policy::digest_hex;
using controlplane::policy::parse_digest;
using nlohmann::json;

std::string rollout_line(const RolloutState& state) {
  json out = {{"base_version", state.base_version},
              {"began", state.began_s},
              {"confirm_by", state.confirm_by_s},
              {"actor", state.actor},
              {"change_link", state.change_link},
              {"note", state.note},
              {"tenants", state.tenants}};
  if (state.canary) out["canary"] = digest_hex(*state.canary);
  if (state.former) out["former"] = digest_hex(*state.former);
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<RolloutState> parse_rollout_line(std::string_view line) {
  const json in = json::parse(line, nullptr, false);
  if (!in.is_object()) return std::nullopt;
  try {
    RolloutState state;
    state.base_version = in.at("base_version").get<uint64_t>();
    state.began_s = in.at("began").get<int64_t>();
    state.confirm_by_s = in.at("confirm_by").get<int64_t>();
    state.actor = in.at("actor").get<std::string>();
    state.change_link = in.at("change_link").get<std::string>();
    state.note = in.at("note").get<std::string>();
    state.tenants = in.at("tenants").get<std::vector<std::string>>();
    if (in.contains("canary")) state.canary = parse_digest(in["canary"].get<std::string>());
    if (in.contains("former")) state.former = parse_digest(in["former"].get<std::string>());
    const bool sound = (!in.contains("canary") || state.canary) &&
                       (!in.contains("former") || state.former) &&
                       state.canary.has_value() != state.tenants.empty() &&
                       std::is_sorted(state.tenants.begin(), state.tenants.end());
    if (!sound) return std::nullopt;
    return state;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace sallyport::supervise
