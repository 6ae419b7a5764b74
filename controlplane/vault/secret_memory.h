// secret_memory.h: bytes that are wiped when they are released, also when a container grows. The
// one owner of that for the whole control plane; nothing here is ever printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/base/bytes.h"

namespace sallyport::vault {

// Overwrites in a way that the compiler may not leave out.
inline void wipe(void* bytes, size_t count) noexcept {
  if (count > 0) ::explicit_bzero(bytes, count);
}

template <typename T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <typename U>
  WipingAllocator(const WipingAllocator<U>&) noexcept {}
  T* allocate(size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, size_t count) noexcept {
    wipe(memory, count * sizeof(T));
    std::allocator<T>().deallocate(memory, count);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) noexcept { return true; }
};
using Secret = std::vector<uint8_t, WipingAllocator<uint8_t>>;

using base::text_of;

}  // namespace sallyport::vault
