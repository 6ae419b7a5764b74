// handover.h: what the main thread has given to one worker and still owns, until the worker can no
// longer be using it.
//
// The inbox keeps the newest only: a value that the worker never fetched comes back on the next
// post and is freed at once. What was fetched stays until the caller says that it is out of use.
//
// Owner  main thread. The worker sees the bare pointer, between its fetch and its own report that
// it has gone on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/worker/inbox.h"

namespace sallyport::dataplane {

template <class Value>
class Handover {
 public:
  // REQUIRES: `sequence` grows.
  void post(worker::Inbox<Value>& inbox, std::unique_ptr<Value> value, uint64_t sequence) {
    Value* const given = value.get();
    held_.push_back(Held{sequence, std::move(value)});
    if (Value* const unseen = inbox.post(given); unseen != nullptr)
      std::erase_if(held_, [unseen](const Held& held) { return held.value.get() == unseen; });
  }
  // Frees every value for which `unused(value, sequence)` holds. The newest one is never asked.
  template <class Unused>
  void reclaim(Unused unused) {
    if (held_.size() < 2) return;
    const uint64_t newest = held_.back().sequence;
    std::erase_if(held_, [&](const Held& held) {
      return held.sequence != newest && unused(*held.value, held.sequence);
    });
  }
  template <class Test>
  bool any_of(Test test) const {
    return std::any_of(held_.begin(), held_.end(),
                       [&](const Held& held) { return test(*held.value, held.sequence); });
  }
  size_t held_count() const noexcept { return held_.size(); }
  const Value* newest() const noexcept {
    return held_.empty() ? nullptr : held_.back().value.get();
  }

 private:
  struct Held {
    uint64_t sequence;
    std::unique_ptr<Value> value;
  };
  std::vector<Held> held_;
};

}  // namespace sallyport::dataplane
