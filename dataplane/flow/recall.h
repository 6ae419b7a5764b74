// recall.h: what tokens of earlier exchanges stand for, asked of sallyportd and never waited for.
//
// Who meets such a token writes it into Exchange::earlier. ask() puts what is written there on the
// worker's ring of questions; take() hands what came to the exchange that asked, if that is still
// the same one: an answer that comes later than its exchange is dropped. Every way in which nothing
// comes has a name (redact::RecallMiss), and the token stays a token.
//
// The rights are asked three times: here by the image of the exchange (may_restore, by whoever
// writes a token down), in sallyportd by access.yaml and restoration.yaml as they are in force
// then, and by the row of the vault: tenant, vendor, environment, minting principals.
// Owner  one worker's gateway. No lock; no allocation but a key pair per minute.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/base/time.h"
#include "dataplane/evidence/recall_ring.h"
#include "dataplane/flow/exchange.h"
#include "dataplane/flow/gateway_counters.h"
#include "dataplane/redact/recall_opener.h"

namespace sallyport::flow {

class Recall {
 public:
  // `ring`: null: this worker asks nobody. Outlives this object.
  explicit Recall(evidence::RecallRing* ring);
  Recall(const Recall&) = delete;
  Recall& operator=(const Recall&) = delete;

  // Of a new exchange: whether tokens of earlier ones are looked for at all.
  bool is_possible(const Exchange& exchange, const PolicyVersion& newest) const noexcept;
  // Once per turn, before anything else.
  void turn(base::Instant now);
  // Every token of `exchange` that is wanted is asked for, or refused with the reason.
  void ask(Exchange& exchange, const PolicyVersion& newest, base::Instant now);
  // What has come goes to the exchanges (by slot) that asked.
  void take(std::span<const std::unique_ptr<Exchange>> exchanges);

  RecallCounters& counters() noexcept { return counters_; }
  const RecallCounters& counters() const noexcept { return counters_; }

 private:
  struct Pending {
    uint64_t number = 0;
    uint64_t request_high = 0;
    uint64_t request_low = 0;
    uint32_t exchange_slot = 0;
    uint32_t entry = 0;
  };
  redact::RecallMiss obstacle(const PolicyVersion& newest, base::Instant now);
  void ask_one(Exchange& exchange, uint32_t index);
  void hand_over(Exchange& exchange, redact::EarlierTokens::Entry& entry);
  void refuse(Exchange& exchange, redact::EarlierTokens::Entry& entry, redact::RecallMiss miss);

  evidence::RecallRing* ring_;
  redact::RecallOpener opener_;
  std::unique_ptr<std::array<Pending, contract::kRecallQuestionSlots>> pending_;
  std::unique_ptr<contract::RecallAnswer> answer_;
  std::unique_ptr<std::array<uint8_t, contract::kMappingValueBytesMax>> value_;
  RecallCounters counters_;
};

}  // namespace sallyport::flow
