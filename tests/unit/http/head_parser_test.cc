// Every ambiguity that two parsers could read differently, both ways of the appliance, each cut at
// every byte.
#include "dataplane/http/head_parser.h"

#include <gtest/gtest.h>

#include "tests/unit/http/chains.h"

namespace sallyport::http {
namespace {

struct Read {
  HeadBuffer::Result result = HeadBuffer::Result::NeedMore;
  HeadError error = HeadError::None;
  std::string left;     // bytes behind the head
  std::string meaning;  // every field of the head, as one text
  friend bool operator==(const Read&, const Read&) = default;
};

void print_fields(const Headers& headers, std::string& out) {
  for (const Header& header : headers)
    out += "\n" + std::string(header.name) + "=" + std::string(header.value) + "|";
}

std::string meaning_of(const RequestHead& head) {
  std::string out = std::string(head.method) + " " + std::string(head.target) + " [" +
                    std::string(head.path) + "?" + std::string(head.query) + "] " +
                    std::string(head.host) + " framing " +
                    std::to_string(static_cast<int>(head.framing)) + " length " +
                    std::to_string(head.content_length);
  for (const bool flag :
       {head.keep_alive, head.expect_continue, head.upgrade, head.content_encoded})
    out += flag ? " yes" : " no";
  print_fields(head.headers, out);
  return out;
}

std::string meaning_of(const ResponseHead& head) {
  std::string out = std::to_string(head.status) + " framing " +
                    std::to_string(static_cast<int>(head.framing)) + " length " +
                    std::to_string(head.content_length) + " " + std::string(head.content_type);
  for (const bool flag : {head.keep_alive, head.content_encoded}) out += flag ? " yes" : " no";
  print_fields(head.headers, out);
  return out;
}

class HeadTest : public ::testing::Test {
 protected:
  template <class Parser, class Feed>
  Read read(Parser& parser, const std::vector<std::string_view>& cuts, Feed feed) {
    Read out;
    mem::ByteChain in;
    parser.reset();
    for (const std::string_view part : cuts) {
      add(in, part, pool_);
      if (out.result == HeadBuffer::Result::NeedMore) out.result = feed(in);
    }
    out.error = parser.error();
    // What a refused head leaves behind is dropped with its connection.
    if (out.result != HeadBuffer::Result::Failed) out.left = text_of(in);
    if (out.result == HeadBuffer::Result::Complete) out.meaning = meaning_of(parser.head());
    return out;
  }
  Read request(const std::vector<std::string_view>& cuts) {
    return read(request_, cuts, [this](mem::ByteChain& in) { return request_.feed(in); });
  }
  Read response(const std::vector<std::string_view>& cuts, bool to_head = false) {
    return read(response_, cuts,
                [this, to_head](mem::ByteChain& in) { return response_.feed(in, to_head); });
  }
  // The whole text, after it was shown that no cut reads differently.
  Read any_cut_of_request(std::string_view text) {
    const Read whole = request({text});
    for (const auto& cuts : all_cuts(text)) EXPECT_EQ(request(cuts), whole) << text;
    return whole;
  }
  Read any_cut_of_response(std::string_view text) {
    const Read whole = response({text});
    for (const auto& cuts : all_cuts(text)) EXPECT_EQ(response(cuts), whole) << text;
    return whole;
  }
  void expect_refused_request(std::string_view text, HeadError error) {
    const Read got = any_cut_of_request(text);
    EXPECT_EQ(got.result, HeadBuffer::Result::Failed) << text;
    EXPECT_EQ(got.error, error) << head_error_name(got.error) << "\n" << text;
  }
  void expect_refused_response(std::string_view text, HeadError error) {
    const Read got = any_cut_of_response(text);
    EXPECT_EQ(got.result, HeadBuffer::Result::Failed) << text;
    EXPECT_EQ(got.error, error) << head_error_name(got.error) << "\n" << text;
  }

