#include "dataplane/flow/content_types.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/llm/shipped_tables.h"

namespace sallyport::flow {
namespace {

using llm::BodyFormat;
using llm::StreamFormat;
using Kind = AnswerFormat::Kind;

constexpr std::string_view kKind = R"(
api_kind: k
format: 1
request: {bodies: [json, multipart], paths: {a: T}}
response: {bodies: [json, opaque], paths: {a: T}}
stream: {bodies: [json_array, json_lines, event_stream], paths: {a: T}}
)";

llm::ApiKind kind() {
  static llm::AlignedSection section(
      controlplane::policy::compile_api_kind_files({{"k.yaml", std::string(kKind)}}).bytes);
  static llm::ApiTables tables;
  EXPECT_EQ(llm::load_error_name(tables.load(section.bytes())), "none");
  return tables.kind(0);
}

TEST(ContentTypes, RequestsAreOfTheTypesThatTheEndpointTakes) {
  const llm::PathTable request = kind().request;
  EXPECT_EQ(request_format("application/JSON; charset=utf-8", request), BodyFormat::Json);
  EXPECT_EQ(request_format("multipart/form-data; boundary=x", request), BodyFormat::Multipart);
  for (const char* other : {"", "text/plain", "application/jsonl", "application/octet-stream",
                            "application/json2", "multipart/mixed; boundary=x"})
    EXPECT_EQ(request_format(other, request), std::nullopt) << other;
  EXPECT_EQ(
      request_format("multipart/form-data; boundary=x", llm::shipped_kind("openai_chat").request),
      std::nullopt);
}

TEST(ContentTypes, ABoundaryIsOneWordThatStandsOnce) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc-1"), "abc-1");
  EXPECT_EQ(multipart_boundary("multipart/form-data; charset=utf-8; BOUNDARY=\"a b;c\""), "");
  EXPECT_EQ(multipart_boundary("multipart/form-data; charset=utf-8; BOUNDARY=\"a b'c\""), "a b'c");
  EXPECT_EQ(multipart_boundary("multipart/form-data; x=\"a;boundary=no\"; boundary=yes"), "yes");
  for (const char* bad :
       {"multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a",
        "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=a@b",
        "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=\"a\"b"})
    EXPECT_EQ(multipart_boundary(bad), "") << bad;
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'a')), "");
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=" + std::string(70, 'a')).size(),
            70U);
}

TEST(ContentTypes, AnAnswerIsReadAsItsTypeAndItsEndpointSay) {
  const llm::ApiKind k = kind();
  AnswerFormat f = answer_format(200, "application/vnd.amazon.eventstream", k);
  EXPECT_TRUE(f.kind == Kind::Stream && f.stream == StreamFormat::EventStream);
  f = answer_format(200, "application/stream+json", k);
  EXPECT_TRUE(f.kind == Kind::Stream && f.stream == StreamFormat::JsonLines);
  EXPECT_EQ(answer_format(200, "text/event-stream", k).kind, Kind::Refused);
  f = answer_format(200, "application/json", k);  // an object, or an array that is a stream
  EXPECT_TRUE(f.kind == Kind::ByContent && f.first == '[' && f.has_body &&
              f.body == BodyFormat::Json && f.stream == StreamFormat::JsonArray);
  f = answer_format(200, "application/octet-stream", k);  // a file, or the lines of a batch
  EXPECT_TRUE(f.kind == Kind::ByContent && f.first == '{' && f.body == BodyFormat::Opaque &&
              f.stream == StreamFormat::JsonLines);
}

// One content type, two readings: what the frames carry says the table of the endpoint.
TEST(ContentTypes, AwsFramesAreReadAsTheEndpointSays) {
  const auto of = [](const char* name) {
    return answer_format(200, "application/vnd.amazon.eventstream", llm::shipped_kind(name));
  };
  EXPECT_EQ(of("bedrock_converse").stream, StreamFormat::EventStream);
  EXPECT_EQ(of("anthropic_messages").stream, StreamFormat::AwsChunks);
  EXPECT_EQ(of("anthropic_messages").kind, Kind::Stream);
  EXPECT_EQ(of("openai_chat").kind, Kind::Refused);
  EXPECT_EQ(shown_content_type(StreamFormat::AwsChunks, "x"), "application/vnd.amazon.eventstream");
}

