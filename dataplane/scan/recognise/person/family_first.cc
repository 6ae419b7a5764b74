#include "dataplane/scan/recognise/person/family_first.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/recognise/person/eastern_families.h"
#include "dataplane/scan/recognise/person/free_person.h"
#include "dataplane/scan/recognise/person/gazetteer.h"

namespace sallyport::scan {
namespace {

constexpr WordFilter kChineseFilter{kChineseFamilies};
constexpr WordFilter kKoreanFilter{kKoreanFamilies};
constexpr WordFilter kVietnameseFilter{kVietnameseFamilies};

constexpr std::string_view kKoreanSyllables[] = {
    "a",     "ah",    "an",   "bae",   "beom",  "bin",   "bo",   "bong",  "byung",  "chan",
    "chang", "chul",  "dae",  "dan",   "do",    "dong",  "eun",  "gi",    "gun",    "ha",
    "hae",   "han",   "hee",  "heon",  "ho",    "hoon",  "hwa",  "hwan",  "hye",    "hyeon",
    "hyo",   "hyuk",  "hyun", "hyung", "il",    "in",    "jae",  "je",    "ji",     "jin",
    "jong",  "joo",   "joon", "ju",    "jun",   "jung",  "ki",   "kwang", "kyeong", "kyu",
    "kyung", "mi",    "min",  "mo",    "moon",  "myung", "na",   "nam",   "rae",    "ran",
    "ri",    "rim",   "sang", "se",    "seo",   "seok",  "seon", "seong", "seung",  "si",
    "so",    "sol",   "soo",  "sook",  "soon",  "su",    "suk",  "sun",   "sung",   "tae",
    "uk",    "un",    "won",  "woo",   "woong", "ye",    "yeon", "yeong", "yong",   "yoo",
    "yoon",  "young", "yu",   "yul",   "yun"};
constexpr WordFilter kKoreanSyllablesFilter{kKoreanSyllables};

constexpr std::string_view kVietnameseSyllables[] = {
    "an",    "anh",   "bao",    "binh",  "chau", "chi",   "cuong", "dat",  "diep",   "dieu",
    "dinh",  "duc",   "dung",   "giang", "ha",   "hai",   "hang",  "hanh", "hien",   "hieu",
    "hoa",   "hoai",  "hoang",  "hong",  "hung", "huong", "huu",   "huy",  "huyen",  "khanh",
    "khoa",  "kien",  "kieu",   "kim",   "lam",  "lan",   "le",    "lien", "linh",   "loan",
    "loc",   "long",  "mai",    "manh",  "minh", "my",    "nam",   "nga",  "ngan",   "nghia",
    "ngoc",  "nhan",  "nhi",    "nhung", "oanh", "phat",  "phong", "phuc", "phuong", "quan",
    "quang", "quoc",  "quy",    "quynh", "son",  "tai",   "tam",   "tan",  "thang",  "thanh",
    "thao",  "thi",   "thinh",  "thu",   "thuy", "tien",  "tin",   "toan", "trang",  "tri",
    "trinh", "trung", "truong", "tu",    "tuan", "tung",  "tuyet", "uyen", "van",    "viet",
    "vinh",  "vy",    "xuan",   "yen"};
constexpr WordFilter kVietnameseSyllablesFilter{kVietnameseSyllables};
constexpr unsigned kVietnameseWordsMax = 3;

// Sounds of Hanyu Pinyin; every pair of them counts.
constexpr std::string_view kInitials[] = {"zh", "ch", "sh", "b", "p", "m", "f", "d",
                                          "t",  "n",  "l",  "g", "k", "h", "j", "q",
                                          "x",  "r",  "z",  "c", "s", "y", "w"};
constexpr std::string_view kFinals[] = {"iang", "iong", "uang", "ang", "eng", "ong", "iao", "ian",
                                        "ing",  "uai",  "uan",  "ai",  "ei",  "ao",  "ou",  "an",
                                        "en",   "ia",   "ie",   "iu",  "in",  "ua",  "uo",  "ui",
                                        "un",   "ue",   "a",    "o",   "e",   "i",   "u"};
constexpr unsigned kPinyinSyllablesMax = 2;
// English words that sound so.
constexpr std::string_view kNoPinyin[] = {"can", "die", "he",   "lie", "man", "me",   "men",
                                          "pie", "she", "shui", "tie", "we",  "kong", "jin"};

bool is_pinyin(std::string_view word, unsigned syllables) noexcept {
  if (word.empty()) return syllables < kPinyinSyllablesMax;
  if (syllables == 0) return false;
  size_t initial = 0;
  for (std::string_view one : kInitials)
    if (word.starts_with(one)) {
      initial = one.size();
      break;
    }
  if (initial == 0 && syllables == kPinyinSyllablesMax && word[0] != 'a' && word[0] != 'e')
    return false;
  const std::string_view rest = word.substr(initial);
  return std::any_of(std::begin(kFinals), std::end(kFinals), [&](std::string_view one) {
    return rest.starts_with(one) && is_pinyin(rest.substr(one.size()), syllables - 1);
  });
}

bool is_chinese_given(OpenReader& reader, const NameWord& word) noexcept {
  std::array<char, 12> lower;
  const auto bytes = reader.known(word.start, word.end);
  if (bytes.size() > lower.size() || bytes.size() < 2 || word_in(reader, word, kNoPinyin))
    return false;
  for (size_t i = 0; i < bytes.size(); ++i) lower[i] = static_cast<char>(to_lower(bytes[i]));
  return is_pinyin({lower.data(), bytes.size()}, kPinyinSyllablesMax);
}

// "Min-jun", "Ji-Sung"
bool is_korean_given(OpenReader& reader, const NameWord& word) noexcept {
  const auto bytes = reader.known(word.start, word.end);
  const auto hyphen = std::find(bytes.begin(), bytes.end(), '-');
  if (hyphen == bytes.end()) return false;
  const uint64_t middle = word.start + static_cast<uint64_t>(hyphen - bytes.begin());
  const auto is_syllable = [&](uint64_t from, uint64_t to) {
    return to > from && word_in(reader, NameWord{from, to, false, false}, kKoreanSyllables,
                                kKoreanSyllablesFilter);
  };
  return is_syllable(word.start, middle) && is_syllable(middle + 1, word.end);
}

// A mark that Vietnamese alone has among the languages written in Latin letters.
bool is_vietnamese_letter(uint8_t c) noexcept { return c == 0xe1 || c == 0xc6; }

bool is_vietnamese_given(OpenReader& reader, const NameWord& word) noexcept {
  if (word_in(reader, word, kVietnameseSyllables, kVietnameseSyllablesFilter)) return true;
  const auto bytes = reader.known(word.start, word.end);
  return std::any_of(bytes.begin(), bytes.end(), is_vietnamese_letter);
}

// The next word behind a blank, if a capital letter begins it and it is not in capitals.
NameWord next_word(OpenReader& reader, uint64_t end) noexcept {
  if (reader.at(end) != ' ') return {};
  const NameWord word = word_at(reader, end + 1);
  return word.capital && !word.upper && word.size() > 1 ? word : NameWord{};
}

}  // namespace

uint64_t family_first_end(OpenReader& reader, const NameWord& first) noexcept {
  const NameWord second = next_word(reader, first.end);
  if (second.size() == 0) return 0;
  const bool korean = word_in(reader, first, kKoreanFamilies, kKoreanFilter);
  if (korean && is_korean_given(reader, second)) return second.end;
  if (is_korean_given(reader, first) && word_in(reader, second, kKoreanFamilies, kKoreanFilter))
    return second.end;
  if (word_in(reader, first, kVietnameseFamilies, kVietnameseFilter)) {
    uint64_t end = 0;
    NameWord word = second;
    for (unsigned i = 0; i < kVietnameseWordsMax && word.size() > 0; ++i) {
      if (!is_vietnamese_given(reader, word)) break;
      end = word.end;
      word = next_word(reader, end);
    }
    return end;
  }
  if (word_in(reader, first, kChineseFamilies, kChineseFilter) &&
      is_chinese_given(reader, second)) {
    const NameWord third = next_word(reader, second.end);
    return third.size() > 0 && is_chinese_given(reader, third) ? third.end : second.end;
  }
  const NameKind family = kind_of(reader, first), given = kind_of(reader, second);
  const bool is_name = family.family && !family.given && !family.ambiguous && given.given &&
                       !given.ambiguous && !things_have(reader, second);
  return is_name ? second.end : 0;
}

}  // namespace sallyport::scan
