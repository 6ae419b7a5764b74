// wipe.h: zeroing that the compiler may not remove, for keys and plaintext.
#pragma once

#include <cstdint>
#include <span>

namespace sallyport::mem {

void wipe(std::span<uint8_t> bytes) noexcept;

}  // namespace sallyport::mem
