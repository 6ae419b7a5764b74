#include "dataplane/wire/arp.h"

#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/wire/bytes.h"

namespace sallyport::wire {
namespace {

constexpr uint16_t kHardwareEthernet = 1;
constexpr uint16_t kProtocolIpv4 = 0x0800;

}  // namespace

bool ArpView::parse(std::span<const uint8_t> packet, ArpView& out) noexcept {
  if (packet.size() < kBytes) return false;
  const uint8_t* p = packet.data();
  if (load_be16(p) != kHardwareEthernet || load_be16(p + 2) != kProtocolIpv4) return false;
  if (p[4] != 6 || p[5] != 4) return false;
  const uint16_t operation = load_be16(p + 6);
  if (operation != 1 && operation != 2) return false;
  out.operation = static_cast<Operation>(operation);
  std::memcpy(out.sender_mac.data(), p + 8, 6);
  out.sender_address = load_be32(p + 14);
  std::memcpy(out.target_mac.data(), p + 18, 6);
  out.target_address = load_be32(p + 24);
  return true;
}

void ArpView::write(std::span<uint8_t> out) const noexcept {
  SP_CHECK(out.size() >= kBytes);
  uint8_t* p = out.data();
  store_be16(p, kHardwareEthernet);
  store_be16(p + 2, kProtocolIpv4);
  p[4] = 6;
  p[5] = 4;
  store_be16(p + 6, static_cast<uint16_t>(operation));
  std::memcpy(p + 8, sender_mac.data(), 6);
  store_be32(p + 14, sender_address);
  std::memcpy(p + 18, target_mac.data(), 6);
  store_be32(p + 24, target_address);
}

}  // namespace sallyport::wire
