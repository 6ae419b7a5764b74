// exchange_tokens.h: the tokens that one exchange's own request minted, and what they stand for.
//
// Only these are restored in the answer. The stored value is the surface form as the client wrote
// it (decoded text, not JSON), so that it comes back byte for byte. Two surface forms with the same
// canonical value (John@x.org, john@x.org) share a token; the first one in the request wins,
// because one token can come back as one text only. Values lie in segments of a pool that wipes on
// release; clear() and the destructor give them back. Owner  one exchange. Limits
// kExchangeTokensMax tokens; a value must fit in one segment. No allocation but segments.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/mem/segment_pool.h"
#include "dataplane/redact/token.h"

namespace sallyport::redact {

inline constexpr uint32_t kExchangeTokensMax = 4'096;

class ExchangeTokens {
 public:
  enum class Added : uint8_t { New, Known, Full, TooLong, NoMemory };

  // Where it came from, once its subject is known (flow/mapping_sender.h).
  enum class State : uint8_t { New, MintedInRequest, MintedInResponse };

  // One mapping. Lives until clear().
  struct Entry {
    Entry* next;
    TokenCore core;
    State state;
    bool is_sent;                     // on its way to the vault
    std::array<uint8_t, 16> subject;  // redact::Subject; set with state
    uint16_t entity;                  // entity id, or TokenLabels::kLiteral
    uint16_t value_bytes;
    uint32_t restored_count;  // for evidence; the restorer adds
    std::span<const uint8_t> value() const noexcept {
      return {reinterpret_cast<const uint8_t*>(this + 1), value_bytes};
    }
  };

  // `pool` should wipe on release and outlive this; segments of at least 1 KiB.
  explicit ExchangeTokens(mem::SegmentPool& pool) noexcept : pool_(&pool) {}
  ~ExchangeTokens() { clear(); }
  ExchangeTokens(const ExchangeTokens&) = delete;
  ExchangeTokens& operator=(const ExchangeTokens&) = delete;

  [[nodiscard]] Added add(const TokenCore& core, uint16_t entity,
                          std::span<const uint8_t> surface) noexcept;
  // Null: this exchange did not mint it. The label must fit too (`entity` of the match).
  [[nodiscard]] Entry* find(const TokenCore& core, uint16_t entity) noexcept;
  void clear() noexcept;

  // Policy's bound (max_tokens_per_exchange), at most kExchangeTokensMax. Survives clear(); what is
  // in already stays.
  void limit(uint32_t max) noexcept { max_ = max < kExchangeTokensMax ? max : kExchangeTokensMax; }

  uint32_t size() const noexcept { return size_; }
  // for_each(f): f(const Entry&) for all mappings, in no promised order.
  template <class F>
  void for_each(F&& f) const {
    for (const Entry* head : buckets_)
      for (const Entry* entry = head; entry != nullptr; entry = entry->next) f(*entry);
  }
  template <class F>
  void for_each(F&& f) {
    for (Entry* head : buckets_)
      for (Entry* entry = head; entry != nullptr; entry = entry->next) f(*entry);
  }

 private:
  static constexpr size_t kBuckets = 64;
  static size_t bucket(const TokenCore& core) noexcept;

  mem::SegmentPool* pool_;
  mem::Segment* segments_ = nullptr;
  std::array<Entry*, kBuckets> buckets_{};
  uint32_t size_ = 0;
  uint32_t max_ = kExchangeTokensMax;
};

}  // namespace sallyport::redact
