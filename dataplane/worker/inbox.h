// inbox.h: one command slot between the main thread and a worker, an atomic pointer each way.
//
// The main thread posts the newest value; a value posted before the worker looked is replaced and
// handed back (latest wins, which is what policy adoption wants). No lock, no allocation in the
// worker.
#pragma once

#include <atomic>

namespace sallyport::worker {

template <typename T>
class Inbox {
 public:
  // Main thread. Returns the value that nobody fetched (now the caller's again), or null.
  T* post(T* value) noexcept { return slot_.exchange(value, std::memory_order_acq_rel); }
  // Worker. Null: nothing new.
  T* fetch() noexcept {
    if (slot_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return slot_.exchange(nullptr, std::memory_order_acq_rel);
  }

 private:
  std::atomic<T*> slot_{nullptr};
};

}  // namespace sallyport::worker
