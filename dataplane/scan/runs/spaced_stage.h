// spaced_stage.h: words spelt with one character between every two: "j o h n @ e x a m p l e . c o
// m", "A-K-I-A-...".
//
// Such a run is put together and read like any other text; what is found covers the spelling.
// Numbers are left to the number rows, which know separators. Owner  one channel; reusable. Offsets
// are those of the folded text.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/text/char_masks.h"

namespace sallyport::scan {

// Fewer are initials, options, coordinates.
inline constexpr uint64_t kSpeltCharactersMin = 8;
inline constexpr uint64_t kSpeltCharactersMax = 256;

class SpacedStage {
 public:
  void begin() noexcept {
    cursor_ = 0;
    open_ = ~uint64_t{0};
  }
  // False: more matches than are kept.
  [[nodiscard]] bool run(const Engine& engine, const TextView& text, const CharMasks& masks,
                         uint64_t origin, unsigned depth, Scratch& scratch, CandidateList& out);
  uint64_t cursor() const noexcept { return cursor_; }
  // The beginning of a spelling that goes on; text.end: none.
  uint64_t live_from(const TextView& text) const noexcept;

 private:
  bool read(const Engine& engine, const TextView& text, uint64_t start, uint64_t end,
            unsigned depth, Scratch& scratch, CandidateList& out);

  uint64_t cursor_ = 0;
  uint64_t open_ = ~uint64_t{0};
};

}  // namespace sallyport::scan
