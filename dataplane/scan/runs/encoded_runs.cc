#include "dataplane/scan/runs/encoded_runs.h"

#include <algorithm>
#include <array>
#include <vector>

#include "dataplane/base/utf8.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/scan/read/number_row.h"
#include "dataplane/scan/runs/decoded_text.h"
#include "dataplane/scan/scan_tools.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// Enough to tell text from the rest: random bytes pass once in a million.
constexpr size_t kProbeBytes = 12;

// The first byte of base64 says no for most words and names.
bool may_begin_text(std::span<const uint8_t> in) noexcept {
  if (in.size() < 2) return true;
  const int high = base64_value(in[0]), low = base64_value(in[1]);
  if (high < 0 || low < 0) return false;
  const auto c = static_cast<uint8_t>(high << 2 | low >> 4);
  return is_text({&c, 1});
}

// `group`: digits of a byte and what parts it from the next one.
void decode_hex(std::span<const uint8_t> in, size_t group, size_t max, std::vector<uint8_t>& out) {
  for (size_t i = 0; i + 1 < in.size() && out.size() < max; i += group)
    out.push_back(static_cast<uint8_t>(hex_value(in[i]) * 16 + hex_value(in[i + 1])));
}

struct Coding {
  bool is_hex = false;
  uint64_t start = 0;  // of its first whole group
  bool pairs = false;  // a sign behind every two digits of hex
  uint64_t group() const noexcept { return pairs ? 3 : is_hex ? 2 : 4; }
  uint64_t bytes() const noexcept { return is_hex ? 1 : 3; }
};

// What the run may be. False: no text in it.
bool probe(const TextView& text, const EncodedRun& run, std::vector<uint8_t>& head,
           Coding& coding) {
  // "0x", which is no part of it.
  const bool marked =
      run.phase == 0 && text.at(run.start) == '0' && (text.at(run.start + 1) | 0x20) == 'x';
  const auto characters = text.slice(run.start + (marked ? 2 : 0), run.end);
  coding.is_hex = std::all_of(characters.begin(), characters.end(),
                              [](uint8_t c) { return hex_value(c) >= 0; });
  if (marked && coding.is_hex) {
    coding.start = run.start + 2;
    if (run.end < coding.start + kEncodedBytesMin) return false;
    head.clear();
    decode_hex(characters, 2, kProbeBytes, head);
    return text_unit(head) != 0;
  }
  const uint64_t group = coding.group();
  coding.start = run.start + (group - run.phase % group) % group;
  if (run.end < coding.start + kEncodedBytesMin / 2) return false;
  const auto rest = text.slice(coding.start, run.end);
  if (!coding.is_hex && !may_begin_text(rest)) return false;
  head.clear();
  coding.is_hex ? decode_hex(rest, group, kProbeBytes, head)
                : decode_base64(rest, kProbeBytes, head);
  return text_unit(head) != 0;
}

// Reads `decoded`, which stands at `start` of the text; `place` as of read_decoded_text. Wipes it.
template <class Place>
bool read_text(const Engine& engine, const TextView& text, uint64_t start, unsigned depth,
               Scratch& scratch, CandidateList& out, std::vector<uint8_t>& decoded, Place&& place) {
  const auto before = context_before(text, start);
  const bool fits = read_decoded_text(engine, &before, decoded, depth, scratch, out, place);
  mem::wipe(decoded);
  decoded.clear();
  return fits;
}

// The text that the run [run.start, run.end) holds.
bool read_decoded(const Engine& engine, const TextView& text, const EncodedRun& run,
                  const Coding& coding, unsigned depth, Scratch& scratch, CandidateList& out) {
  auto& decoded = scratch.tools().decoded[depth];
  decoded.clear();
  const auto rest = text.slice(coding.start, run.end);
  const size_t max = static_cast<size_t>(run.end - run.start);
  coding.is_hex ? decode_hex(rest, coding.group(), max, decoded)
                : decode_base64(rest, max, decoded);
  // The padding goes with it.
  uint64_t end = run.end;
  while (!coding.is_hex && end < run.end + 2 && text.at(end) == '=') ++end;
  return read_text(engine, text, run.start, depth, scratch, out, decoded,
                   [&](uint64_t first, uint64_t last, Finding& finding) {
                     if (end - run.start <= kEncodedWholeMax) {
                       finding.start = run.start;
                       finding.end = end;
                       return true;
                     }
                     const auto group_of = [&](uint64_t byte) {
                       return coding.start + byte / coding.bytes() * coding.group();
                     };
                     finding.start = group_of(first);
                     finding.end = std::min(end, group_of(last + coding.bytes() - 1));
                     return true;
                   });
}

}  // namespace

