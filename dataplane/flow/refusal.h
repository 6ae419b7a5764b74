// refusal.h: every reason for which an exchange is answered by us instead of the vendor, in one
// table.
//
// A policy refusal is 403 with `x-should-retry: false`: vendor SDKs repeat 408, 409, 429 and 5xx,
// which would send the same secret again. Exhaustion is 503 with Retry-After, so that they do come
// back. No text here holds anything of the request but our own request id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/rewrite/text/rewrite_scope.h"

namespace sallyport::flow {

enum class Reason : uint8_t {
  None,
  // the client's
  MalformedHead,
  HeadTooLarge,
  UnknownHost,
  UnknownPath,
  UnknownMethod,
  UnknownContentType,
  UpgradeRefused,
  UnsupportedEndpoint,
  VersionTooOld,
  LengthRequired,
  BodyTooLarge,
  ContentEncoded,
  BadCredentials,
  VendorNotAllowed,
  MalformedBody,
  MalformedJson,
  HeaderTimeout,
  BodyTimeout,
  ClientGone,
  // policy
  PolicyBlocked,
  TooManyTokens,
  TemplateRequired,
  TemplateUnknown,
  TemplateRetired,
  TemplateMismatch,
  // exhaustion
  NotReady,
  EvidenceFull,
  EvidenceStalled,
  EvidenceNotCommitted,
  VaultSealed,
  BodyPoolFull,
  BuffersFull,
  UpstreamsFull,
  // the vendor's
  UpstreamConnect,
  UpstreamTls,
  UpstreamPinMismatch,
  UpstreamCertificate,
  UpstreamClosed,
  UpstreamMalformed,
  UpstreamTruncated,
  UpstreamEncoded,
  UpstreamContentType,
  UpstreamTimeout,
  UpstreamTooLarge,
  ResponseBlocked,
  kCount
};

struct RefusalRow {
  Reason reason;
  const char* name;     // stable: in records, headers, counters, docs/errors.md
  uint16_t status;      // HTTP status of the answer
  bool retry;           // false: x-should-retry: false
  const char* message;  // for a person
};

const RefusalRow& refusal_row(Reason reason) noexcept;

// What a rewriter's refusal is to a caller.
Reason reason_of(rewrite::Refusal refusal) noexcept;

// How the error body is shaped: what the SDK at the other end understands.
enum class ErrorShape : uint8_t { OpenAi, Anthropic, Google, Cohere, Bedrock };
inline constexpr size_t kErrorShapeCount = 5;

// Writes the JSON body of a refusal; answers its size (0: `out` too small). `detail` is a rule or
// TLS failure name, never data of the request.
size_t write_error_body(ErrorShape shape, const RefusalRow& row, std::string_view request_id,
                        std::string_view detail, std::span<char> out) noexcept;

// The same, as the last event of a stream that has begun. `is_line`: of a stream of JSON lines.
size_t write_error_event(ErrorShape shape, bool is_line, const RefusalRow& row,
                         std::string_view request_id, std::string_view detail,
                         std::span<char> out) noexcept;
// The `event:` of that event in server-sent events; empty: the vendor's events have no names.
std::string_view error_event_name(ErrorShape shape) noexcept;

// The header in which SDKs of this vendor look for the id of a request.
std::string_view request_id_header(ErrorShape shape) noexcept;
// Bedrock's clients read the kind of an error in a header (x-amzn-errortype), not in the body.
const char* bedrock_error_type(uint16_t status) noexcept;

}  // namespace sallyport::flow
