#include "dataplane/scan/pending_list.h"

#include <algorithm>

namespace sallyport::scan {
namespace {

// The share of what was read that must be new before the question is asked again.
constexpr uint64_t kPatience = 16;

}  // namespace

void PendingList::begin(const Engine& engine) noexcept {
  engine_ = &engine;
  entries_.clear();
  overflow_ = false;
}

bool PendingList::answered(Entry& entry, const TextView& text, CandidateList& out) const {
  if (text.end < entry.next && !text.final) return false;
  Hit hit{entry.trigger.start, entry.trigger.start, false, 0};
  switch (entry.at(text, entry.trigger, engine_->rule(entry.rule).parameters, hit)) {
    case Verdict::No:
      return true;
    case Verdict::Match:
      out.offer_unchecked(entry.rule, hit, text);
      return true;
    case Verdict::More:
      break;
  }
  entry.live = std::min(entry.trigger.start, hit.start);
  entry.next = text.end + 1 + (text.end - entry.trigger.start) / kPatience;
  return text.final;
}

void PendingList::ask(uint16_t rule, RecogniseAt at, const Trigger& trigger, const TextView& text,
                      CandidateList& out) {
  Entry entry{rule, at, trigger, 0, trigger.start};
  if (answered(entry, text, out)) return;
  if (entries_.size() >= kPendingMax)
    overflow_ = true;
  else
    entries_.push_back(entry);
}

void PendingList::ask_again(const TextView& text, CandidateList& out) {
  std::erase_if(entries_, [&](Entry& entry) { return answered(entry, text, out); });
}

uint64_t PendingList::live_from(const TextView& text) const noexcept {
  uint64_t live = text.end;
  for (const Entry& entry : entries_) live = std::min(live, entry.live);
  return live;
}

}  // namespace sallyport::scan
