// frame_checksum.h: TCP checksums of frames that are ready to leave, where the stack left the field
// zero because a port's device writes it. For a port without such a device this is the twin.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/nic/port.h"

namespace sallyport::worker {

// Of a frame that we built: no fragment, no IPv6 extension header. Nothing: it holds no TCP
// segment.
std::optional<nic::ChecksumPlace> tcp_place(std::span<const uint8_t> frame) noexcept;
// Computes and stores it. REQUIRES: `place` is tcp_place() of this frame, and the field is zero.
void complete_checksum(std::span<uint8_t> frame, const nic::ChecksumPlace& place) noexcept;

}  // namespace sallyport::worker
