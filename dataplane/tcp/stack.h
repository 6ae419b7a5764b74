// stack.h: TCP for a terminating proxy: connections of one worker. Segments in, segments out, time
// as an argument: no I/O, no clock, no allocation after construction.
//
// One turn of the caller: input() for each segment of the burst, next_event() until false (reading
// and sending on the way), then flush() once: what was touched sends data and ACKs together;
// advance() runs timers. Nothing but RST, duplicate and challenge ACKs and handshake answers leaves
// before flush().
//
// Invariants
//   I1  a handle lives from Accepted / connect() until next_event() returned Reset, TimedOut or
//   Closed for
//       it, or until abort() or release(). A stale handle is answered (empty, zero, nothing), never
//       a crash.
//   I2  bytes given to send() are kept unchanged until acknowledged: a retransmission resends
//   stored bytes. I3  the advertised window never shrinks; it grows only by what the caller
//   consumed. I4  overlapping segments: the first copy of a byte wins; what was read is what was
//   acknowledged. I5  every connection that waits for its peer has a timer.
// Limits   limits.h and StackConfig. When one is reached there is a counter and a written answer.
// Owner    one worker; no locks.
// Not here IP (ip/), who calls when (worker/). Every rule and its test: docs/tcp.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/hash.h"
#include "dataplane/base/time.h"
#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/congestion.h"
#include "dataplane/tcp/counters.h"
#include "dataplane/tcp/egress.h"
#include "dataplane/tcp/events.h"
#include "dataplane/tcp/port_choice.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"

namespace sallyport::tcp {

enum class State : uint8_t {
  Closed,
  Listen,
  SynSent,
  SynReceived,
  Established,
  FinWait1,
  FinWait2,
  CloseWait,
  Closing,
  LastAck,
  TimeWait
};

struct StackConfig {
  uint32_t connections_max = 4'096;
  uint32_t half_open_max = 1'024;  // of connections_max, passive opens whose handshake is not done
  uint32_t time_wait_max = 8'192;  // compact entries; the oldest is evicted when full
  uint16_t mtu = 1'500;            // our MSS is this minus 40 (IPv4) or 60 (IPv6)
  uint16_t mss = 0;                // a smaller MSS than the MTU allows; 0: what the MTU allows
  uint32_t receive_bytes_max = 256 * 1024;  // per connection: unread plus out of order
  uint32_t send_bytes_max = 256 * 1024;     // per connection: unacknowledged plus unsent
  // Below this share of free `copies` segments windows stop growing (I3 still holds).
  uint32_t copies_low_water = 64;
  // Connections that may have holes, or a SACK scoreboard, at one time. 0: a quarter of
  // connections_max, at least 64. Beyond: what comes early is refused and sent again; recovery goes
  // on by duplicate ACKs alone.
  uint32_t reassembly_max = 0;
  uint32_t scoreboards_max = 0;
  uint16_t ephemeral_port_first = 32'768;
  uint16_t ephemeral_port_last = 60'999;
  // The egress completes TCP checksums (by the device or in software): the field leaves as zero.
  bool checksum_at_egress = false;
  const PortChoice* ports = nullptr;  // null: every port of the range; outlives the stack

  uint32_t handshake_ms_max = 10'000;        // both opens
  uint32_t unacknowledged_ms_max = 100'000;  // R2 of RFC 9293 3.8.3
  uint32_t fin_wait_2_ms_max =
      60'000;                       // half-closed by us, peer silent, nobody released it: 0 = off
  uint32_t linger_ms_max = 10'000;  // after release() and the last progress: finish or RST
  uint32_t idle_ms_max = 0;         // no payload either way; 0 = off, exchanges have own deadlines
  uint32_t time_wait_ms = 60'000;
  uint32_t keepalive_idle_ms = 60'000;  // cloud balancers drop at 350 s or less; 0 = off
  uint32_t keepalive_interval_ms = 10'000;
  uint32_t keepalive_probes_max = 6;

