// status, doctor, reload, version, completion: the appliance and this machine.
#include <fmt/format.h>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/doctor.h"
#include "controlplane/cli/help.h"
#include "controlplane/cli/program_version.h"

namespace sallyport::cli {
namespace {

constexpr std::chrono::seconds kStatusPatience{5};
constexpr std::chrono::seconds kReloadPatience{30};

std::string scalar_text(const nlohmann::json& value) {
  if (value.is_string())
    return value.get_ref<const std::string&>().empty() ? "-" : value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_null() ? "-" : value.dump();
}

// "policy.version" -> value; lists of objects become "dataplane.workers[0].core".
void flatten(const std::string& name, const nlohmann::json& value,
             std::vector<std::pair<std::string, std::string>>& rows) {
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items())
      flatten(name.empty() ? key : name + "." + key, inner, rows);
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i)
      flatten(fmt::format("{}[{}]", name, i), value[i], rows);
  } else {
    rows.emplace_back(name, scalar_text(value));
  }
}

bool ready_to_serve(const nlohmann::json& answer) {
  const auto dataplane = answer.find("dataplane");
  if (dataplane == answer.end() || !dataplane->is_object()) return false;
  const auto state = dataplane->find("state");
  if (state == dataplane->end() || !state->is_string()) return false;
  const std::string word = state->get<std::string>();
  return word == "ready" || word == "Ready";
}

void print_status(const nlohmann::json& answer, Output& out) {
  // The parts that an operator reads first come first; counters last, they are many.
  std::vector<std::pair<std::string, std::string>> rows, counters;
  nlohmann::json rest = answer;
  for (const char* part : {"ok", "problems"}) rest.erase(part);
  if (auto dataplane = rest.find("dataplane");
      dataplane != rest.end() && dataplane->is_object() && dataplane->contains("counters")) {
    flatten("", (*dataplane)["counters"], counters);
    dataplane->erase("counters");
  }
  for (const char* part : {"node", "dataplane", "policy", "certificate", "secrets", "evidence"}) {
    if (!rest.contains(part)) continue;
    flatten(part, rest[part], rows);
    rest.erase(part);
  }
  flatten("", rest, rows);
  for (auto& [name, value] : counters)
    if (value != "0") rows.emplace_back("counter " + name, value);
  out.fields(rows);
  const auto problems = answer.find("problems");
  if (problems == answer.end() || !problems->is_array()) return;
  for (const auto& problem : *problems) {
    if (problem.is_string()) {
      out.line("problem: " + printable(problem.get<std::string>()));
      continue;
    }
    out.line(fmt::format("problem: {}", printable(problem.value("message", problem.dump()))));
    if (const std::string hint = problem.value("hint", ""); !hint.empty())
      out.line("  next: " + printable(hint));
  }
}

Exit run_status(const Call& call) {
  const nlohmann::json answer = ask_daemon(call.settings, {{"command", "status"}}, kStatusPatience);
  const bool ready = ready_to_serve(answer);
  if (call.out.is_json()) {
    nlohmann::json object = answer;
    object["ready"] = ready;
    call.out.json("sallyport/status/1", object);
  } else {
    call.out.line(ready ? "ready: requests are served" : "NOT READY: requests are refused");
    print_status(answer, call.out);
  }
  return call.arguments.has("ready") && !ready ? Exit::No : Exit::Ok;
}

Exit run_doctor(const Call& call) {
  const std::vector<Check> checks = examine(call.settings);
  size_t warned = 0, failed = 0;
  nlohmann::json rows = nlohmann::json::array();
  size_t width = 0;
  for (const Check& check : checks) width = std::max(width, check.name.size());
  for (const Check& check : checks) {
    warned += check.state == CheckState::Warn ? 1 : 0;
    failed += check.state == CheckState::Fail ? 1 : 0;
    const std::string_view word = word_of(check.state);
    rows.push_back(
        {{"check", check.name}, {"state", word}, {"found", check.found}, {"fix", check.fix}});
    if (call.out.is_json()) continue;
    std::string line = call.out.coloured(word) + std::string(6 - word.size(), ' ');
    line += fmt::format("{:<{}}  {}", check.name, width, printable(check.found));
    if (!check.fix.empty()) line += "; fix: " + check.fix;
    call.out.line(line);
  }
  if (call.out.is_json())
    call.out.json("sallyport/doctor/1",
                  {{"checks", rows}, {"warned", warned}, {"failed", failed}, {"ok", failed == 0}});
  else
    call.out.line(
        fmt::format("doctor: {} of {} checks fail, {} warn", failed, checks.size(), warned));
  return failed == 0 ? Exit::Ok : Exit::No;
}

