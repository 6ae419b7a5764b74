#include "controlplane/supervise/socket/control_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "dataplane/contract/region_layout.h"
#include "dataplane/contract/secrets_message.h"

namespace sallyport::supervise {

using contract::ControlKind;
using contract::ControlPacket;

namespace {

constexpr int kPacketsPerTurn = 64;

ControlPacket packet_of(ControlKind kind) {
  ControlPacket packet{};
  packet.magic = contract::kControlMagic;
  packet.version = contract::kControlVersion;
  packet.kind = static_cast<uint32_t>(kind);
  packet.image_version = contract::kImageVersion;
  packet.region_version = contract::kRegionVersion;
  packet.secrets_version = contract::kSecretsVersion;
  return packet;
}

void set_text(ControlPacket& packet, std::string_view text) {
  const size_t kept = std::min(text.size(), sizeof packet.text - 1);
  std::memcpy(packet.text, text.data(), kept);
  packet.text[kept] = '\0';
}

// What the other side wrote, as one line of printable characters.
std::string text_of(const ControlPacket& packet) {
  std::string text(packet.text, strnlen(packet.text, sizeof packet.text));
  for (char& c : text)
    if (c < 0x20 || c > 0x7e) c = '?';
  return text;
}

std::string other_version(const char* what, uint32_t theirs, uint32_t ours) {
  return std::string(what) + " version " + std::to_string(theirs) + ", sallyportd has " +
         std::to_string(ours) + "; install both programs of one build";
}

// 1: one whole packet; 0: nothing there now; -1: the connection is over, `why` says how.
int receive(int fd, ControlPacket& packet, std::string& why) {
  // No room for descriptors: the kernel closes any that come along.
  iovec part{&packet, sizeof packet};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got <= 0) {
    why = got == 0 ? "it closed the connection" : std::strerror(errno);
    return -1;
  }
  if (got != static_cast<ssize_t>(sizeof packet) || (message.msg_flags & MSG_TRUNC) != 0 ||
      packet.magic != contract::kControlMagic) {
    why = "what it sends is none of our packets";
    return -1;
  }
  if (packet.version == contract::kControlVersion) return 1;
  why = other_version("control", packet.version, contract::kControlVersion);
  return -1;
}

// False with errno set, as send(2).
bool send_packet(int socket_fd, const ControlPacket& packet, int fd) {
  ControlPacket copy = packet;
  iovec part{&copy, sizeof copy};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  }
  return sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(sizeof copy);
}

}  // namespace

std::unique_ptr<ControlServer> ControlServer::open(const std::filesystem::path& run_dir,
                                                   ControlListener& listener, std::string& error) {
  std::unique_ptr<ControlServer> server(new ControlServer);
  server->file_ = run_dir / "control.sock";
  server->listener_ = &listener;
  server->listening_ = listen_at(server->file_, SOCK_SEQPACKET, error);
  return server->listening_ < 0 ? nullptr : std::move(server);
}

ControlServer::~ControlServer() {
  for (const Waiting& waiting : waiting_) close(waiting.fd);
  for (const Outgoing& outgoing : outgoing_)
    if (outgoing.fd >= 0) close(outgoing.fd);
  if (connection_ >= 0) close(connection_);
  if (listening_ < 0) return;
  close(listening_);
  unlink(file_.c_str());
}

void ControlServer::add_to(std::vector<pollfd>& polled) const {
  polled.push_back({listening_, POLLIN, 0});
  for (const Waiting& waiting : waiting_) polled.push_back({waiting.fd, POLLIN, 0});
  if (connection_ >= 0)
    polled.push_back(
        {connection_, static_cast<short>(outgoing_.empty() ? POLLIN : POLLIN | POLLOUT), 0});
}

void ControlServer::turn(uint64_t now_ms) {
  // The one that may be dead first, so that its successor finds the place free.
  hear_dataplane();
  accept_connections(now_ms);
  std::erase_if(waiting_, [&](Waiting& waiting) { return !hear_hello(waiting, now_ms); });
  flush();
}

void ControlServer::accept_connections(uint64_t now_ms) {
  for (;;) {
    const int fd = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    Peer peer;
    if (!may_talk(fd, peer)) {
      refuse(fd, "uid " + std::to_string(peer.uid) + " is not root and not the user of sallyportd");
    } else if (waiting_.size() >= kControlConnectionsMax) {
      refuse(fd, "too many connections that say nothing");
    } else {
      waiting_.push_back({fd, peer, now_ms + kHelloMsMax});
    }
  }
}

bool ControlServer::hear_hello(Waiting& waiting, uint64_t now_ms) {
  ControlPacket hello{};
  std::string why;
  const int got = receive(waiting.fd, hello, why);
  if (got == 0 && now_ms < waiting.deadline_ms) return true;
  if (got == 0) why = "no Hello within 5 s";
  if (got > 0) why = why_not(hello);
  if (!why.empty()) {
    refuse(waiting.fd, why);
    return false;
  }
  connection_ = waiting.fd;
  dataplane_ = ConnectedDataplane{waiting.peer, hello.number,
                                  std::min<uint32_t>(hello.worker_count, contract::kWorkersMax)};
  ControlPacket welcome = packet_of(ControlKind::Welcome);
  welcome.ok = 1;
  welcome.number = hello.number;
  welcome.bytes = sizeof(contract::Region);
  enqueue(welcome, region_fd_);
  listener_->on_dataplane(*dataplane_);
  return false;
}

