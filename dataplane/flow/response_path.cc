// response_path.cc: the vendor's answer: head, then JSON as a whole or events one by one, to the
// client.
#include <algorithm>

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/flow/gateway.h"
#include "dataplane/http/sse_lines.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::flow {
namespace {

using http::equals_ignoring_case;

using base::bytes_of;

// Two folders that may not see each other bound the same event.
static_assert(rewrite::kSseEventBytesMax == http::kSseEventBytesMax);

Reason reason_of_answer(const Exchange& exchange) noexcept {
  const Reason reason = reason_of(exchange.response_scope.refusal);
  return reason == Reason::None ? Reason::UpstreamMalformed : reason;
}

Reason reason_of_failure(tls::Failure failure) noexcept {
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

}  // namespace

bool Gateway::client_takes_more(const Exchange& exchange) const noexcept {
  const size_t waiting = clients_[exchange.client_slot]->leg.plain_out.size();
  // When plaintext gets scarce, who already has something to take waits for the others.
  const bool is_scarce = plaintext_pool_.available() < plaintext_pool_.segment_count() / 4;
  return waiting < kClientQueueBytesMax && (waiting == 0 || !is_scarce);
}

void Gateway::read_upstream(Upstream& upstream) {
  for (int step = 0;; ++step) {
    if (upstream.stage == Upstream::Stage::Free || upstream.stage == Upstream::Stage::Connecting)
      return;
    upstream.waits_for_client = upstream.exchange_slot != kNoSlot &&
                                !client_takes_more(*exchanges_[upstream.exchange_slot]);
    if (upstream.waits_for_client) return;  // write_client() wakes it
    if (step == kStepsPerReadMax) return stall(upstream);
    const bool had_input = upstream.leg.has_input();
    if (upstream.leg.receive(clock_.now) == tls::State::Failed)
      return upstream_tls_failed(upstream);
    const bool moved = step_upstream(upstream);
    if (upstream.stage == Upstream::Stage::Free) return;
    if (!moved && !had_input) break;
    if (!moved && upstream.leg.plain_in.size() >= kPlaintextStepBytesMax) break;
  }
  const bool closed = upstream.peer_closed || upstream.leg.tls().state() == tls::State::PeerClosed;
  const bool drained = upstream.leg.plain_in.empty() && !upstream.leg.tls().has_pending() &&
                       (upstream.leg.tls().state() == tls::State::PeerClosed ||
                        stack_.receive_queue(upstream.leg.id()).empty());
  if (closed && drained) return upstream_ended(upstream);
  continue_request(upstream);
}

void Gateway::upstream_tls_failed(Upstream& upstream) {
  ++counters_.upstream_tls_failures;
  const tls::Failure failure = upstream.leg.tls().failure();
  const bool in_handshake = upstream.stage == Upstream::Stage::Handshake;
  if (upstream.exchange_slot == kNoSlot) return drop_upstream(upstream, false);
  Exchange& exchange = *exchanges_[upstream.exchange_slot];
  if (!in_handshake)  // a damaged record: what follows cannot be known any more
    return refuse(exchange, Reason::UpstreamTruncated, tls::failure_name(failure));
  exchange.upstream_spki = upstream.leg.tls().peer_spki();
  upstream.leg.transmit();  // the alert that says why
  refuse(exchange, reason_of_failure(failure), tls::failure_name(failure));
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
  upstream.acknowledged = true;  // who answers has read
  Exchange& exchange = *exchanges_[upstream.exchange_slot];
  if (exchange.phase == Phase::AwaitHead) return read_answer_head(upstream, exchange);
  return read_answer_body(upstream, exchange);
}

bool Gateway::read_answer_head(Upstream& upstream, Exchange& exchange) {
  if (exchange.vendor_status == 0 && upstream.parser.empty()) exchange.first_byte_at = clock_.now;
  const bool was_head = exchange.route.method == "HEAD";
  switch (upstream.parser.feed(upstream.leg.plain_in, was_head)) {
    case http::ResponseHeadParser::Result::NeedMore:
      return true;
    case http::ResponseHeadParser::Result::Failed:
      refuse(exchange, Reason::UpstreamMalformed, http::head_error_name(upstream.parser.error()));
      return true;
    case http::ResponseHeadParser::Result::Complete:
      break;
  }
  const uint16_t status = upstream.parser.head().status;
  if (status < 200) {
    //= RFC 9110 15.2: any number of interim answers may come; 101 was never asked for
    if (status == 101 || ++upstream.interim_count > http::kInterimResponsesMax) {
      refuse(exchange, Reason::UpstreamMalformed, "interim");
      return true;
    }
    upstream.parser.reset();
    return true;
  }
  exchange.vendor_status = status;
  start_answer(upstream, exchange);
  return true;
}

// False: the exchange has ended.
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
  upstream.deadline = base::after_ms(clock_.now, limits.stream_idle_ms);
  if (head.framing == http::Framing::None) {
    if (!write_answer_head(exchange, head, false, 0)) return refused(Reason::BuffersFull);
    answer_complete(upstream, exchange);
    return false;
  }
  if (equals_ignoring_case(head.content_type, "text/event-stream")) {
    if (!exchange.route.kind.stream.valid()) return refused(Reason::UpstreamContentType);
    exchange.stream.begin(exchange.response_scope, exchange.route.kind);
    exchange.splitter.begin();
    exchange.phase = Phase::AnswerStream;
    if (!write_answer_head(exchange, head, true, 0)) return refused(Reason::BuffersFull);
    write_client(client_of(exchange));
    return exchange.phase == Phase::AnswerStream;
  }
  if (!equals_ignoring_case(head.content_type, "application/json") ||
      !exchange.route.kind.response.valid())
    return refused(Reason::UpstreamContentType);
  if (head.framing == http::Framing::ContentLength &&
      head.content_length > limits.max_response_bytes)
    return refused(Reason::UpstreamTooLarge);
  exchange.json.begin(exchange.response_scope, exchange.route.kind.response);
  exchange.phase = Phase::AnswerJson;
  return true;
}