TEST(ContentTypes, AnEndpointThatNamesNothingElseAnswersJsonOrEvents) {
  const llm::ApiKind chat = llm::shipped_kind("openai_chat");
  EXPECT_EQ(answer_format(200, "application/json", chat).kind, Kind::Body);
  EXPECT_EQ(answer_format(200, "text/event-stream; charset=utf-8", chat).kind, Kind::Stream);
  for (const char* other : {"", "text/html", "application/octet-stream", "application/x-ndjson",
                            "application/vnd.amazon.eventstream"})
    EXPECT_EQ(answer_format(200, other, chat).kind, Kind::Refused) << other;
}

TEST(ContentTypes, AnErrorPageIsATextAndShownAsOne) {
  const llm::ApiKind chat = llm::shipped_kind("openai_chat");
  for (const char* type : {"text/html; charset=utf-8", "text/plain", ""}) {
    const AnswerFormat f = answer_format(503, type, chat);
    EXPECT_TRUE(f.kind == Kind::Body && f.body == BodyFormat::Text) << type;
  }
  EXPECT_EQ(answer_format(503, "image/png", chat).kind, Kind::Refused);
  EXPECT_EQ(shown_content_type(BodyFormat::Text, "text/html"), "text/plain; charset=utf-8");
  EXPECT_EQ(shown_content_type(BodyFormat::Text, "text/vtt; charset=utf-8"), "text/vtt");
}

// The results of a batch come as bytes of no type; an error of the same endpoint is JSON.
TEST(ContentTypes, LinesHaveManyNames) {
  const llm::ApiKind results = llm::shipped_kind("anthropic_batch_results");
  for (const char* type : {"application/x-jsonl", "application/binary"})
    EXPECT_EQ(answer_format(200, type, results).body, BodyFormat::JsonLines) << type;
  EXPECT_EQ(answer_format(200, "application/json", results).kind, Kind::Refused);
  const AnswerFormat error = answer_format(404, "application/json", results);
  EXPECT_TRUE(error.kind == Kind::Body && error.body == BodyFormat::Json);
  const llm::ApiKind file = llm::shipped_kind("openai_file_content");
  EXPECT_EQ(answer_format(200, "application/octet-stream", file).kind, Kind::ByContent);
  EXPECT_EQ(answer_format(200, "audio/mpeg", file).kind, Kind::ByContent);
  EXPECT_EQ(answer_format(200, "text/csv", file).body, BodyFormat::Text);
}

// Some servers have names of their own for what is a text.
TEST(ContentTypes, ATextIsOneUnderEveryName) {
  const llm::ApiKind audio = llm::shipped_kind("openai_audio");
  for (const char* type : {"text/plain; charset=utf-8", "text/vtt", "application/x-subrip"})
    EXPECT_EQ(answer_format(200, type, audio).body, BodyFormat::Text) << type;
  EXPECT_EQ(answer_format(200, "audio/mpeg", audio).body, BodyFormat::Opaque);
}

TEST(ContentTypes, NothingRidesAlongInATypeThatIsPassedOn) {
  EXPECT_EQ(shown_content_type(BodyFormat::Opaque, "audio/mpeg; note=x"), "audio/mpeg");
  EXPECT_EQ(shown_content_type(BodyFormat::Opaque, "a@b/c"), "application/octet-stream");
  EXPECT_EQ(shown_content_type(BodyFormat::Json, "application/json; note=x"), "application/json");
  EXPECT_EQ(shown_content_type(StreamFormat::JsonLines, "application/stream+json"),
            "application/stream+json");
}

}  // namespace
}  // namespace sallyport::flow
