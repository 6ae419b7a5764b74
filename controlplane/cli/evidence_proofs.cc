// evidence prove | verify
#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "controlplane/cli/bucket_holds.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/evidence_reading.h"
#include "controlplane/evidence/bucket/bucket_checkpoints.h"
#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/query/proof.h"

namespace sallyport::cli {
namespace {

namespace log = evidence_log;
using nlohmann::json;

[[noreturn]] void no_checkpoint(const std::string& what, const std::string& why) {
  throw Failure(Exit::NotFound, "no_checkpoint", what, why,
                "sallyctl evidence export has the kept ones in checkpoints/");
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 19 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

std::string checkpoint_file(const std::string& path) {
  std::string text = read_text_file(path);
  if (!log::read_checkpoint(text))
    throw Failure(
        Exit::Usage, "bad_checkpoint", fmt::format("{} is no checkpoint", path),
        "a checkpoint is a signed note: the log's name, its size and its root, a line each",
        "name the file `checkpoint` of an earlier export, or one that a witness kept");
  return text;
}

// A file with a note, or the size of one that the log keeps; without a word the newest.
std::string checkpoint_of(const Call& call, const log::LogReader& reader, const char* option) {
  const auto word = call.arguments.find(option);
  if (!word) {
    const auto newest = reader.latest_checkpoint();
    if (!newest) no_checkpoint("the log has no checkpoint yet", "it is signed within a second");
    return *newest;
  }
  if (!is_number(*word)) return checkpoint_file(*word);
  const auto kept = log::kept_checkpoint(reader, std::stoull(*word));
  if (!kept) no_checkpoint("no checkpoint of size " + *word + " is kept", "older ones are thinned");
  return *kept;
}

std::vector<uint64_t> indexes_of(const log::LogReader& reader, const std::string& word) {
  if (is_number(word)) {
    if (std::stoull(word) >= reader.size())
      throw Failure(Exit::NotFound, "unknown_record", "the log has no record " + word,
                    fmt::format("it has {}", reader.size()),
                    "sallyctl evidence query shows indexes");
    return {std::stoull(word)};
  }
  const auto id = contract::parse_request_id(word);
  const auto found = id ? reader.exchange(*id) : std::nullopt;
  if (!found)
    throw Failure(Exit::NotFound, "unknown_request",
                  fmt::format("no record of request '{}'", printable(word)),
                  "the log has no such request id", "sallyctl evidence list shows those it has");
  std::vector<uint64_t> indexes;
  for (const uint64_t index : {found->admitted, found->verdict})
    if (index != log::kNoIndex && (indexes.empty() || indexes[0] != index))
      indexes.push_back(index);
  return indexes;
}

json prove(const Call& call, const log::LogReader& reader) {
  json proofs = json::array();
  if (const auto old = call.arguments.find("from")) {
    proofs.push_back(log::prove_consistency(reader, checkpoint_of(call, reader, "from"),
                                            checkpoint_of(call, reader, "to")));
    return proofs;
  }
  const std::string note = checkpoint_of(call, reader, "to");
  for (const uint64_t index : indexes_of(reader, call.arguments.positional[0]))
    proofs.push_back(log::prove_inclusion(reader, index, note));
  return proofs;
}

Exit run_prove(const Call& call) {
  if (call.arguments.positional.empty() != call.arguments.has("from"))
    throw Failure(Exit::Usage, "bad_arguments", "prove wants a record or an older checkpoint",
                  "either ID, or --from CHECKPOINT", "sallyctl evidence prove --help");
  const auto reader = open_evidence_log(call);
  try {
    const json proofs = prove(call, reader);
    if (call.out.is_json()) {
      call.out.json("sallyport/evidence-prove/1", {{"proofs", proofs}});
      return Exit::Ok;
    }
    // Exactly the text form: `> record.tlog-proof` is a proof that other tools read.
    for (const json& one : proofs) {
      const std::string text = one.at("text").get<std::string>();
      call.out.line(text.substr(0, text.size() - 1));
      if (&one != &proofs.back()) call.out.line("");
    }
    return Exit::Ok;
  } catch (const log::NoProof& no) {
    throw Failure(Exit::No, "no_proof", "there is no such proof", no.what(),
                  "if the checkpoint came from this appliance, its history was rewritten: ask");
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  return lines;
}

constexpr size_t kNotesRead = 16;  // of the newest; what the others are, their names say

void read_bucket_witness(const Call& call, const std::string& origin, log::VerifyOptions& options) {
  const std::string url = call.arguments.get("witness");
  options.places.push_back(url);
  try {
    const log::BucketPlace place = log::bucket_place(url);
    log::S3Options s3;
    s3.bucket = place.bucket;
    s3.endpoint = call.arguments.get("endpoint");
    s3.region = call.arguments.get("region", "us-east-1");
    s3.ca_file = call.arguments.get("ca");
    if (s3.endpoint.find("://") == std::string::npos)
      throw Failure(Exit::Usage, "bad_arguments", "which server has the bucket",
                    "wanted: --witness s3://BUCKET/PREFIX --endpoint https://HOST",
                    "sallyctl evidence verify --help");
    s3.secret = bucket_secret(call);
    log::S3Bucket bucket(std::move(s3));
    const auto there = log::checkpoints_in(bucket, place.prefix, origin);
    for (size_t i = 0; i < there.size(); ++i) {
      const bool read = i + kNotesRead >= there.size();
      options.witnessed.push_back({url, there[i].size, there[i].root,
                                   read ? bucket.get(there[i].key, there[i].version) : ""});
    }
  } catch (const log::S3Error& error) {
    bucket_failed(error, "the witness cannot be asked",
                  "the log itself can be verified without it");
  }
}

// A folder or a bucket that checkpoints went to; else a file with verifier keys of cosigners.
void read_witness(const Call& call, const log::LogReader& reader, log::VerifyOptions& options) {
  const auto word = call.arguments.find("witness");
  if (!word) return;
  if (word->starts_with("s3://")) {
    read_bucket_witness(call, reader.origin(), options);
  } else if (std::filesystem::is_directory(*word)) {
    options.places.push_back(*word);
    for (const auto& entry : std::filesystem::directory_iterator(*word)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with("checkpoint-") || !name.ends_with(".txt")) continue;
      const std::string note = read_text_file(entry.path());
      const auto checkpoint = log::read_checkpoint(note).value_or(log::Checkpoint{});
      options.witnessed.push_back({*word, checkpoint.size, checkpoint.root, note});
    }
  } else {
    options.witnesses = lines_of(read_text_file(*word));
    // Nobody asked for would be nobody missing, and the answer OK.
    if (options.witnesses.empty())
      throw Failure(Exit::Usage, "bad_witness",
                    fmt::format("{} names no witness", printable(*word)),
                    "it has no line with a verifier key",
                    "--witness takes a file with a key a line, a witness' folder, or s3://BUCKET");
  }
}

Exit run_verify(const Call& call) {
  log::VerifyOptions options;
  options.vkey = trusted_key(call);
  if (const auto file = call.arguments.find("since"))
    options.known_checkpoint = checkpoint_file(*file);
  const auto reader = open_evidence_log(call);
  read_witness(call, reader, options);
  const log::VerifyReport report = log::verify(reader, options);
  json answer = report.json();
  answer["recorded"] = record_pull(call, "evidence_verified",
                                   {{"rows", report.records},
                                    {"result", report.ok ? "ok" : "failed"},
                                    {"checkpoint_size", report.records - report.after_checkpoint}});
  if (call.out.is_json()) {
    call.out.json("sallyport/evidence-verify/1", answer);
    return report.ok ? Exit::Ok : Exit::No;
  }
  call.out.fields({{"records", std::to_string(report.records)},
                   {"exchanges", std::to_string(report.exchanges)},
                   {"open", std::to_string(report.open)},
                   {"interrupted", std::to_string(report.interrupted)},
                   {"gaps", std::to_string(report.gaps)},
                   {"pruned", std::to_string(report.pruned)},
                   {"checkpoints", std::to_string(report.checkpoints)},
                   {"after checkpoint", std::to_string(report.after_checkpoint)},
                   {"signatures", report.signatures_checked ? "checked" : "not judged"},
                   {"keys", std::to_string(report.keys)},
                   {"cosignatures", std::to_string(report.cosignatures)},
                   {"witnessed", std::to_string(report.witnessed)},
                   {"witnessed size", std::to_string(report.witnessed_size)},
                   {"root", report.root}});
  for (const auto& problem : report.problems) call.out.line("problem: " + printable(problem));
  call.out.line(report.ok ? "evidence verify: OK" : "evidence verify: FAILED");
  return report.ok ? Exit::Ok : Exit::No;
}

}  // namespace

void add_evidence_proofs(std::vector<Command>& table) {
  table.push_back(
      {.noun = "evidence",
       .verb = "prove",
       .summary = "A proof to take away: a record is in the log, or one checkpoint extends another",
       .details = "Prints C2SP tlog-proof text for each record of ID; with --from the text of a "
                  "consistency proof.\nCHECKPOINT is a file, or the size of one that the log "
                  "keeps. Exit 3 when the log does not agree with it.",
       .arguments = {{"ID", "request id, or index of a record", false}},
       .options = {{.name = "from", .value = "CHECKPOINT", .text = "the older one"},
                   {.name = "to", .value = "CHECKPOINT", .text = "to prove under (the newest)"}},
       .examples = {{"sallyctl evidence prove sp_4M3RJ6C0Q2WH1T00080000002A > request.tlog-proof",
                     "for a customer"},
                    {"sallyctl evidence prove --from q2.checkpoint --output json",
                     "today's log extends that of the last audit"}},
       .run = run_prove});
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
                   {.name = "since",
                    .value = "CHECKPOINT",
                    .text = "file with an older signed checkpoint; the log must extend it"},
                   {.name = "witness",
                    .value = "PLACE",
                    .text = "a witness' folder or s3://BUCKET/PREFIX: all it keeps must be of this "
                            "log; or a file with verifier keys, one a line: each must have "
                            "cosigned"},
                   {.name = "endpoint", .value = "URL", .text = "of the S3 server"},
                   {.name = "region", .value = "R", .text = "for its signature (us-east-1)"},
                   {.name = "ca", .value = "FILE", .text = "certificates to trust (the system's)"}},
       .examples = {{"sallyctl evidence verify", "on the appliance"},
                    {"sallyctl evidence verify --vkey audit.vkey --since q2.checkpoint",
                     "with what an auditor kept"},
                    {"sallyctl evidence verify --witness s3://evidence/site-1 --endpoint "
                     "https://s3.example.com",
                     "against every checkpoint in a locked bucket"}},
       .run = run_verify});
}

}  // namespace sallyport::cli
