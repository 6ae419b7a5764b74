#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include <cstring>
#include <new>

#include "dataplane/base/check.h"
#include "dataplane/nic/port.h"

namespace sallyport::nic {

namespace {

// The segment lives in the mbuf's private area: reception allocates nothing.
mem::Segment* segment_of(rte_mbuf* frame, mem::SegmentOwner* owner) noexcept {
  auto* segment = new (rte_mbuf_to_priv(frame)) mem::Segment;
  segment->owner = owner;
  segment->storage = static_cast<uint8_t*>(frame->buf_addr);
  segment->capacity = frame->buf_len;
  segment->offset = frame->data_off;
  segment->size = frame->data_len;
  segment->cookie = frame;
  return segment;
}

// The pieces of a frame in one buffer of `pool`. Null: it does not fit, or there is none; the
// pieces are still the caller's.
rte_mbuf* gather(const rte_mbuf* pieces, rte_mempool* pool) noexcept {
  rte_mbuf* whole = rte_pktmbuf_alloc(pool);
  if (whole == nullptr) return nullptr;
  if (pieces->pkt_len > rte_pktmbuf_tailroom(whole)) {
    rte_pktmbuf_free(whole);
    return nullptr;
  }
  for (const rte_mbuf* piece = pieces; piece != nullptr; piece = piece->next)
    std::memcpy(rte_pktmbuf_append(whole, piece->data_len), rte_pktmbuf_mtod(piece, const uint8_t*),
                piece->data_len);
  whole->ol_flags = pieces->ol_flags & (RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_L4_CKSUM_MASK);
  whole->hash.rss = pieces->hash.rss;
  return whole;
}

bool is_good(const rte_mbuf* frame) noexcept {
  return (frame->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

}  // namespace

size_t Queue::receive(std::span<mem::Segment*> out) noexcept {
  if (!receives_) return 0;
  std::array<rte_mbuf*, kBurstFramesMax> frames;
  const size_t wanted = out.size() < frames.size() ? out.size() : frames.size();
  const uint16_t came =
      rte_eth_rx_burst(port_id_, queue_index_, frames.data(), static_cast<uint16_t>(wanted));
  size_t count = 0;
  for (uint16_t i = 0; i < came; ++i) {
    rte_mbuf* frame = frames[i];
    counters_.bytes_received += frame->pkt_len;
    if (frame->nb_segs != 1) {
      rte_mbuf* const pieces = frame;
      frame = gather(pieces, pool_);
      rte_pktmbuf_free(pieces);
      ++(frame != nullptr ? counters_.gathered : counters_.multi_segment_dropped);
      if (frame == nullptr) continue;
    }
    if (frame->data_len >= truncated_at_) {
      ++counters_.truncated;
      rte_pktmbuf_free(frame);
      continue;
    }
    counters_.checksums_received += is_good(frame) ? 1 : 0;
    has_hash_[count] = (frame->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0;
    hashes_[count] = frame->hash.rss;
    out[count++] = segment_of(frame, this);
  }
  counters_.frames_received += came;
  return count;
}

void Queue::release(mem::Segment* segment) noexcept {
  SP_CHECK(segment->owner == this);
  rte_pktmbuf_free(static_cast<rte_mbuf*>(segment->cookie));
}

bool Queue::checksum_is_good(const mem::Segment& segment) noexcept {
  return is_good(static_cast<const rte_mbuf*>(segment.cookie));
}

mem::Segment* Queue::copy(const mem::Segment& segment) noexcept {
  rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
  if (frame == nullptr || segment.size > rte_pktmbuf_tailroom(frame)) {
    ++counters_.no_frame;
    rte_pktmbuf_free(frame);
    return nullptr;
  }
  std::memcpy(rte_pktmbuf_mtod(frame, uint8_t*), segment.data(), segment.size);
  frame->data_len = static_cast<uint16_t>(segment.size);
  frame->pkt_len = segment.size;
  return segment_of(frame, this);
}

std::span<uint8_t> Queue::frame() noexcept {
  if (queued_count_ == kBurstFramesMax) {
    flush();
    if (queued_count_ == kBurstFramesMax) return {};
  }
  if (open_frame_ == nullptr) {
    open_frame_ = rte_pktmbuf_alloc(pool_);
    if (open_frame_ == nullptr) {
      ++counters_.no_frame;
      return {};
    }
  }
  return {rte_pktmbuf_mtod(open_frame_, uint8_t*), frame_bytes_};
}

void Queue::commit(size_t bytes) noexcept {
  SP_CHECK(open_frame_ != nullptr && bytes <= frame_bytes_ && queued_count_ < kBurstFramesMax);
  open_frame_->data_len = static_cast<uint16_t>(bytes);
  open_frame_->pkt_len = static_cast<uint32_t>(bytes);
  counters_.bytes_sent += bytes;
  places_[queued_count_] = {};
  queued_[queued_count_++] = open_frame_;
  open_frame_ = nullptr;
}

// What devices want (DPDK's contract of RTE_MBUF_F_TX_TCP_CKSUM): lengths, flags, and the sum of
// the pseudo header in the field.
void Queue::commit(size_t bytes, const ChecksumPlace& checksum) noexcept {
  SP_CHECK(open_frame_ != nullptr);
  constexpr size_t kFieldOffset = 16;  // RFC 9293 3.1
  uint8_t* const frame = rte_pktmbuf_mtod(open_frame_, uint8_t*);
  uint8_t* const ip = frame + checksum.ip_offset;
  const uint64_t family = checksum.is_v6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
  open_frame_->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM | family;
  // Bit fields of 7 and 9 bits: a tagged link header and 40 bytes of IPv6 are far from both.
  open_frame_->l2_len = checksum.ip_offset & 0x7fU;
  open_frame_->l3_len = static_cast<unsigned>(checksum.tcp_offset - checksum.ip_offset) & 0x1ffU;
  // The casts are DPDK's interface: headers lie at any address.
  const uint16_t pseudo =
      checksum.is_v6
          ? rte_ipv6_phdr_cksum(reinterpret_cast<const rte_ipv6_hdr*>(ip), open_frame_->ol_flags)
          : rte_ipv4_phdr_cksum(reinterpret_cast<const rte_ipv4_hdr*>(ip), open_frame_->ol_flags);
  std::memcpy(frame + checksum.tcp_offset + kFieldOffset, &pseudo, sizeof pseudo);
  ++counters_.checksums_sent;
  commit(bytes);
  places_[queued_count_ - 1] = checksum;
}

void Queue::drop_first() noexcept {
  refused_in_a_row_ = 0;
  ++counters_.transmit_refused;
  rte_pktmbuf_free(queued_[0]);
  for (size_t i = 1; i < queued_count_; ++i) {
    queued_[i - 1] = queued_[i];
    places_[i - 1] = places_[i];
  }
  --queued_count_;
}

void Queue::flush() noexcept {
  if (queued_count_ == 0) return;
  if (merges_) {
    const size_t left = merge_segments({queued_.data(), queued_count_},
                                       {places_.data(), queued_count_}, merge_limits_);
    counters_.segments_merged += queued_count_ - left;
    queued_count_ = left;
  }
  const uint16_t sent = rte_eth_tx_burst(port_id_, queue_index_, queued_.data(),
                                         static_cast<uint16_t>(queued_count_));
  counters_.frames_sent += sent;
  refused_in_a_row_ = sent == 0 ? refused_in_a_row_ + 1 : 0;
  if (refused_in_a_row_ == kRefusalsMax) return drop_first();
  if (sent < queued_count_) {
    ++counters_.transmit_full;
    for (size_t i = sent; i < queued_count_; ++i) {
      queued_[i - sent] = queued_[i];
      places_[i - sent] = places_[i];
    }
  }
  queued_count_ -= sent;
}

}  // namespace sallyport::nic
