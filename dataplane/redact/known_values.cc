#include "dataplane/redact/known_values.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/base/ascii.h"

namespace sallyport::redact {
namespace {

constexpr size_t kHashedBytes = 4;
constexpr size_t kBlockBytes = 16;
constexpr size_t kLettersMin = 6;
// A number without its separators is looked for from so many digits on, and with letters that are
// no words.
constexpr size_t kCompactDigitsMin = 7, kCompactLettersMax = 4;

// A letter or digit, or a byte of one that is not ASCII.
bool is_word(uint8_t c) noexcept { return base::is_alnum(c) || c >= 0x80; }

bool joins_digits(uint8_t c) noexcept {
  return c == '.' || c == ',' || c == '-' || c == ':' || c == '/' || c == '_';
}

// Hardly anything else: several words, or letters and digits with a digit among them.
bool is_telling(std::span<const uint8_t> value) noexcept {
  size_t letters = 0;
  size_t word = 0;
  size_t words = 0;
  bool has_digit = false;
  for (const uint8_t c : value) {
    if (c < 0x20) return false;
    has_digit = has_digit || base::is_digit(c);
    word = is_word(c) ? word + 1 : 0;
    letters += is_word(c) ? 1 : 0;
    words += word == 2 ? 1 : 0;
  }
  return letters >= kLettersMin && (has_digit || words > 1);
}

// One word, to a reader. Scripts without spaces between words write numbers among their letters.
bool are_joined(uint8_t a, uint8_t b) noexcept {
  if (!is_word(a) || !is_word(b)) return false;
  return (a < 0x80 && b < 0x80) || (!base::is_digit(a) && !base::is_digit(b));
}

bool stands_alone(std::span<const uint8_t> text, size_t start, size_t end) noexcept {
  if (start > 0 && are_joined(text[start - 1], text[start])) return false;
  if (start > 1 && base::is_digit(text[start]) && joins_digits(text[start - 1]) &&
      base::is_digit(text[start - 2]))
    return false;
  if (end < text.size() && are_joined(text[end - 1], text[end])) return false;
  return end + 1 >= text.size() || !base::is_digit(text[end - 1]) || !joins_digits(text[end]) ||
         !base::is_digit(text[end + 1]);
}

}  // namespace

void KnownValues::clear() noexcept {
  if (count_ == 0) return;
  pairs_ = Pairs{};
  heads_.fill(0);
  count_ = longest_ = 0;
  ++generation_;
}

size_t KnownValues::head_of(const uint8_t* bytes) noexcept {
  uint32_t word = 0;
  std::memcpy(&word, bytes, kHashedBytes);
  return (word * 0x9e37'79b1U) >> 24;
}

uint8_t KnownValues::written(uint8_t c, Form form) noexcept {
  switch (form) {
    case Form::AsItIs:
      break;
    case Form::Compact:
      return base::is_alnum(c) ? c : uint8_t{0};
    case Form::Small:
      return base::to_lower(c);
    case Form::Capital:
      return base::is_letter(c) ? static_cast<uint8_t>(c & ~0x20) : c;
  }
  return c;
}

size_t KnownValues::size_in(std::span<const uint8_t> value, Form form) noexcept {
  if (form == Form::AsItIs) return value.size();
  size_t size = 0, digits = 0, letters = 0;
  bool changes = false;
  for (const uint8_t c : value) {
    if (c >= 0x80) return 0;  // case counts in letters beyond ASCII as well
    const uint8_t kept = written(c, form);
    digits += base::is_digit(c) ? 1 : 0;
    letters += base::is_letter(c) ? 1 : 0;
    changes = changes || kept != c;
    size += kept != 0 ? 1 : 0;
  }
  // Case counts in codes.
  const bool fits = form == Form::Compact
                        ? digits >= kCompactDigitsMin && letters <= kCompactLettersMax
                        : digits == 0;
  return fits && changes ? size : 0;
}

void KnownValues::add(const ExchangeTokens::Entry& entry) noexcept {
  const auto value = entry.value();
  if (value.size() < kLettersMin || value.size() > kKnownValueBytesMax || !is_telling(value))
    return;
  for (const Form form : {Form::AsItIs, Form::Compact, Form::Small, Form::Capital})
    add_form(entry, form);
}

void KnownValues::add_form(const ExchangeTokens::Entry& entry, Form form) noexcept {
  const size_t size = size_in(entry.value(), form);
  if (size == 0 || count_ == kKnownFormsMax) return;
  std::array<uint8_t, kHashedBytes> value{};  // its first bytes
  size_t known = 0;
  for (const uint8_t c : entry.value()) {
    if (known == value.size()) break;
    if (const uint8_t kept = written(c, form); kept != 0) value[known++] = kept;
  }
  uint16_t& head = heads_[head_of(value.data())];
  for (uint16_t at = head; at != 0; at = known_[at - 1U].next)
    if (known_[at - 1U].entry == &entry && known_[at - 1U].form == form) return;
  known_[count_] = Known{&entry, head, form, static_cast<uint8_t>(size)};
  head = static_cast<uint16_t>(++count_);
  const auto bit = static_cast<uint8_t>(1U << (count_ % 8));
  pairs_.first_low[value[0] & 15U] |= bit;
  pairs_.first_high[value[0] >> 4U] |= bit;
  pairs_.second_low[value[1] & 15U] |= bit;
  pairs_.second_high[value[1] >> 4U] |= bit;
  longest_ = std::max(longest_, size);
  ++generation_;
}

// A bit for each of the 16 places from `at` on at which a value may begin. Reads 17 bytes.
uint32_t KnownValues::may_begin(const uint8_t* at) const noexcept {
  const __m128i half = _mm_set1_epi8(15);
  const auto look = [&](const uint8_t* from, const auto& low, const auto& high) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m128i by_low = _mm_shuffle_epi8(
        _mm_load_si128(reinterpret_cast<const __m128i*>(low.data())), _mm_and_si128(bytes, half));
    const __m128i by_high =
        _mm_shuffle_epi8(_mm_load_si128(reinterpret_cast<const __m128i*>(high.data())),
                         _mm_and_si128(_mm_srli_epi16(bytes, 4), half));
    return _mm_and_si128(by_low, by_high);
  };
  const __m128i groups = _mm_and_si128(look(at, pairs_.first_low, pairs_.first_high),
                                       look(at + 1, pairs_.second_low, pairs_.second_high));
  const int none = _mm_movemask_epi8(_mm_cmpeq_epi8(groups, _mm_setzero_si128()));
  return ~static_cast<uint32_t>(none) & 0xffffU;
}

bool KnownValues::stands_at(std::span<const uint8_t> text, size_t at,
                            KnownMatch& out) const noexcept {
  out.end = 0;
  if (text.size() - at < kHashedBytes) return false;
  for (uint16_t i = heads_[head_of(text.data() + at)]; i != 0; i = known_[i - 1U].next) {
    const Known& known = known_[i - 1U];
    const ExchangeTokens::Entry& entry = *known.entry;
    const size_t end = at + known.size;
    if (end > text.size() || end <= out.end) continue;
    const auto value = entry.value();
    const uint8_t* here = text.data() + at;
    const bool is_equal = std::all_of(value.begin(), value.end(), [&](uint8_t c) {
      const uint8_t kept = written(c, known.form);
      return kept == 0 || *here++ == kept;
    });
    if (!is_equal || !stands_alone(text, at, end)) continue;
    out = KnownMatch{at, end, entry.entity};
  }
  return out.end != 0;
}

bool KnownValues::find(std::span<const uint8_t> text, size_t from, size_t until,
                       KnownMatch& out) const noexcept {
  while (from < until && text.size() - from > kBlockBytes) {
    for (uint32_t places = may_begin(text.data() + from); places != 0; places &= places - 1) {
      const size_t at = from + static_cast<size_t>(std::countr_zero(places));
      if (at >= until) return false;
      if (stands_at(text, at, out)) return true;
    }
    from += kBlockBytes;
  }
  for (; from < until; ++from)
    if (stands_at(text, from, out)) return true;
  return false;
}

}  // namespace sallyport::redact
