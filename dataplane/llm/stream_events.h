// stream_events.h: what one event of a vendor's stream means, told from its table.
//
// The data of one event is whole when we see it (the SSE splitter joins its lines), so it is walked
// at once and becomes a list of plain values: which text belongs to which channel, which channels
// end, what else is text. A channel's number may stand behind its text (members have no order), so
// keys are resolved at the end.
//
// How a caller uses it, per event:
//   reader.read(kind, data)           error: the answer is not what it claims to be; refuse
//   event.done                        close all channels, forward
//   for each delta (in document order): the channel's state gets the decoded text of
//   data[raw_start, raw_end)
//       (JsonStringPieces); the content is replaced by what the channel may release now; class J:
//       the channel's own nested JsonWalker is fed the decoded bytes.
//   for each leaf: a text of its own that is complete in this event (T, J, L, I, Unknown,
//   Structural, U ...) for each close: flush these channels. Held text goes into the delta of the
//   same event if there is one,
//       else into an event of our own (write_delta_event) before this one.
//   marked values: when text of this event or of its channels was rewritten, replace [raw_start,
//   raw_end) by `null` (Strip) or by new padding (Obfuscation).
// Everything else in the event stays as it is, byte for byte.
//
// Limits   kEvent... below; more is refused (TooManyParts), never skipped.
// Owner    one worker, one reader for all its streams; results are valid until the next read().
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/llm/api_tables.h"
#include "dataplane/llm/events.h"
#include "dataplane/llm/json_walker.h"

namespace sallyport::llm {

inline constexpr uint32_t kEventDeltasMax = 128;
// A last event that repeats an answer with the log-probabilities of all its tokens.
inline constexpr uint32_t kEventLeavesMax = 32'768;
inline constexpr uint32_t kEventIndexesMax = 256;
inline constexpr uint32_t kEventClosesMax = 128;
inline constexpr uint32_t kEventMarksMax = 128;
inline constexpr uint32_t kEventCountsMax = 8;     // of an event with more, no others are the same
inline constexpr uint32_t kCaptureBytesMax = 250;  // ids of some vendors are long; sizes are bytes

// New text of a channel: the content of one string.
struct StreamDelta {
  ChannelKey key;
  TextClass text_class = TextClass::T;  // T, or J: fragments of a JSON text
  uint16_t rule = kNoRule;
  uint64_t raw_start = 0;  // in the event's data, behind the opening quote
  uint64_t raw_end = 0;    // of the closing quote
};

// A scalar that is complete in this event. For strings the range is the content between the quotes.
struct StreamLeaf {
  Leaf leaf;
  uint64_t raw_start = 0;
  uint64_t raw_end = 0;
};

// Outer: every channel whose key has this outer number; Inner: this inner number, too.
struct StreamClose {
  CloseScope scope = CloseScope::All;
  uint32_t outer = 0;
  uint32_t inner = 0;
};

struct StreamMark {
  MarkKind kind = MarkKind::None;
  uint16_t rule = kNoRule;
  uint64_t raw_start = 0;
  uint64_t raw_end = 0;
};

// A number that nothing depends on: of tokens, of the event itself.
struct StreamCount {
  uint8_t capture = contract::kLlmNoChannel;
  uint64_t raw_start = 0;
  uint64_t raw_end = 0;
};

// The last values that our own events must repeat (id, model), as raw JSON. One per stream, kept by
// the caller.
struct StreamCaptures {
  std::array<std::array<char, kCaptureBytesMax>, kCapturesMax> bytes{};
  std::array<uint8_t, kCapturesMax> sizes{};  // 0: not seen, the table's fallback is written

  // Longer ones are not kept.
  void set(uint8_t capture, std::span<const uint8_t> raw) noexcept;
};

struct StreamEvent {
  bool done = false;  // the kind's done_data; closes all channels, nothing else in it
  std::span<const StreamDelta> deltas;
  std::span<const StreamLeaf> leaves;
  std::span<const StreamClose> closes;
  std::span<const StreamMark> marks;
  std::span<const StreamCount> counts;
  // It has one delta and ends nothing, and with other text in the delta, other padding or other
  // counts it would say the same of everything else.
  bool may_repeat = false;
};

class StreamEventReader final : private Sink {
 public:
  enum class Result : uint8_t { Ok, BadJson /* walk_error() */, TooManyParts };

