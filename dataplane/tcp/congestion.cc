#include "dataplane/tcp/congestion.h"

#include <algorithm>

#include "dataplane/tcp/limits.h"

namespace sallyport::tcp {
namespace {

// Far above any send queue; keeps the arithmetic away from overflow.
constexpr uint32_t kWindowBytesMax = 1U << 30;

}  // namespace

void Congestion::start(uint32_t mss_bytes) noexcept {
  mss_bytes_ = mss_bytes;
  window_bytes_ = kInitialWindowSegments * mss_bytes;
  threshold_bytes_ = kWindowBytesMax;
  acked_bytes_ = 0;
  in_recovery_ = false;
}

void Congestion::acknowledged(uint32_t bytes, uint32_t flight_bytes) noexcept {
  if (in_slow_start()) {
    if (flight_bytes * 2ULL < window_bytes_) return;  // application-limited
    window_bytes_ = std::min(kWindowBytesMax, window_bytes_ + bytes);
    return;
  }
  if (flight_bytes + 3ULL * mss_bytes_ < window_bytes_) return;
  acked_bytes_ += bytes;
  if (acked_bytes_ < window_bytes_) return;
  acked_bytes_ -= window_bytes_;
  window_bytes_ = std::min(kWindowBytesMax, window_bytes_ + mss_bytes_);
}

void Congestion::enter_recovery(uint32_t flight_bytes) noexcept {
  threshold_bytes_ = std::max(flight_bytes / 2, 2 * mss_bytes_);
  window_bytes_ = threshold_bytes_ + kDuplicateAcksForLoss * mss_bytes_;
  in_recovery_ = true;
}

void Congestion::partial_ack(uint32_t bytes) noexcept {
  window_bytes_ -= std::min(bytes, window_bytes_);
  if (bytes >= mss_bytes_) window_bytes_ += mss_bytes_;
  window_bytes_ = std::max(window_bytes_, mss_bytes_);
}

void Congestion::leave_recovery(uint32_t flight_bytes) noexcept {
  window_bytes_ = std::min(threshold_bytes_, std::max(flight_bytes, mss_bytes_) + mss_bytes_);
  acked_bytes_ = 0;
  in_recovery_ = false;
}

void Congestion::timed_out(uint32_t flight_bytes, bool first) noexcept {
  if (first) threshold_bytes_ = std::max(flight_bytes / 2, 2 * mss_bytes_);
  window_bytes_ = mss_bytes_;
  acked_bytes_ = 0;
  in_recovery_ = false;
}

void Congestion::restart_after_idle() noexcept {
  window_bytes_ = std::min(window_bytes_, kInitialWindowSegments * mss_bytes_);
  acked_bytes_ = 0;
}

}  // namespace sallyport::tcp
