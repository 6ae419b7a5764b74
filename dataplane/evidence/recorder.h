// recorder.h: two records per exchange, a third when it opens a connection to a vendor, and the
// room for all is taken before anything is promised.
//
//   Reservation r;
//   if (!recorder.reserve(r)) -> 503 with Retry-After; nothing is forwarded unrecorded
//   sequence = recorder.admitted(r, id, request, clock);       // before the first byte leaves
//   recorder.tls_connection(r, id, connection, clock);         // a handshake ended; at most once
//   durability committed: wait until recorder.committed_sequence() >= sequence
//   recorder.completed(r, id, outcome, clock);                 // exactly once, at the verdict
//   ... or recorder.cancel(r) when it was never admitted (then write refused() instead)
//
// Room of the ring: [ undrained | reserved | free | wrap slack | security reserve ]
// Ordinary records never touch the security reserve. Refusals of known principals are written one
// by one while there is room below the high-water mark and their principal is within its quota;
// beyond it they are folded, as anonymous ones always are, into exact counts per (reason, source,
// minute). When there are too many of those, sources are counted together, then callers, then
// reasons: the sum over all aggregates stays exact.
//
// Invariants
//   I1  undrained + reserved + wrap slack <= capacity + padding among the undrained. The wrap slack
//       is one slot of the greatest payload; at most one end of the area lies before the reserved
//       records, so they fit whatever the consumer does (recorder_test.cc, at every fill level).
//   I2  every call of refused() and refused_anonymous() is in exactly one record, or in memory
//       until turn() or flush() finds room for its aggregate.
// Owner  one worker. No clock, no lock, no allocation after construction; the one system call is
// the attempt to map the cursor in turn(), at most every 20 ms until it succeeds.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/base/time.h"
#include "dataplane/contract/evidence_record.h"
#include "dataplane/evidence/request_id.h"
#include "dataplane/evidence/ring_producer.h"
#include "dataplane/evidence/tally_list.h"
#include "dataplane/wire/ip_address.h"

namespace sallyport::evidence {

using contract::ClockState;
using contract::Digest;
using contract::Outcome;
using contract::RecordedDirection;
using contract::RecordedDurability;
using contract::Stage;
using contract::SubjectId;

// What is known at admission. Texts are copied; all but model and template come from policy.
struct AdmittedFields {
  std::string_view tenant, principal, environment, vendor, region;
  std::string_view model;  // as the client wrote it; sanitised here (sanitise_client_name)
  std::string_view api_kind;
  std::string_view reason;                           // restoration reason in force
  std::string_view template_name, template_version;  // sanitised here
  Digest template_digest{};                          // of the template's file; zero = none
  Digest bundle_digest{};
  Digest image_digest{};
  uint64_t body_bytes = 0;
  uint64_t inspected_bytes = 0;
  uint64_t rewritten_bytes = 0;
  uint64_t opaque_bytes = 0;
  uint64_t sent_bytes = 0;
  uint32_t unknown_fields = 0;
  RecordedDurability durability = RecordedDurability::None;
  bool streaming = false;
  bool reason_from_header = false;
  std::span<const contract::Tally> tallies;  // request side: TallyList::view()
  std::span<const SubjectId> subjects;
};

struct CompletedFields {
  Outcome outcome = Outcome::None;
  RecordedDirection direction = RecordedDirection::None;
  uint8_t failover_hops = 0;
  uint16_t http_status = 0;
  uint16_t vendor_status = 0;
  std::string_view reason;          // fixed code of ours
  std::string_view response_model;  // sanitised here
  uint64_t body_bytes = 0, sent_bytes = 0, inspected_bytes = 0, rewritten_bytes = 0,
           opaque_bytes = 0;
  uint32_t unknown_fields = 0;
  uint32_t stream_events = 0;
  std::array<uint64_t, contract::kStageCount> stage_ns{};  // index: Stage
  Digest upstream_spki{};
  uint16_t client_tls_version = 0;
  uint16_t upstream_tls_version = 0;
  uint32_t upstream_request_bytes = 0;
  uint64_t upstream_connection = 0;          // what tls_connection() answered for it; 0: none
  std::span<const contract::Tally> tallies;  // response side: detections, restorations
  std::span<const SubjectId> subjects;
};

// A handshake with a vendor, as it ended. Texts are policy's or ours.
struct TlsConnectionFields {
  std::string_view vendor, server_name;
  std::string_view reason;   // empty: accepted
  std::string_view failure;  // empty: accepted
  wire::IpAddress address;
  uint16_t port = 0;
  uint16_t tls_version = 0;   // 0: not agreed on
  uint16_t cipher_suite = 0;  // IANA's number; 0: not agreed on
  uint8_t flags = 0;          // kTlsFlag...
  uint8_t certificate_count = 0;
  Digest spki{};
  std::array<Digest, contract::kTlsCertificatesMax> certificates{};
};

struct SourcePrefix {
  std::array<uint8_t, 16> bytes{};
  uint8_t version = 4;
  uint8_t bits = 24;
  static SourcePrefix of_ipv4(uint32_t address_host_order, uint8_t bits = 24);
  // IPv4: its /24. IPv6: its /48, which is what one site has.
  static SourcePrefix of(const wire::IpAddress& address);
};

struct RecorderConfig {
  uint32_t high_water_percent = 80;  // of the ring: above_high_water(), refusals fold
  uint32_t security_percent = 10;
  uint64_t heartbeat_ms_max = 500;  // no heartbeat for so long: the control plane is gone
  uint32_t refusals_per_s = 200;    // per principal, written one by one; burst is five times that
};

// Room for one exchange. Plain value; whoever holds it must end it with completed() or cancel().
struct Reservation {
  uint32_t bytes = 0;
  bool admitted = false;
  bool has_connection = false;  // room for a TlsConnection is among them
  bool held() const { return bytes != 0; }
};

class Recorder {
 public:
  Recorder(RingProducer&& ring, const RecorderConfig& config);
  Recorder(const Recorder&) = delete;

