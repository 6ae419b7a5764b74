// policy apply | promote | rollback | confirm | history.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/evidence_reading.h"
#include "controlplane/cli/policy_history.h"
#include "controlplane/evidence/query/query.h"
#include "controlplane/policy/bundle/digest.h"

namespace sallyport::cli {
namespace {

namespace cp = controlplane::policy;
namespace fs = std::filesystem;

// The daemon compiles, tests, and waits for every worker.
constexpr std::chrono::seconds kApplyPatience{240};
constexpr std::chrono::seconds kStepPatience{30};
constexpr size_t kHistoryShown = 20;
constexpr size_t kDigestDigitsShown = 12;

// "90", "90s", "5m", "2h", "1d".
int64_t seconds_of(const std::string& text) {
  size_t digits = 0;
  int64_t value = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && digits < 7; ++digits)
    value = value * 10 + (text[digits] - '0');
  const std::string unit = text.substr(digits);
  const int64_t factor = unit.empty() || unit == "s" ? 1
                         : unit == "m"               ? 60
                         : unit == "h"               ? 3'600
                         : unit == "d"               ? 86'400
                                                     : 0;
  if (digits == 0 || factor == 0 || value == 0)
    throw Failure(Exit::Usage, "bad_arguments",
                  fmt::format("--confirm-within '{}' is no time", printable(text)),
                  "a number with s, m, h or d is wanted", "--confirm-within 5m");
  return value * factor;
}

nlohmann::json tenants_of(const std::string& text) {
  nlohmann::json out = nlohmann::json::array();
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string digest_or_fail(const std::string& text) {
  const auto digest = cp::parse_digest(text);
  if (!digest)
    throw Failure(Exit::Usage, "bad_digest", "that is no digest of an image",
                  "64 hex digits are wanted", "sallyctl policy history --output json prints them");
  return cp::digest_hex(*digest);
}

nlohmann::json steps_of(const Call& call) {
  evidence_log::ListFilter filter;
  filter.kind = "policy";
  filter.limit = 0;
  return policy_history(evidence_log::list(open_evidence_log(call), filter));
}

// As `policy history` shows it: the first digits are enough where they name one image.
std::string image_or_fail(const Call& call, const std::string& text) {
  const bool is_start = text.size() >= kDigestDigitsShown &&
                        text.size() < 2 * sizeof(contract::Digest) &&
                        text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_start) return digest_or_fail(text);
  std::set<std::string> found;
  for (const auto& step : steps_of(call))
    if (const auto image = step.find("image"); image != step.end() && image->is_string())
      if (image->get_ref<const std::string&>().starts_with(text)) found.insert(*image);
  if (found.size() == 1) return *found.begin();
  throw Failure(found.empty() ? Exit::NotFound : Exit::Usage, "bad_digest",
                found.empty() ? "no image in the history begins with " + text
                              : "several images in the history begin with " + text,
                "12 to 64 digits of one image are wanted",
                "sallyctl policy history --output json prints all digits");
}

// What every step may say about itself.
nlohmann::json rollout_request(const Call& call, const char* command) {
  nlohmann::json request = {{"command", command}};
  for (const char* name : {"change", "note"})
    if (const auto value = call.arguments.find(name)) request[name] = *value;
  if (const auto within = call.arguments.find("confirm-within"))
    request["confirm_within_s"] = seconds_of(*within);
  if (call.arguments.has("emergency")) request["emergency"] = true;
  return request;
}

Exit show_step(const Call& call, const std::string& schema, const nlohmann::json& answer) {
  if (call.out.is_json()) {
    call.out.json(schema, answer);
    return Exit::Ok;
  }
  const auto text = [&](const char* name) {
    const auto found = answer.find(name);
    if (found == answer.end() || found->is_null()) return std::string("-");
    return printable(found->is_string() ? found->get<std::string>() : found->dump());
  };
  const bool adopted = answer.value("adopted", false);
  std::string tenants;
  for (const auto& tenant : answer.value("canary", nlohmann::json::array()))
    tenants += (tenants.empty() ? "" : ", ") + tenant.get<std::string>();
  std::vector<std::pair<std::string, std::string>> rows = {
      {"image", text("image")},
      {"bundle", text("bundle")},
      {"version", text("version")},
      {"decides for", tenants.empty() ? "every tenant" : "the canary: " + printable(tenants)},
      {"in force",
       adopted ? fmt::format("in every worker, after {} ms", text("took_ms")) : text("message")}};
  if (text("confirm_by") != "-") rows.emplace_back("confirm by", text("confirm_by"));
  for (const char* name : {"risk", "author", "review"})
    if (text(name) != "-") rows.emplace_back(name, text(name));
  call.out.fields(rows);
  if (text("confirm_by") != "-")
    call.out.line("it is taken back then, unless: sallyctl policy confirm");
  if (!tenants.empty()) call.out.line("next: sallyctl policy promote, or sallyctl policy rollback");
  if (text("review") != "-")
    call.out.note("EMERGENCY: in force with one signature. " + text("review") +
                  " is open, a problem in status, until somebody else closes it: sallyctl policy "
                  "review --close " +
                  text("review") + " --note TEXT");
  return Exit::Ok;
}

Exit run_apply(const Call& call) {
  auto image = call.arguments.find("image");
  std::string folder = call.arguments.positional.empty() ? "" : call.arguments.positional[0];
  if (folder.empty() != image.has_value())
    throw Failure(Exit::Usage, "bad_arguments",
                  "sallyctl policy apply needs DIR, an image's digest or --image DIGEST",
                  folder.empty() ? "none is given" : "two are given",
                  "sallyctl policy apply --help");
  std::error_code error;
  // 64 hex digits that are no folder: an image.
  if (!image && cp::parse_digest(folder) && !fs::exists(folder, error)) image = folder;
  nlohmann::json request = rollout_request(call, "apply");
  if (const auto canary = call.arguments.find("canary")) request["canary"] = tenants_of(*canary);
  if (image) {
    request["image"] = digest_or_fail(*image);
  } else {
    const auto whole = fs::canonical(folder, error);
    if (error || !fs::is_directory(whole, error))
      throw Failure(Exit::NotFound, "no_folder",
                    fmt::format("there is no folder {}", printable(folder)),
                    error ? error.message() : "it is not a folder", "name the folder of a bundle");
    request["folder"] = whole.string();
  }
  return show_step(call, "sallyport/policy-apply/1",
                   ask_daemon(call.settings, request, kApplyPatience));
}

Exit run_promote(const Call& call) {
  return show_step(call, "sallyport/policy-promote/1",
                   ask_daemon(call.settings, rollout_request(call, "promote"), kStepPatience));
}

Exit run_rollback(const Call& call) {
  nlohmann::json request = rollout_request(call, "rollback");
  if (!call.arguments.positional.empty())
    request["digest"] = image_or_fail(call, call.arguments.positional[0]);
  return show_step(call, "sallyport/policy-rollback/1",
                   ask_daemon(call.settings, request, kStepPatience));
}

Exit run_confirm(const Call& call) {
  return show_step(call, "sallyport/policy-confirm/1",
                   ask_daemon(call.settings, rollout_request(call, "confirm"), kStepPatience));
}

std::string cell(const nlohmann::json& step, const char* name) {
  const auto found = step.find(name);
  if (found == step.end()) return "-";
  const nlohmann::json& value = *found;
  if (value.is_null()) return "-";
  if (value.is_array()) {
    std::string out;
    for (const auto& one : value) out += (out.empty() ? "" : ",") + one.get<std::string>();
    return out.empty() ? "-" : printable(out);
  }
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  return text.empty() ? "-" : printable(text);
}

Exit run_history(const Call& call) {
  nlohmann::json steps = steps_of(call);
  const uint64_t limit =
      call.arguments.number("limit", call.out.is_json() ? 0 : uint64_t{kHistoryShown});
  const size_t all = steps.size();
  if (limit != 0 && all > limit) steps.erase(steps.begin() + static_cast<long>(limit), steps.end());
  if (call.out.is_json()) {
    call.out.json("sallyport/policy-history/1", {{"steps", steps}, {"total", all}});
    return Exit::Ok;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& step : steps) {
    const nlohmann::json& canary = step["canary"];
    rows.push_back(
        {cell(step, "at").substr(0, 19), cell(step, "version"), cell(step, "step"),
         cell(step, "result"), cell(step, "by"), cell(step, "approvers"), cell(step, "change_link"),
         cell(step, "tests_passed"), cell(step, "canary_tenants"),
         canary.is_null() ? "-"
                          : fmt::format("{} exchanges, {} errors", cell(canary, "exchanges"),
                                        cell(canary, "errors")),
         cell(step, "image").substr(0, kDigestDigitsShown),
         step["note"].is_null() ? cell(step, "why") : cell(step, "note")});
  }
  call.out.table({"TIME", "VERSION", "STEP", "RESULT", "BY", "APPROVERS", "LINK", "TESTS", "CANARY",
                  "CANARY SAW", "IMAGE", "WHY"},
                 rows);
  if (all > steps.size())
    call.out.note(fmt::format("the newest {} of {}; more with --limit N (0: all)", limit, all));
  return Exit::Ok;
}

Exit run_review(const Call& call) {
  nlohmann::json request = {{"command", "policy_review"}};
  if (const auto close = call.arguments.find("close")) request["close"] = *close;
  if (const auto note = call.arguments.find("note")) request["note"] = *note;
  const nlohmann::json answer = ask_daemon(call.settings, request, kStepPatience);
  if (call.out.is_json()) {
    call.out.json("sallyport/policy-review/1", answer);
    return Exit::Ok;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : answer["reviews"])
    rows.push_back({cell(item, "id"), cell(item, "opened"), cell(item, "by"),
                    cell(item, "change_link"), cell(item, "bundle").substr(0, 12),
                    cell(item, "note")});
  if (rows.empty()) call.out.line("no review is open");
  if (!rows.empty()) call.out.table({"REVIEW", "OPENED", "BY", "LINK", "BUNDLE", "NOTE"}, rows);
  return Exit::Ok;
}

OptionSpec change_option() {
  return {.name = "change", .value = "LINK", .text = "the change's page in your change system"};
}
OptionSpec note_option() {
  return {.name = "note", .value = "TEXT", .text = "a line for the record and the history"};
}
OptionSpec confirm_option() {
  return {.name = "confirm-within",
          .value = "TIME",
          .text = "take it back by itself, unless policy confirm comes in time (5m, 1h)"};
}

void add_apply(std::vector<Command>& table) {
  table.push_back(
      {.noun = "policy",
       .verb = "apply",
       .summary = "Publishes a bundle, or a stored image; for everybody or for canary tenants",
       .details =
           "sallyportd compiles, tests and publishes; the answer comes when every worker has "
           "it. A refused\nimage leaves the former in force. With --canary only those tenants "
           "are decided by it, beside the\npolicy in force, until promote or rollback; it is "
           "taken back by itself beyond the limits of\nrollout.yaml.",
       .arguments = {{.name = "DIR",
                      .text = "folder of the bundle or overlay, or the digest of a stored image",
                      .required = false}},
       .options = {{.name = "image", .value = "DIGEST", .text = "a stored image (policy compile)"},
                   {.name = "canary",
                    .value = "TENANTS",
                    .text = "only for these tenants, separated by commas"},
                   confirm_option(),
                   change_option(),
                   note_option(),
                   {.name = "emergency",
                    .value = "",
                    .text = "end an open change; one signature is enough; opens a review item"}},
       .examples = {{"sallyctl policy apply /etc/sallyport/policies", "publish a folder"},
                    {"sallyctl policy apply policies --canary acme,beta --change "
                     "https://changes.example/17",
                     "first for two tenants"},
                    {"sallyctl policy apply policies --confirm-within 5m",
                     "goes back by itself when nobody confirms"}},
       .run = run_apply});
}

}  // namespace

