// street_words.h: the words that streets are made of, in the languages of detection.md: what kind
// of street it is, what stands inside of its name, and what only looks like one.
//
// A word is looked up once for all lists. Immutable; no allocation.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

// A bit for each list a word is in.
enum StreetWord : uint16_t {
  kStreetSuffix = 1,        // "street", "ave": behind an English name
  kStreetFrench = 2,        // "rue": before a French one
  kStreetParticle = 4,      // "de", "van", "of": inside of one
  kStreetPrefix = 8,        // "calle", "via", "ul": the first word of one
  kStreetLoosePrefix = 16,  // of those: words that also begin other things
  kStreetAtPlace = 32,      // "am", "unter": begins the name of a place
  kStreetTypeWord = 64,     // "utca", "weg": behind the name, also in small letters
  kStreetNone = 128,        // ends like a street and is none: "engineering"
  kStreetNoName = 256,      // a noun with a number that is no place: "chapter"
  kStreetMark = 512,        // "no", "nr": before the number
  kStreetUnit = 1024,       // "flat", "suite": what stands behind it is no house
  kStreetSays = 2048,       // "street", "rue", "calle": with name and number an address by itself
  kStreetSaysLess = 4096,   // "court", "way": the same with a house number of three digits
  kStreetThing = 8192,      // "hard" of a drive, "supreme" of a court: no street by itself
};

// The lists of `word`, in any case.
uint16_t street_word(OpenReader& reader, const NameWord& word) noexcept;
inline bool is_street_word(OpenReader& reader, const NameWord& word, uint16_t lists) noexcept {
  return (street_word(reader, word) & lists) != 0;
}
// False only where no word with this first byte and size is in the list.
bool may_be_street_part(uint8_t first, uint64_t size) noexcept;  // particles and type words
bool may_be_street_suffix(uint8_t first, uint64_t size) noexcept;
// The letters that are here may become a particle, a prefix, a kind of street or a mark.
bool may_begin_street_word(OpenReader& reader, const NameWord& word) noexcept;
// "no", "nr", "nº": what may stand between a street and its number.
std::span<const std::string_view> street_marks() noexcept;

}  // namespace sallyport::scan
