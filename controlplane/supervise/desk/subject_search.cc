#include "controlplane/supervise/desk/subject_search.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/ring/ring_reader.h"
#include "dataplane/base/time.h"

namespace sallyport::supervise {

using contract::RecordKind;
using evidence_log::RecordView;
using nlohmann::json;

namespace {

std::string hex_of(const contract::SubjectId& subject) {
  std::string out;
  for (const uint8_t byte : subject) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

bool has_dropped_subjects(const RecordView& record) {
  return std::any_of(record.tallies().begin(), record.tallies().end(),
                     [](const auto& tally) { return tally.name.view() == "subjects_dropped"; });
}

class Search {
 public:
  Search(const evidence_log::LogReader& log, const SubjectQuestion& question)
      : log_(log), question_(question) {}

  bool visit(uint64_t index, std::span<const uint8_t> bytes) {
    if (bytes.empty()) {
      ++pruned_;
      return true;
    }
    if (evidence_log::validate_record(bytes) != evidence_log::RecordProblem::None) return true;
    contract::RecordHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    const auto kind = static_cast<RecordKind>(header.kind);
    if (kind == RecordKind::SubjectRequest) look_at_request(RecordView(bytes));
    if (kind != RecordKind::Admitted && kind != RecordKind::Completed) return true;
    if (header.wall_ns < question_.from_ns || header.wall_ns > question_.to_ns) return true;
    if (header.subject_count == 0) return true;
    look_at(index, RecordView(bytes), kind);
    return true;
  }
  json answer() const {
    return {{"appearances", appearances_}, {"exchanges", exchanges_.size()},
            {"erasures", erasures_},       {"by_vendor", by_vendor_},
            {"truncated", truncated_},     {"records_without_all_subjects", incomplete_},
            {"records_pruned", pruned_}};
  }

 private:
  // What was asked of them before, whenever that was: questions are left out, they remove nothing.
  void look_at_request(const RecordView& record) {
    const auto& part = record.control();
    if (!part || part->tenant.view() != question_.tenant || erasures_.size() >= kErasuresMax)
      return;
    const std::string_view action = part->action.view();
    if (!action.starts_with("erase") && !action.starts_with("reredact")) return;
    const auto is_asked = [&](const contract::SubjectId& one) {
      return std::find(question_.subjects.begin(), question_.subjects.end(), one) !=
             question_.subjects.end();
    };
    if (!std::any_of(record.subjects().begin(), record.subjects().end(), is_asked)) return;
    erasures_.push_back({{"id", part->object.view()},
                         {"time", evidence_log::utc_text(record.header().wall_ns / base::kNsPerS)},
                         {"action", action},
                         {"result", contract::kControlResultNames[part->result]},
                         {"reason", part->reason.view()},
                         {"ticket", part->ticket.view()}});
  }
  void look_at(uint64_t index, const RecordView& record, RecordKind kind) {
    std::optional<contract::RequestPart> request = record.request();
    if (kind == RecordKind::Completed) request = request_of(record.request_id());
    if (!request || request->tenant.view() != question_.tenant) return;
    if (has_dropped_subjects(record)) ++incomplete_;
    for (const contract::SubjectId& subject : record.subjects()) {
      if (std::find(question_.subjects.begin(), question_.subjects.end(), subject) ==
          question_.subjects.end())
        continue;
      add(index, record, kind, *request, subject);
    }
  }
  std::optional<contract::RequestPart> request_of(const contract::RequestId& id) const {
    const auto exchange = log_.exchange(id);
    const auto bytes = exchange ? log_.record(exchange->admitted) : std::nullopt;
    if (!bytes || evidence_log::validate_record(*bytes) != evidence_log::RecordProblem::None)
      return std::nullopt;
    return RecordView(*bytes).request();
  }
  void add(uint64_t index, const RecordView& record, RecordKind kind,
           const contract::RequestPart& request, const contract::SubjectId& subject) {
    const std::string id(contract::request_id_text(record.request_id()).view());
    if (exchanges_.insert(id).second) ++by_vendor_[std::string(request.vendor.view())];
    if (appearances_.size() >= kAppearancesMax) {
      truncated_ = true;
      return;
    }
    appearances_.push_back(
        {{"request_id", id},
         {"time", evidence_log::utc_text(record.header().wall_ns / base::kNsPerS)},
         {"vendor", request.vendor.view()},
         {"region", request.region.view()},
         {"principal", request.principal.view()},
         {"environment", request.environment.view()},
         {"model", request.model.view()},
         {"api_kind", request.api_kind.view()},
         {"direction", kind == RecordKind::Admitted ? "request" : "response"},
         {"subject", hex_of(subject)},
         {"index", index}});
  }

  const evidence_log::LogReader& log_;
  const SubjectQuestion& question_;
  json appearances_ = json::array();
  json erasures_ = json::array();
  std::set<std::string> exchanges_;
  std::map<std::string, uint64_t> by_vendor_;
  bool truncated_ = false;
  uint64_t incomplete_ = 0;
  uint64_t pruned_ = 0;
};

}  // namespace

json find_subjects(const evidence_log::LogReader& log, const SubjectQuestion& question) {
  Search search(log, question);
  log.scan(0, log.size(), [&](uint64_t index, std::span<const uint8_t> bytes) {
    return search.visit(index, bytes);
  });
  return search.answer();
}

std::vector<contract::SubjectId> subjects_of_exchange(const evidence_log::LogReader& log,
                                                      const contract::RequestId& id) {
  std::vector<contract::SubjectId> out;
  const auto exchange = log.exchange(id);
  if (!exchange) return out;
  for (const uint64_t index : {exchange->admitted, exchange->verdict}) {
    const auto bytes = log.record(index);
    if (!bytes || evidence_log::validate_record(*bytes) != evidence_log::RecordProblem::None)
      continue;
    const RecordView record(*bytes);
    for (const contract::SubjectId& subject : record.subjects())
      if (std::find(out.begin(), out.end(), subject) == out.end()) out.push_back(subject);
  }
  return out;
}

}  // namespace sallyport::supervise
