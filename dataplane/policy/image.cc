#include "dataplane/policy/image.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "dataplane/base/ascii.h"
#include "dataplane/contract/path_pattern.h"
#include "dataplane/policy/image_dictionaries.h"

namespace sallyport::policy {
namespace {

using contract::ImageAccess;
using contract::ImageAction;
using contract::ImageEndpoint;
using contract::ImageEntity;
using contract::ImageHeader;
using contract::ImageKey;
using contract::ImageLimits;
using contract::ImageOpaqueRule;
using contract::ImageRange;
using contract::ImageRoute;
using contract::ImageSection;
using contract::ImageStep;
using contract::ImageTenant;
using contract::ImageText;
using contract::ImageVendor;
using contract::kImageAny;
using contract::RouteKind;
using contract::SectionKind;

// The text on the wire and in records is ours to bound, whatever a bundle says.
constexpr size_t kNameBytesMax = 255;
constexpr size_t kPathBytesMax = 1'024;

constexpr std::array<std::string_view, contract::kSectionCount + 1> kSectionNames{
    "",        "matcher",    "llm",          "strings",      "entities",       "environments",
    "vendors", "addresses",  "pins",         "endpoints",    "tenants",        "durability",
    "keys",    "actions",    "rulings",      "access",       "routes",         "limits",
    "cells",   "decisions",  "steps",        "opaque rules", "opaque rulings", "restoration",
    "lists",   "list names", "list tenants", "retention",    "rollout",        "templates",
    "tests"};

// Bytes of one entry; the opaque sections count bytes.
constexpr size_t entry_bytes(SectionKind kind) noexcept {
  switch (kind) {
    case SectionKind::Entities:
      return sizeof(ImageEntity);
    case SectionKind::Environments:
      return sizeof(ImageText);
    case SectionKind::Vendors:
      return sizeof(ImageVendor);
    case SectionKind::Addresses:
      return sizeof(contract::ImageAddress);
    case SectionKind::Pins:
      return sizeof(Digest);
    case SectionKind::Endpoints:
      return sizeof(ImageEndpoint);
    case SectionKind::Tenants:
      return sizeof(ImageTenant);
    case SectionKind::Keys:
      return sizeof(ImageKey);
    case SectionKind::Actions:
      return sizeof(ImageAction);
    case SectionKind::Rulings:
      return sizeof(uint16_t);
    case SectionKind::Access:
      return sizeof(ImageAccess);
    case SectionKind::Routes:
      return sizeof(ImageRoute);
    case SectionKind::Limits:
      return sizeof(ImageLimits);
    case SectionKind::Rollout:
      return sizeof(contract::ImageRollout);
    case SectionKind::Cells:
      return sizeof(uint32_t);
    case SectionKind::Decisions:
      return sizeof(ImageRange);
    case SectionKind::Steps:
      return sizeof(ImageStep);
    case SectionKind::OpaqueRules:
      return sizeof(ImageOpaqueRule);
    case SectionKind::OpaqueRulings:
      return sizeof(uint16_t);
    case SectionKind::DictionaryNames:
      return sizeof(ImageText);
    case SectionKind::DictionaryTenants:
      return sizeof(uint64_t);
    default:
      return 1;
  }
}

bool is_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// A name as it stands in records, headers and messages.
bool is_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kNameBytesMax && is_printable(text);
}

bool is_token(std::string_view text) noexcept {  // RFC 9110 5.6.2
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return base::is_alnum(static_cast<uint8_t>(c)) ||
                  kOthers.find(c) != std::string_view::npos;
         });
}

bool is_path(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kPathBytesMax && text[0] == '/' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c <= 0x7e && c != '?' && c != '#'; });
}

bool is_host(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
                  c == '_';
         });
}

template <class Bytes>
bool all_zero(const Bytes& bytes) noexcept {
  return std::all_of(std::begin(bytes), std::end(bytes), [](auto b) { return b == 0; });
}

// Three-way comparison whose time does not depend on where the first difference is.
int compare_in_constant_time(const std::array<uint8_t, 32>& a,
                             std::span<const uint8_t, 32> b) noexcept {
  int result = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const int here = int{a[i]} - int{b[i]};
    // Only the first difference counts; the mask is all ones while there was none.
    const int undecided = static_cast<int>(
        ((static_cast<uint32_t>(result) | (0U - static_cast<uint32_t>(result))) >> 31) - 1U);
    result |= here & undecided;
  }
  return result;
}

