// table_reader.h: reading LMDB's tables without trusting what lies in them: our own way down the
// tree, page by page, each looked at before it is believed (lmdb_page.h says why).
//
// liblmdb still gives the snapshot: a read transaction keeps the pages of its meta page from being
// used again. Damage is PageDamage, which names file, page and table; never an answer.
//
// Owner  one read transaction; a cursor must not outlive it. Spans live as long as that.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/evidence/pages/lmdb_page.h"

namespace sallyport::evidence_log {

struct TableEntry {
  std::span<const uint8_t> key;
  std::span<const uint8_t> value;
};

// One table of a snapshot.
class Table {
 public:
  Table(const PageFile& file, TableRoot root, uint64_t end, std::string name, KeyOrder order)
      : file_(&file), root_(root), end_(end), name_(std::move(name)), order_(order) {}
  uint64_t entries() const { return root_.entries; }
  const TableRoot& root() const { return root_; }
  const std::string& name() const { return name_; }
  KeyOrder order() const { return order_; }
  uint64_t end() const { return end_; }
  const PageFile& file() const { return *file_; }
  TablePage page(uint64_t number) const;  // in form and in order
  std::span<const uint8_t> value(const LeafNode& node) const;

 private:
  const PageFile* file_;
  TableRoot root_;
  uint64_t end_;
  std::string name_;
  KeyOrder order_;
};

class TableCursor {
 public:
  explicit TableCursor(const Table& table) : table_(table) {}
  // False when there is none; the cursor is then nowhere, and next() and previous() are false too.
  bool first();
  bool last();
  bool seek(std::span<const uint8_t> key);  // the first that is not smaller
  bool next();
  bool previous();
  // After a move that threw: to the first entry behind the page that is damaged.
  bool skip();
  TableEntry entry() const;  // REQUIRES: the last move said true

 private:
  struct Step {
    TablePage page;
    unsigned index;
  };
  enum class Way : uint8_t { First, Last, Key };
  bool descend(Way way, std::span<const uint8_t> key);
  bool descend_from(uint64_t page, Way way, std::span<const uint8_t> key);
  void check_edges(const TablePage& page) const;
  bool move(int by);
  bool to_neighbour(bool forwards);

  const Table& table_;
  std::vector<Step> steps_;
};

// The tables as one meta page has them.
class FileSnapshot {
 public:
  FileSnapshot(PageFile file, MetaPage meta) : file_(std::move(file)), meta_(meta) {}
  FileSnapshot(const FileSnapshot&) = delete;
  const PageFile& file() const { return file_; }
  const MetaPage& meta() const { return meta_; }
  uint64_t end() const { return meta_.last_page + 1; }
  Table free_list() const;
  Table main() const;
  std::optional<Table> table(std::string_view name) const;

 private:
  PageFile file_;
  MetaPage meta_;
};

}  // namespace sallyport::evidence_log
