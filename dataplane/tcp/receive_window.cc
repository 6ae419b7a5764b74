#include "dataplane/tcp/receive_window.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/tcp/mutations.h"
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
                                              ReceivePools& pools) noexcept {
  const uint32_t end = sequence + static_cast<uint32_t>(bytes.size());
  if (seq_at_or_before(end, next_)) return Accepted::Duplicate;
  if (seq_before(sequence, next_)) {
    bytes = bytes.subspan(next_ - sequence);
    sequence = next_;
  }
  if (sequence != next_) return hold(sequence, bytes, pools);
  bool advanced = false;
  while (!bytes.empty()) {
    // I4: where a span begins, its copy of the bytes was first.
    size_t part = bytes.size();
    if (held_ != nullptr && !SP_TCP_MUTANT(LaterCopyWins))
      part = std::min<size_t>(part, held_->spans[0].begin - next_);
    if (!take_in_order(bytes.first(part), pools))
      return advanced ? Accepted::InOrder : Accepted::RefusedNoBuffer;
    advanced = true;
    absorb_spans(pools);
    if (seq_at_or_before(end, next_)) break;
    bytes = bytes.last(end - next_);
  }
  return Accepted::InOrder;
}

bool ReceiveWindow::take_in_order(std::span<const uint8_t> bytes, ReceivePools& pools) noexcept {
  if (!queue_.append_copy(bytes, pools.copies)) return false;
  next_ += static_cast<uint32_t>(bytes.size());
  return true;
}

void ReceiveWindow::absorb_spans(ReceivePools& pools) noexcept {
  while (held_ != nullptr && seq_at_or_before(held_->spans[0].begin, next_)) {
    HeldSpans::Span& span = held_->spans[0];
    if (seq_before(span.begin, next_)) {  // only a mutant gets here with bytes that came twice
      span.bytes.consume(std::min<size_t>(span.bytes.size(), next_ - span.begin));
    }
    next_ = seq_later(next_, span.end);
    while (mem::Segment* segment = span.bytes.pop_front()) {
      // Small pieces are packed, or a peer that sends bytes backwards would pin a buffer for each.
      // When the copy finds no buffer the piece itself is kept: it is already counted.
      const bool small = segment->size <= pools.copies.segment_bytes() / 4;
      if (small && queue_.append_copy(segment->bytes(), pools.copies)) {
        mem::release(segment);
      } else {
        queue_.append(segment);
      }
    }
    erase_span(0);
    release_if_empty(pools);
  }
}

// Only what no span covers is stored (I4), gap by gap.
ReceiveWindow::Accepted ReceiveWindow::hold(uint32_t sequence, std::span<const uint8_t> bytes,
                                            ReceivePools& pools) noexcept {
  if (pools.copies.available() <= pools.copies_reserved) return Accepted::RefusedPoolFull;
  if (held_ == nullptr) {
    held_ = pools.spans.take();
    if (held_ == nullptr) return Accepted::RefusedPoolFull;
  }
  ++held_->touches;
  Accepted answer = Accepted::Duplicate;
  const uint32_t end = sequence + static_cast<uint32_t>(bytes.size());
  uint32_t at = sequence;
  while (seq_before(at, end)) {
    size_t index = 0;
    while (index < held_->count && seq_at_or_before(held_->spans[index].end, at)) ++index;
    if (index < held_->count && seq_at_or_before(held_->spans[index].begin, at)) {
      held_->spans[index].touched = held_->touches;
      at = held_->spans[index].end;
      continue;
    }
    const uint32_t stop = index < held_->count ? seq_earlier(end, held_->spans[index].begin) : end;
    const Accepted stored = hold_gap(at, bytes.subspan(at - sequence, stop - at), pools);
    if (stored != Accepted::Held) {
      if (answer != Accepted::Held) answer = stored;
      break;
    }
    answer = Accepted::Held;
    at = stop;
  }
  release_if_empty(pools);
  return answer;
}

