// request_path.cc: from ADMIT to RELEASE.
//
//   body, judged while it arrives -> RELEASE: edits applied, admitted record written, committed
//   where policy says so -> vendor leg
#include <algorithm>
#include <array>
#include <cstdio>

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/flow/gateway.h"
#include "dataplane/http/query.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::flow {
namespace {

using http::equals_ignoring_case;

// What goes on to the vendor: who asks, in whose name, and what an API takes in its head (a
// guardrail of Bedrock's invoke stands nowhere else). Everything else of a head stays here:
// cookies, forwarding fields and unknown ones are ways out that nobody inspects. Values that pass
// are scanned like text.
constexpr std::array<std::string_view, 38> kForwardedHeaders{
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
    "anthropic-user-profile-id",
    "x-goog-api-client",
    "x-goog-user-project",
    "x-ms-client-request-id",
    "x-ms-useragent",
    "x-ms-oai-image-generation-deployment",
    "x-client-name",
    "x-amzn-bedrock-accept",
    "x-amzn-bedrock-guardrailidentifier",
    "x-amzn-bedrock-guardrailversion",
    "x-amzn-bedrock-trace",
    "x-amzn-bedrock-performanceconfig-latency",
    "x-amzn-bedrock-service-tier",
    "x-stainless-lang",
    "x-stainless-package-version",
    "x-stainless-os",
    "x-stainless-arch",
    "x-stainless-runtime",
    "x-stainless-runtime-version",
    "x-stainless-async",
    "x-stainless-retry-count",
    "x-stainless-read-timeout",
    "x-stainless-timeout",
    "x-stainless-raw-response",
    "x-stainless-helper",
    "x-stainless-helper-method",
    "x-stainless-stream-helper"};

bool is_forwarded(std::string_view name) noexcept {
  return std::any_of(kForwardedHeaders.begin(), kForwardedHeaders.end(),
                     [&](std::string_view known) { return equals_ignoring_case(known, name); });
}

using base::bytes_of;

// Why the reader stopped: the rewriter's refusal, else the body is not what it says it is.
Reason reason_of_walk(const Exchange& exchange) noexcept {
  const Reason reason = reason_of(exchange.request_scope.refusal);
  if (reason != Reason::None) return reason;
  return exchange.body_format == llm::BodyFormat::Multipart ? Reason::MalformedBody
                                                            : Reason::MalformedJson;
}

std::string_view detail_of_walk(const Exchange& exchange) noexcept {
  return exchange.request_scope.refusal == rewrite::Refusal::None ? exchange.rewriter.problem()
                                                                  : std::string_view{};
}

// A model that stands in the path instead of the body.
void note_model(Exchange& exchange) noexcept {
  const std::string_view model = exchange.route.variables.model;
  exchange.model_size = static_cast<uint8_t>(std::min(model.size(), exchange.model.size()));
  std::copy_n(model.begin(), exchange.model_size, exchange.model.begin());
}

}  // namespace

bool Gateway::read_body(Client& client) {
  Exchange& exchange = *exchanges_[client.exchange_slot];
  // Room first: what was decoded cannot be put back. Twice, for the edited copy.
  const uint64_t needed = 2 * (exchange.body_bytes + client.leg.plain_in.size()) + kBodyStepBytes;
  const uint64_t in_steps = (needed + kBodyStepBytes - 1) / kBodyStepBytes * kBodyStepBytes;
  const bool is_counted = client.parser.head().framing == http::Framing::ContentLength;
  if (!is_counted && !reserve_body(exchange, in_steps)) {
    client.waits_for_pool = true;  // its window closes while others finish
    return false;
  }
  mem::ByteChain part;
  const auto result = client.decoder.feed(client.leg.plain_in, part, plaintext_pool_);
  const bool moved = !part.empty();
  if (moved)
    client.deadline = base::after_ms(clock_.now, exchange.version->image().limits().body_ms);
  // With the last byte read the connection is free for another request, whatever is said to this
  // one.
  if (result == http::BodyDecoder::Result::Complete) client.stage = Client::Stage::Busy;
  if (!take_body(exchange, part)) return true;
  switch (result) {
    case http::BodyDecoder::Result::NeedMore:
      return moved;
    case http::BodyDecoder::Result::NoMemory:
      return false;
    case http::BodyDecoder::Result::Failed:
      refuse(exchange, Reason::MalformedBody, http::body_error_name(client.decoder.error()));
      return true;
    case http::BodyDecoder::Result::Complete:
      break;
  }
  body_complete(client, exchange);
  return true;
}

