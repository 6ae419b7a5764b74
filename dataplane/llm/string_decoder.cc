#include "dataplane/llm/string_decoder.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/base/bits.h"
#include "dataplane/base/cpu.h"
#include "dataplane/llm/json_string.h"

namespace sallyport::llm {
namespace {

// One bit for each byte of a vector. Bytes that are not there read as blanks.
struct Masks {
  uint64_t stop;  // '"', '\\', below U+0020
  uint64_t high;  // not ASCII
};

// Each level but the widest copies up to kBytes of `left` from `p` to `out` and says what is in
// them.
struct Portable {
  static constexpr size_t kBytes = 16;
  static inline Masks copy(const uint8_t* p, size_t left, uint8_t* out) noexcept {
    __m128i bytes;
    if (left >= kBytes) {
      bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    } else {
      alignas(16) uint8_t rest[kBytes];
      std::memset(rest, ' ', sizeof(rest));
      std::memcpy(rest, p, left);
      bytes = _mm_load_si128(reinterpret_cast<const __m128i*>(rest));
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    const __m128i stop =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                  _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
                     _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes));
    return {static_cast<uint32_t>(_mm_movemask_epi8(stop)),
            static_cast<uint32_t>(_mm_movemask_epi8(bytes))};
  }
};

struct Avx2 {
  static constexpr size_t kBytes = 32;
  SP_TARGET_AVX2 static inline Masks copy(const uint8_t* p, size_t left, uint8_t* out) noexcept {
    __m256i bytes;
    if (left >= kBytes) {
      bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    } else {
      alignas(32) uint8_t rest[kBytes];
      std::memset(rest, ' ', sizeof(rest));
      std::memcpy(rest, p, left);
      bytes = _mm256_load_si256(reinterpret_cast<const __m256i*>(rest));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
    const __m256i stop =
        _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"')),
                                        _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'))),
                        _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes));
    return {static_cast<uint32_t>(_mm256_movemask_epi8(stop)),
            static_cast<uint32_t>(_mm256_movemask_epi8(bytes))};
  }
};

constexpr TextPiece linear(size_t size) noexcept {
  return {static_cast<uint32_t>(size), static_cast<uint32_t>(size), 0, 0};
}

struct Escape {
  uint32_t raw_size = 0;  // 0: none was decoded
  uint8_t size = 0;
  bool stopped = false;  // it is cut, or wrong; else there was no room
  uint64_t high = 0;
};

// The escape at the front of `raw`, put out at `out`.
Escape decode_one(std::span<const uint8_t> raw, size_t room, uint8_t* out) noexcept {
  uint32_t code_point = 0;
  const size_t raw_size = decode_escape(raw, code_point);
  if (raw_size == 0) return {0, 0, true, 0};
  const PackedCharacter one = pack_utf8(code_point);
  if (one.size > room) return {};
  std::memcpy(out, &one.bytes, sizeof(one.bytes));
  return {static_cast<uint32_t>(raw_size), one.size, false, one.bytes & 0x80};
}

// Joins it to the row of such escapes right before it, if `has_before` says that the last piece
// ends there. Answers where the next piece goes.
TextPiece* add_escape(const Escape& escape, bool has_before, TextPiece* piece) noexcept {
  if (has_before && piece[-1].unit_decoded == escape.size &&
      piece[-1].unit_raw == escape.raw_size) {
    piece[-1].decoded_size += escape.size;
    piece[-1].raw_size += escape.raw_size;
    return piece;
  }
  *piece =
      TextPiece{escape.size, escape.raw_size, escape.size, static_cast<uint8_t>(escape.raw_size)};
  return piece + 1;
}

