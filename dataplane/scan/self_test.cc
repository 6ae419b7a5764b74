// self_test.cc: canaries at start. A matcher runtime that loses matches on this processor (seen
// with Vectorscan 5.4.9 and AVX-512, detection.md 2) must not carry traffic.
#include <algorithm>
#include <string>
#include <vector>

#include "dataplane/scan/engine.h"
#include "dataplane/scan/text_scanner.h"

namespace sallyport::scan {
namespace {

// Built here, so that no program and no source holds a text that looks like a live secret.
std::vector<std::string> canaries() {
  const std::string at = "@";
  return {"canary.address" + at + "sallyport.test", "4111 1111 " + std::string("1111 1111"),
          "AKI" + std::string("A") + "Q7ZK3M9QWERT1XC5"};
}

}  // namespace

bool Engine::self_test(Scratch& scratch, std::string& error) const {
  TextScanner scanner;
  std::vector<std::string> found_plain;
  for (const std::string& canary : canaries()) {
    // Which canaries this policy knows is learnt from the plain text; every padded one must then
    // agree.
    size_t expected = 0;
    for (size_t tail = 0; tail < 128; ++tail) {
      const std::string text =
          "see " + canary + (tail == 0 ? "" : " " + std::string(tail - 1, '.'));
      scanner.begin(*this, scratch);
      if (!scanner.feed({reinterpret_cast<const uint8_t*>(text.data()), text.size()})) {
        error = "scan self test: refused its own canary";
        return false;
      }
      scanner.end();
      const auto findings = scanner.findings();
      const size_t hits = static_cast<size_t>(std::count_if(
          findings.begin(), findings.end(),
          [&](const Finding& f) { return f.start == 4 && f.end == 4 + canary.size(); }));
      if (tail == 0) expected = hits;
      if (hits != expected) {
        error = "scan self test: a match was lost " + std::to_string(tail) +
                " bytes before a buffer's end";
        return false;
      }
    }
  }
  const std::string_view version = matcher_version();
  if (!version.starts_with("5.4.")) {
    error = "scan self test: the matcher is " + std::string(version.substr(0, 32)) +
            ", not Hyperscan 5.4";
    return false;
  }
  return true;
}

}  // namespace sallyport::scan
