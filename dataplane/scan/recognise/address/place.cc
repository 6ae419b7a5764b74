#include "dataplane/scan/recognise/address/place.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/read/digit_run.h"
#include "dataplane/scan/read/words.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kTownWordsMax = 4;
constexpr unsigned kUnitsMax = 4;  // block, stairs, floor and flat of Romania

constexpr std::string_view kUnits[] = {
    "apt",   "apartment", "unit",     "suite",   "ste",      "floor",  "fl",   "room",    "rm",
    "flat",  "bldg",      "building", "lot",     "no",       "appt",   "app",  "apto",    "dept",
    "depto", "piso",      "wohnung",  "whg",     "etage",    "bat",    "int",  "interno", "scala",
    "m",     "lok",       "local",    "esc",     "planta",   "puerta", "top",  "stiege",  "door",
    "villa", "bus",       "bte",      "house",   "daire",    "kat",    "d",    "sala",    "conj",
    "loja",  "bloco",     "andar",    "oficina", "despacho", "bl",     "bloc", "sc",      "ap",
    "et",    "lgh",       "nave",     "ph",      "rt"};
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
constexpr std::string_view kCountries[] = {"usa",
                                           "us",
                                           "uk",
                                           "canada",
                                           "australia",
                                           "germany",
                                           "deutschland",
                                           "france",
                                           "italy",
                                           "italia",
                                           "spain",
                                           "espa\xc3\xb1"
                                           "a",
                                           "netherlands",
                                           "nederland",
                                           "belgium",
                                           "belgique",
                                           "belgi\xc3\xab",
                                           "poland",
                                           "polska",
                                           "portugal",
                                           "sweden",
                                           "sverige",
                                           "norway",
                                           "norge",
                                           "denmark",
                                           "danmark",
                                           "finland",
                                           "suomi",
                                           "iceland",
                                           "estonia",
                                           "latvia",
                                           "lithuania",
                                           "switzerland",
                                           "schweiz",
                                           "suisse",
                                           "svizzera",
                                           "austria",
                                           "\xc3\xb6sterreich",
                                           "ireland",
                                           "england",
                                           "scotland",
                                           "wales",
                                           "india",
                                           "brasil",
                                           "brazil",
                                           "mexico",
                                           "m\xc3\xa9xico",
                                           "argentina",
                                           "chile",
                                           "colombia",
                                           "uruguay",
                                           "peru",
                                           "per\xc3\xba",
                                           "hungary",
                                           "magyarorsz\xc3\xa1g",
                                           "czechia",
                                           "slovakia",
                                           "slovenia",
                                           "croatia",
                                           "serbia",
                                           "romania",
                                           "bulgaria",
                                           "greece",
                                           "cyprus",
                                           "malta",
                                           "luxembourg",
                                           "turkey",
                                           "t\xc3\xbcrkiye",
                                           "israel",
                                           "egypt",
                                           "tunisia",
                                           "morocco",
                                           "kenya",
                                           "nigeria",
                                           "ghana",
                                           "japan",
                                           "china",
                                           "singapore",
                                           "malaysia",
                                           "indonesia",
                                           "thailand",
                                           "vietnam",
                                           "philippines",
                                           "pakistan",
                                           "bangladesh",
                                           "russia",
                                           "ukraine",
                                           "greenland",
                                           "liechtenstein",
                                           "monaco",
                                           "andorra"};
constexpr std::string_view kCountriesOfTwo[] = {
    "united kingdom",  "united states",  "great britain",       "northern ireland", "new zealand",
    "south africa",    "czech republic", "south korea",         "hong kong",        "saudi arabia",
    "costa rica",      "puerto rico",    "sri lanka",           "el salvador",      "vatican city",
    "the netherlands", "isle of man",    "united arab emirates"};

constexpr WordFilter kUnitsFilter{kUnits};
// Floors that have no number, and the sides of a house behind them.
constexpr std::string_view kFloors[] = {"bajo",       "bajos",       "\xc3\xa1tico", "atico",
                                        "entresuelo", "entlo",       "rdc",          "hinterhaus",
                                        "vorderhaus", "hochparterre"};