std::string ControlServer::why_not(const ControlPacket& hello) const {
  if (hello.kind != static_cast<uint32_t>(ControlKind::Hello))
    return "the first packet is no Hello";
  if (hello.image_version != contract::kImageVersion)
    return other_version("image", hello.image_version, contract::kImageVersion);
  if (hello.region_version != contract::kRegionVersion)
    return other_version("region", hello.region_version, contract::kRegionVersion);
  if (hello.secrets_version != contract::kSecretsVersion)
    return other_version("secrets", hello.secrets_version, contract::kSecretsVersion);
  if (connection_ >= 0)
    return "another dataplane is connected (pid " + std::to_string(dataplane_->peer.pid) +
           "); end it first, or give each its own --run-dir";
  return {};
}

void ControlServer::refuse(int fd, const std::string& why) {
  ControlPacket packet = packet_of(ControlKind::Refused);
  set_text(packet, why);
  send_packet(fd, packet, -1);
  close(fd);
  listener_->on_refused(why);
}

void ControlServer::hear_dataplane() {
  for (int packets = 0; connection_ >= 0 && packets < kPacketsPerTurn; ++packets) {
    ControlPacket packet{};
    std::string why;
    const int got = receive(connection_, packet, why);
    if (got == 0) return;
    if (got > 0)
      take(packet);
    else
      drop(why);
  }
}

void ControlServer::take(const ControlPacket& packet) {
  switch (static_cast<ControlKind>(packet.kind)) {
    case ControlKind::SecretsResult:
      return listener_->on_secrets_result(packet.number, packet.ok == 1, text_of(packet));
    case ControlKind::ImageResult:
      return listener_->on_image_result(packet.number, packet.ok == 1, text_of(packet));
    case ControlKind::RoutesResult:
      return listener_->on_routes_result(packet.number, packet.ok == 1, text_of(packet));
    case ControlKind::TestsResult: {
      TestCounts counts;
      std::copy_n(packet.counts, counts.size(), counts.begin());
      return listener_->on_tests_result(packet.number, packet.ok == 1, counts, text_of(packet));
    }
    default:
      return drop("it sent a packet of kind " + std::to_string(packet.kind));
  }
}

void ControlServer::drop(const std::string& why) {
  if (connection_ < 0) return;
  close(connection_);
  connection_ = -1;
  dataplane_.reset();
  for (const Outgoing& outgoing : outgoing_)
    if (outgoing.fd >= 0) close(outgoing.fd);
  outgoing_.clear();
  listener_->on_dataplane_gone(why);
}

void ControlServer::enqueue(const ControlPacket& packet, int fd) {
  // A newer message replaces one of its kind that was not sent yet.
  std::erase_if(outgoing_, [&](const Outgoing& old) {
    if (old.packet.kind != packet.kind) return false;
    if (old.fd >= 0) close(old.fd);
    return true;
  });
  outgoing_.push_back({packet, fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3)});
  flush();
}

void ControlServer::flush() {
  while (connection_ >= 0 && !outgoing_.empty()) {
    const Outgoing& next = outgoing_.front();
    if (!send_packet(connection_, next.packet, next.fd)) {
      if (errno == EAGAIN || errno == EINTR) return;
      // Read what it may have said before; its end is noticed there.
      return;
    }
    if (next.fd >= 0) close(next.fd);
    outgoing_.pop_front();
  }
}

bool ControlServer::send_memory(ControlPacket packet, const SealedMemory& memory) {
  if (connection_ < 0) return false;
  packet.bytes = memory.bytes().size();
  lseek(memory.fd(), 0, SEEK_SET);  // a receiver that reads shares our file offset
  enqueue(packet, memory.fd());
  return true;
}

bool ControlServer::send_secrets(const SealedMemory& message, uint64_t generation) {
  ControlPacket packet = packet_of(ControlKind::Secrets);
  packet.number = generation;
  return send_memory(packet, message);
}

bool ControlServer::send_image(const SealedMemory& image, uint64_t version,
                               const contract::Digest& digest, bool keep_routes) {
  ControlPacket packet = packet_of(ControlKind::Image);
  packet.ok = keep_routes ? 1 : 0;
  packet.number = version;
  packet.digest = digest;
  return send_memory(packet, image);
}

bool ControlServer::send_canary(const SealedMemory& image, uint64_t version,
                                const contract::Digest& digest) {
  ControlPacket packet = packet_of(ControlKind::Canary);
  packet.number = version;
  packet.digest = digest;
  return send_memory(packet, image);
}

bool ControlServer::send_routes(const SealedMemory& table, uint64_t version) {
  ControlPacket packet = packet_of(ControlKind::Routes);
  packet.number = version;
  return send_memory(packet, table);
}

bool ControlServer::send_tests(const contract::Digest& image, uint64_t number) {
  if (connection_ < 0) return false;
  ControlPacket packet = packet_of(ControlKind::Tests);
  packet.number = number;
  packet.digest = image;
  enqueue(packet, -1);
  return true;
}

}  // namespace sallyport::supervise
