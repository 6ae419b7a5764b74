#include "dataplane/scan/recognise/address/address.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/read/digit_run.h"
#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/address/place.h"
#include "dataplane/scan/recognise/address/street.h"
#include "dataplane/scan/recognise/address/street_words.h"

namespace sallyport::scan {
namespace {

// A street that only its town says to be one.
constexpr uint8_t kUnnamedDoubt = 10;
// A street that says what it is, without its town.
constexpr uint8_t kUnplacedDoubt = 12;

// "PSC 4095, Box 8316, APO AE 85103" (USPS Publication 28, 225): where it begins.
// `word`: the one before the number.
uint64_t military_start(OpenReader& reader, const NameWord& word) noexcept {
  const bool known =
      word_is(reader, word, "psc") || word_is(reader, word, "cmr") || word_is(reader, word, "unit");
  return known && !is_alnum(reader.before(word.start)) ? word.start : kNoStreet;
}

// The number of such a station, which may begin with zeros, and its box.
uint64_t station_end(OpenReader& reader, uint64_t number) noexcept {
  const uint64_t at = digit_run_end(reader, number, kHouseDigitsMax);
  uint64_t next = at;
  if (reader.at(next) == ',') ++next;
  if (reader.at(next) != ' ' || !reader.follows(next + 1, "box ")) return at;
  next += 5;
  const uint64_t first = next;
  while (next - first < kHouseDigitsMax && is_digit(reader.at(next))) ++next;
  return next == first ? at : next;
}

constexpr std::string_view kBoxes[] = {"postfach", "postbus",  "postbox",
                                       "postboks", "apartado", "postilokero"};
constexpr std::string_view kBoxesOfTwo[] = {"casella postale",  "caixa postal",
                                            "boite postale",    "bo\xc3\xaete postale",
                                            "skrytka pocztowa", "apartado postal"};

// "RR 2 Box 118": the rural route before a box that begins behind `end`; kNoStreet: none.
uint64_t route_start(OpenReader& reader, uint64_t end) noexcept {
  static constexpr std::string_view kRoutes[] = {"rr", "hc", "sr"};
  constexpr uint64_t kDigitsMax = 3;
  const uint64_t number = spaced_number_start(reader, end, kDigitsMax);
  if (number == end) return kNoStreet;
  const NameWord route = word_before(reader, number - 1);
  return route.upper && word_in(reader, route, kRoutes) ? route.start : kNoStreet;
}

// "PO Box 123", "P.O. Box 123", "Postfach 12": where it begins.
uint64_t box_start(OpenReader& reader, const NameWord& box) noexcept {
  const uint8_t first = to_lower(reader.at(box.start));
  if (box.size() == 0 || (first != 'p' && first != 'a' && first != 'b')) return kNoStreet;
  if (box.capital && word_in(reader, box, kBoxes)) return box.start;
  // The second word of all of them begins so.
  for (std::string_view form : kBoxesOfTwo)
    if (first == 'p' && box.end >= form.size() && reader.follows(box.end - form.size(), form))
      return box.end - form.size();
  if (!word_is(reader, box, "box") || !box.capital || reader.before(box.start) != ' ')
    return kNoStreet;
  if (const uint64_t route = route_start(reader, box.start - 1); route != kNoStreet) return route;
  for (std::string_view form : {"po", "p.o.", "p. o.", "post office"})
    if (box.start > form.size() && reader.follows(box.start - 1 - form.size(), form) &&
        !is_alnum(reader.before(box.start - 1 - form.size())))
      return box.start - 1 - form.size();
  return kNoStreet;
}

// "USS Example\nFPO AE 09577": the post code of a ship; where it begins.
uint64_t ship_start(OpenReader& reader, const NameWord& region) noexcept {
  if (region.size() != 2 || to_lower(reader.at(region.start)) != 'a' ||
      reader.before(region.start) != ' ')
    return kNoStreet;
  const NameWord office = word_before(reader, region.start - 1);
  if (!word_is(reader, office, "fpo") && !word_is(reader, office, "apo")) return kNoStreet;
  uint64_t end = office.start;
  while (end > 0 && office.start - end < 4 &&
         (reader.before(end) == ' ' || reader.before(end) == ',' || reader.before(end) == '\n'))
    --end;
  for (unsigned words = 0; words < 3; ++words) {
    const NameWord word = word_before(reader, end);
    if (word.size() == 0) break;
    if (word_is(reader, word, "uss") || word_is(reader, word, "usns") ||
        word_is(reader, word, "uscgc"))
      return word.start;
    if (reader.before(word.start) != ' ') break;
    end = word.start - 1;
  }
  return kNoStreet;
}

// "2013", "1998-2016": no house of a street that nothing but a place says to be one.
bool is_year(OpenReader& reader, uint64_t at) noexcept {
  const bool century = (reader.at(at) == '1' && reader.at(at + 1) == '9') ||
                       (reader.at(at) == '2' && reader.at(at + 1) == '0');
  return century && is_digit(reader.at(at + 2)) && is_digit(reader.at(at + 3)) &&
         !is_digit(reader.at(at + 4));
}

// A year behind what may be a month or a zone of time: "Nov 2019 Aleksey".
bool year_follows(OpenReader& reader, uint64_t at) noexcept {
  return reader.at(at) == ' ' && is_year(reader, at + 1);
}

// "Oct 12, 2000 Matt Domsch": a month, its day and a year, no street, house and post code.
bool is_date_of_month(OpenReader& reader, uint64_t number, uint64_t house) noexcept {
  static constexpr std::string_view kShortMonths[] = {
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "sept", "dec"};
  return reader.at(house) == ',' && reader.at(house + 1) == ' ' && is_year(reader, house + 2) &&
         word_in(reader, word_before(reader, number - 1), kShortMonths);
}

// "Smart Array 5300\n    Smart Array 5312": the next line of a list of things begins like this one.
bool is_listed(OpenReader& reader, uint64_t start, uint64_t house) noexcept {
  constexpr uint64_t kIndentMax = 12;
  if (reader.at(house) != '\n') return false;
  uint64_t next = house + 1;
  while (next - house <= kIndentMax && reader.at(next) == ' ') ++next;
  const NameWord one = word_at(reader, start), two = word_at(reader, next);
  if (one.size() == 0 || one.size() != two.size()) return false;
  for (uint64_t i = 0; i < one.size(); ++i)
    if (reader.at(one.start + i) != reader.at(two.start + i)) return false;
  return true;
}

// Behind an address without a place the phrase goes on in small letters or ends: "4471 Maple
// Street was", not "350 Wall Street Journal readers".
bool ends_its_name(OpenReader& reader, uint64_t end) noexcept {
  return reader.at(end) != ' ' || !(is_upper(reader.at(end + 1)) || is_digit(reader.at(end + 1)));
}

// "4471 Maple Street", without a place: number and kind are an address by themselves.
bool says_enough(OpenReader& reader, uint64_t start, uint64_t end, const Street& street) noexcept {
  if ((street.kind & kStreetThing) != 0 || !is_digit(reader.at(start + 1)) ||
      is_year(reader, start))
    return false;
  const bool says = (street.kind & kStreetSays) != 0 ||
                    ((street.kind & kStreetSaysLess) != 0 && is_digit(reader.at(start + 2)));
  return says && ends_its_name(reader, end);
}

// "4155 Lake Ave, Phoenix, AZ 85055": the number stands at `start`.
bool number_first(OpenReader& reader, uint64_t start, Hit& out) noexcept {
  if (!begins_clean(reader, start)) return false;
  const uint64_t house = house_end(reader, start);
  if (house == 0) return false;
  const uint64_t name = reader.at(house) == ',' ? house + 2 : house + 1;
  if (reader.at(name - 1) != ' ') return false;
  Street street = french_street(reader, name);
  const bool french = street.end != 0;
  // "5, Main Street" is how lists are numbered; the French write addresses so.
  if (!french && name == house + 1) street = english_street(reader, name);
  const bool unnamed = street.end == 0;
  const uint8_t first = reader.at(name);
  if (unnamed && name == house + 1 && (is_upper(first) || first >= 0xc3))
    street = named_street(reader, name);
  if (street.end == 0) return false;
  // "Ang Mo Kio Ave 3 #08-456"
  if (!unnamed && !french && reader.at(street.end) == ' ' && is_digit(reader.at(street.end + 1))) {
    uint64_t number = street.end + 1;
    while (number - street.end < 4 && is_digit(reader.at(number))) ++number;
    if (reader.at(number) == ',' || (reader.at(number) == ' ' && reader.at(number + 1) == '#'))
      street.end = number;
  }
  Place place = place_at(reader, street.end);
  // "222 Birchwood Dr., Denver"
  if (!place.town && reader.at(street.end) == '.' && reader.at(street.end + 1) == ',') {
    const Place behind = place_at(reader, street.end + 1);
    if (behind.town) place = behind;
  }
  // Small letters are how people type; then the place must say that it is an address.
  if (!place.town && (!street.capitals || unnamed)) return false;
  if (unnamed && (!place.sure || is_year(reader, start) || year_follows(reader, street.end)))
    return false;
  out = Hit{building_start(reader, start), place.end};
  out.bare = !place.town && !is_whole_line(reader, out.start, place.end);
  out.doubt = unnamed ? kUnnamedDoubt : 0;
  if (out.bare && !unnamed && says_enough(reader, start, place.end, street)) {
    out.bare = false;
    out.doubt = kUnplacedDoubt;
  }
  return true;
}

// "Gartenstraße 98a, 50667 Köln": the number stands at `number` and is the last part of the street.
bool number_last(OpenReader& reader, uint64_t number, Hit& out) noexcept {
  // A name without a kind needs a place, and a place begins so.
  const uint64_t unnumbered = unnumbered_end_before(reader, number);
  const uint64_t known_house = house_end(reader, number);
  if (known_house == 0 && unnumbered == 0 && !reader.open()) return false;
  const uint8_t after = known_house == 0 ? uint8_t{0} : reader.at(known_house);
  const uint8_t then = after == ' ' ? reader.at(known_house + 1) : uint8_t{0};
  const bool may_be_named = reader.open() || after == ',' || after == '\n' || after == '\r' ||
                            after == '.' || is_upper(then) || then == '#';
  const uint64_t street_end =
      unnumbered != 0 ? unnumbered - kUnnumberedMark.size() : street_end_before(reader, number);
  const StreetStart street = street_before(
      reader, reader.before(street_end) == ',' ? street_end - 1 : street_end, may_be_named);
  if (street.start == kNoStreet) return false;
  out.start = building_start(reader, street.start);
  const bool placed = out.start == street.start;
  if (placed) out.start = town_start_before(reader, street.start);
  const bool town_first = placed && out.start != street.start;
  if (unnumbered != 0) {
    const Place place = place_at(reader, unnumbered + (reader.at(unnumbered) == '.' ? 1 : 0));
    out = Hit{out.start, place.end};
    return place.town;
  }
  const uint64_t house = house_end(reader, number);
  if (house == 0) return false;
  const bool loose = street.strength == StreetStrength::Placed && !town_first;
  const uint8_t behind = reader.at(house);
  // Most are "Arsenal 3 and": what costs little first.
  if (loose && behind == ' ' && unit_end(reader, house) == 0) return false;
  if (loose && (is_year(reader, number) || is_date_of_month(reader, number, house) ||
                is_listed(reader, street.start, house)))
    return false;
  // "Sie 51,7598 Anteile": the comma of a decimal number.
  if (loose && behind == ',' && is_digit(reader.at(house + 1))) return false;
  Place place = place_at(reader, house);
  // "Király u. 15." and a line end.
  if (!place.town && behind == '.') {
    const Place next = place_at(reader, house + 1);
    if (next.town) place = next;
  }
  if (loose && !(behind == ' ' ? place.town : place.town ? place.sure : place.unit)) return false;
  out = Hit{out.start, place.end};
  out.bare = !place.town && !place.unit && !loose && !town_first &&
             !is_whole_line(reader, out.start, place.end);
  out.doubt = loose ? kUnnamedDoubt : 0;
  if (out.bare && street.says && !is_year(reader, number) && ends_its_name(reader, place.end)) {
    out.bare = false;
    out.doubt = kUnplacedDoubt;
  }
  return true;
}

bool box_or_station(OpenReader& reader, uint64_t number, Hit& out) noexcept {
  const NameWord word = word_before(reader, number - 1);
  if (const uint64_t ship = ship_start(reader, word); ship != kNoStreet) {
    uint64_t end = number;
    while (end - number < 6 && is_digit(reader.at(end))) ++end;
    out = Hit{ship, end};
    return end - number == 5;
  }
  const uint64_t box = box_start(reader, word);
  const uint64_t start = box == kNoStreet ? military_start(reader, word) : box;
  if (start == kNoStreet) return false;
  out.start = start;
  const uint64_t end = box == kNoStreet ? station_end(reader, number) : house_end(reader, number);
  if (end == 0) return false;
  const Place place = place_at(reader, end);
  if (box == kNoStreet && !place.town) return false;
  out = Hit{start, place.end};
  out.bare = !place.town;
  return true;
}

// "Carrera 7 No. 71-21", "Calle 93A # 11A-28 Sur": streets of Colombia have numbers for names.
// `word`: the one before the number.
bool numbered_street(OpenReader& reader, const NameWord& word, uint64_t number, Hit& out) noexcept {
  static constexpr std::string_view kKinds[] = {"calle",    "carrera", "cra",         "kra", "cl",
                                                "kr",       "avenida", "av",          "ac",  "ak",
                                                "diagonal", "dg",      "transversal", "tv"};
  constexpr uint64_t kDigitsMax = 3;
  if (!word.capital || !word_in(reader, word, kKinds)) return false;
  // A number, a letter and a side: where they end.
  const auto numbered = [&](uint64_t at) {
    uint64_t end = at;
    while (end - at < kDigitsMax && is_digit(reader.at(end))) ++end;
    if (end == at) return at;
    if (is_upper(reader.at(end))) ++end;
    for (std::string_view side : {" bis", " sur", " norte", " este"})
      if (reader.follows(end, side) && !is_word_letter(reader.at(end + side.size())))
        end += side.size();
    return is_alnum(reader.at(end)) ? at : end;
  };
  uint64_t at = numbered(number);
  if (at == number || reader.at(at) != ' ') return false;
  ++at;
  const uint64_t mark = at;
  for (std::string_view sign : {"#", "no.", "no", "n.\xc2\xba", "n\xc2\xba", "n\xc2\xb0", "nro."})
    if (at == mark && reader.follows(at, sign)) at += sign.size();
  if (at == mark) return false;
  if (reader.at(at) == ' ') ++at;
  const uint64_t first = numbered(at);
  uint64_t dash = first;
  if (reader.at(dash) == ' ') ++dash;
  if (first == at || reader.at(dash) != '-') return false;
  ++dash;
  if (reader.at(dash) == ' ') ++dash;
  const uint64_t end = numbered(dash);
  out = Hit{word.start, place_at(reader, end).end};
  return end != dash;
}

// "Flat No. 402, Shanti Apartments, MG Road, Pune 411001", "No. 8, Jalan SS2/24, 47300 Klang": what
// begins with a unit and goes on in parts, of which the last has a post code. `number`: of the
// unit.
bool unit_first(OpenReader& reader, uint64_t number, Hit& out) noexcept {
  constexpr unsigned kPartsMax = 6, kPartWordsMax = 6;
  uint64_t before = number;
  if (reader.before(before) == ' ') --before;
  if (reader.before(before) == '.') --before;
  NameWord unit = word_before(reader, before);
  out.start = unit.start;
  if (unit.capital && word_is(reader, unit, "no")) {
    const uint64_t gap = reader.before(unit.start) == ' ' || reader.before(unit.start) == '.'
                             ? unit.start - 1
                             : unit.start;
    const NameWord kind = gap < unit.start ? word_before(reader, gap) : NameWord{};
    if (kind.capital && (is_street_word(reader, kind, kStreetUnit) || word_is(reader, kind, "h")))
      out.start = kind.start;
  } else if (!unit.capital || !is_street_word(reader, unit, kStreetUnit)) {
    return false;
  }
  // The words of a part: a number or a name each.
  const auto word_end = [&](uint64_t at) {
    if (!is_alnum(reader.at(at))) return word_at(reader, at).end;
    uint64_t end = at;
    bool has_digit = false, small = is_lower(reader.at(at));
    for (uint8_t c = reader.at(end); is_word_letter(c) || is_digit(c) || c == '-' || c == '/';
         c = reader.at(++end)) {
      has_digit = has_digit || is_digit(c);
      if (end - at >= kNameWordBytesMax) return at;
    }
    return small && !has_digit ? at : end;
  };
  uint64_t at = word_end(number);
  for (unsigned parts = 0; parts < kPartsMax; ++parts) {
    if (at == number || reader.at(at) != ',' || reader.at(at + 1) != ' ') return false;
    at += 2;
    bool sure = false;
    if (const uint64_t town = parts > 0 ? town_at(reader, at, sure) : 0; town != 0 && sure) {
      out.end = town;
      return true;
    }
    for (unsigned words = 0; words < kPartWordsMax; ++words) {
      uint64_t end = word_end(at);
      if (end == at) return false;
      if (reader.at(end) == '.') ++end;
      at = end;
      if (reader.at(at) != ' ') break;
      ++at;
    }
  }
  return false;
}

}  // namespace

bool address_may_follow(const TextView& text, uint64_t start, uint64_t end) noexcept {
  OpenReader reader(text);
  return end - start <= kHouseDigitsMax && text.at(start) != '0' && begins_clean(reader, start) &&
         street_may_follow(text, end + 1);
}

namespace {

// May a number [number, end) that no space follows at once begin an address?
bool number_may_be_first(const TextView& text, uint64_t number, uint64_t end) noexcept {
  if (end >= text.end) return true;
  if (end - number > kHouseDigitsMax) return false;
  const uint8_t behind = text.at(end);
  if (behind == ',')
    return end + 2 >= text.end || (text.at(end + 1) == ' ' && french_may_follow(text, end + 2));
  if (behind != '-' && behind != '/') return is_letter(behind);
  // "12-14 Mill Lane", "12/3", "12/A": of "2024-05-12" no house begins.
  uint64_t at = end + 1;
  while (at < text.end && at - end <= kHouseDigitsMax && is_digit(text.at(at))) ++at;
  return at >= text.end || text.at(at) == ' ' || text.at(at) == ',' || is_letter(text.at(at));
}

// May the word before the one at `word` be of a street's name? It has a capital letter, or is one
// of those that stand inside of such names.
bool street_may_stand_before(const TextView& text, uint64_t word) noexcept {
  if (word < text.begin + 2 || text.at(word - 1) == '/') return true;
  if (text.at(word - 1) != ' ') return false;
  const uint64_t end = word - 1;
  const uint8_t last = text.at(end - 1);
  if (!is_letter(last)) return last >= 0x80 || last == '.' || last == '/';  // "C/ de"
  const uint64_t start = letters_start(text, end, kNameWordBytesMax);
  const uint8_t left = text.at(start - 1);
  return start == text.begin || is_letter(left) || left >= 0x80 || left == '-' || left == '\'' ||
         is_upper(text.at(start)) || may_be_street_part(text.at(start), end - start);
}

// "-n 10": small letters behind a hyphen that joins them to no word; but "unit 4", "psc 12" are
// stations anywhere.
bool is_option(const TextView& text, uint64_t end) noexcept {
  const uint64_t start = letters_start(text, end, kNameWordBytesMax);
  const uint8_t first = text.at(start);
  return start < end && start > text.begin + 1 && text.at(start - 1) == '-' &&
         !is_word_letter(text.at(start - 2)) && is_lower(first) && first != 'u' && first != 'p' &&
         first != 'c';
}

}  // namespace

bool address_may_end(const TextView& text, uint64_t word, uint64_t number, uint64_t end) noexcept {
  const uint8_t first = text.at(word);
  // A word in small letters is part of a street behind another word of it. Others of which the
  // first letter is here: "no.", and the words of boxes and stations ("apo ae", "psc", "unit").
  constexpr std::string_view kElsewhere = "acnpu";
  OpenReader reader(text);
  const NameWord whole{word, number - 1, false, false};
  const bool is_part = may_be_street_part(first, whole.size()) &&
                       (kElsewhere.find(static_cast<char>(first)) != std::string_view::npos ||
                        (is_street_word(reader, whole, kStreetParticle | kStreetTypeWord) &&
                         street_may_stand_before(text, word)));
  // The last words of kBoxesOfTwo.
  static constexpr std::string_view kBoxEnds[] = {"postale", "postal", "pocztowa"};
  static constexpr WordFilter kBoxEndsFilter{kBoxEnds};
  const bool is_box = first == 'p' && word_in(reader, whole, kBoxEnds, kBoxEndsFilter);
  return is_upper(first) || is_part || is_box || end - number > kHouseDigitsMax ||
         number_may_be_first(text, number, end);
}

bool address_may_end_behind(const TextView& text, uint64_t last, uint64_t number,
                            uint64_t end) noexcept {
  constexpr uint64_t kSignsMax = 3;  // "utca.:,"
  uint64_t at = last + 1;
  while (at > text.begin && last + 1 - at < kSignsMax &&
         (text.at(at - 1) == ',' || text.at(at - 1) == ':' || text.at(at - 1) == '.'))
    --at;
  const uint8_t before = text.at(at - 1);
  if (at == last + 1 && is_option(text, at)) return number_may_be_first(text, number, end);
  if (before >= 0x80 || at == last + 1 || last + 1 - at == kSignsMax) return true;
  if (!is_letter(before)) return number_may_be_first(text, number, end);
  const uint64_t start = letters_start(text, at, kNameWordBytesMax);
  const uint8_t left = text.at(start - 1), first = text.at(start);
  const bool is_mark = left == '.' && text.at(start - 2) >= 0x80;  // "č.p.", and no "np.pi, 2"
  const bool is_part = left >= 0x80 || left == '-' || left == '\'' || is_mark || is_letter(left);
  if (is_part || (start == text.begin && start > 0) || is_upper(first)) return true;
  // A kind of street or a mark ("nr.") in small letters.
  OpenReader reader(text);
  const NameWord word{start, at, false, false};
  const bool is_one = at - start == 1;
  if ((may_be_street_part(first, at - start) &&
       is_street_word(reader, word, kStreetParticle | kStreetTypeWord)) ||
      (is_one && first == 'n') || (!is_one && may_be_of_street(reader, word)))
    return true;
  return number_may_be_first(text, number, end);
}

Verdict address_from_number(const TextView& text, const Trigger& trigger, const RuleParameters&,
                            Hit& out) noexcept {
  OpenReader reader(text);
  const bool is_match = number_first(reader, trigger.start, out);
  if (!is_match) out.start = building_start(reader, trigger.start);
  return reader.answer(is_match);
}

Verdict address_to_number(const TextView& text, const Trigger& trigger, const RuleParameters&,
                          Hit& out) noexcept {
  OpenReader reader(text);
  if (trigger.at >= 4) {
    const bool is_box =
        box_or_station(reader, trigger.at, out) ||
        numbered_street(reader, word_before(reader, trigger.at - 1), trigger.at, out);
    if (is_box && !reader.open()) return reader.answer(true);
    Hit unit{trigger.start, trigger.start, false, 0}, street = unit;
    const bool is_unit = unit_first(reader, trigger.at, unit);
    const bool is_street = number_last(reader, trigger.at, street);
    // While any may still come, the text is held from the earliest one on.
    if (reader.open()) {
      out.start = std::min({out.start, unit.start, street.start});
      return Verdict::More;
    }
    // "Jl. Kebon Sirih No. 17, Menteng, Jakarta 10340": its number is of the street before it.
    const bool is_whole = is_street && street.start < unit.start && street.end >= unit.end;
    if (is_unit || is_street) {
      out = is_unit && !is_whole ? unit : street;
      return reader.answer(true);
    }
  }
  // "80, boulevard Voltaire", "221B Baker Street": no space behind the digits.
  uint64_t at = trigger.at;
  while (at - trigger.at < kHouseDigitsMax && is_digit(reader.at(at))) ++at;
  return reader.answer(reader.at(at) != ' ' && number_first(reader, trigger.at, out));
}

}  // namespace sallyport::scan