  bool sack = true;
  bool timestamps = true;
  bool window_scaling = true;
  uint8_t window_scale =
      kScaleFromBuffer;     // what we offer; kScaleFromBuffer: what the buffer needs
  bool syn_cookies = true;  // when half_open_max is reached
  bool tail_loss_probe = true;
  // What comes after release(): dropped with an ACK (a proxy wants its last bytes delivered), or
  // answered by RST as RFC 9293 3.6.1 prefers (the harness).
  bool reset_data_after_release = false;
  bool nodelay = true;  // false: Nagle's rule (RFC 9293 3.7.4), which stalls token streams
  Algorithm congestion = Algorithm::Cubic;
  static constexpr uint8_t kScaleFromBuffer = 255;

  // Per boot, from the system's random source; never equal to each other.
  base::SipKey table_key;     // flow table and port choice
  base::SipKey sequence_key;  // RFC 6528 and timestamp offsets
  base::SipKey cookie_key;    // SYN cookies; all zero: derived from table_key by SipHash
};

// What tcp/ knows of an ICMP error, after the IP layer parsed it.
enum class PathError : uint8_t {
  TooBig,       // fragmentation needed, packet too big
  Unreachable,  // any other destination unreachable
  Other,        // time exceeded, parameter problem
};

// Of one connection, over the stack's configuration. Times in milliseconds.
struct ConnectionOptions {
  uint32_t keepalive_idle_ms = 0;  // 0: off
  uint32_t keepalive_interval_ms = 0;
  uint16_t keepalive_probes_max = 0;
  bool nodelay = true;
  uint32_t receive_bytes_max =
      0;  // the window that was offered stands; what grows later follows this
  uint32_t send_bytes_max = 0;
  uint32_t linger_ms = 0;        // after release(); 0: RST at once
  uint32_t user_timeout_ms = 0;  // RFC 5482: unacknowledged data, then RST
};

// State of one connection for tests, tools and operators.
struct ConnectionInfo {
  State state{};
  uint32_t send_unacked = 0, send_next = 0, send_highest = 0, send_window = 0;
  uint32_t receive_next = 0, receive_edge = 0;
  uint32_t congestion_window = 0, slow_start_threshold = 0;
  uint32_t rto_ms = 0, srtt_ms = 0;
  uint32_t bytes_queued = 0, bytes_unread = 0, bytes_held = 0, bytes_sacked = 0;
  uint16_t mss = 0;
  uint8_t send_scale = 0, receive_scale = 0, duplicate_acks = 0;
  bool sack = false, timestamps = false, in_recovery = false, probing = false;
};

struct PoolUse {
  uint32_t connections = 0, connections_high_water = 0, half_open = 0, time_wait = 0;
  uint32_t reassembly = 0, reassembly_high_water = 0;
  uint32_t scoreboards = 0, scoreboards_high_water = 0;
  uint64_t bytes_per_connection = 0;  // record, timer node, table share, queue places
};

class Core;

class Stack {
 public:
  // `copies`: payload that arrives is copied here at once, so frames are never pinned. All three
  // must outlive the stack.
  Stack(const StackConfig& config, Egress& egress, mem::SegmentPool& copies);
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  // False: kListenersMax reached or already listening there. Address 0 listens on every address.
  bool listen(Endpoint local) noexcept;
  // From now on a SYN to it is answered by RST. What is half open may still open; the caller, who
  // gets Accepted, knows that nobody waits for it. False: not listening there.
  bool unlisten(Endpoint local) noexcept;
  // Picks an unpredictable local port (RFC 6056); local.port is ignored unless non-zero (tests).
  // An invalid id: no record or no port is free.
  [[nodiscard]] ConnectionId connect(Endpoint local, Endpoint remote, base::Instant now) noexcept;

