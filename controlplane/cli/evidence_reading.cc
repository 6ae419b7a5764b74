#include "controlplane/cli/evidence_reading.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/program_version.h"
#include "controlplane/cli/time_text.h"
#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/query/criteria.h"
#include "dataplane/contract/request_id.h"

namespace sallyport::cli {
namespace {

namespace log = evidence_log;

constexpr uint64_t kProgressNs = 10'000'000'000;
constexpr std::chrono::seconds kRecordPatience{6};  // the daemon itself gives up after five

std::string own_key(const Call& call) {
  std::ifstream file(call.settings.keys_folder() / "evidence.key.vkey");
  std::string text;
  if (file) std::getline(file, text);
  return text;
}

}  // namespace

log::LogReader open_evidence_log(const Call& call) {
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

std::string read_text_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw Failure(Exit::NotFound, "no_file", fmt::format("{} cannot be read", path.string()),
                  "it does not exist, or is not for this user", "look at the path");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::string> trusted_key(const Call& call) {
  if (const auto given = call.arguments.find("vkey")) {
    if (log::VerifierKey::parse(*given)) return *given;
    std::string text = read_text_file(*given);
    text.erase(text.find_last_not_of(" \r\n") + 1);
    if (!log::VerifierKey::parse(text))
      throw Failure(Exit::Usage, "bad_key", "that is no verifier key", *given,
                    "wanted: NAME+ID+BASE64, or a file that holds it (evidence.key.vkey)");
    return text;
  }
  const std::string path = (call.settings.keys_folder() / "evidence.key.vkey").string();
  const std::string text = own_key(call);
  if (text.empty()) {
    call.out.note("signatures are not judged: no --vkey, and no readable " + path);
    return std::nullopt;
  }
  call.out.note(
      fmt::format("signatures are judged by {} of this machine; an auditor brings a key "
                  "from elsewhere (--vkey)",
                  path));
  return text;
}

std::string export_key(const Call& call) {
  const std::string text = call.arguments.has("vkey") ? *trusted_key(call) : own_key(call);
  if (text.empty())
    throw Failure(Exit::NotFound, "no_key", "the log's public key is not there",
                  (call.settings.keys_folder() / "evidence.key.vkey").string() + " cannot be read",
                  "give it with --vkey");
  return text;
}

std::vector<OptionSpec> filter_options() {
  return {
      {.name = "kind",
       .value = "K",
       .text = "REQ EGR TLS RST ADM POL TST CFG ACC KEY RET DSR CHK, or a record kind; "
               "several with commas"},
      {.name = "tenant", .value = "T", .text = "only of this tenant"},
      {.name = "principal", .value = "P", .text = "only of this principal"},
      {.name = "vendor", .value = "V", .text = "only to this vendor"},
      {.name = "outcome", .value = "O", .text = "only with this outcome"},
      {.name = "entity", .value = "E", .text = "only where this entity was detected or restored"},
      {.name = "action",
       .value = "A",
       .text = "only with this action on a detection, or this action of the control plane"},
      {.name = "request", .value = "ID", .text = "only of this request"},
      {.name = "since", .value = "TIME", .text = "RFC 3339, a date, or 24h, 7d"},
      {.name = "until", .value = "TIME", .text = "as --since"}};
}

// A word that fits no record would be an empty answer, which looks like "there was nothing".
void check_kinds(std::string_view list) {
  std::string known{log::kEvidenceCodes};
  for (uint64_t kind = 1; kind <= contract::kRecordKindLast; ++kind)
    known += "," + log::kind_name(kind);
  known += ",exchange";
  if (!list.empty() && list.find_first_not_of(',') == std::string_view::npos)
    throw Failure(Exit::Usage, "bad_value", "--kind names no kind of record",
                  "the kinds are " + known, "one of these words, or several with commas");
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view word = list.substr(0, comma);
    if (!word.empty() && !log::list_has(known, word))
      throw Failure(Exit::Usage, "bad_value",
                    fmt::format("--kind '{}' is no kind of record", printable(std::string(word))),
                    "the kinds are " + known, "one of these words, or several with commas");
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

void check_outcome(std::string_view outcome) {
  const auto& names = log::kOutcomeNames;
  if (outcome.empty() || outcome == log::kOpenOutcome ||
      std::find(names.begin(), names.end(), outcome) != names.end())
    return;
  throw Failure(
      Exit::Usage, "bad_value",
      fmt::format("--outcome '{}' is no outcome of an exchange", printable(std::string(outcome))),
      fmt::format("the outcomes are {}, {}", fmt::join(names, ", "), log::kOpenOutcome),
      "one of these words");
}

log::ListFilter filter_of(const Call& call, size_t limit) {
  const uint64_t now = wall_clock_ns();
  log::ListFilter filter;
  filter.tenant = call.arguments.get("tenant");
  filter.principal = call.arguments.get("principal");
  filter.vendor = call.arguments.get("vendor");
  filter.outcome = call.arguments.get("outcome");
  check_outcome(filter.outcome);
  filter.kind = call.arguments.get("kind");
  check_kinds(filter.kind);
  filter.entity = call.arguments.get("entity");
  filter.action = call.arguments.get("action");
  filter.request_id = call.arguments.get("request");
  if (!filter.request_id.empty() && !contract::parse_request_id(filter.request_id))
    throw Failure(Exit::Usage, "bad_value",
                  fmt::format("--request '{}' is no request id", printable(filter.request_id)),
                  "it is sp_ and 26 characters, as x-sallyport-request-id of the answer has it",
                  "sallyctl evidence list shows them");
  if (const auto text = call.arguments.find("since"))
    filter.from_wall_ns = parse_time(*text, "since", now);
  if (const auto text = call.arguments.find("until"))
    filter.to_wall_ns = parse_time(*text, "until", now);
  filter.limit = limit;
  return filter;
}

std::string operator_name() { return fmt::format("{} (uid {})", actor_name(), getuid()); }

std::string software_name() { return fmt::format("sallyctl {}", program_version()); }

nlohmann::json record_pull(const Call& call, const std::string& action, nlohmann::json fields) {
  fields["command"] = "evidence_note";
  fields["action"] = action;
  try {
    ask_daemon(call.settings, std::move(fields), kRecordPatience);
    return {{"ok", true}, {"action", action}};
  } catch (const Failure& failure) {
    call.out.note(fmt::format("this is not in the evidence log: {}", failure.message));
    return {{"ok", false}, {"why", failure.message}};
  }
}

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

void ProgressLine::operator()(uint64_t done, uint64_t all) {
  const uint64_t now = wall_clock_ns();
  if (next_ns_ == 0) next_ns_ = now + kProgressNs;
  if (now < next_ns_) return;
  next_ns_ = now + kProgressNs;
  out_.note(fmt::format("{} of {} {} ({} %)", done, all, what_, all == 0 ? 100 : done * 100 / all));
}

}  // namespace sallyport::cli
