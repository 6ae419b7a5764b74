#include "controlplane/evidence/bucket/s3_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <span>
#include <stdexcept>

#include "controlplane/evidence/log/hex_text.h"
#include "controlplane/evidence/log/merkle.h"
#include "dataplane/base/ascii.h"
#include "dataplane/base/bytes.h"

namespace sallyport::evidence_log {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

Hash hmac(std::span<const uint8_t> key, std::string_view text) {
  Hash out{};
  unsigned length = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), base::bytes_of(text).data(),
           text.size(), out.data(), &length) == nullptr)
    throw std::runtime_error("HMAC failed");
  return out;
}

std::string signing_key_signature(const S3Secret& secret, std::string_view region,
                                  std::string_view day, std::string_view to_sign) {
  std::string first = "AWS4" + secret.secret;
  Hash key = hmac(base::bytes_of(first), day);
  OPENSSL_cleanse(first.data(), first.size());
  for (const std::string_view part :
       {region, std::string_view("s3"), std::string_view("aws4_request"), to_sign})
    key = hmac(key, part);
  return lower_hex(key);
}

}  // namespace

std::string uri_encoded(std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = base::is_alnum(static_cast<uint8_t>(c)) || c == '-' || c == '_' ||
                       c == '.' || c == '~' || (c == '/' && keep_slash);
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string query_text(const std::map<std::string, std::string>& query) {
  std::string text;
  for (const auto& [name, value] : query)
    text += (text.empty() ? "" : "&") + uri_encoded(name, false) + "=" + uri_encoded(value, false);
  return text;
}

std::vector<std::string> signed_headers(const S3Request& request, const S3Secret& secret,
                                        std::string_view region, std::string_view time) {
  std::map<std::string, std::string> headers = request.headers;
  headers["host"] = request.host;
  headers["x-amz-date"] = time;
  headers["x-amz-content-sha256"] = request.payload_sha256;
  std::string lines;
  std::string names;
  for (const auto& [name, value] : headers) {
    lines += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical = request.method + "\n" + uri_encoded(request.path, true) + "\n" +
                                query_text(request.query) + "\n" + lines + "\n" + names + "\n" +
                                request.payload_sha256;
  const std::string_view day = time.substr(0, 8);
  const std::string scope = std::string(day) + "/" + std::string(region) + "/s3/aws4_request";
  const std::string to_sign = std::string(kAlgorithm) + "\n" + std::string(time) + "\n" + scope +
                              "\n" + lower_hex(sha256(base::bytes_of(canonical)));
  std::vector<std::string> out;
  for (const auto& [name, value] : headers)
    if (name != "host") out.push_back(name + ": " + value);
  out.push_back("authorization: " + std::string(kAlgorithm) + " Credential=" + secret.key_id + "/" +
                scope + ", SignedHeaders=" + names +
                ", Signature=" + signing_key_signature(secret, region, day, to_sign));
  return out;
}

}  // namespace sallyport::evidence_log
