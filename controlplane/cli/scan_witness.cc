#include "controlplane/cli/scan_witness.h"

#include <algorithm>

namespace sallyport::cli {

bool ScanWitness::read(std::span<const uint8_t> text, Reading reading) {
  findings_.clear();
  held_max_ = 0;
  scanner_.begin(*engine_, *scratch_, 0, dictionaries_);
  const auto collect = [&] {
    const auto found = scanner_.findings();
    findings_.insert(findings_.end(), found.begin(), found.end());
    scanner_.take(found.size());
  };
  const size_t step = reading == Reading::Bytewise ? 1 : std::max<size_t>(text.size(), 1);
  for (size_t at = 0; at < text.size(); at += step) {
    if (!scanner_.feed(text.subspan(at, step))) return false;
    collect();
    held_max_ = std::max(held_max_, at + step - scanner_.safe_edge());
  }
  scanner_.end();
  collect();
  return true;
}

const scan::Finding* ScanWitness::find(uint64_t start, uint64_t end,
                                       std::string_view entity) const noexcept {
  // A ruling over token-like text may reach over more than its finding.
  const scan::Finding* inside = nullptr;
  for (const scan::Finding& finding : findings_) {
    if (finding.start < start || finding.end > end ||
        engine_->entity_name(finding.entity) != entity)
      continue;
    if (finding.start == start && finding.end == end) return &finding;
    if (inside == nullptr) inside = &finding;
  }
  return inside;
}

}  // namespace sallyport::cli
