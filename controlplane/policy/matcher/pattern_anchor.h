// pattern_anchor.h: literals of which every match of a pattern holds one.
//
// The scanner looks for these in bulk (scan/text/literal_set.h) and asks the pattern matcher only
// about word runs that hold one. Conservative: what this reader does not understand has no anchor,
// and its pattern stays in the streaming matcher.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::controlplane::policy {

struct PatternAnchor {
  std::vector<std::string> literals;  // empty: none
  bool is_prefix = false;             // each match begins with one
};

// Of a pattern without flags of its own, as the matcher reads it.
PatternAnchor pattern_anchor(std::string_view pattern);

}  // namespace sallyport::controlplane::policy
