// scan_tools.h: memory that a scanner needs only while it is fed: one per thread, part of its
// Scratch.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/scan/engine.h"
#include "dataplane/scan/events.h"
#include "dataplane/scan/text/char_masks.h"

namespace sallyport::scan {

class TextScanner;

// The scanner of a text that stood encoded in another, as the stage that found it sees it.
class InnerScanner {
 public:
  // `depth`: how often the text was decoded; `dictionaries`: as of the text around it.
  virtual void begin_decoded(const Engine& engine, Scratch& scratch, unsigned depth,
                             uint64_t dictionaries) = 0;
  // False: more matches than are kept.
  [[nodiscard]] virtual bool feed(std::span<const uint8_t> text) = 0;
  virtual void end() = 0;
  // Until take(), which forgets the first `count`.
  virtual std::span<const Finding> findings() const noexcept = 0;
  virtual void take(size_t count) noexcept = 0;

 protected:
  ~InnerScanner() = default;
};

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
  InnerScanner& inner(unsigned depth);
  // What it reads.
  std::array<std::vector<uint8_t>, kDecodeDepthMax> decoded;

 private:
  std::array<std::unique_ptr<TextScanner>, kDecodeDepthMax> inner_;
};

}  // namespace sallyport::scan
