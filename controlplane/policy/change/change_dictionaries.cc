// Lists of values: in whose texts they count, and which values went. A list that came or went is a
// rule of its entity that did (change_detection.cc).
#include <algorithm>
#include <iterator>

#include "controlplane/policy/change/change_parts.h"
#include "controlplane/policy/dictionary/dictionary_compiler.h"

namespace sallyport::controlplane::policy {
namespace {

bool counts_for(const BundleDictionary& list, const std::string& tenant) {
  return list.tenants.empty() ||
         std::find(list.tenants.begin(), list.tenants.end(), tenant) != list.tenants.end();
}

// The values as the scanner compares them; the key is anything, both sides have the same.
std::vector<uint64_t> values_of(const BundleDictionary& list) {
  return dictionary_fingerprints(list.source, DictionaryKey{}, {folded_as_scanned, {}});
}

size_t missing(const std::vector<uint64_t>& from, const std::vector<uint64_t>& in) {
  std::vector<uint64_t> out;
  std::set_difference(from.begin(), from.end(), in.begin(), in.end(), std::back_inserter(out));
  return out.size();
}

class ListChange {
 public:
  ListChange(ChangeParts& parts, const BundleDictionary& before, const BundleDictionary& after)
      : parts_(parts), a_(before), b_(after) {}

  void run() {
    tenants();
    const DictionarySource& was = a_.source;
    const DictionarySource& is = b_.source;
    if (was.text == is.text && was.column == is.column && was.has_header == is.has_header) return;
    const auto before = values_of(a_), after = values_of(b_);
    say(missing(before, after), Effect::Looser, "dictionary_values_removed", "not in it any more");
    say(missing(after, before), Effect::Stricter, "dictionary_values_added", "new in it");
  }

 private:
  void say(size_t count, Effect effect, const char* code, const char* how) {
    if (count == 0) return;
    add(effect, code,
        "list " + b_.source.name + " of " + b_.entity + ": " + std::to_string(count) +
            (count == 1 ? " value is " : " values are ") + how);
  }

  void tenants() {
    std::vector<std::string> lost, gained;
    for (const BundleTenant& tenant : parts_.after.tenants) {
      const bool was = counts_for(a_, tenant.name), is = counts_for(b_, tenant.name);
      if (was && !is) lost.push_back(tenant.name);
      if (is && !was) gained.push_back(tenant.name);
    }
    const std::string what = "list " + b_.source.name + " of " + b_.entity;
    if (!lost.empty())
      add(Effect::Looser, "dictionary_tenants",
          what + " does not count any more in texts of " + listed(lost));
    if (!gained.empty())
      add(Effect::Stricter, "dictionary_tenants", what + " counts in texts of " + listed(gained));
  }

  void add(Effect effect, const char* code, std::string words) {
    parts_.add(ChangeArea::Detection, effect, Risk::Risky, code, b_.entity, std::move(words),
               b_.place);
  }

  ChangeParts& parts_;
  const BundleDictionary& a_;
  const BundleDictionary& b_;
};

}  // namespace

void compare_dictionaries(ChangeParts& parts) {
  for (const BundleDictionary& after : parts.after.dictionaries)
    for (const BundleDictionary& before : parts.before.dictionaries)
      if (before.source.name == after.source.name) ListChange(parts, before, after).run();
}

}  // namespace sallyport::controlplane::policy
