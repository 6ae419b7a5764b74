// bus_guard.h: what happens when a file that is mapped is cut under our hands.
//
// Without it the next touch behind the file's new end is SIGBUS and the process dies. With it, a
// touch inside a watched range gives that page zeros of our own: reads see nothing, writes go
// nowhere, and what depends on the page fails closed by the rules it has for nonsense (a cursor
// without its magic commits nothing). A touch anywhere else dies as ever.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::base {

inline constexpr size_t kWatchedRangesMax = 1024;  // two per ring of 256 workers, and some to spare

// Takes SIGBUS for the whole process. False: the kernel said no. Safe to call again.
bool install_bus_guard() noexcept;
// Ranges of whole pages. Any thread; not in a signal handler. Watching the same beginning again
// replaces its length; more than kWatchedRangesMax are not watched.
void watch_range(const void* begin, size_t bytes) noexcept;
void unwatch_range(const void* begin) noexcept;
// Pages that were replaced so far, in this process.
uint64_t bus_faults() noexcept;

}  // namespace sallyport::base
