// The C interface over tcp::Stack and ip::PacketInput. What each function does is in the header.
#include "tests/conformance/stack_harness.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "dataplane/ip/packet_input.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/stack.h"

namespace {

using namespace sallyport;
using wire::IpAddress;

constexpr size_t kPacketBytesMax = 65'535;
constexpr uint16_t kMtuMax = 9'216;
constexpr uint32_t kBufferBytes = 2'048;
constexpr uint8_t kTtl = 64;
constexpr uint64_t kStartNsMax = 1ULL << 61;  // 73 years; as much again can pass
// Turns at one instant before time is moved on by force: a stack that never comes to rest is a
// defect to be seen.
constexpr int kTurnsAtOneInstantMax = 10'000;

IpAddress address_of(const sh_address& a) {
  if (a.family == 6) return IpAddress::from_v6(a.bytes);
  if (a.family != 4) return {};
  return {(uint32_t{a.bytes[0]} << 24) | (uint32_t{a.bytes[1]} << 16) |
          (uint32_t{a.bytes[2]} << 8) | a.bytes[3]};
}

void write_address(const tcp::Endpoint& from, sh_address* out) {
  *out = sh_address{};
  out->port = from.port;
  if (from.address.is_v6()) {
    out->family = 6;
    from.address.store_v6(out->bytes);
  } else if (from.address.is_v4()) {
    out->family = 4;
    const uint32_t v4 = from.address.v4();
    for (int i = 0; i < 4; ++i) out->bytes[i] = static_cast<uint8_t>(v4 >> (24 - 8 * i));
  }
}

base::SipKey key_from(uint64_t seed, uint64_t use) {
  uint64_t x = seed * 0x9e3779b97f4a7c15ULL + use * 0xbf58476d1ce4e5b9ULL + 1;
  const auto next = [&x] {
    x ^= x >> 30;
    x *= 0x94d049bb133111ebULL;
    x ^= x >> 31;
    return x;
  };
  const uint64_t k0 = next();
  return {k0, next()};
}

// The one frame that input() reads from; it comes back at once, because the stack copies.
struct Frame final : mem::SegmentOwner {
  Frame() : bytes(kPacketBytesMax) {}
  mem::Segment* fill(const void* packet, size_t size) {
    std::memcpy(bytes.data(), packet, size);
    segment = mem::Segment{};
    segment.owner = this;
    segment.storage = bytes.data();
    segment.capacity = static_cast<uint32_t>(bytes.size());
    segment.size = static_cast<uint32_t>(size);
    return &segment;
  }
  void release(mem::Segment*) noexcept override {}
  std::vector<uint8_t> bytes;
  mem::Segment segment;
};

struct Socket {
  bool is_listener = false;
  bool is_closed = false;  // by us, or nothing is left of it
  bool peer_closed = false;
  int error = SH_OK;
  tcp::ConnectionId id;
  tcp::Endpoint local;
  tcp::Endpoint remote;
  std::deque<sh_socket> accepted;    // of a listener
  tcp::ConnectionOptions keepalive;  // values behind SH_OPT_KEEPALIVE
  std::map<int, uint64_t> options;   // of a listener, for what it accepts
};

struct Packet {
  std::vector<uint8_t> bytes;
  uint64_t time_ns = 0;
};

tcp::StackConfig stack_config(const sh_config& c) {
  tcp::StackConfig out;
  out.connections_max = c.connections_max;
  out.half_open_max = c.half_open_max;
  out.time_wait_max = c.time_wait_max;
  out.mtu = c.mtu;
  out.mss = c.mss;
  out.receive_bytes_max = c.receive_bytes;
  out.send_bytes_max = c.send_bytes;
  out.copies_low_water = 0;
  out.handshake_ms_max = c.handshake_ms;
  out.unacknowledged_ms_max = c.user_timeout_ms;
  out.fin_wait_2_ms_max = c.fin_wait_2_ms;
  out.time_wait_ms = c.time_wait_ms;
  out.linger_ms_max = c.linger_ms;
  out.keepalive_idle_ms = c.keepalive_idle_ms;
  out.keepalive_interval_ms = c.keepalive_interval_ms;
  out.keepalive_probes_max = c.keepalive_probes;
  out.window_scaling = c.window_scaling != 0;
  out.window_scale = c.window_scale;
  out.sack = c.sack != 0;
  out.timestamps = c.timestamps != 0;
  out.congestion = c.congestion == SH_NEWRENO ? tcp::Algorithm::NewReno : tcp::Algorithm::Cubic;
  out.nodelay = c.nodelay != 0;
  out.tail_loss_probe = c.tail_loss_probe != 0;
  out.syn_cookies = c.syn_cookies != 0;
  out.reset_data_after_release = c.lingering_close == 0;
  out.table_key = key_from(c.seed, 1);
  out.sequence_key = key_from(c.seed, 2);
  return out;
}

std::vector<IpAddress> addresses_of(const sh_config& c) {
  std::vector<IpAddress> all;
  for (const sh_address* a : {&c.local4, &c.local6})
    if (a->family != 0) all.push_back(address_of(*a));
  return all;
}

bool is_unicast(const IpAddress& a) {
  if (a.is_none() || a.is_multicast_v6() || a.is_loopback_v6()) return false;
  const uint32_t first = a.is_v6() ? 1 : a.v4() >> 24;
  return first != 0 && first != 127 && first < 224;
}

const char* problem_of(const sh_config* c) {
  if (c == nullptr || c->size != sizeof(sh_config))
    return "config is null or of another version; call sh_config_defaults() first";
  if ((c->local4.family != 0 && c->local4.family != 4) ||
      (c->local6.family != 0 && c->local6.family != 6))
    return "local4.family must be 0 or 4, local6.family 0 or 6";
  if (c->local4.family == 0 && c->local6.family == 0)
    return "no local address: set local4.family to 4 or local6.family to 6 and fill bytes";
  for (const sh_address* a : {&c->local4, &c->local6})
    if (a->family != 0 && !is_unicast(address_of(*a)))
      return "a local address must be one that a host can have: not zero, loopback or multicast";
  if (c->start_ns > kStartNsMax) return "start_ns must be at most 2^61";
  if (c->mtu < 576 || c->mtu > kMtuMax || (c->local6.family == 6 && c->mtu < 1'280))
    return "mtu must be 576 (with an IPv6 address 1280) to 9216";
  if (c->mss != 0 && c->mss < 64) return "mss must be 0 or at least 64";
  if (c->window_scale > 14 && c->window_scale != SH_SCALE_FROM_BUFFER)
    return "window_scale must be 0 to 14 or SH_SCALE_FROM_BUFFER";
  if (c->receive_bytes < 64 || c->receive_bytes > (1U << 26))
    return "receive_bytes must be 64 to 67108864";
  if (c->send_bytes < 64 || c->send_bytes > (1U << 26)) return "send_bytes must be 64 to 67108864";
  if (c->connections_max == 0 || c->connections_max > (1U << 20) || c->time_wait_max == 0 ||
      c->time_wait_max > (1U << 20))
    return "connections_max and time_wait_max must be 1 to 1048576";
  if (c->congestion > SH_NEWRENO) return "congestion must be SH_CUBIC or SH_NEWRENO";
  return nullptr;
}

size_t buffers_for(const sh_config& c, uint32_t bytes) {
  // Eight connections with full windows, and one buffer for every other connection.
  return 8 * (size_t{bytes} / kBufferBytes + 64) + std::min<uint32_t>(c.connections_max, 65'536);
}

}  // namespace

struct sh_stack final : ip::SegmentHandler, ip::PacketInput::Link, tcp::Egress {
  explicit sh_stack(const sh_config& c)
      : config(c),
        now{c.start_ns},
        copies(buffers_for(c, c.receive_bytes), kBufferBytes, mem::SegmentPool::Wipe::No),
        sending(buffers_for(c, c.send_bytes), kBufferBytes, mem::SegmentPool::Wipe::No),
        input(addresses_of(c), *this, *this, ip_counters),
        stack(stack_config(c), *this, copies) {}

  void tcp_segment(const IpAddress& source, const IpAddress& destination, mem::Segment* segment,
                   base::Instant at) noexcept override {
    stack.input(source, destination, segment, at);
  }
  void path_error(const wire::QuotedTcp& quoted, Error error, uint16_t mtu,
                  base::Instant at) noexcept override {
    const tcp::PathError kind = error == Error::TooBig        ? tcp::PathError::TooBig
                                : error == Error::Unreachable ? tcp::PathError::Unreachable
                                                              : tcp::PathError::Other;
    stack.path_error(quoted, kind, mtu, at);
  }
  bool answer(wire::IpProtocol protocol, const IpAddress& source, const IpAddress& destination,
              std::span<const uint8_t> header, std::span<const uint8_t> payload,
              base::Instant at) noexcept override {
    const std::array<std::span<const uint8_t>, 1> pieces{payload};
    emit(protocol, source, destination, header, pieces, at);
    return true;
  }
  bool transmit(const tcp::SegmentOut& out) noexcept override {
    emit(wire::IpProtocol::Tcp, out.source, out.destination, out.header, out.payload, out.now);
    return true;
  }

  void emit(wire::IpProtocol protocol, const IpAddress& source, const IpAddress& destination,
            std::span<const uint8_t> header, std::span<const std::span<const uint8_t>> payload,
            base::Instant at) {
    Packet packet;
    packet.time_ns = at.ns;
    const size_t ip_bytes = destination.is_v6() ? wire::Ipv6View::kBytes : wire::Ipv4View::kBytes;
    packet.bytes.resize(ip_bytes);
    packet.bytes.insert(packet.bytes.end(), header.begin(), header.end());
    for (const auto& piece : payload)
      packet.bytes.insert(packet.bytes.end(), piece.begin(), piece.end());
    if (destination.is_v6()) {
      wire::Ipv6View ip;
      ip.source = source;
      ip.destination = destination;
      ip.protocol = static_cast<uint8_t>(protocol);
      ip.hop_limit = kTtl;
      ip.total_bytes = static_cast<uint32_t>(packet.bytes.size());
      ip.write(packet.bytes);
    } else {
      wire::Ipv4View ip;
      ip.source = source.v4();
      ip.destination = destination.v4();
      ip.protocol = static_cast<uint8_t>(protocol);
      ip.ttl = kTtl;
      ip.identification = identification++;
      ip.total_bytes = static_cast<uint16_t>(packet.bytes.size());
      ip.write(packet.bytes);
    }
    emitted.push_back(std::move(packet));
  }

  Socket* find(sh_socket socket) {
    const auto it = sockets.find(socket);
    return it == sockets.end() ? nullptr : &it->second;
  }
  Socket* connection(sh_socket socket) {
    Socket* s = find(socket);
    return s == nullptr || s->is_listener ? nullptr : s;
  }
  sh_socket socket_of(tcp::ConnectionId id) const {
    const auto it = by_index.find(id.index);
    return it == by_index.end() ? 0 : it->second;
  }

  sh_socket add_connection(tcp::ConnectionId id) {
    const sh_socket number = next_socket++;
    Socket& s = sockets[number];
    s.id = id;
    s.local = stack.local(id);
    s.remote = stack.remote(id);
    stack.options(id, s.keepalive);
    by_index[id.index] = number;
    return number;
  }

  void on_event(const tcp::Event& event) {
    if (event.kind == tcp::EventKind::Accepted) {
      const sh_socket number = add_connection(event.id);
      const tcp::Endpoint local = stack.local(event.id);
      for (auto& [unused, s] : sockets) {
        const bool hears = s.is_listener && !s.is_closed && s.local.port == local.port &&
                           (s.local.address.is_none() || s.local.address == local.address);
        if (!hears) continue;
        s.accepted.push_back(number);
        for (const auto& [option, value] : s.options) set_option(sockets[number], option, value);
        return;
      }
      stack.abort(event.id);  // the listener was closed meanwhile
      sockets[number].is_closed = true;
      by_index.erase(event.id.index);
      return;
    }
    Socket* s = find(socket_of(event.id));
    if (s == nullptr || s->id != event.id) return;
    if (event.kind == tcp::EventKind::PeerClosed) s->peer_closed = true;
    if (event.kind == tcp::EventKind::Reset) s->error = SH_ERESET;
    if (event.kind == tcp::EventKind::TimedOut) s->error = SH_ETIMEDOUT;
    if (tcp::ends_handle(event.kind)) by_index.erase(event.id.index);
  }

  int set_option(Socket& s, int option, uint64_t value) {
    tcp::ConnectionOptions options;
    if (!stack.options(s.id, options)) return SH_ECLOSED;
    const auto number = static_cast<uint32_t>(value);
    switch (option) {
      case SH_OPT_NODELAY:
        options.nodelay = value != 0;
        break;
      case SH_OPT_KEEPALIVE:
        options.keepalive_idle_ms = value != 0 ? s.keepalive.keepalive_idle_ms : 0;
        break;
      case SH_OPT_KEEPALIVE_IDLE:
        s.keepalive.keepalive_idle_ms = number;
        if (options.keepalive_idle_ms != 0) options.keepalive_idle_ms = number;
        break;
      case SH_OPT_KEEPALIVE_INTERVAL:
        options.keepalive_interval_ms = number;
        break;
      case SH_OPT_KEEPALIVE_PROBES:
        options.keepalive_probes_max =
            static_cast<uint16_t>(std::min<uint32_t>(number, UINT16_MAX));
        break;
      case SH_OPT_RECEIVE_BUFFER:
        options.receive_bytes_max = number;
        break;
      case SH_OPT_SEND_BUFFER:
        options.send_bytes_max = number;
        break;
      case SH_OPT_LINGER:
        options.linger_ms = number;
        break;
      case SH_OPT_USER_TIMEOUT:
        options.user_timeout_ms = number;
        break;
      default:
        return SH_EINVAL;
    }
    stack.set_options(s.id, options, now);
    return SH_OK;
  }

  // What nobody accepted yet would wait for ever.
  int close_listener(Socket& listener) {
    stack.unlisten(listener.local);
    for (const sh_socket number : listener.accepted) {
      Socket& s = sockets[number];
      s.is_closed = true;
      stack.abort(s.id);
      by_index.erase(s.id.index);
    }
    listener.accepted.clear();
    turn();
    return SH_OK;
  }

  // One turn after whatever the caller did.
  void turn() {
    tcp::Event event;
    while (stack.next_event(event)) on_event(event);
    stack.flush(now);
    while (stack.next_event(event)) on_event(event);
  }

  void advance_to(uint64_t target_ns) {
    int turns = 0;
    for (;;) {
      const uint64_t due = stack.next_deadline().ns;
      if (due > target_ns) break;
      if (due > now.ns) {
        now.ns = due;
        turns = 0;
      } else if (++turns > kTurnsAtOneInstantMax) {
        break;
      }
      stack.advance(now);
      turn();
    }
    now.ns = target_ns;
    stack.advance(now);
    turn();
  }

  const sh_config config;
  base::Instant now;
  mem::SegmentPool copies;
  mem::SegmentPool sending;
  Frame frame;
  ip::CounterArray ip_counters{};
  ip::PacketInput input;
  std::deque<Packet> emitted;
  std::map<sh_socket, Socket> sockets;
  std::map<uint32_t, sh_socket> by_index;
  sh_socket next_socket = 1;
  uint16_t identification = 1;
  tcp::Stack stack;  // last: it holds segments of the pools
};

extern "C" {

uint32_t sh_version(void) { return SH_VERSION; }

void sh_config_defaults(sh_config* config) {
  if (config == nullptr) return;
  const tcp::StackConfig d;
  *config = sh_config{};
  config->size = sizeof(sh_config);
  config->mtu = d.mtu;
  config->receive_bytes = d.receive_bytes_max;
  config->send_bytes = d.send_bytes_max;
  config->window_scaling = 1;
  config->window_scale = SH_SCALE_FROM_BUFFER;
  config->sack = 1;
  config->timestamps = 1;
  config->congestion = SH_CUBIC;
  config->nodelay = 1;
  config->tail_loss_probe = 1;
  config->syn_cookies = 1;
  config->seed = 1;
  config->start_ns = base::kNsPerS;
  config->connections_max = 256;
  config->half_open_max = 128;
  config->time_wait_max = 256;
  config->handshake_ms = 60'000;
  config->user_timeout_ms = d.unacknowledged_ms_max;
  config->fin_wait_2_ms = d.fin_wait_2_ms_max;
  config->time_wait_ms = d.time_wait_ms;
  config->linger_ms = 60'000;
  config->keepalive_idle_ms = d.keepalive_idle_ms;
  config->keepalive_interval_ms = d.keepalive_interval_ms;
  config->keepalive_probes = d.keepalive_probes_max;
}

sh_stack* sh_create(const sh_config* config, char* error, size_t error_bytes) {
  const char* problem = problem_of(config);
  if (problem == nullptr) return new sh_stack(*config);
  if (error != nullptr && error_bytes > 0) std::snprintf(error, error_bytes, "%s", problem);
  return nullptr;
}

void sh_destroy(sh_stack* stack) {
  if (stack == nullptr) return;
  stack->stack.drop_all();
  delete stack;
}

int sh_inject(sh_stack* stack, const void* packet, size_t bytes) {
  if (stack == nullptr || packet == nullptr || bytes == 0 || bytes > kPacketBytesMax)
    return SH_EINVAL;
  stack->input.input(stack->frame.fill(packet, bytes), stack->now);
  stack->turn();
  return SH_OK;
}

int64_t sh_collect(sh_stack* stack, void* packet, size_t capacity, uint64_t* time_ns) {
  if (stack == nullptr || packet == nullptr) return SH_EINVAL;
  if (stack->emitted.empty()) return 0;
  const Packet& first = stack->emitted.front();
  if (first.bytes.size() > capacity) return SH_ENOSPACE;
  std::memcpy(packet, first.bytes.data(), first.bytes.size());
  if (time_ns != nullptr) *time_ns = first.time_ns;
  const auto size = static_cast<int64_t>(first.bytes.size());
  stack->emitted.pop_front();
  return size;
}

uint64_t sh_now(const sh_stack* stack) { return stack == nullptr ? 0 : stack->now.ns; }

int sh_advance(sh_stack* stack, uint64_t by_ns) {
  if (stack == nullptr || by_ns > UINT64_MAX / 2 - stack->now.ns) return SH_EINVAL;
  stack->advance_to(stack->now.ns + by_ns);
  return SH_OK;
}

uint64_t sh_next_deadline(const sh_stack* stack) {
  return stack == nullptr ? UINT64_MAX : stack->stack.next_deadline().ns;
}

sh_socket sh_listen(sh_stack* stack, const sh_address* local) {
  if (stack == nullptr || local == nullptr || local->port == 0) return SH_EINVAL;
  const tcp::Endpoint at{address_of(*local), local->port};
  if (!at.address.is_none() && !stack->input.owns(at.address)) return SH_EINVAL;
  if (!stack->stack.listen(at)) return SH_ENOSPACE;
  const sh_socket number = stack->next_socket++;
  Socket& s = stack->sockets[number];
  s.is_listener = true;
  s.local = at;
  return number;
}

sh_socket sh_connect(sh_stack* stack, const sh_address* local, const sh_address* remote) {
  if (stack == nullptr || remote == nullptr || remote->port == 0) return SH_EINVAL;
  const tcp::Endpoint to{address_of(*remote), remote->port};
  if (to.address.is_none()) return SH_EINVAL;
  tcp::Endpoint from;
  if (local != nullptr) from = {address_of(*local), local->port};
  if (from.address.is_none())
    from.address = address_of(to.address.is_v6() ? stack->config.local6 : stack->config.local4);
  if (!stack->input.owns(from.address) || from.address.is_v6() != to.address.is_v6())
    return SH_EINVAL;
  const tcp::ConnectionId id = stack->stack.connect(from, to, stack->now);
  if (!id) return SH_ENOSPACE;
  const sh_socket number = stack->add_connection(id);
  stack->turn();
  return number;
}

sh_socket sh_accept(sh_stack* stack, sh_socket listener, sh_address* peer) {
  Socket* s = stack == nullptr ? nullptr : stack->find(listener);
  if (s == nullptr || !s->is_listener) return SH_EINVAL;
  if (s->accepted.empty()) return SH_EAGAIN;
  const sh_socket number = s->accepted.front();
  s->accepted.pop_front();
  if (peer != nullptr) write_address(stack->sockets[number].remote, peer);
  return number;
}

int64_t sh_send(sh_stack* stack, sh_socket socket, const void* bytes, size_t count) {
  Socket* s = stack == nullptr ? nullptr : stack->connection(socket);
  if (s == nullptr || (bytes == nullptr && count > 0)) return SH_EINVAL;
  if (s->error != SH_OK) return s->error;
  if (s->is_closed || !stack->stack.is_live(s->id)) return SH_ECLOSED;
  const size_t part = std::min(count, stack->stack.send_room(s->id));
  if (part == 0) return count == 0 ? 0 : SH_EAGAIN;
  mem::ByteChain chain;
  if (!chain.append_copy({static_cast<const uint8_t*>(bytes), part}, stack->sending))
    return SH_EAGAIN;
  stack->stack.send(s->id, std::move(chain));
  stack->turn();
  return static_cast<int64_t>(part);
}

int64_t sh_receive(sh_stack* stack, sh_socket socket, void* bytes, size_t capacity) {
  Socket* s = stack == nullptr ? nullptr : stack->connection(socket);
  if (s == nullptr || bytes == nullptr || capacity == 0) return SH_EINVAL;
  if (s->is_closed) return SH_ECLOSED;
  mem::ByteChain& queue = stack->stack.receive_queue(s->id);
  const size_t part = std::min(capacity, queue.size());
  if (part == 0) {
    if (s->error != SH_OK) return s->error;
    return s->peer_closed ? 0 : SH_EAGAIN;
  }
  queue.copy_out(0, {static_cast<uint8_t*>(bytes), part});
  queue.consume(part);
  stack->stack.received(s->id, stack->now);
  stack->turn();
  return static_cast<int64_t>(part);
}

int sh_shutdown(sh_stack* stack, sh_socket socket) {
  Socket* s = stack == nullptr ? nullptr : stack->connection(socket);
  if (s == nullptr) return SH_EINVAL;
  if (s->error != SH_OK) return s->error;
  if (s->is_closed) return SH_ECLOSED;
  stack->stack.shutdown_send(s->id);
  stack->turn();
  return SH_OK;
}

int sh_close(sh_stack* stack, sh_socket socket) {
  Socket* s = stack == nullptr ? nullptr : stack->find(socket);
  if (s == nullptr) return SH_EINVAL;
  if (s->is_closed) return SH_ECLOSED;
  s->is_closed = true;
  if (s->is_listener) return stack->close_listener(*s);
  //= RFC 9293 3.6.1: bytes that nobody will read -> RST
  if (!stack->stack.receive_queue(s->id).empty() && stack->config.lingering_close == 0) {
    stack->stack.abort(s->id);
  } else {
    stack->stack.release(s->id);
  }
  stack->by_index.erase(s->id.index);
  stack->turn();
  return SH_OK;
}

int sh_abort(sh_stack* stack, sh_socket socket) {
  Socket* s = stack == nullptr ? nullptr : stack->connection(socket);
  if (s == nullptr) return SH_EINVAL;
  if (s->is_closed) return SH_ECLOSED;
  s->is_closed = true;
  stack->stack.abort(s->id);
  stack->by_index.erase(s->id.index);
  stack->turn();
  return SH_OK;
}

int sh_set_option(sh_stack* stack, sh_socket socket, int option, uint64_t value) {
  Socket* s = stack == nullptr ? nullptr : stack->find(socket);
  if (s == nullptr || value > UINT32_MAX) return SH_EINVAL;
  if (s->is_closed) return SH_ECLOSED;
  if (s->is_listener) {
    if (option < SH_OPT_NODELAY || option > SH_OPT_USER_TIMEOUT) return SH_EINVAL;
    s->options[option] = value;
    return SH_OK;
  }
  const int result = stack->set_option(*s, option, value);
  if (result == SH_OK) stack->turn();
  return result;
}

int sh_get_option(sh_stack* stack, sh_socket socket, int option, uint64_t* value) {
  Socket* s = stack == nullptr ? nullptr : stack->find(socket);
  tcp::ConnectionOptions options;
  if (s == nullptr || value == nullptr) return SH_EINVAL;
  if (s->is_listener && !s->is_closed) {
    const auto set = s->options.find(option);
    if (set == s->options.end()) return SH_EAGAIN;
    *value = set->second;
    return SH_OK;
  }
  if (s->is_closed || !stack->stack.options(s->id, options)) return SH_ECLOSED;
  switch (option) {
    case SH_OPT_NODELAY:
      *value = options.nodelay ? 1 : 0;
      return SH_OK;
    case SH_OPT_KEEPALIVE:
      *value = options.keepalive_idle_ms != 0 ? 1 : 0;
      return SH_OK;
    case SH_OPT_KEEPALIVE_IDLE:
      *value = s->keepalive.keepalive_idle_ms;
      return SH_OK;
    case SH_OPT_KEEPALIVE_INTERVAL:
      *value = options.keepalive_interval_ms;
      return SH_OK;
    case SH_OPT_KEEPALIVE_PROBES:
      *value = options.keepalive_probes_max;
      return SH_OK;
    case SH_OPT_RECEIVE_BUFFER:
      *value = options.receive_bytes_max;
      return SH_OK;
    case SH_OPT_SEND_BUFFER:
      *value = options.send_bytes_max;
      return SH_OK;
    case SH_OPT_LINGER:
      *value = options.linger_ms;
      return SH_OK;
    case SH_OPT_USER_TIMEOUT:
      *value = options.user_timeout_ms;
      return SH_OK;
    default:
      return SH_EINVAL;
  }
}

int sh_state(sh_stack* stack, sh_socket socket) {
  Socket* s = stack == nullptr ? nullptr : stack->find(socket);
  if (s == nullptr) return SH_EINVAL;
  if (s->is_listener) return s->is_closed ? SH_CLOSED : SH_LISTEN;
  return static_cast<int>(stack->stack.state_of(s->local, s->remote));
}

int sh_state_between(sh_stack* stack, const sh_address* local, const sh_address* remote) {
  if (stack == nullptr || local == nullptr || remote == nullptr) return SH_EINVAL;
  const tcp::Endpoint from{address_of(*local), local->port};
  const tcp::Endpoint to{address_of(*remote), remote->port};
  if (from.address.is_none() || to.address.is_none()) return SH_EINVAL;
  return static_cast<int>(stack->stack.state_of(from, to));
}

int sh_local_address(sh_stack* stack, sh_socket socket, sh_address* out) {
  Socket* s = stack == nullptr ? nullptr : stack->find(socket);
  if (s == nullptr || out == nullptr) return SH_EINVAL;
  write_address(s->local, out);
  return SH_OK;
}

int sh_get_info(sh_stack* stack, sh_socket socket, sh_info* out) {
  Socket* s = stack == nullptr ? nullptr : stack->connection(socket);
  if (s == nullptr || out == nullptr || out->size != sizeof(sh_info)) return SH_EINVAL;
  tcp::ConnectionInfo i;
  if (!stack->stack.info(s->id, i)) return SH_ECLOSED;
  out->state = static_cast<int32_t>(i.state);
  out->snd_una = i.send_unacked;
  out->snd_nxt = i.send_next;
  out->snd_max = i.send_highest;
  out->snd_wnd = i.send_window;
  out->rcv_nxt = i.receive_next;
  out->rcv_edge = i.receive_edge;
  out->cwnd = i.congestion_window;
  out->ssthresh = i.slow_start_threshold;
  out->rto_ms = i.rto_ms;
  out->srtt_ms = i.srtt_ms;
  out->send_queued = i.bytes_queued;
  out->receive_unread = i.bytes_unread;
  out->receive_held = i.bytes_held;
  out->sacked = i.bytes_sacked;
  out->mss = i.mss;
  out->snd_scale = i.send_scale;
  out->rcv_scale = i.receive_scale;
  out->duplicate_acks = i.duplicate_acks;
  out->sack = i.sack ? 1 : 0;
  out->timestamps = i.timestamps ? 1 : 0;
  out->in_recovery = i.in_recovery ? 1 : 0;
  out->probing = i.probing ? 1 : 0;
  return SH_OK;
}

size_t sh_counter_count(void) {
  return static_cast<size_t>(tcp::Counter::kCount) + static_cast<size_t>(ip::Counter::kCount);
}

const char* sh_counter_name(size_t index) {
  constexpr auto kTcp = static_cast<size_t>(tcp::Counter::kCount);
  if (index >= sh_counter_count()) return nullptr;
  // The names are literals, so they end in zero.
  if (index < kTcp) return tcp::counter_name(static_cast<tcp::Counter>(index)).data();
  return ip::counter_name(static_cast<ip::Counter>(index - kTcp)).data();
}

uint64_t sh_counter(const sh_stack* stack, size_t index) {
  constexpr auto kTcp = static_cast<size_t>(tcp::Counter::kCount);
  if (stack == nullptr || index >= sh_counter_count()) return 0;
  return index < kTcp ? stack->stack.counters().values[index] : stack->ip_counters[index - kTcp];
}

const char* sh_audit(const sh_stack* stack) {
  return stack == nullptr ? "no stack" : stack->stack.audit();
}

}  // extern "C"
