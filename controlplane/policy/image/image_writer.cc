#include "controlplane/policy/image/image_writer.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "controlplane/policy/api_kind/api_kind_compiler.h"
#include "controlplane/policy/bundle/rulings.h"
#include "controlplane/policy/image/image_sections.h"
#include "controlplane/policy/image/retention_text.h"
#include "controlplane/policy/matcher/matcher_compiler.h"

namespace sallyport::controlplane::policy {
namespace {

using namespace contract;

// The Strings section: every distinct text once, in the order of its first use.
class StringTable {
 public:
  ImageText add(std::string_view text) {
    if (text.empty()) return {};
    const auto [entry, is_new] =
        places_.try_emplace(std::string(text), static_cast<uint32_t>(bytes_.size()));
    if (is_new) bytes_ += text;
    return {entry->second, static_cast<uint32_t>(text.size())};
  }
  std::span<const uint8_t> bytes() const {
    return {reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()};
  }

 private:
  std::string bytes_;
  std::map<std::string, uint32_t, std::less<>> places_;
};

// Sections in the order of their kinds, each at a multiple of kImageAlign.
class ImageBuilder {
 public:
  ImageBuilder() { bytes_.resize(sizeof(ImageHeader) + kSectionCount * sizeof(ImageSection)); }

  template <class T>
  void section(SectionKind kind, const std::vector<T>& entries) {
    opaque(kind, entries.size(),
           {reinterpret_cast<const uint8_t*>(entries.data()), entries.size() * sizeof(T)});
  }
  void opaque(SectionKind kind, size_t count, std::span<const uint8_t> bytes) {
    bytes_.resize((bytes_.size() + kImageAlign - 1) / kImageAlign * kImageAlign);
    const ImageSection section{static_cast<uint32_t>(kind), static_cast<uint32_t>(count),
                               bytes_.size(), bytes.size()};
    const size_t index = static_cast<size_t>(kind) - 1;
    std::memcpy(bytes_.data() + sizeof(ImageHeader) + index * sizeof section, &section,
                sizeof section);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  std::vector<uint8_t> finish(const Digest& bundle_digest) {
    ImageHeader header{};
    header.magic = kImageMagic;
    header.version = kImageVersion;
    header.section_count = kSectionCount;
    header.image_bytes = bytes_.size();
    header.bundle_digest = bundle_digest;
    std::memcpy(bytes_.data(), &header, sizeof header);
    return std::move(bytes_);
  }

 private:
  std::vector<uint8_t> bytes_;
};

class ImageWriter {
 public:
  ImageWriter(const Bundle& bundle, const RulingTable& rulings, const DictionaryKey& key)
      : bundle_(bundle), rulings_(rulings), key_(key) {}

