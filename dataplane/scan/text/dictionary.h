// dictionary.h: finds the values of a tenant's dictionaries (exact data match) in a text that
// arrives in pieces.
//
// The text is cut into words (base/phrase.h); stretches of ASCII and Latin-1 in which nothing
// begins are passed over 64 bytes at a time. A phrase begins at a word whose hash is in the filter
// and goes on over at most kPhraseSeparatorMax bytes between two words; of the phrases that begin
// at one word the longest is reported, when no longer one can come any more. Overlaps of phrases
// that begin at different words are the holder's to resolve, like those with other findings.
//
// What holds text back: the open word at its end (the next piece may go on with it) and a word that
// begins a phrase which may still grow. A word over kPhraseWordBytesMax is part of no phrase.
//
// Invariants
//   I1  matches and edge depend on the text, never on its cuts; both move forward only.
//   I2  a match begins at or behind every edge that was ever told before it.
// Owner   DictionaryIndex: immutable after load(), shared. DictionaryScanner: one channel of one
//         worker, reusable; no allocation but its list of matches, memory is wiped.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/phrase.h"
#include "dataplane/contract/dictionary_layout.h"

namespace sallyport::scan {

struct DictionaryMatch {
  uint64_t start = 0;
  uint64_t end = 0;
  uint8_t dictionary = 0;
  friend bool operator==(const DictionaryMatch&, const DictionaryMatch&) = default;
};

class DictionaryIndex {
 public:
  // A view: `section` (8-byte aligned) must outlive it. False: `error` names what does not hold.
  [[nodiscard]] bool load(std::span<const uint8_t> section,
                          std::span<const uint8_t, contract::kDictionaryKeyBytes> key,
                          std::string& error);
  bool empty() const noexcept { return entry_count_ == 0; }
  uint32_t dictionary_count() const noexcept { return dictionary_count_; }

  // For the scanner. `hash`: of a folded word.
  uint64_t hash_word(std::span<const uint8_t> word) const noexcept {
    return base::word_hash(key_.words, word.data(), word.size());
  }
  void prefetch(uint64_t hash) const noexcept { __builtin_prefetch(filter_ + filter_word(hash)); }
  bool may_begin(uint64_t hash) const noexcept {
    return (filter_[filter_word(hash)] >> (hash & 63) & 1) != 0;
  }
  // How many words the phrases have that begin with this word: a bit for each number.
  uint8_t lengths(uint64_t hash) const noexcept;
  // Dictionaries of `active` that hold the phrase; the lowest is answered, kNone when there is
  // none.
  static constexpr uint8_t kNone = 0xff;
  uint8_t find(std::span<const uint8_t> phrase, uint64_t active) const noexcept;

 private:
  size_t filter_word(uint64_t hash) const noexcept { return hash >> 6 & filter_mask_; }

  base::PhraseKey key_;
  const uint64_t* filter_ = nullptr;
  const contract::DictionaryHead* heads_ = nullptr;
  const contract::DictionaryEntry* entries_ = nullptr;
  uint64_t filter_mask_ = 0;  // of 64-bit words
  uint64_t head_mask_ = 0;
  uint64_t entry_mask_ = 0;
  uint32_t entry_count_ = 0;
  uint32_t dictionary_count_ = 0;
};

class DictionaryScanner {
 public:
  ~DictionaryScanner();

  // `active`: bit per dictionary that counts. `index` must outlive the channel.
  void begin(const DictionaryIndex& index, uint64_t active);
  void feed(std::span<const uint8_t> text);
  void end();

  // Nothing that begins before it will be matched any more.
  uint64_t safe_edge() const noexcept { return edge_; }
  // By start.
  std::span<const DictionaryMatch> matches() const noexcept {
    return std::span(matches_).subspan(taken_);
  }
  void take(size_t count) noexcept;

 private:
  // A word that is complete, and what may begin at it.
  struct Word {
    uint64_t start = 0;
    uint64_t end = 0;
    uint16_t folded = 0;  // where it begins in folded_
    uint8_t lengths = 0;  // phrases that may still come, by number of words
    uint8_t words = 0;    // of the longest phrase found
    uint8_t dictionary = 0;
  };
  // Words of the chain that phrases can be made of, the oldest first.
  static constexpr size_t kWords = contract::kPhraseWordsMax;
  // Room for the chain and the open word.
  static constexpr size_t kFoldedBytes =
      kWords * (contract::kPhraseWordBytesMax + 1) + contract::kPhraseWordBytesMax + 1;

  bool pass(std::span<const uint8_t> text, size_t& at);
  size_t letter(std::span<const uint8_t> text);
  void ascii(std::span<const uint8_t> piece);
  void raw_bytes(std::span<const uint8_t> bytes, uint64_t start);
  void between(uint64_t start, uint64_t end);
  void open_word(uint64_t start);
  void append(std::span<const uint8_t> piece);
  void give_up_word();
  void end_word(uint64_t end);
  void add_word(uint64_t hash, uint64_t end);
  void extend(Word& first, size_t index);
  void break_chain();
  void drop_dead(size_t dead_count);
  void update_edge() noexcept;

  const DictionaryIndex* index_ = nullptr;
  uint64_t active_ = 0;
  uint64_t fed_ = 0;
  uint64_t edge_ = 0;
  uint8_t before_ = 0;  // last byte of the piece before

  std::array<Word, kWords> words_;
  size_t word_count_ = 0;
  std::array<uint8_t, kFoldedBytes> folded_;  // the chain's words, folded, a space behind each
  size_t folded_size_ = 0;                    // of the chain
  size_t open_size_ = 0;                      // of the open word behind it
  uint64_t open_start_ = 0;
  bool in_word_ = false;
  bool too_long_ = false;
  std::array<uint8_t, 4> open_letter_;  // bytes of a character that is not complete
  uint8_t open_letter_size_ = 0;

  std::vector<DictionaryMatch> matches_;
  size_t taken_ = 0;
};

}  // namespace sallyport::scan
