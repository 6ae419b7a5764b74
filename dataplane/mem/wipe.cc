#include "dataplane/mem/wipe.h"

#include <cstring>

namespace sallyport::mem {

void wipe(std::span<uint8_t> bytes) noexcept {
  if (!bytes.empty()) ::explicit_bzero(bytes.data(), bytes.size());
}

}  // namespace sallyport::mem
