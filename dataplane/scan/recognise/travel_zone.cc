#include "dataplane/scan/recognise/travel_zone.h"

#include <string_view>

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/validate/travel.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kLineBytesMax = 46;  // 44, and what a scanner doubles
constexpr uint64_t kPassportHead = 28;  // of the second line: up to the check digit of the expiry
constexpr uint64_t kCardHead = 15;
constexpr uint64_t kIndentMax = 8;

bool is_zone_char(uint8_t c) noexcept { return is_upper(c) || is_digit(c) || c == '<'; }

bool is_kind(uint8_t c) noexcept {
  return std::string_view("PVIAC").find(static_cast<char>(c)) != std::string_view::npos;
}

uint64_t line_from(OpenReader& reader, uint64_t end) noexcept {
  uint64_t start = end;
  while (start > 0 && end - start < kLineBytesMax && is_zone_char(reader.before(start))) --start;
  return start;
}

uint64_t line_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t end = start;
  while (end - start < kLineBytesMax && is_zone_char(reader.at(end))) ++end;
  return end;
}

// Where the next line begins; `end` itself: there is none.
uint64_t next_line(OpenReader& reader, uint64_t end) noexcept {
  uint64_t at = end;
  if (reader.at(at) == '\r') ++at;
  if (reader.at(at) != '\n' && reader.at(at) != ' ') return end;
  ++at;
  for (uint64_t i = 0; i < kIndentMax && (reader.at(at) == ' ' || reader.at(at) == '>'); ++i) ++at;
  return at;
}

bool checked(const TextView& text, uint64_t from, uint64_t size) noexcept {
  return travel_check(text.slice(from, from + size), text.at(from + size));
}

bool is_passport(const TextView& text, uint64_t second) noexcept {
  return checked(text, second, 9) && checked(text, second + 13, 6) && checked(text, second + 21, 6);
}

bool is_card(const TextView& text, uint64_t first, uint64_t second) noexcept {
  return checked(text, first + 5, 9) && checked(text, second, 6) && checked(text, second + 8, 6);
}

}  // namespace

Verdict travel_zone_at(const TextView& text, const Trigger& trigger, const RuleParameters&,
                       Hit& out) noexcept {
  OpenReader reader(text);
  if (reader.before(trigger.start) == '<') return reader.answer(false);
  const uint64_t first = line_from(reader, trigger.start);
  if (trigger.start - first < 5 || !is_kind(reader.at(first)) || is_digit(reader.at(first + 1)))
    return reader.answer(false);
  out.start = first;
  const uint64_t first_end = line_end(reader, first);
  const uint64_t second = next_line(reader, first_end);
  const uint64_t second_end = second == first_end ? second : line_end(reader, second);
  if (reader.open()) return Verdict::More;
  const uint64_t size = second_end - second;
  uint64_t end = 0;
  if (size >= kPassportHead && is_passport(text, second)) {
    end = second_end;
  } else if (size >= kCardHead && first_end - first >= kCardHead && is_card(text, first, second)) {
    const uint64_t third = next_line(reader, second_end);
    end = third == second_end ? second_end : line_end(reader, third);
    if (end == third) end = second_end;
  }
  if (end == 0) return reader.answer(false);
  out = Hit{first, end};
  return reader.answer(true);
}

uint64_t travel_zone_live_from(const TextView& text) noexcept {
  TextView whole = text;
  whole.final = true;
  OpenReader reader(whole);
  uint64_t start = text.end;
  while (start > text.begin && text.end - start < kLineBytesMax &&
         is_zone_char(reader.before(start)))
    --start;
  return start < text.end && is_kind(reader.at(start)) && !is_alnum(reader.before(start))
             ? start
             : text.end;
}

}  // namespace sallyport::scan
