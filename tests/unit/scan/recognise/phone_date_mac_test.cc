// Telephone numbers, dates and hardware addresses in rows of groups. "~": only behind a word.
#include "dataplane/scan/recognise/number/called_phone.h"
#include "dataplane/scan/recognise/number/card_code.h"
#include "dataplane/scan/recognise/number/date.h"
#include "dataplane/scan/recognise/number/everyday_number.h"
#include "dataplane/scan/recognise/number/mac.h"
#include "dataplane/scan/recognise/number/phone.h"
#include "tests/unit/scan/recognise/recognise_fixture.h"

namespace sallyport::scan {
namespace {

bool by_form(const Row& row, size_t first, RowHit& out) noexcept {
  out = phones_at(row, first).by_form;
  return out.group_end != 0;
}
bool behind_label(const Row& row, size_t first, RowHit& out) noexcept {
  out = phones_at(row, first).behind_label;
  return out.group_end != 0;
}
bool behind_call(const Row& row, size_t first, RowHit& out) noexcept {
  return behind_label(row, first, out) && is_called(row, first, out);
}

TEST(Phone, WrittenOutStandsForItself) {
  for (const Example& one : {Example{"(415) 555-2671", "(415) 555-2671"},
                             {"on +49 171 1234567.", "+49 171 1234567"},
                             {"+1 415-555-2671 4111", "+1 415-555-2671"},
                             {"1-305-606-4695", "1-305-606-4695"},
                             {"415.555.2671", "415.555.2671"},
                             {"'512 421 6168'", "512 421 6168"},
                             {"01.41.27.23.47", "01.41.27.23.47"},
                             {"03-5226-3216", "03-5226-3216"},
                             {"+44 (0)20 7946 0958", "+44 (0)20 7946 0958"},
                             {"(+33) 6 51 69 75 91", "(+33) 6 51 69 75 91"},
                             {"(0171) 1234567", "(0171) 1234567"},
                             {"(11) 99399-5165", "(11) 99399-5165"},
                             {"0049 171 1234567", "~0049 171 1234567"},
                             {"345-899-3560x4587 now", "345-899-3560x4587"},
                             {"op 06-57430221 als", "06-57430221"},
                             {"+13055550101", "+13055550101"}})
    EXPECT_EQ(first_in_row(one.text, by_form), one.found) << one.text;
}

TEST(Phone, FormsOfCountries) {
  for (const Example& one : {Example{"8 (915) 415-01-87", "8 (915) 415-01-87"},
                             {"(915)415-01-87", "(915)415-01-87"},
                             {"8-915-415-01-87", "8-915-415-01-87"},
                             {"070-123 45 67", "070-123 45 67"},
                             {"08-12 34 56", "08-12 34 56"},
                             {"8 915 415 01 87", "~8 915 415 01 87"},
                             {"2010-12 34 56", "~2010-12 34 56"},
                             {"082 219-86-67", "~082 219-86-67"},
                             {"031)346-1737", "~031)346-1737"}})
    EXPECT_EQ(first_in_row(one.text, by_form), one.found) << one.text;
}

// "~" stands before all but what its form alone says.
TEST(Phone, AnyPlanBehindALabel) {
  for (const Example& one : {Example{"430 310", "~430 310"},
                             {"113262", "~113262"},
                             {"(0404) 953362219", "~(0404) 953362219"},
                             {"07558 14627312", "~07558 14627312"},
                             {"007545712", "~007545712"},
                             {"+8429193050612", "~+8429193050612"},
                             {"0 5796 9612", "~0 5796 9612"},
                             {"+49 171 1234567.", "+49 171 1234567"},
                             {"+39 06 1234 567890 1", "~+39 06 1234 567890 1"},
                             {"41155", ""},
                             {"120000", ""},
                             {"12.05.84", ""},
                             {"12.05.1984", ""},
                             {"10.11.212.33", ""},
                             {"20240131", ""},
                             {"00000100: 92c7", ""},
                             {"1234567890123456", ""}})
    EXPECT_EQ(first_in_row(one.text, behind_label), one.found) << one.text;
}

TEST(Phone, BehindACallAndItsPreposition) {
  for (const Example& one : {Example{"ring Anna på 82 10 00 81", "~82 10 00 81"},
                             {"nazovite Anu na 430 310", "~430 310"},
                             {"ring Anna on 555-2612", "~555-2612"},
                             {"ring Anna at 0244 337612", "~0244 337612"},
                             {"call it on 20240212", ""},
                             {"call it at 430310", ""},
                             {"call it at 1234567 bytes", ""},
                             {"nazovite Anu 430 310", ""}})
    EXPECT_EQ(first_in_row(one.text, behind_call), one.found) << one.text;
}

TEST(Phone, OtherFormsAskForAWord) {
  for (const Example& one : {Example{"4155552671", "~4155552671"},
                             {"60-56-85-91", "~60-56-85-91"},
                             {"467 3395", "~467 3395"},
                             {"6 1 2 9 4 4 7 7 7 4", "~6 1 2 9 4 4 7 7 7 4"},
                             {"415-5\n55-2671", "~415-5\n55-2671"}})
    EXPECT_EQ(first_in_row(one.text, by_form), one.found) << one.text;
}

TEST(Phone, DatesAddressesAndPartsOfNumbersAreNone) {
  for (std::string_view text : {"2024-01-02", "31.01.2024", "192.168.100.200", "v415.555.2671",
                                "123 415 555 2671 777", "$415 555", "12", "010.11.212.33"})
    EXPECT_EQ(first_in_row(text, by_form), "") << text;
}

TEST(Date, FormsOfARow) {
  for (const Example& one : {Example{"1980-05-12", "1980-05-12"},
                             {"12.05.1980", "12.05.1980"},
                             {"4/22/22", "4/22/22"},
                             {"17-SEP-2016", "17-SEP-2016"},
                             {"20 May 1944", "20 May 1944"},
                             {"1972-11-11T00:00:00", "1972-11-11"},
                             {"1362/05/12", "1362/05/12"},
                             {"12-04-2527", "12-04-2527"},
                             {"1362/13/12", ""},
                             {"1956. július 28.", ""},  // longer than what a row knows
                             {"13/13/1980", ""},
                             {"2023-02-29", ""},
                             {"1.2.3", ""}})
    EXPECT_EQ(first_in_row(one.text, date_at), one.found) << one.text;
}

// What begins with the first group that begins one.
std::string everyday_in(std::string_view text) {
  Row row;
  if (!row_of(text, row)) return {};
  for (size_t first = 0; first < row.count; ++first)
    if (const size_t groups = everyday_groups(row, first); groups != 0) {
      const auto bytes = row.text.subspan(row.groups[first].start);
      const size_t size = row.groups[first + groups - 1].end - row.groups[first].start;
      return {reinterpret_cast<const char*>(bytes.data()), size};
    }
  return {};
}

TEST(EverydayNumber, IsADateAndTheTimeBehindIt) {
  for (const Example& one : {Example{"at '2024-05-12' and", "2024-05-12"},
                             {"2024/05/12 08:31:07 INFO", "2024/05/12 08:31:07"},
                             {"2024-05-12T08:31:07Z\",", "2024-05-12T08:31:07Z"},
                             {"2024-05-12T08:31:07.250Z", "2024-05-12T08:31:07.250Z"},
                             {"2024-05-12 08:31:07.123456789 x", "2024-05-12 08:31:07.123456789"},
                             {"2024-05-12 08:31 | 12", "2024-05-12 08:31"},
                             {"2024-05-12T08:31:07+02:00", "2024-05-12T08:31:07+02:00"},
                             {"2024-05-12 08:31:07 -0500", "2024-05-12 08:31:07 -0500"},
                             {"[2024-05-12 08:31:07]", "2024-05-12 08:31:07"},
                             {"12, 2024-05-12, 13", "2024-05-12"}})
    EXPECT_EQ(everyday_in(one.text), one.found) << one.text;
}

TEST(EverydayNumber, IsATimeOfDayOrAnAmount) {
  for (const Example& one : {Example{"at 08:31, or", "08:31"},
                             {"08:31:07.25 done", "08:31:07.25"},
                             {"for $1,234,567 now", "1,234,567"},
                             {"12.50,\"items\":3", "12.50"},
                             {"1,234.5 km", "1,234.5"}})
    EXPECT_EQ(everyday_in(one.text), one.found) << one.text;
  for (std::string_view text :
       {"00:1A:2B:3C:4D:5E", "10:11:12:13:14:15", "25:10", "08:61", "1.5.1980", "10.0.0.1",
        "12.345", "0475.12.34.56", "02.99 12.34.56", "4,111,111,111,111,111", "12,34",
        "12345678.90", "X12.50", "12.50x"})
    EXPECT_EQ(everyday_in(text), "") << text;
}

// What stands behind it is not taken along, and what may be one number with it is none.
TEST(EverydayNumber, TakesNoOtherNumber) {
  EXPECT_EQ(everyday_in("2024-05-12 08:31:07,536904399,1"), "2024-05-12 08:31:07");
  EXPECT_EQ(everyday_in("2024-05-12 08:31:07 536904399"), "2024-05-12 08:31:07");
  EXPECT_EQ(everyday_in("at 08:31 +49 171 1234567"), "08:31");
  EXPECT_EQ(everyday_in("at 08:31:07 +1415 555 2671"), "08:31:07");
  for (std::string_view text :
       {"1990-05-12 1234", "1990-05-12-1234", "1990-05-12/1234", "X-1990-05-12", "3.2024-05-12",
        "2024-13-12", "2024-05-32", "2024-00-12", "2024-05.12", "1124-05-12", "2024-5-12",
        "2024-05-12T08", "2024-05-12 24:31:07", "2024-05-12 08:31:07-12345", "2024-05-12.log",
        "2024-05-12T08:31:07X9", "536-90-4399", "2024-05"})
    EXPECT_EQ(everyday_in(text), "") << text;
}

std::string after_cue(std::string_view text, std::string_view cue) {
  const size_t at = text.find(cue);
  return found_at(text, date_after_cue, Trigger{at, at + cue.size()});
}

TEST(Date, TheFirstDateBehindACue) {
  EXPECT_EQ(after_cue("DOB 10/22/1961, admitted 04/01/2020", "DOB"), "10/22/1961");
  EXPECT_EQ(after_cue("born in Paris on May 3rd, 1980.", "born"), "May 3rd, 1980");
  EXPECT_EQ(after_cue("geboren am 12. Mai 1980", "geboren"), "12. Mai 1980");
  EXPECT_EQ(after_cue("nacida el 12 de mayo de 1980", "nacida"), "12 de mayo de 1980");
  EXPECT_EQ(after_cue("dob: 1990\xe5\xb9\xb4"
                      "5\xe6\x9c\x88"
                      "12\xe6\x97\xa5",
                      "dob"),
            "1990\xe5\xb9\xb4"
            "5\xe6\x9c\x88"
            "12\xe6\x97\xa5");
  EXPECT_EQ(after_cue("\"userDob\":\"1972-11-11\"", "Dob"), "1972-11-11");
  EXPECT_EQ(after_cue("DOB 04MAR1984 M", "DOB"), "04MAR1984");
  EXPECT_EQ(after_cue("dob: 4. maaliskuuta 1984", "dob"), "4. maaliskuuta 1984");
}

TEST(Date, NoDateNoCueNoFinding) {
  EXPECT_EQ(after_cue("stubborn 10/22/1961", "born"), "");
  EXPECT_EQ(after_cue("dob 13/13/1980", "dob"), "");
  EXPECT_EQ(after_cue("dob 4MAR1984", "dob"), "");
  EXPECT_EQ(after_cue("dob 04MAR1984AB", "dob"), "");
  EXPECT_EQ(after_cue("dob 04MAR84", "dob"), "");
  EXPECT_EQ(after_cue("dob 4 martial 1984", "dob"), "");
  EXPECT_EQ(after_cue("born\n\n1980-05-12", "born"), "");
  EXPECT_EQ(after_cue("born to write code that runs for ever and ever since 1980-05-12", "born"),
            "");
}

std::string mac_in(std::string_view text) {
  return first_found(text, mac_at, [](std::string_view t, size_t at, Trigger& out) {
    out = Trigger{at, at};
    return t[at] == ':' && t.substr(0, at).find(':') == std::string_view::npos;
  });
}

TEST(Mac, PairsWithColons) {
  EXPECT_EQ(mac_in("ether 00:1a:2b:3c:4d:5e "), "00:1a:2b:3c:4d:5e");
  EXPECT_EQ(mac_in("00:11:22:33:44:55"), "~00:11:22:33:44:55");
  for (std::string_view label : {"HWaddr:", "MAC:", "mac_2:", "if7:", "feed:"})
    EXPECT_EQ(mac_in(std::string(label) + "00:1a:2b:3c:4d:5e,"), "00:1a:2b:3c:4d:5e") << label;
  for (std::string_view text : {"00:00:00:00:00:00", "12:34:56", "aa:bb:cc:dd:ee:ff:00",
                                "x00:1a:2b:3c:4d:5e", "mac::1a:2b:3c:4d:5e:6f"})
    EXPECT_EQ(mac_in(text), "") << text;
}

TEST(Mac, RowsWithHyphensAndPoints) {
  EXPECT_EQ(first_in_row("00-1A-2B-3C-4D-5E", mac_row), "00-1A-2B-3C-4D-5E");
  EXPECT_EQ(first_in_row("001a.2b3c.4d5e", mac_row), "001a.2b3c.4d5e");
  EXPECT_EQ(first_in_row("00-1A-2B-3C-4D-5E-6F", mac_row), "");
  EXPECT_EQ(first_in_row("0a1b.cdef.3c4d.5e6f", mac_row), "");
  EXPECT_EQ(first_in_row("12-34-56", mac_row), "");
}

std::string code_behind(std::string_view text) { return first_in_row(text, card_code_row); }

TEST(CardCode, BehindACardAndItsExpiry) {
  for (std::string_view before :
       {"4111111111111111|12|27|", "4111 1111 1111 1111 12/27 ", "4111-1111-1111-1111,0927,",
        "4111111111111111:9:2031:", "4111111111111111 | 1/27 | ", "378282246310005 0929 "})
    EXPECT_EQ(code_behind(std::string(before) + "123"), "123") << before;
  EXPECT_EQ(code_behind("378282246310005|0929|4821"), "4821");
}

TEST(CardCode, NotBehindAnythingElse) {
  for (std::string_view text :
       {"4111111111111112|12|27|123", "4111111111111111|13|27|123", "4111111111111111|12|19|123",
        "4111111111111111|12|27|12", "4111111111111111|12|27|12345", "4111111111111111 123",
        "12|27|123", "0927,123", "4111111111111111, 12/27 (, 123", "4111111111111111|12|27|12a",
        "1 2 3 12 27 123"})
    EXPECT_EQ(code_behind(text), "") << text;
}

}  // namespace
}  // namespace sallyport::scan
