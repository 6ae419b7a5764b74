#include "dataplane/flow/content_types.h"

#include <algorithm>
#include <array>

#include "dataplane/base/ascii.h"
#include "dataplane/http/head.h"

namespace sallyport::flow {
namespace {

using http::equals_ignoring_case;
using http::without_ows;
using llm::BodyFormat;
using llm::StreamFormat;

constexpr size_t kBoundaryBytesMax = 70;  // RFC 2046 5.1.1

struct Name {
  std::string_view name;
  MediaType type;
};
constexpr std::array<Name, 16> kNames{
    {{"application/json", MediaType::Json},
     {"application/x-ndjson", MediaType::JsonLines},
     {"application/ndjson", MediaType::JsonLines},
     {"application/jsonl", MediaType::JsonLines},
     {"application/x-jsonl", MediaType::JsonLines},
     {"application/jsonlines", MediaType::JsonLines},
     {"application/x-jsonlines", MediaType::JsonLines},
     {"application/json-lines", MediaType::JsonLines},
     {"text/jsonl", MediaType::JsonLines},
     {"application/stream+json", MediaType::JsonLines},
     // Texts that are not under text/: subtitles of a transcript, and what files hold.
     {"application/x-subrip", MediaType::Text},
     {"application/yaml", MediaType::Text},
     {"application/x-yaml", MediaType::Text},
     {"text/event-stream", MediaType::Sse},
     {"application/vnd.amazon.eventstream", MediaType::AwsEventStream},
     {"multipart/form-data", MediaType::Multipart}}};

bool is_boundary_byte(char c) noexcept {
  constexpr std::string_view kOther = "'()+_,-./:=? ";
  return base::is_alnum(static_cast<uint8_t>(c)) || kOther.find(c) != std::string_view::npos;
}

// The type as it came, when it is a plain one (RFC 6838 4.2): nothing rides along in it.
std::string_view plain_type(std::string_view content_type, std::string_view otherwise) noexcept {
  constexpr size_t kTypeBytesMax = 64;
  const std::string_view type = without_ows(content_type.substr(0, content_type.find(';')));
  const bool is_plain = !type.empty() && type.size() <= kTypeBytesMax &&
                        std::count(type.begin(), type.end(), '/') == 1 &&
                        std::all_of(type.begin(), type.end(), [](char c) {
                          return base::is_alnum(static_cast<uint8_t>(c)) || c == '/' || c == '.' ||
                                 c == '+' || c == '-';
                        });
  return is_plain ? type : otherwise;
}

// Nobody reads what is no JSON, unless the tables say that a body here may be anything.
std::optional<BodyFormat> body_format(MediaType type, const llm::PathTable& table) noexcept {
  if (type == MediaType::Json && table.takes(BodyFormat::Json)) return BodyFormat::Json;
  if (type == MediaType::JsonLines && table.takes(BodyFormat::JsonLines))
    return BodyFormat::JsonLines;
  if ((type == MediaType::Text || type == MediaType::None) && table.takes(BodyFormat::Text))
    return BodyFormat::Text;
  if (type != MediaType::Sse && type != MediaType::Multipart && table.takes(BodyFormat::Opaque))
    return BodyFormat::Opaque;
  return std::nullopt;
}

}  // namespace

MediaType media_type(std::string_view content_type) noexcept {
  const std::string_view type = without_ows(content_type.substr(0, content_type.find(';')));
  if (type.empty()) return MediaType::None;
  for (const Name& known : kNames)
    if (equals_ignoring_case(type, known.name)) return known.type;
  constexpr std::string_view kText = "text/";
  if (type.size() > kText.size() && equals_ignoring_case(type.substr(0, kText.size()), kText))
    return MediaType::Text;
  return MediaType::Other;
}

std::optional<BodyFormat> request_format(std::string_view content_type,
                                         const llm::PathTable& request) noexcept {
  const MediaType type = media_type(content_type);
  if (type == MediaType::Multipart && request.takes(BodyFormat::Multipart))
    return BodyFormat::Multipart;
  return body_format(type, request);
}

//= RFC 2046 5.1.1: 1 to 70 characters, the last one no space
std::string_view multipart_boundary(std::string_view content_type) noexcept {
  std::string_view found;
  size_t semicolon = content_type.find(';');
  while (semicolon != std::string_view::npos) {
    content_type.remove_prefix(semicolon + 1);
    const size_t equals = content_type.find('=');
    if (equals == std::string_view::npos) break;
    const bool is_boundary =
        equals_ignoring_case(without_ows(content_type.substr(0, equals)), "boundary");
    std::string_view value = content_type.substr(equals + 1);
    const bool is_quoted = value.starts_with('"');
    size_t end = std::min(value.find(is_quoted ? '"' : ';', is_quoted ? 1 : 0), value.size());
    const std::string_view text =
        is_quoted ? value.substr(1, end - 1) : without_ows(value.substr(0, end));
    if (is_quoted && end == value.size()) return {};  // the quote is never closed
    if (is_boundary && !found.empty()) return {};
    if (is_boundary) found = text;
    if (is_quoted &&
        !without_ows(value.substr(end + 1, value.find(';', end + 1) - end - 1)).empty())
      return {};  // text behind the closing quote
    content_type = value.substr(std::min(end + (is_quoted ? 1 : 0), value.size()));
    semicolon = content_type.find(';');
  }
  const bool is_one = !found.empty() && found.size() <= kBoundaryBytesMax && found.back() != ' ' &&
                      std::all_of(found.begin(), found.end(), is_boundary_byte);
  return is_one ? found : std::string_view{};
}

AnswerFormat answer_format(uint16_t status, std::string_view content_type,
                           const llm::ApiKind& kind) noexcept {
  using Kind = AnswerFormat::Kind;
  const MediaType type = media_type(content_type);
  const auto stream = [&](StreamFormat format) {
    AnswerFormat out;
    out.stream = format;
    out.kind = kind.stream.takes(format) ? Kind::Stream : Kind::Refused;
    return out;
  };
  if (type == MediaType::Sse) return stream(StreamFormat::Sse);
  if (type == MediaType::AwsEventStream)
    return stream(kind.stream.takes(StreamFormat::AwsChunks) ? StreamFormat::AwsChunks
                                                             : StreamFormat::EventStream);
  if (type == MediaType::JsonLines && kind.stream.takes(StreamFormat::JsonLines))
    return stream(StreamFormat::JsonLines);
  AnswerFormat out;
  if (const auto body = body_format(type, kind.response)) {
    out.kind = Kind::Body;
    out.body = *body;
    out.has_body = true;
  } else if (type == MediaType::Other && kind.response.takes(BodyFormat::JsonLines)) {
    out.kind = Kind::Body;  // a file's bytes, which the endpoint says are lines
    out.body = BodyFormat::JsonLines;
    return out;
  } else if (status >= 400 && type == MediaType::Json && kind.response.valid()) {
    out.kind = Kind::Body;  // errors are JSON wherever anything else is the answer
    out.body = BodyFormat::Json;
    return out;
  } else if (status >= 400 && (type == MediaType::Text || type == MediaType::None)) {
    // An error page of something between us and the vendor: a text like any other.
    out.kind = Kind::Body;
    out.body = BodyFormat::Text;
    return out;
  }
  // An array where an object would be the whole answer; lines of JSON in a file of no type.
  if (type == MediaType::Json && kind.stream.takes(StreamFormat::JsonArray)) {
    out.kind = Kind::ByContent;
    out.stream = StreamFormat::JsonArray;
    out.first = '[';
  } else if (type != MediaType::Json && kind.stream.takes(StreamFormat::JsonLines)) {
    out.kind = Kind::ByContent;
    out.stream = StreamFormat::JsonLines;
    out.first = '{';
  }
  return out;
}

std::string_view shown_content_type(StreamFormat format, std::string_view content_type) noexcept {
  switch (format) {
    case StreamFormat::Sse:
      return "text/event-stream; charset=utf-8";
    case StreamFormat::JsonArray:
      return "application/json";
    case StreamFormat::EventStream:
    case StreamFormat::AwsChunks:
      return "application/vnd.amazon.eventstream";
    case StreamFormat::JsonLines:
      break;
  }
  return plain_type(content_type, "application/jsonl");
}

std::string_view shown_content_type(BodyFormat format, std::string_view content_type) noexcept {
  switch (format) {
    case BodyFormat::Text:
      // An error page is shown as what we read: text, never a document that a browser would run.
      return media_type(content_type) == MediaType::Text &&
                     !without_ows(content_type).starts_with("text/html")
                 ? plain_type(content_type, "text/plain")
                 : "text/plain; charset=utf-8";
    case BodyFormat::Opaque:
      return plain_type(content_type, "application/octet-stream");
    case BodyFormat::JsonLines:
      return plain_type(content_type, "application/jsonl");
    case BodyFormat::Json:
    case BodyFormat::Multipart:
      break;
  }
  return "application/json";
}

}  // namespace sallyport::flow
