// path_match.h: does a request's path fit the path of an endpoint (contract/path_pattern.h)?
//
// Every part of a path that a caller chose is told to the caller of this: it leaves with the
// request, so it is judged like text.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "dataplane/contract/path_pattern.h"

namespace sallyport::policy {

// Views into the path that was matched.
struct PathVariables {
  std::array<std::string_view, contract::kPathVariablesMax> values;
  size_t count = 0;
  std::string_view model;  // value of {model}; empty: the pattern has none
  std::span<const std::string_view> all() const noexcept { return {values.data(), count}; }
};

// Is `path` one that every reader takes apart alike: plain segments, without escapes or dots only?
bool is_plain_path(std::string_view path) noexcept;

// REQUIRES: contract::is_path_pattern(pattern). `out` is filled when the answer is true.
[[nodiscard]] bool match_path(std::string_view pattern, std::string_view path,
                              PathVariables& out) noexcept;

}  // namespace sallyport::policy
