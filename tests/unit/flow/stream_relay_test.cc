// A stream in every framing: the same events restore the same text, cuts change no byte, what does
// not change stays as it came, and nothing waits that need not.
#include "dataplane/flow/stream_relay.h"

#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "dataplane/base/base64.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/redact/earlier_tokens.h"
#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::flow {
namespace {

using llm::StreamFormat;
using rewrite::bytes_of;
using rewrite::World;

constexpr std::string_view kKinds = R"(
api_kind: list
format: 1
response: {paths: {a: T}}
stream:
  bodies: [sse, json_array, json_lines, aws_chunks]
  channels:
    text: {class: T, event: piece, event_data: '{"i":${outer},"t":${text}}'}
  paths:
    i: {class: structural, role: outer_index}
    t: {class: T, channel: text}
    note: T
    end: {class: structural, closes: {"*": outer}}
)";
constexpr std::string_view kFrames = R"(
api_kind: frames
format: 1
response: {paths: {a: T}}
stream:
  bodies: [event_stream]
  channels:
    text:
      class: T
      event_data: '{"contentBlockDelta":{"contentBlockIndex":${outer},"delta":{"text":${text}}}}'
  paths:
    contentBlockDelta.contentBlockIndex: {class: structural, role: outer_index}
    contentBlockDelta.delta.text: {class: T, channel: text}
    contentBlockStop.contentBlockIndex: {class: structural, role: outer_index, closes: {"*": outer}}
    "*.message": T
)";

const llm::ApiTables& tables() {
  static llm::AlignedSection section(
      controlplane::policy::compile_api_kind_files(
          {{"list.yaml", std::string(kKinds)}, {"frames.yaml", std::string(kFrames)}})
          .bytes);
  static const llm::ApiTables made = [] {
    llm::ApiTables out;
    EXPECT_EQ(llm::load_error_name(out.load(section.bytes())), "none");
    return out;
  }();
  return made;
}

llm::ApiKind kind_of(StreamFormat format) {
  llm::ApiKind kind;
  EXPECT_TRUE(tables().find_kind(format == StreamFormat::EventStream ? "frames" : "list", kind));
  return kind;
}

std::string frame(std::string_view type, std::string_view payload,
                  std::string_view message_type = "event") {
  std::vector<uint8_t> out;
  http::write_event_stream_message(message_type, type, bytes_of(payload), out);
  return {out.begin(), out.end()};
}