  std::vector<uint8_t> write(std::span<const uint8_t> matcher, std::span<const uint8_t> llm,
                             std::span<const uint8_t> dictionaries) {
    fill_vendors();
    fill_tenants();
    fill_keys();
    fill_actions();
    fill_access();
    fill_routes();
    std::vector<ImageEntity> entities;
    std::vector<ImageText> environments;
    for (const Entity& entity : bundle_.entities) entities.push_back(image_entity(entity));
    for (const Environment& environment : bundle_.environments)
      environments.push_back(strings_.add(environment.name));
    fill_rulings();
    for (const BundleDictionary& one : bundle_.dictionaries)
      dictionary_names_.push_back(strings_.add(one.source.name));
    const AddText add = [this](std::string_view text) { return strings_.add(text); };
    const std::vector<uint8_t> templates = templates_section(bundle_, add);
    const std::vector<uint8_t> tests = tests_section(bundle_, key_, add);

    image_.opaque(SectionKind::Matcher, matcher.size(), matcher);
    image_.opaque(SectionKind::Llm, llm.size(), llm);
    image_.opaque(SectionKind::Strings, strings_.bytes().size(), strings_.bytes());
    image_.section(SectionKind::Entities, entities);
    image_.section(SectionKind::Environments, environments);
    image_.section(SectionKind::Vendors, vendors_);
    image_.section(SectionKind::Addresses, addresses_);
    image_.section(SectionKind::Pins, pins_);
    image_.section(SectionKind::Endpoints, endpoints_);
    image_.section(SectionKind::Tenants, tenants_);
    image_.section(SectionKind::Durability, durability_);
    image_.section(SectionKind::Keys, keys_);
    image_.section(SectionKind::Actions, actions_);
    image_.section(SectionKind::Rulings, row_decisions_);
    image_.section(SectionKind::Access, access_);
    image_.section(SectionKind::Routes, routes_);
    image_.section(SectionKind::Limits, std::vector<ImageLimits>{bundle_.limits});
    image_.section(SectionKind::Cells, rulings_.cells);
    image_.section(SectionKind::Decisions, decisions_);
    image_.section(SectionKind::Steps, steps_);
    image_.section(SectionKind::OpaqueRules, opaque_rules_);
    image_.section(SectionKind::OpaqueRulings, opaque_rulings_);
    const std::string restoration = restoration_text(bundle_.restoration);
    image_.opaque(SectionKind::Restoration, restoration.size(),
                  {reinterpret_cast<const uint8_t*>(restoration.data()), restoration.size()});
    write_dictionaries(dictionaries);
    const std::string retention = retention_text(bundle_);
    image_.opaque(SectionKind::Retention, retention.size(),
                  {reinterpret_cast<const uint8_t*>(retention.data()), retention.size()});
    image_.section(SectionKind::Rollout,
                   std::vector<ImageRollout>{rollout_section(bundle_.rollout)});
    image_.opaque(SectionKind::Templates, templates.size(), templates);
    image_.opaque(SectionKind::Tests, tests.size(), tests);
    return image_.finish(bundle_.digest);
  }

 private:
  void write_dictionaries(std::span<const uint8_t> section) {
    std::vector<uint64_t> masks;
    for (const BundleTenant& tenant : bundle_.tenants) {
      uint64_t mask = 0;
      for (size_t i = 0; i < bundle_.dictionaries.size(); ++i) {
        const auto& names = bundle_.dictionaries[i].tenants;
        if (names.empty() || std::find(names.begin(), names.end(), tenant.name) != names.end())
          mask |= uint64_t{1} << i;
      }
      masks.push_back(mask);
    }
    if (bundle_.dictionaries.empty()) masks.clear();
    image_.opaque(SectionKind::Dictionaries, section.size(), section);
    image_.section(SectionKind::DictionaryNames, dictionary_names_);
    image_.section(SectionKind::DictionaryTenants, masks);
  }

  ImageEndpoint image_endpoint(const VendorEndpoint& endpoint) {
    std::string query;
    for (const std::string& name : endpoint.query) query += name + "\n";
    ImageEndpoint out{};
    out.method = strings_.add(endpoint.method);
    out.path = strings_.add(endpoint.path);
    const bool refused = endpoint.body == contract::BodyUse::Refused;
    out.api_kind = strings_.add(refused ? endpoint.refusal_hint : endpoint.api_kind);
    out.query = strings_.add(query);
    out.body = static_cast<uint8_t>(endpoint.body);
    return out;
  }

  void fill_vendors() {
    for (const BundleVendor& vendor : bundle_.vendors) {
      ImageVendor out{};
      out.name = strings_.add(vendor.name);
      out.host = strings_.add(vendor.host);
      out.region = strings_.add(vendor.region);
      out.ca_pem = strings_.add(vendor.ca_pem);
      out.auth_header = strings_.add(vendor.auth_header);
      out.auth_prefix = strings_.add(vendor.auth_prefix);
      out.credential_name = strings_.add(vendor.credential);
      out.addresses = append(addresses_, vendor.addresses);
      out.pins = append(pins_, vendor.pins);
      std::vector<ImageEndpoint> endpoints;
      for (const VendorEndpoint& endpoint : vendor.endpoints)
        endpoints.push_back(image_endpoint(endpoint));
      out.endpoints = append(endpoints_, endpoints);
      out.port = vendor.port;
      out.unknown_endpoint = static_cast<uint8_t>(vendor.unknown_endpoint);
      out.unknown_field = static_cast<uint8_t>(vendor.unknown_field);
      vendors_.push_back(out);
    }
  }

