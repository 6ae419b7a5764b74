// matcher_shape.h: the notation of shapes in a bundle ("999-99-9999", "AA99-X{11,30}") to the masks
// of an image.
//
//   9        a digit
//   A        a letter
//   X        either
//   {n} {n,m}  the one before, n to m times
//   -        a separator may stand here
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/matcher_layout.h"

namespace sallyport::controlplane::policy {

// Appends one entry per length that the shape can have. Answers what is wrong with it; empty:
// nothing.
std::string compile_shape(std::string_view notation, std::vector<contract::MatcherShape>& out);

}  // namespace sallyport::controlplane::policy