// Reads one candidate image; the order of the steps is the order in which they may rely on each
// other. Every step answers false with `error` set.
class Checker {
 public:
  Checker(std::span<const uint8_t> bytes, std::string& error) : bytes_(bytes), error_(error) {}

  bool check() {
    return header() && sections() && entities() && environments() && vendors() && endpoints() &&
           tenants() && durability() && keys() && actions() && decisions() && rulings() &&
           cells() && opaque() && promises() && access() && routes() && limits() && dictionaries();
  }

 private:
  bool fail(std::string_view section, std::string_view what) {
    error_ = std::string("image: ") + std::string(section) + ": " + std::string(what);
    return false;
  }
  bool fail(SectionKind kind, std::string_view what) {
    return fail(kSectionNames[static_cast<size_t>(kind)], what);
  }

  bool header() {
    if (reinterpret_cast<uintptr_t>(bytes_.data()) % alignof(ImageHeader) != 0)
      return fail("header", "the bytes are not aligned");
    if (bytes_.size() < sizeof(ImageHeader) || bytes_.size() > contract::kImageBytesMax)
      return fail("header", "size");
    header_ = reinterpret_cast<const ImageHeader*>(bytes_.data());
    if (header_->magic != contract::kImageMagic) return fail("header", "not an image");
    if (header_->version != contract::kImageVersion) return fail("header", "another version");
    if (header_->image_bytes != bytes_.size()) return fail("header", "size differs from the file");
    if (header_->section_count != contract::kSectionCount) return fail("header", "section count");
    return all_zero(header_->reserved) || fail("header", "reserved bytes");
  }

  bool sections() {
    uint64_t end = sizeof(ImageHeader) + contract::kSectionCount * sizeof(ImageSection);
    if (bytes_.size() < end) return fail("sections", "table cut short");
    sections_ = reinterpret_cast<const ImageSection*>(bytes_.data() + sizeof(ImageHeader));
    for (size_t i = 0; i < contract::kSectionCount; ++i) {
      const ImageSection& s = sections_[i];
      const auto kind = static_cast<SectionKind>(i + 1);
      if (s.kind != i + 1) return fail(kind, "sections out of order");
      if (s.offset % contract::kImageAlign != 0) return fail(kind, "offset not aligned");
      if (s.offset < end || s.offset > bytes_.size() || s.bytes > bytes_.size() - s.offset)
        return fail(kind, "lies outside or over another section");
      if (uint64_t{s.count} * entry_bytes(kind) != s.bytes) return fail(kind, "count and size");
      end = s.offset + s.bytes;
    }
    for (const auto kind : {SectionKind::Entities, SectionKind::Environments, SectionKind::Vendors,
                            SectionKind::Endpoints, SectionKind::Tenants, SectionKind::Actions,
                            SectionKind::Decisions})
      if (count(kind) >= kImageAny) return fail(kind, "too many entries");
    return count(SectionKind::Vendors) <= contract::kVendorsMax ||
           fail(SectionKind::Vendors, "too many entries");
  }

  size_t count(SectionKind kind) const { return sections_[static_cast<size_t>(kind) - 1].count; }
  template <class T>
  std::span<const T> entries(SectionKind kind) const {
    const ImageSection& s = sections_[static_cast<size_t>(kind) - 1];
    return {reinterpret_cast<const T*>(bytes_.data() + s.offset), s.count};
  }
  bool has(const ImageText& t) const {
    const size_t size = count(SectionKind::Strings);
    return t.offset <= size && t.size <= size - t.offset;
  }
  std::string_view text(const ImageText& t) const {
    const auto strings = entries<char>(SectionKind::Strings);
    return {strings.data() + t.offset, t.size};
  }
  bool in_table(const ImageRange& range, SectionKind kind) const {
    return range.first <= count(kind) && range.count <= count(kind) - range.first;
  }
  bool is_optional_name(const ImageText& t) const {
    return has(t) && (t.size == 0 || is_name(text(t)));
  }

