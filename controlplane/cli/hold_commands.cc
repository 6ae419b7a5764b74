// hold add, release, list: legal holds.
#include <fmt/format.h>

#include <chrono>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/bucket_holds.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/time_text.h"
#include "controlplane/cli/vault_answer.h"
#include "controlplane/supervise/credentials/credentials.h"
#include "dataplane/base/time.h"

namespace sallyport::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kHoldPatience{60};

std::string names_of(const json& hold) {
  if (hold.value("damaged", false)) return "everything: it is damaged (docs/vault.md, 6)";
  const size_t subjects = hold["subjects"].size(), exchanges = hold["exchanges"].size();
  if (subjects == 0 && exchanges == 0) return "all of the tenant";
  return fmt::format("{} subject{}, {} exchange{}", subjects, subjects == 1 ? "" : "s", exchanges,
                     exchanges == 1 ? "" : "s");
}

Exit run_add(const Call& call) {
  json request = {{"command", "hold_add"},
                  {"tenant", call.arguments.get("tenant")},
                  {"id", call.arguments.get("name")},
                  {"reason", call.arguments.get("reason")},
                  {"ticket", call.arguments.get("ticket")},
                  {"exchanges", call.arguments.positional}};
  if (call.arguments.has("id") || call.arguments.has("entity") || call.arguments.has("value-file"))
    request["subjects"] = subjects_named(call);
  const uint64_t now = wall_clock_ns();
  if (const auto since = call.arguments.find("since"))
    request["from"] = parse_time(*since, "since", now) / base::kNsPerS;
  if (const auto until = call.arguments.find("until"))
    request["to"] = parse_time(*until, "until", now) / base::kNsPerS;
  json answer = ask_daemon(call.settings, request, kHoldPatience);
  std::string error;
  const supervise::Credentials credentials(call.settings.credentials, call.settings.keys_folder());
  if (!credentials.subject_key(call.arguments.get("tenant"), error))
    call.out.note(
        fmt::format("tenant '{}' has no subject key here: is its name right? The hold "
                    "names nothing else",
                    printable(call.arguments.get("tenant"))));
  answer["bucket"] = hold_bucket(call, true);
  if (call.out.is_json())
    call.out.json("sallyport/hold-add/1", answer);
  else
    call.out.line(fmt::format("hold {} names {}: what it names neither expires nor is erased",
                              answer["hold"]["id"].get<std::string>(), names_of(answer["hold"])));
  return say_bucket(call, answer["bucket"]);
}

// The last hold that is released frees the bucket; until then other holds need it.
json release_bucket(const Call& call) {
  const json left = ask_daemon(call.settings, {{"command", "hold_list"}}, kHoldPatience);
  if (left.at("holds").empty()) return hold_bucket(call, false);
  return {{"snapshots", 0}, {"objects", 0}, {"problems", json::array()}};
}

Exit run_release(const Call& call) {
  json answer = ask_daemon(call.settings,
                           {{"command", "hold_release"},
                            {"id", call.arguments.positional[0]},
                            {"approver", call.arguments.get("approver")},
                            {"reason", call.arguments.get("reason")},
                            {"ticket", call.arguments.get("ticket")}},
                           kHoldPatience);
  answer["bucket"] = release_bucket(call);
  if (call.out.is_json())
    call.out.json("sallyport/hold-release/1", answer);
  else
    call.out.line(fmt::format("released {}; erasures carried out: {}",
                              answer["released"].get<std::string>(),
                              answer["erasures_carried_out"].get<int64_t>()));
  return say_bucket(call, answer["bucket"]);
}

// When the bucket could not be reached, or a snapshot came from elsewhere.
Exit run_bucket(const Call& call) {
  const std::string& word = call.arguments.positional[0];
  if (word != "on" && word != "off")
    throw Failure(Exit::Usage, "bad_arguments", "on or off?", "the word is '" + word + "'",
                  "sallyctl hold bucket --help");
  const json answer = hold_bucket(call, word == "on");
  if (call.out.is_json()) call.out.json("sallyport/hold-bucket/1", answer);
  return say_bucket(call, answer);
}

