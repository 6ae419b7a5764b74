#include "controlplane/cli/bucket_holds.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/evidence_reading.h"
#include "controlplane/evidence/bucket/snapshot.h"

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;
namespace log = evidence_log;
using nlohmann::json;

constexpr const char* kBucketSecret = "evidence-bucket";
constexpr std::chrono::seconds kHoldListPatience{10};

fs::path state_of(const Call& call) { return call.settings.state_dir / "snapshots"; }
// There while a hold is in force.
fs::path hold_mark_of(const Call& call) { return state_of(call) / "held"; }

// Empty, or why not. Where nothing was ever sent there is nothing to mark: the daemon knows its
// holds.
std::string set_mark(const Call& call, bool on) {
  std::error_code failed;
  if (!fs::is_directory(state_of(call), failed)) return {};
  if (!on) {
    fs::remove(hold_mark_of(call), failed);
    return failed ? hold_mark_of(call).string() + ": " + failed.message() : "";
  }
  std::ofstream mark(hold_mark_of(call));
  return mark << "held\n" << std::flush ? "" : hold_mark_of(call).string() + " cannot be written";
}

uint64_t hold_one(const Call& call, const json& sent, bool on) {
  log::S3Options s3;
  s3.endpoint = sent.value("endpoint", "");
  s3.region = sent.value("region", "us-east-1");
  s3.bucket = sent.value("bucket", "");
  s3.ca_file = sent.value("ca", "");
  s3.secret = bucket_secret(call);
  log::S3Bucket bucket(std::move(s3));
  return log::set_snapshot_hold(bucket, sent, on);
}

}  // namespace

void bucket_failed(const log::S3Error& error, const std::string& what, const std::string& hint) {
  const bool lock = error.code() == "NoObjectLock" || error.code() == "NoVersions" ||
                    error.code() == "LockIgnored";
  throw Failure(error.denied()        ? Exit::Denied
                : lock                ? Exit::Conflict
                : error.status() == 0 ? Exit::Unreachable
                                      : Exit::Failed,
                error.denied() ? "bucket_denied"
                : lock         ? "bucket_unlocked"
                               : "bucket_failed",
                what, error.what(),
                lock ? "make the bucket with object lock, and versions with it" : hint);
}

// "access_key_id VALUE" and "secret_access_key VALUE", one a line, for root's eyes only.
log::S3Secret bucket_secret(const Call& call) {
  const auto path = call.settings.credentials / kBucketSecret;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0)
    throw Failure(Exit::NotFound, "no_credential", "the bucket's credential is not there",
                  path.string() + " cannot be read",
                  "put the lines `access_key_id ...` and `secret_access_key ...` there, mode 0600");
  if ((status.st_mode & 077) != 0)
    throw Failure(Exit::Denied, "credential_open", path.string() + " is not secret",
                  "group or others may read it", "chmod 600 " + path.string());
  std::istringstream lines(read_text_file(path));
  log::S3Secret secret;
  for (std::string name, value; lines >> name >> value;) {
    if (name == "access_key_id") secret.key_id = value;
    if (name == "secret_access_key") secret.secret = value;
  }
  if (secret.key_id.empty() || secret.secret.empty())
    throw Failure(Exit::Failed, "bad_credential", path.string() + " is not a bucket's credential",
                  "wanted: `access_key_id ...` and `secret_access_key ...`, one a line",
                  "write the file again");
  return secret;
}

bool bucket_is_held(const Call& call) {
  std::error_code ignored;
  if (fs::exists(hold_mark_of(call), ignored)) return true;
  try {
    const json list = ask_daemon(call.settings, {{"command", "hold_list"}}, kHoldListPatience);
    return !list.at("holds").empty();
  } catch (const Failure&) {
    return false;  // no daemon, no vault: no hold
  }
}

json hold_bucket(const Call& call, bool on) {
  uint64_t snapshots = 0;
  uint64_t objects = 0;
  json problems = json::array();
  const auto mark = [&] {
    const std::string problem = set_mark(call, on);
    if (!problem.empty()) problems.push_back(problem);
  };
  if (on) mark();  // first: a snapshot that is sent meanwhile is held
  for (const json& sent : log::sent_snapshots(state_of(call))) {
    if (!on && sent.value("kept", false)) continue;
    try {
      objects += hold_one(call, sent, on);
      ++snapshots;
    } catch (const Failure& failure) {
      problems.push_back(sent.value("base", "") + ": " + failure.message);
    } catch (const std::exception& error) {
      problems.push_back(sent.value("base", "") + ": " + error.what());
    }
  }
  if (!on && problems.empty()) mark();
  json answer = {{"snapshots", snapshots}, {"objects", objects}, {"problems", problems}};
  if (snapshots != 0 || !problems.empty())
    answer["recorded"] =
        record_pull(call, on ? "bucket_held" : "bucket_released",
                    {{"rows", objects}, {"result", problems.empty() ? "ok" : "failed"}});
  return answer;
}

Exit say_bucket(const Call& call, const json& answer) {
  for (const json& problem : answer.at("problems"))
    call.out.note("bucket: " + printable(problem.get<std::string>()));
  if (!call.out.is_json() && answer.at("snapshots").get<uint64_t>() != 0)
    call.out.line(fmt::format("bucket: {} objects of {} snapshots", answer["objects"].dump(),
                              answer["snapshots"].dump()));
  if (answer.at("problems").empty()) return Exit::Ok;
  call.out.note("the rest of the bucket follows with `sallyctl hold bucket on` (or off)");
  return Exit::Partial;
}

}  // namespace sallyport::cli
