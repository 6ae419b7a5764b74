// restoration.yaml: reasons, purposes, identities, rules, limits, break-glass roles.
#include "controlplane/policy/bundle/restoration.h"

#include <algorithm>
#include <ctime>
#include <map>

#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/bundle/names.h"
#include "dataplane/base/ascii.h"

namespace sallyport::controlplane::policy {
namespace {

constexpr std::string_view kFile = "restoration.yaml";
constexpr std::string_view kAnyone = "any";
constexpr size_t kUnixNameBytesMax = 32;      // of Linux
constexpr size_t kSubjectNameBytesMax = 253;  // of a DNS name
constexpr size_t kReasonTextBytesMax = 200;

constexpr YamlReader::Named<MfaStrength> kStrengths[] = {{"unknown", MfaStrength::Unknown},
                                                         {"single", MfaStrength::Single},
                                                         {"multi", MfaStrength::Multi},
                                                         {"hardware", MfaStrength::Hardware}};
constexpr std::string_view kWeekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

using Texts = std::vector<std::pair<std::string, Place>>;

Texts texts_of(BundleParts& parts, YamlMapping& mapping, std::string_view key) {
  const YamlNode* node = mapping.optional(key);
  if (node == nullptr) return {};
  Texts all = parts.reader.text_or_texts(*node);
  if (all.size() == 1 && all[0].first == kAnyone) return {};
  if (all.empty()) parts.reader.add(node->place, "an empty list fits nothing; leave the key out");
  return all;
}

// Names of `known`; without `known`, names of the alphabet of bundles.
std::vector<std::string> names_of(BundleParts& parts, YamlMapping& mapping, std::string_view key,
                                  std::string_view what, const std::vector<std::string>* known) {
  std::vector<std::string> out;
  for (auto& [name, place] : texts_of(parts, mapping, key)) {
    if (known == nullptr && !is_bundle_name(name))
      parts.reader.add(place,
                       "a " + std::string(what) + " is a-z, 0-9 and inner . _ -, at most 47");
    else if (known != nullptr && std::find(known->begin(), known->end(), name) == known->end())
      parts.reader.add(place, "there is no " + std::string(what) + " '" + name + "'" +
                                  did_you_mean(name, *known));
    out.push_back(std::move(name));
  }
  return out;
}

template <class Things>
std::vector<std::string> names_in(const Things& things) {
  std::vector<std::string> out;
  for (const auto& thing : things) out.push_back(BundleParts::thing_name(thing));
  return out;
}

// A list of mappings under `key`, each handed to `read` with its place.
template <class Read>
void each_of(BundleParts& parts, YamlMapping& file, std::string_view key, std::string_view what,
             size_t most, Read read) {
  const YamlNode* list = file.optional(key);
  if (list == nullptr) return;
  if (list->kind != YamlNode::Kind::Sequence) {
    parts.reader.add(list->place, std::string(key) + " is a list");
    return;
  }
  if (list->items.size() > most)
    parts.reader.add(list->place, "at most " + std::to_string(most) + " entries");
  for (const YamlNode& item : list->items) {
    YamlMapping mapping(parts.reader, item, std::string(what));
    read(mapping, item);
    mapping.finish();
  }
}

bool unique(BundleParts& parts, std::map<std::string, Place>& seen, const std::string& name,
            const Place& place) {
  const auto [former, is_new] = seen.try_emplace(name, place);
  if (!is_new && !name.empty())
    parts.reader.add(place,
                     "'" + name + "' is already in line " + std::to_string(former->second.line));
  return is_new;
}

void read_reasons(BundleParts& parts, YamlMapping& file, RestorationPolicy& out) {
  std::map<std::string, Place> seen;
  each_of(parts, file, "reasons", "a reason", kRestorationRulesMax,
          [&](YamlMapping& mapping, const YamlNode& item) {
            RestorationReason reason;
            reason.code = mapping.text("code");
            if (!reason.code.empty() && !is_bundle_name(reason.code, kReasonBytes))
              parts.reader.add(item.place, "a code is a-z, 0-9 and inner . _ -, at most 31");
            unique(parts, seen, reason.code, item.place);
            reason.text = mapping.text_or("text", "");
            if (reason.text.size() > kReasonTextBytesMax)
              parts.reader.add(item.place, "a text of a reason has at most 200 bytes");
            reason.ticket_required = mapping.truth_or("ticket", false);
            out.reasons.push_back(std::move(reason));
          });
}

// "2027-01-31": valid until that day ends, UTC.
int64_t read_expiry(BundleParts& parts, YamlMapping& mapping) {
  const YamlNode* node = mapping.optional("expires");
  if (node == nullptr) return 0;
  const std::string text = parts.reader.text(*node);
  tm day{};
  const char* end = strptime(text.c_str(), "%Y-%m-%d", &day);
  if (text.size() != 10 || end == nullptr || *end != '\0') {
    parts.reader.add(node->place, "a day is written \"2027-01-31\"");
    return 0;
  }
  constexpr int64_t kDayS = 86'400;
  return static_cast<int64_t>(timegm(&day)) + kDayS;
}

bool is_unix_name(std::string_view name) {
  return !name.empty() && name.size() <= kUnixNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return base::is_alnum(static_cast<uint8_t>(c)) || c == '.' || c == '_' || c == '-';
         });
}