constexpr std::string_view kSides[] = {"izda", "izq", "dcha", "der", "drcha", "links", "rechts"};
constexpr WordFilter kFloorsFilter{kFloors};
constexpr WordFilter kStatesFilter{kStates};
constexpr WordFilter kLongStatesFilter{kLongStates};
constexpr WordFilter kCountriesFilter{kCountries};

// A comma, a dash, spaces, one line end with indentation: the end; `at` itself: nothing joins.
uint64_t skip_joint(OpenReader& reader, uint64_t at) noexcept {
  const uint64_t start = at;
  if (reader.at(at) == ',' || reader.at(at) == ';') ++at;
  while (at - start < 4 && reader.at(at) == ' ') ++at;
  if (at == start + 1 && reader.at(at) == '-' && reader.at(at + 1) == ' ') return at + 2;
  if (reader.at(at) == '\r') ++at;
  if (reader.at(at) == '\n') {
    ++at;
    for (unsigned i = 0; i < 8 && (reader.at(at) == ' ' || reader.at(at) == '\t'); ++i) ++at;
    if (reader.at(at) == ',' && reader.at(at + 1) == ' ') at += 2;
  }
  return at;
}

bool ends_word(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  return !is_alnum(c) && c != '_';
}

// "2\xc2\xba Dto", "3\xc2\xba B", "2. tv": a floor and its side: the end, or 0.
uint64_t floor_end(OpenReader& reader, uint64_t at) noexcept {
  uint64_t end = digit_run_end(reader, at, 2);
  if (end == at || end - at > 2) return 0;
  if (reader.at(end) == '.' && reader.at(end + 1) == ' ') {
    for (std::string_view side : {"tv", "th", "mf", "sal"})
      if (reader.follows(end + 2, side) && ends_word(reader, end + 4 + (side.size() - 2)))
        return end + 2 + side.size();
    return 0;
  }
  // "14th Floor"
  for (std::string_view mark : {"st", "nd", "rd", "th"}) {
    if (!reader.follows(end, mark) || reader.at(end + 2) != ' ') continue;
    for (std::string_view floor : {"floor", "fl"})
      if (reader.follows(end + 3, floor) && ends_word(reader, end + 3 + floor.size()))
        return end + 3 + floor.size();
  }
  if (reader.at(end) == '.') ++end;  // "3.\xc2\xba"
  if (reader.at(end) != 0xc2 || (reader.at(end + 1) != 0xba && reader.at(end + 1) != 0xaa))
    return 0;
  end += 2;
  if (reader.at(end) != ' ') return end;
  constexpr uint64_t kSideBytesMax = 4;  // "izda"
  uint64_t side = end + 1;
  while (side - end <= kSideBytesMax + 1 && is_letter(reader.at(side))) ++side;
  if (side == end + 1 || side - end > kSideBytesMax + 1 || !ends_word(reader, side)) return end;
  return reader.at(side) == '.' && reader.at(side + 1) == ',' ? side + 1 : side;
}

// Behind a floor: " dcha.", " A".
uint64_t side_end(OpenReader& reader, uint64_t floor) noexcept {
  const uint64_t end = reader.at(floor) == '.' ? floor + 1 : floor;
  if (reader.at(end) != ' ') return floor;
  const NameWord side = word_at(reader, end + 1);
  if (!(side.size() == 1 && side.capital) && !word_in(reader, side, kSides)) return floor;
  return reader.at(side.end) == '.' && reader.at(side.end + 1) == ',' ? side.end + 1 : side.end;
}

}  // namespace

