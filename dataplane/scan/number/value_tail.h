// value_tail.h: words right behind a value that say what it is: "536-90-4399 (SSN)", "C01X00T47 is
// my passport number", "12345678Z es mi DNI".
#pragma once

#include <cstdint>

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/text/context_words.h"

namespace sallyport::scan {

// The farthest a tail reaches behind its value.
inline constexpr uint64_t kTailBytesMax = 64;

struct ValueTail {
  uint64_t from = 0;
  uint64_t to = 0;  // from: nothing behind the value speaks of it
};

// What a sentence or a bracket says behind a value that ends at `end`. Reads on only while it looks
// like one: most values end with the first character.
ValueTail tail_behind(OpenReader& reader, uint64_t end) noexcept;

// Appends the words of `tail` to `out`, with their distance from the value.
void find_tail_words(const ContextWords& words, const TextView& text, const ValueTail& tail,
                     uint64_t value_end, ContextBlocks& blocks, ContextHits& out);

}  // namespace sallyport::scan
