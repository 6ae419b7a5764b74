// rto_estimator.h: round-trip time and retransmission timeout (RFC 6298), in milliseconds.
//
// Samples come from timestamps (any ACK) or from one timed segment that was not retransmitted
// (Karn).
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/tcp/limits.h"

namespace sallyport::tcp {

class RtoEstimator {
 public:
  void sample(uint32_t rtt_ms) noexcept {
    rtt_ms = std::min(rtt_ms, kRtoMsMax);
    if (!has_sample_) {
      has_sample_ = true;
      srtt_8_ = rtt_ms * 8;
      rttvar_4_ = rtt_ms * 2;  // R/2, in quarters
    } else {
      const uint32_t srtt = srtt_8_ / 8;
      const uint32_t error = srtt > rtt_ms ? srtt - rtt_ms : rtt_ms - srtt;
      rttvar_4_ = rttvar_4_ - rttvar_4_ / 4 + error;
      srtt_8_ = srtt_8_ - srtt_8_ / 8 + rtt_ms;
    }
    // max(G, 4 x RTTVAR) with a clock of 1 ms.
    rto_ms_ = std::clamp(srtt_8_ / 8 + std::max(1U, rttvar_4_), kRtoMsMin, kRtoMsMax);
  }

  // RFC 6298 5.5. Answers whether this is the first time-out since the last progress.
  bool back_off() noexcept {
    const bool first = backoff_ == 0;
    if (backoff_ < 16) ++backoff_;
    return first;
  }
  void progress() noexcept { backoff_ = 0; }
  //= RFC 6298 5.7: SYN was retransmitted -> 3 s for the first data, unless a sample is known
  void handshake_had_loss() noexcept {
    if (!has_sample_) rto_ms_ = kRtoMsAfterSynLoss;
  }

  uint32_t rto_ms() const noexcept {
    const uint64_t backed_off = static_cast<uint64_t>(rto_ms_) << backoff_;
    return static_cast<uint32_t>(std::min<uint64_t>(backed_off, kRtoMsMax));
  }
  uint32_t timeouts() const noexcept { return backoff_; }  // since the last progress
  bool has_sample() const noexcept { return has_sample_; }
  uint32_t srtt_ms() const noexcept { return srtt_8_ / 8; }

 private:
  uint32_t srtt_8_ = 0;    // eighths
  uint32_t rttvar_4_ = 0;  // quarters
  uint32_t rto_ms_ = kRtoMsInitial;
  uint8_t backoff_ = 0;
  bool has_sample_ = false;
};

}  // namespace sallyport::tcp
