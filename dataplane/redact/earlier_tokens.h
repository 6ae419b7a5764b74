// earlier_tokens.h: tokens of earlier exchanges that one exchange has met, and what is known of
// them by now.
//
// A client keeps tokens in its history, a vendor keeps a conversation: then an answer quotes tokens
// that its own request did not mint (exchange_tokens.h). Whoever finds one that verifies for this
// tenant writes it down here; the gateway asks sallyportd (flow/recall.h) and writes down what
// comes. Nothing here waits: what is not known stays a token, and the reason is counted.
//
//   Wanted -> Asked -> Known | Refused
//
// Values lie in segments of a pool that wipes on release; clear() and the destructor give them
// back. Owner  one exchange. Limits  kEarlierTokensMax tokens, kEarlierChecksMax keyed checks; a
// value must fit in one segment. No allocation but segments.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/mem/segment_pool.h"
#include "dataplane/redact/token.h"

namespace sallyport::redact {

// Tokens of earlier exchanges that one exchange asks for: fewer than `values_per_request` of the
// restoration service as shipped. One more stays a token.
inline constexpr uint32_t kEarlierTokensMax = 64;
// Token-like texts of one answer whose keyed check is computed; as rewrite::kFailedChecksMax does
// for a request.
inline constexpr uint32_t kEarlierChecksMax = 256;
// Undecided text of one channel while it waits; with more, what waits stays a token.
inline constexpr size_t kEarlierHeldBytesMax = 16 * 1024;

// Why a token of an earlier exchange stayed one. In counters and records by name.
enum class RecallMiss : uint8_t {
  None,
  Denied,       // by the rules of restoration
  Unknown,      // never made, expired, erased, or of another vendor or environment
  Late,         // not known when its text had to go
  RingFull,     // too many questions are on their way
  TooMany,      // kEarlierTokensMax
  VaultSealed,  // or the secrets have no vault
  Unavailable,  // sallyportd does not answer, or could not write the evidence
  Limited,      // the principal has used up its hour
  kCount
};
std::string_view recall_miss_name(RecallMiss miss) noexcept;

class EarlierTokens {
 public:
  enum class State : uint8_t { Wanted, Asked, Known, Refused };
  struct Entry {
    TokenCore core{};
    State state = State::Wanted;
    RecallMiss miss = RecallMiss::None;  // of Refused
    uint16_t entity = 0;
    uint16_t value_bytes = 0;  // of Known
    const uint8_t* bytes = nullptr;
    bool is_open() const noexcept { return state == State::Wanted || state == State::Asked; }
    std::span<const uint8_t> value() const noexcept { return {bytes, value_bytes}; }
  };

  // `pool` should wipe on release and outlive this; segments hold the longest value.
  explicit EarlierTokens(mem::SegmentPool& pool) noexcept : pool_(&pool) {}
  ~EarlierTokens() { clear(); }
  EarlierTokens(const EarlierTokens&) = delete;
  EarlierTokens& operator=(const EarlierTokens&) = delete;

  // Of a new exchange. Off: nothing is written down, tokens of earlier exchanges stay as they are.
  void begin(bool on) noexcept {
    clear();
    on_ = on;
  }
  bool on() const noexcept { return on_; }
  void clear() noexcept;

  // Null: not met yet.
  Entry* find(const TokenCore& core, uint16_t entity) noexcept;
  // A token that the caller has verified. Null: off. Too many: an entry that says so.
  Entry* want(const TokenCore& core, uint16_t entity) noexcept;
  // May one more keyed check be computed? Counts it.
  bool may_check() noexcept { return on_ && checks_++ < kEarlierChecksMax; }

  // What came for an entry that was asked for. False: no memory; it is Refused then.
  bool learn(Entry& entry, std::span<const uint8_t> value) noexcept;
  void refuse(Entry& entry, RecallMiss miss) noexcept;
  // Everything that is open stays a token; answers how many that are.
  uint32_t refuse_open(RecallMiss miss) noexcept;

  std::span<Entry> entries() noexcept { return std::span(entries_).first(size_); }
  bool any_open() const noexcept;

  // The reader of a stream may stand still while a token of it is open (flow/stream_relay.h).
  bool may_hold = false;
  // Set by a reader whose text now waits for an open token.
  bool holds = false;
  // A text had to go while a token of it was open.
  bool passed_open = false;

 private:
  mem::SegmentPool* pool_;
  mem::Segment* segments_ = nullptr;
  std::array<Entry, kEarlierTokensMax> entries_{};
  Entry too_many_;
  uint32_t size_ = 0;
  uint32_t checks_ = 0;
  bool on_ = false;
};

}  // namespace sallyport::redact