// "Apt 32C", "#374", "Suite 529"
uint64_t unit_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = skip_joint(reader, start);
  if (at == start) return 0;
  if (is_digit(reader.at(at))) return floor_end(reader, at);
  // "32 B 3", "5 B,": the stairs, and the flat.
  if (is_upper(reader.at(at)) && at == start + 1 && reader.before(at) == ' ') {
    if (reader.at(at + 1) == ',') return at + 1;
    const uint64_t end = reader.at(at + 1) == ' ' ? digit_run_end(reader, at + 2, 3) : at + 2;
    if (end > at + 2 && end <= at + 5 && reader.at(end) == ',') return end;
  }
  if (reader.at(at) == '#') {
    ++at;
  } else {
    const NameWord word = word_at(reader, at);
    if (word.size() == 0) return 0;
    if (word_in(reader, word, kFloors, kFloorsFilter)) return side_end(reader, word.end);
    if (!word_in(reader, word, kUnits, kUnitsFilter)) return 0;
    at = word.end;
    // "D:6", "Daire: 6"
    const bool colon = reader.at(at) == ':';
    if (word_is(reader, word, "et") && reader.at(at) != '.') return 0;  // "and" of the French
    if (reader.at(at) == '.' || colon) ++at;
    if (reader.at(at) == ' ')
      ++at;
    else if (!colon)
      return 0;
    if (reader.at(at) == '#') ++at;
  }
  const uint64_t first = at;
  while (at - first < 8 && (is_alnum(reader.at(at)) || reader.at(at) == '-')) ++at;
  const bool is_id = at > first && (is_digit(reader.at(first)) || at - first <= 2);
  // "RT 03/RW 05" of Indonesia
  constexpr std::string_view kBlock = "/rw ";
  if (is_id && reader.follows(at, kBlock))
    if (const uint64_t block = digit_run_end(reader, at + kBlock.size(), 3);
        block > at + kBlock.size())
      at = block;
  return is_id && ends_word(reader, at) ? at : 0;
}

namespace {

// 97276, 97276-1234: the end, or 0.
uint64_t zip_end(OpenReader& reader, uint64_t at) noexcept {
  uint64_t end = digit_run_end(reader, at, 5);
  if (end - at != 5) return 0;
  if (reader.at(end) == '-' && digit_run_end(reader, end + 1, 4) == end + 5)
    end += 5;
  else if (reader.at(end) == '-' && digit_run_end(reader, end + 1, 3) == end + 4)
    end += 4;  // Brazil
  return ends_word(reader, end) ? end : 0;
}

// D02 X285 (Eircode), behind its first three characters: the end, or 0.
uint64_t eircode_end(OpenReader& reader, uint64_t at) noexcept {
  if (reader.at(at) != ' ' || !is_upper(reader.at(at + 1))) return 0;
  bool digit = false;
  for (uint64_t i = at + 1; i < at + 5; ++i) {
    if (!is_upper(reader.at(i)) && !is_digit(reader.at(i))) return 0;
    digit |= is_digit(reader.at(i));
  }
  return digit && ends_word(reader, at + 5) ? at + 5 : 0;
}

// SW1A 2AA, M1 1AE (Royal Mail); M5V 2T6 (Canada Post): the end, or 0. Upper case.
uint64_t postcode_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  while (at - start < 3 && is_upper(reader.at(at))) ++at;
  const uint64_t letters = at - start;
  if (letters == 0 || letters > 2 || !is_digit(reader.at(at))) return 0;
  ++at;
  if (is_alnum(reader.at(at))) ++at;
  if (letters == 1 && at - start == 3)
    if (const uint64_t end = eircode_end(reader, at); end != 0) return end;
  if (reader.at(at) != ' ') return 0;
  ++at;
  const bool canadian = letters == 1 && at - start == 4 && is_upper(reader.at(at - 2)) &&
                        is_digit(reader.at(at)) && is_upper(reader.at(at + 1)) &&
                        is_digit(reader.at(at + 2));
  const bool british =
      is_digit(reader.at(at)) && is_upper(reader.at(at + 1)) && is_upper(reader.at(at + 2));
  return (canadian || british) && ends_word(reader, at + 3) ? at + 3 : 0;
}

// C1043AAZ of Argentina: the end, or 0.
uint64_t argentine_end(OpenReader& reader, uint64_t at) noexcept {
  if (!is_upper(reader.at(at)) || digit_run_end(reader, at + 1, 4) != at + 5) return 0;
  for (uint64_t i = at + 5; i < at + 8; ++i)
    if (!is_upper(reader.at(i))) return 0;
  return ends_word(reader, at + 8) ? at + 8 : 0;
}

