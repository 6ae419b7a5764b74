#include "controlplane/evidence/drain/retention.h"

#include <algorithm>

#include "controlplane/evidence/log/key_chain.h"
#include "controlplane/evidence/ring/ring_reader.h"

namespace sallyport::evidence_log {
namespace {

using contract::RecordKind;

constexpr uint64_t kNsPerDay = 86'400ULL * 1'000'000'000ULL;
// Records younger than any rule, one after the other. More than a clock that was set back and forth
// leaves between old ones.
constexpr uint64_t kYoungMax = 10'000;

std::string_view tenant_of(const RecordView& view) {
  if (view.request()) return view.request()->tenant.view();
  if (view.aggregate()) return view.aggregate()->tenant.view();
  if (view.control()) return view.control()->tenant.view();
  return {};
}

std::string id_text(const RecordView& view) {
  const contract::RequestId id = view.request_id();
  return id.empty() ? std::string() : std::string(contract::request_id_text(id).view());
}

bool known_code(std::string_view code) {
  for (uint64_t kind = 1; kind <= contract::kRecordKindLast; ++kind)
    if (evidence_code(kind) == code) return true;
  return false;
}

}  // namespace

uint32_t RetentionPolicy::days_of(std::string_view evidence, std::string_view tenant) const {
  uint32_t days = std::max(kRetentionDaysDefault, audit_period_days);
  int best = -1;
  for (const RetentionRule& rule : rules) {
    const bool fits = (rule.evidence.empty() || rule.evidence == evidence) &&
                      (rule.tenant.empty() || rule.tenant == tenant);
    const int special = (rule.tenant.empty() ? 0 : 2) + (rule.evidence.empty() ? 0 : 1);
    if (!fits || special < best) continue;
    best = special;
    days = rule.days;
  }
  return days;
}

uint32_t RetentionPolicy::days_min() const {
  uint32_t days = std::max(kRetentionDaysDefault, audit_period_days);
  for (const RetentionRule& rule : rules) days = std::min(days, rule.days);
  return days;
}

std::string RetentionPolicy::problem() const {
  if (rules.size() > kRetentionRulesMax) return "more than 256 rules of retention";
  for (const RetentionRule& rule : rules) {
    const std::string name = "retention of " +
                             (rule.evidence.empty() ? "all kinds" : rule.evidence) +
                             (rule.tenant.empty() ? "" : " for tenant " + rule.tenant);
    if (!rule.evidence.empty() && !known_code(rule.evidence))
      return name +
             ": there is no such kind; they are REQ, EGR, TLS, RST, ADM, POL, TST, CFG, "
             "KEY, RET, DSR, ACC and CHK";
    if (rule.days < audit_period_days)
      return name + ": " + std::to_string(rule.days) + " days are less than the audit period, " +
             std::to_string(audit_period_days) +
             " days; an auditor would find nothing. Keep records longer, or set "
             "evidence.audit_period_days";
    if (rule.days > kRetentionDaysMax) return name + ": more than a hundred years";
  }
  return {};
}

RetentionRun::RetentionRun(LogReader log, RetentionPolicy policy, HoldHook held,
                           uint64_t now_wall_ns, uint64_t limit)
    : log_(std::move(log)),
      policy_(std::move(policy)),
      hold_(std::move(held)),
      now_ns_(now_wall_ns),
      limit_(limit),
      pruned_(log_.pruned()) {}

bool RetentionRun::is_due(std::string_view evidence, std::string_view tenant,
                          const RecordView& view) const {
  const uint64_t kept_ns = policy_.days_of(evidence, tenant) * kNsPerDay;
  return view.header().wall_ns + kept_ns < now_ns_;
}

void RetentionRun::look_at(uint64_t index, std::span<const uint8_t> record, PruneSlice& slice) {
  if (record.empty() || validate_record(record) != RecordProblem::None) return;
  const RecordView view(record);
  const RecordKind kind = view.kind();
  const bool young = view.header().wall_ns + policy_.days_min() * kNsPerDay >= now_ns_;
  young_ = young ? young_ + 1 : 0;
  // A verdict goes with its admission, whose tenant it has.
  // What says which key came next is needed for as long as the log is.
  if (young || kind == RecordKind::Retention || kind == RecordKind::Completed ||
      kind == RecordKind::Interrupted || is_rotation_record(record))
    return;
  const std::string_view tenant = tenant_of(view);
  const std::string evidence(evidence_code(view.header().kind));
  if (!is_due(evidence, tenant, view)) return;
  std::vector<contract::SubjectId> subjects = view.subjects();
  std::optional<uint64_t> verdict;
  if (kind == RecordKind::Admitted) {
    const auto exchange = log_.exchange(view.request_id());
    if (!exchange || exchange->verdict == kNoIndex || exchange->verdict >= limit_) return;
    const auto other = log_.record(exchange->verdict);
    if (!other) return;
    const std::vector<contract::SubjectId> more = RecordView(*other).subjects();
    subjects.insert(subjects.end(), more.begin(), more.end());
    verdict = exchange->verdict;
  }
  const RecordForHold question{evidence, tenant, id_text(view), view.header().wall_ns, subjects};
  if (hold_ && !hold_(question).empty()) {
    ++slice.held;
    return;
  }
  slice.indexes.push_back(index);
  if (verdict) slice.indexes.push_back(*verdict);
  slice.by_evidence[evidence] += verdict ? 2 : 1;
}

PruneSlice RetentionRun::next(size_t records_max) {
  PruneSlice slice;
  const uint64_t to = std::min(limit_, next_ + records_max);
  const uint64_t from = next_;
  log_.scan(from, to, [&](uint64_t index, std::span<const uint8_t> record) {
    look_at(index, record, slice);
    next_ = index + 1;
    return young_ <= kYoungMax;
  });
  slice.looked_at = next_ - from;
  slice.last = next_ >= limit_ || young_ > kYoungMax || next_ == from;
  std::sort(slice.indexes.begin(), slice.indexes.end());
  looked_at_ += slice.looked_at;
  held_ += slice.held;
  return slice;
}

ControlRecord RetentionRun::slice_record(const PruneSlice& slice) {
  ControlRecord record{
      .kind = RecordKind::Retention, .action = std::string(kPrunedAction), .actor = "sallyportd"};
  record.before = pruned_.digest();
  for (const uint64_t index : slice.indexes) pruned_.add(index);
  record.after = pruned_.digest();
  record.count = slice.indexes.size();
  record.from = slice.indexes.front();
  record.to = slice.indexes.back() + 1;
  record.detail = "content removed, hashes kept; digests are of the set of all removed records";
  for (const auto& [evidence, count] : slice.by_evidence) {
    std::string code = evidence;
    for (char& c : code) c = static_cast<char>(c - 'A' + 'a');
    record.fields.emplace_back("kind", code);
    record.fields.emplace_back("records", std::to_string(count));
    record.fields.emplace_back("retention_days", std::to_string(policy_.days_of(evidence, "")));
    by_evidence_[evidence] += count;
  }
  record.fields.emplace_back("held", std::to_string(slice.held));
  removed_ += slice.indexes.size();
  return record;
}

ControlRecord RetentionRun::run_record(const std::string& problem) const {
  ControlRecord record{
      .kind = RecordKind::Retention, .action = "retention_run", .actor = "sallyportd"};
  record.result = problem.empty() ? "ok" : "deferred";
  record.reason = problem.empty() ? "" : "holds_unknown";
  record.count = removed_;
  record.to = next_;
  record.after = pruned_.digest();
  record.fields = {{"held", std::to_string(held_)},
                   {"kept", std::to_string(next_ - std::min(next_, removed_))},
                   {"cutoff", utc_text((now_ns_ - policy_.days_min() * kNsPerDay) / 1'000'000'000)},
                   {"limit", std::to_string(policy_.audit_period_days)},
                   {"problem", problem}};
  for (const auto& [evidence, count] : by_evidence_) {
    std::string code = evidence;
    for (char& c : code) c = static_cast<char>(c - 'A' + 'a');
    record.fields.emplace_back("kind", code);
    record.fields.emplace_back("records", std::to_string(count));
  }
  return record;
}

}  // namespace sallyport::evidence_log
