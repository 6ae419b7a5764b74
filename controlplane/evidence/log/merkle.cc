#include "controlplane/evidence/log/merkle.h"

#include <openssl/evp.h>

#include <bit>
#include <stdexcept>
#include <string>

namespace sallyport::evidence_log {
namespace {

constexpr uint32_t kLevelsPerRow = 8;  // 2^8 == kTileWidth
static_assert(kTileWidth == 1U << kLevelsPerRow);

// One context per thread: a fresh one per hash costs more than the hash of a node.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()), kind_(EVP_MD_fetch(nullptr, "SHA256", nullptr)) {
    if (context_ == nullptr || kind_ == nullptr) throw std::runtime_error("no SHA-256");
  }
  ~Sha256() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(kind_);
  }
  Sha256(const Sha256&) = delete;

  Hash of(std::span<const uint8_t> first, std::span<const uint8_t> second = {},
          std::span<const uint8_t> third = {}) {
    Hash hash{};
    if (EVP_DigestInit_ex2(context_, kind_, nullptr) != 1 ||
        EVP_DigestUpdate(context_, first.data(), first.size()) != 1 ||
        EVP_DigestUpdate(context_, second.data(), second.size()) != 1 ||
        EVP_DigestUpdate(context_, third.data(), third.size()) != 1 ||
        EVP_DigestFinal_ex(context_, hash.data(), nullptr) != 1)
      throw std::runtime_error("SHA-256 failed");
    return hash;
  }

 private:
  EVP_MD_CTX* context_;
  EVP_MD* kind_;
};

Sha256& hasher() {
  thread_local Sha256 sha;
  return sha;
}

// Largest power of two smaller than n. REQUIRES: n >= 2.
uint64_t split(uint64_t n) { return std::bit_floor(n - 1); }

}  // namespace

Hash sha256(std::span<const uint8_t> bytes) { return hasher().of(bytes); }

//= RFC 6962 2.1: MTH({d(0)}) = SHA-256(0x00 || d(0))
Hash leaf_hash(std::span<const uint8_t> record) {
  constexpr uint8_t kLeaf[] = {0};
  return hasher().of(kLeaf, record);
}

//= RFC 6962 2.1: MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))
Hash node_hash(const Hash& left, const Hash& right) {
  constexpr uint8_t kNode[] = {1};
  return hasher().of(kNode, left, right);
}

const std::vector<Hash>& Tree::cached_tile(uint32_t row, uint64_t number) const {
  if (row != cached_row_ || number != cached_number_) {
    cached_row_ = ~0U;
    cached_ = tiles_.tile(row, number);
    cached_row_ = row;
    cached_number_ = number;
  }
  return cached_;
}

Hash Tree::subtree(uint32_t level, uint64_t index) const {
  const uint32_t row = level / kLevelsPerRow;
  const uint32_t inside = level % kLevelsPerRow;
  const uint64_t first = index << inside;
  const uint64_t count = 1ULL << inside;
  const std::vector<Hash>& tile = cached_tile(row, first / kTileWidth);
  const uint64_t at = first % kTileWidth;
  if (at + count > tile.size())
    throw std::runtime_error("tile " + std::to_string(row) + "/" +
                             std::to_string(first / kTileWidth) + " is short or missing");
  std::vector<Hash> hashes(tile.begin() + static_cast<ptrdiff_t>(at),
                           tile.begin() + static_cast<ptrdiff_t>(at + count));
  for (; hashes.size() > 1; hashes.resize(hashes.size() / 2))
    for (size_t i = 0; i * 2 < hashes.size(); ++i)
      hashes[i] = node_hash(hashes[2 * i], hashes[2 * i + 1]);
  return hashes[0];
}

Hash Tree::range(uint64_t begin, uint64_t end) const {
  const uint64_t n = end - begin;
  if (std::has_single_bit(n) && begin % n == 0)
    return subtree(static_cast<uint32_t>(std::countr_zero(n)), begin / n);
  const uint64_t k = split(n);
  return node_hash(range(begin, begin + k), range(begin + k, end));
}

Hash Tree::root(uint64_t size) const { return size == 0 ? sha256({}) : range(0, size); }

//= RFC 6962 2.1.1: PATH(m, D[n]), written as a loop from the root down
std::vector<Hash> Tree::inclusion_proof(uint64_t index, uint64_t size) const {
  if (index >= size) throw std::runtime_error("no such leaf in a tree of this size");
  std::vector<Hash> down;
  uint64_t begin = 0;
  uint64_t end = size;
  while (end - begin > 1) {
    const uint64_t middle = begin + split(end - begin);
    if (index < middle) {
      down.push_back(range(middle, end));
      end = middle;
    } else {
      down.push_back(range(begin, middle));
      begin = middle;
    }
  }
  return {down.rbegin(), down.rend()};
}

//= RFC 6962 2.1.2: SUBPROOF(m, D[n], b)
void Tree::subproof(uint64_t m, uint64_t begin, uint64_t end, bool complete,
                    std::vector<Hash>& out) const {
  const uint64_t n = end - begin;
  if (m == n) {
    if (!complete) out.push_back(range(begin, end));
    return;
  }
  const uint64_t k = split(n);
  if (m <= k) {
    subproof(m, begin, begin + k, complete, out);
    out.push_back(range(begin + k, end));
  } else {
    subproof(m - k, begin + k, end, false, out);
    out.push_back(range(begin, begin + k));
  }
}

std::vector<Hash> Tree::consistency_proof(uint64_t old_size, uint64_t new_size) const {
  if (old_size > new_size) throw std::runtime_error("the older tree is the larger one");
  std::vector<Hash> out;
  if (old_size != 0 && old_size != new_size) subproof(old_size, 0, new_size, true, out);
  return out;
}

void CompactRange::append(const Hash& leaf) {
  Hash hash = leaf;
  for (uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
    hash = node_hash(peaks_.back(), hash);
    peaks_.pop_back();
  }
  peaks_.push_back(hash);
  ++size_;
}

Hash CompactRange::root() const {
  if (peaks_.empty()) return sha256({});
  Hash hash = peaks_.back();
  for (size_t i = peaks_.size() - 1; i-- > 0;) hash = node_hash(peaks_[i], hash);
  return hash;
}

//= RFC 9162 2.1.3.2: verifying an inclusion proof
bool verify_inclusion(const Hash& leaf, uint64_t index, uint64_t size,
                      const std::vector<Hash>& proof, const Hash& root) {
  if (index >= size) return false;
  uint64_t fn = index;
  uint64_t sn = size - 1;
  Hash hash = leaf;
  for (const Hash& other : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      hash = node_hash(other, hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = node_hash(hash, other);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && hash == root;
}

//= RFC 9162 2.1.4.2: verifying consistency between two tree heads
bool verify_consistency(uint64_t old_size, uint64_t new_size, const Hash& old_root,
                        const Hash& new_root, const std::vector<Hash>& proof) {
  if (old_size > new_size) return false;
  if (old_size == new_size) return proof.empty() && old_root == new_root;
  if (old_size == 0) return proof.empty() && old_root == sha256({});
  std::vector<Hash> path = proof;
  if (std::has_single_bit(old_size)) path.insert(path.begin(), old_root);
  if (path.empty()) return false;
  uint64_t fn = old_size - 1;
  uint64_t sn = new_size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  Hash older = path[0];
  Hash newer = path[0];
  for (size_t i = 1; i < path.size(); ++i) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      older = node_hash(path[i], older);
      newer = node_hash(path[i], newer);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      newer = node_hash(newer, path[i]);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && older == old_root && newer == new_root;
}

}  // namespace sallyport::evidence_log
