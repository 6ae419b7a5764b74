#include "dataplane/scan/recognise/cue_value.h"

#include <array>
#include <string_view>

#include "dataplane/scan/read/reader.h"
#include "dataplane/scan/recognise/secret/answer.h"
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

// "(3 digits):" behind a cue says something about it; its ')' and a sign follow.
constexpr uint64_t kRemarkBytesMax = 24;

// Moves `at`, at a '(', behind the remark and up to its sign.
Step skip_remark(const TextView& text, uint64_t& at) noexcept {
  bool words = false;
  for (uint64_t i = at + 1; i < at + kRemarkBytesMax; ++i) {
    if (!text.known(i)) return Step::More;
    const uint8_t c = text.at(i);
    if (c == '(' || c == '\n' || c == 0) return Step::No;
    words |= is_letter(c);
    if (c != ')') continue;
    i += text.at(i + 1) == ' ' ? 2 : 1;
    if (!text.known(i)) return Step::More;
    if (!words || (text.at(i) != ':' && text.at(i) != '=')) return Step::No;
    at = i;
    return Step::Value;
  }
  return Step::No;
}

// Moves `at` behind a word that may stand in the gap; else it begins the value.
Step skip_filler(const TextView& text, uint64_t& at) noexcept {
  uint64_t end = at;
  while (end < at + 8 && is_letter(text.at(end))) ++end;
  if (!text.known(end)) return Step::More;
  std::array<char, 8> word{};
  for (uint64_t i = at; i < end; ++i) word[i - at] = static_cast<char>(text.at(i) | 0x20);
  const std::string_view view(word.data(), end - at);
  bool is_filler = false;
  for (std::string_view filler : kFillers) is_filler |= view == filler;
  // Of an element: name="cvv" value="123".
  const uint8_t quote = text.at(at - 2);
  is_filler |= view == "value" && text.at(end) == '=' && (quote == '"' || quote == '\'');
  if (!is_filler) return Step::No;
  at = end;
  return Step::Value;
}

// "on file is 911": words up to the one for "equals". Moves `at` behind it; else it begins the
// value.
Step skip_clause(const TextView& text, uint64_t& at) noexcept {
  constexpr unsigned kWordsMax = 4;
  constexpr uint64_t kWordBytesMax = 10;
  uint64_t from = at;
  for (unsigned words = 0; words < kWordsMax; ++words) {
    uint64_t end = from;
    while (end - from < kWordBytesMax && is_letter(text.at(end))) ++end;
    if (!text.known(end + 1)) return Step::More;
    if (end == from || text.at(end) != ' ') return Step::No;
    if (end - from == 2 && to_lower(text.at(from)) == 'i' && to_lower(text.at(from + 1)) == 's') {
      at = end + 1;
      return Step::Value;
    }
    from = end + 1;
  }
  return Step::No;
}

// Behind the name of a part of a form stand an empty line and its value.
bool names_part(const TextView& text, uint64_t cue) noexcept {
  constexpr std::string_view kName = "name=\"";
  for (size_t i = 0; i < kName.size(); ++i)
    if (text.at(cue - kName.size() + i) != static_cast<uint8_t>(kName[i])) return false;
  return true;
}

bool passes(uint8_t c) noexcept {
  switch (c) {
    case ' ':
    case ':':
    case '=':
    case '#':
    case '"':
    case '\'':
    case '.':
    case '(':
    case '>':
    case '-':
    case '*':
    case '`':
    case '/':
    case '\t':
    case '|':
    case ';':
      return true;
    default:
      return false;
  }
}

// Moves `at` to the first character of the value.
Step skip_gap(const TextView& text, const Trigger& cue, uint64_t& at) noexcept {
  at = cue.at;
  if (!text.known(at)) return Step::More;
  if (is_letter(text.at(at)) || is_digit(text.at(at))) return Step::No;
  const uint8_t before = text.at(cue.start - 1);
  if ((text.at(at) == ')' && before == '(') || (text.at(at) == ']' && before == '[')) ++at;
  uint64_t limit = at + kCueGapBytes;
  unsigned tags = 0;
  bool remarked = false;
  const bool is_part = text.at(at) == '"' && names_part(text, cue.start);
  bool is_label = is_part;  // a label ends its line
  unsigned lines = is_part ? 2 : 1;
  while (at < limit) {
    if (!text.known(at)) return Step::More;
    const uint8_t c = text.at(at);
    if (is_digit(c)) return Step::Value;
    if (c == '<' && tags++ < kTagsMax) {
      if (const Step step = skip_tag(text, at); step != Step::Value) return step;
      limit = at + kCueGapBytes;
      continue;
    }
    if (c == '(' && !remarked) {
      remarked = true;
      const Step step = skip_remark(text, at);
      if (step == Step::More) return step;
      limit = at + kCueGapBytes;
      if (step == Step::Value) continue;
    }
    if (is_letter(c)) {
      Step step = skip_filler(text, at);
      if (step == Step::No && at == cue.at + 1) {
        step = skip_clause(text, at);
        limit = at + kCueGapBytes;
      }
      if (step == Step::No) return Step::Value;
      if (step == Step::More) return step;
      continue;
    }
    // "('cvv', '856')", and "CVV,307" on a line of its own.
    const uint8_t quote = text.at(at - 1);
    const bool begins_line = at == cue.at && (before == '\n' || before == 0);
    if (c == ',' && (begins_line || ((quote == '\'' || quote == '"') && at == cue.at + 1))) {
      ++at;
      continue;
    }
    const bool line = c == '\n' && is_label && lines > 0;
    if (line) --lines;
    if (c == ':') is_label = true;
    if (!line && !(c == '\r' && is_label) && !passes(c)) return Step::No;
    ++at;
  }
  return Step::No;
}

}  // namespace

namespace {

// "your CVV?\nCustomer: it's 260", "CVV\n260": the answer to a question, or the line below that is
// nothing else.
Verdict answered(const TextView& text, const Trigger& cue, const RuleParameters& rule,
                 Hit& out) noexcept {
  Reader reader(text, cue.at, cue.at + kLookAheadBytes);
  const bool asks = reader.peek() == '?';
  if (!asks && reader.peek() != '\n' && reader.peek() != '\r')
    return reader.starved() ? Verdict::More : Verdict::No;
  reader.skip();
  skip_to_answer(reader);
  const uint64_t at = reader.at();
  const uint8_t first = reader.peek();
  if (reader.starved()) return Verdict::More;
  // Rows of marks may stand before it; the value ends where a recogniser must decide.
  if (!is_digit(first) || at - cue.at > kLookAheadBytes - contract::kShapeLengthMax)
    return Verdict::No;
  const Verdict verdict = shaped_value_at(text, at, rule, out);
  if (verdict != Verdict::Match || asks) return verdict;
  if (!text.known(out.end)) return Verdict::More;
  const uint8_t behind = text.at(out.end);
  return behind == 0 || behind == '\n' || behind == '\r' ? verdict : Verdict::No;
}

}  // namespace

Verdict cue_value_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                     Hit& out) noexcept {
  if (!begins_word(text, trigger.start)) return Verdict::No;
  uint64_t at = 0;
  switch (skip_gap(text, trigger, at)) {
    case Step::No:
      return answered(text, trigger, rule, out);
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
