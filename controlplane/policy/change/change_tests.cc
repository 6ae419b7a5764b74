// Seeded tests and examples: what the bundle before proved must still be proven, whatever the test
// is called and in whichever file it stands.
#include <algorithm>
#include <tuple>

#include "controlplane/policy/change/change_parts.h"

namespace sallyport::controlplane::policy {
namespace {

bool same_situation(const BundleTest& a, const BundleTest& b) {
  return std::tie(a.tenant, a.environment, a.destination, a.direction, a.role, a.principal,
                  a.reason, a.text) == std::tie(b.tenant, b.environment, b.destination, b.direction,
                                                b.role, b.principal, b.reason, b.text);
}

bool covers_detections(const BundleTest& now, const BundleTest& old) {
  if (!old.detections) return true;
  if (!now.detections) return false;
  return std::equal(
      now.detections->begin(), now.detections->end(), old.detections->begin(),
      old.detections->end(), [](const ExpectedDetection& n, const ExpectedDetection& o) {
        return n.entity == o.entity && n.match == o.match && (!o.action || n.action == o.action);
      });
}

bool covers_restorations(const BundleTest& now, const BundleTest& old) {
  if (!old.restorations) return true;
  if (!now.restorations) return false;
  return std::equal(now.restorations->begin(), now.restorations->end(), old.restorations->begin(),
                    old.restorations->end(),
                    [](const ExpectedRestoration& n, const ExpectedRestoration& o) {
                      return n.entity == o.entity && n.match == o.match;
                    });
}

bool covers(const BundleTest& now, const BundleTest& old) {
  return same_situation(now, old) && (!old.blocked || now.blocked == old.blocked) &&
         covers_detections(now, old) && covers_restorations(now, old);
}

bool is_stated(const std::vector<ExampleSource>& examples, const ExampleSource& one) {
  return std::any_of(examples.begin(), examples.end(), [&](const ExampleSource& e) {
    return e.text == one.text && e.match == one.match;
  });
}

class TestChange {
 public:
  explicit TestChange(ChangeParts& parts) : parts_(parts) {}

  void run() {
    for (const BundleTest& old : parts_.before.tests) compare(old);
    for (const BundleTest& now : parts_.after.tests)
      if (std::none_of(parts_.before.tests.begin(), parts_.before.tests.end(),
                       [&](const BundleTest& old) { return covers(now, old); }))
        parts_.add(ChangeArea::Test, Effect::Stricter, Risk::Low, "test_added", now.name,
                   "test '" + now.name + "' is new", now.place);
    for (const EntityPair& pair : parts_.entities)
      if (pair.before && pair.after) compare_examples(pair);
  }

 private:
  void compare(const BundleTest& old) {
    const auto& tests = parts_.after.tests;
    if (std::any_of(tests.begin(), tests.end(),
                    [&](const BundleTest& now) { return covers(now, old); }))
      return;
    const auto same = std::find_if(tests.begin(), tests.end(), [&](const BundleTest& now) {
      return now.name == old.name || same_situation(now, old);
    });
    if (same == tests.end()) {
      parts_.add(ChangeArea::Test, Effect::Looser, Risk::Loosening, "test_removed", old.name,
                 "test '" + old.name + "' is gone", old.place);
      return;
    }
    ChangeItem& item = parts_.add(
        ChangeArea::Test, Effect::Looser, Risk::Loosening, "test_weakened", old.name,
        "test '" + old.name + "' no longer proves what it proved: " + difference(*same, old),
        same->place);
    if (same->name != old.name) item.subjects.push_back(same->name);
  }

  static std::string difference(const BundleTest& now, const BundleTest& old) {
    if (!same_situation(now, old)) return "another text or situation";
    if (old.blocked && now.blocked != old.blocked)
      return now.blocked ? "another verdict" : "no verdict is expected";
    if (!covers_detections(now, old))
      return now.detections ? "other detections" : "no detections are expected";
    return now.restorations ? "other restorations" : "no restorations are expected";
  }

  void compare_examples(const EntityPair& pair) {
    const EntitySource& a = parts_.entity_before(pair)->source;
    const EntitySource& b = parts_.entity_after(pair)->source;
    size_t found = 0, not_found = 0;
    for (const ExampleSource& one : a.must_match) found += is_stated(b.must_match, one) ? 0 : 1;
    for (const ExampleSource& one : a.must_not_match)
      not_found += is_stated(b.must_not_match, one) ? 0 : 1;
    const auto gone = [&](size_t count, const char* list) {
      if (count == 0) return;
      ChangeItem& item =
          parts_.add(ChangeArea::Test, Effect::Looser, Risk::Loosening, "example_removed", b.name,
                     b.name + ": " + std::to_string(count) + " of " + list +
                         (count == 1 ? " is gone" : " are gone"),
                     parts_.entity_after(pair)->place);
      item.is_protected = parts_.is_protected[*pair.before];
    };
    gone(found, "must_match");
    gone(not_found, "must_not_match");
    if (found + not_found == 0 && b.must_match.size() + b.must_not_match.size() >
                                      a.must_match.size() + a.must_not_match.size())
      parts_.add(ChangeArea::Test, Effect::Stricter, Risk::Low, "example_added", b.name,
                 b.name + " has more examples", parts_.entity_after(pair)->place);
  }

  ChangeParts& parts_;
};

}  // namespace

void compare_tests(ChangeParts& parts) { TestChange(parts).run(); }

}  // namespace sallyport::controlplane::policy
