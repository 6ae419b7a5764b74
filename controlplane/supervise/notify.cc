#include "controlplane/supervise/notify.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>

namespace sallyport::supervise {

namespace {

uint64_t number_of(const char* text) {
  uint64_t value = 0;
  if (text == nullptr) return 0;
  const auto [end, failed] = std::from_chars(text, text + std::strlen(text), value);
  return failed == std::errc() && *end == '\0' ? value : 0;
}

}  // namespace

Notify::Notify() {
  const char* path = getenv("NOTIFY_SOCKET");
  const uint64_t period_us = number_of(getenv("WATCHDOG_USEC"));
  const char* owner = getenv("WATCHDOG_PID");
  // Twice per period, as sd_watchdog_enabled(3) recommends.
  if (owner == nullptr || number_of(owner) == static_cast<uint64_t>(getpid()))
    watchdog_ms_ = period_us / 2'000;
  sockaddr_un address{};
  const size_t length = path == nullptr ? 0 : std::strlen(path);
  if (length > 1 && length < sizeof address.sun_path && (path[0] == '/' || path[0] == '@')) {
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    if (fd_ >= 0 && connect(fd_, reinterpret_cast<const sockaddr*>(&address), bytes) != 0) {
      close(fd_);
      fd_ = -1;
    }
  }
  // Not for the children that we start.
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
}

Notify::~Notify() {
  if (fd_ >= 0) close(fd_);
}

void Notify::send(std::string_view lines) const {
  if (fd_ >= 0) ::send(fd_, lines.data(), lines.size(), MSG_NOSIGNAL);
}

}  // namespace sallyport::supervise