Exit run_reload(const Call& call) {
  const nlohmann::json answer = ask_daemon(call.settings, {{"command", "reload"}}, kReloadPatience);
  if (call.out.is_json()) {
    call.out.json("sallyport/reload/1", answer);
    return Exit::Ok;
  }
  print_status(answer, call.out);
  call.out.line("reloaded");
  return Exit::Ok;
}

Exit run_version(const Call& call) {
  const auto libraries = library_versions();
  if (call.out.is_json()) {
    nlohmann::json rows = nlohmann::json::object();
    for (const auto& [name, version] : libraries) rows[name] = version;
    call.out.json("sallyport/version/1", {{"version", program_version()}, {"libraries", rows}});
    return Exit::Ok;
  }
  call.out.line(fmt::format("sallyctl {}", program_version()));
  call.out.fields(libraries);
  return Exit::Ok;
}

Exit run_completion(const Call& call) {
  if (call.out.is_json())
    call.out.json("sallyport/completion-bash/1", {{"script", bash_completion()}});
  else
    call.out.line(bash_completion());
  return Exit::Ok;
}

}  // namespace

void add_status_commands(std::vector<Command>& table) {
  table.push_back(
      {.noun = "status",
       .verb = "",
       .summary = "What sallyportd and the dataplane are doing",
       .details = "Asks the daemon over its admin socket. Exit 0 when it answered; with --ready "
                  "exit 3 unless\nthe dataplane serves requests.",
       .arguments = {},
       .options = {{.name = "ready", .value = "", .text = "exit 3 unless requests are served"}},
       .examples = {{"sallyctl status", "state, policy, certificate, evidence, counters"},
                    {"sallyctl status --ready --output json", "readiness probe of a script"}},
       .run = run_status});
  table.push_back(
      {.noun = "doctor",
       .verb = "",
       .summary = "Is this machine fit; each line OK, WARN or FAIL with the fix",
       .details =
           "Looks at the processor, hugepages, packages and versions, network cards, clock, "
           "disk,\ncertificates and the daemon. Changes nothing. Exit 3 when a line is FAIL.",
       .arguments = {},
       .options = {},
       .examples = {{"sallyctl doctor", "before the first start, and when something is odd"},
                    {"sallyctl doctor --output json", "the same for a fleet's inventory"}},
       .run = run_doctor});
  table.push_back(
      {.noun = "reload",
       .verb = "",
       .summary = "Reads the credentials folder again: certificate, keys, vendor credentials",
       .details =
           "No connection is dropped. What does not hold is named, and the former stays in use.",
       .arguments = {},
       .options = {},
       .examples = {{"sallyctl reload", "after a new certificate was put in place"},
                    {"sallyctl reload --output json", "from a renewal hook"}},
       .run = run_reload});
  table.push_back({.noun = "version",
                   .verb = "",
                   .summary = "The version of sallyctl and of the libraries it runs with",
                   .details = "",
                   .arguments = {},
                   .options = {},
                   .examples = {{"sallyctl version", "for a report"},
                                {"sallyctl version --output json", "for an inventory"}},
                   .run = run_version});
  table.push_back({.noun = "completion",
                   .verb = "bash",
                   .summary = "Prints the completion script for bash, made from the command table",
                   .details = "",
                   .arguments = {},
                   .options = {},
                   .examples = {{"eval \"$(sallyctl completion bash)\"", "in this shell"},
                                {"sallyctl completion bash > /etc/bash_completion.d/sallyctl",
                                 "for everybody"}},
                   .run = run_completion});
}

}  // namespace sallyport::cli
