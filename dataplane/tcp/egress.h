// egress.h: where segments leave. An adapter above both folders hands them to
// ip::Interface::send().
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/time.h"
#include "dataplane/wire/ip_address.h"

namespace sallyport::tcp {

// Why a segment left. Every one has exactly one reason; the counters tcp_sent_* add up to
// tcp_segments_out.
enum class Reason : uint8_t {
  Data,   // new payload or FIN
  Again,  // a retransmission, of whatever cause
  Ack,    // acknowledgment alone: delayed, duplicate, challenge, window update
  Syn,    // SYN or SYN-ACK
  Probe,  // into a closed window
  Keepalive,
  Reset,
  TimeWaitAck,  // a late segment of a connection that is over
  Cookie,       // SYN-ACK without a record
};

// Valid during the call only. Header and checksum are complete.
struct SegmentOut {
  wire::IpAddress source;
  wire::IpAddress destination;
  std::span<const uint8_t> header;                    // TCP header with options
  std::span<const std::span<const uint8_t>> payload;  // at most kPayloadPiecesMax pieces
  base::Instant now;
  Reason reason{};
  // The peer acknowledged something just now: the next hop works (RFC 4861 7.3.1).
  bool is_reachable = false;
};

class Egress {
 public:
  // False: no buffer now; the stack tries again at a later flush().
  virtual bool transmit(const SegmentOut& segment) noexcept = 0;

 protected:
  ~Egress() = default;
};

}  // namespace sallyport::tcp
