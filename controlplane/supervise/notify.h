// notify.h: systemd's notification protocol, the few lines of it that we need: one datagram per
// message to the socket that NOTIFY_SOCKET names. Without the variable nothing is sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::supervise {

class Notify {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and removes them from the environment.
  Notify();
  ~Notify();
  Notify(const Notify&) = delete;
  Notify& operator=(const Notify&) = delete;

  // "READY=1", "STATUS=...", "WATCHDOG=1", "STOPPING=1"; several lines in one are fine.
  void send(std::string_view lines) const;
  // How often the watchdog wants to hear from us; 0: never.
  uint64_t watchdog_ms() const noexcept { return watchdog_ms_; }

 private:
  int fd_ = -1;
  uint64_t watchdog_ms_ = 0;
};

}  // namespace sallyport::supervise
