#include "dataplane/scan/recognise/place.h"

#include <string_view>

#include "dataplane/scan/recognise/words.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kTownWordsMax = 4;

constexpr std::string_view kUnits[] = {"apt", "apartment", "unit", "suite", "ste",  "floor",
                                       "fl",  "room",      "rm",   "flat",  "bldg", "building",
                                       "lot", "no",        "appt", "app"};
constexpr std::string_view kStates[] = {
    "al", "ak", "az", "ar", "ca", "co", "ct", "de", "dc", "fl", "ga", "hi", "id", "il", "in",
    "ia", "ks", "ky", "la", "me", "md", "ma", "mi", "mn", "ms", "mo", "mt", "ne", "nv", "nh",
    "nj", "nm", "ny", "nc", "nd", "oh", "ok", "or", "pa", "ri", "sc", "sd", "tn", "tx", "ut",
    "vt", "va", "wa", "wv", "wi", "wy", "pr", "vi", "gu", "aa", "ae", "ap"};
constexpr std::string_view kLongStates[] = {
    "alabama",     "alaska",       "arizona",       "arkansas", "california", "colorado",
    "connecticut", "delaware",     "florida",       "georgia",  "hawaii",     "idaho",
    "illinois",    "indiana",      "iowa",          "kansas",   "kentucky",   "louisiana",
    "maine",       "maryland",     "massachusetts", "michigan", "minnesota",  "mississippi",
    "missouri",    "montana",      "nebraska",      "nevada",   "ohio",       "oklahoma",
    "oregon",      "pennsylvania", "tennessee",     "texas",    "utah",       "vermont",
    "virginia",    "washington",   "wisconsin",     "wyoming"};
constexpr std::string_view kProvinces[] = {"ab", "bc", "mb", "nb", "nl", "ns", "nt",
                                           "nu", "on", "pe", "qc", "sk", "yt"};
constexpr std::string_view kAustralia[] = {"nsw", "vic", "qld", "sa", "wa", "tas", "act", "nt"};
constexpr std::string_view kCountries[] = {
    "usa",         "us",       "uk",     "united",  "canada",      "australia",   "germany",
    "deutschland", "france",   "italy",  "italia",  "spain",       "netherlands", "poland",
    "polska",      "portugal", "sweden", "sverige", "switzerland", "austria",     "ireland",
    "england",     "scotland", "india",  "brasil",  "brazil",      "mexico"};

// A comma, spaces, one line end with indentation: the end; `at` itself: nothing joins.
uint64_t skip_joint(OpenReader& reader, uint64_t at) noexcept {
  const uint64_t start = at;
  if (reader.at(at) == ',' || reader.at(at) == ';') ++at;
  while (at - start < 4 && reader.at(at) == ' ') ++at;
  if (reader.at(at) == '\r') ++at;
  if (reader.at(at) == '\n') {
    ++at;
    for (unsigned i = 0; i < 8 && reader.at(at) == ' '; ++i) ++at;
  }
  return at;
}

uint64_t digits_at(OpenReader& reader, uint64_t at, uint64_t most) noexcept {
  uint64_t end = at;
  while (end - at <= most && is_digit(reader.at(end))) ++end;
  return end;
}

bool ends_word(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  return !is_alnum(c) && c != '_';
}

// "Apt 32C", "#374", "Suite 529": the end, or 0.
uint64_t unit_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = skip_joint(reader, start);
  if (at == start) return 0;
  if (reader.at(at) == '#') {
    ++at;
  } else {
    const NameWord word = word_at(reader, at);
    if (word.size() == 0 || !word_in(reader, word, kUnits)) return 0;
    at = word.end;
    if (reader.at(at) == '.') ++at;
    if (reader.at(at) != ' ') return 0;
    ++at;
    if (reader.at(at) == '#') ++at;
  }
  const uint64_t first = at;
  while (at - first < 8 && (is_alnum(reader.at(at)) || reader.at(at) == '-')) ++at;
  const bool is_id = at > first && (is_digit(reader.at(first)) || at - first <= 2);
  return is_id && ends_word(reader, at) ? at : 0;
}

// 97276, 97276-1234: the end, or 0.
uint64_t zip_end(OpenReader& reader, uint64_t at) noexcept {
  uint64_t end = digits_at(reader, at, 5);
  if (end - at != 5) return 0;
  if (reader.at(end) == '-' && digits_at(reader, end + 1, 4) == end + 5) end += 5;
  return ends_word(reader, end) ? end : 0;
}

// SW1A 2AA, M1 1AE (Royal Mail); M5V 2T6 (Canada Post): the end, or 0. Upper case.
uint64_t postcode_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  while (at - start < 3 && is_upper(reader.at(at))) ++at;
  const uint64_t letters = at - start;
  if (letters == 0 || letters > 2 || !is_digit(reader.at(at))) return 0;
  ++at;
  if (is_alnum(reader.at(at))) ++at;
  if (reader.at(at) != ' ') return 0;
  ++at;
  const bool canadian = letters == 1 && at - start == 4 && is_upper(reader.at(at - 2)) &&
                        is_digit(reader.at(at)) && is_upper(reader.at(at + 1)) &&
                        is_digit(reader.at(at + 2));
  const bool british =
      is_digit(reader.at(at)) && is_upper(reader.at(at + 1)) && is_upper(reader.at(at + 2));
  return (canadian || british) && ends_word(reader, at + 3) ? at + 3 : 0;
}

