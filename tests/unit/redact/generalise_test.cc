#include "dataplane/redact/generalise.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace sallyport::redact {
namespace {

using contract::Generalisation;

std::string coarse(Generalisation how, std::string_view entity, std::string_view value,
                   unsigned year = 2026) {
  std::array<uint8_t, kGeneralisedBytesMax> out{};
  const size_t size = generalise(
      how, entity, {reinterpret_cast<const uint8_t*>(value.data()), value.size()}, year, out);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(Generalise, ADateIsItsYear) {
  for (const std::string_view date :
       {"1984-03-04", "03/04/1984", "4 March 1984", "19840304", "March 4, 1984"})
    EXPECT_EQ(coarse(Generalisation::Year, "VISIT_DATE", date), "1984") << date;
  EXPECT_EQ(coarse(Generalisation::Year, "VISIT_DATE", "03/04/84"), "[VISIT-DATE]")
      << "two digits are no year";
  EXPECT_EQ(coarse(Generalisation::Year, "VISIT_DATE", "1234 5678"), "[VISIT-DATE]");
}

TEST(Generalise, NoBirthYearTellsAnAgeOver89) {
  EXPECT_EQ(coarse(Generalisation::BirthYear, "DATE_OF_BIRTH", "1937-12-31"), "1937");
  EXPECT_EQ(coarse(Generalisation::BirthYear, "DATE_OF_BIRTH", "1936-01-01"), "90 or older");
  EXPECT_EQ(coarse(Generalisation::BirthYear, "DATE_OF_BIRTH", "1984-01-01", 0), "[DATE-OF-BIRTH]")
      << "without a clock nothing is known of the age";
}

TEST(Generalise, AZipIsItsFirstThreeDigitsOrZeros) {
  EXPECT_EQ(coarse(Generalisation::Zip, "ZIP_CODE", "94110"), "941");
  EXPECT_EQ(coarse(Generalisation::Zip, "ZIP_CODE", "94110-1234"), "941");
  EXPECT_EQ(coarse(Generalisation::Zip, "ZIP_CODE", "03601"), "000");
  EXPECT_EQ(coarse(Generalisation::Zip, "ZIP_CODE", "893011234"), "000");
  EXPECT_EQ(coarse(Generalisation::Zip, "ZIP_CODE", "SW1A 1AA"), "[ZIP-CODE]");
}

TEST(Generalise, AgesOver89AreOne) {
  EXPECT_EQ(coarse(Generalisation::Age, "AGE", "94 years old"), "90 or older");
  EXPECT_EQ(coarse(Generalisation::Age, "AGE", "104"), "90 or older");
  EXPECT_EQ(coarse(Generalisation::Age, "AGE", "89 years"), "89 years");
  EXPECT_EQ(coarse(Generalisation::Age, "AGE", "very old"), "[AGE]");
}

TEST(Generalise, AnAddressIsItsNetwork) {
  EXPECT_EQ(coarse(Generalisation::Network, "IP_ADDRESS", "203.0.113.77"), "203.0.113.0/24");
  EXPECT_EQ(coarse(Generalisation::Network, "IP_ADDRESS", "2001:db8:1:2::77"), "2001:db8:1::/48");
  EXPECT_EQ(coarse(Generalisation::Network, "IP_ADDRESS", "203.0.113"), "[IP-ADDRESS]");
  EXPECT_EQ(coarse(Generalisation::Network, "IP_ADDRESS", std::string(60, '1')), "[IP-ADDRESS]");
}

TEST(Generalise, EverythingElseIsTheNameOfItsEntity) {
  EXPECT_EQ(coarse(Generalisation::Name, "EMAIL_ADDRESS", "a@example.org"), "[EMAIL-ADDRESS]");
  EXPECT_EQ(coarse(Generalisation::Name, "no label", "x"), "");
}

}  // namespace
}  // namespace sallyport::redact
