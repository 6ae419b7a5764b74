// stream_rewriter.h: the events of an answer that arrives as a stream, one by one, in their order.
//
// Every event goes out once, in its place. The text of a channel (choice, content block, tool call)
// is one text over all its events: what is undecided is held and leaves in the next delta of its
// channel, or in a delta of our own before the event that closes the channel. An event in which
// nothing changes leaves byte for byte.
//
// A number that counts in the text of a channel (an annotation) moves by the edits that are decided
// when its event passes. Where it points behind them, into text that is held, it is as far behind
// the last decided byte as it was: the event of a vendor that repeats the whole text has it exact.
//
// It is harder than a search and replace because
//   1. a token or a value may be cut over any number of events, and channels interleave;
//   2. arguments of tool calls are JSON text cut anywhere, escapes included;
//   3. an event may carry the end of its channel, so it is read whole before anything is written.
//
// Limits  kStreamChannelsMax channels, kChannelHeldBytesMax undecided bytes in each; more is
// refused. Owner   one exchange; reusable.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/llm/repeated_event.h"
#include "dataplane/llm/stream_events.h"
#include "dataplane/mem/text_window.h"
#include "dataplane/rewrite/body/json_rewriter.h"
#include "dataplane/rewrite/body/output_check.h"
#include "dataplane/rewrite/body/padding.h"
#include "dataplane/rewrite/leaf/offset_book.h"
#include "dataplane/rewrite/text/clean_texts.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_rewriter.h"

namespace sallyport::rewrite {

// What one event at a time needs; one for all streams of a worker.
struct StreamTools {
  explicit StreamTools(uint64_t padding_seed) : padding(padding_seed) {}
  llm::StreamEventReader reader;
  JsonRewriter whole{kJsonNestingMax, false};  // every leaf of an event that is not a delta
  OutputCheck check;                           // of every event that we wrote
  TextRewriter beside;                         // lines around events, padding inside of them
  redact::TokenFinder ahead;                   // tokens of an event before it is read
  Padding padding;
};

class StreamRewriter {
 public:
  enum class Result : uint8_t { Unchanged, Rewritten, Refused };

  explicit StreamRewriter(StreamTools& tools) : tools_(&tools) {}
  ~StreamRewriter();

  // `scope` must outlive the stream.
  void begin(RewriteScope& scope, const llm::ApiKind& kind);

  // One event with data. Unchanged: send it as it came (after before()). Rewritten: data() is the
  // new data. before(): events of our own that go out first. Refused: scope.refusal says why.
  [[nodiscard]] Result event(std::span<const uint8_t> data);
  // The stream ended without closing its channels: before() gets what they still held.
  [[nodiscard]] Result finish();

  // From now on the text of a channel may stand still before a token of an earlier exchange whose
  // value is on its way: scope.earlier->holds says that it does. It goes on with the next event.
  void may_hold(bool may) noexcept { may_hold_ = may; }

  // What an event that was not read yet would add to texts of which something is held: a token that
  // is cut over events may end in it, and its text with it. Valid until the next call.
  struct Continued {
    std::span<const uint8_t> held;     // the last of it, as much as one token can be
    std::span<const uint8_t> content;  // of the event: what stands between the quotes
  };
  std::span<const Continued> continued(std::span<const uint8_t> data);

  // Could `data` be all of an event, or was it cut?
  bool is_whole(std::span<const uint8_t> data) {
    return kind_.ends(data) || tools_->check.is_json(data);
  }

  // Valid until the next call.
  std::span<const uint8_t> data() const noexcept { return out_; }
  // An event of our own: the name for its event line (empty: none), and its data, one line of JSON.
  struct OwnEvent {
    std::string_view name;
    std::span<const uint8_t> data;
  };
  size_t before_count() const noexcept { return own_events_.size(); }
  OwnEvent before(size_t i) const noexcept {
    const OwnPlace& place = own_events_[i];
    return {place.name, std::span<const uint8_t>(before_).subspan(place.offset, place.size)};
  }
  // The model as the first events name it.
  const MessageFacts& facts() const noexcept { return facts_; }

 private:
  struct Channel {
    llm::ChannelKey key;
    llm::TextClass text_class = llm::TextClass::T;
    bool open = false;
    bool ended = false;  // with a delta of the event that closes it
    TextRewriter text;
    std::unique_ptr<ArgumentsRewriter> arguments;  // class J only
    mem::TextWindow held;                          // text from `emitted` on
    uint64_t emitted = 0;
    uint64_t fed = 0;
  };
  struct DataEdit {
    uint64_t start;
    uint64_t end;
    size_t offset;  // in edit_bytes_
    size_t size;
  };

  struct OwnPlace {
    std::string_view name;  // in the tables
    size_t offset;          // in before_
    size_t size;
  };

  bool read_event(std::span<const uint8_t> data);
  bool read_repeated(std::span<const uint8_t> data);
  Channel* channel(const llm::StreamDelta& delta);
  bool feed(Channel& channel, std::span<const uint8_t> content);
  bool close_channels(const llm::StreamEvent& event);
  bool end_channel(Channel& channel);
  static bool closes(const llm::StreamEvent& event, const llm::ChannelKey& key) noexcept;
  bool delta(const llm::StreamDelta& delta, bool closing, std::span<const uint8_t> data);
  // Appends what the channel may let go to released_; answers whether it differs from the text
  // itself.
  bool release(Channel& channel);
  [[nodiscard]] bool write_own_event(Channel& channel);
  size_t pad_own_event(std::vector<char>& event, size_t size);
  void strip_marks(const llm::StreamEvent& event, std::span<const uint8_t> data);
  void renew_padding(const llm::StreamEvent& event, std::span<const uint8_t> data);
  void note_padding_name(const llm::StreamEvent& event, std::span<const uint8_t> data);
  void move_numbers(const llm::StreamEvent& event);
  void watch_protected(const llm::StreamEvent& event, std::span<const uint8_t> data);
  void add_edit(uint64_t start, uint64_t end, std::span<const uint8_t> bytes);
  bool apply(std::span<const uint8_t> data);
  void wipe_buffers() noexcept;

  RewriteScope* scope_ = nullptr;
  llm::ApiKind kind_;
  StreamTools* tools_;
  MessageFacts facts_;
  CleanTexts clean_;                 // short texts that many events have
  llm::RepeatedEvent repeated_;      // the last event that was read in full, if others may be such
  uint64_t repeated_inspected_ = 0;  // bytes inspected in it beside its delta and its padding
  llm::StreamCaptures captures_;
  // A protected text that comes in many events is one text while rule and outer number stay.
  ProtectedWatch watch_;
  uint16_t watched_rule_ = llm::kNoRule;
  uint32_t watched_outer_ = 0;
  OffsetBook channel_texts_;  // of the whole stream: numbers may come after their channel has ended
  std::array<char, llm::kKnownNameBytesMax> padding_name_{};  // of the member, once one was seen
  uint8_t padding_name_size_ = 0;
  size_t padding_depth_ = 1;  // of the object it stands in; 1: the event itself
  std::vector<std::unique_ptr<Channel>> channels_;
  size_t channel_count_ = 0;
  std::vector<Continued> continued_;
  std::vector<uint8_t> released_;
  std::vector<uint8_t> escaped_;
  std::vector<DataEdit> edits_;
  std::vector<uint8_t> edit_bytes_;
  std::vector<uint8_t> out_;
  std::vector<uint8_t> before_;
  std::vector<OwnPlace> own_events_;
  bool text_changed_ = false;
  bool may_hold_ = false;
};

}  // namespace sallyport::rewrite
