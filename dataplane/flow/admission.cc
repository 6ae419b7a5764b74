// admission.cc: ADMIT. On the head alone: who asks, where to, how much, and is there room to record
// and to hold it (CP-ROUTE, CP-IDENTITY, CP-ADMIT).
#include <algorithm>
#include <array>
#include <chrono>

#include "dataplane/base/bytes.h"
#include "dataplane/flow/gateway.h"
#include "dataplane/http/query.h"

namespace sallyport::flow {
namespace {

using http::equals_ignoring_case;

constexpr std::string_view kAuthorization = "authorization";
constexpr std::array<std::string_view, 3> kKeyFields{"x-api-key", "api-key", "x-goog-api-key"};

// Each of them is one value (RFC 9110 5.3): of two, a proxy before us may have checked the other
// one.
bool has_two_keys(const http::Headers& headers) noexcept {
  return headers.count_of(kAuthorization) > 1 ||
         std::any_of(kKeyFields.begin(), kKeyFields.end(),
                     [&](std::string_view name) { return headers.count_of(name) > 1; });
}

// The gateway key, in whichever field an SDK puts its API key. Google's put it into the query, too.
std::string_view presented_key(const http::RequestHead& head) noexcept {
  const http::Headers& headers = head.headers;
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view authorization = headers.find(kAuthorization);
  if (authorization.size() > kBearer.size() &&
      equals_ignoring_case(authorization.substr(0, kBearer.size()), kBearer))
    return authorization.substr(kBearer.size());
  for (std::string_view name : kKeyFields) {
    const std::string_view value = headers.find(name);
    if (!value.empty()) return value;
  }
  return http::find_in_query(head.query, "key");
}

// The calendar year of a wall clock; 0 when the clock is plainly not set.
uint16_t year_of(uint64_t wall_ns) noexcept {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::nanoseconds> now{
      chrono::nanoseconds(static_cast<int64_t>(wall_ns))};
  const int year{chrono::year_month_day{chrono::floor<chrono::days>(now)}.year()};
  constexpr int kFirstYearOfThisProgram = 2025;
  return year < kFirstYearOfThisProgram ? 0 : static_cast<uint16_t>(year);
}

Reason reason_of_head_error(http::HeadError error) noexcept {
  switch (error) {
    case http::HeadError::TooLarge:
    case http::HeadError::TooManyHeaders:
      return Reason::HeadTooLarge;
    case http::HeadError::Connect:
    case http::HeadError::Http2:
      return Reason::UpgradeRefused;
    default:
      return Reason::MalformedHead;
  }
}

using base::bytes_of;

// A canary that does not know the keys of its tenants any more is one of the things to be noticed.
void count_lost_caller(PolicyVersion& version) noexcept {
  ++version.counters().exchanges;
  ++version.counters().errors;
}

// The client's own words lead it back here: the host that it wrote, and what of its path the route
// took off. No room for them: URLs stay as the vendor wrote them.
rewrite::ApiUrls api_urls_of(Exchange& exchange, const http::RequestHead& head) {
  constexpr std::string_view kScheme = "https://";
  const std::string_view host = head.headers.find("host"), target = exchange.route.target_path;
  if (host.empty() || target.empty() || !head.path.ends_with(target)) return {};
  const std::string_view prefix = head.path.substr(0, head.path.size() - target.size());
  auto& out = exchange.gateway_url;
  if (kScheme.size() + host.size() + prefix.size() > out.size()) return {};
  size_t size = 0;
  for (const std::string_view part : {kScheme, host, prefix}) {
    std::copy(part.begin(), part.end(), out.begin() + static_cast<std::ptrdiff_t>(size));
    size += part.size();
  }
  return {exchange.version->vendor(exchange.route.vendor_index).api_url, {out.data(), size}};
}

}  // namespace

bool Gateway::read_head(Client& client) {
  if (client.leg.plain_in.empty()) return false;
  if (client.parser.empty()) {
    client.head_started = clock_.now;
    client.deadline = base::after_ms(
        clock_.now, current_ != nullptr ? current_->image().limits().header_ms : kHeadMsMax);
  }
  switch (client.parser.feed(client.leg.plain_in)) {
    case http::RequestHeadParser::Result::NeedMore:
      return true;
    case http::RequestHeadParser::Result::Failed:
      refuse_anonymous(client, reason_of_head_error(client.parser.error()), ErrorShape::OpenAi,
                       http::head_error_name(client.parser.error()));
      return true;
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
  if (has_two_keys(head.headers))
    return refuse_anonymous(client, Reason::MalformedHead, ErrorShape::OpenAi, "duplicate_key");
  const Choice decided = choose(*set_, presented_key(head));
  Route route;
  Reason routed = decided.version->route(head, route);
  // What is not served at all is said by its own name, whichever way a client asks for it.
  if (head.upgrade && routed != Reason::UnsupportedEndpoint) routed = Reason::UpgradeRefused;
  // Who has no key learns nothing about the routes.
  if (!decided.caller.has_value()) {
    if (decided.lost_by_canary) count_lost_caller(*decided.version);
    return refuse_anonymous(client, Reason::BadCredentials, route.error_shape);
  }
  Exchange* exchange = take_exchange();
  if (exchange == nullptr) return refuse_without_exchange(client, decided, route.error_shape);
  begin_exchange(*exchange, client, decided, route);
  exchange->routed = routed == Reason::None;
  choose_reason(*exchange, head.headers);
  exchange->earlier.begin(recall_.is_possible(*exchange, *current_));
  read_template_name(*exchange, head.headers);
  std::string_view detail = routed == Reason::None ? std::string_view{} : route.refusal_hint;
  const Reason refused = routed != Reason::None ? routed : admission(head, *exchange, detail);
  if (refused != Reason::None) return refuse(*exchange, refused, detail);
  client.deadline = base::after_ms(clock_.now, exchange->version->image().limits().body_ms);
  if (!exchange->route.kind.request.valid()) {  // an endpoint without a body
    client.stage = Client::Stage::Busy;
    return body_complete(client, *exchange);
  }
  exchange->rewriter.begin(exchange->request_scope, exchange->route.kind.request,
                           exchange->body_format,
                           multipart_boundary(head.headers.find("content-type")));
  //= RFC 9110 10.1.1: 100 only after the head was judged
  if (head.expect_continue &&
      !client.leg.plain_out.append_copy(bytes_of("HTTP/1.1 100 Continue\r\n\r\n"), plaintext_pool_))
    refuse(*exchange, Reason::BuffersFull);
}

void Gateway::begin_exchange(Exchange& exchange, Client& client, const Choice& decided,
                             const Route& route) {
  const http::RequestHead& head = client.parser.head();
  ++counters_.exchanges;
  client.exchange_slot = exchange.slot;
  client.stage = Client::Stage::Body;
  client.decoder.begin(head.framing, head.content_length);
  exchange.phase = Phase::Body;
  exchange.client_slot = client.slot;
  exchange.upstream_slot = kNoSlot;
  exchange.version = decided.version;
  exchange.version->begin_use();
  exchange.caller = *decided.caller;
  exchange.route = route;
  exchange.id = recorder_.next_request_id();
  exchange.id_text = contract::request_id_text(exchange.id);
  exchange.admitted = exchange.answer_head_sent = exchange.wants_stream = false;
  exchange.repeated = exchange.committed_durability = false;
  exchange.connect_tries = 0;
  exchange.body_bytes = exchange.request_out_bytes = exchange.request_body_out_bytes = 0;
  exchange.request_copied_bytes = 0;
  exchange.answer_bytes = exchange.answer_out_bytes = 0;
  exchange.tokens_seen = exchange.mapping_batches = 0;
  exchange.answer_waits = exchange.answer_ended = exchange.answer_reread = false;
  exchange.wait_left_ms = exchange.version->image().limits().recall_wait_ms;
  exchange.model_size = 0;
  exchange.vendor_status = 0;
  exchange.upstream_spki = {};
  exchange.upstream_tls_version = 0;
  exchange.upstream_connection = 0;
  exchange.started = client.head_started;
  exchange.admitted_at = exchange.body_done_at = exchange.released_at = clock_.now;
  exchange.recorded_at = exchange.sent_at = exchange.first_byte_at = clock_.now;
  for (rewrite::RewriteScope* scope : {&exchange.request_scope, &exchange.response_scope}) {
    scope->tally.clear();
    scope->refusal = rewrite::Refusal::None;
    scope->template_check = nullptr;
    scope->refusal_entity = 0xffff;
    scope->tokens = &exchange.tokens;
    scope->earlier = &exchange.earlier;
    scope->request_texts = &exchange.request_texts;
  }
  exchange.request_scope.known = &exchange.known;
  exchange.request_scope.people = &exchange.people;
  exchange.response_scope.api_urls = api_urls_of(exchange, head);
}

Reason Gateway::admission(const http::RequestHead& head, Exchange& exchange,
                          std::string_view& detail) {
  const policy::Image& image = exchange.version->image();
  const policy::Limits& limits = image.limits();
  const uint64_t vendors = image.tenant(exchange.caller.tenant_index).vendors;
  if (((vendors >> exchange.route.vendor_index) & 1) == 0) return Reason::VendorNotAllowed;
  if (const Reason ready = exchange.version->readiness(exchange.caller, exchange.route, detail);
      ready != Reason::None)
    return ready;
  if (head.content_encoded) return Reason::ContentEncoded;
  if (exchange.route.kind.request.valid()) {
    if (head.framing == http::Framing::None) return Reason::LengthRequired;
    const std::string_view type = head.headers.find("content-type");
    const auto format = request_format(type, exchange.route.kind.request);
    if (!format.has_value()) return Reason::UnknownContentType;
    exchange.body_format = *format;
    if (*format == llm::BodyFormat::Multipart && multipart_boundary(type).empty()) {
      detail = "boundary";
      return Reason::MalformedBody;
    }
  } else if (head.framing != http::Framing::None) {
    detail = "this endpoint takes none";  // whatever is in it: nothing of it would be read
    return Reason::MalformedBody;
  }
  const bool counted = head.framing == http::Framing::ContentLength;
  if (counted && head.content_length > limits.max_body_bytes) return Reason::BodyTooLarge;
  if (const Reason full = evidence_admission(exchange); full != Reason::None) return full;
  // The body and its edited copy live side by side for a moment.
  const uint64_t expected = counted ? head.content_length : 0;
  if (!reserve_body(exchange, 2 * expected + kBodyStepBytes)) return Reason::BodyPoolFull;
  if (!exchange.version->prepare(exchange.request_scope, exchange.response_scope, exchange.caller,
                                 exchange.route, exchange.reason(), year_of(clock_.wall_ns)))
    return Reason::NotReady;
  if (const Reason refused = choose_template(exchange); refused != Reason::None) return refused;
  return path_may_pass(exchange, detail) ? Reason::None : Reason::PolicyBlocked;
}

// What a caller chose of the path cannot be rewritten: an id with a value in it is none.
bool Gateway::path_may_pass(Exchange& exchange, std::string_view& detail) {
  if (exchange.route.unknown_endpoint) ++counters_.unknown_endpoints;
  for (std::string_view value : exchange.route.variables.all()) {
    if (text_may_pass(exchange, value)) continue;
    detail = "path";
    return false;
  }
  return true;
}

// Nothing is served that could not be recorded (architecture section 5). Without a drainer
// `committed` tenants are refused at once; `recorded` ones until the ring is full or too old.
Reason Gateway::evidence_admission(Exchange& exchange) {
  const policy::Image& image = exchange.version->image();
  exchange.committed_durability =
      image.durability(exchange.caller) == policy::Durability::Committed;
  if (exchange.committed_durability && !recorder_.consumer_alive(clock_.now))
    return Reason::EvidenceStalled;
  if (recorder_.undrained_age_ms(clock_.now) > image.limits().max_undrained_ms)
    return Reason::EvidenceStalled;
  const auto& ring = recorder_.ring();
  const bool high =
      ring.used_bytes() * 100 > ring.capacity_bytes() * image.limits().ring_high_water_percent;
  if (high || recorder_.above_high_water()) return Reason::EvidenceFull;
  return recorder_.reserve(exchange.reservation) ? Reason::None : Reason::EvidenceFull;
}

// NAME@VERSION. One that is too long for any template is cut, and so names none.
void Gateway::read_template_name(Exchange& exchange, const http::Headers& headers) noexcept {
  const std::string_view named = headers.find("x-sallyport-template");
  const size_t kept = std::min(named.size(), exchange.template_text.size());
  std::copy_n(named.begin(), kept, exchange.template_text.begin());
  const size_t at = std::min(named.find('@'), kept);
  exchange.template_name_size = static_cast<uint8_t>(at);
  exchange.template_size = static_cast<uint8_t>(kept);
  exchange.prompt_template = nullptr;
  exchange.template_holds = false;
  exchange.template_fault = Reason::None;
}

// A route that requires a template refuses without one; elsewhere a template that is named is
// compared, and recorded when it does not hold.
Reason Gateway::choose_template(Exchange& exchange) noexcept {
  const bool has_texts = exchange.route.kind.request.valid();
  const bool required = exchange.route.requires_template && has_texts;
  if (exchange.template_size == 0) return required ? Reason::TemplateRequired : Reason::None;
  if (!has_texts) return Reason::None;
  const policy::PromptTemplate* found =
      exchange.version->templates().find(exchange.template_name(), exchange.template_version());
  Reason fault = Reason::None;
  if (found == nullptr)
    fault = Reason::TemplateUnknown;
  else if (found->is_retired)
    fault = Reason::TemplateRetired;
  if (fault != Reason::None) {
    if (!required) exchange.template_fault = fault;
    return required ? fault : Reason::None;
  }
  exchange.prompt_template = found;
  exchange.template_check.begin(*found);
  exchange.request_scope.template_check = &exchange.template_check;
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

}  // namespace sallyport::flow
