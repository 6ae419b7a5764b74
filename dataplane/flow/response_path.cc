// response_path.cc: the vendor's answer: head, then JSON as a whole or events one by one, to the
// client.
#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/flow/gateway.h"
#include "dataplane/flow/limits.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::flow {
namespace {

using http::equals_ignoring_case;
constexpr int kStepsPerReadMax = 64;

}  // namespace

bool Gateway::client_takes_more(const Exchange& exchange) const noexcept {
  return clients_[exchange.client_slot]->leg.plain_out.size() < kClientQueueBytesMax;
}

void Gateway::read_upstream(Upstream& upstream) {
  upstream.stalled = false;
  for (int step = 0; step < kStepsPerReadMax; ++step) {
    if (upstream.stage == Upstream::Stage::Free || upstream.stage == Upstream::Stage::Connecting)
      return;
    if (upstream.exchange_slot != kNoSlot &&
        !client_takes_more(*exchanges_[upstream.exchange_slot])) {
      upstream.stalled = true;  // the client's Writable event or the sweep goes on
      return;
    }
    const bool had_bytes =
        !stack_.receive_queue(upstream.leg.id()).empty() || upstream.leg.tls().has_pending();
    const tls::State state = upstream.leg.receive(clock_.now);
    if (state == tls::State::Failed) {
      ++counters_.upstream_tls_failures;
      const tls::Failure failure = upstream.leg.tls().failure();
      if (upstream.exchange_slot == kNoSlot) return drop_upstream(upstream, false);
      Exchange& exchange = *exchanges_[upstream.exchange_slot];
      exchange.upstream_spki = upstream.leg.tls().peer_spki();
      return refuse(exchange, reason_of_failure(failure), tls::failure_name(failure));
    }
    const bool moved = step_upstream(upstream);
    if (upstream.stage == Upstream::Stage::Free) return;
    if (!moved && !had_bytes) break;
    if (step + 1 == kStepsPerReadMax) upstream.stalled = any_stalled_ = true;
  }
  const bool closed = upstream.peer_closed || upstream.leg.tls().state() == tls::State::PeerClosed;
  if (closed && stack_.receive_queue(upstream.leg.id()).empty()) return upstream_ended(upstream);
  if (!upstream.leg.transmit() && upstream.exchange_slot != kNoSlot)
    refuse(*exchanges_[upstream.exchange_slot], Reason::UpstreamTls);
}

bool Gateway::step_upstream(Upstream& upstream) {
  if (upstream.stage == Upstream::Stage::Handshake) {
    if (upstream.leg.tls().state() != tls::State::Open) return false;
    send_request(upstream);
    return true;
  }
  if (upstream.stage == Upstream::Stage::Idle) {
    // Nobody asked: bytes on an idle connection make it unusable.
    if (!upstream.leg.plain_in.empty()) drop_upstream(upstream, true);
    return false;
  }
  if (upstream.exchange_slot == kNoSlot || upstream.leg.plain_in.empty()) return false;
  Exchange& exchange = *exchanges_[upstream.exchange_slot];
  if (exchange.phase == Phase::AwaitHead) return read_answer_head(upstream, exchange);
  return read_answer_body(upstream, exchange);
}

bool Gateway::read_answer_head(Upstream& upstream, Exchange& exchange) {
  switch (upstream.parser.feed(upstream.leg.plain_in, false)) {
    case http::ResponseHeadParser::Result::NeedMore:
      return true;
    case http::ResponseHeadParser::Result::Failed:
      refuse(exchange, Reason::UpstreamMalformed, http::head_error_name(upstream.parser.error()));
      return false;
    case http::ResponseHeadParser::Result::Complete:
      break;
  }
  const uint16_t status = upstream.parser.head().status;
  if (status < 200) {
    if (status == 101 || ++upstream.interim_count > http::kInterimResponsesMax) {
      refuse(exchange, Reason::UpstreamMalformed, "interim");
      return false;
    }
    upstream.parser.reset();
    return true;
  }
  exchange.first_byte_at = clock_.now;
  exchange.vendor_status = status;
  return start_answer(upstream, exchange);
}

