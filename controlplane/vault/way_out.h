// way_out.h: what an operator does about a VaultError, by its code: the one list that sallyportd's
// answers and sallyctl's own messages take it from.
#pragma once

#include <string_view>

namespace sallyport::vault {

// A command or a sentence; never empty.
std::string_view way_out(std::string_view code);

}  // namespace sallyport::vault
