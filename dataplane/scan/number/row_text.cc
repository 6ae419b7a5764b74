#include "dataplane/scan/number/row_text.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

void RowText::add_digits(std::span<const uint8_t> group, uint64_t there) noexcept {
  const uint64_t ones = ~uint64_t{0} >> (64 - group.size());
  const size_t word = size_ / 64, bit = size_ % 64;
  digits_[word] |= ones << bit;
  if (bit + group.size() > 64) digits_[word + 1] |= ones >> (64 - bit);
  uint8_t* const to = characters_.data() + size_;
  if (group.size() <= kCopiedAtOnce && there >= kCopiedAtOnce)
    std::memcpy(to, group.data(), kCopiedAtOnce);
  else
    std::copy(group.begin(), group.end(), to);
  size_ += group.size();
}

void RowText::add_mixed(size_t index, std::span<const uint8_t> group) noexcept {
  bool upper = false, lower = false;
  for (const uint8_t c : group) {
    const uint64_t bit = uint64_t{1} << (size_ % 64);
    if (is_digit(c)) {
      digits_[size_ / 64] |= bit;
    } else {
      letters_[size_ / 64] |= bit;
      upper = upper || is_upper(c);
      lower = lower || is_lower(c);
    }
    characters_[size_++] = to_upper(c);
  }
  lower_ |= static_cast<uint64_t>(lower) << index;
  mixed_ |= static_cast<uint64_t>(upper && lower) << index;
}

void RowText::read(const Row& row) noexcept {
  const auto words = (row.groups[row.count - 1].end / 64) + 2;  // separators are not counted
  SP_CHECK(words <= digits_.size());
  std::fill_n(digits_.begin(), words, 0);
  std::fill_n(letters_.begin(), words, 0);
  size_ = 0;
  lower_ = mixed_ = 0;
  for (size_t g = 0; g < row.count; ++g) {
    const auto group = row.of(g);
    starts_[g] = static_cast<uint16_t>(size_);
    if (row.groups[g].letters == 0)  // most are nothing but digits
      add_digits(group, row.view.end - row.base - row.groups[g].start);
    else
      add_mixed(g, group);
    if (g + 1 == row.count) break;
    const auto between = row.gap(g);
    const uint8_t first = between[0];
    const bool single = between.size() == 1;
    const bool line =
        single ? first == '\n'
               : std::find(between.begin(), between.end(), uint8_t{'\n'}) != between.end();
    gaps_[g] = Gap{first, single, single && is_usual_separator(first),
                   single && is_punctuation(first), line};
  }
}

}  // namespace sallyport::scan
