// For sinks that have no use for large stretches: the pieces of one told one by one.
#include <bit>

#include "dataplane/llm/json_walker.h"

namespace sallyport::llm {
namespace {

// A mixed piece: what stands for itself in runs, its escapes one by one.
bool tell_mixed(Sink& sink, std::span<const uint8_t> decoded, uint64_t raw_start,
                const TextPiece& piece) {
  const auto tell = [&](size_t size, size_t raw_size) {
    if (size == 0) return true;
    const auto part = decoded.first(size);
    decoded = decoded.subspan(size);
    raw_start += raw_size;
    return sink.leaf_text(part, raw_start - raw_size, raw_start);
  };
  // Nothing begins behind the first byte of an escape.
  uint64_t escapes = piece.begins & ~(piece.begins >> 1 | uint64_t{1} << (piece.raw_size - 1));
  size_t at = 0;
  for (; escapes != 0; escapes &= escapes - 1) {
    const auto escape = static_cast<size_t>(std::countr_zero(escapes));
    if (!tell(escape - at, escape - at) || !tell(1, 2)) return false;
    at = escape + 2;
  }
  return tell(piece.raw_size - at, piece.raw_size - at);
}

}  // namespace

bool Sink::leaf_pieces(std::span<const uint8_t> decoded, uint64_t raw_start,
                       std::span<const TextPiece> pieces) {
  for (const TextPiece& piece : pieces) {
    if (piece.begins != 0) {
      if (!tell_mixed(*this, decoded.first(piece.decoded_size), raw_start, piece)) return false;
      decoded = decoded.subspan(piece.decoded_size);
      raw_start += piece.raw_size;
      continue;
    }
    const bool linear = piece.unit_decoded == 0;
    const size_t unit_decoded = linear ? piece.decoded_size : piece.unit_decoded;
    const size_t unit_raw = linear ? piece.raw_size : piece.unit_raw;
    for (size_t i = 0; i < piece.decoded_size; i += unit_decoded, raw_start += unit_raw) {
      if (!leaf_text(decoded.first(unit_decoded), raw_start, raw_start + unit_raw)) return false;
      decoded = decoded.subspan(unit_decoded);
    }
  }
  return true;
}

}  // namespace sallyport::llm
