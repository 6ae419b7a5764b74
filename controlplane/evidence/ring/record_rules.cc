// record_rules.cc: what makes bytes a record. Declared in ring_reader.h; the log's verifier holds
// stored records to the same rules.
#include <algorithm>
#include <array>
#include <cstring>

#include "controlplane/evidence/ring/ring_reader.h"

namespace sallyport::evidence_log {
namespace {

using contract::AggregatePart;
using contract::ControlField;
using contract::ControlPart;
using contract::NotePart;
using contract::Outcome;
using contract::OutcomePart;
using contract::RecordHeader;
using contract::RecordKind;
using contract::RequestPart;
using contract::Tally;
using contract::TlsPart;

template <typename Part>
Part take(std::span<const uint8_t>& rest) {
  Part part;
  std::memcpy(&part, rest.data(), sizeof(part));
  rest = rest.subspan(sizeof(part));
  return part;
}

// The part as `bytes` of it were written; what a former version did not have is zero.
template <typename Part>
Part take_first(std::span<const uint8_t>& rest, size_t bytes) {
  Part part{};
  std::memcpy(&part, rest.data(), bytes);
  rest = rest.subspan(bytes);
  return part;
}

template <typename... Texts>
bool all_valid(const Texts&... texts) {
  return (texts.valid() && ...);
}

template <typename Enum>
bool within(uint64_t value, Enum last) {
  return value <= static_cast<uint64_t>(last);
}

bool tls_version(uint16_t version) {
  return version == 0 || version == 0x0303 || version == 0x0304;
}

RecordProblem check_request(const RequestPart& part) {
  if (!all_valid(part.tenant, part.principal, part.environment, part.vendor, part.region,
                 part.model, part.api_kind, part.reason, part.template_name, part.template_version))
    return RecordProblem::Text;
  constexpr unsigned kFlags = contract::kRequestFlagStreaming | contract::kRequestFlagReasonHeader;
  if (!within(part.durability, contract::RecordedDurability::Committed) ||
      (part.flags & ~kFlags) != 0)
    return RecordProblem::Number;
  return part.reserved == 0 ? RecordProblem::None : RecordProblem::Padding;
}

RecordProblem check_outcome(const OutcomePart& part, RecordKind kind) {
  if (!all_valid(part.reason, part.response_model)) return RecordProblem::Text;
  const bool interrupted = part.outcome == static_cast<uint16_t>(Outcome::Interrupted);
  if (part.outcome == 0 || !within(part.outcome, Outcome::Failed) ||
      interrupted != (kind == RecordKind::Interrupted) ||
      !within(part.direction, contract::RecordedDirection::Response) ||
      !tls_version(part.client_tls_version) || !tls_version(part.upstream_tls_version))
    return RecordProblem::Number;
  return RecordProblem::None;
}

bool is_digest(const contract::Digest& digest) { return digest != contract::Digest{}; }

// Who was accepted showed a certificate and agreed on a version and a suite; who was refused has a
// reason. Behind the certificates that were presented there is nothing.
RecordProblem check_tls(const TlsPart& part) {
  if (!all_valid(part.vendor, part.reason, part.failure, part.server_name))
    return RecordProblem::Text;
  for (const std::string_view code : {part.reason.view(), part.failure.view()})
    if (!code.empty() && !contract::is_field_value(code, contract::FieldRule::Code))
      return RecordProblem::Text;
  constexpr unsigned kFlags = contract::kTlsFlagPinned | contract::kTlsFlagCertificateRequested |
                              contract::kTlsFlagCertificateSent;
  const bool sent = (part.flags & contract::kTlsFlagCertificateSent) != 0;
  const bool requested = (part.flags & contract::kTlsFlagCertificateRequested) != 0;
  if (!tls_version(part.tls_version) || (part.flags & ~kFlags) != 0 || (sent && !requested) ||
      (part.address_version != 4 && part.address_version != 6) ||
      (part.tls_version == 0) != (part.cipher_suite == 0) ||
      (part.reason.length == 0) != (part.failure.length == 0) ||
      (part.certificate_count != 0) != is_digest(part.spki))
    return RecordProblem::Number;
  if (part.reason.length == 0 && (part.tls_version == 0 || part.certificate_count == 0))
    return RecordProblem::Number;
  for (size_t i = 0; i < part.certificates.size(); ++i)
    if (is_digest(part.certificates[i]) != (i < part.certificate_count))
      return RecordProblem::Number;
  const bool is_v4 = part.address_version == 4;
  for (size_t i = 4; is_v4 && i < part.address.size(); ++i)
    if (part.address[i] != 0) return RecordProblem::Padding;
  return part.reserved == 0 ? RecordProblem::None : RecordProblem::Padding;
}

bool masked(const AggregatePart& part) {
  for (size_t i = 0; i < part.source.size(); ++i) {
    const size_t first_bit = i * 8;
    const size_t kept =
        part.prefix_bits > first_bit ? std::min<size_t>(part.prefix_bits - first_bit, 8) : 0;
    if ((part.source[i] & (0xffU >> kept)) != 0) return false;
  }
  return true;
}

RecordProblem check_aggregate(const AggregatePart& part) {
  if (!all_valid(part.reason, part.tenant, part.principal)) return RecordProblem::Text;
  const unsigned bits_max = part.source_version == 4 ? 32 : part.source_version == 6 ? 128 : 0;
  if ((part.source_version != 0 && bits_max == 0) || part.prefix_bits > bits_max || !masked(part) ||
      part.count == 0)
    return RecordProblem::Number;
  return part.reserved == 0 ? RecordProblem::None : RecordProblem::Padding;
}

RecordProblem check_note(const NotePart& part) {
  return all_valid(part.code, part.actor, part.detail) ? RecordProblem::None : RecordProblem::Text;
}

RecordProblem check_control(const ControlPart& part) {
  if (!all_valid(part.action, part.actor, part.tenant, part.object, part.reason, part.ticket,
                 part.detail))
    return RecordProblem::Text;
  const auto words = [](const auto& text) {
    return contract::is_record_text(text.view(), contract::TextRule::Words);
  };
  if (!contract::is_field_value(part.action.view(), contract::FieldRule::Code) ||
      !contract::is_record_text(part.actor.view(), contract::TextRule::Identity) ||
      !words(part.tenant) || !words(part.object) || !words(part.reason) || !words(part.ticket) ||
      !words(part.detail))
    return RecordProblem::Text;
  if (part.result == 0 || !within(part.result, contract::ControlResult::Intended))
    return RecordProblem::Number;
  return part.reserved == std::array<uint8_t, 5>{} ? RecordProblem::None : RecordProblem::Padding;
}

RecordProblem check_fields(std::span<const uint8_t>& rest, size_t count) {
  uint16_t former = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto field = take<ControlField>(rest);
    if (field.name == 0 || field.name > contract::kControlFields.size() || field.name < former)
      return RecordProblem::Field;
    former = field.name;
    if (!field.value.valid()) return RecordProblem::Text;
    if (!contract::is_field_value(field.value.view(),
                                  contract::kControlFields[field.name - 1U].rule))
      return RecordProblem::Field;
  }
  return RecordProblem::None;
}

RecordProblem check_tallies(std::span<const uint8_t>& rest, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const Tally tally = take<Tally>(rest);
    if (!all_valid(tally.name, tally.reason)) return RecordProblem::Text;
    if (tally.section == 0 || !within(tally.section, contract::TallySection::OnFailureAllowed) ||
        !within(tally.action, contract::RecordedAction::Block))
      return RecordProblem::Tally;
    if (tally.reserved != 0) return RecordProblem::Padding;
  }
  return RecordProblem::None;
}

