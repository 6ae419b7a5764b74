// image_writer.h: a checked bundle to one policy image, byte for byte contract/image_layout.h.
//
// Deterministic: the same bundle (and, with dictionaries, the same key) gives the same bytes on any
// machine. What is not in it: secrets,
// times, file names, descriptions, examples and tests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/dictionary/dictionary_compiler.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

struct CompiledImage {
  std::vector<uint8_t> bytes;
  contract::Digest image_digest{};  // SHA-256 of bytes
  contract::Digest bundle_digest{};
  // Under which the values of dictionaries stand in it. A secret: never written.
  DictionaryKey dictionary_key{};
};

struct CompileOptions {
  // dictionary.key of the appliance; without it an image with dictionaries is good for this process
  // only, under a throw-away key.
  std::optional<DictionaryKey> dictionary_key;
  // A dictionary is being compiled: every kProgressValues values.
  std::function<void(std::string_view dictionary, size_t values)> progress;
};

// Compiles patterns, API kinds and dictionaries too. Nothing: `problems` (appended to) says what
// does not compile, at the place of the rule, path or file; never a value of a dictionary.
std::optional<CompiledImage> compile_image(const Bundle& bundle, std::vector<Problem>& problems,
                                           const CompileOptions& options = {});

}  // namespace sallyport::controlplane::policy
