// content_types.h: how a body is framed, by its content type and what the tables of its endpoint
// allow. Never by what stands in it alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dataplane/llm/api_tables.h"

namespace sallyport::flow {

// The type without its parameters, as far as it makes a difference.
enum class MediaType : uint8_t {
  None,  // no content type at all
  Json,
  JsonLines,
  Sse,
  AwsEventStream,
  Multipart,
  Text,
  Other
};
MediaType media_type(std::string_view content_type) noexcept;

// How a request's body is to be read; nothing: this endpoint does not take this type.
std::optional<llm::BodyFormat> request_format(std::string_view content_type,
                                              const llm::PathTable& request) noexcept;

// The boundary of multipart/form-data (RFC 2046 5.1.1), a view into `content_type`. Empty: there is
// none, it stands twice, or it is not one.
std::string_view multipart_boundary(std::string_view content_type) noexcept;

// How an answer is to be read.
struct AnswerFormat {
  enum class Kind : uint8_t {
    Refused,   // nothing that this endpoint answers
    Body,      // `body`
    Stream,    // `stream`
    ByContent  // `stream` when the first byte that is no white space is `first`, else `body`
  };
  Kind kind = Kind::Refused;
  llm::BodyFormat body = llm::BodyFormat::Json;
  llm::StreamFormat stream = llm::StreamFormat::Sse;
  uint8_t first = 0;
  bool has_body = false;  // ByContent: `body` is one that this endpoint answers
};
AnswerFormat answer_format(uint16_t status, std::string_view content_type,
                           const llm::ApiKind& kind) noexcept;

// What the other side is told: the type as it came where it says more than we read, without
// parameters, else our own name for it. A view into `content_type`, or a fixed text.
std::string_view shown_content_type(llm::BodyFormat format, std::string_view content_type) noexcept;
std::string_view shown_content_type(llm::StreamFormat format,
                                    std::string_view content_type) noexcept;

}  // namespace sallyport::flow
