#include "controlplane/supervise/socket/local_socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace sallyport::supervise {

int listen_at(const std::filesystem::path& file, int type, std::string& error) {
  constexpr int kBacklog = 512;  // a burst of clients waits; a full one is told EAGAIN
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = file.native();
  if (path.size() >= sizeof address.sun_path) {
    error = path + ": longer than the " + std::to_string(sizeof address.sun_path - 1) +
            " characters that a socket's path may have (choose a shorter --run-dir)";
    return -1;
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  unlink(path.c_str());
  const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      chmod(path.c_str(), 0600) == 0 && listen(fd, kBacklog) == 0)
    return fd;
  error = path + ": cannot listen: " + std::strerror(errno);
  if (fd >= 0) close(fd);
  return -1;
}

bool may_talk(int fd, Peer& peer) {
  ucred found{};
  socklen_t bytes = sizeof found;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &bytes) != 0) return false;
  peer.pid = found.pid;
  peer.uid = found.uid;
  return found.uid == 0 || found.uid == geteuid();
}

}  // namespace sallyport::supervise
