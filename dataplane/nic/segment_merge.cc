#include "dataplane/nic/segment_merge.h"

#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include <algorithm>
#include <cstring>

namespace sallyport::nic {
namespace {

constexpr uint8_t kAck = 0x10;
constexpr uint8_t kMayEndARun = 0x10 | 0x08 | 0x01;  // ACK, PSH, FIN

// One frame, looked at. The casts are DPDK's interface: headers lie at any address.
struct Look {
  uint8_t* bytes = nullptr;
  rte_tcp_hdr* tcp = nullptr;
  size_t header_bytes = 0;
  size_t payload_bytes = 0;

  Look(rte_mbuf* frame, const ChecksumPlace& place) noexcept
      : bytes(rte_pktmbuf_mtod(frame, uint8_t*)),
        tcp(reinterpret_cast<rte_tcp_hdr*>(bytes + place.tcp_offset)),
        header_bytes(place.tcp_offset + static_cast<size_t>(tcp->data_off >> 4) * 4) {
    payload_bytes = frame->data_len - std::min<size_t>(header_bytes, frame->data_len);
  }
  uint32_t sequence() const noexcept { return rte_be_to_cpu_32(tcp->sent_seq); }
};

bool same(const uint8_t* a, const uint8_t* b, size_t from, size_t to) noexcept {
  return std::memcmp(a + from, b + from, to - from) == 0;
}

// Everything but lengths, identification, sequence number, checksums and flags.
bool same_headers(const Look& a, const Look& b, const ChecksumPlace& place,
                  uint16_t distance) noexcept {
  if (a.header_bytes != b.header_bytes) return false;
  const size_t ip = place.ip_offset;
  const size_t tcp = place.tcp_offset;
  if (place.is_v6) {
    if (!same(a.bytes, b.bytes, 0, ip + 4) || !same(a.bytes, b.bytes, ip + 6, tcp + 4))
      return false;
  } else {
    const auto identification = [&](const Look& look) {
      return rte_be_to_cpu_16(reinterpret_cast<const rte_ipv4_hdr*>(look.bytes + ip)->packet_id);
    };
    if (!same(a.bytes, b.bytes, 0, ip + 2) || !same(a.bytes, b.bytes, ip + 6, ip + 10) ||
        !same(a.bytes, b.bytes, ip + 12, tcp + 4) ||
        static_cast<uint16_t>(identification(a) + distance) != identification(b))
      return false;
  }
  // Acknowledgment and data offset; window; urgent pointer and options.
  return same(a.bytes, b.bytes, tcp + 8, tcp + 13) && same(a.bytes, b.bytes, tcp + 14, tcp + 16) &&
         same(a.bytes, b.bytes, tcp + 18, a.header_bytes);
}

// How many frames from `first` on are one run.
size_t run_length(std::span<rte_mbuf*> frames, std::span<const ChecksumPlace> places,
                  size_t first) noexcept {
  const ChecksumPlace& place = places[first];
  const Look head(frames[first], place);
  size_t total = head.header_bytes - place.ip_offset + head.payload_bytes;
  size_t count = 1;
  if (head.payload_bytes == 0 || head.tcp->tcp_flags != kAck) return 1;
  uint32_t next = head.sequence() + static_cast<uint32_t>(head.payload_bytes);
  while (first + count < frames.size() && count < kMergedPiecesMax) {
    const ChecksumPlace& other = places[first + count];
    if (other.tcp_offset != place.tcp_offset || other.ip_offset != place.ip_offset ||
        other.is_v6 != place.is_v6)
      break;
    const Look look(frames[first + count], other);
    const uint8_t flags = look.tcp->tcp_flags;
    if (look.payload_bytes == 0 || look.payload_bytes > head.payload_bytes ||
        look.sequence() != next || (flags & kAck) == 0 || (flags & ~kMayEndARun) != 0 ||
        total + look.payload_bytes > kMergedBytesMax ||
        !same_headers(head, look, place, static_cast<uint16_t>(count)))
      break;
    total += look.payload_bytes;
    next += static_cast<uint32_t>(look.payload_bytes);
    ++count;
    if (look.payload_bytes != head.payload_bytes || flags != kAck) break;  // the last of its run
  }
  return count;
}

void merge(std::span<rte_mbuf*> run, const ChecksumPlace& place) noexcept {
  rte_mbuf* const whole = run[0];
  const Look head(whole, place);
  const Look last(run.back(), place);
  head.tcp->tcp_flags |= last.tcp->tcp_flags;
  rte_mbuf* tail = whole;
  for (rte_mbuf* piece : run.subspan(1)) {
    rte_pktmbuf_adj(piece, static_cast<uint16_t>(head.header_bytes));
    whole->pkt_len += piece->pkt_len;
    ++whole->nb_segs;
    tail->next = piece;
    tail = piece;
  }
  whole->l4_len = (head.header_bytes - place.tcp_offset) & 0xffU;
  whole->tso_segsz = static_cast<uint16_t>(head.payload_bytes);
  whole->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
  uint8_t* const ip = head.bytes + place.ip_offset;
  const auto above_link = static_cast<uint16_t>(whole->pkt_len - place.ip_offset);
  if (place.is_v6) {
    auto* const header = reinterpret_cast<rte_ipv6_hdr*>(ip);
    header->payload_len = rte_cpu_to_be_16(static_cast<uint16_t>(above_link - sizeof *header));
    head.tcp->cksum = rte_ipv6_phdr_cksum(header, whole->ol_flags);
  } else {
    // The device writes the header checksum of each packet that it cuts.
    auto* const header = reinterpret_cast<rte_ipv4_hdr*>(ip);
    whole->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
    header->total_length = rte_cpu_to_be_16(above_link);
    header->hdr_checksum = 0;
    head.tcp->cksum = rte_ipv4_phdr_cksum(header, whole->ol_flags);
  }
}

}  // namespace

size_t merge_segments(std::span<rte_mbuf*> frames, std::span<ChecksumPlace> places,
                      const MergeLimits& limits) noexcept {
  size_t left = 0;
  for (size_t i = 0; i < frames.size();) {
    ChecksumPlace place = places[i];
    const bool may = place.tcp_offset != 0 && (limits.v6 || !place.is_v6) &&
                     frames[i]->data_len <= limits.frame_bytes;
    const size_t count = may ? run_length(frames, places, i) : 1;
    if (count > 1) {
      merge(frames.subspan(i, count), place);
      place = {};
    }
    frames[left] = frames[i];
    places[left++] = place;
    i += count;
  }
  return left;
}

}  // namespace sallyport::nic
