// Where, in a text that goes on, the beginning of an address may already stand: every way back that
// the recognisers of address.cc, street.cc and free_address.cc take from their trigger, taken from
// the end of the text, where the last word may not be whole.
#include <algorithm>
#include <iterator>
#include <string_view>

#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/address/address.h"
#include "dataplane/scan/recognise/address/street.h"

namespace sallyport::scan {
namespace {

// The words of the longest street (kNameWordsMax), its number and the mark before it, a building
// with its unit or a post code with its town, "C/".
constexpr unsigned kLiveTokensMax = 14;
// "USS", two words of a name, "FPO", "AE", the post code: one more is not whole.
constexpr unsigned kShipTokensMax = 7;
constexpr unsigned kShipGapMax = 4;
// "dell'Arte": this many small letters may stand before the apostrophe that makes them a name.
constexpr uint64_t kElisionBytesMax = 5;
// The longest cue of another script, "제주특별자치도", is shorter.
constexpr uint64_t kScriptCueBytesMax = 32;

// Words of boxes and stations that may stand in small letters (address.cc).
constexpr std::string_view kBoxWords[] = {
    "psc",   "cmr",     "unit",     "po",       "box",    "skrytka", "boite",
    "caixa", "casella", "apartado", "pocztowa", "postal", "postale", "bo\xc3\xaete"};
constexpr std::string_view kShips[] = {"uss", "usns", "uscgc"};

template <size_t N>
bool begins_one_of(OpenReader& reader, const NameWord& word,
                   const std::string_view (&list)[N]) noexcept {
  return std::any_of(std::begin(list), std::end(list), [&](std::string_view one) {
    return one.size() >= word.size() && reader.follows(word.start, one.substr(0, word.size()));
  });
}

// A house number or post code that ends at `end`: where it begins; `end`: none.
uint64_t number_start(OpenReader& reader, uint64_t end) noexcept {
  constexpr uint64_t kNumberBytesMax = 12;  // "12345-12345"
  uint64_t first = end;
  while (first > 0 && end - first < kNumberBytesMax &&
         (is_alnum(reader.before(first)) || reader.before(first) == '/' ||
          reader.before(first) == '-'))
    --first;
  return first < end && is_digit(reader.at(first)) ? first : end;
}

// The token of a possible address that ends at `end`: a word or a house number; `end`: none.
uint64_t token_start(OpenReader& reader, uint64_t end) noexcept {
  uint64_t at = end;
  if (reader.before(at) == '.' || reader.before(at) == ':') --at;
  // The sign of "nº", "n°", and the ordinals of floors.
  if (at >= 2 && reader.before(at - 1) == 0xc2) at -= 2;
  if (const uint64_t number = number_start(reader, at); number < at) return number;
  const NameWord word = word_before(reader, at);
  const bool may_be = word.size() > 0 && (word.capital || may_be_of_street(reader, word) ||
                                          word_in(reader, word, kBoxWords));
  return may_be ? word.start : end;
}

// The same of the token that the text ends in: it may go on. An open word is held by its own
// stage; what stands before it is not.
uint64_t open_token_start(OpenReader& reader, uint64_t end) noexcept {
  uint64_t at = end;
  if (reader.before(at) == '-' || reader.before(at) == '\'') --at;  // "Saint-" "Denis", "dell'"
  const NameWord word = word_before(reader, at);
  if (word.size() == 0 || number_start(reader, at) < at) return token_start(reader, end);
  const bool may_be = word.capital || word.size() <= kElisionBytesMax ||
                      may_be_of_street(reader, word) || may_begin_of_street(reader, word) ||
                      begins_one_of(reader, word, kBoxWords);
  return may_be ? word.start : end;
}

// "USS Halden\nFPO AE 0": where the ship's kind stands; `end`: nowhere.
uint64_t ship_live(OpenReader& reader, uint64_t begin, uint64_t end) noexcept {
  uint64_t at = end;
  for (unsigned tokens = 0; tokens < kShipTokensMax; ++tokens) {
    for (unsigned gap = 0; gap < kShipGapMax && at > begin; ++gap, --at) {
      const uint8_t c = reader.before(at);
      if (c != ' ' && c != ',' && c != '\n') break;
    }
    uint64_t start = at;
    while (start > begin && at - start < kNameWordBytesMax) {
      const uint8_t c = reader.before(start);
      if (!is_word_letter(c) && !is_digit(c) && c != '-' && c != '\'') break;
      --start;
    }
    if (start == at) break;
    if (word_in(reader, NameWord{start, at, false, false}, kShips)) return start;
    at = start;
  }
  return end;
}

// "corner o": a cue that is part of its address (free_address.cc). Its first word is held as an
// open word; behind that the space is.
uint64_t corner_live(OpenReader& reader, uint64_t end) noexcept {
  constexpr std::string_view kCorner = "corner of";
  for (size_t size = kCorner.size() - 1; size > kCorner.find(' '); --size)
    if (end >= size && reader.follows(end - size, kCorner.substr(0, size))) return end - size;
  return end;
}

// "東京": the beginning of a region or a kind of street of another script, with which its address
// begins (script_address.h).
uint64_t script_live(OpenReader& reader, uint64_t begin, uint64_t end) noexcept {
  uint64_t start = end;
  bool is_other = false;
  while (start > begin && end - start < kScriptCueBytesMax &&
         is_word_letter(reader.before(start))) {
    --start;
    is_other = is_other || reader.at(start) >= 0xce;
  }
  // Between two letters, not in one.
  while (start < end && (reader.at(start) & 0xc0) == 0x80) ++start;
  return is_other ? start : end;
}

// Over the space before a token and the comma before that. False: none stands there.
bool skip_gap_back(OpenReader& reader, uint64_t begin, uint64_t& at) noexcept {
  if (at <= begin || reader.before(at) != ' ') return false;
  --at;
  if (at > begin && reader.before(at) == ',') --at;
  return true;
}

// Back over words and numbers while they look like those of an address.
uint64_t words_live(OpenReader& reader, uint64_t begin, uint64_t end) noexcept {
  uint64_t at = end, live = end;
  if (!skip_gap_back(reader, begin, at) && at > begin && reader.before(at) == ',') --at;
  for (unsigned tokens = 0; tokens < kLiveTokensMax && at > begin; ++tokens) {
    if (at > begin + 1 && reader.before(at) == '/' && is_letter(reader.before(at - 1))) {
      at = live = at - 2;  // "C/ Mayor"
      if (!skip_gap_back(reader, begin, at)) break;
      continue;
    }
    const uint64_t start = at == end ? open_token_start(reader, at) : token_start(reader, at);
    if (start == at) break;
    at = live = start;
    if (start <= begin) break;
    const uint8_t before = reader.before(start);
    if (before == '/' || before == '.') {  // "C/Mayor", "P.O.", "č.p."
      --at;
      while (at > begin && is_word_letter(reader.before(at)) && start - at < kElisionBytesMax)
        live = --at;
    }
    // "No:5"
    if (before != ':' && !skip_gap_back(reader, begin, at)) break;
  }
  return live;
}

}  // namespace

uint64_t address_live_from(const TextView& text, uint64_t floor) noexcept {
  TextView whole = text;
  whole.final = true;
  OpenReader reader(whole);
  const uint64_t begin = std::max(text.begin, floor);
  return std::min({words_live(reader, begin, text.end), ship_live(reader, begin, text.end),
                   corner_live(reader, text.end), script_live(reader, begin, text.end)});
}

}  // namespace sallyport::scan
