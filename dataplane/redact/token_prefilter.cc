#include "dataplane/redact/token_prefilter.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include "dataplane/base/ascii.h"
#include "dataplane/base/cpu.h"
#include "dataplane/redact/token.h"
#include "dataplane/redact/token_finder.h"

namespace sallyport::redact {
namespace {

enum class Class : uint8_t {
  Break,      // no token has it
  Core,       // a base32 digit in either case
  Word,       // another letter: U
  Separator,  // '-' '_'
  Swallowed,  // '\' '*' '`'
  Space,
  Reference,  // '&'
  Bracket,    // '[': no core, and what stands before it is no label
  Unclear,    // '#' ';': in a reference
  Wide        // a byte of a character that is not ASCII
};

constexpr std::array<Class, 256> make_classes() {
  std::array<Class, 256> out{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool word = base::is_alnum(static_cast<uint8_t>(c));
    out[c] = c >= 0x80 ? Class::Wide : word ? Class::Core : Class::Break;
  }
  out['U'] = out['u'] = Class::Word;
  out['-'] = out['_'] = Class::Separator;
  out['\\'] = out['*'] = out['`'] = Class::Swallowed;
  out[' '] = out['\t'] = out['\r'] = out['\n'] = Class::Space;
  out['&'] = Class::Reference;
  out['['] = Class::Bracket;
  out['#'] = out[';'] = Class::Unclear;
  return out;
}
constexpr std::array<Class, 256> kClasses = make_classes();

bool is_word(uint8_t c) { return kClasses[c] == Class::Core || kClasses[c] == Class::Word; }

// Leads of all characters beyond ASCII that a token may have: U+0080..BF, U+2000.., U+F000...
bool is_token_lead(uint8_t c) { return c == 0xc2 || c == 0xe2 || c == 0xef; }

// Two look-ups by half bytes, one bit for each upper half: is the byte in the set?
struct HalfByteSet {
  alignas(16) std::array<uint8_t, 16> low{};
  alignas(16) std::array<uint8_t, 16> high{};
};

template <class Has>
constexpr HalfByteSet make_set(Has has) {
  HalfByteSet set;
  for (unsigned h = 0; h < 16; ++h) set.high[h] = static_cast<uint8_t>(h >= 8 ? 0x80U : 1U << h);
  for (unsigned h = 0; h < 8; ++h)
    for (unsigned l = 0; l < 16; ++l)
      if (has(h << 4 | l)) set.low[l] = static_cast<uint8_t>(set.low[l] | (1U << h));
  return set;
}

// What may stand right behind a separator. No ASCII character from 0x70 on but letters: bit 7 is
// both for them and for what is not ASCII, and lets '{', '|', '}' and '~' through.
constexpr HalfByteSet make_goes_on() {
  HalfByteSet set = make_set([](unsigned c) { return kClasses[c] != Class::Break && c < 0x70; });
  for (uint8_t& l : set.low) l |= 0x80;
  set.high[7] = 0x80;
  return set;
}
constexpr HalfByteSet kGoesOn = make_goes_on();
constexpr HalfByteSet kWord =
    make_set([](unsigned c) { return kClasses[c] == Class::Core || kClasses[c] == Class::Word; });

struct Separators {
  uint64_t all = 0;   // '-' '_' '&' and the first byte of U+2000.. and U+F000..
  uint64_t mark = 0;  // '-' '_'
};

struct Masks {
  uint64_t goes_on = 0;  // what may stand behind a separator, before or in a core
  uint64_t word = 0;     // letters and digits
  uint64_t blank = 0;    // ' '
  uint64_t mark = 0;     // '-' '_'
};

const __m128i* table(const std::array<uint8_t, 16>& bytes) {
  return reinterpret_cast<const __m128i*>(bytes.data());
}

// A vector of bytes, zeros behind the `left` ones that are there; bit i of an answer is byte i.
struct Portable {
  static constexpr size_t kBytes = 16;
  __m128i bytes;

