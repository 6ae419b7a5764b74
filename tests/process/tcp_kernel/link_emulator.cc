// link_emulator: the link of tests/sim between two interfaces, in real time: frames of a DPDK tap
// device in this network namespace on one side, a tap device that it makes in another on the
// other. Loses, repeats, reorders, damages and delays TCP; the rest (ARP, neighbour discovery)
// passes. For kernels without netem.
//
//   link_emulator IFACE NAMESPACE-FILE TAP-NAME LOSS REORDER DUPLICATE CORRUPT DELAY-US SEED
// Prints "ready"; at SIGTERM what it did, as one JSON line. Shares are 0 to 1.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/sim/link.h"

namespace sallyport {
namespace {

constexpr size_t kFrameBytesMax = 16 * 1024;
constexpr int kFramesPerTurn = 64;

[[noreturn]] void leave(const std::string& what) {
  std::fprintf(stderr, "link_emulator: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

int open_packet_socket(const std::string& interface) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
  if (fd < 0) leave("packet socket");
  sockaddr_ll at{};
  at.sll_family = AF_PACKET;
  at.sll_protocol = htons(ETH_P_ALL);
  at.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  const int one = 1;
  const int room = 8 << 20;
  // What we send there is not to come back.
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) != 0)
    leave("PACKET_IGNORE_OUTGOING");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  if (bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) leave("bind to " + interface);
  return fd;
}

int open_tap(const std::string& space, const std::string& name) {
  const int file = open(space.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || setns(file, CLONE_NEWNET) != 0) leave(space);
  close(file);
  const int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0) leave("tap device " + name);
  return fd;
}

bool is_tcp(const std::vector<uint8_t>& frame) {
  if (frame.size() < 14 + 40) return false;
  const int type = frame[12] << 8 | frame[13];
  return (type == ETH_P_IP && frame[14 + 9] == 6) || (type == ETH_P_IPV6 && frame[14 + 6] == 6);
}

base::Instant read_clock() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return {static_cast<uint64_t>(t.tv_sec) * base::kNsPerS + static_cast<uint64_t>(t.tv_nsec)};
}

struct Direction {
  int from;
  int to;
  sim::Link link;
  uint64_t passed = 0;
  uint64_t refused = 0;  // by the device it goes to

  void put(const std::vector<uint8_t>& frame) {
    ++(write(to, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size()) ? passed
                                                                                   : refused);
  }
  void turn(base::Instant now) {
    std::array<uint8_t, kFrameBytesMax> room;
    for (int i = 0; i < kFramesPerTurn; ++i) {
      const ssize_t bytes = read(from, room.data(), room.size());
      if (bytes <= 0) break;
      std::vector<uint8_t> frame(room.data(), room.data() + bytes);
      if (is_tcp(frame)) {
        link.send({}, {}, std::move(frame), now);
      } else {
        put(frame);
      }
    }
    sim::Packet packet;
    while (link.receive(now, packet)) put(packet.bytes);
  }
};

void report(const char* name, const Direction& d) {
  std::printf(
      "\"%s\":{\"lost\":%lu,\"reordered\":%lu,\"duplicated\":%lu,\"corrupted\":%lu,"
      "\"passed\":%lu,\"refused\":%lu}",
      name, d.link.lost, d.link.reordered, d.link.duplicated, d.link.corrupted, d.passed,
      d.refused);
}

int run(char** arguments) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  const int signals = signalfd(-1, &ending, SFD_CLOEXEC);
  sim::LinkFaults faults;
  faults.loss = std::strtod(arguments[4], nullptr);
  faults.reordering = std::strtod(arguments[5], nullptr);
  faults.duplication = std::strtod(arguments[6], nullptr);
  faults.corruption = std::strtod(arguments[7], nullptr);
  faults.delay_us = std::strtoull(arguments[8], nullptr, 10);
  std::mt19937_64 random(std::strtoull(arguments[9], nullptr, 10));
  const int left = open_packet_socket(arguments[1]);
  const int right = open_tap(arguments[2], arguments[3]);
  Direction to_right{left, right, sim::Link(faults, random)};
  Direction to_left{right, left, sim::Link(faults, random)};
  std::printf("ready\n");
  std::fflush(stdout);
  for (;;) {
    const base::Instant now = read_clock();
    to_right.turn(now);
    to_left.turn(now);
    const uint64_t next = std::min(to_right.link.next_due_ns(), to_left.link.next_due_ns());
    const uint64_t wait = next == UINT64_MAX ? base::kNsPerS : next > now.ns ? next - now.ns : 0;
    const timespec limit{static_cast<time_t>(wait / base::kNsPerS),
                         static_cast<long>(wait % base::kNsPerS)};
    std::array<pollfd, 3> waits{{{signals, POLLIN, 0}, {left, POLLIN, 0}, {right, POLLIN, 0}}};
    ppoll(waits.data(), waits.size(), &limit, nullptr);
    if ((waits[0].revents & POLLIN) != 0) break;
  }
  std::printf("{");
  report("ours", to_right);
  std::printf(",");
  report("kernel", to_left);
  std::printf("}\n");
  return 0;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  if (argc != 10) {
    std::fprintf(stderr,
                 "usage: link_emulator IFACE NAMESPACE-FILE TAP-NAME LOSS REORDER DUPLICATE "
                 "CORRUPT DELAY-US SEED\n");
    return 2;
  }
  return sallyport::run(argv);
}
