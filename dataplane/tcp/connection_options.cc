// Options and state of one connection, and what the pools hold.
#include <algorithm>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {

State Core::state_of(const FlowKey& key) noexcept {
  const Connection* c = lookup(key, flow_hash(config_.table_key, key));
  if (c != nullptr) return c->state;
  return time_wait_.find(key) != nullptr ? State::TimeWait : State::Closed;
}

bool Core::options(ConnectionId id, ConnectionOptions& out) const noexcept {
  const Connection* c = find(id);
  if (c == nullptr) return false;
  out.keepalive_idle_ms = c->keepalive_idle_ms;
  out.keepalive_interval_ms = c->keepalive_interval_ms;
  out.keepalive_probes_max = c->keepalive_probes_max;
  out.nodelay = !c->send.nagle;
  out.receive_bytes_max =
      c->receive.window.limit() != 0 ? c->receive.window.limit() : config_.receive_bytes_max;
  out.send_bytes_max = c->send.limit_bytes;
  out.linger_ms = c->linger_ms;
  out.user_timeout_ms = c->user_timeout_ms;
  return true;
}

bool Core::set_options(ConnectionId id, const ConnectionOptions& options,
                       base::Instant now) noexcept {
  set_now(now);
  Connection* c = find(id);
  if (c == nullptr) return false;
  const bool keepalive_changed = c->keepalive_idle_ms != options.keepalive_idle_ms;
  c->keepalive_idle_ms = options.keepalive_idle_ms;
  c->keepalive_interval_ms = options.keepalive_interval_ms;
  c->keepalive_probes_max = options.keepalive_probes_max;
  if (c->send.nagle && options.nodelay) touch(*c);
  c->send.nagle = !options.nodelay;
  c->send.limit_bytes = options.send_bytes_max;
  c->linger_ms = options.linger_ms;
  c->user_timeout_ms = options.user_timeout_ms;
  if (c->over || c->state < State::Established) return true;
  const uint32_t most = uint32_t{UINT16_MAX} << c->receive.window_shift;
  const uint32_t limit = std::min(options.receive_bytes_max, most);
  c->receive.limit_lowered |= limit < c->receive.window.limit();
  c->receive.window.change_limit(limit);
  if (keepalive_changed) {
    const bool idle_watched = config_.idle_ms_max != 0;
    c->deadlines.keepalive = c->keepalive_idle_ms != 0 || idle_watched ? now_ms_ + 1 : kNever;
    schedule(*c);
  }
  return true;
}

bool Core::info(ConnectionId id, ConnectionInfo& out) const noexcept {
  const Connection* c = find(id);
  if (c == nullptr) return false;
  const SackScoreboard* board = c->recovery.board;
  out = ConnectionInfo{};
  out.state = c->state;
  out.send_unacked = c->send.unacked;
  out.send_next = c->send.next;
  out.send_highest = c->send.highest;
  out.send_window = c->send.window;
  out.receive_next = c->receive.window.next();
  out.receive_edge = c->receive.window.edge();
  out.congestion_window = c->congestion.window_bytes();
  out.slow_start_threshold = c->congestion.threshold_bytes();
  out.rto_ms = c->rto.rto_ms();
  out.srtt_ms = c->rto.srtt_ms();
  out.bytes_queued = static_cast<uint32_t>(c->send.queue.size());
  out.bytes_unread = static_cast<uint32_t>(c->receive.window.queue().size());
  out.bytes_held = static_cast<uint32_t>(c->receive.window.held_bytes());
  out.bytes_sacked = board == nullptr ? 0 : board->sacked_bytes();
  out.mss = c->send.mss;
  out.send_scale = c->send.window_shift;
  out.receive_scale = c->receive.window_shift;
  out.duplicate_acks = c->send.duplicate_acks;
  out.sack = c->recovery.permitted;
  out.timestamps = c->timestamps.on;
  out.in_recovery = c->congestion.in_recovery();
  out.probing = c->send.probing;
  return true;
}

PoolUse Core::pool_use() const noexcept {
  PoolUse use;
  use.connections = table_.size();
  use.connections_high_water = connections_high_water_;
  use.half_open = half_open_count_;
  use.time_wait = time_wait_.size();
  use.reassembly = receive_pools_.spans.used();
  use.reassembly_high_water = receive_pools_.spans.high_water();
  use.scoreboards = boards_.used();
  use.scoreboards_high_water = boards_.high_water();
  use.bytes_per_connection = sizeof(Slot) + TimerWheel::node_bytes() +
                             2 * DelayQueue::entry_bytes() +
                             table_.bytes() / config_.connections_max + 2 * sizeof(uint32_t);
  return use;
}

}  // namespace sallyport::tcp