  Portable(const uint8_t* p, size_t left) noexcept {
    alignas(16) uint8_t rest[kBytes] = {};
    if (left < kBytes) std::memcpy(rest, p, left);
    bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(left < kBytes ? rest : p));
  }
  uint64_t is(uint8_t c) const noexcept {
    return static_cast<uint32_t>(
        _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(static_cast<char>(c)))));
  }
  uint64_t in(const HalfByteSet& set) const noexcept {
    const __m128i half = _mm_set1_epi8(0x0f);
    const __m128i low = _mm_and_si128(bytes, half);
    const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), half);
    const __m128i both = _mm_and_si128(_mm_shuffle_epi8(_mm_load_si128(table(set.low)), low),
                                       _mm_shuffle_epi8(_mm_load_si128(table(set.high)), high));
    const int no = _mm_movemask_epi8(_mm_cmpeq_epi8(both, _mm_setzero_si128()));
    return static_cast<uint64_t>(~no & 0xffff);
  }
};

struct Avx2 {
  static constexpr size_t kBytes = 32;
  __m256i bytes;

  SP_TARGET_AVX2 Avx2(const uint8_t* p, size_t left) noexcept {
    alignas(32) uint8_t rest[kBytes] = {};
    if (left < kBytes) std::memcpy(rest, p, left);
    bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(left < kBytes ? rest : p));
  }
  SP_TARGET_AVX2 uint64_t is(uint8_t c) const noexcept {
    return static_cast<uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(static_cast<char>(c)))));
  }
  SP_TARGET_AVX2 uint64_t in(const HalfByteSet& set) const noexcept {
    const __m256i half = _mm256_set1_epi8(0x0f);
    const __m256i low = _mm256_and_si256(bytes, half);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
    const __m256i lows = _mm256_broadcastsi128_si256(_mm_load_si128(table(set.low)));
    const __m256i highs = _mm256_broadcastsi128_si256(_mm_load_si128(table(set.high)));
    const __m256i both =
        _mm256_and_si256(_mm256_shuffle_epi8(lows, low), _mm256_shuffle_epi8(highs, high));
    return ~static_cast<uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(both, _mm256_setzero_si256())));
  }
};

// Loads where it is asked: GCC 12 puts a vector of 64 bytes on the stack of an instrumented
// function at 32 (its bug 110027).
struct Avx512 {
  static constexpr size_t kBytes = 64;
  const uint8_t* at;
  __mmask64 here;

  SP_TARGET_AVX512 Avx512(const uint8_t* p, size_t left) noexcept
      : at(p), here(_bzhi_u64(~uint64_t{0}, static_cast<unsigned>(std::min(left, kBytes)))) {}
  SP_TARGET_AVX512 uint64_t is(uint8_t c) const noexcept {
    return _mm512_cmpeq_epi8_mask(_mm512_maskz_loadu_epi8(here, at),
                                  _mm512_set1_epi8(static_cast<char>(c)));
  }
  SP_TARGET_AVX512 uint64_t in(const HalfByteSet& set) const noexcept {
    const __m512i bytes = _mm512_maskz_loadu_epi8(here, at);
    const __m512i half = _mm512_set1_epi8(0x0f);
    const __m512i low = _mm512_and_si512(bytes, half);
    const __m512i high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), half);
    // The form with a mask: GCC 12 warns of its own undefined register in the other.
    const __m512i lows = _mm512_maskz_broadcast_i32x4(0xffff, _mm_load_si128(table(set.low)));
    const __m512i highs = _mm512_maskz_broadcast_i32x4(0xffff, _mm_load_si128(table(set.high)));
    return _mm512_test_epi8_mask(_mm512_shuffle_epi8(lows, low), _mm512_shuffle_epi8(highs, high));
  }
};

constexpr size_t kBlockBytes = 64;
constexpr uint64_t below(size_t bit) { return bit >= 64 ? ~uint64_t{0} : (uint64_t{1} << bit) - 1; }

// use(vector, its place) for those of the block at `p`, of which `left` bytes are there.
template <class Level, class Use>
[[gnu::always_inline]] inline void each_vector(const uint8_t* p, size_t left, Use&& use) noexcept {
  for (size_t i = 0; i < kBlockBytes && (i == 0 || i < left); i += Level::kBytes)
    use(Level(p + i, left - i), i);
}

template <class Level>
[[gnu::always_inline]] inline Separators separators_of(const uint8_t* p, size_t left) noexcept {
  Separators all;
  each_vector<Level>(
      p, left, [&](const Level& v, size_t i) __attribute__((always_inline)) {
        const uint64_t mark = v.is('-') | v.is('_');
        all.mark |= mark << i;
        all.all |= (mark | v.is('&') | v.is(0xe2) | v.is(0xef)) << i;
      });
  return all;
}

