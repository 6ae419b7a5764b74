// way_look.h: the pages that liblmdb follows when it reads or changes an entry, looked at before it
// is let at them. One per table and write transaction.
//
// What a change follows: the way down to the key; when an entry goes, also pages beside each page
// of that way (one that has become almost empty takes from a neighbour, or is joined with it, and
// the joined one with the next); and below a branch that is moved or joined the first leaf, from
// which liblmdb reads the key that a branch does not keep for its first child. All of these are
// pages of the last commit, which a transaction never changes in place, so each is looked at once.
// Cost: where a key falls between two keys that a branch gave before, two comparisons.
// Owner  one write transaction; the table's file stays mapped that long. Throws PageDamage.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

#include "controlplane/evidence/pages/table_reader.h"

namespace sallyport::evidence_log {

class WayLook {
 public:
  explicit WayLook(const Table& table) : table_(table) {}
  void look(std::span<const uint8_t> key, bool removes);

 private:
  // One leaf, and the keys that belong there: as a writer comes back to it.
  struct Leaf {
    TablePage page;
    std::span<const uint8_t> low, high;
    bool has_high;
    bool has_neighbours;
    bool has_long_values;  // in pages of their own
  };
  // Of the leaves met last: several rings write to one index, each in a place of its own.
  static constexpr size_t kLeavesKept = 8;

  const TablePage& page(uint64_t number);
  void look_beside(const TablePage& branch, unsigned child, uint64_t level);
  void look_down(const TablePage* page, uint64_t level, bool last);
  const Leaf* known(std::span<const uint8_t> key, bool removes) const;
  void look_at_value(const Leaf& leaf, std::span<const uint8_t> key) const;
  bool is_before(std::span<const uint8_t> a, std::span<const uint8_t> b) const {
    return compare_keys(a, b, table_.order()) < 0;
  }

  const Table& table_;
  std::unordered_map<uint64_t, TablePage> seen_;
  std::array<std::optional<Leaf>, kLeavesKept> leaves_;
  size_t next_leaf_ = 0;
};

}  // namespace sallyport::evidence_log