  mem::SegmentPool pool_{4'096, 32, mem::SegmentPool::Wipe::OnRelease};
  RequestHeadParser request_;
  ResponseHeadParser response_;
};

using RequestHeadTest = HeadTest;
using ResponseHeadTest = HeadTest;

// RFC 9110 10.1.1: whoever speaks HTTP/1.0 would take an interim answer for the answer.
TEST_F(RequestHeadTest, AnOldRequestWaitsForNothing) {
  const Read got = any_cut_of_request(
      "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx");
  ASSERT_EQ(got.result, HeadBuffer::Result::Complete);
  EXPECT_FALSE(request_.head().expect_continue);
}

TEST_F(RequestHeadTest, AHeadOfAnSdkIsRead) {
  const Read got = any_cut_of_request(
      "POST /openai/v1/chat/completions?x=1&y=2 HTTP/1.1\r\nHost: gateway.example:8443\r\n"
      "Authorization: Bearer abc\r\nContent-Type: application/json\r\nX-Odd:\t a b \t\r\n"
      "Content-Length: 12\r\nExpect: 100-Continue\r\n\r\n{\"body\": 1}\n next");
  ASSERT_EQ(got.result, HeadBuffer::Result::Complete);
  EXPECT_EQ(got.left, "{\"body\": 1}\n next");
  const RequestHead& head = request_.head();
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/openai/v1/chat/completions");
  EXPECT_EQ(head.query, "x=1&y=2");
  EXPECT_EQ(head.host, "gateway.example");
  EXPECT_EQ(head.framing, Framing::ContentLength);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_TRUE(head.keep_alive && head.expect_continue);
  EXPECT_FALSE(head.upgrade || head.content_encoded);
  EXPECT_EQ(head.headers.find("x-ODD"), "a b");
  EXPECT_EQ(head.headers.find("absent").data(), nullptr);
}

TEST_F(RequestHeadTest, AnAddressMayBeTheHost) {
  for (const auto& [value, host] : std::vector<std::pair<std::string, std::string>>{
           {"192.0.2.1:443", "192.0.2.1"},
           {"[::1]", "[::1]"},
           {"[2001:DB8::1]:443", "[2001:DB8::1]"},
           {"[::ffff:192.0.2.1]:8443", "[::ffff:192.0.2.1]"}}) {
    const Read got = any_cut_of_request("GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n");
    EXPECT_EQ(got.result, HeadBuffer::Result::Complete) << value;
    EXPECT_EQ(request_.head().host, host);
  }
}

TEST_F(RequestHeadTest, EveryAmbiguityIsRefused) {
  struct Case {
    HeadError error;
    std::string_view text;
  };
  using E = HeadError;
  const std::vector<Case> cases{
      // two lengths, or a length and a coding
      {E::DuplicateLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6"},
      {E::DuplicateLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\ncontent-length: 5"},
      {E::BadLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5"},
      {E::LengthAndChunked,
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"},
      {E::LengthAndChunked,
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0"},
      // lengths that are no plain numbers
      {E::BadLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "},
      {E::BadLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5"},
      {E::BadLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5"},
      {E::BadLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5"},
      {E::BadLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5"},
      {E::BadLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5.0"},
      {E::BadLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1e3"},
      {E::BadLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551621"},
      {E::BadLength, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999999999"},
      // transfer codings
      {E::BadTransferCoding, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked"},
      {E::BadTransferCoding, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity"},
      {E::BadTransferCoding, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity"},
      {E::BadTransferCoding, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked"},
      {E::BadTransferCoding, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\""},
      {E::BadTransferCoding, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "},
      {E::BadTransferCoding,
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked"},
      {E::OldVersionChunked, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked"},
      // white space and line ends
      {E::SpaceBeforeColon, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5"},
      {E::SpaceBeforeColon, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked"},
      {E::LineFolding, "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Content-Length: 5"},
      {E::LineFolding, "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz"},
      {E::LineFolding, "POST / HTTP/1.1\r\n Host: a"},
      {E::BadLineEnd, "POST / HTTP/1.1\r\nHost: a\nContent-Length: 5"},
      {E::BadLineEnd, "POST / HTTP/1.1\r\nHost: a\rContent-Length: 5"},
      {E::BadLineEnd, "POST / HTTP/1.1\nHost: a"},
      {E::BadLineEnd, "POST / HTTP/1.1\r\nHost: a\r\r\nX: y"},
      {E::BadLineEnd, "POST / HTTP/1.1\r\nHost: a\r\nX: \ry"},
      // names and values
      {E::BadHeaderName, "POST / HTTP/1.1\r\nHost: a\r\n: empty"},
      {E::BadHeaderName, "POST / HTTP/1.1\r\nHost: a\r\nno colon here"},
      {E::BadHeaderName, "POST / HTTP/1.1\r\nHost: a\r\nContent Length: 5"},
      {E::BadHeaderName, "POST / HTTP/1.1\r\nHost: a\r\nCont\xc3\xa9nt: 5"},
      {E::BadHeaderName, "POST / HTTP/1.1\r\nHost: a\r\n(x): 5"},
      {E::BadHeaderValue,
       "POST / HTTP/1.1\r\nHost: a\r\nX: a\x01"
       "b"},
      {E::BadHeaderValue,
       "POST / HTTP/1.1\r\nHost: a\r\nX: a\x7f"
       "b"},
      {E::BadHeaderValue, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \v5"},
      // hosts
      {E::MissingHost, "POST / HTTP/1.1\r\nX: y"},
      {E::MissingHost, "POST / HTTP/1.0\r\nX: y"},
      {E::DuplicateHost, "POST / HTTP/1.1\r\nHost: a\r\nHost: a"},
      {E::DuplicateHost, "POST / HTTP/1.1\r\nHost: a\r\nhOsT: b"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: "},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: a, b"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: a b"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: user@a"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: a:"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: a:80:80"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: a:port"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: ::1"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: [::1"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: [::1]443"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: [::1]:"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: [fe80::1%25eth0]"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: [v1.a]"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: [a]"},
      {E::BadHost, "POST / HTTP/1.1\r\nHost: [::1][::1]"},
      {E::HostMismatch, "POST http://b/ HTTP/1.1\r\nHost: a"},
      {E::HostMismatch, "POST https://user@a/ HTTP/1.1\r\nHost: a"},
      {E::HostMismatch, "POST https://a?x/ HTTP/1.1\r\nHost: a"},
      // start lines
      {E::BadStartLine, "\r\nPOST / HTTP/1.1\r\nHost: a"},
      {E::BadStartLine, "POST /\r\nHost: a"},
      {E::BadStartLine, "POST\r\nHost: a"},
      {E::BadMethod, " / HTTP/1.1\r\nHost: a"},
      {E::BadMethod, "PO(ST / HTTP/1.1\r\nHost: a"},
      {E::BadVersion, "POST / HTTP/2.0\r\nHost: a"},
      {E::BadVersion, "POST / HTTP/1.2\r\nHost: a"},
      {E::BadVersion, "POST / http/1.1\r\nHost: a"},
      {E::BadVersion, "POST / HTTP/1.1 \r\nHost: a"},
      {E::Http2, "PRI * HTTP/2.0\r\n\r\nSM"},
      {E::BadVersion, "PRI * HTTP/2.1\r\n\r\nSM"},
      {E::Connect, "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443"},
      {E::BadTarget, "POST  / HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /a b HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST a HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "OPTIONS * HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST ftp://a/ HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST http:///v1 HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /a#b HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /a\\b HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /\xc3\xa9 HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST //v1 HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /v1/../v2 HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /v1/.. HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /./v1 HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /v1/. HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /v1%2fx HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /v1%3Ax%2fy HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /v1%3 HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /model/arn%3Ax%2f../y HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /model/arn%3Ax/y%2fz HTTP/1.1\r\nHost: a"},
      {E::BadTarget, "POST /model/arn%3Ax%2f HTTP/1.1\r\nHost: a"},
      // the rest
      {E::BadExpectation, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok"},
      {E::BadContentType,
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Type: application/json"},
  };
  for (const Case& c : cases) expect_refused_request(std::string(c.text) + "\r\n\r\nbody", c.error);
}

TEST_F(RequestHeadTest, ANulEndsIt) {
  using namespace std::string_literals;
  expect_refused_request("POST / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s,
                         HeadError::BadHeaderValue);
  expect_refused_request("\0"s, HeadError::BadHeaderValue);
}

TEST_F(RequestHeadTest, BareLineFeedsDoNotWaitForEver) {
  expect_refused_request("POST / HTTP/1.1\nHost: a\n\nbody", HeadError::BadLineEnd);
  expect_refused_request("POST / HTTP/1.1\r\nHost: a\n\r\nbody", HeadError::BadLineEnd);
  expect_refused_request("POST / HTTP/1.1\r\nHost: a\r\n\nbody", HeadError::BadLineEnd);
  expect_refused_request("\n", HeadError::BadLineEnd);
}

TEST_F(RequestHeadTest, WhatLooksOddAndIsClearIsRead) {
  struct Case {
    std::string_view text;
    Framing framing;
    uint64_t length;
    bool keep_alive;
  };
  const std::vector<Case> cases{
      {"GET / HTTP/1.1\r\nHost: a", Framing::None, 0, true},
      {"GET / HTTP/1.0\r\nHost: a", Framing::None, 0, false},
      {"GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive", Framing::None, 0, true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE ,y", Framing::None, 0, false},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close", Framing::None, 0,
       false},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0", Framing::None, 0, true},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0010", Framing::ContentLength, 10, true},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999", Framing::ContentLength,
       999'999'999'999'999'999U, true},
      {"POST / HTTP/1.1\r\nHost: a\r\nTRANSFER-encoding: CHUNKED", Framing::Chunked, 0, true},
      {"POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 3", Framing::ContentLength, 3, false},
      {"POST HTTPS://A/v1?q=/../%2f HTTP/1.1\r\nHost: a", Framing::None, 0, true},
      {"POST /model/a%3Ab HTTP/1.1\r\nHost: a", Framing::None, 0, true},
      {"POST /model/arn%3Aaws%3Ab%2Fc/converse HTTP/1.1\r\nHost: a", Framing::None, 0, true},
      {"POST https://a HTTP/1.1\r\nHost: a", Framing::None, 0, true},
      {"POST http://a:81/x HTTP/1.1\r\nHost: A:81", Framing::None, 0, true},
      {"POST /a.b/..c/...;x=1 HTTP/1.1\r\nHost: a", Framing::None, 0, true},
      {"POST / HTTP/1.1\r\nHost:a\r\nX:\xff\x80", Framing::None, 0, true},
  };
  for (const Case& c : cases) {
    const Read got = any_cut_of_request(std::string(c.text) + "\r\n\r\n");
    ASSERT_EQ(got.result, HeadBuffer::Result::Complete) << c.text << head_error_name(got.error);
    EXPECT_EQ(request_.head().framing, c.framing) << c.text;
    EXPECT_EQ(request_.head().content_length, c.length) << c.text;
    EXPECT_EQ(request_.head().keep_alive, c.keep_alive) << c.text;
    EXPECT_EQ(got.left, "");
  }
}

TEST_F(RequestHeadTest, AbsoluteFormGivesItsPath) {
  ASSERT_EQ(request({"POST https://a HTTP/1.1\r\nHost: a\r\n\r\n"}).result,
            HeadBuffer::Result::Complete);
  EXPECT_EQ(request_.head().path, "/");
  ASSERT_EQ(request({"POST https://a:1/v1/x?y HTTP/1.1\r\nHost: a:1\r\n\r\n"}).result,
            HeadBuffer::Result::Complete);
  EXPECT_EQ(request_.head().path, "/v1/x");
  EXPECT_EQ(request_.head().query, "y");
  EXPECT_EQ(request_.head().host, "a");
}

TEST_F(RequestHeadTest, CodingsAndUpgradesAreSeen) {
  struct Case {
    std::string_view field;
    bool encoded;
    bool upgrade;
  };
  for (const Case& c : {Case{"Content-Encoding: gzip", true, false},
                        Case{"content-encoding: identity, br", true, false},
                        Case{"Content-Encoding: Identity", false, false},
                        Case{"Content-Encoding: identity\r\nContent-Encoding: gzip", true, false},
                        Case{"Upgrade: h2c", false, true}}) {
    ASSERT_EQ(request({"GET / HTTP/1.1\r\nHost: a\r\n" + std::string(c.field) + "\r\n\r\n"}).result,
              HeadBuffer::Result::Complete);
    EXPECT_EQ(request_.head().content_encoded, c.encoded) << c.field;
    EXPECT_EQ(request_.head().upgrade, c.upgrade) << c.field;
  }
}

TEST_F(RequestHeadTest, LimitsHoldExactly) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  const auto of_size = [&](size_t bytes) {
    return start + "X: " + std::string(bytes - start.size() - 7, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(request({of_size(kHeadBytesMax)}).result, HeadBuffer::Result::Complete);
  const Read over = request({of_size(kHeadBytesMax + 1)});
  EXPECT_EQ(over.result, HeadBuffer::Result::Failed);
  EXPECT_EQ(over.error, HeadError::TooLarge);
  // A head that never ends is refused too, with the byte that is too many.
  EXPECT_EQ(request({std::string(kHeadBytesMax, 'x')}).result, HeadBuffer::Result::NeedMore);
  EXPECT_EQ(request({std::string(kHeadBytesMax + 1, 'x')}).error, HeadError::TooLarge);

  const auto with_fields = [&](size_t count) {
    std::string text = start;
    for (size_t i = 1; i < count; ++i) text += "X: y\r\n";
    return text + "\r\n";
  };
  EXPECT_EQ(request({with_fields(kHeaderCountMax)}).result, HeadBuffer::Result::Complete);
  EXPECT_EQ(request({with_fields(kHeaderCountMax + 1)}).error, HeadError::TooManyHeaders);

  const auto with_target = [&](size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'p') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(request({with_target(kTargetBytesMax)}).result, HeadBuffer::Result::Complete);
  EXPECT_EQ(request({with_target(kTargetBytesMax + 1)}).error, HeadError::BadTarget);
}

TEST_F(RequestHeadTest, ResetForgetsTheHeadBefore) {
  ASSERT_EQ(request({"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"}).result,
            HeadBuffer::Result::Complete);
  EXPECT_FALSE(request_.empty());
  ASSERT_EQ(request({"GET /b HTTP/1.1\r\nHost: b\r\n\r\n"}).result, HeadBuffer::Result::Complete);
  EXPECT_EQ(request_.head().framing, Framing::None);
  EXPECT_EQ(request_.head().headers.size(), 1U);
  request_.reset();
  EXPECT_TRUE(request_.empty());
  EXPECT_EQ(request_.head().method, "");
}

TEST_F(ResponseHeadTest, AnAnswerIsRead) {
  const Read got = any_cut_of_response(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
      "Transfer-Encoding: chunked\r\n\r\n5\r\n");
  ASSERT_EQ(got.result, HeadBuffer::Result::Complete);
  EXPECT_EQ(got.left, "5\r\n");
  EXPECT_EQ(response_.head().status, 200);
  EXPECT_EQ(response_.head().content_type, "text/event-stream");
  EXPECT_EQ(response_.head().framing, Framing::Chunked);
}

TEST_F(ResponseHeadTest, EveryAmbiguityIsRefused) {
  struct Case {
    HeadError error;
    std::string_view text;
  };
  using E = HeadError;
  const std::vector<Case> cases{
      {E::DuplicateLength, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5"},
      {E::BadLength, "HTTP/1.1 200 OK\r\nContent-Length: 5,5"},
      {E::BadLength, "HTTP/1.1 204 No\r\nContent-Length: x"},
      {E::LengthAndChunked, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"},
      {E::BadTransferCoding, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked"},
      {E::SpaceBeforeColon, "HTTP/1.1 200 OK\r\nContent-Length : 5"},
      {E::LineFolding, "HTTP/1.1 200 OK\r\nX: y\r\n z"},
      {E::BadLineEnd, "HTTP/1.1 200 OK\nContent-Length: 5"},
      {E::BadLineEnd, "HTTP/1.1 200 OK\r\nX: y\rz"},
      {E::BadVersion, "HTTP/2 200\r\nX: y"},
      {E::BadVersion, "ICY 200 OK\r\nX: y"},
      {E::BadVersion, "HTTP/1.1 20"},
      {E::BadVersion, "HTTP/1.1\t200 OK"},
      {E::BadStatus, "HTTP/1.1 2x0 OK"},
      {E::BadStatus, "HTTP/1.1 2000 OK"},
      {E::BadStatus, "HTTP/1.1 099 OK"},
      {E::BadStatus, "HTTP/1.1 600 OK"},
      {E::BadStatus, "HTTP/1.1 200 O\x01K"},
      {E::BadContentType, "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Type: c/d"},
  };
  for (const Case& c : cases)
    expect_refused_response(std::string(c.text) + "\r\n\r\nbody", c.error);
}

TEST_F(ResponseHeadTest, TheEndOfTheBodyIsKnown) {
  struct Case {
    std::string_view text;
    Framing framing;
    bool keep_alive;
  };
  const std::vector<Case> cases{
      {"HTTP/1.1 200 OK", Framing::UntilClose, false},
      {"HTTP/1.1 200", Framing::UntilClose, false},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0", Framing::None, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 7", Framing::ContentLength, true},
      {"HTTP/1.0 200 OK\r\nContent-Length: 7", Framing::ContentLength, false},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 7", Framing::None, true},
      {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked", Framing::None, true},
      {"HTTP/1.1 100 Continue", Framing::None, true},
      {"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\nConnection: close",
       Framing::Chunked, false},
  };
  for (const Case& c : cases) {
    const Read got = any_cut_of_response(std::string(c.text) + "\r\n\r\n");
    ASSERT_EQ(got.result, HeadBuffer::Result::Complete) << c.text;
    EXPECT_EQ(response_.head().framing, c.framing) << c.text;
    EXPECT_EQ(response_.head().keep_alive, c.keep_alive) << c.text;
  }
  ASSERT_EQ(response({"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"}, true).result,
            HeadBuffer::Result::Complete);
  EXPECT_EQ(response_.head().framing, Framing::None);  // the answer to HEAD
}

TEST(ListHasToken, LooksAtWholeItemsInAnyCase) {
  EXPECT_TRUE(list_has_token("a, Close\t,b", "close"));
  EXPECT_TRUE(list_has_token("close", "CLOSE"));
  EXPECT_FALSE(list_has_token("closed, xclose", "close"));
  EXPECT_FALSE(list_has_token("", "close"));
  EXPECT_FALSE(list_has_token(",,", "close"));
}

}  // namespace
}  // namespace sallyport::http
