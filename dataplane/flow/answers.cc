// answers.cc: what we say ourselves: refusals in the vendor's shape, heads of relayed answers.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/flow/gateway.h"
#include "dataplane/mem/wiping_vector.h"

namespace sallyport::flow {
namespace {

using http::equals_ignoring_case;

// Before any policy says what to answer.
constexpr uint32_t kRetryAfterS = 1;

// Of a vendor's head only what an SDK reads goes on; cookies and connection fields do not.
constexpr std::array<std::string_view, 16> kAnswerHeaders{"x-request-id",
                                                          "request-id",
                                                          "openai-processing-ms",
                                                          "openai-version",
                                                          "openai-organization",
                                                          "retry-after",
                                                          "retry-after-ms",
                                                          "x-should-retry",
                                                          "anthropic-organization-id",
                                                          "x-amzn-requestid",
                                                          "x-amzn-errortype",
                                                          "x-ms-request-id",
                                                          "x-ms-region",
                                                          "apim-request-id",
                                                          "mistral-correlation-id",
                                                          "date"};

bool is_answer_header(std::string_view name) noexcept {
  constexpr std::string_view kLimits = "x-ratelimit-";
  constexpr std::string_view kAnthropicLimits = "anthropic-ratelimit-";
  constexpr std::string_view kBedrockCounts = "x-amzn-bedrock-";
  for (std::string_view prefix : {kLimits, kAnthropicLimits, kBedrockCounts})
    if (name.size() > prefix.size() && equals_ignoring_case(name.substr(0, prefix.size()), prefix))
      return true;
  return std::any_of(kAnswerHeaders.begin(), kAnswerHeaders.end(),
                     [&](std::string_view known) { return equals_ignoring_case(known, name); });
}

using base::bytes_of;

// The longest text: five numbers, and a name and two numbers per reason that has something.
constexpr size_t kCoverageTextBytesMax = 5 * 36 + contract::kOpaqueReasonCount * 64;

// "inspected=120;rewritten=20;opaque=800;structure=44;unknown_fields=0;opaque.image=1/800"
// The last ones by reason: values and bytes. A reference has values only, its bytes are elsewhere.
std::string_view coverage_text(const rewrite::Tally& tally, std::span<char> out) {
  size_t used = 0;
  const auto text = [&](std::string_view part) {
    SP_CHECK(part.size() <= out.size() - used);
    used += part.copy(out.data() + used, part.size());
  };
  const auto number = [&](std::string_view before, uint64_t value) {
    text(before);
    const auto end = std::to_chars(out.data() + used, out.data() + out.size(), value);
    SP_CHECK(end.ec == std::errc());
    used = static_cast<size_t>(end.ptr - out.data());
  };
  number("inspected=", tally.inspected_bytes);
  number(";rewritten=", tally.rewritten_bytes);
  number(";opaque=", tally.opaque_bytes());
  number(";structure=", tally.structure_bytes);
  number(";unknown_fields=", tally.unknown_fields);
  for (size_t i = 0; i < contract::kOpaqueReasonCount; ++i) {
    if (tally.opaque_values[i] == 0 && tally.opaque_bytes_by_reason[i] == 0) continue;
    text(";opaque.");
    text(contract::opaque_reason_name(static_cast<contract::OpaqueReason>(i)));
    number("=", tally.opaque_values[i]);
    number("/", tally.opaque_bytes_by_reason[i]);
  }
  return {out.data(), used};
}

}  // namespace

bool Gateway::write_refusal(Client& client, Reason reason, ErrorShape shape, std::string_view id,
                            std::string_view detail, bool close) {
  const RefusalRow& row = refusal_row(reason);
  std::array<char, 1'024> body;
  const size_t size = write_error_body(shape, row, id, detail, body);
  SP_CHECK(size > 0);
  const size_t before = client.leg.plain_out.size();
  http::HeadWriter out(client.leg.plain_out, plaintext_pool_);
  out.status_line(row.status);
  out.header("content-type", "application/json");
  out.header("content-length", uint64_t{size});
  if (!id.empty()) {
    out.header("x-sallyport-request-id", id);
    out.header(request_id_header(shape), id);
  }
  if (shape == ErrorShape::Bedrock) out.header("x-amzn-errortype", bedrock_error_type(row.status));
  out.header("x-sallyport-reason-code", row.name);
  if (row.retry) {
    out.header(
        "retry-after",
        uint64_t{current_ != nullptr ? current_->image().limits().retry_after_s : kRetryAfterS});
  } else {
    out.header("x-should-retry", "false");
  }
  if (close) out.header("connection", "close");
  if (out.finish() &&
      client.leg.plain_out.append_copy(bytes_of({body.data(), size}), plaintext_pool_))
    return true;
  client.leg.plain_out.trim_back(client.leg.plain_out.size() - before);
  return false;
}

// The caller is not known, or nothing about the request is: counted in the aggregate, and the
// connection ends.
void Gateway::refuse_anonymous(Client& client, Reason reason, ErrorShape shape,
                               std::string_view detail) {
  const RefusalRow& row = refusal_row(reason);
  ++counters_.refusals[static_cast<size_t>(reason)];
  recorder_.refused_anonymous(row.name, evidence::SourcePrefix::of(client.source_address),
                              row.status, clock_);
  if (!write_refusal(client, reason, shape, {}, detail, true)) return drop_client(client, true);
  begin_closing(client);
}

// Ends an exchange with our own answer, whatever it was doing.
void Gateway::refuse(Exchange& exchange, Reason reason, std::string_view detail) {
  const RefusalRow& row = refusal_row(reason);
  ++counters_.refusals[static_cast<size_t>(reason)];
  Client& client = client_of(exchange);
  std::string_view shown = detail;
  const uint16_t entity = exchange.request_scope.refusal != rewrite::Refusal::None
                              ? exchange.request_scope.refusal_entity
                              : exchange.response_scope.refusal_entity;
  if (shown.empty() && entity < exchange.version->engine().entity_count())
    shown = exchange.version->engine().entity_name(entity);  // names the rule's subject, not data
  if (shown.empty()) shown = exchange.request_scope.refusal_subject;
  if (shown.empty()) shown = exchange.response_scope.refusal_subject;
  // What was read of the body may have named the model already.
  if (exchange.phase == Phase::Body && exchange.body_bytes > 0 && exchange.model_size == 0) {
    exchange.model = exchange.rewriter.facts().model;
    exchange.model_size = exchange.rewriter.facts().model_size;
  }
  const bool midstream = exchange.answer_head_sent;
  record_end(exchange, reason, row.status, midstream);
  bool ok = true;
  if (midstream) {
    ok = write_midstream_error(exchange, client, row, shown);
    client.keep_alive = false;
  } else {
    const bool body_read = client.stage == Client::Stage::Busy;
    if (!body_read) client.keep_alive = false;
    ok = write_refusal(client, reason, exchange.route.error_shape, exchange.id_text.view(), shown,
                       !client.keep_alive);
  }
  finish(exchange);
  if (!ok) return drop_client(client, true);
  write_client(client);
}

// An event that SDKs raise as an error; the body then ends without its last chunk, so it is never
// taken for whole.
bool Gateway::write_midstream_error(Exchange& exchange, Client& client, const RefusalRow& row,
                                    std::string_view detail) {
  std::array<char, 1'024> body;
  if (exchange.phase != Phase::AnswerStream) return true;  // bytes that nobody reads: cut
  const ErrorShape shape = exchange.route.error_shape;
  const bool is_line = exchange.relay.format() == llm::StreamFormat::JsonLines;
  const size_t size = write_error_event(shape, is_line, row, exchange.id_text.view(), detail, body);
  std::array<char, 256> message;
  const int shown = std::snprintf(message.data(), message.size(), "%s Sallyport request id: %.*s",
                                  row.message, static_cast<int>(exchange.id_text.view().size()),
                                  exchange.id_text.view().data());
  SP_CHECK(shown > 0 && static_cast<size_t>(shown) < message.size());
  mem::clear_wiping(event_buffer_);
  exchange.relay.write_error(error_event_name(shape), {body.data(), size}, row.status == 403,
                             {message.data(), static_cast<size_t>(shown)}, event_buffer_);
  return http::write_chunk(event_buffer_, client.leg.plain_out, plaintext_pool_);
}

bool Gateway::write_answer_head(Exchange& exchange, std::string_view content_type, bool chunked,
                                uint64_t body_bytes) {
  Client& client = client_of(exchange);
  const http::ResponseHead& head = upstreams_[exchange.upstream_slot]->parser.head();
  const size_t before = client.leg.plain_out.size();
  http::HeadWriter out(client.leg.plain_out, plaintext_pool_);
  out.status_line(head.status);
  if (chunked) {
    out.header("content-type", content_type);
    out.header("cache-control", "no-cache");
    out.header("transfer-encoding", "chunked");
  } else if (head.framing != http::Framing::None) {
    out.header("content-type", content_type);
    out.header("content-length", body_bytes);
  } else if (head.status != 204 && head.status != 304 && exchange.route.method != "HEAD") {
    out.header("content-length", uint64_t{0});
  }
  for (const http::Header& header : head.headers)
    if (is_answer_header(header.name)) out.header(header.name, header.value);
  out.header("x-sallyport-request-id", exchange.id_text.view());
  std::array<char, kCoverageTextBytesMax> coverage;
  out.header("x-sallyport-coverage", coverage_text(exchange.request_scope.tally, coverage));
  // A stream has no place for it: what follows this head has not been read yet.
  if (!chunked && head.framing != http::Framing::None)
    out.header("x-sallyport-answer-coverage",
               coverage_text(exchange.response_scope.tally, coverage));
  if (!client.keep_alive) out.header("connection", "close");
  exchange.answer_head_sent = out.finish();
  if (!exchange.answer_head_sent)  // no half head before the refusal
    client.leg.plain_out.trim_back(client.leg.plain_out.size() - before);
  return exchange.answer_head_sent;
}

}  // namespace sallyport::flow
