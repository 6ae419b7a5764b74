// stream_relay.h: an answer that arrives as a stream, from the vendor's bytes to the client's, in
// whatever framing its events come: server-sent events, one JSON array, JSON lines, or AWS event
// stream frames.
//
//   bytes -> events (http splitters) -> StreamRewriter -> the same framing again
//
// An event leaves in the call in which its last byte came in, unless text of it is undecided; then
// the event leaves without that text. Framing in which nothing changes stays as it came, byte for
// byte. What a framing lets pass beside its events is judged too: comments, ids and names of
// server-sent events are texts of their own, and a line of which policy would change a byte loses
// it; headers of a frame that we do not know are dropped.
//
// Tokens of earlier exchanges (redact/earlier_tokens.h): where waiting is allowed, the stream
// stands still before an event that quotes one whose value is on its way, and behind one with the
// last character of such a token; until resume(), at most for the time that its holder gives it.
// What came meanwhile is kept, and bounded by its holder, who reads no further.
//
// Not here  connections, chunks, heads (response_path.cc).
// Owner   one exchange; reusable; its buffers are wiped.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/http/event_stream.h"
#include "dataplane/http/json_splitter.h"
#include "dataplane/http/sse_splitter.h"
#include "dataplane/llm/api_tables.h"
#include "dataplane/rewrite/body/stream_rewriter.h"
#include "dataplane/rewrite/text/rewrite_scope.h"

namespace sallyport::flow {

class StreamRelay {
 public:
  // Malformed: the framing is none, problem() names how. Truncated: the end came inside an event
  // (of server-sent events: inside the text of one).
  // Refused: the scope says why. Waits: it stands still until resume().
  enum class Result : uint8_t { Ok, Malformed, Truncated, Refused, Waits };

  explicit StreamRelay(rewrite::StreamTools& tools) : tools_(&tools), rewriter_(tools) {}
  ~StreamRelay();

  // `scope` must outlive the stream. REQUIRES: kind.stream.takes(format).
  void begin(rewrite::RewriteScope& scope, const llm::ApiKind& kind, llm::StreamFormat format);
  llm::StreamFormat format() const noexcept { return format_; }
  // Appends to `out` what may go to the client; when the answer is not Ok, what went before.
  [[nodiscard]] Result feed(std::span<const uint8_t> bytes, std::vector<uint8_t>& out);
  // From the next event on; begin() says no.
  void may_wait(bool may) noexcept {
    may_wait_ = may;
    rewriter_.may_hold(may);
  }
  bool waits() const noexcept { return waits_; }
  // REQUIRES: waits(). Goes on with what is known by now.
  [[nodiscard]] Result resume(std::vector<uint8_t>& out);
  // The vendor's stream is over, in its own framing. REQUIRES: not waits(); does not wait either.
  [[nodiscard]] Result finish(std::vector<uint8_t>& out);
  // What the last feed(), resume() or finish() appended does not go out: only an error follows.
  void output_lost() noexcept;
  // Appends an error that the client's SDK raises: the last thing of a stream that we end. `body`:
  // one line of JSON (write_error_body). `message`: of it, without quotes or escapes.
  void write_error(std::string_view event_name, std::string_view body, bool is_blocked,
                   std::string_view message, std::vector<uint8_t>& out);

  std::string_view problem() const noexcept { return problem_; }
  uint32_t events() const noexcept { return events_; }
  // The model as the first events name it.
  const rewrite::MessageFacts& facts() const noexcept { return rewriter_.facts(); }

 private:
  using Bytes = std::vector<uint8_t>;

  void take(std::span<const uint8_t> bytes);
  Result run(Bytes& out);
  Result wait() noexcept;
  bool is_open_token(const redact::TokenMatch& token);
  bool look_ahead(std::span<const uint8_t> text, uint64_t from);
  bool look_at_end(uint64_t from);
  bool quotes_open_token(std::span<const uint8_t> event);
  bool text_stands_still() noexcept;
  Result feed_sse(Bytes& out);
  Result finish_sse(Bytes& out);
  Result feed_json(Bytes& out);
  Result feed_frames(Bytes& out);
  Result sse_event(const http::SseEvent& event, Bytes& out);
  Result json_piece(const http::JsonPiece& piece, Bytes& out);
  bool unpack(const http::EventStreamMessage& message);
  bool is_chunk(const http::EventStreamMessage& message) const noexcept;
  Result frame(const http::EventStreamMessage& message, Bytes& out);
  Result chunk(const http::EventStreamMessage& message, Bytes& out);
  void put_chunk(std::span<const uint8_t> data, Bytes& out);
  Result finish_channels(Bytes& out);
  Result malformed(std::string_view problem) noexcept;
  // False: refused. Lines that lose their text are noted in lost_lines_.
  bool judge_lines(std::span<const uint8_t> raw);
  void count_framing(size_t raw_bytes, size_t text_bytes) noexcept;
  void put_lines(std::span<const uint8_t> raw, const std::span<const uint8_t>* data, Bytes& out);
  void put_own_events(Bytes& out);
  void put_own_frame(std::span<const uint8_t> data, Bytes& out);

  rewrite::StreamTools* tools_;
  rewrite::StreamRewriter rewriter_;
  rewrite::RewriteScope* scope_ = nullptr;
  llm::StreamFormat format_ = llm::StreamFormat::Sse;
  http::SseSplitter sse_;
  http::JsonSplitter json_;
  http::EventStreamSplitter frames_;
  // The event that the stream stands still before: views into its splitter.
  http::SseEvent sse_event_;
  http::JsonPiece json_piece_;
  http::EventStreamMessage frame_;
  bool has_event_ = false;
  bool may_wait_ = false;
  bool waits_ = false;
  Bytes late_;  // came while it stood still
  std::vector<uint32_t> lost_lines_;
  uint64_t judged_bytes_ = 0;  // of the lines beside an event's data
  Bytes wrapped_;              // what is read of frame_: {"event type": payload}, a chunk's event
  uint32_t events_ = 0;
  bool elements_out_ = false;   // of an array: something stands before the next one
  bool is_closed_ = false;      // of an array: its end is out
  bool lines_open_ = false;     // the last line went out without its end
  bool elements_kept_ = false;  // both as they were before the last call
  bool lines_kept_ = false;
  bool chunks_padded_ = false;  // frames of this stream hide their sizes
  std::string_view problem_;
};

}  // namespace sallyport::flow
