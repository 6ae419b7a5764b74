// literal_masks.h: the places of a text at which a literal may begin, 64 at once, by the look-ups
// of literal_tables.h. Three loops (portable, AVX2, AVX-512 with VBMI) with equal results; no
// state.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/scan/text/literal_tables.h"

namespace sallyport::scan {

constexpr size_t kLiteralBlock = 64;
// Most blocks of one call: their masks and places stay in the first cache.
constexpr size_t kLiteralBlocksMax = 16;

// A bit for each place of `blocks` blocks from `text` on, a word a block. One byte before `text`
// and a head less one behind the last block are read.
void literal_masks(const LiteralTables& tables, const uint8_t* text, size_t blocks,
                   uint64_t* out) noexcept;

}  // namespace sallyport::scan
