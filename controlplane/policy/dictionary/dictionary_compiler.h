// dictionary_compiler.h: values of a tenant to the dictionary section of an image.
//
// Deterministic: the same values under the same key give the same bytes, in whatever order they
// come. No value is kept in it (contract/dictionary_layout.h, docs/decisions/005).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/dictionary_layout.h"

namespace sallyport::controlplane::policy {

using DictionaryKey = std::array<uint8_t, contract::kDictionaryKeyBytes>;

// One value a line; white space around it, empty lines and lines that begin with '#' do not count.
// Of CSV the column `column` (from 0), RFC 4180 quotes, without line ends in them.
struct DictionarySource {
  std::string name;
  std::string text;
  int column = -1;        // -1: whole lines
  size_t length_min = 4;  // letters and digits of a value; a shorter one would be found everywhere
  bool has_header = false;  // the first line names columns
};

// Values between two calls of DictionaryOptions::progress.
inline constexpr size_t kProgressValues = 100'000;

struct DictionaryOptions {
  // What the scanner makes of a text before it looks for values (scan/text/fold.h); null: nothing.
  std::string (*fold)(std::string_view) = nullptr;
  // Called every kProgressValues values of a dictionary, by index of its source.
  std::function<void(size_t dictionary, size_t values)> progress;
};

struct CompiledDictionaries {
  std::vector<uint8_t> section;  // empty when there are errors
  size_t entry_count = 0;
  struct Error {
    size_t dictionary = 0;  // index of the source
    int line = 0;           // 0: the dictionary as a whole
    std::string message;    // never a value
  };
  std::vector<Error> errors;  // at most kErrorsMax of one dictionary
  static constexpr size_t kErrorsMax = 10;
};

CompiledDictionaries compile_dictionaries(std::span<const DictionarySource> sources,
                                          const DictionaryKey& key,
                                          const DictionaryOptions& options = {});

// The fingerprints of the values that compile, sorted: for comparing two lists under one key.
std::vector<uint64_t> dictionary_fingerprints(const DictionarySource& source,
                                              const DictionaryKey& key,
                                              const DictionaryOptions& options = {});

}  // namespace sallyport::controlplane::policy
