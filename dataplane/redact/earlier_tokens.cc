#include "dataplane/redact/earlier_tokens.h"

#include <algorithm>
#include <cstring>

#include "dataplane/mem/byte_chain.h"

namespace sallyport::redact {

std::string_view recall_miss_name(RecallMiss miss) noexcept {
  constexpr std::array<std::string_view, static_cast<size_t>(RecallMiss::kCount)> kNames{
      "none",         "recall_denied",      "recall_unknown",
      "recall_late",  "recall_ring_full",   "recall_too_many",
      "vault_sealed", "recall_unavailable", "recall_limited"};
  return kNames[static_cast<size_t>(miss)];
}

void EarlierTokens::clear() noexcept {
  while (segments_ != nullptr) {
    mem::Segment* next = segments_->next;
    mem::release(segments_);
    segments_ = next;
  }
  size_ = checks_ = 0;
  may_hold = holds = passed_open = false;
}

EarlierTokens::Entry* EarlierTokens::find(const TokenCore& core, uint16_t entity) noexcept {
  for (Entry& entry : entries())
    if (entry.core == core && entry.entity == entity) return &entry;
  return nullptr;
}

EarlierTokens::Entry* EarlierTokens::want(const TokenCore& core, uint16_t entity) noexcept {
  if (!on_) return nullptr;
  if (Entry* known = find(core, entity); known != nullptr) return known;
  if (size_ == entries_.size()) {
    refuse(too_many_, RecallMiss::TooMany);
    return &too_many_;
  }
  Entry& made = entries_[size_++];
  made = Entry{};
  made.core = core;
  made.entity = entity;
  return &made;
}

bool EarlierTokens::learn(Entry& entry, std::span<const uint8_t> value) noexcept {
  if (segments_ == nullptr || segments_->room() < value.size()) {
    mem::Segment* segment = value.size() > pool_->segment_bytes() ? nullptr : pool_->allocate();
    if (segment == nullptr) {
      refuse(entry, RecallMiss::Unavailable);
      return false;
    }
    segment->next = segments_;
    segments_ = segment;
  }
  entry.bytes = segments_->tail();
  if (!value.empty()) std::memcpy(segments_->tail(), value.data(), value.size());
  segments_->size += static_cast<uint32_t>(value.size());
  entry.value_bytes = static_cast<uint16_t>(value.size());
  entry.state = State::Known;
  return true;
}

void EarlierTokens::refuse(Entry& entry, RecallMiss miss) noexcept {
  entry.state = State::Refused;
  entry.miss = miss;
}

uint32_t EarlierTokens::refuse_open(RecallMiss miss) noexcept {
  uint32_t count = 0;
  for (Entry& entry : entries()) {
    if (!entry.is_open()) continue;
    refuse(entry, miss);
    ++count;
  }
  return count;
}

bool EarlierTokens::any_open() const noexcept {
  return std::any_of(entries_.begin(), entries_.begin() + size_,
                     [](const Entry& entry) { return entry.is_open(); });
}

}  // namespace sallyport::redact
