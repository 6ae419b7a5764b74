// control_part.h: what the control plane's own records say: who did what, to what, with which
// result, and a short list of named fields.
//
//   ControlPart      as in evidence_record.h, behind the RecordHeader
//   ControlField     x field_count, in the order of their numbers; those of one name keep theirs
//
// A field's name is a number of the registry below, and each name has a rule for its value, so a
// reader can refuse what is no record. Nothing here can take a message's bytes: see record_text.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/contract/record_text.h"

namespace sallyport::contract {

// Persisted numbers: never reused.
enum class ControlResult : uint8_t {
  None = 0,
  Ok = 1,
  Denied = 2,
  Failed = 3,
  Deferred = 4,
  Intended = 5,  // committed before it takes effect; what came of it follows when it failed
};
inline constexpr std::array<std::string_view, 6> kControlResultNames{
    "", "ok", "denied", "failed", "deferred", "intended"};

struct ControlPart {
  BoundedText<47> action;   // fixed code, e.g. "policy_applied"
  BoundedText<95> actor;    // who, as the kernel, a certificate or a signature says
  BoundedText<47> tenant;   // empty: not about one
  BoundedText<95> object;   // what it was done to: a name, a digest, a request id
  BoundedText<47> reason;   // fixed code, or one of the policy's list
  BoundedText<47> ticket;   // number in somebody's change or case system
  BoundedText<127> detail;  // our own words and numbers, or an operator's reason
  Digest before;
  Digest after;
  uint64_t count;
  uint64_t from;  // a range: versions, indexes, Unix seconds; the action says which
  uint64_t to;
  uint16_t field_count;
  uint8_t result;  // ControlResult
  std::array<uint8_t, 5> reserved;
};
static_assert(offsetof(ControlPart, actor) == 48);
static_assert(offsetof(ControlPart, object) == 192);
static_assert(offsetof(ControlPart, detail) == 384);
static_assert(offsetof(ControlPart, before) == 512);
static_assert(offsetof(ControlPart, count) == 576);
static_assert(offsetof(ControlPart, field_count) == 600);
static_assert(sizeof(ControlPart) == 608);

struct ControlField {
  uint16_t name;  // number in kControlFields, from 1
  BoundedText<125> value;
};
static_assert(sizeof(ControlField) == 128);
inline constexpr size_t kControlFieldsMax = 48;  // a changelog entry with its tests and stages

enum class FieldRule : uint8_t {
  Code,      // [a-z0-9_.-]
  Name,      // one word
  Text,      // an operator's or our words
  Identity,  // a person or a service
  Number,    // decimal, at most 15 digits
  Hex,       // lower-case, 8, 32, 40 or 64 digits: a key id, a pseudonym, a commit, a digest
  Time,      // RFC 3339 in UTC, ends with Z
};

struct ControlFieldName {
  std::string_view name;
  FieldRule rule;
};
// Position + 1 is the persisted number: only append.
inline constexpr auto kControlFields = std::to_array<ControlFieldName>({
    // who
    {"author", FieldRule::Identity},
    {"approver", FieldRule::Identity},
    {"reviewer", FieldRule::Identity},
    {"owner", FieldRule::Identity},
    {"custodian", FieldRule::Identity},
    {"principal", FieldRule::Identity},
    {"principal_kind", FieldRule::Code},
    {"role", FieldRule::Name},
    {"key_id", FieldRule::Hex},
    // policy
    {"bundle", FieldRule::Hex},
    {"image", FieldRule::Hex},
    {"commit", FieldRule::Hex},
    {"version", FieldRule::Number},
    {"previous_version", FieldRule::Number},
    {"environment", FieldRule::Name},
    {"risk", FieldRule::Code},
    {"stricter", FieldRule::Text},
    {"looser", FieldRule::Text},
    {"change_link", FieldRule::Text},
    {"rollout_note", FieldRule::Text},
    {"canary_tenant", FieldRule::Name},
    {"stage", FieldRule::Code},
    {"started", FieldRule::Time},
    {"ended", FieldRule::Time},
    {"deadline", FieldRule::Time},
    {"expires", FieldRule::Time},
    {"requests", FieldRule::Number},
    {"errors", FieldRule::Number},
    {"limit", FieldRule::Number},
    {"emergency", FieldRule::Code},
    {"review_item", FieldRule::Name},
    {"exception", FieldRule::Name},
    // tests
    {"test", FieldRule::Name},
    {"run", FieldRule::Name},
    {"corpus", FieldRule::Name},
    {"expected", FieldRule::Number},
    {"found", FieldRule::Number},
    {"missed", FieldRule::Number},
    {"false_alarms", FieldRule::Number},
    {"passed", FieldRule::Number},
    {"failed", FieldRule::Number},
    {"duration_ms", FieldRule::Number},
    {"entity", FieldRule::Name},
    {"action", FieldRule::Code},
    // configuration
    {"file", FieldRule::Text},
    {"setting", FieldRule::Name},
    {"was", FieldRule::Text},
    {"is", FieldRule::Text},
    {"program", FieldRule::Name},
    {"program_version", FieldRule::Name},
    {"pid", FieldRule::Number},
    // keys
    {"key_name", FieldRule::Name},
    {"key_version", FieldRule::Number},
    {"algorithm", FieldRule::Name},
    {"shares", FieldRule::Number},
    {"threshold", FieldRule::Number},
    {"fingerprint", FieldRule::Hex},
    {"token_label", FieldRule::Name},
    // retention and holds
    {"kind", FieldRule::Code},
    {"retention_days", FieldRule::Number},
    {"cutoff", FieldRule::Time},
    {"first_index", FieldRule::Number},
    {"end_index", FieldRule::Number},
    {"records", FieldRule::Number},
    {"bytes", FieldRule::Number},
    {"kept", FieldRule::Number},
    {"hold", FieldRule::Name},
    {"held", FieldRule::Number},
    // subjects
    {"subject", FieldRule::Hex},
    {"linked", FieldRule::Number},
    {"exchanges", FieldRule::Number},
    {"mappings", FieldRule::Number},
    {"erased", FieldRule::Number},
    {"epoch", FieldRule::Number},
    {"vendor", FieldRule::Name},
    {"window_from", FieldRule::Time},
    {"window_to", FieldRule::Time},
    // restorations and access
    {"purpose", FieldRule::Code},
    {"mfa", FieldRule::Code},
    {"rule", FieldRule::Name},
    {"allowed", FieldRule::Number},
    {"denied", FieldRule::Number},
    {"decision", FieldRule::Code},
    {"channel", FieldRule::Code},
    {"break_glass", FieldRule::Code},
    {"access", FieldRule::Text},
    // checks and heartbeats
    {"check", FieldRule::Code},
    {"size", FieldRule::Number},
    {"root", FieldRule::Hex},
    {"witness", FieldRule::Name},
    {"lag_s", FieldRule::Number},
    {"ring", FieldRule::Name},
    {"worker", FieldRule::Number},
    {"sequence", FieldRule::Number},
    {"admitted", FieldRule::Number},
    {"completed", FieldRule::Number},
    {"refused", FieldRule::Number},
    {"interrupted", FieldRule::Number},
    {"gaps", FieldRule::Number},
    {"security", FieldRule::Number},
    {"control", FieldRule::Number},
    {"day", FieldRule::Name},
    {"problem", FieldRule::Text},
    // TLS
    {"host", FieldRule::Name},
    {"spki", FieldRule::Hex},
    {"pin", FieldRule::Code},
    {"tls_version", FieldRule::Name},
    {"client_certificate", FieldRule::Code},
    {"connections", FieldRule::Number},
    // exports
    {"query", FieldRule::Text},
    {"rows", FieldRule::Number},
    {"digest", FieldRule::Hex},
    {"destination", FieldRule::Text},
    {"checkpoint_size", FieldRule::Number},
    // TLS, since version 3
    {"cipher", FieldRule::Name},
    {"certificate", FieldRule::Hex},
});

// 0: there is no such name.
constexpr uint16_t control_field_number(std::string_view name) {
  for (size_t i = 0; i < kControlFields.size(); ++i)
    if (kControlFields[i].name == name) return static_cast<uint16_t>(i + 1);
  return 0;
}

namespace detail {
template <class Fits>
constexpr bool each(std::string_view text, Fits fits) {
  for (const char c : text)
    if (!fits(c)) return false;
  return true;
}
constexpr bool is_utc_time(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kShape.size() + 1 || text.size() > kShape.size() + 11 || text.back() != 'Z')
    return false;
  for (size_t i = 0; i < kShape.size(); ++i)
    if (kShape[i] == 'd' ? !digit(text[i]) : text[i] != kShape[i]) return false;
  const std::string_view rest = text.substr(kShape.size(), text.size() - kShape.size() - 1);
  return rest.empty() || (rest.size() > 1 && rest[0] == '.' && each(rest.substr(1), digit));
}
}  // namespace detail

// Whether `value` may stand in a field of this rule. No field is empty.
constexpr bool is_field_value(std::string_view value, FieldRule rule) {
  if (value.empty()) return false;
  switch (rule) {
    case FieldRule::Code:
      return is_record_text(value, TextRule::Words) && detail::each(value, [](char c) {
               return detail::digit(c) || (c >= 'a' && c <= 'z') || c == '_' || c == '.' ||
                      c == '-';
             });
    case FieldRule::Name:
      return is_record_text(value, TextRule::Words) &&
             detail::each(value, [](char c) { return c != ' '; });
    case FieldRule::Text:
      return is_record_text(value, TextRule::Words);
    case FieldRule::Identity:
      return is_record_text(value, TextRule::Identity);
    case FieldRule::Number:
      return value.size() <= 15 && (value.size() == 1 || value[0] != '0') &&
             detail::each(value, detail::digit);
    case FieldRule::Hex:
      return (value.size() == 8 || value.size() == 32 || value.size() == 40 ||
              value.size() == 64) &&
             detail::each(value, detail::lower_hex);
    case FieldRule::Time:
      return detail::is_utc_time(value);
  }
  return false;
}

}  // namespace sallyport::contract