// The pass, once for each level: `copy` is inlined where the caller has its target attribute.
template <class Level>
[[gnu::always_inline]] inline void decode(std::span<const uint8_t> raw, Stretch& out) noexcept {
  const uint8_t* const in = raw.data();
  uint8_t* const text = out.text.data();
  TextPiece* piece = out.pieces.data();
  const TextPiece* const last_piece = piece + kStretchPieces - 2;  // a run and an escape fit still
  size_t n = 0;
  size_t d = 0;
  uint64_t high = 0;
  out.stopped = false;
  while (piece <= last_piece) {
    const size_t left = std::min(raw.size() - n, kStretchBytes - d);
    size_t run = 0;
    bool stopped = false;
    for (; run < left; run += Level::kBytes) {
      const Masks masks = Level::copy(in + n + run, left - run, text + d + run);
      if (masks.stop != 0) {
        const auto at = static_cast<size_t>(std::countr_zero(masks.stop));
        high |= masks.high & base::bits_below(at);
        run += at;
        stopped = true;
        break;
      }
      high |= masks.high;
    }
    run = std::min(run, left);
    if (run > 0) {
      *piece++ = linear(run);
      n += run;
      d += run;
    }
    if (!stopped) break;
    const Escape escape = decode_one(raw.subspan(n), kStretchBytes - d, text + d);
    out.stopped = escape.stopped;
    if (escape.raw_size == 0) break;
    high |= escape.high;
    piece = add_escape(escape, run == 0 && n > 0, piece);
    n += escape.raw_size;
    d += escape.size;
  }
  out.raw_size = n;
  out.size = d;
  out.piece_count = static_cast<size_t>(piece - out.pieces.data());
  out.ascii = high == 0;
}

SP_TARGET_AVX2 void decode_avx2(std::span<const uint8_t> raw, Stretch& out) noexcept {
  decode<Avx2>(raw, out);
}
// What the letter of a short escape stands for, by its five low bits; 0: it is none of these.
struct ShortEscapes {
  alignas(64) std::array<uint8_t, 64> of_letter{};
  constexpr ShortEscapes() {
    for (const uint8_t c : std::to_array<uint8_t>({'b', 'f', 'n', 'r', 't'}))
      of_letter[c & 0x1f] = of_letter[0x20 | (c & 0x1f)] = detail::kShortEscapes[c];
  }
};
constexpr ShortEscapes kShort;

// Backslashes that begin an escape; of a row of them every other one. Where a row begins at an odd
// place the carry of the subtraction turns its parity (Langdale and Lemire, "Parsing Gigabytes of
// JSON per Second").
struct EscapeMasks {
  uint64_t begins;
  uint64_t escaped;  // what stands behind these
};
constexpr EscapeMasks escapes_of(uint64_t backslashes) noexcept {
  constexpr uint64_t kOdd = 0xaaaa'aaaa'aaaa'aaaaU;
  const uint64_t begins = ((((backslashes << 1) | kOdd) - backslashes) ^ kOdd) & backslashes;
  return {begins, begins << 1};
}

// A vector of the string: its bytes without the backslashes of short escapes, as far as it has
// nothing else.
struct Block {
  uint64_t taken;   // raw bytes: all up to where it stops
  uint64_t begins;  // of what stands for one decoded byte
  uint64_t high;
  bool stopped;  // behind the taken ones
};
SP_TARGET_VBMI2 inline Block decode_block(const uint8_t* in, size_t left, uint8_t* out) noexcept {
  const uint64_t here = _bzhi_u64(~uint64_t{0}, static_cast<unsigned>(left));
  const __m512i bytes = _mm512_maskz_loadu_epi8(here, in);
  const uint64_t quote = _mm512_mask_cmpeq_epi8_mask(here, bytes, _mm512_set1_epi8('"'));
  const uint64_t backslash = _mm512_mask_cmpeq_epi8_mask(here, bytes, _mm512_set1_epi8('\\'));
  uint64_t stop = quote | _mm512_mask_cmplt_epu8_mask(here, bytes, _mm512_set1_epi8(0x20));
  uint64_t begins = here;
  if (backslash == 0) {
    _mm512_storeu_si512(out, bytes);
  } else {
    const EscapeMasks escapes = escapes_of(backslash);
    const __m512i meant = _mm512_maskz_permutexvar_epi8(~uint64_t{0}, bytes,
                                                        _mm512_load_si512(kShort.of_letter.data()));
    const uint64_t letter = _mm512_test_epi8_mask(meant, meant) &
                            _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(0x60)),
                                                   _mm512_set1_epi8(0x20));
    const uint64_t good =
        letter | quote | backslash | _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('/'));
    // An escape of another kind, and one that the vector cuts, stop at their backslash.
    const uint64_t other = escapes.begins & ~((good & here) >> 1);
    stop = (stop & ~escapes.escaped) | other;
    begins = here & ~escapes.escaped;
    const __m512i said = _mm512_mask_mov_epi8(bytes, letter & escapes.escaped, meant);
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(here & ~escapes.begins, said));
  }
  const uint64_t all = (stop - 1) & ~stop & here;  // below the first stop
  return {all, begins & all, _mm512_movepi8_mask(bytes) & all, stop != 0};
}

