// repeated_event.h: an event of a stream that differs from the one before in the text of its delta,
// in its padding and in numbers that count something only. Nine of ten events are such, and what
// was read of the first one holds for them, with ranges moved.
//
// JSON text is the same document with another string or number in the place of one when every other
// byte is the same and what stands there is one whole string or number. Which of them may change
// without any consequence the reader of events says (StreamEvent::may_repeat, counts); an event
// that differs anywhere else, or has in these places what is not plain, is to be read in full.
//
// Plaintext of what all events repeat is kept; wiped. Owner  one stream; reusable. No allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/llm/stream_events.h"

namespace sallyport::llm {

class RepeatedEvent {
 public:
  RepeatedEvent() = default;
  ~RepeatedEvent() { forget(); }
  RepeatedEvent(const RepeatedEvent&) = delete;
  RepeatedEvent& operator=(const RepeatedEvent&) = delete;

  void forget() noexcept;
  // `event`: what the reader says of `data`. False: others are not to be compared with it.
  bool learn(std::span<const uint8_t> data, const StreamEvent& event) noexcept;
  // Whether `data` is such a one; then event() holds for it, valid until the next call, and
  // `captures` are as the reader would leave them.
  [[nodiscard]] bool read(std::span<const uint8_t> data, StreamCaptures& captures) noexcept;

  // The same for what was made of such an event: is it one still? Then it is JSON as that was.
  [[nodiscard]] bool holds(std::span<const uint8_t> data) const noexcept;

  // Without leaves and counts: they say what they said.
  const StreamEvent& event() const noexcept { return event_; }
  // What the vendor fills the event with, between quotes; empty: it does not.
  std::span<const uint8_t> padding(std::span<const uint8_t> data) const noexcept;
  // Of the delta and the padding; of the event that was learned until another one is read.
  uint64_t text_bytes() const noexcept;

 private:
  // What an event of any vendor has, twice.
  static constexpr size_t kFixedBytesMax = 1'024;
  static constexpr size_t kHolesMax = 12;
  static constexpr size_t kMarksMax = 4;

  enum class What : uint8_t { Text, Padding, Count };
  struct Hole {
    What what = What::Text;
    uint8_t capture = contract::kLlmNoChannel;
    uint64_t start = 0;  // in the event that was learned
    uint64_t end = 0;
  };
  struct Range {
    uint64_t start = 0;
    uint64_t end = 0;
  };

  bool add_hole(What what, uint64_t start, uint64_t end, uint8_t capture) noexcept;
  bool collect(std::span<const uint8_t> data, const StreamEvent& event) noexcept;
  bool match(std::span<const uint8_t> data, std::span<Range> out) const noexcept;
  uint64_t moved(uint64_t at) const noexcept;

  std::array<uint8_t, kFixedBytesMax> fixed_;  // what stands around the holes, joined
  size_t fixed_size_ = 0;                      // 0: nothing is known
  size_t size_ = 0;                            // of the event that was learned
  std::array<Hole, kHolesMax> holes_;
  std::array<Range, kHolesMax> now_;  // where they are in the event at hand
  size_t hole_count_ = 0;
  StreamDelta learned_delta_;
  std::array<StreamMark, kMarksMax> learned_marks_;
  StreamDelta delta_;
  std::array<StreamMark, kMarksMax> marks_;
  size_t mark_count_ = 0;
  StreamEvent event_;
};

}  // namespace sallyport::llm
