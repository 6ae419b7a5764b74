#include "controlplane/policy/bundle/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace sallyport::controlplane::policy {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(const std::string& path, const char* what) {
  throw std::runtime_error(path + ": " + what + ": " + std::strerror(errno));
}

void write_all(int fd, std::span<const uint8_t> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(path, "write");
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

}  // namespace

void write_whole_file(const std::filesystem::path& path, std::span<const uint8_t> bytes) {
  std::string beside = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(beside.data(), O_CLOEXEC));  // 0600
  if (file.get() < 0) fail(path.string(), "cannot be written");
  try {
    write_all(file.get(), bytes, beside);
    if (::fsync(file.get()) != 0) fail(beside, "fsync");
    if (::rename(beside.c_str(), path.c_str()) != 0) fail(path.string(), "rename");
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
  const std::filesystem::path folder = path.parent_path();
  const Descriptor parent(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() >= 0) (void)::fsync(parent.get());
}

}  // namespace sallyport::controlplane::policy