Exit list_holds(const Call& call) {
  const json answer = ask_daemon(call.settings, {{"command", "hold_list"}}, kHoldPatience);
  if (call.out.is_json()) {
    call.out.json("sallyport/hold-list/1", answer);
    return Exit::Ok;
  }
  std::vector<std::vector<std::string>> rows;
  for (const json& hold : answer["holds"]) {
    rows.push_back({hold["id"], hold["tenant"], names_of(hold), hold["created"],
                    printable(hold["reason"].get<std::string>())});
  }
  call.out.table({"HOLD", "TENANT", "NAMES", "SINCE", "REASON"}, rows);
  rows.clear();
  for (const json& erasure : answer["erasures"])
    rows.push_back({erasure["id"], erasure["tenant"], erasure["kind"], erasure["state"],
                    erasure["asked"].is_null() ? "-" : erasure["asked"].get<std::string>()});
  if (!rows.empty()) call.out.table({"ERASURE", "TENANT", "KIND", "STATE", "ASKED"}, rows);
  return Exit::Ok;
}

}  // namespace

void add_hold_commands(std::vector<Command>& table) {
  table.push_back(
      {.noun = "hold",
       .verb = "add",
       .summary = "Suspends expiry and erasure of what it names: mappings, evidence, the bucket",
       .details = "Of a tenant: a subject (with what it is linked to), exchanges by id, or "
                  "everything. A time span "
                  "bounds the\nrecords. Erasures that meet it are deferred. Snapshots in "
                  "the bucket get S3 legal hold, all of them.",
       .arguments =
           {{.name = "EXCHANGE", .text = "request ids", .required = false, .repeats = true}},
       .options =
           {{.name = "tenant", .value = "T", .text = "whose data", .required = true},
            {.name = "reason", .value = "TEXT", .text = "why; into the log", .required = true},
            {.name = "name", .value = "NAME", .text = "of the hold (else made up)"},
            {.name = "id", .value = "HEX", .text = "a subject"},
            {.name = "entity", .value = "E", .text = "of a value on stdin or in --value-file"},
            {.name = "value-file", .value = "FILE", .text = "the value"},
            {.name = "since", .value = "TIME", .text = "records not before"},
            {.name = "until", .value = "TIME", .text = "records not after"},
            {.name = "ticket", .value = "ID", .text = "into the log"}},
       .examples =
           {{"sallyctl hold add --tenant acme --name case-7 --reason litigation --entity "
             "EMAIL_ADDRESS "
             "< value.txt",
             "one person"},
            {"sallyctl hold add --tenant acme --reason litigation sp_00000000000000000000000001",
             "one exchange"}},
       .run = run_add});
  table.push_back(
      {.noun = "hold",
       .verb = "release",
       .summary = "Ends a hold; erasures that waited for it are carried out",
       .details = "Who releases is not the approver. A hold that is damaged names everything until "
                  "it is released; an erasure\nthat is damaged is dropped, and asked for again.",
       .arguments = {{.name = "HOLD", .text = "as hold list shows it"}},
       .options =
           {{.name = "reason", .value = "TEXT", .text = "why; into the log", .required = true},
            {.name = "approver", .value = "NAME", .text = "who agreed", .required = true},
            {.name = "ticket", .value = "ID", .text = "into the log"}},
       .examples =
           {{"sallyctl hold release case-7 --reason settled --approver counsel", "it is over"},
            {"sallyctl hold release case-7 --reason settled --approver counsel --output json",
             "for a script"}},
       .run = run_release});
  table.push_back(
      {.noun = "hold",
       .verb = "bucket",
       .summary = "Sets or clears S3 legal hold on every snapshot that was sent",
       .details = "hold add and the last hold release do it by themselves; this is for a bucket "
                  "that could not be reached\nthen. Snapshots sent with --legal-hold keep it. Exit "
                  "9: some could not be reached.",
       .arguments = {{.name = "STATE", .text = "on or off"}},
       .options = {},
       .examples = {{"sallyctl hold bucket on", "again, after the network was mended"},
                    {"sallyctl hold bucket off --output json", "no hold is left"}},
       .run = run_bucket});
  table.push_back({.noun = "hold",
                   .verb = "list",
                   .summary = "Holds, and erasures that wait or are under way",
                   .details = "",
                   .arguments = {},
                   .options = {},
                   .examples = {{"sallyctl hold list", "what is in force"},
                                {"sallyctl hold list --output json", "as JSON"}},
                   .run = list_holds});
}

}  // namespace sallyport::cli
