#include "controlplane/evidence/witness/http_post.h"

#include <curl/curl.h>

#include <array>
#include <memory>
#include <mutex>

namespace sallyport::evidence_log {
namespace {

struct Free {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

size_t take(const char* bytes, size_t size, size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > kPostAnswerBytesMax) return 0;  // ends the transfer
  body.append(bytes, size * count);
  return size * count;
}

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

HttpAnswer http_post(const std::string& url, const std::string& content_type,
                     const std::string& body, const std::filesystem::path& ca_file) {
  start_curl();
  HttpAnswer answer;
  const std::unique_ptr<CURL, Free> handle(curl_easy_init());
  const std::string type = "Content-Type: " + content_type;
  const std::unique_ptr<curl_slist, Free> headers(
      curl_slist_append(curl_slist_append(nullptr, type.c_str()), "Expect:"));
  if (!handle || !headers) {
    answer.error = "out of memory";
    return answer;
  }
  std::array<char, CURL_ERROR_SIZE> words{};
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kPostSecondsMax);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // not our only thread
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words.data());
  if (!ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    answer.error = words[0] != '\0' ? words.data() : curl_easy_strerror(code);
    return answer;
  }
  const char* got_type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &got_type);
  if (got_type != nullptr) answer.content_type = got_type;
  return answer;
}

}  // namespace sallyport::evidence_log
