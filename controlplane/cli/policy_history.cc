#include "controlplane/cli/policy_history.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::cli {
namespace {

using nlohmann::json;

// What a step is called, by the action of its record.
struct StepName {
  std::string_view action;
  std::string_view step;
};
constexpr std::array<StepName, 6> kSteps = {{{"policy_applied", "apply"},
                                             {"policy_canary", "canary"},
                                             {"policy_promoted", "promote"},
                                             {"policy_rolled_back", "rollback"},
                                             {"policy_confirmed", "confirm"},
                                             {"policy_refused", "refused"}}};

std::string_view step_of(const std::string& action) {
  for (const StepName& one : kSteps)
    if (one.action == action) return one.step;
  return {};
}

json field(const json& record, const char* name) {
  const auto fields = record.find("fields");
  if (fields == record.end() || !fields->contains(name)) return nullptr;
  return (*fields)[name];
}

// A field that may stand there several times, as a list.
json fields_named(const json& record, const char* name) {
  const json found = field(record, name);
  if (found.is_null()) return json::array();
  return found.is_array() ? found : json::array({found});
}

json canary_of(const json& record) {
  if (field(record, "requests").is_null()) return nullptr;
  return {{"started", field(record, "started")},
          {"ended", field(record, "ended")},
          {"exchanges", field(record, "requests")},
          {"errors", field(record, "errors")},
          {"blocked", field(record, "denied")}};
}

json step_json(const json& record, std::string_view step) {
  const bool refused = step == "refused";
  return {{"step", step},
          {"at", record.value("time", "")},
          {"version", refused ? json(nullptr) : record.value("to", json(nullptr))},
          {"previous_version", refused ? json(nullptr) : record.value("from", json(nullptr))},
          {"by", record.value("actor", "")},
          {"author", field(record, "author")},
          {"approvers", fields_named(record, "approver")},
          {"change_link", field(record, "change_link")},
          {"note", field(record, "rollout_note")},
          {"why", record.value("detail", "").empty() ? record.value("reason", "")
                                                     : record.value("detail", "")},
          {"reason", record.value("reason", "")},
          {"risk", field(record, "risk")},
          {"emergency", !field(record, "emergency").is_null()},
          {"bundle", record.value("object", json(nullptr))},
          {"image", record.value(refused ? "before" : "after", json(nullptr))},
          {"stage", field(record, "stage")},
          {"canary_tenants", fields_named(record, "canary_tenant")},
          {"confirm_by", field(record, "deadline")},
          {"tests_passed", field(record, "passed")},
          {"canary", canary_of(record)},
          {"result", refused ? "refused" : "open"},
          {"took_ms", nullptr}};
}

}  // namespace

json policy_history(const json& records) {
  json steps = json::array();
  json force = json::object();   // version -> record that says: in force
  json failed = json::object();  // image -> code, until the next step with this image
  for (const json& record : records) {
    const std::string action = record.value("action", "");
    if (action == "policy_in_force") {
      force[std::to_string(record.value("to", uint64_t{0}))] = record;
    } else if (action == "policy_not_applied") {
      failed[record.value("before", "")] = record.value("reason", "");
    } else if (const std::string_view step = step_of(action); !step.empty()) {
      json one = step_json(record, step);
      const std::string image = one["image"].is_string() ? one["image"].get<std::string>() : "";
      const auto in_force = force.find(std::to_string(record.value("to", uint64_t{0})));
      if (step == "confirm") {
        one["result"] = "ok";
      } else if (step != "refused" && in_force != force.end()) {
        one["result"] = in_force->value("result", "") == "ok" ? "in_force" : "published";
        one["took_ms"] = field(*in_force, "duration_ms");
      } else if (step != "refused" && failed.contains(image)) {
        one["result"] = "failed";
        one["reason"] = failed[image];
        failed.erase(image);
      }
      steps.push_back(std::move(one));
    }
  }
  return steps;
}

}  // namespace sallyport::cli
