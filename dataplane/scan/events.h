// events.h: what the scan stage tells the stages behind it, as plain values.
#pragma once

#include <cstdint>

namespace sallyport::scan {

inline constexpr uint16_t kNoContextWord = 0xffff;

// A value in a text channel. Offsets are bytes of the channel's decoded UTF-8 text, half open.
struct Finding {
  uint64_t start = 0;
  uint64_t end = 0;
  uint16_t entity = 0;
  uint16_t rule = 0;
  uint16_t context = kNoContextWord;  // Engine::context_word: the word that counted
  uint8_t confidence = 0;             // percent
  uint8_t folded = 0;                 // FoldReason bits: what stood in the way of reading it
};

// What a value that is the whole text is: perhaps the answer to a question that stands elsewhere,
// or what its field says (an id, a model, a word of the protocol), of which nothing is guessed.
enum class Whole : uint8_t { Answer, Field };

}  // namespace sallyport::scan
