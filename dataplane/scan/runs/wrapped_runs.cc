#include "dataplane/scan/runs/wrapped_runs.h"

#include <algorithm>
#include <span>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/scan/runs/decoded_text.h"
#include "dataplane/scan/scan_tools.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kIndentMax = 16;
constexpr uint64_t kGroup = 4, kGroupBytes = 3;  // of base64
// A character that begins in the line before is cut off.
constexpr size_t kCutBytesMax = 3;

bool is_base64(uint8_t c) noexcept {
  return is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

// Characters before the first whole group.
uint64_t lead_of(unsigned phase) noexcept { return (kGroup - phase) % kGroup; }

// Bytes of a character whose beginning is not there.
size_t cut_bytes(std::span<const uint8_t> decoded) noexcept {
  size_t n = 0;
  while (n < decoded.size() && n < kCutBytesMax && (decoded[n] & 0xc0) == 0x80) ++n;
  return n;
}

}  // namespace

void WrappedRuns::begin() noexcept {
  count_ = 0;
  next_ = 0;
  phase_ = 0;
}

// The line of base64 behind the line end at `at`. False: none, or (`known`) not to be told yet.
bool WrappedRuns::next_line(const TextView& text, uint64_t at, Line& out, bool& known) noexcept {
  known = false;
  const auto there = [&] { return text.known(at); };
  if (there() && text.at(at) == '\r') ++at;
  if (!there()) return false;
  known = true;
  if (text.at(at) != '\n') return false;
  ++at;
  const uint64_t indent = at;
  while (there() && at - indent < kIndentMax && (text.at(at) == ' ' || text.at(at) == '\t')) ++at;
  out.start = at;
  while (there() && at - out.start <= kWrappedAheadBytes && is_base64(text.at(at))) ++at;
  out.end = at;
  known = there() || at - out.start > kWrappedAheadBytes;
  return known && out.end > out.start && out.end - out.start <= kWrappedAheadBytes;
}

// The lines behind the first one. False: the text ends before they do.
bool WrappedRuns::follow(const TextView& text, Block& block) noexcept {
  const uint64_t width = block.lines[0].end - block.lines[0].start;
  uint64_t ahead = 0;
  for (;;) {
    const Line& last = block.lines[block.count - 1];
    bool known = false;
    Line line{};
    const bool goes_on = last.end - last.start >= width && next_line(text, last.end, line, known);
    if (last.end - last.start >= width && !known) return false;
    block.goes_on = goes_on;
    if (!goes_on || ahead >= kWrappedAheadBytes || block.count == block.lines.size()) return true;
    block.lines[block.count++] = line;
    ahead += line.end - line.start;
  }
}

bool WrappedRuns::note(const Place& place, uint64_t start, uint64_t end) {
  const uint64_t size = end - start;
  const bool continues = start == next_;
  const unsigned phase = continues ? phase_ : 0;
  const uint8_t behind = place.text.at(end);
  if (place.depth >= kDecodeDepthMax || (behind != '\n' && behind != '\r') ||
      size < kWrappedLineMin || size > kWrappedAheadBytes)
    return true;
  const First first{EncodedRun{start, end, phase}, !continues};
  switch (read(place, first)) {
    case Read::Done:
      return true;
    case Read::Overflow:
      return false;
    case Read::Open:
      SP_CHECK(count_ < waiting_.size());
      waiting_[count_++] = first;
      return true;
  }
  return true;
}

bool WrappedRuns::go_on(const Place& place) {
  size_t left = 0;
  bool fits = true;
  for (size_t i = 0; i < count_; ++i) {
    const Read answer = read(place, waiting_[i]);
    fits = fits && answer != Read::Overflow;
    if (answer == Read::Open) waiting_[left++] = waiting_[i];
  }
  count_ = left;
  return fits;
}

WrappedRuns::Read WrappedRuns::read(const Place& place, const First& first) {
  const EncodedRun& run = first.run;
  const TextView& text = place.text;
  auto& decoded = place.scratch.tools().decoded[place.depth];
  decoded.clear();
  const uint64_t lead = lead_of(run.phase);
  decode_base64(text.slice(run.start + lead, run.end), kWrappedAheadBytes, decoded);
  const size_t cut = cut_bytes(decoded);
  const bool is_one = decoded.size() > cut && is_text(std::span(decoded).subspan(cut));
  mem::wipe(decoded);
  decoded.clear();
  if (!is_one) return Read::Done;
  Block block;
  block.lines[0] = Line{run.start, run.end};
  block.count = 1;
  // Where it goes on is known before the whole block is.
  bool known = false;
  Line second{};
  if (next_line(text, run.end, second, known) && second.start > next_) {
    next_ = second.start;
    phase_ = static_cast<unsigned>((run.phase + run.end - run.start) % kGroup);
  }
  if (!follow(text, block)) return text.final ? Read::Done : Read::Open;
  if (block.count == 1) return Read::Done;
  return report(place, block, first) ? Read::Done : Read::Overflow;
}

// Reads the lines as one text.
bool WrappedRuns::report(const Place& place, const Block& block, const First& first) {
  const EncodedRun& run = first.run;
  const uint64_t skipped = lead_of(run.phase);
  auto& decoded = place.scratch.tools().decoded[place.depth];
  std::array<uint8_t, 3 * kWrappedAheadBytes> characters;
  std::array<size_t, kLinesMax + 2> ends{};  // of the lines, in characters
  size_t size = 0;
  for (size_t i = 0; i < block.count; ++i) {
    const auto line = place.text.slice(block.lines[i].start, block.lines[i].end);
    SP_CHECK(size + line.size() <= characters.size());
    std::copy(line.begin(), line.end(), characters.begin() + static_cast<std::ptrdiff_t>(size));
    size += line.size();
    ends[i] = size;
  }
  decode_base64(std::span(characters).first(size).subspan(skipped), characters.size(), decoded);
  const size_t cut = cut_bytes(decoded);
  const auto text = std::span(decoded).subspan(cut);
  // The line of a byte of the text.
  const auto line_of = [&](uint64_t byte) {
    const uint64_t at = skipped + (byte + cut) / kGroupBytes * kGroup + (byte + cut) % kGroupBytes;
    size_t line = 0;
    while (line + 1 < block.count && at >= ends[line]) ++line;
    return line;
  };
  const auto before = context_before(place.text, run.start);
  const bool fits = read_decoded_text(place.engine, first.begins ? &before : nullptr, text,
                                      place.depth, place.scratch, place.out,
                                      [&](uint64_t from, uint64_t to, Finding& finding) {
                                        // What goes on may be another value; what ends in the first
                                        // line was read without the rest.
                                        if (block.goes_on && to == text.size()) return false;
                                        const size_t last = line_of(to - 1);
                                        if (last == 0) return false;
                                        finding.start = block.lines[line_of(from)].start;
                                        finding.end = block.lines[last].end;
                                        return true;
                                      });
  mem::wipe(std::span(characters).first(size));
  mem::wipe(decoded);
  decoded.clear();
  return fits;
}

}  // namespace sallyport::scan
