// query_list.cc: the questions of query.h that look through records: list, rows, records, show.
#include <algorithm>

#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/query/criteria.h"
#include "controlplane/evidence/query/query.h"
#include "controlplane/evidence/ring/ring_reader.h"

namespace sallyport::evidence_log {
namespace {

using contract::RecordKind;
using nlohmann::json;

constexpr uint64_t kListChunk = 512;

// admitted and its verdict as one object; the record objects stay inside as they are.
json exchange_json(const json& admitted, const json& verdict) {
  json out = json::object();
  out["kind"] = "exchange";
  for (const char* name : {"index", "evidence", "request_id", "time", "tenant", "principal",
                           "environment", "vendor", "region", "model", "api_kind", "reason",
                           "streaming", "durability", "bundle_digest", "image_digest"})
    out[name] = admitted.at(name);
  const bool over = verdict.is_object();
  out["outcome"] = over ? verdict.at("outcome") : json("open");
  for (const char* name : {"reason_code", "http_status", "vendor_status", "latency_ns"})
    out[name] = over ? verdict.at(name) : json();
  for (const char* name : {"detections", "restorations", "opaque"}) {
    out[name] = admitted.at(name);
    if (over)
      for (const json& one : verdict.at(name)) out[name].push_back(one);
  }
  out["admitted"] = admitted;
  if (over) out[verdict.at("kind").get<std::string>()] = verdict;
  return out;
}

bool is_verdict(RecordKind kind) {
  return kind == RecordKind::Completed || kind == RecordKind::Interrupted;
}

json stored_json(const LogReader& log, uint64_t index) {
  if (index == kNoIndex) return nullptr;
  const auto record = log.record(index);
  return record && validate_record(*record) == RecordProblem::None ? record_json(index, *record)
                                                                   : json();
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool kind_fits(const json& object, const std::string& wanted) {
  if (wanted.empty() || list_has(wanted, text_of(object, "kind")) ||
      list_has(wanted, text_of(object, "evidence")))
    return true;
  if (text_of(object, "kind") != "exchange") return false;
  return std::any_of(object.begin(), object.end(), [&](const json& part) {
    return part.is_object() && part.contains("kind") && list_has(wanted, text_of(part, "kind"));
  });
}

bool any_entry(const json& object, std::initializer_list<const char*> lists, const char* name,
               const std::string& wanted) {
  for (const char* list : lists)
    if (const auto found = object.find(list); found != object.end() && found->is_array())
      for (const json& one : *found)
        if (text_of(one, name) == wanted) return true;
  return false;
}

// sallyportd's own records of TLS name the vendor among their fields.
bool is_identity_of(const json& object, const std::string& vendor) {
  return text_of(object, "kind") == "tls_identity" && object.contains("fields") &&
         text_of(object.at("fields"), "vendor") == vendor;
}

bool wanted(const json& object, const ListFilter& filter) {
  const auto fits = [&](const std::string& want, const char* name) {
    return want.empty() || text_of(object, name) == want;
  };
  return kind_fits(object, filter.kind) && fits(filter.tenant, "tenant") &&
         fits(filter.principal, "principal") &&
         (fits(filter.vendor, "vendor") || is_identity_of(object, filter.vendor)) &&
         fits(filter.outcome, "outcome") && fits(filter.request_id, "request_id") &&
         (filter.entity.empty() ||
          any_entry(object, {"detections", "restorations"}, "entity", filter.entity)) &&
         (filter.action.empty() || text_of(object, "action") == filter.action ||
          text_of(object, "code") == filter.action ||
          any_entry(object, {"detections"}, "action", filter.action));
}

// Whether a row or a record of this kind can be of the kinds asked for, by its header alone:
// reading an exchange whole costs a hundred times as much, and a log is nearly all exchanges.
bool kind_may_fit(uint64_t kind, const std::string& wanted) {
  if (wanted.empty() || list_has(wanted, kind_name(kind)) || list_has(wanted, evidence_code(kind)))
    return true;
  if (kind != static_cast<uint64_t>(RecordKind::Admitted)) return false;
  return list_has(wanted, "exchange") ||
         list_has(wanted, kind_name(static_cast<uint64_t>(RecordKind::Completed))) ||
         list_has(wanted, kind_name(static_cast<uint64_t>(RecordKind::Interrupted)));
}

contract::RecordHeader header_of(std::span<const uint8_t> record) {
  return RecordView(record).header();
}

bool may_be_wanted(const contract::RecordHeader& header, const ListFilter& filter) {
  return header.wall_ns >= filter.from_wall_ns && header.wall_ns <= filter.to_wall_ns &&
         kind_may_fit(header.kind, filter.kind);
}

// The object that list() has for this record; null for a verdict, which is a part of another.
json row_of(const LogReader& log, uint64_t index, std::span<const uint8_t> record, uint64_t end) {
  const contract::RecordHeader header = header_of(record);
  const auto kind = static_cast<RecordKind>(header.kind);
  if (is_verdict(kind)) return nullptr;
  json object = record_json(index, record);
  if (kind != RecordKind::Admitted) return object;
  const auto found =
      log.exchange(contract::RequestId::of_words(header.request_high, header.request_low));
  const uint64_t verdict = found ? found->verdict : kNoIndex;
  return exchange_json(object, stored_json(log, verdict < end ? verdict : kNoIndex));
}

json inclusion_json(const LogReader& log, const Checkpoint& checkpoint, const std::string& note,
                    uint64_t index) {
  const auto record = log.record(index);
  if (!record || record->empty() || index >= checkpoint.size) return nullptr;
  json proof = json::array();
  for (const Hash& hash : Tree(log).inclusion_proof(index, checkpoint.size))
    proof.push_back(base64(hash));
  return {{"index", index},          {"leaf", base64(leaf_hash(*record))}, {"proof", proof},
          {"size", checkpoint.size}, {"root", base64(checkpoint.root)},    {"checkpoint", note}};
}

}  // namespace

json list(const LogReader& log, const ListFilter& filter) {
  json out = json::array();
  const auto full = [&] { return filter.limit != 0 && out.size() >= filter.limit; };
  for (uint64_t end = std::min(log.size(), filter.before); end > 0 && !full();) {
    const uint64_t begin = end > kListChunk ? end - kListChunk : 0;
    std::vector<std::vector<uint8_t>> records;
    log.scan(begin, end, [&](uint64_t, std::span<const uint8_t> record) {
      records.emplace_back(record.begin(), record.end());
      return true;
    });
    for (size_t i = records.size(); i-- > 0 && !full();) {
      if (validate_record(records[i]) != RecordProblem::None) continue;
      if (!may_be_wanted(header_of(records[i]), filter)) continue;
      json object = row_of(log, begin + i, records[i], kNoIndex);
      if (object.is_object() && wanted(object, filter)) out.push_back(std::move(object));
    }
    end = begin;
  }
  return out;
}

uint64_t each_row(const LogReader& log, const ListFilter& filter, uint64_t from, uint64_t to,
                  const RowVisitor& visit) {
  uint64_t pruned = 0;
  log.scan(from, to, [&](uint64_t index, std::span<const uint8_t> record) {
    pruned += record.empty() ? 1 : 0;
    if (validate_record(record) != RecordProblem::None || !may_be_wanted(header_of(record), filter))
      return true;
    json object = row_of(log, index, record, to);
    return !object.is_object() || !wanted(object, filter) || visit(std::move(object));
  });
  return pruned;
}

void each_record(const LogReader& log, const ListFilter& filter, uint64_t from, uint64_t to,
                 const RowVisitor& visit) {
  log.scan(from, to, [&](uint64_t index, std::span<const uint8_t> record) {
    if (validate_record(record) != RecordProblem::None || !may_be_wanted(header_of(record), filter))
      return true;
    json object = record_json(index, record);
    const contract::RecordHeader header = header_of(record);
    json judged = object;
    const bool of_whom =
        !filter.tenant.empty() || !filter.principal.empty() || !filter.vendor.empty();
    if (of_whom && is_verdict(static_cast<RecordKind>(header.kind))) {
      const auto found =
          log.exchange(contract::RequestId::of_words(header.request_high, header.request_low));
      const json admitted = stored_json(log, found ? found->admitted : kNoIndex);
      for (const char* name : {"tenant", "principal", "vendor"})
        judged[name] = text_of(admitted, name);
    }
    return !wanted(judged, filter) || visit(std::move(object));
  });
}

json show(const LogReader& log, std::string_view request_id) {
  const auto id = contract::parse_request_id(request_id);
  const auto index = id ? log.exchange(*id) : std::nullopt;
  if (!index) return nullptr;
  const json first = stored_json(log, index->admitted);
  const bool refused = index->verdict == index->admitted;
  if (!first.is_object() || (!refused && text_of(first, "kind") != "admitted")) return nullptr;
  json out = refused ? first : exchange_json(first, stored_json(log, index->verdict));
  const auto note = log.latest_checkpoint();
  const auto checkpoint = note ? read_checkpoint(*note) : std::nullopt;
  out["inclusion"] = checkpoint ? inclusion_json(log, *checkpoint, *note, index->admitted) : json();
  if (!refused)
    out["verdict_inclusion"] = checkpoint && index->verdict != kNoIndex
                                   ? inclusion_json(log, *checkpoint, *note, index->verdict)
                                   : json();
  return out;
}

}  // namespace sallyport::evidence_log
