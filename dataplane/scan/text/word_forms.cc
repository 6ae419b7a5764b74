#include "dataplane/scan/text/word_forms.h"

#include <algorithm>
#include <cstdint>

#include "dataplane/base/utf8.h"
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

// Cyrillic and Greek; others as they are.
std::string in_capitals(std::string_view word) {
  std::string out(word);
  for (size_t i = 0; i + 1 < out.size(); ++i) {
    auto* const pair = reinterpret_cast<uint8_t*>(out.data()) + i;
    if ((pair[0] & 0xe0U) != 0xc0U) continue;
    uint32_t point = base::utf8_decode(pair, 2);
    if (point >= 0x430 && point <= 0x44f)
      point -= 0x20;
    else if (point >= 0x450 && point <= 0x45f)
      point -= 0x50;
    else if (point >= 0x3b1 && point <= 0x3c9 && point != 0x3c2)
      point -= 0x20;
    base::utf8_encode(point, pair);
    ++i;
  }
  return out;
}

}  // namespace

std::vector<std::string> word_forms(std::string_view word) {
  std::vector<std::string> out;
  if (is_ascii(word)) return out;
  const auto add = [&](std::string form) {
    if (form != word && std::find(out.begin(), out.end(), form) == out.end())
      out.push_back(std::move(form));
  };
  for (const bool full : {false, true}) {
    std::string plain = unmarked(word, full);
    if (plain.size() >= kUnmarkedBytesMin && is_ascii(plain)) add(std::move(plain));
  }
  add(folded_lower(in_capitals(word)));
  return out;
}

}  // namespace sallyport::scan
