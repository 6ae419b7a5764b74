// hash.h: the two hash functions that addresses of crypto currencies carry checksums of.
//
// Of our own and for a few dozen bytes at a time: a library's would bring allocation and
// initialisation into the scan. Nothing secret is protected by them.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace sallyport::scan {

using Digest = std::array<uint8_t, 32>;

// More is no address. One block of either function holds it with its padding.
inline constexpr size_t kHashBytesMax = 55;

// FIPS 180-4. REQUIRES: bytes.size() <= kHashBytesMax.
Digest sha256(std::span<const uint8_t> bytes) noexcept;
// Keccak-256 with the padding of before FIPS 202, as Ethereum uses it. REQUIRES: bytes.size() <=
// kHashBytesMax.
Digest keccak256(std::span<const uint8_t> bytes) noexcept;

}  // namespace sallyport::scan
