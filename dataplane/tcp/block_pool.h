// block_pool.h: a fixed number of equal records that few connections need at a time (held spans,
// SACK scoreboards).
//
// Most connections are idle or lossless, so these do not lie in the connection's own record.
// Exhaustion is an answer (null) with a written rule at each caller. T has a member `T* next_free`.
// Owner   one worker; no locks, no allocation after construction.
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/base/check.h"

namespace sallyport::tcp {

template <class T>
class BlockPool {
 public:
  explicit BlockPool(uint32_t count) : blocks_(std::make_unique<T[]>(count)), count_(count) {
    for (uint32_t i = count; i-- > 0;) {
      blocks_[i].next_free = free_;
      free_ = &blocks_[i];
    }
  }

  [[nodiscard]] T* take() noexcept {
    T* block = free_;
    if (block == nullptr) return nullptr;
    free_ = block->next_free;
    ++used_;
    if (used_ > high_water_) high_water_ = used_;
    return block;
  }
  void give_back(T* block) noexcept {
    SP_CHECK(used_ > 0);
    block->next_free = free_;
    free_ = block;
    --used_;
  }

  uint32_t used() const noexcept { return used_; }
  uint32_t high_water() const noexcept { return high_water_; }
  uint32_t count() const noexcept { return count_; }

 private:
  std::unique_ptr<T[]> blocks_;
  T* free_ = nullptr;
  const uint32_t count_;
  uint32_t used_ = 0;
  uint32_t high_water_ = 0;
};

}  // namespace sallyport::tcp
