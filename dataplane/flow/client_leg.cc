// client_leg.cc: connections of clients: accepted, read, written, and closed so that our last words
// arrive.
#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/flow/gateway.h"

namespace sallyport::flow {

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
  client.peer_closed = client.waits_for_pool = false;
  client.deadline = base::after_ms(clock_.now, kHandshakeMsMax);
  client.write_progress = clock_.now;
  read_client(client);
}

void Gateway::on_client_event(Client& client, tcp::EventKind kind) {
  switch (kind) {
    case tcp::EventKind::Accepted:
    case tcp::EventKind::Connected:
      return;
    case tcp::EventKind::Readable:
      return read_client(client);
    case tcp::EventKind::Writable:
      client.write_progress = clock_.now;
      if (client.stage == Client::Stage::Closing)
        client.deadline = base::after_ms(clock_.now, kClosingMsMax);
      return write_client(client);
    case tcp::EventKind::PeerClosed:
      client.peer_closed = true;
      return read_client(client);
    case tcp::EventKind::Reset:
    case tcp::EventKind::TimedOut:
    case tcp::EventKind::Closed:
      return drop_client(client, false);
  }
}

void Gateway::read_client(Client& client) {
  for (int step = 0;; ++step) {
    if (client.stage == Client::Stage::Free || client.stage == Client::Stage::Busy) break;
    if (client.stage == Client::Stage::Closing) {
      client.leg.discard_input(clock_.now);
      break;
    }
    if (step == kStepsPerReadMax) {
      stall(client);
      break;
    }
    const bool had_input = client.leg.has_input();
    if (client.leg.receive(clock_.now) == tls::State::Failed) {
      ++counters_.client_tls_failures;
      begin_closing(client);
      break;
    }
    const bool moved = step_client(client);
    if (client.waits_for_pool || (!moved && !had_input)) break;
    // Nothing was taken and nothing more fits: a pool is empty, the sweep tries again.
    if (!moved && client.leg.plain_in.size() >= kPlaintextStepBytesMax) break;
  }
  if (client.stage == Client::Stage::Free) return;
  if (client.peer_closed || client.leg.tls().state() == tls::State::PeerClosed) {
    // A caller that closes while we work for it has gone away: the vendor leg is cancelled. Before
    // that, what it sent is read to its end.
    if (client.stage == Client::Stage::Busy) return drop_client(client, false);
    const bool drained = stack_.receive_queue(client.leg.id()).empty() ||
                         client.leg.tls().state() == tls::State::PeerClosed;
    if (drained && client.stage != Client::Stage::Closing && !client.stalled &&
        !client.waits_for_pool)
      begin_closing(client);
    if (client.stage == Client::Stage::Free) return;
  }
  write_client(client);
}

bool Gateway::step_client(Client& client) {
  switch (client.stage) {
    case Client::Stage::Handshake:
      if (client.leg.tls().state() != tls::State::Open) return false;
      client.stage = Client::Stage::Head;
      client.deadline = base::after_ms(clock_.now, kHeadMsMax);
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
  if (client.stage == Client::Stage::Closing) {
    if (client.leg.finish_sending() && stack_.all_acknowledged(client.leg.id()))
      drop_client(client, false);
    return;
  }
  if (!client.leg.transmit()) return drop_client(client, true);
  if (client.exchange_slot == kNoSlot) return;
  Exchange& exchange = *exchanges_[client.exchange_slot];
  if (exchange.upstream_slot == kNoSlot) return;
  Upstream& upstream = *upstreams_[exchange.upstream_slot];
  if (upstream.waits_for_client && client_takes_more(exchange)) stall(upstream);
}

// What is queued is still said, then close_notify, then FIN. Input is thrown away meanwhile, and by
// TCP for a while afterwards: a reset would take our answer out of the client's hands (RFC 9112
// 9.6).
void Gateway::begin_closing(Client& client) {
  if (client.exchange_slot != kNoSlot) {
    Exchange& exchange = *exchanges_[client.exchange_slot];
    record_end(exchange, Reason::ClientGone, 0, exchange.answer_head_sent);
    ++counters_.refusals[static_cast<size_t>(Reason::ClientGone)];
    client.stage = Client::Stage::Closing;
    finish(exchange);
  }
  client.stage = Client::Stage::Closing;
  client.keep_alive = false;
  client.deadline = base::after_ms(clock_.now, kClosingMsMax);
  client.leg.discard_input(clock_.now);
  write_client(client);
}

void Gateway::drop_client(Client& client, bool abort) {
  if (client.stage == Client::Stage::Free) return;
  client.stage = Client::Stage::Closing;
  if (client.exchange_slot != kNoSlot) {
    Exchange& exchange = *exchanges_[client.exchange_slot];
    record_end(exchange, Reason::ClientGone, 0, exchange.answer_head_sent);
    ++counters_.refusals[static_cast<size_t>(Reason::ClientGone)];
    finish(exchange);
  }
  const tcp::ConnectionId id = client.leg.id();
  if (Owner* owner = owner_of(id)) owner->side = Side::None;
  if (abort) {
    stack_.abort(id);
  } else {
    stack_.release(id);
  }
  client.leg.reset();
  client.parser.reset();
  client.stage = Client::Stage::Free;
  free_clients_.push_back(client.slot);
}

void Gateway::sweep_client(Client& client) {
  if (client.stage == Client::Stage::Head || client.stage == Client::Stage::Body) {
    client.waits_for_pool = false;
    read_client(client);
  } else {
    write_client(client);
  }
  if (client.stage == Client::Stage::Free) return;
  if (client.leg.all_sent() && stack_.all_acknowledged(client.leg.id()))
    client.write_progress = clock_.now;
  switch (client.stage) {
    case Client::Stage::Handshake:
    case Client::Stage::Closing:
      if (clock_.now >= client.deadline) drop_client(client, true);
      return;
    case Client::Stage::Head:
      if (clock_.now < client.deadline) return;
      if (client.parser.empty()) return begin_closing(client);
      return refuse_anonymous(client, Reason::HeaderTimeout, ErrorShape::OpenAi);
    case Client::Stage::Body:
      if (clock_.now < client.deadline) return;
      return refuse(*exchanges_[client.exchange_slot],
                    client.waits_for_pool ? Reason::BodyPoolFull : Reason::BodyTimeout);
    case Client::Stage::Busy: {
      // It asked and does not take the answer: its place is somebody else's.
      const auto limit = exchanges_[client.exchange_slot]->version->image().limits().stream_idle_ms;
      if (base::ms_between(client.write_progress, clock_.now) >= limit) drop_client(client, true);
      return;
    }
    case Client::Stage::Free:
      return;
  }
}

}  // namespace sallyport::flow
