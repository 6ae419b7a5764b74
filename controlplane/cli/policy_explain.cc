// policy explain: what is looked for, how, what happens to it and by which rule, and what is not
// seen.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "controlplane/cli/bundle_reading.h"
#include "controlplane/cli/commands.h"
#include "controlplane/policy/matcher/rule_words.h"

namespace sallyport::cli {
namespace {

namespace cp = controlplane::policy;

// Of everything that is explained together.
constexpr const char* kLimits[] = {
    "It is forms, checksums and words around them, not understanding.",
    "Names of people and free text are best effort: a name without a cue or outside the lists is "
    "not found.",
    "Health data means identifiers and codes (record numbers, provider and plan numbers, drug and "
    "diagnosis codes in context), not diagnoses in prose.",
    "Digits spelled as words, reversed text and pictures are not read.",
};

struct AskedAs {
  std::string tenant, environment, destination;
  contract::Direction direction = contract::Direction::Request;
  contract::Role role = contract::Role::User;
};

template <class List>
std::string first_or_given(const Call& call, const char* option, const List& list) {
  const std::string given = call.arguments.get(option);
  std::string known;
  for (const auto& one : list) {
    if (given.empty() || one.name == given) return one.name;
    known += (known.empty() ? "" : ", ") + one.name;
  }
  throw Failure(Exit::NotFound, fmt::format("unknown_{}", option),
                given.empty() ? fmt::format("the bundle has no {}", option)
                              : fmt::format("the bundle has no {} '{}'", option, printable(given)),
                "it has: " + (known.empty() ? "none" : known),
                fmt::format("name one of them with --{}", option));
}

nlohmann::json rule_json(const cp::RuleSource& rule) {
  const cp::KindWords kind = cp::words_of(rule.kind);
  const cp::ValidatorWords validator = cp::words_of(rule.validator);
  nlohmann::json out = {{"id", rule.id},
                        {"kind", kind.name},
                        {"how", kind.how},
                        {"confidence", rule.confidence},
                        {"context", rule.context},
                        {"needs_context", !rule.context.empty() && rule.confidence_bare == 0},
                        {"limit", kind.limit}};
  const auto list = [&](const char* name, const std::vector<std::string>& words) {
    if (!words.empty()) out[name] = words;
  };
  if (!rule.context.empty()) out["proximity_bytes"] = rule.proximity;
  if (rule.confidence_bare > 0) out["confidence_without_context"] = rule.confidence_bare;
  if (rule.confidence_alone > 0) out["confidence_alone"] = rule.confidence_alone;
  list("against", rule.against);
  list("shapes", rule.shapes);
  list("cues", rule.cues);
  if (rule.evasive) out["any_separators"] = true;
  if (rule.any_name) out["unknown_names"] = true;
  if (rule.names_beside) out["unknown_names_beside_fields_of_people"] = true;
  if (rule.title_cues) out["cues_as_titles"] = true;
  if (rule.length_max > 0) out["length"] = {rule.length_min, rule.length_max};
  if (!rule.pattern.empty()) {
    out["pattern"] = rule.pattern;
    out["case_insensitive"] = rule.case_insensitive;
    out["boundary_left"] = rule.boundary_left;
    out["boundary_right"] = rule.boundary_right;
  }
  if (rule.validator != contract::Validator::None)
    out["validator"] = {
        {"name", validator.name}, {"holds", validator.holds}, {"source", validator.source}};
  return out;
}

// What happens to a finding, by its confidence: bands from 0 to 100 percent, each with the rule
// that decides it.
nlohmann::json actions_json(const cp::Bundle& bundle, const std::string& entity,
                            const AskedAs& as) {
  nlohmann::json out = nlohmann::json::array();
  std::optional<size_t> last;
  for (unsigned confidence = 0; confidence <= 100; ++confidence) {
    const auto decided = cp::deciding_rule(bundle, as.tenant, as.environment, as.destination,
                                           as.direction, entity, as.role, confidence);
    if (!out.empty() && decided == last) {
      out.back()["confidence"][1] = confidence;
      continue;
    }
    last = decided;
    const cp::ActionRule* rule = decided ? &bundle.actions[*decided] : nullptr;
    nlohmann::json one = {
        {"confidence", {confidence, confidence}},
        {"action", cp::action_name(rule != nullptr ? rule->action : contract::Action::Block)},
        {"decided_by", rule != nullptr ? rule->id : std::string(cp::kNoRuleId)}};
    if (rule != nullptr && rule->would) one["would"] = cp::action_name(*rule->would);
    if (rule != nullptr && rule->keep_last > 0) one["keep_last"] = rule->keep_last;
    out.push_back(std::move(one));
  }
  return out;
}

// Texts of secrets' examples look like keys: they are counted, not shown.
nlohmann::json entity_json(const cp::Bundle& bundle, const cp::Entity& entity, const AskedAs& as) {
  const cp::EntitySource& source = entity.source;
  nlohmann::json rules = nlohmann::json::array(), finds = nlohmann::json::array(),
                 passes = nlohmann::json::array();
  for (const cp::RuleSource& one : source.rules) rules.push_back(rule_json(one));
  if (!source.secret) {
    for (const auto& example : source.must_match)
      finds.push_back({{"text", example.text}, {"match", example.match}});
    for (const auto& example : source.must_not_match) passes.push_back(example.text);
  }
  const nlohmann::json actions = actions_json(bundle, source.name, as);
  return {{"entity", source.name},
          {"description", source.description},
          {"priority", source.priority},
          {"is_secret", source.secret},
          {"action", actions.back()["action"]},
          {"decided_by", actions.back()["decided_by"]},
          {"actions", actions},
          {"rules", rules},
          {"sample_values", source.samples.size()},
          {"examples", source.must_match.size()},
          {"counter_examples", source.must_not_match.size()},
          {"finds", finds},
          {"leaves", passes}};
}

void print_words(const Call& call, const nlohmann::json& rule, const char* name,
                 std::string_view title) {
  if (!rule.contains(name) || rule[name].empty()) return;
  const auto words = rule[name].get<std::vector<std::string>>();
  call.out.line(fmt::format("            {}: {}", title,
                            printable(fmt::format("{}", fmt::join(words, ", ")))));
}

void print_entity(const Call& call, const nlohmann::json& entity) {
  const auto text = [&](const char* name) { return entity[name].get<std::string>(); };
  call.out.line(text("entity"));
  call.out.line("  " + printable(text("description")));
  for (const auto& one : entity["actions"]) {
    const bool any = one["confidence"][0] == 0 && one["confidence"][1] == 100;
    call.out.line(fmt::format(
        "  action    {}{}{}, decided by rule {}{}", one["action"].get<std::string>(),
        one.contains("would") ? ", tries out " + one["would"].get<std::string>() : "",
        one.contains("keep_last") ? fmt::format(", keeps the last {}", one["keep_last"].get<int>())
                                  : "",
        one["decided_by"].get<std::string>(),
        any ? ""
            : fmt::format(" (confidence {} to {})", one["confidence"][0].get<int>(),
                          one["confidence"][1].get<int>())));
  }
  for (const auto& rule : entity["rules"]) {
    call.out.line(fmt::format("  rule      {} ({}, confidence {})", rule["id"].get<std::string>(),
                              rule["kind"].get<std::string>(), rule["confidence"].get<int>()));
    call.out.line("            " + rule["how"].get<std::string>());
    if (rule.contains("validator")) {
      const auto& validator = rule["validator"];
      const std::string source = validator["source"];
      call.out.line(fmt::format("            holds: {}{}", validator["holds"].get<std::string>(),
                                source.empty() ? "" : " (" + source + ")"));
    }
    print_words(call, rule, "shapes", "shapes");
    print_words(call, rule, "cues", "behind");
    print_words(call, rule, "context", rule["needs_context"].get<bool>() ? "needs" : "raised by");
    print_words(call, rule, "against", "not near");
    if (rule.contains("confidence_alone"))
      call.out.line(fmt::format("            or alone: where it is the whole text, confidence {}",
                                rule["confidence_alone"].get<int>()));
    call.out.line("            limit: " + rule["limit"].get<std::string>());
  }
  for (const auto& example : entity["finds"])
    call.out.line("  finds     " + printable(example["match"].get<std::string>()));
  for (const auto& example : entity["leaves"])
    call.out.line("  leaves    " + printable(example.get<std::string>()));
}

Exit run_explain(const Call& call) {
  const cp::Bundle bundle = read_bundle_or_fail(call.arguments.get("policy"));
  AskedAs as;
  as.tenant = first_or_given(call, "tenant", bundle.tenants);
  as.environment = first_or_given(call, "environment", bundle.environments);
  as.destination = first_or_given(call, "destination", bundle.vendors);
  if (call.arguments.get("direction") == "response") as.direction = contract::Direction::Response;
  const std::string role = call.arguments.get("role", "user");
  for (size_t i = 0; i < contract::kRoleCount; ++i)
    if (role == cp::role_name(static_cast<contract::Role>(i))) as.role = contract::Role(i);
  const std::string wanted = call.arguments.positional.empty() ? "" : call.arguments.positional[0];
  nlohmann::json entities = nlohmann::json::array();
  std::string known;
  for (const cp::Entity& entity : bundle.entities) {
    if (wanted.empty() || entity.source.name == wanted)
      entities.push_back(entity_json(bundle, entity, as));
    known += (known.empty() ? "" : ", ") + entity.source.name;
  }
  if (entities.empty())
    throw Failure(Exit::NotFound, "unknown_entity",
                  fmt::format("the bundle has no entity '{}'", printable(wanted)),
                  "it has: " + known, "sallyctl policy explain --policy DIR shows them all");
  const bool is_request = as.direction == contract::Direction::Request;
  if (call.out.is_json()) {
    call.out.json("sallyport/policy-explain/1",
                  {{"as",
                    {{"tenant", as.tenant},
                     {"environment", as.environment},
                     {"destination", as.destination},
                     {"direction", is_request ? "request" : "response"},
                     {"role", role}}},
                   {"entities", entities},
                   {"limits", kLimits}});
    return Exit::Ok;
  }
  call.out.note(fmt::format("explain: {} of tenant {} in {} to {}",
                            is_request ? "a request" : "a response", as.tenant, as.environment,
                            as.destination));
  for (const auto& entity : entities) {
    print_entity(call, entity);
    call.out.line("");
  }
  for (const char* limit : kLimits) call.out.line(limit);
  return Exit::Ok;
}

}  // namespace

void add_policy_explain(std::vector<Command>& table) {
  table.push_back(
      {.noun = "policy",
       .verb = "explain",
       .summary = "What is looked for, how, what happens to it, and what is not seen",
       .details =
           "For one entity or all: the rules that find it, what a value must hold (with the "
           "standard it is from),\nwords that count near it, the action and the rule that "
           "decides it for a request or response of this\ntenant, examples, and limits in plain "
           "words.",
       .arguments = {{.name = "ENTITY", .text = "only this one", .required = false}},
       .options = {{.name = "policy", .value = "DIR", .text = "the bundle", .required = true},
                   {.name = "tenant", .value = "T", .text = "whose actions (first of the bundle)"},
                   {.name = "environment", .value = "E", .text = "in which environment (first)"},
                   {.name = "destination", .value = "D", .text = "to which vendor (first)"},
                   {.name = "direction",
                    .value = "WAY",
                    .text = "of the exchange",
                    .one_of = {"request", "response"}},
                   {.name = "role",
                    .value = "R",
                    .text = "whose words (user)",
                    .one_of = {"user", "system", "assistant", "tool"}}},
       .examples = {{"sallyctl policy explain IBAN --policy policies", "one entity"},
                    {"sallyctl policy explain --policy policies --direction response --output json",
                     "all of them, for a script"}},
       .run = run_explain});
}

}  // namespace sallyport::cli
