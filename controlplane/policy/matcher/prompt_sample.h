// prompt_sample.h: made-up chat-completion requests, as the scanner meets them, for measuring:
// prose in many languages, code, logs, mathematics, tables, some personal data. Made from a seed,
// the same on any machine; no real text in it.
//
// The mix follows measured request bodies: 18 KB on average, 10 % of the sentences with a value,
// 30 % of the bodies with everything but ASCII escaped as \uXXXX.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::controlplane::policy {

struct PromptSample {
  std::vector<std::string> bodies;  // JSON
  std::vector<std::string> texts;   // the message of each body, decoded
  size_t body_bytes = 0;
  size_t text_bytes = 0;
};

// About `bytes` of bodies.
PromptSample make_prompt_sample(uint64_t seed, size_t bytes);

}  // namespace sallyport::controlplane::policy
