// self_test.h: an image against the examples that its bundle came with. A bundle that fails cannot
// be published.
//
// Runs the very engine and rewriters of the live path, in process, with a throw-away token key:
//   canaries      the matcher's own, at every offset from a buffer's end
//   must_match    each text holds its match, as that entity
//   must_not_match   no text holds that entity
//   tests/*.yaml  verdict, detections and restorations under the bundle's own rules
#pragma once

#include <cstddef>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/image/image_writer.h"

namespace sallyport::controlplane::policy {

struct SelfTestReport {
  size_t examples = 0;  // that ran
  size_t tests = 0;     // that ran
  std::vector<Problem> failures;
  bool passed() const { return failures.empty(); }
};

// REQUIRES: `image` was compiled from `bundle`.
SelfTestReport self_test(const Bundle& bundle, const CompiledImage& image);

}  // namespace sallyport::controlplane::policy
