// packet_socket.h: what net_af_packet does not tell: which socket it made for a queue, so that an
// idle worker can sleep on it, and from which length on its ring cuts frames.
//
// The PMD does not tell its descriptors. They are found as what they are: packet sockets of this
// process that are bound to the interface named in the vdev's arguments, in order of creation.
#pragma once

#include <cstdint>
#include <string>

namespace sallyport::nic {

bool is_packet_socket(const std::string& device);

// What stands before a frame within its place in the ring.
inline constexpr uint32_t kBeforeFrame = 66;

// -1: not an af_packet port, or not found.
int find_wait_descriptor(const std::string& device, const std::string& arguments,
                         uint16_t queue_index);

// The ring keeps so many bytes of a frame and says nothing of the rest: a frame of this length must
// be taken for cut. UINT32_MAX: not an af_packet port.
// Source  Linux packet_mmap: frame size less tpacket2 header, link address and their alignment.
uint32_t snap_bytes(const std::string& device, const std::string& arguments);

// The PMD looks for frame n at n times framesz, which is right only when blocks hold whole frames.
bool ring_is_even(const std::string& device, const std::string& arguments);

}  // namespace sallyport::nic
