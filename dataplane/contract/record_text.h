// record_text.h: the texts of an evidence record, and what may be written in them.
//
// A record must not be able to hold a detected value. So a text is short and printable, and it is
// either a fixed word of ours, a name that passed sanitise_client_name(), or an operator's words
// that passed is_record_text(): no long numbers, no addresses, no key-like runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::contract {

// Fixed storage, counted, printable ASCII, zero behind its end.
template <size_t N>
struct BoundedText {
  static_assert(N >= 1 && N <= 255);
  uint8_t length;
  std::array<char, N> bytes;

  constexpr std::string_view view() const { return {bytes.data(), length <= N ? length : N}; }
  // Too long is cut and marked with a final '~'; a byte that is not printable becomes '?'.
  constexpr void assign(std::string_view text) {
    bytes.fill('\0');
    const size_t kept = text.size() <= N ? text.size() : N;
    for (size_t i = 0; i < kept; ++i) bytes[i] = text[i] >= 0x20 && text[i] <= 0x7e ? text[i] : '?';
    if (kept < text.size()) bytes[N - 1] = '~';
    length = static_cast<uint8_t>(kept);
  }
  constexpr bool valid() const {
    if (length > N) return false;
    for (size_t i = 0; i < N; ++i) {
      if (i < length ? bytes[i] < 0x20 || bytes[i] > 0x7e : bytes[i] != '\0') return false;
    }
    return true;
  }
};

using Digest = std::array<uint8_t, 32>;
using SubjectId = std::array<uint8_t, 16>;

// A name that a client chose (model, template), made safe to keep: at most 63 characters of
// [A-Za-z0-9._:/-], starting with a letter. Whatever could be data instead of a name (nine digits
// in a row, a social security shape, a long unbroken key-like run, any other character) gives
// "withheld".
std::string_view sanitise_client_name(std::string_view name);

namespace detail {
constexpr bool digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
}  // namespace detail

inline std::string_view sanitise_client_name(std::string_view name) {
  constexpr std::string_view kWithheld = "withheld";
  constexpr std::array<size_t, 9> kSocialDigits{0, 1, 2, 4, 5, 7, 8, 9, 10};
  if (name.empty()) return name;
  if (name.size() > 63 || !detail::letter(name[0])) return kWithheld;
  size_t digits = 0;    // in a row
  size_t unbroken = 0;  // letters and digits in a row
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool is_digit = detail::digit(c);
    if (!is_digit && !detail::letter(c) && c != '.' && c != '_' && c != ':' && c != '/' && c != '-')
      return kWithheld;
    digits = is_digit ? digits + 1 : 0;
    unbroken = is_digit || detail::letter(c) ? unbroken + 1 : 0;
    if (digits > 8 || unbroken > 19) return kWithheld;
    if (i + 11 <= name.size()) {  // ddd-dd-dddd
      bool social = name[i + 3] == '-' && name[i + 6] == '-';
      for (const size_t k : kSocialDigits) social = social && detail::digit(name[i + k]);
      if (social) return kWithheld;
    }
  }
  return name;
}

namespace detail {
constexpr bool lower_hex(char c) { return digit(c) || (c >= 'a' && c <= 'f'); }
// Digests (of files, commits) and request ids are long on purpose, and say nothing by themselves.
constexpr bool known_long_word(std::string_view word) {
  constexpr std::string_view kRequest = "sp_";
  const bool request = word.size() == kRequest.size() + 26 && word.substr(0, 3) == kRequest;
  if (request) word.remove_prefix(kRequest.size());
  if (!request && word.size() != 32 && word.size() != 40 && word.size() != 64) return false;
  for (const char c : word)
    if (request ? !digit(c) && !letter(c) : !lower_hex(c)) return false;
  return true;
}
constexpr bool part_of_word(char c) { return digit(c) || letter(c) || c == '_'; }
}  // namespace detail

enum class TextRule : uint8_t {
  Words,     // sentences of an operator, object names, paths
  Identity,  // who: an address of a person's account may stand here
};

inline constexpr size_t kDigitsInTextMax = 8;     // in groups that a blank or a dash joins; a date
inline constexpr size_t kUnbrokenInTextMax = 23;  // letters and digits in a row

// Whether `text` may stand in a record of the control plane. A second belt: what writes records
// never has a message's bytes in hand; but an operator may paste one into a reason.
constexpr bool is_record_text(std::string_view text, TextRule rule) {
  size_t digits = 0;
  for (size_t i = 0; i < text.size();) {
    if (!detail::part_of_word(text[i])) {
      const char c = text[i++];
      if (c < 0x20 || c > 0x7e || (c == '@' && rule != TextRule::Identity)) return false;
      if (c != ' ' && c != '-') digits = 0;
      continue;
    }
    size_t end = i;
    while (end < text.size() && detail::part_of_word(text[end])) ++end;
    const std::string_view word = text.substr(i, end - i);
    i = end;
    if (detail::known_long_word(word)) {
      digits = 0;
      continue;
    }
    size_t unbroken = 0;
    for (const char c : word) {
      digits = detail::digit(c) ? digits + 1 : 0;
      unbroken = c == '_' ? 0 : unbroken + 1;
      if (digits > kDigitsInTextMax || unbroken > kUnbrokenInTextMax) return false;
    }
  }
  return true;
}

}  // namespace sallyport::contract
