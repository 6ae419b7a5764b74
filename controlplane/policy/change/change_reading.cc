// What of a message is looked at: tables of API kinds, what no table names, and what nobody can
// read.
//
// A table is compared leaf by leaf. Only what can be shown to look at no less is no loosening: new
// paths that are read as text. Everything else of a table that is in use is Unproven: a member that
// is called structural today was text yesterday.
#include <algorithm>
#include <map>
#include <set>

#include "controlplane/policy/bundle/rulings.h"
#include "controlplane/policy/change/change_parts.h"
#include "controlplane/policy/yaml/yaml_node.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Direction;
using contract::UnknownEndpoint;
using contract::UnknownField;

using Leaves = std::map<std::string, std::string>;  // path in the file -> scalar

void collect(const YamlNode& node, const std::string& path, Leaves& out) {
  if (node.kind == YamlNode::Kind::Scalar) out[path] = node.scalar;
  for (const YamlMember& member : node.members)
    collect(member.value, path + "\x1f" + member.key.scalar, out);
  for (size_t i = 0; i < node.items.size(); ++i)
    collect(node.items[i], path + "\x1f" + std::to_string(i), out);
}

// The topmost layer's file of an API kind, as the reader takes it.
Leaves table_of(const Bundle& bundle, const std::string& kind) {
  Leaves out;
  std::string path = "vendors/api/" + kind + ".yaml";
  auto file = bundle.files.find(path);
  for (int layer = 0; layer < 4 && file == bundle.files.end(); ++layer)
    file = bundle.files.find(path = "base/" + path);
  Problem ignored;
  if (file == bundle.files.end()) return out;
  if (const auto tree = parse_yaml(file->second, path, ignored)) collect(*tree, "", out);
  return out;
}

// The same leaves, and new ones that say `T` only.
bool reads_no_less(const Leaves& before, const Leaves& after) {
  for (const auto& [path, value] : before) {
    const auto same = after.find(path);
    if (same == after.end() || same->second != value) return false;
  }
  return std::all_of(after.begin(), after.end(), [&](const auto& leaf) {
    return before.contains(leaf.first) || leaf.second == "T";
  });
}

int field_rank(UnknownField how) {
  return how == UnknownField::Pass ? 0 : how == UnknownField::Inspect ? 1 : 2;
}

class ReadingChange {
 public:
  explicit ReadingChange(ChangeParts& parts) : parts_(parts) {}

  void run() {
    compare_tables();
    for (const BundleVendor& now : parts_.after.vendors)
      for (const BundleVendor& old : parts_.before.vendors)
        if (old.name == now.name) compare_vendor(old, now);
    compare_opaque();
  }

 private:
  ChangeItem& add(Effect effect, std::string code, const std::string& subject, std::string words,
                  const Place& place) {
    ChangeItem& item = parts_.add(ChangeArea::Reading, effect, Risk::Risky, std::move(code),
                                  subject, std::move(words), place);
    item.is_protected = true;
    return item;
  }

  void compare_tables() {
    for (const ApiKindSource& kind : parts_.after.api_kinds) {
      const bool was_there =
          std::any_of(parts_.before.api_kinds.begin(), parts_.before.api_kinds.end(),
                      [&](const ApiKindSource& old) { return old.name == kind.name; });
      if (!was_there) continue;
      const Leaves before = table_of(parts_.before, kind.name);
      const Leaves after = table_of(parts_.after, kind.name);
      if (before == after) continue;
      const bool more = reads_no_less(before, after);
      add(more ? Effect::Stricter : Effect::Unproven, "table_changed", kind.name,
          "messages of " + kind.name +
              (more ? " have further members that are read as text" : " are read in another way"),
          Place{parts_.after.folder + "/vendors/api/" + kind.name + ".yaml", 0, 0});
    }
  }

