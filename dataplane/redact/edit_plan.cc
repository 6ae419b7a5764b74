#include "dataplane/redact/edit_plan.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::redact {

namespace {

// Edits that lie wholly in [begin, end), in order: calls copy(from, to) and insert(edit index)
// alternately.
template <class Copy, class Insert>
bool run(const EditPlan& plan, uint64_t begin, uint64_t end, Copy&& copy, Insert&& insert) {
  uint64_t at = begin;
  for (uint32_t i = 0; i < plan.size(); ++i) {
    const EditPlan::Edit& edit = plan.edit(i);
    if (edit.start < begin || edit.end > end) continue;
    if (!copy(at, edit.start) || !insert(i)) return false;
    at = edit.end;
  }
  return copy(at, end);
}

}  // namespace

EditPlan::EditPlan(uint32_t edits_max, uint32_t replacement_bytes_max)
    : edits_max_(edits_max),
      buffer_bytes_(replacement_bytes_max),
      edits_(std::make_unique<Edit[]>(edits_max)),
      buffer_(std::make_unique<uint8_t[]>(replacement_bytes_max)) {}

uint8_t* EditPlan::add_room(uint64_t start, uint64_t end, uint32_t size) noexcept {
  SP_CHECK(start <= end && (start < end || size > 0));
  if (count_ == edits_max_ || size > buffer_bytes_ - buffer_used_) return nullptr;
  if (count_ > 0 && start < edits_[count_ - 1].end) sealed_ = false;
  edits_[count_++] = Edit{start, end, buffer_used_, size};
  uint8_t* room = buffer_.get() + buffer_used_;
  buffer_used_ += size;
  return room;
}

bool EditPlan::add(uint64_t start, uint64_t end, std::span<const uint8_t> replacement) noexcept {
  if (replacement.size() > buffer_bytes_) return false;
  uint8_t* room = add_room(start, end, static_cast<uint32_t>(replacement.size()));
  if (room == nullptr) return false;
  if (!replacement.empty()) std::memcpy(room, replacement.data(), replacement.size());
  return true;
}

bool EditPlan::seal() noexcept {
  if (!sealed_) {
    std::sort(edits_.get(), edits_.get() + count_, [](const Edit& a, const Edit& b) {
      return a.start != b.start ? a.start < b.start : a.end < b.end;
    });
  }
  for (uint32_t i = 1; i < count_; ++i)
    if (edits_[i].start < edits_[i - 1].end) return false;
  sealed_ = true;
  return true;
}

void EditPlan::clear() noexcept {
  mem::wipe({buffer_.get(), buffer_used_});
  count_ = 0;
  buffer_used_ = 0;
  sealed_ = true;
}

uint64_t EditPlan::output_size(uint64_t raw_size) const noexcept {
  SP_CHECK(sealed_);
  uint64_t size = raw_size;
  for (uint32_t i = 0; i < count_; ++i)
    size = size - (edits_[i].end - edits_[i].start) + edits_[i].replacement_bytes;
  return size;
}

uint64_t EditPlan::replaced_bytes() const noexcept {
  uint64_t size = 0;
  for (uint32_t i = 0; i < count_; ++i) size += edits_[i].end - edits_[i].start;
  return size;
}

EditPlan::Applied EditPlan::apply(const mem::ByteChain& raw, uint64_t raw_base, mem::ByteChain& out,
                                  mem::SegmentPool& pool) const noexcept {
  SP_CHECK(sealed_);
  const mem::Segment* segment = raw.first();
  uint64_t segment_start = raw_base;
  const auto copy = [&](uint64_t from, uint64_t to) {
    while (from < to) {
      while (from >= segment_start + segment->size) {
        segment_start += segment->size;
        segment = segment->next;
      }
      const auto offset = static_cast<size_t>(from - segment_start);
      const size_t size = std::min<size_t>(segment->size - offset, static_cast<size_t>(to - from));
      if (!out.append_copy(segment->bytes().subspan(offset, size), pool)) return false;
      from += size;
    }
    return true;
  };
  const auto insert = [&](uint32_t i) {
    return replacement(i).empty() || out.append_copy(replacement(i), pool);
  };
  return run(*this, raw_base, raw_base + raw.size(), copy, insert) ? Applied::Ok
                                                                   : Applied::NoMemory;
}

EditPlan::Applied EditPlan::apply(std::span<const uint8_t> raw, uint64_t raw_base,
                                  mem::ByteChain& out, mem::SegmentPool& pool) const noexcept {
  SP_CHECK(sealed_);
  const auto copy = [&](uint64_t from, uint64_t to) {
    return from == to || out.append_copy(raw.subspan(static_cast<size_t>(from - raw_base),
                                                     static_cast<size_t>(to - from)),
                                         pool);
  };
  const auto insert = [&](uint32_t i) {
    return replacement(i).empty() || out.append_copy(replacement(i), pool);
  };
  return run(*this, raw_base, raw_base + raw.size(), copy, insert) ? Applied::Ok
                                                                   : Applied::NoMemory;
}

size_t EditPlan::apply(std::span<const uint8_t> raw, uint64_t raw_base,
                       std::span<uint8_t> out) const noexcept {
  SP_CHECK(sealed_);
  size_t used = 0;
  const auto put = [&](std::span<const uint8_t> bytes) {
    if (bytes.size() > out.size() - used) return false;
    if (!bytes.empty()) std::memcpy(out.data() + used, bytes.data(), bytes.size());
    used += bytes.size();
    return true;
  };
  const auto copy = [&](uint64_t from, uint64_t to) {
    return put(raw.subspan(static_cast<size_t>(from - raw_base), static_cast<size_t>(to - from)));
  };
  const auto insert = [&](uint32_t i) { return put(replacement(i)); };
  return run(*this, raw_base, raw_base + raw.size(), copy, insert) ? used : SIZE_MAX;
}

}  // namespace sallyport::redact
