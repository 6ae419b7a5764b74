// bucket_holds.h: legal holds reach what lies in the evidence bucket too: while a hold is in force,
// every snapshot that was sent has S3 legal hold, and what is sent meanwhile gets it.
//
// All snapshots, not only those with records of the tenant: a snapshot is one tree, and without the
// others its records prove less. A snapshot that was sent with --legal-hold keeps it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "controlplane/cli/command.h"
#include "controlplane/evidence/bucket/s3_bucket.h"

namespace sallyport::cli {

// Of `evidence-bucket` in the credentials folder. Throws Failure.
evidence_log::S3Secret bucket_secret(const Call& call);

// What the server said, as an exit of sallyctl.
[[noreturn]] void bucket_failed(const evidence_log::S3Error& error, const std::string& what,
                                const std::string& hint);

// Whether a hold is in force for the bucket: then a new snapshot is held as well.
bool bucket_is_held(const Call& call);

// Sets or clears legal hold on what was sent: {"snapshots","objects","problems":[...]}; written
// into the log. What failed is named and done by running it again.
nlohmann::json hold_bucket(const Call& call, bool on);
// The same in words. Partial when something failed.
Exit say_bucket(const Call& call, const nlohmann::json& answer);

}  // namespace sallyport::cli
