// Frames of an AWS event stream: read at every cut, refused at every damaged byte, written so that
// they are read again.
#include "dataplane/http/event_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataplane/base/crc32.h"
#include "tests/unit/http/chains.h"

namespace sallyport::http {
namespace {

using base::crc32;

std::string text_of(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

std::string frame(std::string_view type, std::string_view payload,
                  std::string_view message_type = "event") {
  std::vector<uint8_t> out;
  write_event_stream_message(message_type, type, bytes_of(payload), out);
  return text_of(out);
}

struct Read {
  std::vector<std::string> types;
  std::vector<std::string> payloads;
  std::string raw;
  EventStreamError error = EventStreamError::None;
  size_t unfinished = 0;
};

Read read(const std::vector<std::string>& parts) {
  Read out;
  EventStreamSplitter splitter;
  for (const std::string& part : parts) {
    splitter.feed(bytes_of(part));
    EventStreamMessage message;
    while (splitter.next(message) == EventStreamSplitter::Result::Message) {
      out.types.emplace_back(message.event_type);
      out.payloads.push_back(text_of(message.payload));
      out.raw += text_of(message.raw);
    }
  }
  out.error = splitter.error();
  out.unfinished = splitter.unfinished_bytes();
  return out;
}

TEST(EventStream, TheChecksumIsThatOfZlib) {
  EXPECT_EQ(crc32(bytes_of("123456789")), 0xcbf43926U);  // check value of CRC-32/ISO-HDLC
  EXPECT_EQ(crc32(bytes_of("6789"), crc32(bytes_of("12345"))), 0xcbf43926U);
  EXPECT_EQ(crc32({}), 0U);
}

// Byte for byte what the specification's own encoder gives for a frame without headers.
TEST(EventStream, AFrameOfTheSpecification) {
  std::vector<uint8_t> out;
  write_event_stream_message({}, {}, out);
  EXPECT_EQ(text_of(out), std::string("\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8"
                                      "\xff",
                                      16));
}

TEST(EventStream, EveryCutReadsTheSame) {
  const std::string stream = frame("contentBlockDelta", R"({"delta":{"text":"a"}})") +
                             frame("messageStop", "{}") +
                             frame("throttlingException", "", "exception");
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    const Read out = read({stream.substr(0, cut), stream.substr(cut)});
    ASSERT_EQ(out.types, (std::vector<std::string>{"contentBlockDelta", "messageStop",
                                                   "throttlingException"}));
    ASSERT_EQ(out.payloads[0], R"({"delta":{"text":"a"}})");
    ASSERT_EQ(out.raw, stream);
    ASSERT_EQ(out.unfinished, 0U);
  }
  std::vector<std::string> bytes;
  for (char c : stream) bytes.emplace_back(1, c);
  EXPECT_EQ(read(bytes).raw, stream);
}

TEST(EventStream, NoDamagedByteIsTaken) {
  const std::string good = frame("contentBlockDelta", R"({"delta":{"text":"a"}})");
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    const Read out = read({bad});
    ASSERT_TRUE(out.types.empty()) << at;
    ASSERT_EQ(out.error,
              at < 12 ? EventStreamError::BadPreludeCrc : EventStreamError::BadMessageCrc)
        << at;
  }
}

TEST(EventStream, ACutFrameIsUnfinished) {
  const std::string good = frame("messageStop", "{}");
  EXPECT_EQ(read({good.substr(0, good.size() - 1)}).unfinished, good.size() - 1);
}

// The frame is whole and both checksums hold; what its headers say does not.
std::string with_headers(const std::string& headers) {
  std::vector<uint8_t> out;
  write_event_stream_message(bytes_of(headers), bytes_of("{}"), out);
  return text_of(out);
}
std::string string_header(const std::string& name, const std::string& value) {
  return std::string(1, static_cast<char>(name.size())) + name + '\x07' + '\0' +
         static_cast<char>(value.size()) + value;
}

TEST(EventStream, HeadersThatDoNotHoldAreRefused) {
  const std::string type = string_header(":event-type", "a");
  EXPECT_EQ(read({with_headers(type)}).types, (std::vector<std::string>{"a"}));
  for (const std::string& bad :
       {type + type, type.substr(0, type.size() - 1), std::string("\x00", 1), type + "\x01",
        string_header(":event-type", ""), std::string("\x0b:event-type\x01", 13),
        std::string("\x01x\x0b", 3)})
    EXPECT_EQ(read({with_headers(bad)}).error, EventStreamError::BadHeader);
}

TEST(EventStream, OtherHeadersAreSkippedByTheirTypeAndTold) {
  const std::string number = std::string("\x01n\x04\x00\x00\x00\x01", 7);
  EventStreamSplitter splitter;
  splitter.feed(bytes_of(with_headers(number + string_header(":event-type", "a"))));
  EventStreamMessage message;
  ASSERT_EQ(splitter.next(message), EventStreamSplitter::Result::Message);
  EXPECT_TRUE(message.has_other_headers);
  EXPECT_EQ(message.event_type, "a");
}

TEST(EventStream, SizesAreBounded) {
  const auto prelude = [](uint32_t total, uint32_t headers) {
    std::string out;
    for (uint32_t value : {total, headers})
      for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
    const uint32_t crc = crc32(bytes_of(out));
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(crc >> shift);
    return out;
  };
  EXPECT_EQ(read({prelude(15, 0)}).error, EventStreamError::BadSize);
  EXPECT_EQ(read({prelude(20, 5)}).error, EventStreamError::BadSize);
  EXPECT_EQ(read({prelude(kSseEventBytesMax + 1, 0)}).error, EventStreamError::TooLarge);
}

}  // namespace
}  // namespace sallyport::http
