#include "dataplane/nic/toeplitz.h"

#include "dataplane/base/check.h"

namespace sallyport::nic {
namespace {

// 32 bits of the key from bit `first` on.
uint32_t window(std::span<const uint8_t> key, size_t first) {
  uint32_t bits = 0;
  for (size_t i = 0; i < 32; ++i) {
    const size_t at = first + i;
    bits = (bits << 1) | ((key[at / 8] >> (7 - at % 8)) & 1U);
  }
  return bits;
}

}  // namespace

Toeplitz::Toeplitz(std::span<const uint8_t> key) : shares_(std::make_unique<Shares>()) {
  SP_CHECK(key.size() >= kRssKeyBytesMin);
  for (size_t position = 0; position < kRssInputBytesMax; ++position) {
    std::array<uint32_t, 8> of_bit{};
    for (size_t bit = 0; bit < 8; ++bit) of_bit[bit] = window(key, position * 8 + bit);
    for (size_t value = 0; value < 256; ++value) {
      uint32_t sum = 0;
      for (size_t bit = 0; bit < 8; ++bit)
        if (((value >> (7 - bit)) & 1U) != 0) sum ^= of_bit[bit];
      (*shares_)[position][value] = sum;
    }
  }
}

}  // namespace sallyport::nic
