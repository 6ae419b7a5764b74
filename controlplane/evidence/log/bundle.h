// bundle.h: up to 256 records as one value of the table `bundles`.
//
//   count u32, with flags; then per record its bytes u16, its packed bytes u16, and those
//
// Most of a record is room that its texts do not fill, so it is packed: of every eight words of
// eight bytes one byte that says which of them are not zero, then those; a rest of less than a word
// as it is. Half of what the log writes is the disk's time, so zeros are the cheapest thing not to
// write (docs/evidence.md 3 has the figures). What is hashed into the tree is the record, not its
// packing. Bundles of earlier versions have per record its bytes as u32, and the record as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sallyport::evidence_log {

inline constexpr size_t kBundleRecordsMax = 256;
inline constexpr size_t kBundleBytesMax = 128 * 1024;
// In a bundle's count: every record of it is pruned, and no lengths follow.
inline constexpr uint32_t kBundleAllPruned = 0x8000'0000;
inline constexpr uint32_t kBundlePacked = 0x4000'0000;

// REQUIRES: less than 65 536 bytes.
void pack_record(std::span<const uint8_t> record, std::vector<uint8_t>& out);

class BundleWriter {
 public:
  BundleWriter() : bytes_(sizeof(uint32_t)) {}
  // An empty record is a pruned one.
  void add(std::span<const uint8_t> record);
  bool has_room_for(size_t bytes) const {
    return count_ == 0 || (count_ < kBundleRecordsMax && bytes_.size() + bytes <= kBundleBytesMax);
  }
  uint32_t count() const { return count_; }
  // The value; valid until the next call on this object.
  const std::vector<uint8_t>& value();
  void clear();

 private:
  std::vector<uint8_t> bytes_;
  uint32_t count_ = 0;
  bool any_ = false;  // that is not pruned
};

// The records of a bundle's value, in order; a pruned one is empty. Stops, and says so, at the
// first that does not fit.
class BundleView {
 public:
  explicit BundleView(std::span<const uint8_t> value);
  uint32_t count() const { return count_; }
  bool whole() const { return whole_; }
  // `record` is valid until the next call on this object.
  bool next(std::span<const uint8_t>& record);
  // Whether the next one is pruned, without a look at its bytes.
  bool next_is_pruned(bool& pruned);

 private:
  bool take(uint32_t& bytes, std::span<const uint8_t>& stored);
  bool fail() { return whole_ = false; }
  std::span<const uint8_t> rest_;
  std::vector<uint8_t> record_;
  uint32_t count_ = 0;
  uint32_t done_ = 0;
  bool all_pruned_ = false;
  bool packed_ = false;
  bool whole_ = true;
};

}  // namespace sallyport::evidence_log
