// word_text.h: a long list of words as one text with white space between them: shorter to read and
// to change than thousands of literals.
//
// Constants of the program: split when it is compiled, views into the text.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sallyport::scan {

constexpr bool parts_words(char c) noexcept { return c == ' ' || c == '\n'; }

constexpr size_t count_words(std::string_view text) noexcept {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i)
    count += !parts_words(text[i]) && (i == 0 || parts_words(text[i - 1])) ? 1 : 0;
  return count;
}

// REQUIRES: Count == count_words(text).
template <size_t Count>
constexpr std::array<std::string_view, Count> words_of(std::string_view text) noexcept {
  std::array<std::string_view, Count> out{};
  size_t count = 0;
  for (size_t from = 0, i = 0; i <= text.size(); ++i) {
    if (i < text.size() && !parts_words(text[i])) continue;
    if (i > from) out[count++] = text.substr(from, i - from);
    from = i + 1;
  }
  return out;
}

}  // namespace sallyport::scan
