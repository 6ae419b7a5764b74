// wait_descriptor.h: finds the socket that net_af_packet made for a queue, so that an idle worker
// can sleep on it.
//
// The PMD does not tell its descriptors. They are found as what they are: packet sockets of this
// process that are bound to the interface named in the vdev's arguments, in order of creation.
#pragma once

#include <cstdint>
#include <string>

namespace sallyport::nic {

// -1: not an af_packet port, or not found.
int find_wait_descriptor(const std::string& device, const std::string& arguments,
                         uint16_t queue_index);

}  // namespace sallyport::nic
