// core.h: the machinery behind stack.h. One class, its parts by concern, one file each:
//   core.cc                lifecycle: records, events, endings
//   opens.cc               listen, connect, handshakes, ports, initial sequence numbers
//   input.cc               from a segment to its connection; segments without one; TIME-WAIT
//   segment_acceptance.cc  may this segment change anything? (sequence, PAWS, RST, SYN, ACK)
//   acknowledgement.cc     what the ACK field says: progress, the peer's window
//   loss_recovery.cc       what SACK blocks and duplicates say, and what is sent again (RFC 6675,
//   6582) tail_probe.cc          RFC 8985 7: the probe of the tail arrival.cc             payload
//   and FIN output.cc              what to send now transmission.cc        how a segment leaves:
//   header, options, reason timers.cc              what time does path.cc                what ICMP
//   may change; smaller segments cookie_open.cc         SYN cookies connection_options.cc  options
//   and state of one connection audit.cc               the invariants, for tests
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "dataplane/mem/huge_array.h"
#include "dataplane/tcp/connection.h"
#include "dataplane/tcp/delay_queue.h"
#include "dataplane/tcp/syn_cookies.h"
#include "dataplane/tcp/time_wait_table.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::tcp {

// A segment in hand. Trimming changes sequence, payload and fin together.
struct Arrived {
  wire::TcpView tcp;
  FlowKey key;
  uint32_t sequence = 0;
  std::span<const uint8_t> payload;
  bool fin = false;

  uint32_t length() const noexcept {
    return static_cast<uint32_t>(payload.size()) + (fin ? 1U : 0U) +
           (tcp.has(wire::TcpView::Syn) ? 1U : 0U);
  }
};

class Core {
 public:
  Core(const StackConfig& config, Egress& egress, mem::SegmentPool& copies);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // stack.h
  bool listen(Endpoint local) noexcept;
  bool unlisten(Endpoint local) noexcept;
  ConnectionId connect(Endpoint local, Endpoint remote, base::Instant now) noexcept;
  void input(const wire::IpAddress& source, const wire::IpAddress& destination,
             std::span<const uint8_t> segment, base::Instant now) noexcept;
  void input_burst(std::span<const Stack::Inbound> burst, base::Instant now) noexcept;
  void path_error(const wire::QuotedTcp& quoted, PathError error, uint16_t mtu,
                  base::Instant now) noexcept;
  State state_of(const FlowKey& key) noexcept;
  bool options(ConnectionId id, ConnectionOptions& out) const noexcept;
  bool set_options(ConnectionId id, const ConnectionOptions& options, base::Instant now) noexcept;
  bool info(ConnectionId id, ConnectionInfo& out) const noexcept;
  PoolUse pool_use() const noexcept;
  const char* audit() const noexcept;
  bool next_event(Event& out) noexcept;
  mem::ByteChain& receive_queue(ConnectionId id) noexcept;
  void received(ConnectionId id, base::Instant now) noexcept;
  size_t send_room(ConnectionId id) const noexcept;
  void send(ConnectionId id, mem::ByteChain&& bytes) noexcept;
  void shutdown_send(ConnectionId id) noexcept;
  void abort(ConnectionId id) noexcept;
  void release(ConnectionId id) noexcept;
  void drop_all() noexcept;
  bool all_acknowledged(ConnectionId id) const noexcept;
  void advance(base::Instant now) noexcept;
  void flush(base::Instant now) noexcept;
  base::Instant next_deadline() const noexcept;
  // Null: the handle is stale.
  Connection* find(ConnectionId id) noexcept;
  const Connection* find(ConnectionId id) const noexcept;

  const Counters& counters() const noexcept { return counters_; }
  uint32_t connection_count() const noexcept { return table_.size(); }
  uint32_t time_wait_count() const noexcept { return time_wait_.size(); }

 private:
  enum class Sent : uint8_t { Yes, NothingToSend, NoBuffer };
  // A segment of a burst between the passes of input_burst().
  struct Waiting {
    Arrived arrived;
    uint64_t hash = 0;
    uint32_t index = FlowTable::kNone;
    bool good = false;
  };
  // Records fetched ahead must still be in the first cache level when they are used.
  static constexpr size_t kLookAhead = 32;

