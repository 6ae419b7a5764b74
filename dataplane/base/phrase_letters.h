// phrase_letters.h: which letters beyond ASCII are equal in a value of a dictionary (phrase.h).
//
//   case    of Latin, Greek, Cyrillic, Armenian and Georgian; the sharp s is two s, the Turkish
//           capital I with a dot an i; in Greek accents do not count (capitals have none)
//   marks   a letter with its mark behind it (NFD, as file systems and some keyboards write) is the
//           letter with the mark (NFC): of Latin, Cyrillic, Arabic, kana and Hangul
//   breaks  quotes, dots, currency, arrows, pictures and other signs stand between words
// The text is folded already (scan/text/fold.h): letters that look like one of ASCII are that one.
//
// Not here  other letters of one sound ("Mueller", "Muller"), polytonic Greek, traditional and
//           simplified Han.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::base {

// A byte that is no part of UTF-8 stands for itself.
inline constexpr uint32_t kNoLetter = 0xffffffff;
inline constexpr size_t kWordFull = SIZE_MAX;

// The character from 0x80 on that `text` begins with; answers its bytes, 0: more are to come.
// REQUIRES: text is not empty and begins with no ASCII.
size_t read_letter(std::span<const uint8_t> text, uint32_t& letter) noexcept;
// Of words; else between them. REQUIRES: c >= 0x80, from read_letter(), and not kNoLetter.
bool is_phrase_letter(uint32_t c) noexcept;
// Appends what is equal to the letter to the word of `size` bytes at the beginning of `word`;
// answers its new size, kWordFull: no room.
size_t add_letter(uint32_t c, std::span<uint8_t> word, size_t size) noexcept;

}  // namespace sallyport::base
