// prompt_text.h: chat-completion request bodies as the scanner meets them: prose, code, logs and
// numbers, some personal data, a share of the bodies with non-ASCII text escaped. Made from a seed;
// no real text in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::bench {

struct Prompts {
  std::vector<std::string> bodies;  // JSON
  std::vector<std::string> texts;   // the message of each body, decoded
  size_t body_bytes = 0;
  size_t text_bytes = 0;
};

// About `bytes` of bodies, 18 KiB each on average, 10 % of the lines with a finding.
Prompts make_prompts(uint64_t seed, size_t bytes);

}  // namespace sallyport::bench
