#include "dataplane/base/bus_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>

namespace sallyport::base {
namespace {

struct Range {
  std::atomic<uintptr_t> begin{0};  // 0: free
  std::atomic<size_t> bytes{0};
};
// Plain words: the handler may look at them at any time.
std::array<Range, kWatchedRangesMax> g_ranges;
std::atomic<uint64_t> g_faults{0};
static_assert(std::atomic<uintptr_t>::is_always_lock_free);

bool watched(uintptr_t address) {
  for (const Range& range : g_ranges) {
    const uintptr_t begin = range.begin.load(std::memory_order_acquire);
    if (begin != 0 && address >= begin && address - begin < range.bytes.load()) return true;
  }
  return false;
}

void on_bus_error(int, siginfo_t* info, void*) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  const auto page = static_cast<uintptr_t>(getpagesize());
  if (info->si_code == BUS_ADRERR && watched(address) &&
      mmap(reinterpret_cast<void*>(address / page * page), page, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
    g_faults.fetch_add(1);
    return;  // the access is made again
  }
  signal(SIGBUS, SIG_DFL);  // the access is made again, and ends the process
}

}  // namespace

bool install_bus_guard() noexcept {
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGBUS, &action, nullptr) == 0;
}

void watch_range(const void* begin, size_t bytes) noexcept {
  const auto wanted = reinterpret_cast<uintptr_t>(begin);
  for (Range& range : g_ranges) {
    if (range.begin.load() != wanted) continue;
    range.bytes.store(bytes);
    return;
  }
  for (Range& range : g_ranges) {
    uintptr_t free = 0;
    if (!range.begin.compare_exchange_strong(free, wanted)) continue;
    range.bytes.store(bytes);
    return;
  }
}

void unwatch_range(const void* begin) noexcept {
  const auto wanted = reinterpret_cast<uintptr_t>(begin);
  for (Range& range : g_ranges) {
    if (range.begin.load() != wanted) continue;
    range.bytes.store(0);
    range.begin.store(0, std::memory_order_release);
  }
}

uint64_t bus_faults() noexcept { return g_faults.load(); }

}  // namespace sallyport::base
