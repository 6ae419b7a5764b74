// text_scanner.h: finds values in one text channel that arrives in pieces.
//
//   text -> fold.h -> stage one: literals, character masks -> stage two: rows,
//   words, phrases, spellings, dictionaries, recognisers that wait -> candidates, settled ->
//   findings, in offsets of the text as it came
//
// The safe edge is the earliest place that something undecided may begin at: a sequence that is
// being folded, an open word run, an open number row, a recogniser that waits, the beginning of an
// address, an overlap that is not settled. Text without any of these is not held at all. No timer
// lets a byte go, only a decision or the end of the text.
//
// Invariants
//   I1  findings() and the state at end() depend on the text only, never on its cuts.
//   I2  safe_edge() never goes back, and no finding begins before it.
// Owner   one channel of one worker; reusable, memory is kept and wiped.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/mem/text_window.h"
#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/events.h"
#include "dataplane/scan/named_before.h"
#include "dataplane/scan/named_beside.h"
#include "dataplane/scan/number/number_stage.h"
#include "dataplane/scan/pending_list.h"
#include "dataplane/scan/phrase_stage.h"
#include "dataplane/scan/runs/joined_stage.h"
#include "dataplane/scan/runs/spaced_stage.h"
#include "dataplane/scan/runs/word_stage.h"
#include "dataplane/scan/scan_tools.h"
#include "dataplane/scan/tables/headed_columns.h"
#include "dataplane/scan/text/dictionary.h"
#include "dataplane/scan/text/fold.h"

namespace sallyport::scan {

class TextScanner final : public InnerScanner {
 public:
  TextScanner() = default;
  ~TextScanner();
  TextScanner(const TextScanner&) = delete;
  TextScanner& operator=(const TextScanner&) = delete;

  // Both must outlive the channel. `depth`: how often the text was decoded already
  // (encoded_runs.h). `dictionaries`: a bit for each of the engine's whose values count here, those
  // of the tenant whose text it is. `before`: whom the texts before it named; must outlive it.
  void begin(const Engine& engine, Scratch& scratch, unsigned depth = 0, uint64_t dictionaries = 0,
             Whole whole = Whole::Answer, const PeopleBefore& before = {});
  void begin_decoded(const Engine& engine, Scratch& scratch, unsigned depth,
                     uint64_t dictionaries) override {
    begin(engine, scratch, depth, dictionaries);
  }
  // False: more matches than are kept (a text made to exhaust us): the caller refuses.
  [[nodiscard]] bool feed(std::span<const uint8_t> text) override;
  // Takes text that is read with what follows at once, or by end(): reading short texts piece by
  // piece costs several times their size. The edge and findings() stay until then.
  void hold(std::span<const uint8_t> text);
  void end() override;
  // What feed() answered last, also behind hold() and end().
  bool fits() const noexcept { return !overflow_; }

  uint64_t safe_edge() const noexcept { return edge_; }
  std::span<const Finding> findings() const noexcept override {
    return std::span(findings_).subspan(taken_);
  }
  // Findings that began before the edge: mistakes of a recogniser's live_from(). Tests hold it at
  // 0; a text of a stranger must not be able to end the process with one, so the rest of the value
  // is handed out.
  uint32_t late_findings() const noexcept { return late_findings_; }
  // Forgets the first `count` of findings().
  void take(size_t count) noexcept override;

 private:
  void open_stream();
  void advance(bool final);
  void find_literals(const TextView& text);
  void read_literals(const TextView& text);
  void ask_cue(uint32_t cue, const Trigger& trigger, const TextView& text);
  void read_dictionaries(std::span<const uint8_t> text, const TextView& view);
  void settle(const TextView& text);
  void forget(uint64_t folded_edge);
  TextView view(bool final) const noexcept {
    return TextView{window_.data(), window_start_, window_start_ + window_.size(), final};
  }

  const Engine* engine_ = nullptr;
  Scratch* scratch_ = nullptr;
  unsigned depth_ = 0;
  hs_stream* stream_ = nullptr;
  uint64_t stream_engine_ = 0;  // serial of the engine whose stream this is

  Folder folder_;
  mem::TextWindow window_;  // folded text that is not decided yet, and some before
  uint64_t window_start_ = 0;
  size_t held_ = 0;        // bytes that hold() took and nobody read
  uint64_t streamed_ = 0;  // folded bytes in which literals were looked for
  uint64_t folded_edge_ = 0;
  uint64_t edge_ = 0;
  bool ended_ = false;
  bool overflow_ = false;
  uint32_t late_findings_ = 0;

  NumberStage numbers_;
  WordStage words_;
  PhraseStage phrases_;
  SpacedStage spaced_;
  JoinedStage joined_;
  HeadedColumns columns_;
  DictionaryScanner dictionary_;
  uint64_t dictionaries_ = 0;  // that count; 0: the stage sleeps
  PendingList pending_;
  CandidateList candidates_;
  NamedBefore named_;
  NamedBeside beside_;
  std::vector<Finding> winners_;
  std::vector<Finding> findings_;
  size_t taken_ = 0;
};

}  // namespace sallyport::scan
