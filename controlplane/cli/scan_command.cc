// scan: texts on stdin, what policy finds in them on stdout.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "controlplane/cli/bundle_reading.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/scan_line.h"

namespace sallyport::cli {
namespace {

constexpr size_t kReadBytes = 256 * 1024;

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      throw Failure(Exit::Failed, "not_written", "the answers cannot be written",
                    std::strerror(errno), "is the disk full, or the reader gone?");
    text.remove_prefix(static_cast<size_t>(written));
  }
}

// Answers leave as soon as no further input is at hand: a caller may wait for each line.
void scan_stdin(LineReader& reader) {
  std::vector<char> piece(kReadBytes);
  std::string out;
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw Failure(Exit::Failed, "not_read", "stdin cannot be read", std::strerror(errno),
                    "give JSON lines on stdin");
    if (got == 0) break;
    reader.feed({piece.data(), static_cast<size_t>(got)}, out);
    write_all(out);
    out.clear();
  }
  reader.end(out);
  write_all(out);
}

// To stderr: stdout has answers only, one for each line.
void print_statistics(const Call& call, const ScanStatistics& statistics) {
  if (call.out.is_json()) {
    const nlohmann::json document = {{"schema", "sallyport/scan-stats/1"},
                                     {"texts", statistics.texts},
                                     {"bytes", statistics.bytes},
                                     {"seconds", statistics.seconds},
                                     {"megabytes_per_second", statistics.megabytes_per_second()},
                                     {"held_bytes_max", statistics.held_bytes_max},
                                     {"findings", statistics.findings}};
    call.out.note(document.dump());
    return;
  }
  call.out.note(fmt::format("scan: {} texts, {} bytes, {:.1f} MB/s, {} bytes held at most",
                            statistics.texts, statistics.bytes, statistics.megabytes_per_second(),
                            statistics.held_bytes_max));
  for (const auto& [entity, count] : statistics.findings)
    call.out.note(fmt::format("scan: {:24} {:10}", entity, count));
}

Exit run_scan(const Call& call) {
  ScanAs as;
  as.tenant = call.arguments.get("tenant");
  as.environment = call.arguments.get("environment");
  as.destination = call.arguments.get("destination");
  as.response = call.arguments.get("direction") == "response";
  as.role = call.arguments.get("role");
  const ScanAs given = as;
  const ScanWants wants{.redacted = call.arguments.has("redact"),
                        .explained = call.arguments.has("explain"),
                        .counted = call.arguments.has("stats")};
  CompiledBundle compiled = compile_or_fail(call.arguments.get("policy"));
  const auto scan =
      TextScan::build(std::move(compiled.image.bytes), as, compiled.image.dictionary_key);
  if (given.tenant.empty() || given.environment.empty() || given.destination.empty())
    call.out.note(
        fmt::format("scan: as tenant {}, environment {}, destination {}: the first of the "
                    "bundle where not given",
                    as.tenant, as.environment, as.destination));
  if (wants.redacted)
    call.out.note("scan: --redact uses a throw-away token key; these tokens are valid nowhere");
  if (isatty(STDIN_FILENO) == 1)
    call.out.note("scan: reads JSON lines from this terminal; end with Ctrl-D");
  LineReader reader(*scan, wants);
  scan_stdin(reader);
  if (wants.counted) print_statistics(call, scan->statistics());
  if (reader.bad_lines() == 0) return Exit::Ok;
  throw Failure(Exit::Failed, "bad_lines",
                fmt::format("{} of {} lines could not be read", reader.bad_lines(), reader.lines()),
                "their answers have an error in place of spans",
                "give one JSON object a line: {\"id\":1,\"text\":\"...\"}");
}

}  // namespace

void add_scan_commands(std::vector<Command>& table) {
  table.push_back(
      {.noun = "scan",
       .verb = "",
       .summary = "Texts on stdin to what policy finds in them, with the engine of the live path",
       .details =
           "JSON lines {\"id\",\"text\"} or {\"id\",\"text_b64\"} to JSON lines "
           "{\"id\",\"spans\":[{\"start\",\"end\",\"entity\",\"action\"}],\"verdict\"},\nin input "
           "order, each answered as soon as it is read. Offsets are bytes of the UTF-8 text. The "
           "verdict is\npass (nothing changes), redact or block; a blocked text lists all its "
           "spans. Bad lines give\n{\"id\":null,\"error\"} in their place and exit 1 at the end.",
       .arguments = {},
       .options = {{.name = "policy", .value = "DIR", .text = "the bundle", .required = true},
                   {.name = "tenant",
                    .value = "T",
                    .text = "as whose request (first of the bundle)"},
                   {.name = "environment", .value = "E", .text = "in which environment (first)"},
                   {.name = "destination", .value = "D", .text = "to which vendor (first)"},
                   {.name = "direction",
                    .value = "WAY",
                    .text = "which rules of the bundle",
                    .one_of = {"request", "response"}},
                   {.name = "role",
                    .value = "R",
                    .text = "whose words they are (user; of answers: assistant)",
                    .one_of = {"user", "system", "assistant", "tool"}},
                   {.name = "redact",
                    .value = "",
                    .text = "add \"redacted\": the text with tokens of a throw-away key"},
                   {.name = "explain",
                    .value = "",
                    .text = "add to each span the rule that found it and its confidence"},
                   {.name = "stats",
                    .value = "",
                    .text = "at the end, on stderr: bytes, MB/s, findings, bytes held at most"}},
       .examples =
           {{"echo '{\"id\":1,\"text\":\"mail jo@example.org\"}' | sallyctl scan --policy policies",
             "one text"},
            {"sallyctl scan --policy policies --tenant acme --destination openai --redact < "
             "t.jsonl",
             "a file of texts, as a tenant's requests"},
            {"sallyctl scan --policy policies --explain --stats < t.jsonl",
             "why each span was found, and how fast"}},
       .run = run_scan});
}

}  // namespace sallyport::cli