// 50667, 1015 CJ, 1015CJ, 111 22, 00-238, 1250-096, 400123, D-10827, CH-8001: the end, or 0.
uint64_t continental_code_end(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  if (const uint64_t end = argentine_end(reader, at); end != 0) return end;
  if (is_upper(reader.at(at)) && is_upper(reader.at(at + 1)) && reader.at(at + 2) == '-') ++at;
  if (is_upper(reader.at(at)) && reader.at(at + 1) == '-') at += 2;
  const uint64_t end = digit_run_end(reader, at, 6);
  const uint64_t count = end - at;
  if (count == 5 || count == 6) return ends_word(reader, end) ? end : 0;
  const uint8_t c = reader.at(end);
  if (count == 4) {
    if (c == ' ' && is_upper(reader.at(end + 1)) && is_upper(reader.at(end + 2)) &&
        ends_word(reader, end + 3))
      return end + 3;  // Dutch
    if (is_upper(c) && is_upper(reader.at(end + 1)) && ends_word(reader, end + 2)) return end + 2;
    if (c == '-' && digit_run_end(reader, end + 1, 3) == end + 4) return end + 4;  // Portuguese
    return c == ' ' ? end : 0;
  }
  if (count == 3 && c == ' ' && digit_run_end(reader, end + 1, 2) == end + 3)
    return end + 3;  // Swedish, Czech
  if (count == 2 && c == '-' && digit_run_end(reader, end + 1, 3) == end + 4)
    return end + 4;  // Polish
  return 0;
}

// "VIC 3053": the end, or 0.
uint64_t australian_end(OpenReader& reader, const NameWord& state) noexcept {
  if (!state.upper || reader.at(state.end) != ' ' || !word_in(reader, state, kAustralia)) return 0;
  const uint64_t end = digit_run_end(reader, state.end + 1, 4);
  return end == state.end + 5 && ends_word(reader, end) ? end : 0;
}

// A state that ends an address, with its post code or without: the end, or 0.
uint64_t state_end(OpenReader& reader, uint64_t at) noexcept {
  const NameWord word = word_at(reader, at);
  if (word.size() == 0) return 0;
  const bool two = word.size() == 2 && word_in(reader, word, kStates, kStatesFilter);
  if (two || word_in(reader, word, kLongStates, kLongStatesFilter)) {
    const uint64_t code = skip_joint(reader, word.end);
    if (const uint64_t end = zip_end(reader, code); end != 0) return end;
    // "WA 6160" of Perth
    if (const uint64_t end = australian_end(reader, word); end != 0) return end;
    return two && word.upper && ends_word(reader, word.end) ? word.end : 0;
  }
  if (!word.upper) return 0;
  if (word.size() == 2 && word_in(reader, word, kProvinces) && reader.at(word.end) == ' ')
    return postcode_end(reader, word.end + 1);
  return australian_end(reader, word);
}

// A country, of one word or more, with a capital letter: the end, or 0.
uint64_t country_at(OpenReader& reader, uint64_t at) noexcept {
  const NameWord word = word_at(reader, at);
  if (word.size() == 0 || !word.capital) return 0;
  if (word_in(reader, word, kCountries, kCountriesFilter))
    return word.upper || word.size() > 3 ? word.end : 0;
  for (std::string_view two : kCountriesOfTwo)
    if (reader.follows(at, two) && !is_word_letter(reader.at(at + two.size())))
      return at + two.size();
  return 0;
}

uint64_t country_end(OpenReader& reader, uint64_t start) noexcept {
  const uint64_t at = skip_joint(reader, start);
  const uint64_t end = at == start ? 0 : country_at(reader, at);
  return end == 0 ? start : end;
}

