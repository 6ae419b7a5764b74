#include "controlplane/evidence/query/query.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>

#include "controlplane/evidence/drain/tls_day.h"
#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/log/hex_text.h"
#include "controlplane/evidence/ring/ring_reader.h"

namespace sallyport::evidence_log {
namespace {

using contract::RecordKind;
using contract::TallySection;
using nlohmann::json;

template <class Text, size_t N>
std::string name_at(const std::array<Text, N>& names, uint64_t number) {
  return number < N ? std::string(names[number]) : "unknown_" + std::to_string(number);
}

std::string outcome_name(uint64_t outcome) { return name_at(kOutcomeNames, outcome); }
std::string action_name(uint64_t action) {
  static constexpr std::array kNames{"none", "allow", "observe",    "tokenize",
                                     "mask", "hash",  "generalise", "block"};
  return name_at(kNames, action);
}
std::string direction_name(uint64_t direction) {
  static constexpr std::array kNames{"none", "request", "response"};
  return name_at(kNames, direction);
}

json digest_json(std::span<const uint8_t> digest) {
  const bool zero = std::all_of(digest.begin(), digest.end(), [](uint8_t b) { return b == 0; });
  return zero ? json() : json(lower_hex(digest));
}

std::string padded(uint64_t number, size_t digits) {
  std::string text = std::to_string(number);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

json tls_json(uint16_t version) {
  const std::string_view name = tls_version_name(version);
  return name.empty() ? json() : json(name);
}

void add_request(json& out, const contract::RequestPart& part) {
  static constexpr std::array kDurability{"none", "recorded", "committed"};
  out["tenant"] = part.tenant.view();
  out["principal"] = part.principal.view();
  out["environment"] = part.environment.view();
  out["vendor"] = part.vendor.view();
  out["region"] = part.region.view();
  out["model"] = part.model.view();
  out["api_kind"] = part.api_kind.view();
  out["reason"] = part.reason.view();
  out["reason_from_header"] = (part.flags & contract::kRequestFlagReasonHeader) != 0;
  out["template"] = part.template_name.view();
  out["template_version"] = part.template_version.view();
  out["template_digest"] = digest_json(part.template_digest);
  out["bundle_digest"] = digest_json(part.bundle_digest);
  out["image_digest"] = digest_json(part.image_digest);
  out["body_bytes"] = part.body_bytes;
  out["inspected_bytes"] = part.inspected_bytes;
  out["rewritten_bytes"] = part.rewritten_bytes;
  out["opaque_bytes"] = part.opaque_bytes;
  out["sent_bytes"] = part.sent_bytes;
  out["unknown_fields"] = part.unknown_fields;
  out["durability"] = name_at(kDurability, part.durability);
  out["streaming"] = (part.flags & contract::kRequestFlagStreaming) != 0;
}

void add_response_numbers(json& out, const contract::OutcomePart& part) {
  out["body_bytes"] = part.body_bytes;
  out["inspected_bytes"] = part.inspected_bytes;
  out["rewritten_bytes"] = part.rewritten_bytes;
  out["opaque_bytes"] = part.opaque_bytes;
  out["sent_bytes"] = part.sent_bytes;
  out["unknown_fields"] = part.unknown_fields;
  out["stream_events"] = part.stream_events;
}

void add_outcome(json& out, const contract::OutcomePart& part, bool with_request) {
  static constexpr std::array kStages{"head",    "body",       "judge",  "evidence",
                                      "connect", "first_byte", "answer", "total"};
  static_assert(kStages.size() == contract::kStageCount);
  out["outcome"] = outcome_name(part.outcome);
  out["direction"] = direction_name(part.direction);
  out["reason_code"] = part.reason.view();
  out["http_status"] = part.http_status;
  out["vendor_status"] = part.vendor_status;
  out["response_model"] = part.response_model.view();
  out["failover_hops"] = part.failover_hops;
  if (with_request) {  // the same names already say what the request had
    add_response_numbers(out["response"], part);
  } else {
    add_response_numbers(out, part);
  }
  json& stages = out["latency_ns"];
  for (size_t i = 0; i < kStages.size(); ++i) stages[kStages[i]] = part.stage_ns[i];
  out["upstream_spki"] = digest_json(part.upstream_spki);
  out["client_tls"] = tls_json(part.client_tls_version);
  out["upstream_tls"] = tls_json(part.upstream_tls_version);
  out["upstream_request_bytes"] = part.upstream_request_bytes;
  out["upstream_connection"] =
      part.upstream_connection != 0 ? json(part.upstream_connection) : json();
}

std::string address_text(int family, const uint8_t* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, bytes, text.data(), text.size()) != nullptr ? text.data() : "";
}

json text_or_null(std::string_view text) { return text.empty() ? json() : json(text); }

void add_tls(json& out, const contract::TlsPart& part) {
  const bool good = part.reason.view().empty();
  out["vendor"] = part.vendor.view();
  out["server_name"] = part.server_name.view();
  out["address"] =
      address_text(part.address_version == 4 ? AF_INET : AF_INET6, part.address.data());
  out["port"] = part.port;
  out["result"] = good ? "ok" : "denied";
  out["reason_code"] = part.reason.view();
  out["check"] = good ? "chain_verified" : part.failure.view();
  out["pin"] = pin_name(part);
  out["tls_version"] = text_or_null(tls_version_name(part.tls_version));
  out["cipher"] = text_or_null(cipher_name(part.cipher_suite));
  out["client_certificate"] = client_certificate_name(part.flags);
  out["spki"] = digest_json(part.spki);
  out["certificate_count"] = part.certificate_count;
  out["certificates"] = json::array();
  for (size_t i = 0; i < part.certificates.size() && i < part.certificate_count; ++i)
    out["certificates"].push_back(lower_hex(part.certificates[i]));
}

void add_aggregate(json& out, const contract::AggregatePart& part) {
  out["reason_code"] = part.reason.view();
  out["tenant"] = part.tenant.view();
  out["principal"] = part.principal.view();
  out["http_status"] = part.http_status;
  out["minute"] = utc_text_ns(part.minute * 60'000'000'000ULL);
  out["count"] = part.count;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = part.source_version == 4 ? AF_INET : AF_INET6;
  const bool known = part.source_version == 4 || part.source_version == 6;
  if (known && inet_ntop(family, part.source.data(), text.data(), text.size()) != nullptr) {
    out["source"] = std::string(text.data()) + "/" + std::to_string(part.prefix_bits);
  } else {
    out["source"] = nullptr;
  }
}

void add_note(json& out, const contract::NotePart& part) {
  out["code"] = part.code.view();
  out["actor"] = part.actor.view();
  out["detail"] = part.detail.view();
  out["before"] = digest_json(part.before);
  out["after"] = digest_json(part.after);
  out["from"] = part.from;
  out["to"] = part.to;
}

// Numbers as numbers; a name that comes several times is a list.
json field_value(const contract::ControlField& field, contract::FieldRule rule) {
  const std::string text(field.value.view());
  if (rule != contract::FieldRule::Number) return text;
  return std::strtoull(text.c_str(), nullptr, 10);
}

json fields_json(const std::vector<contract::ControlField>& fields) {
  json out = json::object();
  for (const contract::ControlField& field : fields) {
    const contract::ControlFieldName& known = contract::kControlFields[field.name - 1U];
    json& at = out[std::string(known.name)];
    if (at.is_null()) {
      at = field_value(field, known.rule);
      continue;
    }
    if (!at.is_array()) at = json::array({at});
    at.push_back(field_value(field, known.rule));
  }
  return out;
}

void add_control(json& out, const contract::ControlPart& part,
                 const std::vector<contract::ControlField>& fields) {
  out["code"] = part.action.view();  // the name that notes of version 1 have for it
  out["action"] = part.action.view();
  out["actor"] = part.actor.view();
  out["tenant"] = part.tenant.view();
  out["object"] = part.object.view();
  out["result"] = name_at(contract::kControlResultNames, part.result);
  out["reason"] = part.reason.view();
  out["ticket"] = part.ticket.view();
  out["detail"] = part.detail.view();
  out["before"] = digest_json(part.before);
  out["after"] = digest_json(part.after);
  out["count"] = part.count;
  out["from"] = part.from;
  out["to"] = part.to;
  out["fields"] = fields_json(fields);
}

void add_tally(json& out, const contract::Tally& tally) {
  const auto section = static_cast<TallySection>(tally.section);
  const bool response =
      section == TallySection::DetectedInResponse || section == TallySection::OpaqueInResponse;
  const char* direction = response ? "response" : "request";
  switch (section) {
    case TallySection::DetectedInRequest:
    case TallySection::DetectedInResponse:
      out["detections"].push_back({{"entity", tally.name.view()},
                                   {"action", action_name(tally.action)},
                                   {"direction", direction},
                                   {"count", tally.count}});
      if (!tally.reason.view().empty()) out["detections"].back()["note"] = tally.reason.view();
      return;
    case TallySection::RestorationAllowed:
    case TallySection::RestorationDenied:
      out["restorations"].push_back({{"entity", tally.name.view()},
                                     {"allowed", section == TallySection::RestorationAllowed},
                                     {"reason", tally.reason.view()},
                                     {"count", tally.count}});
      return;
    case TallySection::OpaqueInRequest:
    case TallySection::OpaqueInResponse:
      out["opaque"].push_back({{"why", tally.name.view()},
                               {"direction", direction},
                               {"count", tally.count},
                               {"bytes", tally.bytes}});
      return;
    case TallySection::OnFailureAllowed:
      out["on_failure_allowed"].push_back({{"check", tally.name.view()}, {"count", tally.count}});
      return;
  }
}

json view_json(uint64_t index, const RecordView& view) {
  static constexpr std::array kClock{"unknown", "synchronised", "unsynchronised"};
  const contract::RecordHeader& header = view.header();
  json out = json::object();
  out["index"] = index;
  out["kind"] = kind_name(header.kind);
  out["evidence"] = evidence_code(header.kind);
  out["schema"] = header.version;
  out["request_id"] = view.request_id().empty()
                          ? json()
                          : json(contract::request_id_text(view.request_id()).view());
  out["time"] = utc_text_ns(header.wall_ns);
  out["monotonic_ns"] = header.monotonic_ns;
  out["clock"] = name_at(kClock, header.clock_state);
  const bool of_a_ring = header.generation != 0 || header.ring_sequence != 0;
  out["ring"] = nullptr;
  if (of_a_ring)
    out["ring"] = {{"boot_id", lower_hex(header.boot_id)},
                   {"generation", header.generation},
                   {"worker", header.worker},
                   {"sequence", header.ring_sequence}};
  if (view.request()) add_request(out, *view.request());
  if (view.outcome()) add_outcome(out, *view.outcome(), view.request().has_value());
  if (view.aggregate()) add_aggregate(out, *view.aggregate());
  if (view.tls()) add_tls(out, *view.tls());
  if (view.note()) add_note(out, *view.note());
  if (view.control()) add_control(out, *view.control(), view.fields());
  if (view.control() && !view.subjects().empty())
    for (const contract::SubjectId& subject : view.subjects())
      out["subjects"].push_back(lower_hex(subject));
  if (view.request() || view.outcome()) {
    for (const char* list : {"detections", "restorations", "opaque", "on_failure_allowed"})
      out[list] = json::array();
    for (const contract::Tally& tally : view.tallies()) add_tally(out, tally);
    out["subjects"] = json::array();
    for (const contract::SubjectId& subject : view.subjects())
      out["subjects"].push_back(lower_hex(subject));
  }
  return out;
}

}  // namespace

std::string utc_text_ns(uint64_t wall_ns) {
  const auto seconds = static_cast<time_t>(wall_ns / 1'000'000'000ULL);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return padded(static_cast<uint64_t>(parts.tm_year + 1900), 4) + "-" +
         padded(static_cast<uint64_t>(parts.tm_mon + 1), 2) + "-" +
         padded(static_cast<uint64_t>(parts.tm_mday), 2) + "T" +
         padded(static_cast<uint64_t>(parts.tm_hour), 2) + ":" +
         padded(static_cast<uint64_t>(parts.tm_min), 2) + ":" +
         padded(static_cast<uint64_t>(parts.tm_sec), 2) + "." +
         padded(wall_ns % 1'000'000'000ULL, 9) + "Z";
}

json record_json(uint64_t index, std::span<const uint8_t> record) {
  const RecordProblem problem = validate_record(record);
  if (problem != RecordProblem::None)
    return {{"index", index}, {"kind", "unreadable"}, {"problem", name_of(problem)}};
  return view_json(index, RecordView(record));
}

}  // namespace sallyport::evidence_log
