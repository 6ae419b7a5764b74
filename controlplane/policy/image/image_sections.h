// image_sections.h: the image's sections Rollout, Templates and Tests.
//
// `add` puts a text into the image's Strings and answers where it lies; the same text lies there
// once. The order is that of the bundle's model, so that the same bundle gives the same bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/dictionary/dictionary_compiler.h"

namespace sallyport::controlplane::policy {

using AddText = std::function<contract::ImageText(std::string_view)>;

// Where the thing of this name stands; behind the last when there is none.
template <class Things>
uint16_t index_of(const Things& things, std::string_view name) {
  const auto found =
      std::find_if(things.begin(), things.end(), [&](const auto& t) { return t.name == name; });
  return static_cast<uint16_t>(found - things.begin());
}

contract::ImageRollout rollout_section(const RolloutSettings& settings);
std::vector<uint8_t> templates_section(const Bundle& bundle, const AddText& add);
// `key`: of the dictionaries, under which the texts of a bundle that has some are sealed.
std::vector<uint8_t> tests_section(const Bundle& bundle, const DictionaryKey& key,
                                   const AddText& add);
// False: more fixed words than an image may hold.
bool templates_fit(const Bundle& bundle);

}  // namespace sallyport::controlplane::policy
