// Known vectors of the certificate transparency reference, and a twin written straight from RFC
// 6962: whole leaves in memory, no tiles.
#include "controlplane/evidence/log/merkle.h"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>

namespace sallyport::evidence_log {
namespace {

std::vector<uint8_t> from_hex(const std::string& text) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return out;
}
Hash hash_of(const std::string& text) {
  Hash hash{};
  const auto bytes = from_hex(text);
  EXPECT_EQ(bytes.size(), hash.size());
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

using Leaves = std::vector<Hash>;

Hash twin_root(const Leaves& leaves) {
  if (leaves.empty()) return sha256({});
  if (leaves.size() == 1) return leaves[0];
  size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const auto middle = leaves.begin() + static_cast<ptrdiff_t>(k);
  return node_hash(twin_root({leaves.begin(), middle}), twin_root({middle, leaves.end()}));
}
Leaves twin_path(size_t m, const Leaves& leaves) {
  if (leaves.size() == 1) return {};
  size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const auto middle = leaves.begin() + static_cast<ptrdiff_t>(k);
  const Leaves first(leaves.begin(), middle);
  const Leaves second(middle, leaves.end());
  Leaves path = m < k ? twin_path(m, first) : twin_path(m - k, second);
  path.push_back(twin_root(m < k ? second : first));
  return path;
}
Leaves twin_subproof(size_t m, const Leaves& leaves, bool complete) {
  if (m == leaves.size()) return complete ? Leaves{} : Leaves{twin_root(leaves)};
  size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const auto middle = leaves.begin() + static_cast<ptrdiff_t>(k);
  const Leaves first(leaves.begin(), middle);
  const Leaves second(middle, leaves.end());
  Leaves proof = m <= k ? twin_subproof(m, first, complete) : twin_subproof(m - k, second, false);
  proof.push_back(twin_root(m <= k ? second : first));
  return proof;
}

class MemoryTiles : public TileSource {
 public:
  void add(const Hash& hash, uint32_t row = 0) {
    rows_[row].push_back(hash);
    if (rows_[row].size() % kTileWidth != 0) return;
    add(twin_root({rows_[row].end() - kTileWidth, rows_[row].end()}), row + 1);
  }
  std::vector<Hash> tile(uint32_t row, uint64_t number) const override {
    const auto found = rows_.find(row);
    if (found == rows_.end() || found->second.size() <= number * kTileWidth) return {};
    const auto begin = found->second.begin() + static_cast<ptrdiff_t>(number * kTileWidth);
    const auto left = static_cast<uint64_t>(found->second.end() - begin);
    return {begin, begin + static_cast<ptrdiff_t>(std::min(left, kTileWidth))};
  }

 private:
  std::map<uint32_t, std::vector<Hash>> rows_;
};

Hash numbered(uint64_t number) {
  const std::string text = "leaf " + std::to_string(number);
  return leaf_hash({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

const char* const kReferenceLeaves[] = {"",
                                        "00",
                                        "10",
                                        "2021",
                                        "3031",
                                        "40414243",
                                        "5051525354555657",
                                        "606162636465666768696a6b6c6d6e6f"};
const char* const kReferenceRoots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

class Reference : public ::testing::Test {
 protected:
  Reference() {
    for (const char* leaf : kReferenceLeaves) {
      leaves.push_back(leaf_hash(from_hex(leaf)));
      tiles.add(leaves.back());
    }
  }
  Leaves leaves;
  MemoryTiles tiles;
};

TEST_F(Reference, EmptyTreeIsTheHashOfNothing) {
  EXPECT_EQ(Tree(tiles).root(0),
            hash_of("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  EXPECT_EQ(CompactRange().root(), Tree(tiles).root(0));
}

TEST_F(Reference, RootsOfEverySize) {
  CompactRange range;
  for (size_t size = 1; size <= 8; ++size) {
    range.append(leaves[size - 1]);
    EXPECT_EQ(Tree(tiles).root(size), hash_of(kReferenceRoots[size - 1])) << size;
    EXPECT_EQ(range.root(), hash_of(kReferenceRoots[size - 1])) << size;
  }
}

TEST_F(Reference, KnownProofs) {
  const Leaves path = {hash_of("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"),
                       hash_of("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
                       hash_of("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")};
  EXPECT_EQ(Tree(tiles).inclusion_proof(0, 8), path);
  EXPECT_EQ(Tree(tiles).consistency_proof(1, 8), path);
  EXPECT_EQ(Tree(tiles).consistency_proof(6, 8),
            (Leaves{hash_of("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"),
                    hash_of("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
                    hash_of(kReferenceRoots[3])}));
  EXPECT_EQ(Tree(tiles).consistency_proof(2, 5),
            (Leaves{hash_of("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
                    hash_of("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")}));
}

constexpr size_t kTwinSizes = 70;

class Twin : public ::testing::Test {
 protected:
  Twin() {
    for (size_t i = 0; i < kTwinSizes; ++i) {
      leaves.push_back(numbered(i));
      tiles.add(leaves.back());
    }
  }
  Leaves first(size_t count) const {
    return {leaves.begin(), leaves.begin() + static_cast<ptrdiff_t>(count)};
  }
  Leaves leaves;
  MemoryTiles tiles;
};

TEST_F(Twin, InclusionProofsOfAllSizes) {
  const Tree tree(tiles);
  for (size_t size = 1; size <= kTwinSizes; ++size) {
    const Hash root = twin_root(first(size));
    ASSERT_EQ(tree.root(size), root);
    for (size_t index = 0; index < size; ++index) {
      const auto proof = tree.inclusion_proof(index, size);
      ASSERT_EQ(proof, twin_path(index, first(size))) << index << " of " << size;
      ASSERT_TRUE(verify_inclusion(leaves[index], index, size, proof, root));
    }
  }
}

TEST_F(Twin, ConsistencyProofsOfAllSizes) {
  const Tree tree(tiles);
  for (size_t size = 1; size <= kTwinSizes; ++size) {
    for (size_t old_size = 1; old_size <= size; ++old_size) {
      const auto proof = tree.consistency_proof(old_size, size);
      if (old_size < size) {
        ASSERT_EQ(proof, twin_subproof(old_size, first(size), true));
      }
      ASSERT_TRUE(verify_consistency(old_size, size, tree.root(old_size), tree.root(size), proof));
    }
    ASSERT_TRUE(verify_consistency(0, size, sha256({}), tree.root(size), {}));
  }
}

TEST_F(Twin, NothingElseIsIncluded) {
  const Tree tree(tiles);
  for (const size_t size : {1, 2, 7, 8, 33, 70}) {
    const Hash root = tree.root(size);
    for (size_t index = 0; index < size; ++index) {
      const auto proof = tree.inclusion_proof(index, size);
      EXPECT_FALSE(verify_inclusion(numbered(999), index, size, proof, root));
      EXPECT_FALSE(verify_inclusion(leaves[index], size, size, proof, root));
      if (size > 1) {
        EXPECT_FALSE(verify_inclusion(leaves[index], (index + 1) % size, size, proof, root));
      }
      for (size_t i = 0; i < proof.size(); ++i) {
        auto changed = proof;
        changed[i][i % 32] ^= 1;
        EXPECT_FALSE(verify_inclusion(leaves[index], index, size, changed, root));
      }
      auto longer = proof;
      longer.push_back(root);
      EXPECT_FALSE(verify_inclusion(leaves[index], index, size, longer, root));
      if (!proof.empty()) {
        auto shorter = proof;
        shorter.pop_back();
        EXPECT_FALSE(verify_inclusion(leaves[index], index, size, shorter, root));
      }
    }
  }
}

TEST_F(Twin, NothingElseIsConsistent) {
  const Tree tree(tiles);
  const Hash other = numbered(999);
  for (size_t size = 2; size <= kTwinSizes; size += 3) {
    for (size_t old_size = 1; old_size < size; ++old_size) {
      const auto proof = tree.consistency_proof(old_size, size);
      const Hash before = tree.root(old_size);
      const Hash after = tree.root(size);
      EXPECT_FALSE(verify_consistency(old_size, size, other, after, proof));
      EXPECT_FALSE(verify_consistency(old_size, size, before, other, proof));
      for (size_t i = 0; i < proof.size(); ++i) {
        auto changed = proof;
        changed[i][5] ^= 0x80;
        EXPECT_FALSE(verify_consistency(old_size, size, before, after, changed));
      }
      EXPECT_FALSE(verify_consistency(old_size, size, before, after, {}));
    }
  }
  EXPECT_FALSE(verify_consistency(5, 4, other, other, {}));
  EXPECT_FALSE(verify_consistency(5, 5, other, tree.root(5), {}));
}

// The borders of tiles: 256 leaves fill one of row 0, 65,536 one of row 1.
TEST(Tiles, RootsAndProofsAcrossTheirBorders) {
  MemoryTiles tiles;
  Leaves leaves;
  CompactRange range;
  const std::vector<uint64_t> sizes = {255, 256,    257,    511,    512,
                                       513, 65'535, 65'536, 65'537, 66'000};
  std::map<uint64_t, Hash> roots;
  for (uint64_t i = 0; i < 66'000; ++i) {
    leaves.push_back(numbered(i));
    tiles.add(leaves.back());
    range.append(leaves.back());
    if (std::find(sizes.begin(), sizes.end(), i + 1) != sizes.end()) roots[i + 1] = range.root();
  }
  const Tree tree(tiles);
  for (const auto& [size, root] : roots) {
    ASSERT_EQ(tree.root(size), root) << size;
    for (const uint64_t index : {uint64_t{0}, size / 2, size - 1, size > 256 ? 255 : size - 2})
      ASSERT_TRUE(
          verify_inclusion(leaves[index], index, size, tree.inclusion_proof(index, size), root));
    for (const auto& [old_size, old_root] : roots) {
      if (old_size > size) continue;
      ASSERT_TRUE(verify_consistency(old_size, size, old_root, root,
                                     tree.consistency_proof(old_size, size)));
    }
  }
}

TEST(Tiles, AMissingTileIsAnErrorAndNotARoot) {
  MemoryTiles tiles;
  for (uint64_t i = 0; i < 10; ++i) tiles.add(numbered(i));
  EXPECT_THROW(Tree(tiles).root(11), std::runtime_error);
  EXPECT_THROW(Tree(tiles).root(300), std::runtime_error);
  EXPECT_THROW(Tree(tiles).inclusion_proof(10, 10), std::runtime_error);
}

}  // namespace
}  // namespace sallyport::evidence_log
