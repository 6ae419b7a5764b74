#include "dataplane/scan/number/value_tail.h"

#include <array>
#include <string_view>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kQuotesMax = 3;
constexpr uint64_t kLabelBytesMax = 16;
// Verbs and signs between a value and what it is; longer ones before their beginnings.
constexpr std::string_view kLinks[] = {
    "is ", "was ", "ist ", "war ", "est ", "es ", "era ", "\xc3\xa8 ", "\xc3\xa9 ",
    "to m\xc3\xb3j ", "to jest ", "jest ", "\xc3\xa4r ", "er ", "on ", "= ", "- ", "as ", "als ",
    "como ", "comme ", "come ", "which is ", "that is ", "for the ", "for my ", "for his ",
    "for her ", "<- ",
    // Folded (fold.h): "numarasından", "numaralı"; года, року.
    "tarihinde ", "numarasindan ", "numarali ", "nolu ", "numaradan ", "मा ", "पर ", "নম্বরে ",
    "নাম্বারে ", "پر ", "को ", "کو ", "\xd0\xb3o\xd0\xb4\x61 ", "po\xd0\xbay "};

// By the first byte in lower case: may one of them begin so?
constexpr std::array<bool, 256> make_link_starts() {
  std::array<bool, 256> out{};
  for (std::string_view link : kLinks) out[static_cast<uint8_t>(link[0])] = true;
  return out;
}
constexpr std::array<bool, 256> kLinkStarts = make_link_starts();

// Scripts without blanks say it at once: "1980-05-12出生", "E12345678是我的护照号". Where their
// letters end; `at`: there are none.
uint64_t script_end(OpenReader& reader, uint64_t at) noexcept {
  constexpr uint64_t kScriptBytesMax = 24, kParticleBytesMax = 9;
  const auto begins = [&](uint64_t i) { return reader.at(i) >= 0xe3 && reader.at(i) <= 0xed; };
  const auto run_end = [&](uint64_t from) {
    uint64_t end = from;
    while (end - from < kScriptBytesMax && begins(end) && !reader.follows(end, "\xe3\x80"))
      end += 3;
    return end;
  };
  uint64_t end = run_end(at);
  // Behind the particle of Korean its verb: "02-123-4567로 전화해".
  const uint64_t size = end - at;
  if (size > 0 && size <= kParticleBytesMax && reader.at(end) == ' ') {
    const uint64_t next = run_end(end + 1);
    if (next > end + 1) end = next;
  }
  return end;
}

bool ends_phrase(uint8_t c) noexcept {
  return c == 0 || c == '.' || c == ';' || c == '!' || c == '?' || c == '\n' || c == '\r' ||
         c == '(' || c == ')' || c == ']' || c == ',' || c == ':' || c == '|' || c == '"' ||
         is_digit(c);
}

// "office", "Fax" and the end of the line: a label behind its number, without a verb. Its end; 0:
// none.
uint64_t label_end(OpenReader& reader, uint64_t at) noexcept {
  // Behind a comma other languages go on with what comes next: "номер 123456, выдан".
  const bool ascii = at > 1 && reader.before(at - 1) == ',';
  const auto fits = [&](uint8_t c) { return ascii ? is_letter(c) : is_word_letter(c); };
  uint64_t end = at;
  while (end - at <= kLabelBytesMax && fits(reader.at(end))) ++end;
  if (ascii && reader.at(end) >= 0x80) return 0;
  if (end - at < 2 || end - at > kLabelBytesMax) return 0;
  const uint8_t c = reader.at(end);
  // "am 03.05.1985 geboren."
  if (c == '.' && !is_alnum(reader.at(end + 1))) return end;
  return c == 0 || c == '\n' || c == '\r' || c == '\\' || c == ',' || c == ';' || c == '<' ||
                 c == ')'
             ? end
             : 0;
}

}  // namespace

ValueTail tail_behind(OpenReader& reader, uint64_t end) noexcept {
  uint64_t at = end;
  for (unsigned i = 0; i < kQuotesMax; ++i, ++at) {
    const uint8_t c = reader.at(at);
    if (c != '"' && c != '\'' && c != '*' && c != '`' && c != ')') break;
  }
  if (reader.at(at) == ',') ++at;
  if (reader.at(at) == ' ' || reader.at(at) == '-') ++at;
  if (const uint64_t script = script_end(reader, at); script != at) return {at, script};
  if (at == end) return {end, end};
  const uint8_t first = reader.at(at);
  if (first == '(' || first == '[') {
    ++at;
  } else {
    const uint64_t word_end = label_end(reader, at);
    if (word_end != 0) return {at, word_end};
    if (reader.before(at) != ' ') return {end, end};
    if (!kLinkStarts[to_lower(first)]) return {end, end};
    bool links = false;
    for (std::string_view link : kLinks) {
      // What cannot be its beginning is not read further.
      if (to_lower(first) != static_cast<uint8_t>(link[0]) || !reader.follows(at, link)) continue;
      at += link.size();
      links = true;
      break;
    }
    // "is not my number"
    if (!links || reader.follows(at, "not ") || reader.follows(at, "no ") ||
        reader.follows(at, "kein"))
      return {end, end};
  }
  uint64_t to = at;
  while (to - end < kTailBytesMax && !ends_phrase(reader.at(to))) ++to;
  return {at, to};
}

void find_tail_words(const ContextWords& words, const TextView& text, const ValueTail& tail,
                     uint64_t value_end, ContextBlocks& blocks, ContextHits& out) {
  if (tail.to <= tail.from) return;
  ContextHits hits;
  words.find(text, tail.to, tail.to - tail.from, blocks, hits);
  for (size_t i = 0; i < hits.count && out.count < ContextHits::kHitsMax; ++i) {
    const uint64_t end = tail.to - hits.hits[i].distance;
    const uint64_t size = words.word(hits.hits[i].word).size();
    if (end < tail.from + size) continue;
    out.hits[out.count++] =
        ContextHit{hits.hits[i].word, static_cast<uint16_t>(end - size - value_end)};
  }
}

}  // namespace sallyport::scan
