#include "dataplane/control_link.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/contract/image_layout.h"
#include "dataplane/contract/region_layout.h"
#include "dataplane/contract/secrets_message.h"

namespace sallyport::dataplane {
namespace {

using contract::ControlKind;
using contract::ControlPacket;

// More than any packet carries, so that surplus descriptors are received, seen and closed.
constexpr size_t kDescriptorsMax = 8;
constexpr base::Instant kNever{~uint64_t{0}};

ControlPacket packet_of(ControlKind kind) {
  ControlPacket packet{};
  packet.magic = contract::kControlMagic;
  packet.version = contract::kControlVersion;
  packet.kind = static_cast<uint32_t>(kind);
  return packet;
}

ControlKind result_of(ControlKind asked) noexcept {
  switch (asked) {
    case ControlKind::Secrets:
      return ControlKind::SecretsResult;
    case ControlKind::Routes:
      return ControlKind::RoutesResult;
    case ControlKind::Tests:
      return ControlKind::TestsResult;
    default:
      return ControlKind::ImageResult;
  }
}

// What a peer wrote, fit for one line of a log.
std::string printable(const char (&text)[contract::kControlTextBytes]) {
  std::string out(text, strnlen(text, sizeof text));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

struct Received {
  std::array<uint8_t, sizeof(ControlPacket) + 1> bytes{};  // one more: a longer packet is seen
  ssize_t size = 0;
  std::array<OwnedDescriptor, kDescriptorsMax> files;
  size_t file_count = 0;
  bool cut = false;
};

void receive_packet(int socket, Received& in) {
  alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(kDescriptorsMax * sizeof(int))> side{};
  iovec piece{in.bytes.data(), in.bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = side.data();
  message.msg_controllen = side.size();
  in.size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (in.size < 0) return;
  in.cut = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count && in.file_count < kDescriptorsMax; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      in.files[in.file_count++].reset(fd);
    }
  }
}

}  // namespace

std::optional<std::string> ControlLink::take_notice() {
  std::optional<std::string> out;
  out.swap(notice_);
  return out;
}

void ControlLink::part(std::string why, uint64_t retry_ms, base::Instant now) {
  socket_.reset();
  state_ = State::Apart;
  deadline_ = base::after_ms(now, retry_ms);
  if (why == last_notice_) return;
  last_notice_ = why;
  notice_ = std::move(why);
}

void ControlLink::leave(std::string why, base::Instant now) {
  part(std::move(why), kControlRetryAfterBreachMs, now);
}

bool ControlLink::check_peer() {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

bool ControlLink::send_packet(const ControlPacket& packet) {
  return send(socket_.get(), &packet, sizeof packet, MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(sizeof packet);
}

bool ControlLink::say_hello() {
  ControlPacket hello = packet_of(ControlKind::Hello);
  hello.number = config_.start_generation;
  hello.image_version = contract::kImageVersion;
  hello.region_version = contract::kRegionVersion;
  hello.secrets_version = contract::kSecretsVersion;
  hello.worker_count = config_.worker_count;
  return send_packet(hello);
}

void ControlLink::step(base::Instant now) {
  if (state_ == State::Welcomed || now < deadline_) return;
  if (state_ == State::Greeted)
    return part("the control plane does not answer Hello", kControlRetryAfterBreachMs, now);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (config_.socket_path.size() >= sizeof address.sun_path)
    return part("the path of control.sock is too long", kControlRetryAfterBreachMs, now);
  std::memcpy(address.sun_path, config_.socket_path.data(), config_.socket_path.size());
  socket_.reset(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_.holds()) return part("no socket for the control plane", kControlRetryMs, now);
  if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return part("no control plane at " + config_.socket_path + " (" + std::strerror(errno) +
                    "); going on with what is loaded",
                kControlRetryMs, now);
  if (!check_peer())
    return part("control.sock belongs to another user; nothing is taken from it",
                kControlRetryAfterBreachMs, now);
  if (!say_hello()) return part("the control plane went away", kControlRetryMs, now);
  state_ = State::Greeted;
  deadline_ = base::after_ms(now, kControlWelcomeMsMax);
}

bool ControlLink::is_sound(const ControlPacket& packet, size_t bytes, size_t descriptors,
                           std::string& why) const {
  if (bytes != sizeof packet || packet.magic != contract::kControlMagic) {
    why = "a packet that is none of ours";
    return false;
  }
  if (packet.version != contract::kControlVersion) {
    why = "control version " + std::to_string(packet.version) + ", this dataplane speaks " +
          std::to_string(contract::kControlVersion) + ": both programs must be of one release";
    return false;
  }
  const auto kind = static_cast<ControlKind>(packet.kind);
  const bool welcome = kind == ControlKind::Welcome && state_ == State::Greeted;
  const bool known = kind == ControlKind::Secrets || kind == ControlKind::Image ||
                     kind == ControlKind::Canary || kind == ControlKind::Routes ||
                     kind == ControlKind::Tests;
  const bool later = known && state_ == State::Welcomed;
  if (!welcome && !later && kind != ControlKind::Refused) {
    why = "packet kind " + std::to_string(packet.kind) + " out of turn";
    return false;
  }
  const bool bare = kind == ControlKind::Refused || kind == ControlKind::Tests;
  if (descriptors != (bare ? 0U : 1U)) {
    why = "packet kind " + std::to_string(packet.kind) + " with " + std::to_string(descriptors) +
          " descriptors";
    return false;
  }
  return true;
}

std::optional<ControlArrival> ControlLink::receive(base::Instant now) {
  if (!socket_.holds()) return std::nullopt;
  Received in;
  receive_packet(socket_.get(), in);
  if (in.size < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (in.size <= 0) {
    part("the control plane went away; going on with what is loaded", kControlRetryMs, now);
    return std::nullopt;
  }
  ControlPacket packet{};
  std::memcpy(&packet, in.bytes.data(), std::min(sizeof packet, static_cast<size_t>(in.size)));
  std::string why;
  if (in.cut || !is_sound(packet, static_cast<size_t>(in.size), in.file_count, why)) {
    part("control.sock: " + (in.cut ? std::string("a packet that is too long") : why),
         kControlRetryAfterBreachMs, now);
    return std::nullopt;
  }
  const auto kind = static_cast<ControlKind>(packet.kind);
  if (kind == ControlKind::Refused) {
    part("the control plane refuses this dataplane: " + printable(packet.text),
         kControlRetryAfterBreachMs, now);
    return std::nullopt;
  }
  if (kind == ControlKind::Welcome) {
    state_ = State::Welcomed;
    deadline_ = kNever;
    last_notice_ = "the control plane is there";
    notice_ = last_notice_;
  }
  ControlArrival arrival;
  arrival.kind = kind;
  arrival.flag = packet.ok == 1;
  arrival.number = packet.number;
  arrival.bytes = packet.bytes;
  arrival.digest = packet.digest;
  arrival.file = std::move(in.files[0]);
  return arrival;
}

void ControlLink::answer(const ControlArrival& arrival, bool ok, std::string_view text,
                         base::Instant now,
                         const std::array<uint32_t, contract::kControlCounts>& counts) {
  if (!welcomed()) return;
  ControlPacket packet = packet_of(result_of(arrival.kind));
  packet.ok = ok ? 1 : 0;
  packet.number = arrival.number;
  packet.digest = arrival.digest;
  std::copy(counts.begin(), counts.end(), packet.counts);
  std::memcpy(packet.text, text.data(), std::min(text.size(), sizeof packet.text - 1));
  if (!send_packet(packet)) part("the control plane takes no answers", kControlRetryMs, now);
}

}  // namespace sallyport::dataplane
