#include "dataplane/base/hash.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace sallyport::base {
namespace {

struct State {
  uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13);
    v1 ^= v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16);
    v3 ^= v2;
    v0 += v3;
    v3 = std::rotl(v3, 21);
    v3 ^= v0;
    v2 += v1;
    v1 = std::rotl(v1, 17);
    v1 ^= v2;
    v2 = std::rotl(v2, 32);
  }
};

template <int kCompress, int kFinal>
uint64_t siphash(const SipKey& key, std::span<const uint8_t> bytes) noexcept {
  State s{key.k0 ^ 0x736f6d6570736575ULL, key.k1 ^ 0x646f72616e646f6dULL,
          key.k0 ^ 0x6c7967656e657261ULL, key.k1 ^ 0x7465646279746573ULL};
  size_t offset = 0;
  for (; offset + 8 <= bytes.size(); offset += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + offset, 8);
    s.v3 ^= word;
    for (int i = 0; i < kCompress; ++i) s.round();
    s.v0 ^= word;
  }
  uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
  size_t shift = 0;
  if (bytes.size() - offset >= 4) {  // twelve bytes are the tuple of an IPv4 flow
    uint32_t word;
    std::memcpy(&word, bytes.data() + offset, 4);
    last |= word;
    offset += 4;
    shift = 32;
  }
  for (; offset < bytes.size(); ++offset, shift += 8)
    last |= static_cast<uint64_t>(bytes[offset]) << shift;
  s.v3 ^= last;
  for (int i = 0; i < kCompress; ++i) s.round();
  s.v0 ^= last;
  s.v2 ^= 0xff;
  for (int i = 0; i < kFinal; ++i) s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace

uint64_t siphash13(const SipKey& key, std::span<const uint8_t> bytes) noexcept {
  return siphash<1, 3>(key, bytes);
}

uint64_t siphash24(const SipKey& key, std::span<const uint8_t> bytes) noexcept {
  return siphash<2, 4>(key, bytes);
}

}  // namespace sallyport::base