bool Gateway::start_answer(Upstream& upstream, Exchange& exchange) {
  const http::ResponseHead& head = upstream.parser.head();
  const policy::Limits& limits = exchange.version->image().limits();
  const auto refused = [&](Reason reason) {
    refuse(exchange, reason);
    return false;
  };
  if (head.content_encoded) return refused(Reason::UpstreamEncoded);
  upstream.keep_alive = head.keep_alive;
  upstream.decoder.begin(head.framing, head.content_length);
  upstream.deadline = base::after_ms(clock_.now, limits.answer_idle_ms);
  if (head.framing == http::Framing::None) {
    if (!write_answer_head(exchange, head, false, 0)) return refused(Reason::BuffersFull);
    answer_complete(upstream, exchange);
    return true;
  }
  if (equals_ignoring_case(head.content_type, "text/event-stream")) {
    if (!exchange.route.kind.stream.valid()) return refused(Reason::UpstreamContentType);
    exchange.stream.begin(exchange.response_scope, exchange.route.kind);
    exchange.splitter.begin();
    exchange.phase = Phase::AnswerStream;
    if (!write_answer_head(exchange, head, true, 0)) return refused(Reason::BuffersFull);
    return true;
  }
  if (!equals_ignoring_case(head.content_type, "application/json"))
    return refused(Reason::UpstreamContentType);
  if (head.framing == http::Framing::ContentLength &&
      head.content_length > limits.max_response_bytes)
    return refused(Reason::UpstreamTooLarge);
  exchange.json.begin(exchange.response_scope, exchange.route.kind.response);
  exchange.phase = Phase::AnswerJson;
  return true;
}

bool Gateway::read_answer_body(Upstream& upstream, Exchange& exchange) {
  upstream.deadline = base::after_ms(clock_.now, exchange.version->image().limits().answer_idle_ms);
  mem::ByteChain part;
  const auto result = upstream.decoder.feed(upstream.leg.plain_in, part, plaintext_pool_);
  exchange.answer_bytes += part.size();
  const bool stream = exchange.phase == Phase::AnswerStream;
  for (const mem::Segment* s = part.first(); s != nullptr; s = s->next) {
    if (stream) {
      if (!relay_events(exchange, s->bytes())) return false;
      continue;
    }
    if (exchange.answer_bytes > exchange.version->image().limits().max_response_bytes) {
      refuse(exchange, Reason::UpstreamTooLarge);
      return false;
    }
    if (!exchange.body.append_copy(s->bytes(), body_pool_)) {
      refuse(exchange, Reason::BodyPoolFull);
      return false;
    }
    if (!exchange.json.feed(s->bytes())) {
      const Reason reason = reason_of(exchange.response_scope.refusal);
      refuse(exchange, reason == Reason::None ? Reason::UpstreamMalformed : reason);
      return false;
    }
  }
  switch (result) {
    case http::BodyDecoder::Result::NeedMore:
      return !part.empty();
    case http::BodyDecoder::Result::NoMemory:
      return false;
    case http::BodyDecoder::Result::Failed:
      refuse(exchange, Reason::UpstreamMalformed, http::body_error_name(upstream.decoder.error()));
      return false;
    case http::BodyDecoder::Result::Complete:
      break;
  }
  if (!(stream ? finish_stream(exchange) : finish_json(exchange))) return false;
  answer_complete(upstream, exchange);
  return true;
}

bool Gateway::relay_events(Exchange& exchange, std::span<const uint8_t> bytes) {
  exchange.splitter.feed(bytes);
  http::SseEvent event;
  for (;;) {
    switch (exchange.splitter.next(event)) {
      case http::SseSplitter::Result::NeedMore: {
        Client& client = client_of(exchange);
        if (!client.leg.transmit()) {
          drop_client(client, true);
          return false;
        }
        return true;
      }
      case http::SseSplitter::Result::Failed:
        refuse(exchange, Reason::UpstreamMalformed, "event_too_large");
        return false;
      case http::SseSplitter::Result::Event:
        if (!write_event(exchange, event)) return false;
        break;
    }
  }
}

bool Gateway::write_event(Exchange& exchange, const http::SseEvent& event) {
  mem::ByteChain& out = client_of(exchange).leg.plain_out;
  const size_t before = out.size();
  bool ok = true;
  if (!event.has_data) {
    ok = http::write_chunk(event.raw, out, plaintext_pool_);
  } else {
    ++exchange.stream_events;
    const auto result = exchange.stream.event(event.data);
    if (result == rewrite::StreamRewriter::Result::Refused) {
      refuse(exchange, reason_of(exchange.response_scope.refusal));
      return false;
    }
    ok = http::write_chunk(exchange.stream.before(), out, plaintext_pool_);
    if (result == rewrite::StreamRewriter::Result::Unchanged) {
      ok = ok && http::write_chunk(event.raw, out, plaintext_pool_);
    } else {
      ok = ok && write_rewritten(exchange, event);
    }
  }
  exchange.answer_out_bytes += out.size() - before;
  if (!ok) refuse(exchange, Reason::BuffersFull);
  return ok;
}

