#include "controlplane/restore/pushed_out.h"

#include <map>
#include <string_view>

namespace sallyport::restore {

std::optional<uint64_t> pushed_out(std::span<const HeldConnection> held) {
  std::map<std::string_view, size_t> share;
  for (const HeldConnection& one : held) ++share[one.owner];
  const HeldConnection* last = nullptr;
  size_t share_of_last = 0;
  for (const HeldConnection& one : held) {
    if (one.is_worked_on) continue;
    const size_t his = share[one.owner];
    if (last != nullptr &&
        (his < share_of_last || (his == share_of_last && one.since_ms >= last->since_ms)))
      continue;
    last = &one;
    share_of_last = his;
  }
  return last == nullptr ? std::nullopt : std::optional(last->id);
}

}  // namespace sallyport::restore