  bool unique(std::vector<std::string_view>& names, SectionKind kind) {
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) == names.end() ||
           fail(kind, "a name stands twice");
  }

  bool entities() {
    constexpr auto kKind = SectionKind::Entities;
    std::vector<std::string_view> all;
    for (const ImageEntity& e : entries<ImageEntity>(kKind)) {
      if (!has(e.name) || !is_name(text(e.name))) return fail(kKind, "name");
      if (e.generalisation >= contract::kGeneralisationCount ||
          (e.flags & ~contract::kEntityFlagsMask) != 0 || !all_zero(e.reserved))
        return fail(kKind, "generalisation or flags");
      all.push_back(text(e.name));
    }
    return unique(all, kKind);
  }

  bool environments() {
    constexpr auto kKind = SectionKind::Environments;
    std::vector<std::string_view> all;
    for (const ImageText& t : entries<ImageText>(kKind)) {
      if (!has(t) || !is_name(text(t))) return fail(kKind, "name");
      all.push_back(text(t));
    }
    return unique(all, kKind);
  }

  bool vendors() {
    constexpr auto kKind = SectionKind::Vendors;
    std::vector<std::string_view> all;
    for (const ImageVendor& v : entries<ImageVendor>(kKind)) {
      if (!has(v.name) || !is_name(text(v.name))) return fail(kKind, "name");
      if (!has(v.host) || !is_host(text(v.host))) return fail(kKind, "host");
      if (!has(v.region) || !is_printable(text(v.region))) return fail(kKind, "region");
      if (!has(v.ca_pem)) return fail(kKind, "CA");
      if (!has(v.auth_header) || !is_token(text(v.auth_header))) return fail(kKind, "auth header");
      if (!has(v.auth_prefix) || !is_printable(text(v.auth_prefix)))
        return fail(kKind, "auth prefix");
      if (!has(v.credential_name) || !is_name(text(v.credential_name)))
        return fail(kKind, "credential name");
      if (!in_table(v.addresses, SectionKind::Addresses)) return fail(kKind, "addresses");
      if (!in_table(v.pins, SectionKind::Pins)) return fail(kKind, "pins");
      if (!in_table(v.endpoints, SectionKind::Endpoints)) return fail(kKind, "endpoints");
      if (v.port == 0 || !all_zero(v.reserved)) return fail(kKind, "port");
      if (v.unknown_endpoint >= contract::kUnknownEndpointCount ||
          v.unknown_field >= contract::kUnknownFieldCount)
        return fail(kKind, "what happens to the unknown");
      all.push_back(text(v.name));
    }
    return unique(all, kKind);
  }

  bool kind_fits(const ImageEndpoint& e) const {
    const std::string_view kind = text(e.api_kind);
    return static_cast<contract::BodyUse>(e.body) == contract::BodyUse::Refused
               ? contract::is_refusal_hint(kind.data(), kind.size())
               : is_name(kind);
  }

  bool endpoints() {
    for (const ImageEndpoint& e : entries<ImageEndpoint>(SectionKind::Endpoints)) {
      const bool fits = has(e.method) && is_token(text(e.method)) && has(e.path) &&
                        is_path(text(e.path)) && contract::is_path_pattern(text(e.path)) &&
                        has(e.api_kind) && kind_fits(e);
      if (!fits) return fail(SectionKind::Endpoints, "method, path or API kind");
      const bool query_fits = has(e.query) && (e.query.size == 0 || text(e.query).back() == '\n');
      if (!query_fits || e.body >= contract::kBodyUseCount || !all_zero(e.reserved))
        return fail(SectionKind::Endpoints, "query or body");
    }
    return true;
  }

  bool tenants() {
    constexpr auto kKind = SectionKind::Tenants;
    const size_t vendor_count = count(SectionKind::Vendors);
    const uint64_t known = vendor_count >= 64 ? ~uint64_t{0} : (uint64_t{1} << vendor_count) - 1;
    std::vector<std::string_view> all;
    for (const ImageTenant& t : entries<ImageTenant>(kKind)) {
      if (!has(t.name) || !is_name(text(t.name))) return fail(kKind, "name");
      if ((t.vendors & ~known) != 0) return fail(kKind, "a vendor that is not there");
      if (t.token_scope > 1 || !all_zero(t.reserved)) return fail(kKind, "token scope");
      all.push_back(text(t.name));
    }
    return unique(all, kKind);
  }

  bool dictionaries() {
    constexpr auto kKind = SectionKind::DictionaryNames;
    std::vector<std::string_view> all;
    for (const ImageText& name : entries<ImageText>(kKind)) {
      if (!has(name) || !is_name(text(name))) return fail(kKind, "name");
      all.push_back(text(name));
    }
    const auto fault =
        dictionary_fault(all.size(), entries<uint64_t>(SectionKind::DictionaryTenants),
                         count(SectionKind::Tenants), count(SectionKind::Dictionaries));
    return fault.what.empty() ? unique(all, kKind) : fail(fault.section, fault.what);
  }

  bool durability() {
    constexpr auto kKind = SectionKind::Durability;
    if (count(kKind) != count(SectionKind::Tenants) * count(SectionKind::Environments))
      return fail(kKind, "not one per tenant and environment");
    const auto all = entries<uint8_t>(kKind);
    return std::all_of(all.begin(), all.end(), [](uint8_t d) { return d <= 1; }) ||
           fail(kKind, "unknown value");
  }

  bool keys() {
    constexpr auto kKind = SectionKind::Keys;
    const ImageKey* before = nullptr;
    for (const ImageKey& k : entries<ImageKey>(kKind)) {
      if (!has(k.id) || !is_name(text(k.id))) return fail(kKind, "id");
      if (!has(k.principal) || !is_name(text(k.principal))) return fail(kKind, "principal");
      if (!is_optional_name(k.default_reason)) return fail(kKind, "default reason");
      if (k.tenant >= count(SectionKind::Tenants)) return fail(kKind, "tenant");
      if (k.environment >= count(SectionKind::Environments)) return fail(kKind, "environment");
      if (k.reserved != 0) return fail(kKind, "reserved bytes");
      if (before != nullptr && before->hmac >= k.hmac) return fail(kKind, "order");
      before = &k;
    }
    return true;
  }

  bool actions() {
    for (const ImageAction& a : entries<ImageAction>(SectionKind::Actions)) {
      const auto action = static_cast<Action>(a.action);
      const bool fits = has(a.id) && is_name(text(a.id)) && a.action < contract::kActionCount &&
                        a.would < contract::kActionCount && all_zero(a.reserved);
      if (!fits) return fail(SectionKind::Actions, "id or action");
      if (action != Action::Observe && a.would != a.action)
        return fail(SectionKind::Actions, "only observe tries out another action");
      const bool is_mask = action == Action::Mask;
      const bool keeps = contract::is_mask_char(static_cast<char>(a.mask_char)) &&
                         a.keep_last <= contract::kMaskKeepLastMax;
      if (is_mask ? !keeps : a.mask_char != 0 || a.keep_last != 0)
        return fail(SectionKind::Actions, "what a mask keeps");
    }
    return true;
  }

  bool decisions() {
    constexpr auto kKind = SectionKind::Decisions;
    const auto steps = entries<ImageStep>(SectionKind::Steps);
    for (const ImageRange& range : entries<ImageRange>(kKind)) {
      if (range.count == 0 || !in_table(range, SectionKind::Steps)) return fail(kKind, "steps");
      const auto own = steps.subspan(range.first, range.count);
      for (size_t i = 0; i < own.size(); ++i) {
        if (own[i].action >= count(SectionKind::Actions) || own[i].reserved != 0)
          return fail(SectionKind::Steps, "a rule that is not there");
        if (i == 0 ? own[i].from != 0 : own[i].from <= own[i - 1].from)
          return fail(SectionKind::Steps, "order");
      }
    }
    return true;
  }

  // One per tenant, environment and vendor; the rows are those of Rulings.
  bool cells() {
    constexpr auto kKind = SectionKind::Cells;
    // Each count is below 2^16 and vendors are at most 64: the product fits.
    const uint64_t wanted = uint64_t{count(SectionKind::Tenants)} *
                            count(SectionKind::Environments) * count(SectionKind::Vendors);
    if (count(kKind) != wanted) return fail(kKind, "not one per combination");
    const size_t rows =
        row_entries() == 0 ? count(kKind) : count(SectionKind::Rulings) / row_entries();
    const auto all = entries<uint32_t>(kKind);
    return std::all_of(all.begin(), all.end(), [&](uint32_t row) { return row < rows; }) ||
           fail(kKind, "a row that is not there");
  }

  size_t row_entries() const { return 2 * contract::kRoleCount * count(SectionKind::Entities); }

  bool rulings() {
    constexpr auto kKind = SectionKind::Rulings;
    const size_t entry_count = row_entries();
    if (entry_count == 0 ? count(kKind) != 0 : count(kKind) % entry_count != 0)
      return fail(kKind, "not one per combination");
    const size_t decision_count = count(SectionKind::Decisions);
    const auto all = entries<uint16_t>(kKind);
    return std::all_of(all.begin(), all.end(), [&](uint16_t d) { return d < decision_count; }) ||
           fail(kKind, "a decision that is not there");
  }

  // The rows are those of Rulings; without entities only their number is free.
  bool opaque() {
    for (const ImageOpaqueRule& r : entries<ImageOpaqueRule>(SectionKind::OpaqueRules))
      if (!has(r.id) || !is_name(text(r.id)) || r.allow > 1 || !all_zero(r.reserved))
        return fail(SectionKind::OpaqueRules, "id or allow");
    constexpr auto kKind = SectionKind::OpaqueRulings;
    constexpr size_t kRow = 2 * contract::kOpaqueReasonCount;
    const auto all = entries<uint16_t>(kKind);
    const auto cells = entries<uint32_t>(SectionKind::Cells);
    const bool has_rows = std::all_of(cells.begin(), cells.end(),
                                      [&](uint32_t row) { return row < all.size() / kRow; });
    if (all.size() % kRow != 0 || !has_rows) return fail(kKind, "not one per combination");
    const size_t rule_count = count(SectionKind::OpaqueRules);
    return std::all_of(all.begin(), all.end(), [&](uint16_t r) { return r < rule_count; }) ||
           fail(kKind, "a rule that is not there");
  }

  // What an entity's flags promise holds in every cell, whoever compiled the image.
  bool promises() {
    const auto all = entries<ImageEntity>(SectionKind::Entities);
    for (size_t entity = 0; entity < all.size(); ++entity) {
      if (all[entity].flags == 0) continue;
      std::vector<Uses> by_row;
      for (size_t row = 0; row * row_entries() < count(SectionKind::Rulings); ++row)
        by_row.push_back(uses_in(row, entity));
      if ((all[entity].flags & contract::kEntityNeverStore) != 0 &&
          std::any_of(by_row.begin(), by_row.end(), [](const Uses& u) { return u.others; }))
        return fail(SectionKind::Rulings, "an entity that is never stored");
      if ((all[entity].flags & contract::kEntityMaskOrHash) != 0 && both_for_a_tenant(by_row))
        return fail(SectionKind::Rulings, "one value masked in part and hashed");
    }
    return true;
  }

  struct Uses {
    bool part = false;  // a mask that keeps something
    bool hash = false;
    bool others = false;  // anything but block and a whole mask
  };
  Uses uses_in(size_t row, size_t entity) const {
    Uses out;
    const size_t entity_count = count(SectionKind::Entities);
    const auto rulings = entries<uint16_t>(SectionKind::Rulings);
    for (size_t i = 0; i < 2 * contract::kRoleCount; ++i) {
      const uint16_t decision = rulings[row * row_entries() + i * entity_count + entity];
      const ImageRange& range = entries<ImageRange>(SectionKind::Decisions)[decision];
      for (const ImageStep& step :
           entries<ImageStep>(SectionKind::Steps).subspan(range.first, range.count)) {
        const ImageAction& a = entries<ImageAction>(SectionKind::Actions)[step.action];
        const auto action = static_cast<Action>(a.action);
        const bool part = action == Action::Mask && a.keep_last > 0;
        out.part = out.part || part;
        out.hash = out.hash || action == Action::Hash;
        out.others = out.others || part || (action != Action::Block && action != Action::Mask);
      }
    }
    return out;
  }
  bool both_for_a_tenant(const std::vector<Uses>& by_row) const {
    const auto cells = entries<uint32_t>(SectionKind::Cells);
    const size_t tenant_count = count(SectionKind::Tenants);
    if (tenant_count == 0) return false;
    const size_t own = cells.size() / tenant_count;
    for (size_t tenant = 0; tenant < tenant_count; ++tenant) {
      Uses all;
      for (uint32_t row : cells.subspan(tenant * own, own)) {
        all.part = all.part || by_row[row].part;
        all.hash = all.hash || by_row[row].hash;
      }
      if (all.part && all.hash) return true;
    }
    return false;
  }

  bool access() {
    constexpr auto kKind = SectionKind::Access;
    for (const ImageAccess& a : entries<ImageAccess>(kKind)) {
      if (!has(a.id) || !is_name(text(a.id))) return fail(kKind, "id");
      if (!is_optional_name(a.principal)) return fail(kKind, "principal");
      if (!is_optional_name(a.reason)) return fail(kKind, "reason");
      if (a.tenant != kImageAny && a.tenant >= count(SectionKind::Tenants))
        return fail(kKind, "tenant");
      if (a.entity != kImageAny && a.entity >= count(SectionKind::Entities))
        return fail(kKind, "entity");
      if (a.allow > 1 || !all_zero(a.reserved)) return fail(kKind, "allow");
    }
    return true;
  }

  bool routes() {
    constexpr auto kKind = SectionKind::Routes;
    for (const ImageRoute& r : entries<ImageRoute>(kKind)) {
      if (!has(r.text) || !all_zero(r.reserved) || r.requires_template > 1)
        return fail(kKind, "text");
      const std::string_view t = text(r.text);
      const bool has_vendor = r.vendor < count(SectionKind::Vendors);
      bool fits = false;
      if (r.kind == static_cast<uint8_t>(RouteKind::Host)) fits = has_vendor && is_host(t);
      if (r.kind == static_cast<uint8_t>(RouteKind::Prefix))
        fits = has_vendor && is_path(t) && t.back() != '/';
      if (r.kind == static_cast<uint8_t>(RouteKind::GatewayHost))
        fits = r.vendor == kImageAny && (t == "*" || is_host(t));
      if (!fits) return fail(kKind, "host, prefix or vendor");
    }
    return true;
  }

  bool limits() {
    constexpr auto kKind = SectionKind::Limits;
    if (count(kKind) != 1) return fail(kKind, "not exactly one");
    const ImageLimits& l = entries<ImageLimits>(kKind)[0];
    if (l.max_body_bytes == 0 || l.max_response_bytes == 0 || l.max_tokens_per_exchange == 0)
      return fail(kKind, "a size of nothing");
    for (const uint32_t ms :
         {l.header_ms, l.body_ms, l.client_idle_ms, l.connect_ms, l.first_byte_ms, l.stream_idle_ms,
          l.upstream_idle_ms, l.max_undrained_ms, l.commit_wait_ms})
      if (ms == 0) return fail(kKind, "a time of nothing");
    for (const uint32_t percent : {l.body_pool_percent, l.ring_high_water_percent})
      if (percent == 0 || percent > 100) return fail(kKind, "percent");
    return l.recall_wait_ms <= contract::kRecallWaitMsMax || fail(kKind, "a wait too long");
  }

  std::span<const uint8_t> bytes_;
  std::string& error_;
  const ImageHeader* header_ = nullptr;
  const ImageSection* sections_ = nullptr;
};

}  // namespace