// JSON data has no line ends (they are escaped in strings, and ours are), so one data line carries
// it. A vendor that prints its JSON over several lines gets them back as several data lines.
bool Gateway::write_rewritten(Exchange& exchange, const http::SseEvent& event) {
  std::vector<uint8_t>& text = event_buffer_;
  text.clear();
  const auto put = [&](std::string_view s) { text.insert(text.end(), s.begin(), s.end()); };
  if (!event.name.empty()) {
    put("event: ");
    put(event.name);
    put("\n");
  }
  put("data: ");
  for (uint8_t c : exchange.stream.data()) {
    text.push_back(c);
    if (c == '\n') put("data: ");
  }
  put("\n\n");
  const bool ok = http::write_chunk(text, client_of(exchange).leg.plain_out, plaintext_pool_);
  mem::wipe(text);
  return ok;
}

bool Gateway::finish_stream(Exchange& exchange) {
  mem::ByteChain& out = client_of(exchange).leg.plain_out;
  const size_t before = out.size();
  if (exchange.stream.finish() == rewrite::StreamRewriter::Result::Refused) {
    refuse(exchange, reason_of(exchange.response_scope.refusal));
    return false;
  }
  const bool ok = http::write_chunk(exchange.stream.before(), out, plaintext_pool_) &&
                  http::write_last_chunk(out, plaintext_pool_);
  exchange.answer_out_bytes += out.size() - before;
  if (!ok) refuse(exchange, Reason::BuffersFull);
  return ok;
}

bool Gateway::finish_json(Exchange& exchange) {
  if (!exchange.json.end()) {
    const Reason reason = reason_of(exchange.response_scope.refusal);
    refuse(exchange, reason == Reason::None ? Reason::UpstreamMalformed : reason);
    return false;
  }
  rewrite::EditList& edits = exchange.json.edits();
  const auto marks =
      edits.count() > 0 ? exchange.json.marks() : std::span<const rewrite::JsonRewriter::Mark>{};
  edit_plan_.clear();
  bool fits = true;
  for (const rewrite::TextEdit& edit : edits.edits()) {
    const bool inside = std::any_of(marks.begin(), marks.end(), [&](const auto& mark) {
      return edit.start >= mark.raw_start && edit.end <= mark.raw_end;
    });
    if (!inside) fits = fits && edit_plan_.add(edit.start, edit.end, edits.replacement(edit));
  }
  for (const auto& mark : marks) {
    const std::string_view text = mark.kind == llm::MarkKind::Strip ? "null" : "\"\"";
    fits = fits && edit_plan_.add(mark.raw_start, mark.raw_end,
                                  {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  edits.clear();
  SP_CHECK(edit_plan_.seal());
  const uint64_t size = edit_plan_.output_size(exchange.body.size());
  exchange.model =
      exchange.json.facts().model_size > 0 ? exchange.json.facts().model : exchange.model;
  Upstream& upstream = *upstreams_[exchange.upstream_slot];
  mem::ByteChain answer;
  const bool ok =
      fits &&
      edit_plan_.apply(exchange.body, 0, answer, body_pool_) == redact::EditPlan::Applied::Ok &&
      write_answer_head(exchange, upstream.parser.head(), false, size);
  edit_plan_.clear();
  if (!ok) {
    refuse(exchange, Reason::BuffersFull);
    return false;
  }
  exchange.answer_out_bytes = size;
  client_of(exchange).leg.plain_out.append(std::move(answer));
  return true;
}

// The one good end.
void Gateway::answer_complete(Upstream& upstream, Exchange& exchange) {
  ++counters_.served;
  exchange.upstream_slot = kNoSlot;
  record_end(exchange, Reason::None, exchange.vendor_status, false);
  park_upstream(upstream);
  Client& client = client_of(exchange);
  finish(exchange);
  write_client(client);
}

// The vendor's side is over: a proper end, or an answer that was cut.
void Gateway::upstream_ended(Upstream& upstream) {
  if (upstream.exchange_slot == kNoSlot) return drop_upstream(upstream, false);
  Exchange& exchange = *exchanges_[upstream.exchange_slot];
  if (upstream.stage != Upstream::Stage::Busy)
    return refuse(exchange, Reason::UpstreamConnect, "closed");
  if (exchange.phase == Phase::AwaitHead) {
    // Reused and closed under our hands, and not one byte of ours was taken: a fresh connection may
    // do.
    return refuse(exchange,
                  upstream.parser.empty() ? Reason::UpstreamClosed : Reason::UpstreamTruncated);
  }
  // An answer that lasts until the close is complete only when TLS said so too (RFC 9112 9.8).
  const bool proper = upstream.leg.tls().saw_close_notify() && upstream.decoder.end_of_input();
  if (!proper) return refuse(exchange, Reason::UpstreamTruncated);
  const bool stream = exchange.phase == Phase::AnswerStream;
  if (!(stream ? finish_stream(exchange) : finish_json(exchange))) return;
  answer_complete(upstream, exchange);
}

}  // namespace sallyport::flow
