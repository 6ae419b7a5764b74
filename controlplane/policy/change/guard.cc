#include "controlplane/policy/change/guard.h"

#include <algorithm>
#include <set>

namespace sallyport::controlplane::policy {
namespace {

bool is_looser(const ChangeItem& item) {
  return item.effect == Effect::Looser || item.effect == Effect::Unproven;
}

// Which finding an item is; empty: the guard lets it pass.
std::string_view finding_of(const ChangeItem& item) {
  if (!is_looser(item)) return {};
  switch (item.area) {
    case ChangeArea::Redaction:
      return item.is_protected ? "redaction_loosened" : std::string_view();
    case ChangeArea::Detection:
      if (!item.is_protected) return {};
      return item.code == "promise_gone" ? "redaction_loosened" : "detection_weakened";
    case ChangeArea::Reading:
      return "reading_weakened";
    case ChangeArea::Test:
      return "test_weakened";
    case ChangeArea::Vendor:
      return item.code == "vendor_unpinned" ? "vendor_unpinned" : std::string_view();
    case ChangeArea::UseOfData:
      if (item.code == "content_logging") return "content_logging";
      return item.code == "data_use_unknown" || item.after == "unknown" ? "data_use_unknown"
                                                                        : std::string_view();
    case ChangeArea::Access:
      return "restoration_widened";
    default:
      return {};
  }
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Every name of the box is one that the exception names; an exception that names none takes all.
bool covers(const std::vector<std::string>& allowed, const std::vector<std::string>& box) {
  if (allowed.empty()) return true;
  return !box.empty() && std::all_of(box.begin(), box.end(),
                                     [&](const std::string& name) { return holds(allowed, name); });
}

bool covers(const GuardException& exception, const GuardFinding& finding) {
  const bool is_narrow = !exception.tenants.empty() || !exception.environments.empty() ||
                         !exception.destinations.empty();
  if (finding.where.empty()) return !is_narrow;
  return std::all_of(finding.where.begin(), finding.where.end(), [&](const ChangeWhere& box) {
    return covers(exception.tenants, box.tenants) &&
           covers(exception.environments, box.environments) &&
           covers(exception.destinations, box.destinations);
  });
}

class Guard {
 public:
  Guard(const BundleChange& change, const Bundle& after, int64_t today)
      : change_(change), after_(after), today_(today) {}

  GuardReport run() {
    for (const ChangeItem& item : change_.items) {
      const std::string_view name = finding_of(item);
      if (name.empty()) continue;
      // One subject at a time, so that an exception for one of several entities is enough for it.
      std::vector<std::string> subjects = item.subjects;
      if (item.area == ChangeArea::Test || item.code == "entity_renamed") subjects.resize(1);
      for (const std::string& subject : subjects) add(name, item, subject);
    }
    for (const GuardException& one : after_.exceptions) {
      const std::string who = "exception '" + one.id + "' of " + one.owner;
      if (one.expires_day < today_)
        report_.notes.push_back(who + " is over since " + one.expires + ": take it out");
      else if (!used_.contains(one.id))
        report_.notes.push_back(who + " excuses nothing in this change");
    }
    return std::move(report_);
  }

 private:
  void add(std::string_view name, const ChangeItem& item, const std::string& subject) {
    GuardFinding finding;
    finding.name = name;
    finding.subject = subject;
    finding.words = item.words;
    finding.where = item.where;
    finding.place = item.place;
    for (const GuardException& one : after_.exceptions) {
      if (one.finding != name || !holds(one.subjects, subject)) continue;
      if (one.expires_day < today_) {
        finding.near_miss = "exception '" + one.id + "' is over since " + one.expires;
      } else if (!covers(one, finding)) {
        finding.near_miss = "exception '" + one.id + "' names fewer tenants, environments or " +
                            "destinations than this changes";
      } else {
        finding.excused_by = one.id;
        finding.excused_text = one.owner + " until " + one.expires + ": " + one.reason;
        used_.insert(one.id);
        break;
      }
    }
    if (!finding.excused_by.empty()) finding.near_miss.clear();
    report_.findings.push_back(std::move(finding));
  }

  const BundleChange& change_;
  const Bundle& after_;
  const int64_t today_;
  std::set<std::string> used_;
  GuardReport report_;
};

}  // namespace

size_t GuardReport::refused() const {
  return static_cast<size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [](const GuardFinding& one) { return one.excused_by.empty(); }));
}

GuardReport guard_change(const BundleChange& change, const Bundle& after, int64_t today) {
  return Guard(change, after, today).run();
}

GuardReport guard_change(const Bundle& before, const Bundle& after, int64_t today) {
  return guard_change(compare_bundles(before, after), after, today);
}

std::string_view guard_finding_text(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
      {"redaction_loosened", "Values that were kept back would leave, or leave with more of them"},
      {"detection_weakened",
       "Values that are kept back would be found less often, or that cannot "
       "be shown not to be so"},
      {"reading_weakened",
       "Less of a message would be looked at, or that cannot be shown not to "
       "be so"},
      {"test_weakened", "A seeded test or example is gone, or proves less"},
      {"content_logging", "A vendor would log more of what it gets"},
      {"vendor_unpinned", "A vendor would be reached without a pin"},
      {"data_use_unknown", "A vendor would be reached whose data use is not stated"},
      {"restoration_widened",
       "More people would have values back, for more reasons, or with less "
       "proof"}};
  for (const auto& [known, text] : kTexts)
    if (known == name) return text;
  return {};
}

}  // namespace sallyport::controlplane::policy
