#include "controlplane/evidence/bucket/s3_bucket.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <time.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <memory>
#include <mutex>

#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/log/hex_text.h"

namespace sallyport::evidence_log {
namespace {

constexpr size_t kAnswerBytesMax = 64U << 20;
constexpr long kConnectSecondsMax = 15;
constexpr size_t kReadBytes = 64 * 1024;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string amz_time() {
  const time_t now = ::time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  char text[32] = {};
  strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

// The text of the first element of that name; enough for the few answers that are read here.
std::string element(const std::string& xml, const std::string& name) {
  const size_t begin = xml.find("<" + name + ">");
  if (begin == std::string::npos) return "";
  const size_t from = begin + name.size() + 2;
  const size_t end = xml.find("</" + name + ">", from);
  return end == std::string::npos ? "" : xml.substr(from, end - from);
}

struct Sums {
  std::string sha256_hex;
  std::string md5_base64;  // object lock wants Content-MD5
};

class Digest {
 public:
  explicit Digest(const EVP_MD* kind) : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr || EVP_DigestInit_ex(context_, kind, nullptr) != 1)
      throw std::runtime_error("libcrypto does not offer a digest that S3 wants");
  }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(const char* bytes, size_t count) { EVP_DigestUpdate(context_, bytes, count); }
  std::vector<uint8_t> end() {
    std::vector<uint8_t> sum(EVP_MAX_MD_SIZE);
    unsigned length = 0;
    EVP_DigestFinal_ex(context_, sum.data(), &length);
    sum.resize(length);
    return sum;
  }

 private:
  EVP_MD_CTX* context_;
};

size_t take_body(char* bytes, size_t size, size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > kAnswerBytesMax) return 0;
  body.append(bytes, size * count);
  return size * count;
}

size_t take_header(char* bytes, size_t size, size_t count, void* to) {
  auto& headers = *static_cast<std::map<std::string, std::string>*>(to);
  const std::string line(bytes, size * count);
  const size_t colon = line.find(':');
  if (colon == std::string::npos) return size * count;
  std::string name = line.substr(0, colon);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const size_t begin = line.find_first_not_of(' ', colon + 1);
  const size_t end = line.find_last_not_of("\r\n ");
  headers[name] =
      begin == std::string::npos || end < begin ? "" : line.substr(begin, end + 1 - begin);
  return size * count;
}

}  // namespace

// What a PUT sends: a file, or bytes in memory.
struct S3Bucket::Upload {
  std::ifstream file = {};
  std::string bytes = {};
  size_t at = 0;
  uint64_t size = 0;
  Sums sums = {};

  static size_t read(char* to, size_t size, size_t count, void* from) {
    auto& upload = *static_cast<Upload*>(from);
    if (upload.file.is_open()) {
      upload.file.read(to, static_cast<std::streamsize>(size * count));
      return static_cast<size_t>(upload.file.gcount());
    }
    const size_t give = std::min(size * count, upload.bytes.size() - upload.at);
    upload.bytes.copy(to, give, upload.at);
    upload.at += give;
    return give;
  }
  void measure() {
    Digest sha(EVP_sha256());
    Digest md5(EVP_md5());
    if (file.is_open()) {
      std::string piece(kReadBytes, '\0');
      while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) ||
             file.gcount() > 0) {
        const auto got = static_cast<size_t>(file.gcount());
        sha.add(piece.data(), got);
        md5.add(piece.data(), got);
        size += got;
      }
      file.clear();
      file.seekg(0);
    } else {
      sha.add(bytes.data(), bytes.size());
      md5.add(bytes.data(), bytes.size());
      size = bytes.size();
    }
    sums = {lower_hex(sha.end()), base64(md5.end())};
  }
};

S3Bucket::S3Bucket(S3Options options) : options_(std::move(options)) {
  while (options_.endpoint.ends_with('/')) options_.endpoint.pop_back();
  const size_t scheme = options_.endpoint.find("://");
  if (scheme == std::string::npos) throw S3Error("the endpoint has no scheme", 0, "");
  host_ = options_.endpoint.substr(scheme + 3);
  static std::once_flag
      once;  // http_post.cc has one of its own; Debian's libcurl counts them safely
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  curl_ = curl_easy_init();
  if (curl_ == nullptr) throw S3Error("libcurl cannot start", 0, "");
}

S3Bucket::~S3Bucket() {
  curl_easy_cleanup(static_cast<CURL*>(curl_));
  OPENSSL_cleanse(options_.secret.secret.data(), options_.secret.secret.size());
}

S3Bucket::Answer S3Bucket::call(const std::string& method, const std::string& key,
                                std::map<std::string, std::string> query,
                                std::map<std::string, std::string> headers, Upload* upload) {
  auto* curl = static_cast<CURL*>(curl_);
  curl_easy_reset(curl);
  S3Request request{method,
                    host_,
                    "/" + options_.bucket + (key.empty() ? "" : "/" + key),
                    std::move(query),
                    std::move(headers),
                    upload != nullptr ? upload->sums.sha256_hex : lower_hex(sha256({}))};
  std::string url = options_.endpoint + uri_encoded(request.path, true);
  if (!request.query.empty()) url += "?" + query_text(request.query);
  std::unique_ptr<curl_slist, FreeList> lines;
  for (const std::string& line :
       signed_headers(request, options_.secret, options_.region, amz_time())) {
    curl_slist* longer = curl_slist_append(lines.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(lines.release());
    lines.reset(longer);
  }
  // Without this libcurl waits a second for leave to send, where a server gives none.
  if (curl_slist* longer = curl_slist_append(lines.get(), "Expect:"); longer != nullptr) {
    static_cast<void>(lines.release());
    lines.reset(longer);
  }
  Answer answer;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSecondsMax);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, options_.timeout_s);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer.headers);
  if (!options_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (upload != nullptr) {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, Upload::read);
    curl_easy_setopt(curl, CURLOPT_READDATA, upload);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(upload->size));
  } else if (method != "GET") {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK)
    throw S3Error(options_.endpoint + " does not answer: " + curl_easy_strerror(code), 0, "");
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

