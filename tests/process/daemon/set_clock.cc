// set_clock.cc: a wall clock that a test sets while a program runs (LD_PRELOAD).
//
// The file that SET_CLOCK_FILE names holds seconds as int64_t; they are added to whatever the
// program asks of the wall clock. No other clock is touched, as with a clock that somebody sets.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace {

const std::atomic<int64_t>* map_offset() {
  const char* name = getenv("SET_CLOCK_FILE");
  const int file = name == nullptr ? -1 : open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* const page = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return page == MAP_FAILED ? nullptr : static_cast<const std::atomic<int64_t>*>(page);
}

int64_t offset_s() {
  static const std::atomic<int64_t>* const offset = map_offset();
  return offset == nullptr ? 0 : offset->load();
}

timespec wall_clock() {
  using Read = int (*)(clockid_t, timespec*);
  static const Read read = reinterpret_cast<Read>(dlsym(RTLD_NEXT, "clock_gettime"));
  timespec now{};
  read(CLOCK_REALTIME, &now);
  now.tv_sec += offset_s();
  return now;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  using Read = int (*)(clockid_t, timespec*);
  static const Read read = reinterpret_cast<Read>(dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = read(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += offset_s();
  return result;
}

time_t time(time_t* into) noexcept {
  const time_t now = wall_clock().tv_sec;
  if (into != nullptr) *into = now;
  return now;
}

int gettimeofday(timeval* now, void*) noexcept {
  const timespec wall = wall_clock();
  now->tv_sec = wall.tv_sec;
  now->tv_usec = wall.tv_nsec / 1000;
  return 0;
}

}  // extern "C"
