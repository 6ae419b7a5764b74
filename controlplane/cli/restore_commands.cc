// restore and access: values back for a reason, and the review of who could and who did.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/time_text.h"
#include "controlplane/evidence/export/export_layout.h"
#include "dataplane/base/time.h"

namespace sallyport::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kRestorePatience{15};
constexpr std::chrono::seconds kReviewPatience{120};  // it reads the whole log
constexpr size_t kTextBytesMax = 16U << 20;
constexpr size_t kAtOnce = 100;    // as many as policy permits in one request by default
constexpr size_t kCoreChars = 23;  // of a token: epoch, id, check

bool is_core(char c) {
  return (c >= '0' && c <= '9') ||
         (c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U');
}

// "[LABEL-" and 23 characters of the token alphabet and "]", as the appliance writes them.
std::vector<std::string> tokens_in(std::string_view text) {
  std::vector<std::string> out;
  for (size_t open = text.find('['); open != std::string_view::npos;
       open = text.find('[', open + 1)) {
    const size_t close = text.find_first_of("[]\n", open + 1);
    if (close == std::string_view::npos || text[close] != ']') continue;
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    if (inside.size() < kCoreChars + 2 || inside[inside.size() - kCoreChars - 1] != '-') continue;
    const std::string_view core = inside.substr(inside.size() - kCoreChars);
    if (std::all_of(core.begin(), core.end(), is_core))
      out.emplace_back(text.substr(open, close - open + 1));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string read_input() {
  std::string text;
  char piece[65'536];
  size_t got = 0;
  while ((got = std::fread(piece, 1, sizeof piece, stdin)) > 0) {
    text.append(piece, got);
    if (text.size() > kTextBytesMax)
      throw Failure(Exit::Usage, "input_too_large", "the text is larger than 16 MiB",
                    "restoration is for pieces of text, not for archives", "split it");
  }
  // Half a text, or none, is not "there is no token in it".
  if (std::ferror(stdin) != 0)
    throw Failure(Exit::Failed, "not_read", "stdin cannot be read", std::strerror(errno),
                  "give the text on stdin, or one token as an argument");
  return text;
}

json restore_request(const Call& call, const std::vector<std::string>& tokens) {
  return {{"command", "restore"},
          {"tenant", call.arguments.get("tenant")},
          {"tokens", tokens},
          {"reason", call.arguments.get("reason")},
          {"purpose", call.arguments.get("purpose")},
          {"ticket", call.arguments.get("ticket")},
          {"break_glass", call.arguments.has("break-glass")}};
}

std::filesystem::path socket_of(const Call& call) {
  const std::string given = call.arguments.get("socket");
  return given.empty() ? call.settings.run_dir / "restore.sock" : std::filesystem::path(given);
}

// Every token once, in requests of a size that policy permits.
json ask_for(const Call& call, const std::vector<std::string>& tokens) {
  json all = json::array();
  json reviews = json::array();
  for (size_t at = 0; at < tokens.size(); at += kAtOnce) {
    const auto first = tokens.begin() + static_cast<ptrdiff_t>(at);
    const auto last =
        tokens.begin() + static_cast<ptrdiff_t>(std::min(at + kAtOnce, tokens.size()));
    const json answer =
        ask_daemon_at(socket_of(call), restore_request(call, {first, last}), kRestorePatience);
    for (const json& one : answer.at("results")) all.push_back(one);
    if (answer.contains("review")) reviews.push_back(answer["review"]);
  }
  return {{"results", all}, {"reviews", reviews}};
}

Exit exit_of(const json& results) {
  size_t restored = 0, denied = 0;
  for (const json& one : results) {
    restored += one.value("status", "") == "restored" ? 1 : 0;
    denied += one.value("status", "") == "denied" ? 1 : 0;
  }
  if (restored == results.size()) return Exit::Ok;
  if (restored > 0) return Exit::Partial;
  return denied > 0 ? Exit::Denied : Exit::NotFound;
}

void print_text(const std::string& text, const json& results, Output& out) {
  std::map<std::string, std::string> values;
  for (const json& one : results)
    if (one.contains("value")) values[one.at("token")] = one.at("value");
  std::string done;
  for (size_t at = 0; at < text.size();) {
    const size_t close = text[at] == '[' ? text.find(']', at) : std::string::npos;
    const auto found =
        close == std::string::npos ? values.end() : values.find(text.substr(at, close - at + 1));
    if (found == values.end()) {
      done += text[at++];
    } else {
      done += found->second;
      at = close + 1;
    }
  }
  if (!done.empty() && done.back() == '\n') done.pop_back();
  out.line(done);
}

Exit run_restore(const Call& call) {
  const bool is_text = call.arguments.positional.empty();
  const std::string text = is_text ? read_input() : std::string();
  const std::vector<std::string> tokens =
      is_text ? tokens_in(text) : std::vector<std::string>{call.arguments.positional[0]};
  if (tokens.empty()) {
    if (is_text && !call.out.is_json()) print_text(text, json::array(), call.out);
    call.out.note("there is no token in the text");
    return Exit::NotFound;
  }
  const json answer = ask_for(call, tokens);
  const json& results = answer.at("results");
  if (call.out.is_json()) {
    call.out.json("sallyport/restore/1", answer);
  } else if (is_text) {
    print_text(text, results, call.out);
  } else {
    for (const json& one : results)
      if (one.contains("value")) call.out.line(one.at("value").get<std::string>());
  }
  for (const json& one : results) {
    if (one.value("status", "") == "restored") continue;
    // What is no token is not said again: it may be a value.
    const std::string token = one.value("token", "");
    call.out.note(fmt::format("{}: {} ({})", token.empty() ? "what was given" : printable(token),
                              one.value("status", ""), one.value("why", "")));
  }
  for (const json& review : answer.at("reviews"))
    call.out.note("break-glass: review " + review.get<std::string>() +
                  " is open until it is closed");
  return exit_of(results);
}

std::string cell_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "";
  if (!value.is_array()) return value.dump();
  std::string out;
  for (const json& one : value) out += (out.empty() ? "" : " ") + one.get<std::string>();
  return value.empty() ? "any" : out;
}

using Columns = std::vector<std::string>;
const Columns kCould = {"principal", "way",          "rule",  "tenants",  "entities", "reasons",
                        "purposes",  "environments", "needs", "can_meet", "expires",  "decision"};
const Columns kDid = {"principal", "way",     "tenant", "entity", "reason",
                      "rule",      "allowed", "denied", "first",  "last"};

std::vector<std::vector<std::string>> rows_of(const json& list, const Columns& columns) {
  std::vector<std::vector<std::string>> rows;
  for (const json& one : list) {
    std::vector<std::string> row;
    for (const std::string& column : columns)
      row.push_back(one.contains(column) ? cell_of(one[column]) : "");
    rows.push_back(std::move(row));
  }
  return rows;
}

void print_csv(const char* part, const json& list, const Columns& columns, Output& out) {
  std::string head = "part";
  for (const std::string& column : columns) head += "," + column;
  out.line(head);
  for (const auto& row : rows_of(list, columns)) {
    std::string line = part;
    for (const std::string& cell : row) line += "," + evidence_log::csv_cell(cell);
    out.line(line);
  }
}

// The last decision about a row stands beside it.
void join_decisions(json& answer) {
  std::map<std::pair<std::string, std::string>, std::string> last;
  for (const json& one : answer.at("decisions"))
    last[{one.at("principal"), one.at("rule")}] = one.at("decision");
  for (json& row : answer.at("could")) {
    const auto found = last.find({row.at("principal"), row.at("rule")});
    row["decision"] = found == last.end() ? "" : found->second;
  }
}

Exit run_access_review(const Call& call) {
  json request = {{"command", "access_review"}};
  if (const auto since = call.arguments.find("since"))
    request["from"] = parse_time(*since, "since", wall_clock_ns()) / base::kNsPerS;
  if (const auto until = call.arguments.find("until"))
    request["to"] = parse_time(*until, "until", wall_clock_ns()) / base::kNsPerS;
  json answer = ask_daemon(call.settings, request, kReviewPatience);
  answer.erase("ok");
  join_decisions(answer);
  if (call.out.is_json()) {
    call.out.json("sallyport/access-review/1", answer);
  } else if (call.arguments.has("csv")) {
    print_csv("could", answer.at("could"), kCould, call.out);
    print_csv("did", answer.at("did"), kDid, call.out);
  } else {
    call.out.line("Who could have values back:");
    call.out.table(kCould, rows_of(answer.at("could"), kCould));
    call.out.line("");
    call.out.line("Who did:");
    call.out.table(kDid, rows_of(answer.at("did"), kDid));
  }
  if (answer.value("truncated", false)) call.out.note("more rows than fit: choose a shorter span");
  return answer.value("truncated", false) ? Exit::Partial : Exit::Ok;
}

Exit run_decide(const Call& call) {
  const json answer = ask_daemon(call.settings,
                                 {{"command", "access_decide"},
                                  {"principal", call.arguments.get("principal")},
                                  {"rule", call.arguments.get("rule")},
                                  {"decision", call.arguments.get("decision")},
                                  {"note", call.arguments.get("note")}},
                                 kRestorePatience);
  if (call.out.is_json())
    call.out.json("sallyport/access-decide/1", answer);
  else
    call.out.line(fmt::format(
        "recorded: {} of {} under {}", answer.at("decision").get<std::string>(),
        answer.at("principal").get<std::string>(), answer.at("rule").get<std::string>()));
  return Exit::Ok;
}

Exit run_pending(const Call& call) {
  const json answer = ask_daemon(call.settings, {{"command", "access_pending"}}, kRestorePatience);
  const Columns columns = {"id", "opened", "principal", "tenant", "reason", "ticket", "values"};
  if (call.out.is_json())
    call.out.json("sallyport/access-pending/1", {{"open", answer.at("open")}});
  else if (answer.at("open").empty())
    call.out.line("no break-glass restoration waits for a review");
  else
    call.out.table(columns, rows_of(answer.at("open"), columns));
  return answer.at("open").empty() ? Exit::Ok : Exit::No;
}

Exit run_close(const Call& call) {
  const json answer = ask_daemon(call.settings,
                                 {{"command", "access_close"},
                                  {"id", call.arguments.positional.at(0)},
                                  {"decision", call.arguments.get("decision")},
                                  {"note", call.arguments.get("note")}},
                                 kRestorePatience);
  if (call.out.is_json())
    call.out.json("sallyport/access-close/1", answer);
  else
    call.out.line("closed: " + answer.at("id").get<std::string>());
  return Exit::Ok;
}

Command restore_command() {
  return {
      .noun = "restore",
      .verb = "",
      .summary = "Values back for tokens, for a reason, with proof",
      .details =
          "With TOKEN: prints its value. Without: reads a text from stdin and prints it with "
          "the values that\nyou may have in the place of their tokens. restoration.yaml of the "
          "policy says who may; the kernel says\nwho you are. Granted or denied, it is in the "
          "log before you see it. Exit 0 all restored, 9 some, 5 denied,\n4 nothing to restore.",
      .arguments = {{"TOKEN", "one token, with or without its brackets", false}},
      .options = {{.name = "tenant", .value = "NAME", .text = "whose tokens", .required = true},
                  {.name = "reason",
                   .value = "CODE",
                   .text = "a reason code of the policy",
                   .required = true},
                  {.name = "purpose",
                   .value = "CODE",
                   .text = "a purpose, where policy lists them"},
                  {.name = "ticket", .value = "ID", .text = "the ticket that asked for it"},
                  {.name = "break-glass",
                   .value = "",
                   .text = "skip the rules, for roles that may: opens a review"},
                  {.name = "socket",
                   .value = "FILE",
                   .text = "where the service listens (default: restore.sock in the run dir)"}},
      .examples =
          {{"sallyctl restore --tenant main --reason subject-request --ticket DSR-12 < answer.txt",
            "a text with its values"},
           {"sallyctl restore --tenant main --reason incident --ticket INC-7 --output json "
            "'[EMAIL-ADDRESS-...]'",
            "one token, for a script"}},
      .run = run_restore};
}

Command review_command() {
  return {
      .noun = "access",
      .verb = "review",
      .summary = "Who could have values back, who did, and what was decided about it",
      .details = "Asks sallyportd: the policy in force and the log between two times.",
      .arguments = {},
      .options = {{.name = "since", .value = "TIME", .text = "not before"},
                  {.name = "until", .value = "TIME", .text = "before"},
                  {.name = "csv", .value = "", .text = "both parts as CSV, cells made safe"}},
      .examples = {{"sallyctl access review --since 90d", "the quarterly review"},
                   {"sallyctl access review --since 2026-07-01 --until 2026-10-01 --csv > q3.csv",
                    "for the file of the audit"}},
      .run = run_access_review};
}

Command decide_command() {
  return {
      .noun = "access",
      .verb = "decide",
      .summary = "Records a reviewer's decision about one row of `access review`",
      .details =
          "It changes nothing by itself: taking a right away is a change of the policy bundle.",
      .arguments = {},
      .options = {{.name = "principal", .value = "NAME", .text = "whose right", .required = true},
                  {.name = "rule", .value = "ID", .text = "under which rule", .required = true},
                  {.name = "decision",
                   .value = "WORD",
                   .text = "what was decided",
                   .required = true,
                   .one_of = {"keep", "reduce", "revoke"}},
                  {.name = "note", .value = "TEXT", .text = "why, in a few words"}},
      .examples =
          {{"sallyctl access decide --principal kim --rule desk --decision keep", "still needed"},
           {"sallyctl access decide --principal lee --rule chief --decision revoke --note 'left'",
            "then change the bundle"}},
      .run = run_decide};
}

Command pending_command() {
  return {.noun = "access",
          .verb = "pending",
          .summary = "Break-glass restorations that nobody has reviewed yet",
          .details = "Exit 3 when there are any.",
          .arguments = {},
          .options = {},
          .examples = {{"sallyctl access pending", "what waits"},
                       {"sallyctl access pending --output json", "for a monitor"}},
          .run = run_pending};
}

Command close_command() {
  return {
      .noun = "access",
      .verb = "close",
      .summary = "Closes the review of a break-glass restoration",
      .details = "The decision is in the log before the item goes.",
      .arguments = {{"ID", "as `access pending` shows it", true}},
      .options = {{.name = "decision",
                   .value = "WORD",
                   .text = "what the review found",
                   .required = true,
                   .one_of = {"justified", "unjustified"}},
                  {.name = "note", .value = "TEXT", .text = "why, in a few words"}},
      .examples = {{"sallyctl access close bg-20261125-1 --decision justified", "it was right"},
                   {"sallyctl access close bg-20261125-2 --decision unjustified --note 'see INC-9'",
                    "it was not"}},
      .run = run_close};
}

}  // namespace

void add_restore_commands(std::vector<Command>& table) {
  table.push_back(restore_command());
  table.push_back(review_command());
  table.push_back(decide_command());
  table.push_back(pending_command());
  table.push_back(close_command());
}

}  // namespace sallyport::cli