void S3Bucket::refuse(const std::string& what, const Answer& answer) const {
  const std::string code = element(answer.body, "Code");
  throw S3Error(what + ": " + options_.bucket + " at " + options_.endpoint + " answers " +
                    std::to_string(answer.status) + (code.empty() ? "" : " " + code),
                answer.status, code);
}

bool S3Bucket::has_object_lock() {
  const Answer answer = call("GET", "", {{"object-lock", ""}}, {}, nullptr);
  if (answer.status == 200) return element(answer.body, "ObjectLockEnabled") == "Enabled";
  const std::string code = element(answer.body, "Code");
  if (code == "ObjectLockConfigurationNotFoundError") return false;
  refuse("ask for object lock", answer);
  return false;
}

std::string S3Bucket::put_upload(const std::string& key, Upload& upload, const S3Lock& lock) {
  upload.measure();
  if (upload.size > kS3ObjectBytesMax)
    throw S3Error(key + " is larger than one upload may be (5 GiB); export a shorter range", 0, "");
  std::map<std::string, std::string> headers{{"content-md5", upload.sums.md5_base64},
                                             {"x-amz-meta-sha256", upload.sums.sha256_hex}};
  if (!lock.retain_until.empty()) {
    headers["x-amz-object-lock-mode"] = "COMPLIANCE";
    headers["x-amz-object-lock-retain-until-date"] = lock.retain_until;
  }
  if (lock.legal_hold) headers["x-amz-object-lock-legal-hold"] = "ON";
  const Answer answer = call("PUT", key, {}, std::move(headers), &upload);
  if (answer.status != 200) refuse("upload " + key, answer);
  const auto version = answer.headers.find("x-amz-version-id");
  if (version == answer.headers.end() || version->second.empty() || version->second == "null")
    throw S3Error("the bucket " + options_.bucket + " keeps no versions", answer.status,
                  "NoVersions");
  return version->second;
}

std::string S3Bucket::put(const std::string& key, const std::filesystem::path& file,
                          const S3Lock& lock) {
  Upload upload;
  upload.file.open(file, std::ios::binary);
  if (!upload.file) throw std::runtime_error("cannot read " + file.string());
  return put_upload(key, upload, lock);
}

std::string S3Bucket::put_bytes(const std::string& key, const std::string& bytes,
                                const S3Lock& lock) {
  Upload upload;
  upload.bytes = bytes;
  return put_upload(key, upload, lock);
}

std::string S3Bucket::get(const std::string& key, const std::string& version) {
  Answer answer = call("GET", key, {{"versionId", version}}, {}, nullptr);
  if (answer.status != 200) refuse("read " + key, answer);
  return std::move(answer.body);
}

std::string S3Bucket::retention(const std::string& key, const std::string& version) {
  const Answer answer = call("GET", key, {{"retention", ""}, {"versionId", version}}, {}, nullptr);
  if (element(answer.body, "Code") == "NoSuchObjectLockConfiguration") return "";
  if (answer.status != 200) refuse("ask for the retention of " + key, answer);
  const std::string mode = element(answer.body, "Mode");
  return mode.empty() ? "" : mode + " " + element(answer.body, "RetainUntilDate");
}

std::vector<S3Version> S3Bucket::versions(const std::string& folder) {
  constexpr std::string_view kBegin = "<Version>";
  std::vector<S3Version> found;
  std::map<std::string, std::string> query{{"versions", ""}, {"prefix", folder}};
  // A name is what stands behind the last slash: the folder is ours and may be written in entities.
  const auto name_of = [](const std::string& key) { return key.substr(key.rfind('/') + 1); };
  for (;;) {
    const Answer answer = call("GET", "", query, {}, nullptr);
    if (answer.status != 200) refuse("list " + folder, answer);
    const size_t before = found.size();
    for (size_t at = answer.body.find(kBegin); at != std::string::npos;
         at = answer.body.find(kBegin, at + 1)) {
      const size_t end = answer.body.find("</Version>", at);
      const std::string one = answer.body.substr(at, end - at);
      found.push_back({name_of(element(one, "Key")), element(one, "VersionId")});
    }
    if (element(answer.body, "IsTruncated") != "true" || found.size() == before) return found;
    query["key-marker"] = folder + name_of(element(answer.body, "NextKeyMarker"));
    query["version-id-marker"] = element(answer.body, "NextVersionIdMarker");
  }
}

void S3Bucket::set_legal_hold(const std::string& key, const std::string& version, bool on) {
  Upload upload;
  upload.bytes = std::string("<LegalHold><Status>") + (on ? "ON" : "OFF") + "</Status></LegalHold>";
  upload.measure();
  const Answer answer = call("PUT", key, {{"legal-hold", ""}, {"versionId", version}},
                             {{"content-md5", upload.sums.md5_base64}}, &upload);
  if (answer.status != 200) refuse("set the legal hold of " + key, answer);
}

void S3Bucket::remove(const std::string& key, const std::string& version) {
  const Answer answer = call("DELETE", key, {{"versionId", version}}, {}, nullptr);
  if (answer.status != 204 && answer.status != 200) refuse("delete " + key, answer);
}

}  // namespace sallyport::evidence_log
