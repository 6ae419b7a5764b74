#include "dataplane/scan/text/word_forms.h"

#include <algorithm>
#include <cstdint>

#include "dataplane/base/utf8.h"
#include "dataplane/scan/text/context_words.h"
#include "dataplane/scan/text/fold.h"

namespace sallyport::scan {
namespace {

// Shorter ones are other words without their marks ("né le", "tél").
constexpr size_t kUnmarkedBytesMin = 8;

// Letters of two bytes that keyboards without them write with ASCII; `full` where a language has a
// rule for it.
struct Plain {
  std::string_view letter;
  std::string_view bare;
  std::string_view full;
};
constexpr Plain kPlain[] = {
    {"à", "a", ""},  {"á", "a", ""},   {"â", "a", ""}, {"ã", "a", ""},  {"ä", "a", "ae"},
    {"å", "a", ""},  {"æ", "ae", ""},  {"ç", "c", ""}, {"è", "e", ""},  {"é", "e", ""},
    {"ê", "e", ""},  {"ë", "e", ""},   {"ì", "i", ""}, {"í", "i", ""},  {"î", "i", ""},
    {"ï", "i", ""},  {"ñ", "n", ""},   {"ò", "o", ""}, {"ó", "o", ""},  {"ô", "o", ""},
    {"õ", "o", ""},  {"ö", "o", "oe"}, {"ø", "o", ""}, {"ù", "u", ""},  {"ú", "u", ""},
    {"û", "u", ""},  {"ü", "u", "ue"}, {"ý", "y", ""}, {"ß", "ss", ""}, {"ą", "a", ""},
    {"ć", "c", ""},  {"č", "c", ""},   {"ď", "d", ""}, {"ę", "e", ""},  {"ě", "e", ""},
    {"ğ", "g", ""},  {"ı", "i", ""},   {"ł", "l", ""}, {"ń", "n", ""},  {"ő", "o", ""},
    {"œ", "oe", ""}, {"ř", "r", ""},   {"ś", "s", ""}, {"ş", "s", ""},  {"š", "s", ""},
    {"ť", "t", ""},  {"ů", "u", ""},   {"ű", "u", ""}, {"ź", "z", ""},  {"ż", "z", ""},
    {"ž", "z", ""}};

std::string unmarked(std::string_view word, bool full) {
  std::string out;
  for (size_t at = 0; at < word.size();) {
    const auto* letter = std::find_if(std::begin(kPlain), std::end(kPlain), [&](const Plain& one) {
      return word.substr(at, one.letter.size()) == one.letter;
    });
    if (letter == std::end(kPlain)) {
      out += word[at++];
      continue;
    }
    out += full && !letter->full.empty() ? letter->full : letter->bare;
    at += letter->letter.size();
  }
  return out;
}

bool is_ascii(std::string_view word) noexcept {
  return std::none_of(word.begin(), word.end(), [](char c) { return (c & 0x80) != 0; });
}

// Which letters are written as capitals.
enum class Capitals : uint8_t { First, OfEachWord, All };

// Of letters of two bytes: Latin with marks, Greek, Cyrillic; `point` itself: it has none of two
// bytes. `bare`: Greek in capitals has no accents.
uint32_t capital_of(uint32_t point, bool bare) noexcept {
  struct Accented {
    uint16_t small, capital, bare;
  };
  constexpr Accented kGreek[] = {
      {0x3ac, 0x386, 0x391}, {0x3ad, 0x388, 0x395}, {0x3ae, 0x389, 0x397}, {0x3af, 0x38a, 0x399},
      {0x3c2, 0x3c2, 0x3a3}, {0x3cc, 0x38c, 0x39f}, {0x3cd, 0x38e, 0x3a5}, {0x3ce, 0x38f, 0x3a9}};
  for (const Accented& one : kGreek)
    if (one.small == point) return bare ? one.bare : one.capital;
  if (point >= 0x430 && point <= 0x44f) return point - 0x20;
  if (point >= 0x450 && point <= 0x45f) return point - 0x50;
  if (point >= 0x3b1 && point <= 0x3c9) return point - 0x20;
  if (point >= 0xe0 && point <= 0xfe && point != 0xf7) return point - 0x20;
  // Latin Extended-A: pairs, the small letter at odd code points; at even ones in two stretches.
  if (point < 0x100 || point > 0x17e || point == 0x131 || point == 0x138 || point == 0x149)
    return point;
  const bool at_even = (point >= 0x139 && point <= 0x148) || point >= 0x179;
  return (point % 2 == 0) == at_even ? point - 1 : point;
}

std::string in_capitals(std::string_view word, Capitals which) {
  std::string out(word);
  bool begins = true;
  for (size_t i = 0; i < out.size(); ++i) {
    auto* const pair = reinterpret_cast<uint8_t*>(out.data()) + i;
    const bool wanted = which == Capitals::All || begins;
    begins = which == Capitals::OfEachWord && pair[0] == ' ';
    if (base::utf8_sequence_size(pair[0]) != 2 || i + 1 == out.size()) continue;
    if (wanted)
      base::utf8_encode(capital_of(base::utf8_decode(pair, 2), which == Capitals::All), pair);
    ++i;
  }
  return out;
}

}  // namespace

std::vector<std::string> word_forms(std::string_view word) {
  std::vector<std::string> out;
  const std::string lower = folded_lower(word);
  const auto add = [&](std::string form) {
    if (form != lower && std::find(out.begin(), out.end(), form) == out.end())
      out.push_back(std::move(form));
  };
  for (const bool full : {false, true}) {
    std::string plain = unmarked(lower, full);
    if (plain.size() >= kUnmarkedBytesMin && is_ascii(plain)) add(std::move(plain));
  }
  for (std::string& form : capital_forms(word)) {
    auto* const bytes = reinterpret_cast<uint8_t*>(form.data());
    lower_text({bytes, form.size()}, bytes);
    add(std::move(form));
  }
  return out;
}

std::vector<std::string> capital_forms(std::string_view word) {
  std::vector<std::string> out;
  if (is_ascii(word)) return out;
  for (const Capitals which : {Capitals::First, Capitals::OfEachWord, Capitals::All}) {
    std::string form = folded_text(in_capitals(word, which));
    if (form != folded_text(word) && std::find(out.begin(), out.end(), form) == out.end())
      out.push_back(std::move(form));
  }
  return out;
}

}  // namespace sallyport::scan
