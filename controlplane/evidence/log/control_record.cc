#include "controlplane/evidence/log/control_record.h"

#include <sys/timex.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

#include "dataplane/base/check.h"

namespace sallyport::evidence_log {
namespace {

using contract::ControlField;
using contract::ControlPart;
using contract::FieldRule;
using contract::RecordKind;
using contract::TextRule;

constexpr std::string_view kWithheld = "withheld";
constexpr size_t kFieldBytesMax = sizeof(ControlField::value.bytes);

uint8_t result_number(std::string_view result) {
  const auto& names = contract::kControlResultNames;
  const auto at = std::find(names.begin() + 1, names.end(), result);
  SP_CHECK_WHY(at != names.end(), "a result that does not exist");
  return static_cast<uint8_t>(at - names.begin());
}

template <size_t N>
void put(contract::BoundedText<N>& into, std::string_view text, TextRule rule = TextRule::Words) {
  into.assign(safe_record_text(text, N, rule));
}

ControlPart part_of(const ControlRecord& record) {
  SP_CHECK_WHY(
      contract::is_field_value(record.action, FieldRule::Code) && record.action.size() < 48,
      "an action is a code");
  ControlPart part{};
  part.action.assign(record.action);
  put(part.actor, record.actor, TextRule::Identity);
  put(part.tenant, record.tenant);
  put(part.object, record.object);
  put(part.reason, record.reason);
  put(part.ticket, record.ticket);
  put(part.detail, record.detail);
  part.before = record.before;
  part.after = record.after;
  part.count = record.count;
  part.from = record.from;
  part.to = record.to;
  part.result = result_number(record.result);
  return part;
}

// A value that its rule does not allow is not lost silently, and not kept either.
ControlField field_of(const std::string& name, const std::string& value) {
  const uint16_t number = contract::control_field_number(name);
  SP_CHECK_WHY(number != 0, "a field that has no name in contract/control_part.h");
  const FieldRule rule = contract::kControlFields[number - 1U].rule;
  ControlField field{};
  field.name = number;
  std::string kept = value;
  if (rule == FieldRule::Text || rule == FieldRule::Identity)
    kept = safe_record_text(value, kFieldBytesMax,
                            rule == FieldRule::Identity ? TextRule::Identity : TextRule::Words);
  if (kept.size() <= kFieldBytesMax && contract::is_field_value(kept, rule)) {
    field.value.assign(kept);
  } else {
    // Of the rules, these have no word of their own for "not said".
    const bool number_like = rule == FieldRule::Number;
    field.value.assign(number_like               ? "0"
                       : rule == FieldRule::Hex  ? "00000000"
                       : rule == FieldRule::Time ? "1970-01-01T00:00:00Z"
                                                 : kWithheld);
  }
  return field;
}

std::vector<ControlField> fields_of(const ControlRecord& record) {
  std::vector<ControlField> fields;
  for (const auto& [name, value] : record.fields)
    if (!value.empty()) fields.push_back(field_of(name, value));
  std::stable_sort(fields.begin(), fields.end(),
                   [](const ControlField& a, const ControlField& b) { return a.name < b.name; });
  if (fields.size() > contract::kControlFieldsMax) {
    const size_t dropped = fields.size() - contract::kControlFieldsMax + 1;
    fields.resize(contract::kControlFieldsMax - 1);
    fields.push_back(field_of("problem", std::to_string(dropped) + " fields dropped"));
    std::stable_sort(fields.begin(), fields.end(),
                     [](const ControlField& a, const ControlField& b) { return a.name < b.name; });
  }
  return fields;
}

template <class T>
void append(std::vector<uint8_t>& bytes, const T& value) {
  const auto* at = reinterpret_cast<const uint8_t*>(&value);
  bytes.insert(bytes.end(), at, at + sizeof(value));
}

}  // namespace

std::vector<uint8_t> control_record_bytes(const ControlRecord& record, uint64_t wall_ns,
                                          uint64_t monotonic_ns) {
  ControlPart part = part_of(record);
  const std::vector<ControlField> fields = fields_of(record);
  part.field_count = static_cast<uint16_t>(fields.size());
  contract::RecordHeader header{};
  header.version = contract::kRecordVersion;
  header.kind = static_cast<uint16_t>(record.kind);
  const contract::RecordShape shape = contract::record_shape(header.kind);
  SP_CHECK_WHY(shape.control, "not a kind of the control plane");
  const size_t subjects = std::min(record.subjects.size(), contract::kSubjectsMax);
  header.subject_count = static_cast<uint16_t>(subjects);
  header.total_bytes =
      static_cast<uint32_t>(shape.fixed_bytes + fields.size() * sizeof(ControlField) +
                            subjects * sizeof(contract::SubjectId));
  header.clock_state = static_cast<uint8_t>(clock_state());
  header.request_high = record.request_id.high();
  header.request_low = record.request_id.low();
  header.wall_ns = wall_ns;
  header.monotonic_ns = monotonic_ns;
  std::vector<uint8_t> bytes;
  bytes.reserve(header.total_bytes);
  append(bytes, header);
  append(bytes, part);
  for (const ControlField& field : fields) append(bytes, field);
  for (size_t i = 0; i < subjects; ++i) append(bytes, record.subjects[i]);
  return bytes;
}

std::string safe_record_text(std::string_view text, size_t bytes_max, TextRule rule) {
  std::string safe;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    std::string word(text.substr(begin, end - begin));
    for (char& c : word)
      if (c < 0x20 || c > 0x7e) c = '?';
    if (begin != 0) safe += ' ';
    safe += contract::is_record_text(word, rule) ? std::string_view(word) : kWithheld;
    begin = end + 1;
  }
  // Words that are harmless alone, and a number together.
  if (!contract::is_record_text(safe, rule)) safe = kWithheld;
  if (safe.size() <= bytes_max) return safe;
  std::string cut = safe.substr(0, bytes_max - 1) + "~";
  while (!contract::is_record_text(cut, rule)) {  // cut inside a digest
    const size_t blank = cut.rfind(' ', cut.size() - 2);
    if (blank == std::string::npos) return std::string(kWithheld.substr(0, bytes_max));
    cut = cut.substr(0, blank + 1) + "~";
  }
  return cut;
}

