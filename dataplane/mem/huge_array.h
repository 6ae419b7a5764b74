// huge_array.h: a large array of records, allocated once, on huge pages where the kernel gives
// them.
//
// A million connections lie on 140,000 small pages: every random access then pays for the page
// table too. Measured, a segment of one connection in a million costs two fifths less with 2 MB
// pages. Without them (policy "never") it is ordinary memory. Owner   one worker. Elements are
// value-initialised, and destroyed with the array. Aborts when there is no memory: start-up only.
// Excluded from dumps, like every place of plaintext.
#pragma once

#include <cstddef>
#include <memory>

namespace sallyport::mem {

// Zeroed, aligned to 2 MB. REQUIRES: bytes > 0.
void* map_huge(size_t bytes) noexcept;
void unmap_huge(void* memory, size_t bytes) noexcept;

template <class T>
class HugeArray {
 public:
  explicit HugeArray(size_t count)
      : items_(static_cast<T*>(map_huge(count * sizeof(T)))), count_(count) {
    std::uninitialized_value_construct_n(items_, count);
  }
  ~HugeArray() {
    std::destroy_n(items_, count_);
    unmap_huge(items_, count_ * sizeof(T));
  }
  HugeArray(const HugeArray&) = delete;
  HugeArray& operator=(const HugeArray&) = delete;

  T& operator[](size_t index) noexcept { return items_[index]; }
  const T& operator[](size_t index) const noexcept { return items_[index]; }
  T* get() noexcept { return items_; }
  const T* get() const noexcept { return items_; }

 private:
  T* const items_;
  const size_t count_;
};

}  // namespace sallyport::mem
