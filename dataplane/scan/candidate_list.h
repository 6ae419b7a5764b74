// candidate_list.h: what the recognisers found, judged by the rules around the form, and settled
// where it overlaps.
//
// A form is a finding when its rule's context holds: one of the rule's words within its proximity
// before the value (or a confidence that does without), no word that speaks against it nearer than
// that, and no published sample value.
//
// Overlaps, the stated rule: of candidates that touch the same byte the one with the higher entity
// priority stays. Of equal ones: keys, tokens and passwords before other forms, and of them the
// longest one (a shorter rule would show the rest of the key); of other forms the one whose context
// word is nearer (none is furthest); then the higher confidence, the longer, the earlier one.
// A cluster of overlapping candidates is settled when all of it lies before the edge.
//
// Owner  one channel; reusable, memory is kept. Offsets are those of the folded text.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/scan/engine.h"
#include "dataplane/scan/events.h"
#include "dataplane/scan/read/recogniser.h"
#include "dataplane/scan/text/context_words.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

// One for each character of a piece (text_scanner.cc): a text made of overlapping values is
// refused, not skipped.
inline constexpr size_t kCandidatesMax = 16'384;

class CandidateList {
 public:
  void begin(const Engine& engine) noexcept;
  // Where context words of the text that is being fed are kept; before the first offer of a feed.
  void look_around(ContextBlocks& blocks) noexcept {
    blocks_ = &blocks;
    context_start_ = ~uint64_t{0};
  }
  ContextBlocks& blocks() noexcept { return *blocks_; }
  // What stands before `start`; valid until the next call.
  const ContextHits& context(uint64_t start, const TextView& text) noexcept;
  // `joined`: the value hangs together with what stands beside it ("2024-4111..."): without a
  // context word it is part of something else, unless `strong` (its checksum leaves no doubt).
  // `alone`: the text is nothing but the value. `beside`: words that speak of it from elsewhere
  // (the head of its column, the rest of the sentence); words before `line` are about other values.
  // `in_sum`: signs of a sum stand around it, so its word must stand right before them.
  struct Around {
    bool joined = false;
    bool strong = false;
    bool alone = false;
    bool in_sum = false;
    const ContextHits* beside = nullptr;
    uint64_t line = 0;
    uint8_t folded = 0;  // FoldReason bits of the finding
  };
  // The form of `rule` stands at `hit`; its validator holds. False: what stands around speaks
  // against it.
  bool offer(uint16_t rule, const Hit& hit, Around around, const TextView& text);
  // The same when the validator still has to be asked, about the text of the hit.
  void offer_unchecked(uint16_t rule, const Hit& hit, const TextView& text);
  // As it is: found in decoded text, `finding` has its entity, rule, confidence and context.
  void add(const Finding& finding, uint8_t priority);

  // The edge, lowered to the first candidate that has to wait at it.
  uint64_t waiting_from(uint64_t edge) noexcept;
  // Appends the winners of every cluster that ends at or before `edge` to `out`, in order. Answers
  // the edge, lowered to the first candidate that has to wait.
  uint64_t settle(uint64_t edge, std::vector<Finding>& out);
  bool overflow() const noexcept { return overflow_; }

 private:
  struct Candidate {
    Finding finding;
    uint8_t priority;
    uint16_t distance;  // of the context word; kNoDistance: none
  };
  static constexpr uint16_t kNoDistance = 0xffff;
  void sort_by_place() noexcept;
  bool ranks_before(const Candidate& a, const Candidate& b) const noexcept;

  const Engine* engine_ = nullptr;
  ContextBlocks* blocks_ = nullptr;
  std::vector<Candidate> candidates_;
  bool overflow_ = false;
  ContextHits context_;
  uint64_t context_start_ = ~uint64_t{0};
};

}  // namespace sallyport::scan
