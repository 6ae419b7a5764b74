// subject find, link, export, erase, reredact: what a person may ask for.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/time_text.h"
#include "controlplane/cli/vault_answer.h"
#include "dataplane/base/time.h"

namespace sallyport::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kSearchPatience{120};  // it reads the whole log
constexpr std::chrono::seconds kErasePatience{60};
constexpr size_t kSubjectDigitsShown = 8;  // which of them it was; --output json has all 32

json subject_request(const Call& call, const char* command, bool value_per_line = false) {
  json request = {{"command", command},
                  {"tenant", call.arguments.get("tenant")},
                  {"subjects", subjects_named(call, value_per_line)}};
  for (const char* name : {"reason", "ticket"})
    if (call.arguments.has(name)) request[name] = call.arguments.get(name);
  const uint64_t now = wall_clock_ns();
  if (const auto since = call.arguments.find("since"))
    request["from"] = parse_time(*since, "since", now) / base::kNsPerS;
  if (const auto until = call.arguments.find("until"))
    request["to"] = parse_time(*until, "until", now) / base::kNsPerS;
  return request;
}

void print_appearances(const Call& call, const json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const json& one : answer["appearances"])
    rows.push_back({one["time"], one["request_id"], one["vendor"], one["direction"],
                    printable(one["principal"].get<std::string>()), one["environment"],
                    one["subject"].get<std::string>().substr(0, kSubjectDigitsShown)});
  call.out.table({"TIME", "EXCHANGE", "VENDOR", "DIRECTION", "PRINCIPAL", "ENVIRONMENT", "SUBJECT"},
                 rows);
  rows.clear();
  for (const json& subject : answer["subjects"])
    for (const json& token : subject["tokens"])
      rows.push_back({subject["subject"], token["entity"], token["vendor"], token["last"],
                      token["held"].get<bool>() ? "held" : token["expires"].get<std::string>()});
  if (!rows.empty()) call.out.table({"SUBJECT", "ENTITY", "VENDOR", "LAST SENT", "EXPIRES"}, rows);
  rows.clear();
  for (const json& one : answer.value("erasures", json::array()))
    rows.push_back({one["time"], one["id"], one["action"], one["result"],
                    printable(one["reason"].get<std::string>()),
                    printable(one["ticket"].get<std::string>())});
  if (!rows.empty())
    call.out.table({"TIME", "ERASURE", "STEP", "RESULT", "REASON", "TICKET"}, rows);
  const auto exchanges = answer["exchanges"].get<uint64_t>();
  call.out.note(fmt::format("{} exchange{}", exchanges, exchanges == 1 ? "" : "s"));
  if (const auto more = answer["records_without_all_subjects"].get<uint64_t>(); more > 0)
    call.out.note(
        fmt::format("{} records of this tenant had more subjects than a record names: the "
                    "list may lack some of those",
                    more));
  if (const auto pruned = answer["records_pruned"].get<uint64_t>(); pruned > 0)
    call.out.note(fmt::format("{} records are gone by retention", pruned));
}

Exit run_find(const Call& call) {
  const json answer =
      ask_daemon(call.settings, subject_request(call, "subject_find"), kSearchPatience);
  if (call.out.is_json())
    call.out.json("sallyport/subject-find/1", answer);
  else
    print_appearances(call, answer);
  const json& subjects = answer["subjects"];
  const bool has_tokens = std::any_of(subjects.begin(), subjects.end(),
                                      [](const json& one) { return !one["tokens"].empty(); });
  return answer["exchanges"] == 0 && !has_tokens ? Exit::NotFound : Exit::Ok;
}

Exit run_link(const Call& call) {
  json request = subject_request(call, "subject_link", true);
  for (const std::string& more : call.arguments.positional) request["subjects"].push_back(more);
  const json answer = ask_daemon(call.settings, request, kErasePatience);
  if (call.out.is_json())
    call.out.json("sallyport/subject-link/1", answer);
  else
    call.out.line(fmt::format("{} values are one subject now", answer["linked"].get<uint64_t>()));
  return Exit::Ok;
}

