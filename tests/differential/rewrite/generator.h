// generator.h: seeded texts and JSON bodies full of values, half values, tokens, escapes and long
// runs; and how much of them a run takes.
#pragma once

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace sallyport::rewrite {

// Rounds of a suite: `full` in a release build, a part of it under a sanitizer or without
// optimisation. SALLYPORT_ROUNDS_PERCENT scales both.
uint32_t rounds(uint32_t full);

// Cuts between pieces of `step` bytes.
inline std::vector<size_t> every_few_bytes(size_t size, size_t step) {
  std::vector<size_t> out;
  for (size_t at = step; at < size; at += step) out.push_back(at);
  return out;
}

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  // Anything that ever mattered: about `pieces` pieces, valid UTF-8.
  std::string text(uint32_t pieces);
  // Values with plain words between them, nothing that only some context decides: for the oracle.
  std::string plain_text(uint32_t pieces);
  // A tree whose strings are texts; `depth` levels.
  nlohmann::json tree(uint32_t depth);
  nlohmann::json request_body();
  nlohmann::json answer_body();
  // Serialised with escapes chosen at random: \u00e9 or é, \/ or /, \n or \u000a, spaces anywhere.
  std::string serialise(const nlohmann::json& json);
  // Up to `count` cuts, sorted, within the text.
  std::vector<size_t> cuts(size_t size, uint32_t count);

 private:
  void write_string(const std::string& text, std::string& out);
  void space(std::string& out);
  std::string arguments();
  std::mt19937 random_;
};

}  // namespace sallyport::rewrite
