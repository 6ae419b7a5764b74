#include "controlplane/evidence/pages/way_look.h"

#include <algorithm>

namespace sallyport::evidence_log {
namespace {

// Of a page that has joined one of its neighbours, the next one too.
constexpr unsigned kNeighbours = 2;

}  // namespace

const TablePage& WayLook::page(uint64_t number) {
  const auto found = seen_.find(number);
  if (found != seen_.end()) return found->second;
  return seen_.emplace(number, table_.page(number)).first->second;
}

void WayLook::look(std::span<const uint8_t> key, bool removes) {
  if (table_.root().root == kNoPage) return;
  if (const Leaf* leaf = known(key, removes)) return look_at_value(*leaf, key);
  std::span<const uint8_t> low;
  std::span<const uint8_t> high;
  bool has_high = false;
  uint64_t number = table_.root().root;
  for (uint64_t level = 1;; ++level) {
    const TablePage& at = page(number);
    if (level > table_.root().depth || at.is_leaf() != (level == table_.root().depth))
      throw PageDamage(table_.file().name(), number, table_.name(), "is on a wrong level");
    if (at.is_leaf()) break;
    const unsigned child = at.child_of(key, table_.order());
    if (removes) look_beside(at, child, level);
    if (child > 0) low = at.key(child);
    if (child + 1 < at.count()) {
      high = at.key(child + 1);
      has_high = true;
    }
    number = at.child(child);
  }
  const TablePage& leaf = page(number);
  bool has_long_values = false;
  for (unsigned i = 0; i < leaf.count() && !has_long_values; ++i)
    has_long_values = leaf.leaf(i).overflow_page != kNoPage;
  auto& kept = leaves_[next_leaf_++ % kLeavesKept];
  kept.emplace(Leaf{leaf, low, high, has_high, removes, has_long_values});
  look_at_value(*kept, key);
}

const WayLook::Leaf* WayLook::known(std::span<const uint8_t> key, bool removes) const {
  for (const auto& leaf : leaves_)
    if (leaf && (leaf->has_neighbours || !removes) && !is_before(key, leaf->low) &&
        (!leaf->has_high || is_before(key, leaf->high)))
      return &*leaf;
  return nullptr;
}

void WayLook::look_at_value(const Leaf& leaf, std::span<const uint8_t> key) const {
  if (!leaf.has_long_values) return;
  const unsigned at = leaf.page.lower_bound(key, table_.order());
  if (at < leaf.page.count()) table_.value(leaf.page.leaf(at));
}

void WayLook::look_beside(const TablePage& branch, unsigned child, uint64_t level) {
  look_down(&branch, level, false);
  const unsigned first = child - std::min(child, kNeighbours);
  for (unsigned i = first; i <= child + kNeighbours && i < branch.count(); ++i) {
    if (i == child) continue;
    const TablePage& beside = page(branch.child(i));
    look_down(&beside, level + 1, false);
    if (i < child) look_down(&beside, level + 1, true);  // a cursor that steps back comes there
  }
}

void WayLook::look_down(const TablePage* at, uint64_t level, bool last) {
  for (; !at->is_leaf(); ++level) {
    if (level >= table_.root().depth)
      throw PageDamage(table_.file().name(), at->number(), table_.name(), "is on a wrong level");
    at = &page(at->child(last ? at->count() - 1 : 0));
  }
}

}  // namespace sallyport::evidence_log
