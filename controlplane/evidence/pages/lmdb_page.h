// lmdb_page.h: the pages of an LMDB data file (data version 1, as liblmdb 0.9 writes it), read with
// bounds.
//
// liblmdb trusts what lies in its file: a page whose inner offsets are damaged makes it read or
// write anywhere, and the process that looked ends. So nothing of ours reads a tree through it
// without having looked first: readers go down the tree with these classes (table_reader.h), and
// whoever is going to write has the file walked before liblmdb opens it (page_walk.h). Rejected: a
// child process that looks and dies in our place (it names no page, and its answers still have to
// be copied out), and checksums of our own beside the pages (liblmdb decides where pages go).
//
// A page is looked at wholly before any of it is believed: number, kind, every node inside the
// page, keys in strictly rising order. What a node's bytes mean is not judged here; records have
// their hashes.
//
// Invariants
//   I1  no method reads outside the bytes given to PageFile, whatever they hold.
// Owner  nobody: views into a mapping that its owner keeps. PageDamage is the only exception.
// Source the layout is that of mdb.c of liblmdb 0.9.24 (Debian 12), for pages of 4096 bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

namespace sallyport::evidence_log {

inline constexpr uint64_t kLmdbPageBytes = 4096;
inline constexpr uint64_t kNoPage = ~0ULL;
inline constexpr unsigned kLmdbDepthMax = 32;  // CURSOR_STACK of liblmdb

// What is wrong, where, and the way out, in words for an operator.
class PageDamage : public std::runtime_error {
 public:
  PageDamage(const std::string& file, uint64_t page, const std::string& table,
             const std::string& what);
  uint64_t page() const { return page_; }

 private:
  uint64_t page_;
};

// The root of one table, as meta pages and the main tree hold it (MDB_db).
struct TableRoot {
  uint32_t pad = 0;
  uint16_t flags = 0;
  uint16_t depth = 0;
  uint64_t branch_pages = 0;
  uint64_t leaf_pages = 0;
  uint64_t overflow_pages = 0;
  uint64_t entries = 0;
  uint64_t root = kNoPage;
};
static_assert(sizeof(TableRoot) == 48);

struct MetaPage {
  uint64_t map_bytes = 0;
  TableRoot free;
  TableRoot main;
  uint64_t last_page = 0;
  uint64_t transaction = 0;
};

// What is stored under a key: bytes in the leaf, or pages of their own, or the root of a table.
struct LeafNode {
  std::span<const uint8_t> key;
  std::span<const uint8_t> inside;  // empty when overflow_page is set
  uint64_t overflow_page = kNoPage;
  uint32_t data_bytes = 0;
  bool is_table = false;
};

class TablePage;

class PageFile {
 public:
  PageFile(const void* begin, uint64_t bytes, std::string name)
      : begin_(static_cast<const uint8_t*>(begin)), bytes_(bytes), name_(std::move(name)) {}
  const std::string& name() const { return name_; }
  uint64_t pages() const { return bytes_ / kLmdbPageBytes; }
  // Throws PageDamage when slot 0 or 1 holds no meta page.
  MetaPage meta(unsigned slot) const;
  // Both looked at; the one that counts.
  MetaPage newest_meta() const;
  // Throws PageDamage unless it is a branch or a leaf in order, and below `end`.
  TablePage table_page(uint64_t number, uint64_t end, const std::string& table) const;
  // The `bytes` of a value in pages of its own, and how many pages those are.
  std::span<const uint8_t> overflow(uint64_t number, uint64_t bytes, uint64_t end,
                                    const std::string& table, uint64_t& pages) const;

 private:
  const uint8_t* page(uint64_t number, uint64_t end, const std::string& table) const;
  const uint8_t* begin_;
  uint64_t bytes_;
  std::string name_;
};

// Keys are ordered as bytes, or as numbers (the free list).
enum class KeyOrder : uint8_t { Bytes, Numbers };
int compare_keys(std::span<const uint8_t> a, std::span<const uint8_t> b, KeyOrder order);

class TablePage {
 public:
  uint64_t number() const { return number_; }
  bool is_leaf() const { return leaf_; }
  unsigned count() const { return count_; }
  // REQUIRES: index < count(), and the kind of page that the name says. The first key of a branch
  // is not used (liblmdb leaves it empty).
  std::span<const uint8_t> key(unsigned index) const;
  uint64_t child(unsigned index) const;
  LeafNode leaf(unsigned index) const;
  // The first entry whose key is not smaller; count() when there is none. REQUIRES: is_leaf().
  unsigned lower_bound(std::span<const uint8_t> key, KeyOrder order) const;
  // The child under which `key` belongs. REQUIRES: !is_leaf().
  unsigned child_of(std::span<const uint8_t> key, KeyOrder order) const;
  // Empty when keys rise strictly; else what is wrong.
  std::string order_problem(KeyOrder order) const;

 private:
  friend class PageFile;
  TablePage(const uint8_t* begin, uint64_t number) : begin_(begin), number_(number) {}
  std::string form_problem(uint64_t end);
  std::string node_problem(unsigned index, uint64_t end, uint64_t& node_bytes) const;
  unsigned offset(unsigned index) const;
  const uint8_t* begin_;
  uint64_t number_;
  unsigned count_ = 0;
  bool leaf_ = false;
};

}  // namespace sallyport::evidence_log
