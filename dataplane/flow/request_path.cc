// request_path.cc: from a request head to RELEASE.
//
//   head -> ADMIT (who, where, how much, is there room to record it) -> body, judged while it
//   arrives
//        -> RELEASE: edits applied, admitted record written, committed where policy says so ->
//        vendor leg
#include <algorithm>
#include <array>

#include "dataplane/base/check.h"
#include "dataplane/flow/gateway.h"
#include "dataplane/flow/limits.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::flow {
namespace {

using http::equals_ignoring_case;

// What goes on to the vendor. Everything else of a head stays here: cookies, forwarding fields and
// unknown ones are ways out that nobody inspects. Values that pass are scanned like text.
constexpr std::array<std::string_view, 12> kForwardedHeaders{
    "accept",
    "accept-language",
    "user-agent",
    "anthropic-version",
    "anthropic-beta",
    "anthropic-dangerous-direct-browser-access",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "idempotency-key",
    "x-client-request-id",
    "anthropic-user-profile-id"};
constexpr std::string_view kForwardedPrefix = "x-stainless-";

bool is_forwarded(std::string_view name) noexcept {
  if (name.size() > kForwardedPrefix.size() &&
      equals_ignoring_case(name.substr(0, kForwardedPrefix.size()), kForwardedPrefix))
    return true;
  return std::any_of(kForwardedHeaders.begin(), kForwardedHeaders.end(),
                     [&](std::string_view known) { return equals_ignoring_case(known, name); });
}

// The gateway key, in whichever field an SDK puts its API key.
std::string_view presented_key(const http::Headers& headers) noexcept {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view authorization = headers.find("authorization");
  if (authorization.size() > kBearer.size() &&
      equals_ignoring_case(authorization.substr(0, kBearer.size()), kBearer))
    return authorization.substr(kBearer.size());
  for (std::string_view name : {std::string_view("x-api-key"), std::string_view("api-key")}) {
    const std::string_view value = headers.find(name);
    if (!value.empty()) return value;
  }
  return {};
}

std::span<const uint8_t> bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Reason reason_of_head_error(http::HeadError error) noexcept {
  return error == http::HeadError::TooLarge || error == http::HeadError::TooManyHeaders
             ? Reason::HeadTooLarge
             : Reason::MalformedHead;
}

}  // namespace

