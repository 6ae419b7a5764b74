#include "dataplane/flow/recall.h"

#include <algorithm>

#include "dataplane/mem/wipe.h"

namespace sallyport::flow {
namespace {

using contract::RecallStatus;
using redact::RecallMiss;
using Entry = redact::EarlierTokens::Entry;
using EarlierState = redact::EarlierTokens::State;

RecallMiss miss_of(uint8_t status) noexcept {
  switch (static_cast<RecallStatus>(status)) {
    case RecallStatus::Denied:
      return RecallMiss::Denied;
    case RecallStatus::Unknown:
      return RecallMiss::Unknown;
    case RecallStatus::VaultSealed:
      return RecallMiss::VaultSealed;
    case RecallStatus::Limited:
      return RecallMiss::Limited;
    case RecallStatus::NoEvidence:
    case RecallStatus::Restored:
      break;
  }
  return RecallMiss::Unavailable;
}

}  // namespace

Recall::Recall(evidence::RecallRing* ring)
    : ring_(ring),
      pending_(std::make_unique<std::array<Pending, contract::kRecallQuestionSlots>>()),
      answer_(std::make_unique<contract::RecallAnswer>()),
      value_(std::make_unique<std::array<uint8_t, contract::kMappingValueBytesMax>>()) {}

bool Recall::is_possible(const Exchange& exchange, const PolicyVersion& newest) const noexcept {
  return ring_ != nullptr && newest.vault_key().has_value() && !exchange.reason().empty();
}

void Recall::turn(base::Instant now) {
  if (ring_ != nullptr) ring_->turn(now);
}

// Why nothing can be asked just now; None: it can.
RecallMiss Recall::obstacle(const PolicyVersion& newest, base::Instant now) {
  const auto key = newest.vault_key();
  const bool sealed =
      !key.has_value() || std::all_of(key->begin(), key->end(), [](uint8_t b) { return b == 0; });
  if (sealed) return RecallMiss::VaultSealed;
  if (!ring_->is_answered(now)) return RecallMiss::Unavailable;
  return opener_.renew(now) ? RecallMiss::None : RecallMiss::Unavailable;
}

void Recall::refuse(Exchange& exchange, Entry& entry, RecallMiss miss) {
  exchange.earlier.refuse(entry, miss);
  ++counters_.missed[static_cast<size_t>(miss)];
}

void Recall::ask(Exchange& exchange, const PolicyVersion& newest, base::Instant now) {
  const std::span<Entry> entries = exchange.earlier.entries();
  RecallMiss why = RecallMiss::None;
  bool looked = false;
  for (uint32_t i = 0; i < entries.size(); ++i) {
    if (entries[i].state != EarlierState::Wanted) continue;
    if (!looked) why = obstacle(newest, now);
    looked = true;
    if (why != RecallMiss::None)
      refuse(exchange, entries[i], why);
    else if (!ring_->has_room())
      refuse(exchange, entries[i], RecallMiss::RingFull);
    else
      ask_one(exchange, i);
  }
}

void Recall::ask_one(Exchange& exchange, uint32_t index) {
  Entry& entry = exchange.earlier.entries()[index];
  contract::RecallQuestion question{};
  question.request_high = exchange.id.high();
  question.request_low = exchange.id.low();
  question.key_serial = opener_.serial();
  question.worker_key = opener_.public_key();
  question.core = entry.core;
  question.tenant.assign(exchange.caller.tenant);
  question.principal.assign(exchange.caller.principal);
  question.environment.assign(exchange.caller.environment);
  question.vendor.assign(exchange.version->vendor(exchange.route.vendor_index).vendor.name);
  question.reason.assign(exchange.reason());
  question.entity.assign(exchange.version->engine().entity_name(entry.entity));
  Pending pending;
  pending.request_high = question.request_high;
  pending.request_low = question.request_low;
  pending.exchange_slot = exchange.slot;
  pending.entry = index;
  pending.number = ring_->ask(question);
  (*pending_)[pending.number % pending_->size()] = pending;
  entry.state = EarlierState::Asked;
  ++counters_.asked;
}

void Recall::take(std::span<const std::unique_ptr<Exchange>> exchanges) {
  if (ring_ == nullptr) return;
  while (ring_->next(*answer_)) {
    Pending& pending = (*pending_)[answer_->question % pending_->size()];
    const bool known = pending.number == answer_->question &&
                       pending.request_high == answer_->request_high &&
                       pending.request_low == answer_->request_low;
    if (!known) {
      ++counters_.late;
      continue;
    }
    pending.number = 0;  // an answer counts once
    Exchange& exchange = *exchanges[pending.exchange_slot];
    const bool same = exchange.phase != Phase::Free && exchange.id.high() == pending.request_high &&
                      exchange.id.low() == pending.request_low &&
                      pending.entry < exchange.earlier.entries().size();
    Entry* entry = same ? &exchange.earlier.entries()[pending.entry] : nullptr;
    if (entry == nullptr || entry->state == EarlierState::Known) {
      ++counters_.late;
      continue;
    }
    hand_over(exchange, *entry);
  }
  counters_.refused = ring_->answers_refused();
}

// An entry that was given up on is learned all the same: its token may stand in a text to come.
void Recall::hand_over(Exchange& exchange, Entry& entry) {
  if (answer_->status != static_cast<uint8_t>(RecallStatus::Restored))
    return refuse(exchange, entry, miss_of(answer_->status));
  const auto value = std::span(*value_).first(answer_->value_bytes);
  if (!opener_.open(*answer_, value)) return refuse(exchange, entry, RecallMiss::Unavailable);
  if (exchange.earlier.learn(entry, value)) ++counters_.restored;
  mem::wipe(value);
}

}  // namespace sallyport::flow