Exit run_export(const Call& call) {
  refuse_unwritable(call.arguments.get("out"));
  json answer = ask_daemon(call.settings, subject_request(call, "subject_export"), kSearchPatience);
  answer["schema"] = "sallyport/subject-export/1";
  const std::string file = call.arguments.get("out");
  write_new(file, answer.dump(2) + "\n", true);
  if (call.out.is_json())
    call.out.json("sallyport/subject-export/1",
                  {{"file", file}, {"exchanges", answer["exchanges"]}});
  else
    call.out.line(fmt::format("wrote {}: {} exchanges, no values (sallyctl restore gives those)",
                              file, answer["exchanges"].get<uint64_t>()));
  return Exit::Ok;
}

Exit erase(const Call& call, const char* command, const char* schema) {
  const json answer = ask_daemon(call.settings, subject_request(call, command), kErasePatience);
  const std::string state = answer.value("state", "");
  if (call.out.is_json()) {
    call.out.json(schema, answer);
    return state == "deferred" ? Exit::Partial : Exit::Ok;
  }
  if (const auto epoch = answer.find("subject_epoch"); epoch != answer.end() && epoch->is_number())
    call.out.line(fmt::format("its values get other tokens from now on (epoch {} of its own)",
                              epoch->get<uint32_t>()));
  if (const auto epoch = answer.find("token_epoch"); epoch != answer.end() && epoch->is_string())
    call.out.line(
        "too many subjects have an epoch of their own: the tenant's token key is in epoch " +
        epoch->get<std::string>() + " now, all its values get other tokens");
  if (const std::string problem = answer.value("epoch_problem", ""); !problem.empty())
    call.out.line("NO other tokens: " + problem);
  if (state == "deferred") {
    call.out.line(fmt::format("{}: deferred: {} (sallyctl hold list)",
                              answer["id"].get<std::string>(),
                              answer["message"].get<std::string>()));
    return Exit::Partial;
  }
  call.out.line(fmt::format(
      "{}: {} data keys destroyed, {} mappings removed", answer["id"].get<std::string>(),
      answer["keys_destroyed"].get<uint64_t>(), answer["tokens_removed"].get<uint64_t>()));
  if (answer["keys_destroyed"] == 0 && answer["tokens_removed"] == 0)
    call.out.note(
        "the vault had nothing of this subject: are tenant, --entity and the value what records "
        "show? (sallyctl subject find)");
  if (state == "completed")
    call.out.line("what rings still hold cannot be opened any more; the log says completed");
  else
    call.out.line(
        "what rings still hold follows, once no worker uses the former key: hold list shows it");
  return Exit::Ok;
}

Exit run_erase(const Call& call) {
  return erase(call, "subject_erase", "sallyport/subject-erase/1");
}
Exit run_reredact(const Call& call) {
  return erase(call, "subject_reredact", "sallyport/subject-reredact/1");
}

std::vector<OptionSpec> naming() {
  return {
      {.name = "tenant", .value = "T", .text = "whose data it is", .required = true},
      {.name = "entity", .value = "E", .text = "what the value is (EMAIL_ADDRESS)"},
      {.name = "value-file",
       .value = "FILE",
       .text = "the value (else stdin); never on the command line"},
      {.name = "id", .value = "HEX", .text = "the subject as records show it, in place of a value"},
      {.name = "ticket", .value = "ID", .text = "of the request; into the log"}};
}

