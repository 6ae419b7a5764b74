// record_rules.cc: what makes bytes a record. Declared in ring_reader.h; the log's verifier holds
// stored records to the same rules.
#include <algorithm>
#include <array>
#include <cstring>

#include "controlplane/evidence/ring_reader.h"

namespace sallyport::evidence_log {
namespace {

using contract::AggregatePart;
using contract::NotePart;
using contract::Outcome;
using contract::OutcomePart;
using contract::RecordHeader;
using contract::RecordKind;
using contract::RequestPart;
using contract::Tally;

template <typename Part>
Part take(std::span<const uint8_t>& rest) {
  Part part;
  std::memcpy(&part, rest.data(), sizeof(part));
  rest = rest.subspan(sizeof(part));
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
      return named;
    case RecordKind::RefusedAggregate:
      return !named;
    default:
      return true;
  }
}

RecordProblem check_header(const RecordHeader& header, size_t bytes) {
  if (header.version != contract::kRecordVersion) return RecordProblem::Version;
  const contract::RecordShape shape = contract::record_shape(header.kind);
  if (shape.fixed_bytes == 0) return RecordProblem::Kind;
  const bool listed = shape.request || shape.outcome;
  if (header.tally_count > (listed ? contract::kTalliesMax : 0) ||
      header.subject_count > (listed ? contract::kSubjectsMax : 0))
    return RecordProblem::Tally;
  const size_t wanted = shape.fixed_bytes + header.tally_count * sizeof(Tally) +
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
  }
  return "unknown";
}

RecordProblem validate_record(std::span<const uint8_t> record) {
  if (record.size() < sizeof(RecordHeader)) return RecordProblem::TooShort;
  std::span<const uint8_t> rest = record;
  const auto header = take<RecordHeader>(rest);
  RecordProblem problem = check_header(header, record.size());
  if (problem != RecordProblem::None) return problem;
  const contract::RecordShape shape = contract::record_shape(header.kind);
  if (shape.request) problem = check_request(take<RequestPart>(rest));
  if (problem != RecordProblem::None) return problem;
  if (shape.outcome)
    problem = check_outcome(take<OutcomePart>(rest), static_cast<RecordKind>(header.kind));
  if (shape.aggregate) problem = check_aggregate(take<AggregatePart>(rest));
  if (shape.note) problem = check_note(take<NotePart>(rest));
  if (problem != RecordProblem::None) return problem;
  return check_tallies(rest, header.tally_count);
}

RecordProblem validate_ring_record(std::span<const uint8_t> record,
                                   const contract::RingDataHeader& ring, uint64_t sequence) {
  const RecordProblem problem = validate_record(record);
  if (problem != RecordProblem::None) return problem;
  const auto header = take<RecordHeader>(record);
  switch (static_cast<RecordKind>(header.kind)) {
    case RecordKind::Interrupted:
    case RecordKind::Gap:
    case RecordKind::Administration:
      return RecordProblem::Kind;  // the control plane's own words
    default:
      break;
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
