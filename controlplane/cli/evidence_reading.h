// evidence_reading.h: what the evidence verbs share: opening the log, keys, filters, and telling
// sallyportd that somebody looked.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/cli/command.h"
#include "controlplane/evidence/log/log.h"
#include "controlplane/evidence/query/query.h"

namespace sallyport::cli {

// Throws Failure: no log, not for this user, not readable.
evidence_log::LogReader open_evidence_log(const Call& call);
// Throws Failure (not found).
std::string read_text_file(const std::filesystem::path& path);
// The key to judge signatures by: --vkey, else what lies on this machine, which is said.
std::optional<std::string> trusted_key(const Call& call);
// --vkey, or the machine's own; throws Failure when there is neither.
std::string export_key(const Call& call);

// Options for a filter, and the filter that they say. Times are --since and --until.
std::vector<OptionSpec> filter_options();
evidence_log::ListFilter filter_of(const Call& call, size_t limit);
// Failure for a word in a list of kinds that names none, and for an outcome that there is not.
void check_kinds(std::string_view list);
void check_outcome(std::string_view outcome);

// "alice (uid 0)", "sallyctl 1.2.3"
std::string operator_name();
std::string software_name();

// What was pulled, as a record in the log when sallyportd answers: {"ok":true}, or
// {"ok":false,"why":...}, which is said to the person too.
nlohmann::json record_pull(const Call& call, const std::string& action, nlohmann::json fields);

// The rows of the command table, file by file; evidence_commands.cc puts them together.
void add_evidence_populations(std::vector<Command>& table);  // population, sample
void add_evidence_proofs(std::vector<Command>& table);       // prove, verify
void add_evidence_exports(std::vector<Command>& table);      // export, snapshot
void add_evidence_keys(std::vector<Command>& table);         // key rotate, key list

// Indented names and values; a list of objects is one line per object.
void print_tree(const nlohmann::json& value, const std::string& indent, Output& out);

// "3 of 10 ... (30 %)" to stderr, at most once in ten seconds.
class ProgressLine {
 public:
  ProgressLine(Output& out, std::string what) : out_(out), what_(std::move(what)) {}
  void operator()(uint64_t done, uint64_t all);

 private:
  Output& out_;
  std::string what_;
  uint64_t next_ns_ = 0;
};

}  // namespace sallyport::cli
