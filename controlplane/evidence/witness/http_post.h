// http_post.h: one POST over HTTP or HTTPS, with bounds on time and size. For witnesses.
#pragma once

#include <filesystem>
#include <string>

namespace sallyport::evidence_log {

inline constexpr long kPostSecondsMax = 20;               // from name to last byte
inline constexpr size_t kPostAnswerBytesMax = 64 * 1024;  // a timestamp with its chain is a tenth

struct HttpAnswer {
  long status = 0;  // 0: no answer; `error` says why
  std::string content_type;
  std::string body;
  std::string error;
};

// Redirects are not followed: a witness is where its operator said. `ca_file` empty: the system's.
HttpAnswer http_post(const std::string& url, const std::string& content_type,
                     const std::string& body, const std::filesystem::path& ca_file);

}  // namespace sallyport::evidence_log
