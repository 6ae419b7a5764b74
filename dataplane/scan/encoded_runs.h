// encoded_runs.h: text inside base64, base64url and hex, decoded and read like any other.
//
// A run of letters and digits that decodes to text (printable UTF-8) is scanned with what stands
// before it as context; a finding covers the encoded characters it came from, all of a short run.
// What does not decode to text is what it seems: an identifier, a hash, a picture. Bounded:
// kDecodeDepthMax levels, one word run at a time.
#pragma once

#include <cstdint>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/text_view.h"

namespace sallyport::scan {

// Shorter ones hold fewer than fifteen characters of text.
inline constexpr uint64_t kEncodedBytesMin = 20;
// Of a longer run only the part is reported that holds the value.
inline constexpr uint64_t kEncodedWholeMax = 512;
// Text before the run that counts as context.
inline constexpr uint64_t kEncodedContextBytes = 64;

struct EncodedRun {
  uint64_t start;
  uint64_t end;
  unsigned phase;  // of four: characters of its first group that stand before `start`
};

// False: more matches than are kept.
[[nodiscard]] bool read_encoded(const Engine& engine, const TextView& text, const EncodedRun& run,
                                unsigned depth, Scratch& scratch, CandidateList& out);

// "63:61:72:64": pairs of hex digits with colons from `start` on, before `limit`. False as above.
[[nodiscard]] bool read_hex_pairs(const Engine& engine, const TextView& text, uint64_t start,
                                  uint64_t limit, unsigned depth, Scratch& scratch,
                                  CandidateList& out);

}  // namespace sallyport::scan
