// held_spans.h: payload that arrived ahead of its place, as sorted disjoint spans. One block of a
// pool, taken when the first hole opens and given back when the last one closes: most connections
// never need one.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/block_pool.h"
#include "dataplane/tcp/limits.h"

namespace sallyport::tcp {

struct HeldSpans {
  struct Span {
    uint32_t begin = 0;
    uint32_t end = 0;
    uint32_t touched = 0;  // larger is more recent: the order of our SACK blocks
    mem::ByteChain bytes;
  };
  std::array<Span, kHeldSpansMax> spans;
  size_t count = 0;
  uint32_t touches = 0;
  HeldSpans* next_free = nullptr;
};

// What all receive windows of a worker share.
struct ReceivePools {
  mem::SegmentPool& copies;
  BlockPool<HeldSpans> spans;
  // Reassembly never takes the last of the copies: what is in order comes first.
  size_t copies_reserved = 0;
};

}  // namespace sallyport::tcp
