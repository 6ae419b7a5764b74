// literal_set.h: finds hundreds of literals at once, at every place of a text.
//
// A literal is looked for by its first five bytes. Twenty-four buckets of literals that begin alike
// are asked at 64 places at once, by table look-ups of neighbouring pairs; the few places that are
// left are hashed, and compared with what all literals of the hash have in common. Literals of
// other scripts have buckets of their own, asked where a byte of one stands. Three loops
// (portable, AVX2, AVX-512 with VBMI) with equal results. No state: a text that arrives in pieces
// is read again over longest() - 1 bytes.
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

  // Places asked at once, and bytes looked at from each.
  static constexpr size_t kBlockBytes = 64;
  static constexpr size_t kHeadBytes = 5;
  // Look-ups by seven bits, one for each two neighbours. Bit b of set s stands for bucket 8 s + b.
  // Some sets are for any place, some for where a word begins, the last one for where a byte stands
  // that is not ASCII.
  struct Tables {
    static constexpr size_t kSets = 3;
    static constexpr size_t kPairs = 128;
    static constexpr size_t kLookups = kHeadBytes - 1;
    using Lanes = std::array<uint8_t, kPairs>;
    using Set = std::array<Lanes, kLookups>;
    std::array<uint64_t, kSets> anywhere{};  // all ones: for any place
    alignas(64) std::array<Set, kSets> lanes{};
    alignas(64) Set wide{};
  };
  // Of first bytes. What is asked at every place stays in the first cache.
  static constexpr unsigned kHashBits = 12;

 private:
  struct Text {
    std::string text;  // lower case unless exact
    bool exact;
    bool begins_word;
  };
  // The first eight bytes of a literal as the tables see them (any case), and which of them it has.
  struct Head {
    uint64_t bytes;
    uint64_t mask;
    uint32_t literal;
    uint32_t hash;
  };
  // Heads of one hash: what all of them have in common, and where they stand.
  struct Group {
    uint64_t bytes = 1;  // with no bit in the mask: nothing
    uint64_t mask = 0;
    uint32_t first = 0;
    uint32_t end = 0;
  };
  float fill_buckets(bool begins_word, size_t first_set, size_t sets, Tables& out) const;
  void fill_wide(Tables& out) const;
  template <bool HasShort>
  size_t is_known(uint64_t here) const noexcept;
  template <bool HasShort>
  size_t has_begun(uint64_t here) const noexcept;
  template <bool HasShort>
  uint64_t begun_of(std::span<const uint8_t> text, const uint16_t* places,
                    size_t count) const noexcept;
  void look_at(std::span<const uint8_t> text, size_t at, std::vector<LiteralHit>& out) const;
  bool stands_at(std::span<const uint8_t> text, size_t at, uint32_t literal) const noexcept;

  std::vector<Text> texts_;
  size_t longest_ = 0;
  unsigned short_sizes_ = 0;  // bit n: one of n bytes, fewer than a head
  // Not a part of this object: GCC 12 under -fsanitize=address aligns what is on a stack to 32
  // bytes only, and tests have sets there.
  std::unique_ptr<Tables> tables_;
  std::array<uint16_t, 1U << kHashBits> known_{};  // by hash: what may stand behind, a bit each
  std::array<uint16_t, 1U << kHashBits> group_{};  // by hash
  std::vector<Group> groups_;                      // the first one is empty
  std::vector<Head> heads_;
};

}  // namespace sallyport::scan
