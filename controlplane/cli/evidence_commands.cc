// evidence list | show | verify | export: the log, read beside its writer.
#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "controlplane/cli/commands.h"
#include "controlplane/cli/time_text.h"
#include "controlplane/evidence/checkpoint.h"
#include "controlplane/evidence/query.h"

namespace sallyport::cli {
namespace {

namespace log = evidence_log;

log::LogReader open_log(const Call& call) {
  const auto folder = call.settings.evidence_folder();
  struct stat status {};
  if (stat((folder / "data.mdb").c_str(), &status) != 0) {
    if (errno == EACCES)
      throw Failure(Exit::Denied, "denied", "the evidence log is not for this user",
                    folder.string() + ": permission denied",
                    "run sallyctl as root or as the user of sallyportd");
    throw Failure(Exit::NotFound, "no_log", "there is no evidence log",
                  fmt::format("{} holds no data.mdb", folder.string()),
                  "name the state folder with --state-dir; sallyportd makes the log at its start");
  }
  try {
    return log::LogReader::open(folder);
  } catch (const log::StoreError& error) {
    const bool denied = error.code() == EACCES || error.code() == EPERM;
    throw Failure(denied ? Exit::Denied : Exit::Failed, denied ? "denied" : "log_unreadable",
                  "the evidence log cannot be opened", error.what(),
                  denied ? "run sallyctl as root or as the user of sallyportd"
                         : "sallyctl doctor looks at the disk");
  }
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw Failure(Exit::NotFound, "no_file", fmt::format("{} cannot be read", path.string()),
                  "it does not exist, or is not for this user", "look at the path");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string cell(const nlohmann::json& row, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = row.find(name);
    if (found == row.end() || found->is_null()) continue;
    if (found->is_string() && !found->get<std::string>().empty()) return found->get<std::string>();
    if (found->is_number()) return found->dump();
  }
  return "-";
}

Exit run_list(const Call& call) {
  const uint64_t now = wall_clock_ns();
  log::ListFilter filter;
  filter.tenant = call.arguments.get("tenant");
  filter.principal = call.arguments.get("principal");
  filter.vendor = call.arguments.get("vendor");
  filter.outcome = call.arguments.get("outcome");
  filter.kind = call.arguments.get("kind");
  if (const auto text = call.arguments.find("since"))
    filter.from_wall_ns = parse_time(*text, "since", now);
  if (const auto text = call.arguments.find("until"))
    filter.to_wall_ns = parse_time(*text, "until", now);
  filter.limit = call.arguments.number("limit", 100);
  const auto reader = open_log(call);
  const nlohmann::json rows = log::list(reader, filter);
  if (call.out.is_json()) {
    call.out.json("sallyport/evidence-list/1", {{"exchanges", rows}, {"log_size", reader.size()}});
    return Exit::Ok;
  }
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows)
    cells.push_back({cell(row, {"time"}), cell(row, {"outcome", "code", "kind"}),
                     cell(row, {"request_id"}), cell(row, {"tenant"}), cell(row, {"principal"}),
                     cell(row, {"vendor"}), cell(row, {"model"}), cell(row, {"http_status"}),
                     cell(row, {"reason_code", "detail"})});
  call.out.table(
      {"TIME", "OUTCOME", "REQUEST", "TENANT", "PRINCIPAL", "VENDOR", "MODEL", "HTTP", "REASON"},
      cells);
  if (filter.limit != 0 && rows.size() >= filter.limit)
    call.out.note(fmt::format("the newest {}; more with --limit N (0: all)", filter.limit));
  return Exit::Ok;
}

// Indented names and values; a list of objects is one line per object.
void print_tree(const nlohmann::json& value, const std::string& indent, Output& out) {
  for (const auto& [name, inner] : value.items()) {
    if (inner.is_object() && !inner.empty()) {
      out.line(fmt::format("{}{}", indent, name));
      print_tree(inner, indent + "  ", out);
    } else if (inner.is_array() && !inner.empty() && inner[0].is_object()) {
      out.line(fmt::format("{}{}", indent, name));
      for (const auto& row : inner) {
        std::string text;
        for (const auto& [key, field] : row.items())
          text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key,
                              field.is_string() ? field.get<std::string>() : field.dump());
        out.line(indent + "  " + printable(text));
      }
    } else if (!inner.is_null()) {
      const std::string text = inner.is_string() ? inner.get<std::string>() : inner.dump();
      out.line(fmt::format("{}{:<20} {}", indent, name, printable(text)));
    }
  }
}

