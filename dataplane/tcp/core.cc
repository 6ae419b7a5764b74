#include "dataplane/tcp/core.h"

#include <algorithm>
#include <bit>

#include "dataplane/base/check.h"
#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {


uint8_t shift_for(uint32_t receive_bytes) noexcept {
  uint8_t shift = 0;
  while (shift < kWindowScaleMax && (receive_bytes >> shift) > UINT16_MAX) ++shift;
  return shift;
}

uint16_t mss_for(const StackConfig& config, uint16_t headers) noexcept {
  const auto most = static_cast<uint16_t>(config.mtu - headers);
  return config.mss == 0 ? most : std::min(most, config.mss);
}

uint32_t share_of(const StackConfig& config, uint32_t wanted) noexcept {
  constexpr uint32_t kLeast = 64;
  return wanted != 0 ? wanted : std::max(kLeast, config.connections_max / 4);
}

// A key of its own (RFC 6528 3: the sequence key is never used for anything else).
base::SipKey cookie_key_of(const StackConfig& config) noexcept {
  if ((config.cookie_key.k0 | config.cookie_key.k1) != 0) return config.cookie_key;
  const uint8_t labels[2] = {'c', 'k'};
  return {base::siphash24(config.table_key, {&labels[0], 1}),
          base::siphash24(config.table_key, {&labels[1], 1})};
}

}  // namespace

Core::Core(const StackConfig& config, Egress& egress, mem::SegmentPool& copies)
    : config_(config),
      our_mss_(mss_for(config, 40)),
      our_mss_v6_(mss_for(config, 60)),
      our_window_shift_(config.window_scale == StackConfig::kScaleFromBuffer
                            ? shift_for(config.receive_bytes_max)
                            : std::min(config.window_scale, kWindowScaleMax)),
      held_segments_max_(2 * (config.receive_bytes_max / copies.segment_bytes()) +
                         static_cast<uint32_t>(kHeldSpansMax)),
      egress_(egress),
      copies_(copies),
      receive_pools_{copies, BlockPool<HeldSpans>(share_of(config, config.reassembly_max)),
                     copies.segment_count() / 4},
      boards_(share_of(config, config.scoreboards_max)),
      cookies_(cookie_key_of(config)),
      table_(config.connections_max),
      time_wait_(config.time_wait_max, config.table_key),
      wheel_(config.connections_max),
      acks_(config.connections_max),
      later_(config.connections_max),
      slots_(config.connections_max),
      event_queue_(std::make_unique<uint32_t[]>(config.connections_max)),
      touched_(std::make_unique<uint32_t[]>(config.connections_max)) {
  SP_CHECK(config.connections_max > 0 && config.time_wait_max > 0 && config.mtu >= 576);
  for (uint32_t i = config.connections_max; i-- > 0;) {
    slots_[i].next_free = free_;
    free_ = i;
  }
}

Core::~Core() {
  for (uint32_t i = 0; i < config_.connections_max; ++i)
    slots_[i].connection.receive.window.clear(receive_pools_);
}

void Core::set_now(base::Instant now) noexcept {
  now_ = now;
  now_ms_ = now.ns / base::kNsPerMs;
}

uint32_t Core::index_of(const Connection& c) const noexcept {
  return static_cast<uint32_t>(&slot_of(c) - slots_.get());
}

ConnectionId Core::id_of(const Connection& c) const noexcept {
  const uint32_t index = index_of(c);
  return {index, slots_[index].generation};
}

Connection* Core::find(ConnectionId id) noexcept {
  return const_cast<Connection*>(static_cast<const Core*>(this)->find(id));
}

const Connection* Core::find(ConnectionId id) const noexcept {
  if (!id || id.index >= config_.connections_max) return nullptr;
  const Slot& slot = slots_[id.index];
  if (slot.generation != id.generation || !slot.connection.owned) return nullptr;
  return &slot.connection;
}

Connection* Core::allocate(const FlowKey& key) noexcept {
  if (free_ == FlowTable::kNone) return nullptr;
  const uint32_t index = free_;
  Slot& slot = slots_[index];
  free_ = slot.next_free;
  slot.connection = Connection{};
  slot.events = 0;
  if (++slot.generation == 0) slot.generation = 1;
  Connection& c = slot.connection;
  c.key = key;
  table_.insert(flow_hash(config_.table_key, key), index);
  connections_high_water_ = std::max(connections_high_water_, table_.size());
  return &c;
}

void Core::leave_table(Connection& c) noexcept {
  if (c.over) return;
  const uint32_t index = index_of(c);
  c.over = true;
  table_.erase(flow_hash(config_.table_key, c.key), index);
  c.deadlines = Deadlines{};
  if (c.half_open) --half_open_count_;
  c.half_open = false;
  c.send.queue.clear();
  release_board(c);
  c.state = State::Closed;
}

void Core::free_record(Connection& c) noexcept {
  leave_table(c);
  const uint32_t index = index_of(c);
  Slot& slot = slots_[index];
  c.receive.window.clear(receive_pools_);
  c.owned = false;
  slot.events = 0;
  slot.next_free = free_;
  free_ = index;
}

void Core::post(Connection& c, EventKind kind) noexcept {
  if (!c.owned) return;
  const uint32_t index = index_of(c);
  Slot& slot = slots_[index];
  slot.events |= static_cast<uint8_t>(1U << static_cast<unsigned>(kind));
  if (slot.in_event_queue) return;
  slot.in_event_queue = true;
  event_queue_[wrapped(event_head_ + event_count_)] = index;
  ++event_count_;
}

