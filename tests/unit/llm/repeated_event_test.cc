// An event like the one before is known without being walked, and only then: what is said of it is
// what the reader of events says.
#include "dataplane/llm/repeated_event.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/llm/recording_sink.h"
#include "tests/unit/llm/shipped_tables.h"

namespace sallyport::llm {
namespace {

// How a vendor says a piece of text; what may differ from event to event is given raw.
struct SaidBy {
  const char* kind;
  std::string (*event)(const std::string& text, const std::string& padding,
                       const std::string& count);
};

const SaidBy kSaidBy[] = {
    {"openai_chat",
     [](const std::string& text, const std::string& padding, const std::string&) {
       return R"({"id":"c1","object":"chat.completion.chunk","created":17,"model":"m","choices":[)"
              R"({"index":0,"delta":{"content":")" +
              text + R"("},"logprobs":null,"finish_reason":null}],"obfuscation":")" + padding +
              R"("})";
     }},
    {"openai_responses",
     [](const std::string& text, const std::string& padding, const std::string& count) {
       return R"({"type":"response.output_text.delta","sequence_number":)" + count +
              R"(,"item_id":"i1","output_index":0,"content_index":0,"delta":")" + text +
              R"(","logprobs":[],"obfuscation":")" + padding + R"("})";
     }},
    {"anthropic_messages",
     [](const std::string& text, const std::string&, const std::string&) {
       return R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")" +
              text + R"("}})";
     }},
    {"gemini_generate",
     [](const std::string& text, const std::string&, const std::string& count) {
       return R"({"candidates": [{"content": {"parts": [{"text": ")" + text +
              R"("}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 8,)"
              R"("totalTokenCount": )" +
              count + R"(},"modelVersion": "g"})";
     }},
};

void expect_same(const StreamEvent& a, const StreamEvent& b, const std::string& data) {
  ASSERT_EQ(a.deltas.size(), b.deltas.size()) << data;
  for (size_t i = 0; i < a.deltas.size(); ++i) {
    EXPECT_EQ(a.deltas[i].key, b.deltas[i].key) << data;
    EXPECT_EQ(a.deltas[i].text_class, b.deltas[i].text_class) << data;
    EXPECT_EQ(a.deltas[i].rule, b.deltas[i].rule) << data;
    EXPECT_EQ(a.deltas[i].raw_start, b.deltas[i].raw_start) << data;
    EXPECT_EQ(a.deltas[i].raw_end, b.deltas[i].raw_end) << data;
  }
  EXPECT_EQ(a.closes.size(), b.closes.size()) << data;
  ASSERT_EQ(a.marks.size(), b.marks.size()) << data;
  for (size_t i = 0; i < a.marks.size(); ++i) {
    EXPECT_EQ(a.marks[i].kind, b.marks[i].kind) << data;
    EXPECT_EQ(a.marks[i].raw_start, b.marks[i].raw_start) << data;
    EXPECT_EQ(a.marks[i].raw_end, b.marks[i].raw_end) << data;
  }
}

class Repeated : public testing::Test {
 protected:
  // The first event, then one that may be known: whether it is, and then that it says what the
  // reader says.
  bool is_known(const SaidBy& dialect, const std::string& first, const std::string& second) {
    const ApiKind kind = shipped_kind(dialect.kind);
    StreamCaptures captures, full;
    EXPECT_EQ(reader_.read(kind, bytes_of(first), captures), StreamEventReader::Result::Ok);
    EXPECT_TRUE(event_.learn(bytes_of(first), reader_.event())) << first;
    full = captures;
    const bool known = event_.read(bytes_of(second), captures);
    const auto result = reader_.read(kind, bytes_of(second), full);
    if (!known) return false;
    EXPECT_EQ(result, StreamEventReader::Result::Ok) << second;
    expect_same(event_.event(), reader_.event(), second);
    uint64_t text_bytes = 0;
    for (const StreamDelta& delta : reader_.event().deltas)
      text_bytes += delta.raw_end - delta.raw_start;
    for (const StreamMark& mark : reader_.event().marks)
      if (mark.kind == MarkKind::Obfuscation) text_bytes += mark.raw_end - mark.raw_start - 2;
    EXPECT_EQ(event_.text_bytes(), text_bytes);
    for (size_t i = 0; i < kCapturesMax; ++i) {
      EXPECT_EQ(captures.sizes[i], full.sizes[i]) << second;
      EXPECT_TRUE(std::equal(full.bytes[i].begin(), full.bytes[i].begin() + full.sizes[i],
                             captures.bytes[i].begin()))
          << second;
    }
    return true;
  }
  StreamEventReader reader_;
  StreamCaptures captures_;
  RepeatedEvent event_;
};

TEST_F(Repeated, OtherTextPaddingAndCountsAreKnown) {
  for (const SaidBy& dialect : kSaidBy) {
    const std::string first = dialect.event("Hello", "abcdefgh", "4");
    for (const char* text : {"", "x", " a longer text than that before", "\\n\\\"\\\\\\u00e9",
                             "\xc3\xa9\xe6\xbc\xa2", "\\ud83d\\ude00", "{\\\"a\\\":1}"})
      for (const char* padding : {"", "a", "Zz09", "abcdefghijklmnop"})
        for (const char* count : {"0", "5", "12345"})
          EXPECT_TRUE(is_known(dialect, first, dialect.event(text, padding, count)))
              << dialect.kind << " " << text;
  }
}

