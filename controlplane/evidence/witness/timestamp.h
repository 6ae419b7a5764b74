// timestamp.h: RFC 3161 over bytes of ours: what is asked, and whether the answer is good.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace sallyport::evidence_log {

struct TimestampQuery {
  std::string der;      // application/timestamp-query
  std::string imprint;  // SHA-256 of the bytes
  std::string nonce;    // DER of the number: the answer must carry it
};

// Throws std::runtime_error.
TimestampQuery timestamp_query(const std::string& bytes);

// Whether `answer` (application/timestamp-reply) grants a token over the query's bytes, signed by a
// certificate for time stamping that `ca_file` vouches for. Empty: it does, and `unix_s` is its
// time. Else why not.
std::string timestamp_problem(const TimestampQuery& query, const std::string& answer,
                              const std::filesystem::path& ca_file, uint64_t& unix_s);

}  // namespace sallyport::evidence_log
