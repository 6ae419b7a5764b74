// phrase_stage.h: triggers of forms that are several words: street addresses and names.
//
// Owner  one channel; reusable. Offsets are those of the folded text.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/pending_list.h"
#include "dataplane/scan/text/char_masks.h"

namespace sallyport::scan {

class PhraseStage {
 public:
  void begin() noexcept { cursor_ = 0; }
  void run(const Engine& engine, const TextView& text, const CharMasks& masks, uint64_t origin,
           PendingList& pending, CandidateList& out);
  // Masks are needed from here on: the word or number that the next trigger may end.
  uint64_t mask_from(const TextView& text) const noexcept;
  // Where a phrase may have begun whose trigger is still to come.
  static uint64_t live_from(const Engine& engine, const TextView& text, uint64_t floor) noexcept;

 private:
  struct Part {
    const Engine& engine;
    const TextView& text;
    const CharMasks& masks;
    uint64_t origin;
    PendingList& pending;
    CandidateList& out;
    void ask(std::span<const uint16_t> rules, RecogniseAt at, const Trigger& trigger) const;
  };
  // `last`: the place in the masks that a trigger begins at.
  static void ask_person(const Part& part, size_t last);
  static void ask_given(const Part& part, size_t first);
  static void ask_capitals(const Part& part, size_t first, size_t last);
  static void ask_from_ordinal(const Part& part, uint64_t word);
  static void ask_from_number(const Part& part, size_t last);
  // `at`: what post_code_at() takes.
  static void ask_post_code(const Part& part, uint64_t at);
  static void ask_to_number(const Part& part, size_t last, size_t gap);

  uint64_t cursor_ = 0;
};

}  // namespace sallyport::scan
