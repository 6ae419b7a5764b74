#include "dataplane/flow/gateway.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/flow/limits.h"

namespace sallyport::flow {
namespace {

// Segment sizes: a TLS record is up to 16 KiB, most are small; bodies are larger.
constexpr uint32_t kWireSegmentBytes = 4'096;
constexpr uint32_t kBodySegmentBytes = 8'192;
constexpr uint32_t kEventsPerTurnMax = 1'024;
constexpr int kStepsPerReadMax = 64;
constexpr uint32_t kEditsPerBodyMax = 16'384;
constexpr uint32_t kReplacementBytesMax = 4U << 20;
constexpr uint64_t kHandshakeMs = 10'000;
constexpr uint64_t kHeadMs = 10'000;
constexpr uint64_t kKeepAliveMs = 75'000;
constexpr uint64_t kClosingMs = 10'000;

}  // namespace

Gateway::Gateway(const GatewayConfig& config, tcp::Stack& stack, evidence::Recorder& recorder)
    : config_(config),
      stack_(stack),
      recorder_(recorder),
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
  for (uint32_t i = 0; i < kClientsPerWorkerMax; ++i) {
    clients_.push_back(std::make_unique<Client>());
    clients_.back()->slot = i;
    free_clients_.push_back(i);
  }
  for (uint32_t i = 0; i < kUpstreamsPerWorkerMax; ++i) {
    upstreams_.push_back(std::make_unique<Upstream>());
    upstreams_.back()->slot = i;
    free_upstreams_.push_back(i);
  }
  for (uint32_t i = 0; i < kExchangesPerWorkerMax; ++i) {
    exchanges_.push_back(std::make_unique<Exchange>(stream_tools_, body_pool_));
    free_exchanges_.push_back(i);
  }
  for (const tcp::Endpoint& endpoint : config_.listen)
    SP_CHECK_WHY(stack_.listen(endpoint), "the gateway's listen address cannot be used twice");
}

Gateway::~Gateway() {
  for (auto& client : clients_)
    if (client->stage != Client::Stage::Free) client->leg.reset();
  for (auto& upstream : upstreams_)
    if (upstream->stage != Upstream::Stage::Free) upstream->leg.reset();
  for (auto& exchange : exchanges_) {
    exchange->body.clear();
    exchange->request_out.clear();
    exchange->tokens.clear();
  }
}

void Gateway::set_deadline(base::Instant at) noexcept {
  next_deadline_ = std::min(next_deadline_, at);
}

void Gateway::turn(const base::Clock& clock) {
  clock_ = clock;
  next_deadline_ = base::after_ms(clock.now, kTimerSweepMs);
  recorder_.turn(clock);
  tcp::Event event;
  for (uint32_t i = 0; i < kEventsPerTurnMax && stack_.next_event(event); ++i) on_event(event);
  if (any_stalled_) run_stalled();
  if (commit_waiting_ > 0) wait_for_commit();
  if (clock.now >= next_sweep_) {
    sweep();
    next_sweep_ = base::after_ms(clock.now, kTimerSweepMs);
  }
  // A record that waits for its commit is the one thing that no packet announces.
  if (any_stalled_ || commit_waiting_ > 0)
    next_deadline_ = std::min(next_deadline_, base::after_ms(clock.now, 1));
}

void Gateway::adopt(PolicyVersion* version) noexcept {
  current_ = version;
  drain_idle(version);
  newest_adopted_.store(version->sequence(), std::memory_order_release);
  update_versions();
}

void Gateway::update_versions() noexcept {
  uint64_t oldest = current_ != nullptr ? current_->sequence() : 0;
  for (const auto& exchange : exchanges_)
    if (exchange->phase != Phase::Free && exchange->version != nullptr)
      oldest = std::min(oldest, exchange->version->sequence());
  for (const auto& upstream : upstreams_)
    if (upstream->stage != Upstream::Stage::Free && upstream->version != nullptr)
      oldest = std::min(oldest, upstream->version->sequence());
  oldest_in_use_.store(oldest, std::memory_order_release);
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
  const Owner who = *owner;
  const bool is_client = who.side == Side::Client;
  switch (event.kind) {
    case tcp::EventKind::Accepted:
      break;
    case tcp::EventKind::Connected:
      if (!is_client) connected(*upstreams_[who.slot]);
      break;
    case tcp::EventKind::Readable:
      if (is_client) {
        read_client(*clients_[who.slot]);
      } else {
        read_upstream(*upstreams_[who.slot]);
      }
      break;
    case tcp::EventKind::Writable:
      if (is_client) {
        write_client(*clients_[who.slot]);
      } else {
        upstreams_[who.slot]->leg.transmit();
      }
      break;
    case tcp::EventKind::PeerClosed:
      if (is_client) {
        clients_[who.slot]->peer_closed = true;
        read_client(*clients_[who.slot]);
      } else {
        upstreams_[who.slot]->peer_closed = true;
        read_upstream(*upstreams_[who.slot]);
      }
      break;
    case tcp::EventKind::Reset:
    case tcp::EventKind::TimedOut:
    case tcp::EventKind::Closed:
      on_gone(who, event.kind);
      break;
  }
}

