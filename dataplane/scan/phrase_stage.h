// phrase_stage.h: triggers of forms that are several words: street addresses and names.
//
// Owner  one channel; reusable. Offsets are those of the folded text.
#pragma once

#include <cstdint>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/char_masks.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/pending_list.h"

namespace sallyport::scan {

class PhraseStage {
 public:
  void begin() noexcept { cursor_ = 0; }
  void run(const Engine& engine, const TextView& text, const CharMasks& masks, uint64_t origin,
           PendingList& pending, CandidateList& out);
  // Masks are needed from here on: the word or number that the next trigger may end.
  uint64_t mask_from(const TextView& text) const noexcept;
  // Where a phrase may have begun whose trigger is still to come.
  static uint64_t live_from(const Engine& engine, const TextView& text) noexcept;

 private:
  uint64_t cursor_ = 0;
};

}  // namespace sallyport::scan
