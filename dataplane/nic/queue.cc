#include <rte_ethdev.h>
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
      ++counters_.multi_segment_dropped;
      rte_pktmbuf_free(frame);
      continue;
    }
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
  return {rte_pktmbuf_mtod(open_frame_, uint8_t*), kFrameBytesMax};
}

void Queue::commit(size_t bytes) noexcept {
  SP_CHECK(open_frame_ != nullptr && bytes <= kFrameBytesMax && queued_count_ < kBurstFramesMax);
  open_frame_->data_len = static_cast<uint16_t>(bytes);
  open_frame_->pkt_len = static_cast<uint32_t>(bytes);
  counters_.bytes_sent += bytes;
  queued_[queued_count_++] = open_frame_;
  open_frame_ = nullptr;
}

void Queue::flush() noexcept {
  if (queued_count_ == 0) return;
  const uint16_t sent = rte_eth_tx_burst(port_id_, queue_index_, queued_.data(),
                                         static_cast<uint16_t>(queued_count_));
  counters_.frames_sent += sent;
  if (sent < queued_count_) {
    ++counters_.transmit_full;
    for (size_t i = sent; i < queued_count_; ++i) queued_[i - sent] = queued_[i];
  }
  queued_count_ -= sent;
}

}  // namespace sallyport::nic
