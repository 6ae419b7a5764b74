// letter_run.h: where the ASCII letters that stand at a place begin and end, and whether a digit is
// there at all, sixteen at a time: recognisers read the words around their triggers, and most of
// their time is spent on that.
#pragma once

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

#include "dataplane/scan/text/text_view.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

inline constexpr uint64_t kLettersAtOnce = 16;

// Bit n: character n is a letter.
inline uint32_t letters_among(const uint8_t* characters) noexcept {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(characters));
  const __m128i from_a = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
  const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8(25)), from_a);
  return static_cast<uint32_t>(_mm_movemask_epi8(is_letter));
}

// Behind the letters from `at` on, as far as the known text goes, `max` at most.
inline uint64_t letters_end(const TextView& text, uint64_t at, uint64_t max) noexcept {
  if (at < text.begin || at >= text.end) return at;
  const uint64_t limit = max < text.end - at ? at + max : text.end;
  const uint8_t* bytes = text.bytes - text.begin;
  while (text.end - at >= kLettersAtOnce && at < limit) {
    const auto others = static_cast<uint16_t>(~letters_among(bytes + at));
    if (others != 0) return std::min(limit, at + static_cast<uint64_t>(std::countr_zero(others)));
    at += kLettersAtOnce;
  }
  while (at < limit && is_letter(bytes[at])) ++at;
  return std::min(at, limit);
}

// Where the letters before `end` begin, `max` of them at most. REQUIRES: end <= text.end.
inline uint64_t letters_start(const TextView& text, uint64_t end, uint64_t max) noexcept {
  if (end <= text.begin) return end;
  const uint64_t floor = max < end - text.begin ? end - max : text.begin;
  const uint8_t* bytes = text.bytes - text.begin;
  uint64_t at = end;
  while (at - text.begin >= kLettersAtOnce && at > floor) {
    const auto others = static_cast<uint16_t>(~letters_among(bytes + at - kLettersAtOnce));
    if (others != 0) return std::max(floor, at - static_cast<uint64_t>(std::countl_zero(others)));
    at -= kLettersAtOnce;
  }
  while (at > floor && is_letter(bytes[at - 1])) --at;
  return std::max(at, floor);
}

inline bool digit_in(std::span<const uint8_t> text) noexcept {
  size_t at = 0;
  for (; at + kLettersAtOnce <= text.size(); at += kLettersAtOnce) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i from_0 = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(from_0, _mm_set1_epi8(9)), from_0)) != 0)
      return true;
  }
  return std::any_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_digit);
}

}  // namespace sallyport::scan