template <class T>
std::span<const T> Image::section(SectionKind kind) const noexcept {
  const ImageSection& s = sections_[static_cast<size_t>(kind) - 1];
  return {reinterpret_cast<const T*>(bytes_.data() + s.offset),
          static_cast<size_t>(s.bytes / sizeof(T))};
}

std::string_view Image::text(const ImageText& t) const noexcept {
  return {section<char>(SectionKind::Strings).data() + t.offset, t.size};
}

bool Image::load(std::span<const uint8_t> bytes, std::string& error) {
  header_ = nullptr;
  if (!Checker(bytes, error).check()) return false;
  Digest digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1 ||
      size != digest.size()) {
    error = "image: could not be hashed";
    return false;
  }
  bytes_ = bytes;
  digest_ = digest;
  sections_ = reinterpret_cast<const ImageSection*>(bytes.data() + sizeof(ImageHeader));
  header_ = reinterpret_cast<const ImageHeader*>(bytes.data());
  limits_ = section<ImageLimits>(SectionKind::Limits).data();
  return true;
}

std::span<const uint8_t> Image::matcher_section() const noexcept {
  return section<uint8_t>(SectionKind::Matcher);
}
std::span<const uint8_t> Image::llm_section() const noexcept {
  return section<uint8_t>(SectionKind::Llm);
}
std::span<const uint8_t> Image::dictionary_section() const noexcept {
  return section<uint8_t>(SectionKind::Dictionaries);
}
size_t Image::dictionary_count() const noexcept {
  return section<ImageText>(SectionKind::DictionaryNames).size();
}
std::string_view Image::dictionary_name(size_t index) const noexcept {
  return text(section<ImageText>(SectionKind::DictionaryNames)[index]);
}
uint64_t Image::dictionaries_of(uint16_t tenant) const noexcept {
  const auto masks = section<uint64_t>(SectionKind::DictionaryTenants);
  return masks.empty() ? 0 : masks[tenant];
}

