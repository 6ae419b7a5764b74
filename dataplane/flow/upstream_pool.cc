// upstream_pool.cc: connections to vendors: opened, verified, reused, drained.
//
// A handshake costs hundreds of microseconds, so a connection that ended an exchange cleanly waits
// for the next one to the same vendor. It belongs to the policy version it was opened under: a new
// version drains it.
#include <algorithm>

#include "dataplane/flow/gateway.h"
#include "dataplane/flow/limits.h"

namespace sallyport::flow {

Reason Gateway::reason_of_failure(tls::Failure failure) noexcept {
  switch (failure) {
    case tls::Failure::PinMismatch:
      return Reason::UpstreamPinMismatch;
    case tls::Failure::UnknownCa:
    case tls::Failure::SelfSigned:
    case tls::Failure::Expired:
    case tls::Failure::NameMismatch:
    case tls::Failure::BadCertificate:
      return Reason::UpstreamCertificate;
    default:
      return Reason::UpstreamTls;
  }
}

Gateway::Upstream* Gateway::take_upstream() noexcept {
  if (free_upstreams_.empty()) return nullptr;
  Upstream* upstream = upstreams_[free_upstreams_.back()].get();
  free_upstreams_.pop_back();
  return upstream;
}

void Gateway::connect(Exchange& exchange) {
  exchange.phase = Phase::Connect;
  for (auto& slot : upstreams_) {
    Upstream& idle = *slot;
    if (idle.stage != Upstream::Stage::Idle || idle.version != exchange.version ||
        idle.vendor_index != exchange.route.vendor_index || idle.peer_closed)
      continue;
    ++counters_.upstream_reuses;
    idle.reused = true;
    idle.stage = Upstream::Stage::Busy;
    idle.exchange_slot = client_of(exchange).exchange_slot;
    exchange.upstream_slot = idle.slot;
    return send_request(idle);
  }
  if (!open_connection(exchange)) refuse(exchange, Reason::UpstreamsFull);
}

bool Gateway::open_connection(Exchange& exchange) {
  VendorRuntime& vendor = exchange.version->vendor(exchange.route.vendor_index);
  if (vendor.vendor.addresses.empty()) return false;
  Upstream* upstream = take_upstream();
  if (upstream == nullptr) return false;
  const uint32_t address =
      vendor.vendor.addresses[vendor.next_address++ % vendor.vendor.addresses.size()];
  const tcp::ConnectionId id =
      stack_.connect(tcp::Endpoint{config_.upstream_source_address, 0},
                     tcp::Endpoint{address, vendor.vendor.port}, clock_.now);
  if (!stack_.is_live(id)) {
    free_upstreams_.push_back(upstream->slot);
    return false;
  }
  ++counters_.upstream_connects;
  upstream->leg.begin(leg_tools_, id);
  own(id, Side::Upstream, upstream->slot);
  upstream->stage = Upstream::Stage::Connecting;
  upstream->exchange_slot = client_of(exchange).exchange_slot;
  upstream->version = exchange.version;
  upstream->vendor_index = exchange.route.vendor_index;
  upstream->reused = upstream->keep_alive = upstream->peer_closed = upstream->stalled = false;
  upstream->deadline =
      base::after_ms(clock_.now, exchange.version->image().limits().connect_timeout_ms);
  exchange.upstream_slot = upstream->slot;
  return true;
}

void Gateway::connected(Upstream& upstream) {
  if (upstream.stage != Upstream::Stage::Connecting || upstream.exchange_slot == kNoSlot) return;
  VendorRuntime& vendor = upstream.version->vendor(upstream.vendor_index);
  if (!upstream.leg.tls().init_client(*vendor.tls, ciphertext_pool_))
    return refuse(*exchanges_[upstream.exchange_slot], Reason::BuffersFull);
  upstream.stage = Upstream::Stage::Handshake;
  read_upstream(upstream);  // the first call writes the ClientHello
}

void Gateway::send_request(Upstream& upstream) {
  Exchange& exchange = *exchanges_[upstream.exchange_slot];
  upstream.stage = Upstream::Stage::Busy;
  upstream.parser.reset();
  upstream.interim_count = 0;
  upstream.stalled = false;
  upstream.deadline =
      base::after_ms(clock_.now, exchange.version->image().limits().first_byte_timeout_ms);
  exchange.phase = Phase::AwaitHead;
  exchange.upstream_spki = upstream.leg.tls().peer_spki();
  exchange.upstream_tls_version = upstream.leg.tls().version();
  exchange.sent_at = clock_.now;
  upstream.leg.plain_out.append(std::move(exchange.request_out));
  if (!upstream.leg.transmit()) refuse(exchange, Reason::UpstreamTls);
}

void Gateway::drop_upstream(Upstream& upstream, bool abort) {
  if (upstream.stage == Upstream::Stage::Free) return;
  const tcp::ConnectionId id = upstream.leg.id();
  if (abort) {
    stack_.abort(id);
  } else {
    upstream.leg.close_gracefully();
  }
  if (Owner* owner = owner_of(id)) owner->side = Side::None;
  upstream.leg.reset();
  upstream.parser.reset();
  upstream.stage = Upstream::Stage::Free;
  upstream.exchange_slot = kNoSlot;
  upstream.version = nullptr;
  upstream.stalled = false;
  free_upstreams_.push_back(upstream.slot);
}

// The exchange ended cleanly: keep the connection for the next one, or close it.
void Gateway::park_upstream(Upstream& upstream) {
  upstream.exchange_slot = kNoSlot;
  size_t idle = 0;
  for (const auto& other : upstreams_)
    if (other->stage == Upstream::Stage::Idle && other->vendor_index == upstream.vendor_index)
      ++idle;
  const bool clean = upstream.keep_alive && !upstream.peer_closed &&
                     upstream.leg.plain_in.empty() && upstream.leg.all_sent() &&
                     upstream.leg.tls().state() == tls::State::Open;
  if (!clean || idle >= kIdlePerVendorMax || upstream.version != current_)
    return drop_upstream(upstream, false);
  upstream.parser.reset();
  upstream.stage = Upstream::Stage::Idle;
  upstream.stalled = false;
  upstream.deadline =
      base::after_ms(clock_.now, upstream.version->image().limits().upstream_idle_ms);
}

void Gateway::drain_idle(const PolicyVersion* keep) {
  for (auto& upstream : upstreams_)
    if (upstream->stage == Upstream::Stage::Idle && upstream->version != keep)
      drop_upstream(*upstream, false);
}

}  // namespace sallyport::flow
