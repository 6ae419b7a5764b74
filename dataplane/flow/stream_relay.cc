#include "dataplane/flow/stream_relay.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "dataplane/base/ascii.h"
#include "dataplane/base/base64.h"
#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/http/sse_lines.h"
#include "dataplane/llm/json_string.h"
#include "dataplane/mem/wiping_vector.h"

namespace sallyport::flow {
namespace {

using base::is_digit;
using base::is_letter;

using base::bytes_of;
using Outcome = rewrite::StreamRewriter::Result;

// Two folders that may not see each other bound the same event.
static_assert(rewrite::kSseEventBytesMax == http::kSseEventBytesMax);

// Event types of AWS streams are names of members of a union: longer or other ones are none.
constexpr size_t kEventTypeBytesMax = 64;
// Between the type of a frame and its payload.
constexpr std::string_view kTypeEnd = "\":";

void put(std::vector<uint8_t>& out, std::string_view text) {
  mem::append_wiping(out, bytes_of(text));
}
void put(std::vector<uint8_t>& out, std::span<const uint8_t> bytes) {
  mem::append_wiping(out, bytes);
}

bool is_data_line(std::span<const uint8_t> line) noexcept {
  return base::text_of(line) == "data" || base::text_of(line).starts_with("data:");
}

// An event line with a plain name: every event of some vendors has one, and no value looks like it.
bool is_plain_event_line(std::span<const uint8_t> line) noexcept {
  constexpr std::string_view kEvent = "event: ";
  if (!base::text_of(line).starts_with(kEvent) || line.size() > kEvent.size() + kEventTypeBytesMax)
    return false;
  const auto name = line.subspan(kEvent.size());
  return std::all_of(name.begin(), name.end(),
                     [](uint8_t c) { return is_letter(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_event_type(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kEventTypeBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           const auto byte = static_cast<uint8_t>(c);
           return is_letter(byte) || is_digit(byte) || c == '_' || c == '-';
         });
}

// Cuts the payload out of {"NAME":PAYLOAD}. False: it is nothing like that.
bool unwrap(std::string_view data, std::string_view& name, std::string_view& payload) noexcept {
  if (!data.starts_with("{\"") || !data.ends_with("}")) return false;
  const size_t quote = data.find('"', 2);
  if (quote == std::string_view::npos || quote + 1 >= data.size() || data[quote + 1] != ':')
    return false;
  name = data.substr(2, quote - 2);
  payload = data.substr(quote + 2, data.size() - quote - 3);
  return is_event_type(name);
}

// {"bytes":"BASE64","p":"padding"} in either order, as AWS writes it: plain strings without
// escapes.
bool read_chunk(std::string_view payload, std::string_view& bytes, bool& is_padded) noexcept {
  is_padded = false;
  bool has_bytes = false;
  const auto take = [&](std::string_view what) {
    while (!payload.empty() && (payload[0] == ' ' || payload[0] == '\n')) payload.remove_prefix(1);
    if (!payload.starts_with(what)) return false;
    payload.remove_prefix(what.size());
    return true;
  };
  const auto text = [&](std::string_view& out) {
    if (!take("\"")) return false;
    const size_t end = payload.find_first_of("\"\\");
    if (end == std::string_view::npos || payload[end] != '"') return false;
    out = payload.substr(0, end);
    payload.remove_prefix(end + 1);
    return true;
  };
  if (!take("{")) return false;
  do {
    std::string_view name;
    std::string_view value;
    if (!text(name) || !take(":") || !text(value)) return false;
    bool& seen = name == "bytes" ? has_bytes : is_padded;
    if ((name != "bytes" && name != "p") || seen) return false;
    seen = true;
    if (name == "bytes") bytes = value;
  } while (take(","));
  return take("}") && payload.empty() && has_bytes;
}

}  // namespace

StreamRelay::~StreamRelay() {
  mem::clear_wiping(wrapped_);
  mem::clear_wiping(late_);
}

void StreamRelay::begin(rewrite::RewriteScope& scope, const llm::ApiKind& kind,
                        llm::StreamFormat format) {
  SP_CHECK(kind.stream.takes(format));
  scope_ = &scope;
  format_ = format;
  rewriter_.begin(scope, kind);
  sse_.begin();
  json_.begin(format == llm::StreamFormat::JsonArray ? http::JsonSplitter::Form::Array
                                                     : http::JsonSplitter::Form::Lines);
  frames_.begin();
  mem::clear_wiping(wrapped_);
  mem::clear_wiping(late_);
  has_event_ = may_wait_ = waits_ = false;
  events_ = 0;
  elements_out_ = is_closed_ = lines_open_ = chunks_padded_ = false;
  problem_ = {};
}

StreamRelay::Result StreamRelay::malformed(std::string_view problem) noexcept {
  problem_ = problem;
  return Result::Malformed;
}

StreamRelay::Result StreamRelay::feed(std::span<const uint8_t> bytes, Bytes& out) {
  if (waits_) {
    put(late_, bytes);
    return Result::Waits;
  }
  take(bytes);
  return run(out);
}

void StreamRelay::take(std::span<const uint8_t> bytes) {
  switch (format_) {
    case llm::StreamFormat::Sse:
      return sse_.feed(bytes);
    case llm::StreamFormat::JsonArray:
    case llm::StreamFormat::JsonLines:
      return json_.feed(bytes);
    case llm::StreamFormat::EventStream:
    case llm::StreamFormat::AwsChunks:
      return frames_.feed(bytes);
  }
}

StreamRelay::Result StreamRelay::run(Bytes& out) {
  elements_kept_ = elements_out_;
  lines_kept_ = lines_open_;
  switch (format_) {
    case llm::StreamFormat::Sse:
      return feed_sse(out);
    case llm::StreamFormat::JsonArray:
    case llm::StreamFormat::JsonLines:
      return feed_json(out);
    case llm::StreamFormat::EventStream:
    case llm::StreamFormat::AwsChunks:
      return feed_frames(out);
  }
  SP_CHECK(false);
  return Result::Malformed;
}

// First the event that it stood before: its views die when the splitter is touched.
StreamRelay::Result StreamRelay::resume(Bytes& out) {
  SP_CHECK(waits_);
  waits_ = false;
  const Result result = run(out);
  if (result != Result::Ok || late_.empty()) return result;
  Bytes late;
  late.swap(late_);
  take(late);
  mem::clear_wiping(late);
  const auto kept = std::pair(elements_kept_, lines_kept_);
  const Result last = run(out);
  std::tie(elements_kept_, lines_kept_) = kept;
  return last;
}

void StreamRelay::output_lost() noexcept {
  elements_out_ = elements_kept_;
  lines_open_ = lines_kept_;
  is_closed_ = false;
}

StreamRelay::Result StreamRelay::wait() noexcept {
  waits_ = true;
  return Result::Waits;
}

// Of an earlier exchange, and its value is on its way.
bool StreamRelay::is_open_token(const redact::TokenMatch& token) {
  redact::EarlierTokens* earlier = scope_->earlier;
  if (token.entity == redact::TokenLabels::kLiteral || !scope_->may_restore[token.entity] ||
      scope_->tokens->find(token.core, token.entity) != nullptr)
    return false;
  auto* entry = earlier->find(token.core, token.entity);
  const std::string_view name = scope_->engine->entity_name(token.entity);
  if (entry == nullptr && earlier->may_check() &&
      scope_->mint->verify(scope_->token_scope, name, token.core) !=
          redact::TokenMint::Verdict::NotOurs)
    entry = earlier->want(token.core, token.entity);
  return entry != nullptr && entry->is_open();
}

// Whether the finder's text, going on with `text`, has such a token that ends behind `from`. All of
// them are asked for.
bool StreamRelay::look_ahead(std::span<const uint8_t> text, uint64_t from) {
  constexpr size_t kPieceBytes = 16 * 1024;  // what the finder takes at once
  redact::TokenFinder& ahead = tools_->ahead;
  bool open = false;
  while (!text.empty()) {
    const auto piece = text.first(std::min(text.size(), kPieceBytes));
    text = text.subspan(piece.size());
    if (!ahead.feed(piece)) return false;
    for (const redact::TokenMatch& token : ahead.matches())
      open = (token.end > from && is_open_token(token)) || open;
    ahead.take(ahead.matches().size());
  }
  return open;
}

bool StreamRelay::look_at_end(uint64_t from) {
  tools_->ahead.end();
  bool open = false;
  for (const redact::TokenMatch& token : tools_->ahead.matches())
    open = (token.end > from && is_open_token(token)) || open;
  return open;
}

// Does this event, as it came, quote a token of an earlier exchange whose value is on its way? Read
// on its own before anything of it is: in a text that ends with its event nothing can be held. The
// same for a token that began in an event before and ends in this one, perhaps with its text.
bool StreamRelay::quotes_open_token(std::span<const uint8_t> event) {
  if (!may_wait_ || scope_->earlier == nullptr || !scope_->earlier->on()) return false;
  redact::TokenFinder& ahead = tools_->ahead;
  ahead.begin(*scope_->labels);
  bool open = look_ahead(event, 0);
  open = look_at_end(0) || open;
  for (const auto& text : rewriter_.continued(event)) {
    ahead.begin(*scope_->labels);
    const uint64_t from = text.held.size();
    open = look_ahead(text.held, from) || open;
    llm::JsonStringPieces pieces(text.content, 0);
    while (pieces.next()) open = look_ahead(pieces.decoded(), from) || open;
    open = look_at_end(from) || open;
  }
  return open;
}

// A text of the event that was just read ends before a token whose value is on its way.
bool StreamRelay::text_stands_still() noexcept {
  if (scope_->earlier == nullptr || !scope_->earlier->holds) return false;
  scope_->earlier->holds = false;
  return may_wait_;
}

StreamRelay::Result StreamRelay::finish(Bytes& out) {
  SP_CHECK(!waits_);
  may_wait(false);
  elements_kept_ = elements_out_;
  lines_kept_ = lines_open_;
  // What is cut in its text was cut, whatever the framing of the body says.
  switch (format_) {
    case llm::StreamFormat::Sse:
      if (const Result last = finish_sse(out); last != Result::Ok) return last;
      put(out, sse_.late_end());
      count_framing(sse_.late_end().size(), 0);
      break;
    case llm::StreamFormat::JsonArray:
    case llm::StreamFormat::JsonLines:
      json_.end();
      if (const Result last = feed_json(out); last != Result::Ok) return last;
      if (!json_.complete()) return Result::Truncated;
      if (is_closed_) return Result::Ok;  // its channels were finished before the ']'
      break;
    case llm::StreamFormat::EventStream:
    case llm::StreamFormat::AwsChunks:
      if (frames_.unfinished_bytes() > 0) return Result::Truncated;
      break;
  }
  return finish_channels(out);
}

StreamRelay::Result StreamRelay::finish_channels(Bytes& out) {
  if (rewriter_.finish() == Outcome::Refused) return Result::Refused;
  put_own_events(out);
  return Result::Ok;
}

// Events of our own stand before the vendor's event, or at the end.
void StreamRelay::put_own_events(Bytes& out) {
  for (size_t i = 0; i < rewriter_.before_count(); ++i) {
    const rewrite::StreamRewriter::OwnEvent event = rewriter_.before(i);
    switch (format_) {
      case llm::StreamFormat::Sse:
        if (!event.name.empty()) {
          put(out, "event: ");
          put(out, event.name);
          put(out, "\n");
        }
        put(out, "data: ");
        put(out, event.data);
        put(out, "\n\n");
        break;
      case llm::StreamFormat::JsonArray:
        if (elements_out_) put(out, ",\n");
        elements_out_ = true;
        put(out, event.data);
        break;
      case llm::StreamFormat::JsonLines:
        if (lines_open_) put(out, "\n");
        lines_open_ = false;
        put(out, event.data);
        put(out, "\n");
        break;
      case llm::StreamFormat::EventStream:
        put_own_frame(event.data, out);
        break;
      case llm::StreamFormat::AwsChunks:
        put_chunk(event.data, out);
        break;
    }
  }
}

// --- server-sent events --------------------------------------------------------------------------

StreamRelay::Result StreamRelay::feed_sse(Bytes& out) {
  for (;;) {
    if (!has_event_) {
      switch (sse_.next(sse_event_)) {
        case http::SseSplitter::Result::NeedMore:
          return Result::Ok;
        case http::SseSplitter::Result::Failed:
          return malformed("event_too_large");
        case http::SseSplitter::Result::Event:
          break;
      }
    }
    has_event_ = sse_event_.has_data && quotes_open_token(sse_event_.data);
    if (has_event_) return wait();
    if (const Result result = sse_event(sse_event_, out); result != Result::Ok) return result;
    if (text_stands_still()) return wait();
  }
}

// Servers leave out the empty line behind their last event (`data: [DONE]` and a line end, or
// none), and SDKs either take that event or miss nothing. So it is an event when its text is whole.
StreamRelay::Result StreamRelay::finish_sse(Bytes& out) {
  constexpr uint8_t kLineEnd = '\n';
  for (int ends = 0; ends < 2 && sse_.unfinished_bytes() > 0; ++ends) {
    sse_.feed({&kLineEnd, 1});
    switch (sse_.next(sse_event_)) {
      case http::SseSplitter::Result::NeedMore:
        continue;
      case http::SseSplitter::Result::Failed:
        return malformed("event_too_large");
      case http::SseSplitter::Result::Event:
        break;
    }
    if (sse_event_.has_data && !sse_event_.data.empty() && !rewriter_.is_whole(sse_event_.data))
      return Result::Truncated;
    if (const Result last = sse_event(sse_event_, out); last != Result::Ok) return last;
  }
  return Result::Ok;
}

StreamRelay::Result StreamRelay::sse_event(const http::SseEvent& event, Bytes& out) {
  if (!judge_lines(event.raw)) return Result::Refused;
  // An event whose data is empty is none (WHATWG HTML 9.2.6); servers send them to keep alive.
  const bool has_text = event.has_data && !event.data.empty();
  count_framing(event.raw.size(), event.data.size());
  Outcome outcome = Outcome::Unchanged;
  if (has_text) {
    ++events_;
    outcome = rewriter_.event(event.data);
    if (outcome == Outcome::Refused) return Result::Refused;
    put_own_events(out);
  }
  if (outcome == Outcome::Unchanged && lost_lines_.empty()) {
    put(out, event.raw);
    return Result::Ok;
  }
  const std::span<const uint8_t> data = rewriter_.data();
  put_lines(event.raw, outcome == Outcome::Rewritten ? &data : nullptr, out);
  return Result::Ok;
}

// What stands around the text of an event; a text may be longer than its frame is here (the type of
// a frame is read as part of it), and then the difference is taken back.
void StreamRelay::count_framing(size_t raw_bytes, size_t text_bytes) noexcept {
  scope_->tally.structure_bytes += raw_bytes - text_bytes - judged_bytes_;
  judged_bytes_ = 0;
}

// Every line but the data's is a text of its own: a comment is read by no SDK, and could still
// carry what the events may not.
bool StreamRelay::judge_lines(std::span<const uint8_t> raw) {
  lost_lines_.clear();
  judged_bytes_ = 0;
  bool ok = true;
  uint32_t number = 0;
  http::for_each_line(raw, [&](std::span<const uint8_t> line) {
    const uint32_t at = number++;
    if (!ok || line.size() <= 1 || is_data_line(line) || is_plain_event_line(line)) return;
    rewrite::TextRewriter& text = tools_->beside;
    text.begin(*scope_);
    scope_->tally.inspected_bytes += line.size();
    judged_bytes_ += line.size();
    ok = text.feed(line) && text.end();
    if (text.edits().count() > 0) lost_lines_.push_back(at);
    text.edits().clear();
  });
  return ok;
}

// The event's own lines (name, id, retry, comments) stay as they came and where they stood; its
// data lines become one that carries the new data, when there is any. A vendor that prints its JSON
// over several lines gets them back as several data lines.
void StreamRelay::put_lines(std::span<const uint8_t> raw, const std::span<const uint8_t>* data,
                            Bytes& out) {
  bool written = data == nullptr;
  uint32_t number = 0;
  http::for_each_line(raw, [&](std::span<const uint8_t> line) {
    const bool is_lost =
        std::find(lost_lines_.begin(), lost_lines_.end(), number++) != lost_lines_.end();
    if (is_lost) {  // a comment stays one, so that it still keeps a connection alive
      if (line[0] == ':') put(out, ":\n");
      return;
    }
    if (data == nullptr || !is_data_line(line)) {
      put(out, line);
      put(out, "\n");
      return;
    }
    if (written) return;
    written = true;
    std::span<const uint8_t> rest = *data;
    for (;;) {
      const auto end = std::find(rest.begin(), rest.end(), uint8_t{'\n'});
      const auto size = static_cast<size_t>(end - rest.begin());
      put(out, "data: ");
      put(out, rest.first(size));
      put(out, "\n");
      if (end == rest.end()) break;
      rest = rest.subspan(size + 1);
    }
  });
  SP_CHECK(written);  // the splitter saw data, so there is a data line
}

// --- a JSON array, JSON lines --------------------------------------------------------------------

StreamRelay::Result StreamRelay::feed_json(Bytes& out) {
  for (;;) {
    if (!has_event_) {
      switch (json_.next(json_piece_)) {
        case http::JsonSplitter::Result::NeedMore:
          return Result::Ok;
        case http::JsonSplitter::Result::Failed:
          return malformed("events");
        case http::JsonSplitter::Result::Piece:
          break;
      }
    }
    has_event_ = json_piece_.has_text && quotes_open_token(json_piece_.text());
    if (has_event_) return wait();
    if (const Result result = json_piece(json_piece_, out); result != Result::Ok) return result;
    if (text_stands_still()) return wait();
  }
}

StreamRelay::Result StreamRelay::json_piece(const http::JsonPiece& piece, Bytes& out) {
  if (piece.is_end) {
    const bool is_first = !elements_out_;
    if (const Result done = finish_channels(out); done != Result::Ok) return done;
    SP_CHECK(!is_first || !elements_out_);  // without events there are no channels
    is_closed_ = true;
  }
  count_framing(piece.raw.size(), piece.has_text ? piece.text().size() : 0);
  if (!piece.has_text) {
    put(out, piece.raw);
    if (!piece.raw.empty()) lines_open_ = false;
    return Result::Ok;
  }
  ++events_;
  const Outcome outcome = rewriter_.event(piece.text());
  if (outcome == Outcome::Refused) return Result::Refused;
  const bool is_array = format_ == llm::StreamFormat::JsonArray;
  const auto before = piece.raw.first(piece.text_offset);
  const auto behind = piece.raw.subspan(piece.text_offset + piece.text_size);
  if (is_array && rewriter_.before_count() > 0) {
    // The vendor's comma leads to our first event, ours to the vendor's.
    put(out, before);
    elements_out_ = false;
    put_own_events(out);
    put(out, ",\n");
  } else {
    put_own_events(out);
    put(out, before);
  }
  put(out, outcome == Outcome::Rewritten ? rewriter_.data() : piece.text());
  put(out, behind);
  elements_out_ = true;
  lines_open_ = !is_array && behind.empty();
  return Result::Ok;
}

// --- AWS event stream ----------------------------------------------------------------------------

StreamRelay::Result StreamRelay::feed_frames(Bytes& out) {
  for (;;) {
    if (!has_event_) {
      switch (frames_.next(frame_)) {
        case http::EventStreamSplitter::Result::NeedMore:
          return Result::Ok;
        case http::EventStreamSplitter::Result::Failed:
          return malformed(http::event_stream_error_name(frames_.error()));
        case http::EventStreamSplitter::Result::Message:
          break;
      }
    }
    // What the tables read, not the payload: of a chunk that is in base64.
    if (!has_event_ && !unpack(frame_)) {
      count_framing(frame_.raw.size(), 0);
      return Result::Malformed;
    }
    has_event_ = !wrapped_.empty() && quotes_open_token(wrapped_);
    if (has_event_) return wait();
    if (const Result result = frame(frame_, out); result != Result::Ok) return result;
    if (text_stands_still()) return wait();
  }
}

// Fills wrapped_ with the text of a frame that is read. The type of an event stands in a header,
// its fields in the payload: the tables read them together as {"type": payload}, which is what the
// vendor's own description of the stream says. Of a chunk: the event of the model's own vendor that
// it carries. Empty: nothing in it is read. False: malformed.
bool StreamRelay::unpack(const http::EventStreamMessage& message) {
  mem::clear_wiping(wrapped_);
  if (message.message_type == "error") return true;
  const bool is_known = message.message_type == "event" || message.message_type == "exception";
  const bool is_json = message.content_type.empty() || message.content_type == "application/json";
  if (!is_known || !is_json || !is_event_type(message.event_type)) {
    problem_ = "frame";
    return false;
  }
  if (is_chunk(message)) {
    std::string_view encoded;
    bool is_padded = false;
    size_t size = 0;
    problem_ = "chunk";
    if (!read_chunk(base::text_of(message.payload), encoded, is_padded)) return false;
    wrapped_.resize(encoded.size() / 4 * 3);
    if (!base::base64_decode(encoded, wrapped_, size)) return false;
    wrapped_.resize(size);
    chunks_padded_ |= is_padded;
    problem_ = {};
  } else if (!message.payload.empty()) {
    put(wrapped_, "{\"");
    put(wrapped_, message.event_type);
    put(wrapped_, kTypeEnd);
    put(wrapped_, message.payload);
    put(wrapped_, "}");
  }
  return true;
}

bool StreamRelay::is_chunk(const http::EventStreamMessage& message) const noexcept {
  return format_ == llm::StreamFormat::AwsChunks && message.event_type == "chunk";
}

// REQUIRES: unpack(message).
StreamRelay::Result StreamRelay::frame(const http::EventStreamMessage& message, Bytes& out) {
  ++events_;
  count_framing(message.raw.size(), wrapped_.size());
  if (message.message_type == "error") {  // its text is in a header that nobody looks into
    constexpr std::string_view kEnded = R"({"message":"The vendor ended the stream."})";
    http::write_event_stream_message("exception", "modelStreamErrorException", bytes_of(kEnded),
                                     out);
    return Result::Ok;
  }
  if (is_chunk(message)) return chunk(message, out);
  auto payload = message.payload;
  bool is_changed = false;
  if (!payload.empty()) {
    const Outcome outcome = rewriter_.event(wrapped_);
    if (outcome == Outcome::Refused) return Result::Refused;
    put_own_events(out);
    is_changed = outcome == Outcome::Rewritten;
    if (is_changed) {
      const auto data = rewriter_.data();
      const size_t prefix = 2 + message.event_type.size() + kTypeEnd.size();
      const auto head = std::span<const uint8_t>(wrapped_).first(prefix);
      if (data.size() <= prefix || !std::equal(head.begin(), head.end(), data.begin()))
        return malformed("frame");  // the type itself would have changed
      payload = data.subspan(prefix, data.size() - prefix - 1);
    }
  }
  if (message.has_other_headers) {
    http::write_event_stream_message(message.message_type, message.event_type, payload, out);
  } else if (is_changed) {
    http::write_event_stream_message(message.headers, payload, out);
  } else {
    put(out, message.raw);
  }
  return Result::Ok;
}

// Read like an event of the vendor whose it is.
StreamRelay::Result StreamRelay::chunk(const http::EventStreamMessage& message, Bytes& out) {
  const Outcome outcome = rewriter_.event(wrapped_);
  if (outcome == Outcome::Refused) return Result::Refused;
  put_own_events(out);
  if (outcome == Outcome::Rewritten || message.has_other_headers)
    put_chunk(outcome == Outcome::Rewritten ? rewriter_.data() : wrapped_, out);
  else
    put(out, message.raw);
  return Result::Ok;
}

void StreamRelay::put_chunk(std::span<const uint8_t> data, Bytes& out) {
  constexpr std::string_view kBefore = R"({"bytes":")";
  Bytes payload;
  payload.reserve(kBefore.size() + base::base64_size(data.size()) +
                  2 * rewrite::kPaddingBlockBytes + 16);
  put(payload, kBefore);
  payload.resize(kBefore.size() + base::base64_size(data.size()));
  base::base64_encode(data, std::span(payload).subspan(kBefore.size()));
  put(payload, "\"");
  if (chunks_padded_) {
    put(payload, R"(,"p":")");
    put(payload, tools_->padding.next(payload.size()));
    put(payload, "\"");
  }
  put(payload, "}");
  http::write_event_stream_message("event", "chunk", payload, out);
  mem::clear_wiping(payload);
}

void StreamRelay::put_own_frame(std::span<const uint8_t> data, Bytes& out) {
  std::string_view name;
  std::string_view payload;
  SP_CHECK(
      unwrap(base::text_of(data), name, payload));  // a bundle whose template says else is refused
  http::write_event_stream_message("event", name, bytes_of(payload), out);
}

// --- our last word -------------------------------------------------------------------------------

void StreamRelay::write_error(std::string_view event_name, std::string_view body, bool is_blocked,
                              std::string_view message, Bytes& out) {
  switch (format_) {
    case llm::StreamFormat::Sse:
      if (!event_name.empty()) {
        put(out, "event: ");
        put(out, event_name);
        put(out, "\n");
      }
      put(out, "data: ");
      put(out, body);
      put(out, "\n\n");
      return;
    case llm::StreamFormat::JsonArray:
      if (is_closed_) return;
      put(out, elements_out_ ? ",\n" : "[");
      put(out, body);
      put(out, "]");
      return;
    case llm::StreamFormat::JsonLines:
      if (lines_open_) put(out, "\n");
      put(out, body);
      put(out, "\n");
      return;
    case llm::StreamFormat::EventStream:
    case llm::StreamFormat::AwsChunks: {
      Bytes payload;
      put(payload, "{\"message\":\"");
      put(payload, message);
      put(payload, "\"}");
      // The first is never tried again by an SDK.
      http::write_event_stream_message(
          "exception", is_blocked ? "validationException" : "modelStreamErrorException", payload,
          out);
      return;
    }
  }
}

}  // namespace sallyport::flow
