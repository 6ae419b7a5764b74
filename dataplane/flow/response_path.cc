// response_path.cc: the vendor's answer: head, then a body as a whole, events one by one, or bytes
// that nobody reads, to the client.
#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/flow/gateway.h"
#include "dataplane/mem/wiping_vector.h"

namespace sallyport::flow {
namespace {

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
    if (upstream.exchange_slot != kNoSlot && exchanges_[upstream.exchange_slot]->answer_waits)
      return;  // go_on() wakes it
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
  const Reason reason = reason_of_failure(failure);
  record_connection(upstream, exchange, reason);
  refuse(exchange, reason, tls::failure_name(failure));
}

bool Gateway::step_upstream(Upstream& upstream) {
  if (upstream.stage == Upstream::Stage::Handshake) {
    if (upstream.leg.tls().state() != tls::State::Open) return false;
    record_connection(upstream, *exchanges_[upstream.exchange_slot], Reason::None);
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
  note_acknowledged(upstream);
  //= RFC 9112 9.2: what comes on a connection before a request did is an answer to nobody. A vendor
  // that gives an idle connection up says so (408) while our request is on its way.
  if (upstream.reused && !upstream.acknowledged && exchange.phase == Phase::AwaitHead) {
    repeat_on_fresh_connection(upstream, exchange);
    return true;
  }
  upstream.acknowledged = true;  // who answers has read
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
    if (!write_answer_head(exchange, {}, false, 0)) return refused(Reason::BuffersFull);
    answer_complete(upstream, exchange);
    return false;
  }
  exchange.answer_format =
      answer_format(head.status, head.headers.find("content-type"), exchange.route.kind);
  switch (exchange.answer_format.kind) {
    case AnswerFormat::Kind::Refused:
      return refused(Reason::UpstreamContentType);
    case AnswerFormat::Kind::Body:
      return begin_answer(exchange, false);
    case AnswerFormat::Kind::Stream:
      return begin_answer(exchange, true);
    case AnswerFormat::Kind::ByContent:
      exchange.phase = Phase::AnswerPeek;
      return true;
  }
  return true;
}

// False: the exchange has been refused.
bool Gateway::choose_answer(Exchange& exchange, uint8_t first) {
  const bool is_stream = first == exchange.answer_format.first;
  if (is_stream || exchange.answer_format.has_body) return begin_answer(exchange, is_stream);
  refuse(exchange, Reason::UpstreamContentType);
  return false;
}

// False: the exchange has ended.
bool Gateway::begin_answer(Exchange& exchange, bool is_stream) {
  const http::ResponseHead& head = upstreams_[exchange.upstream_slot]->parser.head();
  const std::string_view type = head.headers.find("content-type");
  const AnswerFormat& format = exchange.answer_format;
  const bool is_opaque = !is_stream && format.body == llm::BodyFormat::Opaque;
  // Nobody will read it, so policy says before its first byte whether it may pass.
  if (is_opaque && !exchange.response_scope.admit_opaque(contract::OpaqueReason::BinaryDownload)) {
    refuse(exchange, Reason::ResponseBlocked);
    return false;
  }
  if (!is_stream && !is_opaque) {
    const uint64_t most = exchange.version->image().limits().max_response_bytes;
    if (head.framing == http::Framing::ContentLength && head.content_length > most) {
      refuse(exchange, Reason::UpstreamTooLarge);
      return false;
    }
    exchange.rewriter.begin(exchange.response_scope, exchange.route.kind.response, format.body);
    exchange.phase = Phase::AnswerBody;
    return true;
  }
  Client& client = client_of(exchange);
  //= RFC 9112 6.1: no chunks for a client that does not know them
  if (client.parser.head().is_old) {
    refuse(exchange, Reason::VersionTooOld);
    return false;
  }
  if (is_stream) {
    exchange.relay.begin(exchange.response_scope, exchange.route.kind, format.stream);
    exchange.relay.may_wait(exchange.wait_left_ms > 0);
  }
  exchange.phase = is_stream ? Phase::AnswerStream : Phase::AnswerOpaque;
  const Phase phase = exchange.phase;
  if (!write_answer_head(exchange,
                         is_stream ? shown_content_type(format.stream, type)
                                   : shown_content_type(format.body, type),
                         true, 0)) {
    refuse(exchange, Reason::BuffersFull);
    return false;
  }
  write_client(client);
  return exchange.phase == phase;  // else the client is gone
}

bool Gateway::read_answer_body(Upstream& upstream, Exchange& exchange) {
  const bool is_held = exchange.phase == Phase::AnswerBody || exchange.phase == Phase::AnswerPeek;
  if (is_held) {
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
  if (exchange.phase == Phase::AnswerPeek && !part.empty() &&
      !choose_answer(exchange, part.front()[0]))
    return true;
  for (const mem::Segment* s = part.first(); s != nullptr; s = s->next)
    if (!take_answer(exchange, s->bytes())) return true;
  if (exchange.phase != Phase::AnswerBody && exchange.phase != Phase::AnswerPeek && !part.empty()) {
    const Phase phase = exchange.phase;
    write_client(client_of(exchange));
    if (exchange.phase != phase) return true;  // the client is gone
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
  exchange.answer_ended = true;
  if (exchange.answer_waits) return true;
  if (finish_answer(exchange)) answer_complete(upstream, exchange);
  return true;
}

// False: the exchange has been refused.
bool Gateway::take_answer(Exchange& exchange, std::span<const uint8_t> bytes) {
  if (exchange.phase == Phase::AnswerStream) return relay_events(exchange, bytes);
  if (exchange.phase == Phase::AnswerOpaque) return relay_bytes(exchange, bytes);
  return take_body_answer(exchange, bytes);
}

bool Gateway::take_body_answer(Exchange& exchange, std::span<const uint8_t> bytes) {
  if (exchange.answer_bytes > exchange.version->image().limits().max_response_bytes) {
    refuse(exchange, Reason::UpstreamTooLarge);
    return false;
  }
  if (!exchange.body.append_copy(bytes, body_pool_)) {
    refuse(exchange, Reason::BodyPoolFull);
    return false;
  }
  if (!exchange.rewriter.feed(bytes)) {
    refuse(exchange, reason_of_answer(exchange));
    return false;
  }
  return true;
}

// Pictures, sound, files of a kind that nobody reads: the table of the endpoint says that they may
// pass, the record how many bytes of them did.
bool Gateway::relay_bytes(Exchange& exchange, std::span<const uint8_t> bytes) {
  // One value, however many pieces it comes in.
  const uint32_t values = exchange.answer_bytes == bytes.size() ? 1 : 0;
  exchange.response_scope.tally.add_opaque(contract::OpaqueReason::BinaryDownload, bytes.size(),
                                           values);
  exchange.answer_out_bytes += bytes.size();
  if (http::write_chunk(bytes, client_of(exchange).leg.plain_out, plaintext_pool_)) return true;
  refuse(exchange, Reason::BuffersFull);
  return false;
}

// What may go goes in this turn, also when the next event ends the exchange.
bool Gateway::relay_events(Exchange& exchange, std::span<const uint8_t> bytes) {
  mem::clear_wiping(event_buffer_);
  const StreamRelay::Result result = exchange.relay.feed(bytes, event_buffer_);
  recall_.ask(exchange, *current_, clock_.now);
  return keep_answer_tokens(exchange) && relayed(exchange, result);
}

// Data of the answer that became tokens: the vault has them before the client does. False: it could
// not, and the exchange has been refused.
bool Gateway::keep_answer_tokens(Exchange& exchange) {
  const Reason unkept = mappings_.send(exchange, *current_, contract::Direction::Response, clock_);
  if (unkept == Reason::None) return true;
  mem::wipe(event_buffer_);
  event_buffer_.clear();
  exchange.relay.output_lost();
  refuse(exchange, unkept, "mappings");
  return false;
}

// False: the exchange has been refused.
bool Gateway::relayed(Exchange& exchange, StreamRelay::Result result) {
  mem::ByteChain& out = client_of(exchange).leg.plain_out;
  const size_t before = out.size();
  const bool written = http::write_chunk(event_buffer_, out, plaintext_pool_);
  mem::wipe(event_buffer_);
  if (!written) {
    out.trim_back(out.size() - before);  // no half chunk before the error event
    exchange.relay.output_lost();
    refuse(exchange, Reason::BuffersFull);
    return false;
  }
  exchange.answer_out_bytes += out.size() - before;
  switch (result) {
    case StreamRelay::Result::Ok:
      return true;
    case StreamRelay::Result::Waits:
      return stand_still(exchange);
    case StreamRelay::Result::Malformed:
      refuse(exchange, Reason::UpstreamMalformed, exchange.relay.problem());
      return false;
    case StreamRelay::Result::Truncated:
      refuse(exchange, Reason::UpstreamTruncated, "event");
      return false;
    case StreamRelay::Result::Refused:
      refuse(exchange, reason_of(exchange.response_scope.refusal));
      return false;
  }
  return false;
}

// False: the exchange has been refused, or its answer stands still.
bool Gateway::finish_answer(Exchange& exchange) {
  switch (exchange.phase) {
    case Phase::AnswerStream:
      return finish_stream(exchange);
    case Phase::AnswerOpaque:
      if (http::write_last_chunk(client_of(exchange).leg.plain_out, plaintext_pool_)) return true;
      refuse(exchange, Reason::BuffersFull);
      return false;
    case Phase::AnswerPeek:  // nothing came at all
      if (!choose_answer(exchange, 0)) return false;
      return finish_answer(exchange);
    default:
      return finish_body(exchange);
  }
}

// False: the exchange has been refused.
bool Gateway::finish_stream(Exchange& exchange) {
  mem::clear_wiping(event_buffer_);
  const StreamRelay::Result result = exchange.relay.finish(event_buffer_);
  if (!keep_answer_tokens(exchange) || !relayed(exchange, result)) return false;
  if (http::write_last_chunk(client_of(exchange).leg.plain_out, plaintext_pool_)) return true;
  refuse(exchange, Reason::BuffersFull);
  return false;
}

// What changes in a JSON answer. When text was rewritten, values that hold the same text in another
// form go too, with whatever was to be edited inside them. False: it does not fit, or the marks of
// the answer lie inside each other, which no vendor's table says.
bool Gateway::plan_json_edits(Exchange& exchange) {
  rewrite::EditList& edits = exchange.rewriter.edits();
  const auto marks = edits.count() > 0 ? exchange.rewriter.marks()
                                       : std::span<const rewrite::JsonRewriter::Mark>{};
  edit_plan_.clear();
  bool fits = true;
  size_t next_mark = 0;
  for (const rewrite::TextEdit& edit : edits.edits()) {
    while (next_mark < marks.size() && marks[next_mark].raw_end < edit.end) ++next_mark;
    const bool inside = next_mark < marks.size() && marks[next_mark].raw_start <= edit.start;
    if (!inside) fits = fits && edit_plan_.add(edit.start, edit.end, edits.replacement(edit));
  }
  for (const auto& mark : marks) {
    // Padding hides the sizes of events; a whole answer has its size in its head.
    const std::string_view text = mark.kind == llm::MarkKind::Strip ? "null" : "\"\"";
    fits = fits && edit_plan_.add(mark.raw_start, mark.raw_end,
                                  {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  edits.clear();
  return fits && edit_plan_.seal();
}

// Our own output, read again before it leaves: a value that broke the frame, or two names that
// became the same token, end the exchange.
bool Gateway::output_holds(const mem::ByteChain& text, llm::BodyFormat format,
                           std::string_view boundary) {
  body_check_.begin(format, boundary);
  for (const mem::Segment* s = text.first(); s != nullptr; s = s->next)
    if (!body_check_.feed(s->bytes())) return false;
  return body_check_.end();
}

bool Gateway::finish_body(Exchange& exchange) {
  if (!end_body(exchange)) return false;
  if (!keep_answer_tokens(exchange)) return false;
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
  const llm::BodyFormat format = exchange.rewriter.format();
  if (edited && applied && !output_holds(answer, format, {})) {
    refuse(exchange, Reason::UpstreamMalformed, "rewritten");
    return false;
  }
  const std::string_view type = upstream.parser.head().headers.find("content-type");
  if (!applied || !write_answer_head(exchange, shown_content_type(format, type), false, size)) {
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
  // It answered before it had the whole request: what comes next would be read as the rest of that.
  if (exchange.request_out.size() != exchange.request_copied_bytes) upstream.keep_alive = false;
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
  if (finish_answer(exchange)) answer_complete(upstream, exchange);
}

}  // namespace sallyport::flow
