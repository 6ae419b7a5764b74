// evidence population | sample: lists that an auditor may rely on (compliance: count, hash, query,
// checkpoint), and samples that nobody picked.
#include <fmt/format.h>

#include <array>
#include <fstream>

#include "controlplane/cli/commands.h"
#include "controlplane/cli/evidence_reading.h"
#include "controlplane/cli/time_text.h"
#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/query/criteria.h"
#include "controlplane/evidence/query/population.h"
#include "controlplane/evidence/query/proof.h"
#include "dataplane/base/time.h"

namespace sallyport::cli {
namespace {

namespace log = evidence_log;
using nlohmann::json;

// Names of options that say which occurrences; in this order in the query text.
constexpr std::array kParameters{"control", "kind",    "tenant", "principal",
                                 "vendor",  "outcome", "entity", "action"};

struct Asked {
  json parameters = json::object();  // of kParameters, from, to
  log::PopulationQuery query;
  uint64_t now_ns = 0;
  uint64_t to_ns = 0;  // the window ends before it
  bool is_open() const { return to_ns > now_ns; }
};

[[noreturn]] void usage(const std::string& what, const std::string& why) {
  throw Failure(Exit::Usage, "bad_arguments", what, why, "sallyctl evidence population --help");
}

// A span before now (7d) means whole seconds; a time that was written out means what it says.
uint64_t whole_second(const std::string& text, uint64_t wall_ns) {
  return text.find('.') == std::string::npos ? wall_ns / base::kNsPerS * base::kNsPerS : wall_ns;
}

std::string short_time(uint64_t wall_ns) {
  const std::string text = log::utc_text_ns(wall_ns);
  return wall_ns % base::kNsPerS == 0 ? text.substr(0, 19) + "Z" : text;
}

Asked asked_for(json parameters) {
  Asked asked;
  asked.now_ns = wall_clock_ns();
  const auto text = [&](const char* name) { return parameters.value(name, std::string()); };
  log::ListFilter& filter = asked.query.filter;
  asked.query.control = text("control");
  filter.kind = text("kind");
  check_kinds(filter.kind);
  filter.tenant = text("tenant");
  filter.principal = text("principal");
  filter.vendor = text("vendor");
  filter.outcome = text("outcome");
  check_outcome(filter.outcome);
  filter.entity = text("entity");
  filter.action = text("action");
  filter.limit = 0;
  if (text("from").empty() || text("to").empty())
    usage("a population has a window", "--from and --to are missing");
  if (filter.kind.empty() && asked.query.control.empty())
    usage("a population is of a control or a kind", "neither --control nor --kind is there");
  filter.from_wall_ns = whole_second(text("from"), parse_time(text("from"), "from", asked.now_ns));
  asked.to_ns = whole_second(text("to"), parse_time(text("to"), "to", asked.now_ns));
  if (asked.to_ns <= filter.from_wall_ns) usage("the window is empty", "--to is not after --from");
  filter.to_wall_ns = asked.to_ns - 1;
  parameters["from"] = short_time(filter.from_wall_ns);
  parameters["to"] = short_time(asked.to_ns);
  asked.parameters = std::move(parameters);
  return asked;
}

Asked asked_for(const Call& call) {
  json parameters = json::object();
  for (const char* name : {"control", "kind", "tenant", "principal", "vendor", "outcome", "entity",
                           "action", "from", "to"})
    if (const auto value = call.arguments.find(name)) parameters[name] = *value;
  return asked_for(std::move(parameters));
}

// The line that gives the same rows again, at any time.
std::string query_text(const Asked& asked, uint64_t size) {
  std::string text;
  for (const char* name : kParameters)
    if (asked.parameters.contains(name))
      text += fmt::format(" --{} {}", name, asked.parameters[name].get<std::string>());
  return text + fmt::format(" --from {} --to {} --at {}",
                            asked.parameters["from"].get<std::string>(),
                            asked.parameters["to"].get<std::string>(), size);
}

std::string checkpoint_option(const Call& call, const log::LogReader& reader) {
  const auto word = call.arguments.find("at");
  if (!word) return "";
  if (word->find_first_not_of("0123456789") != std::string::npos) return read_text_file(*word);
  const auto kept = log::kept_checkpoint(reader, call.arguments.number("at", 0));
  if (!kept)
    throw Failure(Exit::NotFound, "no_checkpoint", "no checkpoint of size " + *word + " is kept",
                  "the log thins older ones", "give the file that was kept with the population");
  return *kept;
}

log::Population read(const log::LogReader& reader, const Asked& asked,
                     const std::function<void(std::string_view)>& line) {
  try {
    return log::read_population(reader, asked.query, line);
  } catch (const log::PopulationRefused& refused) {
    throw Failure(Exit::No, "no_population", "there is no such population", refused.what(),
                  refused.next());
  }
}

json head_of(const Asked& asked, const log::Population& population, const log::LogReader& reader) {
  json head = {{"query", "sallyctl evidence population" + query_text(asked, population.size)},
               {"parameters", asked.parameters},
               {"window", {{"from", asked.parameters["from"]}, {"to", asked.parameters["to"]}}},
               {"period", asked.is_open() ? "open" : "closed"},
               {"kinds", population.kinds},
               {"software", software_name()},
               {"operator", operator_name()},
               {"extracted_at", log::utc_text_ns(asked.now_ns)},
               {"count", population.count},
               {"open_exchanges", population.open},
               {"pruned_records", population.pruned},
               {"sha256", population.sha256},
               {"checkpoint",
                {{"origin", reader.origin()},
                 {"size", population.size},
                 {"root", population.root},
                 {"note", population.checkpoint}}},
               {"not_under_checkpoint", population.not_under_checkpoint}};
  head["control"] = nullptr;
  if (const auto* criterion = log::find_criterion(asked.query.control))
    head["control"] = {{"id", criterion->id},
                       {"words", criterion->words},
                       {"kinds_kept_elsewhere", population.kinds_not_made}};
  return head;
}

void print_head(const json& head, Output& out) {
  const auto text = [&](const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  std::vector<std::pair<std::string, std::string>> rows;
  for (const char* name :
       {"query", "kinds", "period", "count", "sha256", "software", "operator", "extracted_at",
        "open_exchanges", "pruned_records", "not_under_checkpoint"})
    rows.emplace_back(name, text(head.at(name)));
  if (head["control"].is_object()) {
    rows.emplace_back("control",
                      text(head["control"]["id"]) + ": " + text(head["control"]["words"]));
    rows.emplace_back("kept elsewhere", text(head["control"]["kinds_kept_elsewhere"]));
  }
  rows.emplace_back(
      "checkpoint",
      fmt::format("{} size {} root {}", text(head["checkpoint"]["origin"]),
                  text(head["checkpoint"]["size"]), text(head["checkpoint"]["root"])));
  rows.emplace_back("in evidence", head["recorded"].value("ok", false)
                                       ? "yes, " + text(head["recorded"]["action"])
                                       : "no: " + text(head["recorded"]["why"]));
  out.fields(rows);
}

class RowsFile {
 public:
  explicit RowsFile(const std::optional<std::string>& path) {
    if (!path) return;
    path_ = *path;
    file_.open(path_, std::ios::binary | std::ios::trunc);
    check();
  }
  void operator()(std::string_view line) {
    if (path_.empty()) return;
    file_.write(line.data(), static_cast<std::streamsize>(line.size()));
  }
  void close() {
    if (path_.empty()) return;
    file_.close();
    check();
  }

 private:
  void check() const {
    if (!file_)
      throw Failure(Exit::Failed, "not_written", "cannot write " + path_,
                    "the disk is full, or the folder is not for this user", "name another file");
  }
  std::string path_;
  std::ofstream file_;
};

Exit run_population(const Call& call) {
  Asked asked = asked_for(call);
  const auto reader = open_evidence_log(call);
  asked.query.checkpoint = checkpoint_option(call, reader);
  RowsFile rows(call.arguments.find("rows"));
  const log::Population population =
      read(reader, asked, [&](std::string_view line) { rows(line); });
  rows.close();
  json head = head_of(asked, population, reader);
  head["rows_file"] = call.arguments.has("rows") ? json(call.arguments.get("rows")) : json();
  head["recorded"] = record_pull(call, "evidence_population",
                                 {{"query", query_text(asked, population.size).substr(1)},
                                  {"rows", population.count},
                                  {"digest", population.sha256},
                                  {"checkpoint_size", population.size}});
  if (asked.is_open())
    call.out.note("the window is not over: this is a look, not the population of the period");
  if (call.out.is_json())
    call.out.json("sallyport/evidence-population/1", head);
  else
    print_head(head, call.out);
  return Exit::Ok;
}

// A population as `evidence population --output json` printed it.
Asked banked(const Call& call, json& bank) {
  const std::string path = call.arguments.get("population");
  bank = json::parse(read_text_file(path), nullptr, false);
  if (!bank.is_object() || !bank.contains("parameters") || !bank.contains("sha256") ||
      !bank.contains("checkpoint"))
    throw Failure(Exit::Usage, "no_population", path + " is no population",
                  "wanted: what sallyctl evidence population --output json printed",
                  "make it first");
  Asked asked = asked_for(bank["parameters"]);
  asked.query.checkpoint = bank["checkpoint"].value("note", "");
  return asked;
}

Exit run_sample(const Call& call) {
  if (call.arguments.has("size") && call.arguments.has("census"))
    usage("a sample has one size", "--size and --census exclude each other");
  if (call.arguments.has("size") && call.arguments.number("size", 0) == 0)
    usage("a sample has one row at least", "--size 0");
  json bank;
  Asked asked = call.arguments.has("population") ? banked(call, bank) : asked_for(call);
  if (asked.is_open())
    throw Failure(
        Exit::Conflict, "period_open", "the window is not over",
        "what is still to come could not be drawn: a sample is of a closed period",
        "wait until " + asked.parameters["to"].get<std::string>() + ", or end it earlier");
  const auto reader = open_evidence_log(call);
  if (bank.is_null()) asked.query.checkpoint = checkpoint_option(call, reader);
  const log::Population population = read(reader, asked, {});
  asked.query.checkpoint = population.checkpoint;
  if (!bank.is_null() &&
      (bank["sha256"] != population.sha256 || bank.value("count", json()) != population.count))
    throw Failure(
        Exit::No, "population_changed", "the log gives another population than the banked one",
        fmt::format("{} rows, {}; banked {} rows, {}", population.count, population.sha256,
                    bank.value("count", json()).dump(), bank["sha256"].dump()),
        population.pruned > 0 ? "records were pruned since: sample before retention ends"
                              : "sallyctl evidence verify: was history rewritten?");
  const uint64_t size = call.arguments.number("size", population.count);
  const auto chosen = log::choose_sample(population.sha256, population.count, size);
  json items = json::array();
  uint64_t position = 0;
  size_t next = 0;
  read(reader, asked, [&](std::string_view line) {
    if (next < chosen.size() && chosen[next].position == position) {
      items.push_back(
          {{"stratum", chosen[next].stratum}, {"position", position}, {"row", json::parse(line)}});
      ++next;
    }
    ++position;
  });
  const bool census = chosen.size() == population.count;
  json answer = {{"population", head_of(asked, population, reader)},
                 {"method", census ? "census" : "stratified"},
                 {"algorithm", "sallyport-sample/1"},
                 {"size", chosen.size()},
                 {"items", items}};
  answer["recorded"] = record_pull(
      call, "evidence_sample",
      {{"query", query_text(asked, population.size).substr(1) + fmt::format(" --size {}", size)},
       {"rows", chosen.size()},
       {"digest", population.sha256},
       {"checkpoint_size", population.size}});
  if (call.out.is_json()) {
    call.out.json("sallyport/evidence-sample/1", answer);
    return Exit::Ok;
  }
  answer["population"]["recorded"] = answer["recorded"];
  print_head(answer["population"], call.out);
  call.out.line(fmt::format("sample  {} of {}, {}", chosen.size(), population.count,
                            answer["method"].get<std::string>()));
  std::vector<std::vector<std::string>> cells;
  for (const json& item : items) {
    const json& row = item["row"];
    cells.push_back({item["position"].dump(), row.value("index", json()).dump(),
                     row.value("time", ""), row.value("kind", ""),
                     row.value("request_id", json()).is_string()
                         ? row["request_id"].get<std::string>()
                         : row.value("object", "-")});
  }
  call.out.table({"POSITION", "INDEX", "TIME", "KIND", "REQUEST"}, cells);
  return Exit::Ok;
}

std::vector<OptionSpec> query_options() {
  return {
      {.name = "control", .value = "ID", .text = "criterion, as CC6.7: its kinds of evidence"},
      {.name = "kind",
       .value = "K",
       .text = "REQ EGR TLS RST ADM POL TST CFG ACC KEY RET DSR CHK, or a record kind; "
               "several with commas"},
      {.name = "from", .value = "TIME", .text = "begin of the window, in it"},
      {.name = "to", .value = "TIME", .text = "end of the window, not in it"},
      {.name = "tenant", .value = "T", .text = "only of this tenant"},
      {.name = "principal", .value = "P", .text = "only of this principal"},
      {.name = "vendor", .value = "V", .text = "only to this vendor"},
      {.name = "outcome", .value = "O", .text = "only with this outcome"},
      {.name = "entity", .value = "E", .text = "only where this entity was detected or restored"},
      {.name = "action", .value = "A", .text = "only with this action"},
      {.name = "at",
       .value = "CHECKPOINT",
       .text = "read under this one: a file, or the size of a kept one (the newest)"}};
}

}  // namespace

void add_evidence_populations(std::vector<Command>& table) {
  auto options = query_options();
  options.push_back({.name = "rows",
                     .value = "FILE",
                     .text = "write the rows there; sha256sum FILE is the hash that is printed"});
  table.push_back(
      {.noun = "evidence",
       .verb = "population",
       .summary =
           "All occurrences in a window: query, count, hash, checkpoint; also when it is none",
       .details = "Who asks the same under the same checkpoint gets the same rows and hash. The "
                  "pull is recorded in the\nlog where sallyportd answers, else the answer says "
                  "so. Keep the JSON: sample takes it.",
       .arguments = {},
       .options = options,
       .examples = {{"sallyctl evidence population --control CC6.7 --from 2026-07-01 --to "
                     "2026-10-01 --output json",
                     "a quarter, for the auditor"},
                    {"sallyctl evidence population --kind EGR --from 7d --to 1d --rows egr.jsonl",
                     "with its rows"}},
       .run = run_population});
  options.pop_back();
  options.push_back({.name = "population",
                     .value = "FILE",
                     .text = "a banked one (JSON of population) in place of a query"});
  options.push_back(
      {.name = "size", .value = "N", .text = "so many, one from each stratum of time"});
  options.push_back({.name = "census", .value = "", .text = "all of it (the default)"});
  table.push_back(
      {.noun = "evidence",
       .verb = "sample",
       .summary = "A sample that nobody picked: it follows from the population's hash",
       .details = "docs/auditors.md has the algorithm, and twenty lines of Python that compute the "
                  "same. Exit 3 when the\nlog no longer gives the banked population, 7 while the "
                  "window is not over.",
       .arguments = {},
       .options = options,
       .examples =
           {{"sallyctl evidence sample --population q3.json --size 25", "from what was banked"},
            {"sallyctl evidence sample --kind POL --from 2026-07-01 --to 2026-10-01 --census "
             "--output json",
             "every change of policy"}},
       .run = run_sample});
}

}  // namespace sallyport::cli
