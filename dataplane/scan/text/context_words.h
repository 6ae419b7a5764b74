// context_words.h: which of the policy's context words stand shortly before a value.
//
// All words of all rules are looked for at once, and only where a value has the right form already:
// on demand this costs less than another thousand literals over every byte. Most numbers are short,
// or dates, and few rules know these: their words are also sets of their own, which are looked for
// in a third of the time. What was found in a block of text is kept while the text is being read,
// for the next value beside it. Words are folded and lower case (also those of other scripts); ones
// of up to kShortWordBytes must stand alone ("tel", not "hotel"), be the last part of a name like
// userTel, or have a plural s, and so must phrases that end in a word of two letters ("account no",
// not "account not"); what is made of capitals and digits holds none (a token of ours has
// no words).
// Owner  ContextWords: immutable once loaded, shared; ContextBlocks: one thread's scratch.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/scan/text/literal_set.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

inline constexpr size_t kShortWordBytes = 4;
inline constexpr uint16_t kContextWordsMax = 4'096;
// With their other forms (word_forms.h).
inline constexpr uint16_t kContextFormsMax = 4 * kContextWordsMax;
inline constexpr size_t kContextWordBytesMax =
    64;  // four words of a script of three bytes a letter
// The widest window a rule may ask for.
inline constexpr uint32_t kProximityMax = 128;

struct ContextHit {
  uint16_t word;
  uint16_t distance;  // bytes between the end of the word and the value
};

// What stands before one value; nearest last. Words beyond kHitsMax are further away than all of
// these.
struct ContextHits {
  static constexpr size_t kHitsMax = 24;
  std::array<ContextHit, kHitsMax> hits;
  size_t count = 0;
};

// A bit for each rule that counts only beside one of its words.
using NearRules = std::array<uint64_t, 4>;

constexpr void add_rule(NearRules& to, size_t rule) noexcept {
  to[rule / 64] |= uint64_t{1} << (rule % 64);
}
constexpr bool has_rule(const NearRules& all, size_t rule) noexcept {
  return (all[rule / 64] >> (rule % 64) & 1) != 0;
}
constexpr void add_rules(NearRules& to, const NearRules& more) noexcept {
  for (size_t i = 0; i < to.size(); ++i) to[i] |= more[i];
}
constexpr bool any_rules(const NearRules& some) noexcept {
  uint64_t any = 0;
  for (const uint64_t bits : some) any |= bits;
  return any != 0;
}
constexpr bool share_rules(const NearRules& a, const NearRules& b) noexcept {
  uint64_t both = 0;
  for (size_t i = 0; i < a.size(); ++i) both |= a[i] & b[i];
  return both != 0;
}

// `all` holds every rule of `some`.
constexpr bool has_rules(const NearRules& all, const NearRules& some) noexcept {
  uint64_t missing = 0;
  for (size_t i = 0; i < all.size(); ++i) missing |= some[i] & ~all[i];
  return missing == 0;
}

// The words that begin in each of the last blocks that were asked about.
class ContextBlocks {
 public:
  // The text is another one, or has other bytes behind the same offsets.
  void forget() noexcept { ++epoch_; }

 private:
  friend class ContextWords;
  static constexpr uint64_t kBlockBytes = 64;  // what the literals look at in one step
  // Twice what a scanner reads at once.
  static constexpr size_t kBlocks = 256;
  // More words in a block are no prose: further ones do not count.
  static constexpr size_t kWordsMax = 48;
  struct Word {
    uint16_t word;
    uint8_t at;    // from the beginning of the block
    uint8_t size;  // bytes
    bool ends;     // where it must, unless the value follows at once; that it begins is sure
    bool plural;   // an s follows
  };
  // Which block it is, and the rules that its words speak for.
  struct Read {
    uint64_t number = 0;
    uint64_t epoch = 0;
    NearRules rules{};
  };
  struct Block : Read {
    size_t count = 0;
    std::array<Word, kWordsMax> words;
  };
  template <class Of>
  using Blocks = std::array<Of, kBlocks>;
  template <class Of>
  bool knows(const Blocks<Of>& some, uint64_t number) const noexcept {
    const Read& one = some[number % kBlocks];
    return one.number == number && one.epoch == epoch_;
  }

  // Sets of words that are read for themselves (ContextWords::set_apart).
  static constexpr size_t kApartMax = 2;

  Blocks<Block> blocks_;
  std::array<Blocks<Read>, kApartMax> apart_;
  uint64_t epoch_ = 1;
  std::vector<LiteralHit> found_;
};

class ContextWords {
 public:
  // False: too many words, or a word that is empty or too long.
  [[nodiscard]] bool load(std::span<const std::string_view> words);
  std::string_view word(uint16_t index) const noexcept { return words_[index]; }
  uint16_t size() const noexcept { return static_cast<uint16_t>(words_.size()); }
  // After load(), before the first find(): `word` speaks for the rule of this bit.
  void note_rule(uint16_t word, uint16_t rule) noexcept {
    rules_[word][rule / 64U] |= uint64_t{1} << (rule % 64U);
  }
  const NearRules& rules_of(uint16_t word) const noexcept { return rules_[word]; }
  // After note_rule(), before the first question: these rules are asked about most often, and few
  // words speak for them. Two sets at most, the first one that has all that is asked is read.
  void set_apart(const NearRules& rules);
  // Rules that a word which begins at most `reach` bytes before the value may speak for: none of
  // `asked` that find() would find a word of is missing. Costs a tenth of it.
  NearRules rules_around(const TextView& text, uint64_t value_start, const NearRules& asked,
                         uint64_t reach, ContextBlocks& blocks) const;
  // Words that end at or before `value_start` and begin at most `reach` before it, which is
  // kProximityMax or less. `blocks` knows this text or none.
  void find(const TextView& text, uint64_t value_start, uint64_t reach, ContextBlocks& blocks,
            ContextHits& out) const;

 private:
  static std::string joined(std::string_view word);
  // Rules that are set apart, and the words that speak for one.
  struct Apart {
    NearRules rules{};
    std::vector<uint16_t> words;
    LiteralSet literals;
  };
  // Numbers of the blocks that hold [from, to); what is not known of them is read. `set`: whose
  // words; null: all.
  struct Span {
    uint64_t first, end;
  };
  static bool all_known(uint64_t from, uint64_t to, const ContextBlocks& blocks) noexcept;
  template <class Of>
  Span read(const TextView& text, uint64_t from, uint64_t to, const Apart* set,
            ContextBlocks::Blocks<Of>& some, ContextBlocks& blocks) const;
  template <class Of>
  void read_blocks(const TextView& text, Span span, const Apart* set,
                   ContextBlocks::Blocks<Of>& some, ContextBlocks& blocks) const;

  std::vector<std::string> words_;
  std::vector<std::string> joined_;  // as they are looked for
  std::vector<uint8_t> must_end_;    // by word
  std::vector<NearRules> rules_;     // by word
  LiteralSet literals_;
  std::array<Apart, ContextBlocks::kApartMax> apart_;
  size_t apart_count_ = 0;
};

// Lower case of ASCII, Latin-1, Greek and Cyrillic letters in UTF-8; sizes do not change. `out` may
// be `in`.
void lower_text(std::span<const uint8_t> in, uint8_t* out) noexcept;

}  // namespace sallyport::scan
