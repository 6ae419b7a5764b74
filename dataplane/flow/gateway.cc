// gateway.cc: events, timers, versions, and what an exchange takes and gives back.
#include "dataplane/flow/gateway.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace sallyport::flow {
namespace {

// Segment sizes: a TLS record is up to 16 KiB, most are small; bodies are larger.
constexpr uint32_t kWireSegmentBytes = 4'096;
constexpr uint32_t kBodySegmentBytes = 8'192;

}  // namespace

Gateway::Gateway(const GatewayConfig& config, tcp::Stack& stack, evidence::Recorder& recorder,
                 evidence::RecallRing* recall)
    : config_(config),
      stack_(stack),
      recorder_(recorder),
      mappings_(recorder),
      recall_(recall),
      plaintext_pool_(config.plaintext_pool_bytes / kWireSegmentBytes, kWireSegmentBytes,
                      mem::SegmentPool::Wipe::OnRelease),
      ciphertext_pool_(config.ciphertext_pool_bytes / kWireSegmentBytes, kWireSegmentBytes,
                       mem::SegmentPool::Wipe::No),
      body_pool_(config.body_pool_bytes / kBodySegmentBytes, kBodySegmentBytes,
                 mem::SegmentPool::Wipe::OnRelease),
      seal_buffer_(kSealBytesMax),
      edit_plan_(kEditsPerBodyMax, kReplacementBytesMax),
      owners_(config.tcp_connections_max) {
  leg_tools_ = LegTools{&stack_, &plaintext_pool_, &ciphertext_pool_, seal_buffer_};
  for (uint32_t i = 0; i < config.clients_max; ++i) {
    clients_.push_back(std::make_unique<Client>());
    clients_.back()->slot = i;
    free_clients_.push_back(i);
  }
  for (uint32_t i = 0; i < config.upstreams_max; ++i) {
    upstreams_.push_back(std::make_unique<Upstream>());
    upstreams_.back()->slot = i;
    free_upstreams_.push_back(i);
  }
  for (uint32_t i = 0; i < config.exchanges_max; ++i) {
    exchanges_.push_back(std::make_unique<Exchange>(stream_tools_, body_pool_));
    exchanges_.back()->slot = i;
    free_exchanges_.push_back(i);
  }
  stalled_clients_.reserve(config.clients_max);
  stalled_upstreams_.reserve(config.upstreams_max);
  running_.reserve(std::max(config.clients_max, config.upstreams_max));
  commit_waiting_.reserve(config.exchanges_max);
  recall_waiting_.reserve(config.exchanges_max);
  for (const tcp::Endpoint& endpoint : config_.listen)
    SP_CHECK_WHY(stack_.listen(endpoint), "the gateway's listen address cannot be used twice");
}

// The stack lives on; what it still holds to be sent lies in our pools.
Gateway::~Gateway() {
  stack_.drop_all();
  for (auto& client : clients_)
    if (client->stage != Client::Stage::Free) client->leg.reset();
  for (auto& upstream : upstreams_)
    if (upstream->stage != Upstream::Stage::Free) upstream->leg.reset();
  for (auto& exchange : exchanges_) {
    exchange->body.clear();
    exchange->request_out.clear();
    exchange->known.clear();
    exchange->people.clear();
    exchange->tokens.clear();
    exchange->earlier.clear();
  }
}

void Gateway::turn(const base::Clock& clock) {
  clock_ = clock;
  recorder_.turn(clock);
  take_recalled();
  tcp::Event event;
  uint32_t events = 0;
  while (events < kEventsPerTurnMax && stack_.next_event(event)) {
    ++events;
    on_event(event);
  }
  run_stalled();
  if (!commit_waiting_.empty()) wait_for_commit();
  const bool is_quiet = clients_connected() == 0 && upstreams_open() == 0;
  if (clock.now >= next_sweep_) {
    sweep();
    next_sweep_ = base::after_ms(clock.now, is_quiet ? kTimerSweepIdleMs : kTimerSweepMs);
  }
  next_deadline_ = next_sweep_;
  // A record that waits for its commit and a value that is asked for are announced by no packet.
  if (!commit_waiting_.empty() || !recall_waiting_.empty())
    next_deadline_ = std::min(next_deadline_, base::after_ms(clock.now, 1));
  const bool more_now =
      !stalled_clients_.empty() || !stalled_upstreams_.empty() || events == kEventsPerTurnMax;
  if (more_now) next_deadline_ = clock.now;
}

