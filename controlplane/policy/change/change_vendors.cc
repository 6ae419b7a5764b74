// Whom data reaches, how that is proven, and what it may be used for.
#include <algorithm>
#include <set>

#include "controlplane/policy/change/change_parts.h"

namespace sallyport::controlplane::policy {
namespace {

const BundleVendor* find(const Bundle& bundle, const std::string& name) {
  for (const BundleVendor& vendor : bundle.vendors)
    if (vendor.name == name) return &vendor;
  return nullptr;
}

bool reaches(const Bundle& bundle, const std::string& tenant, const std::string& vendor) {
  for (const BundleTenant& one : bundle.tenants)
    if (one.name == tenant)
      return std::find(one.vendors.begin(), one.vendors.end(), vendor) != one.vendors.end();
  return false;
}

template <class Value>
bool holds_all(const std::vector<Value>& bigger, const std::vector<Value>& smaller) {
  return std::all_of(smaller.begin(), smaller.end(), [&](const Value& one) {
    return std::find(bigger.begin(), bigger.end(), one) != bigger.end();
  });
}

class VendorChange {
 public:
  explicit VendorChange(ChangeParts& parts) : parts_(parts) {}

  void run() {
    for (const BundleVendor& now : parts_.after.vendors) {
      const BundleVendor* old = find(parts_.before, now.name);
      if (old == nullptr)
        add(now, Effect::Changed, "vendor_added", "vendor " + now.name + " is there");
      else
        compare(*old, now);
      compare_reach(old, now);
    }
    for (const BundleVendor& old : parts_.before.vendors)
      if (find(parts_.after, old.name) == nullptr)
        add(old, Effect::Stricter, "vendor_removed", "vendor " + old.name + " is gone");
  }

 private:
  ChangeItem& add(const BundleVendor& vendor, Effect effect, std::string code, std::string words) {
    return parts_.add(ChangeArea::Vendor, effect, Risk::Risky, std::move(code), vendor.name,
                      std::move(words), vendor.place);
  }

  void compare(const BundleVendor& old, const BundleVendor& now) {
    const std::string what = "vendor " + now.name + ": ";
    if (old.host != now.host || old.port != now.port)
      add(now, Effect::Unproven, "host_changed", what + "requests go to " + now.host);
    if (!holds_all(old.addresses, now.addresses))
      add(now, Effect::Unproven, "addresses_added", what + "other addresses are used");
    else if (old.addresses.size() != now.addresses.size())
      add(now, Effect::Stricter, "addresses_removed", what + "fewer addresses are used");
    compare_trust(old, now, what);
    if (old.credential != now.credential || old.auth_header != now.auth_header ||
        old.auth_prefix != now.auth_prefix)
      add(now, Effect::Changed, "credential", what + "another credential is used");
    if (old.region != now.region)
      add(now, Effect::Changed, "region", what + "the region is " + now.region);
    compare_data_use(old, now, what);
  }

  void compare_trust(const BundleVendor& old, const BundleVendor& now, const std::string& what) {
    if (!old.pins.empty() && now.pins.empty())
      add(now, Effect::Looser, "pins_removed", what + "it is no longer pinned");
    else if (old.pins.empty() && !now.pins.empty())
      add(now, Effect::Stricter, "pins_added", what + "it is pinned");
    else if (!holds_all(old.pins, now.pins))
      add(now, Effect::Unproven, "pins_changed", what + "further keys are trusted");
    else if (old.pins.size() != now.pins.size())
      add(now, Effect::Stricter, "pins_fewer", what + "fewer keys are trusted");
    if (old.ca_pem == now.ca_pem) return;
    const Effect effect = now.ca_pem.empty()   ? Effect::Looser
                          : old.ca_pem.empty() ? Effect::Stricter
                                               : Effect::Unproven;
    add(now, effect, "ca_changed",
        what + (now.ca_pem.empty() ? "its chain is no longer verified" : "another CA is trusted"));
  }

  void compare_data_use(const BundleVendor& old, const BundleVendor& now, const std::string& what) {
    for (size_t flag = 0; flag < kDataUse.size(); ++flag) {
      if (old.data_use[flag] == now.data_use[flag]) continue;
      const auto& words = kDataUse[flag].values;
      const std::string name(kDataUse[flag].name);
      ChangeItem& item =
          parts_.add(ChangeArea::UseOfData,
                     now.data_use[flag] > old.data_use[flag] ? Effect::Looser : Effect::Stricter,
                     Risk::Low, name, now.name,
                     what + name + " was " + std::string(words[old.data_use[flag]]) + " and is " +
                         std::string(words[now.data_use[flag]]),
                     now.place);
      item.before = words[old.data_use[flag]];
      item.after = words[now.data_use[flag]];
    }
  }

  // Tenants that reach this vendor now and did not before.
  void compare_reach(const BundleVendor* old, const BundleVendor& now) {
    ChangeWhere fresh;
    for (const BundleTenant& tenant : parts_.after.tenants)
      if (reaches(parts_.after, tenant.name, now.name) &&
          !reaches(parts_.before, tenant.name, now.name))
        fresh.tenants.push_back(tenant.name);
    if (!fresh.tenants.empty()) {
      const std::string who =
          (fresh.tenants.size() == 1 ? "tenant " : "tenants ") + listed(fresh.tenants);
      at(add(now, Effect::Looser, "vendor_reached", who + " can reach vendor " + now.name), fresh);
    }
    const bool pins_lost = old != nullptr && !old->pins.empty() && now.pins.empty();
    if (now.pins.empty() && (!fresh.tenants.empty() || pins_lost))
      at(add(now, Effect::Looser, "vendor_unpinned",
             "vendor " + now.name + " is allowed without a pin"),
         fresh);
    if (fresh.tenants.empty()) return;
    for (size_t flag = 0; flag < kDataUse.size(); ++flag) {
      const std::string_view word = kDataUse[flag].values[now.data_use[flag]];
      if (word != "unknown") continue;
      const std::string name(kDataUse[flag].name);
      at(parts_.add(ChangeArea::UseOfData, Effect::Looser, Risk::Loosening, "data_use_unknown",
                    now.name,
                    "vendor " + now.name + " is allowed while its data use is unknown: " + name,
                    now.place),
         fresh);
    }
  }

  static void at(ChangeItem& item, const ChangeWhere& where) {
    if (!where.tenants.empty()) item.where = {{where.tenants, {}, item.subjects}};
  }

  ChangeParts& parts_;
};

}  // namespace

void compare_vendors(ChangeParts& parts) { VendorChange(parts).run(); }

}  // namespace sallyport::controlplane::policy