bool Gateway::read_answer_body(Upstream& upstream, Exchange& exchange) {
  const bool stream = exchange.phase == Phase::AnswerStream;
  if (!stream) {
    // Twice, for the edited copy. Full: the vendor's window closes while others finish.
    const uint64_t needed =
        2 * (exchange.answer_bytes + upstream.leg.plain_in.size()) + kBodyStepBytes;
    const uint64_t in_steps = (needed + kBodyStepBytes - 1) / kBodyStepBytes * kBodyStepBytes;
    upstream.waits_for_pool = !reserve_body(exchange, in_steps);
    if (upstream.waits_for_pool) return false;
  }
  mem::ByteChain part;
  const auto result = upstream.decoder.feed(upstream.leg.plain_in, part, plaintext_pool_);
  if (result == http::BodyDecoder::Result::NoMemory && part.empty()) return false;
  upstream.deadline = base::after_ms(clock_.now, exchange.version->image().limits().stream_idle_ms);
  exchange.answer_bytes += part.size();
  for (const mem::Segment* s = part.first(); s != nullptr; s = s->next)
    if (!(stream ? relay_events(exchange, s->bytes()) : take_json(exchange, s->bytes())))
      return true;
  if (stream && !part.empty()) {
    Client& client = client_of(exchange);
    write_client(client);
    if (exchange.phase != Phase::AnswerStream) return true;  // the client is gone
  }
  switch (result) {
    case http::BodyDecoder::Result::NeedMore:
      return !part.empty();
    case http::BodyDecoder::Result::NoMemory:
      return false;
    case http::BodyDecoder::Result::Failed:
      refuse(exchange, Reason::UpstreamMalformed, http::body_error_name(upstream.decoder.error()));
      return true;
    case http::BodyDecoder::Result::Complete:
      break;
  }
  if (stream ? finish_stream(exchange) : finish_json(exchange)) answer_complete(upstream, exchange);
  return true;
}

