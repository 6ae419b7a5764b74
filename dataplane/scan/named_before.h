// named_before.h: whose name was found in a text, or in one before it, is found again where one
// word of it stands alone: "Ms Anna Quastrup applied. Quastrup has no debts."
//
// Only words that lists know as a name and as nothing else are looked for, and what stands behind a
// known given name. They are found as surely as the whole name was, and no surer than their rule
// says. Asked when findings are settled, in the order of the text: what was named later says
// nothing of what stands before, so every way of cutting a text finds the same.
//
// Owner  one channel; reusable.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/scan/engine.h"
#include "dataplane/scan/events.h"
#include "dataplane/scan/named_people.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

class NamedBefore {
 public:
  // `before.people` must outlive the text.
  void begin(const Engine& engine, const PeopleBefore& before = {}) noexcept;
  // Of [from, edge) all is decided, and `winners` are its findings in order: adds those of this
  // stage. Answers the edge, lowered to the first word that has to wait for what follows it.
  uint64_t settle(const TextView& text, uint64_t from, uint64_t edge,
                  std::vector<Finding>& winners);

 private:
  void learn(const TextView& text, const Finding& person);
  uint64_t look(const TextView& text, uint64_t from, uint64_t until, bool may_wait);

  uint64_t engine_ = 0;  // serial of the one whose rule this is
  bool wanted_ = false;
  Finding found_;                // as the rule has it
  uint8_t most_ = 0;             // confidence
  NamedPeople own_;              // of this text
  NamedPeople* people_ = &own_;  // that are looked for
  NamedPeople* told_ = nullptr;  // of the texts, where it is not the same
  std::vector<Finding> again_;
};

}  // namespace sallyport::scan
