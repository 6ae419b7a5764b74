// mapping_sender.h: what an exchange's tokens stand for goes to the vault, before anybody outside
// sees a token.
//
// At RELEASE, and again whenever an answer's own data became tokens: every mapping that the vault
// does not have yet is sealed (redact/mapping_sealer.h) and put on the worker's ring, all or none.
// The ring's consumer makes them durable before it commits the admitted record behind them, so
// `committed` covers both. What was sent a short while ago for the same principal is not sent
// again. No room, or a vault that is sealed: the exchange is refused, fail closed. Without a vault
// (no key in the secrets) nothing is kept, and tokens are restored in their own exchange only.
//
// Never sent: literals (the client's own token-like text) and entities that policy never stores.
// Owner  one worker's gateway. No lock, no clock; allocates nothing but a key pair per minute.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/time.h"
#include "dataplane/evidence/recorder.h"
#include "dataplane/flow/exchange.h"
#include "dataplane/redact/mapping_sealer.h"

namespace sallyport::flow {

// The vault keeps a row for the tenant's retention since it last heard of it, never less than twice
// this, so a mapping in use is never lost for not being sent again.
inline constexpr uint64_t kMappingRepeatMs = 300'000;
// Mappings of the last minutes that a worker remembers; one more overwrites an older one, which is
// then sent again.
inline constexpr size_t kMappingsRemembered = 16'384;

class MappingSender {
 public:
  explicit MappingSender(evidence::Recorder& recorder);
  MappingSender(const MappingSender&) = delete;
  MappingSender& operator=(const MappingSender&) = delete;

  // Reason::None: done. `newest`: whose key of the vault is used, whatever the exchange began with,
  // so that a key that was replaced is soon out of use. `minted_in`: Request or Response.
  Reason send(Exchange& exchange, const PolicyVersion& newest, contract::Direction minted_in,
              const base::Clock& clock);
  // Whose values became tokens in this direction. Valid until the next call of anything here.
  std::span<const contract::SubjectId> subjects(Exchange& exchange, contract::Direction minted_in);

 private:
  using Entry = redact::ExchangeTokens::Entry;
  struct Sent {
    uint64_t first = 0;
    uint64_t second = 0;
    uint64_t until_ns = 0;
  };
  void name_subjects(Exchange& exchange, contract::Direction minted_in);
  bool is_due(const Exchange& exchange, const Entry& entry, base::Instant now) const;
  uint64_t slot_bytes_due(Exchange& exchange, base::Instant now) const;
  bool seal_all(Exchange& exchange, const base::Clock& clock);
  bool flush(const base::Clock& clock);
  static Sent mark_of(const Exchange& exchange, const Entry& entry);

  evidence::Recorder& recorder_;
  redact::MappingSealer sealer_;
  std::array<uint8_t, contract::kMappingKeyBytes> vault_key_{};  // that remembered_ is about
  std::unique_ptr<std::array<Sent, kMappingsRemembered>> remembered_;
  std::unique_ptr<std::array<contract::SubjectId, redact::kExchangeTokensMax>> subjects_;
};

}  // namespace sallyport::flow
