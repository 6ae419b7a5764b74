// The decoder against a slow twin that reads the whole text at once.
#include "dataplane/http/body_decoder.h"

#include <gtest/gtest.h>

#include "tests/reference/http/chunked_twin.h"
#include "tests/unit/http/chains.h"

namespace sallyport::http {
namespace {

using Result = BodyDecoder::Result;

class BodyDecoderTest : public ::testing::Test {
 protected:
  ChunkedRead decode(const std::vector<std::string_view>& cuts, Framing framing,
                     uint64_t length = 0) {
    BodyDecoder decoder;
    decoder.begin(framing, length);
    mem::ByteChain in;
    mem::ByteChain out;
    Result result = Result::NeedMore;
    for (const std::string_view part : cuts) {
      add(in, part, pool_);
      if (result == Result::NeedMore) result = decoder.feed(in, out, pool_);
    }
    if (result == Result::NeedMore) result = decoder.feed(in, out, pool_);
    ChunkedRead read;
    read.end = result == Result::Complete ? ChunkedRead::End::Complete
               : result == Result::Failed ? ChunkedRead::End::Failed
                                          : ChunkedRead::End::NeedMore;
    read.error = decoder.error();
    read.body = text_of(out);
    if (read.end == ChunkedRead::End::Complete) read.left = text_of(in);
    EXPECT_EQ(decoder.body_bytes(), read.body.size());
    return read;
  }
  ChunkedRead any_cut(std::string_view text) {
    const ChunkedRead expected = read_chunked_slowly(text);
    for (const auto& cuts : all_cuts(text)) {
      const ChunkedRead got = decode(cuts, Framing::Chunked);
      EXPECT_EQ(got, expected) << text << "\ngot " << got << "\nnot " << expected;
    }
    return expected;
  }
  void expect_refused(std::string_view text, BodyError error) {
    const ChunkedRead got = any_cut(text);
    EXPECT_EQ(got.end, ChunkedRead::End::Failed) << text;
    EXPECT_EQ(got.error, error) << body_error_name(got.error) << "\n" << text;
  }
  mem::SegmentPool pool_{4'096, 16, mem::SegmentPool::Wipe::OnRelease};
};

TEST_F(BodyDecoderTest, ChunksBecomeOneBody) {
  const ChunkedRead got =
      any_cut("4\r\nWiki\r\n6\r\npedia \r\nD\r\nin \r\n\r\nchunks\r\n0\r\n\r\nnext");
  EXPECT_EQ(got.end, ChunkedRead::End::Complete);
  EXPECT_EQ(got.body, "Wikipedia in \r\n\r\nchunks");
  EXPECT_EQ(got.left, "next");
}

TEST_F(BodyDecoderTest, WhatIsClearIsRead) {
  EXPECT_EQ(any_cut("0\r\n\r\n").body, "");
  EXPECT_EQ(any_cut("000\r\n\r\n").end, ChunkedRead::End::Complete);
  EXPECT_EQ(any_cut("00000000000000a\r\n0123456789\r\n0\r\n\r\n").body, "0123456789");
  EXPECT_EQ(any_cut("aB;name=\"v;\";x\r\n" + std::string(0xab, 'q') + "\r\n0;last\r\n\r\n").body,
            std::string(0xab, 'q'));
  const ChunkedRead trailers = any_cut("1\r\nx\r\n0\r\nDigest: y\r\nOther: z\r\n\r\nrest");
  EXPECT_EQ(trailers.body, "x");
  EXPECT_EQ(trailers.left, "rest");  // trailers are dropped
}

TEST_F(BodyDecoderTest, EveryBadFramingIsRefused) {
  using E = BodyError;
  expect_refused("\r\n", E::BadChunkSize);
  expect_refused(" 4\r\nWiki\r\n", E::BadChunkSize);
  expect_refused("4 \r\nWiki\r\n", E::BadChunkSize);
  expect_refused("4 ;x\r\nWiki\r\n", E::BadChunkSize);
  expect_refused("+4\r\nWiki\r\n", E::BadChunkSize);
  expect_refused("-4\r\nWiki\r\n", E::BadChunkSize);
  expect_refused("0x4\r\nWiki\r\n", E::BadChunkSize);
  expect_refused("4_0\r\nWiki\r\n", E::BadChunkSize);
  expect_refused("g\r\n", E::BadChunkSize);
  expect_refused(";x\r\n", E::BadChunkSize);
  expect_refused("0000000000000004\r\nWiki\r\n", E::BadChunkSize);
  expect_refused("FFFFFFFFFFFFFFFF\r\n", E::BadChunkSize);
  expect_refused("10000000000000004\r\nWiki\r\n", E::BadChunkSize);
  expect_refused("4\nWiki\r\n", E::BadChunkSize);
  expect_refused("4;x\nWiki\r\n", E::BadChunkSize);
  expect_refused("4\rWiki\r\n", E::BadChunkEnd);
  expect_refused("4;x\ry\r\nWiki\r\n", E::BadChunkEnd);
  expect_refused("4\r\nWikiX\r\n", E::BadChunkEnd);
  expect_refused("4\r\nWiki\n0\r\n\r\n", E::BadChunkEnd);
  expect_refused("4\r\nWiki\r0\r\n\r\n", E::BadChunkEnd);
  expect_refused("4\r\nWiki0\r\n\r\n", E::BadChunkEnd);
  expect_refused("0\r\n\n", E::BadTrailer);
  expect_refused("0\r\nA: b\n\r\n", E::BadTrailer);
  expect_refused("0\r\nA: b\rc\r\n\r\n", E::BadTrailer);
  expect_refused(std::string_view("0\r\nA: \0b\r\n\r\n", 12), E::BadTrailer);
  expect_refused(std::string_view("4;\0\r\nWiki\r\n", 11), E::BadChunkSize);
}

TEST_F(BodyDecoderTest, FramingHasLimits) {
  const auto extension = [](size_t bytes) { return "1;" + std::string(bytes - 2, 'e') + "\r\nx"; };
  EXPECT_EQ(decode({extension(kChunkLineBytesMax)}, Framing::Chunked).body, "x");
  EXPECT_EQ(decode({extension(kChunkLineBytesMax + 1)}, Framing::Chunked).error,
            BodyError::ChunkLineTooLong);
  const auto trailers = [](size_t bytes) { return "0\r\n" + std::string(bytes, 't') + "\r\n\r\n"; };
  EXPECT_EQ(decode({trailers(kTrailerBytesMax)}, Framing::Chunked).end, ChunkedRead::End::Complete);
  EXPECT_EQ(decode({trailers(kTrailerBytesMax + 1)}, Framing::Chunked).error,
            BodyError::TrailersTooLong);
  // Many short lines count like one long one.
  std::string many = "0\r\n";
  for (size_t i = 0; i <= kTrailerBytesMax; ++i) many += "t\r\n";
  EXPECT_EQ(decode({many}, Framing::Chunked).error, BodyError::TrailersTooLong);
}

TEST_F(BodyDecoderTest, ACountedBodyEndsAtItsLength) {
  for (const auto& cuts : all_cuts("0123456789rest")) {
    const ChunkedRead got = decode(cuts, Framing::ContentLength, 10);
    EXPECT_EQ(got.end, ChunkedRead::End::Complete);
    EXPECT_EQ(got.body, "0123456789");
    EXPECT_EQ(got.left, "rest");
  }
  EXPECT_EQ(decode({"abc"}, Framing::ContentLength, 10).end, ChunkedRead::End::NeedMore);
  EXPECT_EQ(decode({"abc"}, Framing::ContentLength, 0).left, "abc");
  EXPECT_EQ(decode({"abc"}, Framing::None).left, "abc");
}

TEST_F(BodyDecoderTest, OnlyABodyUntilCloseMayEndByClosing) {
  struct Case {
    Framing framing;
    std::string_view text;
    bool good;
  };
  for (const Case& c :
       {Case{Framing::UntilClose, "abc", true}, Case{Framing::UntilClose, "", true},
        Case{Framing::ContentLength, "abc", false}, Case{Framing::ContentLength, "abcd", true},
        Case{Framing::Chunked, "3\r\nabc\r\n", false},
        Case{Framing::Chunked, "3\r\nabc\r\n0\r\n", false},
        Case{Framing::Chunked, "3\r\nabc\r\n0\r\n\r\n", true}}) {
    BodyDecoder decoder;
    decoder.begin(c.framing, 4);
    mem::ByteChain in;
    mem::ByteChain out;
    if (!c.text.empty()) add(in, c.text, pool_);
    (void)decoder.feed(in, out, pool_);
    EXPECT_EQ(decoder.end_of_input(), c.good) << c.text;
  }
}

TEST_F(BodyDecoderTest, AFullPoolLosesNothing) {
  mem::SegmentPool small(2, 8, mem::SegmentPool::Wipe::No);
  mem::SegmentPool wide(8, 64, mem::SegmentPool::Wipe::No);
  mem::ByteChain in;
  mem::ByteChain out;
  add(in, "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", wide);
  mem::Segment* first = small.allocate();
  mem::Segment* second = small.allocate();
  BodyDecoder decoder;
  decoder.begin(Framing::Chunked, 0);
  ASSERT_EQ(decoder.feed(in, out, small), Result::NoMemory);
  mem::release(first);
  mem::release(second);
  ASSERT_EQ(decoder.feed(in, out, small), Result::Complete);
  EXPECT_EQ(text_of(out), "helloworld");
}

}  // namespace
}  // namespace sallyport::http
