// decoded_text.h: reads what stood encoded in a text like any other text, behind what stands before
// it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "dataplane/mem/wipe.h"
#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/runs/encoded_runs.h"
#include "dataplane/scan/scan_tools.h"
#include "dataplane/scan/text/fold_table.h"

namespace sallyport::scan {

// The text before `start` that is context of what stands encoded there.
inline std::span<const uint8_t> context_before(const TextView& text, uint64_t start) noexcept {
  const uint64_t from = start > kEncodedContextBytes ? start - kEncodedContextBytes : 0;
  return text.slice(from > text.begin ? from : text.begin, start);
}

// The characters of ASCII in UTF-16, of either order.
inline bool feed_wide(InnerScanner& scanner, std::span<const uint8_t> wide) {
  std::array<uint8_t, 256> part;
  bool fits = true;
  for (size_t at = 0; fits && at < wide.size();) {
    size_t count = 0;
    for (; count < part.size() && at < wide.size(); at += 2) {
      const uint8_t second = at + 1 < wide.size() ? wide[at + 1] : uint8_t{0};
      part[count++] = static_cast<uint8_t>(wide[at] | second);
    }
    fits = scanner.feed(std::span(part).first(count));
  }
  mem::wipe(part);
  return fits;
}

// Reads `decoded`, of which `depth` layers lie around; `before`: null where nothing of it is known.
// `place(first, last, finding)` says where in the text the bytes [first, last) of it stand; false:
// they are nobody's value there. Where `decoded` is no text nothing is found. False: more matches
// than are kept.
template <class Place>
[[nodiscard]] bool read_decoded_text(const Engine& engine, const std::span<const uint8_t>* before,
                                     std::span<const uint8_t> decoded, unsigned depth,
                                     Scratch& scratch, CandidateList& out, Place&& place) {
  const size_t unit = text_unit(decoded);
  if (unit == 0) return true;
  auto& tools = scratch.tools();
  InnerScanner& inner = tools.inner(depth);
  inner.begin_decoded(engine, scratch, depth + 1, tools.dictionaries);
  bool fits = true;
  uint64_t skip = 0;
  if (before != nullptr) {
    constexpr uint8_t kLineEnd = '\n';
    fits = inner.feed(*before) && inner.feed({&kLineEnd, 1});
    skip = before->size() + 1;
  }
  fits = fits && (unit == 1 ? inner.feed(decoded) : feed_wide(inner, decoded));
  inner.end();
  for (Finding finding : inner.findings()) {
    if (finding.end <= skip) continue;
    const uint64_t first = finding.start > skip ? finding.start - skip : 0;
    const uint64_t last = std::min<uint64_t>((finding.end - skip) * unit, decoded.size());
    if (!place(first * unit, last, finding)) continue;
    finding.folded = static_cast<uint8_t>(finding.folded | kFoldedEncoded);
    out.add(finding, engine.rule(finding.rule).priority);
  }
  inner.take(inner.findings().size());
  return fits;
}

}  // namespace sallyport::scan