TEST_F(Repeated, WhatNoReaderTakesIsNotKnown) {
  for (const SaidBy& dialect : kSaidBy) {
    const std::string first = dialect.event("Hello", "abcdefgh", "4");
    for (const char* text : {"\n", "\x01", "\\x", "\\u12", "\\ud83d", "\\ude00", "\xc3",
                             "\xed\xa0\x80", "\xff", "a\"", "a\",\"b\":\"c", "\\"})
      EXPECT_FALSE(is_known(dialect, first, dialect.event(text, "abc", "4")))
          << dialect.kind << text;
    const std::string second = dialect.event("you", "abc", "5");
    for (size_t size = 0; size < second.size(); ++size)
      EXPECT_FALSE(is_known(dialect, first, second.substr(0, size))) << size;
    EXPECT_FALSE(is_known(dialect, first, second + " "));
  }
  const SaidBy& counts = kSaidBy[1];
  const std::string first = counts.event("Hello", "abcdefgh", "4");
  for (const char* count : {"", "-1", "04", "1.5", "1e3", "\"4\"", "null", "1234567890123456789"})
    EXPECT_FALSE(is_known(counts, first, counts.event("you", "abc", count))) << count;
  for (const char* padding : {"a b", "\\u0061", "1.2", "a@example.org"})
    EXPECT_FALSE(is_known(counts, first, counts.event("you", padding, "5"))) << padding;
}

// Padding is a string: an event with something else in its place is read each time.
TEST_F(Repeated, ANumberIsNoPadding) {
  const auto with = [](const std::string& padding) {
    return R"({"choices":[{"index":0,"delta":{"content":"x"}}],"obfuscation":)" + padding + "}";
  };
  StreamCaptures captures;
  const std::string first = with("12345");
  EXPECT_EQ(reader_.read(shipped_kind("openai_chat"), bytes_of(first), captures),
            StreamEventReader::Result::Ok);
  EXPECT_FALSE(event_.learn(bytes_of(first), reader_.event()));
  EXPECT_FALSE(event_.read(bytes_of(with("1abc5")), captures));
}

// A byte that differs elsewhere is another event: all of it is read.
TEST_F(Repeated, EveryOtherByteCounts) {
  for (const SaidBy& dialect : kSaidBy) {
    const std::string first = dialect.event("Hello", "abcdefgh", "4");
    size_t known = 0;
    for (size_t i = 0; i < first.size(); ++i) {
      std::string second = first;
      second[i] = second[i] == '7' ? '8' : '7';
      known += is_known(dialect, first, second) ? 1 : 0;
    }
    // Text, padding and what counts: a time does, too.
    EXPECT_LE(known, std::string("Hello"
                                 "abcdefgh"
                                 "17")
                         .size())
        << dialect.kind;
    EXPECT_GE(known, std::string("Hello").size()) << dialect.kind;
  }
}

// Text of any bytes: known is what is one JSON string, and the reader says the same of it.
TEST_F(Repeated, AnyTextIsKnownExactlyWhenItIsAString) {
  const char* const pieces[] = {"a",       " ",       "\\",      "\"",   "n",    "u00e9",
                                "\\u00e9", "\\ud83d", "\\ude00", "\xc3", "\xa9", "\xe6\xbc\xa2",
                                "\x1f",    "{",       "\\\\",    "\\\"", "7",    ",",
                                ":"};
  for (uint64_t seed = 1; seed <= 4'000; ++seed) {
    std::mt19937_64 draw(seed);
    const SaidBy& dialect = kSaidBy[seed % std::size(kSaidBy)];
    std::string text;
    for (size_t n = draw() % 8; n > 0; --n) text += pieces[draw() % std::size(pieces)];
    const std::string second = dialect.event(text, "abc", "5");
    const bool known = is_known(dialect, dialect.event("Hello", "abcdefgh", "4"), second);
    const bool is_string = nlohmann::json::accept("\"" + text + "\"");
    EXPECT_EQ(known, is_string) << "seed " << seed << ": " << second;
  }
}

// What ends a channel, opens one, holds what is signed or more than one text is read each time.
TEST_F(Repeated, OtherEventsAreNotLearned) {
  const auto learned = [&](const char* name, const std::string& data) {
    StreamCaptures captures;
    EXPECT_EQ(reader_.read(shipped_kind(name), bytes_of(data), captures),
              StreamEventReader::Result::Ok)
        << data;
    return event_.learn(bytes_of(data), reader_.event());
  };
  EXPECT_FALSE(
      learned("openai_chat",
              R"({"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]})"));
  EXPECT_FALSE(learned("openai_chat", R"({"choices":[{"index":0,"delta":{}}]})"));
  EXPECT_FALSE(
      learned("openai_chat", R"({"choices":[{"index":0,"delta":{"content":"x","refusal":"y"}}]})"));
  EXPECT_FALSE(
      learned("openai_chat", R"({"choices":[{"index":0,"delta":{"content":"x"}}],"new":"field"})"));
  EXPECT_FALSE(learned("openai_chat", "[DONE]"));
  EXPECT_FALSE(
      learned("anthropic_messages",
              R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta",)"
              R"("thinking":"x"}})"));
  EXPECT_FALSE(learned("anthropic_messages", R"({"type":"content_block_stop","index":0})"));
  EXPECT_FALSE(event_.read(bytes_of(R"({"type":"content_block_stop","index":0})"), captures_));
  // One that takes more room than is kept.
  EXPECT_FALSE(learned("openai_chat", R"({"id":")" + std::string(2'000, 'a') +
                                          R"(","choices":[{"index":0,"delta":{"content":"x"}}]})"));
  EXPECT_TRUE(learned("openai_chat", R"({"choices":[{"index":0,"delta":{"content":"x"}}]})"));
  event_.forget();
  EXPECT_FALSE(
      event_.read(bytes_of(R"({"choices":[{"index":0,"delta":{"content":"x"}}]})"), captures_));
}

}  // namespace
}  // namespace sallyport::llm