template <class Level>
[[gnu::always_inline]] inline Masks look_at_block(const uint8_t* p, size_t left) noexcept {
  Masks all;
  each_vector<Level>(
      p, left, [&](const Level& v, size_t i) __attribute__((always_inline)) {
        all.goes_on |= v.in(kGoesOn) << i;
        all.word |= v.in(kWord) << i;
        all.blank |= v.is(' ') << i;
        all.mark |= (v.is('-') | v.is('_')) << i;
      });
  return all;
}

// Bytes of which one within kTokenCoreChars behind a separator says that no core stands there: what
// no token has, a blank between two letters, a separator behind a letter. What is not there counts
// as if it could go on. `word_before`: a letter stands before the block.
uint64_t dead_bytes(const Masks& masks, size_t left, uint64_t word_before) noexcept {
  const uint64_t behind_word = masks.word << 1 | word_before;
  const uint64_t between = masks.blank & behind_word & masks.word >> 1;
  return (~masks.goes_on | between | (masks.mark & behind_word)) & below(left);
}

// Bit i: a bit of `low` and what follows it, `high`, within [i + 1, i + kTokenCoreChars].
uint64_t within_core(uint64_t low, uint64_t high) noexcept {
  const auto ahead = [](uint64_t a, uint64_t b, unsigned n) { return a >> n | b << (64 - n); };
  low = ahead(low, high, 1);
  high >>= 1;
  for (unsigned n : {1U, 2U, 4U, 8U}) {  // 2, 4, 8, 16 of them
    low |= ahead(low, high, n);
    high |= high >> n;
  }
  static_assert(kTokenCoreChars >= 16 && kTokenCoreChars <= 32);
  return low | ahead(low, high, kTokenCoreChars - 16);
}

size_t wide_size(uint8_t lead) {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

// Behind the reference at `at`, or `at` when none is there. A cut one ends with the text.
size_t behind_reference(std::span<const uint8_t> text, size_t at) noexcept {
  const size_t last = at + 1 + kHtmlReferenceBytesMax;
  for (size_t i = at + 1; i <= last; ++i) {
    if (i >= text.size()) return text.size();
    if (text[i] == ';') return i + 1;
    if (!is_word(text[i]) && text[i] != '#') break;
  }
  return at;
}

// Could a core begin behind the separator at `at`? Reads on until it cannot, or 23 characters are
// there, or the text ends.
bool core_behind(std::span<const uint8_t> text, size_t at) noexcept {
  const size_t until = std::min(text.size(), at + kTokenTextBytesMax);
  size_t count = 0;
  bool line_end = false;  // in the white space just passed
  bool space = false;
  if (text[at] >= 0x80) {
    at += wide_size(text[at]);
  } else if (text[at] == '&') {
    const size_t behind = behind_reference(text, at);
    if (behind == at) return false;
    at = behind;
  } else {
    ++at;
  }
  while (at < until) {
    switch (kClasses[text[at]]) {
      case Class::Core:
        if (space && !line_end && count > 0) return false;
        space = line_end = false;
        if (++count == kTokenCoreChars) return true;
        ++at;
        break;
      case Class::Space:
        space = true;
        line_end = line_end || text[at] == '\n' || text[at] == '\r';
        ++at;
        break;
      case Class::Separator:
        if (count > 0) return false;
        [[fallthrough]];
      case Class::Swallowed:
        ++at;
        break;
      case Class::Reference: {
        const size_t behind = behind_reference(text, at);
        if (behind == at) return false;
        at = behind;
        break;
      }
      case Class::Wide:
        if (text[at] >= 0xc0 && !is_token_lead(text[at])) return false;
        ++at;
        break;
      default:
        return false;
    }
  }
  return at >= text.size();
}

// The first of a row of separators to which the one at `last` belongs, of those from `from` on,
// with a core behind it.
size_t first_of_row(std::span<const uint8_t> text, size_t from, size_t last) noexcept {
  size_t at = last;
  while (at > from && (text[at - 1] == '-' || text[at - 1] == '_')) --at;
  while (at < last && !core_behind(text, at)) ++at;
  return at;
}

// First byte from `from` on that begins a separator with a core behind it. Most are none for one of
// the bytes behind; of a row of them the last one says it for all.
template <class Level>
[[gnu::always_inline]] inline size_t find_separator(std::span<const uint8_t> text,
                                                    size_t from) noexcept {
  const size_t begin = from;
  for (; from < text.size(); from += kBlockBytes) {
    const size_t left = text.size() - from;
    const Separators separators = separators_of<Level>(text.data() + from, left);
    uint64_t hits = separators.all & below(left) & ~(separators.mark & separators.mark >> 1);
    if (hits == 0) continue;  // most of prose
    const Masks masks = look_at_block<Level>(text.data() + from, left);
    const uint64_t dead = dead_bytes(masks, left, 0);
    hits &= ~(dead >> 1 | dead >> 2);
    if (hits == 0) continue;
    uint64_t dead_behind = 0;
    if (left > kBlockBytes)
      dead_behind =
          dead_bytes(look_at_block<Level>(text.data() + from + kBlockBytes, left - kBlockBytes),
                     left - kBlockBytes, masks.word >> 63);
    for (hits &= ~within_core(dead, dead_behind); hits != 0; hits &= hits - 1) {
      const size_t at = from + static_cast<size_t>(std::countr_zero(hits));
      if (core_behind(text, at)) return first_of_row(text, begin, at);
    }
  }
  return text.size();
}

SP_TARGET_AVX2 size_t find_avx2(std::span<const uint8_t> text, size_t from) noexcept {
  return find_separator<Avx2>(text, from);
}
SP_TARGET_AVX512 size_t find_avx512(std::span<const uint8_t> text, size_t from) noexcept {
  return find_separator<Avx512>(text, from);
}

}  // namespace