  void compare_vendor(const BundleVendor& old, const BundleVendor& now) {
    const std::string what = "vendor " + now.name + ": ";
    if (old.unknown_field != now.unknown_field)
      add(field_rank(now.unknown_field) > field_rank(old.unknown_field) ? Effect::Stricter
                                                                        : Effect::Looser,
          "unknown_field", now.name, what + "members that no table names are treated otherwise",
          now.place);
    if (old.unknown_endpoint != now.unknown_endpoint)
      add(now.unknown_endpoint == UnknownEndpoint::Refuse ? Effect::Stricter : Effect::Looser,
          "unknown_endpoint", now.name,
          what + (now.unknown_endpoint == UnknownEndpoint::Refuse
                      ? "endpoints that nobody named are refused"
                      : "endpoints that nobody named are served"),
          now.place);
    std::vector<std::string> added, removed, changed;
    const auto find = [](const BundleVendor& in, const VendorEndpoint& one) {
      return std::find_if(in.endpoints.begin(), in.endpoints.end(), [&](const VendorEndpoint& e) {
        return e.method == one.method && e.path == one.path;
      });
    };
    for (const VendorEndpoint& one : now.endpoints) {
      const auto was = find(old, one);
      const std::string shown = one.method + " " + one.path;
      if (was == old.endpoints.end())
        added.push_back(shown);
      else if (was->api_kind != one.api_kind)
        add(Effect::Unproven, "endpoint_kind", now.name,
            what + shown + " is read as " + one.api_kind + ", before as " + was->api_kind,
            one.place);
      else if (was->query != one.query || was->body != one.body)
        changed.push_back(shown);
    }
    for (const VendorEndpoint& one : old.endpoints)
      if (find(now, one) == now.endpoints.end()) removed.push_back(one.method + " " + one.path);
    const auto say = [&](const std::vector<std::string>& list, Effect effect, const char* code,
                         const char* words) {
      if (!list.empty()) add(effect, code, now.name, what + listed(list, 3) + words, now.place);
    };
    say(added, Effect::Changed, "endpoints_added", " can be called");
    say(removed, Effect::Stricter, "endpoints_removed", " cannot be called any more");
    say(changed, Effect::Changed, "endpoints_changed", " take other parameters");
  }

  // The first rule that fits decides; asked for every cell of the bundle after.
  static bool allows(const Bundle& bundle, const std::string& tenant,
                     const std::string& environment, const std::string& vendor, Direction direction,
                     contract::OpaqueReason kind) {
    const auto fits = [](const auto& names, const auto& name) {
      return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const OpaqueRule& rule : bundle.opaque)
      if (fits(rule.tenants, tenant) && fits(rule.environments, environment) &&
          fits(rule.destinations, vendor) && fits(rule.kinds, kind) &&
          (!rule.direction || *rule.direction == direction))
        return rule.allow;
    return false;
  }

  void compare_opaque() {
    if (same_opaque()) return;
    std::map<std::pair<bool, std::set<std::string>>, std::set<std::string>> kinds_by_places;
    for (size_t k = 0; k < contract::kOpaqueReasonCount; ++k) {
      const auto kind = static_cast<contract::OpaqueReason>(k);
      std::map<bool, std::set<std::string>> places;  // by "is allowed now"
      for (const BundleTenant& tenant : parts_.after.tenants)
        for (const Environment& environment : parts_.after.environments)
          for (const BundleVendor& vendor : parts_.after.vendors)
            for (const Direction direction : {Direction::Request, Direction::Response}) {
              const bool was = allows(parts_.before, tenant.name, environment.name, vendor.name,
                                      direction, kind);
              const bool is =
                  allows(parts_.after, tenant.name, environment.name, vendor.name, direction, kind);
              if (was != is)
                places[is].insert(
                    std::string(direction == Direction::Request ? "requests of " : "answers to ") +
                    tenant.name + " in " + environment.name + " at " + vendor.name);
            }
      for (const auto& [is, set] : places)
        kinds_by_places[{is, set}].insert(std::string(contract::opaque_reason_name(kind)));
    }
    for (const auto& [what, kinds] : kinds_by_places) {
      const std::vector<std::string> names(kinds.begin(), kinds.end());
      const std::vector<std::string> places(what.second.begin(), what.second.end());
      ChangeItem& item = add(what.first ? Effect::Looser : Effect::Stricter, "opaque", "",
                             "values that nobody reads (" + listed(names, 12) + ") " +
                                 (what.first ? "pass" : "are refused") + " in " + listed(places, 4),
                             Place{parts_.after.folder + "/actions.yaml", 0, 0});
      item.subjects = names;
      item.before = what.first ? "block" : "allow";
      item.after = what.first ? "allow" : "block";
    }
  }

  bool same_opaque() const {
    const auto& a = parts_.before.opaque;
    const auto& b = parts_.after.opaque;
    return parts_.before.tenants.size() == parts_.after.tenants.size() &&
           parts_.before.vendors.size() == parts_.after.vendors.size() &&
           std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
             return x.kinds == y.kinds && x.environments == y.environments &&
                    x.destinations == y.destinations && x.tenants == y.tenants &&
                    x.direction == y.direction && x.allow == y.allow;
           });
  }

  ChangeParts& parts_;
};

}  // namespace

void compare_reading(ChangeParts& parts) { ReadingChange(parts).run(); }

}  // namespace sallyport::controlplane::policy
