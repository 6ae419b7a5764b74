// cubic.h: the window curve of CUBIC (RFC 9438): how many bytes the window may have, given time
// since the last reduction.
//
// Numbers are segments and seconds as in the RFC, because the curve is defined in them. The clock
// stands still while the application, not the network, limits the flight: else an idle connection
// would come back with a window it never proved.
#pragma once

#include <cstdint>

namespace sallyport::tcp {

class Cubic {
 public:
  static constexpr double kBeta = 0.7;  // RFC 9438 4.6
  static constexpr double kC = 0.4;     // RFC 9438 5.1

  // The window was reduced from `window_bytes` (before) because of loss.
  void reduced(uint32_t window_bytes, uint32_t mss_bytes) noexcept;
  // A time-out or a long silence: the next growth begins a new epoch.
  void forget_epoch() noexcept { epoch_ms_ = kNoEpoch; }
  // The application was the limit from `since_ms` on: the curve waits (RFC 9438 5.8).
  void wait(uint64_t now_ms) noexcept;
  // The window after `acked_bytes` in congestion avoidance.
  uint32_t grow(uint32_t window_bytes, uint32_t threshold_bytes, uint32_t acked_bytes,
                uint32_t mss_bytes, uint32_t srtt_ms, uint64_t now_ms) noexcept;

 private:
  static constexpr uint64_t kNoEpoch = UINT64_MAX;
  void begin_epoch(double window, double threshold, uint64_t now_ms) noexcept;

  float window_max_ = 0;   // segments at the last reduction
  float window_reno_ = 0;  // W_est: what Reno would have
  float epoch_window_ = 0;
  float k_seconds_ = 0;
  float credit_ = 0;  // bytes towards the next growth
  uint64_t epoch_ms_ = kNoEpoch;
  uint64_t waiting_since_ms_ = kNoEpoch;
};

}  // namespace sallyport::tcp
