// version_counters.h: what one policy version has decided, so that two that stand side by side can
// be compared.
//
// Plain integers of one worker; whoever shows them to others copies them between two turns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/contract/image_layout.h"
#include "dataplane/rewrite/text/rewrite_scope.h"

namespace sallyport::flow {

struct VersionCounters {
  uint64_t exchanges = 0;  // verdicts on requests of known callers
  uint64_t served = 0;
  uint64_t blocked = 0;  // by what was found in them
  uint64_t refused = 0;  // by policy or framing, before anything was looked for
  uint64_t errors = 0;   // everything else that was not served, but for clients that went away
  std::array<std::array<uint64_t, contract::kActionCount>, rewrite::kEntitiesMax> detections{};

  void add(const rewrite::Tally& tally, size_t entity_count) noexcept {
    for (size_t entity = 0; entity < entity_count; ++entity)
      for (size_t action = 0; action < contract::kActionCount; ++action)
        detections[entity][action] += tally.detections[entity][action];
  }
};

}  // namespace sallyport::flow
