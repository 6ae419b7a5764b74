// ruling.h: what a policy image says about every entity, looked up once per exchange and direction.
//
// The rewriters read plain tables (RewriteScope); this fills them from the image, so that no rule
// is searched per finding and an exchange is judged by one version from its first byte to its last.
//
// Not here  loading the engine, scratch, labels, mint and tokens: whoever owns them sets them
// first.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/policy/image.h"
#include "dataplane/rewrite/text/rewrite_scope.h"

namespace sallyport::rewrite {

// Who asks whom, for what. Indexes of the image; views must outlive the scope that is filled.
struct RulingFor {
  uint16_t tenant = 0;
  uint16_t environment = 0;
  uint16_t vendor = 0;
  std::string_view principal;
  std::string_view reason;  // empty: nothing is restored
  uint16_t year = 0;        // the present one; 0: not known, then no birth year is told
};

// Fills `scope`: direction, actions, may_restore and token scope; clears tally and refusal; bounds
// scope.tokens (when set) by the image's max_tokens_per_exchange. Entities the image does not have
// are blocked and never restored. `image` must outlive the scope (its names are in the token
// scope). False: an index is not one of the image, or it has more entities than kEntitiesMax; then
// everything is blocked.
[[nodiscard]] bool fill_scope(const policy::Image& image, const RulingFor& who,
                              RewriteScope::Direction direction, RewriteScope& scope) noexcept;

}  // namespace sallyport::rewrite
