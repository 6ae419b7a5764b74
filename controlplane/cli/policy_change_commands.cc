// policy diff | guard: what a change changes, and whether it may be merged.
#include <fmt/format.h>

#include <chrono>
#include <fstream>

#include "controlplane/cli/bundle_reading.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/program_version.h"
#include "controlplane/policy/bundle/approvals.h"
#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/change/bundle_change.h"
#include "controlplane/policy/change/bundle_source.h"
#include "controlplane/policy/change/code_guard.h"
#include "controlplane/policy/change/guard.h"
#include "controlplane/policy/change/sarif.h"

namespace sallyport::cli {
namespace {

namespace cp = controlplane::policy;

cp::Bundle bundle_or_fail(const Call& call, const std::string& name) {
  std::vector<cp::Problem> problems;
  std::string error;
  cp::BundleSource source;
  source.state_dir = call.settings.state_dir;
  source.default_path = call.arguments.get("path", source.default_path);
  auto bundle = cp::find_bundle(name, source, problems, error);
  if (bundle) return std::move(*bundle);
  if (!error.empty())
    throw Failure(Exit::NotFound, "no_bundle",
                  fmt::format("there is no bundle {}", printable(name)), printable(error),
                  "name a folder, a git revision (main:policies), or a digest that is kept here");
  throw bundle_failure(fmt::format("the bundle {} is not good", printable(name)), problems);
}

nlohmann::json where_json(const std::vector<cp::ChangeWhere>& where) {
  nlohmann::json rows = nlohmann::json::array();
  for (const cp::ChangeWhere& box : where)
    rows.push_back({{"tenants", box.tenants},
                    {"environments", box.environments},
                    {"destinations", box.destinations}});
  return rows;
}

nlohmann::json item_json(const cp::ChangeItem& item) {
  return {{"area", cp::change_area_name(item.area)},
          {"code", item.code},
          {"effect", cp::effect_name(item.effect)},
          {"risk", cp::risk_name(item.risk)},
          {"subjects", item.subjects},
          {"direction", item.direction},
          {"roles", item.roles},
          {"where", where_json(item.where)},
          {"before", item.before},
          {"after", item.after},
          {"protected", item.is_protected},
          {"message", item.words},
          {"file", item.place.file},
          {"line", item.place.line}};
}

const char* what_it_needs(cp::Risk risk) {
  switch (risk) {
    case cp::Risk::None:
      return "nothing is decided otherwise";
    case cp::Risk::Low:
      return "one approver";
    case cp::Risk::Risky:
      return "one approver, and a canary";
    case cp::Risk::Loosening:
      return "two approvers, and a canary";
  }
  return "";
}

void say_items(const Call& call, const cp::BundleChange& change) {
  constexpr std::pair<cp::Effect, const char*> kParts[] = {
      {cp::Effect::Looser, "looser"},
      {cp::Effect::Unproven, "not shown to be as strict"},
      {cp::Effect::Stricter, "stricter"},
      {cp::Effect::Changed, "otherwise"}};
  for (const auto& [effect, title] : kParts) {
    bool is_first = true;
    for (const cp::ChangeItem& item : change.items) {
      if (item.effect != effect) continue;
      if (is_first) call.out.line(fmt::format("{}:", title));
      is_first = false;
      call.out.line(
          fmt::format("  {:<11} {}", cp::change_area_name(item.area), printable(item.words)));
    }
  }
}

Exit run_diff(const Call& call) {
  const auto& names = call.arguments.positional;
  const cp::Bundle before = bundle_or_fail(call, names[0]);
  const cp::Bundle after = bundle_or_fail(call, names[1]);
  const cp::BundleChange change = cp::compare_bundles(before, after);
  const cp::Risk risk = change.risk();
  if (call.out.is_json()) {
    nlohmann::json items = nlohmann::json::array();
    for (const cp::ChangeItem& item : change.items) items.push_back(item_json(item));
    call.out.json("sallyport/policy-diff/1",
                  {{"before", cp::digest_hex(before.digest)},
                   {"after", cp::digest_hex(after.digest)},
                   {"risk", cp::risk_name(risk)},
                   {"approvers", cp::approvals_needed("production", change.is_loosening())},
                   {"canary", change.wants_canary()},
                   {"items", items}});
  } else {
    call.out.fields({{"before", cp::digest_hex(before.digest)},
                     {"after", cp::digest_hex(after.digest)},
                     {"risk", fmt::format("{}: {}", cp::risk_name(risk), what_it_needs(risk))}});
    say_items(call, change);
  }
  return change.items.empty() ? Exit::Ok : Exit::No;
}

// All that one call of the guard found.
struct Guarded {
  cp::GuardReport bundle;
  cp::CodeReport code;
  std::string code_folder;
  bool has_bundle = false, has_code = false;
  size_t refused() const { return bundle.refused() + code.refused(); }
};

int64_t today() {
  return std::chrono::duration_cast<std::chrono::duration<int64_t, std::ratio<86'400>>>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> out;
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find(',', at), list.size());
    if (end > at) out.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Guarded guard(const Call& call) {
  const auto& names = call.arguments.positional;
  const auto code = call.arguments.find("code");
  if (names.size() == 1 || (names.empty() && !code))
    throw Failure(Exit::Usage, "bad_arguments", "policy guard needs BASE and HEAD, or --code DIR",
                  names.empty() ? "nothing is named" : "one bundle is named",
                  "--help has examples");
  Guarded out;
  if (!names.empty()) {
    const cp::Bundle before = bundle_or_fail(call, names[0]);
    const cp::Bundle after = bundle_or_fail(call, names[1]);
    out.bundle = cp::guard_change(before, after, today());
    out.has_bundle = true;
  }
  if (code) {
    std::error_code error;
    if (!std::filesystem::is_directory(*code, error))
      throw Failure(Exit::NotFound, "no_folder",
                    fmt::format("there is no folder {}", printable(*code)),
                    error ? error.message() : "it is not a folder", "name the folder of the code");
    cp::CodeGuardOptions options;
    options.hosts = words_of(call.arguments.get("hosts"));
    options.skip = words_of(call.arguments.get("skip"));
    options.base_url_from_environment = call.arguments.has("base-url-from-environment");
    out.code = cp::guard_code(*code, options);
    out.code_folder = *code;
    out.has_code = true;
  }
  return out;
}

// As a code host wants it: relative to where the command runs.
std::string relative(const std::string& file) {
  std::error_code failed;
  const std::filesystem::path path(file);
  if (path.is_relative()) return path.lexically_normal().generic_string();
  const auto out = std::filesystem::relative(path, failed);
  return failed || out.empty() ? file : out.generic_string();
}

std::string code_path(const Guarded& guarded, const cp::CodeFinding& finding) {
  return relative((std::filesystem::path(guarded.code_folder) / finding.file).string());
}

std::string sarif_of(const Guarded& guarded) {
  std::vector<std::pair<std::string, std::string>> rules = cp::code_rules();
  for (const std::string_view name : cp::kGuardFindings)
    rules.emplace_back(name, cp::guard_finding_text(name));
  std::vector<cp::SarifResult> results;
  for (const cp::GuardFinding& one : guarded.bundle.findings)
    results.push_back({one.name, one.words, relative(one.place.file), one.place.line,
                       one.place.column, one.excused_text});
  for (const cp::CodeFinding& one : guarded.code.findings)
    results.push_back(
        {one.rule, one.message, code_path(guarded, one), one.line, one.column, one.justification});
  return cp::sarif_text(std::string(program_version()), rules, results);
}

void write_sarif(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out)
    throw Failure(Exit::Failed, "not_written", fmt::format("{} is not written", printable(path)),
                  "the file cannot be written", "name another file with --sarif");
}

nlohmann::json guard_json(const Guarded& guarded) {
  nlohmann::json findings = nlohmann::json::array();
  for (const cp::GuardFinding& one : guarded.bundle.findings)
    findings.push_back({{"finding", one.name},
                        {"subject", one.subject},
                        {"message", one.words},
                        {"where", where_json(one.where)},
                        {"file", relative(one.place.file)},
                        {"line", one.place.line},
                        {"excused_by", one.excused_by},
                        {"excused_text", one.excused_text},
                        {"near_miss", one.near_miss}});
  for (const cp::CodeFinding& one : guarded.code.findings)
    findings.push_back({{"finding", one.rule},
                        {"subject", ""},
                        {"message", one.message},
                        {"file", code_path(guarded, one)},
                        {"line", one.line},
                        {"column", one.column},
                        {"excused_by", one.justification.empty() ? "" : "comment"},
                        {"excused_text", one.justification},
                        {"near_miss", ""}});
  return {{"ok", guarded.refused() == 0},
          {"refused", guarded.refused()},
          {"files", guarded.code.files},
          {"findings", findings},
          {"notes", guarded.bundle.notes}};
}

std::string place_text(const std::string& file, int line) {
  return line > 0 ? fmt::format("{}:{}", printable(file), line) : printable(file);
}

void say_finding(const Call& call, const std::string& place, const std::string& rule,
                 const std::string& message, const std::string& excused,
                 const std::string& near_miss) {
  call.out.line(fmt::format("{}: {}: {}", place, rule, printable(message)));
  if (!excused.empty()) call.out.line(fmt::format("    let pass by {}", printable(excused)));
  if (!near_miss.empty()) call.out.line(fmt::format("    {}", printable(near_miss)));
}

Exit run_guard(const Call& call) {
  const Guarded guarded = guard(call);
  if (const auto path = call.arguments.find("sarif")) write_sarif(*path, sarif_of(guarded));
  if (call.out.is_json()) {
    call.out.json("sallyport/policy-guard/1", guard_json(guarded));
    return guarded.refused() == 0 ? Exit::Ok : Exit::No;
  }
  for (const cp::GuardFinding& one : guarded.bundle.findings)
    say_finding(call, place_text(relative(one.place.file), one.place.line), one.name, one.words,
                one.excused_by.empty() ? "" : one.excused_by + ", " + one.excused_text,
                one.near_miss);
  for (const cp::CodeFinding& one : guarded.code.findings)
    say_finding(call, place_text(code_path(guarded, one), one.line), one.rule, one.message,
                one.justification, "");
  for (const std::string& note : guarded.bundle.notes) call.out.note(note);
  if (guarded.has_code)
    call.out.note(fmt::format("{} files of code looked at", guarded.code.files));
  if (guarded.refused() == 0) {
    call.out.line("policy guard: OK");
    return Exit::Ok;
  }
  call.out.line(fmt::format("policy guard: refused, {} findings", guarded.refused()));
  call.out.note(
      "mend what is named; or let it pass for a time: exceptions.yaml of the bundle, or in code a "
      "comment `sallyport: allow RULE -- REASON`");
  return Exit::No;
}

}  // namespace

