// month_names.h: names of months as dates have them, in full and short: in the case of a date
// (genitive) where a language has one. As the text is folded: letters of Cyrillic and Greek that
// look like ASCII are ASCII (text/fold_table.h); capitals of the others stand beside them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace sallyport::scan {

struct MonthName {
  std::string_view name;  // lower case, as folded: letters with marks are UTF-8
  uint8_t month;
};
// Longer names stand before their beginnings.
inline constexpr MonthName kMonths[] = {
    {"january", 1},
    {"janu\xc3\xa1r", 1},
    {"gennaio", 1},
    {"enero", 1},
    {"januari", 1},
    {"januar", 1},
    {"janvier", 1},
    {"janeiro", 1},
    {"jan", 1},
    {"gen", 1},
    {"ene", 1},
    {"february", 2},
    {"febru\xc3\xa1r", 2},
    {"februari", 2},
    {"februar", 2},
    {"febrero", 2},
    {"febbraio", 2},
    {"fevereiro", 2},
    {"f\xc3\xa9vrier", 2},
    {"fevrier", 2},
    {"feb", 2},
    {"f\xc3\xa9v", 2},
    {"fev", 2},
    {"march", 3},
    {"m\xc3\xa1rcius", 3},
    {"m\xc3\xa4rz", 3},
    {"maerz", 3},
    {"mars", 3},
    {"marzo", 3},
    {"mar\xc3\xa7o", 3},
    {"marca", 3},
    {"maart", 3},
    {"mar", 3},
    {"m\xc3\xa4r", 3},
    {"mrt", 3},
    {"april", 4},
    {"\xc3\xa1prilis", 4},
    {"avril", 4},
    {"aprile", 4},
    {"abril", 4},
    {"apr", 4},
    {"abr", 4},
    {"avr", 4},
    {"may", 5},
    {"m\xc3\xa1jus", 5},
    {"mayo", 5},
    {"maggio", 5},
    {"maja", 5},
    {"maio", 5},
    {"maj", 5},
    {"mai", 5},
    {"mei", 5},
    {"mag", 5},
    {"june", 6},
    {"j\xc3\xbanius", 6},
    {"juni", 6},
    {"juin", 6},
    {"junio", 6},
    {"giugno", 6},
    {"junho", 6},
    {"jun", 6},
    {"giu", 6},
    {"july", 7},
    {"j\xc3\xbalius", 7},
    {"juli", 7},
    {"juillet", 7},
    {"julio", 7},
    {"luglio", 7},
    {"julho", 7},
    {"jul", 7},
    {"juil", 7},
    {"lug", 7},
    {"august", 8},
    {"augusztus", 8},
    {"augusti", 8},
    {"augustus", 8},
    {"ao\xc3\xbbt", 8},
    {"aout", 8},
    {"agosto", 8},
    {"aug", 8},
    {"ago", 8},
    {"september", 9},
    {"szeptember", 9},
    {"septembre", 9},
    {"septiembre", 9},
    {"settembre", 9},
    {"setembro", 9},
    {"sept", 9},
    {"sep", 9},
    {"set", 9},
    {"october", 10},
    {"okt\xc3\xb3"
     "ber",
     10},
    {"oktober", 10},
    {"octobre", 10},
    {"octubre", 10},
    {"ottobre", 10},
    {"outubro", 10},
    {"oct", 10},
    {"okt", 10},
    {"ott", 10},
    {"out", 10},
    {"november", 11},
    {"novembre", 11},
    {"noviembre", 11},
    {"novembro", 11},
    {"nov", 11},
    {"december", 12},
    {"dezember", 12},
    {"d\xc3\xa9"
     "cembre",
     12},
    {"decembre", 12},
    {"diciembre", 12},
    {"dicembre", 12},
    {"dezembro", 12},
    {"dec", 12},
    {"dez", 12},
    {"d\xc3\xa9"
     "c",
     12},
    {"dic", 12},
    {"stycznia", 1},
    {"lutego", 2},
    {"kwietnia", 4},
    {"czerwca", 6},
    {"lipca", 7},
    {"sierpnia", 8},
    {"wrze\xc5\x9bnia", 9},
    {"pa\xc5\xba"
     "dziernika",
     10},
    {"listopada", 11},
    {"listopadu", 11},
    {"grudnia", 12},
    // Finnish, Romanian, Turkish, Czech, Croatian, Indonesian, Russian, Ukrainian, Bulgarian,
    // Greek.
    {"\xce\xa3\xce\xb5\xcf\x80\xcf\x84\xce\xb5\xce\xbc\xce\xb2p\xce\xafou", 9},
    {"o\xce\xb5\xcf\x80\xcf\x84\xce\xb5\xce\xbc\xce\xb2p\xce\xafou", 9},
    {"\xce\xb4\xce\xb5\xce\xba\xce\xb5\xce\xbc\xce\xb2p\xce\xafou", 12},
    {"\xce\x94\xce\xb5\xce\xba\xce\xb5\xce\xbc\xce\xb2p\xce\xafou", 12},
    {"\xcf\x86\xce\xb5\xce\xb2pouap\xce\xafou", 2},
    {"\xce\xa6\xce\xb5\xce\xb2pouap\xce\xafou", 2},
    {"ce\xd0\xbf\xd1\x82"
     "e\xd0\xbc\xd0\xb2p\xd0\xb8",
     9},
    {"o\xce\xba\xcf\x84\xcf\x89\xce\xb2p\xce\xafou", 10},
    {"\xd0\xbb\xd0\xb8"
     "c\xd1\x82o\xd0\xbf"
     "a\xd0\xb4"
     "a",
     11},
    {"\xd0\x9b\xd0\xb8"
     "c\xd1\x82o\xd0\xbf"
     "a\xd0\xb4"
     "a",
     11},
    {"ce\xd0\xbd\xd1\x82\xd1\x8f\xd0\xb1p\xd1\x8f", 9},
    {"o\xd0\xba\xd1\x82o\xd0\xbc\xd0\xb2p\xd0\xb8", 10},
    {"vo\xce\xb5\xce\xbc\xce\xb2p\xce\xafou", 11},
    {"no\xce\xb5\xce\xbc\xce\xb2p\xce\xafou", 11},
    {"\xd0\xb4"
     "e\xd0\xba"
     "e\xd0\xbc\xd0\xb2p\xd0\xb8",
     12},
    {"\xd0\x94"
     "e\xd0\xba"
     "e\xd0\xbc\xd0\xb2p\xd0\xb8",
     12},
    {"o\xd0\xba\xd1\x82\xd1\x8f\xd0\xb1p\xd1\x8f", 10},
    {"iavouap\xce\xafou", 1},
    {"\xd1\x84"
     "e\xd0\xb2pa\xd0\xbb\xd1\x8f",
     2},
    {"\xd0\xa4"
     "e\xd0\xb2pa\xd0\xbb\xd1\x8f",
     2},
    {"\xd1\x84"
     "e\xd0\xb2pyap\xd0\xb8",
     2},
    {"\xd0\xa4"
     "e\xd0\xb2pyap\xd0\xb8",
     2},
    {"maaliskuuta", 3},
    {"\xd0\xb1"
     "epe\xd0\xb7\xd0\xbd\xd1\x8f",
     3},
    {"\xd0\x91"
     "epe\xd0\xb7\xd0\xbd\xd1\x8f",
     3},
    {"\xd0\xba\xd0\xb2i\xd1\x82\xd0\xbd\xd1\x8f", 4},
    {"a\xcf\x80pi\xce\xbb\xce\xafou", 4},
    {"hein\xc3\xa4kuuta", 7},
    {"auyo\xcf\x8do\xcf\x84ou", 8},
    {"\xd0\xb6o\xd0\xb2\xd1\x82\xd0\xbd\xd1\x8f", 10},
    {"\xd0\x96o\xd0\xb2\xd1\x82\xd0\xbd\xd1\x8f", 10},
    {"marraskuuta", 11},
    {"\xd0\xbdoe\xd0\xbc\xd0\xb2p\xd0\xb8", 11},
    {"\xd0\xb4"
     "e\xd0\xba"
     "a\xd0\xb1p\xd1\x8f",
     12},
    {"\xd0\x94"
     "e\xd0\xba"
     "a\xd0\xb1p\xd1\x8f",
     12},
    {"tammikuuta", 1},
    {"\xd1\x8f\xd0\xbd\xd0\xb2"
     "ap\xd1\x8f",
     1},
    {"\xd0\xaf\xd0\xbd\xd0\xb2"
     "ap\xd1\x8f",
     1},
    {"helmikuuta", 2},
    {"\xd0\xbb\xd1\x8e\xd1\x82o\xd0\xb3o", 2},
    {"\xd0\x9b\xd1\x8e\xd1\x82o\xd0\xb3o", 2},
    {"\xce\xbc"
     "ap\xcf\x84\xce\xafou",
     3},
    {"huhtikuuta", 4},
    {"k\xd0\xb2i\xd1\x82\xd0\xbd\xd1\x8f", 4},
    {"toukokuuta", 5},
    {"\xd1\x82pa\xd0\xb2\xd0\xbd\xd1\x8f", 5},
    {"kes\xc3\xa4kuuta", 6},
    {"\xd1\x87"
     "ep\xd0\xb2\xd0\xbd\xd1\x8f",
     6},
    {"\xd0\xa7"
     "ep\xd0\xb2\xd0\xbd\xd1\x8f",
     6},
    {"\xd0\xbb\xd0\xb8\xd0\xbf\xd0\xbd\xd1\x8f", 7},
    {"\xd0\x9b\xd0\xb8\xd0\xbf\xd0\xbd\xd1\x8f", 7},
    {"a\xd0\xb2\xd0\xb3yc\xd1\x82"
     "a",
     8},
    {"septembrie", 9},
    {"\xd0\xb2"
     "epec\xd0\xbd\xd1\x8f",
     9},
    {"\xd0\xbdo\xd1\x8f\xd0\xb1p\xd1\x8f", 11},
    {"hoe\xd0\xbc\xd0\xb2p\xd0\xb8", 11},
    {"joulukuuta", 12},
    {"\xd0\xb3py\xd0\xb4\xd0\xbd\xd1\x8f", 12},
    {"\xd0\x93py\xd0\xb4\xd0\xbd\xd1\x8f", 12},
    {"\xd1\x8f\xd0\xbdyap\xd0\xb8", 1},
    {"\xd0\xaf\xd0\xbdyap\xd0\xb8", 1},
    {"sije\xc4\x8dnja", 1},
    {"februarie", 2},
    {"febru\xc3\xa1ra", 2},
    {"map\xcf\x84\xce\xafou", 3},
    {"a\xd0\xbfpe\xd0\xbb\xd1\x8f", 4},
    {"tpa\xd0\xb2\xd0\xbd\xd1\x8f", 5},
    {"\xc4\x8d"
     "ervence",
     7},
    {"\xc4\x8c"
     "ervence",
     7},
    {"iou\xce\xbb\xce\xafou", 7},
    {"cep\xd0\xbf\xd0\xbd\xd1\x8f", 8},
    {"a\xd0\xb2\xd0\xb3yc\xd1\x82", 8},
    {"syyskuuta", 9},
    {"bepec\xd0\xbd\xd1\x8f", 9},
    {"octombrie", 10},
    {"lokakuuta", 10},
    {"noiembrie", 11},
    {"ho\xd1\x8f\xd0\xb1p\xd1\x8f", 11},
    {"studenoga", 11},
    {"decembrie", 12},
    {"ianuarie", 1},
    {"janu\xc3\xa1ra", 1},
    {"ci\xd1\x87\xd0\xbd\xd1\x8f", 1},
    {"velja\xc4\x8d"
     "e",
     2},
    {"a\xd0\xbfp\xd0\xb8\xd0\xbb", 4},
    {"\xd0\xb8\xd1\x8e\xd0\xbd\xd1\x8f", 6},
    {"\xd0\x98\xd1\x8e\xd0\xbd\xd1\x8f", 6},
    {"iouv\xce\xafou", 6},
    {"\xd0\xb8\xd1\x8e\xd0\xbb\xd1\x8f", 7},
    {"\xd0\x98\xd1\x8e\xd0\xbb\xd1\x8f", 7},
    {"elokuuta", 8},
    {"a\xc4\x9fustos", 8},
    {"kolovoza", 8},
    {"prosince", 12},
    {"desember", 12},
    {"prosinca", 12},
    {"b\xc5\x99"
     "ezna",
     3},
    {"\xd0\xbc"
     "ap\xd1\x82"
     "a",
     3},
    {"o\xc5\xbeujka", 3},
    {"aprilie", 4},
    {"travnja", 4},
    {"kv\xc4\x9btna", 5},
    {"svibnja", 5},
    {"\xce\xbc"
     "a\xce\x90ou",
     5},
    {"haziran", 6},
    {"\xc4\x8d"
     "ervna",
     6},
    {"\xc4\x8c"
     "ervna",
     6},
    {"agustus", 8},
    {"z\xc3\xa1\xc5\x99\xc3\xad", 9},
    {"\xc5\x99\xc3\xadjna", 10},
    {"\xc5\x98\xc3\xadjna", 10},
    {"\xc5\x9fubat", 2},
    {"\xc5\x9eubat", 2},
    {"\xc3\xbanora", 2},
    {"\xc3\x9anora", 2},
    {"martie", 3},
    {"map\xd1\x82"
     "a",
     3},
    {"\xd0\xbc"
     "ap\xd1\x82",
     3},
    {"ma\xce\x90ou", 5},
    {"\xd1\x8e\xd0\xbd\xd0\xb8", 6},
    {"\xd0\xae\xd0\xbd\xd0\xb8", 6},
    {"lipnja", 6},
    {"temmuz", 7},
    {"\xd1\x8e\xd0\xbb\xd0\xb8", 7},
    {"\xd0\xae\xd0\xbb\xd0\xb8", 7},
    {"srpnja", 7},
    {"eyl\xc3\xbcl", 9},
    {"aralik", 12},
    {"ledna", 1},
    {"marts", 3},
    {"maret", 3},
    {"map\xd1\x82", 3},
    {"nisan", 4},
    {"dubna", 4},
    {"mayis", 5},
    {"\xd0\xbc"
     "a\xd1\x8f",
     5},
    {"\xd0\xbc"
     "a\xd0\xb9",
     5},
    {"iunie", 6},
    {"iulie", 7},
    {"srpna", 8},
    {"rujna", 9},
    {"kasim", 11},
    {"ocak", 1},
    {"mart", 3},
    {"ma\xd1\x8f", 5},
    {"ma\xd0\xb9", 5},
    {"ekim", 10},
    {"mrz", 3}};

// The same by their first letters: a word is compared with few of them. Letters that are not ASCII
// share a place.
class MonthIndex {
 public:
  constexpr MonthIndex() {
    size_t count = 0;
    for (char first = 'a'; first <= 'z'; ++first) {
      for (const MonthName& one : kMonths)
        if (one.name[0] == first) names_[count++] = one;
      ends_[static_cast<size_t>(first - 'a') + 1] = count;
    }
    for (const MonthName& one : kMonths)
      if (static_cast<uint8_t>(one.name[0]) >= 0x80) names_[count++] = one;
    ends_[kOthers + 1] = count;
  }
  // `first`: a small letter, or a byte of another script.
  constexpr std::span<const MonthName> of(uint8_t first) const noexcept {
    const size_t place = first < 0x80 ? first - size_t{'a'} : kOthers;
    return std::span(names_).subspan(ends_[place], ends_[place + 1] - ends_[place]);
  }

 private:
  static constexpr size_t kOthers = 26;
  std::array<MonthName, std::size(kMonths)> names_{};
  std::array<size_t, kOthers + 2> ends_{};
};
inline constexpr MonthIndex kMonthIndex;

}  // namespace sallyport::scan
