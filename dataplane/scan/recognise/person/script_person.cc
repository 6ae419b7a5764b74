#include "dataplane/scan/recognise/person/script_person.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/read/word_set.h"

namespace sallyport::scan {
namespace {

enum class Script : uint8_t { None, Han, Kana, Hangul, Arabic, Hebrew, Hindi, Thai };

struct Letter {
  Script script = Script::None;
  uint8_t size = 0;
  uint16_t code_point = 0;
};

constexpr Script script_of(uint32_t c) noexcept {
  if ((c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || c == 0x3005)
    return Script::Han;
  if ((c >= 0x3041 && c <= 0x309f) || (c >= 0x30a0 && c <= 0x30ff)) return Script::Kana;
  if (c >= 0xac00 && c <= 0xd7a3) return Script::Hangul;
  // Without their punctuation marks and digits.
  if ((c >= 0x620 && c <= 0x655) || (c >= 0x670 && c <= 0x6d3)) return Script::Arabic;
  if (c >= 0x5d0 && c <= 0x5ea) return Script::Hebrew;
  if (c >= 0x900 && c <= 0x963) return Script::Hindi;
  return c >= 0xe01 && c <= 0xe4e ? Script::Thai : Script::None;
}

Letter letter_at(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t lead = reader.at(at);
  Letter out;
  if (lead >= 0xd6 && lead <= 0xdb) {
    out.code_point = static_cast<uint16_t>((lead & 0x1fU) << 6 | (reader.at(at + 1) & 0x3fU));
    out.size = 2;
  } else if (lead >= 0xe0 && lead <= 0xed) {
    out.code_point = static_cast<uint16_t>((lead & 0xfU) << 12 | (reader.at(at + 1) & 0x3fU) << 6 |
                                           (reader.at(at + 2) & 0x3fU));
    out.size = 3;
  }
  out.script = script_of(out.code_point);
  return out;
}

// The letter of three bytes that ends at `end`.
Letter letter_before(OpenReader& reader, uint64_t end) noexcept {
  if (end < 3 || reader.before(end - 2) < 0xe0) return {};
  return letter_at(reader, end - 3);
}

// How many letters of `script` follow each other at `at`, `max` at most.
unsigned count_letters(OpenReader& reader, uint64_t at, Script script, unsigned max) noexcept {
  unsigned count = 0;
  for (; count < max; ++count) {
    const Letter letter = letter_at(reader, at);
    if (letter.script != script) break;
    at += letter.size;
  }
  return count;
}

template <size_t N>
uint64_t one_of(OpenReader& reader, uint64_t at, const std::string_view (&list)[N]) noexcept {
  for (std::string_view one : list)
    if (reader.follows(at, one)) return at + one.size();
  return at;
}

// ---- family names

template <size_t N>
constexpr auto sorted(const char16_t (&letters)[N]) {
  std::array<char16_t, N - 1> out{};
  std::copy_n(letters, N - 1, out.begin());
  std::sort(out.begin(), out.end());
  return out;
}

constexpr auto kChinese = sorted(
    u"王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏"
    u"魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵"
    u"万钱严覃武戴莫孔向汤欧司上诸張劉陳楊黃趙吳孫馬鄭謝許韓馮鄧蘇盧鍾譚陸賈韋鄒龍顧龔萬錢嚴湯葉"
    u"蔣呂蕭歐諸");
constexpr auto kKorean = sorted(
    u"김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천"
    u"방공"
    u"현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국라");

// Behind a label, of three letters: the rare ones.
constexpr auto kKoreanRare = sorted(
    u"가간갈감견경계군궁근기내노단당대독두등란려뢰류리마만망매모목묘묵미범복빈빙사삼상섭수순승시심"
    u"아애"
    u"어엽영예온옹용운은음이자점종좌준증즙초춘탄태판팽편평포풍피필학한해형호홍화환후");

template <size_t N>
bool has(const std::array<char16_t, N>& some, uint16_t letter) noexcept {
  return std::binary_search(some.begin(), some.end(), static_cast<char16_t>(letter));
}

constexpr std::string_view kJapanese[] = {
    "佐藤",   "鈴木", "高橋",   "田中",   "渡辺", "渡邉", "伊藤", "山本", "中村", "小林", "加藤",
    "吉田",   "山田", "佐々木", "山口",   "松本", "井上", "木村", "斎藤", "斉藤", "清水", "阿部",
    "池田",   "橋本", "山崎",   "石川",   "中島", "前田", "藤田", "後藤", "小川", "岡田", "長谷川",
    "村上",   "近藤", "石井",   "坂本",   "遠藤", "青木", "藤井", "西村", "福田", "太田", "三浦",
    "藤原",   "岡本", "松田",   "中川",   "中野", "小野", "原田", "田村", "竹内", "金子", "和田",
    "中山",   "石田", "上田",   "森田",   "柴田", "酒井", "工藤", "横山", "宮崎", "宮本", "内田",
    "高木",   "安藤", "谷口",   "大野",   "丸山", "今井", "高田", "藤本", "武田", "村田", "上野",
    "杉山",   "増田", "平野",   "大塚",   "千葉", "久保", "松井", "小島", "岩崎", "桜井", "野口",
    "松尾",   "野村", "木下",   "菊地",   "佐野", "大西", "杉本", "新井", "浜田", "菅原", "市川",
    "水野",   "小松", "島田",   "古川",   "小山", "高野", "吉川", "山内", "西田", "菊池", "西川",
    "五十嵐", "北村", "安田",   "中田",   "川口", "平田", "川崎", "飯田", "吉村", "本田", "久保田",
    "沢田",   "辻",   "関",     "林",     "森",   "原",   "堀",   "東",   "望月", "秋山", "黒田",
    "尾崎",   "永井", "川村",   "大久保", "早川", "樋口", "松下", "荒木", "三宅", "熊谷", "岩田",
    "服部",   "片山", "福島",   "土屋",   "富田", "星野", "内藤", "大島", "石原", "伊東", "須藤",
    "横田",   "大川"};

// Letters of the Japanese family name that the `count` letters at `at` begin with; 0: none.
unsigned japanese_family(OpenReader& reader, uint64_t at, unsigned count) noexcept {
  static const WordSet kSet{kJapanese};
  for (unsigned size = std::min(count, 3U); size > 0; --size) {
    const auto bytes = reader.known(at, at + 3 * size);
    if (bytes.size() == 3 * size &&
        kSet.has({reinterpret_cast<const char*>(bytes.data()), bytes.size()}))
      return size;
  }
  return 0;
}

// ---- Chinese and Japanese

constexpr std::string_view kHanTitles[] = {"先生", "女士", "小姐", "老师", "老師",
                                           "様",   "氏",   "殿",   "君"};
constexpr std::string_view kKanaBehind[] = {"です", "さん", "さま", "ちゃん", "くん", "の", "と",
                                            "は",   "が",   "を",   "に",     "も",   "で", "へ"};
constexpr std::string_view kNoHanNames[] = {
    "未知", "不明", "匿名", "不详", "不詳", "保密", "必填", "必須", "请输", "請輸", "未定", "記入",
    "入力", "非公", "公司", "用户", "用戶", "男性", "女性", "无",   "無",   "未填", "先生", "女士"};
constexpr std::string_view kNoSecondParts[] = {"男",   "女",   "性", "電", "电", "年", "住",
                                               "地址", "先生", "様", "生", "出", "手", "身"};
constexpr unsigned kHanNameMax = 6, kKanaNameMax = 12;

// Letters of the title that a run of `count` letters of Han ends with.
unsigned title_letters(OpenReader& reader, uint64_t at, unsigned count) noexcept {
  for (std::string_view title : kHanTitles) {
    const auto size = static_cast<unsigned>(title.size() / 3);
    if (size < count && reader.follows(at + 3 * (count - size), title)) return size;
  }
  return 0;
}

// "マイク・ジョンソン", "やまだ たろう": where it ends.
uint64_t kana_name_end(OpenReader& reader, uint64_t at) noexcept {
  unsigned count = 0, blanks = 0;
  uint64_t end = at;
  while (count <= kKanaNameMax) {
    if (count >= 2 && one_of(reader, end, kKanaBehind) != end &&
        letter_at(reader, one_of(reader, end, kKanaBehind)).script == Script::None)
      break;
    const Letter letter = letter_at(reader, end);
    if (letter.script == Script::Kana) {
      end += letter.size;
      ++count;
      continue;
    }
    if (letter.script != Script::None || reader.at(end) != ' ' || blanks++ > 0 ||
        letter_at(reader, end + 1).script != Script::Kana)
      break;
    ++end;
  }
  return count < 2 || count > kKanaNameMax || reader.at(end) == ':' ? 0 : end;
}

// "山田 太郎": the end of the second part behind a blank at `end`, else `end`.
uint64_t second_part(OpenReader& reader, uint64_t end) noexcept {
  constexpr unsigned kSecondMax = 3;
  if (reader.at(end) != ' ') return end;
  const Script script = letter_at(reader, end + 1).script;
  if (script != Script::Han && script != Script::Kana) return end;
  if (one_of(reader, end + 1, kNoSecondParts) != end + 1) return end;
  const unsigned count = count_letters(reader, end + 1, script, kSecondMax + 2);
  const uint64_t next = end + 1 + 3 * uint64_t{count};
  if (count > kSecondMax + (script == Script::Kana ? 1 : 0) || reader.at(next) == ':') return end;
  return next;
}

uint64_t han_name_end(OpenReader& reader, uint64_t at, bool labelled) noexcept {
  unsigned count = count_letters(reader, at, Script::Han, kHanNameMax + 3);
  if (count == 0) return labelled ? kana_name_end(reader, at) : 0;
  const uint64_t run_end = at + 3 * uint64_t{count};
  const unsigned title = title_letters(reader, at, count);
  count -= title;
  if (one_of(reader, at, kNoHanNames) != at) return 0;
  const unsigned japanese = japanese_family(reader, at, count);
  const bool family = japanese > 0 || has(kChinese, letter_at(reader, at).code_point);
  if (count > (japanese > 0 ? kHanNameMax : 4U) || (!labelled && !family)) return 0;
  uint64_t end = at + 3 * uint64_t{count};
  if (title > 0) return end;
  if (reader.at(run_end) == ':') return 0;
  const Script behind = letter_at(reader, run_end).script;
  if (behind == Script::Kana) {
    if (one_of(reader, run_end, kKanaBehind) != run_end) return count > 1 || family ? end : 0;
    const unsigned kana = count_letters(reader, run_end, Script::Kana, 5);
    return labelled && kana < 5 ? run_end + 3 * uint64_t{kana} : 0;
  }
  if (behind != Script::None) return 0;
  if (labelled && count <= 3 && (count > 1 || family)) end = second_part(reader, end);
  return count == 1 && end == run_end ? 0 : end;
}

// ---- Korean

constexpr std::string_view kKoreanBehind[] = {"입니다", "이에요", "예요", "이라고", "라고", "이고",
                                              "선생님", "님",     "씨",   "의",     "은",   "는",
                                              "이",     "가",     "께",   "을",     "를"};
constexpr std::string_view kNoKoreanNames[] = {
    "고객", "선생",   "사장", "부장", "과장", "팀장", "원장",   "이용자", "변호사", "주인",
    "회원", "기사",   "정보", "주소", "전화", "이름", "성명",   "없음",   "미정",   "선택",
    "구매", "서비스", "주문", "신청", "우리", "하나", "여러분", "모두",   "부모",   "손님"};

uint64_t korean_name_end(OpenReader& reader, uint64_t at, bool labelled) noexcept {
  constexpr unsigned kNameMax = 4, kReadMax = 8;
  const uint16_t first = letter_at(reader, at).code_point;
  const bool rare = !has(kKorean, first);
  if (rare && (!labelled || !has(kKoreanRare, first))) return 0;
  if (one_of(reader, at, kNoKoreanNames) != at) return 0;
  const unsigned count = count_letters(reader, at, Script::Hangul, kReadMax);
  const uint64_t run_end = at + 3 * uint64_t{count};
  // "김 민수"
  if (count == 1 && labelled && reader.at(run_end) == ' ') {
    const unsigned given = count_letters(reader, run_end + 1, Script::Hangul, 4);
    return given == 2 ? run_end + 7 : 0;
  }
  unsigned name = count;
  bool said = false;  // by a verb behind it
  for (std::string_view tail : kKoreanBehind) {
    const auto size = static_cast<unsigned>(tail.size() / 3);
    if (count >= size + 3 && count <= size + kNameMax &&
        reader.follows(at + 3 * uint64_t{count - size}, tail)) {
      name = count - size;
      said = size > 1;
      break;
    }
  }
  const uint8_t next = reader.at(run_end);
  if (name < 2 || name > kNameMax || next == ':' || (rare && name != 3)) return 0;
  // A verb that announces it lets more than names follow.
  const bool ends = next == '.' || next == ',' || next == '!' || next == '\n' || next == 0;
  if (!labelled && (name != 3 || !(said || ends))) return 0;
  return at + 3 * uint64_t{name};
}

// ---- scripts whose words are parted

constexpr std::string_view kWordTitles[] = {"السيد ", "السيدة ", "الأستاذ ", "الدكتور ", "श्रीमती ",
                                            "श्री ",   "นางสาว",  "นาง",      "นาย",      "מר "};
constexpr std::string_view kNoWords[] = {"غير",  "لا ", "شركة",  "ไม่",   "บริษัท",   "לא ",
                                         "חברת", "नहीं", "अज्ञात", "कंपनी", "الهاتف", "العنوان"};
// It would count a letter with its marks as one column.
// clang-format off
constexpr std::string_view kWordsBehind[] = {"है", "हूं", "हूँ", "और",
                                             "من ", "في ", "وأنا", "ואני"};
// clang-format on

ScriptName name_of_words(OpenReader& reader, uint64_t at, Script script, bool labelled) noexcept {
  constexpr unsigned kWordsMax = 4, kLettersMax = 24;
  at = one_of(reader, at, kWordTitles);
  if (reader.at(at) == ' ') ++at;
  if (one_of(reader, at, kNoWords) != at) return {};
  ScriptName out{at, 0};
  uint64_t next = at;
  const unsigned max = labelled ? kWordsMax : script == Script::Hindi ? 3 : 2;
  for (unsigned words = 0;; ++words) {
    if (one_of(reader, next, kWordsBehind) != next) break;
    uint64_t end = next;
    unsigned letters = 0;
    for (; letters <= kLettersMax; ++letters) {
      const Letter letter = letter_at(reader, end);
      if (letter.script != script) break;
      end += letter.size;
    }
    if (letters < 2 || letters > kLettersMax) break;
    // The name of what follows.
    if (reader.at(end) == ':') break;
    // A sentence.
    if (words == max) return labelled ? ScriptName{} : out;
    out.end = end;
    if (reader.at(end) != ' ') break;
    next = end + 1;
  }
  return out;
}

}  // namespace

bool begins_script_name(OpenReader& reader, uint64_t at) noexcept {
  return letter_at(reader, at).script != Script::None;
}

ScriptName script_name(OpenReader& reader, uint64_t at, bool labelled) noexcept {
  const Script script = letter_at(reader, at).script;
  switch (script) {
    case Script::None:
      return {};
    case Script::Han:
    case Script::Kana:
      return {at, han_name_end(reader, at, labelled)};
    case Script::Hangul:
      return {at, korean_name_end(reader, at, labelled)};
    case Script::Arabic:
    case Script::Hebrew:
    case Script::Hindi:
    case Script::Thai:
      return name_of_words(reader, at, script, labelled);
  }
  return {};
}

// ---- titles behind names

namespace {

constexpr std::string_view kChineseBehind[] = {"先生", "女士", "小姐", "老师", "老師"};
constexpr std::string_view kJapaneseBehind[] = {"さん", "さま", "様", "氏", "先生", "殿", "君"};
constexpr std::string_view kHangulBehind[] = {"씨", "님"};
// What a sentence adds to them; "씨앗" is a seed.
constexpr std::string_view kKoreanParticles[] = {"가", "는", "를", "께", "의", "에", "와", "과",
                                                 "도", "이", "만", "한", "로", "랑", "은", "을"};
// Letters of a name before its title: three of the family and three of a Japanese given name.
constexpr unsigned kBeforeMax = 6;

template <size_t N>
bool stands(OpenReader& reader, uint64_t start, uint64_t end,
            const std::string_view (&list)[N]) noexcept {
  const uint64_t behind = one_of(reader, start, list);
  return behind == end;
}

// Letters of Han that end at `end`, kBeforeMax + 1 at most.
unsigned han_before(OpenReader& reader, uint64_t end) noexcept {
  unsigned count = 0;
  while (count <= kBeforeMax &&
         letter_before(reader, end - 3 * uint64_t{count}).script == Script::Han)
    ++count;
  return count;
}

uint64_t japanese_before(OpenReader& reader, uint64_t end, unsigned count) noexcept {
  // The whole run is a family name and a given name, or it ends with a family name.
  constexpr unsigned kGivenMax = 3;
  if (count <= kBeforeMax) {
    const unsigned family = japanese_family(reader, end - 3 * uint64_t{count}, count);
    if (family > 1 && count - family <= kGivenMax) return end - 3 * uint64_t{count};
  }
  for (unsigned size = std::min(count, 3U); size > 1; --size)
    if (japanese_family(reader, end - 3 * uint64_t{size}, size) == size)
      return end - 3 * uint64_t{size};
  return end;
}

uint64_t chinese_before(OpenReader& reader, uint64_t end, unsigned count) noexcept {
  const auto is_family = [&](unsigned size) {
    return size <= count && has(kChinese, letter_at(reader, end - 3 * uint64_t{size}).code_point);
  };
  // The whole run, else the nearest family name.
  if (count <= 3 && is_family(count)) return end - 3 * uint64_t{count};
  for (unsigned size = 1; size <= 3; ++size)
    if (is_family(size)) return end - 3 * uint64_t{size};
  return end;
}

uint64_t korean_before(OpenReader& reader, uint64_t start) noexcept {
  const bool blank = reader.before(start) == ' ';
  const uint64_t end = blank ? start - 1 : start;
  unsigned count = 0;
  while (count <= kBeforeMax &&
         letter_before(reader, end - 3 * uint64_t{count}).script == Script::Hangul)
    ++count;
  const uint64_t name = end - 3 * uint64_t{count};
  if (count != 3 && !(count == 2 && blank)) return start;
  if (!has(kKorean, letter_at(reader, name).code_point) ||
      one_of(reader, name, kNoKoreanNames) != name)
    return start;
  return name;
}

}  // namespace

bool is_title_behind(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  if (reader.at(start) < 0x80) return false;  // most cues
  return stands(reader, start, end, kChineseBehind) ||
         stands(reader, start, end, kJapaneseBehind) || stands(reader, start, end, kHangulBehind);
}

ScriptName script_name_before(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  if (letter_at(reader, start).script == Script::Hangul) {
    const uint64_t name = korean_before(reader, start);
    if (name == start || (letter_at(reader, end).script == Script::Hangul &&
                          one_of(reader, end, kKoreanParticles) == end))
      return {};
    return {name, reader.before(start) == ' ' ? start - 1 : start};
  }
  const unsigned count = han_before(reader, start);
  // "様子" is no title.
  if (count == 0 || (end - start == 3 && letter_at(reader, end).script == Script::Han)) return {};
  uint64_t name = start;
  if (stands(reader, start, end, kChineseBehind)) name = chinese_before(reader, start, count);
  if (name == start && stands(reader, start, end, kJapaneseBehind))
    name = japanese_before(reader, start, count);
  return name == start ? ScriptName{} : ScriptName{name, start};
}

uint64_t script_person_live_from(const TextView& text) noexcept {
  if (text.end - text.begin < 3) return text.begin;
  TextView whole = text;
  whole.final = true;
  OpenReader reader(whole);
  uint64_t end = text.end;
  const bool blank = reader.before(end) == ' ';
  if (blank) --end;
  if (reader.before(end) < 0x80) return text.end;
  // A title that has begun: its first letter.
  if (!blank && letter_before(reader, end).script == Script::Kana) end -= 3;
  const Script script = letter_before(reader, end).script;
  if (script != Script::Hangul && (script != Script::Han || blank)) return text.end;
  uint64_t start = end;
  unsigned count = 0;
  while (count <= kBeforeMax && start >= text.begin + 3 &&
         letter_before(reader, start).script == script) {
    start -= 3;
    ++count;
  }
  // A Korean name is a whole word.
  return script == Script::Hangul && count > kBeforeMax ? text.end : start;
}

}  // namespace sallyport::scan
