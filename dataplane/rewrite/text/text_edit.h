// text_edit.h: one replacement in a text, and the list of them that a rewriter has decided.
//
// Invariants
//   I1  edits are sorted by start and disjoint.
//   I2  replacement bytes live in the list's own arena, wiped by clear(): a restored value is
//   plaintext.
// Owner   one rewriter of one worker.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/mem/wiping_vector.h"

namespace sallyport::rewrite {

struct TextEdit {
  uint64_t start = 0;
  uint64_t end = 0;
  size_t arena_offset = 0;
  size_t size = 0;
};

class EditList {
 public:
  EditList() = default;
  EditList(const EditList&) = delete;
  EditList& operator=(const EditList&) = delete;
  ~EditList() { clear(); }

  // Appends one; a neighbour that begins before the last one's end is our own mistake.
  void add(uint64_t start, uint64_t end, std::span<const uint8_t> replacement) {
    SP_CHECK(start <= end && (count() == 0 || edits_.back().end <= start));
    edits_.push_back(TextEdit{start, end, arena_.size(), replacement.size()});
    mem::append_wiping(arena_, replacement);
  }

  // One that came late, between those that are in. Disjoint from them, or it is our own mistake.
  void insert(uint64_t start, uint64_t end, std::span<const uint8_t> replacement) {
    if (count() == 0 || edits_.back().end <= start) return add(start, end, replacement);
    const auto behind = std::find_if(edits_.begin() + static_cast<std::ptrdiff_t>(first_),
                                     edits_.end(), [&](const auto& e) { return e.start >= end; });
    const bool first = behind == edits_.begin() + static_cast<std::ptrdiff_t>(first_);
    SP_CHECK(start <= end && (first || std::prev(behind)->end <= start));
    edits_.insert(behind, TextEdit{start, end, arena_.size(), replacement.size()});
    mem::append_wiping(arena_, replacement);
  }

  std::span<const TextEdit> edits() const noexcept {
    return std::span<const TextEdit>(edits_).subspan(first_);
  }
  // Valid until the next add() or clear().
  std::span<const uint8_t> replacement(const TextEdit& edit) const noexcept {
    return {arena_.data() + edit.arena_offset, edit.size};
  }
  size_t count() const noexcept { return edits_.size() - first_; }

  // Drops the first `n` edits; the arena is wiped when none is left.
  void drop_front(size_t n) noexcept {
    SP_CHECK(n <= count());
    first_ += n;
    if (first_ == edits_.size()) clear();
  }
  void clear() noexcept {
    mem::wipe(arena_);
    arena_.clear();
    edits_.clear();
    first_ = 0;
  }

 private:
  std::vector<TextEdit> edits_;
  std::vector<uint8_t> arena_;
  size_t first_ = 0;
};

}  // namespace sallyport::rewrite
