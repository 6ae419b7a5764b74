// string_decoder.h: the inside of a JSON string, decoded in one pass with the list of its pieces.
//
// Vectors of the input are copied to the output while they are looked at; where a backslash stands,
// the escape is decoded and the copy goes on behind it. With VBMI2 the short escapes (\n \" \\) of
// a vector are decoded where they stand, all at once. Text that needs more than that (the closing
// quote, a control character, an escape that is cut or wrong) ends the pass: the walker's state
// machine says what it is. Whether the text is UTF-8 is not judged here: decoded escapes are whole
// characters, so the decoded text is UTF-8 if and only if every run between them is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/bits.h"

namespace sallyport::llm {

// Decoded text that is handed on at once: what is done once for each piece of text costs little
// then, and the text stays in the second cache.
inline constexpr size_t kStretchBytes = 8'192;
// Its pieces: two for each vector with an escape, two for each \u between other text.
inline constexpr size_t kStretchPieces = 512;
// Whole vectors are stored: what they write behind the text.
inline constexpr size_t kStretchSlackBytes = 64;

// One of
//   linear   unit_decoded and begins are 0: byte for byte
//   a row    of escape sequences that are each `unit_raw` bytes for `unit_decoded` decoded ones
//   mixed    at most 64 raw bytes: characters that stand for themselves, and escapes of two bytes
//            for one. Bit i of `begins`: what stands for the next decoded byte begins at raw byte i
struct TextPiece {
  uint32_t decoded_size;
  uint32_t raw_size;
  uint8_t unit_decoded;
  uint8_t unit_raw;
  uint64_t begins = 0;
};

// What stands for decoded byte `i` of a piece, from the piece's first raw byte on.
struct RawUnit {
  size_t start;
  size_t size;
};
inline RawUnit raw_unit(const TextPiece& piece, size_t i) noexcept {
  if (piece.begins != 0) {
    const size_t start = base::nth_bit(piece.begins, i);
    const size_t end =
        i + 1 < piece.decoded_size ? base::nth_bit(piece.begins, i + 1) : piece.raw_size;
    return {start, end - start};
  }
  if (piece.unit_decoded == 0) return {i, 1};
  return {i / piece.unit_decoded * piece.unit_raw, piece.unit_raw};
}

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
