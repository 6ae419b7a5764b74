#include "dataplane/scan/recognise/number/called_phone.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/recognise/number/national_phone.h"
#include "dataplane/scan/recognise/number/phone_signs.h"

namespace sallyport::scan {
namespace {

// Between a call and its number, where languages say it so.
constexpr std::string_view kBeforeNumbers[] = {
    "på",       "au",     "unter",    "na",        "al",      "allo",    "no",   "para",
    "pod",      "la",     "di",       "ke",        "op",      "naar",    "el",   "pa",
    "uz",       "numer",  "numero",   "número",    "numéro",  "číslo",   "broj", "nummer",
    "nummeret", "numret", "numeroon", "numerosta", "numbril", "numeriu", "số",   "ที่"};
// Folded like the text (fold.h): letters of Cyrillic and Greek that look like ASCII are it. По, на,
// номер, номеру, номером, το, στο.
constexpr std::string_view kFoldedBeforeNumbers[] = {"\xd0\xbfo",
                                                     "\xd0\xbd\x61",
                                                     "\xd0\xbdo\xd0\xbc\x65p",
                                                     "\xd0\xbdo\xd0\xbc\x65py",
                                                     "\xd0\xbdo\xd0\xbc\x65po\xd0\xbc",
                                                     "\xcf\x84o",
                                                     "o\xcf\x84o"};
constexpr size_t kBeforeNumberMax = 16;

// The word before `start` and a space; empty: there is none that short.
struct WordBefore {
  std::array<char, kBeforeNumberMax> bytes;
  size_t at = kBeforeNumberMax;

  std::string_view text() const noexcept { return {bytes.data() + at, bytes.size() - at}; }
};
WordBefore word_before(const Row& row, int32_t start) noexcept {
  WordBefore out;
  if (byte_at(row, start - 1) != ' ') return out;
  for (int32_t i = start - 2; out.at > 0; --i) {
    const uint8_t c = byte_at(row, i);
    if (!is_letter(c) && c < 0x80) break;
    out.bytes[--out.at] = static_cast<char>(c);
  }
  return out;
}

bool is_whole(const Row& row, size_t first, const RowHit& hit) noexcept {
  const RowDigits digits = digits_of(row, first, hit.group_end);
  return digits.fits && digits.count >= kNationalMin;
}

// One group that begins like no telephone number: "call it on 20240112", "at 1234567 bytes".
bool is_plain(const Row& row, size_t first, const RowHit& hit) noexcept {
  return hit.group_end == first + 1 && row.of(first)[0] != '0' && row.before(first) != '+';
}

// False: no preposition stands before the group, which holds of most.
bool may_be_called(const Row& row, size_t first) noexcept {
  const auto start = static_cast<int32_t>(row.groups[first].start);
  const uint8_t before = byte_at(row, start - 1);
  if (before == '+' || before == '(') return true;
  const uint8_t last = byte_at(row, start - 2);
  return before == ' ' && (is_letter(last) || last >= 0x80);
}

}  // namespace

bool is_called(const Row& row, size_t first, const RowHit& hit) noexcept {
  if (!may_be_called(row, first)) return false;
  const WordBefore word = word_before(row, hit.start);
  const std::string_view text = word.text();
  // English calls many things.
  if (text == "on" || text == "at") return !is_plain(row, first, hit) && is_whole(row, first, hit);
  const auto is_one_of = [&](std::span<const std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
  };
  return is_one_of(kBeforeNumbers) || is_one_of(kFoldedBeforeNumbers);
}

}  // namespace sallyport::scan
