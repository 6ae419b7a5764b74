#include "dataplane/http/sse_splitter.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/reference/http/sse_twin.h"
#include "tests/unit/http/chains.h"

namespace sallyport::http {
namespace {

struct Split {
  std::vector<SlowEvent> events;
  std::string raw;  // of all events, and what is unfinished
  bool unfinished = false;
  bool failed = false;
};

Split split(const std::vector<std::string_view>& cuts) {
  Split out;
  SseSplitter splitter;
  std::string all;
  for (const std::string_view part : cuts) {
    splitter.feed(bytes_of(part));
    all += part;
    SseEvent event;
    SseSplitter::Result result;
    while ((result = splitter.next(event)) == SseSplitter::Result::Event) {
      out.events.push_back({std::string(event.name),
                            std::string(event.data.begin(), event.data.end()), event.has_data});
      out.raw.append(event.raw.begin(), event.raw.end());
    }
    out.failed = result == SseSplitter::Result::Failed;
  }
  EXPECT_TRUE(all.starts_with(out.raw));
  out.unfinished = splitter.unfinished_bytes() > 0;
  return out;
}

void expect_like_twin(std::string_view text) {
  const SlowStream expected = read_events_slowly(text);
  for (const auto& cuts : all_cuts(text)) {
    const Split got = split(cuts);
    ASSERT_EQ(got.events, expected.events) << text;
    EXPECT_EQ(got.unfinished, expected.unfinished) << text;
    EXPECT_FALSE(got.failed);
  }
}

TEST(SseSplitter, ReadsWhatTheStandardReads) {
  for (const std::string_view text :
       {"data: a\n\n",
        "data: a\r\n\r\n",
        "data: a\r\r",
        "data:a\n\n",
        "data:  a\n\n",
        "data\n\n",
        "data:\n\n",
        "data: a\ndata: b\n\n",
        "data: a\r\ndata: b\rdata:\n\n",
        "event: x\ndata: y\n\nevent: z\ndata: w\n\n",
        "event: a\nevent: b\ndata: c\n\n",
        "event:\ndata: c\n\n",
        ": comment\n\n",
        ": ping\n\ndata: x\n\n",
        "\n\n\n",
        "\r\n\r\n",
        "\r\r\n\n",
        "id: 7\nretry: 10\ndata: x\n\n",
        "data: [DONE]\n\n",
        "datax: y\n\n",
        " data: y\n\n",
        "Data: y\n\n",
        "data: a:b: c\n\n",
        "event: only name\n\n",
        "data: unfinished\n",
        "data: unfinished",
        "data: a\n\ndata: b",
        "",
        "\xef\xbb\xbf",
        "\xef\xbb\xbf"
        "data: marked\n\n",
        "\xef\xbb"
        "data: half a mark\n\n",
        "data: \xef\xbb\xbf\n\n",
        "\xef\xbb\xbf\xef\xbb\xbf"
        "data: two marks\n\n",
        "data: a\r\n\r\ndata: b\r\n\r\n",
        "data: a\n\r\ndata: b\r\n\n",
        "x\r\n\r\n\n",
        "event: message_start\r\ndata: {\"type\": \"message_start\"}\r\n\r\n: ping\r\n\r\n"})
    expect_like_twin(text);
  expect_like_twin(std::string_view("data: a\0b\n\n", 11));
}

TEST(SseSplitter, AgreesWithItsTwinOnEveryShortTextOfItsAlphabet) {
  // Every text of up to six of these: line ends, colon, the two fields' bytes.
  constexpr std::string_view kAlphabet = "\r\n:d ";
  for (size_t length = 0; length <= 5; ++length) {
    std::vector<size_t> digits(length, 0);
    for (;;) {
      std::string text;
      for (const size_t digit : digits)
        text += kAlphabet[digit] == 'd' ? std::string("data") : std::string(1, kAlphabet[digit]);
      const SlowStream expected = read_events_slowly(text);
      std::vector<size_t> each;
      for (size_t at = 1; at < text.size(); ++at) each.push_back(at);
      for (const auto& cuts : {parts(text, {}), parts(text, each)}) {
        const Split got = split(cuts);
        ASSERT_EQ(got.events, expected.events) << ::testing::PrintToString(text);
        ASSERT_EQ(got.unfinished, expected.unfinished) << ::testing::PrintToString(text);
      }
      size_t i = 0;
      while (i < length && ++digits[i] == kAlphabet.size()) digits[i++] = 0;
      if (i == length) break;
    }
  }
}

TEST(SseSplitter, RandomStreamsInRandomCuts) {
  constexpr std::string_view kPieces[] = {"data: ", "data:", "event: ", "id: 1", ":", "x",
                                          "\n",     "\r",    "\r\n",    "\n\n",  " ", "\r\n\r\n"};
  std::mt19937 random(7);
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    for (auto i = random() % 24; i > 0; --i) text += kPieces[random() % std::size(kPieces)];
    std::vector<size_t> at;
    for (size_t i = 1; i < text.size(); ++i)
      if (random() % 3 == 0) at.push_back(i);
    const Split got = split(parts(text, at));
    const SlowStream expected = read_events_slowly(text);
    ASSERT_EQ(got.events, expected.events) << ::testing::PrintToString(text);
    ASSERT_EQ(got.unfinished, expected.unfinished) << ::testing::PrintToString(text);
  }
}

TEST(SseSplitter, RawBytesOfAllEventsAreTheStream) {
  const std::string text = "\xef\xbb\xbf: c\r\n\r\nevent: a\rdata: b\r\rdata: c\n\n";
  for (const auto& cuts : all_cuts(text)) EXPECT_EQ(split(cuts).raw, text);
}

TEST(SseSplitter, AnEventHasALimitThatNoCutChanges) {
  const auto of_size = [](size_t bytes, std::string_view end) {
    return "data: " + std::string(bytes - 6 - end.size(), 'x') + std::string(end);
  };
  for (const std::string_view end : {"\n\n", "\r\r"}) {
    const std::string fits = of_size(kSseEventBytesMax, end);
    const std::string over = of_size(kSseEventBytesMax + 1, end);
    for (const size_t cut : {size_t{1}, size_t{4'096}, fits.size() - 1, fits.size()}) {
      EXPECT_EQ(split(parts(fits, {cut})).events.size(), 1U) << cut;
      const Split refused = split(parts(over, {cut}));
      EXPECT_TRUE(refused.failed) << cut;
      EXPECT_TRUE(refused.events.empty()) << cut;
    }
  }
  // An endless line is refused before its end comes.
  EXPECT_TRUE(split({std::string(kSseEventBytesMax + 1, 'x')}).failed);
  EXPECT_FALSE(split({std::string(kSseEventBytesMax, 'x')}).failed);
}

TEST(SseSplitter, ARefusedStreamStaysRefusedUntilTheNextOne) {
  SseSplitter splitter;
  SseEvent event;
  splitter.feed(bytes_of(std::string(kSseEventBytesMax + 1, 'x')));
  EXPECT_EQ(splitter.next(event), SseSplitter::Result::Failed);
  splitter.feed(bytes_of("\n\ndata: y\n\n"));
  EXPECT_EQ(splitter.next(event), SseSplitter::Result::Failed);
  splitter.begin();
  splitter.feed(bytes_of("data: y\n\n"));
  EXPECT_EQ(splitter.next(event), SseSplitter::Result::Event);
}

}  // namespace
}  // namespace sallyport::http