void read_certificate(BundleParts& parts, YamlMapping& mapping, Identity& one) {
  if (const YamlNode* name = mapping.optional("certificate_name")) {
    one.subject_name = parts.reader.text(*name);
    const bool printable = std::all_of(one.subject_name.begin(), one.subject_name.end(),
                                       [](char c) { return c > 0x20 && c < 0x7f; });
    if (!printable || one.subject_name.size() > kSubjectNameBytesMax)
      parts.reader.add(name->place,
                       "a certificate_name is a subjectAltName: mail, DNS name or URI");
  }
  if (const YamlNode* key = mapping.optional("certificate_key")) {
    one.spki = parse_pin(parts.reader.text(*key));
    if (!one.spki)
      parts.reader.add(key->place, "a certificate_key is sha256/ and base64 of 32 bytes");
  }
}

void read_identity(BundleParts& parts, YamlMapping& mapping, const YamlNode& item, Identity& one) {
  one.name = mapping.text("name");
  if (!one.name.empty() && !is_principal_name(one.name))
    parts.reader.add(item.place, "a name is letters, digits and . _ @ : / + -, at most 63");
  if (const YamlNode* user = mapping.optional("unix")) {
    one.unix_user = parts.reader.text(*user);
    if (!is_unix_name(one.unix_user)) parts.reader.add(user->place, "no name of a UNIX user");
  }
  if (const YamlNode* gateway = mapping.optional("gateway")) {
    one.gateway = parts.reader.text(*gateway);
    if (!is_principal_name(one.gateway)) parts.reader.add(gateway->place, "no name of a principal");
  }
  read_certificate(parts, mapping, one);
  one.roles = names_of(parts, mapping, "roles", "role", nullptr);
  if (const YamlNode* mfa = mapping.optional("mfa")) {
    one.mfa = parts.reader.choice(*mfa, kStrengths);
    // The kernel vouches for the user, for no second factor.
    if (one.mfa != MfaStrength::Unknown && one.subject_name.empty() && !one.spki)
      parts.reader.add(mfa->place, "mfa is that of a certificate; a UNIX user's is unknown");
  }
  one.expires_s = read_expiry(parts, mapping);
  const bool proves = !one.unix_user.empty() || !one.subject_name.empty() || one.spki;
  if (!proves && one.gateway.empty())
    parts.reader.add(item.place,
                     "an identity has unix, certificate_name, certificate_key or gateway");
}

// Two identities that one caller could be would let the order of a file decide who somebody is.
void read_identities(BundleParts& parts, YamlMapping& file, RestorationPolicy& out) {
  std::map<std::string, Place> names, users, subjects, keys, gateways;
  each_of(parts, file, "identities", "an identity", kIdentitiesMax,
          [&](YamlMapping& mapping, const YamlNode& item) {
            Identity one;
            read_identity(parts, mapping, item, one);
            unique(parts, names, one.name, item.place);
            if (!one.unix_user.empty()) unique(parts, users, one.unix_user, item.place);
            if (!one.gateway.empty()) unique(parts, gateways, one.gateway, item.place);
            if (!one.subject_name.empty()) unique(parts, subjects, one.subject_name, item.place);
            if (one.spki)
              unique(parts, keys, std::string(one.spki->begin(), one.spki->end()), item.place);
            out.identities.push_back(std::move(one));
          });
}

