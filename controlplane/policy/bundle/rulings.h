// rulings.h: what the rules of actions.yaml say, for every cell that a message can stand in.
//
// A cell is a tenant, an environment and a vendor. Cells to which the same rules apply share one
// row, so the table is as large as the policy is varied, not as the company is large; and what must
// hold of every cell is checked once per row.
//
// The first rule that fits decides: by direction, role, entity and the confidence of the finding.
// So a decision is a row of steps: from this confidence on, that rule.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

struct RulingStep {
  uint8_t from = 0;   // percent
  uint16_t rule = 0;  // index into bundle.actions; its size: no rule, block
  friend auto operator<=>(const RulingStep&, const RulingStep&) = default;
};
using Decision = std::vector<RulingStep>;  // ascending; the first begins at 0

struct RulingCell {
  std::string_view tenant;
  std::string_view environment;
  std::string_view vendor;
};

struct RulingRow {
  RulingCell first;                 // one cell that has it, for messages
  std::vector<uint16_t> decisions;  // [direction][role][entity], into RulingTable::decisions
  std::vector<uint16_t> opaque;     // [direction][OpaqueReason], into bundle.opaque; its size: none
};

struct RulingTable {
  std::vector<uint32_t> cells;  // [tenant][environment][vendor], into rows
  std::vector<RulingRow> rows;
  std::vector<Decision> decisions;
};

// Views into `bundle`, which must outlive the table.
RulingTable make_rulings(const Bundle& bundle);

// The decision at one place of a row. REQUIRES: the entity is one of the bundle.
const Decision& decision_at(const Bundle& bundle, const RulingTable& table, const RulingRow& row,
                            contract::Direction direction, contract::Role role, size_t entity);

}  // namespace sallyport::controlplane::policy
