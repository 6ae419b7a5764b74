#include "controlplane/evidence/bucket/bucket_checkpoints.h"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <stdexcept>

#include "controlplane/evidence/log/hex_text.h"
#include "controlplane/evidence/log/plain_file.h"

namespace sallyport::evidence_log {
namespace {

constexpr std::string_view kScheme = "s3://";
constexpr std::string_view kSuffix = ".txt";
constexpr size_t kSizeDigits = 20;  // of a 64-bit number
constexpr size_t kSecretBytesMax = 4'096;

std::string folder_of(const std::string& prefix, const std::string& origin) {
  return (prefix.empty() ? "" : prefix + "/") + origin + "/checkpoints/";
}

// What is no checkpoint's name is somebody else's.
bool read_name(std::string_view name, BucketCheckpoint& out) {
  constexpr size_t kRootDigits = 2 * sizeof(Hash);
  if (name.size() != kSizeDigits + 1 + kRootDigits + kSuffix.size() || name[kSizeDigits] != '-' ||
      !name.ends_with(kSuffix))
    return false;
  const auto number = [](std::string_view text, auto& into, int base) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
    return error == std::errc() && end == text.data() + text.size();
  };
  if (!number(name.substr(0, kSizeDigits), out.size, 10)) return false;
  for (size_t i = 0; i < sizeof(Hash); ++i)
    if (!number(name.substr(kSizeDigits + 1 + 2 * i, 2), out.root[i], 16)) return false;
  return true;
}

}  // namespace

BucketPlace bucket_place(const std::string& url) {
  const std::string rest = url.starts_with(kScheme) ? url.substr(kScheme.size()) : "";
  const size_t slash = std::min(rest.find('/'), rest.size());
  BucketPlace place{rest.substr(0, slash), rest.substr(std::min(slash + 1, rest.size()))};
  while (place.prefix.ends_with('/')) place.prefix.pop_back();
  if (place.bucket.empty()) throw std::runtime_error(url + " is no bucket: s3://BUCKET/PREFIX");
  return place;
}

S3Secret read_s3_secret(const std::filesystem::path& path) {
  const auto way_out = [&](const std::string& why) {
    return std::runtime_error(path.string() + " " + why +
                              ": the lines `access_key_id ...` and `secret_access_key ...`, mode "
                              "0600");
  };
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw way_out("cannot be read");
  if ((status.st_mode & 077) != 0) throw way_out("is not secret: others may read it");
  std::string text = read_file(path, kSecretBytesMax).value_or("");
  std::istringstream lines(text);
  OPENSSL_cleanse(text.data(), text.size());
  S3Secret secret;
  for (std::string name, value; lines >> name >> value;) {
    if (name == "access_key_id") secret.key_id = value;
    if (name == "secret_access_key") secret.secret = value;
  }
  if (secret.key_id.empty() || secret.secret.empty()) throw way_out("is no bucket's credential");
  return secret;
}

std::string checkpoint_key(const std::string& prefix, const Checkpoint& checkpoint) {
  std::string number = std::to_string(checkpoint.size);
  number.insert(0, kSizeDigits - std::min(kSizeDigits, number.size()), '0');
  return folder_of(prefix, checkpoint.origin) + number + "-" + lower_hex(checkpoint.root) +
         std::string(kSuffix);
}

std::vector<BucketCheckpoint> checkpoints_in(S3Bucket& bucket, const std::string& prefix,
                                             const std::string& origin) {
  const std::string folder = folder_of(prefix, origin);
  std::vector<BucketCheckpoint> found;
  for (const S3Version& one : bucket.versions(folder)) {
    BucketCheckpoint checkpoint;
    if (!read_name(one.name, checkpoint)) continue;
    checkpoint.key = folder + one.name;
    checkpoint.version = one.version;
    found.push_back(std::move(checkpoint));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.size < b.size; });
  return found;
}

}  // namespace sallyport::evidence_log
