// prr.h: how much may leave during one recovery (Proportional Rate Reduction, RFC 6937 with the
// safe bound of RFC 9937): in proportion to what arrives, so that the flight shrinks to the
// threshold without a burst or a silence.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sallyport::tcp {

class Prr {
 public:
  void start(uint32_t flight_bytes) noexcept {
    recover_flight_ = std::max(flight_bytes, 1U);
    delivered_ = 0;
    sent_ = 0;
  }
  void sent(uint32_t bytes) noexcept { sent_ += bytes; }

  // Bytes that may leave now. `is_safe`: the ACK moved the left edge and told of no further loss.
  uint32_t allow(uint32_t newly_delivered, uint32_t pipe, uint32_t threshold, uint32_t mss,
                 bool is_safe) noexcept {
    delivered_ += newly_delivered;
    uint64_t count = 0;
    if (pipe > threshold) {
      //= RFC 6937 3: proportional part, rounded up
      const uint64_t due =
          (uint64_t{delivered_} * threshold + recover_flight_ - 1) / recover_flight_;
      count = due > sent_ ? due - sent_ : 0;
    } else {
      //= RFC 9937 6.2: slow start when it is safe, conservation of packets when it is not
      uint64_t limit =
          std::max<uint64_t>(delivered_ > sent_ ? delivered_ - sent_ : 0, newly_delivered);
      if (is_safe) limit += mss;
      count = std::min<uint64_t>(threshold - pipe, limit);
    }
    if (sent_ == 0) count = std::max<uint64_t>(count, mss);  // the fast retransmission itself
    return static_cast<uint32_t>(count);
  }

 private:
  uint32_t recover_flight_ = 1;
  uint32_t delivered_ = 0;
  uint32_t sent_ = 0;
};

}  // namespace sallyport::tcp
