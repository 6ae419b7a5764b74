// sack_scoreboard.h: what the peer holds beyond its cumulative acknowledgment (RFC 2018), and what
// that says about the rest: lost, or still on the way (RFC 6675 3 and 4).
//
// Ranges, not segments: a hole has no ranges above it that its neighbours' octets do not have, so
// one answer holds for a whole hole.
//
// Invariants
//   I1  ranges are sorted, disjoint, not touching, inside (unacked, highest].
//   I2  sacked_bytes() is the sum of their lengths.
// Limits   kSackRangesMax; a range more is forgotten (never half-taken).
// Owner    one connection, taken from a BlockPool when the first block arrives.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/tcp/limits.h"

namespace sallyport::tcp {

class SackScoreboard {
 public:
  struct Range {
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  struct Hole {
    uint32_t begin = 0;
    uint32_t end = 0;
    bool found = false;
  };

  void reset() noexcept;
  // Answers how many bytes are newly known. REQUIRES: begin before end, both inside (unacked,
  // highest].
  uint32_t add(uint32_t begin, uint32_t end) noexcept;
  // The cumulative acknowledgment moved; answers how many of the acknowledged bytes were known
  // already.
  uint32_t advance(uint32_t unacked) noexcept;
  // Everything not held below this is lost: a probe sent long after it has arrived (RFC 8985 in its
  // simplest form).
  void prove_lost_below(uint32_t sequence) noexcept {
    lost_below_ = sequence;
    has_lost_below_ = true;
  }

  bool empty() const noexcept { return count_ == 0; }
  size_t count() const noexcept { return count_; }
  const Range& range(size_t index) const noexcept { return ranges_[index]; }
  uint32_t sacked_bytes() const noexcept { return sacked_bytes_; }
  // One past the highest held byte. REQUIRES: !empty().
  uint32_t highest() const noexcept { return ranges_[count_ - 1].end; }
  uint32_t sacked_below(uint32_t sequence) const noexcept;
  // Inside a range: its end; else `sequence`.
  uint32_t skip(uint32_t sequence) const noexcept;
  // Where the hole that `sequence` lies in ends, at most `limit`.
  uint32_t hole_end(uint32_t sequence, uint32_t limit) const noexcept;
  //= RFC 6675 4 IsLost(): three ranges, or more than two segments of bytes, above it
  bool is_lost(uint32_t sequence, uint32_t mss_bytes) const noexcept;
  //= RFC 6675 4 SetPipe(): bytes believed to be on the way
  uint32_t pipe(uint32_t unacked, uint32_t highest, uint32_t high_retransmitted,
                uint32_t mss_bytes) const noexcept;
  // The first hole at or after `from` and below the highest range.
  Hole first_hole(uint32_t from) const noexcept;

  SackScoreboard* next_free = nullptr;

 private:
  uint32_t sacked_above(uint32_t sequence) const noexcept;
  void erase(size_t first, size_t last) noexcept;

  std::array<Range, kSackRangesMax> ranges_{};
  size_t count_ = 0;
  uint32_t sacked_bytes_ = 0;
  uint32_t lost_below_ = 0;
  bool has_lost_below_ = false;
};

}  // namespace sallyport::tcp
