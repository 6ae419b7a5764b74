#include "dataplane/scan/validate/hash.h"

#include <algorithm>
#include <bit>

#include "dataplane/base/check.h"

namespace sallyport::scan {
namespace {

// FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64
// primes.
constexpr std::array<uint32_t, 64> kRound = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr size_t kBlockBytes = 64;
constexpr size_t kKeccakRateBytes = 136;

// FIPS 202, 3.2.5: what iota adds in each of the 24 rounds.
constexpr std::array<uint64_t, 24> kIota = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
// rho's turns and pi's way through the lanes, in the order of one walk.
constexpr std::array<int, 24> kTurns = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                        27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
constexpr std::array<size_t, 24> kLanes = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                           15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};

void keccak_f(std::array<uint64_t, 25>& a) noexcept {
  for (uint64_t iota : kIota) {
    std::array<uint64_t, 5> column{};
    for (size_t i = 0; i < 25; ++i) column[i % 5] ^= a[i];
    for (size_t i = 0; i < 25; ++i) a[i] ^= column[(i + 4) % 5] ^ std::rotl(column[(i + 1) % 5], 1);
    uint64_t carried = a[1];
    for (size_t i = 0; i < 24; ++i) {
      const uint64_t next = a[kLanes[i]];
      a[kLanes[i]] = std::rotl(carried, kTurns[i]);
      carried = next;
    }
    for (size_t row = 0; row < 25; row += 5) {
      std::array<uint64_t, 5> old{};
      for (size_t i = 0; i < 5; ++i) old[i] = a[row + i];
      for (size_t i = 0; i < 5; ++i) a[row + i] = old[i] ^ (~old[(i + 1) % 5] & old[(i + 2) % 5]);
    }
    a[0] ^= iota;
  }
}

}  // namespace

Digest sha256(std::span<const uint8_t> bytes) noexcept {
  SP_CHECK(bytes.size() <= kHashBytesMax);
  std::array<uint8_t, kBlockBytes> block{};
  std::copy(bytes.begin(), bytes.end(), block.begin());
  block[bytes.size()] = 0x80;
  const auto bits = static_cast<uint32_t>(bytes.size() * 8);
  block[62] = static_cast<uint8_t>(bits >> 8);
  block[63] = static_cast<uint8_t>(bits);
  std::array<uint32_t, 64> w{};
  for (size_t i = 0; i < 16; ++i)
    w[i] = uint32_t{block[i * 4]} << 24 | uint32_t{block[i * 4 + 1]} << 16 |
           uint32_t{block[i * 4 + 2]} << 8 | block[i * 4 + 3];
  for (size_t i = 16; i < 64; ++i) {
    const uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3)) + w[i - 7] +
           (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10));
  }
  constexpr std::array<uint32_t, 8> kInitial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint32_t, 8> h = kInitial;
  for (size_t i = 0; i < 64; ++i) {
    const uint32_t e = h[4], a = h[0];
    const uint32_t first = h[7] + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                           ((e & h[5]) ^ (~e & h[6])) + kRound[i] + w[i];
    const uint32_t second = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) +
                            ((a & h[1]) ^ (a & h[2]) ^ (h[1] & h[2]));
    h = {first + second, a, h[1], h[2], h[3] + first, e, h[5], h[6]};
  }
  Digest out{};
  for (size_t i = 0; i < 8; ++i)
    for (size_t j = 0; j < 4; ++j)
      out[i * 4 + j] = static_cast<uint8_t>((h[i] + kInitial[i]) >> (24 - 8 * j));
  return out;
}

Digest keccak256(std::span<const uint8_t> bytes) noexcept {
  SP_CHECK(bytes.size() <= kHashBytesMax);
  std::array<uint64_t, 25> lanes{};
  const auto mix = [&](size_t at, uint8_t value) {
    lanes[at / 8] ^= uint64_t{value} << (8 * (at % 8));
  };
  for (size_t i = 0; i < bytes.size(); ++i) mix(i, bytes[i]);
  mix(bytes.size(), 0x01);
  mix(kKeccakRateBytes - 1, 0x80);
  keccak_f(lanes);
  Digest out{};
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<uint8_t>(lanes[i / 8] >> (8 * (i % 8)));
  return out;
}

}  // namespace sallyport::scan
