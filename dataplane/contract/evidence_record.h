// evidence_record.h: the native evidence record, version 3. These bytes are what the transparency
// log hashes, so a released layout never changes; a new field means a new kRecordVersion, and a
// reader of version N also reads those before it (record_shape() says what they look like).
//
//   RecordHeader                       every kind
//   RequestPart                        Admitted, Refused
//   OutcomePart                        Completed, Refused, Interrupted
//   AggregatePart                      RefusedAggregate
//   TlsPart                            TlsConnection
//   NotePart                           Gap, Security; Administration of version 1
//   ControlPart                        Administration and kinds 9 to 19 (control_part.h)
//   ControlField x field_count         of the ControlPart
//   Tally     x header.tally_count     counts per entity, action, reason: found and done
//   SubjectId x header.subject_count   keyed hashes, never names
//
// Version 2 ends at kind 19, and its OutcomePart ends before upstream_connection. Version 1
// moreover ends at kind 8, has NotePart in Administration, and a RequestPart that ends before
// template_digest.
//
// There is no field for a detected value, and none that could take one by mistake: texts are short,
// printable, and come from policy or from our own fixed codes; the two that a client can influence
// (model, prompt template) pass sanitise_client_name(). Little-endian, no implicit padding, unused
// bytes zero, order fixed: one content has one string of bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/contract/control_part.h"
#include "dataplane/contract/record_text.h"

