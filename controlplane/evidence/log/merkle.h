// merkle.h: RFC 6962 hashes, proofs and their verification, over tiles as C2SP tlog-tiles cuts
// them.
//
// A tile of row r, number n holds up to 256 hashes: entry i is the root of the complete subtree of
// 256^r leaves number n * 256 + i. What lies between two rows is recomputed (255 hashes at most).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace sallyport::evidence_log {

using Hash = std::array<uint8_t, 32>;

inline constexpr uint64_t kTileWidth = 256;

Hash sha256(std::span<const uint8_t> bytes);
Hash leaf_hash(std::span<const uint8_t> record);      // SHA-256(0x00 || record)
Hash node_hash(const Hash& left, const Hash& right);  // SHA-256(0x01 || left || right)

// Where tiles are kept. Entries of a tile in order; fewer than 256 at the right edge.
class TileSource {
 public:
  virtual ~TileSource() = default;
  virtual std::vector<Hash> tile(uint32_t row, uint64_t number) const = 0;
};

// Roots and proofs for any size up to what the tiles hold. Throws std::runtime_error when a tile is
// missing or short: the store is damaged.
class Tree {
 public:
  explicit Tree(const TileSource& tiles) : tiles_(tiles) {}
  Hash root(uint64_t size) const;
  std::vector<Hash> inclusion_proof(uint64_t index, uint64_t size) const;
  std::vector<Hash> consistency_proof(uint64_t old_size, uint64_t new_size) const;

 private:
  Hash range(uint64_t begin, uint64_t end) const;      // MTH(D[begin:end])
  Hash subtree(uint32_t level, uint64_t index) const;  // complete subtree of 2^level leaves
  const std::vector<Hash>& cached_tile(uint32_t row, uint64_t number) const;
  void subproof(uint64_t m, uint64_t begin, uint64_t end, bool complete,
                std::vector<Hash>& out) const;

  const TileSource& tiles_;
  mutable uint32_t cached_row_ = ~0U;
  mutable uint64_t cached_number_ = 0;
  mutable std::vector<Hash> cached_;
};

// Root of a tree while leaves are appended: one hash per set bit of the size.
class CompactRange {
 public:
  void append(const Hash& leaf);
  uint64_t size() const { return size_; }
  Hash root() const;  // SHA-256 of nothing when empty

 private:
  uint64_t size_ = 0;
  std::vector<Hash> peaks_;  // largest first
};

bool verify_inclusion(const Hash& leaf, uint64_t index, uint64_t size,
                      const std::vector<Hash>& proof, const Hash& root);
bool verify_consistency(uint64_t old_size, uint64_t new_size, const Hash& old_root,
                        const Hash& new_root, const std::vector<Hash>& proof);

}  // namespace sallyport::evidence_log