// False: the exchange has been refused.
bool Gateway::take_body(Exchange& exchange, const mem::ByteChain& part) {
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
    if (!exchange.rewriter.feed(s->bytes())) {
      refuse(exchange, reason_of_walk(exchange), detail_of_walk(exchange));
      return false;
    }
  }
  return true;
}

void Gateway::body_complete(Client& client, Exchange& exchange) {
  exchange.body_done_at = clock_.now;
  const bool has_body = exchange.route.kind.request.valid();
  if (has_body && !exchange.rewriter.end())
    return refuse(exchange, reason_of_walk(exchange), detail_of_walk(exchange));
  if (!template_fits(exchange))
    return refuse(exchange, Reason::TemplateMismatch,
                  rewrite::TemplateCheck::fault_name(exchange.template_check.fault()));
  edit_plan_.clear();
  bool fits = true;
  if (has_body) {
    const rewrite::MessageFacts& facts = exchange.rewriter.facts();
    exchange.wants_stream = facts.stream;
    exchange.model = facts.model;
    exchange.model_size = facts.model_size;
    rewrite::EditList& edits = exchange.rewriter.edits();
    for (const rewrite::TextEdit& edit : edits.edits())
      fits = fits && edit_plan_.add(edit.start, edit.end, edits.replacement(edit));
    edits.clear();
  }
  if (exchange.model_size == 0) note_model(exchange);
  SP_CHECK(edit_plan_.seal());
  exchange.request_body_out_bytes = edit_plan_.output_size(exchange.body.size());
  const bool edited = !edit_plan_.empty();
  mem::ByteChain body;
  const bool written =
      fits && write_request_head(exchange, client.parser.head(), exchange.request_body_out_bytes) &&
      edit_plan_.apply(exchange.body, 0, body, body_pool_) == redact::EditPlan::Applied::Ok;
  edit_plan_.clear();
  exchange.body.clear();
  counters_.tokens_minted += exchange.tokens.size();
  if (exchange.request_scope.refusal != rewrite::Refusal::None)
    return refuse(exchange, reason_of(exchange.request_scope.refusal));
  if (!fits) return refuse(exchange, Reason::TooManyTokens);
  if (!written) return refuse(exchange, Reason::BodyPoolFull);
  const std::string_view type = client.parser.head().headers.find("content-type");
  if (edited && !output_holds(body, exchange.body_format, multipart_boundary(type)))
    return refuse(exchange, Reason::MalformedBody, "rewritten");
  // A client that cannot read chunks would take a cut stream for a whole one.
  if (exchange.wants_stream && client.parser.head().is_old)
    return refuse(exchange, Reason::VersionTooOld);
  exchange.request_out.append(std::move(body));
  exchange.request_out_bytes = exchange.request_out.size();
  release(exchange);
}

// False: the route wants the template that the request names, and its texts are others.
bool Gateway::template_fits(Exchange& exchange) {
  if (exchange.prompt_template == nullptr) return true;
  exchange.template_holds = exchange.template_check.end();
  if (exchange.template_holds) return true;
  if (exchange.route.requires_template) return false;
  exchange.template_fault = Reason::TemplateMismatch;
  return true;
}

// What stands in a head is text like any other: what policy would rewrite in it does not pass, what
// it blocks ends the exchange.
bool Gateway::text_may_pass(Exchange& exchange, std::string_view text) {
  header_text_.begin(exchange.request_scope, {}, {}, nullptr, scan::Whole::Field);
  const bool judged = header_text_.feed(bytes_of(text)) && header_text_.end();
  const bool clean = judged && header_text_.edits().count() == 0;
  header_text_.edits().clear();
  return clean;
}

