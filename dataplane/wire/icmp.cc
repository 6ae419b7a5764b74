#include "dataplane/wire/icmp.h"

#include "dataplane/base/check.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/checksum.h"

namespace sallyport::wire {

IcmpView::Parse IcmpView::parse(std::span<const uint8_t> packet, IcmpView& out) noexcept {
  if (packet.size() < kBytes) return Parse::Truncated;
  Checksum checksum;
  checksum.add(packet);
  if (checksum.finish() != 0) return Parse::BadChecksum;
  out.type = packet[0];
  out.code = packet[1];
  out.rest = load_be32(packet.data() + 4);
  return Parse::Good;
}

void IcmpView::write(std::span<uint8_t> out, std::span<const uint8_t> payload) const noexcept {
  SP_CHECK(out.size() >= kBytes);
  out[0] = type;
  out[1] = code;
  store_be16(out.data() + 2, 0);
  store_be32(out.data() + 4, rest);
  Checksum checksum;
  checksum.add(out.first(kBytes));
  checksum.add(payload);
  store_be16(out.data() + 2, checksum.finish());
}

}  // namespace sallyport::wire