// 50667, 1015 CJ, 111 22, 00-238, 1250-096, D-10827: the end, or 0.
uint64_t continental_code_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  if (is_upper(reader.at(at)) && reader.at(at + 1) == '-') at += 2;
  const uint64_t end = digits_at(reader, at, 5);
  const uint64_t count = end - at;
  if (count == 5) return ends_word(reader, end) ? end : 0;
  const uint8_t c = reader.at(end);
  if (count == 4) {
    if (c == ' ' && is_upper(reader.at(end + 1)) && is_upper(reader.at(end + 2)) &&
        ends_word(reader, end + 3))
      return end + 3;                                                          // Dutch
    if (c == '-' && digits_at(reader, end + 1, 3) == end + 4) return end + 4;  // Portuguese
    return c == ' ' ? end : 0;
  }
  if (count == 3 && c == ' ' && digits_at(reader, end + 1, 2) == end + 3)
    return end + 3;  // Swedish, Czech
  if (count == 2 && c == '-' && digits_at(reader, end + 1, 3) == end + 4) return end + 4;  // Polish
  return 0;
}

// A state that ends an address, with its post code or without: the end, or 0.
uint64_t state_end(OpenReader& reader, uint64_t at) noexcept {
  const NameWord word = word_at(reader, at);
  if (word.size() == 0) return 0;
  const bool two = word.size() == 2 && word_in(reader, word, kStates);
  if (two || word_in(reader, word, kLongStates)) {
    const uint64_t code = skip_joint(reader, word.end);
    if (const uint64_t end = zip_end(reader, code); end != 0) return end;
    return two && word.upper ? word.end : 0;
  }
  if (!word.upper) return 0;
  if (word.size() == 2 && word_in(reader, word, kProvinces) && reader.at(word.end) == ' ')
    return postcode_end(reader, word.end + 1);
  if (word_in(reader, word, kAustralia) && reader.at(word.end) == ' ') {
    const uint64_t end = digits_at(reader, word.end + 1, 4);
    return end == word.end + 5 && ends_word(reader, end) ? end : 0;
  }
  return 0;
}

// Up to four words of a town, and behind each the question whether the state or the post code
// follows.
uint64_t town_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  for (unsigned i = 0; i < kTownWordsMax; ++i) {
    const NameWord word = word_at(reader, at);
    if (word.size() == 0) return 0;
    at = word.end;
    if (reader.at(at) == '.') ++at;
    const uint64_t next = skip_joint(reader, at);
    if (next == at) return 0;
    if (const uint64_t end = state_end(reader, next); end != 0) return end;
    if (const uint64_t end = postcode_end(reader, next); end != 0) return end;
    at = next;
  }
  return 0;
}

// 13006 Marseille: the end, or 0.
uint64_t code_and_town_end(OpenReader& reader, uint64_t start) noexcept {
  const uint64_t code = continental_code_end(reader, start);
  if (code == 0 || reader.at(code) != ' ') return 0;
  uint64_t end = 0, at = code + 1;
  for (unsigned i = 0; i < 3; ++i) {
    const NameWord word = word_at(reader, at);
    const bool particle = word.size() <= 3 && word.size() > 1 && end != 0 && !word.capital;
    if (word.size() < 2 || (!word.capital && !particle)) break;
    if (!particle) end = word.end;
    if (reader.at(word.end) != ' ') break;
    at = word.end + 1;
  }
  return end;
}

uint64_t country_end(OpenReader& reader, uint64_t start) noexcept {
  const uint64_t at = skip_joint(reader, start);
  const NameWord word = at == start ? NameWord{} : word_at(reader, at);
  if (word.size() == 0 || !word.capital || !word_in(reader, word, kCountries)) return start;
  if (!word_is(reader, word, "united")) return word.end;
  const NameWord second = reader.at(word.end) == ' ' ? word_at(reader, word.end + 1) : NameWord{};
  return word_is(reader, second, "kingdom") || word_is(reader, second, "states") ? second.end
                                                                                 : start;
}

}  // namespace

Place place_at(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  for (unsigned i = 0; i < 2; ++i)
    if (const uint64_t end = unit_end(reader, at); end != 0) at = end;
  const uint64_t next = skip_joint(reader, at);
  if (next == at) return {at, false};
  uint64_t end = code_and_town_end(reader, next);
  if (end == 0) end = town_end(reader, next);
  if (end == 0) end = state_end(reader, next);
  if (end == 0) end = postcode_end(reader, next);
  if (end == 0) end = zip_end(reader, next);
  return end == 0 ? Place{at, false} : Place{country_end(reader, end), true};
}

}  // namespace sallyport::scan
