// recorder.cc: room, and the records of exchanges. Refusals are in refusals.cc.
#include "dataplane/evidence/recorder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "dataplane/base/check.h"

namespace sallyport::evidence {
namespace {

using contract::kSubjectsMax;
using contract::OutcomePart;
using contract::RecordHeader;
using contract::RecordKind;
using contract::RequestPart;
using contract::sanitise_client_name;
using contract::slot_total_bytes;

constexpr uint32_t kAdmittedSlotBytes = slot_total_bytes(contract::kAdmittedBytesMax);
constexpr uint32_t kCompletedSlotBytes = slot_total_bytes(contract::kCompletedBytesMax);
constexpr uint32_t kTlsSlotBytes = slot_total_bytes(contract::kTlsConnectionBytes);
// Of one exchange. A connection is opened by few of them, but which will is not known yet.
constexpr uint32_t kExchangeSlotBytes = kAdmittedSlotBytes + kTlsSlotBytes + kCompletedSlotBytes;
constexpr uint32_t kWrapSlackBytes = slot_total_bytes(contract::kSlotPayloadBytesMax);
constexpr uint64_t kAttachEveryMs = 20;

// One exchange and one alarm fit even in the smallest ring with the greatest sensible reserve.
static_assert(kExchangeSlotBytes + kWrapSlackBytes < contract::kRingCapacityBytesMin / 2);

// Puts the parts of a record one behind the other into the slot's bytes.
class Parts {
 public:
  explicit Parts(std::span<uint8_t> into) : into_(into) {}
  template <typename Part>
  void put(const Part& part) {
    static_assert(std::is_trivially_copyable_v<Part>);
    SP_CHECK(sizeof(part) <= into_.size());
    std::memcpy(into_.data(), &part, sizeof(part));
    into_ = into_.subspan(sizeof(part));
  }
  bool full() const { return into_.empty(); }

