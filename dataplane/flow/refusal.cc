#include "dataplane/flow/refusal.h"

#include <array>
#include <cstdio>

#include "dataplane/base/check.h"

namespace sallyport::flow {
namespace {

using R = Reason;

constexpr std::array<RefusalRow, static_cast<size_t>(Reason::kCount)> kRows{{
    {R::None, "none", 200, true, ""},
    {R::MalformedHead, "malformed_head", 400, false, "The request head is malformed or ambiguous."},
    {R::HeadTooLarge, "head_too_large", 431, false,
     "The request head is larger than the gateway accepts."},
    {R::UnknownHost, "unknown_host", 421, false, "This host name is not served by the gateway."},
    {R::UnknownPath, "unknown_path", 404, false,
     "This path is not allowed by the gateway's policy."},
    {R::UnknownMethod, "unknown_method", 405, false, "This method is not allowed for this path."},
    {R::UnknownContentType, "unknown_content_type", 415, false,
     "This endpoint takes no body of this content type: what cannot be inspected is not passed."},
    {R::UpgradeRefused, "upgrade_refused", 400, false, "Only HTTP/1.1 is served, no tunnels."},
    {R::UnsupportedEndpoint, "unsupported_endpoint", 404, false,
     "The gateway cannot inspect what this endpoint carries, so it does not serve it."},
    {R::VersionTooOld, "version_too_old", 505, false,
     "HTTP/1.0 cannot carry a stream whose end is certain; use HTTP/1.1."},
    {R::LengthRequired, "length_required", 411, false, "The request needs a body."},
    {R::BodyTooLarge, "body_too_large", 413, false,
     "The request body is larger than policy allows."},
    {R::ContentEncoded, "content_encoded", 415, false,
     "Encoded request bodies cannot be inspected and are refused."},
    {R::BadCredentials, "bad_credentials", 401, false,
     "The gateway key is missing, unknown or revoked."},
    {R::VendorNotAllowed, "vendor_not_allowed", 403, false,
     "Policy does not let this caller use this vendor."},
    {R::MalformedBody, "malformed_body", 400, false, "This endpoint takes no such body."},
    {R::MalformedJson, "malformed_json", 400, false,
     "The request body is not valid, unambiguous JSON."},
    {R::HeaderTimeout, "header_timeout", 408, false, "The request head did not arrive in time."},
    {R::BodyTimeout, "body_timeout", 408, false, "The request body did not arrive in time."},
    {R::ClientGone, "client_gone", 499, false, "The client went away."},
    {R::PolicyBlocked, "policy_blocked", 403, false,
     "Blocked by policy: the request contains data that must not leave."},
    {R::TooManyTokens, "too_many_tokens", 413, false,
     "The request contains more protected values than policy allows."},
    {R::TemplateRequired, "template_required", 403, false, "This route wants a prompt template."},
    {R::TemplateUnknown, "template_unknown", 403, false, "There is no such prompt template."},
    {R::TemplateRetired, "template_retired", 403, false, "This prompt template is retired."},
    {R::TemplateMismatch, "template_mismatch", 403, false,
     "The messages are not those of the prompt template that is named."},
    {R::NotReady, "not_ready", 503, true, "The gateway has no policy or keys yet."},
    {R::EvidenceFull, "evidence_full", 503, true,
     "No room to record the request; it was not forwarded."},
    {R::EvidenceStalled, "evidence_stalled", 503, true,
     "Records are not being drained; the request was not forwarded."},
    {R::EvidenceNotCommitted, "evidence_not_committed", 503, true,
     "The record was not made durable in time; the request was not forwarded."},
    {R::VaultSealed, "vault_sealed", 503, true,
     "The vault is sealed: what would become tokens could not be kept; nothing was forwarded."},
    {R::BodyPoolFull, "body_pool_full", 503, true, "No room to hold the request body."},
    {R::BuffersFull, "buffers_full", 503, true, "The gateway is out of buffers."},
    {R::UpstreamsFull, "upstreams_full", 503, true, "No free connection to the vendor."},
    {R::UpstreamConnect, "upstream_connect", 502, true, "The vendor could not be reached."},
    {R::UpstreamTls, "upstream_tls", 502, false,
     "The TLS handshake with the vendor failed; nothing was sent."},
    {R::UpstreamPinMismatch, "upstream_pin_mismatch", 502, false,
     "The vendor's key does not match the pin; nothing was sent."},
    {R::UpstreamCertificate, "upstream_certificate", 502, false,
     "The vendor's certificate was refused; nothing was sent."},
    {R::UpstreamClosed, "upstream_closed", 502, true, "The vendor closed the connection."},
    {R::UpstreamMalformed, "upstream_malformed", 502, false, "The vendor's answer is malformed."},
    {R::UpstreamTruncated, "upstream_truncated", 502, false, "The vendor's answer ended early."},
    {R::UpstreamEncoded, "upstream_encoded", 502, false,
     "The vendor's answer is encoded and cannot be inspected."},
    {R::UpstreamContentType, "upstream_content_type", 502, false,
     "The vendor's answer has a content type that cannot be inspected."},
    {R::UpstreamTimeout, "upstream_timeout", 504, true, "The vendor did not answer in time."},
    {R::UpstreamTooLarge, "upstream_too_large", 502, false,
     "The vendor's answer is larger than policy allows."},
    {R::ResponseBlocked, "response_blocked", 403, false,
     "Blocked by policy: the answer contains data that must not be delivered."},
}};

constexpr bool rows_in_order() {
  for (size_t i = 0; i < kRows.size(); ++i)
    if (static_cast<size_t>(kRows[i].reason) != i) return false;
  return true;
}
static_assert(rows_in_order());

const char* openai_type(uint16_t status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

const char* anthropic_type(uint16_t status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 503:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

const char* google_status(uint16_t status) {
  switch (status) {
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return status >= 500 ? "UNAVAILABLE" : "INVALID_ARGUMENT";
  }
}

// The text for a person: what was refused, and why where that has a name.
struct ErrorText {
  std::array<char, 384> text;
  int size = 0;

  ErrorText(const RefusalRow& row, std::string_view detail) {
    const char* open = detail.empty() ? "" : " (";
    const char* close = detail.empty() ? "" : ")";
    size = std::snprintf(text.data(), text.size(), "%s%s%.*s%s", row.message, open,
                         static_cast<int>(detail.size()), detail.data(), close);
    if (size < 0 || static_cast<size_t>(size) >= text.size()) size = 0;
  }
};

size_t fitting(int written, std::span<char> out) noexcept {
  return written < 0 || static_cast<size_t>(written) >= out.size() ? 0
                                                                   : static_cast<size_t>(written);
}

}  // namespace

const RefusalRow& refusal_row(Reason reason) noexcept {
  SP_CHECK(reason < Reason::kCount);
  return kRows[static_cast<size_t>(reason)];
}

Reason reason_of(rewrite::Refusal refusal) noexcept {
  switch (refusal) {
    case rewrite::Refusal::None:
      return Reason::None;
    case rewrite::Refusal::PolicyBlocked:
    case rewrite::Refusal::UnknownField:
      return Reason::PolicyBlocked;
    case rewrite::Refusal::ResponseBlocked:
      return Reason::ResponseBlocked;
    case rewrite::Refusal::TooManyTokens:
      return Reason::TooManyTokens;
    case rewrite::Refusal::BuffersFull:
      return Reason::BuffersFull;
    case rewrite::Refusal::MalformedEvent:
      return Reason::UpstreamMalformed;
  }
  SP_CHECK(false);
  return Reason::BuffersFull;
}

size_t write_error_body(ErrorShape shape, const RefusalRow& row, std::string_view request_id,
                        std::string_view detail, std::span<char> out) noexcept {
  const ErrorText said(row, detail);
  const int id_size = static_cast<int>(request_id.size());
  const char* text = said.text.data();
  const char* id = request_id.data();
  switch (shape) {
    case ErrorShape::OpenAi:
      return fitting(std::snprintf(out.data(), out.size(),
                                   R"({"error":{"message":"%.*s Sallyport request id: %.*s",)"
                                   R"("type":"%s","param":null,"code":"%s"}})",
                                   said.size, text, id_size, id, openai_type(row.status), row.name),
                     out);
    case ErrorShape::Anthropic:
      return fitting(
          std::snprintf(out.data(), out.size(),
                        R"({"type":"error","error":{"type":"%s",)"
                        R"("message":"%.*s Sallyport reason: %s"},"request_id":"%.*s"})",
                        anthropic_type(row.status), said.size, text, row.name, id_size, id),
          out);
    case ErrorShape::Google:
      return fitting(std::snprintf(out.data(), out.size(),
                                   R"({"error":{"code":%u,"message":"%.*s Sallyport reason: %s )"
                                   R"(Sallyport request id: %.*s","status":"%s"}})",
                                   row.status, said.size, text, row.name, id_size, id,
                                   google_status(row.status)),
                     out);
    case ErrorShape::Cohere:
      return fitting(std::snprintf(out.data(), out.size(),
                                   R"({"id":"%.*s","message":"%.*s Sallyport reason: %s )"
                                   R"(Sallyport request id: %.*s"})",
                                   id_size, id, said.size, text, row.name, id_size, id),
                     out);
    case ErrorShape::Bedrock:
      return fitting(std::snprintf(out.data(), out.size(),
                                   R"({"message":"%.*s Sallyport reason: %s )"
                                   R"(Sallyport request id: %.*s"})",
                                   said.size, text, row.name, id_size, id),
                     out);
  }
  SP_CHECK(false);
  return 0;
}

