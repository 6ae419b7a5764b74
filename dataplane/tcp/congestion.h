// congestion.h: how much may be in flight: slow start, congestion avoidance, NewReno fast recovery
// (RFC 5681, 6582, 6928, 3042), counted in bytes.
//
// It never looks at sequence numbers; acknowledgement.cc tells it what happened. The window does
// not grow while the application, not the network, limits the flight: LLM streams are almost always
// so.
#pragma once

#include <cstdint>

namespace sallyport::tcp {

class Congestion {
 public:
  void start(uint32_t mss_bytes) noexcept;

  // New data acknowledged outside recovery; `flight_bytes` before this ACK.
  void acknowledged(uint32_t bytes, uint32_t flight_bytes) noexcept;
  // Third duplicate ACK.
  void enter_recovery(uint32_t flight_bytes) noexcept;
  // One more duplicate in recovery: a segment has left the network.
  void duplicate_in_recovery() noexcept { window_bytes_ += mss_bytes_; }
  void partial_ack(uint32_t bytes) noexcept;
  void leave_recovery(uint32_t flight_bytes) noexcept;
  // `first`: not a back-off of the same loss; the threshold is halved once per event.
  void timed_out(uint32_t flight_bytes, bool first) noexcept;
  // RFC 5681 4.1: nothing sent for a retransmission timeout.
  void restart_after_idle() noexcept;

  uint32_t window_bytes() const noexcept { return window_bytes_; }
  uint32_t threshold_bytes() const noexcept { return threshold_bytes_; }
  bool in_recovery() const noexcept { return in_recovery_; }
  bool in_slow_start() const noexcept { return window_bytes_ < threshold_bytes_; }

 private:
  uint32_t mss_bytes_ = 0;
  uint32_t window_bytes_ = 0;
  uint32_t threshold_bytes_ = UINT32_MAX;
  uint32_t acked_bytes_ = 0;  // towards the next growth in congestion avoidance
  bool in_recovery_ = false;
};

}  // namespace sallyport::tcp