size_t find_core_separator(std::span<const uint8_t> text, size_t from) noexcept {
  switch (base::best_simd()) {
    case base::Simd::Avx512:
      return find_avx512(text, from);
    case base::Simd::Avx2:
      return find_avx2(text, from);
    case base::Simd::Portable:
      break;
  }
  return find_separator<Portable>(text, from);
}

size_t last_token_break(std::span<const uint8_t> text, size_t from, size_t until) noexcept {
  for (size_t i = until; i-- > from;) {
    const uint8_t c = text[i];
    switch (kClasses[c]) {
      case Class::Break:
        return i + 1;
      case Class::Space:
        // White space stands in a token only beside a separator or around a line end.
        if (c == ' ' && i > from && i + 1 < text.size() && is_word(text[i - 1]) &&
            is_word(text[i + 1]))
          return i + 1;
        break;
      case Class::Wide: {
        if (c < 0xc3 || is_token_lead(c)) break;
        const size_t size = wide_size(c);
        if (size > until - i) break;
        const auto rest = text.subspan(i + 1, size - 1);
        const bool whole =
            std::all_of(rest.begin(), rest.end(), [](uint8_t b) { return (b & 0xc0) == 0x80; });
        if (whole) return i + size;
        break;
      }
      default:
        break;
    }
  }
  return from;
}

uint32_t html_reference(std::span<const uint8_t> name) noexcept {
  struct Named {
    std::string_view name;
    uint32_t code_point;
  };
  // HTML standard, "named character references": those for characters of the token grammar.
  static constexpr Named kNamed[] = {
      {"lsqb", '['},      {"lbrack", '['},   {"rsqb", ']'},       {"rbrack", ']'},
      {"hyphen", 0x2010}, {"dash", 0x2010},  {"ndash", 0x2013},   {"mdash", 0x2014},
      {"horbar", 0x2015}, {"minus", 0x2212}, {"lowbar", '_'},     {"UnderBar", '_'},
      {"ast", '*'},       {"grave", '`'},    {"bsol", '\\'},      {"shy", 0x00ad},
      {"zwnj", 0x200c},   {"zwj", 0x200d},   {"NoBreak", 0x2060}, {"nbsp", 0x00a0},
      {"Tab", '\t'},      {"NewLine", '\n'}};
  const std::string_view text(reinterpret_cast<const char*>(name.data()), name.size());
  if (text.size() < 2 || text[0] != '#') {
    for (const Named& named : kNamed)
      if (named.name == text) return named.code_point;
    return 0;
  }
  const bool hex = text[1] == 'x' || text[1] == 'X';
  const std::string_view digits = text.substr(hex ? 2 : 1);
  uint32_t value = 0;
  for (char c : digits) {
    const auto digit = static_cast<uint32_t>(c >= '0' && c <= '9'   ? c - '0'
                                             : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                                    : 16);
    if (digit >= (hex ? 16U : 10U)) return 0;
    value = value * (hex ? 16 : 10) + digit;
  }
  // At most seven digits: it fits. Letters and digits of a token are never written like that.
  return value < 0x80 && is_word(static_cast<uint8_t>(value)) ? 0 : value;
}

}  // namespace sallyport::redact
