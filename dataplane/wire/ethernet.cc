#include "dataplane/wire/ethernet.h"

#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/wire/bytes.h"

namespace sallyport::wire {

bool EthernetView::parse(std::span<const uint8_t> frame, EthernetView& out) noexcept {
  if (frame.size() < kBytes) return false;
  std::memcpy(out.destination.data(), frame.data(), 6);
  std::memcpy(out.source.data(), frame.data() + 6, 6);
  out.type = static_cast<EtherType>(load_be16(frame.data() + 12));
  out.vlan = 0;
  out.header_bytes = kBytes;
  if (out.type == EtherType::Vlan) {
    if (frame.size() < kBytesTagged) return false;
    out.vlan = load_be16(frame.data() + 14) & 0x0fff;
    out.type = static_cast<EtherType>(load_be16(frame.data() + 16));
    out.header_bytes = kBytesTagged;
  }
  return true;
}

size_t EthernetView::write(std::span<uint8_t> out) const noexcept {
  SP_CHECK(out.size() >= kBytes);
  std::memcpy(out.data(), destination.data(), 6);
  std::memcpy(out.data() + 6, source.data(), 6);
  if (vlan != 0) {
    SP_CHECK(out.size() >= kBytesTagged);
    store_be16(out.data() + 12, static_cast<uint16_t>(EtherType::Vlan));
    store_be16(out.data() + 14, vlan);
    store_be16(out.data() + 16, static_cast<uint16_t>(type));
    return kBytesTagged;
  }
  store_be16(out.data() + 12, static_cast<uint16_t>(type));
  return kBytes;
}

}  // namespace sallyport::wire