void Gateway::accept(tcp::ConnectionId id) {
  if (free_clients_.empty() || server_context_ == nullptr) {
    ++counters_.clients_refused;
    stack_.abort(id);
    return;
  }
  Client& client = *clients_[free_clients_.back()];
  client.leg.begin(leg_tools_, id);
  if (!client.leg.tls().init_server(*server_context_, ciphertext_pool_)) {
    ++counters_.clients_refused;
    client.leg.reset();
    stack_.abort(id);
    return;
  }
  free_clients_.pop_back();
  ++counters_.clients_accepted;
  own(id, Side::Client, client.slot);
  client.stage = Client::Stage::Handshake;
  client.parser.reset();
  client.exchange_slot = kNoSlot;
  client.source_address = stack_.remote(id).address;
  client.keep_alive = true;
  client.peer_closed = client.stalled = false;
  client.deadline = base::after_ms(clock_.now, kHandshakeMs);
  read_client(client);
}

void Gateway::on_gone(const Owner& owner, tcp::EventKind) {
  if (owner.side == Side::Client) {
    drop_client(*clients_[owner.slot], false);
    return;
  }
  Upstream& upstream = *upstreams_[owner.slot];
  if (upstream.stage == Upstream::Stage::Idle) return drop_upstream(upstream, false);
  upstream.peer_closed = true;
  upstream_ended(upstream);
}

void Gateway::read_client(Client& client) {
  client.stalled = false;
  for (int step = 0; step < kStepsPerReadMax; ++step) {
    if (client.stage == Client::Stage::Free) return;
    if (client.stage == Client::Stage::Closing) {
      client.leg.plain_in.clear();
      break;
    }
    if (client.stage == Client::Stage::Busy) break;
    const bool had_bytes =
        !stack_.receive_queue(client.leg.id()).empty() || client.leg.tls().has_pending();
    const tls::State state = client.leg.receive(clock_.now);
    if (state == tls::State::Failed) {
      ++counters_.client_tls_failures;
      return close_client(client);
    }
    const bool moved = step_client(client);
    if (client.stage == Client::Stage::Free) return;
    if (!moved && !had_bytes) break;
    if (step + 1 == kStepsPerReadMax) client.stalled = any_stalled_ = true;
  }
  if (client.stage == Client::Stage::Free) return;
  if (client.peer_closed || client.leg.tls().state() == tls::State::PeerClosed) {
    const bool drained = stack_.receive_queue(client.leg.id()).empty();
    // A caller that closes while we work for it has gone away: the vendor leg is cancelled.
    if (client.stage == Client::Stage::Busy || drained) return drop_client(client, false);
  }
  write_client(client);
}

bool Gateway::step_client(Client& client) {
  switch (client.stage) {
    case Client::Stage::Handshake:
      if (client.leg.tls().state() != tls::State::Open) return false;
      client.stage = Client::Stage::Head;
      client.deadline = base::after_ms(clock_.now, kHeadMs);
      return true;
    case Client::Stage::Head:
      return read_head(client);
    case Client::Stage::Body:
      return read_body(client);
    default:
      return false;
  }
}

void Gateway::write_client(Client& client) {
  if (client.stage == Client::Stage::Free) return;
  if (!client.leg.transmit()) return drop_client(client, true);
  if (client.exchange_slot != kNoSlot) {
    Exchange& exchange = *exchanges_[client.exchange_slot];
    if (exchange.upstream_slot != kNoSlot && upstreams_[exchange.upstream_slot]->stalled &&
        client_takes_more(exchange)) {
      read_upstream(*upstreams_[exchange.upstream_slot]);
      return;
    }
  }
  if (client.stage == Client::Stage::Closing && client.leg.all_sent()) close_client(client);
}

// Says good-bye properly and forgets the connection; TCP ends by itself.
void Gateway::close_client(Client& client) {
  client.leg.close_gracefully();
  drop_client(client, false);
}

void Gateway::drop_client(Client& client, bool abort) {
  if (client.stage == Client::Stage::Free) return;
  client.stage = Client::Stage::Closing;
  if (client.exchange_slot != kNoSlot) {
    Exchange& exchange = *exchanges_[client.exchange_slot];
    record_end(exchange, Reason::ClientGone, 0, exchange.answer_head_sent);
    finish(exchange);
  }
  const tcp::ConnectionId id = client.leg.id();
  if (abort) {
    stack_.abort(id);
  } else {
    stack_.release(id);
  }
  if (Owner* owner = owner_of(id)) owner->side = Side::None;
  client.leg.reset();
  client.parser.reset();
  client.stage = Client::Stage::Free;
  free_clients_.push_back(client.slot);
}

