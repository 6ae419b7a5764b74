#include "dataplane/scan/text/char_masks.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "dataplane/base/ascii.h"
#include "dataplane/base/check.h"
#include "dataplane/base/cpu.h"

namespace sallyport::scan {
namespace {

constexpr uint16_t kDigit = 1, kLetter = 2, kUpper = 4, kWord = 8, kRun = 16, kAt = 32, kColon = 64,
                   kSlash = 128, kDot = 256, kSpace = 512, kMarked = 1'024;

// First bytes of U+00C0 to U+017F.
constexpr uint8_t kMarkedFirst = 0xc3, kMarkedLast = 0xc5;

constexpr std::array<uint16_t, 256> make_classes() {
  std::array<uint16_t, 256> table{};
  const auto add = [&](char c, uint16_t bits) {
    table[static_cast<uint8_t>(c)] = static_cast<uint16_t>(table[static_cast<uint8_t>(c)] | bits);
  };
  for (uint8_t c = 0x21; c < 0x7f; ++c)
    if (is_of_word_run(c)) add(static_cast<char>(c), kWord);
  for (char c = '0'; c <= '9'; ++c) add(c, kDigit | kRun);
  for (char c = 'A'; c <= 'Z'; ++c) add(c, kLetter | kUpper | kRun);
  for (char c = 'a'; c <= 'z'; ++c) add(c, kLetter | kRun);
  for (char c : {'+', '/', '-', '_'}) add(c, kRun);
  add('@', kAt);
  add(':', kColon);
  add('/', kSlash);
  add('.', kDot);
  add(' ', kSpace);
  for (uint8_t c = kMarkedFirst; c <= kMarkedLast; ++c) add(static_cast<char>(c), kMarked);
  return table;
}
constexpr std::array<uint16_t, 256> kClasses = make_classes();

void put(CharMasks& out, size_t w, uint64_t digit, uint64_t letter, uint64_t upper, uint64_t word,
         uint64_t run, uint64_t at, uint64_t colon, uint64_t slash, uint64_t dot, uint64_t space,
         uint64_t marked) noexcept {
  out.digit.word(w) = digit;
  out.letter.word(w) = letter;
  out.upper.word(w) = upper;
  out.word.word(w) = word;
  out.run.word(w) = run;
  out.at.word(w) = at;
  out.colon.word(w) = colon;
  out.slash.word(w) = slash;
  out.dot.word(w) = dot;
  out.space.word(w) = space;
  out.marked.word(w) = marked;
}

void block_portable(const uint8_t* text, size_t w, CharMasks& out) noexcept {
  constexpr size_t kMasks = 11;
  uint64_t mask[kMasks] = {};
  for (size_t i = 0; i < 64; ++i) {
    const uint64_t bits = kClasses[text[i]];
    for (size_t m = 0; m < kMasks; ++m) mask[m] |= (bits >> m & 1) << i;
  }
  put(out, w, mask[0], mask[1], mask[2], mask[3], mask[4], mask[5], mask[6], mask[7], mask[8],
      mask[9], mask[10]);
}

SP_TARGET_AVX2 inline uint64_t bits2(__m256i low, __m256i high) noexcept {
  return static_cast<uint32_t>(_mm256_movemask_epi8(low)) |
         static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(high))) << 32;
}
// Bytes of [first, first + size), as full bytes.
SP_TARGET_AVX2 inline __m256i in_range2(__m256i v, char first, char size) noexcept {
  const __m256i moved = _mm256_sub_epi8(v, _mm256_set1_epi8(first));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(moved, _mm256_set1_epi8(static_cast<char>(size - 1))),
                           moved);
}
SP_TARGET_AVX2 inline __m256i is2(__m256i v, char c) noexcept {
  return _mm256_cmpeq_epi8(v, _mm256_set1_epi8(c));
}

SP_TARGET_AVX2 inline __m256i marked2(__m256i v) noexcept {
  return in_range2(v, static_cast<char>(kMarkedFirst), kMarkedLast - kMarkedFirst + 1);
}

