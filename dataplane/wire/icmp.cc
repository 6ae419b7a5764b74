#include "dataplane/wire/icmp.h"

#include "dataplane/base/check.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"

namespace sallyport::wire {
namespace {

void read_fields(std::span<const uint8_t> packet, IcmpView& out) noexcept {
  out.type = packet[0];
  out.code = packet[1];
  out.rest = load_be32(packet.data() + 4);
}

void write_fields(const IcmpView& icmp, std::span<uint8_t> out) noexcept {
  SP_CHECK(out.size() >= IcmpView::kBytes);
  out[0] = icmp.type;
  out[1] = icmp.code;
  store_be16(out.data() + 2, 0);
  store_be32(out.data() + 4, icmp.rest);
}

}  // namespace

IcmpView::Parse IcmpView::parse(std::span<const uint8_t> packet, IcmpView& out) noexcept {
  if (packet.size() < kBytes) return Parse::Truncated;
  Checksum checksum;
  checksum.add(packet);
  if (checksum.finish() != 0) return Parse::BadChecksum;
  read_fields(packet, out);
  return Parse::Good;
}

IcmpView::Parse IcmpView::parse6(std::span<const uint8_t> packet, const IpAddress& source,
                                 const IpAddress& destination, IcmpView& out) noexcept {
  if (packet.size() < kBytes) return Parse::Truncated;
  Checksum checksum;
  checksum.add_pseudo_header(source, destination, static_cast<uint8_t>(IpProtocol::Icmp6),
                             static_cast<uint32_t>(packet.size()));
  checksum.add(packet);
  if (checksum.finish() != 0) return Parse::BadChecksum;
  read_fields(packet, out);
  return Parse::Good;
}

void IcmpView::write(std::span<uint8_t> out, std::span<const uint8_t> payload) const noexcept {
  write_fields(*this, out);
  Checksum checksum;
  checksum.add(out.first(kBytes));
  checksum.add(payload);
  store_be16(out.data() + 2, checksum.finish());
}

void IcmpView::write6(std::span<uint8_t> out, std::span<const uint8_t> payload,
                      const IpAddress& source, const IpAddress& destination) const noexcept {
  write_fields(*this, out);
  Checksum checksum;
  checksum.add_pseudo_header(source, destination, static_cast<uint8_t>(IpProtocol::Icmp6),
                             static_cast<uint32_t>(kBytes + payload.size()));
  checksum.add(out.first(kBytes));
  checksum.add(payload);
  store_be16(out.data() + 2, checksum.finish());
}

// A router may have cut the packet and changed its fields, so only what is needed is looked at.
bool quoted_tcp(std::span<const uint8_t> quoted, QuotedTcp& out) noexcept {
  if (quoted.empty()) return false;
  const uint8_t* p = quoted.data();
  size_t header = 0;
  if (p[0] >> 4 == 4) {
    if (quoted.size() < Ipv4View::kBytes) return false;
    header = size_t{p[0] & 0x0fU} * 4;
    if (header < Ipv4View::kBytes || p[9] != static_cast<uint8_t>(IpProtocol::Tcp)) return false;
    if ((load_be16(p + 6) & 0x1fff) != 0) return false;
    out.source = IpAddress(load_be32(p + 12));
    out.destination = IpAddress(load_be32(p + 16));
  } else if (p[0] >> 4 == 6) {
    // What we send has no extension headers.
    if (quoted.size() < Ipv6View::kBytes || p[6] != static_cast<uint8_t>(IpProtocol::Tcp))
      return false;
    header = Ipv6View::kBytes;
    out.source = IpAddress::from_v6(p + 8);
    out.destination = IpAddress::from_v6(p + 24);
  } else {
    return false;
  }
  if (quoted.size() < header + 8) return false;
  out.source_port = load_be16(p + header);
  out.destination_port = load_be16(p + header + 2);
  out.sequence = load_be32(p + header + 4);
  return true;
}

}  // namespace sallyport::wire
