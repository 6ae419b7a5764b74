// evidence list | show | query | tail: the log, read beside its writer.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "controlplane/cli/commands.h"
#include "controlplane/cli/evidence_reading.h"
#include "controlplane/cli/time_text.h"

namespace sallyport::cli {
namespace {

namespace log = evidence_log;
using nlohmann::json;

constexpr uint64_t kRowsDefault = 100;
constexpr uint64_t kTailRowsDefault = 10;
constexpr useconds_t kFollowWaitUs = 250'000;  // between two looks at the log

std::string cell(const json& row, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = row.find(name);
    if (found == row.end() || found->is_null()) continue;
    if (found->is_string() && !found->get<std::string>().empty()) return found->get<std::string>();
    if (found->is_number()) return found->dump();
  }
  return "-";
}

const std::vector<std::string> kHead{"TIME",      "KIND",   "WHAT",  "REQUEST", "TENANT",
                                     "PRINCIPAL", "VENDOR", "MODEL", "HTTP",    "REASON"};

std::vector<std::string> cells_of(const json& row) {
  return {cell(row, {"time"}),
          cell(row, {"evidence"}),
          cell(row, {"outcome", "code", "kind"}),
          cell(row, {"request_id", "object"}),
          cell(row, {"tenant"}),
          cell(row, {"principal", "actor"}),
          cell(row, {"vendor"}),
          cell(row, {"model"}),
          cell(row, {"http_status"}),
          cell(row, {"reason_code", "reason", "detail", "cipher"})};
}

Exit list_records(const Call& call) {
  log::ListFilter filter = filter_of(call, call.arguments.number("limit", kRowsDefault));
  filter.before = call.arguments.number("before", log::kNoIndex);
  const auto reader = open_evidence_log(call);
  const json rows = log::list(reader, filter);
  const bool more = filter.limit != 0 && rows.size() >= filter.limit;
  const json next = more ? rows.back().at("index") : json();
  if (call.out.is_json()) {
    call.out.json("sallyport/evidence-list/1",
                  {{"exchanges", rows}, {"log_size", reader.size()}, {"next", next}});
    return Exit::Ok;
  }
  std::vector<std::vector<std::string>> cells;
  for (const json& row : rows) cells.push_back(cells_of(row));
  call.out.table(kHead, cells);
  if (more)
    call.out.note(
        fmt::format("the newest {}; the next ones with --before {}, or --limit N (0: all)",
                    filter.limit, next.dump()));
  return Exit::Ok;
}

Exit run_query(const Call& call) {
  const log::ListFilter filter = filter_of(call, call.arguments.number("limit", kRowsDefault));
  const auto reader = open_evidence_log(call);
  // The last number there is has nothing behind it.
  const uint64_t after = call.arguments.number("after", 0);
  const uint64_t from = call.arguments.has("after") ? after + (after != log::kNoIndex ? 1 : 0) : 0;
  json rows = json::array();
  json next;
  log::each_record(reader, filter, from, reader.size(), [&](json&& row) {
    rows.push_back(std::move(row));
    const bool full = filter.limit != 0 && rows.size() >= filter.limit;
    if (full) next = rows.back().at("index");
    return !full;
  });
  if (call.out.is_json()) {
    call.out.json("sallyport/evidence-query/1",
                  {{"records", rows}, {"log_size", reader.size()}, {"next", next}});
    return Exit::Ok;
  }
  std::vector<std::vector<std::string>> cells;
  for (const json& row : rows) {
    cells.push_back(cells_of(row));
    cells.back().insert(cells.back().begin(), row.at("index").dump());
  }
  std::vector<std::string> head = kHead;
  head.insert(head.begin(), "INDEX");
  call.out.table(head, cells);
  if (!next.is_null())
    call.out.note(fmt::format("the oldest {}; the next ones with --after {}, or --limit N (0: all)",
                              filter.limit, next.dump()));
  return Exit::Ok;
}

void tail_line(const Call& call, const json& row) {
  if (call.out.is_json()) {
    call.out.line(row.dump(-1, ' ', false, json::error_handler_t::replace));
    return;
  }
  std::string text = row.at("index").dump();
  for (const std::string& one : cells_of(row))
    if (one != "-") text += "  " + printable(one);
  call.out.line(text);
}

Exit run_tail(const Call& call) {
  const log::ListFilter filter = filter_of(call, 0);
  const auto reader = open_evidence_log(call);
  uint64_t seen = reader.size();
  const uint64_t wanted = std::min(call.arguments.number("lines", kTailRowsDefault), seen);
  std::vector<json> last;
  // A filter may skip much: the window grows until it holds enough, or all.
  for (uint64_t window = std::max<uint64_t>(wanted, 1) * 8; wanted > 0; window *= 8) {
    last.clear();
    const uint64_t from = seen > window ? seen - window : 0;
    log::each_record(reader, filter, from, seen, [&](json&& row) {
      last.push_back(std::move(row));
      return true;
    });
    if (last.size() >= wanted || from == 0) break;
  }
  const size_t skip = last.size() > wanted ? last.size() - wanted : 0;
  for (size_t i = skip; i < last.size(); ++i) tail_line(call, last[i]);
  if (!call.out.flush()) return Exit::Failed;
  while (call.arguments.has("follow")) {
    usleep(kFollowWaitUs);
    const uint64_t size = reader.size();
    log::each_record(reader, filter, seen, size, [&](json&& row) {
      tail_line(call, row);
      return true;
    });
    seen = size;
    if (!call.out.flush()) return Exit::Failed;
  }
  return Exit::Ok;
}

Exit run_show(const Call& call) {
  const auto reader = open_evidence_log(call);
  const std::string& id = call.arguments.positional[0];
  json shown;
  if (!id.empty() && id.find_first_not_of("0123456789") == std::string::npos && id.size() < 19) {
    const uint64_t index = std::stoull(id);
    const auto record = reader.record(index);
    if (record && !record->empty()) shown = log::record_json(index, *record);
  } else {
    shown = log::show(reader, id);
  }
  if (shown.is_null())
    throw Failure(
        Exit::NotFound, "unknown_request", fmt::format("no record of request '{}'", printable(id)),
        "the log has no such request id or index", "sallyctl evidence list shows those it has");
  if (shown.contains("schema")) {  // of the record; the document has its own
    shown["record_schema"] = shown["schema"];
    shown.erase("schema");
  }
  if (call.out.is_json())
    call.out.json("sallyport/evidence-show/1", shown);
  else
    print_tree(shown, "", call.out);
  return Exit::Ok;
}

Command with_filter(Command command) {
  auto options = filter_options();
  command.options.insert(command.options.begin(), options.begin(), options.end());
  return command;
}

Command list_command() {
  return with_filter(
      {.noun = "evidence",
       .verb = "list",
       .summary = "Exchanges, refusals and what the control plane did, newest first",
       .details = "An exchange is one row: its admitted and its completed (or interrupted) "
                  "record together.\nJSON has `next`: the --before of the next page, null at the "
                  "end.",
       .arguments = {},
       .options = {{.name = "limit", .value = "N", .text = "at most so many (100; 0: all)"},
                   {.name = "before", .value = "INDEX", .text = "only what is older: a page"}},
       .examples = {{"sallyctl evidence list --since 24h --outcome blocked", "what was refused"},
                    {"sallyctl evidence list --kind ADM,POL,KEY --since 7d", "what operators did"},
                    {"sallyctl evidence list --kind tls_connection --vendor openai --since 24h",
                     "whom we talked to, and how"},
                    {"sallyctl evidence list --tenant acme --limit 0 --output json",
                     "everything of a tenant, for a script"}},
       .run = list_records});
}

Command query_command() {
  return with_filter(
      {.noun = "evidence",
       .verb = "query",
       .summary = "Single records as they stand in the log, oldest first",
       .details = "A verdict counts as of its request's tenant, principal and vendor.\nJSON has "
                  "`next`: the --after of the next page, null at the end.",
       .arguments = {},
       .options = {{.name = "limit", .value = "N", .text = "at most so many (100; 0: all)"},
                   {.name = "after", .value = "INDEX", .text = "only what is newer: a page"}},
       .examples = {{"sallyctl evidence query --kind RST --since 7d", "who asked for values back"},
                    {"sallyctl evidence query --entity US_SSN --action block --limit 0 --output "
                     "json",
                     "every record in which one was blocked"}},
       .run = run_query});
}

Command tail_command() {
  return with_filter(
      {.noun = "evidence",
       .verb = "tail",
       .summary = "The newest records, and with --follow those that come",
       .details = "With --output json one record per line. --follow ends with Ctrl-C.",
       .arguments = {},
       .options =
           {{.name = "lines", .value = "N", .text = "how many to begin with (10)", .letter = 'n'},
            {.name = "follow", .value = "", .text = "go on with what is recorded", .letter = 'f'}},
       .examples = {{"sallyctl evidence tail --follow", "watch the appliance work"},
                    {"sallyctl evidence tail -n 0 -f --kind EGR --output json",
                     "feed refusals to a script"}},
       .run = run_tail});
}

}  // namespace

void add_evidence_commands(std::vector<Command>& table) {
  table.push_back(list_command());
  table.push_back(
      {.noun = "evidence",
       .verb = "show",
       .summary = "All records of one request, with the proof that the log holds them",
       .details = "A number is the index of a record: that record alone.",
       .arguments = {{"ID",
                      "request id, as the caller got it in x-sallyport-request-id; or INDEX"}},
       .options = {},
       .examples = {{"sallyctl evidence show sp_4M3RJ6C0Q2WH1T00080000002A", "for a person"},
                    {"sallyctl evidence show sp_4M3RJ6C0Q2WH1T00080000002A --output json",
                     "with the inclusion proof"}},
       .run = run_show});
  table.push_back(tail_command());
  table.push_back(query_command());
  add_evidence_populations(table);
  add_evidence_proofs(table);
  add_evidence_exports(table);
  add_evidence_keys(table);
}

}  // namespace sallyport::cli
