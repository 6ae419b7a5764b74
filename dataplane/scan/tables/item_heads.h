// item_heads.h: the words of the name that a list of values stands below or behind.
//
//   phone_numbers:          "ssns": [             Account numbers:
//     - 0171 1234567          "536904399",        * Anna: 4417123456
//     - 0172 7654321          "096917070"         * Bo: 99281734
// Asked of a number that begins an item: a line with a mark, or a value in square brackets. The
// name is the line above the first item that ends with a colon, or what stands before the bracket
// and its operator. What was found is kept for the items behind, so a list may be of any length;
// between two items that are asked about stand kItemReachBytes at most.
//
// Owner   one channel; reusable. Values must be asked about in the order of their offsets: the
// answer is a function of the text and of them, not of its cuts.
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/scan/tables/head_words.h"
#include "dataplane/scan/text/context_words.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

// Bytes before an item that are looked at: the window keeps them for tables (column_heads.h).
inline constexpr uint64_t kItemReachBytes = 1'024;

class ItemHeads {
 public:
  // Where it stands: a copy would wait for its own bytes.
  void begin() noexcept { std::construct_at(this); }
  // Appends the words of the name to `out`.
  void find(const ContextWords& words, const TextView& text, uint64_t start, ContextBlocks& blocks,
            ContextHits& out);

 private:
  static constexpr uint64_t kNone = ~uint64_t{0};
  struct Item {
    uint64_t line = 0;
    uint64_t indent = 0;
    bool labelled = false;
  };

  static bool read_item(const TextView& text, uint64_t at, Item& out) noexcept;
  static bool goes_on(const TextView& text, uint64_t line, uint64_t end, uint64_t indent) noexcept;
  // `floor`: what stands before it may be gone.
  bool belongs(const TextView& text, uint64_t floor, const Item& item) const noexcept;
  bool learn_line(const ContextWords& words, const TextView& text, uint64_t floor, const Item& item,
                  ContextBlocks& blocks);
  void follow_brackets(const TextView& text, uint64_t floor, uint64_t start) noexcept;
  void learn_bracket(const ContextWords& words, const TextView& text, uint64_t floor,
                     ContextBlocks& blocks);

  // The last item of lines, and what it stands below.
  uint64_t last_ = kNone;
  uint64_t indent_ = 0;
  HeadWords lines_;
  uint64_t failed_ = kNone;  // a line of an item that has no name above it
  // The bracket that is open where the last value was asked about, and what stands before it.
  uint64_t read_ = 0;
  uint64_t open_ = kNone;
  uint64_t learned_ = kNone;
  HeadWords bracket_;
};

}  // namespace sallyport::scan