struct Classes2 {
  __m256i digit, letter, upper, word, run;
};
SP_TARGET_AVX2 inline Classes2 classes2(__m256i v) noexcept {
  Classes2 c;
  c.digit = in_range2(v, '0', 10);
  c.letter = in_range2(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), 'a', 26);
  c.upper = in_range2(v, 'A', 26);
  const __m256i excluded =
      _mm256_or_si256(_mm256_or_si256(_mm256_or_si256(is2(v, '"'), is2(v, '<')),
                                      _mm256_or_si256(is2(v, '>'), is2(v, '`'))),
                      is2(v, '\\'));
  c.word = _mm256_andnot_si256(excluded, in_range2(v, 0x21, 0x7f - 0x21));
  c.run = _mm256_or_si256(_mm256_or_si256(c.digit, c.letter),
                          _mm256_or_si256(_mm256_or_si256(is2(v, '+'), is2(v, '/')),
                                          _mm256_or_si256(is2(v, '-'), is2(v, '_'))));
  return c;
}

SP_TARGET_AVX2 void block_avx2(const uint8_t* text, size_t w, CharMasks& out) noexcept {
  const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
  const Classes2 x = classes2(a), y = classes2(b);
  put(out, w, bits2(x.digit, y.digit), bits2(x.letter, y.letter), bits2(x.upper, y.upper),
      bits2(x.word, y.word), bits2(x.run, y.run), bits2(is2(a, '@'), is2(b, '@')),
      bits2(is2(a, ':'), is2(b, ':')), bits2(is2(a, '/'), is2(b, '/')),
      bits2(is2(a, '.'), is2(b, '.')), bits2(is2(a, ' '), is2(b, ' ')),
      bits2(marked2(a), marked2(b)));
}

// The first eight classes of all of ASCII, for one look-up of 128 lanes.
struct ClassLanes {
  alignas(64) std::array<uint8_t, 128> of{};
  constexpr ClassLanes() {
    for (size_t c = 0; c < of.size(); ++c) of[c] = static_cast<uint8_t>(kClasses[c] & 0xff);
  }
};
constexpr ClassLanes kClassLanes;

SP_TARGET_VBMI2 inline uint64_t has5(__m512i classes, uint16_t one) noexcept {
  return _mm512_test_epi8_mask(classes, _mm512_set1_epi8(static_cast<char>(one)));
}

SP_TARGET_VBMI2 void block_vbmi2(const uint8_t* text, size_t w, CharMasks& out) noexcept {
  const __m512i v = _mm512_loadu_si512(text);
  const __m512i low = _mm512_load_si512(kClassLanes.of.data());
  const __m512i high = _mm512_load_si512(kClassLanes.of.data() + 64);
  const __m512i classes = _mm512_maskz_permutex2var_epi8(~_mm512_movepi8_mask(v), low, v, high);
  const uint64_t space = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(' '));
  const uint64_t marked =
      _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(static_cast<char>(kMarkedFirst))),
                             _mm512_set1_epi8(kMarkedLast - kMarkedFirst));
  put(out, w, has5(classes, kDigit), has5(classes, kLetter), has5(classes, kUpper),
      has5(classes, kWord), has5(classes, kRun), has5(classes, kAt), has5(classes, kColon),
      has5(classes, kSlash), _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('.')), space, marked);
}

template <auto Block>
inline void build_all(const uint8_t* text, size_t size, CharMasks& out) noexcept {
  const size_t whole = size / 64;
  for (size_t w = 0; w < whole; ++w) Block(text + w * 64, w, out);
  if (size % 64 == 0) return;
  std::array<uint8_t, 64> rest{};
  std::memcpy(rest.data(), text + whole * 64, size % 64);
  Block(rest.data(), whole, out);
}

// What follows tells most signs from those that fold: "x = 5" and "100 % of R&D" stay as they are.
bool is_foldable(const uint8_t* text, size_t at, size_t size) noexcept {
  const uint8_t c = text[at];
  if (c >= 0x80 || c == '\\' || c == 0) return true;
  if (c != '%' && c != '&' && c != '=') return false;
  if (at + 1 == size) return true;
  const uint8_t next = text[at + 1];
  if (c == '&') return next == '#' || base::is_letter(next);
  if (c == '%') return base::is_hex(next);
  // Quoted-printable has capitals only (RFC 2045, 6.7).
  return base::is_digit(next) || (next >= 'A' && next <= 'F') || next == '\n' || next == '\r';
}