Exit run_show(const Call& call) {
  const auto reader = open_log(call);
  const std::string& id = call.arguments.positional[0];
  const nlohmann::json shown = log::show(reader, id);
  if (shown.is_null())
    throw Failure(Exit::NotFound, "unknown_request",
                  fmt::format("no record of request '{}'", printable(id)),
                  "the log has no such request id", "sallyctl evidence list shows those it has");
  if (call.out.is_json())
    call.out.json("sallyport/evidence-show/1", shown);
  else
    print_tree(shown, "", call.out);
  return Exit::Ok;
}

// The key to judge signatures by: what the operator trusts, else what lies on this machine.
std::optional<std::string> trusted_key(const Call& call) {
  if (const auto given = call.arguments.find("vkey")) {
    if (log::VerifierKey::parse(*given)) return *given;
    std::string text = read_file(*given);
    text.erase(text.find_last_not_of(" \r\n") + 1);
    if (!log::VerifierKey::parse(text))
      throw Failure(Exit::Usage, "bad_key", "that is no verifier key", *given,
                    "wanted: NAME+ID+BASE64, or a file that holds it (evidence.key.vkey)");
    return text;
  }
  const auto path = call.settings.keys_folder() / "evidence.key.vkey";
  std::ifstream file(path);
  std::string text;
  if (!file || !std::getline(file, text)) {
    call.out.note("signatures are not judged: no --vkey, and no readable " + path.string());
    return std::nullopt;
  }
  call.out.note(
      fmt::format("signatures are judged by {} of this machine; an auditor brings a key "
                  "from elsewhere (--vkey)",
                  path.string()));
  return text;
}

Exit run_verify(const Call& call) {
  log::VerifyOptions options;
  options.vkey = trusted_key(call);
  if (const auto file = call.arguments.find("since-checkpoint"))
    options.known_checkpoint = read_file(*file);
  const auto reader = open_log(call);
  const log::VerifyReport report = log::verify(reader, options);
  if (call.out.is_json()) {
    call.out.json("sallyport/evidence-verify/1", report.json());
    return report.ok ? Exit::Ok : Exit::No;
  }
  call.out.fields({{"records", std::to_string(report.records)},
                   {"exchanges", std::to_string(report.exchanges)},
                   {"open", std::to_string(report.open)},
                   {"interrupted", std::to_string(report.interrupted)},
                   {"gaps", std::to_string(report.gaps)},
                   {"checkpoints", std::to_string(report.checkpoints)},
                   {"after checkpoint", std::to_string(report.after_checkpoint)},
                   {"signatures", report.signatures_checked ? "checked" : "not judged"},
                   {"root", report.root}});
  for (const auto& problem : report.problems) call.out.line("problem: " + printable(problem));
  call.out.line(report.ok ? "evidence verify: OK" : "evidence verify: FAILED");
  return report.ok ? Exit::Ok : Exit::No;
}