// GA-183-8164, AK-0321-9917 (Ghana Post): the end, or 0.
uint64_t ghanaian_end(OpenReader& reader, uint64_t at) noexcept {
  if (!is_upper(reader.at(at)) || !is_upper(reader.at(at + 1)) || reader.at(at + 2) != '-')
    return 0;
  const uint64_t area = digit_run_end(reader, at + 3, 4);
  if (area < at + 6 || area > at + 7 || reader.at(area) != '-') return 0;
  const uint64_t end = digit_run_end(reader, area + 1, 4);
  return end == area + 5 && ends_word(reader, end) ? end : 0;
}

// A post code behind a town: four to six digits, no year; or in two groups: the end, or 0.
uint64_t late_code_end(OpenReader& reader, uint64_t at) noexcept {
  if (const uint64_t ghanaian = ghanaian_end(reader, at); ghanaian != 0) return ghanaian;
  // "LV-1010"
  if (is_upper(reader.at(at)) && is_upper(reader.at(at + 1)) && reader.at(at + 2) == '-') {
    const uint64_t marked = digit_run_end(reader, at + 3, 5);
    return (marked == at + 7 || marked == at + 8) && ends_word(reader, marked) ? marked : 0;
  }
  const uint64_t end = digit_run_end(reader, at, 6);
  const uint64_t count = end - at;
  if (count == 6) return ends_word(reader, end) ? end : 0;
  if (const uint64_t zip = zip_end(reader, at); zip != 0) return zip;
  if (count == 3) {
    // 111 22 of Sweden, 560 038 of India
    const uint64_t second = reader.at(end) == ' ' ? digit_run_end(reader, end + 1, 3) : end;
    const bool two = second == end + 3 || second == end + 4;
    const bool goes_on = reader.at(second) == ' ' && is_digit(reader.at(second + 1));
    return two && !goes_on && ends_word(reader, second) ? second : 0;
  }
  // "İstanbul, 0532 555 01 44": of a telephone number.
  const bool goes_on = reader.at(end) == ' ' && is_digit(reader.at(end + 1));
  const bool year = reader.at(at) == '1' || reader.at(at) == '2';
  return count == 4 && !year && !goes_on && ends_word(reader, end) ? end : 0;
}

// ", VIC", ", nan", " (BO)": a region of two or three letters: the end, or 0.
uint64_t region_end(OpenReader& reader, uint64_t at) noexcept {
  const NameWord word = word_at(reader, at);
  const bool region = word.upper && word.size() <= 3;
  return region || word_is(reader, word, "nan") ? word.end : 0;
}

// What may follow a town: region, country, post code, in this order; a country or a post code
// must. The end, or 0.
uint64_t tail_end(OpenReader& reader, uint64_t at, bool& sure) noexcept {
  uint64_t end = 0;
  if (const uint64_t region = region_end(reader, at); region != 0 && reader.at(region) != '-') {
    const uint64_t next = skip_joint(reader, region);
    if (next == region) return 0;
    at = next;
  }
  if (const uint64_t country = country_at(reader, at); country != 0) {
    end = country;
    const uint64_t next = skip_joint(reader, country);
    if (next == country) {
      sure = true;
      return end;
    }
    at = next;
  }
  if (const uint64_t code = late_code_end(reader, at); code != 0) end = code;
  for (std::string_view mark : {"cep ", "cep: ", "c.p. "})
    if (end == 0 && is_upper(reader.at(at)) && reader.follows(at, mark))
      end = late_code_end(reader, at + mark.size());
  sure = sure || end != 0;
  return end;
}

// " (Québec)" behind the name of a town: its end; `at`: none stands there.
uint64_t bracket_end(OpenReader& reader, uint64_t at) noexcept {
  if (reader.at(at) != ' ' || reader.at(at + 1) != '(') return at;
  const NameWord region = word_at(reader, at + 2);
  return region.capital && reader.at(region.end) == ')' ? region.end + 1 : at;
}

