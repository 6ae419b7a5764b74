#include "dataplane/tcp/syn_cookies.h"

#include <array>

#include "dataplane/tcp/limits.h"

namespace sallyport::tcp {
namespace {

// Rounded down to one of these: what the Internet's paths have (RFC 4987 3.6 names the loss).
constexpr std::array<uint16_t, 8> kMssClasses{64, 536, 1'000, 1'220, 1'360, 1'440, 1'460, 8'960};
constexpr uint32_t kOptionBits = 5;
constexpr uint32_t kOptionMask = (1U << kOptionBits) - 1;
constexpr uint32_t kNoScale = 15;
constexpr uint32_t kHashMask = (1U << 24) - 1;

uint32_t class_of(uint16_t mss) noexcept {
  uint32_t index = 0;
  while (index + 1 < kMssClasses.size() && kMssClasses[index + 1] <= mss) ++index;
  return index;
}

}  // namespace

uint32_t SynCookies::hash(const FlowKey& flow, uint32_t peer_sequence, uint64_t period,
                          uint32_t mss_class) const noexcept {
  const uint64_t words[7] = {
      flow.local_address.high_word(),
      flow.local_address.low_word(),
      flow.remote_address.high_word(),
      flow.remote_address.low_word(),
      (uint64_t{flow.local_port} << 48) | (uint64_t{flow.remote_port} << 32) | peer_sequence,
      period,
      mss_class};
  const uint64_t full =
      base::siphash24(key_, {reinterpret_cast<const uint8_t*>(words), sizeof words});
  return static_cast<uint32_t>(full) & kHashMask;
}

uint32_t SynCookies::sequence(const FlowKey& flow, uint32_t peer_sequence, uint16_t mss,
                              uint64_t now_ms) const noexcept {
  const uint64_t period = now_ms / kCookiePeriodMs;
  const uint32_t mss_class = class_of(mss);
  return (static_cast<uint32_t>(period & 31) << 27) | (mss_class << 24) |
         hash(flow, peer_sequence, period, mss_class);
}

bool SynCookies::check(const FlowKey& flow, uint32_t peer_sequence, uint32_t sequence,
                       uint64_t now_ms, uint16_t& mss) const noexcept {
  const uint64_t now_period = now_ms / kCookiePeriodMs;
  const uint32_t mss_class = (sequence >> 24) & 7;
  for (uint64_t back = 0; back < 2 && back <= now_period; ++back) {
    const uint64_t period = now_period - back;
    if ((period & 31) != sequence >> 27) continue;
    if (hash(flow, peer_sequence, period, mss_class) != (sequence & kHashMask)) return false;
    mss = kMssClasses[mss_class];
    return true;
  }
  return false;
}

uint32_t SynCookies::timestamp(uint32_t clock, const CookieOptions& options) noexcept {
  const uint32_t scale = options.has_window_scale ? options.window_scale : kNoScale;
  const uint32_t bits = (options.sack_permitted ? 16U : 0U) | scale;
  uint32_t value = (clock & ~kOptionMask) | bits;
  if (static_cast<int32_t>(value - clock) > 0) value -= kOptionMask + 1;
  return value;
}

void SynCookies::read_timestamp(uint32_t echo_clock, CookieOptions& options) noexcept {
  options.sack_permitted = (echo_clock & 16U) != 0;
  const uint32_t scale = echo_clock & 15U;
  options.has_window_scale = scale != kNoScale;
  options.window_scale = options.has_window_scale ? static_cast<uint8_t>(scale) : 0;
}

}  // namespace sallyport::tcp
