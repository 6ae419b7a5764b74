#include "dataplane/scan/recognise/mrz.h"

#include "dataplane/scan/recognise/open_reader.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kPassportBytes = 44;  // two lines
constexpr uint64_t kVisaBytes = 36;      // two lines
constexpr uint64_t kCardBytes = 30;      // three lines

bool is_zone_char(uint8_t c) noexcept { return is_upper(c) || is_digit(c) || c == '<'; }

// The end of the line of zone characters that begins at `start`.
uint64_t line_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t end = start;
  while (end - start <= kPassportBytes && is_zone_char(reader.at(end))) ++end;
  return end;
}

// Where the next line begins; `end` itself: there is none. Indentation of a quoted zone goes along.
uint64_t next_line(OpenReader& reader, uint64_t end) noexcept {
  uint64_t at = end;
  if (reader.at(at) == '\r') ++at;
  if (reader.at(at) != '\n' && reader.at(at) != ' ') return end;
  ++at;
  for (unsigned i = 0; i < 8 && reader.at(at) == ' '; ++i) ++at;
  return at;
}

bool field_holds(const TextView& text, uint64_t line, uint64_t from, uint64_t size) noexcept {
  return mrz_check(text.slice(line + from, line + from + size), text.at(line + from + size));
}

}  // namespace

bool mrz_check(Characters field, uint8_t check) noexcept {
  constexpr unsigned kWeights[] = {7, 3, 1};
  unsigned sum = 0;
  for (size_t i = 0; i < field.size(); ++i) {
    const uint8_t c = field[i];
    const unsigned value = is_digit(c) ? digit(c) : is_upper(c) ? c - unsigned{'A'} + 10 : 0;
    sum += value * kWeights[i % 3];
  }
  return is_digit(check) ? sum % 10 == digit(check) : check == '<' && sum == 0;
}

Verdict mrz_at(const TextView& text, const Trigger& trigger, const RuleParameters&,
               Hit& out) noexcept {
  OpenReader reader(text);
  if (is_zone_char(reader.before(trigger.start))) return reader.answer(false);
  const uint64_t first_end = line_end(reader, trigger.start);
  const uint64_t size = first_end - trigger.start;
  if (size != kPassportBytes && size != kVisaBytes && size != kCardBytes)
    return reader.answer(false);
  const uint64_t second = next_line(reader, first_end);
  const uint64_t second_end = second == first_end ? second : line_end(reader, second);
  if (second_end - second != size) return reader.answer(false);
  const bool card = size == kCardBytes;
  // On a card the number stands in the first line, birth and expiry at the head of the second.
  const uint64_t number_line = card ? trigger.start : second;
  const uint64_t number_from = card ? 5 : 0;
  const uint64_t birth_from = card ? 0 : 13;
  if (reader.open() || !field_holds(text, number_line, number_from, 9) ||
      !field_holds(text, second, birth_from, 6) || !field_holds(text, second, birth_from + 8, 6))
    return reader.answer(false);
  uint64_t end = second_end;
  if (card) {
    const uint64_t third = next_line(reader, second_end);
    const uint64_t third_end = third == second_end ? third : line_end(reader, third);
    if (third_end - third == size) end = third_end;
  }
  out = Hit{trigger.start, end};
  return reader.answer(true);
}

}  // namespace sallyport::scan
