#include "controlplane/supervise/instance_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>

#include "controlplane/supervise/credentials/private_file.h"

namespace sallyport::supervise {

std::unique_ptr<InstanceLock> InstanceLock::take(const std::filesystem::path& folder,
                                                 std::string& error) {
  const std::filesystem::path file = folder / "sallyportd.lock";
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    error = file.string() + ": " + std::strerror(errno);
    return nullptr;
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    std::string holder = read_small(file).value_or("");
    while (!holder.empty() && holder.back() == '\n') holder.pop_back();
    error = folder.string() + ": another sallyportd uses it (pid " + holder + ")";
    close(fd);
    return nullptr;
  }
  // For the message above only; the lock itself is what counts, also on a full disk.
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 ||
      pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    error.clear();
  return std::unique_ptr<InstanceLock>(new InstanceLock(fd));
}

InstanceLock::~InstanceLock() { close(fd_); }

}  // namespace sallyport::supervise