  template <class T>
  static ImageRange append(std::vector<T>& all, const std::vector<T>& some) {
    const ImageRange range{static_cast<uint32_t>(all.size()), static_cast<uint32_t>(some.size())};
    all.insert(all.end(), some.begin(), some.end());
    return range;
  }

  void fill_tenants() {
    for (const BundleTenant& tenant : bundle_.tenants) {
      ImageTenant out{};
      out.name = strings_.add(tenant.name);
      for (const std::string& vendor : tenant.vendors)
        out.vendors |= uint64_t{1} << index_of(bundle_.vendors, vendor);
      out.token_scope = tenant.scope_is_principal ? 1 : 0;
      tenants_.push_back(out);
      for (const Environment& environment : bundle_.environments) {
        const auto own = tenant.durability.find(environment.name);
        durability_.push_back(static_cast<uint8_t>(
            own == tenant.durability.end() ? environment.durability : own->second));
      }
    }
  }

  void fill_keys() {
    for (const GatewayKey& key : bundle_.keys) {
      ImageKey out{};
      out.hmac = key.hmac;
      out.id = strings_.add(key.id);
      out.principal = strings_.add(key.principal);
      out.default_reason = strings_.add(key.default_reason);
      out.tenant = index_of(bundle_.tenants, key.tenant);
      out.environment = index_of(bundle_.environments, key.environment);
      keys_.push_back(out);
    }
    std::sort(keys_.begin(), keys_.end(),
              [](const ImageKey& a, const ImageKey& b) { return a.hmac < b.hmac; });
  }

  ImageEntity image_entity(const Entity& entity) {
    ImageEntity out{};
    out.name = strings_.add(entity.source.name);
    out.generalisation = static_cast<uint8_t>(entity.generalisation);
    if (entity.never_store) out.flags |= kEntityNeverStore;
    if (entity.mask_or_hash) out.flags |= kEntityMaskOrHash;
    return out;
  }

  void fill_actions() {
    for (const ActionRule& rule : bundle_.actions) {
      ImageAction out{};
      out.id = strings_.add(rule.id);
      out.action = static_cast<uint8_t>(rule.action);
      out.would = static_cast<uint8_t>(rule.would.value_or(rule.action));
      if (rule.action == Action::Mask) {
        out.keep_last = rule.keep_last;
        out.mask_char = static_cast<uint8_t>(rule.mask_char);
      }
      actions_.push_back(out);
    }
    ImageAction none{};
    none.id = strings_.add(kNoRuleId);
    none.action = none.would = static_cast<uint8_t>(Action::Block);
    actions_.push_back(none);
  }

  void add_opaque_rule(std::string_view id, bool allow) {
    ImageOpaqueRule out{};
    out.id = strings_.add(id);
    out.allow = allow ? 1 : 0;
    opaque_rules_.push_back(out);
  }

  void fill_rulings() {
    for (const RulingRow& row : rulings_.rows)
      row_decisions_.insert(row_decisions_.end(), row.decisions.begin(), row.decisions.end());
    for (const RulingRow& row : rulings_.rows)
      opaque_rulings_.insert(opaque_rulings_.end(), row.opaque.begin(), row.opaque.end());
    for (const OpaqueRule& rule : bundle_.opaque) add_opaque_rule(rule.id, rule.allow);
    add_opaque_rule(kNoRuleId, false);
    for (const Decision& decision : rulings_.decisions) {
      std::vector<ImageStep> steps;
      for (const RulingStep& step : decision) steps.push_back({step.rule, step.from, 0});
      decisions_.push_back(append(steps_, steps));
    }
  }