  RequestId next_request_id() { return ids_.next(); }

  [[nodiscard]] bool reserve(Reservation& out);  // false: no room
  // REQUIRES: held, not yet admitted. Returns the ring sequence to wait for.
  uint64_t admitted(Reservation& reservation, const RequestId& id, const AdmittedFields& fields,
                    const base::Clock& clock);
  // REQUIRES: admitted, and not called for this exchange before. Returns the ring sequence.
  uint64_t tls_connection(Reservation& reservation, const RequestId& id,
                          const TlsConnectionFields& fields, const base::Clock& clock);
  // REQUIRES: admitted. Gives the room back.
  uint64_t completed(Reservation& reservation, const RequestId& id, const CompletedFields& fields,
                     const base::Clock& clock);
  void cancel(Reservation& reservation);  // REQUIRES: not admitted

  // Sealed mappings (contract/mapping_record.h) go before the admitted record of their exchange.
  // True: slots of so many bytes in all (slot_total_bytes() of each) fit now.
  bool has_mapping_room(uint64_t slot_bytes) const {
    return free_bytes(Reserve::Keep) >= slot_bytes;
  }
  // REQUIRES: has_mapping_room() said so for it. Every byte is to be written, then published.
  std::span<uint8_t> begin_mapping(uint32_t bytes);
  void publish_mapping();

  // Never fails: written, or counted in the aggregate of this principal.
  void refused(const RequestId& id, const AdmittedFields& request, const CompletedFields& outcome,
               const base::Clock& clock);
  void refused_anonymous(std::string_view reason, const SourcePrefix& source, uint16_t http_status,
                         const base::Clock& clock);
  // `detail` is our own words and numbers. Uses the security reserve. False: even that is full
  // (counted in counters().security_lost).
  bool security(std::string_view code, const RequestId& id, std::string_view detail,
                const base::Clock& clock);

  // Once per worker turn: maps the cursor when it appears, writes aggregates of past minutes.
  void turn(const base::Clock& clock);
  // At a clean end: writes every aggregate, whatever its minute, into the security reserve too:
  // nothing comes after it.
  void flush(const base::Clock& clock);
  void set_clock_state(ClockState state) { clock_state_ = state; }

  uint64_t committed_sequence() const { return ring_.committed_sequence(); }
  uint64_t published_sequence() const { return ring_.published_sequence(); }
  uint64_t undrained_age_ms(base::Instant now) const;
  bool above_high_water() const;  // of undrained bytes
  // The drainer has shown signs of life within heartbeat_ms_max and says that it commits.
  bool consumer_alive(base::Instant now) const;

  struct Counters {
    uint64_t admitted = 0, completed = 0, refused = 0, refused_folded = 0, anonymous = 0;
    uint64_t aggregates_written = 0, reservations_denied = 0, security = 0, security_lost = 0;
    uint64_t mappings = 0;         // sealed batches
    uint64_t tls_connections = 0;  // handshakes with vendors
  };
  const Counters& counters() const { return counters_; }
  const RingProducer& ring() const { return ring_; }

 private:
  struct Quota {
    uint64_t key = 0;  // 0 = never used
    uint64_t tokens_milli = 0;
    uint64_t refilled_ns = 0;
  };
  enum class Reserve : uint8_t { Keep, Use };
  static constexpr size_t kAggregatesMax = 256;
  static constexpr size_t kQuotasMax = 256;

  uint64_t free_bytes(Reserve security) const;
  uint64_t write(contract::RecordKind kind, const RequestId& id, const AdmittedFields* request,
                 const CompletedFields* outcome, const base::Clock& clock);
  contract::RecordHeader header_of(contract::RecordKind kind, uint32_t bytes, const RequestId& id,
                                   const base::Clock& clock) const;
  void gather_tallies(const AdmittedFields* request, const CompletedFields* outcome,
                      size_t subjects_dropped);

  void fold(const contract::AggregatePart& label);
  bool count_in(const contract::AggregatePart& label, size_t places);
  bool write_aggregate(const contract::AggregatePart& part, Reserve security,
                       const base::Clock& clock);
  // Writes those of other minutes than `kept_minute` while there is room; true when all are.
  bool write_aggregates(uint64_t kept_minute, Reserve security, const base::Clock& clock);
  bool within_quota(std::string_view tenant, std::string_view principal, const base::Clock& clock);
  Quota& quota_of(uint64_t key, base::Instant now);

  const RecorderConfig config_;
  RingProducer ring_;
  RequestIdSource ids_;
  uint64_t reserved_bytes_ = 0;
  std::array<uint64_t, kAggregatesMax> aggregate_keys_{};  // hash of the label; the first used
  std::array<contract::AggregatePart, kAggregatesMax> aggregates_{};
  size_t aggregates_used_ = 0;
  std::array<Quota, kQuotasMax> quotas_{};
  TallyList tallies_;  // of the record being written
  base::Instant next_attach_{};
  uint64_t aggregated_minute_ = 0;  // aggregates of all other minutes are written
  ClockState clock_state_ = ClockState::Unknown;
  Counters counters_;
};

}  // namespace sallyport::evidence