  // core.cc
  Connection* allocate(const FlowKey& key) noexcept;
  void free_record(Connection& c) noexcept;
  void leave_table(Connection& c) noexcept;
  void post(Connection& c, EventKind kind) noexcept;
  void end(Connection& c, EventKind how) noexcept;
  void finish_in_order(Connection& c) noexcept;
  void enter_time_wait(Connection& c) noexcept;
  void touch(Connection& c) noexcept;
  void set_now(base::Instant now) noexcept;
  uint32_t seconds_now() const noexcept { return static_cast<uint32_t>(now_ms_ / 1'000); }
  // Every record lies in its slot.
  static Slot& slot_of(Connection& c) noexcept {
    return *reinterpret_cast<Slot*>(reinterpret_cast<uint8_t*>(&c) - offsetof(Slot, connection));
  }
  static const Slot& slot_of(const Connection& c) noexcept {
    return *reinterpret_cast<const Slot*>(reinterpret_cast<const uint8_t*>(&c) -
                                          offsetof(Slot, connection));
  }
  uint32_t index_of(const Connection& c) const noexcept;
  // A place of the rings below; `at` is less than twice their size.
  uint32_t wrapped(uint32_t at) const noexcept {
    return at < config_.connections_max ? at : at - config_.connections_max;
  }
  ConnectionId id_of(const Connection& c) const noexcept;
  bool buffers_low() const noexcept { return copies_.available() <= config_.copies_low_water; }

  // opens.cc
  bool is_listening(const FlowKey& key) const noexcept;
  void start(Connection& c, bool passive) noexcept;
  uint32_t new_sequence(const FlowKey& key) const noexcept;
  void passive_open(const Arrived& a) noexcept;
  void take_syn_options(Connection& c, const Arrived& a) noexcept;
  void establish(Connection& c) noexcept;
  void in_syn_sent(Connection& c, const Arrived& a) noexcept;
  // True: the handshake is done (or the segment belongs to an open connection) and it is looked at
  // further.
  bool in_syn_received(Connection& c, Arrived& a) noexcept;
  bool choose_port(FlowKey& key) noexcept;
  uint16_t our_mss(const FlowKey& key) const noexcept {
    return key.is_v6() ? our_mss_v6_ : our_mss_;
  }
  uint16_t option_bytes(const Connection& c) const noexcept;
  uint32_t timestamp_offset(const FlowKey& key) const noexcept;
  uint64_t keyed(const FlowKey& key, uint8_t use) const noexcept;

  // cookie_open.cc
  void send_cookie(const Arrived& a) noexcept;
  // False: no cookie was sent lately, so it is a stray. True: the connection is open and got the
  // segment, or the segment was dropped.
  bool accept_cookie(Arrived& a) noexcept;
  bool is_cookie(const Arrived& a) const noexcept;

  // input.cc
  bool judge(bool checksum_is_good, const wire::IpAddress& source,
             const wire::IpAddress& destination, std::span<const uint8_t> segment,
             Arrived& out) noexcept;
  void dispatch(Connection* c, Arrived& a) noexcept;
  Connection* lookup(const FlowKey& key, uint64_t hash) noexcept;
  void without_connection(Arrived& a) noexcept;
  // True: the entry is gone, the SYN goes to the listener.
  bool in_time_wait(TimeWaitEntry& entry, const Arrived& a) noexcept;
  void synchronised(Connection& c, Arrived& a) noexcept;

  // segment_acceptance.cc: false = dropped (and answered as the RFC says)
  bool acceptable_time(Connection& c, const Arrived& a) noexcept;
  bool acceptable_sequence(Connection& c, Arrived& a) noexcept;
  bool acceptable_control(Connection& c, const Arrived& a) noexcept;
  bool acceptable_ack(Connection& c, const Arrived& a) noexcept;
  void challenge(Connection& c) noexcept;

  // acknowledgement.cc
  void acknowledge(Connection& c, const Arrived& a) noexcept;
  void new_acknowledgement(Connection& c, const Arrived& a, uint32_t ack,
                           uint32_t newly_held) noexcept;
  void leave_or_continue_recovery(Connection& c, uint32_t ack, uint32_t acked,
                                  bool& restart_timer) noexcept;
  void sample_round_trip(Connection& c, const Arrived& a, uint32_t ack) noexcept;
  void update_send_window(Connection& c, const Arrived& a, uint32_t ack) noexcept;
  // False: the connection is gone or in TIME-WAIT.
  bool after_fin_acknowledged(Connection& c) noexcept;

  // loss_recovery.cc
  // Answers how many bytes the peer holds that we did not know of.
  uint32_t take_sack(Connection& c, const Arrived& a) noexcept;
  void release_board(Connection& c) noexcept;
  // `newly_held`: bytes that SACK told of; 0: a duplicate in the sense of RFC 5681.
  void duplicate_acknowledgement(Connection& c, uint32_t newly_held) noexcept;
  bool loss_is_known(const Connection& c) const noexcept;
  void enter_recovery(Connection& c, uint32_t newly_delivered) noexcept;
  // After the scoreboard changed: how much may leave.
  void reduce_in_proportion(Connection& c, uint32_t newly_delivered, bool moved) noexcept;
  Sent send_in_recovery(Connection& c) noexcept;
  Sent send_hole(Connection& c, uint32_t from, uint32_t end, Counter why) noexcept;
  uint32_t pipe(const Connection& c) const noexcept;

  // tail_probe.cc
  void settle_tail_probe(Connection& c) noexcept;
  void on_tail_probe(Connection& c) noexcept;
  void judge_tail_probe(Connection& c, uint32_t ack) noexcept;

  // path.cc
  void use_smaller_segments(Connection& c, uint16_t mss) noexcept;
  void detect_black_hole(Connection& c) noexcept;

  // arrival.cc
  void take_payload(Connection& c, const Arrived& a) noexcept;
  void take_fin(Connection& c, const Arrived& a) noexcept;
  void fin_in_order(Connection& c) noexcept;

  // output.cc and transmission.cc
  uint32_t fetch_ahead(uint32_t left) const noexcept;
  void output(Connection& c) noexcept;
  Sent send_first_again(Connection& c) noexcept;
  Sent send_next(Connection& c) noexcept;
  Sent send_from(Connection& c, uint32_t sequence, uint32_t bytes_max, bool fin,
                 Reason reason = Reason::Data) noexcept;
  void after_sending(Connection& c, uint32_t sequence, uint32_t end, uint32_t payload_bytes,
                     bool fin) noexcept;
  bool send_syn(Connection& c) noexcept;
  bool send_ack(Connection& c) noexcept;
  void send_ack_now(Connection& c) noexcept;
  void send_reset(Connection& c) noexcept;
  void answer_reset(const Arrived& a) noexcept;
  bool transmit(Connection& c, wire::TcpView& header,
                std::span<const std::span<const uint8_t>> payload, Reason reason) noexcept;
  bool transmit_raw(const FlowKey& key, wire::TcpView& header,
                    std::span<const std::span<const uint8_t>> payload, Reason reason,
                    bool is_reachable = false) noexcept;
  uint16_t sack_option_bytes(const Connection& c) const noexcept;
  void fill_header(Connection& c, wire::TcpView& header, uint32_t sequence, uint8_t flags) noexcept;
  uint32_t usable_window(const Connection& c) const noexcept;
  void settle_retransmit_timer(Connection& c) noexcept;

  // timers.cc
  uint64_t earliest_deadline(const Connection& c) const noexcept;
  void arm(Connection& c, uint64_t tick_ms) noexcept;
  auto marks_of() noexcept {
    return [this](uint32_t index) -> TimerWheel::Marks& { return slots_[index].marks; };
  }
  template <class Look>
  void look_at_due(DelayQueue& queue, const Look& look) noexcept;
  void later_is_now() noexcept;
  void delay_ack(Connection& c) noexcept;
  void acks_due() noexcept;
  void ack_is_due(Connection& c) noexcept;
  void schedule(Connection& c) noexcept;
  void expire(Connection& c) noexcept;
  // False: the connection is gone.
  bool on_retransmit(Connection& c) noexcept;
  void probe_window(Connection& c) noexcept;
  bool on_keepalive(Connection& c) noexcept;
  bool on_state_deadline(Connection& c) noexcept;
  void time_out(Connection& c, Counter why) noexcept;

  // audit.cc
  const char* audit_connection(const Connection& c) const noexcept;
  const char* audit_timers(const Connection& c, uint32_t index) const noexcept;

  const StackConfig config_;
  const uint16_t our_mss_;
  const uint16_t our_mss_v6_;
  const uint8_t our_window_shift_;
  const uint32_t held_segments_max_;
  Egress& egress_;
  mem::SegmentPool& copies_;
  ReceivePools receive_pools_;
  BlockPool<SackScoreboard> boards_;
  const SynCookies cookies_;
  uint64_t cookies_until_ms_ = 0;  // an ACK to a listener is looked at as a cookie until then
  FlowTable table_;
  TimeWaitTable time_wait_;
  TimerWheel wheel_;
  DelayQueue acks_;   // delayed ACKs
  DelayQueue later_;  // deadlines that the wheel does not know of yet
  mem::HugeArray<Slot> slots_;
  uint32_t free_ = UINT32_MAX;
  uint32_t half_open_count_ = 0;
  uint32_t connections_high_water_ = 0;
  uint64_t port_tries_ = 0;
  std::array<Endpoint, kListenersMax> listeners_{};
  size_t listener_count_ = 0;
  // Rings of indexes, at most one entry per connection each.
  std::unique_ptr<uint32_t[]> event_queue_;
  uint32_t event_head_ = 0;
  uint32_t event_count_ = 0;
  std::unique_ptr<uint32_t[]> touched_;
  uint32_t touched_head_ = 0;
  uint32_t touched_count_ = 0;
  std::array<Waiting, kLookAhead> waiting_;  // not on the stack: clearing it would cost a segment
  mem::ByteChain nothing_;
  base::Instant now_;
  uint64_t now_ms_ = 0;
  Counters counters_;
};

}  // namespace sallyport::tcp