bool Core::next_event(Event& out) noexcept {
  while (event_count_ > 0) {
    const uint32_t index = event_queue_[event_head_];
    Slot& slot = slots_[index];
    if (slot.events == 0) {
      slot.in_event_queue = false;
      event_head_ = wrapped(event_head_ + 1);
      --event_count_;
      continue;
    }
    const auto bit = static_cast<unsigned>(std::countr_zero(slot.events));
    slot.events &= static_cast<uint8_t>(slot.events - 1);
    out.kind = static_cast<EventKind>(bit);
    out.id = {index, slot.generation};
    if (ends_handle(out.kind)) free_record(slot.connection);
    return true;
  }
  return false;
}

// The state machine is done with it. With a live handle the record waits for its last event.
void Core::end(Connection& c, EventKind how) noexcept {
  leave_table(c);
  if (!c.owned) {
    free_record(c);
    return;
  }
  if (how == EventKind::Closed && !c.receive.window.queue().empty()) return;  // received() posts it
  post(c, how);
}

void Core::finish_in_order(Connection& c) noexcept { end(c, EventKind::Closed); }

void Core::enter_time_wait(Connection& c) noexcept {
  TimeWaitEntry entry;
  entry.key = c.key;
  entry.send_next = c.send.highest;
  entry.receive_next = c.receive.window.next();
  entry.recent_ms = now_ms_;
  entry.timestamps = c.timestamps.on;
  entry.timestamp_recent = c.timestamps.recent;
  entry.timestamp_offset = c.timestamps.offset;
  entry.window_field = c.receive.window.offer(c.receive.window_shift, our_mss(c.key), true);
  counters_.add(Counter::TimeWaitEntered);
  if (time_wait_.insert(entry, now_ms_ + config_.time_wait_ms))
    counters_.add(Counter::TimeWaitEvicted);
  finish_in_order(c);
}

void Core::touch(Connection& c) noexcept {
  const uint32_t index = index_of(c);
  Slot& slot = slots_[index];
  if (slot.touched) return;
  slot.touched = true;
  touched_[wrapped(touched_head_ + touched_count_)] = index;
  ++touched_count_;
}

mem::ByteChain& Core::receive_queue(ConnectionId id) noexcept {
  Connection* c = find(id);
  if (c == nullptr) {
    nothing_.clear();
    return nothing_;
  }
  return c->receive.window.queue();
}

void Core::received(ConnectionId id, base::Instant now) noexcept {
  set_now(now);
  Connection* c = find(id);
  if (c == nullptr) return;
  ReceiveWindow& window = c->receive.window;
  if (c->over) {
    const uint8_t last = slots_[id.index].events >> static_cast<unsigned>(EventKind::Reset);
    if (window.queue().empty() && last == 0) post(*c, EventKind::Closed);
    return;
  }
  if (c->receive.fin_taken || c->state < State::Established) return;
  // Worth a segment of its own only when it lets the peer send again at a good size.
  const uint32_t growth = window.growth(buffers_low());
  const uint32_t mss = our_mss(c->key);
  const bool was_shut = window.window() < mss;
  if (growth >= std::min(2U * mss, window.limit() / 2) ||
      (was_shut && growth >= std::min(mss, window.limit() / 2))) {
    c->receive.ack_due = true;
    counters_.add(Counter::WindowUpdatesOut);
    touch(*c);
  }
}

size_t Core::send_room(ConnectionId id) const noexcept {
  const Connection* c = find(id);
  if (c == nullptr || c->over || c->send.fin_queued) return 0;
  const size_t held = c->send.queue.size();
  return held < c->send.limit_bytes ? c->send.limit_bytes - held : 0;
}

void Core::send(ConnectionId id, mem::ByteChain&& bytes) noexcept {
  Connection* c = find(id);
  mem::ByteChain taken(std::move(bytes));
  if (c == nullptr || c->over) return;
  SP_CHECK(taken.size() <= send_room(id));
  c->send.queue.append(std::move(taken));
  touch(*c);
}

void Core::shutdown_send(ConnectionId id) noexcept {
  Connection* c = find(id);
  if (c == nullptr || c->over) return;
  c->send.fin_queued = true;
  touch(*c);
}

void Core::abort(ConnectionId id) noexcept {
  Connection* c = find(id);
  if (c == nullptr) return;
  if (!c->over && c->state != State::SynSent) send_reset(*c);
  free_record(*c);
}

void Core::release(ConnectionId id) noexcept {
  Connection* c = find(id);
  if (c == nullptr) return;
  if (c->over || c->state == State::SynSent) {
    free_record(*c);
    return;
  }
  if (c->linger_ms == 0) {
    abort(id);
    return;
  }
  slots_[id.index].events = 0;
  c->owned = false;
  c->released = true;
  c->send.fin_queued = true;
  c->receive.window.queue().clear();
  c->deadlines.state = now_ms_ + c->linger_ms;
  schedule(*c);
  touch(*c);
}

void Core::drop_all() noexcept {
  for (uint32_t i = 0; i < config_.connections_max; ++i) {
    Connection& c = slots_[i].connection;
    if (c.owned || (!c.over && c.state != State::Closed)) free_record(c);
  }
}

bool Core::all_acknowledged(ConnectionId id) const noexcept {
  const Connection* c = find(id);
  if (c == nullptr || c->over) return true;
  const bool fin_open = c->send.fin_queued && !seq_after(c->send.unacked, c->send.data_end());
  return c->send.queue.size() == 0 && !fin_open;
}

}  // namespace sallyport::tcp
