// receive_window.h: segments in any order become one stream of bytes in order; how much more we
// take.
//
// Payload is copied at once into segments of the `copies` pool, packed: a frame is never pinned,
// and a peer that sends single bytes cannot hold more buffers than bytes / segment size, plus one
// per span. We keep spans of what arrived early, not segments; a short sorted array beats a tree.
//
// Invariants
//   I1  next() and edge() never go back; next() <= edge() except for bytes that were rounded away.
//   I2  held spans are sorted, disjoint, not touching, and begin after next().
//   I3  queue bytes + held bytes <= limit, plus the rounding of the window field.
//   I4  the first copy of a byte wins.
// Limits   kHeldSpansMax spans, segments_max held segments, the pool of HeldSpans, copies_reserved.
// One more is
//          refused, never stored, never reported as held.
// Owner    one connection.
// Not here whether a segment is acceptable at all (segment_acceptance.cc), when to acknowledge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/mem/byte_chain.h"
#include "dataplane/tcp/held_spans.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::tcp {

class ReceiveWindow {
 public:
  enum class Accepted : uint8_t {
    InOrder,
    Held,
    Duplicate,
    RefusedNoRoom,
    RefusedNoBuffer,
    RefusedPoolFull
  };

  void start(uint32_t next, uint32_t limit_bytes, uint32_t held_segments_max) noexcept;
  // After the handshake, when the peer cannot scale: the window field's limit.
  void limit_to(uint32_t limit_bytes) noexcept;
  // A new limit of an open connection; the edge that was offered stands (I1).
  void change_limit(uint32_t limit_bytes) noexcept { limit_ = limit_bytes; }

  // REQUIRES: bytes end at or before edge(). InOrder: next() advanced (by what had a buffer).
  [[nodiscard]] Accepted accept(uint32_t sequence, std::span<const uint8_t> bytes,
                                ReceivePools& pools) noexcept;
  // The FIN takes one sequence number. REQUIRES: everything before it arrived.
  void accept_fin() noexcept;

  // Moves the edge for what was consumed, by steps that avoid silly windows (RFC 9293 3.8.6.2.2),
  // and answers the window field to send, scaled by `shift`.
  uint16_t offer(uint8_t shift, uint32_t mss_bytes, bool buffers_low) noexcept;
  // How far offer() could move the edge now.
  uint32_t growth(bool buffers_low) const noexcept;
  //= RFC 2018 4: the span of the segment that came last is first; then by recency
  size_t sack_blocks(std::span<wire::TcpOptions::SackBlock> out) const noexcept;

  mem::ByteChain& queue() noexcept { return queue_; }
  const mem::ByteChain& queue() const noexcept { return queue_; }
  uint32_t next() const noexcept { return next_; }
  uint32_t edge() const noexcept { return edge_; }
  uint32_t window() const noexcept {
    return static_cast<int32_t>(edge_ - next_) > 0 ? edge_ - next_ : 0;
  }
  uint32_t limit() const noexcept { return limit_; }
  bool has_hole() const noexcept { return held_ != nullptr; }
  size_t span_count() const noexcept { return held_ == nullptr ? 0 : held_->count; }
  size_t held_bytes() const noexcept;
  // Whether I2 holds (audit.cc).
  bool spans_are_sorted() const noexcept;
  void clear(ReceivePools& pools) noexcept;

 private:
  bool take_in_order(std::span<const uint8_t> bytes, ReceivePools& pools) noexcept;
  void absorb_spans(ReceivePools& pools) noexcept;
  Accepted hold(uint32_t sequence, std::span<const uint8_t> bytes, ReceivePools& pools) noexcept;
  Accepted hold_gap(uint32_t begin, std::span<const uint8_t> bytes, ReceivePools& pools) noexcept;
  void erase_span(size_t index) noexcept;
  void release_if_empty(ReceivePools& pools) noexcept;
  size_t held_segment_count() const noexcept;

  mem::ByteChain queue_;
  HeldSpans* held_ = nullptr;  // null: no hole
  uint32_t next_ = 0;
  uint32_t edge_ = 0;
  uint32_t limit_ = 0;
  uint32_t held_segments_max_ = 0;
};

}  // namespace sallyport::tcp