void Gateway::adopt(const PolicySet* set) noexcept {
  SP_CHECK(set != nullptr && set->base != nullptr &&
           (set_ == nullptr || set->sequence > set_->sequence));
  const PolicySet* before = set_;
  set_ = set;
  current_ = set->base;
  if (before == nullptr) return;
  for (PolicyVersion* version : {before->base, before->canary})
    if (version != nullptr && !set->holds(version)) drain_idle(*version);
}

void Gateway::own(tcp::ConnectionId id, Side side, uint32_t slot) {
  SP_CHECK(id.index < owners_.size());
  owners_[id.index] = Owner{side, slot, id.generation};
}

Gateway::Owner* Gateway::owner_of(tcp::ConnectionId id) noexcept {
  if (id.index >= owners_.size()) return nullptr;
  Owner& owner = owners_[id.index];
  return owner.side != Side::None && owner.generation == id.generation ? &owner : nullptr;
}

void Gateway::on_event(const tcp::Event& event) {
  if (event.kind == tcp::EventKind::Accepted) return accept(event.id);
  const Owner* owner = owner_of(event.id);
  if (owner == nullptr) return;
  if (owner->side == Side::Client) return on_client_event(*clients_[owner->slot], event.kind);
  on_upstream_event(*upstreams_[owner->slot], event.kind);
}

void Gateway::on_upstream_event(Upstream& upstream, tcp::EventKind kind) {
  switch (kind) {
    case tcp::EventKind::Accepted:
      return;
    case tcp::EventKind::Connected:
      return connected(upstream);
    case tcp::EventKind::Writable:
      // A reset that acknowledges: the connection is over, what it has read cannot be counted.
      if (stack_.state(upstream.leg.id()) == tcp::State::Closed) upstream.acknowledged = true;
      return continue_request(upstream);
    case tcp::EventKind::Readable:
      return read_upstream(upstream);
    case tcp::EventKind::PeerClosed:
      upstream.peer_closed = true;
      return read_upstream(upstream);
    case tcp::EventKind::Reset:
    case tcp::EventKind::TimedOut:
    case tcp::EventKind::Closed:
      upstream.peer_closed = true;
      if (upstream.stage == Upstream::Stage::Connecting)
        return connect_failed(upstream, kind == tcp::EventKind::TimedOut ? "timeout" : "refused");
      // What was opened before the end still counts: an answer may be complete in it.
      return read_upstream(upstream);
  }
}

void Gateway::stall(Client& client) {
  if (client.stalled) return;
  client.stalled = true;
  stalled_clients_.push_back(client.slot);
}

void Gateway::stall(Upstream& upstream) {
  if (upstream.stalled) return;
  upstream.stalled = true;
  stalled_upstreams_.push_back(upstream.slot);
}

// Whoever stalls again while this runs is in the new list, for the next turn.
void Gateway::run_stalled() {
  running_.swap(stalled_clients_);
  for (const uint32_t slot : running_) {
    Client& client = *clients_[slot];
    client.stalled = false;
    if (client.stage != Client::Stage::Free) read_client(client);
  }
  running_.clear();
  running_.swap(stalled_upstreams_);
  for (const uint32_t slot : running_) {
    Upstream& upstream = *upstreams_[slot];
    upstream.stalled = false;
    if (upstream.stage != Upstream::Stage::Free) read_upstream(upstream);
  }
  running_.clear();
}

void Gateway::sweep() {
  for (auto& client : clients_)
    if (client->stage != Client::Stage::Free) sweep_client(*client);
  for (auto& upstream : upstreams_)
    if (upstream->stage != Upstream::Stage::Free) sweep_upstream(*upstream);
}

