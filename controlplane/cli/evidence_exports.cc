// evidence export | snapshot: the log leaves the machine.
#include <fmt/format.h>

#include <filesystem>

#include "controlplane/cli/bucket_holds.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/evidence_reading.h"
#include "controlplane/cli/time_text.h"
#include "controlplane/evidence/bucket/snapshot.h"
#include "controlplane/evidence/export/export.h"

namespace sallyport::cli {
namespace {

namespace log = evidence_log;
using nlohmann::json;

constexpr uint64_t kRetainDaysDefault = 400;  // as evidence itself is kept
constexpr uint64_t kRetainDaysMax = 36'500;
constexpr uint64_t kDayNs = 86'400ULL * 1'000'000'000;
constexpr std::string_view kS3Scheme = "s3://";

log::ExportOptions options_of(const Call& call) {
  log::ExportOptions options;
  options.vkey = export_key(call);
  options.software = software_name();
  options.made_by = operator_name();
  options.made_at = log::utc_text_ns(wall_clock_ns());
  return options;
}

// The span of the log that holds the records of a window; records of others in between come too.
void choose_range(const Call& call, const log::LogReader& reader, log::ExportOptions& options) {
  if (!call.arguments.has("from") && !call.arguments.has("to")) return;
  const uint64_t now = wall_clock_ns();
  const uint64_t from_ns =
      call.arguments.has("from") ? parse_time(call.arguments.get("from"), "from", now) : 0;
  const uint64_t to_ns =
      call.arguments.has("to") ? parse_time(call.arguments.get("to"), "to", now) : ~0ULL;
  uint64_t first = log::kNoIndex;
  uint64_t end = 0;
  reader.scan(0, reader.size(), [&](uint64_t index, std::span<const uint8_t> record) {
    if (record.empty()) return true;
    const uint64_t at = log::RecordView(record).header().wall_ns;
    if (at < from_ns || at >= to_ns) return true;
    first = std::min(first, index);
    end = index + 1;
    return true;
  });
  if (end == 0)
    throw Failure(Exit::NotFound, "no_records", "no record is of that time",
                  "the window lies outside the log", "sallyctl evidence list shows its times");
  options.from = first;
  options.to = end;
}

[[noreturn]] void not_written(const char* what, const std::filesystem::filesystem_error& error) {
  throw Failure(Exit::Failed, "not_written", what,
                fmt::format("{}: {}", printable(error.path1().string()), error.code().message()),
                "name a new folder, in one that is yours to write and has room");
}

Exit run_log_export(const Call& call) {
  const auto reader = open_evidence_log(call);
  log::ExportOptions options = options_of(call);
  options.folder = call.arguments.positional[0];
  choose_range(call, reader, options);
  ProgressLine progress(call.out, "records");
  options.progress = [&](uint64_t done, uint64_t all) { progress(done, all); };
  try {
    const log::ExportResult made = log::export_log(reader, options);
    json answer = {{"folder", options.folder.string()},
                   {"manifest", made.manifest},
                   {"manifest_sha256", made.manifest_sha256}};
    answer["recorded"] = record_pull(call, "evidence_exported",
                                     {{"rows", made.manifest["records"]},
                                      {"digest", made.manifest_sha256},
                                      {"checkpoint_size", made.manifest["size"]},
                                      {"destination", options.folder.string()}});
    if (call.out.is_json()) {
      call.out.json("sallyport/evidence-export/1", answer);
      return Exit::Ok;
    }
    call.out.line(
        fmt::format("exported {} records to {}; HOWTO.txt there says how to check it "
                    "without us",
                    made.manifest["records"].dump(), options.folder.string()));
    call.out.line("manifest " + made.manifest_sha256);
    return Exit::Ok;
  } catch (const log::ExportRefused& refused) {
    throw Failure(Exit::Conflict, "export_refused", "nothing was exported", refused.what(),
                  refused.next());
  } catch (const std::filesystem::filesystem_error& error) {
    not_written("nothing was exported", error);
  }
}

log::SnapshotOptions snapshot_options(const Call& call, const std::string& destination) {
  log::SnapshotOptions options;
  options.with = options_of(call);
  options.destination = destination;
  options.state = call.settings.state_dir / "snapshots";
  const uint64_t now = wall_clock_ns();
  options.day = log::utc_text_ns(now).substr(0, 10);
  options.whole = call.arguments.has("whole");
  options.lock.legal_hold = call.arguments.has("legal-hold");
  return options;
}

uint64_t retain_days(const Call& call) {
  const uint64_t days = call.arguments.number("retain-days", kRetainDaysDefault);
  if (days == 0 || days > kRetainDaysMax)
    throw Failure(Exit::Usage, "bad_value", fmt::format("--retain-days {}", days),
                  "wanted: 1 to 36500 days; nobody can shorten it later",
                  "leave it away for 400, as long as evidence is kept");
  return days;
}

json send(const Call& call, const log::LogReader& reader, const std::string& to) {
  log::SnapshotOptions options = snapshot_options(call, to);
  ProgressLine progress(call.out, "files");
  options.progress = [&](uint64_t done, uint64_t all) { progress(done, all); };
  if (!to.starts_with(kS3Scheme)) {
    if (call.arguments.has("legal-hold") || call.arguments.has("retain-days"))
      throw Failure(Exit::Usage, "bad_arguments", "a folder has no object lock",
                    "--retain-days and --legal-hold are for s3://", "leave them away");
    return log::snapshot_to_folder(reader, options, to);
  }
  const std::string rest = to.substr(kS3Scheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  log::S3Options s3;
  s3.bucket = rest.substr(0, slash);
  s3.endpoint = call.arguments.get("endpoint");
  s3.region = call.arguments.get("region", "us-east-1");
  s3.ca_file = call.arguments.get("ca");
  s3.secret = bucket_secret(call);
  std::string prefix = rest.substr(std::min(slash + 1, rest.size()));
  while (prefix.ends_with('/')) prefix.pop_back();
  if (s3.bucket.empty() || s3.endpoint.find("://") == std::string::npos)
    throw Failure(Exit::Usage, "bad_arguments", "which bucket, and where",
                  "wanted: --to s3://BUCKET/PREFIX --endpoint https://HOST",
                  "sallyctl evidence snapshot --help");
  options.lock.retain_until =
      log::utc_text_ns(wall_clock_ns() + retain_days(call) * kDayNs).substr(0, 19) + "Z";
  options.lock.legal_hold = options.lock.legal_hold || bucket_is_held(call);
  options.place = {{"endpoint", s3.endpoint},
                   {"region", s3.region},
                   {"bucket", s3.bucket},
                   {"ca", s3.ca_file.string()},
                   {"kept", call.arguments.has("legal-hold")}};
  log::S3Bucket bucket(std::move(s3));
  return log::snapshot_to_bucket(reader, options, bucket, prefix);
}

Exit run_snapshot(const Call& call) {
  const std::string to = call.arguments.get("to");
  const auto reader = open_evidence_log(call);
  json receipt;
  try {
    receipt = send(call, reader, to);
  } catch (const log::ExportRefused& refused) {
    throw Failure(Exit::Conflict, "export_refused", "nothing was sent", refused.what(),
                  refused.next());
  } catch (const log::S3Error& error) {
    bucket_failed(error, "the snapshot is not in the bucket",
                  "nothing is lost: the next snapshot begins where the last good one ended");
  } catch (const std::filesystem::filesystem_error& error) {
    not_written("nothing was sent", error);
  }
  receipt["recorded"] = record_pull(call, "evidence_snapshot",
                                    {{"rows", receipt["records"]},
                                     {"digest", receipt["manifest_sha256"]},
                                     {"checkpoint_size", receipt["size"]},
                                     {"destination", to}});
  if (call.out.is_json()) {
    call.out.json("sallyport/evidence-snapshot/1", receipt);
    return Exit::Ok;
  }
  call.out.line(fmt::format("sent records {} to {} as {} files to {}: {}", receipt["from"].dump(),
                            receipt["to"].dump(), receipt["objects"].size(), to,
                            receipt["name"].get<std::string>()));
  if (!receipt["retain_until"].get<std::string>().empty())
    call.out.line("locked until " + receipt["retain_until"].get<std::string>());
  return Exit::Ok;
}

Command export_command() {
  return {
      .noun = "evidence",
      .verb = "export",
      .summary = "Writes the log as plain files that anybody can check without Sallyport",
      .details =
          "C2SP tlog-tiles, records.jsonl, records.csv and a manifest with hashes. All or "
          "nothing: DIR appears when\nit is whole. Checked by sallyport-verify, and by "
          "docs/verify_export.py.",
      .arguments = {{"DIR", "a new or empty folder"}},
      .options = {{.name = "vkey", .value = "KEY", .text = "verifier key to put beside it"},
                  {.name = "from",
                   .value = "TIME",
                   .text = "only from there on, in whole bundles of 256 records"},
                  {.name = "to", .value = "TIME", .text = "only up to there, as --from"}},
      .examples = {{"sallyctl evidence export /var/tmp/audit", "HOWTO.txt there explains"},
                   {"sallyctl evidence export /media/usb/july --from 2026-07-01 --to 2026-08-01",
                    "a month"}},
      .run = run_log_export};
}

}  // namespace

void add_evidence_exports(std::vector<Command>& table) {
  table.push_back(export_command());
  table.push_back(
      {.noun = "evidence",
       .verb = "snapshot",
       .summary = "Sends what is new since the last one to the evidence bucket",
       .details =
           "The bucket is a folder or S3 with object lock (mode COMPLIANCE: nobody can delete or "
           "shorten). Each\nsnapshot is an export under a name never used before. The credential "
           "is the file `evidence-bucket` of the\ncredentials folder. For a timer: once a day, and "
           "after midnight.",
       .arguments = {},
       .options = {{.name = "to",
                    .value = "PLACE",
                    .text = "s3://BUCKET/PREFIX, or a folder",
                    .required = true},
                   {.name = "endpoint", .value = "URL", .text = "of the S3 server"},
                   {.name = "region", .value = "R", .text = "for its signature (us-east-1)"},
                   {.name = "ca", .value = "FILE", .text = "certificates to trust (the system's)"},
                   {.name = "retain-days", .value = "N", .text = "lock for so long (400)"},
                   {.name = "legal-hold", .value = "", .text = "hold until it is taken off"},
                   {.name = "whole", .value = "", .text = "from the first record on"},
                   {.name = "vkey", .value = "KEY", .text = "verifier key to put beside it"}},
       .examples = {{"sallyctl evidence snapshot --to s3://evidence/site-1 --endpoint "
                     "https://s3.example.com --retain-days 400",
                     "each night"},
                    {"sallyctl evidence snapshot --to /mnt/worm/sallyport",
                     "a mount that others own"}},
       .run = run_snapshot});
}

}  // namespace sallyport::cli