// Up to four words of a town, and behind each the question whether the state or the post code
// follows.
uint64_t town_end(OpenReader& reader, uint64_t start, bool& sure) noexcept {
  constexpr uint64_t kArticleBytesMax = 3;  // "la Coruña"
  uint64_t at = start;
  bool capital = false, is_sentence = false;
  for (unsigned i = 0; i < kTownWordsMax; ++i) {
    const NameWord word = word_at(reader, at);
    if (word.size() == 0) return 0;
    // "meinen Vertrag Nr. 88213": small letters are how some type a town, but then all of it.
    if (i == 0) is_sentence = !word.capital && word.size() > kArticleBytesMax;
    if (is_sentence && word.capital) return 0;
    // "Beauvais, joignable au 0033": behind a comma no name of a town goes on in small letters.
    if (i > 0 && !word.capital && capital && reader.before(at - 1) == ',' &&
        !word_is(reader, word, "nan"))
      return 0;
    capital = capital || word.capital;
    at = word.end;
    if (reader.at(at) == '.') ++at;
    // "Curitiba/PR"
    if (reader.at(at) == '/' && is_upper(reader.at(at + 1)) && is_upper(reader.at(at + 2)))
      return tail_end(reader, at + 1, sure);
    // "Dublin 4, D04 WF12", "Praha 10, 100 00"
    if (word.capital && reader.at(at) == ' ' && is_digit(reader.at(at + 1))) {
      const uint64_t district = digit_run_end(reader, at + 1, 2);
      const uint64_t code = skip_joint(reader, district);
      if (district <= at + 3 && code > district) {
        uint64_t end = postcode_end(reader, code);
        if (end == 0 && digit_run_end(reader, code, 3) == code + 3)
          end = late_code_end(reader, code);
        sure = sure || end != 0;
        return end;
      }
    }
    // "RFC 9881"
    const bool initials = i == 0 && word.upper && word.size() <= 4;
    // "Montréal (Québec) H3G 1M8"
    if (const uint64_t region = bracket_end(reader, at); region != at)
      if (const uint64_t end = postcode_end(reader, skip_joint(reader, region)); end != 0) {
        sure = true;
        return end;
      }
    const uint64_t next = skip_joint(reader, at);
    if (next == at) return 0;
    if (const uint64_t end = state_end(reader, next); end != 0) {
      sure = is_digit(reader.before(end)) || !is_letter(reader.before(end));
      return end;
    }
    if (const uint64_t end = postcode_end(reader, next); end != 0) {
      sure = true;
      return end;
    }
    if (capital && !initials)
      if (const uint64_t end = tail_end(reader, next, sure); end != 0) return end;
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
    // "Kad\xc4\xb1k\xc3\xb6y/\xc4\xb0stanbul"
    const bool slash = reader.at(word.end) == '/' && word_at(reader, word.end + 1).capital;
    if (reader.at(word.end) != ' ' && !slash) break;
    at = word.end + 1;
  }
  return end;
}

// "C.P. 03940, Ciudad de M\xc3\xa9xico", "CEP 01042-001": the end, or 0.
uint64_t marked_code_end(OpenReader& reader, uint64_t at) noexcept {
  static constexpr std::string_view kMarks[] = {"c.p. ", "cp ", "cep ", "cep: ", "plz ", "c.p "};
  for (std::string_view mark : kMarks) {
    if (!is_upper(reader.at(at)) || !reader.follows(at, mark)) continue;
    const uint64_t code = continental_code_end(reader, at + mark.size());
    const uint64_t end = code != 0 ? code : zip_end(reader, at + mark.size());
    if (end == 0) return 0;
    uint64_t town = 0, word_start = skip_joint(reader, end);
    for (unsigned i = 0; i < 4 && word_start != end; ++i) {
      const NameWord word = word_at(reader, word_start);
      const bool particle = word.size() == 2 || word.size() == 3;
      if (word.size() < 2 || (!word.capital && !(particle && town != 0))) break;
      if (word.capital) town = word.end;
      if (reader.at(word.end) != ' ') break;
      word_start = word.end + 1;
    }
    return town != 0 ? town : end;
  }
  return 0;
}

