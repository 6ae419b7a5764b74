#include "dataplane/scan/recognise/secret/prose_words.h"

#include <algorithm>

#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {

bool is_gap_word(Bytes word) noexcept {
  return word.size() <= 24 && std::all_of(word.begin(), word.end(), [](uint8_t c) {
           return is_letter(c) || c == '\'' || c == '-' || c == '(' || c == ')' || c >= 0x80 ||
                  c == '_' || c == '.' || c == '@' || is_digit(c);
         });
}

bool is_abbreviation(Bytes bytes) noexcept {
  size_t i = 0;
  while (i < bytes.size() && is_upper(bytes[i])) ++i;
  return i > 0 && i < bytes.size() && bytes.size() <= 8 &&
         std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.end(), is_digit);
}

bool stands_alone(Bytes bytes) noexcept {
  return bytes.size() >= 6 && bytes[0] != '*' && bytes[0] != '@' &&
         std::find(bytes.begin(), bytes.end(), uint8_t{','}) == bytes.end() &&
         std::find(bytes.begin(), bytes.end(), uint8_t{'('}) == bytes.end() &&
         std::any_of(bytes.begin(), bytes.end(), is_digit);
}

bool is_word_and_digit(Bytes bytes) noexcept {
  return is_digit(bytes.back()) && std::all_of(bytes.begin(), bytes.end() - 1, is_letter);
}

bool stands_out(Bytes bytes) noexcept {
  return stands_alone(bytes) && password_strength(bytes) == Strength::Strong &&
         !is_abbreviation(bytes) && std::any_of(bytes.begin(), bytes.end(), is_lower) &&
         !is_word_and_digit(bytes);
}

}  // namespace sallyport::scan