// Whether a record of this kind is about one exchange.
bool request_named_rightly(const RecordHeader& header) {
  const bool named = (header.request_high | header.request_low) != 0;
  switch (static_cast<RecordKind>(header.kind)) {
    case RecordKind::Admitted:
    case RecordKind::Completed:
    case RecordKind::Refused:
    case RecordKind::Interrupted:
    case RecordKind::TlsConnection:
      return named;
    case RecordKind::RefusedAggregate:
      return !named;
    default:
      return true;
  }
}

// How many fields a control record says it has; more than there may be when it is too short to say.
size_t field_count(std::span<const uint8_t> record, const contract::RecordShape& shape) {
  if (!shape.control) return 0;
  uint16_t count = 0;
  if (record.size() < shape.fixed_bytes) return contract::kControlFieldsMax + 1;
  std::memcpy(&count, record.data() + sizeof(RecordHeader) + offsetof(ControlPart, field_count),
              sizeof(count));
  return count;
}

RecordProblem check_header(const RecordHeader& header, std::span<const uint8_t> record) {
  if (header.version < contract::kRecordVersionOldest || header.version > contract::kRecordVersion)
    return RecordProblem::Version;
  const contract::RecordShape shape = contract::record_shape(header.kind, header.version);
  if (shape.fixed_bytes == 0) return RecordProblem::Kind;
  const bool listed = shape.request || shape.outcome;
  if (header.tally_count > (listed ? contract::kTalliesMax : 0) ||
      header.subject_count > (listed || shape.control ? contract::kSubjectsMax : 0))
    return RecordProblem::Tally;
  const size_t bytes = record.size();
  const size_t fields = field_count(record, shape);
  if (bytes >= shape.fixed_bytes && fields > contract::kControlFieldsMax)
    return RecordProblem::Field;
  const size_t wanted = shape.fixed_bytes + fields * sizeof(ControlField) +
                        header.tally_count * sizeof(Tally) +
                        header.subject_count * sizeof(contract::SubjectId);
  if (header.total_bytes != bytes || wanted != bytes) return RecordProblem::Length;
  if (!within(header.clock_state, contract::ClockState::Unsynchronised) ||
      header.worker >= contract::kRingWorkersMax)
    return RecordProblem::Number;
  if (header.reserved0 != 0 || header.reserved1 != std::array<uint8_t, 6>{})
    return RecordProblem::Padding;
  return request_named_rightly(header) ? RecordProblem::None : RecordProblem::Request;
}

}  // namespace

