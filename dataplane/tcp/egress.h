// egress.h: where segments leave. An adapter above both folders hands them to
// ip::Interface::send().
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/time.h"

namespace sallyport::tcp {

// Valid during the call only. Header and checksum are complete.
struct SegmentOut {
  uint32_t source = 0;  // host byte order
  uint32_t destination = 0;
  std::span<const uint8_t> header;                    // TCP header with options
  std::span<const std::span<const uint8_t>> payload;  // at most kPayloadPiecesMax pieces
  base::Instant now;
};

class Egress {
 public:
  // False: no buffer now; the stack tries again at a later flush().
  virtual bool transmit(const SegmentOut& segment) noexcept = 0;

 protected:
  ~Egress() = default;
};

}  // namespace sallyport::tcp