template <bool Copies>
size_t foldable_portable(const uint8_t* text, size_t size, uint8_t* out) noexcept {
  size_t at = 0;
  while (at < size) {
    if (at + 16 <= size) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at));
      if constexpr (Copies) _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), v);
      const auto is = [&](char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); };
      const __m128i hit = _mm_or_si128(
          _mm_or_si128(_mm_or_si128(is('\\'), is('%')), _mm_or_si128(is('&'), is('='))),
          _mm_or_si128(is(0), v));
      if (_mm_movemask_epi8(hit) == 0) {
        at += 16;
        continue;
      }
    }
    const size_t stop = std::min(size, at + 16);
    for (; at < stop; ++at) {
      if (is_foldable(text, at, size)) return at;
      if constexpr (Copies) out[at] = text[at];
    }
  }
  return at;
}

SP_TARGET_AVX2 inline __m256i or3(__m256i a, __m256i b, __m256i c) noexcept {
  return _mm256_or_si256(_mm256_or_si256(a, b), c);
}

template <bool Copies>
SP_TARGET_AVX2 size_t foldable_avx2(const uint8_t* text, size_t size, uint8_t* out) noexcept {
  size_t at = 0;
  // The byte behind the last one is looked at, too.
  for (; at + 33 <= size; at += 32) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at));
    if constexpr (Copies) _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + at), v);
    const __m256i signs = or3(is2(v, '%'), is2(v, '&'), is2(v, '='));
    __m256i hit = or3(is2(v, '\\'), is2(v, 0), v);
    if (_mm256_testz_si256(signs, signs) == 0) {
      const __m256i next = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at + 1));
      const __m256i lower = _mm256_or_si256(next, _mm256_set1_epi8(0x20));
      const __m256i digit = in_range2(next, '0', 10);
      const __m256i hex = _mm256_or_si256(digit, in_range2(lower, 'a', 6));
      const __m256i capital_hex = _mm256_or_si256(digit, in_range2(next, 'A', 6));
      const __m256i name = _mm256_or_si256(in_range2(lower, 'a', 26), is2(next, '#'));
      const __m256i line = _mm256_or_si256(is2(next, '\n'), is2(next, '\r'));
      hit = _mm256_or_si256(
          hit, or3(_mm256_and_si256(is2(v, '%'), hex), _mm256_and_si256(is2(v, '&'), name),
                   _mm256_and_si256(is2(v, '='), _mm256_or_si256(capital_hex, line))));
    }
    const auto bits = static_cast<uint32_t>(_mm256_movemask_epi8(hit));
    if (bits != 0) return at + static_cast<size_t>(std::countr_zero(bits));
  }
  for (; at < size && !is_foldable(text, at, size); ++at)
    if constexpr (Copies) out[at] = text[at];
  return at;
}

}  // namespace

size_t find_foldable(const uint8_t* text, size_t size) noexcept {
  return base::best_simd() == base::Simd::Portable ? foldable_portable<false>(text, size, nullptr)
                                                   : foldable_avx2<false>(text, size, nullptr);
}

size_t copy_plain(const uint8_t* text, size_t size, uint8_t* out) noexcept {
  return base::best_simd() == base::Simd::Portable ? foldable_portable<true>(text, size, out)
                                                   : foldable_avx2<true>(text, size, out);
}

void CharMasks::build(const uint8_t* text, size_t bytes) noexcept {
  SP_CHECK(bytes <= kMaskBytesMax);
  size = bytes;
  words = (bytes + 63) / 64;
  switch (base::best_simd()) {
    case base::Simd::Avx512:
      if (base::has_vbmi2()) {
        build_all<block_vbmi2>(text, bytes, *this);
        break;
      }
      [[fallthrough]];
    case base::Simd::Avx2:
      build_all<block_avx2>(text, bytes, *this);
      break;
    case base::Simd::Portable:
      build_all<block_portable>(text, bytes, *this);
      break;
  }
  // The words behind are read across the end.
  for (size_t i = 0; i < BitMask::kGuard; ++i)
    put(*this, words + i, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  combine();
}

}  // namespace sallyport::scan
