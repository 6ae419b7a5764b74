#include "dataplane/scan/validate/payment.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/validate/calendar.h"

namespace sallyport::scan {
namespace {

bool is_network(Characters d) noexcept {
  const size_t n = d.size();
  const uint64_t two = number(d, 0, 2), three = number(d, 0, 3), four = number(d, 0, 4),
                 six = number(d, 0, 6);
  if (d[0] == '4') return n == 13 || n == 16 || n == 19;                           // Visa
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return n == 16;  // Mastercard
  if (two == 34 || two == 37) return n == 15;                          // American Express
  if (three >= 300 && three <= 305) return n == 14 || n == 16;         // Diners Club
  if (two == 36 || two == 38 || two == 39) return n >= 14 && n <= 19;  // Diners Club
  if (four >= 3528 && four <= 3589) return n >= 16;                    // JCB
  if (four == 1800 || four == 2131) return n == 15;                    // JCB, old
  if (four == 6011 || two == 65 || (three >= 644 && three <= 649)) return n >= 16;  // Discover
  if (six >= 622126 && six <= 622925) return n >= 16;  // Discover, UnionPay
  if (two == 62 || two == 81) return n >= 16;          // UnionPay
  if (four >= 2200 && four <= 2204) return n >= 16;    // Mir
  return n >= 16 &&
         (two == 50 || (two >= 56 && two <= 58) || two == 63 || two == 67 || two == 60);  // Maestro
}

// Country and length, from the IBAN registry of SWIFT (release 99).
constexpr std::string_view kIbanLengths =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24"
    "FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32"
    "LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24"
    "RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

constexpr std::string_view kCountries =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCL"
    "CMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGU"
    "GWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMC"
    "MDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPT"
    "PWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUA"
    "UGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

size_t iban_length(uint8_t first, uint8_t second) noexcept {
  for (size_t i = 0; i < kIbanLengths.size(); i += 4)
    if (static_cast<uint8_t>(kIbanLengths[i]) == first &&
        static_cast<uint8_t>(kIbanLengths[i + 1]) == second)
      return digit(static_cast<uint8_t>(kIbanLengths[i + 2])) * 10 +
             digit(static_cast<uint8_t>(kIbanLengths[i + 3]));
  return 0;
}

// The digits from `from` on, as far as they go.
Characters digits_from(Characters text, size_t from) noexcept {
  size_t end = from;
  while (end < text.size() && is_digit(text[end])) ++end;
  return text.subspan(from, end - from);
}

}  // namespace

bool luhn(Characters digits) noexcept {
  unsigned sum = 0;
  bool twice = false;
  for (size_t i = digits.size(); i-- > 0; twice = !twice) {
    unsigned d = digit(digits[i]);
    if (twice && (d *= 2) > 9) d -= 9;
    sum += d;
  }
  return sum % 10 == 0;
}

bool card(Characters digits) noexcept {
  return digits.size() >= 12 && digits.size() <= 19 && all_digits(digits) &&
         !one_character(digits) && is_network(digits) && luhn(digits);
}

bool iban(Characters text) noexcept {
  if (text.size() < 15 || !is_upper(text[0]) || !is_upper(text[1]) || !is_digit(text[2]) ||
      !is_digit(text[3]) || iban_length(text[0], text[1]) != text.size())
    return false;
  unsigned rest = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t c = text[(i + 4) % text.size()];
    if (is_digit(c))
      rest = (rest * 10 + digit(c)) % 97;
    else if (is_upper(c))
      rest = (rest * 100 + (c - 'A' + 10u)) % 97;
    else
      return false;
  }
  return rest == 1 && !one_character(text.subspan(2));
}

bool aba_routing(Characters digits) noexcept {
  if (!digits_only(digits, 9) || one_character(digits)) return false;
  const uint64_t two = number(digits, 0, 2);
  const bool range = two <= 12 || (two >= 21 && two <= 32) || (two >= 61 && two <= 72) || two == 80;
  constexpr std::array<unsigned, 9> kWeights = {3, 7, 1, 3, 7, 1, 3, 7, 1};
  return range && weighted(digits, kWeights) % 10 == 0;
}

bool card_track(Characters text) noexcept {
  size_t from = 0;
  while (from < text.size() && !is_digit(text[from])) ++from;
  const Characters account = digits_from(text, from);
  if (!card(account)) return false;
  size_t date = from + account.size();
  if (date < text.size() && text[date] == '^') {  // track 1: the name stands between
    ++date;
    while (date < text.size() && text[date] != '^') ++date;
  } else if (date >= text.size() || text[date] != '=') {
    return false;
  }
  const Characters expiry = date < text.size() ? digits_from(text, date + 1) : Characters{};
  return expiry.size() >= 7 && number(expiry, 2, 2) >= 1 && number(expiry, 2, 2) <= 12;
}

bool is_country(uint8_t first, uint8_t second) noexcept {
  for (size_t i = 0; i < kCountries.size(); i += 2)
    if (static_cast<uint8_t>(kCountries[i]) == first &&
        static_cast<uint8_t>(kCountries[i + 1]) == second)
      return true;
  return false;
}

bool bic(Characters text) noexcept {
  if (text.size() != 8 && text.size() != 11) return false;
  return std::all_of(text.begin(), text.begin() + 4, is_upper) && is_country(text[4], text[5]) &&
         std::all_of(text.begin() + 6, text.end(),
                     [](uint8_t c) { return is_digit(c) || is_upper(c); }) &&
         // The second character of the location is never O, and 0 marks a test bank.
         text[7] != 'O' && text[7] != '0';
}

}  // namespace sallyport::scan
