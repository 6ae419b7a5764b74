// context_words.h: which of the policy's context words stand shortly before a value.
//
// All words of all rules are looked for at once, and only where a value has the right form already:
// on demand this costs less than another thousand literals in the matcher. Words are folded and
// lower case (also those of other scripts); ones of up to kShortWordBytes must stand alone ("tel",
// not "hotel"), be the last part of a name like userTel, or have a plural s. Owner  immutable after
// load(); shared.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/scan/text_view.h"

namespace sallyport::scan {

inline constexpr size_t kShortWordBytes = 4;
inline constexpr uint16_t kContextWordsMax = 4'096;
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

class ContextWords {
 public:
  // False: too many words, or a word that is empty or too long.
  [[nodiscard]] bool load(std::span<const std::string_view> words);
  std::string_view word(uint16_t index) const noexcept { return words_[index]; }
  uint16_t size() const noexcept { return static_cast<uint16_t>(words_.size()); }
  // Words that end at or before `value_start` and begin at most kProximityMax before it.
  void find(const TextView& text, uint64_t value_start, ContextHits& out) const noexcept;

 private:
  static constexpr size_t kBuckets = 8'192;
  static uint32_t bucket(uint64_t first_bytes) noexcept;
  // The first eight bytes of a word, and which of them it has.
  struct Head {
    uint64_t bytes;
    uint64_t mask;
    uint16_t word;
  };

  std::vector<std::string> words_;
  // By their first three bytes, those of two by both; ones of a single byte are looked for
  // everywhere.
  std::array<uint16_t, kBuckets + 1> first_{};
  std::vector<Head> heads_;
  std::vector<uint16_t> tiny_;
};

// Lower case of ASCII, Latin-1, Greek and Cyrillic letters in UTF-8; sizes do not change. `out` may
// be `in`.
void lower_text(std::span<const uint8_t> in, uint8_t* out) noexcept;

}  // namespace sallyport::scan
