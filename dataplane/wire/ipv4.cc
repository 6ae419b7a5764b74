#include "dataplane/wire/ipv4.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/checksum.h"

namespace sallyport::wire {
namespace {

constexpr uint16_t kDontFragment = 0x4000;
constexpr uint16_t kMoreFragments = 0x2000;
constexpr uint16_t kFragmentOffsetMask = 0x1fff;

}  // namespace

Ipv4View::Parse Ipv4View::parse(std::span<const uint8_t> packet, Ipv4View& out) noexcept {
  if (packet.size() < kBytes) return Parse::Truncated;
  const uint8_t* p = packet.data();
  if (p[0] >> 4 != 4) return Parse::NotVersion4;
  out.header_bytes = static_cast<uint16_t>((p[0] & 0x0f) * 4);
  if (out.header_bytes < kBytes) return Parse::BadHeaderLength;
  if (out.header_bytes > packet.size()) return Parse::Truncated;
  out.total_bytes = load_be16(p + 2);
  if (out.total_bytes < out.header_bytes) return Parse::BadTotalLength;
  if (out.total_bytes > packet.size()) return Parse::Truncated;
  Checksum checksum;
  checksum.add(packet.first(out.header_bytes));
  if (checksum.finish() != 0) return Parse::BadChecksum;
  out.identification = load_be16(p + 4);
  const uint16_t fragment = load_be16(p + 6);
  out.more_fragments = (fragment & kMoreFragments) != 0;
  out.fragment_offset = fragment & kFragmentOffsetMask;
  out.ttl = p[8];
  out.protocol = p[9];
  out.source = load_be32(p + 12);
  out.destination = load_be32(p + 16);
  return Parse::Good;
}

void Ipv4View::write(std::span<uint8_t> out) const noexcept {
  SP_CHECK(out.size() >= kBytes);
  uint8_t* p = out.data();
  p[0] = 0x45;
  p[1] = 0;
  store_be16(p + 2, total_bytes);
  store_be16(p + 4, identification);
  store_be16(p + 6, kDontFragment);
  p[8] = ttl;
  p[9] = protocol;
  store_be16(p + 10, 0);
  store_be32(p + 12, source);
  store_be32(p + 16, destination);
  Checksum checksum;
  checksum.add(out.first(kBytes));
  store_be16(p + 10, checksum.finish());
}

}  // namespace sallyport::wire
