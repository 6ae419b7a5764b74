// pending_list.h: recognisers that have to wait for more text.
//
// Each entry holds the edge at its trigger. Asked again as text arrives; a long wait is asked less
// and less often, so that a key block in one-byte pieces does not cost the square of its length.
// Owner  one channel; reusable. Offsets are those of the folded text.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// Cues in the longest look-ahead, each with several rules. A text of nothing but cues is refused,
// not skipped.
inline constexpr size_t kPendingMax = 2'048;

class PendingList {
 public:
  void begin(const Engine& engine) noexcept;
  // Asks now; waits if the answer is More.
  void ask(uint16_t rule, RecogniseAt at, const Trigger& trigger, const TextView& text,
           CandidateList& out);
  // Asks all that wait.
  void ask_again(const TextView& text, CandidateList& out);
  // The earliest trigger that waits; text.end: none.
  uint64_t live_from(const TextView& text) const noexcept;
  bool overflow() const noexcept { return overflow_; }

 private:
  struct Entry {
    uint16_t rule;
    RecogniseAt at;
    Trigger trigger;
    uint64_t next;  // do not ask before the text reaches this far
    uint64_t live;  // where the match would begin
  };
  // True: answered.
  bool answered(Entry& entry, const TextView& text, CandidateList& out) const;

  const Engine* engine_ = nullptr;
  std::vector<Entry> entries_;
  bool overflow_ = false;
};

}  // namespace sallyport::scan