// The path, and of the query what the endpoint names. Nothing else of it goes on: a query is where
// keys are put that nobody should see in a log.
std::string_view Gateway::target_of(Exchange& exchange, const http::RequestHead& head) {
  const Route& route = exchange.route;
  size_t size = 0;
  const auto put = [&](std::string_view text) {
    std::copy(text.begin(), text.end(), target_.begin() + static_cast<std::ptrdiff_t>(size));
    size += text.size();
  };
  SP_CHECK(route.target_path.size() <= target_.size());
  put(route.target_path);
  const auto is_named = [&](std::string_view name) {
    for (size_t at = 0, end = 0; at < route.query.size(); at = end + 1) {
      end = route.query.find('\n', at);
      if (route.query.substr(at, end - at) == name) return true;
    }
    return false;
  };
  http::QueryReader query(head.query);
  while (query.next()) {
    std::array<char, kQueryTextBytesMax> text;
    const size_t name_size = http::decode_query(query.name(), text);
    if (name_size > text.size() || !is_named({text.data(), name_size})) continue;
    const size_t value_size = http::decode_query(query.value(), text);
    if (value_size > text.size() || query.raw().size() + 1 > target_.size() - size) continue;
    if (!text_may_pass(exchange, {text.data(), value_size})) continue;
    put(size == route.target_path.size() ? "?" : "&");
    put(query.raw());
  }
  return {target_.data(), size};
}

bool Gateway::write_request_head(Exchange& exchange, const http::RequestHead& head,
                                 uint64_t body_bytes) {
  const VendorRuntime& vendor = exchange.version->vendor(exchange.route.vendor_index);
  http::HeadWriter out(exchange.request_out, body_pool_);
  out.request_line(exchange.route.method, target_of(exchange, head));
  out.header("host", vendor.vendor.host);
  if (exchange.route.kind.request.valid()) {
    const std::string_view type = head.headers.find("content-type");
    if (exchange.body_format == llm::BodyFormat::Multipart) {
      std::array<char, 128> quoted;
      const std::string_view boundary = multipart_boundary(type);
      const int size =
          std::snprintf(quoted.data(), quoted.size(), "multipart/form-data; boundary=\"%.*s\"",
                        static_cast<int>(boundary.size()), boundary.data());
      out.header("content-type", {quoted.data(), static_cast<size_t>(size)});
    } else {
      out.header("content-type", shown_content_type(exchange.body_format, type));
    }
    out.header("content-length", body_bytes);
  } else if (exchange.route.method == "POST") {
    out.header("content-length", uint64_t{0});  //= RFC 9110 8.6: a method that may have one says so
  }
  out.header("accept-encoding", "identity");
  out.header(vendor.vendor.auth_header,
             std::string_view(reinterpret_cast<const char*>(vendor.credential_value.data()),
                              vendor.credential_value.size()));
  for (const http::Header& header : head.headers)
    if (is_forwarded(header.name) && text_may_pass(exchange, header.value))
      out.header(header.name, header.value);
  return out.finish();
}

// RELEASE: the whole body has been judged. Recorded first, then it may go (I1).
void Gateway::release(Exchange& exchange) {
  exchange.released_at = clock_.now;
  const Reason unkept = mappings_.send(exchange, *current_, contract::Direction::Request, clock_);
  if (unkept != Reason::None) return refuse(exchange, unkept, "mappings");
  recall_.ask(exchange, *current_, clock_.now);
  record_admitted(exchange);
  if (!exchange.committed_durability) {
    exchange.recorded_at = clock_.now;
    return connect(exchange);
  }
  exchange.phase = Phase::Commit;
  exchange.deadline = base::after_ms(clock_.now, exchange.version->image().limits().commit_wait_ms);
  commit_waiting_.push_back(exchange.slot);
}

// Both ways out take the exchange off the list, so the index stays where it is.
void Gateway::wait_for_commit() {
  const uint64_t committed = recorder_.committed_sequence();
  for (size_t i = 0; i < commit_waiting_.size();) {
    Exchange& exchange = *exchanges_[commit_waiting_[i]];
    if (exchange.admitted_sequence <= committed) {
      commit_waiting_.erase(commit_waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      exchange.recorded_at = clock_.now;
      connect(exchange);
    } else if (clock_.now >= exchange.deadline) {
      refuse(exchange, Reason::EvidenceNotCommitted);
    } else {
      ++i;
    }
  }
}

}  // namespace sallyport::flow
