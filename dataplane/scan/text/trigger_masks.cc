// The masks that stages look for triggers in, several words at once: each word of 64 characters
// costs some two hundred operations, which is as much as all other work on plain text.
#include <cstring>

#include "dataplane/base/cpu.h"
#include "dataplane/scan/text/char_masks.h"

// Vectors are passed between functions that are always inlined, so their ABI does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace sallyport::scan {
namespace {

using Two = uint64_t __attribute__((vector_size(16)));
using Four = uint64_t __attribute__((vector_size(32)));
using Eight = uint64_t __attribute__((vector_size(64)));
static_assert(sizeof(Eight) / sizeof(uint64_t) <= BitMask::kGuard);

// Part of the loop that calls it. Not watched for addresses: GCC 12 puts the locals of an
// instrumented function at 32 bytes only (its bug 110027), and eight words need 64. All levels are
// compared in char_masks_test.
#define SP_LANES [[gnu::always_inline, gnu::no_sanitize_address]] inline

// Words of a mask lie anywhere. An `aligned(8)` of the type is no way to say so: clang forgets it
// where the type is a template's argument.
template <class V>
SP_LANES V load(const uint64_t* at) noexcept {
  V value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

// Words `w` and on of a mask, as they are and moved.
template <class V>
struct Words {
  const uint64_t* at;
  SP_LANES V here() const noexcept { return load<V>(at); }
  // Bit b of the answer: bit b + n, bit b - n. 0 < n < 64.
  SP_LANES V ahead(unsigned n) const noexcept { return here() >> n | load<V>(at + 1) << (64 - n); }
  SP_LANES V behind(unsigned n) const noexcept { return here() << n | load<V>(at - 1) >> (64 - n); }
  // kRowBytes bits in a row.
  SP_LANES V row() const noexcept {
    V low = here(), high = load<V>(at + 1);
    for (unsigned n = 1; 2 * n <= CharMasks::kRowBytes; n *= 2) {
      low &= low >> n | high << (64 - n);
      high &= high >> n;
    }
    return low;
  }
};

template <class V>
SP_LANES void put(BitMask& mask, size_t w, V value) noexcept {
  std::memcpy(mask.data() + w, &value, sizeof(value));
}

// Most words of 64 characters have no colon: what needs one is not computed for them.
template <class V>
SP_LANES bool any_in(const BitMask& mask, size_t w) noexcept {
  uint64_t any = 0;
  for (size_t i = 0; i < sizeof(V) / sizeof(uint64_t); ++i) any |= mask.word(w + i);
  return any != 0;
}

template <class V>
SP_LANES void combine_colons(CharMasks& m, size_t w) noexcept {
  if (!any_in<V>(m.colon, w)) {
    for (BitMask* mask : {&m.url, &m.colon_number, &m.colons}) put<V>(*mask, w, V{});
    return;
  }
  const Words<V> word{m.word.data() + w}, colon{m.colon.data() + w}, slash{m.slash.data() + w};
  const Words<V> letter{m.letter.data() + w}, digit{m.digit.data() + w};
  put<V>(m.url, w, colon.here() & slash.ahead(1) & slash.ahead(2));
  put<V>(m.colon_number, w, colon.here() & letter.behind(1) & digit.ahead(1));
  V next{}, former{}, joined_on = ~V{}, joined_back = ~V{};
  for (unsigned n = 1; n <= CharMasks::kColonsWithin; ++n) {
    joined_on &= word.ahead(n);
    joined_back &= word.behind(n);
    next |= colon.ahead(n) & joined_on;
    former |= colon.behind(n) & joined_back;
  }
  put<V>(m.colons, w, colon.here() & next & ~former);
}

template <class V>
SP_LANES void combine_dots(CharMasks& m, size_t w) noexcept {
  const Words<V> word{m.word.data() + w}, dot{m.dot.data() + w}, digit{m.digit.data() + w};
  // No other dot between digits within four characters before it.
  const V joined = word.behind(1) & word.behind(2), joined3 = joined & word.behind(3);
  const V before = (dot.behind(2) & joined) | (dot.behind(3) & joined3) |
                   (dot.behind(4) & joined3 & word.behind(4));
  // One to three digits, and the next dot: "0.4" is none.
  const V digits2 = digit.ahead(1) & digit.ahead(2);
  const V after = (digit.ahead(1) & dot.ahead(2)) | (digits2 & dot.ahead(3)) |
                  (digits2 & digit.ahead(3) & dot.ahead(4));
  put<V>(m.quad, w, dot.here() & digit.behind(1) & after & ~before);
}

template <class V>
SP_LANES void combine_words(CharMasks& m, size_t w) noexcept {
  const Words<V> word{m.word.data() + w}, run{m.run.data() + w}, letter{m.letter.data() + w};
  const Words<V> digit{m.digit.data() + w}, space{m.space.data() + w}, upper{m.upper.data() + w};
  put<V>(m.word_row, w, word.row());
  const V runs = run.row();
  put<V>(m.run_row, w, runs);
  // Letters and digits at every second place.
  const V low = letter.here() | digit.here();
  const V high = Words<V>{letter.at + 1}.here() | Words<V>{digit.at + 1}.here();
  const auto dense = [&](unsigned n) __attribute__((always_inline, no_sanitize_address)) {
    return low >> n | high << (64 - n);
  };
  put<V>(m.spelt, w, dense(1) & dense(3) & dense(5) & ~(low | dense(2) | dense(4) | dense(6)));
  const V before_space = space.ahead(1);
  const V number_of = digit.here() & before_space & letter.ahead(2);
  const V to_number = ~(digit.here() | space.here()) & before_space & digit.ahead(2);
  // Letters with marks are no ASCII: "José C" has none before its space.
  const Words<V> marked{m.marked.data() + w};
  const V name_of =
      (letter.here() | ~word.here()) & before_space & (upper.ahead(2) | marked.ahead(2));
  put<V>(m.number_of, w, number_of);
  put<V>(m.to_number, w, to_number);
  put<V>(m.name_of, w, name_of);
  const V begins = ~word.behind(1) & ~marked.behind(2);
  put<V>(m.capital, w, ((upper.here() & ~upper.ahead(1)) | marked.here()) & begins);
  // The digit may be the first character that the masks know.
  const V inward = upper.here() & digit.behind(1) & ~word.behind(2);
  put<V>(m.inward, w, inward);
  put<V>(m.phrase, w,
         number_of | to_number | name_of | inward | load<V>(m.colon_number.data() + w));
  put<V>(m.form, w,
         load<V>(m.at.data() + w) | load<V>(m.url.data() + w) | load<V>(m.colons.data() + w) |
             load<V>(m.quad.data() + w));
  V digits = digit.ahead(1), mixed = digits & letter.ahead(2);
  const V beside = (upper.here() & digits) | (digit.here() & upper.ahead(1));
  for (unsigned n = 2; n <= CharMasks::kMixedDigitsMax; ++n) {
    digits &= digit.ahead(n);
    mixed |= digits & letter.ahead(n + 1);
  }
  put<V>(m.made, w, (letter.here() & mixed) | beside | runs);
}

template <class V>
SP_LANES void combine_all(CharMasks& m) noexcept {
  for (size_t w = 0; w < m.words; w += sizeof(V) / sizeof(uint64_t)) {
    combine_colons<V>(m, w);
    combine_dots<V>(m, w);
    combine_words<V>(m, w);
  }
}

SP_TARGET_AVX2 void combine_avx2(CharMasks& m) noexcept { combine_all<Four>(m); }
[[gnu::no_sanitize_address]] SP_TARGET_AVX512 void combine_avx512(CharMasks& m) noexcept {
  combine_all<Eight>(m);
}

}  // namespace

void CharMasks::combine() noexcept {
  switch (base::best_simd()) {
    case base::Simd::Avx512:
      return combine_avx512(*this);
    case base::Simd::Avx2:
      return combine_avx2(*this);
    case base::Simd::Portable:
      return combine_all<Two>(*this);
  }
}

}  // namespace sallyport::scan
