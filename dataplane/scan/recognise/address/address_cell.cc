#include "dataplane/scan/recognise/address/address_cell.h"

#include <string_view>

#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/address/script_address.h"
#include "dataplane/scan/recognise/address/street_words.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kGapBytes = 16;  // between a label and its value: '": "', " : ", ":** "
constexpr uint64_t kNumberBytesMax = 12;
// Of a number, and of a post code with its second half ("53889-78653" in Iran).
constexpr unsigned kDigitsMax = 7, kCodeDigitsMax = 10;
constexpr unsigned kWordsMax = 24;
constexpr uint64_t kCodeBytesMin = 5;

// Marks that stand before a sign and a number inside of an address: "No: 45 D: 6", "bl: 4".
constexpr std::string_view kMarks[] = {"no",   "nr",   "d",  "kat", "k",   "daire", "blok", "bloc",
                                       "bl",   "sc",   "et", "ap",  "apt", "sk",    "mah",  "cad",
                                       "unit", "flat", "st", "lot", "c",   "rt",    "rw",   "kav"};
// What numbers count that are no houses, and what fields say in which no address stands.
constexpr std::string_view kNoPlaces[] = {
    "bytes", "byte",    "bits",   "bit",  "characters", "chars",   "digits",   "fields", "items",
    "lines", "minutes", "hours",  "days", "times",      "options", "register", "sheet",  "slot",
    "bus",   "device",  "vector", "rank", "mailbox",    "null",    "none",     "example"};
constexpr WordFilter kNoPlacesFilter{kNoPlaces};

// Letters, a number and a sign are all that a cell is made of: one of them.
struct Counts {
  unsigned numbers = 0;  // that may be houses or post codes
  unsigned codes = 0;    // of those: as long as a post code
  unsigned names = 0;    // words with a capital letter
  unsigned small = 0;    // words in small letters that no street has
  unsigned others = 0;   // words of scripts without capital letters
};

bool is_other_script(uint8_t lead) noexcept { return lead >= 0xd4; }

// "12", "12b", "12-14", "98/3", "1015CJ": behind it; `at`: no number of an address.
uint64_t number_end(OpenReader& reader, uint64_t at) noexcept {
  uint64_t end = at;
  unsigned digits = 0, joints = 0;
  while (end - at <= kNumberBytesMax) {
    const uint8_t c = reader.at(end);
    digits += is_digit(c) ? 1 : 0;
    const bool joins = (c == '-' || c == '/') && is_alnum(reader.at(end + 1));
    if (!is_alnum(c) && !joins) break;
    joints += joins ? 1 : 0;
    ++end;
  }
  if (end - at > kNumberBytesMax || digits > (joints == 1 ? kCodeDigitsMax : kDigitsMax)) return at;
  const uint8_t sign = reader.at(end), then = reader.at(end + 1);
  // A time, a port, an address of a network, a decimal, a share, a name with digits in it.
  if ((sign == ':' || sign == '.' || sign == '\'') && is_digit(then)) return at;
  if (sign == '%' || sign == '$' || sign == '=') return at;
  return reader.at(at) == '0' && to_lower(reader.at(at + 1)) == 'x' ? at : end;
}

// Signs between the words of an address: behind the one at `at`; `at`: none.
uint64_t sign_end(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  if (c == '(' && is_alnum(reader.before(at))) return at;  // "UInt8(2)"
  if (is_line_end(c) || c == ' ' || c == ',' || c == '.' || c == '-' || c == '/' || c == '#' ||
      c == '(' || c == ')' || c == '\'' || c == '&' || c == '"')
    return at + 1;
  return at;
}

bool has_mark_before(OpenReader& reader, uint64_t colon) noexcept {
  return word_in(reader, word_before(reader, colon), kMarks);
}

// One word at `at`: behind it; `at`: what stands there is no part of an address.
uint64_t count_word(OpenReader& reader, uint64_t at, Counts& out) noexcept {
  if (is_other_script(reader.at(at))) {
    uint64_t end = at;
    while (end - at < kAddressCellBytesMax && reader.at(end) >= 0x80) ++end;
    ++out.others;
    return end;
  }
  const NameWord word = word_at(reader, at);
  if (word.size() == 0 || word_in(reader, word, kNoPlaces, kNoPlacesFilter)) return at;
  // "st.", "ul.", "г." are neither.
  const bool is_short = word.size() <= 10 && reader.at(word.end) == '.';
  if (word.capital)
    ++out.names;
  else if (!is_short && !is_street_word(reader, word,
                                        kStreetParticle | kStreetPrefix | kStreetTypeWord |
                                            kStreetFrench | kStreetMark | kStreetUnit))
    ++out.small;
  // "Node 3", "Port 8080"
  if (is_street_word(reader, word, kStreetNoName) && reader.at(word.end) == ' ' &&
      is_digit(reader.at(word.end + 1)) && !word_is(reader, word, "no") &&
      !word_is(reader, word, "nr") && !word_is(reader, word, "platz"))
    return at;
  return word.end;
}

