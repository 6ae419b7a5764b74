// s3_signature.h: AWS Signature Version 4 of one S3 request, with an explicit payload hash.
//
// Ours instead of libcurl's: what Debian 12 ships (7.88) never sends x-amz-content-sha256, signs
// an unsorted query, and has open bugs; S3 servers answer 403. This is the published algorithm.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::evidence_log {

struct S3Secret {
  std::string key_id;
  std::string secret;
};

struct S3Request {
  std::string method;
  std::string host;                            // with the port where it is not the default
  std::string path;                            // "/bucket/key", not encoded
  std::map<std::string, std::string> query;    // sorted by name; an empty value is written "name="
  std::map<std::string, std::string> headers;  // lower-case names, without host; all are signed
  std::string payload_sha256;                  // hex
};

// RFC 3986, all but unreserved characters; '/' stays when `keep_slash`.
std::string uri_encoded(std::string_view text, bool keep_slash);
std::string query_text(const std::map<std::string, std::string>& query);
// The header lines to send besides Host: x-amz-date, x-amz-content-sha256, authorization and those
// of the request. `time` is "20261125T221500Z".
std::vector<std::string> signed_headers(const S3Request& request, const S3Secret& secret,
                                        std::string_view region, std::string_view time);

}  // namespace sallyport::evidence_log
