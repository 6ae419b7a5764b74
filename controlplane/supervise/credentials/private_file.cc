#include "controlplane/supervise/credentials/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <utility>

namespace sallyport::supervise {

namespace fs = std::filesystem;

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::string why(const fs::path& path, const char* what) {
  return path.string() + ": " + what + ": " + std::strerror(errno);
}

std::string mode_text(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

bool check_file(const fs::path& file, const struct stat& found, Privacy privacy, size_t bytes_max,
                std::string& error) {
  if (!S_ISREG(found.st_mode)) {
    error = file.string() + ": not a regular file";
    return false;
  }
  if (found.st_uid != 0 && found.st_uid != geteuid()) {
    error = file.string() + ": owned by uid " + std::to_string(found.st_uid) +
            ", who could change it (chown root " + file.string() + ")";
    return false;
  }
  const mode_t forbidden = privacy == Privacy::Secret ? 077 : 022;
  if ((found.st_mode & forbidden) != 0) {
    error = file.string() + ": mode " + mode_text(found.st_mode) + " lets group or others " +
            (privacy == Privacy::Secret ? "at it (chmod 600 " : "change it (chmod 644 ") +
            file.string() + ")";
    return false;
  }
  if (found.st_size < 0 || static_cast<uint64_t>(found.st_size) > bytes_max) {
    error = file.string() + ": larger than " + std::to_string(bytes_max) + " bytes";
    return false;
  }
  return true;
}

bool write_all(int fd, std::span<const uint8_t> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote = write(fd, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<size_t>(wrote);
  }
  return true;
}

// The name itself is durable only when its folder is synced too.
void sync_folder(const fs::path& folder) {
  const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.fd() >= 0) fsync(opened.fd());
}

// A complete, synced file beside `file`. Empty: `error` says why.
std::string write_beside(const fs::path& file, std::span<const uint8_t> bytes, std::string& error) {
  const std::string beside = file.string() + ".new." + std::to_string(getpid());
  unlink(beside.c_str());
  const Descriptor made(open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (made.fd() < 0) {
    error = why(beside, "cannot be made");
    return {};
  }
  if (!write_all(made.fd(), bytes) || fsync(made.fd()) != 0) {
    error = why(beside, "cannot be written");
    unlink(beside.c_str());
    return {};
  }
  return beside;
}

}  // namespace

ReadResult read_private(const fs::path& file, Privacy privacy, size_t bytes_max,
                        vault::Secret& bytes, std::string& error) {
  bytes.clear();
  // Not blocking: a FIFO in the place of a file must not hold the daemon.
  const Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (opened.fd() < 0) {
    if (errno == ENOENT) return ReadResult::Missing;
    error = why(file, "cannot be opened");
    return ReadResult::Refused;
  }
  struct stat found {};
  if (fstat(opened.fd(), &found) != 0) {
    error = why(file, "cannot be read");
    return ReadResult::Refused;
  }
  if (!check_file(file, found, privacy, bytes_max, error)) return ReadResult::Refused;
  bytes.resize(static_cast<size_t>(found.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = read(opened.fd(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      error = why(file, "cannot be read");
      bytes.clear();
      return ReadResult::Refused;
    }
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return ReadResult::Ok;
}

bool create_private(const fs::path& file, std::span<const uint8_t> bytes, std::string& error) {
  error.clear();
  const std::string beside = write_beside(file, bytes, error);
  if (beside.empty()) return false;
  // A link, not a rename: it fails when somebody else was first.
  const bool linked = link(beside.c_str(), file.c_str()) == 0;
  if (!linked && errno != EEXIST) error = why(file, "cannot be made");
  unlink(beside.c_str());
  if (linked) sync_folder(file.parent_path());
  return linked;
}

bool replace_private(const fs::path& file, std::string_view text, std::string& error) {
  error.clear();
  const std::string beside =
      write_beside(file, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, error);
  if (beside.empty()) return false;
  if (rename(beside.c_str(), file.c_str()) != 0) {
    error = why(file, "cannot be replaced");
    unlink(beside.c_str());
    return false;
  }
  sync_folder(file.parent_path());
  return true;
}

bool append_private(const fs::path& file, std::string_view text, std::string& error) {
  error.clear();
  const Descriptor opened(
      open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  ssize_t put = -1;
  if (opened.fd() >= 0) put = write(opened.fd(), text.data(), text.size());
  if (put >= 0 && static_cast<size_t>(put) < text.size()) errno = ENOSPC;  // a part of it went
  if (put != static_cast<ssize_t>(text.size()) || fsync(opened.fd()) != 0) {
    error = why(file, "cannot be written");
    return false;
  }
  sync_folder(file.parent_path());
  return true;
}

bool ensure_private_folder(const fs::path& folder, std::string& error) {
  struct stat found {};
  if (stat(folder.c_str(), &found) != 0) {
    if (errno != ENOENT) {
      error = why(folder, "cannot be used");
      return false;
    }
    const fs::path parent = folder.parent_path();
    std::error_code ignored;
    if (!parent.empty() && parent != folder && !fs::exists(parent, ignored) &&
        !ensure_private_folder(parent, error))
      return false;
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      error = why(folder, "cannot be made");
      return false;
    }
    if (stat(folder.c_str(), &found) != 0) {
      error = why(folder, "cannot be used");
      return false;
    }
  }
  if (!S_ISDIR(found.st_mode)) {
    error = folder.string() + ": not a folder";
    return false;
  }
  if (found.st_uid != geteuid() && found.st_uid != 0) {
    error = folder.string() + ": owned by uid " + std::to_string(found.st_uid) +
            " (chown it to the user that sallyportd runs as)";
    return false;
  }
  if ((found.st_mode & 022) != 0) {
    error = folder.string() + ": mode " + mode_text(found.st_mode) +
            " lets group or others write (chmod 700 " + folder.string() + ")";
    return false;
  }
  return true;
}

std::optional<std::string> read_small(const fs::path& file, size_t bytes_max) {
  const Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (opened.fd() < 0) return std::nullopt;
  std::string text(bytes_max + 1, '\0');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = read(opened.fd(), text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  if (done > bytes_max) return std::nullopt;
  text.resize(done);
  return text;
}

}  // namespace sallyport::supervise