 private:
  std::span<uint8_t> into_;
};

// Versions start with a digit as a rule, which a name may not.
std::string_view sanitise_version(std::string_view version) {
  std::array<char, 64> text{'v'};
  if (version.size() >= text.size()) return "withheld";
  std::copy(version.begin(), version.end(), text.begin() + 1);
  const std::string_view named{text.data(), version.size() + 1};
  return sanitise_client_name(named) == named ? version : "withheld";
}

RequestPart request_part(const AdmittedFields& fields) {
  RequestPart part{};
  part.tenant.assign(fields.tenant);
  part.principal.assign(fields.principal);
  part.environment.assign(fields.environment);
  part.vendor.assign(fields.vendor);
  part.region.assign(fields.region);
  part.model.assign(sanitise_client_name(fields.model));
  part.api_kind.assign(fields.api_kind);
  part.reason.assign(fields.reason_from_header ? sanitise_client_name(fields.reason)
                                               : fields.reason);
  part.template_name.assign(sanitise_client_name(fields.template_name));
  part.template_version.assign(sanitise_version(fields.template_version));
  part.template_digest = fields.template_digest;
  part.bundle_digest = fields.bundle_digest;
  part.image_digest = fields.image_digest;
  part.body_bytes = fields.body_bytes;
  part.inspected_bytes = fields.inspected_bytes;
  part.rewritten_bytes = fields.rewritten_bytes;
  part.opaque_bytes = fields.opaque_bytes;
  part.sent_bytes = fields.sent_bytes;
  part.unknown_fields = fields.unknown_fields;
  part.durability = static_cast<uint8_t>(fields.durability);
  part.flags =
      static_cast<uint8_t>((fields.streaming ? contract::kRequestFlagStreaming : 0) |
                           (fields.reason_from_header ? contract::kRequestFlagReasonHeader : 0));
  return part;
}

OutcomePart outcome_part(const CompletedFields& fields) {
  OutcomePart part{};
  part.outcome = static_cast<uint16_t>(fields.outcome);
  part.direction = static_cast<uint8_t>(fields.direction);
  part.failover_hops = fields.failover_hops;
  part.http_status = fields.http_status;
  part.vendor_status = fields.vendor_status;
  part.reason.assign(fields.reason);
  part.response_model.assign(sanitise_client_name(fields.response_model));
  part.body_bytes = fields.body_bytes;
  part.sent_bytes = fields.sent_bytes;
  part.inspected_bytes = fields.inspected_bytes;
  part.rewritten_bytes = fields.rewritten_bytes;
  part.opaque_bytes = fields.opaque_bytes;
  part.unknown_fields = fields.unknown_fields;
  part.stream_events = fields.stream_events;
  part.stage_ns = fields.stage_ns;
  part.upstream_spki = fields.upstream_spki;
  part.client_tls_version = fields.client_tls_version;
  part.upstream_tls_version = fields.upstream_tls_version;
  part.upstream_request_bytes = fields.upstream_request_bytes;
  part.upstream_connection = fields.upstream_connection;
  return part;
}

contract::TlsPart tls_part(const TlsConnectionFields& fields) {
  contract::TlsPart part{};
  part.vendor.assign(fields.vendor);
  part.reason.assign(fields.reason);
  part.failure.assign(fields.failure);
  part.server_name.assign(fields.server_name);
  part.port = fields.port;
  std::array<uint8_t, wire::IpAddress::kBytesV6> address{};
  fields.address.store_v6(address.data());
  part.address_version = fields.address.is_v4() ? 4 : 6;
  const size_t mapping_bytes = fields.address.is_v4() ? 12 : 0;  // ::ffff:
  std::copy(address.begin() + mapping_bytes, address.end(), part.address.begin());
  part.tls_version = fields.tls_version;
  part.cipher_suite = fields.cipher_suite;
  part.flags = fields.flags;
  part.certificate_count = fields.certificate_count;
  part.spki = fields.spki;
  part.certificates = fields.certificates;
  return part;
}

}  // namespace

Recorder::Recorder(RingProducer&& ring, const RecorderConfig& config)
    : config_(config),
      ring_(std::move(ring)),
      ids_(ring_.config().identity.node, ring_.config().identity.start, ring_.config().worker) {
  SP_CHECK(ring_.capacity_bytes() != 0);
  SP_CHECK(config_.high_water_percent <= 100 && config_.security_percent <= 50);
}

uint64_t Recorder::free_bytes(Reserve security) const {
  const uint64_t capacity = ring_.capacity_bytes();
  uint64_t taken = ring_.used_bytes() + reserved_bytes_ + kWrapSlackBytes;
  if (security == Reserve::Keep) taken += capacity * config_.security_percent / 100;
  return taken < capacity ? capacity - taken : 0;
}

bool Recorder::reserve(Reservation& out) {
  SP_CHECK(!out.held());
  if (free_bytes(Reserve::Keep) < kExchangeSlotBytes) {
    ++counters_.reservations_denied;
    return false;
  }
  reserved_bytes_ += kExchangeSlotBytes;
  out.bytes = kExchangeSlotBytes;
  out.admitted = false;
  out.has_connection = true;
  return true;
}

uint64_t Recorder::admitted(Reservation& reservation, const RequestId& id,
                            const AdmittedFields& fields, const base::Clock& clock) {
  SP_CHECK(reservation.held() && !reservation.admitted);
  reserved_bytes_ -= kAdmittedSlotBytes;
  reservation.bytes -= kAdmittedSlotBytes;
  reservation.admitted = true;
  ++counters_.admitted;
  return write(RecordKind::Admitted, id, &fields, nullptr, clock);
}

uint64_t Recorder::tls_connection(Reservation& reservation, const RequestId& id,
                                  const TlsConnectionFields& fields, const base::Clock& clock) {
  SP_CHECK(reservation.held() && reservation.admitted && reservation.has_connection);
  reserved_bytes_ -= kTlsSlotBytes;
  reservation.bytes -= kTlsSlotBytes;
  reservation.has_connection = false;
  const std::span<uint8_t> into = ring_.begin_record(contract::kTlsConnectionBytes);
  SP_CHECK_WHY(into.size() == contract::kTlsConnectionBytes, "I1");
  Parts parts(into);
  parts.put(header_of(RecordKind::TlsConnection, contract::kTlsConnectionBytes, id, clock));
  parts.put(tls_part(fields));
  ++counters_.tls_connections;
  return ring_.publish();
}

uint64_t Recorder::completed(Reservation& reservation, const RequestId& id,
                             const CompletedFields& fields, const base::Clock& clock) {
  SP_CHECK(reservation.held() && reservation.admitted);
  SP_CHECK(fields.outcome != Outcome::None && fields.outcome != Outcome::Interrupted);
  reserved_bytes_ -= reservation.bytes;
  reservation = Reservation{};
  ++counters_.completed;
  return write(RecordKind::Completed, id, nullptr, &fields, clock);
}

std::span<uint8_t> Recorder::begin_mapping(uint32_t bytes) {
  const std::span<uint8_t> into = ring_.begin_record(bytes);
  SP_CHECK_WHY(into.size() == bytes, "I1");
  return into;
}

void Recorder::publish_mapping() {
  ring_.publish_mapping();
  ++counters_.mappings;
}

void Recorder::cancel(Reservation& reservation) {
  SP_CHECK(reservation.held() && !reservation.admitted);
  reserved_bytes_ -= reservation.bytes;
  reservation = Reservation{};
}

contract::RecordHeader Recorder::header_of(RecordKind kind, uint32_t bytes, const RequestId& id,
                                           const base::Clock& clock) const {
  RecordHeader header{};
  header.version = contract::kRecordVersion;
  header.kind = static_cast<uint16_t>(kind);
  header.total_bytes = bytes;
  header.ring_sequence = ring_.next_sequence();
  header.boot_id = ring_.config().identity.boot_id;
  header.generation = ring_.config().identity.generation;
  header.worker = ring_.config().worker;
  header.clock_state = static_cast<uint8_t>(clock_state_);
  header.request_high = id.high();
  header.request_low = id.low();
  header.wall_ns = clock.wall_ns;
  header.monotonic_ns = clock.now.ns;
  return header;
}

void Recorder::gather_tallies(const AdmittedFields* request, const CompletedFields* outcome,
                              size_t subjects_dropped) {
  tallies_.clear();
  if (request != nullptr)
    for (const contract::Tally& tally : request->tallies) tallies_.add(tally);
  if (outcome != nullptr)
    for (const contract::Tally& tally : outcome->tallies) tallies_.add(tally);
  if (subjects_dropped > 0)
    tallies_.add_subjects_dropped(
        request != nullptr ? TallySection::DetectedInRequest : TallySection::DetectedInResponse,
        static_cast<uint32_t>(subjects_dropped));
}

// REQUIRES: the room has been checked, or was reserved (I1).
uint64_t Recorder::write(RecordKind kind, const RequestId& id, const AdmittedFields* request,
                         const CompletedFields* outcome, const base::Clock& clock) {
  const std::span<const SubjectId> first =
      request != nullptr ? request->subjects : std::span<const SubjectId>{};
  const std::span<const SubjectId> second =
      outcome != nullptr ? outcome->subjects : std::span<const SubjectId>{};
  const size_t first_count = std::min(first.size(), kSubjectsMax);
  const size_t second_count = std::min(second.size(), kSubjectsMax - first_count);
  const size_t subject_count = first_count + second_count;
  gather_tallies(request, outcome, first.size() + second.size() - subject_count);
  const auto bytes =
      static_cast<uint32_t>(contract::record_shape(static_cast<uint16_t>(kind)).fixed_bytes +
                            tallies_.view().size_bytes() + subject_count * sizeof(SubjectId));
  const std::span<uint8_t> into = ring_.begin_record(bytes);
  SP_CHECK_WHY(into.size() == bytes, "I1");
  RecordHeader header = header_of(kind, bytes, id, clock);
  header.tally_count = static_cast<uint16_t>(tallies_.view().size());
  header.subject_count = static_cast<uint16_t>(subject_count);
  Parts parts(into);
  parts.put(header);
  if (request != nullptr) parts.put(request_part(*request));
  if (outcome != nullptr) parts.put(outcome_part(*outcome));
  for (const contract::Tally& tally : tallies_.view()) parts.put(tally);
  for (const SubjectId& subject : first.first(first_count)) parts.put(subject);
  for (const SubjectId& subject : second.first(second_count)) parts.put(subject);
  SP_CHECK(parts.full());
  return ring_.publish();
}

bool Recorder::security(std::string_view code, const RequestId& id, std::string_view detail,
                        const base::Clock& clock) {
  constexpr auto kBytes = static_cast<uint32_t>(sizeof(RecordHeader) + sizeof(contract::NotePart));
  if (free_bytes(Reserve::Use) < slot_total_bytes(kBytes)) {
    ++counters_.security_lost;
    return false;
  }
  const std::span<uint8_t> into = ring_.begin_record(kBytes);
  SP_CHECK_WHY(into.size() == kBytes, "I1");
  contract::NotePart note{};
  note.code.assign(code);
  note.detail.assign(detail);
  Parts parts(into);
  parts.put(header_of(RecordKind::Security, kBytes, id, clock));
  parts.put(note);
  ring_.publish();
  ++counters_.security;
  return true;
}

void Recorder::turn(const base::Clock& clock) {
  if (!ring_.attached() && clock.now >= next_attach_) {
    ring_.attach_cursor();
    next_attach_ = base::after_ms(clock.now, kAttachEveryMs);
  }
  const uint64_t minute = clock.wall_ns / (60 * base::kNsPerS);
  if (minute != aggregated_minute_ && write_aggregates(minute, Reserve::Keep, clock))
    aggregated_minute_ = minute;
}

uint64_t Recorder::undrained_age_ms(base::Instant now) const {
  const std::optional<uint64_t> oldest_ns = ring_.oldest_undrained_ns();
  return oldest_ns.has_value() ? base::ms_between(base::Instant{*oldest_ns}, now) : 0;
}

bool Recorder::above_high_water() const {
  return ring_.used_bytes() > ring_.capacity_bytes() * config_.high_water_percent / 100;
}

bool Recorder::consumer_alive(base::Instant now) const {
  const base::Instant beat{ring_.heartbeat_ns()};
  if (beat.ns == 0 || ring_.consumer_blocked()) return false;
  // A beat may be a little later than the clock of this turn. One from the far future would count
  // as alive for ever.
  return base::ms_between(beat, now) <= config_.heartbeat_ms_max &&
         base::ms_between(now, beat) <= config_.heartbeat_ms_max;
}

}  // namespace sallyport::evidence
