// string_decoder.h: the inside of a JSON string, decoded in one pass with the list of its pieces.
//
// Vectors of the input are copied to the output while they are looked at; where a backslash stands,
// the escape is decoded and the copy goes on behind it. Text that needs more than that (the closing
// quote, a control character, an escape that is cut or wrong) ends the pass: the walker's state
// machine says what it is. Whether the text is UTF-8 is not judged here: decoded escapes are whole
// characters, so the decoded text is UTF-8 if and only if every run between them is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::llm {

// Decoded text that is handed on at once: stays in the first cache with what reads it.
inline constexpr size_t kStretchBytes = 8'192;
// Its pieces; prose has two for each line, a row of equal escapes is one.
inline constexpr size_t kStretchPieces = 512;
// Whole vectors are stored: what they write behind the text.
inline constexpr size_t kStretchSlackBytes = 64;

// Pieces of one shape in a row: one linear stretch (unit_decoded is 0), or escape sequences that
// are each `unit_raw` bytes for `unit_decoded` decoded ones.
struct TextPiece {
  uint32_t decoded_size;
  uint32_t raw_size;
  uint8_t unit_decoded;
  uint8_t unit_raw;
};

struct Stretch {
  size_t raw_size = 0;  // bytes taken
  size_t size = 0;
  size_t piece_count = 0;
  bool ascii = true;     // every byte of the text
  bool stopped = false;  // raw[raw_size] is what this pass does not read; else there is no more, or
                         // no more room
  std::array<TextPiece, kStretchPieces> pieces;
  std::array<uint8_t, kStretchBytes + kStretchSlackBytes> text;

  std::span<const uint8_t> decoded() const noexcept { return std::span(text).first(size); }
};

// Decodes from the front of `raw` into an empty `out`.
void decode_string(std::span<const uint8_t> raw, Stretch& out) noexcept;

}  // namespace sallyport::llm
