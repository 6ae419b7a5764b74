#include "dataplane/tcp/cubic.h"

#include <algorithm>
#include <cmath>

namespace sallyport::tcp {

void Cubic::reduced(uint32_t window_bytes, uint32_t mss_bytes) noexcept {
  const float window = static_cast<float>(window_bytes) / static_cast<float>(mss_bytes);
  //= RFC 9438 4.7: fast convergence: a flow that shrinks leaves room for others
  const auto released = static_cast<float>((1.0 + kBeta) / 2.0);
  window_max_ = window < window_max_ ? window * released : window;
  epoch_ms_ = kNoEpoch;
}

void Cubic::wait(uint64_t now_ms) noexcept {
  if (epoch_ms_ != kNoEpoch && waiting_since_ms_ == kNoEpoch) waiting_since_ms_ = now_ms;
}

void Cubic::begin_epoch(double window, double threshold, uint64_t now_ms) noexcept {
  epoch_ms_ = now_ms;
  waiting_since_ms_ = kNoEpoch;
  credit_ = 0;
  epoch_window_ = static_cast<float>(window);
  window_reno_ = static_cast<float>(std::max(window, threshold));
  if (window_max_ <= epoch_window_) {
    //= RFC 9438 4.10: left slow start without a loss: K is 0 and W_max is the window
    window_max_ = epoch_window_;
    k_seconds_ = 0;
    return;
  }
  //= RFC 9438 4.2: K = cbrt((W_max - cwnd_epoch) / C)
  k_seconds_ = static_cast<float>(std::cbrt((window_max_ - epoch_window_) / kC));
}

uint32_t Cubic::grow(uint32_t window_bytes, uint32_t threshold_bytes, uint32_t acked_bytes,
                     uint32_t mss_bytes, uint32_t srtt_ms, uint64_t now_ms) noexcept {
  const double mss = mss_bytes;
  const double window = window_bytes / mss;
  if (epoch_ms_ == kNoEpoch) begin_epoch(window, std::min(threshold_bytes / mss, window), now_ms);
  if (waiting_since_ms_ != kNoEpoch) {
    epoch_ms_ += now_ms - waiting_since_ms_;
    waiting_since_ms_ = kNoEpoch;
  }
  //= RFC 9438 4.2: target is the curve one round trip from now, at most half more than the window
  const double at = static_cast<double>(now_ms - epoch_ms_ + srtt_ms) / 1'000.0 - k_seconds_;
  const double curve = kC * at * at * at + window_max_;
  const double target = std::clamp(curve, window, 1.5 * window);
  //= RFC 9438 4.3: alpha of the Reno-friendly region; 1 once past W_max
  const double alpha = window_reno_ >= window_max_ ? 1.0 : 3.0 * (1.0 - kBeta) / (1.0 + kBeta);
  const double acked = acked_bytes / mss;
  window_reno_ += static_cast<float>(alpha * acked / window);
  double grown = (target - window) / window * acked;
  if (window + grown < window_reno_) grown = window_reno_ - window;
  credit_ += static_cast<float>(std::max(grown, 0.0) * mss);
  const auto whole = static_cast<uint32_t>(credit_);
  credit_ -= static_cast<float>(whole);
  return window_bytes + whole;
}

}  // namespace sallyport::tcp
