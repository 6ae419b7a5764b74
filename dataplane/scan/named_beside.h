// named_beside.h: names right before values that are somebody's: "call Xqar Vlen at +49 171 ...",
// "Xqar Vlen <xqar@...>" (recognise/person/beside_value.h).
//
// Asked when findings are settled, so that only texts with such values pay for it. What stands
// before the edge and may be the name of a value behind it is held: the edge is lowered to it, and
// every way of cutting a text finds the same.
//
// Owner  one channel; reusable.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/events.h"
#include "dataplane/scan/recognise/person/beside_value.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

class NamedBeside {
 public:
  void begin(const Engine& engine) noexcept;
  // The edge, lowered to the first name or candidate that has to wait for what follows it; not
  // below `floor`, before which all is decided.
  uint64_t hold(const TextView& text, uint64_t floor, uint64_t edge,
                CandidateList& candidates) const noexcept;
  // Of [floor, edge) all is decided, and `winners` are its findings in order: adds the names. A
  // name that others found in part is put in their place.
  void settle(const TextView& text, uint64_t floor, std::vector<Finding>& winners);

 private:
  bool kind_of(const Finding& finding, BesideKind& kind) const noexcept;

  uint64_t engine_ = 0;  // serial of the one whose rule this is
  bool wanted_ = false;
  Finding found_;  // as the rule has it
  // Of the entities whose values are somebody's.
  static constexpr uint16_t kNoEntity = 0xffff;
  uint16_t mail_ = kNoEntity, phone_ = kNoEntity, address_ = kNoEntity;
  std::vector<Finding> names_;
};

}  // namespace sallyport::scan
