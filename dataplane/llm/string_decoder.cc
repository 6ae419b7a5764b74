#include "dataplane/llm/string_decoder.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/base/cpu.h"
#include "dataplane/llm/json_string.h"

namespace sallyport::llm {
namespace {

// One bit for each byte of a vector. Bytes that are not there read as blanks.
struct Masks {
  uint64_t stop;  // '"', '\\', below U+0020
  uint64_t high;  // not ASCII
};

// Each level copies up to kBytes of `left` from `p` to `out` and says what is in them.
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

struct Avx512 {
  static constexpr size_t kBytes = 64;
  SP_TARGET_AVX512 static inline Masks copy(const uint8_t* p, size_t left, uint8_t* out) noexcept {
    const __mmask64 here = _bzhi_u64(~uint64_t{0}, static_cast<unsigned>(std::min(left, kBytes)));
    const __m512i bytes = _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), here, p);
    _mm512_storeu_si512(out, bytes);
    const __mmask64 stop =
        _kor_mask64(_kor_mask64(_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"')),
                                _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\'))),
                    _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20)));
    return {_cvtmask64_u64(stop), _cvtmask64_u64(_mm512_movepi8_mask(bytes))};
  }
};

constexpr uint64_t below(size_t bit) { return (uint64_t{1} << bit) - 1; }

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
        high |= masks.high & below(at);
        run += at;
        stopped = true;
        break;
      }
      high |= masks.high;
    }
    run = std::min(run, left);
    if (run > 0) {
      *piece++ = TextPiece{static_cast<uint32_t>(run), static_cast<uint32_t>(run), 0, 0};
      n += run;
      d += run;
    }
    if (!stopped) break;
    uint32_t code_point = 0;
    const size_t raw_size = decode_escape(raw.subspan(n), code_point);
    if (raw_size == 0) {
      out.stopped = true;
      break;
    }
    const PackedCharacter one = pack_utf8(code_point);
    if (d + one.size > kStretchBytes) break;
    std::memcpy(text + d, &one.bytes, sizeof(one.bytes));
    high |= one.bytes & 0x80;
    if (run == 0 && n > 0 && piece[-1].unit_decoded == one.size && piece[-1].unit_raw == raw_size) {
      piece[-1].decoded_size += one.size;
      piece[-1].raw_size += static_cast<uint32_t>(raw_size);
    } else {
      *piece++ = TextPiece{one.size, static_cast<uint32_t>(raw_size), one.size,
                           static_cast<uint8_t>(raw_size)};
    }
    n += raw_size;
    d += one.size;
  }
  out.raw_size = n;
  out.size = d;
  out.piece_count = static_cast<size_t>(piece - out.pieces.data());
  out.ascii = high == 0;
}

SP_TARGET_AVX2 void decode_avx2(std::span<const uint8_t> raw, Stretch& out) noexcept {
  decode<Avx2>(raw, out);
}
SP_TARGET_AVX512 void decode_avx512(std::span<const uint8_t> raw, Stretch& out) noexcept {
  decode<Avx512>(raw, out);
}

}  // namespace

void decode_string(std::span<const uint8_t> raw, Stretch& out) noexcept {
  switch (base::best_simd()) {
    case base::Simd::Avx512:
      return decode_avx512(raw, out);
    case base::Simd::Avx2:
      return decode_avx2(raw, out);
    case base::Simd::Portable:
      break;
  }
  decode<Portable>(raw, out);
}

}  // namespace sallyport::llm