std::string base64(const std::string& text) {
  std::string out(base::base64_size(text.size()), '\0');
  base::base64_encode(bytes_of(text), {reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

std::string chunk(const std::string& json) {
  return frame("chunk", R"({"bytes":")" + base64(json) + R"(","p":"abcdef"})");
}

// The events that a stream of chunks carries; what is no chunk is left out.
std::vector<std::string> chunked(const std::string& stream) {
  std::vector<std::string> out;
  http::EventStreamSplitter splitter;
  splitter.feed(bytes_of(stream));
  http::EventStreamMessage message;
  while (splitter.next(message) == http::EventStreamSplitter::Result::Message) {
    std::string payload(message.payload.begin(), message.payload.end());
    EXPECT_EQ(message.event_type, "chunk");
    EXPECT_NE(payload.find(R"("p":")"), std::string::npos) << payload;
    const size_t at = payload.find(R"("bytes":")") + 9;
    const std::string encoded = payload.substr(at, payload.find('"', at) - at);
    std::vector<uint8_t> text(encoded.size());
    size_t size = 0;
    EXPECT_TRUE(base::base64_decode(encoded, text, size)) << payload;
    out.emplace_back(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
  }
  EXPECT_EQ(splitter.unfinished_bytes(), 0U);
  return out;
}

std::string piece(int i, const std::string& text) {
  return R"({"i":)" + std::to_string(i) + R"(,"t":")" + text + R"("})";
}

// The bytes of a stream with these events, each with its place in the framing; "end" closes.
std::vector<std::string> framed(StreamFormat format, const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (size_t n = 0; n < texts.size(); ++n) {
    const bool is_end = texts[n] == "end";
    const std::string json = is_end ? R"({"i":0,"end":1})" : piece(0, texts[n]);
    switch (format) {
      case StreamFormat::Sse:
        out.push_back("event: piece\ndata: " + json + "\n\n");
        break;
      case StreamFormat::JsonArray:
        out.push_back((n == 0 ? "[" : ",\r\n") + json);
        break;
      case StreamFormat::JsonLines:
        out.push_back(json + "\r\n");
        break;
      case StreamFormat::EventStream:
        out.push_back(
            is_end ? frame("contentBlockStop", R"({"contentBlockIndex":0})")
                   : frame("contentBlockDelta",
                           R"({"contentBlockIndex":0,"delta":{"text":")" + texts[n] + R"("}})"));
        break;
      case StreamFormat::AwsChunks:
        out.push_back(chunk(json));
        break;
    }
  }
  if (format == StreamFormat::JsonArray) out.push_back("\n]\n");
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

struct Relayed {
  StreamRelay::Result result = StreamRelay::Result::Ok;
  std::string out;
  std::string problem;
  std::vector<size_t> size_after;  // of the output, after each part
  uint64_t counted = 0;            // bytes in one of the three sums
  uint32_t events = 0;
};

class Relay : public ::testing::Test {
 protected:
  Relayed relay(StreamFormat format, const std::vector<std::string>& parts) {
    Relayed said;
    rewrite::RewriteScope scope = World::get().scope(rewrite::Direction::Response);
    if (blocked_) scope.actions[*blocked_] = contract::Action::Block;
    relay_.begin(scope, kind_of(format), format);
    std::vector<uint8_t> out;
    for (const std::string& part : parts) {
      const std::vector<uint8_t> copy(part.begin(), part.end());
      said.result = relay_.feed(copy, out);
      said.size_after.push_back(out.size());
      if (said.result != StreamRelay::Result::Ok) break;
    }
    if (said.result == StreamRelay::Result::Ok) said.result = relay_.finish(out);
    said.out.assign(out.begin(), out.end());
    said.problem = std::string(relay_.problem());
    said.events = relay_.events();
    said.counted =
        scope.tally.inspected_bytes + scope.tally.structure_bytes + scope.tally.opaque_bytes();
    return said;
  }
  std::string error(StreamFormat format, const std::vector<std::string>& parts) {
    (void)relay(format, parts);
    std::vector<uint8_t> out;
    relay_.write_error("error", R"({"error":{"code":"x"}})", true, "Blocked.", out);
    return {out.begin(), out.end()};
  }

  const std::string mail_ = "erika@northwind-example.com";
  const std::string token_ = World::get().minted(World::Email, mail_);
  rewrite::StreamTools tools_{1};
  StreamRelay relay_{tools_};
  std::optional<uint16_t> blocked_;
};

constexpr StreamFormat kFormats[] = {StreamFormat::Sse, StreamFormat::JsonArray,
                                     StreamFormat::JsonLines, StreamFormat::EventStream};

TEST_F(Relay, WithoutAFindingEveryByteStays) {
  for (StreamFormat format : kFormats) {
    const std::string stream =
        joined(framed(format, {"Hello ", "w\\u00f6rld,\\n", "(ok) ", "end"}));
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
      const Relayed said = relay(format, {stream.substr(0, cut), stream.substr(cut)});
      ASSERT_EQ(said.result, StreamRelay::Result::Ok);
      ASSERT_EQ(said.out, stream) << static_cast<int>(format) << " cut at " << cut;
    }
  }
}

// The LF of the last CRLF may come alone, when its event has gone already.
TEST_F(Relay, EveryLineEndGoesOnWhereverItIsCut) {
  for (const char* end : {"\n", "\r", "\r\n"}) {
    std::string stream;
    for (const char* line : {":hi", "", "event: piece", R"(data: {"i":0,"t":"(ok) "})", "", "id: 1",
                             R"(data: {"i":0,"end":1})", ""})
      stream += std::string(line) + end;
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
      const Relayed said = relay(StreamFormat::Sse, {stream.substr(0, cut), stream.substr(cut)});
      ASSERT_EQ(said.result, StreamRelay::Result::Ok);
      ASSERT_EQ(said.out, stream) << "cut at " << cut;
      ASSERT_EQ(said.counted, stream.size()) << "cut at " << cut;
    }
  }
}

// The bound on waiting, in events: one that is whole and has no live run leaves in the very call
// that brought its last byte, whatever the framing.
TEST_F(Relay, AnEventWithoutALiveRunLeavesInTheTurnInWhichItCame) {
  for (StreamFormat format : kFormats) {
    const auto parts = framed(format, {"Hello ", "you, ", "how are ", "things? ", "Fine. ", "end"});
    const Relayed said = relay(format, parts);
    size_t in = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      in += parts[i].size();
      // An end of line that closes a line of JSON comes with it; nothing else is left behind.
      ASSERT_EQ(said.size_after[i], in) << static_cast<int>(format) << " event " << i;
    }
    EXPECT_EQ(said.events, 6U);
  }
}

// A live run holds its own text only: every event still leaves in its turn, the first one at once.
TEST_F(Relay, AnEventWithALiveRunLeavesWithoutIt) {
  for (StreamFormat format : kFormats) {
    const auto parts = framed(
        format, {"Hello ", "mail " + token_.substr(0, 9), token_.substr(9), " now. ", "end"});
    const Relayed said = relay(format, parts);
    ASSERT_EQ(said.result, StreamRelay::Result::Ok);
    EXPECT_EQ(said.size_after[0], parts[0].size());
    for (size_t i = 1; i < said.size_after.size(); ++i)
      EXPECT_GT(said.size_after[i], said.size_after[i - 1]) << static_cast<int>(format) << i;
    EXPECT_NE(said.out.find(mail_), std::string::npos) << said.out;
    EXPECT_EQ(said.out.find(token_.substr(0, 9)), std::string::npos);
  }
}

TEST_F(Relay, CutsChangeNoByteOfARestoredStream) {
  for (StreamFormat format : kFormats) {
    const std::string stream = joined(framed(
        format, {"mail " + token_.substr(0, 20), token_.substr(20) + ", or [", "EMAIL", "end"}));
    const std::string whole = relay(format, {stream}).out;
    EXPECT_NE(whole.find(mail_), std::string::npos);
    for (size_t cut = 0; cut <= stream.size(); ++cut)
      ASSERT_EQ(relay(format, {stream.substr(0, cut), stream.substr(cut)}).out, whole)
          << static_cast<int>(format) << " cut at " << cut;
    std::vector<std::string> bytes;
    for (char c : stream) bytes.emplace_back(1, c);
    EXPECT_EQ(relay(format, bytes).out, whole);
  }
}

// What a channel still holds at its end leaves in an event of our own, in the framing of the rest.
TEST_F(Relay, HeldTextLeavesInAnEventOfItsFraming) {
  const std::vector<std::string> texts{"see [EMAIL-", "end"};
  EXPECT_EQ(relay(StreamFormat::Sse, framed(StreamFormat::Sse, texts)).out,
            "event: piece\ndata: " + piece(0, "see ") + "\n\n" + "event: piece\ndata: " +
                piece(0, "[EMAIL-") + "\n\n" + "event: piece\ndata: {\"i\":0,\"end\":1}\n\n");
  EXPECT_EQ(relay(StreamFormat::JsonArray, framed(StreamFormat::JsonArray, texts)).out,
            "[" + piece(0, "see ") + ",\r\n" + piece(0, "[EMAIL-") + ",\n{\"i\":0,\"end\":1}\n]\n");
  EXPECT_EQ(relay(StreamFormat::JsonLines, framed(StreamFormat::JsonLines, texts)).out,
            piece(0, "see ") + "\r\n" + piece(0, "[EMAIL-") + "\n" + "{\"i\":0,\"end\":1}\r\n");
  EXPECT_EQ(relay(StreamFormat::EventStream, framed(StreamFormat::EventStream, texts)).out,
            joined(framed(StreamFormat::EventStream, {"see ", "[EMAIL-", "end"})));
  // A stream that ends without closing its channels.
  EXPECT_EQ(relay(StreamFormat::JsonArray, {"[" + piece(0, "[EMAIL-") + "]"}).out,
            "[" + piece(0, "") + ",\n" + piece(0, "[EMAIL-") + "]");
  EXPECT_EQ(relay(StreamFormat::JsonLines, {piece(0, "[EMAIL-")}).out,
            piece(0, "") + "\n" + piece(0, "[EMAIL-") + "\n");
}

TEST_F(Relay, ACutStreamIsTruncated) {
  for (StreamFormat format : kFormats) {
    if (format == StreamFormat::JsonLines) continue;  // a last line needs no end
    const std::string stream = joined(framed(format, {"Hello ", "end"}));
    const std::string cut = stream.substr(0, stream.size() - 4);
    EXPECT_EQ(relay(format, {cut}).result, StreamRelay::Result::Truncated);
  }
  EXPECT_EQ(relay(StreamFormat::JsonLines, {piece(0, "x").substr(0, 8)}).result,
            StreamRelay::Result::Refused);
}

// Its text says whether it is whole; some servers leave out the empty line at the very end, or the
// line end, too.
TEST_F(Relay, TheLastServerSentEventNeedsNoEmptyLine) {
  const std::string stream = joined(framed(StreamFormat::Sse, {"to " + token_, "end"}));
  const std::string whole = relay(StreamFormat::Sse, {stream}).out;
  for (const size_t missing : {size_t{1}, size_t{2}}) {
    const Relayed said = relay(StreamFormat::Sse, {stream.substr(0, stream.size() - missing)});
    EXPECT_EQ(said.result, StreamRelay::Result::Ok);
    EXPECT_EQ(said.out, whole);
    EXPECT_EQ(said.events, 2U);
  }
  // A comment has no text that could be cut.
  EXPECT_EQ(relay(StreamFormat::Sse, {": still here"}).out, ": still here\n\n");
  for (const std::string cut : {"data: ", "data: {\"i\":0,\"t\":\"x", "data: {\"i\":0}\ndata: ,"})
    EXPECT_EQ(relay(StreamFormat::Sse, {cut + (cut.ends_with(' ') ? "{" : "")}).result,
              StreamRelay::Result::Truncated)
        << cut;
}

// Refused in its first element, in the middle, or by what was held until the ']': the client can
// read what came before, and the error.
TEST_F(Relay, AnArrayThatIsRefusedIsStillAnArray) {
  const std::string key = "AKI" + std::string("A") + "Q7ZK3M9QWERT1XC5";
  blocked_ = World::Secret;
  const std::string one = piece(0, "one ");
  std::string behind;
  while (behind.size() < 1'000) behind += " and so on";
  const std::string error = R"({"error":{"code":"x"}})";
  for (const auto& [parts, expected] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"[" + piece(0, key + behind) + "]"}, "[" + error + "]"},
           {{"[", piece(0, key + behind) + "]"}, "[" + error + "]"},
           {{"[" + one, ",\n" + piece(0, key + behind), "]"}, "[" + one + ",\n" + error + "]"},
           {{"[" + one + "," + piece(0, key) + "]"},
            "[" + one + "," + piece(0, "") + ",\n" + error + "]"}}) {
    const Relayed said = relay(StreamFormat::JsonArray, parts);
    EXPECT_EQ(said.result, StreamRelay::Result::Refused) << expected;
    std::vector<uint8_t> out(said.out.begin(), said.out.end());
    relay_.write_error("", error, true, "Blocked.", out);
    EXPECT_EQ(std::string(out.begin(), out.end()), expected);
  }
  // The output of the last call never went out.
  (void)relay(StreamFormat::JsonArray, {"[" + one + "," + piece(0, key) + "]"});
  relay_.output_lost();
  std::vector<uint8_t> out;
  relay_.write_error("", error, true, "Blocked.", out);
  EXPECT_EQ(std::string(out.begin(), out.end()), "[" + error + "]");
}

TEST_F(Relay, DamagedFramesEndTheStreamWithTheirName) {
  std::string stream = joined(framed(StreamFormat::EventStream, {"Hello ", "you", "end"}));
  const size_t first = framed(StreamFormat::EventStream, {"Hello "})[0].size();
  stream[first + 40] ^= 1;
  const Relayed said = relay(StreamFormat::EventStream, {stream});
  EXPECT_EQ(said.result, StreamRelay::Result::Malformed);
  EXPECT_EQ(said.problem, "bad_message_crc");
  EXPECT_EQ(said.out, stream.substr(0, first));  // what came before it went
}

TEST_F(Relay, FramesThatAreNoEventsOfTheApiAreRefused) {
  for (const std::string& bad : {frame("a.b", "{}"), frame("a", "{}", "other"), frame("a", "text")})
    EXPECT_NE(relay(StreamFormat::EventStream, {bad}).result, StreamRelay::Result::Ok);
}

TEST_F(Relay, ExceptionsAreTextsToo) {
  const std::string stream =
      frame("validationException", R"({"message":"no )" + token_ + R"("})", "exception");
  EXPECT_EQ(relay(StreamFormat::EventStream, {stream}).out,
            frame("validationException", R"({"message":"no )" + mail_ + R"("})", "exception"));
}

TEST_F(Relay, HeadersOfAFrameThatNobodyKnowsAreDropped) {
  const std::string name = "x-note";
  const std::string note =
      std::string(1, static_cast<char>(name.size())) + name + std::string("\x07\x00\x02hi", 5);
  http::EventStreamSplitter splitter;
  splitter.feed(bytes_of(frame("messageStop", "{}")));
  http::EventStreamMessage message;
  ASSERT_EQ(splitter.next(message), http::EventStreamSplitter::Result::Message);
  const std::string headers(message.headers.begin(), message.headers.end());
  std::vector<uint8_t> out;
  http::write_event_stream_message(bytes_of(headers + note), bytes_of("{}"), out);
  EXPECT_EQ(relay(StreamFormat::EventStream, {std::string(out.begin(), out.end())}).out,
            frame("messageStop", "{}"));
}

// A cloud that wraps another vendor's events: they are read, restored and held like those events.
TEST_F(Relay, ChunksAreReadLikeTheEventsInThem) {
  constexpr auto kFormat = StreamFormat::AwsChunks;
  const std::string plain = joined(framed(kFormat, {"Hello ", "w\\u00f6rld, ", "end"}));
  const std::vector<std::string> texts{"mail " + token_.substr(0, 20), token_.substr(20) + ", or [",
                                       "EMAIL", "end"};
  const std::string stream = joined(framed(kFormat, texts));
  std::vector<std::string> expected;
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    if (cut <= plain.size()) {
      ASSERT_EQ(relay(kFormat, {plain.substr(0, cut), plain.substr(cut)}).out, plain) << cut;
    }
    const Relayed said = relay(kFormat, {stream.substr(0, cut), stream.substr(cut)});
    ASSERT_EQ(said.result, StreamRelay::Result::Ok) << cut;
    const auto events = chunked(said.out);
    if (cut == 0) expected = events;
    ASSERT_EQ(events, expected) << cut;
  }
  // Event for event what the same texts become in lines.
  std::istringstream lines(
      relay(StreamFormat::JsonLines, framed(StreamFormat::JsonLines, texts)).out);
  std::vector<std::string> in_lines;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    in_lines.push_back(line);
  }
  EXPECT_EQ(expected, in_lines);
  EXPECT_EQ(expected.size(), 5U);  // before the last one what its channel still held
  EXPECT_EQ(relay(kFormat, {stream.substr(0, stream.size() - 4)}).result,
            StreamRelay::Result::Truncated);
  EXPECT_EQ(error(kFormat, {}),
            frame("validationException", R"({"message":"Blocked."})", "exception"));
}