// "08:00" to minutes, "24:00" is the end of the day; -1: no such time.
int minute_of(std::string_view text) {
  const auto digit = [&](size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return -1;
  const auto number = [&](size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
  const int minute = number(0) * 60 + number(3);
  return number(3) > 59 || minute > kDayMinutes ? -1 : minute;
}

void read_when(BundleParts& parts, YamlMapping& mapping, RestorationRule& rule) {
  if (const YamlNode* hours = mapping.optional("hours")) {
    const std::string text = parts.reader.text(*hours);
    const bool long_enough = text.size() == 11 && text[5] == '-';
    const int from = long_enough ? minute_of(std::string_view(text).substr(0, 5)) : -1;
    const int to = long_enough ? minute_of(std::string_view(text).substr(6)) : -1;
    if (from >= 0 && from < to) {
      rule.from_minute = static_cast<uint16_t>(from);
      rule.to_minute = static_cast<uint16_t>(to);
    } else {
      parts.reader.add(hours->place, "hours are written \"08:00-18:00\", UTC, the earlier first");
    }
  }
  const Texts days = texts_of(parts, mapping, "days");
  if (days.empty()) return;
  rule.weekdays = 0;
  for (const auto& [name, place] : days) {
    const auto found = std::find(std::begin(kWeekdays), std::end(kWeekdays), name);
    if (found == std::end(kWeekdays))
      parts.reader.add(place, "days are mon, tue, wed, thu, fri, sat, sun");
    else
      rule.weekdays |= static_cast<uint8_t>(1U << (found - std::begin(kWeekdays)));
  }
}

void read_rules(BundleParts& parts, YamlMapping& file, RestorationPolicy& out) {
  std::map<std::string, Place> ids;
  std::vector<std::string> people, roles, reasons;
  for (const Identity& one : out.identities) {
    people.push_back(one.name);
    roles.insert(roles.end(), one.roles.begin(), one.roles.end());
  }
  for (const RestorationReason& reason : out.reasons) reasons.push_back(reason.code);
  const auto tenants = names_in(parts.bundle.tenants);
  const auto entities = names_in(parts.bundle.entities);
  const auto environments = names_in(parts.bundle.environments);
  each_of(parts, file, "rules", "a rule", kRestorationRulesMax,
          [&](YamlMapping& mapping, const YamlNode& item) {
            RestorationRule rule;
            rule.place = item.place;
            rule.id = mapping.text("id");
            if (!rule.id.empty() && !is_bundle_name(rule.id))
              parts.reader.add(item.place, "an id is a-z, 0-9 and inner . _ -, at most 47");
            unique(parts, ids, rule.id, item.place);
            rule.principals = names_of(parts, mapping, "principal", "identity", &people);
            // A role that nobody has yet is no mistake: people come and go.
            rule.roles = names_of(parts, mapping, "role", "role", nullptr);
            rule.tenants = names_of(parts, mapping, "tenant", "tenant", &tenants);
            rule.entities = names_of(parts, mapping, "entity", "entity", &entities);
            rule.environments =
                names_of(parts, mapping, "environment", "environment", &environments);
            rule.purposes = names_of(parts, mapping, "purpose", "purpose", &out.purposes);
            rule.reasons = names_of(parts, mapping, "reason", "reason", &reasons);
            if (const YamlNode* mfa = mapping.optional("min_mfa"))
              rule.mfa_min = parts.reader.choice(*mfa, kStrengths);
            read_when(parts, mapping, rule);
            rule.ticket_required = mapping.truth_or("ticket", false);
            if (const YamlNode* allow = mapping.required("allow"))
              rule.allow = parts.reader.truth(*allow);
            out.rules.push_back(std::move(rule));
          });
}

void read_restoration_limits(BundleParts& parts, YamlMapping& file, RestorationLimits& limits) {
  const YamlNode* node = file.optional("limits");
  if (node == nullptr) return;
  constexpr uint64_t kMost = 1'000'000;
  YamlMapping mapping(parts.reader, *node, "limits");
  const auto number = [&](std::string_view key, uint32_t& into, uint64_t most) {
    into = static_cast<uint32_t>(mapping.number_or(key, into, 1, most));
  };
  number("values_per_request", limits.values_per_request, 1'000);
  number("values_per_hour", limits.values_per_hour, kMost);
  number("denials_per_hour", limits.denials_per_hour, kMost);
  mapping.finish();
}

}  // namespace

std::string_view mfa_name(MfaStrength strength) {
  return kStrengths[static_cast<size_t>(strength)].name;
}

const RestorationReason* RestorationPolicy::find_reason(std::string_view code) const {
  const auto found = std::find_if(reasons.begin(), reasons.end(),
                                  [&](const RestorationReason& one) { return one.code == code; });
  return found == reasons.end() ? nullptr : &*found;
}

RestorationPolicy read_restoration(BundleParts& parts) {
  RestorationPolicy out;
  const YamlNode* tree = parts.files.find(kFile);
  if (tree == nullptr) return out;
  YamlMapping file(parts.reader, *tree, std::string(kFile));
  read_reasons(parts, file, out);
  out.purposes = names_of(parts, file, "purposes", "purpose", nullptr);
  read_identities(parts, file, out);
  read_rules(parts, file, out);
  out.break_glass_roles = names_of(parts, file, "break_glass", "role", nullptr);
  read_restoration_limits(parts, file, out.limits);
  file.finish();
  return out;
}

}  // namespace sallyport::controlplane::policy