namespace sallyport::contract {

inline constexpr uint16_t kRecordVersion = 3;
inline constexpr uint16_t kRecordVersionOldest = 1;  // that is still read

// Persisted numbers: never reused.
enum class RecordKind : uint16_t {
  Admitted = 1,   // before the first byte leaves
  Completed = 2,  // the one verdict of an admitted exchange
  Refused = 3,    // a known principal's request that was never admitted
  RefusedAggregate =
      4,            // anonymous or over-quota refusals, exact count per (reason, source, minute)
  Interrupted = 5,  // made by the drainer: an admitted exchange whose dataplane died
  Gap = 6,          // made by the drainer: something may be missing here, and why
  Security = 7,     // alarm of the dataplane; has reserved room in the ring
  // From here on the control plane's: who, what, to what, with which result.
  Administration = 8,   // ADM: an action of an operator or of sallyportd itself
  Policy = 9,           // POL: applied, promoted, rolled back, approved, reviewed
  Test = 10,            // TST: a validation run
  Configuration = 11,   // CFG: what is in force, and what drifted
  Key = 12,             // KEY: made, rotated, split, sealed, destroyed
  Retention = 13,       // RET: runs, what they removed, holds
  SubjectRequest = 14,  // DSR: find, export, erase, reredact
  Check = 15,           // CHK: of the log by itself: sequences, scrub, witness, close of day
  Restoration = 16,     // RST: answered and denied
  Heartbeat = 17,       // CHK: one a minute; says how much came, also when it was nothing
  TlsIdentity = 18,     // TLS: a vendor's identity as seen, and the day's digest
  Access = 19,          // ACC: who may, who did, what a reviewer decided
  // The dataplane's again.
  TlsConnection = 20,  // TLS: one handshake with a vendor that ended, well or not
};
inline constexpr uint16_t kRecordKindLast = 20;
inline constexpr uint16_t kRecordKindLastOfVersion2 = 19;
inline constexpr uint16_t kRecordKindLastOfVersion1 = 8;

enum class Outcome : uint16_t {
  None = 0,
  Served = 1,
  Blocked = 2,            // policy refused the content; nothing left
  BlockedMidstream = 3,   // response cut by policy after its head was sent
  RefusedPolicy = 4,      // host, path, method, type, destination not named by policy
  RefusedRequest = 5,     // the client's bytes: framing, JSON, size
  RefusedIdentity = 6,    // gateway key missing, unknown, revoked
  RefusedOverload = 7,    // body pool, connections, rate
  RefusedEvidence = 8,    // no evidence room, or not committed in time
  RefusedNotReady = 9,    // no policy or no keys yet
  UpstreamFailed = 10,    // no connection, reset, bad framing, encoded answer
  UpstreamIdentity = 11,  // certificate, name or pin; nothing was sent
  UpstreamTimeout = 12,
  ClientGone = 13,
  Truncated = 14,    // the answer ended without its proper end
  Interrupted = 15,  // set by the drainer only
  Failed = 16,       // our own limit met mid-exchange
};

enum class RecordedDirection : uint8_t { None = 0, Request = 1, Response = 2 };
enum class RecordedDurability : uint8_t { None = 0, Recorded = 1, Committed = 2 };
enum class ClockState : uint8_t { Unknown = 0, Synchronised = 1, Unsynchronised = 2 };

enum class RecordedAction : uint8_t {
  None = 0,
  Allow = 1,
  Observe = 2,
  Tokenize = 3,
  Mask = 4,
  Hash = 5,
  Generalise = 6,
  Block = 7,
};

enum class TallySection : uint8_t {
  DetectedInRequest = 1,   // name = entity, action
  DetectedInResponse = 2,  // name = entity, action
  RestorationAllowed = 3,  // name = entity, reason = reason code of the access rule
  RestorationDenied = 4,   // name = entity, reason
  OpaqueInRequest = 5,     // name = why not inspected, bytes
  OpaqueInResponse = 6,
  OnFailureAllowed = 7,  // name = the check whose on_failure: allow was used
};

struct RecordHeader {
  uint16_t version;        // kRecordVersion
  uint16_t kind;           // RecordKind
  uint32_t total_bytes;    // of the whole record
  uint64_t ring_sequence;  // gap-free per ring; 0 in records made by the control plane, but for a
                           // Gap that stands for a ring's record: then that record's
  std::array<uint8_t, 16> boot_id;
  uint64_t generation;
  uint32_t worker;
  uint8_t clock_state;  // ClockState
  uint8_t reserved0;
  uint16_t tally_count;
  uint64_t request_high;  // RequestId words; zero where no request is meant
  uint64_t request_low;
  uint64_t wall_ns;       // Unix epoch
  uint64_t monotonic_ns;  // of this boot
  uint16_t subject_count;
  std::array<uint8_t, 6> reserved1;
};
static_assert(sizeof(RecordHeader) == 88);
static_assert(offsetof(RecordHeader, ring_sequence) == 8);
static_assert(offsetof(RecordHeader, generation) == 32);
static_assert(offsetof(RecordHeader, request_high) == 48);
static_assert(offsetof(RecordHeader, subject_count) == 80);

inline constexpr uint8_t kRequestFlagStreaming = 1;  // the client asked for a stream
inline constexpr uint8_t kRequestFlagReasonHeader =
    2;  // reason came from the header, not the default

struct RequestPart {
  BoundedText<47> tenant;
  BoundedText<63> principal;
  BoundedText<23> environment;
  BoundedText<31> vendor;
  BoundedText<23> region;
  BoundedText<63> model;
  BoundedText<31> api_kind;
  BoundedText<31> reason;  // restoration reason in force
  BoundedText<47> template_name;
  BoundedText<23> template_version;
  Digest bundle_digest;
  Digest image_digest;
  uint64_t body_bytes;  // of the client's request body, as received (0 when refused before it)
  uint64_t inspected_bytes;
  uint64_t rewritten_bytes;
  uint64_t opaque_bytes;    // by reason in the tallies
  uint64_t sent_bytes;      // body bytes to be sent to the vendor after edits
  uint32_t unknown_fields;  // JSON members that no table names
  uint8_t durability;       // RecordedDurability
  uint8_t flags;
  uint16_t reserved;
  Digest template_digest;  // SHA-256 of the template's file; zero = none. Not in version 1
};
inline constexpr size_t kRequestPartBytesOfVersion1 = 504;
static_assert(offsetof(RequestPart, template_digest) == kRequestPartBytesOfVersion1);
static_assert(offsetof(RequestPart, principal) == 48);
static_assert(offsetof(RequestPart, model) == 192);
static_assert(offsetof(RequestPart, bundle_digest) == 392);
static_assert(offsetof(RequestPart, body_bytes) == 456);
static_assert(sizeof(RequestPart) == 536);

// Where the time of an exchange went; nanoseconds.
enum class Stage : uint8_t {
  Head = 0,       // first byte of the request to ADMIT
  Body = 1,       // ADMIT to the last body byte
  Judge = 2,      // last body byte to RELEASE: what scanning added
  Evidence = 3,   // waiting for admitted to be recorded or committed
  Connect = 4,    // vendor TCP and TLS, zero when pooled
  FirstByte = 5,  // RELEASE to the first byte of the vendor's answer
  Answer = 6,     // first to last byte of the answer
  Total = 7,
};
inline constexpr size_t kStageCount = 8;

struct OutcomePart {
  uint16_t outcome;   // Outcome
  uint8_t direction;  // RecordedDirection: where the verdict fell
  uint8_t failover_hops;
  uint16_t http_status;    // what the client was told; 0 = nothing
  uint16_t vendor_status;  // 0 = no answer
  BoundedText<47> reason;  // fixed code, e.g. "secret_in_request"
  BoundedText<63> response_model;
  uint64_t body_bytes;  // of the vendor's answer, as received
  uint64_t sent_bytes;  // to the client after edits
  uint64_t inspected_bytes;
  uint64_t rewritten_bytes;
  uint64_t opaque_bytes;
  uint32_t unknown_fields;
  uint32_t stream_events;
  std::array<uint64_t, kStageCount> stage_ns;
  Digest upstream_spki;         // SHA-256 of the vendor's public key as seen; zero = no TLS peer
  uint16_t client_tls_version;  // 0x0303, 0x0304
  uint16_t upstream_tls_version;
  uint32_t upstream_request_bytes;  // head and body really handed to the vendor leg (saturates)
  // Ring sequence of the TlsConnection record of the connection that the request went out on, or
  // was to; 0 = none. Not in versions 1 and 2.
  uint64_t upstream_connection;
};
inline constexpr size_t kOutcomePartBytesOfVersion2 = 272;
static_assert(offsetof(OutcomePart, upstream_connection) == kOutcomePartBytesOfVersion2);
static_assert(offsetof(OutcomePart, reason) == 8);
static_assert(offsetof(OutcomePart, body_bytes) == 120);
static_assert(offsetof(OutcomePart, stage_ns) == 168);
static_assert(offsetof(OutcomePart, upstream_spki) == 232);
static_assert(sizeof(OutcomePart) == 280);

struct AggregatePart {
  BoundedText<47> reason;
  BoundedText<47> tenant;  // empty for anonymous callers
  BoundedText<63> principal;
  std::array<uint8_t, 16> source;  // address, masked to prefix_bits; IPv4 in the first four bytes
  uint8_t source_version;          // 4, 6, or 0 when sources were folded together
  uint8_t prefix_bits;
  uint16_t http_status;
  uint32_t reserved;
  uint64_t minute;  // Unix time / 60
  uint64_t count;   // exact
};
static_assert(offsetof(AggregatePart, source) == 160);
static_assert(offsetof(AggregatePart, minute) == 184);
static_assert(sizeof(AggregatePart) == 200);

struct NotePart {
  BoundedText<47> code;    // "host_reboot", "ring_missing", "record_invalid", ...
  BoundedText<63> actor;   // who, where a person or a service did it
  BoundedText<95> detail;  // our own words and numbers, never a caller's bytes
  Digest before;           // what it was (image, bundle), or digest of refused bytes
  Digest after;
  uint64_t from;  // range the note is about: sequences for a Gap
  uint64_t to;
};
static_assert(sizeof(NotePart) == 288);

inline constexpr uint8_t kTlsFlagPinned = 1;                // policy has pins for this vendor
inline constexpr uint8_t kTlsFlagCertificateRequested = 2;  // the vendor asked for one of ours
inline constexpr uint8_t kTlsFlagCertificateSent = 4;       // mTLS: and was given one
// Leaf, up to three intermediates, the root that some send along, and one more: a public chain has
// two to four. What is presented beyond is counted in certificate_count only.
inline constexpr size_t kTlsCertificatesMax = 6;

// One handshake with a vendor, as it ended. Written before a byte of a request leaves, under the
// request that the connection was opened for; later ones on it name it (upstream_connection).
struct TlsPart {
  BoundedText<31> vendor;        // of policy
  BoundedText<47> reason;        // code of docs/errors.md why it was refused; empty: accepted
  BoundedText<23> failure;       // tls::failure_name() of it
  BoundedText<253> server_name;  // SNI that was sent, and the name that was verified; from policy
  uint16_t port;
  std::array<uint8_t, 16> address;  // of the vendor; IPv4 in the first four bytes
  uint16_t tls_version;             // 0x0303, 0x0304; 0 = not agreed on
  uint16_t cipher_suite;            // IANA's number; 0 = not agreed on
  uint8_t address_version;          // 4, 6
  uint8_t flags;
  uint8_t certificate_count;  // as presented (saturates)
  uint8_t reserved;
  Digest spki;  // SHA-256 of the leaf's public key; zero = no certificate was seen
  // SHA-256 of each certificate's DER bytes, in the order presented: leaf first. Zero behind.
  std::array<Digest, kTlsCertificatesMax> certificates;
};
static_assert(offsetof(TlsPart, server_name) == 104);
static_assert(offsetof(TlsPart, port) == 358);
static_assert(offsetof(TlsPart, tls_version) == 376);
static_assert(offsetof(TlsPart, spki) == 384);
static_assert(offsetof(TlsPart, certificates) == 416);
static_assert(sizeof(TlsPart) == 608);

struct Tally {
  uint8_t section;  // TallySection
  uint8_t action;   // RecordedAction
  uint16_t reserved;
  uint32_t count;
  uint64_t bytes;
  BoundedText<27> name;
  BoundedText<19> reason;
};
static_assert(offsetof(Tally, name) == 16);
static_assert(sizeof(Tally) == 64);

inline constexpr size_t kTalliesMax = 40;  // one more folds into the entry named "other"
inline constexpr size_t kSubjectsMax =
    16;  // one more is dropped and counted in the entry "subjects_dropped"
inline constexpr uint32_t kAdmittedBytesMax = sizeof(RecordHeader) + sizeof(RequestPart) +
                                              kTalliesMax * sizeof(Tally) +
                                              kSubjectsMax * sizeof(SubjectId);
inline constexpr uint32_t kCompletedBytesMax = sizeof(RecordHeader) + sizeof(OutcomePart) +
                                               kTalliesMax * sizeof(Tally) +
                                               kSubjectsMax * sizeof(SubjectId);
inline constexpr uint32_t kTlsConnectionBytes = sizeof(RecordHeader) + sizeof(TlsPart);
// Of a ring's record.
inline constexpr uint32_t kRecordBytesMax = kAdmittedBytesMax + sizeof(OutcomePart);
inline constexpr uint32_t kControlBytesMax = sizeof(RecordHeader) + sizeof(ControlPart) +
                                             kControlFieldsMax * sizeof(ControlField) +
                                             kSubjectsMax * sizeof(SubjectId);
// Entry bundles of C2SP tlog-tiles use 16-bit lengths.
static_assert(kRecordBytesMax < 65'536 && kControlBytesMax < 65'536);

struct RecordShape {
  bool request = false, outcome = false, aggregate = false, note = false, control = false,
       tls = false;
  uint32_t request_bytes = 0;  // of the RequestPart in this version
  uint32_t outcome_bytes = 0;  // of the OutcomePart
  uint32_t fixed_bytes = 0;    // header and parts; 0 for a kind that this version does not have
};
constexpr RecordShape record_shape(uint16_t kind, uint16_t version = kRecordVersion) {
  RecordShape shape;
  const bool first = version == 1;
  const uint16_t last = first          ? kRecordKindLastOfVersion1
                        : version == 2 ? kRecordKindLastOfVersion2
                                       : kRecordKindLast;
  if (version < kRecordVersionOldest || version > kRecordVersion || kind == 0 || kind > last)
    return shape;
  switch (static_cast<RecordKind>(kind)) {
    case RecordKind::Admitted:
      shape.request = true;
      break;
    case RecordKind::Completed:
    case RecordKind::Interrupted:
      shape.outcome = true;
      break;
    case RecordKind::Refused:
      shape.request = shape.outcome = true;
      break;
    case RecordKind::RefusedAggregate:
      shape.aggregate = true;
      break;
    case RecordKind::Gap:
    case RecordKind::Security:
      shape.note = true;
      break;
    case RecordKind::TlsConnection:
      shape.tls = true;
      break;
    default:
      shape.note = first;
      shape.control = !first;
      break;
  }
  if (shape.request)
    shape.request_bytes = first ? kRequestPartBytesOfVersion1 : sizeof(RequestPart);
  if (shape.outcome)
    shape.outcome_bytes = version < 3 ? kOutcomePartBytesOfVersion2 : sizeof(OutcomePart);
  shape.fixed_bytes = static_cast<uint32_t>(
      sizeof(RecordHeader) + shape.request_bytes + shape.outcome_bytes +
      (shape.tls ? sizeof(TlsPart) : 0) + (shape.aggregate ? sizeof(AggregatePart) : 0) +
      (shape.note ? sizeof(NotePart) : 0) + (shape.control ? sizeof(ControlPart) : 0));
  return shape;
}

}  // namespace sallyport::contract
