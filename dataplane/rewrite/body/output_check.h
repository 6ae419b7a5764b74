// output_check.h: is what we are about to send still JSON?
//
// A restored value is encoded for its exact place; this reads our own output again before it
// leaves, so that a mistake of ours is a refused answer and never a broken frame or a member that a
// value invented (duplicate names are refused too).
//
// Owner  one worker; no allocation after construction.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/llm/json_walker.h"

namespace sallyport::rewrite {

class OutputCheck final : private llm::Sink {
 public:
  void begin() noexcept;
  // Any chunking. False: not JSON.
  [[nodiscard]] bool feed(std::span<const uint8_t> text) noexcept { return walker_.feed(text); }
  [[nodiscard]] bool end() noexcept { return walker_.end(); }
  // A text that is at hand as a whole.
  [[nodiscard]] bool is_json(std::span<const uint8_t> text) noexcept;

 private:
  bool leaf_begin(const llm::Leaf&) override { return true; }
  bool leaf_text(std::span<const uint8_t>, uint64_t, uint64_t) override { return true; }
  bool leaf_end(uint64_t) override { return true; }

  llm::JsonWalker walker_;
};

}  // namespace sallyport::rewrite
