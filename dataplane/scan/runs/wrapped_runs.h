// wrapped_runs.h: values in base64 that is wrapped at a column (RFC 2045 6.8: 76 characters, RFC
// 7468 2: 64) and lie over the end of a line.
//
// Every line that is long enough and decodes to text is read again together with what follows it:
// lines of at least its length and one that is shorter, up to kWrappedAheadBytes characters. What
// is found there and does not end in the line itself covers its lines whole, so that it goes before
// what one of them says alone. Behind a line that goes on the text is held until that much is
// known. Owner  one channel's WordStage; reusable. Offsets are those of the folded text.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/runs/encoded_runs.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

// The shortest line that a program wraps at.
inline constexpr uint64_t kWrappedLineMin = 40;
// The longest key of a vendor has a little more than a hundred characters.
inline constexpr uint64_t kWrappedAheadBytes = 256;

class WrappedRuns {
 public:
  struct Place {  // what is read, and who takes what is found
    const Engine& engine;
    const TextView& text;
    unsigned depth;  // how deep in decoded text this text stands
    Scratch& scratch;
    CandidateList& out;
  };

  void begin() noexcept;
  // The run [start, end) is over; runs come in their order. False: more matches than are kept.
  [[nodiscard]] bool note(const Place& place, uint64_t start, uint64_t end);
  // Reads on where the text ended before. False as above.
  [[nodiscard]] bool go_on(const Place& place);
  // The first line that waits for those behind it.
  uint64_t live_from(const TextView& text) const noexcept {
    return count_ == 0 ? text.end : waiting_[0].run.start;
  }

 private:
  static constexpr size_t kLinesMax = kWrappedAheadBytes / kWrappedLineMin + 2;
  struct Line {
    uint64_t start, end;
  };
  struct Block {
    std::array<Line, kLinesMax + 1> lines;
    size_t count = 0;
    bool goes_on = false;  // behind the last line
  };
  enum class Read : uint8_t { Done, Open, Overflow };

  static bool follow(const TextView& text, Block& block) noexcept;
  static bool next_line(const TextView& text, uint64_t at, Line& out, bool& known) noexcept;
  struct First {
    EncodedRun run;
    bool begins;  // a block, and is not inside of one
  };
  Read read(const Place& place, const First& first);
  static bool report(const Place& place, const Block& block, const First& first);

  // Lines whose block was not known to its end, in their order.
  std::array<First, kLinesMax + 1> waiting_;
  size_t count_ = 0;
  // Where the next line of the block begins, and how many characters of a group stand before it.
  uint64_t next_ = 0;
  unsigned phase_ = 0;
};

}  // namespace sallyport::scan
