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

bool is_bracketed(Bytes bytes) noexcept {
  if (bytes.size() < 3 || bytes.front() != '[' || bytes.back() != ']') return false;
  const Bytes inner = bytes.subspan(1, bytes.size() - 2);
  for (std::string_view range : {"a-z", "0-9", "["})
    if (contains_word(inner, range)) return false;
  return stands_out(inner);
}

bool is_abbreviation(Bytes bytes) noexcept {
  size_t i = 0;
  while (i < bytes.size() && is_upper(bytes[i])) ++i;
  return i > 0 && i < bytes.size() && bytes.size() <= 8 &&
         std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.end(), is_digit);
}

namespace {

// "sMUKLOvYWp$bvr": letters of both cases that are no words, and a sign that words do not have
// inside. One in ten of the passwords that programs make has no digit.
bool is_random_without_digit(Bytes bytes) noexcept {
  constexpr std::string_view kSigns = "!@#$%^&*?+=~";
  constexpr size_t kBytesMin = 10, kRunMin = 5;
  if (bytes.size() < kBytesMin || !std::any_of(bytes.begin(), bytes.end(), is_lower)) return false;
  bool sign = false, random = false;
  size_t run = 0;
  for (size_t i = 0; i <= bytes.size(); ++i) {
    if (i < bytes.size() && is_letter(bytes[i])) {
      ++run;
      continue;
    }
    const Bytes letters = bytes.subspan(i - run, run);
    random = random || (run >= kRunMin && std::any_of(letters.begin(), letters.end(), is_upper) &&
                        !is_wordy(letters));
    run = 0;
    if (i == bytes.size()) break;
    if (kSigns.find(static_cast<char>(bytes[i])) == std::string_view::npos) return false;
    sign = sign || (i > 0 && i + 1 < bytes.size());
  }
  return sign && random;
}

}  // namespace

bool stands_alone(Bytes bytes) noexcept {
  return bytes.size() >= 6 && bytes[0] != '*' && bytes[0] != '@' &&
         std::find(bytes.begin(), bytes.end(), uint8_t{','}) == bytes.end() &&
         std::find(bytes.begin(), bytes.end(), uint8_t{'('}) == bytes.end() &&
         (std::any_of(bytes.begin(), bytes.end(), is_digit) || is_random_without_digit(bytes));
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
