// upstream_pool.cc: connections to vendors: opened, verified, reused, drained.
//
// A handshake costs hundreds of microseconds, so a connection that ended an exchange cleanly waits
// for the next one to the same vendor. It belongs to the policy version it was opened under: a new
// version drains it.
//
// A pooled connection may turn out closed when it is used. The request is then repeated once on a
// fresh one, and only when the vendor acknowledged no byte of it and answered none: what it may
// have seen is never sent twice.
#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/flow/gateway.h"

namespace sallyport::flow {

// The youngest idle connection first: it is the least likely to be closed by the vendor.
void Gateway::connect(Exchange& exchange) {
  exchange.phase = Phase::Connect;
  VendorRuntime& vendor = exchange.version->vendor(exchange.route.vendor_index);
  if (!vendor.idle_slots.empty()) {
    Upstream& idle = *upstreams_[vendor.idle_slots.back()];
    vendor.idle_slots.pop_back();
    ++counters_.upstream_reuses;
    idle.reused = true;
    idle.exchange_slot = exchange.slot;
    exchange.upstream_slot = idle.slot;
    return send_request(idle);
  }
  const Reason reason = open_connection(exchange);
  if (reason == Reason::None) return;
  refuse(exchange, reason, reason == Reason::UpstreamConnect ? "no_address" : "");
}

// Local addresses in turn: a pair of addresses has only so many ports (docs/limits.md). One whose
// ports are all taken is passed over; when all are, the request is refused.
tcp::ConnectionId Gateway::connect_from_any(const tcp::Endpoint& vendor) {
  const wire::IpAddress only(config_.upstream_source_address);
  std::span<const wire::IpAddress> sources(&only, 1);
  if (config_.sources != nullptr) sources = config_.sources->towards(vendor.address);
  const uint64_t full_before = stack_.counters()[tcp::Counter::ConnectRefusedFull];
  for (size_t i = 0; i < sources.size(); ++i) {
    const tcp::Endpoint local{sources[next_source_++ % sources.size()], 0};
    const tcp::ConnectionId id = stack_.connect(local, vendor, clock_.now);
    if (stack_.is_live(id)) return id;
    // Another address has no place in the connection table either.
    if (stack_.counters()[tcp::Counter::ConnectRefusedFull] != full_before) return {};
  }
  ++counters_.upstream_ports_exhausted;
  return {};
}

bool Gateway::leads_to(const wire::IpAddress& vendor) const noexcept {
  return config_.sources != nullptr ? !config_.sources->towards(vendor).empty() : vendor.is_v4();
}

// To the vendor's addresses in turn, of either family.
Reason Gateway::open_connection(Exchange& exchange) {
  VendorRuntime& vendor = exchange.version->vendor(exchange.route.vendor_index);
  const auto addresses = vendor.vendor.addresses;
  if (addresses.empty()) return Reason::UpstreamConnect;
  if (free_upstreams_.empty()) return Reason::UpstreamsFull;
  tcp::ConnectionId id;
  Reason why = Reason::UpstreamConnect;
  wire::IpAddress address;
  for (size_t i = 0; i < addresses.size() && !stack_.is_live(id); ++i) {
    address =
        wire::IpAddress::from_v6(addresses[vendor.next_address++ % addresses.size()].bytes.data());
    if (!leads_to(address)) continue;  // such as IPv6, of which no port has an address
    why = Reason::UpstreamsFull;
    id = connect_from_any(tcp::Endpoint{address, vendor.vendor.port});
  }
  if (!stack_.is_live(id)) return why;
  Upstream& upstream = *upstreams_[free_upstreams_.back()];
  free_upstreams_.pop_back();
  ++counters_.upstream_connects;
  ++exchange.connect_tries;
  upstream.leg.begin(leg_tools_, id);
  own(id, Side::Upstream, upstream.slot);
  upstream.stage = Upstream::Stage::Connecting;
  upstream.exchange_slot = exchange.slot;
  upstream.version = exchange.version;
  upstream.version->begin_use();
  upstream.vendor_index = exchange.route.vendor_index;
  upstream.address = address;
  upstream.connection = 0;
  upstream.reused = upstream.keep_alive = upstream.peer_closed = false;
  upstream.waits_for_client = false;
  upstream.deadline = base::after_ms(clock_.now, exchange.version->image().limits().connect_ms);
  exchange.upstream_slot = upstream.slot;
  return Reason::None;
}

void Gateway::connected(Upstream& upstream) {
  if (upstream.stage != Upstream::Stage::Connecting) return;
  VendorRuntime& vendor = upstream.version->vendor(upstream.vendor_index);
  if (!upstream.leg.tls().init_client(*vendor.tls, ciphertext_pool_))
    return refuse(*exchanges_[upstream.exchange_slot], Reason::BuffersFull);
  upstream.stage = Upstream::Stage::Handshake;
  read_upstream(upstream);  // the first call writes the ClientHello
}

// No TCP connection to this address. Nothing was sent, so another one may be tried.
void Gateway::connect_failed(Upstream& upstream, std::string_view detail) {
  Exchange& exchange = *exchanges_[upstream.exchange_slot];
  const size_t addresses =
      exchange.version->vendor(exchange.route.vendor_index).vendor.addresses.size();
  upstream.exchange_slot = kNoSlot;
  exchange.upstream_slot = kNoSlot;
  drop_upstream(upstream, true);
  const bool again = exchange.connect_tries < std::min<size_t>(addresses, kConnectTriesMax);
  if (!again || open_connection(exchange) != Reason::None)
    refuse(exchange, Reason::UpstreamConnect, detail);
}

void Gateway::send_request(Upstream& upstream) {
  Exchange& exchange = *exchanges_[upstream.exchange_slot];
  upstream.stage = Upstream::Stage::Busy;
  upstream.parser.reset();
  upstream.interim_count = 0;
  upstream.waits_for_client = upstream.waits_for_pool = upstream.acknowledged = false;
  upstream.room_before = stack_.send_room(upstream.leg.id());
  upstream.sent_before_bytes = upstream.leg.ciphertext_sent_bytes();
  upstream.deadline = base::after_ms(clock_.now, exchange.version->image().limits().first_byte_ms);
  exchange.phase = Phase::AwaitHead;
  exchange.upstream_spki = upstream.leg.tls().peer_spki();
  exchange.upstream_tls_version = upstream.leg.tls().version();
  exchange.upstream_connection = upstream.connection;
  exchange.sent_at = clock_.now;
  exchange.request_copied_bytes = 0;
  continue_request(upstream);
}

// TCP tells that something was acknowledged, not how much: the room that came back says whether it
// was a byte of this request. Bytes of the exchange before it that were still open count too, which
// errs towards not repeating.
void Gateway::note_acknowledged(Upstream& upstream) noexcept {
  if (upstream.acknowledged || !stack_.is_live(upstream.leg.id())) return;
  const uint64_t sent = upstream.leg.ciphertext_sent_bytes() - upstream.sent_before_bytes;
  upstream.acknowledged = stack_.send_room(upstream.leg.id()) + sent > upstream.room_before;
}

// On a fresh connection the request moves out at once. On a pooled one its beginning goes as a copy
// until the vendor has acknowledged something.
void Gateway::continue_request(Upstream& upstream) {
  if (upstream.stage == Upstream::Stage::Free || upstream.stage == Upstream::Stage::Connecting)
    return;
  if (upstream.stage == Upstream::Stage::Busy && upstream.exchange_slot != kNoSlot) {
    Exchange& exchange = *exchanges_[upstream.exchange_slot];
    mem::ByteChain& request = exchange.request_out;
    note_acknowledged(upstream);
    if (!upstream.reused || upstream.acknowledged) {
      request.consume(exchange.request_copied_bytes);
      exchange.request_copied_bytes = 0;
      upstream.leg.plain_out.append(std::move(request));
      request.clear();
    } else if (exchange.request_copied_bytes == 0) {
      const size_t count = std::min(request.size(), kRepeatableBytesMax);
      size_t left = count;
      for (const mem::Segment* s = request.first(); s != nullptr && left > 0; s = s->next) {
        const auto bytes = s->bytes().first(std::min<size_t>(s->size, left));
        if (!upstream.leg.plain_out.append_copy(bytes, plaintext_pool_))
          return refuse(exchange, Reason::BuffersFull);
        left -= bytes.size();
      }
      exchange.request_copied_bytes = count;
    }
  }
  if (upstream.leg.transmit()) return;
  if (upstream.exchange_slot == kNoSlot) return drop_upstream(upstream, true);
  refuse(*exchanges_[upstream.exchange_slot], Reason::UpstreamTls, "record");
}

bool Gateway::may_repeat(const Upstream& upstream, const Exchange& exchange) const noexcept {
  return upstream.reused && !upstream.acknowledged && upstream.parser.empty() &&
         upstream.leg.plain_in.empty() && upstream.interim_count == 0 && !exchange.repeated &&
         exchange.phase == Phase::AwaitHead;
}

void Gateway::repeat_on_fresh_connection(Upstream& upstream, Exchange& exchange) {
  ++counters_.upstream_repeats;
  exchange.repeated = true;
  exchange.request_copied_bytes = 0;
  exchange.phase = Phase::Connect;
  exchange.upstream_slot = kNoSlot;
  exchange.connect_tries = 0;
  upstream.exchange_slot = kNoSlot;
  drop_upstream(upstream, true);
  const Reason reason = open_connection(exchange);
  if (reason != Reason::None) refuse(exchange, reason);
}

void Gateway::drop_upstream(Upstream& upstream, bool abort) {
  if (upstream.stage == Upstream::Stage::Free) return;
  if (upstream.stage == Upstream::Stage::Idle)
    std::erase(upstream.version->vendor(upstream.vendor_index).idle_slots, upstream.slot);
  const tcp::ConnectionId id = upstream.leg.id();
  if (Owner* owner = owner_of(id)) owner->side = Side::None;
  if (abort) {
    stack_.abort(id);
  } else {
    upstream.leg.close_gracefully();
  }
  upstream.leg.reset();
  upstream.parser.reset();
  upstream.stage = Upstream::Stage::Free;
  upstream.exchange_slot = kNoSlot;
  upstream.version->end_use();
  upstream.version = nullptr;
  free_upstreams_.push_back(upstream.slot);
}

// The exchange ended cleanly: keep the connection for the next one, or close it.
void Gateway::park_upstream(Upstream& upstream) {
  upstream.exchange_slot = kNoSlot;
  VendorRuntime& vendor = upstream.version->vendor(upstream.vendor_index);
  const bool clean = upstream.keep_alive && !upstream.peer_closed &&
                     upstream.leg.plain_in.empty() && upstream.leg.all_sent() &&
                     upstream.leg.tls().state() == tls::State::Open;
  if (!clean || vendor.idle_slots.size() >= kIdlePerVendorMax || !set_->holds(upstream.version))
    return drop_upstream(upstream, false);
  upstream.parser.reset();
  upstream.stage = Upstream::Stage::Idle;
  upstream.waits_for_client = false;
  upstream.deadline =
      base::after_ms(clock_.now, upstream.version->image().limits().upstream_idle_ms);
  vendor.idle_slots.push_back(upstream.slot);
}

void Gateway::drain_idle(PolicyVersion& version) {
  for (uint16_t i = 0; i < version.vendor_count(); ++i) {
    auto& idle = version.vendor(i).idle_slots;
    while (!idle.empty()) drop_upstream(*upstreams_[idle.back()], false);
  }
}

}  // namespace sallyport::flow
