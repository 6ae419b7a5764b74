// encoded_runs.h: text inside base64, base64url and hex, decoded and read like any other.
//
// A run of letters and digits that decodes to text (printable UTF-8, ASCII in UTF-16) is scanned
// with what stands before it as context; a finding covers the encoded characters it came from, all
// of a short run. What does not decode to text is what it seems: an identifier, a hash, a picture.
// Bounded: kDecodeDepthMax levels, one word run at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/text/text_view.h"

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

// Printable ASCII, white space and whole UTF-8 characters; the last one may be cut.
bool is_text(std::span<const uint8_t> bytes) noexcept;
// Bytes of a character of `bytes`: 1: text as above; 2: ASCII in UTF-16, as Windows' own programs
// encode what they start (`-EncodedCommand`); 0: no text.
size_t text_unit(std::span<const uint8_t> bytes) noexcept;
// Appends to `out` until it has `max` bytes, or to the first character that is none of base64.
void decode_base64(std::span<const uint8_t> in, size_t max, std::vector<uint8_t>& out);

// False: more matches than are kept.
[[nodiscard]] bool read_encoded(const Engine& engine, const TextView& text, const EncodedRun& run,
                                unsigned depth, Scratch& scratch, CandidateList& out);

// "63:61:72:64": pairs of hex digits with colons from `start` on, before `limit`. False as above.
[[nodiscard]] bool read_hex_pairs(const Engine& engine, const TextView& text, uint64_t start,
                                  uint64_t limit, unsigned depth, Scratch& scratch,
                                  CandidateList& out);

// A row of groups (number_row.h) that may be bytes in hex, one by one: "63 61 72 64", "0x63, 0x61".
struct HexRow {
  uint64_t start;
  uint64_t end;
};
// Fewer bytes hold no value.
inline constexpr size_t kHexPairsMin = 10;

// The text that its bytes are. False as above.
[[nodiscard]] bool read_hex_row(const Engine& engine, const TextView& text, const HexRow& row,
                                unsigned depth, Scratch& scratch, CandidateList& out);

}  // namespace sallyport::scan
