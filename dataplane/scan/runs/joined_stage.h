// joined_stage.h: keys that were broken into parts: put together by a program ("AKIA" + "Q7ZK..."),
// by marks of Markdown, by line ends, by a space or a sign between groups.
//
// Looked for around parts that look made by a machine (sixteen letters and digits in a row, or a
// letter, some digits and a letter), so prose costs nothing. From such a part the chain of its
// neighbours is read in both directions (joints.h). Where the literal of a pattern begins in one of
// them, what follows is put together and given to the patterns; a match that crosses a joint and
// ends with a part is a finding over all of it, with what stands between. So that prose around a
// key never becomes part of one: a match goes on behind the shortest form of its pattern only over
// joints that mean "one text" (Joint::Strong), and parts over all others must look made.
//
// Owner  one channel; reusable. Offsets are those of the folded text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/runs/joints.h"
#include "dataplane/scan/text/char_masks.h"

namespace sallyport::scan {

// From a part to the first and to the last one of its chain. Less than kTableReachBytes, which is
// how much decided text stays readable.
inline constexpr uint64_t kJoinedReachBytes = 512;
inline constexpr size_t kPartsMax = 32;  // of a chain, as many on either side
// Percent off the confidence of the pattern.
inline constexpr uint8_t kDoubtOfJoints = 10;

struct JoinedPart {
  uint64_t start;
  uint64_t end;
  Joint behind;  // what stands between it and the next one
};

class JoinedStage {
 public:
  void begin() noexcept {
    cursor_ = done_ = 0;
    open_ = ~uint64_t{0};
  }
  // False: more matches than are kept.
  [[nodiscard]] bool run(const Engine& engine, const TextView& text, const CharMasks& masks,
                         uint64_t origin, Scratch& scratch, CandidateList& out);
  uint64_t cursor() const noexcept { return cursor_; }
  // The first part of what may become a match; text.end: none.
  uint64_t live_from(const Engine& engine, const TextView& text, Scratch& scratch) const;

 private:
  using Part = JoinedPart;
  struct Chain {
    std::array<Part, kPartsMax> parts;
    size_t count = 0;
    bool open = false;
  };
  enum class Found : uint8_t { Done, Open, Overflow };
  static void read_left(const TextView& text, uint64_t start, Chain& chain);
  static void read_right(const TextView& text, Chain& chain);
  static bool read_groups(const TextView& text, const Part& part, Chain& chain);
  Found read(const Engine& engine, const TextView& text, uint64_t at, Scratch& scratch,
             CandidateList& out);
  static uint64_t live_before(const Engine& engine, const TextView& text, const Part& last,
                              Scratch& scratch);
  static uint64_t live_of(const Engine& engine, const TextView& text, const Chain& chain,
                          Scratch& scratch);
  static bool match(const Engine& engine, const TextView& text, const Chain& chain,
                    Scratch& scratch, CandidateList& out);

  uint64_t cursor_ = 0;
  uint64_t done_ = 0;  // parts before it were read
  uint64_t open_ = ~uint64_t{0};
};

}  // namespace sallyport::scan
