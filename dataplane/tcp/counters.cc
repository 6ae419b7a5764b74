#include "dataplane/tcp/counters.h"

namespace sallyport::tcp {
namespace {

constexpr std::string_view kNames[] = {
#define SP_TCP_NAME(id, name) name,
    SP_TCP_COUNTERS(SP_TCP_NAME)
#undef SP_TCP_NAME
};

}  // namespace

std::string_view counter_name(Counter counter) noexcept {
  return kNames[static_cast<size_t>(counter)];
}

}  // namespace sallyport::tcp
