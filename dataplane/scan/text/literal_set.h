// literal_set.h: finds hundreds of literals at once, at every place of a text.
//
// A literal is looked for by its first five bytes: literal_masks.h leaves the few places at which
// one may begin. There as many bytes are hashed as the shortest literal has that begins alike; what
// is still left is compared with all of these, eight at a time. No state: a text that arrives in
// pieces is read again over longest() - 1 bytes.
//
// Why not the pattern matcher: its literal stage alone costs several times as much on prompts
// (bench/results), and every hit is a call. Owner  immutable after build(); shared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/scan/text/literal_tables.h"

namespace sallyport::scan {

struct LiteralHit {
  uint32_t literal;  // index in what build() was given
  uint32_t at;       // where it begins
};

class LiteralSet {
 public:
  struct Literal {
    std::string_view text;
    bool exact = false;  // false: ASCII letters in any case
    // Only where no ASCII letter stands before, or a capital behind a small letter.
    bool begins_word = false;
  };

  // Copies the texts. False: one is empty, or there are 65,535 or more.
  [[nodiscard]] bool build(std::span<const Literal> literals);
  bool empty() const noexcept { return texts_.empty(); }
  size_t longest() const noexcept { return longest_; }
  size_t size_of(uint32_t literal) const noexcept { return texts_[literal].text.size(); }

  // Appends every literal that begins in [from, until) and ends within `text`, by place.
  // `places`: only at these, a bit each from `from` on, 64 a word; null: everywhere.
  void find(std::span<const uint8_t> text, size_t from, size_t until, std::vector<LiteralHit>& out,
            const uint64_t* places = nullptr) const;

  // Of first bytes, and of the begins of literals. What is asked at every place that the tables
  // leave is 8 KiB and stays in the first cache.
  static constexpr unsigned kHashBits = 12;
  static constexpr unsigned kBeginBits = 15;
  static constexpr size_t kHeadsAtOnce = 8;

 private:
  struct Text {
    std::string text;  // lower case unless exact
    bool exact;
    bool begins_word;
  };
  std::vector<LiteralBegin> begins_of_texts() const;
  void fill_hashes(const std::vector<LiteralBegin>& begins);
  template <bool HasShort>
  size_t has_begun(uint64_t here) const noexcept;
  template <bool HasShort>
  size_t keep_begun(std::span<const uint8_t> text, uint16_t* places, size_t count) const noexcept;
  void look_at(std::span<const uint8_t> text, size_t at, std::vector<LiteralHit>& out) const;
  bool goes_on(std::span<const uint8_t> text, size_t at, uint32_t literal) const noexcept;

  std::vector<Text> texts_;
  size_t longest_ = 0;
  unsigned short_sizes_ = 0;  // bit n: one of n bytes, fewer than are hashed
  std::unique_ptr<const LiteralTables> tables_;
  // By hash of the first bytes: how many bytes the shortest literal has, of eight at most (0: there
  // is none). All literals of the hash are in `begins_` with so many, by another hash.
  std::array<uint8_t, 1U << kHashBits> begin_size_{};
  std::array<uint64_t, (1U << kBeginBits) / 64> begins_{};
  // Heads by hash, those of one from first_head_[hash] on: the first eight bytes that tell a
  // literal, which bits of them count, and its number. Eight more are readable.
  std::array<uint16_t, (1U << kHashBits) + 1> first_head_{};
  std::vector<uint64_t> head_bytes_, head_masks_;
  std::vector<uint16_t> head_literals_;
};

}  // namespace sallyport::scan