const char* name_of(RecordProblem problem) {
  switch (problem) {
    case RecordProblem::None:
      return "none";
    case RecordProblem::TooShort:
      return "too_short";
    case RecordProblem::Version:
      return "version";
    case RecordProblem::Kind:
      return "kind";
    case RecordProblem::Length:
      return "length";
    case RecordProblem::Sequence:
      return "sequence";
    case RecordProblem::Identity:
      return "identity";
    case RecordProblem::Text:
      return "text";
    case RecordProblem::Number:
      return "number";
    case RecordProblem::Tally:
      return "tally";
    case RecordProblem::Padding:
      return "padding";
    case RecordProblem::Request:
      return "request";
    case RecordProblem::Field:
      return "field";
  }
  return "unknown";
}

RecordProblem validate_record(std::span<const uint8_t> record) {
  if (record.size() < sizeof(RecordHeader)) return RecordProblem::TooShort;
  std::span<const uint8_t> rest = record;
  const auto header = take<RecordHeader>(rest);
  RecordProblem problem = check_header(header, record);
  if (problem != RecordProblem::None) return problem;
  const contract::RecordShape shape = contract::record_shape(header.kind, header.version);
  if (shape.request) problem = check_request(take_first<RequestPart>(rest, shape.request_bytes));
  if (problem != RecordProblem::None) return problem;
  if (shape.outcome)
    problem = check_outcome(take_first<OutcomePart>(rest, shape.outcome_bytes),
                            static_cast<RecordKind>(header.kind));
  if (shape.tls) problem = check_tls(take<TlsPart>(rest));
  if (shape.aggregate) problem = check_aggregate(take<AggregatePart>(rest));
  if (shape.note) problem = check_note(take<NotePart>(rest));
  size_t fields = 0;
  if (shape.control) {
    const auto part = take<ControlPart>(rest);
    fields = part.field_count;
    problem = check_control(part);
  }
  if (problem != RecordProblem::None) return problem;
  problem = check_fields(rest, fields);
  if (problem != RecordProblem::None) return problem;
  return check_tallies(rest, header.tally_count);
}

RecordProblem validate_ring_record(std::span<const uint8_t> record,
                                   const contract::RingDataHeader& ring, uint64_t sequence) {
  const RecordProblem problem = validate_record(record);
  if (problem != RecordProblem::None) return problem;
  const auto header = take<RecordHeader>(record);
  if (header.version != ring.record_version) return RecordProblem::Version;
  switch (static_cast<RecordKind>(header.kind)) {
    case RecordKind::Admitted:
    case RecordKind::Completed:
    case RecordKind::Refused:
    case RecordKind::RefusedAggregate:
    case RecordKind::Security:
    case RecordKind::TlsConnection:
      break;
    default:
      return RecordProblem::Kind;  // the control plane's own words
  }
  if (header.ring_sequence != sequence) return RecordProblem::Sequence;
  if (header.boot_id != ring.boot_id || header.generation != ring.generation ||
      header.worker != ring.worker)
    return RecordProblem::Identity;
  const auto id = contract::RequestId::of_words(header.request_high, header.request_low);
  if (!id.empty() && (id.node != ring.node || id.start != ring.start || id.worker != ring.worker))
    return RecordProblem::Request;
  return RecordProblem::None;
}

}  // namespace sallyport::evidence_log
