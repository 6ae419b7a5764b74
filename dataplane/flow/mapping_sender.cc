#include "dataplane/flow/mapping_sender.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/bytes.h"
#include "dataplane/base/hash.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::flow {
namespace {

using contract::Direction;
using redact::MappingSealer;
using TokenState = redact::ExchangeTokens::State;

TokenState minted(Direction direction) noexcept {
  return direction == Direction::Request ? TokenState::MintedInRequest
                                         : TokenState::MintedInResponse;
}

bool is_literal(const redact::ExchangeTokens::Entry& entry) noexcept {
  return entry.entity == redact::TokenLabels::kLiteral;
}

}  // namespace

MappingSender::MappingSender(evidence::Recorder& recorder)
    : recorder_(recorder),
      remembered_(std::make_unique<std::array<Sent, kMappingsRemembered>>()),
      subjects_(std::make_unique<std::array<contract::SubjectId, redact::kExchangeTokensMax>>()) {}

// Each new token gets its subject, whether or not there is a vault: evidence names it.
void MappingSender::name_subjects(Exchange& exchange, Direction minted_in) {
  redact::SubjectHash& hash = exchange.version->subject_hash(exchange.caller.tenant_index);
  if (!hash.loaded()) return;
  const scan::Engine& engine = exchange.version->engine();
  exchange.tokens.for_each([&](Entry& entry) {
    if (entry.state != TokenState::New || is_literal(entry)) return;
    const std::string_view name = engine.entity_name(entry.entity);
    std::array<uint8_t, redact::kCanonicalBytesMax> canonical;
    const size_t size = redact::canonical_value(name, entry.value(), canonical);
    if (size > 0 &&
        hash.of(exchange.caller.tenant, name, std::span(canonical).first(size), entry.subject))
      entry.state = minted(minted_in);
    mem::wipe(std::span(canonical).first(size));
  });
}

MappingSender::Sent MappingSender::mark_of(const Exchange& exchange, const Entry& entry) {
  std::array<uint8_t, redact::kTokenCoreChars + 2 + 64> bytes{};
  std::memcpy(bytes.data(), entry.core.data(), entry.core.size());
  std::memcpy(bytes.data() + entry.core.size(), &entry.entity, sizeof entry.entity);
  const std::string_view principal = exchange.caller.principal.substr(0, 64);
  std::copy(principal.begin(), principal.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(entry.core.size() + sizeof entry.entity));
  // A collision of 128 bits would lose a mapping; a token's core is random to whoever sent it.
  constexpr base::SipKey kOther{1, 2};
  return {base::siphash13({}, bytes), base::siphash13(kOther, bytes), 0};
}

bool MappingSender::is_due(const Exchange& exchange, const Entry& entry, base::Instant now) const {
  if (is_literal(entry) || entry.state == TokenState::New || entry.is_sent) return false;
  if (exchange.version->image().never_stored(entry.entity)) return false;
  const Sent mark = mark_of(exchange, entry);
  const Sent& known = (*remembered_)[mark.first % kMappingsRemembered];
  return known.first != mark.first || known.second != mark.second || known.until_ns <= now.ns;
}

// As seal_all() will fill its batches.
uint64_t MappingSender::slot_bytes_due(Exchange& exchange, base::Instant now) const {
  const scan::Engine& engine = exchange.version->engine();
  uint64_t total = 0;
  size_t batch = 0;
  const auto close = [&] {
    if (batch > 0)
      total +=
          contract::slot_total_bytes(static_cast<uint32_t>(contract::kMappingFixedBytes + batch));
    batch = 0;
  };
  exchange.tokens.for_each([&](Entry& entry) {
    if (!is_due(exchange, entry, now)) return;
    const size_t bytes =
        MappingSealer::entry_bytes(engine.entity_name(entry.entity), entry.value_bytes);
    if (bytes > MappingSealer::kMappingPlainBytesMax - batch) close();
    batch += bytes;
  });
  close();
  return total;
}

