// scan_witness.h: a second reading of a text that tells how it was read: which rule found what, and
// how much had to be held while it came.
//
// The rulings of a text come from the rewriters of the live path (text_scan.h); this reads the same
// text with the same scanner, so its findings are the same ones (text_scanner.h, I1). Fed byte by
// byte, it also sees the most that is ever held, which a feed of whole texts cannot show.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/scan/engine.h"
#include "dataplane/scan/text_scanner.h"

namespace sallyport::cli {

class ScanWitness {
 public:
  // Both must outlive the witness. `dictionaries`: those of the tenant whose text it is.
  void begin(const scan::Engine& engine, scan::Scratch& scratch, uint64_t dictionaries) noexcept {
    engine_ = &engine;
    scratch_ = &scratch;
    dictionaries_ = dictionaries;
  }
  // Bytewise is what tells how much is held, and takes some thirty times as long.
  enum class Reading : uint8_t { Whole, Bytewise };
  // False: the scanner gave up (a text with too many matches); what was found so far is there.
  bool read(std::span<const uint8_t> text, Reading reading);

  // In the order of the text, until the next read().
  std::span<const scan::Finding> findings() const noexcept { return findings_; }
  // The finding that a ruling over [start, end) of this entity is about; null: token-like text.
  const scan::Finding* find(uint64_t start, uint64_t end, std::string_view entity) const noexcept;
  // Bytes behind the safe edge, at most, over the last text. REQUIRES: it was read bytewise.
  uint64_t held_max() const noexcept { return held_max_; }

 private:
  const scan::Engine* engine_ = nullptr;
  scan::Scratch* scratch_ = nullptr;
  uint64_t dictionaries_ = 0;
  scan::TextScanner scanner_;
  std::vector<scan::Finding> findings_;
  uint64_t held_max_ = 0;
};

// What was read by one run of `sallyctl scan`. No text in here.
struct ScanStatistics {
  uint64_t texts = 0;
  uint64_t bytes = 0;
  double seconds = 0;  // in the live path's reading alone
  uint64_t held_bytes_max = 0;
  std::map<std::string, uint64_t, std::less<>> findings;  // by entity

  double megabytes_per_second() const noexcept {
    return seconds > 0 ? static_cast<double>(bytes) / 1e6 / seconds : 0;
  }
};

}  // namespace sallyport::cli
