#include "dataplane/tcp/congestion.h"

#include <algorithm>

#include "dataplane/tcp/limits.h"

namespace sallyport::tcp {
namespace {

// Far above any send queue; keeps the arithmetic away from overflow.
constexpr uint32_t kWindowBytesMax = 1U << 30;

}  // namespace

//= RFC 6928 2: min(10 segments, max(2 segments, 14600 bytes))
uint32_t Congestion::initial_window() const noexcept {
  return std::min(kInitialWindowSegments * mss_bytes_,
                  std::max(2 * mss_bytes_, kInitialWindowBytes));
}

void Congestion::start(uint32_t mss_bytes, Algorithm algorithm) noexcept {
  *this = Congestion{};
  mss_bytes_ = mss_bytes;
  algorithm_ = algorithm;
  window_bytes_ = initial_window();
  threshold_bytes_ = kWindowBytesMax;
}

void Congestion::acknowledged(uint32_t bytes, uint32_t flight_bytes, uint32_t srtt_ms,
                              uint64_t now_ms) noexcept {
  if (in_slow_start()) {
    if (flight_bytes * 2ULL < window_bytes_) return;  // application-limited
    window_bytes_ = std::min(kWindowBytesMax, window_bytes_ + bytes);
    return;
  }
  if (flight_bytes + 3ULL * mss_bytes_ < window_bytes_) {
    cubic_.wait(now_ms);
    return;
  }
  if (algorithm_ == Algorithm::Cubic) {
    window_bytes_ = std::min(kWindowBytesMax, cubic_.grow(window_bytes_, threshold_bytes_, bytes,
                                                          mss_bytes_, srtt_ms, now_ms));
    return;
  }
  acked_bytes_ += bytes;
  if (acked_bytes_ < window_bytes_) return;
  acked_bytes_ -= window_bytes_;
  window_bytes_ = std::min(kWindowBytesMax, window_bytes_ + mss_bytes_);
}

//= RFC 5681 3.1 (4): half the flight; RFC 9438 4.6: 0.7 of it
void Congestion::reduce(uint32_t flight_bytes) noexcept {
  uint32_t next = flight_bytes / 2;
  if (algorithm_ == Algorithm::Cubic) {
    next = static_cast<uint32_t>(flight_bytes * Cubic::kBeta);
    cubic_.reduced(std::max(flight_bytes, mss_bytes_), mss_bytes_);
  }
  threshold_bytes_ = std::max(next, 2 * mss_bytes_);
  acked_bytes_ = 0;
}

void Congestion::enter_recovery(uint32_t flight_bytes, bool by_sack) noexcept {
  //= RFC 5681 3.2 step 2: what limited transmit sent beyond the window does not count
  reduce(std::min(flight_bytes, window_bytes_));
  window_bytes_ = threshold_bytes_ + kDuplicateAcksForLoss * mss_bytes_;
  in_recovery_ = true;
  by_sack_ = by_sack;
}

void Congestion::partial_ack(uint32_t bytes) noexcept {
  window_bytes_ -= std::min(bytes, window_bytes_);
  if (bytes >= mss_bytes_) window_bytes_ += mss_bytes_;
  window_bytes_ = std::max(window_bytes_, mss_bytes_);
}

void Congestion::leave_recovery(uint32_t flight_bytes) noexcept {
  //= RFC 6937 3: at the end the window is the threshold; NewReno must not burst what is left (RFC
  // 6582 3.2 step 3)
  window_bytes_ = by_sack_
                      ? threshold_bytes_
                      : std::min(threshold_bytes_, std::max(flight_bytes, mss_bytes_) + mss_bytes_);
  acked_bytes_ = 0;
  in_recovery_ = false;
}

void Congestion::timed_out(uint32_t flight_bytes, bool first) noexcept {
  if (first) reduce(flight_bytes);
  cubic_.forget_epoch();
  window_bytes_ = mss_bytes_;
  acked_bytes_ = 0;
  in_recovery_ = false;
}

void Congestion::tail_was_lost(uint32_t flight_bytes) noexcept {
  reduce(std::max(flight_bytes, window_bytes_ / 2));
  window_bytes_ = std::min(window_bytes_, threshold_bytes_);
}

void Congestion::restart_after_idle() noexcept {
  if (window_bytes_ <= initial_window()) return;
  // What was proven before is worth remembering as the threshold (RFC 7661 4.4.1 keeps three
  // quarters).
  threshold_bytes_ =
      std::max(threshold_bytes_ == kWindowBytesMax ? 0 : threshold_bytes_, window_bytes_ / 4 * 3);
  window_bytes_ = initial_window();
  cubic_.forget_epoch();
  acked_bytes_ = 0;
}

}  // namespace sallyport::tcp
