// place_tracker.h: is this position in a text a place from which something is fetched or followed?
//
// A value must not be restored inside a URL, a link or image target, a reference definition, an
// autolink or an HTML tag: an injected prompt could carry data out that way. The tracker follows
// the text of one channel byte by byte and knows the place of every position from the text before
// it only, so any cut gives the same answer. When in doubt it says Link: a token that stays is a
// smaller harm than a value that leaves. So a URL goes on to white space or '<', as readers of
// Markdown find it, over quotes, too; only in a text that is JSON from its first character on a
// quote ends it. What only the text behind a token tells, name_behind.h says. Plain text that could
// not lead anywhere else is passed over by vectors; fed byte by byte, every byte is read: tests
// compare the two. Owner  one channel; no allocation after construction.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::redact {

enum class Place : uint8_t {
  Text,
  Url,         // scheme://..., www..., host.name/path, host.name:1/path, behind a mailto: address
  LinkTarget,  // Markdown ](...)
  Definition,  // Markdown [label]: target
  Tag          // HTML tag with its attributes, autolink <...>
};
std::string_view place_name(Place place) noexcept;

class PlaceTracker {
  enum class Form : uint8_t { Unknown, Bracket, Json, Prose };
  static constexpr uint8_t kNoWord = 0xff;

 public:
  // What a text says of the one that goes on behind it. For its holder: a value to keep.
  class State {
    friend class PlaceTracker;
    Place place = Place::Text;
    Form form = Form::Unknown;  // Bracket: a list if an object, a list or a string follows

    // In Text: what came last.
    std::array<char, 16> word{};  // lower case letters, digits, '+', '-', '.'
    uint8_t word_size = 0;        // may pass the array: then it is no known word
    bool word_inner_dot = false;  // a dot between letters or digits: could be a host
    bool host_port = false;       // such a word, ':' and digits
    uint8_t slashes = kNoWord;    // slashes behind "word:"
    uint8_t last = 0;
    bool line_start = true;     // only block marks so far in this line
    bool line_bracket = false;  // '[' is the first character of this line that is no block mark
    // In a link target, a definition, a tag.
    uint32_t depth = 0;
    bool angle = false;
    bool escaped = false;
    bool started = false;
    bool after_equals = false;
    uint8_t quote = 0;
    uint8_t newlines = 0;
  };

  void begin() noexcept { begin_behind(State{}); }
  // The text goes on where another one ended.
  void begin_behind(const State& before) noexcept;
  const State& state() const noexcept { return state_; }
  void feed(std::span<const uint8_t> text) noexcept;
  // Place of decoded offset `offset`, that is: where a token that starts there stands. REQUIRES:
  // offset <= bytes fed, and not below what drop_before() was told.
  Place at(uint64_t offset) const noexcept;
  // Offsets below will not be asked for again. When more changes of place are pending than the
  // tracker keeps, the oldest ones read as Tag (no restoration).
  void drop_before(uint64_t offset) noexcept;
  uint64_t offset() const noexcept { return offset_; }

 private:
  struct Change {
    uint64_t offset;
    Place place;
  };
  static constexpr uint32_t kChangesMax = 256;

  void pass_over(std::span<const uint8_t> text) noexcept;
  void line_byte(uint8_t c) noexcept;
  void form_byte(uint8_t c) noexcept;
  void enter_silently(Place place) noexcept;
  void byte(uint8_t c) noexcept;
  void text_byte(uint8_t c) noexcept;
  void url_byte(uint8_t c) noexcept;
  void target_byte(uint8_t c) noexcept;
  void definition_byte(uint8_t c) noexcept;
  void tag_byte(uint8_t c) noexcept;
  void follow_word(uint8_t c) noexcept;
  bool word_is_one_of(std::span<const std::string_view> words) const noexcept;
  void enter(Place place, uint64_t later = 0) noexcept;
  void note(Place place, uint64_t offset) noexcept;

  uint64_t offset_ = 0;
  State state_;
  std::array<Change, kChangesMax> changes_;  // ring
  uint32_t change_first_ = 0;
  uint32_t change_count_ = 0;
  uint64_t lost_before_ = 0;  // changes up to here were dropped from the ring
};

}  // namespace sallyport::redact
