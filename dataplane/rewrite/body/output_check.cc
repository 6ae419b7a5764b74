#include "dataplane/rewrite/body/output_check.h"

namespace sallyport::rewrite {

void OutputCheck::begin() noexcept { walker_.begin(llm::all_leaves(), *this); }

bool OutputCheck::is_json(std::span<const uint8_t> text) noexcept {
  begin();
  return feed(text) && end();
}

}  // namespace sallyport::rewrite
