#include "dataplane/nic/packet_socket.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace sallyport::nic {

namespace {

std::string argument_value(const std::string& arguments, const std::string& key) {
  size_t from = 0;
  while (from < arguments.size()) {
    const size_t comma = std::min(arguments.find(',', from), arguments.size());
    const std::string item = arguments.substr(from, comma - from);
    if (item.rfind(key + "=", 0) == 0) return item.substr(key.size() + 1);
    from = comma + 1;
  }
  return {};
}

// The PMD's.
constexpr uint32_t kFrameSizeDefault = 2'048;
constexpr uint32_t kBlockSizeDefault = 4'096;

// The network header is aligned to 16 behind the descriptor, the address and a link header of at
// least 16; the frame begins 14 bytes before it.
constexpr uint32_t kLinkHeaderMin = 16;
constexpr uint32_t kEthernetBytes = 14;
static_assert(kBeforeFrame ==
              TPACKET_ALIGN(static_cast<uint32_t>(TPACKET2_HDRLEN) + kLinkHeaderMin) -
                  kEthernetBytes);

uint32_t number_of(const std::string& arguments, const std::string& key, uint32_t otherwise) {
  const std::string given = argument_value(arguments, key);
  return given.empty() ? otherwise
                       : static_cast<uint32_t>(std::strtoul(given.c_str(), nullptr, 10));
}

bool is_packet_socket_of(int descriptor, unsigned interface_index) {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_PACKET)
    return false;
  sockaddr_ll bound{};
  size = sizeof bound;
  // The cast is what the sockets interface asks for.
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return false;
  return bound.sll_ifindex == static_cast<int>(interface_index);
}

}  // namespace

bool is_packet_socket(const std::string& device) { return device.rfind("net_af_packet", 0) == 0; }

uint32_t snap_bytes(const std::string& device, const std::string& arguments) {
  if (!is_packet_socket(device)) return UINT32_MAX;
  const uint32_t frame_bytes = number_of(arguments, "framesz", kFrameSizeDefault);
  return frame_bytes > kBeforeFrame ? frame_bytes - kBeforeFrame : 0;
}

bool ring_is_even(const std::string& device, const std::string& arguments) {
  if (!is_packet_socket(device)) return true;
  const uint32_t frame_bytes = number_of(arguments, "framesz", kFrameSizeDefault);
  return frame_bytes != 0 && number_of(arguments, "blocksz", kBlockSizeDefault) % frame_bytes == 0;
}

int find_wait_descriptor(const std::string& device, const std::string& arguments,
                         uint16_t queue_index) {
  if (!is_packet_socket(device)) return -1;
  const std::string interface = argument_value(arguments, "iface");
  const unsigned interface_index = interface.empty() ? 0 : if_nametoindex(interface.c_str());
  if (interface_index == 0) return -1;
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return -1;
  std::vector<int> found;
  while (const dirent* entry = readdir(folder)) {
    char* end = nullptr;
    const long number = std::strtol(entry->d_name, &end, 10);
    if (end == entry->d_name || *end != 0) continue;
    if (is_packet_socket_of(static_cast<int>(number), interface_index))
      found.push_back(static_cast<int>(number));
  }
  closedir(folder);
  std::sort(found.begin(), found.end());
  return queue_index < found.size() ? found[queue_index] : -1;
}

}  // namespace sallyport::nic