bool is_text(std::span<const uint8_t> bytes) noexcept {
  for (size_t i = 0; i < bytes.size();) {
    const uint8_t c = bytes[i];
    if (c < 0x80) {
      if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f) return false;
      ++i;
      continue;
    }
    const size_t size = base::utf8_sequence_size(c);
    if (size == 0) return false;
    for (size_t k = 1; k < size && i + k < bytes.size(); ++k)
      if ((bytes[i + k] & 0xc0) != 0x80) return false;
    i += size;
  }
  return true;
}

size_t text_unit(std::span<const uint8_t> bytes) noexcept {
  if (is_text(bytes)) return 1;
  if (bytes.size() < 2) return 0;
  const size_t zeros = bytes[0] == 0 ? 0 : 1;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const bool is_zero = i % 2 == zeros;
    if (is_zero ? bytes[i] != 0 : bytes[i] >= 0x80 || !is_text(bytes.subspan(i, 1))) return 0;
  }
  return 2;
}

void decode_base64(std::span<const uint8_t> in, size_t max, std::vector<uint8_t>& out) {
  uint32_t bits = 0;
  unsigned count = 0;
  for (uint8_t c : in) {
    const int value = base64_value(c);
    if (value < 0 || out.size() >= max) return;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<uint8_t>(bits >> count));
  }
}

bool read_encoded(const Engine& engine, const TextView& text, const EncodedRun& run, unsigned depth,
                  Scratch& scratch, CandidateList& out) {
  if (depth >= kDecodeDepthMax || run.end - run.start < kEncodedBytesMin) return true;
  Coding coding;
  if (!probe(text, run, scratch.tools().decoded[depth], coding)) return true;
  return read_decoded(engine, text, run, coding, depth, scratch, out);
}

bool read_hex_pairs(const Engine& engine, const TextView& text, uint64_t start, uint64_t limit,
                    unsigned depth, Scratch& scratch, CandidateList& out) {
  if (depth >= kDecodeDepthMax) return true;
  uint64_t end = start;
  while (end + 1 < limit && hex_value(text.at(end)) >= 0 && hex_value(text.at(end + 1)) >= 0) {
    end += 2;
    if (end >= limit || text.at(end) != ':') break;
    ++end;
  }
  if (end > start && text.at(end - 1) == ':') --end;
  Coding coding{true, start, true};
  if (end - start < coding.group() * kHexPairsMin - 1) return true;
  auto& head = scratch.tools().decoded[depth];
  head.clear();
  decode_hex(text.slice(start, end), coding.group(), kProbeBytes, head);
  return text_unit(head) == 0 ||
         read_decoded(engine, text, EncodedRun{start, end, 0}, coding, depth, scratch, out);
}

namespace {

// Where the bytes stand that are read from a row.
struct HexBytes {
  std::array<uint64_t, kGroupsMax> places;
  size_t count = 0;
};

// The longest sequence of pairs in the row; other groups part them.
HexBytes pairs_of(const TextView& text, const HexRow& row) noexcept {
  HexBytes best, here;
  for (uint64_t at = row.start; at < row.end;) {
    if (!is_alnum(text.at(at))) {
      ++at;
      continue;
    }
    uint64_t end = at;
    while (end < row.end && is_alnum(text.at(end))) ++end;
    const bool marked = end - at == 4 && text.at(at) == '0' && (text.at(at + 1) | 0x20) == 'x';
    const uint64_t digits = marked ? at + 2 : at;
    const bool is_pair =
        end - digits == 2 && hex_value(text.at(digits)) >= 0 && hex_value(text.at(digits + 1)) >= 0;
    if (!is_pair || here.count == here.places.size()) here.count = 0;
    if (is_pair) here.places[here.count++] = digits;
    if (here.count > best.count) best = here;
    at = end;
  }
  return best;
}

}  // namespace

bool read_hex_row(const Engine& engine, const TextView& text, const HexRow& row, unsigned depth,
                  Scratch& scratch, CandidateList& out) {
  if (depth >= kDecodeDepthMax) return true;
  const HexBytes bytes = pairs_of(text, row);
  if (bytes.count < kHexPairsMin) return true;
  auto& decoded = scratch.tools().decoded[depth];
  decoded.clear();
  for (size_t i = 0; i < bytes.count; ++i)
    decode_hex(text.slice(bytes.places[i], bytes.places[i] + 2), 2, i + 1, decoded);
  return read_text(engine, text, bytes.places[0], depth, scratch, out, decoded,
                   [&](uint64_t first, uint64_t last, Finding& finding) {
                     finding.start = bytes.places[first];
                     finding.end = bytes.places[last - 1] + 2;
                     return true;
                   });
}

}  // namespace sallyport::scan
