// earlier_answers.cc: an answer that quotes tokens of earlier exchanges: it stands still for a
// moment while their values are asked for (recall.h), and goes on with what is known then.
//
// Only the answer stands still: its vendor is not read, so TCP's window holds what comes, and the
// worker does everything else. In all it stands still for recall_wait_ms at most. A stream goes on
// behind the event before which it stood; a body, which is held anyway, is read again as a whole.
#include <algorithm>

#include "dataplane/flow/gateway.h"
#include "dataplane/mem/wiping_vector.h"

namespace sallyport::flow {

// What came since the last turn, and answers whose time is over.
void Gateway::take_recalled() {
  recall_.turn(clock_.now);
  recall_.take(exchanges_);
  for (size_t i = 0; i < recall_waiting_.size();) {
    Exchange& exchange = *exchanges_[recall_waiting_[i]];
    const bool is_over = base::ms_between(exchange.wait_began, clock_.now) >= exchange.wait_left_ms;
    if (is_over)
      recall_.counters().missed[static_cast<size_t>(redact::RecallMiss::Late)] +=
          exchange.earlier.refuse_open(redact::RecallMiss::Late);
    if (exchange.earlier.any_open()) {
      ++i;
      continue;
    }
    go_on(exchange);  // takes it off the list, or puts it back at the end
  }
}

// Always true: the exchange lives.
bool Gateway::stand_still(Exchange& exchange) {
  if (exchange.answer_waits) return true;  // the rest of what was read before it stood still
  exchange.answer_waits = true;
  exchange.wait_began = clock_.now;
  recall_waiting_.push_back(exchange.slot);
  ++recall_.counters().waits;
  return true;
}

void Gateway::end_wait(Exchange& exchange) {
  exchange.answer_waits = false;
  std::erase(recall_waiting_, exchange.slot);
  const uint64_t waited =
      std::min(base::ms_between(exchange.wait_began, clock_.now), exchange.wait_left_ms);
  exchange.wait_left_ms -= waited;
  recall_.counters().wait_ms += waited;
}

void Gateway::go_on(Exchange& exchange) {
  end_wait(exchange);
  Upstream& upstream = *upstreams_[exchange.upstream_slot];
  if (exchange.phase == Phase::AnswerBody) {
    if (read_body_again(exchange) && finish_answer(exchange)) answer_complete(upstream, exchange);
    return;
  }
  mem::clear_wiping(event_buffer_);
  if (exchange.wait_left_ms == 0) exchange.relay.may_wait(false);
  const StreamRelay::Result result = exchange.relay.resume(event_buffer_);
  recall_.ask(exchange, *current_, clock_.now);
  if (!keep_answer_tokens(exchange) || !relayed(exchange, result) || exchange.answer_waits) return;
  if (exchange.answer_ended) {
    if (finish_answer(exchange)) answer_complete(upstream, exchange);
    return;
  }
  write_client(client_of(exchange));
  if (upstream.stage != Upstream::Stage::Free) stall(upstream);
}

// The end of an answer that is read as a whole. One that met such tokens is read a second time when
// their values are here, or when it is sure that they will not be. False: refused, or it stands
// still until then.
bool Gateway::end_body(Exchange& exchange) {
  for (;;) {
    if (!exchange.rewriter.end()) {
      const Reason reason = reason_of(exchange.response_scope.refusal);
      refuse(exchange, reason == Reason::None ? Reason::UpstreamMalformed : reason);
      return false;
    }
    if (exchange.answer_reread || !exchange.earlier.passed_open) return true;
    recall_.ask(exchange, *current_, clock_.now);
    if (exchange.earlier.any_open() && exchange.wait_left_ms > 0) {
      stand_still(exchange);
      return false;
    }
    if (!read_body_again(exchange)) return false;
  }
}

// False: the exchange has been refused. Else all is read but the end of the body is not taken.
bool Gateway::read_body_again(Exchange& exchange) {
  exchange.answer_reread = true;
  exchange.rewriter.edits().clear();
  exchange.response_scope.tally.clear();
  exchange.rewriter.begin(exchange.response_scope, exchange.route.kind.response,
                          exchange.rewriter.format());
  for (const mem::Segment* s = exchange.body.first(); s != nullptr; s = s->next)
    if (!exchange.rewriter.feed(s->bytes())) {
      const Reason reason = reason_of(exchange.response_scope.refusal);
      refuse(exchange, reason == Reason::None ? Reason::UpstreamMalformed : reason);
      return false;
    }
  return true;
}

}  // namespace sallyport::flow
