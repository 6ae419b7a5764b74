// refusals.cc: the half of Recorder that nobody may starve evidence with: quotas and aggregates.
#include <algorithm>
#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/base/hash.h"
#include "dataplane/evidence/recorder.h"

namespace sallyport::evidence {
namespace {

using contract::AggregatePart;
using contract::RecordHeader;
using contract::RecordKind;

constexpr uint64_t kTokenMilli = 1000;
constexpr uint64_t kBurstS = 5;
constexpr uint32_t kAggregateBytes = sizeof(RecordHeader) + sizeof(AggregatePart);

// Places of the table by how exact an aggregate is; the rest is kept for coarser ones, and the very
// last place takes whatever is left.
constexpr size_t kBySourcePlaces = 192;
constexpr size_t kByCallerPlaces = 224;
constexpr size_t kByReasonPlaces = 255;

template <typename Value>
std::span<const uint8_t> bytes_of(const Value& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof(value)};
}

// Everything but the count.
bool same_label(const AggregatePart& a, const AggregatePart& b) {
  return std::memcmp(&a, &b, offsetof(AggregatePart, count)) == 0;
}

void forget_source(AggregatePart& label) {
  label.source = {};
  label.source_version = 0;
  label.prefix_bits = 0;
}

AggregatePart label_of(std::string_view reason, uint16_t http_status, const base::Clock& clock) {
  AggregatePart label{};
  label.reason.assign(reason);
  label.http_status = http_status;
  label.minute = clock.wall_ns / (60 * base::kNsPerS);
  return label;
}

}  // namespace

SourcePrefix SourcePrefix::of_ipv4(uint32_t address_host_order, uint8_t bits) {
  SourcePrefix prefix;
  prefix.version = 4;
  prefix.bits = std::min<uint8_t>(bits, 32);
  const uint32_t kept = prefix.bits == 0 ? 0 : address_host_order & (~0U << (32 - prefix.bits));
  for (size_t i = 0; i < 4; ++i) prefix.bytes[i] = static_cast<uint8_t>(kept >> (24 - 8 * i));
  return prefix;
}

SourcePrefix SourcePrefix::of(const wire::IpAddress& address) {
  if (!address.is_v6()) return of_ipv4(address.v4());
  constexpr size_t kSiteBytes = 6;
  SourcePrefix prefix;
  prefix.version = 6;
  prefix.bits = 8 * kSiteBytes;
  address.store_v6(prefix.bytes.data());
  std::fill(prefix.bytes.begin() + kSiteBytes, prefix.bytes.end(), uint8_t{0});
  return prefix;
}

void Recorder::refused(const RequestId& id, const AdmittedFields& request,
                       const CompletedFields& outcome, const base::Clock& clock) {
  SP_CHECK(outcome.outcome != Outcome::None && outcome.outcome != Outcome::Interrupted);
  const bool room =
      !above_high_water() &&
      free_bytes(Reserve::Keep) >= contract::slot_total_bytes(contract::kRecordBytesMax);
  if (room && within_quota(request.tenant, request.principal, clock)) {
    write(RecordKind::Refused, id, &request, &outcome, clock);
    ++counters_.refused;
    return;
  }
  AggregatePart label = label_of(outcome.reason, outcome.http_status, clock);
  label.tenant.assign(request.tenant);
  label.principal.assign(request.principal);
  fold(label);
  ++counters_.refused_folded;
}

void Recorder::refused_anonymous(std::string_view reason, const SourcePrefix& source,
                                 uint16_t http_status, const base::Clock& clock) {
  AggregatePart label = label_of(reason, http_status, clock);
  label.source = source.bytes;
  label.source_version = source.version;
  label.prefix_bits = source.bits;
  fold(label);
  ++counters_.anonymous;
}

// I2. Coarser at each step, so that any number of sources and callers ends in a bounded number of
// records.
void Recorder::fold(const AggregatePart& label) {
  AggregatePart coarse = label;
  if (count_in(coarse, kBySourcePlaces)) return;
  forget_source(coarse);
  if (count_in(coarse, kByCallerPlaces)) return;
  coarse.tenant.assign("");
  coarse.principal.assign("");
  if (count_in(coarse, kByReasonPlaces)) return;
  // A full table of minutes that the ring had no room for. This one entry keeps its first minute.
  AggregatePart& last = aggregates_[kByReasonPlaces];
  if (aggregates_used_ == kByReasonPlaces) {
    coarse.reason.assign("other");
    coarse.http_status = 0;
    aggregate_keys_[aggregates_used_++] = 0;
    last = coarse;
  }
  ++last.count;
}

