#include "dataplane/scan/recognise/address/script_address.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace sallyport::scan {
namespace {

constexpr uint64_t kNumberDigitsMax = 7;  // a post code without its dash
constexpr uint64_t kBlockDigitsMax = 4;
constexpr uint64_t kNameBytesMax = 80;
constexpr uint64_t kPartBytesMax = 48;  // of a name between two parts

// What ends the name of an area: Chinese and Japanese, from province to village.
constexpr std::string_view kAreas[] = {"省", "市", "区", "區", "县", "縣", "県", "郡", "町", "村",
                                       "镇", "鎮", "乡", "鄉", "州", "盟", "旗", "都", "府"};
// What ends the name of a street.
constexpr std::string_view kRoads[] = {"路",   "街", "道", "巷", "弄",
                                       "胡同", "里", "段", "村", "园"};
// What stands behind a number of an address.
constexpr std::string_view kUnits[] = {"丁目", "番地", "番", "号", "號", "弄", "栋", "棟",
                                       "幢",   "座",   "楼", "樓", "层", "層", "室", "单元",
                                       "單元", "巷",   "階", "院", "房", "之"};
// What makes another thing of such a number: line 3, document 5, the third.
constexpr std::string_view kNotUnits[] = {"线", "線", "文", "机", "機", "目", "組",
                                          "手", "馆", "车", "車", "令", "店"};
constexpr std::string_view kDateUnits[] = {"年", "月", "日", "时", "時", "分"};
// Parts of addresses in scripts whose words are parted by spaces, and in Thai.
// It would count a letter with its marks as one column.
// clang-format off
constexpr std::string_view kWords[] = {
    // Arabic
    "شارع", "طريق", "حي ", "مبنى", "عمارة", "شقة", "ص.ب", "ميدان", "حارة", "منطقة", "الرياض",
    "القاهرة", "دبي",
    // Hindi, Marathi
    "मकान", "गली", "नगर", "मार्ग", "रोड",
    "सड़क", "मोहल्ला", "सेक्टर", "फ्लैट", "चौक",
    "कॉलोनी", "विहार", "प्लॉट",
    // Thai
    "ถนน", "ถ.", "ซอย", "ซ.", "แขวง", "เขต", "ตำบล", "ต.", "อำเภอ", "อ.", "จังหวัด", "จ.", "หมู่",
    "กรุงเทพ",
    // Russian, Ukrainian, Bulgarian, as they are folded (fold_table.h)
    "yл.", "yлицa", "вyл.", "вyлиця", "пpocпeкт", "пpocп.", "пp-т", "пep.", "пepeyлoк", "шocce",
    "бyльвap", "бyл.", "нaб.", "плoщaдь", "пл.", "дoм ", "д.", "бyд.", "кв.",
    "aллeя", "пpoeзд", "мaйдaн", "плoщa", "пpoвyлoк", "тyпик", "мкp",
    // Korean
    "특별시", "광역시", "시 ", "군 ", "구 ", "동 ", "로 ", "길 ", "읍 ", "면 "};
// clang-format on
constexpr std::string_view kCyrillicStreets[] = {
    "yл.",  "yл ",         "yлицa ",    "вyл.",   "вyлиця ",  "пpocпeкт ", "пpocп.",   "пp-т ",
    "пp. ", "пep.",        "пepeyлoк ", "бyл.",   "бyльвap ", "пл. ",      "плoщaдь ", "плoщa ",
    "нaб.", "нaбepeжнaя ", "шocce ",    "aллeя ", "пpoeзд ",  "пpoвyлoк "};

template <size_t N>
uint64_t one_of(OpenReader& reader, uint64_t at, const std::string_view (&list)[N]) noexcept {
  for (std::string_view one : list)
    if (reader.follows(at, one)) return at + one.size();
  return at;
}

uint64_t letter_bytes(uint8_t lead) noexcept {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

bool is_hangul(uint8_t lead) noexcept { return lead >= 0xea && lead <= 0xed; }
// Han, kana and their signs (U+3000 to U+9FFF) without 、 and 。, which end a phrase, and 〒.
bool is_han(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t lead = reader.at(at);
  if (lead < 0xe3 || lead > 0xe9) return false;
  return lead != 0xe3 || reader.at(at + 1) != 0x80 ||
         (reader.at(at + 2) > 0x82 && reader.at(at + 2) != 0x92);
}

// Digits, also of Han ("二丁目"): behind them; `at`: none, or more than `max`.
uint64_t number_end(OpenReader& reader, uint64_t at, uint64_t max) noexcept {
  static constexpr std::string_view kHanDigits[] = {"一", "二", "三", "四", "五",
                                                    "六", "七", "八", "九", "十"};
  uint64_t end = at, count = 0;
  while (is_digit(reader.at(end)) && count <= max) ++end, ++count;
  if (end == at)
    while (count < 3) {
      const uint64_t next = one_of(reader, end, kHanDigits);
      if (next == end) break;
      end = next;
      ++count;
    }
  return count > max ? at : end;
}

// "88号", "2丁目21番1号", "1-2-3", "99弄3号501室": from a number to the end of the last unit; `at`:
// the number is none of an address. `dashed`: a row of block numbers without units may be one.
uint64_t units_end(OpenReader& reader, uint64_t at, bool dashed) noexcept {
  uint64_t end = at, groups = 0;
  bool has_unit = false;
  for (uint64_t next = at; next - at < kPartBytesMax;) {
    const uint64_t number = number_end(reader, next, kBlockDigitsMax);
    if (number == next) break;
    uint64_t behind = number;
    if (is_upper(reader.at(behind)) && !is_letter(reader.at(behind + 1))) ++behind;  // "12A号"
    const uint64_t unit = one_of(reader, behind, kUnits);
    if (unit != behind) {
      if (one_of(reader, unit, kNotUnits) != unit) break;
      has_unit = true;
      end = next = unit;
      if (reader.at(next) == '-' || reader.at(next) == ' ') ++next;
      continue;
    }
    if (one_of(reader, number, kDateUnits) != number) break;
    ++groups;
    // A year with a day is none; a single number is the reader's business.
    if (groups == 1 && number - next > 3 && reader.at(number) == '-') break;
    if (has_unit || (dashed && groups > 1)) end = number;
    if (reader.at(number) != '-') break;
    next = number + 1;
  }
  return end;
}

// "1丁目12番10号", "4-2-8": of [start, end).
bool is_block(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  unsigned dashes = 0;
  for (uint64_t at = start; at < end; ++at) {
    dashes += reader.at(at) == '-' ? 1 : 0;
    if (reader.follows(at, "丁目") || reader.follows(at, "番")) return true;
  }
  return dashes > 1;
}

// Chinese and Japanese: a name up to an area or a road, again, then numbers with units.
// `announced`: one of either is enough.
uint64_t han_address(OpenReader& reader, uint64_t start, bool announced) noexcept {
  uint64_t at = start, name = start, areas = 0, roads = 0;
  uint64_t end = 0;
  while (at - start < kScriptAddressBytesMax) {
    const uint8_t c = reader.at(at);
    if (is_digit(c) || (areas + roads > 0 && number_end(reader, at, kBlockDigitsMax) > at)) {
      const uint64_t units = roads + areas > 0 ? units_end(reader, at, true) : at;
      // Behind one area only the blocks of Japan say enough: "渋谷区神南1丁目12番10号".
      if (units > at &&
          (announced || roads + areas > 1 || end != 0 || is_block(reader, at, units))) {
        end = at = name = units;
        continue;
      }
      if (is_digit(c)) {
        const uint64_t digits = number_end(reader, at, kNumberDigitsMax);
        if (digits == at || one_of(reader, digits, kDateUnits) != digits) break;
        at = digits;
        continue;
      }
    }
    if (is_han(reader, at)) {
      if (at - name > kPartBytesMax) break;
      const uint64_t area = one_of(reader, at, kAreas);
      const uint64_t road = one_of(reader, at, kRoads);
      if (at > name && (area != at || road != at)) {
        area != at ? ++areas : ++roads;
        at = name = std::max(area, road);
        continue;
      }
      at += 3;
      continue;
    }
    // Names of buildings, and how parts are set apart.
    if (c != ' ' && c != ',' && c != '-' && !(end != 0 && is_letter(c))) break;
    ++at;
  }
  return end;
}

// 서울특별시 강남구 테헤란로 152, 3층: words that end with an area, one with a road, a number.
uint64_t hangul_address(OpenReader& reader, uint64_t start, bool announced) noexcept {
  static constexpr std::string_view kKoreanAreas[] = {"시", "도", "군", "구",
                                                      "읍", "면", "동", "리"};
  static constexpr std::string_view kKoreanRoads[] = {"로", "길", "동", "리", "가", "대로", "번길"};
  static constexpr std::string_view kKoreanLanes[] = {"번길", "길", "로"};
  static constexpr std::string_view kKoreanUnits[] = {"번지", "번길", "호", "동", "층"};
  uint64_t at = start, end = 0;
  unsigned areas = 0;
  bool is_road = false;
  while (at - start < kScriptAddressBytesMax) {
    const uint64_t first = at;
    while (is_hangul(reader.at(at)) && at - first < kPartBytesMax) at += 3;
    if (at > first) {
      is_road = at - first > 3 && one_of(reader, at - 3, kKoreanRoads) == at;
      if (at - first > 3 && one_of(reader, at - 3, kKoreanAreas) == at) ++areas;
      // "월드컵북로4길"
      if (const uint64_t digits = number_end(reader, at, kBlockDigitsMax); digits > at)
        if (const uint64_t kind = one_of(reader, digits, kKoreanLanes); kind > digits) {
          at = kind;
          is_road = true;
        }
    }
    const uint64_t gap = reader.at(at) == ' ' ? at + 1 : at;
    const uint64_t number =
        is_digit(reader.at(gap)) ? number_end(reader, gap, kBlockDigitsMax) : gap;
    if (number > gap) {
      if (!(is_road || end != 0) || areas < (announced ? 1U : 2U)) return end;
      uint64_t behind = number;
      if (reader.at(behind) == '-') behind = number_end(reader, behind + 1, kBlockDigitsMax);
      const uint64_t unit = one_of(reader, behind, kKoreanUnits);
      end = at = unit;
      if (reader.at(at) == ',' && reader.at(at + 1) == ' ') ++at;
      if (reader.at(at) == ' ') ++at;
      continue;
    }
    if (at == first || reader.at(at) != ' ') return end;
    ++at;
  }
  return end;
}

// Words and numbers up to the end of the phrase, with a word for a part of an address among them.
// `is_known`: it begins with one.
uint64_t worded_address(OpenReader& reader, uint64_t start, bool is_known = false) noexcept {
  uint64_t at = start, end = 0;
  while (at - start < kScriptAddressBytesMax) {
    const uint8_t c = reader.at(at);
    if (is_digit(c)) {
      const uint64_t digits = number_end(reader, at, kNumberDigitsMax);
      if (digits == at) break;
      // A day, a time, a price.
      if (reader.at(digits) == ':' || reader.at(digits) == '%') break;
      at = digits;
      if (is_known || at - start < kPartBytesMax) end = at;
      continue;
    }
    const bool is_sign = c == ' ' || c == ',' || c == '.' || c == '-' || c == '/' || c == '(' ||
                         c == ')' || c == '#';
    if (c < 0x80 && !is_sign && !is_letter(c)) break;
    if (c == '.' && end != 0 && reader.at(at + 1) == ' ' && is_digit(reader.before(at))) break;
    // "yл." and "aллeя" are folded so.
    if ((c >= 0x80 || is_letter(c)) && !is_known) is_known = one_of(reader, at, kWords) != at;
    at += letter_bytes(c);
  }
  return is_known ? end : 0;
}

// A Cyrillic word in small letters that is no part of an address: what stands behind such a cue is
// a sentence.
bool is_common_word(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  const bool small = is_lower(c) || c == 0xd1 || (c == 0xd0 && reader.at(at + 1) >= 0xb0);
  return small && one_of(reader, at, kWords) == at && !reader.follows(at, "г.") &&
         !reader.follows(at, "м.");
}

// "ул. Ленина, д. 5, кв. 12": the kind, a name with a capital letter, numbers.
uint64_t cyrillic_address(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = one_of(reader, start, kCyrillicStreets);
  if (at == start || is_word_letter(reader.before(start))) return 0;
  if (reader.at(at) == ' ') ++at;
  const uint8_t first = reader.at(at);
  if (!is_upper(first) && !(first == 0xd0 && is_capital_pair(first, reader.at(at + 1)))) return 0;
  const uint64_t name = at;
  while (at - name < kNameBytesMax &&
         (is_word_letter(reader.at(at)) || reader.at(at) == '-' || reader.at(at) == ' '))
    at += letter_bytes(reader.at(at));
  if (reader.at(at) != ',' && !is_digit(reader.at(at))) return 0;
  return worded_address(reader, start, true);
}

constexpr std::string_view kAbjadStreets[] = {"רחוב ", "שדרות ", "شارع ", "خیابان ",
                                              "کوچه ", "بلوار ", "نهج "};
constexpr std::string_view kThaiParts[] = {"ถนน", "แขวง", "ตำบล"};

bool is_abjad(uint8_t lead) noexcept { return lead >= 0xd7 && lead <= 0xdb; }

// "רחוב הרצל 14, דירה 8", "شارع الملك فهد، حي العليا، الرياض 12211": behind the kind of a street,
// in Hebrew, Arabic and Persian, a few words and a number. `at`: behind the cue.
uint64_t abjad_address(OpenReader& reader, uint64_t at) noexcept {
  constexpr unsigned kWordsMax = 7, kPlainWordsMax = 3;
  constexpr std::string_view kComma = "،";
  uint64_t end = 0;
  unsigned words = 0, plain = 0;
  while (words <= kWordsMax) {
    const uint64_t first = at;
    while (is_abjad(reader.at(at)) && !reader.follows(at, kComma) && at - first < kPartBytesMax)
      at += 2;
    if (at > first) ++words, ++plain;
    const uint64_t gap = at;
    if (reader.follows(at, kComma)) at += kComma.size();
    if (reader.at(at) == ',') ++at;
    if (at > gap) plain = 0;
    if (reader.at(at) == ' ') ++at;
    if (is_digit(reader.at(at))) {
      const uint64_t number = number_end(reader, at, 5);
      const uint8_t behind = reader.at(number);
      const bool is_year = number - at == 4 && (reader.at(at) == '1' || reader.at(at) == '2');
      // "נייד 054-555-0123": a telephone number.
      const bool goes_on = (behind == '-' || behind == ' ') && is_digit(reader.at(number + 1));
      if (goes_on || number == at || behind == ':' || behind == '%' || is_year ||
          plain > kPlainWordsMax || words == 0)
        return end;
      end = at = number;
      plain = 0;
      if (!(reader.at(at) == ',' || reader.follows(at, kComma))) return end;
      continue;
    }
    if (at == first) return end;
  }
  return end;
}

// "ถนนสุขุมวิท แขวงคลองเตย กรุงเทพมหานคร 10110": only with its post code, as prose has the rest.
uint64_t thai_address(OpenReader& reader, uint64_t start) noexcept {
  constexpr uint64_t kCodeDigits = 5;
  const uint64_t end = worded_address(reader, start, true);
  if (end < start + kCodeDigits) return 0;
  for (uint64_t at = end - kCodeDigits; at < end; ++at)
    if (!is_digit(reader.at(at))) return 0;
  return is_digit(reader.at(end - kCodeDigits - 1)) ? 0 : end;
}

// "〒150-0002", "(06236)", "100-0001": behind the post code and its space.
uint64_t behind_post_code(OpenReader& reader, uint64_t at) noexcept {
  uint64_t next = at;
  if (reader.follows(next, "〒")) next += 3;
  if (reader.at(next) == ' ' || reader.at(next) == '(') ++next;
  uint64_t end = number_end(reader, next, kNumberDigitsMax);
  if (end == next || !is_digit(reader.at(next))) return next;
  if (reader.at(end) == '-') end = number_end(reader, end + 1, kBlockDigitsMax);
  if (end - next < 5 || end - next > 8) return at;
  while (reader.at(end) == ')' || reader.at(end) == ' ' || reader.at(end) == ',' ||
         reader.at(end) == '\n')
    ++end;
  return end;
}

}  // namespace

bool announces_address(OpenReader& reader, uint64_t start, uint64_t cue_end) noexcept {
  static constexpr std::string_view kKoreanEnds[] = {"소", "지", "곳"};
  static constexpr std::string_view kHanEnds[] = {"址", "所", "地", "先", "住", "在", "到"};
  const uint8_t lead = reader.at(start);
  if (is_hangul(lead)) return one_of(reader, cue_end - 3, kKoreanEnds) == cue_end;
  if (is_abjad(lead)) return one_of(reader, start, kAbjadStreets) != cue_end;
  if (reader.follows(start, "〒") || one_of(reader, start, kThaiParts) != start) return false;
  if (is_han(reader, start)) return one_of(reader, cue_end - 3, kHanEnds) == cue_end;
  return one_of(reader, start, kCyrillicStreets) == start;
}

uint64_t region_address(OpenReader& reader, uint64_t start, uint64_t cue_end) noexcept {
  const uint8_t lead = reader.at(start);
  if (is_hangul(lead)) return hangul_address(reader, start, true);
  if (reader.follows(start, "〒"))
    return han_address(reader, behind_post_code(reader, start), true);
  if (is_abjad(lead)) return abjad_address(reader, cue_end);
  if (one_of(reader, start, kThaiParts) != start) return thai_address(reader, start);
  return is_han(reader, start) ? han_address(reader, start, false)
                               : cyrillic_address(reader, start);
}

AddressPart announced_address(OpenReader& reader, uint64_t start) noexcept {
  static constexpr std::string_view kParticles[] = {"は", "が",  "是",  "为",  "為",  "在", "는",
                                                    "은", "는 ", "은 ", "هو ", "нa ", "в ", "пo "};
  uint64_t at = one_of(reader, start, kParticles);
  if (reader.at(at) == ' ' || reader.at(at) == ':') ++at;
  start = at;
  at = behind_post_code(reader, start);
  const uint8_t lead = reader.at(at);
  if (is_hangul(lead)) return {start, hangul_address(reader, at, true)};
  if (is_han(reader, at)) return {start, han_address(reader, at, true)};
  // Arabic, Devanagari, Thai, Cyrillic; or a number before one of them.
  uint64_t word = start;
  while (word - start < kPartBytesMax && reader.at(word) != 0 && reader.at(word) < 0x80 &&
         reader.at(word) != '\n' && !is_letter(reader.at(word)))
    ++word;
  if (!is_word_letter(reader.at(word)) || is_common_word(reader, word)) return {};
  return {start, worded_address(reader, start)};
}

}  // namespace sallyport::scan