size_t write_error_event(ErrorShape shape, bool is_line, const RefusalRow& row,
                         std::string_view request_id, std::string_view detail,
                         std::span<char> out) noexcept {
  if (shape != ErrorShape::Cohere) return write_error_body(shape, row, request_id, detail, out);
  const ErrorText said(row, detail);
  const int id_size = static_cast<int>(request_id.size());
  const char* id = request_id.data();
  // Version 1 streams lines and names its events `event_type`, version 2 events with a `type`.
  const char* before =
      is_line ? R"({"is_finished":true,"event_type":"stream-end","finish_reason":"ERROR","error":")"
              : R"({"type":"message-end","delta":{"finish_reason":"ERROR","error":")";
  const char* behind = is_line ? R"("})" : R"("}})";
  return fitting(std::snprintf(out.data(), out.size(),
                               "%s%.*s Sallyport reason: %s Sallyport request id: %.*s%s", before,
                               said.size, said.text.data(), row.name, id_size, id, behind),
                 out);
}

std::string_view error_event_name(ErrorShape shape) noexcept {
  if (shape == ErrorShape::Anthropic) return "error";
  return shape == ErrorShape::Cohere ? "message-end" : std::string_view{};
}

std::string_view request_id_header(ErrorShape shape) noexcept {
  if (shape == ErrorShape::Anthropic) return "request-id";
  return shape == ErrorShape::Bedrock ? "x-amzn-requestid" : "x-request-id";
}

const char* bedrock_error_type(uint16_t status) noexcept {
  switch (status) {
    case 401:
      return "UnrecognizedClientException";
    case 403:
      return "AccessDeniedException";
    case 404:
      return "ResourceNotFoundException";
    case 503:
      return "ServiceUnavailableException";
    case 504:
      return "ModelTimeoutException";
    default:
      return status >= 500 ? "InternalServerException" : "ValidationException";
  }
}

}  // namespace sallyport::flow