// False: the exchange has been refused.
bool Gateway::take_json(Exchange& exchange, std::span<const uint8_t> bytes) {
  if (exchange.answer_bytes > exchange.version->image().limits().max_response_bytes) {
    refuse(exchange, Reason::UpstreamTooLarge);
    return false;
  }
  if (!exchange.body.append_copy(bytes, body_pool_)) {
    refuse(exchange, Reason::BodyPoolFull);
    return false;
  }
  if (!exchange.json.feed(bytes)) {
    refuse(exchange, reason_of_answer(exchange));
    return false;
  }
  return true;
}

// False: the exchange has been refused.
bool Gateway::relay_events(Exchange& exchange, std::span<const uint8_t> bytes) {
  exchange.splitter.feed(bytes);
  http::SseEvent event;
  for (;;) {
    switch (exchange.splitter.next(event)) {
      case http::SseSplitter::Result::NeedMore:
        return true;
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
    ok = write_own_events(exchange);
    if (result == rewrite::StreamRewriter::Result::Unchanged) {
      ok = ok && http::write_chunk(event.raw, out, plaintext_pool_);
    } else {
      ok = ok && write_rewritten(exchange, event);
    }
  }
  if (!ok) {
    out.trim_back(out.size() - before);  // no half chunk before the error event
    refuse(exchange, Reason::BuffersFull);
    return false;
  }
  exchange.answer_out_bytes += out.size() - before;
  return true;
}

// The event's own lines (name, id, retry, comments) stay as they came and where they stood; its
// data lines become one that carries the new data. A vendor that prints its JSON over several lines
// gets them back as several data lines.
bool Gateway::write_rewritten(Exchange& exchange, const http::SseEvent& event) {
  std::vector<uint8_t>& text = event_buffer_;
  text.clear();
  const auto put = [&](std::span<const uint8_t> s) { text.insert(text.end(), s.begin(), s.end()); };
  constexpr std::string_view kData = "data";
  bool written = false;
  http::for_each_line(event.raw, [&](std::span<const uint8_t> line) {
    const bool is_data = line.size() >= kData.size() &&
                         std::equal(kData.begin(), kData.end(), line.begin()) &&
                         (line.size() == kData.size() || line[kData.size()] == ':');
    if (is_data && written) return;
    if (is_data) {
      written = true;
      put(bytes_of("data: "));
      for (uint8_t c : exchange.stream.data()) {
        text.push_back(c);
        if (c == '\n') put(bytes_of("data: "));
      }
    } else {
      put(line);
    }
    text.push_back('\n');
  });
  SP_CHECK(written);  // the splitter saw data, so there is a data line
  const bool ok = http::write_chunk(text, client_of(exchange).leg.plain_out, plaintext_pool_);
  mem::wipe(text);
  return ok;
}

bool Gateway::write_own_events(Exchange& exchange) {
  bool ok = true;
  for (size_t i = 0; i < exchange.stream.before_count(); ++i) {
    const rewrite::StreamRewriter::OwnEvent event = exchange.stream.before(i);
    std::vector<uint8_t>& text = event_buffer_;
    text.clear();
    const auto put = [&](std::span<const uint8_t> s) {
      text.insert(text.end(), s.begin(), s.end());
    };
    if (!event.name.empty()) {
      put(bytes_of("event: "));
      put(bytes_of(event.name));
      put(bytes_of("\n"));
    }
    put(bytes_of("data: "));
    put(event.data);
    put(bytes_of("\n\n"));
    ok = ok && http::write_chunk(text, client_of(exchange).leg.plain_out, plaintext_pool_);
    mem::wipe(text);
  }
  return ok;
}

// False: the exchange has been refused.
bool Gateway::finish_stream(Exchange& exchange) {
  // An event without its empty line was cut, whatever the framing says.
  if (exchange.splitter.unfinished_bytes() > 0) {
    refuse(exchange, Reason::UpstreamTruncated, "event");
    return false;
  }
  mem::ByteChain& out = client_of(exchange).leg.plain_out;
  const size_t before = out.size();
  if (exchange.stream.finish() == rewrite::StreamRewriter::Result::Refused) {
    refuse(exchange, reason_of(exchange.response_scope.refusal));
    return false;
  }
  const bool ok = write_own_events(exchange) && http::write_last_chunk(out, plaintext_pool_);
  if (!ok) {
    out.trim_back(out.size() - before);
    refuse(exchange, Reason::BuffersFull);
    return false;
  }
  exchange.answer_out_bytes += out.size() - before;
  return true;
}

// What changes in a JSON answer. When text was rewritten, values that hold the same text in another
// form go too, with whatever was to be edited inside them. False: it does not fit, or the marks of
// the answer lie inside each other, which no vendor's table says.
bool Gateway::plan_json_edits(Exchange& exchange) {
  rewrite::EditList& edits = exchange.json.edits();
  const auto marks =
      edits.count() > 0 ? exchange.json.marks() : std::span<const rewrite::JsonRewriter::Mark>{};
  edit_plan_.clear();
  bool fits = true;
  size_t next_mark = 0;
  for (const rewrite::TextEdit& edit : edits.edits()) {
    while (next_mark < marks.size() && marks[next_mark].raw_end < edit.end) ++next_mark;
    const bool inside = next_mark < marks.size() && marks[next_mark].raw_start <= edit.start;
    if (!inside) fits = fits && edit_plan_.add(edit.start, edit.end, edits.replacement(edit));
  }
  for (const auto& mark : marks) {
    const std::string_view text = mark.kind == llm::MarkKind::Strip ? "null" : "\"\"";
    fits = fits && edit_plan_.add(mark.raw_start, mark.raw_end,
                                  {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  edits.clear();
  return fits && edit_plan_.seal();
}

// Our own output, read again before it leaves: a value that broke the frame, or two names that
// became the same token, end the exchange.
bool Gateway::output_is_json(const mem::ByteChain& text) noexcept {
  rewrite::OutputCheck& check = stream_tools_.check;
  check.begin();
  for (const mem::Segment* s = text.first(); s != nullptr; s = s->next)
    if (!check.feed(s->bytes())) return false;
  return check.end();
}

bool Gateway::finish_json(Exchange& exchange) {
  if (!exchange.json.end()) {
    refuse(exchange, reason_of_answer(exchange));
    return false;
  }
  if (!plan_json_edits(exchange)) {
    edit_plan_.clear();
    refuse(exchange, Reason::UpstreamMalformed, "edits");
    return false;
  }
  const uint64_t size = edit_plan_.output_size(exchange.body.size());
  const bool edited = !edit_plan_.empty();
  Upstream& upstream = *upstreams_[exchange.upstream_slot];
  mem::ByteChain answer;
  const bool applied =
      edit_plan_.apply(exchange.body, 0, answer, body_pool_) == redact::EditPlan::Applied::Ok;
  edit_plan_.clear();
  if (edited && applied && !output_is_json(answer)) {
    refuse(exchange, Reason::UpstreamMalformed, "rewritten");
    return false;
  }
  if (!applied || !write_answer_head(exchange, upstream.parser.head(), false, size)) {
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
  if (upstream.stage == Upstream::Stage::Handshake)
    return refuse(exchange, Reason::UpstreamConnect, "closed");
  if (exchange.phase == Phase::AwaitHead) {
    note_acknowledged(upstream);
    if (may_repeat(upstream, exchange)) return repeat_on_fresh_connection(upstream, exchange);
    return refuse(exchange,
                  upstream.parser.empty() ? Reason::UpstreamClosed : Reason::UpstreamTruncated);
  }
  //= RFC 9112 9.8: an answer that lasts until the close is complete only when TLS said so too
  const bool proper = upstream.leg.tls().saw_close_notify() && upstream.decoder.end_of_input();
  if (!proper) return refuse(exchange, Reason::UpstreamTruncated);
  const bool stream = exchange.phase == Phase::AnswerStream;
  if (stream ? finish_stream(exchange) : finish_json(exchange)) answer_complete(upstream, exchange);
}

}  // namespace sallyport::flow
