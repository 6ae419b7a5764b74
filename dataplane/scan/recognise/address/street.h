// street.h: the parts of a street address that its recognisers share: house numbers, kinds of
// street, names of streets.
//
// Sources: USPS Publication 28 appendix C1 (suffixes), UPU S42 (order of the parts per country).
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

inline constexpr uint64_t kHouseDigitsMax = 5;
// From the word that says "street" to the number behind the name, and back.
inline constexpr unsigned kNameWordsMax = 7;
inline constexpr uint64_t kNoStreet = ~uint64_t{0};

// A number of `most` digits at most between spaces before `end`: where it begins; `end`: none.
uint64_t spaced_number_start(OpenReader& reader, uint64_t end, uint64_t most) noexcept;
// 221B, 12-14, 98a, 5/7: the end of a house number that begins with a digit; 0: none.
uint64_t house_end(OpenReader& reader, uint64_t start) noexcept;
// Nothing stands right before a number that makes something else of it.
bool begins_clean(OpenReader& reader, uint64_t start) noexcept;
// "Flat 3, 12 High Street", "1423 Bahnhofstr. 5": back over a unit or the number of a building
// right before `start`, on the same line; `start`: there is none.
uint64_t building_start(OpenReader& reader, uint64_t start) noexcept;

// "1051 Budapest, Deák tér 3": back over the post code and the town; `start`: they do not stand
// there.
uint64_t town_start_before(OpenReader& reader, uint64_t start) noexcept;

struct Street {
  uint64_t end = 0;      // 0: none
  bool capitals = true;  // every word that should have one has a capital letter
  uint16_t kind = 0;     // lists of the word that says what it is, and kStreetThing of its name
};
// Words up to and with the last one that is a kind of street: "NW Spruce Ter".
Street english_street(OpenReader& reader, uint64_t start) noexcept;
// rue de la Paix: the kind, then the name, of which one word has a capital letter.
Street french_street(OpenReader& reader, uint64_t start) noexcept;
// Quick looks at the text from `at` on: false only where french_street(), or one of these three,
// finds nothing there, whatever follows.
bool french_may_follow(const TextView& text, uint64_t at) noexcept;
bool street_may_follow(const TextView& text, uint64_t at) noexcept;
// One to four words with capital letters and no kind of street: "Sunnyside Cottage".
Street named_street(OpenReader& reader, uint64_t start) noexcept;

// The end of the street's text before the number at `number`: without "no.", "nº", a comma.
uint64_t street_end_before(OpenReader& reader, uint64_t number) noexcept;
// "Paseo del Mar s/n, 41001": the mark of a house without a number, and where it ends before the
// post code at `code`; 0: it does not stand there.
inline constexpr std::string_view kUnnumberedMark = " s/n";
uint64_t unnumbered_end_before(OpenReader& reader, uint64_t code) noexcept;
// How much a street says by itself. Placed: only with a town or a unit behind it. Cued: what a cue
// must announce.
enum class StreetStrength : uint8_t { Plain, Placed };
struct StreetStart {
  uint64_t start = kNoStreet;
  StreetStrength strength = StreetStrength::Plain;
  bool says = false;  // with its number an address by itself: "Gartenstraße", "Calle Mayor"
};
// Where the street begins whose text ends at `end`, behind which its number stands.
// `named`: also where nothing but capital letters says so.
StreetStart street_before(OpenReader& reader, uint64_t end, bool named) noexcept;

// Nothing else stands on the line but signs of lists and quotes.
bool is_whole_line(OpenReader& reader, uint64_t start, uint64_t end) noexcept;
// Words that may stand inside of a street's name or say what it is, in small letters.
bool may_be_of_street(OpenReader& reader, const NameWord& word) noexcept;
// The letters that are here may become such a word.
bool may_begin_of_street(OpenReader& reader, const NameWord& word) noexcept;

}  // namespace sallyport::scan