size_t Image::entity_count() const noexcept {
  return section<ImageEntity>(SectionKind::Entities).size();
}
std::string_view Image::entity_name(uint16_t index) const noexcept {
  return text(section<ImageEntity>(SectionKind::Entities)[index].name);
}
contract::Generalisation Image::generalisation(uint16_t entity) const noexcept {
  return static_cast<contract::Generalisation>(
      section<ImageEntity>(SectionKind::Entities)[entity].generalisation);
}
bool Image::never_stored(uint16_t entity) const noexcept {
  return (section<ImageEntity>(SectionKind::Entities)[entity].flags &
          contract::kEntityNeverStore) != 0;
}
size_t Image::environment_count() const noexcept {
  return section<ImageText>(SectionKind::Environments).size();
}
std::string_view Image::environment_name(uint16_t index) const noexcept {
  return text(section<ImageText>(SectionKind::Environments)[index]);
}
size_t Image::vendor_count() const noexcept {
  return section<ImageVendor>(SectionKind::Vendors).size();
}

Vendor Image::vendor(uint16_t index) const noexcept {
  const ImageVendor& v = section<ImageVendor>(SectionKind::Vendors)[index];
  Vendor out;
  out.name = text(v.name);
  out.host = text(v.host);
  out.region = text(v.region);
  out.ca_pem = text(v.ca_pem);
  out.auth_header = text(v.auth_header);
  out.auth_prefix = text(v.auth_prefix);
  out.credential_name = text(v.credential_name);
  out.addresses = section<contract::ImageAddress>(SectionKind::Addresses)
                      .subspan(v.addresses.first, v.addresses.count);
  out.pins = section<Digest>(SectionKind::Pins).subspan(v.pins.first, v.pins.count);
  out.first_endpoint = static_cast<uint16_t>(v.endpoints.first);
  out.endpoint_count = static_cast<uint16_t>(v.endpoints.count);
  out.port = v.port;
  out.unknown_endpoint = static_cast<contract::UnknownEndpoint>(v.unknown_endpoint);
  out.unknown_field = static_cast<contract::UnknownField>(v.unknown_field);
  return out;
}

