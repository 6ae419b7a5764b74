#include "dataplane/worker/frame_checksum.h"

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::worker {
namespace {

constexpr size_t kFieldOffset = 16;  // RFC 9293 3.1
constexpr auto kTcp = static_cast<uint8_t>(wire::IpProtocol::Tcp);

}  // namespace

std::optional<nic::ChecksumPlace> tcp_place(std::span<const uint8_t> frame) noexcept {
  wire::EthernetView ethernet;
  if (!wire::EthernetView::parse(frame, ethernet)) return std::nullopt;
  const auto packet = frame.subspan(ethernet.header_bytes);
  nic::ChecksumPlace place;
  place.ip_offset = ethernet.header_bytes;
  if (ethernet.type == wire::EtherType::Ipv4 && packet.size() >= wire::Ipv4View::kBytes &&
      packet[9] == kTcp) {
    place.tcp_offset = static_cast<uint16_t>(place.ip_offset + wire::Ipv4View::kBytes);
  } else if (ethernet.type == wire::EtherType::Ipv6 && packet.size() >= wire::Ipv6View::kBytes &&
             packet[6] == kTcp) {
    place.tcp_offset = static_cast<uint16_t>(place.ip_offset + wire::Ipv6View::kBytes);
    place.is_v6 = true;
  } else {
    return std::nullopt;
  }
  if (frame.size() < place.tcp_offset + wire::TcpView::kBytes) return std::nullopt;
  return place;
}

void complete_checksum(std::span<uint8_t> frame, const nic::ChecksumPlace& place) noexcept {
  const uint8_t* const ip = frame.data() + place.ip_offset;
  const auto segment = frame.subspan(place.tcp_offset);
  const auto source =
      place.is_v6 ? wire::IpAddress::from_v6(ip + 8) : wire::IpAddress(wire::load_be32(ip + 12));
  const auto destination =
      place.is_v6 ? wire::IpAddress::from_v6(ip + 24) : wire::IpAddress(wire::load_be32(ip + 16));
  wire::Checksum sum;
  sum.add_pseudo_header(source, destination, kTcp, static_cast<uint32_t>(segment.size()));
  sum.add(segment);
  wire::store_be16(segment.data() + kFieldOffset, sum.finish());
}

}  // namespace sallyport::worker