bool Recorder::count_in(const AggregatePart& label, size_t places) {
  const uint64_t key = base::siphash13({}, bytes_of(label).first(offsetof(AggregatePart, count)));
  for (size_t i = 0; i < aggregates_used_; ++i) {
    if (aggregate_keys_[i] != key || !same_label(aggregates_[i], label)) continue;
    ++aggregates_[i].count;
    return true;
  }
  if (aggregates_used_ >= places) return false;
  aggregate_keys_[aggregates_used_] = key;
  aggregates_[aggregates_used_] = label;
  aggregates_[aggregates_used_].count = 1;
  ++aggregates_used_;
  return true;
}

bool Recorder::write_aggregate(const AggregatePart& part, Reserve security,
                               const base::Clock& clock) {
  if (free_bytes(security) < contract::slot_total_bytes(kAggregateBytes)) return false;
  const std::span<uint8_t> into = ring_.begin_record(kAggregateBytes);
  SP_CHECK_WHY(into.size() == kAggregateBytes, "I1");
  const RecordHeader header =
      header_of(RecordKind::RefusedAggregate, kAggregateBytes, RequestId{}, clock);
  std::memcpy(into.data(), &header, sizeof(header));
  std::memcpy(into.data() + sizeof(header), &part, sizeof(part));
  ring_.publish();
  ++counters_.aggregates_written;
  return true;
}

bool Recorder::write_aggregates(uint64_t kept_minute, Reserve security, const base::Clock& clock) {
  size_t kept = 0;
  bool room = true;
  for (size_t i = 0; i < aggregates_used_; ++i) {
    const bool due = aggregates_[i].minute != kept_minute;
    if (due && room && write_aggregate(aggregates_[i], security, clock)) continue;
    if (due) room = false;
    if (kept != i) {
      aggregates_[kept] = aggregates_[i];
      aggregate_keys_[kept] = aggregate_keys_[i];
    }
    ++kept;
  }
  aggregates_used_ = kept;
  return room;
}

void Recorder::flush(const base::Clock& clock) {
  constexpr uint64_t kNoMinute = ~0ULL;
  write_aggregates(kNoMinute, Reserve::Use, clock);
}

bool Recorder::within_quota(std::string_view tenant, std::string_view principal,
                            const base::Clock& clock) {
  contract::BoundedText<47> tenant_text{};
  contract::BoundedText<63> principal_text{};
  tenant_text.assign(tenant);
  principal_text.assign(principal);
  const uint64_t tenant_key = base::siphash13({}, bytes_of(tenant_text));
  const uint64_t key = base::siphash13({tenant_key, 1}, bytes_of(principal_text));
  Quota& quota = quota_of(key == 0 ? 1 : key, clock.now);
  if (quota.tokens_milli < kTokenMilli) return false;
  quota.tokens_milli -= kTokenMilli;
  return true;
}

// Refilled to `now`. A table that is full shares: a newcomer goes on with what the fullest place
// had left, so that many callers taking turns have no more than kQuotasMax bursts.
Recorder::Quota& Recorder::quota_of(uint64_t key, base::Instant now) {
  const uint64_t burst_milli = config_.refusals_per_s * kBurstS * kTokenMilli;
  const auto refilled = [&](const Quota& quota) {
    if (quota.key == 0) return burst_milli;
    const uint64_t passed_us =
        now.ns > quota.refilled_ns ? (now.ns - quota.refilled_ns) / base::kNsPerUs : 0;
    if (passed_us > kBurstS * 1'000'000) return burst_milli;
    return std::min(burst_milli, quota.tokens_milli + passed_us * config_.refusals_per_s / 1000);
  };
  Quota* place = &quotas_[0];
  uint64_t most = 0;
  for (Quota& quota : quotas_) {
    if (quota.key == key) {
      place = &quota;
      break;
    }
    if (const uint64_t tokens = refilled(quota); tokens > most) {
      most = tokens;
      place = &quota;
    }
  }
  // Time that was too short for a thousandth of a token is not lost: the refill time stays then.
  const uint64_t tokens = refilled(*place);
  if (place->key == 0 || tokens != place->tokens_milli) place->refilled_ns = now.ns;
  place->tokens_milli = tokens;
  place->key = key;
  return *place;
}

}  // namespace sallyport::evidence
