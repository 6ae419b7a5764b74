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
  while (n >= 16) {
    uint64_t a;
    uint64_t b;
    std::memcpy(&a, p, 8);
    std::memcpy(&b, p + 8, 8);
    even += (a & 0xffffffffU) + (a >> 32);
    odd += (b & 0xffffffffU) + (b >> 32);
    p += 16;
    n -= 16;
  }
  uint64_t sum = even + odd;
  while (n >= 2) {
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

void Checksum::add_pseudo_header(uint32_t source, uint32_t destination, uint8_t protocol,
                                 uint16_t length) noexcept {
  std::array<uint8_t, 12> pseudo{};
  store_be32(pseudo.data(), source);
  store_be32(pseudo.data() + 4, destination);
  pseudo[9] = protocol;
  store_be16(pseudo.data() + 10, length);
  add(pseudo);
}

uint16_t Checksum::finish() const noexcept {
  const auto folded = static_cast<uint16_t>(~fold(sum_));
  return __builtin_bswap16(folded);
}

}  // namespace sallyport::wire
