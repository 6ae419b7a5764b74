#include "dataplane/scan/recognise/number/phone_extension.h"

#include <array>
#include <string_view>

#include "dataplane/scan/read/digit_run.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kSignsMax = 3;   // ", (" before the word
constexpr unsigned kBlanksMax = 2;  // before the digits
constexpr unsigned kDigitsMax = 6;
// "#3" behind a number is the third one.
constexpr unsigned kDigitsBehindHash = 2;

// As the scanner reads them: folded (fold.h), Cyrillic and Greek letters that look like ASCII are
// it. "kl." is none: it is the time in the North.
constexpr std::string_view kWords[] = {"ext",
                                       "extn",
                                       "exten",
                                       "extension",  // English, Arabic, Hindi
                                       "poste",
                                       "interne",
                                       "interno",
                                       "int",
                                       "anexo",
                                       "ramal",  // French to Portuguese
                                       "durchwahl",
                                       "dw",
                                       "nst",
                                       "nebenstelle",
                                       "klappe",  // German
                                       "toestel",
                                       "tst",
                                       "anknytning",
                                       "ankn",
                                       "lokal",
                                       "lok",  // Dutch, Swedish, Danish
                                       "alanumero",
                                       "alanro",  // Finnish
                                       "wew",
                                       "wewn",
                                       "linka",
                                       "klapka",
                                       "mellék",
                                       "interior",  // Polish to Romanian
                                       "dahili",
                                       "pesawat",
                                       "máy lẻ",             // Turkish to Vietnamese
                                       "\xd0\xb4o\xd0\xb1",  // доб
                                       "\xd0\xb4o\xd0\xb1"
                                       "a\xd0\xb2o\xd1\x87\xd0\xbd\xd1\x8b\xd0\xb9",  // добавочный
                                       "\xd0\xb4o\xd0\xb4",                           // дод
                                       "\xd0\xb2\xd0\xbd",                            // вн
                                       "\xd0\xb2\xd0\xbdy\xd1\x82p",                  // внутр
                                       "\xce\xb5o\xcf\x89\xcf\x84",                   // εσωτ
                                       "ต่อ",
                                       "تحويلة",
                                       "داخلي",
                                       "داخلی",
                                       "שלוחה",
                                       "内線",
                                       "内线",
                                       "內線",
                                       "转",
                                       "轉",
                                       "分机",
                                       "分機",
                                       "내선"};

constexpr std::array<bool, 256> make_starts() {
  std::array<bool, 256> out{};
  for (std::string_view word : kWords) out[static_cast<uint8_t>(word[0])] = true;
  return out;
}
constexpr std::array<bool, 256> kStarts = make_starts();

constexpr bool is_sign(uint8_t c) noexcept {
  return c == ' ' || c == ',' || c == ';' || c == '(' || c == '-' || c == '/';
}

// Digits from `at` on that end there; 0: none, or too many.
uint64_t digits_end(OpenReader& reader, uint64_t at, unsigned least) noexcept {
  const uint64_t end = digit_run_end(reader, at, kDigitsMax);
  if (end - at < least || end - at > kDigitsMax) return 0;
  const uint8_t c = reader.at(end);
  const bool goes_on = (c == '.' || c == '-' || c == '/') && is_digit(reader.at(end + 1));
  return goes_on || is_word_char(c) || c == '%' || c == '@' ? 0 : end;
}

// Behind the word of an extension that begins at `at`; 0: none does.
uint64_t word_end(OpenReader& reader, uint64_t at, bool apart) noexcept {
  const uint8_t first = to_lower(reader.at(at));
  if (!kStarts[first] || (!apart && first < 0xe0)) return 0;
  for (std::string_view word : kWords) {
    if (static_cast<uint8_t>(word[0]) != first || !reader.follows(at, word)) continue;
    const uint8_t behind = reader.at(at + word.size());
    if (!is_letter(behind) && (behind < 0x80 || first >= 0xe0)) return at + word.size();
  }
  return 0;
}

}  // namespace

uint64_t phone_extension_end(OpenReader& reader, uint64_t end) noexcept {
  uint64_t at = end;
  bool bracket = false;
  for (unsigned i = 0; i < kSignsMax && is_sign(reader.at(at)); ++i, ++at)
    bracket = bracket || reader.at(at) == '(';
  const uint8_t first = reader.at(at);
  unsigned least = 1;
  if (first == '#') {
    least = kDigitsBehindHash;
    ++at;
  } else if (to_lower(first) == 'x' && !is_letter(reader.at(at + 1))) {
    ++at;
  } else {
    at = word_end(reader, at, at > end);
    if (at == 0) return end;
  }
  if (const uint8_t c = reader.at(at); c == '.' || c == ':' || c == '=') ++at;
  for (unsigned i = 0; i < kBlanksMax && reader.at(at) == ' '; ++i) ++at;
  if (first != '#' && reader.at(at) == '#') ++at;
  const uint64_t out = digits_end(reader, at, least);
  if (out == 0) return end;
  return bracket && reader.at(out) == ')' ? out + 1 : out;
}

}  // namespace sallyport::scan