bool MappingSender::flush(const base::Clock& clock) {
  if (sealer_.empty()) return true;
  if (!sealer_.seal(clock, recorder_.begin_mapping(sealer_.sealed_bytes()))) return false;
  recorder_.publish_mapping();
  return true;
}

bool MappingSender::seal_all(Exchange& exchange, const base::Clock& clock) {
  const scan::Engine& engine = exchange.version->engine();
  redact::MappingRequest request;
  request.tenant = exchange.caller.tenant;
  request.principal = exchange.caller.principal;
  request.environment = exchange.caller.environment;
  request.vendor = exchange.version->vendor(exchange.route.vendor_index).vendor.name;
  request.request_high = exchange.id.high();
  request.request_low = exchange.id.low();
  bool ok = true;
  bool begun = false;
  exchange.tokens.for_each([&](Entry& entry) {
    if (!ok || !is_due(exchange, entry, clock.now)) return;
    if (!begun) {
      std::copy_n(entry.core.begin(), request.epoch.size(), request.epoch.begin());
      begun = ok = sealer_.begin(request, exchange.mapping_batches);
    }
    const std::string_view name = engine.entity_name(entry.entity);
    if (ok && !sealer_.add(entry.core, name, entry.subject, entry.value()))
      ok = flush(clock) && sealer_.add(entry.core, name, entry.subject, entry.value());
    entry.is_sent = ok;
  });
  ok = ok && flush(clock);
  if (begun) exchange.mapping_batches = sealer_.next_batch();
  if (!ok) return false;
  exchange.tokens.for_each([&](Entry& entry) {
    if (!entry.is_sent) return;
    Sent mark = mark_of(exchange, entry);
    mark.until_ns = base::after_ms(clock.now, kMappingRepeatMs).ns;
    (*remembered_)[mark.first % kMappingsRemembered] = mark;
  });
  return true;
}

Reason MappingSender::send(Exchange& exchange, const PolicyVersion& newest, Direction minted_in,
                           const base::Clock& clock) {
  if (exchange.tokens.size() == exchange.tokens_seen) return Reason::None;
  exchange.tokens_seen = exchange.tokens.size();
  name_subjects(exchange, minted_in);
  const auto key = newest.vault_key();
  if (!key.has_value()) return Reason::None;
  if (!exchange.version->subject_hash(exchange.caller.tenant_index).loaded())
    return Reason::NotReady;  // a mapping that no subject could be asked for
  if (!std::equal(key->begin(), key->end(), vault_key_.begin())) {
    // An erasure changes the vault's key: what it forgot must come again when it is used again.
    remembered_->fill(Sent{});
    std::copy(key->begin(), key->end(), vault_key_.begin());
  }
  const uint64_t bytes = slot_bytes_due(exchange, clock.now);
  if (bytes == 0) return Reason::None;
  const bool sealed = std::all_of(key->begin(), key->end(), [](uint8_t b) { return b == 0; });
  if (sealed) return Reason::VaultSealed;
  if (!recorder_.has_mapping_room(bytes)) return Reason::EvidenceFull;
  if (!sealer_.use_key(
          std::span<const uint8_t, contract::kMappingKeyBytes>(key->data(), key->size()),
          clock.now) ||
      !seal_all(exchange, clock))
    return Reason::VaultSealed;
  return Reason::None;
}

std::span<const contract::SubjectId> MappingSender::subjects(Exchange& exchange,
                                                             Direction minted_in) {
  size_t count = 0;
  exchange.tokens.for_each([&](Entry& entry) {
    if (entry.state != minted(minted_in)) return;
    // Two forms of one value, or one value at two entities' rules, are few: looked for among the
    // first that a record holds.
    const auto end =
        subjects_->begin() + static_cast<std::ptrdiff_t>(std::min(count, contract::kSubjectsMax));
    if (std::find(subjects_->begin(), end, entry.subject) == end)
      (*subjects_)[count++] = entry.subject;
  });
  return std::span(*subjects_).first(count);
}

}  // namespace sallyport::flow
