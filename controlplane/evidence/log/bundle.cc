#include "controlplane/evidence/log/bundle.h"

#include <cstring>

#include "dataplane/base/check.h"

namespace sallyport::evidence_log {
namespace {

constexpr size_t kWord = sizeof(uint64_t);
constexpr size_t kWordsPerMask = 8;

template <class T>
bool take_number(std::span<const uint8_t>& rest, T& out) {
  if (rest.size() < sizeof(out)) return false;
  std::memcpy(&out, rest.data(), sizeof(out));
  rest = rest.subspan(sizeof(out));
  return true;
}

// False when it is no packing of `bytes` bytes.
bool unpack(std::span<const uint8_t> packed, size_t bytes, std::vector<uint8_t>& out) {
  out.assign(bytes, 0);
  size_t at = 0;
  while (at + kWord <= bytes) {
    if (packed.empty()) return false;
    unsigned mask = packed[0];
    packed = packed.subspan(1);
    for (size_t bit = 0; bit < kWordsPerMask && at + kWord <= bytes; ++bit, at += kWord) {
      const bool set = (mask & 1U) != 0;
      mask >>= 1;
      if (!set) continue;
      if (packed.size() < kWord) return false;
      std::memcpy(out.data() + at, packed.data(), kWord);
      packed = packed.subspan(kWord);
    }
    if (mask != 0) return false;  // of words that the record does not have
  }
  if (packed.size() != bytes - at) return false;
  if (!packed.empty()) std::memcpy(out.data() + at, packed.data(), packed.size());
  return true;
}

}  // namespace

void pack_record(std::span<const uint8_t> record, std::vector<uint8_t>& out) {
  const size_t begin = out.size();
  // All words, a mask for each eight of them, and a word behind that the last store may touch.
  out.resize(begin + record.size() + record.size() / (kWord * kWordsPerMask) + 1 + kWord);
  uint8_t* to = out.data() + begin;
  size_t at = 0;
  while (at + kWord <= record.size()) {
    uint8_t* const mask = to++;
    unsigned set = 0;
    for (size_t bit = 0; bit < kWordsPerMask && at + kWord <= record.size(); ++bit, at += kWord) {
      uint64_t word = 0;
      std::memcpy(&word, record.data() + at, kWord);
      std::memcpy(to, &word, kWord);  // without a branch: which words are zero is hard to foresee
      to += word != 0 ? kWord : 0;
      set |= (word != 0 ? 1U : 0U) << bit;
    }
    *mask = static_cast<uint8_t>(set);
  }
  const size_t rest = record.size() - at;
  if (rest != 0) std::memcpy(to, record.data() + at, rest);
  out.resize(static_cast<size_t>(to - out.data()) + rest);
}

void BundleWriter::add(std::span<const uint8_t> record) {
  SP_CHECK(record.size() < 65'536);
  const size_t head = bytes_.size();
  bytes_.resize(head + 2 * sizeof(uint16_t));
  if (!record.empty()) pack_record(record, bytes_);
  const uint16_t lengths[] = {static_cast<uint16_t>(record.size()),
                              static_cast<uint16_t>(bytes_.size() - head - 2 * sizeof(uint16_t))};
  std::memcpy(bytes_.data() + head, lengths, sizeof(lengths));
  any_ = any_ || !record.empty();
  ++count_;
}

const std::vector<uint8_t>& BundleWriter::value() {
  const uint32_t head = count_ | (any_ ? kBundlePacked : kBundleAllPruned);
  if (!any_) bytes_.resize(sizeof(head));
  std::memcpy(bytes_.data(), &head, sizeof(head));
  return bytes_;
}

void BundleWriter::clear() {
  bytes_.resize(sizeof(uint32_t));
  count_ = 0;
  any_ = false;
}

BundleView::BundleView(std::span<const uint8_t> value) : rest_(value) {
  if (!take_number(rest_, count_)) whole_ = false;
  all_pruned_ = (count_ & kBundleAllPruned) != 0;
  packed_ = (count_ & kBundlePacked) != 0;
  count_ &= ~(kBundleAllPruned | kBundlePacked);
  if (count_ > kBundleRecordsMax) whole_ = false;
}

bool BundleView::take(uint32_t& bytes, std::span<const uint8_t>& stored) {
  if (!whole_ || done_ == count_) {
    if (whole_ && !rest_.empty()) whole_ = false;
    return false;
  }
  uint32_t stored_bytes = 0;
  if (packed_ && !all_pruned_) {
    uint16_t both[2] = {};
    if (!take_number(rest_, both)) return fail();
    bytes = both[0];
    stored_bytes = both[1];
    if ((bytes == 0) != (stored_bytes == 0)) return fail();
  } else if (!all_pruned_) {
    if (!take_number(rest_, bytes)) return fail();
    stored_bytes = bytes;
  }
  if (stored_bytes > rest_.size()) return fail();
  stored = rest_.first(stored_bytes);
  rest_ = rest_.subspan(stored_bytes);
  ++done_;
  return true;
}

bool BundleView::next(std::span<const uint8_t>& record) {
  uint32_t bytes = 0;
  std::span<const uint8_t> stored;
  if (!take(bytes, stored)) return false;
  record = stored;
  if (!packed_ || stored.empty()) return true;
  if (!unpack(stored, bytes, record_)) return fail();
  record = record_;
  return true;
}

bool BundleView::next_is_pruned(bool& pruned) {
  uint32_t bytes = 0;
  std::span<const uint8_t> stored;
  if (!take(bytes, stored)) return false;
  pruned = stored.empty();
  return true;
}

}  // namespace sallyport::evidence_log
