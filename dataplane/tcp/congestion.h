// congestion.h: how much may be in flight: slow start, congestion avoidance by CUBIC (RFC 9438) or
// Reno (RFC 5681), NewReno fast recovery (RFC 6582) or a window that PRR sets (RFC 6937), the
// initial window of RFC 6928, all in bytes.
//
// It never looks at sequence numbers; acknowledgement.cc and loss_recovery.cc tell it what
// happened. The window does not grow while the application, not the network, limits the flight (RFC
// 7661): LLM streams are almost always so.
#pragma once

#include <cstdint>

#include "dataplane/tcp/cubic.h"

namespace sallyport::tcp {

enum class Algorithm : uint8_t { Cubic, NewReno };

class Congestion {
 public:
  void start(uint32_t mss_bytes, Algorithm algorithm = Algorithm::NewReno) noexcept;
  // One segment, and slow start from there.
  void handshake_had_losses() noexcept { window_bytes_ = mss_bytes_; }
  // The path takes less: counting goes on in the new unit.
  void change_mss(uint32_t mss_bytes) noexcept { mss_bytes_ = mss_bytes; }

  // New data acknowledged outside recovery; `flight_bytes` before this ACK.
  void acknowledged(uint32_t bytes, uint32_t flight_bytes, uint32_t srtt_ms = 0,
                    uint64_t now_ms = 0) noexcept;
  // Loss, seen by duplicate ACKs. NewReno inflates by what has left the network; `by_sack`: PRR
  // sets the window.
  void enter_recovery(uint32_t flight_bytes, bool by_sack = false) noexcept;
  // One more duplicate in recovery: a segment has left the network.
  void duplicate_in_recovery() noexcept { window_bytes_ += mss_bytes_; }
  void partial_ack(uint32_t bytes) noexcept;
  void set_recovery_window(uint32_t bytes) noexcept { window_bytes_ = bytes; }
  void leave_recovery(uint32_t flight_bytes) noexcept;
  // `first`: not a back-off of the same loss; the threshold is reduced once per event.
  void timed_out(uint32_t flight_bytes, bool first) noexcept;
  // A tail-loss probe repaired a loss that nothing else told of.
  void tail_was_lost(uint32_t flight_bytes) noexcept;
  // RFC 5681 4.1, 7661 4.4: nothing sent for a retransmission timeout.
  void restart_after_idle() noexcept;

  uint32_t window_bytes() const noexcept { return window_bytes_; }
  uint32_t threshold_bytes() const noexcept { return threshold_bytes_; }
  bool in_recovery() const noexcept { return in_recovery_; }
  bool in_slow_start() const noexcept { return window_bytes_ < threshold_bytes_; }
  Algorithm algorithm() const noexcept { return algorithm_; }

 private:
  uint32_t initial_window() const noexcept;
  void reduce(uint32_t flight_bytes) noexcept;

  uint32_t mss_bytes_ = 0;
  uint32_t window_bytes_ = 0;
  uint32_t threshold_bytes_ = UINT32_MAX;
  uint32_t acked_bytes_ = 0;  // towards the next growth in congestion avoidance (Reno)
  Algorithm algorithm_ = Algorithm::NewReno;
  bool in_recovery_ = false;
  bool by_sack_ = false;
  Cubic cubic_;
};

}  // namespace sallyport::tcp
