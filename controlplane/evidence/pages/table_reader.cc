#include "controlplane/evidence/pages/table_reader.h"

#include <cstring>

namespace sallyport::evidence_log {

TablePage Table::page(uint64_t number) const {
  TablePage found = file_->table_page(number, end_, name_);
  const std::string problem = found.order_problem(order_);
  if (!problem.empty()) throw PageDamage(file_->name(), number, name_, problem);
  return found;
}

std::span<const uint8_t> Table::value(const LeafNode& node) const {
  if (node.overflow_page == kNoPage) return node.inside;
  uint64_t pages = 0;
  return file_->overflow(node.overflow_page, node.data_bytes, end_, name_, pages);
}

bool TableCursor::first() { return descend(Way::First, {}); }
bool TableCursor::last() { return descend(Way::Last, {}); }
bool TableCursor::next() { return move(1); }
bool TableCursor::previous() { return move(-1); }

bool TableCursor::seek(std::span<const uint8_t> key) {
  if (!descend(Way::Key, key)) return false;
  // Behind the last entry of its leaf: the next leaf begins with what is not smaller.
  return steps_.back().index < steps_.back().page.count() || move(0);
}

TableEntry TableCursor::entry() const {
  const LeafNode node = steps_.back().page.leaf(steps_.back().index);
  return {node.key, table_.value(node)};
}

bool TableCursor::descend(Way way, std::span<const uint8_t> key) {
  steps_.clear();
  if (table_.root().root == kNoPage) return false;
  return descend_from(table_.root().root, way, key);
}

bool TableCursor::descend_from(uint64_t number, Way way, std::span<const uint8_t> key) {
  for (;;) {
    if (steps_.size() == table_.root().depth)
      throw PageDamage(table_.file().name(), number, table_.name(), "lies deeper than its tree");
    const TablePage page = table_.page(number);
    if (page.is_leaf() != (steps_.size() + 1 == table_.root().depth))
      throw PageDamage(table_.file().name(), number, table_.name(), "is on a wrong level");
    check_edges(page);
    unsigned index = way == Way::Last ? page.count() - 1 : 0;
    if (way == Way::Key)
      index = page.is_leaf() ? page.lower_bound(key, table_.order())
                             : page.child_of(key, table_.order());
    steps_.push_back({page, index});
    if (page.is_leaf()) return true;
    number = page.child(index);
  }
}

// What the branches above say about a page's keys holds for its first and its last one.
void TableCursor::check_edges(const TablePage& page) const {
  const unsigned lowest = page.is_leaf() ? 0 : 1;
  if (lowest >= page.count()) return;
  const auto low = page.key(lowest);
  const auto high = page.key(page.count() - 1);
  for (const Step& step : steps_) {
    const bool below =
        step.index > 0 && compare_keys(low, step.page.key(step.index), table_.order()) < 0;
    const bool above = step.index + 1 < step.page.count() &&
                       compare_keys(high, step.page.key(step.index + 1), table_.order()) >= 0;
    if (below || above)
      throw PageDamage(table_.file().name(), page.number(), table_.name(),
                       "holds keys that belong elsewhere");
  }
}

// To the neighbour: `by` 0 is for a place behind the last entry of a leaf.
bool TableCursor::move(int by) {
  if (steps_.empty()) return false;
  Step& leaf = steps_.back();
  if (by > 0 && leaf.index + 1 < leaf.page.count()) return ++leaf.index, true;
  if (by < 0 && leaf.index > 0) return --leaf.index, true;
  steps_.pop_back();
  return to_neighbour(by >= 0);
}

// A move that threw left the branches above the page that it could not go down to.
bool TableCursor::skip() { return to_neighbour(true); }

bool TableCursor::to_neighbour(bool forwards) {
  while (!steps_.empty()) {
    Step& step = steps_.back();
    if (forwards && step.index + 1 < step.page.count()) {
      ++step.index;
    } else if (!forwards && step.index > 0) {
      --step.index;
    } else {
      steps_.pop_back();
      continue;
    }
    return descend_from(step.page.child(step.index), forwards ? Way::First : Way::Last, {});
  }
  return false;
}

Table FileSnapshot::free_list() const {
  return {file_, meta_.free, end(), "free pages", KeyOrder::Numbers};
}

Table FileSnapshot::main() const { return {file_, meta_.main, end(), "tables", KeyOrder::Bytes}; }

std::optional<Table> FileSnapshot::table(std::string_view name) const {
  const Table tables = main();
  TableCursor cursor(tables);
  const std::span<const uint8_t> key(reinterpret_cast<const uint8_t*>(name.data()), name.size());
  if (!cursor.seek(key)) return std::nullopt;
  const TableEntry entry = cursor.entry();
  if (compare_keys(entry.key, key, KeyOrder::Bytes) != 0) return std::nullopt;
  TableRoot root;
  if (entry.value.size() != sizeof(root))
    throw PageDamage(file_.name(), meta_.main.root, "tables", "holds a root of wrong length");
  std::memcpy(&root, entry.value.data(), sizeof(root));
  const bool none = root.root == kNoPage;
  if (none ? root.depth != 0 || root.entries != 0
           : root.depth == 0 || root.depth > kLmdbDepthMax || root.flags != 0)
    throw PageDamage(file_.name(), meta_.main.root, "tables",
                     "holds a root that cannot be, of " + std::string(name));
  return Table(file_, root, end(), std::string(name), KeyOrder::Bytes);
}

}  // namespace sallyport::evidence_log
