#include "dataplane/mem/huge_array.h"

#include <sys/mman.h>

#include <cstdint>

#include "dataplane/base/check.h"

namespace sallyport::mem {
namespace {

constexpr size_t kHugeBytes = 2U << 20;

size_t rounded(size_t bytes) noexcept { return (bytes + kHugeBytes - 1) / kHugeBytes * kHugeBytes; }

}  // namespace

// Small arrays (tests, few connections) stay on small pages: rounding each up to 2 MB would cost
// more than it saves.
void* map_huge(size_t bytes) noexcept {
  const bool is_large = bytes >= kHugeBytes;
  const size_t size = is_large ? rounded(bytes) : bytes;
  const size_t extra = is_large ? kHugeBytes : 0;
  void* map =
      ::mmap(nullptr, size + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SP_CHECK_WHY(map != MAP_FAILED, "not enough memory for the connections; lower connections_max");
  auto begin = reinterpret_cast<uintptr_t>(map);
  if (is_large) {
    const uintptr_t aligned = (begin + kHugeBytes - 1) / kHugeBytes * kHugeBytes;
    if (aligned > begin) ::munmap(map, aligned - begin);
    const uintptr_t end = begin + size + extra;
    if (end > aligned + size)
      ::munmap(reinterpret_cast<void*>(aligned + size), end - (aligned + size));
    begin = aligned;
    ::madvise(reinterpret_cast<void*>(begin), size, MADV_HUGEPAGE);
  }
  ::madvise(reinterpret_cast<void*>(begin), size, MADV_DONTDUMP);
  return reinterpret_cast<void*>(begin);
}

void unmap_huge(void* memory, size_t bytes) noexcept {
  ::munmap(memory, bytes >= kHugeBytes ? rounded(bytes) : bytes);
}

}  // namespace sallyport::mem
