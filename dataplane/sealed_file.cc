#include "dataplane/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::dataplane {

void OwnedDescriptor::reset(int fd) noexcept {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

bool read_sealed(int fd, uint64_t bytes, size_t bytes_max, std::vector<uint8_t>& out,
                 std::string& error) {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals) {
    error = "the file that came is not a sealed memfd";
    return false;
  }
  struct stat about {};
  if (fstat(fd, &about) != 0 || about.st_size < 0 ||
      static_cast<uint64_t>(about.st_size) != bytes) {
    error = "the file that came does not have the announced size";
    return false;
  }
  if (bytes == 0 || bytes > bytes_max) {
    error = "the file that came has " + std::to_string(bytes) + " bytes, 1 to " +
            std::to_string(bytes_max) + " are allowed";
    return false;
  }
  out.resize(static_cast<size_t>(bytes));
  for (size_t at = 0; at < out.size();) {
    const ssize_t got = pread(fd, out.data() + at, out.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      error = "the file that came cannot be read";
      return false;
    }
    at += static_cast<size_t>(got);
  }
  return true;
}

}  // namespace sallyport::dataplane
