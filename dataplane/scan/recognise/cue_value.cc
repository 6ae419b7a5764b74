#include "dataplane/scan/recognise/cue_value.h"

#include <array>
#include <string_view>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

bool is_separator(uint8_t c) noexcept { return c == '-' || c == ' ' || c == '.' || c == '/'; }

constexpr std::string_view kFillers[] = {"is", "was", "no", "nr", "number", "num", "code", "of"};

// The cue begins a word or the last part of a name: "cvv", "cardCvv", "card_cvv", not "xcvv".
bool begins_word(const TextView& text, uint64_t start) noexcept {
  const uint8_t left = text.at(start - 1), first = text.at(start);
  if (is_digit(left)) return false;
  if (!is_letter(left)) return true;
  return left >= 'a' && first <= 'Z';
}

enum class Step : uint8_t { Value, No, More };

// "</td><td class=x>" parts a name from its value.
constexpr unsigned kTagsMax = 3;
constexpr uint64_t kTagBytesMax = 32;

// Moves `at` behind the tag that begins there.
Step skip_tag(const TextView& text, uint64_t& at) noexcept {
  for (uint64_t i = at + 1; i < at + kTagBytesMax; ++i) {
    if (!text.known(i)) return Step::More;
    if (text.at(i) == '<' || text.at(i) == '\n' || text.at(i) == 0) return Step::No;
    if (text.at(i) != '>') continue;
    at = i + 1;
    return Step::Value;
  }
  return Step::No;
}

// Moves `at` to the first character of the value.
Step skip_gap(const TextView& text, uint64_t cue_end, uint64_t& at) noexcept {
  at = cue_end;
  if (!text.known(at)) return Step::More;
  if (is_letter(text.at(at)) || is_digit(text.at(at))) return Step::No;
  uint64_t limit = cue_end + kCueGapBytes;
  unsigned tags = 0;
  while (at < limit) {
    if (!text.known(at)) return Step::More;
    const uint8_t c = text.at(at);
    if (is_digit(c)) return Step::Value;
    if (c == '<' && tags++ < kTagsMax) {
      if (const Step step = skip_tag(text, at); step != Step::Value) return step;
      limit = at + kCueGapBytes;
      continue;
    }
    if (is_letter(c)) {
      uint64_t end = at;
      while (end < at + 8 && is_letter(text.at(end))) ++end;
      if (!text.known(end)) return Step::More;
      std::array<char, 8> word{};
      for (uint64_t i = at; i < end; ++i) word[i - at] = static_cast<char>(text.at(i) | 0x20);
      const std::string_view view(word.data(), end - at);
      bool is_filler = false;
      for (std::string_view filler : kFillers) is_filler |= view == filler;
      if (!is_filler) return Step::Value;
      at = end;
      continue;
    }
    const bool passes = c == ' ' || c == ':' || c == '=' || c == '#' || c == '"' || c == '\'' ||
                        c == '.' || c == '(' || c == '>' || c == '-' || c == '*' || c == '`' ||
                        c == '/' || c == '\t' || c == '|';
    if (!passes) return Step::No;
    ++at;
  }
  return Step::No;
}

}  // namespace

Verdict cue_value_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                     Hit& out) noexcept {
  if (!begins_word(text, trigger.start)) return Verdict::No;
  uint64_t at = 0;
  switch (skip_gap(text, trigger.at, at)) {
    case Step::No:
      return Verdict::No;
    case Step::More:
      return Verdict::More;
    case Step::Value:
      break;
  }
  return shaped_value_at(text, at, rule, out);
}

Verdict shaped_value_at(const TextView& text, uint64_t at, const RuleParameters& rule,
                        Hit& out) noexcept {
  out = Hit{};
  uint64_t digits = 0, letters = 0, breaks = 0;
  size_t length = 0;
  for (uint64_t end = at;; ++end) {
    if (!text.known(end)) return Verdict::More;
    const uint8_t c = text.at(end);
    if (is_digit(c) || is_letter(c)) {
      if (length == contract::kShapeLengthMax) break;
      (is_digit(c) ? digits : letters) |= uint64_t{1} << length++;
      continue;
    }
    // Words are letters, too: where nothing but its breaks says what it is, all of them are there.
    for (const auto& shape : rule.shapes)
      if (shape.length == length && (shape.digits & ~digits) == 0 &&
          (shape.letters & ~letters) == 0 && (breaks & ~shape.breaks) == 0 &&
          (shape.letters == 0 || shape.digits != 0 || breaks == shape.breaks)) {
        out.start = at;
        out.end = end;
      }
    if (!is_separator(c) || length == contract::kShapeLengthMax) break;
    if (!text.known(end + 1)) return Verdict::More;
    if (!is_digit(text.at(end + 1)) && !is_letter(text.at(end + 1))) break;
    breaks |= uint64_t{1} << length;
  }
  return out.end > 0 ? Verdict::Match : Verdict::No;
}

}  // namespace sallyport::scan
