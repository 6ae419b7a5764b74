// scan_line.h: one line of `sallyctl scan`: {"id","text"} or {"id","text_b64"} in, one JSON line
// out.
//
// The id may be any JSON value and comes back with the very bytes it came with, so that numbers
// beyond a double and key orders survive. A line that cannot be read gives an error line in its
// place: {"id":null,"error":...}.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "controlplane/cli/text_scan.h"

namespace sallyport::cli {

// A longer line is refused and skipped: no line of text for a model is near it.
inline constexpr size_t kScanLineBytesMax = 256U << 20;

// Appends the answer with its newline to `out`. False: the line was bad, the answer says why.
// `number` counts lines from 1.
bool answer_line(std::string_view line, uint64_t number, TextScan& scan, const ScanWants& wants,
                 std::string& out);
// The answer for a line that is not even looked at.
void error_line(uint64_t number, std::string_view id, std::string_view why, std::string& out);

// Feeds bytes in any chunking, answers whole lines. Blank lines are no lines.
class LineReader {
 public:
  LineReader(TextScan& scan, const ScanWants& wants) : scan_(&scan), wants_(wants) {}
  void feed(std::string_view bytes, std::string& out);
  void end(std::string& out);  // what stands behind the last newline is a line too
  uint64_t lines() const noexcept { return answered_; }
  uint64_t bad_lines() const noexcept { return bad_; }

 private:
  void take(std::string_view line, std::string& out);

  TextScan* scan_;
  ScanWants wants_;
  std::string open_;       // begin of a line whose end has not come
  bool skipping_ = false;  // in a line that is too long
  uint64_t number_ = 0;
  uint64_t answered_ = 0;
  uint64_t bad_ = 0;
};

}  // namespace sallyport::cli
