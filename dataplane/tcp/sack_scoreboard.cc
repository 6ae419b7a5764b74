#include "dataplane/tcp/sack_scoreboard.h"

#include <algorithm>

#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {

void SackScoreboard::reset() noexcept {
  count_ = 0;
  sacked_bytes_ = 0;
  has_lost_below_ = false;
}

void SackScoreboard::erase(size_t first, size_t last) noexcept {
  std::move(ranges_.begin() + static_cast<ptrdiff_t>(last),
            ranges_.begin() + static_cast<ptrdiff_t>(count_),
            ranges_.begin() + static_cast<ptrdiff_t>(first));
  count_ -= last - first;
}

uint32_t SackScoreboard::add(uint32_t begin, uint32_t end) noexcept {
  size_t first = 0;
  while (first < count_ && seq_before(ranges_[first].end, begin)) ++first;
  size_t last = first;  // [first, last) touch or overlap the new one
  uint32_t known = 0;
  uint32_t low = begin;
  uint32_t high = end;
  while (last < count_ && seq_at_or_before(ranges_[last].begin, end)) {
    known += ranges_[last].end - ranges_[last].begin;
    low = seq_earlier(low, ranges_[last].begin);
    high = seq_later(high, ranges_[last].end);
    ++last;
  }
  if (first == last) {
    if (count_ == ranges_.size()) return 0;
    std::move_backward(ranges_.begin() + static_cast<ptrdiff_t>(first),
                       ranges_.begin() + static_cast<ptrdiff_t>(count_),
                       ranges_.begin() + static_cast<ptrdiff_t>(count_) + 1);
    ++count_;
  } else {
    erase(first + 1, last);
  }
  ranges_[first] = {low, high};
  const uint32_t news = SP_TCP_MUTANT(SackedCountedTwice) ? high - low : high - low - known;
  sacked_bytes_ += news;
  return news;
}

uint32_t SackScoreboard::advance(uint32_t unacked) noexcept {
  if (SP_TCP_MUTANT(ScoreboardLeaks)) return 0;
  uint32_t known = 0;
  size_t gone = 0;
  while (gone < count_ && seq_at_or_before(ranges_[gone].end, unacked)) {
    known += ranges_[gone].end - ranges_[gone].begin;
    ++gone;
  }
  erase(0, gone);
  if (count_ > 0 && seq_before(ranges_[0].begin, unacked)) {
    known += unacked - ranges_[0].begin;
    ranges_[0].begin = unacked;
  }
  sacked_bytes_ -= known;
  if (has_lost_below_ && seq_at_or_before(lost_below_, unacked)) has_lost_below_ = false;
  return known;
}

uint32_t SackScoreboard::sacked_below(uint32_t sequence) const noexcept {
  uint32_t sum = 0;
  for (size_t i = 0; i < count_ && seq_before(ranges_[i].begin, sequence); ++i)
    sum += seq_earlier(ranges_[i].end, sequence) - ranges_[i].begin;
  return sum;
}

uint32_t SackScoreboard::skip(uint32_t sequence) const noexcept {
  for (size_t i = 0; i < count_; ++i) {
    if (seq_before(sequence, ranges_[i].begin)) break;
    if (seq_before(sequence, ranges_[i].end)) return ranges_[i].end;
  }
  return sequence;
}

uint32_t SackScoreboard::hole_end(uint32_t sequence, uint32_t limit) const noexcept {
  for (size_t i = 0; i < count_; ++i) {
    if (seq_after(ranges_[i].begin, sequence)) return seq_earlier(ranges_[i].begin, limit);
  }
  return limit;
}

uint32_t SackScoreboard::sacked_above(uint32_t sequence) const noexcept {
  return sacked_bytes_ - sacked_below(sequence);
}

bool SackScoreboard::is_lost(uint32_t sequence, uint32_t mss_bytes) const noexcept {
  if (has_lost_below_ && seq_before(sequence, lost_below_)) return true;
  size_t above = 0;
  for (size_t i = count_; i-- > 0 && seq_after(ranges_[i].begin, sequence);) ++above;
  return above >= kDuplicateAcksForLoss ||
         sacked_above(sequence) > (kDuplicateAcksForLoss - 1) * mss_bytes;
}

uint32_t SackScoreboard::pipe(uint32_t unacked, uint32_t highest, uint32_t high_retransmitted,
                              uint32_t mss_bytes) const noexcept {
  uint32_t sum = 0;
  uint32_t at = unacked;
  for (size_t i = 0; i <= count_; ++i) {
    const uint32_t end = i < count_ ? ranges_[i].begin : highest;
    if (seq_before(at, end)) {
      if (!is_lost(at, mss_bytes)) sum += end - at;
      if (seq_after(high_retransmitted, at)) sum += seq_earlier(high_retransmitted, end) - at;
    }
    if (i < count_) at = ranges_[i].end;
  }
  return sum;
}

SackScoreboard::Hole SackScoreboard::first_hole(uint32_t from) const noexcept {
  uint32_t at = from;
  for (size_t i = 0; i < count_; ++i) {
    if (seq_before(at, ranges_[i].begin)) return {at, ranges_[i].begin, true};
    at = seq_later(at, ranges_[i].end);
  }
  return {};
}

}  // namespace sallyport::tcp
