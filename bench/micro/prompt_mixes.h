// prompt_mixes.h: made-up chat requests of several kinds, because what a scanner costs depends on
// what it reads. Made from a seed, the same on any machine; no real text in it.
//
//   prompts   what people ask and paste: mostly prose, some code, a little of other languages, logs
//             and mathematics; a value in one sentence of a hundred. As many cue words, numbers and
//             findings to the kilobyte as the prompts of the labelled corpus. The headline.
//   code      source files and questions about them, no value
//   tools     tool calls and their results: JSON inside JSON strings, ids, times, a few values
//   dense     every tenth sentence holds a value, every fifteenth word is a cue word: more than any
//             prompt, what rules are measured with (control::PromptSample)
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "controlplane/policy/matcher/prompt_sample.h"

namespace sallyport::bench {

struct PromptMix {
  std::string name;
  controlplane::policy::PromptSample sample;
};

// About `bytes` of bodies each; the headline first.
std::vector<PromptMix> prompt_mixes(size_t bytes);
// Texts of your own: a JSON object with a member "text" on each line. False: none could be read.
[[nodiscard]] bool read_mix(const std::filesystem::path& file, PromptMix& out);

}  // namespace sallyport::bench
