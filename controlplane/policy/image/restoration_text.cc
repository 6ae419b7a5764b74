// The restoration policy as the text of its image section: JSON with sorted keys, so that the same
// policy gives the same image.
#include <nlohmann/json.hpp>

#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/bundle/names.h"
#include "controlplane/policy/bundle/restoration.h"

namespace sallyport::controlplane::policy {
namespace {

using nlohmann::json;

json json_of(const Identity& one) {
  json out = {{"name", one.name},   {"unix", one.unix_user},
              {"roles", one.roles}, {"certificate_name", one.subject_name},
              {"mfa", one.mfa},     {"expires", one.expires_s}};
  if (one.spki) out["certificate_key"] = digest_hex(*one.spki);
  if (!one.gateway.empty()) out["gateway"] = one.gateway;
  return out;
}

json json_of(const RestorationRule& rule) {
  return {{"id", rule.id},
          {"principals", rule.principals},
          {"roles", rule.roles},
          {"tenants", rule.tenants},
          {"entities", rule.entities},
          {"environments", rule.environments},
          {"purposes", rule.purposes},
          {"reasons", rule.reasons},
          {"mfa", rule.mfa_min},
          {"from", rule.from_minute},
          {"to", rule.to_minute},
          {"weekdays", rule.weekdays},
          {"ticket", rule.ticket_required},
          {"allow", rule.allow}};
}

MfaStrength strength_of(const json& value) {
  const auto number = value.get<unsigned>();
  if (number > static_cast<unsigned>(MfaStrength::Hardware)) throw std::out_of_range("mfa");
  return static_cast<MfaStrength>(number);
}

Identity identity_of(const json& from) {
  Identity one;
  one.name = from.at("name");
  one.unix_user = from.at("unix");
  one.subject_name = from.at("certificate_name");
  one.gateway = from.value("gateway", std::string());
  one.roles = from.at("roles").get<std::vector<std::string>>();
  one.mfa = strength_of(from.at("mfa"));
  one.expires_s = from.at("expires");
  if (from.contains("certificate_key")) {
    one.spki = parse_digest(from["certificate_key"].get_ref<const std::string&>());
    if (!one.spki) throw std::invalid_argument("certificate_key");
  }
  if (!is_principal_name(one.name)) throw std::invalid_argument("name");
  return one;
}

RestorationRule rule_of(const json& from) {
  const auto list = [&](const char* key) { return from.at(key).get<std::vector<std::string>>(); };
  RestorationRule rule;
  rule.id = from.at("id");
  rule.principals = list("principals");
  rule.roles = list("roles");
  rule.tenants = list("tenants");
  rule.entities = list("entities");
  rule.environments = list("environments");
  rule.purposes = list("purposes");
  rule.reasons = list("reasons");
  rule.mfa_min = strength_of(from.at("mfa"));
  rule.from_minute = from.at("from");
  rule.to_minute = from.at("to");
  rule.weekdays = from.at("weekdays");
  rule.ticket_required = from.at("ticket");
  rule.allow = from.at("allow");
  if (!is_bundle_name(rule.id)) throw std::invalid_argument("id");
  return rule;
}

RestorationPolicy policy_of(const json& from) {
  RestorationPolicy out;
  for (const json& reason : from.at("reasons"))
    out.reasons.push_back({reason.at("code"), reason.at("text"), reason.at("ticket")});
  out.purposes = from.at("purposes").get<std::vector<std::string>>();
  for (const json& one : from.at("identities")) out.identities.push_back(identity_of(one));
  for (const json& rule : from.at("rules")) out.rules.push_back(rule_of(rule));
  out.break_glass_roles = from.at("break_glass").get<std::vector<std::string>>();
  for (const json& rule : from.at("live"))
    out.live.push_back({rule.at("id"), rule.at("tenants"), rule.at("principals"),
                        rule.at("entities"), rule.at("reasons"), rule.at("allow")});
  const json& limits = from.at("limits");
  out.limits = {limits.at("values_per_request"), limits.at("values_per_hour"),
                limits.at("denials_per_hour")};
  return out;
}

}  // namespace

std::string restoration_text(const RestorationPolicy& policy) {
  json reasons = json::array(), identities = json::array(), rules = json::array();
  for (const RestorationReason& one : policy.reasons)
    reasons.push_back({{"code", one.code}, {"text", one.text}, {"ticket", one.ticket_required}});
  for (const Identity& one : policy.identities) identities.push_back(json_of(one));
  for (const RestorationRule& rule : policy.rules) rules.push_back(json_of(rule));
  json live = json::array();
  for (const LiveAccess& rule : policy.live)
    live.push_back({{"id", rule.id},
                    {"tenants", rule.tenants},
                    {"principals", rule.principals},
                    {"entities", rule.entities},
                    {"reasons", rule.reasons},
                    {"allow", rule.allow}});
  const json out = {{"reasons", reasons},
                    {"live", live},
                    {"purposes", policy.purposes},
                    {"identities", identities},
                    {"rules", rules},
                    {"break_glass", policy.break_glass_roles},
                    {"limits",
                     {{"values_per_request", policy.limits.values_per_request},
                      {"values_per_hour", policy.limits.values_per_hour},
                      {"denials_per_hour", policy.limits.denials_per_hour}}}};
  return out.dump(-1, ' ', true, json::error_handler_t::replace);
}

std::optional<RestorationPolicy> parse_restoration(std::string_view text) {
  if (text.size() > kRestorationBytesMax) return std::nullopt;
  try {
    return policy_of(json::parse(text));
  } catch (const std::exception&) {
    return std::nullopt;  // a value of another kind, a missing key, no JSON: no policy
  }
}

}  // namespace sallyport::controlplane::policy
