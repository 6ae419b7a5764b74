#include "dataplane/mem/byte_chain.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/mem/segment_pool.h"

namespace sallyport::mem {

ByteChain::ByteChain(ByteChain&& other) noexcept
    : first_(std::exchange(other.first_, nullptr)),
      last_(std::exchange(other.last_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      segment_count_(std::exchange(other.segment_count_, 0)) {}

ByteChain& ByteChain::operator=(ByteChain&& other) noexcept {
  if (this != &other) {
    clear();
    first_ = std::exchange(other.first_, nullptr);
    last_ = std::exchange(other.last_, nullptr);
    size_ = std::exchange(other.size_, 0);
    segment_count_ = std::exchange(other.segment_count_, 0);
  }
  return *this;
}

ByteChain::~ByteChain() { clear(); }

void ByteChain::append(Segment* segment) noexcept {
  if (segment->size == 0) {
    release(segment);
    return;
  }
  segment->next = nullptr;
  if (last_ == nullptr) {
    first_ = segment;
  } else {
    last_->next = segment;
  }
  last_ = segment;
  size_ += segment->size;
  ++segment_count_;
}

void ByteChain::append(ByteChain&& other) noexcept {
  SP_CHECK(this != &other);
  if (other.first_ == nullptr) return;
  if (last_ == nullptr) {
    first_ = other.first_;
  } else {
    last_->next = other.first_;
  }
  last_ = other.last_;
  size_ += other.size_;
  segment_count_ += other.segment_count_;
  other.first_ = other.last_ = nullptr;
  other.size_ = other.segment_count_ = 0;
}

bool ByteChain::append_copy(std::span<const uint8_t> bytes, SegmentPool& pool) noexcept {
  const size_t tail_room = last_ != nullptr && pool.owns(*last_) ? last_->room() : 0;
  const size_t behind_tail = bytes.size() > tail_room ? bytes.size() - tail_room : 0;
  const size_t needed = (behind_tail + pool.segment_bytes() - 1) / pool.segment_bytes();
  if (needed > pool.available()) return false;
  if (tail_room > 0 && !bytes.empty()) {
    const size_t part = std::min<size_t>(tail_room, bytes.size());
    std::memcpy(last_->tail(), bytes.data(), part);
    last_->size += static_cast<uint32_t>(part);
    size_ += part;
    bytes = bytes.subspan(part);
  }
  while (!bytes.empty()) {
    Segment* segment = pool.allocate();
    SP_CHECK(segment != nullptr);  // available() covered it
    const size_t part = std::min<size_t>(segment->room(), bytes.size());
    std::memcpy(segment->tail(), bytes.data(), part);
    segment->size = static_cast<uint32_t>(part);
    append(segment);
    bytes = bytes.subspan(part);
  }
  return true;
}

void ByteChain::consume(size_t count) noexcept {
  SP_CHECK(count <= size_);
  size_ -= count;
  while (count > 0) {
    if (first_->size > count) {
      first_->offset += static_cast<uint32_t>(count);
      first_->size -= static_cast<uint32_t>(count);
      return;
    }
    Segment* gone = first_;
    count -= gone->size;
    first_ = gone->next;
    if (first_ == nullptr) last_ = nullptr;
    --segment_count_;
    release(gone);
  }
}

void ByteChain::trim_back(size_t count) noexcept {
  SP_CHECK(count <= size_);
  ByteChain kept;
  size_t keep = size_ - count;
  while (keep > 0) {
    Segment* segment = pop_front();
    if (segment->size > keep) segment->size = static_cast<uint32_t>(keep);
    keep -= segment->size;
    kept.append(segment);
  }
  *this = std::move(kept);
}

bool ByteChain::take_front(size_t count, ByteChain& out, SegmentPool& pool) noexcept {
  SP_CHECK(count <= size_);
  size_t whole = 0;
  const Segment* cut = first_;
  while (cut != nullptr && whole + cut->size <= count) {
    whole += cut->size;
    cut = cut->next;
  }
  const size_t part = count - whole;
  if (part > pool.segment_bytes() * pool.available()) return false;
  while (whole > 0) {
    Segment* segment = pop_front();
    whole -= segment->size;
    out.append(segment);
  }
  if (part > 0) {
    if (!out.append_copy({first_->data(), part}, pool)) return false;
    consume(part);
  }
  return true;
}

Segment* ByteChain::pop_front() noexcept {
  if (first_ == nullptr) return nullptr;
  Segment* segment = first_;
  first_ = segment->next;
  if (first_ == nullptr) last_ = nullptr;
  segment->next = nullptr;
  size_ -= segment->size;
  --segment_count_;
  return segment;
}

void ByteChain::clear() noexcept {
  while (Segment* segment = pop_front()) release(segment);
}

size_t ByteChain::copy_out(size_t from, std::span<uint8_t> out) const noexcept {
  size_t done = 0;
  for (const Segment* s = first_; s != nullptr && done < out.size(); s = s->next) {
    if (from >= s->size) {
      from -= s->size;
      continue;
    }
    const size_t part = std::min<size_t>(s->size - from, out.size() - done);
    std::memcpy(out.data() + done, s->data() + from, part);
    done += part;
    from = 0;
  }
  return done;
}

std::span<const uint8_t> ByteChain::front() const noexcept {
  if (first_ == nullptr) return {};
  return first_->bytes();
}

}  // namespace sallyport::mem