void add_policy_rollout_commands(std::vector<Command>& table) {
  add_apply(table);
  table.push_back(
      {.noun = "policy",
       .verb = "promote",
       .summary = "What stands on the canary decides for every tenant from now on",
       .details = "Refused until the canary has decided as many exchanges, for as long, as "
                  "rollout.yaml asks\n(canary_least_exchanges, canary_least_seconds).",
       .arguments = {},
       .options = {confirm_option(),
                   change_option(),
                   note_option(),
                   {.name = "emergency", .value = "", .text = "however young the canary is"}},
       .examples = {{"sallyctl policy promote", "after sallyctl status showed good counts"},
                    {"sallyctl policy promote --confirm-within 30m", "with a way back by itself"}},
       .run = run_promote});
  table.push_back(
      {.noun = "policy",
       .verb = "rollback",
       .summary = "Back: ends the canary, else the policy before comes into force again",
       .details = "One command; the answer comes when every worker has it, and says how long it "
                  "took. With a DIGEST:\nto that image, which was in force here before "
                  "(sallyctl policy history).",
       .arguments = {{.name = "DIGEST", .text = "an image that was in force", .required = false}},
       .options = {change_option(), note_option()},
       .examples = {{"sallyctl policy rollback --note \"too many blocks\"", "at once"},
                    {"sallyctl policy rollback 9f2c...e1 (64 hex digits)", "further back"}},
       .run = run_rollback});
  table.push_back({.noun = "policy",
                   .verb = "confirm",
                   .summary = "Keeps a change that was applied with --confirm-within",
                   .details = "Without it the change is taken back when its time is over.",
                   .arguments = {},
                   .options = {},
                   .examples = {{"sallyctl policy confirm", "it works"},
                                {"sallyctl policy confirm --output json", "from a script"}},
                   .run = run_confirm});
  table.push_back(
      {.noun = "policy",
       .verb = "review",
       .summary = "What emergency changes left to be looked at; --close ends one item",
       .details = "An item stands in sallyctl status until somebody else than who made the change "
                  "closes it.\nThat is recorded, with the reason.",
       .arguments = {},
       .options = {{.name = "close", .value = "ID", .text = "this item has been looked at"},
                   {.name = "note", .value = "TEXT", .text = "what was found"}},
       .examples = {{"sallyctl policy review", "what is open"},
                    {"sallyctl policy review --close review-17 --note \"same as approved later\"",
                     "done"}},
       .run = run_review});
  table.push_back(
      {.noun = "policy",
       .verb = "history",
       .summary = "The changelog: who, why, link, tests, canary times and counts, result",
       .details = "Made from the evidence log alone, newest first; sallyportd need not run.",
       .arguments = {},
       .options = {{.name = "limit", .value = "N", .text = "so many steps; 0: all"}},
       .examples = {{"sallyctl policy history", "the newest 20"},
                    {"sallyctl policy history --output json", "all, with digests"}},
       .run = run_history});
}

}  // namespace sallyport::cli