void add_policy_change_commands(std::vector<Command>& table) {
  const OptionSpec path = {
      .name = "path",
      .value = "DIR",
      .text = "folder of the bundle in a git revision that names none; policies"};
  table.push_back(
      {.noun = "policy",
       .verb = "diff",
       .summary = "What gets stricter and what gets looser, and how risky the change is",
       .details = "A and B: a folder, a git revision (main:policies, HEAD~1), or the digest of a "
                  "bundle or an "
                  "image\nwhose sources are kept here. Effective decisions are compared, not "
                  "texts. Exit 0 "
                  "when nothing is\ndecided otherwise, 3 when something is.",
       .arguments = {{"A", "the bundle before"}, {"B", "the bundle after"}},
       .options = {path},
       .examples = {{"sallyctl policy diff main:policies policies", "what this branch changes"},
                    {"sallyctl policy diff 4c1d...9e policies --output json",
                     "against what is in force, every item"}},
       .run = run_diff});
  table.push_back(
      {.noun = "policy",
       .verb = "guard",
       .summary = "The merge guard: refuses a change that loosens, and code that goes around",
       .details =
           "Refuses a change that keeps back less of what BASE keeps back, weakens a seeded test, "
           "lets a vendor\nlog content, allows an unpinned vendor or an unknown data use, or lets "
           "more "
           "people restore, unless\nexceptions.yaml of HEAD names it with an owner and a day that "
           "is not "
           "over. --code looks at Python,\nJavaScript, Go and Java for vendor hosts, clients "
           "without a "
           "base URL, and prompts in logs. Exit 3\nwhen it refuses.",
       .arguments = {{.name = "BASE", .text = "the bundle before", .required = false},
                     {.name = "HEAD", .text = "the bundle after", .required = false}},
       .options = {path,
                   {.name = "code", .value = "DIR", .text = "also (or only) this application code"},
                   {.name = "sarif", .value = "FILE", .text = "write the findings as SARIF 2.1.0"},
                   {.name = "hosts", .value = "LIST", .text = "further hosts of vendors, a,b,c"},
                   {.name = "skip",
                    .value = "LIST",
                    .text = "further names of folders to leave out"},
                   {.name = "base-url-from-environment",
                    .value = "",
                    .text = "OPENAI_BASE_URL and its like are set where the code runs"}},
       .examples = {{"sallyctl policy guard origin/main:policies policies --sarif guard.sarif",
                     "in a pipeline"},
                    {"sallyctl policy guard --code . --skip generated", "application code alone"}},
       .run = run_guard});
}

}  // namespace sallyport::cli
