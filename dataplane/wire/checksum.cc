#include "dataplane/wire/checksum.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "dataplane/wire/bytes.h"

namespace sallyport::wire {
namespace {

// Ones' complement sums may be folded at any width and in either byte order (RFC 1071 2(B)), so
// words are added as they lie in memory and the answer is swapped once.
uint64_t sum_words(const uint8_t* p, size_t n) noexcept {
  uint64_t even = 0;
  uint64_t odd = 0;
  // The carry out of 64 bits goes back in at the right: two additions for eight bytes.
  while (n >= 16) {
    uint64_t a;
    uint64_t b;
    std::memcpy(&a, p, 8);
    std::memcpy(&b, p + 8, 8);
    even += a;
    even += even < a ? 1U : 0U;
    odd += b;
    odd += odd < b ? 1U : 0U;
    p += 16;
    n -= 16;
  }
  uint64_t sum = (even & 0xffffffffU) + (even >> 32) + (odd & 0xffffffffU) + (odd >> 32);
  while (n >= 4) {
    uint32_t v;
    std::memcpy(&v, p, 4);
    sum += v;
    p += 4;
    n -= 4;
  }
  if (n >= 2) {
    uint16_t v;
    std::memcpy(&v, p, 2);
    sum += v;
    p += 2;
    n -= 2;
  }
  if (n == 1) sum += *p;  // low byte of a little-endian word: the trailing byte padded with zero
  return sum;
}

uint64_t fold(uint64_t sum) noexcept {
  sum = (sum & 0xffffffffU) + (sum >> 32);
  sum = (sum & 0xffffffffU) + (sum >> 32);
  sum = (sum & 0xffffU) + (sum >> 16);
  sum = (sum & 0xffffU) + (sum >> 16);
  return (sum & 0xffffU) + (sum >> 16);
}

}  // namespace

void Checksum::add(std::span<const uint8_t> bytes) noexcept {
  uint64_t sum = fold(sum_words(bytes.data(), bytes.size()));
  if (odd_) sum = ((sum & 0xffU) << 8) | (sum >> 8);  // RFC 1071 2(B): byte swap of a shifted piece
  sum_ += sum;
  odd_ ^= (bytes.size() & 1U) != 0;
}

void Checksum::add_pseudo_header(const IpAddress& source, const IpAddress& destination,
                                 uint8_t protocol, uint32_t length) noexcept {
  // Ones' complement sums do not mind the order, so every word is added as it lies in the address.
  if (source.is_v6() || destination.is_v6()) {
    for (const uint64_t word :
         {source.high_word(), source.low_word(), destination.high_word(), destination.low_word()})
      sum_ += (word & 0xffffffffU) + (word >> 32);
  } else {
    sum_ += (source.low_word() >> 32) + (destination.low_word() >> 32);
  }
  sum_ += uint64_t{__builtin_bswap32(length)} + __builtin_bswap32(protocol);
}

uint16_t Checksum::finish() const noexcept {
  const auto folded = static_cast<uint16_t>(~fold(sum_));
  return __builtin_bswap16(folded);
}

}  // namespace sallyport::wire