  // A rule with lists becomes one entry for each combination, all with its id.
  void fill_access() {
    const auto or_any = [](const std::vector<std::string>& names) {
      return names.empty() ? std::vector<std::string>{std::string()} : names;
    };
    for (const AccessRule& rule : bundle_.access)
      for (const std::string& tenant : or_any(rule.tenants))
        for (const std::string& principal : or_any(rule.principals))
          for (const std::string& entity : or_any(rule.entities))
            for (const std::string& reason : or_any(rule.reasons)) {
              ImageAccess out{};
              out.id = strings_.add(rule.id);
              out.principal = strings_.add(principal);
              out.reason = strings_.add(reason);
              out.tenant = tenant.empty() ? kImageAny : index_of(bundle_.tenants, tenant);
              out.entity = entity.empty() ? kImageAny : entity_index(entity);
              out.allow = rule.allow ? 1 : 0;
              access_.push_back(out);
            }
  }

  uint16_t entity_index(std::string_view name) const {
    const auto& all = bundle_.entities;
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Entity& e) { return e.source.name == name; });
    return static_cast<uint16_t>(found - all.begin());
  }

  // Hosts, then gateway hosts, then prefixes, the longest first.
  void fill_routes() {
    const auto add = [&](std::string_view text, uint16_t vendor, RouteKind kind) {
      const auto& wanted = bundle_.routes.require_template;
      const bool required = kind != RouteKind::GatewayHost &&
                            std::find(wanted.begin(), wanted.end(), text) != wanted.end();
      routes_.push_back({strings_.add(text),
                         vendor,
                         static_cast<uint8_t>(kind),
                         static_cast<uint8_t>(required ? 1 : 0),
                         {}});
    };
    for (const auto& [host, vendor] : bundle_.routes.hosts)
      add(host, index_of(bundle_.vendors, vendor), RouteKind::Host);
    for (const std::string& host : bundle_.routes.gateway_hosts)
      add(host, kImageAny, RouteKind::GatewayHost);
    std::vector<std::pair<std::string, std::string>> prefixes(bundle_.routes.prefixes.begin(),
                                                              bundle_.routes.prefixes.end());
    std::stable_sort(prefixes.begin(), prefixes.end(),
                     [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (const auto& [prefix, vendor] : prefixes)
      add(prefix, index_of(bundle_.vendors, vendor), RouteKind::Prefix);
  }

  const Bundle& bundle_;
  const RulingTable& rulings_;
  const DictionaryKey& key_;
  StringTable strings_;
  ImageBuilder image_;
  std::vector<ImageVendor> vendors_;
  std::vector<contract::ImageAddress> addresses_;
  std::vector<Digest> pins_;
  std::vector<ImageEndpoint> endpoints_;
  std::vector<ImageTenant> tenants_;
  std::vector<uint8_t> durability_;
  std::vector<ImageKey> keys_;
  std::vector<ImageAction> actions_;
  std::vector<uint16_t> row_decisions_;
  std::vector<ImageRange> decisions_;
  std::vector<ImageStep> steps_;
  std::vector<ImageOpaqueRule> opaque_rules_;
  std::vector<uint16_t> opaque_rulings_;
  std::vector<ImageAccess> access_;
  std::vector<ImageRoute> routes_;
  std::vector<ImageText> dictionary_names_;
};

// Where an error of the matcher compiler was written.
Place place_of(const Bundle& bundle, const CompiledMatcher::Error& error) {
  for (const Entity& entity : bundle.entities) {
    if (entity.source.name != error.entity) continue;
    for (size_t i = 0; i < entity.source.rules.size(); ++i)
      if (entity.source.rules[i].id == error.rule) return entity.rule_places[i];
    return entity.place;
  }
  return Place{bundle.folder + "/entities", 0, 0};
}

std::vector<uint8_t> compile_entities(const Bundle& bundle, std::vector<Problem>& problems) {
  std::vector<EntitySource> sources;
  for (const Entity& entity : bundle.entities) sources.push_back(entity.source);
  CompiledMatcher matcher = compile_matcher(sources);
  for (const CompiledMatcher::Error& error : matcher.errors)
    problems.push_back(bundle.sources.problem(
        place_of(bundle, error),
        error.rule.empty() ? error.message : "rule '" + error.rule + "': " + error.message));
  return std::move(matcher.section);
}

DictionaryKey throw_away_key() {
  DictionaryKey key;
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
    throw std::runtime_error("no random numbers from OpenSSL");
  return key;
}

// Empty without dictionaries.
std::vector<uint8_t> compile_values(const Bundle& bundle, const DictionaryKey& key,
                                    const CompileOptions& options, std::vector<Problem>& problems) {
  if (bundle.dictionaries.empty()) return {};
  std::vector<DictionarySource> sources;
  for (const BundleDictionary& one : bundle.dictionaries) sources.push_back(one.source);
  DictionaryOptions how{folded_as_scanned, {}};
  if (options.progress)
    how.progress = [&](size_t dictionary, size_t values) {
      options.progress(bundle.dictionaries[dictionary].source.name, values);
    };
  CompiledDictionaries made = compile_dictionaries(sources, key, how);
  for (const CompiledDictionaries::Error& error : made.errors) {
    const BundleDictionary& one =
        bundle.dictionaries[std::min(error.dictionary, bundle.dictionaries.size() - 1)];
    const std::string line = error.line == 0 ? "" : " line " + std::to_string(error.line);
    problems.push_back(
        bundle.sources.problem(one.file_place, one.file + line + ": " + error.message));
  }
  return std::move(made.section);
}

// Entries of the largest tables, before anything is allocated for them.
bool is_too_large(const Bundle& bundle) {
  const uint64_t cells = uint64_t{sizeof(uint32_t)} * bundle.tenants.size() *
                         bundle.environments.size() * bundle.vendors.size();
  uint64_t access = 0;
  const auto count = [](const auto& names) { return std::max<uint64_t>(1, names.size()); };
  for (const AccessRule& rule : bundle.access)
    access += count(rule.tenants) * count(rule.principals) * count(rule.entities) *
              count(rule.reasons) * sizeof(ImageAccess);
  return cells + access > kImageBytesMax / 2 || bundle.actions.size() >= kImageAny ||
         bundle.opaque.size() >= kImageAny || bundle.tenants.size() >= kImageAny;
}

bool is_too_large(const RulingTable& rulings) {
  const uint64_t per_row = rulings.rows.empty() ? 0 : rulings.rows[0].decisions.size();
  return rulings.decisions.size() >= kImageAny ||
         rulings.rows.size() * per_row * sizeof(uint16_t) > kImageBytesMax / 2;
}

}  // namespace

std::optional<CompiledImage> compile_image(const Bundle& bundle, std::vector<Problem>& problems,
                                           const CompileOptions& options) {
  const size_t before = problems.size();
  CompiledImage image;
  if (!bundle.dictionaries.empty())
    image.dictionary_key = options.dictionary_key ? *options.dictionary_key : throw_away_key();
  const std::vector<uint8_t> matcher = compile_entities(bundle, problems);
  const ApiKindSection llm = compile_api_kinds(bundle.api_kinds);
  for (const ApiKindProblem& p : llm.problems)
    problems.push_back(bundle.sources.problem(Place{p.file, p.line, p.column}, p.what));
  RulingTable rulings;
  bool too_large = is_too_large(bundle);
  if (!too_large) rulings = make_rulings(bundle);
  too_large = too_large || is_too_large(rulings);
  if (too_large)
    problems.push_back(Problem{bundle.folder,
                               0,
                               0,
                               "the bundle compiles to more than 256 MiB: too many combinations "
                               "of tenants, environments, vendors and entities, or of access rules",
                               {}});
  const std::vector<uint8_t> values =
      compile_values(bundle, image.dictionary_key, options, problems);
  if (!templates_fit(bundle))
    problems.push_back(Problem{bundle.folder + "/templates",
                               0,
                               0,
                               "the fixed words of all templates are more than 4 MiB",
                               {}});
  if (problems.size() != before) return std::nullopt;
  image.bytes =
      ImageWriter(bundle, rulings, image.dictionary_key).write(matcher, llm.bytes, values);
  if (image.bytes.size() > kImageBytesMax) {
    problems.push_back(
        Problem{bundle.folder, 0, 0, "the bundle compiles to more than 256 MiB", {}});
    return std::nullopt;
  }
  image.image_digest = sha256(image.bytes);
  image.bundle_digest = bundle.digest;
  return image;
}

}  // namespace sallyport::controlplane::policy
