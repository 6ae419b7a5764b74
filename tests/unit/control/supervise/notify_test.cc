// systemd's protocol against a socket of ours.
#include "controlplane/supervise/notify.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/unit/control/supervise/test_files.h"

namespace sallyport::supervise {
namespace {

TEST(Notify, LinesArriveAndTheVariablesAreGone) {
  TestFolder folder;
  const int server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, (folder / "notify").c_str());
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  setenv("NOTIFY_SOCKET", (folder / "notify").c_str(), 1);
  setenv("WATCHDOG_USEC", "3000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  const Notify notify;
  EXPECT_EQ(notify.watchdog_ms(), 1'500U);
  EXPECT_EQ(getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(getenv("WATCHDOG_USEC"), nullptr);
  notify.send("READY=1\nSTATUS=here");
  char text[100] = {};
  EXPECT_EQ(recv(server, text, sizeof text, MSG_DONTWAIT), 19);
  EXPECT_STREQ(text, "READY=1\nSTATUS=here");
  close(server);
}

TEST(Notify, WithoutSystemdNothingHappens) {
  unsetenv("NOTIFY_SOCKET");
  setenv("WATCHDOG_USEC", "3000000", 1);
  setenv("WATCHDOG_PID", "1", 1);  // meant for another process
  const Notify notify;
  EXPECT_EQ(notify.watchdog_ms(), 0U);
  notify.send("READY=1");
  setenv("NOTIFY_SOCKET", "relative/path", 1);
  const Notify odd;
  odd.send("READY=1");
}

}  // namespace
}  // namespace sallyport::supervise
