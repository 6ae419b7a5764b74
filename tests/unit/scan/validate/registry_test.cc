// Published numbers of every validator, and what must be refused: neighbours, other numbers of the
// same length, nothing.
#include "dataplane/scan/validate/registry.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace sallyport::scan {
namespace {

using contract::Validator;

bool does_hold(Validator validator, const std::string& text) {
  return holds(validator, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

struct Published {
  Validator validator;
  std::vector<std::string> good;
  std::vector<std::string> bad;
  // The checksum sees every change of a single digit.
  bool sees_one_digit = false;
};

// Where the numbers are from: the standards and pages that the validators' headers cite,
// Wikipedia's worked examples, and the examples in the documentation of python-stdnum (facts, LGPL
// text not copied).
const std::vector<Published>& published() {
  static const std::vector<Published> kPublished = {
      {Validator::Card,
       {"4111111111111111", "378282246310005", "5555555555554444", "6011111111111117",
        "30569309025904", "3530111333300000", "2223003122003222"},
       {"4111111111111112", "0000000000000000", "1234567890123456", "4111111111111"},
       true},
      {Validator::Ssn,
       {"536904399", "123456789"},
       {"000123456", "666123456", "900123456", "123001234", "123450000", "078051120", "111111111"}},
      {Validator::Itin, {"912701234", "900501234"}, {"912691234", "812701234", "912891234"}},
      {Validator::Iban,
       {"GB82WEST12345698765432", "DE89370400440532013000", "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S", "FR1420041010050500013M02606"},
       {"GB82WEST12345698765433", "DE8937040044053201300", "XX89370400440532013000"},
       true},
      {Validator::AbaRouting,
       {"021000021", "011401533", "111000025"},
       {"021000022", "511000025", "000000000"},
       true},
      {Validator::Luhn, {"79927398713"}, {"79927398710", "7992739871x"}, true},
      {Validator::UsNpi, {"1234567893"}, {"1234567890", "3234567893"}, true},
      {Validator::UsDea, {"AB1234563", "F91234563"}, {"AB1234564", "IB1234563", "ab1234563"}},
      {Validator::UsMbi, {"1EG4TE5MK73"}, {"1EG4TE5MK7", "0EG4TE5MK73", "1SG4TE5MK73"}},
      {Validator::UkNhs, {"9434765919", "4010232137"}, {"9434765918", "1111111111"}, true},
      {Validator::UkNino, {"AB123456C"}, {"QQ123456C", "GB123456A", "AB123456E", "AO123456A"}},
      {Validator::UkDriverLicence,
       {"MORGA657054SM9IJ", "FO999512018AA1AB"},
       {"MORGA697054SM9IJ", "MO9GA657054SM9IJ", "MORGA657324SM9IJ"}},
      {Validator::CaSin, {"130692544"}, {"130692545", "830692540"}, true},
      {Validator::AuTfn, {"123456782", "876543210"}, {"123456789", "000000000"}},
      {Validator::AuMedicare, {"2123456701", "29508753511"}, {"2123456711", "7123456701"}},
      {Validator::InAadhaar, {"999941057058"}, {"999941057059", "099941057058"}, true},
      {Validator::InPan, {"AAAPL1234C"}, {"AAAXL1234C", "AAAPL0000C", "aaapl1234c"}},
      {Validator::DeTaxId,
       {"86095742719", "47036892816", "65929970489"},
       {"86095742718", "12345678901", "11111111111"},
       true},
      {Validator::FrNir,
       {"255081416802538"},
       {"255081416802539", "555081416802538", "255131416802538"}},
      {Validator::EsNif, {"12345678Z", "X1234567L", "00000001R"}, {"12345678A", "W1234567L"}, true},
      {Validator::ItFiscalCode,
       {"RSSMRA85T10A562S", "MRTMTT91D08F205J"},
       {"RSSMRA85T10A562T", "RSSMRA85T32A562S", "RSSMRA85F10A562S"}},
      {Validator::PlPesel, {"44051401359", "02070803628"}, {"44051401358", "44131401358"}},
      {Validator::NlBsn, {"111222333", "123456782"}, {"111222334", "000000000"}, true},
      {Validator::BrCpf, {"11144477735", "52998224725"}, {"11144477736", "11111111111"}, true},
      {Validator::SePersonnummer,
       {"8112189876", "198112189876", "6403273813", "7010632391"},
       {"8112189875", "8113189876", "158112189876"}},
      {Validator::SgNric,
       {"S1234567D", "T1234567J", "F1234567N", "G1234567X", "M1234567K"},
       {"S1234567E", "A1234567D"},
       true},
      {Validator::KrRrn, {"9001011234568", "2105013123456"}, {"9001011234567", "9013011234568"}},
      {Validator::CnResidentId,
       {"11010519491231002X", "440524188001010014"},
       {"110105194912310021", "990105194912310021", "11010519491331002X"}},
      {Validator::Vin,
       {"1M8GDM9AXKP042788", "1HGCM82633A004352"},
       {"1M8GDM9A1KP042788", "1M8GDM9AXKPO42788", "11111111111111111"}},
      {Validator::VinForm, {"WVWZZZ1JZXW000001"}, {"WVWZZZ1JZXW00000A", "12345678901234567"}},
      {Validator::Imei, {"490154203237518"}, {"490154203237517", "290154203237510"}, true},
      {Validator::UsZip, {"94107", "941071234"}, {"00012", "9410"}},
      {Validator::CardTrack,
       {"%B4111111111111111^DOE/JOHN^29051011000000000000?", ";4111111111111111=29051011000?"},
       {"%B4111111111111112^DOE/JOHN^29051011000?", ";4111111111111111=29151011000?", "B4111"}},
      {Validator::Icd10, {"E119", "I10", "U071", "S72001A"}, {"119", "U123", "E1"}},
      {Validator::UsNdc, {"0777310502", "00777310502"}, {"000000000", "0000012345"}},
      {Validator::Bic, {"DEUTDEFF", "DEUTDEFF500", "NEDSZAJJXXX"}, {"DEUTQQFF", "PASSWORD"}},
      {Validator::Imsi, {"310150123456789"}, {"990150123456789", "31015012345678"}},
      {Validator::Iccid, {"8991101200003204514"}, {"8991101200003204511"}, true},
      {Validator::BeNational, {"85073003328", "17073003384"}, {"85073003329", "85133003328"}},
      {Validator::DkCpr, {"0707614285"}, {"3213614285", "0707610000"}},
      {Validator::FiHetu, {"131052308T", "131052A308T"}, {"131052308U", "131352308T"}},
      {Validator::NoFodselsnummer, {"15108695088"}, {"15108695089", "15138695088"}},
      {Validator::PtNif, {"501964843", "123456789"}, {"501964842", "001964843"}},
      {Validator::IePps, {"6433435F", "6433435OA", "1234567T"}, {"6433435E", "1234567TZ"}},
      {Validator::MxCurp, {"BOXW310820HNERXN09"}, {"BOXW310820HNERXN08", "BOXW311320HNERXN09"}},
      {Validator::MxRfc, {"GODE561231GR8"}, {"GODE561231GR9", "GODE561331GR8"}},
      {Validator::ArCuit, {"20267565393"}, {"20267565394", "99267565393"}},
      {Validator::ClRut, {"125319092", "760864285"}, {"125319093", "111111111"}},
      {Validator::TrKimlik, {"17291716060"}, {"17291716061", "07291716060"}},
      {Validator::HkId, {"A1234563", "C6686689"}, {"A1234564", "A123456B"}},
      {Validator::TwId, {"A123456789"}, {"A123456788", "A323456789"}},
      {Validator::JpMyNumber, {"123456789018"}, {"123456789017"}},
      {Validator::ThId, {"1234545678781"}, {"1234545678782", "0234545678781"}},
      {Validator::IlId, {"039337423"}, {"039337424", "000000000"}, true},
      {Validator::BrCnpj, {"11222333000181"}, {"11222333000182"}},
      {Validator::ZaId, {"7503305044089"}, {"7513305044089", "7503305044088"}},
      {Validator::RoCnp, {"1630615123457"}, {"1630615123458", "0630615123457"}},
      {Validator::CzRodneCislo, {"7103192745"}, {"7103192746", "7113192745"}},
      {Validator::HrOib, {"33392005961"}, {"33392005962"}, true},
      {Validator::BgEgn, {"7523169263"}, {"7523169264"}},
      {Validator::ChAhv, {"7569217076985"}, {"7569217076984"}, true},
      {Validator::AtSvnr, {"1237010180"}, {"2237010180", "1237990180"}},
      {Validator::GrAmka, {"01013099997"}, {"01013099998", "01133099997"}},
      {Validator::KrRrnForm,
       {"9601211234567", "2105013123456"},
       {"9613211234567", "9601210234567"}},
      {Validator::TravelLine,
       {"L898902C36UTO7408122F1204159ZE184226B", "L898902C36UTO7408122F1204159"},
       {"L898902C37UTO7408122F1204159", "L898902C36UTO7413122F1204159"}},
      {Validator::LettersAndDigits, {"A1", "C01X00T41"}, {"12", "AB"}},
      {Validator::HexDigits, {"dead-BEEF", "AB"}, {"dead-beeg", "AAAA-aaaa"}},
      {Validator::TravelNumber, {"C01234565", "F12345671"}, {"C01234567", "123456785", "C0123456"}},
      {Validator::EeIsikukood, {"36805280109"}, {"36805280108", "96805280109"}},
  };
  return kPublished;
}

TEST(Registry, PublishedNumbersHoldAndOthersDoNot) {
  for (const Published& row : published()) {
    const int number = static_cast<int>(row.validator);
    for (const std::string& text : row.good)
      EXPECT_TRUE(does_hold(row.validator, text)) << number << ' ' << text;
    for (const std::string& text : row.bad)
      EXPECT_FALSE(does_hold(row.validator, text)) << number << ' ' << text;
  }
}

// Those of secrets are of secret_text_test.cc.
bool is_of_secrets(Validator validator) {
  return validator == Validator::KeyLike || validator == Validator::Jwt ||
         validator == Validator::Crc32Tail;
}

TEST(Registry, EveryValidatorHasPublishedNumbers) {
  for (int number = static_cast<int>(Validator::Card); number <= contract::kValidatorMax;
       ++number) {
    const auto validator = static_cast<Validator>(number);
    bool there = validator == Validator::KeyLike || validator == Validator::Jwt ||
                 validator == Validator::Crc32Tail;  // secret_text_test.cc
    for (const Published& row : published())
      there = there || static_cast<int>(row.validator) == number;
    EXPECT_TRUE(there || is_of_secrets(static_cast<Validator>(number))) << number;
  }
}

TEST(Registry, AChecksumSeesEveryChangedDigit) {
  for (const Published& row : published()) {
    if (!row.sees_one_digit) continue;
    for (const std::string& text : row.good)
      for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] < '0' || text[i] > '9') continue;
        for (char c = '0'; c <= '9'; ++c) {
          std::string changed = text;
          changed[i] = c;
          if (c == text[i]) continue;
          EXPECT_FALSE(does_hold(row.validator, changed))
              << static_cast<int>(row.validator) << ' ' << changed;
        }
      }
  }
}

// Whatever comes, no validator reads outside (ASan) nor holds for what is too short to be anything.
TEST(Registry, ShortAndForeignTextIsRefusedByAll) {
  for (int number = static_cast<int>(Validator::Card); number <= contract::kValidatorMax;
       ++number) {
    const auto validator = static_cast<Validator>(number);
    if (is_of_secrets(validator)) continue;
    EXPECT_FALSE(does_hold(validator, "1")) << number;
    for (size_t size = 0; size <= 40; ++size)
      for (char c : {'\x01', '-', '~', '\xff', 'z'})
        EXPECT_FALSE(does_hold(validator, std::string(size, c)))
            << number << ' ' << size << ' ' << c;
    for (size_t size = 1; size <= 40; ++size)
      for (char c : {'0', '9', 'A', 'Z'}) does_hold(validator, std::string(size, c));
  }
  EXPECT_TRUE(does_hold(Validator::None, ""));
  EXPECT_FALSE(holds(static_cast<Validator>(255), {}));
}

}  // namespace
}  // namespace sallyport::scan
