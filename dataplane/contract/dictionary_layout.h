// dictionary_layout.h: the dictionary section of a policy image: a tenant's own values (customer
// names, account numbers, project names) as keyed fingerprints.
//
// The control plane writes it (controlplane/policy/dictionary/dictionary_compiler.h), the dataplane
// validates it once (scan/text/dictionary.h). Little endian, offsets from the first byte of the
// section, tables 8-byte aligned. No value is in it, and without the key no value can be tried
// against it (docs/decisions/005). The same values under the same key give the same bytes.
//
// A value is one to kPhraseWordsMax words. What a word is and which letters are equal stands in
// base/phrase.h. A phrase is found in three steps, each over less text than the one before:
//   filter   one bit per hash of a first word: most words of a text end here
//   heads    tag of a first word -> how many words its values have, a bit each
//   entries  fingerprint of the whole phrase -> dictionary
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::contract {

inline constexpr uint32_t kDictionaryMagic = 0x4c445053;  // "SPDL"
inline constexpr uint32_t kDictionaryVersion = 3;
inline constexpr size_t kDictionariesMax = 64;  // those of a tenant are one bit mask
inline constexpr size_t kDictionaryEntriesMax = 4'000'000;
inline constexpr size_t kDictionaryKeyBytes = 32;  // 16 for filter and heads, 16 for fingerprints
inline constexpr size_t kPhraseWordsMax = 8;
inline constexpr size_t kPhraseWordBytesMax = 48;
inline constexpr size_t kPhraseBytesMax = 128;    // words and one space between two
inline constexpr size_t kPhraseSeparatorMax = 4;  // bytes between two words in a text

struct DictionaryHeader {
  uint32_t magic;
  uint32_t version;
  uint64_t section_bytes;
  uint64_t key_check;  // base::phrase_key_check: under another key nothing would ever be found
  uint32_t dictionary_count;
  uint32_t entry_count;
  uint32_t filter_offset;  // uint64_t words of 2^filter_log2 bits
  uint32_t head_offset;    // DictionaryHead, 2^head_log2 slots
  uint32_t entry_offset;   // DictionaryEntry, 2^entry_log2 slots
  uint8_t filter_log2;
  uint8_t head_log2;
  uint8_t entry_log2;
  uint8_t reserved[1];
};
static_assert(sizeof(DictionaryHeader) == 48);

// Open addressing from the low bits of the word's hash; lengths 0: empty.
struct DictionaryHead {
  uint32_t tag;     // the upper half of the hash
  uint8_t lengths;  // bit n-1: there is a phrase of n words that begins with this word
  uint8_t reserved[3];
};
static_assert(sizeof(DictionaryHead) == 8);

// Open addressing from the low bits of the fingerprint; used 0: empty. One phrase of several
// dictionaries has a slot for each.
struct DictionaryEntry {
  uint64_t fingerprint;
  uint8_t used;
  uint8_t dictionary;
  uint8_t reserved[6];
};
static_assert(sizeof(DictionaryEntry) == 16);

}  // namespace sallyport::contract