// The same pass with vectors that decode their short escapes.
SP_TARGET_VBMI2 void decode_vbmi2(std::span<const uint8_t> raw, Stretch& out) noexcept {
  constexpr size_t kBlock = 64;
  uint8_t* const text = out.text.data();
  TextPiece* piece = out.pieces.data();
  const TextPiece* const last_piece = piece + kStretchPieces - 4;  // run, block, run, escape
  size_t n = 0, d = 0;
  size_t run = 0;  // the last bytes of `n`, in no piece yet: they stand for themselves
  uint64_t high = 0;
  const auto end_run = [&] {
    if (run > 0) *piece++ = linear(run);
    run = 0;
  };
  out.stopped = false;
  while (piece <= last_piece) {
    const size_t left = std::min({raw.size() - n, kStretchBytes - d, kBlock});
    if (left == 0) break;
    const Block block = decode_block(raw.data() + n, left, text + d);
    high |= block.high;
    // Where the next vector begins is guessed, not counted: it can be loaded before.
    size_t taken = left;
    if (block.stopped) [[unlikely]] {
      taken = static_cast<size_t>(std::popcount(block.taken));
      asm volatile("" : "+r"(taken));  // a branch, not a choice that waits for the count
    }
    if (block.begins == block.taken) {
      run += taken;
      d += taken;
    } else {
      end_run();
      const auto size = static_cast<size_t>(std::popcount(block.begins));
      *piece++ =
          TextPiece{static_cast<uint32_t>(size), static_cast<uint32_t>(taken), 0, 0, block.begins};
      d += size;
    }
    n += taken;
    // A short escape that was cut comes with the next vector.
    const bool is_cut = taken + 1 == left && taken > 0 && raw[n] == '\\';
    if (!block.stopped || is_cut) continue;
    const bool has_before = run == 0 && n > 0;
    end_run();
    const Escape escape = decode_one(raw.subspan(n), kStretchBytes - d, text + d);
    out.stopped = escape.stopped;
    if (escape.raw_size == 0) break;
    high |= escape.high;
    piece = add_escape(escape, has_before, piece);
    n += escape.raw_size;
    d += escape.size;
  }
  end_run();
  out.raw_size = n;
  out.size = d;
  out.piece_count = static_cast<size_t>(piece - out.pieces.data());
  out.ascii = high == 0;
}

}  // namespace

void decode_string(std::span<const uint8_t> raw, Stretch& out) noexcept {
  switch (base::best_simd()) {
    case base::Simd::Avx512:
      if (base::has_vbmi2()) return decode_vbmi2(raw, out);
      [[fallthrough]];
    case base::Simd::Avx2:
      return decode_avx2(raw, out);
    case base::Simd::Portable:
      break;
  }
  decode<Portable>(raw, out);
}

}  // namespace sallyport::llm