// Where a value ends that begins behind a quote, a tag or a bar, or on a line of its own.
uint64_t value_end(OpenReader& reader, uint64_t start, uint8_t closing) noexcept {
  for (uint64_t at = start; at - start <= kAddressCellBytesMax; ++at) {
    const uint8_t c = reader.at(at);
    if (reader.open()) return 0;
    if (c == closing) return at;
    if (c == 0) return 0;
    if (closing != 0) continue;  // an envelope has lines, also in quotes
    if (is_line_end(c)) return at;
    if (c == ';' || c == '\t' || c == '|' || c == '<') return at;
    if (c == ' ' && reader.at(at + 1) == ' ') return at;
    if (c == ' ' && reader.at(at + 1) == '-' && reader.at(at + 2) == ' ') return at;
    // "12 High Street, Leeds LS1 4AP. Please call"
    const bool ends_word = is_digit(reader.before(at)) || is_lower(reader.before(at));
    if (c == '.' && reader.at(at + 1) == ' ' && ends_word &&
        !is_street_word(
            reader, word_before(reader, at),
            kStreetPrefix | kStreetSuffix | kStreetTypeWord | kStreetMark | kStreetUnit) &&
        is_upper(reader.at(at + 2)) && is_lower(reader.at(at + 3)) && at - start > 12)
      return at;
  }
  return 0;
}

// [start, end) of a line without the next label on it: "12 High Street, Leeds, Tel: 0113 ...".
uint64_t before_next_label(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  for (uint64_t at = start; at < end; ++at) {
    if (reader.at(at) != ':' || has_mark_before(reader, at)) continue;
    for (uint64_t cut = at; cut > start; --cut) {
      const uint8_t c = reader.before(cut);
      if (c == ',' || c == '.' || c == '(') return cut - 1;
    }
    return start;
  }
  return end;
}

// What stands in [from, to), the cell without marks around it; false: what no address has.
bool count_cell(OpenReader& reader, uint64_t from, uint64_t to, Counts& counts) noexcept {
  if (to <= from || to - from > kAddressCellBytesMax) return false;
  unsigned words = 0;
  for (uint64_t at = from; at < to;) {
    if (++words > 2 * kWordsMax) return false;
    uint64_t end = at;
    if (is_digit(reader.at(at))) {
      end = number_end(reader, at);
      if (end > at) ++counts.numbers;
      if (end - at >= kCodeBytesMin) ++counts.codes;
    } else if (reader.at(at) == ':' && has_mark_before(reader, at)) {
      end = at + 1;
    } else {
      end = sign_end(reader, at);
      if (end == at) end = count_word(reader, at, counts);
    }
    if (end == at || end > to) return false;
    at = end;
  }
  if (counts.numbers == 0 || counts.names + counts.others == 0) return false;
  return counts.small <= (counts.others == 0 ? counts.names : counts.others);
}

}  // namespace

bool is_address_cell(OpenReader& reader, uint64_t from, uint64_t to) noexcept {
  Counts counts;
  return count_cell(reader, from, to, counts);
}

AddressCell announced_cell(OpenReader& reader, uint64_t start) noexcept {
  if (!is_other_script(reader.at(start)) && !is_digit(reader.at(start))) return {};
  bool has_comma = false;
  uint64_t end = start;
  for (; end - start <= kAddressCellBytesMax; ++end) {
    const uint8_t c = reader.at(end);
    if (c == 0 || is_line_end(c) || c == '"' || c == ';' || c == '<' || c == '|') break;
    if (c == '.' && (reader.at(end + 1) == ' ' || is_line_end(reader.at(end + 1)) ||
                     reader.at(end + 1) == 0 || reader.at(end + 1) == '"'))
      break;
    has_comma = has_comma || c == ',' || reader.follows(end, "،");
  }
  Counts counts;
  const bool is_one = has_comma && count_cell(reader, start, end, counts) && counts.codes > 0;
  return is_one ? AddressCell{start, end} : AddressCell{};
}

AddressCell labelled_address(OpenReader& reader, uint64_t label_end) noexcept {
  uint64_t at = label_end;
  bool has_sign = false;
  uint8_t closing = 0;
  for (;; ++at) {
    if (at - label_end > kGapBytes) return {};
    const uint8_t c = reader.at(at);
    if (c == ':' || c == '=' || c == '|' || c == '>' || c == '\t') {
      if (has_sign && c != '>') return {};
      has_sign = true;
      closing = c == '>' ? '<' : 0;
    } else if (is_quote(c)) {
      closing = has_sign ? c : uint8_t{0};
    } else if (c != ' ' && c != '*' && !(has_sign && is_line_end(c))) {
      break;
    }
  }
  if (!has_sign) return {};
  const uint64_t start = at;
  uint64_t end = value_end(reader, start, closing);
  if (end == 0) return {};
  if (closing == 0) {
    // What a sentence says behind its last number: whoever reads its parts knows better.
    if (reader.at(start) >= 0x80)
      if (const AddressPart part = announced_address(reader, start); part.end != 0)
        return {part.start, part.end};
    end = before_next_label(reader, start, end);
  }
  while (end > start && (reader.before(end) == ' ' || reader.before(end) == ',' ||
                         reader.before(end) == '.' || is_mark(reader.before(end))))
    --end;
  return is_address_cell(reader, start, end) ? AddressCell{start, end} : AddressCell{};
}

}  // namespace sallyport::scan