ReceiveWindow::Accepted ReceiveWindow::hold_gap(uint32_t begin, std::span<const uint8_t> bytes,
                                                ReceivePools& pools) noexcept {
  auto& spans = held_->spans;
  const uint32_t end = begin + static_cast<uint32_t>(bytes.size());
  size_t index = 0;
  while (index < held_->count && seq_before(spans[index].end, begin)) ++index;
  const bool joins_left = index < held_->count && spans[index].end == begin;
  const size_t right = joins_left ? index + 1 : index;
  const bool joins_right = right < held_->count && spans[right].begin == end;
  const size_t segments = bytes.size() / pools.copies.segment_bytes() + 1;
  if (held_segment_count() + segments > held_segments_max_) return Accepted::RefusedNoRoom;
  if (joins_left) {
    HeldSpans::Span& left = spans[index];
    if (!left.bytes.append_copy(bytes, pools.copies)) return Accepted::RefusedNoBuffer;
    left.end = end;
    left.touched = held_->touches;
    if (joins_right) {
      left.end = spans[right].end;
      left.bytes.append(std::move(spans[right].bytes));
      erase_span(right);
    }
    return Accepted::Held;
  }
  mem::ByteChain copy;
  if (!joins_right && held_->count == spans.size()) return Accepted::RefusedNoRoom;
  if (!copy.append_copy(bytes, pools.copies)) return Accepted::RefusedNoBuffer;
  if (joins_right) {
    copy.append(std::move(spans[right].bytes));
    spans[right].begin = begin;
    spans[right].bytes = std::move(copy);
    spans[right].touched = held_->touches;
    return Accepted::Held;
  }
  for (size_t i = held_->count; i > index; --i) spans[i] = std::move(spans[i - 1]);
  spans[index].begin = begin;
  spans[index].end = end;
  spans[index].touched = held_->touches;
  spans[index].bytes = std::move(copy);
  ++held_->count;
  return Accepted::Held;
}

void ReceiveWindow::erase_span(size_t index) noexcept {
  for (size_t i = index; i + 1 < held_->count; ++i)
    held_->spans[i] = std::move(held_->spans[i + 1]);
  --held_->count;
  held_->spans[held_->count].bytes.clear();
}

void ReceiveWindow::release_if_empty(ReceivePools& pools) noexcept {
  if (held_ == nullptr || held_->count > 0) return;
  pools.spans.give_back(held_);
  held_ = nullptr;
}

size_t ReceiveWindow::held_segment_count() const noexcept {
  size_t count = 0;
  for (size_t i = 0; i < held_->count; ++i) count += held_->spans[i].bytes.segment_count();
  return count;
}

size_t ReceiveWindow::held_bytes() const noexcept {
  size_t sum = 0;
  for (size_t i = 0; i < span_count(); ++i) sum += held_->spans[i].bytes.size();
  return sum;
}

bool ReceiveWindow::spans_are_sorted() const noexcept {
  uint32_t before = next_;
  for (size_t i = 0; i < span_count(); ++i) {
    const HeldSpans::Span& span = held_->spans[i];
    if (!seq_after(span.begin, before) || !seq_after(span.end, span.begin)) return false;
    if (span.bytes.size() != span.end - span.begin) return false;
    before = span.end;
  }
  return true;
}

size_t ReceiveWindow::sack_blocks(std::span<wire::TcpOptions::SackBlock> out) const noexcept {
  if (held_ == nullptr) return 0;
  size_t count = 0;
  uint32_t below = UINT32_MAX;  // take the most recent one, then the next
  while (count < out.size() && count < held_->count) {
    const HeldSpans::Span* best = nullptr;
    for (size_t i = 0; i < held_->count; ++i) {
      const HeldSpans::Span& span = held_->spans[i];
      if (span.touched < below && (best == nullptr || span.touched > best->touched)) best = &span;
    }
    if (best == nullptr) break;
    below = best->touched;
    out[count++] = {best->begin, best->end};
  }
  return count;
}

void ReceiveWindow::accept_fin() noexcept {
  SP_CHECK(held_ == nullptr || SP_TCP_MUTANT(FinOutOfOrder));
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
  uint32_t grown = growth(buffers_low);
  if (SP_TCP_MUTANT(ReceiveLimitIgnored)) grown = next_ + 2 * limit_ - edge_;
  if (SP_TCP_MUTANT(WindowShrinks))
    edge_ = next_ + (limit_ - static_cast<uint32_t>(std::min<size_t>(2 * queue_.size(), limit_)));
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

void ReceiveWindow::clear(ReceivePools& pools) noexcept {
  queue_.clear();
  if (held_ == nullptr) return;
  for (size_t i = 0; i < held_->count; ++i) held_->spans[i].bytes.clear();
  held_->count = 0;
  release_if_empty(pools);
}

}  // namespace sallyport::tcp
