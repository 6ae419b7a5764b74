#include "dataplane/scan/recognise/address/post_code.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/read/digit_run.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kOutwardMax = 4, kZipDigits = 5, kPlusDigits = 4;

constexpr std::string_view kAreas[] = {
    "AB", "AL", "B",  "BA", "BB", "BD", "BF", "BH", "BL", "BN", "BR", "BS", "BT", "CA", "CB", "CF",
    "CH", "CM", "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY",
    "E",  "EC", "EH", "EN", "EX", "FK", "FY", "G",  "GL", "GU", "GY", "HA", "HD", "HG", "HP", "HR",
    "HS", "HU", "HX", "IG", "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L",  "LA", "LD", "LE",
    "LL", "LN", "LS", "LU", "M",  "ME", "MK", "ML", "N",  "NE", "NG", "NN", "NP", "NR", "NW", "OL",
    "OX", "PA", "PE", "PH", "PL", "PO", "PR", "RG", "RH", "RM", "S",  "SA", "SE", "SG", "SK", "SL",
    "SM", "SN", "SO", "SP", "SR", "SS", "ST", "SW", "SY", "TA", "TD", "TF", "TN", "TQ", "TR", "TS",
    "TW", "UB", "W",  "WA", "WC", "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE"};
// Of the middle of London, whose districts may end in a letter.
constexpr std::string_view kLetteredAreas[] = {"E", "EC", "N", "NW", "SE", "SW", "W", "WC"};

struct State {
  std::string_view name;
  uint16_t first, last;  // three digits
};
constexpr State kStates[] = {
    {"AL", 350, 369}, {"AK", 995, 999}, {"AZ", 850, 865}, {"AR", 716, 729}, {"CA", 900, 961},
    {"CO", 800, 816}, {"CT", 60, 69},   {"DE", 197, 199}, {"DC", 200, 205}, {"FL", 320, 349},
    {"GA", 300, 319}, {"GA", 398, 399}, {"GU", 969, 969}, {"HI", 967, 968}, {"ID", 832, 838},
    {"IL", 600, 629}, {"IN", 460, 479}, {"IA", 500, 528}, {"KS", 660, 679}, {"KY", 400, 427},
    {"LA", 700, 714}, {"ME", 39, 49},   {"MD", 206, 219}, {"MA", 10, 27},   {"MA", 55, 55},
    {"MI", 480, 499}, {"MN", 550, 567}, {"MS", 386, 397}, {"MO", 630, 658}, {"MT", 590, 599},
    {"NE", 680, 693}, {"NV", 889, 898}, {"NH", 30, 38},   {"NJ", 70, 89},   {"NM", 870, 884},
    {"NY", 100, 149}, {"NY", 5, 5},     {"NY", 63, 63},   {"NC", 270, 289}, {"ND", 580, 588},
    {"OH", 430, 459}, {"OK", 730, 749}, {"OR", 970, 979}, {"PA", 150, 196}, {"PR", 6, 9},
    {"RI", 28, 29},   {"SC", 290, 299}, {"SD", 570, 577}, {"TN", 370, 385}, {"TX", 750, 799},
    {"TX", 885, 885}, {"UT", 840, 847}, {"VT", 50, 59},   {"VA", 201, 201}, {"VA", 220, 246},
    {"VI", 8, 8},     {"WA", 980, 994}, {"WV", 247, 268}, {"WI", 530, 549}, {"WY", 820, 831}};

// Pairs of capital letters, as bits.
class Pairs {
 public:
  constexpr explicit Pairs(std::span<const State> states) {
    for (const State& state : states) add(state.name);
  }
  constexpr explicit Pairs(std::span<const std::string_view> names) {
    for (std::string_view name : names)
      if (name.size() == 2)
        add(name);
      else
        single_ |= bit(name[0]);
  }
  constexpr bool has(uint8_t first, uint8_t second) const noexcept {
    return is_upper(first) && is_upper(second) && (pairs_[first - size_t{'A'}] & bit(second)) != 0;
  }
  constexpr bool has(uint8_t single) const noexcept {
    return is_upper(single) && (single_ & bit(single)) != 0;
  }

 private:
  static constexpr uint32_t bit(int letter) noexcept { return uint32_t{1} << (letter - 'A'); }
  constexpr void add(std::string_view name) {
    pairs_[static_cast<size_t>(name[0] - 'A')] |= bit(name[1]);
  }
  std::array<uint32_t, 26> pairs_{};
  uint32_t single_ = 0;
};
constexpr Pairs kAreaPairs{kAreas};
constexpr Pairs kLetteredPairs{kLetteredAreas};
constexpr Pairs kStatePairs{kStates};

bool is_one_of(uint8_t c, std::string_view letters) noexcept {
  return letters.find(static_cast<char>(c)) != std::string_view::npos;
}
bool is_inward_letter(uint8_t c) noexcept { return is_one_of(c, "ABDEFGHJLNPQRSTUWXYZ"); }
bool is_canadian(uint8_t c) noexcept { return is_one_of(c, "ABCEGHJKLMNPRSTVWXYZ"); }

// What joins a code to something before or behind it.
bool joins(uint8_t c) noexcept {
  return is_word_char(c) || c >= 0x80 || c == '-' || c == '/' || c == '.' || c == '#' || c == '$' ||
         c == '=' || c == '+' || c == '\\' || c == '@';
}

