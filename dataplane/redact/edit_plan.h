// edit_plan.h: what changes in a body: disjoint ranges of raw bytes, each with the bytes that
// replace it.
//
// Everything outside the ranges passes byte for byte. Edits may be added in any order (nested JSON
// and several channels do not finish in document order); seal() sorts and proves them disjoint.
// Replacement bytes are copied into the plan's own buffer, which is wiped by clear(): in an answer
// they are plaintext. Owner  one exchange at a time; reusable. Limits are those of the constructor;
// full is an answer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"

namespace sallyport::redact {

class EditPlan {
 public:
  enum class Applied : uint8_t { Ok, NoMemory /* pool exhausted: `out` holds a part */ };

  EditPlan(uint32_t edits_max, uint32_t replacement_bytes_max);
  ~EditPlan() { clear(); }
  EditPlan(const EditPlan&) = delete;
  EditPlan& operator=(const EditPlan&) = delete;

  // Replaces raw [start, end) by `replacement` (either may be empty, not both). False: full;
  // nothing added.
  [[nodiscard]] bool add(uint64_t start, uint64_t end,
                         std::span<const uint8_t> replacement) noexcept;
  // The same with room for `size` bytes that the caller fills in now; null: full. (Escaping in
  // place.)
  [[nodiscard]] uint8_t* add_room(uint64_t start, uint64_t end, uint32_t size) noexcept;
  // Sorts. False: two edits overlap (our own mistake or a sink that mapped wrongly): apply nothing.
  [[nodiscard]] bool seal() noexcept;
  void clear() noexcept;

  uint32_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  // Size of the body after the edits. REQUIRES: sealed.
  uint64_t output_size(uint64_t raw_size) const noexcept;
  // Raw bytes that are replaced. For evidence.
  uint64_t replaced_bytes() const noexcept;

  // Copies `raw` with the edits to the end of `out`. `raw_base`: raw offset of the first byte of
  // `raw`; edits that begin before it or end behind it are left out. REQUIRES: sealed.
  [[nodiscard]] Applied apply(const mem::ByteChain& raw, uint64_t raw_base, mem::ByteChain& out,
                              mem::SegmentPool& pool) const noexcept;
  [[nodiscard]] Applied apply(std::span<const uint8_t> raw, uint64_t raw_base, mem::ByteChain& out,
                              mem::SegmentPool& pool) const noexcept;
  // Into flat memory: answers the size, or SIZE_MAX when `out` is too small.
  [[nodiscard]] size_t apply(std::span<const uint8_t> raw, uint64_t raw_base,
                             std::span<uint8_t> out) const noexcept;

  struct Edit {
    uint64_t start;
    uint64_t end;
    uint32_t replacement_offset;
    uint32_t replacement_bytes;
  };
  const Edit& edit(uint32_t i) const noexcept { return edits_[i]; }
  std::span<const uint8_t> replacement(uint32_t i) const noexcept {
    return {buffer_.get() + edits_[i].replacement_offset, edits_[i].replacement_bytes};
  }

 private:
  const uint32_t edits_max_;
  const uint32_t buffer_bytes_;
  std::unique_ptr<Edit[]> edits_;
  std::unique_ptr<uint8_t[]> buffer_;
  uint32_t count_ = 0;
  uint32_t buffer_used_ = 0;
  bool sealed_ = true;
};

}  // namespace sallyport::redact
