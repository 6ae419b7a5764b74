// named_before.h: whose name was found in a text is found again where one word of it stands alone:
// "Ms Anna Quastrup applied. Quastrup has no debts."
//
// Only words that lists know as a name and as nothing else are looked for, and what stands behind a
// known given name. They are found as surely as the whole name was, and no surer than their rule
// says. Asked when findings are settled, in the order of the text: what was named later says
// nothing of what stands before, so every way of cutting a text finds the same.
//
// Owner  one channel; reusable. Limits kNamesMax, the oldest name gives way. Names are wiped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/scan/engine.h"
#include "dataplane/scan/events.h"
#include "dataplane/scan/read/words.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

class NamedBefore {
 public:
  // Words of names of one text. A page names few people; every capitalised word is compared with
  // all that begin alike.
  static constexpr size_t kNamesMax = 32;

  NamedBefore() = default;
  ~NamedBefore() { forget(); }
  NamedBefore(const NamedBefore&) = delete;
  NamedBefore& operator=(const NamedBefore&) = delete;

  void begin(const Engine& engine) noexcept;
  // Of [from, edge) all is decided, and `winners` are its findings in order: adds those of this
  // stage. Answers the edge, lowered to the first word that has to wait for what follows it.
  uint64_t settle(const TextView& text, uint64_t from, uint64_t edge,
                  std::vector<Finding>& winners);

 private:
  struct Name {
    uint8_t size = 0;
    uint8_t confidence = 0;                          // of the surest finding that had it
    std::array<uint8_t, kNameWordBytesMax> bytes{};  // small letters, of ASCII
  };
  void forget() noexcept;
  void learn(const TextView& text, const Finding& person);
  void add(std::span<const uint8_t> word, uint8_t confidence) noexcept;
  // `goes_on`: one that begins like `word` will do. Null: none.
  Name* find(std::span<const uint8_t> word, bool goes_on) noexcept;
  // Of the first two bytes, in either case.
  static uint8_t begin_of(uint8_t first, uint8_t second) noexcept {
    return static_cast<uint8_t>((first | 0x20) * 5 + (second | 0x20));
  }
  bool may_begin(uint8_t first, uint8_t second) const noexcept {
    const uint8_t begin = begin_of(first, second);
    return (begins_[begin / 64] >> (begin % 64) & 1) != 0;
  }
  uint64_t look(const TextView& text, uint64_t from, uint64_t until, bool may_wait);

  uint64_t engine_ = 0;  // serial of the one whose rule this is
  bool wanted_ = false;
  Finding found_;     // as the rule has it
  uint8_t most_ = 0;  // confidence
  std::array<Name, kNamesMax> names_;
  size_t count_ = 0;
  size_t oldest_ = 0;
  std::array<uint64_t, 4> begins_{};  // how names begin, a bit each
  std::vector<Finding> again_;
};

}  // namespace sallyport::scan
