#include "dataplane/redact/exchange_tokens.h"

#include <cstring>
#include <new>

#include "dataplane/mem/byte_chain.h"

namespace sallyport::redact {

// The id is output of a keyed hash: its characters are as good as random.
size_t ExchangeTokens::bucket(const TokenCore& core) noexcept {
  const int low = crockford_value(core[kTokenEpochChars]);
  const int high = crockford_value(core[kTokenEpochChars + 1]);
  return static_cast<size_t>(low * 32 + high) % kBuckets;
}

ExchangeTokens::Entry* ExchangeTokens::find(const TokenCore& core, uint16_t entity) noexcept {
  for (Entry* entry = buckets_[bucket(core)]; entry != nullptr; entry = entry->next)
    if (entry->core == core && entry->entity == entity) return entry;
  return nullptr;
}

ExchangeTokens::Added ExchangeTokens::add(const TokenCore& core, uint16_t entity,
                                          std::span<const uint8_t> surface) noexcept {
  if (find(core, entity) != nullptr) return Added::Known;
  if (size_ >= max_) return Added::Full;
  const size_t needed =
      (sizeof(Entry) + surface.size() + alignof(Entry) - 1) / alignof(Entry) * alignof(Entry);
  if (surface.size() > UINT16_MAX || needed + alignof(Entry) > pool_->segment_bytes())
    return Added::TooLong;
  if (segments_ == nullptr || segments_->room() < needed) {
    mem::Segment* segment = pool_->allocate();
    if (segment == nullptr) return Added::NoMemory;
    const auto misalignment = reinterpret_cast<uintptr_t>(segment->data()) % alignof(Entry);
    if (misalignment != 0) segment->offset += static_cast<uint32_t>(alignof(Entry) - misalignment);
    segment->next = segments_;
    segments_ = segment;
  }
  auto* entry = new (segments_->tail()) Entry{};
  segments_->size += static_cast<uint32_t>(needed);
  entry->core = core;
  entry->entity = entity;
  entry->value_bytes = static_cast<uint16_t>(surface.size());
  if (!surface.empty()) std::memcpy(static_cast<void*>(entry + 1), surface.data(), surface.size());
  Entry*& head = buckets_[bucket(core)];
  entry->next = head;
  head = entry;
  ++size_;
  return Added::New;
}

void ExchangeTokens::clear() noexcept {
  while (segments_ != nullptr) {
    mem::Segment* next = segments_->next;
    mem::release(segments_);
    segments_ = next;
  }
  buckets_.fill(nullptr);
  size_ = 0;
}

}  // namespace sallyport::redact