Exit run_export(const Call& call) {
  const auto reader = open_log(call);
  const auto key_file = call.settings.keys_folder() / "evidence.key.vkey";
  std::string vkey = call.arguments.has("vkey") ? *trusted_key(call) : read_file(key_file);
  vkey.erase(vkey.find_last_not_of(" \r\n") + 1);
  const std::filesystem::path folder = call.arguments.positional[0];
  if (std::filesystem::exists(folder) && !std::filesystem::is_empty(folder))
    throw Failure(Exit::Conflict, "not_empty", fmt::format("{} is not empty", folder.string()),
                  "an export does not mix with other files", "name a new folder");
  const nlohmann::json manifest = log::export_plain(reader, vkey, folder);
  if (call.out.is_json())
    call.out.json("sallyport/evidence-export/1",
                  {{"folder", folder.string()}, {"manifest", manifest}});
  else
    call.out.line(fmt::format("exported to {}; HOWTO.txt there says how to check it without us",
                              folder.string()));
  return Exit::Ok;
}

Command list_command() {
  return {.noun = "evidence",
          .verb = "list",
          .summary = "Exchanges, refusals and notes, newest first",
          .details =
              "An exchange is one row: its admitted and its completed (or interrupted) "
              "record together.",
          .arguments = {},
          .options = {{.name = "tenant", .value = "T", .text = "only of this tenant"},
                      {.name = "principal", .value = "P", .text = "only of this principal"},
                      {.name = "vendor", .value = "V", .text = "only to this vendor"},
                      {.name = "outcome", .value = "O", .text = "only with this outcome"},
                      {.name = "kind", .value = "K", .text = "only records of this kind"},
                      {.name = "since", .value = "TIME", .text = "RFC 3339, a date, or 24h, 7d"},
                      {.name = "until", .value = "TIME", .text = "as --since"},
                      {.name = "limit", .value = "N", .text = "at most so many (100; 0: all)"}},
          .examples = {{"sallyctl evidence list --since 24h --outcome blocked", "what was refused"},
                       {"sallyctl evidence list --tenant acme --limit 0 --output json",
                        "everything of a tenant, for a script"}},
          .run = run_list};
}

}  // namespace

void add_evidence_commands(std::vector<Command>& table) {
  table.push_back(list_command());
  table.push_back(
      {.noun = "evidence",
       .verb = "show",
       .summary = "All records of one request, with the proof that the log holds them",
       .details = "",
       .arguments = {{"ID", "request id, as the caller got it in x-sallyport-request-id"}},
       .options = {},
       .examples = {{"sallyctl evidence show sp_4M3RJ6C0Q2WH1T00080000002A", "for a person"},
                    {"sallyctl evidence show sp_4M3RJ6C0Q2WH1T00080000002A --output json",
                     "with the inclusion proof"}},
       .run = run_show});
  table.push_back(
      {.noun = "evidence",
       .verb = "verify",
       .summary = "Proves the log: hashes, tree, signatures, sequences, one verdict per exchange",
       .details =
           "Prints `evidence verify: OK` (exit 0) or `evidence verify: FAILED` (exit 3) with "
           "what is wrong.\nWithout --vkey the key beside the log is used and named: that "
           "proves consistency, not origin.",
       .arguments = {},
       .options = {{.name = "vkey",
                    .value = "KEY",
                    .text = "trusted verifier key, or a file that holds it"},
                   {.name = "since-checkpoint",
                    .value = "FILE",
                    .text = "an older signed checkpoint; the log must extend it"}},
       .examples = {{"sallyctl evidence verify", "on the appliance"},
                    {"sallyctl evidence verify --vkey audit.vkey --since-checkpoint q2.checkpoint",
                     "with what an auditor kept"}},
       .run = run_verify});
  table.push_back(
      {.noun = "evidence",
       .verb = "export",
       .summary = "Writes the log as plain files that anybody can check without Sallyport",
       .details = "",
       .arguments = {{"DIR", "a new or empty folder"}},
       .options = {{.name = "vkey", .value = "KEY", .text = "verifier key to put beside it"}},
       .examples = {{"sallyctl evidence export /var/tmp/audit", "HOWTO.txt there explains"},
                    {"sallyctl evidence export /media/usb/log --output json",
                     "prints the manifest"}},
       .run = run_export});
}

}  // namespace sallyport::cli
