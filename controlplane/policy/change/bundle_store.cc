#include "controlplane/policy/change/bundle_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "controlplane/policy/bundle/digest.h"

namespace sallyport::controlplane::policy {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw std::runtime_error(path.string() + ": " + why);
}

// "base/base/actions.yaml" is file actions.yaml of layer 2.
fs::path stored_path(std::string path) {
  int layer = 0;
  for (; path.starts_with("base/"); ++layer) path.erase(0, 5);
  return fs::path(std::to_string(layer)) / path;
}

void write_synced(const fs::path& path, const std::string& bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) refuse(path, std::strerror(errno));
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t written = write(fd, bytes.data() + at, bytes.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    at += static_cast<size_t>(written);
  }
  const int error = at < bytes.size() || fsync(fd) != 0 ? errno : 0;
  close(fd);
  if (error != 0) refuse(path, std::strerror(error));
}

void make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) refuse(folder, failed.message());
  fs::permissions(folder, fs::perms::owner_all, failed);
}

}  // namespace

fs::path BundleStore::path_of(const contract::Digest& digest) const {
  return folder_ / digest_hex(digest);
}

bool BundleStore::has(const contract::Digest& digest) const {
  std::error_code ignored;
  return fs::is_directory(path_of(digest), ignored);
}

void BundleStore::put(const Bundle& bundle) const {
  if (has(bundle.digest)) return;
  make_folder(folder_);
  std::string name = (folder_ / ".new-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) refuse(name, std::strerror(errno));
  const fs::path beside = name;
  try {
    for (const auto& [path, bytes] : bundle.files) {
      const fs::path file = beside / stored_path(path);
      make_folder(file.parent_path());
      write_synced(file, bytes);
    }
    std::error_code failed;
    fs::rename(beside, path_of(bundle.digest), failed);
    // Another process was first: what it wrote is the same.
    if (failed && !has(bundle.digest)) refuse(path_of(bundle.digest), failed.message());
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(beside, ignored);
    throw;
  }
  std::error_code ignored;
  fs::remove_all(beside, ignored);
}

std::optional<Bundle> BundleStore::get(const contract::Digest& digest, std::string& error) const {
  const fs::path folder = path_of(digest);
  if (!has(digest)) {
    error = folder.string() + ": the sources of this bundle are not kept here";
    return std::nullopt;
  }
  std::vector<Problem> problems;
  auto bundle = read_stored_bundle(folder, problems);
  if (!bundle) {
    error = problems.empty() ? folder.string() + ": cannot be read" : problems.front().render();
    return std::nullopt;
  }
  if (bundle->digest != digest) {
    error = folder.string() + ": the files are not those of this digest";
    return std::nullopt;
  }
  return bundle;
}

}  // namespace sallyport::controlplane::policy
