#include "dataplane/scan/named_beside.h"

#include <algorithm>

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {
namespace {

// Whose rules of this kind they are; `none`: nobody's.
uint16_t entity_of(const Engine& engine, contract::RuleKind kind, uint16_t none) noexcept {
  const auto rules = engine.rules_of(kind);
  return rules.empty() ? none : engine.rule(rules.front()).entity;
}

}  // namespace

void NamedBeside::begin(const Engine& engine) noexcept {
  if (engine.serial() == engine_) return;  // most texts are short
  engine_ = engine.serial();
  const auto rules = engine.rules_of(contract::RuleKind::PersonBeside);
  wanted_ = !rules.empty();
  if (!wanted_) return;
  found_ = Finding{};
  found_.rule = rules.front();
  found_.entity = engine.rule(found_.rule).entity;
  found_.confidence = engine.rule(found_.rule).confidence;
  mail_ = entity_of(engine, contract::RuleKind::Email, kNoEntity);
  phone_ = entity_of(engine, contract::RuleKind::Phone, kNoEntity);
  address_ = entity_of(engine, contract::RuleKind::Address, kNoEntity);
}

bool NamedBeside::kind_of(const Finding& finding, BesideKind& kind) const noexcept {
  if (finding.entity == mail_)
    kind = BesideKind::Mail;
  else if (finding.entity == phone_)
    kind = BesideKind::Phone;
  else if (finding.entity == address_)
    kind = BesideKind::Address;
  else
    return false;
  return true;
}

uint64_t NamedBeside::hold(const TextView& text, uint64_t floor, uint64_t edge,
                           CandidateList& candidates) const noexcept {
  if (!wanted_ || text.final) return edge;
  TextView whole = text;
  whole.final = true;
  OpenReader reader(whole);
  // A name that is held may cut a cluster of candidates, and behind a cluster that waits another
  // name may stand: until both agree.
  while (edge > floor) {
    const uint64_t waiting = std::max(floor, candidates.waiting_from(edge));
    const uint64_t live = std::max(floor, beside_live_from(reader, waiting));
    if (live == edge) break;
    edge = live;
  }
  return edge;
}

void NamedBeside::settle(const TextView& text, uint64_t floor, std::vector<Finding>& winners) {
  if (!wanted_ || winners.empty()) return;
  names_.clear();
  OpenReader reader(text);
  for (const Finding& one : winners) {
    BesideKind kind{};
    Hit hit;
    if (!kind_of(one, kind) || !name_before_value(reader, kind, one.start, one.end, hit)) continue;
    if (hit.start < floor || (!names_.empty() && hit.start < names_.back().end)) continue;
    found_.start = hit.start;
    found_.end = hit.end;
    names_.push_back(found_);
  }
  for (const Finding& name : names_) {
    const auto touches = [&](const Finding& one) {
      return one.start < name.end && name.start < one.end;
    };
    const bool is_free = std::none_of(winners.begin(), winners.end(), [&](const Finding& one) {
      return touches(one) && (one.entity != name.entity || one.start < name.start ||
                              one.end > name.end || one.end - one.start == name.end - name.start);
    });
    if (!is_free) continue;
    std::erase_if(winners, touches);
    winners.insert(
        std::upper_bound(winners.begin(), winners.end(), name,
                         [](const Finding& a, const Finding& b) { return a.start < b.start; }),
        name);
  }
}

}  // namespace sallyport::scan
