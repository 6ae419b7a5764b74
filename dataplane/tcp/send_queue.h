// send_queue.h: bytes from the first unacknowledged one on, as the caller gave them. A
// retransmission reads the same stored bytes again (stack.h I2), so an encrypted TLS record is
// never built twice.
//
// Offsets count from the first unacknowledged byte. A cursor remembers the segment that was read
// last, because the window is walked in order: without it every segment sent would walk the whole
// chain.
//
// Invariants
//   I1  the cursor, when set, names a segment of the chain and the stream position of its first
//   byte.
// Owner    one connection.
// Not here what may be sent now (output.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "dataplane/mem/byte_chain.h"

namespace sallyport::tcp {

class SendQueue {
 public:
  void append(mem::ByteChain&& bytes) noexcept { bytes_.append(std::move(bytes)); }
  // Drops from the front. REQUIRES: count <= size().
  void acknowledge(size_t count) noexcept;
  void clear() noexcept;

  // Views of at most `bytes_max` bytes from `offset` on, in at most pieces.size() pieces; answers
  // the piece count and puts the bytes covered into `covered`. Valid until the queue changes.
  size_t read(size_t offset, size_t bytes_max, std::span<std::span<const uint8_t>> pieces,
              size_t& covered) noexcept;

  size_t size() const noexcept { return bytes_.size(); }

 private:
  mem::ByteChain bytes_;
  uint64_t base_ = 0;  // stream position of the first byte of bytes_
  const mem::Segment* cursor_ = nullptr;
  uint64_t cursor_base_ = 0;
};

}  // namespace sallyport::tcp