// The outward code before `end`: where it begins; `end`: none stands there.
uint64_t outward_start(OpenReader& reader, uint64_t end) noexcept {
  uint64_t start = end;
  while (start > 0 && end - start <= kOutwardMax &&
         (is_upper(reader.before(start)) || is_digit(reader.before(start))))
    --start;
  return end - start >= 2 && end - start <= kOutwardMax && !joins(reader.before(start)) ? start
                                                                                        : end;
}

bool is_british_outward(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  const uint8_t first = reader.at(start), second = reader.at(start + 1);
  const bool two = is_upper(second);
  const uint64_t district = start + (two ? 2 : 1);
  if (district >= end || !is_digit(reader.at(district)) || end - district > 2) return false;
  if (!(two ? kAreaPairs.has(first, second) : kAreaPairs.has(first))) return false;
  const uint8_t last = reader.before(end);
  return is_digit(last) || (two ? kLetteredPairs.has(first, second) : kLetteredPairs.has(first));
}

bool is_canadian_outward(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  const uint8_t first = reader.at(start);
  return end - start == 3 && is_canadian(first) && first != 'W' && first != 'Z' &&
         is_digit(reader.at(start + 1)) && is_canadian(reader.at(start + 2));
}

// "S9 4GB", "SE2 2TB" are telephones and what fits into them.
bool is_of_memory(uint8_t first, uint8_t second, uint64_t outward) noexcept {
  return outward < kOutwardMax && second == 'B' && (first == 'G' || first == 'T');
}

bool ends(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  if (c == '.') return !is_alnum(reader.at(at + 1));
  return !joins(c) || (c >= 0xe2 && c <= 0xe3);  // a dash, a full stop of Chinese
}

Verdict inward_at(OpenReader& reader, uint64_t letter, Hit& out) noexcept {
  const uint64_t digit = letter - 1;
  if (digit < 3 || reader.before(digit) != ' ') return reader.answer(false);
  const uint64_t space = digit - 1, start = outward_start(reader, space);
  if (start == space) return reader.answer(false);
  const uint8_t first = reader.at(letter), second = reader.at(letter + 1);
  out = Hit{start, letter + 2};
  const bool british = is_inward_letter(first) && is_inward_letter(second) &&
                       is_british_outward(reader, start, space) &&
                       !is_of_memory(first, second, space - start);
  const bool canadian =
      is_canadian(first) && is_digit(second) && is_canadian_outward(reader, start, space);
  return reader.answer((british || canadian) && ends(reader, letter + 2));
}

bool is_of_state(uint8_t first, uint8_t second, unsigned prefix) noexcept {
  return std::any_of(std::begin(kStates), std::end(kStates), [&](const State& state) {
    return state.name[0] == static_cast<char>(first) &&
           state.name[1] == static_cast<char>(second) && prefix >= state.first &&
           prefix <= state.last;
  });
}

Verdict behind_state(OpenReader& reader, uint64_t start, Hit& out) noexcept {
  uint64_t end = start;
  unsigned prefix = 0;
  for (; end - start < kZipDigits; ++end) {
    const uint8_t c = reader.at(end);
    if (!is_digit(c)) return reader.answer(false);
    if (end - start < 3) prefix = prefix * 10 + digit(c);
  }
  if (!is_of_state(reader.before(start - 2), reader.before(start - 1), prefix))
    return reader.answer(false);
  if (reader.at(end) == '-') {
    const uint64_t plus = digit_run_end(reader, end + 1, kPlusDigits - 1);
    if (plus == end + 1 + kPlusDigits) end = plus;
  }
  out = Hit{start, end};
  return reader.answer(ends(reader, end));
}

}  // namespace

bool may_be_behind_state(const TextView& text, uint64_t number) noexcept {
  if (number < text.begin + 4) return false;
  const uint8_t before = text.at(number - 4);
  return kStatePairs.has(text.at(number - 3), text.at(number - 2)) &&
         (before == ' ' || before == ',' || before == '\n');
}

Verdict post_code_at(const TextView& text, const Trigger& trigger, const RuleParameters&,
                     Hit& out) noexcept {
  OpenReader reader(text);
  return is_digit(reader.at(trigger.at)) ? behind_state(reader, trigger.at, out)
                                         : inward_at(reader, trigger.at, out);
}

uint64_t post_code_live_from(const TextView& text) noexcept {
  constexpr uint64_t kInward = 3, kZipMax = kZipDigits + 1 + kPlusDigits;
  TextView whole = text;
  whole.final = true;
  OpenReader reader(whole);
  // "NY 113", "NY 11373-4"
  uint64_t at = text.end;
  while (at > text.begin && text.end - at <= kZipMax &&
         (is_digit(reader.before(at)) || reader.before(at) == '-'))
    --at;
  if (at < text.end && at > text.begin && reader.before(at) == ' ' && may_be_behind_state(text, at))
    return at;
  // "GL5", "GL54 ", "GL54 1A", "GL54 1AA"
  uint64_t end = text.end;
  while (end > text.begin && text.end - end < kInward &&
         (is_upper(reader.before(end)) || is_digit(reader.before(end))))
    --end;
  const bool has_inward = end > text.begin && reader.before(end) == ' ' &&
                          (end == text.end || is_digit(reader.at(end)));
  const uint64_t outward_end = has_inward ? end - 1 : text.end;
  uint64_t start = outward_end;
  while (start > text.begin && outward_end - start < kOutwardMax &&
         (is_upper(reader.before(start)) || is_digit(reader.before(start))))
    --start;
  if (start == outward_end || !is_upper(reader.at(start)) || joins(reader.before(start)))
    return text.end;
  return start;
}

}  // namespace sallyport::scan
