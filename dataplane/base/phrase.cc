#include "dataplane/base/phrase.h"

#include "dataplane/base/phrase_letters.h"

namespace sallyport::base {

std::vector<PhraseWord> phrase_words(std::string_view text) {
  // A letter may become two of at most four bytes.
  constexpr size_t kMoreBytes = 8;
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  std::vector<PhraseWord> words;
  bool in_word = false;
  for (size_t at = 0, size = 1; at < bytes.size(); at += size) {
    const uint8_t c = bytes[at];
    uint32_t letter = kNoLetter;
    size = c < 0x80 ? 1 : read_letter(bytes.subspan(at), letter);
    if (size == 0) size = 1;  // the text ends within
    const bool is_word = c < 0x80 ? is_alnum(c) : letter == kNoLetter || is_phrase_letter(letter);
    if (is_word && !in_word) words.push_back({{}, at, at});
    in_word = is_word;
    if (!is_word) continue;
    std::string& word = words.back().folded;
    words.back().end = at + size;
    if (letter == kNoLetter) {
      word += static_cast<char>(c < 0x80 ? to_lower(c) : c);
      continue;
    }
    const size_t before = word.size();
    word.resize(before + kMoreBytes);
    word.resize(add_letter(letter, {reinterpret_cast<uint8_t*>(word.data()), word.size()}, before));
  }
  return words;
}

}  // namespace sallyport::base