std::string kind_name(uint64_t kind) {
  static constexpr std::array<const char*, contract::kRecordKindLast + 1> kNames{
      "none",          "admitted",      "completed", "refused",        "refused_aggregate",
      "interrupted",   "gap",           "security",  "administration", "policy",
      "test",          "configuration", "key",       "retention",      "subject_request",
      "check",         "restoration",   "heartbeat", "tls_identity",   "access",
      "tls_connection"};
  return kind < kNames.size() ? kNames[kind] : "unknown_" + std::to_string(kind);
}

std::string_view evidence_code(uint64_t kind) {
  switch (static_cast<RecordKind>(kind)) {
    case RecordKind::Admitted:
    case RecordKind::Completed:
    case RecordKind::Refused:
    case RecordKind::Interrupted:
      return "REQ";
    case RecordKind::RefusedAggregate:
    case RecordKind::Security:
      return "EGR";
    case RecordKind::Gap:
    case RecordKind::Check:
    case RecordKind::Heartbeat:
      return "CHK";
    case RecordKind::Administration:
      return "ADM";
    case RecordKind::Policy:
      return "POL";
    case RecordKind::Test:
      return "TST";
    case RecordKind::Configuration:
      return "CFG";
    case RecordKind::Key:
      return "KEY";
    case RecordKind::Retention:
      return "RET";
    case RecordKind::SubjectRequest:
      return "DSR";
    case RecordKind::Restoration:
      return "RST";
    case RecordKind::TlsIdentity:
    case RecordKind::TlsConnection:
      return "TLS";
    case RecordKind::Access:
      return "ACC";
  }
  return "";
}

std::string utc_text(uint64_t unix_seconds) {
  const auto seconds = static_cast<time_t>(unix_seconds);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

contract::ClockState clock_state() {
  timex query{};
  const int state = adjtimex(&query);
  if (state < 0) return contract::ClockState::Unknown;
  return state == TIME_ERROR || (query.status & STA_UNSYNC) != 0
             ? contract::ClockState::Unsynchronised
             : contract::ClockState::Synchronised;
}

}  // namespace sallyport::evidence_log
