// wiping_vector.h: a vector that held plaintext leaves nothing of it behind.
//
// A growing vector gives its old memory back to the heap as it is, and erase() and clear() leave
// the bytes behind size(). These two do not.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/mem/wipe.h"

namespace sallyport::mem {

// Like insert at the end; what is left behind when it grows is wiped. `bytes` is no part of `to`.
inline void append_wiping(std::vector<uint8_t>& to, std::span<const uint8_t> bytes) {
  if (to.capacity() - to.size() < bytes.size()) {
    std::vector<uint8_t> larger;
    larger.reserve(std::max(to.capacity() * 2, to.size() + bytes.size()));
    larger.assign(to.begin(), to.end());
    larger.swap(to);
    // The bytes behind size() are old ones too.
    larger.resize(larger.capacity());
    wipe(larger);
  }
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// Empty, with nothing left in what it keeps allocated.
inline void clear_wiping(std::vector<uint8_t>& bytes) noexcept {
  bytes.resize(bytes.capacity());  // within the capacity: allocates nothing
  wipe(bytes);
  bytes.clear();
}

}  // namespace sallyport::mem