std::vector<OptionSpec> with(std::vector<OptionSpec> options, std::vector<OptionSpec> more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

const OptionSpec kSince{.name = "since", .value = "TIME", .text = "not before"};
const OptionSpec kUntil{.name = "until", .value = "TIME", .text = "not after"};
const OptionSpec kReason{
    .name = "reason", .value = "TEXT", .text = "why; into the log", .required = true};
void add_erasures(std::vector<Command>& table) {
  table.push_back(
      {.noun = "subject",
       .verb = "erase",
       .summary = "Destroys the subject's data key: its mappings are unreadable in every file from "
                  "then on",
       .details =
           "Linked values go too. A DSR record before and after; a third one (completed) "
           "when the key is "
           "gone that could\nopen what rings still hold. Under a hold it is deferred (exit 9) and "
           "carried out on "
           "release. What erasure cannot do:\ndocs/vault.md section 5.",
       .arguments = {},
       .options = with(naming(), {kReason}),
       .examples =
           {{"sallyctl subject erase --tenant acme --entity EMAIL_ADDRESS --reason gdpr-17 "
             "--ticket "
             "DSR-7 < value.txt",
             "a person asked"},
            {"sallyctl subject erase --tenant acme --id 0123456789abcdef0123456789abcdef --reason "
             "gdpr-17 --output json",
             "for a script"}},
       .run = run_erase});
  table.push_back({.noun = "subject",
                   .verb = "reredact",
                   .summary = "What is out cannot be restored any more, by anybody, from now on",
                   .details =
                       "As erase, and recorded as such: the vendor keeps tokens that stand "
                       "for nothing. The subject\nbegins a token epoch of its own, so that its "
                       "values get other tokens (docs/vault.md section 4).",
                   .arguments = {},
                   .options = with(naming(), {kReason}),
                   .examples = {{"sallyctl subject reredact --tenant acme --entity EMAIL_ADDRESS "
                                 "--reason leak-3 < value.txt",
                                 "after a leak"},
                                {"sallyctl subject reredact --tenant acme --id "
                                 "0123456789abcdef0123456789abcdef --reason "
                                 "leak-3 --output json",
                                 "for a script"}},
                   .run = run_reredact});
}

}  // namespace

void add_subject_commands(std::vector<Command>& table) {
  table.push_back(
      {.noun = "subject",
       .verb = "find",
       .summary = "Where a person's value went: exchange, vendor, time, entity",
       .details = "The value is read from stdin or --value-file and stays in this process: the "
                  "daemon sees its "
                  "pseudonym.\nExit 4 when nothing is known of it. Each question is a DSR record.",
       .arguments = {},
       .options = with(naming(), {kSince, kUntil}),
       .examples =
           {{"sallyctl subject find --tenant acme --entity EMAIL_ADDRESS < value.txt",
             "by its value"},
            {"sallyctl subject find --tenant acme --id 0123456789abcdef0123456789abcdef --since 7d",
             "by its pseudonym"}},
       .run = run_find});
  table.push_back(
      {.noun = "subject",
       .verb = "link",
       .summary =
           "Says that several values are one person: they are found, held and erased together",
       .details =
           "Values come from stdin or --value-file: each line is one of --entity, or without "
           "it ENTITY=value.\nWhat was linked to one of them before is linked to all.",
       .arguments = {{.name = "HEX", .text = "more subjects", .required = false, .repeats = true}},
       .options = naming(),
       .examples =
           {{"sallyctl subject link --tenant acme --id 0123456789abcdef0123456789abcdef,"
             "fedcba9876543210fedcba9876543210",
             "two pseudonyms"},
            {"sallyctl subject link --tenant acme --value-file person.txt --ticket DSR-7",
             "values of several kinds: EMAIL_ADDRESS=..., PHONE_NUMBER=..., a line each"},
            {"sallyctl subject link --tenant acme --entity PHONE_NUMBER --value-file phone.txt "
             "0123456789abcdef0123456789abcdef",
             "a value and a pseudonym"}},
       .run = run_link});
  table.push_back(
      {.noun = "subject",
       .verb = "export",
       .summary = "All that is known of a subject as one JSON file, without values",
       .details = "Values come from sallyctl restore, by its rules and with its evidence.",
       .arguments = {},
       .options = with(naming(),
                       {kSince,
                        kUntil,
                        {.name = "out", .value = "FILE", .text = "a new file", .required = true}}),
       .examples =
           {{"sallyctl subject export --tenant acme --entity EMAIL_ADDRESS --out dsr-7.json < "
             "value.txt",
             "for the answer"},
            {"sallyctl subject export --tenant acme --id 0123456789abcdef0123456789abcdef --out "
             "dsr-7.json --output json",
             "for a script"}},
       .run = run_export});
  add_erasures(table);
}

}  // namespace sallyport::cli
