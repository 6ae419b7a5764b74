#include "dataplane/wire/ipv6.h"

#include "dataplane/base/check.h"
#include "dataplane/wire/bytes.h"

namespace sallyport::wire {
namespace {

enum Next : uint8_t { HopByHop = 0, Routing = 43, Fragment = 44, DestinationOptions = 60 };

//= RFC 8200 4.2: the two high bits of an unknown option say what to do; anything but "skip"
// discards
bool options_ask_for_nothing(std::span<const uint8_t> options) noexcept {
  size_t at = 0;
  while (at < options.size()) {
    const uint8_t type = options[at];
    if (type == 0) {  // Pad1
      ++at;
      continue;
    }
    if (options.size() - at < 2) return false;
    const size_t length = options[at + 1];
    if (length + 2 > options.size() - at) return false;
    if (type != 1 && (type & 0xc0) != 0) return false;
    at += length + 2;
  }
  return true;
}

}  // namespace

Ipv6View::Parse Ipv6View::parse(std::span<const uint8_t> packet, Ipv6View& out) noexcept {
  if (packet.empty()) return Parse::Truncated;
  const uint8_t* p = packet.data();
  if (p[0] >> 4 != 6) return Parse::NotVersion6;
  if (packet.size() < kBytes) return Parse::Truncated;
  out.flow_label = load_be32(p) & 0xfffffU;
  out.total_bytes = static_cast<uint32_t>(kBytes) + load_be16(p + 4);
  if (out.total_bytes > packet.size()) return Parse::Truncated;
  out.hop_limit = p[7];
  out.source = IpAddress::from_v6(p + 8);
  out.destination = IpAddress::from_v6(p + 24);
  uint8_t next = p[6];
  size_t at = kBytes;
  for (size_t count = 0;; ++count) {
    if (next == Fragment) return Parse::Fragment;
    if (next == Routing) return Parse::RefusedExtension;
    if (next != HopByHop && next != DestinationOptions) break;
    //= RFC 8200 4.1: hop-by-hop options come first or not at all
    if (count == kExtensionsMax || (next == HopByHop && count != 0)) return Parse::RefusedExtension;
    if (out.total_bytes - at < 8) return Parse::BadPayloadLength;
    const size_t bytes = (size_t{p[at + 1]} + 1) * 8;
    if (at - kBytes + bytes > kExtensionBytesMax) return Parse::RefusedExtension;
    if (bytes > out.total_bytes - at) return Parse::BadPayloadLength;
    if (!options_ask_for_nothing(packet.subspan(at + 2, bytes - 2))) return Parse::RefusedExtension;
    next = p[at];
    at += bytes;
  }
  out.protocol = next;
  out.header_bytes = static_cast<uint16_t>(at);
  return Parse::Good;
}

void Ipv6View::write(std::span<uint8_t> out) const noexcept {
  SP_CHECK(out.size() >= kBytes);
  uint8_t* p = out.data();
  store_be32(p, 0x60000000U | (flow_label & 0xfffffU));
  store_be16(p + 4, static_cast<uint16_t>(total_bytes - kBytes));
  p[6] = protocol;
  p[7] = hop_limit;
  source.store_v6(p + 8);
  destination.store_v6(p + 24);
}

}  // namespace sallyport::wire
