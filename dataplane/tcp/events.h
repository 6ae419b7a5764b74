// events.h: what TCP tells the stage above, as plain values. The one header other stages may
// include.
#pragma once

#include <cstdint>

#include "dataplane/wire/ip_address.h"

namespace sallyport::tcp {

struct Endpoint {
  wire::IpAddress address;
  uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// A handle. `index` is below StackConfig::connections_max, so callers may keep arrays by it; the
// generation tells a stale handle from a live one. Generation 0 is never live.
struct ConnectionId {
  uint32_t index = 0;
  uint32_t generation = 0;
  explicit operator bool() const noexcept { return generation != 0; }
  friend bool operator==(const ConnectionId&, const ConnectionId&) = default;
};

// In order of delivery when several are pending for one connection.
enum class EventKind : uint8_t {
  Accepted,    // a peer opened a connection to a listener; the handle is new
  Connected,   // ours from connect() is open
  Readable,    // receive_queue() has bytes
  Writable,    // the peer acknowledged data: send_room() grew, all_acknowledged() may have changed
  PeerClosed,  // FIN: everything before it is in receive_queue()
  // The last three end the handle: it is stale when next_event() has returned one of them.
  Reset,     // the peer reset it (or refused our SYN); unread bytes are gone
  TimedOut,  // the peer does not answer; we sent RST
  Closed,    // both directions closed in order; comes after receive_queue() was consumed
};

struct Event {
  EventKind kind{};
  ConnectionId id;
};

constexpr bool ends_handle(EventKind kind) { return kind >= EventKind::Reset; }

}  // namespace sallyport::tcp
