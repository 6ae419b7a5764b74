#include "controlplane/evidence/log/plain_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace sallyport::evidence_log {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + path.string());
}

bool write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t wrote = ::write(file, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    content.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

}  // namespace

std::optional<std::string> read_file(const std::filesystem::path& path, size_t bytes_max) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(path, "open");
  }
  struct stat info {};
  std::string content(bytes_max + 1, '\0');
  size_t have = 0;
  ssize_t got = ::fstat(file, &info) == 0 && S_ISREG(info.st_mode) ? 1 : -1;
  while (got > 0 && have < content.size()) {
    got = ::read(file, content.data() + have, content.size() - have);
    if (got > 0) have += static_cast<size_t>(got);
  }
  ::close(file);
  if (got < 0 || have > bytes_max)
    throw std::runtime_error(path.string() + ": unreadable, no regular file, or too long");
  content.resize(have);
  return content;
}

void sync_folder(const std::filesystem::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) fail(folder, "open");
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  if (!synced) fail(folder, "sync");
}

void replace_file(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  const std::filesystem::path beside = path.string() + ".new";
  ::unlink(beside.c_str());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) fail(beside, "create");
  const bool written = ::fchmod(file, mode) == 0 && write_all(file, content) && ::fsync(file) == 0;
  const int code = errno;
  ::close(file);
  if (!written) {
    ::unlink(beside.c_str());
    errno = code;
    fail(beside, "write");
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) fail(path, "rename to");
  sync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

}  // namespace sallyport::evidence_log
