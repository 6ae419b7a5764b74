#include "dataplane/tcp/receive_window.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {

void ReceiveWindow::start(uint32_t next, uint32_t limit_bytes,
                          uint32_t held_segments_max) noexcept {
  next_ = next;
  limit_ = limit_bytes;
  edge_ = next + limit_bytes;
  held_segments_max_ = held_segments_max;
}

void ReceiveWindow::limit_to(uint32_t limit_bytes) noexcept {
  // Before any data only: the SYN's own field never offered more than 65,535.
  limit_ = std::min(limit_, limit_bytes);
  edge_ = next_ + limit_;
}

ReceiveWindow::Accepted ReceiveWindow::accept(uint32_t sequence, std::span<const uint8_t> bytes,
                                              mem::SegmentPool& copies) noexcept {
  const uint32_t end = sequence + static_cast<uint32_t>(bytes.size());
  if (seq_at_or_before(end, next_)) return Accepted::Duplicate;
  if (seq_before(sequence, next_)) {
    bytes = bytes.subspan(next_ - sequence);
    sequence = next_;
  }
  if (sequence != next_) return hold(sequence, bytes, copies);
  bool advanced = false;
  while (!bytes.empty()) {
    // I4: where a span begins, its copy of the bytes was first.
    size_t part = bytes.size();
    if (span_count_ > 0) part = std::min<size_t>(part, spans_[0].begin - next_);
    if (!take_in_order(bytes.first(part), copies))
      return advanced ? Accepted::InOrder : Accepted::RefusedNoBuffer;
    advanced = true;
    absorb_spans(copies);
    if (seq_at_or_before(end, next_)) break;
    bytes = bytes.last(end - next_);
  }
  return Accepted::InOrder;
}

bool ReceiveWindow::take_in_order(std::span<const uint8_t> bytes,
                                  mem::SegmentPool& copies) noexcept {
  if (!queue_.append_copy(bytes, copies)) return false;
  next_ += static_cast<uint32_t>(bytes.size());
  return true;
}

void ReceiveWindow::absorb_spans(mem::SegmentPool& copies) noexcept {
  while (span_count_ > 0 && spans_[0].begin == next_) {
    Span& span = spans_[0];
    next_ = span.end;
    while (mem::Segment* segment = span.bytes.pop_front()) {
      // Small pieces are packed, or a peer that sends bytes backwards would pin a buffer for each.
      // When the copy finds no buffer the piece itself is kept: it is already counted.
      const bool small = segment->size <= copies.segment_bytes() / 4;
      if (small && queue_.append_copy(segment->bytes(), copies)) {
        mem::release(segment);
      } else {
        queue_.append(segment);
      }
    }
    erase_span(0);
  }
}

// Only what no span covers is stored (I4), gap by gap.
ReceiveWindow::Accepted ReceiveWindow::hold(uint32_t sequence, std::span<const uint8_t> bytes,
                                            mem::SegmentPool& copies) noexcept {
  Accepted answer = Accepted::Duplicate;
  const uint32_t end = sequence + static_cast<uint32_t>(bytes.size());
  uint32_t at = sequence;
  while (seq_before(at, end)) {
    size_t index = 0;
    while (index < span_count_ && seq_at_or_before(spans_[index].end, at)) ++index;
    if (index < span_count_ && seq_at_or_before(spans_[index].begin, at)) {
      at = spans_[index].end;
      continue;
    }
    const uint32_t stop = index < span_count_ ? seq_earlier(end, spans_[index].begin) : end;
    const Accepted stored = hold_gap(at, bytes.subspan(at - sequence, stop - at), copies);
    if (stored != Accepted::Held) return answer == Accepted::Held ? answer : stored;
    answer = Accepted::Held;
    at = stop;
  }
  return answer;
}

ReceiveWindow::Accepted ReceiveWindow::hold_gap(uint32_t begin, std::span<const uint8_t> bytes,
                                                mem::SegmentPool& copies) noexcept {
  const uint32_t end = begin + static_cast<uint32_t>(bytes.size());
  size_t index = 0;
  while (index < span_count_ && seq_before(spans_[index].end, begin)) ++index;
  const bool joins_left = index < span_count_ && spans_[index].end == begin;
  const size_t right = joins_left ? index + 1 : index;
  const bool joins_right = right < span_count_ && spans_[right].begin == end;
  const size_t segments = bytes.size() / copies.segment_bytes() + 1;
  if (held_segment_count() + segments > held_segments_max_) return Accepted::RefusedNoRoom;
  if (joins_left) {
    Span& left = spans_[index];
    if (!left.bytes.append_copy(bytes, copies)) return Accepted::RefusedNoBuffer;
    left.end = end;
    if (joins_right) {
      left.end = spans_[right].end;
      left.bytes.append(std::move(spans_[right].bytes));
      erase_span(right);
    }
    return Accepted::Held;
  }
  mem::ByteChain copy;
  if (!joins_right && span_count_ == spans_.size()) return Accepted::RefusedNoRoom;
  if (!copy.append_copy(bytes, copies)) return Accepted::RefusedNoBuffer;
  if (joins_right) {
    copy.append(std::move(spans_[right].bytes));
    spans_[right].begin = begin;
    spans_[right].bytes = std::move(copy);
    return Accepted::Held;
  }
  for (size_t i = span_count_; i > index; --i) spans_[i] = std::move(spans_[i - 1]);
  spans_[index].begin = begin;
  spans_[index].end = end;
  spans_[index].bytes = std::move(copy);
  ++span_count_;
  return Accepted::Held;
}

void ReceiveWindow::erase_span(size_t index) noexcept {
  for (size_t i = index; i + 1 < span_count_; ++i) spans_[i] = std::move(spans_[i + 1]);
  --span_count_;
  spans_[span_count_].bytes.clear();
}

size_t ReceiveWindow::held_segment_count() const noexcept {
  size_t count = 0;
  for (size_t i = 0; i < span_count_; ++i) count += spans_[i].bytes.segment_count();
  return count;
}

void ReceiveWindow::accept_fin() noexcept {
  SP_CHECK(span_count_ == 0);
  ++next_;
}

uint32_t ReceiveWindow::growth(bool buffers_low) const noexcept {
  if (buffers_low) return 0;
  const size_t unread = queue_.size();
  const uint32_t room = unread < limit_ ? limit_ - static_cast<uint32_t>(unread) : 0;
  const auto growth = static_cast<int32_t>(next_ + room - edge_);
  return growth > 0 ? static_cast<uint32_t>(growth) : 0;
}

uint16_t ReceiveWindow::offer(uint8_t shift, uint32_t mss_bytes, bool buffers_low) noexcept {
  const uint32_t grown = growth(buffers_low);
  if (grown > 0 && grown >= std::min(mss_bytes, limit_ / 2)) edge_ += grown;
  const uint32_t unit = 1U << shift;
  uint32_t field = window() >> shift;
  // Rounding down would take back up to unit - 1 bytes that were offered; rounding up is bounded
  // (I3), or single bytes would push the edge for ever.
  if ((window() & (unit - 1)) != 0 && queue_.size() + window() < limit_ + 4ULL * unit) ++field;
  field = std::min<uint32_t>(field, UINT16_MAX);
  edge_ = seq_later(edge_, next_ + (field << shift));
  return static_cast<uint16_t>(field);
}

void ReceiveWindow::clear() noexcept {
  queue_.clear();
  for (size_t i = 0; i < span_count_; ++i) spans_[i].bytes.clear();
  span_count_ = 0;
}

}  // namespace sallyport::tcp