Endpoint Image::endpoint(uint16_t index) const noexcept {
  const ImageEndpoint& e = section<ImageEndpoint>(SectionKind::Endpoints)[index];
  const auto body = static_cast<contract::BodyUse>(e.body);
  const bool refused = body == contract::BodyUse::Refused;
  Endpoint out{text(e.method), text(e.path), {}, text(e.query), body, {}};
  (refused ? out.refusal_hint : out.api_kind) = text(e.api_kind);
  return out;
}

size_t Image::tenant_count() const noexcept {
  return section<ImageTenant>(SectionKind::Tenants).size();
}
Tenant Image::tenant(uint16_t index) const noexcept {
  const ImageTenant& t = section<ImageTenant>(SectionKind::Tenants)[index];
  return Tenant{text(t.name), t.vendors, t.token_scope == 1};
}

size_t Image::key_count() const noexcept { return section<ImageKey>(SectionKind::Keys).size(); }
Key Image::key(size_t index) const noexcept {
  const ImageKey& k = section<ImageKey>(SectionKind::Keys)[index];
  Key out;
  out.id = text(k.id);
  out.tenant = tenant(k.tenant).name;
  out.principal = text(k.principal);
  out.environment = environment_name(k.environment);
  out.default_reason = text(k.default_reason);
  out.tenant_index = k.tenant;
  out.environment_index = k.environment;
  return out;
}