void Gateway::run_stalled() {
  any_stalled_ = false;
  for (auto& client : clients_)
    if (client->stage != Client::Stage::Free && client->stalled) read_client(*client);
  for (auto& upstream : upstreams_) {
    if (upstream->stage == Upstream::Stage::Free || !upstream->stalled) continue;
    if (upstream->exchange_slot == kNoSlot ||
        client_takes_more(*exchanges_[upstream->exchange_slot]))
      read_upstream(*upstream);
  }
}

void Gateway::sweep() {
  for (auto& client : clients_)
    if (client->stage != Client::Stage::Free) sweep_client(*client);
  for (auto& upstream : upstreams_)
    if (upstream->stage != Upstream::Stage::Free) sweep_upstream(*upstream);
  update_versions();
}

void Gateway::sweep_client(Client& client) {
  if (client.stage != Client::Stage::Busy) write_client(client);
  if (client.stage == Client::Stage::Free || client.stage == Client::Stage::Busy) return;
  if (client.stage == Client::Stage::Head && client.leg.plain_in.size() > 0) read_client(client);
  if (client.stage == Client::Stage::Free || clock_.now < client.deadline) return;
  switch (client.stage) {
    case Client::Stage::Handshake:
      return drop_client(client, true);
    case Client::Stage::Head:
      if (client.parser.empty()) return close_client(client);
      return refuse_anonymous(client, Reason::HeaderTimeout, ErrorShape::OpenAi);
    case Client::Stage::Body:
      return refuse(*exchanges_[client.exchange_slot], Reason::BodyTimeout);
    default:
      return drop_client(client, true);
  }
}

void Gateway::sweep_upstream(Upstream& upstream) {
  if (upstream.stage == Upstream::Stage::Idle) {
    if (clock_.now >= upstream.deadline) drop_upstream(upstream, false);
    return;
  }
  upstream.leg.transmit();
  if (upstream.stalled && upstream.exchange_slot != kNoSlot &&
      client_takes_more(*exchanges_[upstream.exchange_slot]))
    read_upstream(upstream);
  if (upstream.stage == Upstream::Stage::Free || clock_.now < upstream.deadline) return;
  if (upstream.exchange_slot == kNoSlot) return drop_upstream(upstream, true);
  Exchange& exchange = *exchanges_[upstream.exchange_slot];
  const bool connecting =
      upstream.stage == Upstream::Stage::Connecting || upstream.stage == Upstream::Stage::Handshake;
  refuse(exchange, connecting ? Reason::UpstreamConnect : Reason::UpstreamTimeout,
         connecting ? "timeout" : "");
}

Exchange* Gateway::take_exchange() {
  if (free_exchanges_.empty()) return nullptr;
  Exchange* exchange = exchanges_[free_exchanges_.back()].get();
  free_exchanges_.pop_back();
  return exchange;
}

// Gives everything of an exchange back; its record has been written.
void Gateway::finish(Exchange& exchange) {
  if (exchange.phase == Phase::Commit) --commit_waiting_;
  exchange.phase = Phase::Free;
  if (exchange.upstream_slot != kNoSlot) {
    Upstream& upstream = *upstreams_[exchange.upstream_slot];
    upstream.exchange_slot = kNoSlot;
    drop_upstream(upstream, true);
  }
  exchange.upstream_slot = kNoSlot;
  Client& client = client_of(exchange);
  const uint32_t slot = client.exchange_slot;
  client.exchange_slot = kNoSlot;
  exchange.body.clear();
  exchange.request_out.clear();
  exchange.tokens.clear();
  exchange.json.edits().clear();
  exchange.splitter.begin();
  exchange.version = nullptr;
  if (exchange.reservation.held()) recorder_.cancel(exchange.reservation);
  free_exchanges_.push_back(slot);
  if (client.stage == Client::Stage::Busy || client.stage == Client::Stage::Body) {
    const bool body_read = client.stage == Client::Stage::Busy;
    if (client.keep_alive && body_read) {
      client.stage = Client::Stage::Head;
      client.parser.reset();
      client.deadline = base::after_ms(clock_.now, kKeepAliveMs);
      client.stalled = any_stalled_ = true;  // a next request may wait in the queue already
    } else {
      client.stage = Client::Stage::Closing;
      client.deadline = base::after_ms(clock_.now, kClosingMs);
    }
  }
}

}  // namespace sallyport::flow
