// scan_tools.h: memory that a scanner needs only while it is fed: one per thread, part of its
// Scratch.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "dataplane/scan/char_masks.h"
#include "dataplane/scan/engine.h"

namespace sallyport::scan {

class TextScanner;

// Encoded text inside encoded text: deeper ones count as what they are, letters and digits.
inline constexpr size_t kDecodeDepthMax = 2;

struct ScanTools {
  ScanTools();
  ~ScanTools();
  std::array<CharMasks, kDecodeDepthMax + 1> masks;  // by depth: a scanner calls the next one
  std::vector<RawMatch> raw;
  std::vector<StreamHit> hits;
  std::array<std::vector<LiteralHit>, kDecodeDepthMax + 1> literals;  // by depth
  std::vector<LiteralHit> anchors;                                    // of one word run
  std::array<ContextBlocks, kDecodeDepthMax + 1> context;             // by depth
  uint64_t dictionaries = 0;  // that count in the text that is being read
  // The scanner for what was decoded at `depth`; made when first needed. REQUIRES: depth <
  // kDecodeDepthMax.
  TextScanner& inner(unsigned depth);
  // What it reads.
  std::array<std::vector<uint8_t>, kDecodeDepthMax> decoded;

 private:
  std::array<std::unique_ptr<TextScanner>, kDecodeDepthMax> inner_;
};

}  // namespace sallyport::scan