  StreamEventReader();

  // `data`: the joined data of one event, without line ends; an event without data is not passed
  // here. `captures` are updated.
  [[nodiscard]] Result read(const ApiKind& kind, std::span<const uint8_t> data,
                            StreamCaptures& captures) noexcept;

  const StreamEvent& event() const noexcept { return event_; }
  // Outer and inner number of a leaf of the last event that was read, as its deltas have them.
  ChannelKey numbers_at(uint8_t index_count,
                        const std::array<uint32_t, kIndexesMax>& indexes) const noexcept {
    const Place place{index_count, indexes};
    return ChannelKey{contract::kLlmNoChannel, resolve(0, place), resolve(1, place)};
  }
  WalkError walk_error() const noexcept { return walker_.error(); }

 private:
  struct IndexSeen {
    uint8_t level;  // 0 outer, 1 inner
    uint8_t index_count;
    std::array<uint32_t, kIndexesMax> indexes;
    uint32_t value;
  };
  struct Place {
    uint8_t index_count = 0;
    std::array<uint32_t, kIndexesMax> indexes{};
  };

  bool leaf_begin(const Leaf& leaf) override;
  bool leaf_text(std::span<const uint8_t> decoded, uint64_t raw_start, uint64_t raw_end) override;
  bool leaf_end(uint64_t raw_end) override;
  bool marked(MarkKind kind, uint16_t rule, uint64_t raw_start, uint64_t raw_end) override;

  bool note_index(uint8_t level);
  bool note_closes();
  void note_count(uint64_t raw_end);
  bool is_plain() const noexcept;
  ChannelKey key_at(uint8_t channel, const Place& place) const noexcept;
  void resolve_all() noexcept;
  void note_capture(uint64_t raw_end);
  uint32_t resolve(uint8_t level, const Place& place) const noexcept;

  JsonWalker walker_;
  StreamEvent event_;
  PathTable table_;
  std::span<const uint8_t> data_;
  StreamCaptures* captures_ = nullptr;
  bool too_many_ = false;
  bool may_repeat_ = false;
  bool may_close_ = false;  // with another value the leaf at hand might end a channel
  Leaf leaf_;
  std::array<uint8_t, kKnownNameBytesMax> value_{};  // short scalars: numbers, types
  uint32_t value_size_ = 0;  // may exceed the array: then it is no known value
  std::vector<StreamDelta> deltas_;
  std::vector<Place> delta_places_;
  std::vector<StreamLeaf> leaves_;
  std::vector<StreamClose> closes_;
  std::vector<Place> close_places_;
  std::vector<StreamMark> marks_;
  std::vector<IndexSeen> indexes_;
  std::array<StreamCount, kEventCountsMax> counts_;
  size_t count_count_ = 0;
};

// Writes the data of an event of our own that carries `escaped` (already escaped for a JSON string,
// without quotes) as a delta of `key`: one line, no line end. Answers its size, 0 when `out` is too
// small.
size_t write_delta_event(const ApiKind& kind, const ChannelKey& key, const StreamCaptures& captures,
                         std::string_view escaped, std::span<char> out) noexcept;
// Size that write_delta_event needs at most for `escaped_size` bytes of text.
size_t delta_event_size_max(const ApiKind& kind, const ChannelKey& key,
                            size_t escaped_size) noexcept;
// Name for the event line of such an event; empty: no event line.
std::string_view delta_event_name(const ApiKind& kind, const ChannelKey& key) noexcept;
// Class of the channel (T or J) and its name in the table ("content").
TextClass channel_class(const ApiKind& kind, uint8_t channel) noexcept;
std::string_view channel_name(const ApiKind& kind, uint8_t channel) noexcept;

}  // namespace sallyport::llm
