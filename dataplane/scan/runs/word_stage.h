// word_stage.h: what is found in word runs: mail addresses, URLs with credentials, patterns,
// network addresses, whole runs of key material, encoded text.
//
// A word run (visible ASCII without quotes, angle brackets, backquotes and backslashes) is looked
// at when it is over, with the character behind it; one of kWordRunBytesMax in overlapping halves,
// at places that depend on its start only. Until then it is live as a whole. Owner  one channel;
// reusable. Offsets are those of the folded text.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/pending_list.h"
#include "dataplane/scan/runs/wrapped_runs.h"
#include "dataplane/scan/scan_tools.h"
#include "dataplane/scan/text/char_masks.h"

namespace sallyport::scan {

// A word run is judged in halves from here on: base64 and the like. More than twice the widest
// pattern.
inline constexpr uint64_t kWordRunBytesMax = 4'096;

class WordStage {
 public:
  void begin() noexcept;
  // A pattern matched up to `end` (exclusive), somewhere in the run that holds the byte before it.
  void note_pattern(uint64_t end);
  // `depth`: how deep in decoded text this text stands. False: more matches than are kept.
  [[nodiscard]] bool run(const Engine& engine, const TextView& text, const CharMasks& masks,
                         uint64_t origin, unsigned depth, Scratch& scratch, PendingList& pending,
                         CandidateList& out);
  // Runs before it are done with; also where the open one begins.
  uint64_t cursor() const noexcept { return cursor_; }
  // Lines of base64 before it are not done with.
  uint64_t live_from(const TextView& text) const noexcept { return wrapped_.live_from(text); }
  // Letters of two bytes are no part of a word run, but a mail address may begin with one
  // ("josé.m@...", "почта@..."): where the word begins that holds the run which begins at `run`.
  static uint64_t word_from(const TextView& text, uint64_t run) noexcept;

 private:
  struct Part {  // what is looked at in one go
    const Engine& engine;
    const TextView& text;
    const CharMasks& masks;
    uint64_t origin;
    uint64_t from;
    uint64_t until;  // triggers before it
    uint64_t limit;  // what is looked at ends here: where the halves of a long run end
    unsigned depth;
    Scratch& scratch;
    PendingList& pending;
    CandidateList& out;
  };
  bool judge(const Part& part);
  bool find_triggers(const Part& part);
  static bool read_pairs(const Part& part, uint64_t at);
  void recognise(const Part& part, contract::RuleKind kind, RecogniseAt at, const Trigger& trigger);
  bool confirm_noted(const Part& part);
  bool confirm_anchored(const Part& part);
  static bool may_match(const Part& part, const LiteralHit& hit, uint64_t start, uint64_t end);
  bool confirm_run(const Part& part, uint64_t start, uint64_t end);
  bool find_runs(const Part& part);
  bool judge_run(const Part& part, uint64_t start, uint64_t end);

  WrappedRuns wrapped_;
  uint64_t cursor_ = 0;
  uint64_t split_run_ = 0;  // where the run of key material began that goes on behind a half
  std::array<uint64_t, kMaskWords> in_long_run_;  // scratch: places in runs that may match
  std::vector<uint64_t> noted_;                   // ends of matches that the streaming matcher saw
};

}  // namespace sallyport::scan