// "Col. Centro, ", "Colonia del Valle, " of Mexico: behind it; `at`: it does not stand there.
uint64_t skip_quarter(OpenReader& reader, uint64_t at) noexcept {
  for (std::string_view kind : {"col. ", "colonia ", "fracc. ", "barrio ", "bairro ", "urb. "}) {
    if (!is_upper(reader.at(at)) || !reader.follows(at, kind)) continue;
    uint64_t end = at + kind.size();
    for (unsigned i = 0; i < 4; ++i) {
      const NameWord word = word_at(reader, end);
      if (word.size() == 0) return at;
      end = word.end;
      if (reader.at(end) == ',' && reader.at(end + 1) == ' ') return end + 2;
      if (reader.at(end) != ' ') return at;
      ++end;
    }
    return at;
  }
  return at;
}

// "Phường 7, Quận 5, TP. Hồ Chí Minh": parts of a Vietnamese address, small before large: the end
// of the last; `at`: none stands there.
uint64_t vietnamese_end(OpenReader& reader, uint64_t at) noexcept {
  static constexpr std::string_view kKinds[] = {"ph\xc6\xb0\xe1\xbb\x9dng ",
                                                "qu\xe1\xba\xadn ",
                                                "huy\xe1\xbb\x87n ",
                                                "x\xc3\xa3 ",
                                                "th\xe1\xbb\x8b x\xc3\xa3 ",
                                                "th\xc3\xa0nh ph\xe1\xbb\x91 ",
                                                "t\xe1\xbb\x89nh ",
                                                "th\xe1\xbb\x8b tr\xe1\xba\xa5n ",
                                                "tp. ",
                                                "tp.",
                                                "q.",
                                                "p.",
                                                "q. ",
                                                "p. "};
  uint64_t out = at;
  for (unsigned parts = 0; parts < 4; ++parts) {
    uint64_t name = at;
    for (std::string_view kind : kKinds)
      if (is_word_letter(reader.at(at)) && reader.follows(at, kind))
        name = std::max(name, at + kind.size());
    if (name == at) return out;
    uint64_t end = digit_run_end(reader, name, 2);
    for (unsigned i = 0; end == name || (i > 0 && i < kTownWordsMax && reader.at(end) == ' ');
         ++i) {
      const NameWord word = word_at(reader, i == 0 ? name : end + 1);
      if (word.size() == 0 || !word.capital) break;
      end = word.end;
    }
    if (end == name) return out;
    out = end;
    at = skip_joint(reader, end);
    if (at == end) return out;
  }
  return out;
}

}  // namespace

uint64_t town_at(OpenReader& reader, uint64_t start, bool& sure) noexcept {
  uint64_t end = code_and_town_end(reader, start);
  if (end != 0) sure = true;
  if (end == 0) end = town_end(reader, start, sure);
  return end;
}

Place place_at(OpenReader& reader, uint64_t start) noexcept {
  Place out{start, false, false, false};
  for (unsigned i = 0; i < kUnitsMax; ++i)
    if (const uint64_t end = unit_end(reader, out.end); end != 0) {
      out.end = end;
      out.unit = true;
    }
  const uint64_t next = skip_joint(reader, out.end);
  if (next == out.end) return out;
  if (const uint64_t end = vietnamese_end(reader, next); end != next) {
    out.sure = out.town = true;
    out.end = end;
    return out;
  }
  const uint64_t behind = skip_quarter(reader, next);
  uint64_t end = marked_code_end(reader, behind);
  if (end != 0) {
    out.sure = out.town = true;
    out.end = end;
    return out;
  }
  end = town_at(reader, behind, out.sure);
  if (end == 0) {
    end = state_end(reader, next);
    out.sure = end != 0 && is_digit(reader.before(end));
  }
  if (end == 0) {
    end = postcode_end(reader, next);
    if (end == 0) end = zip_end(reader, next);
    out.sure = end != 0;
  }
  if (end == 0) {
    out.sure = false;
    return out;
  }
  // "(BO)" of Italian provinces.
  if (reader.at(end) == ' ' && reader.at(end + 1) == '(' && is_upper(reader.at(end + 2)) &&
      is_upper(reader.at(end + 3)) && reader.at(end + 4) == ')')
    end += 5;
  out.end = country_end(reader, end);
  out.town = true;
  return out;
}

}  // namespace sallyport::scan