  // Takes the segment: data() at the TCP header, size() ends with the IP packet.
  void input(const wire::IpAddress& source, const wire::IpAddress& destination,
             mem::Segment* segment, base::Instant now) noexcept;
  void input(const wire::Ipv4View& ip, mem::Segment* segment, base::Instant now) noexcept {
    input(ip.source, ip.destination, segment, now);
  }
  // A burst: table lines and records are fetched ahead of use (dataplane notes c.1). At most
  // kBurstSegmentsMax are looked ahead at a time; same effect as input() of each in order.
  struct Inbound {
    wire::IpAddress source;
    wire::IpAddress destination;
    mem::Segment* segment = nullptr;
    bool checksum_is_good = false;  // somebody verified it; false: it is computed here
  };
  void input_burst(std::span<const Inbound> burst, base::Instant now) noexcept;
  // An ICMP error that quotes one of our segments. Believed only as far as RFC 5927 and 5461 say.
  void path_error(const wire::QuotedTcp& quoted, PathError error, uint16_t mtu,
                  base::Instant now) noexcept;
  // The next event, coalesced per connection. False: none.
  bool next_event(Event& out) noexcept;

  // In-order bytes. The caller takes from the front (consume, take_front, move) and then calls
  // received(). The reference is valid while the handle is; a stale handle gets an empty chain.
  mem::ByteChain& receive_queue(ConnectionId id) noexcept;
  void received(ConnectionId id, base::Instant now) noexcept;
  // All data and the FIN of the peer are in receive_queue() (or were).
  bool peer_closed(ConnectionId id) const noexcept;

  // Bytes send() takes now; 0 also when the handle is stale or sending was shut.
  size_t send_room(ConnectionId id) const noexcept;
  // Kept until acknowledged; leaves at flush(). REQUIRES: bytes.size() <= send_room(id) for a live
  // handle; on a stale one the bytes are dropped.
  void send(ConnectionId id, mem::ByteChain&& bytes) noexcept;
  // FIN after what was queued. The other direction stays open.
  void shutdown_send(ConnectionId id) noexcept;
  // RST now; the handle is stale.
  void abort(ConnectionId id) noexcept;
  // The caller wants no more events: the handle is stale. What was queued is still sent, then FIN;
  // what still arrives is acknowledged and dropped; linger_ms_max: then RST.
  void release(ConnectionId id) noexcept;
  // Forgets every connection, released ones too, without a word to the peers, and gives every
  // segment back. For the end of the program: whoever owns the pools of what was sent may go then.
  void drop_all() noexcept;
  // No byte (or FIN) waits for an acknowledgment. True for a stale handle.
  bool all_acknowledged(ConnectionId id) const noexcept;

  // Timers, at most kExpiriesPerAdvanceMax.
  void advance(base::Instant now) noexcept;
  // Output of touched connections.
  void flush(base::Instant now) noexcept;
  // When advance() (or flush(), when output is waiting for buffers) is due next.
  base::Instant next_deadline() const noexcept;

  bool is_live(ConnectionId id) const noexcept;
  Endpoint local(ConnectionId id) const noexcept;
  Endpoint remote(ConnectionId id) const noexcept;
  State state(ConnectionId id) const noexcept;
  const Counters& counters() const noexcept;
  uint32_t connection_count() const noexcept;
  uint32_t time_wait_count() const noexcept;
  // By addresses: also of a connection without a handle, and TIME-WAIT. Closed: none.
  State state_of(const Endpoint& local, const Endpoint& remote) noexcept;
  // False: the handle is stale.
  bool options(ConnectionId id, ConnectionOptions& out) const noexcept;
  bool set_options(ConnectionId id, const ConnectionOptions& options, base::Instant now) noexcept;
  bool info(ConnectionId id, ConnectionInfo& out) const noexcept;
  PoolUse pool_use() const noexcept;
  // Looks at every record for a broken invariant; null: none. For tests: walks everything.
  const char* audit() const noexcept;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace sallyport::tcp
