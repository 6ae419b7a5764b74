// phrase.h: what a word of a dictionary is, and its keyed hashes: said once, for the compiler of
// dictionaries and for the scanner that looks for their values.
//
//   word    a run of letters and digits of any script, and of bytes from 0x80 on that are no UTF-8
//   equal   letters in any case, with a mark of their own or one behind them (phrase_letters.h)
//   phrase  words with one space between two, whatever stood between them
// So "ACME, Inc." and "acme inc" are one phrase; "4711-0815" is two words and "47110815" another
// phrase of one.
//
// Not here  full-width and other forms of letters: the scanner's text is folded before (scan/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/ascii.h"
#include "dataplane/base/hash.h"
#include "dataplane/contract/dictionary_layout.h"

namespace sallyport::base {

__extension__ typedef unsigned __int128 Wide;

struct PhraseKey {
  SipKey words;    // filter and heads
  SipKey phrases;  // fingerprints
};

inline PhraseKey phrase_key(
    std::span<const uint8_t, contract::kDictionaryKeyBytes> bytes) noexcept {
  PhraseKey key;
  std::memcpy(&key.words, bytes.data(), sizeof key.words);
  std::memcpy(&key.phrases, bytes.data() + sizeof key.words, sizeof key.phrases);
  return key;
}

// At most the eight last bytes of a word as a number. // REQUIRES: size > 0.
inline uint64_t word_tail(const uint8_t* word, size_t size) noexcept {
  if (size >= 4) {
    uint32_t first = 0, last = 0;
    std::memcpy(&first, word, sizeof first);
    std::memcpy(&last, word + size - sizeof last, sizeof last);
    return first | uint64_t{last} << 32;
  }
  return word[0] | uint64_t{word[size / 2]} << 8 | uint64_t{word[size - 1]} << 16;
}

// Spreads a word over filter and heads. Two multiplications instead of SipHash: it runs for every
// word of every text. Who knows the image and many first words may learn this key from it, and with
// it which words begin a value; a whole value stays behind the other key.
inline uint64_t word_hash(const SipKey& key, const uint8_t* word, size_t size) noexcept {
  uint64_t a = key.k0 ^ size;
  const uint64_t b = key.k1 | 1;
  while (size > 8) {
    uint64_t piece = 0;
    std::memcpy(&piece, word, sizeof piece);
    const auto mixed = static_cast<Wide>(a ^ piece) * b;
    a = static_cast<uint64_t>(mixed) ^ static_cast<uint64_t>(mixed >> 64);
    word += 8;
    size -= 8;
  }
  const auto mixed = static_cast<Wide>(a ^ word_tail(word, size)) * b;
  a = static_cast<uint64_t>(mixed) ^ static_cast<uint64_t>(mixed >> 64);
  const auto last = static_cast<Wide>(a ^ key.k1) * 0x9e3779b97f4a7c15ULL;
  return static_cast<uint64_t>(last) ^ static_cast<uint64_t>(last >> 64);
}

inline uint64_t phrase_fingerprint(const SipKey& key, std::span<const uint8_t> phrase) noexcept {
  return siphash24(key, phrase);
}

// Whether something was made under this key. A keyed hash of a constant: it tells nothing else.
inline uint64_t phrase_key_check(const PhraseKey& key) noexcept {
  static constexpr uint8_t kText[] = "sallyport dictionary key";
  return siphash24(key.words, kText) ^ siphash24(key.phrases, kText);
}

struct PhraseWord {
  std::string folded;
  size_t start = 0;  // in the text
  size_t end = 0;
};

// The words of a text, whatever their number and size.
std::vector<PhraseWord> phrase_words(std::string_view text);

}  // namespace sallyport::base
