#include "dataplane/scan/recognise/secret/answer.h"

#include <array>

#include "dataplane/scan/recognise/secret/credential_name.h"
#include "dataplane/scan/validate/letters.h"
#include "dataplane/scan/validate/word_list.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kWhiteMax = 6;
// "[10:02] Customer (Anna): ".
constexpr uint64_t kSpeakerBytesMax = 32;
constexpr unsigned kWordsMax = 5;
constexpr uint64_t kWordBytesMax = 8;

constexpr WordList kWords{std::to_array<std::string_view>(
    {"it's", "its",  "it",  "is",    "sure",      "yes",   "ok",  "okay",   "try",  "use", "i",
     "set",  "used", "the", "my",    "chose",     "think", "um",  "uh",     "well", "das", "ist",
     "es",   "ja",   "oui", "c'est", "s\xc3\xad", "si",    "sim", "answer", "a",    "ans"})};

// "User: ", "[10:02] agent: ", "> ", "- ", "A: ": who answers. Moves behind it, or not at all.
void skip_speaker(Reader& reader) noexcept {
  uint64_t i = 0;
  while (i < kSpeakerBytesMax) {
    const uint8_t c = reader.peek(i);
    if (c == ':' && is_gap(reader.peek(i + 1))) {
      reader.skip(i + 1);
      return;
    }
    if (!is_alnum(c) && c < 0x80 && c != ' ' && c != '[' && c != ']' && c != '(' && c != ')' &&
        c != '*' && c != '.' && c != ':' && c != '_' && c != '-')
      return;
    ++i;
  }
}

}  // namespace

void skip_to_answer(Reader& reader) noexcept {
  skip_white(reader, kWhiteMax);
  while (reader.peek() == '>' || reader.peek() == '-' || reader.peek() == '*') reader.skip();
  reader.skip_blanks(2);
  skip_speaker(reader);
  for (unsigned i = 0; i <= kWordsMax; ++i) {
    reader.skip_blanks(2);
    uint64_t size = 0;
    while (size < kWordBytesMax &&
           (is_letter(reader.peek(size)) || reader.peek(size) == '\'' || reader.peek(size) >= 0x80))
      ++size;
    const uint8_t behind = reader.peek(size);
    if (size == 0 || !kWords.has(reader.slice(reader.at(), reader.at() + size)) ||
        (behind != ' ' && behind != ',' && behind != ':' && behind != '.'))
      break;
    reader.skip(size + 1);
  }
  reader.skip_blanks(2);
}

Value answer_value(Reader& reader) noexcept {
  skip_to_answer(reader);
  return read_value(reader, Stop::Line);
}

}  // namespace sallyport::scan
