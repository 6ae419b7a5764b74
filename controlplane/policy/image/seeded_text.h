// seeded_text.h: a seeded text as it stands in an image of a bundle with dictionaries: sealed under
// the dictionaries' key (contract/test_layout.h says how), since it may hold a value of one.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/policy/dictionary/dictionary_compiler.h"

namespace sallyport::controlplane::policy {

// The same text under the same key and name gives the same bytes. Throws std::runtime_error when
// OpenSSL cannot.
std::string sealed_seed(const DictionaryKey& key, std::string_view name, std::string_view text);

}  // namespace sallyport::controlplane::policy
