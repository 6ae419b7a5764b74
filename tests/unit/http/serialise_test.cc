#include "dataplane/http/serialise.h"

#include <gtest/gtest.h>

#include "dataplane/http/body_decoder.h"
#include "dataplane/http/head_parser.h"
#include "tests/unit/http/chains.h"

namespace sallyport::http {
namespace {

class SerialiseTest : public ::testing::Test {
 protected:
  mem::SegmentPool pool_{1'024, 64, mem::SegmentPool::Wipe::No};
  mem::ByteChain out_;
};

TEST_F(SerialiseTest, OurOwnParserReadsARequestBack) {
  HeadWriter writer(out_, pool_);
  writer.request_line("POST", "/v1/messages?beta=true");
  writer.header("host", "api.example");
  writer.header("x-empty", "");
  writer.header("content-length", uint64_t{18'446'744'073'709'551});
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(text_of(out_),
            "POST /v1/messages?beta=true HTTP/1.1\r\nhost: api.example\r\nx-empty: \r\n"
            "content-length: 18446744073709551\r\n\r\n");
  RequestHeadParser parser;
  ASSERT_EQ(parser.feed(out_), RequestHeadParser::Result::Complete);
  EXPECT_EQ(parser.head().path, "/v1/messages");
  EXPECT_EQ(parser.head().host, "api.example");
  EXPECT_EQ(parser.head().content_length, 18'446'744'073'709'551U);
  EXPECT_EQ(parser.head().headers.size(), 3U);
}

TEST_F(SerialiseTest, OurOwnParserReadsAnAnswerBack) {
  for (const int code : {100, 200, 400, 401, 403, 404, 405, 408, 411, 413,
                         415, 417, 421, 429, 431, 500, 502, 503, 504, 299}) {
    mem::ByteChain out;
    HeadWriter writer(out, pool_);
    writer.status_line(static_cast<uint16_t>(code));
    writer.header("content-type", "application/json");
    ASSERT_TRUE(writer.finish());
    ResponseHeadParser parser;
    ASSERT_EQ(parser.feed(out, false), ResponseHeadParser::Result::Complete);
    EXPECT_EQ(parser.head().status, code);
    EXPECT_EQ(parser.head().content_type, "application/json");
  }
}

TEST_F(SerialiseTest, ChunksAreReadBackWhateverTheirSizes) {
  std::string sent;
  for (const size_t size : {1U, 0U, 15U, 16U, 255U, 256U, 4'096U}) {
    const std::string data(size, static_cast<char>('a' + size % 26));
    ASSERT_TRUE(write_chunk(bytes_of(data), out_, pool_));  // an empty one writes nothing
    sent += data;
  }
  ASSERT_TRUE(write_last_chunk(out_, pool_));
  BodyDecoder decoder;
  decoder.begin(Framing::Chunked, 0);
  mem::ByteChain body;
  ASSERT_EQ(decoder.feed(out_, body, pool_), BodyDecoder::Result::Complete);
  EXPECT_EQ(text_of(body), sent);
  EXPECT_TRUE(out_.empty());
}

TEST_F(SerialiseTest, AnExhaustedPoolIsSaid) {
  mem::SegmentPool tiny(1, 16, mem::SegmentPool::Wipe::No);
  mem::ByteChain out;
  HeadWriter writer(out, tiny);
  writer.request_line("POST", "/a/path/that/is/longer/than/a/segment");
  EXPECT_FALSE(writer.finish());
  mem::ByteChain chunk;
  EXPECT_FALSE(write_chunk(bytes_of("more than sixteen bytes"), chunk, tiny));
}

TEST_F(SerialiseTest, ALineEndInAValueIsOurMistake) {
  HeadWriter writer(out_, pool_);
  EXPECT_DEATH(writer.header("x", "a\r\nevil: b"), "check failed");
  EXPECT_DEATH(writer.header("x\n", "a"), "check failed");
  EXPECT_DEATH(writer.request_line("GET", "/\r"), "check failed");
  EXPECT_DEATH(writer.header("x", std::string_view("a\0b", 3)), "check failed");
}

TEST_F(SerialiseTest, FieldsOfTheConnectionAreNotForwarded) {
  Headers headers;
  ASSERT_TRUE(headers.add({"Connection", "close, X-Secret-Hop"}));
  for (const std::string_view name :
       {"connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "Content-Length", "Expect", "Host", "Proxy-Authorization", "x-secret-hop", "CLOSE"})
    EXPECT_TRUE(is_hop_by_hop(name, headers)) << name;
  EXPECT_FALSE(is_hop_by_hop("user-agent", headers));
}

}  // namespace
}  // namespace sallyport::http