bool Gateway::read_head(Client& client) {
  if (client.leg.plain_in.empty()) return false;
  if (client.parser.empty()) {
    client.head_started = clock_.now;
    client.deadline = base::after_ms(clock_.now, 10'000);
  }
  switch (client.parser.feed(client.leg.plain_in)) {
    case http::RequestHeadParser::Result::NeedMore:
      return true;
    case http::RequestHeadParser::Result::Failed:
      refuse_anonymous(client, reason_of_head_error(client.parser.error()), ErrorShape::OpenAi,
                       http::head_error_name(client.parser.error()));
      return false;
    case http::RequestHeadParser::Result::Complete:
      break;
  }
  client.keep_alive = client.parser.head().keep_alive;
  admit(client);
  return true;
}

// Everything about the head is decided here, once, before a byte of the body is read.
void Gateway::admit(Client& client) {
  const http::RequestHead& head = client.parser.head();
  if (current_ == nullptr) return refuse_anonymous(client, Reason::NotReady, ErrorShape::OpenAi);
  Route route;
  const Reason routed = head.upgrade ? Reason::UpgradeRefused : current_->route(head, route);
  const auto caller = current_->caller(presented_key(head.headers));
  // Who has no key learns nothing about the routes.
  if (!caller.has_value())
    return refuse_anonymous(client, Reason::BadCredentials, route.error_shape);
  Exchange* exchange = take_exchange();
  if (exchange == nullptr) return refuse_anonymous(client, Reason::BuffersFull, route.error_shape);
  for (uint32_t i = 0; i < exchanges_.size(); ++i)
    if (exchanges_[i].get() == exchange) client.exchange_slot = i;
  ++counters_.exchanges;
  exchange->phase = Phase::Body;
  exchange->client_slot = client.slot;
  exchange->upstream_slot = kNoSlot;
  exchange->version = current_;
  exchange->caller = *caller;
  exchange->route = route;
  exchange->id = recorder_.next_request_id();
  exchange->id_text = contract::request_id_text(exchange->id);
  exchange->admitted = exchange->answer_head_sent = exchange->wants_stream = exchange->retried =
      false;
  exchange->body_bytes = exchange->request_out_bytes = exchange->request_body_out_bytes = 0;
  exchange->answer_bytes = exchange->answer_out_bytes = 0;
  exchange->stream_events = 0;
  exchange->model_size = 0;
  exchange->vendor_status = 0;
  exchange->upstream_spki = {};
  exchange->upstream_tls_version = 0;
  exchange->started = client.head_started;
  exchange->admitted_at = exchange->body_done_at = exchange->released_at = clock_.now;
  exchange->sent_at = exchange->first_byte_at = clock_.now;
  exchange->request_scope.tally.clear();
  exchange->response_scope.tally.clear();
  exchange->request_scope.refusal = exchange->response_scope.refusal = rewrite::Refusal::None;
  client.stage = Client::Stage::Body;
  client.decoder.begin(head.framing, head.content_length);
  choose_reason(*exchange, head.headers);
  const Reason refused = routed != Reason::None ? routed : admission(client, *exchange);
  if (refused != Reason::None) return refuse(*exchange, refused);
  exchange->json.begin(exchange->request_scope, route.kind.request);
  client.deadline = base::after_ms(clock_.now, exchange->version->image().limits().body_timeout_ms);
  if (head.expect_continue &&
      !client.leg.plain_out.append_copy(bytes_of("HTTP/1.1 100 Continue\r\n\r\n"), plaintext_pool_))
    refuse(*exchange, Reason::BuffersFull);
}

Reason Gateway::admission(Client& client, Exchange& exchange) {
  const http::RequestHead& head = client.parser.head();
  const policy::Limits& limits = exchange.version->image().limits();
  if (head.content_encoded) return Reason::ContentEncoded;
  if (head.framing == http::Framing::None) return Reason::LengthRequired;
  const std::string_view type = head.headers.find("content-type");
  if (!equals_ignoring_case(type.substr(0, std::min(type.find(';'), type.size())),
                            "application/json"))
    return Reason::UnknownContentType;
  if (head.framing == http::Framing::ContentLength && head.content_length > limits.max_body_bytes)
    return Reason::BodyTooLarge;
  // The body and its edited copy live side by side for a moment.
  const uint64_t expected =
      head.framing == http::Framing::ContentLength ? head.content_length : 64 * 1024;
  if (expected * 2 + 64 * 1024 > uint64_t{body_pool_.available()} * body_pool_.segment_bytes())
    return Reason::BodyPoolFull;
  exchange.committed_durability =
      exchange.version->image().durability(exchange.caller) == policy::Durability::Committed;
  if (!recorder_.consumer_alive(clock_.now)) {
    if (exchange.committed_durability) return Reason::EvidenceStalled;
    if (recorder_.undrained_age_ms(clock_.now) > limits.max_undrained_ms)
      return Reason::EvidenceStalled;
  }
  if (recorder_.above_high_water()) return Reason::EvidenceFull;
  if (!recorder_.reserve(exchange.reservation)) return Reason::EvidenceFull;
  exchange.version->prepare(exchange.request_scope, exchange.response_scope, exchange.caller,
                            exchange.route, exchange.reason());
  exchange.request_scope.tokens = &exchange.tokens;
  exchange.response_scope.tokens = &exchange.tokens;
  return Reason::None;
}

// The header wins over the key's default; what is not a short printable word is no reason.
void Gateway::choose_reason(Exchange& exchange, const http::Headers& headers) {
  std::string_view reason = headers.find("x-sallyport-reason");
  exchange.reason_from_header = !reason.empty();
  if (reason.empty()) reason = exchange.caller.default_reason;
  const bool usable =
      reason.size() <= exchange.reason_text.size() &&
      std::all_of(reason.begin(), reason.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  exchange.reason_size = usable ? static_cast<uint8_t>(reason.size()) : uint8_t{0};
  std::copy_n(reason.begin(), exchange.reason_size, exchange.reason_text.begin());
}

bool Gateway::read_body(Client& client) {
  Exchange& exchange = *exchanges_[client.exchange_slot];
  mem::ByteChain part;
  const auto result = client.decoder.feed(client.leg.plain_in, part, plaintext_pool_);
  const bool moved = !part.empty();
  exchange.body_bytes += part.size();
  if (exchange.body_bytes > exchange.version->image().limits().max_body_bytes) {
    refuse(exchange, Reason::BodyTooLarge);
    return false;
  }
  for (const mem::Segment* s = part.first(); s != nullptr; s = s->next) {
    if (!exchange.body.append_copy(s->bytes(), body_pool_)) {
      refuse(exchange, Reason::BodyPoolFull);
      return false;
    }
    if (!exchange.json.feed(s->bytes())) {
      const Reason reason = reason_of(exchange.request_scope.refusal);
      refuse(exchange, reason == Reason::None ? Reason::MalformedJson : reason,
             reason == Reason::None ? llm::walk_error_name(exchange.json.walk_error())
                                    : std::string_view{});
      return false;
    }
  }
  switch (result) {
    case http::BodyDecoder::Result::NeedMore:
      return moved;
    case http::BodyDecoder::Result::NoMemory:
      return false;
    case http::BodyDecoder::Result::Failed:
      refuse(exchange, Reason::MalformedBody, http::body_error_name(client.decoder.error()));
      return false;
    case http::BodyDecoder::Result::Complete:
      break;
  }
  client.stage = Client::Stage::Busy;
  body_complete(client, exchange);
  return true;
}

void Gateway::body_complete(Client& client, Exchange& exchange) {
  exchange.body_done_at = clock_.now;
  if (!exchange.json.end()) {
    const Reason reason = reason_of(exchange.request_scope.refusal);
    return refuse(exchange, reason == Reason::None ? Reason::MalformedJson : reason,
                  reason == Reason::None ? llm::walk_error_name(exchange.json.walk_error())
                                         : std::string_view{});
  }
  const rewrite::MessageFacts& facts = exchange.json.facts();
  exchange.wants_stream = facts.stream;
  exchange.model = facts.model;
  exchange.model_size = facts.model_size;
  edit_plan_.clear();
  rewrite::EditList& edits = exchange.json.edits();
  for (const rewrite::TextEdit& edit : edits.edits())
    if (!edit_plan_.add(edit.start, edit.end, edits.replacement(edit)))
      return refuse(exchange, Reason::TooManyTokens);
  edits.clear();
  SP_CHECK(edit_plan_.seal());
  exchange.request_body_out_bytes = edit_plan_.output_size(exchange.body.size());
  const bool written =
      write_request_head(exchange, client.parser.head(), exchange.request_body_out_bytes) &&
      edit_plan_.apply(exchange.body, 0, exchange.request_out, body_pool_) ==
          redact::EditPlan::Applied::Ok;
  edit_plan_.clear();
  if (exchange.request_scope.refusal != rewrite::Refusal::None)
    return refuse(exchange, reason_of(exchange.request_scope.refusal));
  if (!written) return refuse(exchange, Reason::BodyPoolFull);
  exchange.request_out_bytes = exchange.request_out.size();
  exchange.body.clear();
  release(exchange);
}

// A header value is text like any other: what policy would rewrite or block in it does not pass.
bool Gateway::header_may_pass(Exchange& exchange, const http::Header& header) {
  header_text_.begin(exchange.request_scope);
  const bool judged = header_text_.feed(bytes_of(header.value)) && header_text_.end();
  const bool clean = judged && header_text_.edits().count() == 0;
  header_text_.edits().clear();
  return clean;
}

bool Gateway::write_request_head(Exchange& exchange, const http::RequestHead& head,
                                 uint64_t body_bytes) {
  const VendorRuntime& vendor = exchange.version->vendor(exchange.route.vendor_index);
  http::HeadWriter out(exchange.request_out, body_pool_);
  out.request_line(exchange.route.method, exchange.route.target_path);
  out.header("host", vendor.vendor.host);
  out.header("content-type", "application/json");
  out.header("content-length", body_bytes);
  out.header("accept-encoding", "identity");
  out.header(vendor.vendor.auth_header,
             std::string_view(reinterpret_cast<const char*>(vendor.credential_value.data()),
                              vendor.credential_value.size()));
  for (const http::Header& header : head.headers)
    if (is_forwarded(header.name) && header_may_pass(exchange, header))
      out.header(header.name, header.value);
  return out.finish();
}

// RELEASE: the whole body has been judged. Recorded first, then it may go.
void Gateway::release(Exchange& exchange) {
  exchange.released_at = clock_.now;
  record_admitted(exchange);
  if (!exchange.committed_durability) return connect(exchange);
  exchange.phase = Phase::Commit;
  exchange.deadline =
      base::after_ms(clock_.now, exchange.version->image().limits().commit_timeout_ms);
  ++commit_waiting_;
}

void Gateway::wait_for_commit() {
  const uint64_t committed = recorder_.committed_sequence();
  for (auto& slot : exchanges_) {
    Exchange& exchange = *slot;
    if (exchange.phase != Phase::Commit) continue;
    if (exchange.admitted_sequence <= committed) {
      --commit_waiting_;
      connect(exchange);
    } else if (clock_.now >= exchange.deadline) {
      refuse(exchange, Reason::EvidenceNotCommitted);
    }
  }
}

}  // namespace sallyport::flow