void Gateway::sweep_upstream(Upstream& upstream) {
  if (upstream.stage == Upstream::Stage::Idle) {
    if (clock_.now >= upstream.deadline) drop_upstream(upstream, false);
    return;
  }
  if (upstream.stage == Upstream::Stage::Busy) {
    continue_request(upstream);
    if (upstream.stage == Upstream::Stage::Free) return;
    // The vendor is not late while it is us who do not read: the client's own deadline runs.
    const bool stands_still =
        upstream.exchange_slot != kNoSlot && exchanges_[upstream.exchange_slot]->answer_waits;
    if (upstream.waits_for_client || stands_still)
      upstream.deadline =
          std::max(upstream.deadline,
                   base::after_ms(clock_.now, upstream.version->image().limits().stream_idle_ms));
    read_upstream(upstream);  // a pool that was empty may have room again
    if (upstream.stage == Upstream::Stage::Free) return;
  }
  if (clock_.now < upstream.deadline) return;
  if (upstream.exchange_slot == kNoSlot) return drop_upstream(upstream, true);
  if (upstream.stage == Upstream::Stage::Connecting) return connect_failed(upstream, "timeout");
  Exchange& exchange = *exchanges_[upstream.exchange_slot];
  if (upstream.stage == Upstream::Stage::Handshake)
    return refuse(exchange, Reason::UpstreamConnect, "handshake_timeout");
  refuse(exchange, upstream.waits_for_pool ? Reason::BodyPoolFull : Reason::UpstreamTimeout);
}

Exchange* Gateway::take_exchange() noexcept {
  if (free_exchanges_.empty()) return nullptr;
  Exchange* exchange = exchanges_[free_exchanges_.back()].get();
  free_exchanges_.pop_back();
  return exchange;
}

// Room in the body pool for what this exchange holds, raised to `bytes`. False: full, unchanged.
bool Gateway::reserve_body(Exchange& exchange, uint64_t bytes) noexcept {
  if (bytes <= exchange.body_reserved_bytes) return true;
  const uint64_t more = bytes - exchange.body_reserved_bytes;
  const uint64_t pool = uint64_t{body_pool_.segment_count()} * body_pool_.segment_bytes();
  if (body_reserved_bytes_ + more > pool) return false;
  body_reserved_bytes_ += more;
  exchange.body_reserved_bytes = bytes;
  return true;
}

// Gives everything of an exchange back; its record has been written.
void Gateway::finish(Exchange& exchange) {
  if (exchange.phase == Phase::Commit) std::erase(commit_waiting_, exchange.slot);
  if (exchange.answer_waits) end_wait(exchange);
  exchange.phase = Phase::Free;
  if (exchange.upstream_slot != kNoSlot) {
    Upstream& upstream = *upstreams_[exchange.upstream_slot];
    upstream.exchange_slot = kNoSlot;
    drop_upstream(upstream, true);
  }
  exchange.upstream_slot = kNoSlot;
  Client& client = client_of(exchange);
  client.exchange_slot = kNoSlot;
  client.waits_for_pool = false;
  exchange.body.clear();
  exchange.request_out.clear();
  exchange.known.clear();
  exchange.people.clear();
  exchange.tokens.clear();
  exchange.earlier.clear();
  exchange.rewriter.edits().clear();
  exchange.version->end_use();
  exchange.version = nullptr;
  body_reserved_bytes_ -= exchange.body_reserved_bytes;
  exchange.body_reserved_bytes = 0;
  if (exchange.reservation.held()) recorder_.cancel(exchange.reservation);
  free_exchanges_.push_back(exchange.slot);
  if (client.stage != Client::Stage::Busy && client.stage != Client::Stage::Body) return;
  if (!client.keep_alive || client.stage == Client::Stage::Body) return begin_closing(client);
  client.stage = Client::Stage::Head;
  client.parser.reset();
  client.deadline = base::after_ms(clock_.now, current_->image().limits().client_idle_ms);
  stall(client);  // a next request may wait in the queue already
}

}  // namespace sallyport::flow
