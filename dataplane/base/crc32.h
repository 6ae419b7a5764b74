// crc32.h: CRC-32/ISO-HDLC (polynomial 0x04C11DB7, reflected), the one of zlib.
#pragma once

#include <cstdint>
#include <span>

namespace sallyport::base {

// `crc`: of the bytes before these; 0 at the beginning.
uint32_t crc32(std::span<const uint8_t> bytes, uint32_t crc = 0) noexcept;

}  // namespace sallyport::base