std::optional<uint16_t> Image::find_tenant(std::string_view name) const noexcept {
  for (size_t i = 0; i < tenant_count(); ++i)
    if (tenant(static_cast<uint16_t>(i)).name == name) return static_cast<uint16_t>(i);
  return std::nullopt;
}
std::optional<uint16_t> Image::find_environment(std::string_view name) const noexcept {
  for (size_t i = 0; i < environment_count(); ++i)
    if (environment_name(static_cast<uint16_t>(i)) == name) return static_cast<uint16_t>(i);
  return std::nullopt;
}
std::optional<uint16_t> Image::find_vendor(std::string_view name) const noexcept {
  const auto vendors = section<ImageVendor>(SectionKind::Vendors);
  for (size_t i = 0; i < vendors.size(); ++i)
    if (text(vendors[i].name) == name) return static_cast<uint16_t>(i);
  return std::nullopt;
}

std::optional<Key> Image::find_key(std::span<const uint8_t, 32> hmac) const noexcept {
  const auto keys = section<ImageKey>(SectionKind::Keys);
  size_t low = 0;
  size_t high = keys.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = compare_in_constant_time(keys[middle].hmac, hmac);
    if (order == 0) return key(middle);
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

std::optional<Target> Image::route(std::string_view host, std::string_view path) const noexcept {
  const auto routes = section<ImageRoute>(SectionKind::Routes);
  bool is_gateway = false;
  for (const ImageRoute& r : routes) {
    const std::string_view name = text(r.text);
    if (r.kind == static_cast<uint8_t>(RouteKind::Host) && base::equals_ignoring_case(host, name))
      return Target{r.vendor, path, r.requires_template == 1};
    if (r.kind == static_cast<uint8_t>(RouteKind::GatewayHost))
      is_gateway = is_gateway || name == "*" || base::equals_ignoring_case(host, name);
  }
  if (!is_gateway) return std::nullopt;
  Target best{kImageAny, path};
  size_t best_size = 0;
  for (const ImageRoute& r : routes) {
    const std::string_view prefix = text(r.text);
    // A prefix ends where a path segment ends: "/openai" is no prefix of "/openai-eu/v1".
    const bool fits = r.kind == static_cast<uint8_t>(RouteKind::Prefix) &&
                      prefix.size() > best_size && path.starts_with(prefix) &&
                      (path.size() == prefix.size() || path[prefix.size()] == '/');
    if (!fits) continue;
    best_size = prefix.size();
    const std::string_view rest = path.substr(prefix.size());
    best = Target{r.vendor, rest.empty() ? std::string_view("/") : rest, r.requires_template == 1};
  }
  return best;
}

Durability Image::durability(const Key& key) const noexcept {
  const size_t index = size_t{key.tenant_index} * environment_count() + key.environment_index;
  return static_cast<Durability>(section<uint8_t>(SectionKind::Durability)[index]);
}

uint16_t Image::decision(uint16_t tenant, uint16_t environment, uint16_t vendor,
                         Direction direction, contract::Role role, uint16_t entity) const noexcept {
  return decisions(tenant, environment, vendor, direction, role)[entity];
}

std::span<const uint16_t> Image::decisions(uint16_t tenant, uint16_t environment, uint16_t vendor,
                                           Direction direction,
                                           contract::Role role) const noexcept {
  const size_t cell =
      (size_t{tenant} * environment_count() + environment) * vendor_count() + vendor;
  size_t index = section<uint32_t>(SectionKind::Cells)[cell];
  index = index * 2 + static_cast<size_t>(direction);
  index = index * contract::kRoleCount + static_cast<size_t>(role);
  const size_t entities = entity_count();
  return section<uint16_t>(SectionKind::Rulings).subspan(index * entities, entities);
}

Ruling Image::ruling_of(uint16_t decision, unsigned confidence) const noexcept {
  const ImageRange& range = section<ImageRange>(SectionKind::Decisions)[decision];
  const auto steps = section<ImageStep>(SectionKind::Steps).subspan(range.first, range.count);
  size_t last = steps.size() - 1;
  while (last > 0 && steps[last].from > confidence) --last;
  const ImageAction& action = section<ImageAction>(SectionKind::Actions)[steps[last].action];
  return Ruling{static_cast<Action>(action.action), static_cast<Action>(action.would),
                action.keep_last, static_cast<char>(action.mask_char), text(action.id)};
}

bool Image::is_plain(uint16_t decision) const noexcept {
  return section<ImageRange>(SectionKind::Decisions)[decision].count == 1;
}

Ruling Image::ruling(uint16_t tenant, uint16_t environment, uint16_t vendor, Direction direction,
                     uint16_t entity, contract::Role role, unsigned confidence) const noexcept {
  return ruling_of(decision(tenant, environment, vendor, direction, role, entity), confidence);
}

AccessAnswer Image::opaque(uint16_t tenant, uint16_t environment, uint16_t vendor,
                           Direction direction, contract::OpaqueReason reason) const noexcept {
  const size_t cell =
      (size_t{tenant} * environment_count() + environment) * vendor_count() + vendor;
  size_t index = section<uint32_t>(SectionKind::Cells)[cell];
  index = index * 2 + static_cast<size_t>(direction);
  index = index * contract::kOpaqueReasonCount + static_cast<size_t>(reason);
  const uint16_t rule = section<uint16_t>(SectionKind::OpaqueRulings)[index];
  const ImageOpaqueRule& said = section<ImageOpaqueRule>(SectionKind::OpaqueRules)[rule];
  return AccessAnswer{said.allow == 1, text(said.id)};
}

AccessAnswer Image::access(uint16_t tenant, std::string_view principal, uint16_t entity,
                           std::string_view reason) const noexcept {
  if (reason.empty()) return {};
  for (const ImageAccess& a : section<ImageAccess>(SectionKind::Access)) {
    const bool fits = (a.tenant == kImageAny || a.tenant == tenant) &&
                      (a.entity == kImageAny || a.entity == entity) &&
                      (a.principal.size == 0 || text(a.principal) == principal) &&
                      (a.reason.size == 0 || text(a.reason) == reason);
    if (fits) return AccessAnswer{a.allow == 1, text(a.id)};
  }
  return {};
}

}  // namespace sallyport::policy