TEST_F(Relay, WhatIsNoChunkEndsTheStream) {
  for (const std::string& payload :
       {std::string(R"({"bytes":"e30"})"), std::string(R"({"bytes":"e3 0="})"),
        std::string(R"({"bytes":"e31="})"), std::string(R"({"p":"abc"})"),
        std::string(R"({"bytes":"e30=","bytes":"e30="})"),
        std::string(R"({"bytes":"e30=","x":"y"})"), std::string(R"({"bytes":"e30="} )"),
        std::string(R"({"bytes":"e3\/0"})"), std::string("[]")}) {
    const Relayed said = relay(StreamFormat::AwsChunks, {frame("chunk", payload)});
    EXPECT_EQ(said.result, StreamRelay::Result::Malformed) << payload;
    EXPECT_EQ(said.problem, "chunk");
    EXPECT_EQ(said.out, "");
  }
}

// The stream stands still for the value of a token of an earlier exchange, wherever its events cut
// the token and whatever their framing hides of it (a chunk is in base64).
TEST_F(Relay, EveryFramingWaitsForAnEarlierToken) {
  const std::string value = "otto@northwind-example.com";
  const std::string earlier = World::get().token(World::Email, value);
  mem::SegmentPool pool{4, 1'024, mem::SegmentPool::Wipe::OnRelease};
  redact::EarlierTokens tokens{pool};
  const auto ask = [&](StreamFormat format, const std::vector<std::string>& texts,
                       const std::string& learnt) {
    rewrite::RewriteScope scope = World::get().scope(rewrite::Direction::Response);
    tokens.begin(true);
    scope.earlier = &tokens;
    relay_.begin(scope, kind_of(format), format);
    relay_.may_wait(true);
    std::vector<uint8_t> out;
    StreamRelay::Result result = StreamRelay::Result::Ok;
    for (const std::string& part : framed(format, texts)) {
      const std::vector<uint8_t> copy(part.begin(), part.end());
      result = relay_.feed(copy, out);
    }
    EXPECT_EQ(result, StreamRelay::Result::Waits) << static_cast<int>(format);
    const std::string shown(out.begin(), out.end());
    EXPECT_EQ(shown.find(earlier.substr(0, 12)), std::string::npos);
    for (auto& entry : tokens.entries())
      if (entry.is_open()) (void)tokens.learn(entry, bytes_of(learnt));
    for (int i = 0; i < 4 && relay_.waits(); ++i) result = relay_.resume(out);
    EXPECT_EQ(result, StreamRelay::Result::Ok);
    if (relay_.waits()) return std::string("waits");
    EXPECT_EQ(relay_.finish(out), StreamRelay::Result::Ok);
    if (format != StreamFormat::AwsChunks) return std::string(out.begin(), out.end());
    return joined(chunked({out.begin(), out.end()}));
  };
  for (StreamFormat format : {StreamFormat::Sse, StreamFormat::JsonArray, StreamFormat::JsonLines,
                              StreamFormat::EventStream, StreamFormat::AwsChunks}) {
    for (size_t cut = 1; cut <= earlier.size(); ++cut) {
      const std::string out = ask(
          format, {"it was " + earlier.substr(0, cut), earlier.substr(cut) + ".", "end"}, value);
      ASSERT_NE(out.find(value), std::string::npos)
          << static_cast<int>(format) << ' ' << cut << out;
    }
    // Behind the last character of it nothing comes.
    const std::string last = ask(format, {"it was ", earlier}, value);
    EXPECT_NE(last.find(value), std::string::npos) << static_cast<int>(format) << last;
  }
}

// Nothing can be held of a text that ends with its event, so the stream stands still before it.
TEST_F(Relay, AChunkIsNotReadBeforeItsEarlierTokensAreKnown) {
  const std::string value = "otto@northwind-example.com";
  const std::string earlier = World::get().token(World::Email, value);
  mem::SegmentPool pool{4, 1'024, mem::SegmentPool::Wipe::OnRelease};
  redact::EarlierTokens tokens{pool};
  const auto quoted = [](const std::string& v) { return R"({"i":0,"note":"by )" + v + R"("})"; };
  const auto closing = [&](size_t from) {
    return R"({"i":0,"t":")" + earlier.substr(from) + R"(","end":1})";
  };
  const auto ask = [&](const std::vector<std::string>& events) {
    rewrite::RewriteScope scope = World::get().scope(rewrite::Direction::Response);
    tokens.begin(true);
    scope.earlier = &tokens;
    relay_.begin(scope, kind_of(StreamFormat::AwsChunks), StreamFormat::AwsChunks);
    relay_.may_wait(true);
    std::vector<uint8_t> out;
    for (const std::string& event : events) {
      const std::string bytes = chunk(event);
      (void)relay_.feed(bytes_of(bytes), out);
    }
    EXPECT_TRUE(relay_.waits());
    for (auto& entry : tokens.entries())
      if (entry.is_open()) (void)tokens.learn(entry, bytes_of(value));
    if (!relay_.waits()) return std::string("did not wait");
    EXPECT_EQ(relay_.resume(out), StreamRelay::Result::Ok);
    EXPECT_EQ(relay_.finish(out), StreamRelay::Result::Ok);
    return joined(chunked({out.begin(), out.end()}));
  };
  EXPECT_EQ(ask({quoted(earlier)}), quoted(value));
  for (const size_t cut : {size_t{0}, size_t{9}, earlier.size() - 1}) {
    const std::string out = ask({piece(0, earlier.substr(0, cut)), closing(cut)});
    EXPECT_NE(out.find(value), std::string::npos) << cut << out;
  }
}

TEST_F(Relay, CommentsKeepTheConnectionAliveAndCarryNothing) {
  const std::string key = std::string("sk-") + "ant-" + "Zk3mQ9xTb7LwR2vNc8YpHd5s";
  const std::string keep = ": keep-alive 12\n\n:\n\n: OPENROUTER PROCESSING\r\n\r\n";
  EXPECT_EQ(relay(StreamFormat::Sse, {keep}).out, keep);
  EXPECT_EQ(relay(StreamFormat::Sse, {": " + key + "\n\n"}).out, ":\n\n");
  EXPECT_EQ(relay(StreamFormat::Sse, {"id: 7\n: " + key + "\ndata: {\"i\":1}\n\n"}).out,
            "id: 7\n:\ndata: {\"i\":1}\n\n");
  EXPECT_EQ(relay(StreamFormat::Sse, {"id: " + key + "\ndata: {\"i\":1}\n\n"}).out,
            "data: {\"i\":1}\n\n");
  EXPECT_EQ(
      relay(StreamFormat::Sse, {"event: " + key + "\r\ndata:{\"i\":\r\ndata: 1}\r\n\r\n"}).out,
      "data:{\"i\":\ndata: 1}\n\n");
}

TEST_F(Relay, OurLastWordFitsTheFraming) {
  EXPECT_EQ(error(StreamFormat::Sse, {}), "event: error\ndata: {\"error\":{\"code\":\"x\"}}\n\n");
  EXPECT_EQ(error(StreamFormat::JsonArray, {"[" + piece(0, "a")}),
            ",\n{\"error\":{\"code\":\"x\"}}]");
  EXPECT_EQ(error(StreamFormat::JsonArray, {"["}), "[{\"error\":{\"code\":\"x\"}}]");
  EXPECT_EQ(error(StreamFormat::JsonLines, {piece(0, "a") + "\n"}),
            "{\"error\":{\"code\":\"x\"}}\n");
  EXPECT_EQ(error(StreamFormat::EventStream, {}),
            frame("validationException", R"({"message":"Blocked."})", "exception"));
}

}  // namespace
}  // namespace sallyport::flow
