// environments.yaml, vendors/*.yaml, vendors/api/*.yaml, tenants.yaml, keys.yaml, routes.yaml: who
// talks to whom, and how they prove who they are.
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/bundle/names.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::BodyUse;
using contract::Durability;
using contract::UnknownEndpoint;
using contract::UnknownField;

constexpr YamlReader::Named<Durability> kDurabilities[] = {{"committed", Durability::Committed},
                                                           {"recorded", Durability::Recorded}};
constexpr YamlReader::Named<bool> kTokenScopes[] = {{"tenant", false}, {"principal", true}};
constexpr YamlReader::Named<BodyUse> kMethods[] = {
    {"POST", BodyUse::Required}, {"GET", BodyUse::None}, {"DELETE", BodyUse::None}};
constexpr YamlReader::Named<BodyUse> kBodies[] = {
    {"required", BodyUse::Required}, {"optional", BodyUse::Optional}, {"none", BodyUse::None}};
constexpr YamlReader::Named<UnknownEndpoint> kUnknownEndpoints[] = {
    {"refuse", UnknownEndpoint::Refuse}, {"inspect", UnknownEndpoint::Inspect}};
constexpr YamlReader::Named<UnknownField> kUnknownFields[] = {{"inspect", UnknownField::Inspect},
                                                              {"block", UnknownField::Block},
                                                              {"pass", UnknownField::Pass}};

// The kind as which an endpoint is read that no table describes.
constexpr std::string_view kAnyJson = "any_json";

// Query parameters in which some vendors take a credential; ours goes into a header.
constexpr std::string_view kCredentialParameters[] = {
    "key", "api_key", "api-key", "apikey", "access_token", "token", "sig", "signature"};

constexpr std::string_view kNameRule = "a name is a-z, 0-9 and inner . _ -, not 'any', at most ";

// Headers that frame a message or that we write ourselves; a credential has no place in them.
constexpr std::string_view kNotForCredentials[] = {
    "host",    "connection", "content-length",   "content-type",    "transfer-encoding",
    "accept",  "expect",     "content-encoding", "accept-encoding", "te",
    "trailer", "upgrade",    "user-agent"};

std::string checked_name(YamlReader& reader, const YamlNode* node, size_t bytes_max) {
  if (node == nullptr) return {};
  std::string name = reader.text(*node);
  if (!name.empty() && !is_bundle_name(name, bytes_max))
    reader.add(node->place, std::string(kNameRule) + std::to_string(bytes_max));
  return name;
}

void check_key_name(YamlReader& reader, const YamlNode& key, size_t bytes_max) {
  if (!is_bundle_name(key.scalar, bytes_max))
    reader.add(key.place, std::string(kNameRule) + std::to_string(bytes_max));
}

std::string file_stem(const std::string& path) {
  const size_t slash = path.rfind('/');
  return path.substr(slash + 1, path.size() - slash - 1 - std::string_view(".yaml").size());
}

template <class Things>
void sort_by_name(Things& things) {
  std::sort(things.begin(), things.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
}

// Empty: every certificate of the text reads, and there is one.
std::string certificate_error(const std::string& pem) {
  if (pem.find("PRIVATE KEY") != std::string::npos)
    return "the file holds a private key; a bundle holds no secrets";
  const std::unique_ptr<BIO, int (*)(BIO*)> in(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  size_t count = 0;
  while (in != nullptr) {
    const std::unique_ptr<X509, void (*)(X509*)> certificate(
        PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), X509_free);
    if (certificate == nullptr) break;
    ++count;
  }
  const size_t begins = [&] {
    size_t found = 0;
    for (size_t at = pem.find("-----BEGIN "); at != std::string::npos;
         at = pem.find("-----BEGIN ", at + 1))
      ++found;
    return found;
  }();
  if (count == 0) return "the file holds no PEM certificate";
  if (count != begins) return "certificate " + std::to_string(count + 1) + " cannot be read";
  return {};
}

class VendorReader {
 public:
  explicit VendorReader(BundleParts& parts) : parts_(parts), reader_(parts.reader) {}

  void read(const std::string& path) {
    const YamlNode* node = parts_.top(path, "vendor", false);
    if (node == nullptr) return;
    BundleVendor vendor;
    vendor.place = node->place;
    YamlMapping mapping(reader_, *node, "a vendor");
    const YamlNode* name = mapping.required("name");
    vendor.name = checked_name(reader_, name, kVendorNameBytes);
    if (name != nullptr && !vendor.name.empty() && vendor.name != file_stem(path))
      reader_.add(name->place, "the vendor of " + path + " is named '" + file_stem(path) + "'");
    // Known by its file, so that one wrong name does not make every reference look wrong.
    vendor.name = file_stem(path);
    if (const YamlNode* host = mapping.required("host")) vendor.host = host_name(*host);
    if (const YamlNode* region = mapping.optional("region"))
      vendor.region = checked_name(reader_, region, kRegionBytes);
    vendor.port = static_cast<uint16_t>(mapping.number_or("port", 443, 1, 65'535));
    if (const YamlNode* addresses = mapping.required("addresses"))
      read_addresses(*addresses, vendor);
    read_trust(mapping, vendor);
    read_credential(mapping, vendor);
    if (const YamlNode* endpoints = mapping.required("endpoints"))
      read_endpoints(*endpoints, vendor);
    read_unknown(mapping, vendor);
    if (const YamlNode* use = mapping.optional("data_use")) read_data_use(*use, vendor);
    mapping.finish();
    parts_.bundle.vendors.push_back(std::move(vendor));
  }

 private:
  void read_data_use(const YamlNode& node, BundleVendor& vendor) {
    YamlMapping mapping(reader_, node, "data_use");
    for (size_t flag = 0; flag < kDataUse.size(); ++flag) {
      const YamlNode* value = mapping.optional(kDataUse[flag].name);
      if (value == nullptr) continue;
      const auto& words = kDataUse[flag].values;
      const std::string word = reader_.text(*value);
      const auto found = std::find(words.begin(), words.end(), word);
      if (found != words.end())
        vendor.data_use[flag] = static_cast<uint8_t>(found - words.begin());
      else if (!word.empty())
        refuse_word(value->place, word, words);
    }
    mapping.finish();
  }

  void refuse_word(const Place& place, const std::string& word,
                   const std::array<std::string_view, 4>& words) {
    std::string all;
    for (const std::string_view one : words) all += (all.empty() ? "" : ", ") + std::string(one);
    reader_.add(place, "'" + word + "' is none of: " + all);
  }

  std::string host_name(const YamlNode& node) {
    std::string host = reader_.text(node);
    if (!host.empty() && !is_host_name(host))
      reader_.add(node.place, "a host name in lower case is expected, such as api.example.com");
    return host;
  }

  void read_addresses(const YamlNode& node, BundleVendor& vendor) {
    for (const auto& [text, place] : reader_.texts(node)) {
      const auto address = parse_address(text);
      if (!address || !is_reachable(*address)) {
        reader_.add(place, address ? "no vendor can have this address"
                                   : "an IPv4 or IPv6 address is expected, such as "
                                     "192.0.2.10 or 2001:db8::10");
        continue;
      }
      if (std::find(vendor.addresses.begin(), vendor.addresses.end(), *address) !=
          vendor.addresses.end())
        reader_.add(place, "the address is written twice");
      vendor.addresses.push_back(*address);
    }
    if (node.kind == YamlNode::Kind::Sequence && node.items.empty())
      reader_.add(node.place, "a vendor has at least one address");
  }

  void read_trust(YamlMapping& mapping, BundleVendor& vendor) {
    const YamlNode* pins = mapping.optional("pins");
    const YamlNode* ca_file = mapping.optional("ca_file");
    if (pins != nullptr) {
      for (const auto& [text, place] : reader_.texts(*pins)) {
        const auto pin = parse_pin(text);
        if (!pin)
          reader_.add(place, "a pin is sha256/ and the base64 of 32 bytes");
        else if (std::find(vendor.pins.begin(), vendor.pins.end(), *pin) != vendor.pins.end())
          reader_.add(place, "the pin is written twice");
        else
          vendor.pins.push_back(*pin);
      }
    }
    if (ca_file != nullptr) read_ca(*ca_file, vendor);
    const bool has_pins = pins != nullptr && !pins->items.empty();
    if (!has_pins && ca_file == nullptr)
      reader_.add(vendor.place,
                  "a vendor has 'pins', a 'ca_file' or both, or nobody could prove "
                  "to be it");
  }

  void read_ca(const YamlNode& node, BundleVendor& vendor) {
    const std::string path = reader_.text(node);
    if (path.empty()) return;
    std::string error;
    auto text = parts_.files.read_named(node.place, path, error);
    if (text) error = certificate_error(*text);
    if (!error.empty()) return reader_.add(node.place, error);
    vendor.ca_pem = std::move(*text);
  }

  void read_credential(YamlMapping& mapping, BundleVendor& vendor) {
    const YamlNode* header = mapping.required("auth_header");
    if (header != nullptr) {
      vendor.auth_header = reader_.text(*header);
      const bool known = std::find(std::begin(kNotForCredentials), std::end(kNotForCredentials),
                                   vendor.auth_header) != std::end(kNotForCredentials);
      if (!vendor.auth_header.empty() && (known || !is_bundle_name(vendor.auth_header) ||
                                          vendor.auth_header.find('.') != std::string::npos))
        reader_.add(header->place,
                    "the name of a header for credentials in lower case is "
                    "expected, such as authorization or x-api-key");
    }
    if (const YamlNode* prefix = mapping.optional("auth_prefix")) {
      vendor.auth_prefix = reader_.text(*prefix);
      const bool printable = std::all_of(vendor.auth_prefix.begin(), vendor.auth_prefix.end(),
                                         [](char c) { return c >= 0x20 && c <= 0x7e; });
      if (!printable || vendor.auth_prefix.size() > 32)
        reader_.add(prefix->place, "a prefix is at most 32 printable ASCII characters");
    }
    vendor.credential = checked_name(reader_, mapping.required("credential"), kIdBytes);
  }

  void read_endpoints(const YamlNode& node, BundleVendor& vendor) {
    if (node.kind != YamlNode::Kind::Sequence || node.items.empty())
      return reader_.add(node.place, "endpoints is a list of at least one");
    std::set<std::string> seen;
    for (const YamlNode& item : node.items) {
      YamlMapping mapping(reader_, item, "an endpoint");
      VendorEndpoint endpoint;
      endpoint.place = item.place;
      endpoint.method = mapping.text("method");
      if (const YamlNode* method = mapping.optional("method"))
        endpoint.body = reader_.choice(*method, kMethods);
      if (const YamlNode* path = mapping.required("path")) {
        endpoint.path = reader_.text(*path);
        if (!endpoint.path.empty() && !is_endpoint_path(endpoint.path))
          reader_.add(path->place,
                      "a path without query, escapes and final slash is expected, "
                      "such as /v1/messages or /v1/responses/{id}");
        if (!seen.insert(endpoint.method + " " + endpoint.path).second)
          reader_.add(path->place, "the endpoint is written twice");
      }
      if (const YamlNode* refuse = mapping.optional("refuse"))
        read_refusal(*refuse, mapping, endpoint);
      else
        read_service(mapping, endpoint);
      mapping.finish();
      vendor.endpoints.push_back(std::move(endpoint));
    }
  }

  // An endpoint that is known and not served; its text tells a caller what to use instead.
  void read_refusal(const YamlNode& node, YamlMapping& mapping, VendorEndpoint& endpoint) {
    endpoint.body = BodyUse::Refused;
    endpoint.refusal_hint = reader_.text(node);
    const std::string& hint = endpoint.refusal_hint;
    if (!hint.empty() && !contract::is_refusal_hint(hint.data(), hint.size()))
      reader_.add(node.place, "a hint is at most " +
                                  std::to_string(contract::kRefusalHintBytesMax) +
                                  " printable ASCII characters without quotes and backslashes");
    for (const char* key : {"api_kind", "query", "body"})
      if (const YamlNode* other = mapping.optional(key))
        reader_.add(other->place, "a refused endpoint has no '" + std::string(key) + "'");
  }

  void read_service(YamlMapping& mapping, VendorEndpoint& endpoint) {
    read_body(mapping, endpoint);
    if (const YamlNode* query = mapping.optional("query")) read_query(*query, endpoint);
    const YamlNode* kind = mapping.required("api_kind");
    if (kind == nullptr) return;
    endpoint.api_kind = reader_.text(*kind);
    if (!endpoint.api_kind.empty())
      parts_.known_name(endpoint.api_kind, kind->place, parts_.bundle.api_kinds, "API kind");
  }

  void read_body(YamlMapping& mapping, VendorEndpoint& endpoint) {
    const YamlNode* body = mapping.optional("body");
    if (body == nullptr) return;
    const BodyUse use = reader_.choice(*body, kBodies);
    if (endpoint.body == BodyUse::None && use != BodyUse::None)
      reader_.add(body->place, "GET and DELETE have no body");
    endpoint.body = use;
  }

  void read_query(const YamlNode& node, VendorEndpoint& endpoint) {
    for (auto& [name, place] : reader_.texts(node)) {
      if (!is_query_name(name))
        reader_.add(place, "the name of a query parameter is expected, such as api-version");
      if (std::find(std::begin(kCredentialParameters), std::end(kCredentialParameters), name) !=
          std::end(kCredentialParameters))
        reader_.add(place, "a credential does not go on in a query; see 'auth_header'");
      endpoint.query.push_back(std::move(name));
    }
  }

  void read_unknown(YamlMapping& mapping, BundleVendor& vendor) {
    if (const YamlNode* node = mapping.optional("unknown_field"))
      vendor.unknown_field = reader_.choice(*node, kUnknownFields);
    const YamlNode* node = mapping.optional("unknown_endpoint");
    if (node == nullptr) return;
    vendor.unknown_endpoint = reader_.choice(*node, kUnknownEndpoints);
    if (vendor.unknown_endpoint != UnknownEndpoint::Inspect) return;
    parts_.known_name(std::string(kAnyJson), node->place, parts_.bundle.api_kinds, "API kind");
    if (vendor.unknown_field != UnknownField::Inspect)
      reader_.add(node->place,
                  "an unknown endpoint has unknown fields only: 'unknown_field' must be inspect");
  }

  BundleParts& parts_;
  YamlReader& reader_;
};

void read_tenant(BundleParts& parts, const YamlMember& member) {
  YamlReader& reader = parts.reader;
  check_key_name(reader, member.key, kTenantNameBytes);
  BundleTenant tenant;
  tenant.name = member.key.scalar;
  tenant.place = member.key.place;
  YamlMapping mapping(reader, member.value, "a tenant");
  if (const YamlNode* vendors = mapping.required("vendors")) {
    for (auto& [vendor, place] : reader.texts(*vendors))
      if (parts.known_name(vendor, place, parts.bundle.vendors, "vendor"))
        tenant.vendors.push_back(std::move(vendor));
  }
  if (const YamlNode* scope = mapping.optional("token_scope"))
    tenant.scope_is_principal = reader.choice(*scope, kTokenScopes);
  if (const YamlNode* durability = mapping.optional("durability")) {
    YamlMapping by_environment(reader, *durability, "durability");
    for (const YamlMember& one : durability->members)
      if (parts.known_name(one.key.scalar, one.key.place, parts.bundle.environments, "environment"))
        tenant.durability[one.key.scalar] = reader.choice(one.value, kDurabilities);
  }
  mapping.finish();
  parts.bundle.tenants.push_back(std::move(tenant));
}

GatewayKey read_key_entry(YamlReader& reader, const YamlMember& member) {
  check_key_name(reader, member.key, kIdBytes);
  GatewayKey key;
  key.id = member.key.scalar;
  key.place = member.key.place;
  YamlMapping mapping(reader, member.value, "a key");
  if (const YamlNode* hmac = mapping.required("hmac")) {
    // Sixty-four digits without a letter are a number to YAML, and exactly what is meant here.
    const auto digest = parse_digest(hmac->scalar);
    if (!digest)
      reader.add(hmac->place, "64 hex digits in lower case are expected (`sallyctl key new`)");
    else
      key.hmac = *digest;
  }
  key.tenant = mapping.text("tenant");
  if (const YamlNode* principal = mapping.required("principal")) {
    key.principal = reader.text(*principal);
    if (!key.principal.empty() && !is_principal_name(key.principal))
      reader.add(principal->place,
                 "a principal is letters, digits and . _ @ : / + -, not 'any', "
                 "at most 63");
  }
  key.environment = mapping.text("environment");
  if (const YamlNode* reason = mapping.optional("default_reason"))
    key.default_reason = checked_name(reader, reason, kReasonBytes);
  mapping.finish();
  return key;
}

void read_prefixes(BundleParts& parts, const YamlNode& node) {
  YamlMapping mapping(parts.reader, node, "prefixes");
  for (const YamlMember& member : node.members) {
    if (!is_path(member.key.scalar))
      parts.reader.add(member.key.place,
                       "a prefix begins with / and has none at the end, such as "
                       "/openai");
    const std::string vendor = parts.reader.text(member.value);
    if (!vendor.empty())
      parts.known_name(vendor, member.value.place, parts.bundle.vendors, "vendor");
    parts.bundle.routes.prefixes[member.key.scalar] = vendor;
  }
}

void read_hosts(BundleParts& parts, const YamlNode& node) {
  YamlMapping mapping(parts.reader, node, "hosts");
  const auto& gateways = parts.bundle.routes.gateway_hosts;
  for (const YamlMember& member : node.members) {
    if (!is_host_name(member.key.scalar))
      parts.reader.add(member.key.place, "a host name in lower case is expected");
    if (std::find(gateways.begin(), gateways.end(), member.key.scalar) != gateways.end())
      parts.reader.add(member.key.place, "the host is among gateway_hosts too");
    const std::string vendor = parts.reader.text(member.value);
    if (!vendor.empty())
      parts.known_name(vendor, member.value.place, parts.bundle.vendors, "vendor");
    parts.bundle.routes.hosts[member.key.scalar] = vendor;
  }
}

}  // namespace

void read_environments(BundleParts& parts) {
  const YamlNode* node = parts.top("environments.yaml", "environments", true);
  if (node == nullptr) return;
  YamlMapping mapping(parts.reader, *node, "environments");
  for (const YamlMember& member : node->members) {
    check_key_name(parts.reader, member.key, kEnvironmentNameBytes);
    Environment environment;
    environment.name = member.key.scalar;
    environment.place = member.key.place;
    YamlMapping one(parts.reader, member.value, "an environment");
    if (const YamlNode* durability = one.required("durability"))
      environment.durability = parts.reader.choice(*durability, kDurabilities);
    one.finish();
    parts.bundle.environments.push_back(std::move(environment));
  }
  if (node->members.empty()) parts.reader.add(node->place, "a bundle has at least one environment");
  sort_by_name(parts.bundle.environments);
}

void read_api_kinds(BundleParts& parts) {
  const std::vector<std::string> paths = parts.files.in_folder("vendors/api");
  for (const std::string& path : paths) {
    ApiKindSource source;
    std::vector<ApiKindProblem> problems;
    const std::string shown = parts.files.shown(path);
    const bool ok = read_api_kind(parts.files.text_of(path), shown, source, problems);
    for (const ApiKindProblem& p : problems)
      parts.reader.add(Place{p.file, p.line, p.column}, p.what);
    if (ok && source.name != file_stem(path))
      parts.reader.add(Place{shown, 0, 0},
                       "the API kind of this file is named '" + file_stem(path) + "'");
    if (ok && !is_bundle_name(source.name, kApiKindNameBytes))
      parts.reader.add(Place{shown, 0, 0}, std::string(kNameRule) + "31");
    source.name = file_stem(path);
    parts.bundle.api_kinds.push_back(std::move(source));
  }
}

void read_vendors(BundleParts& parts) {
  const std::vector<std::string> paths = parts.files.in_folder("vendors");
  if (paths.empty())
    parts.reader.add(Place{parts.files.shown("vendors"), 0, 0},
                     "the bundle has no vendors: a file vendors/NAME.yaml is expected");
  VendorReader reader(parts);
  for (const std::string& path : paths) reader.read(path);
  sort_by_name(parts.bundle.vendors);
  if (parts.bundle.vendors.size() > contract::kVendorsMax)
    parts.reader.add(parts.bundle.vendors.back().place, "more than 64 vendors");
}

void read_tenants(BundleParts& parts) {
  const YamlNode* node = parts.top("tenants.yaml", "tenants", true);
  if (node == nullptr) return;
  YamlMapping mapping(parts.reader, *node, "tenants");
  for (const YamlMember& member : node->members) read_tenant(parts, member);
  sort_by_name(parts.bundle.tenants);
}

void read_key_entries(YamlReader& reader, const YamlNode& keys, std::vector<GatewayKey>& out) {
  YamlMapping mapping(reader, keys, "keys");
  for (const YamlMember& member : keys.members) out.push_back(read_key_entry(reader, member));
}

void read_keys(BundleParts& parts) {
  const YamlNode* node = parts.top("keys.yaml", "keys", false);
  if (node == nullptr) return;
  std::vector<GatewayKey>& keys = parts.bundle.keys;
  const size_t before = parts.reader.problem_count();
  read_key_entries(parts.reader, *node, keys);
  if (parts.reader.problem_count() != before) return;
  std::map<contract::Digest, std::string> by_hmac;
  for (const GatewayKey& key : keys) {
    parts.known_name(key.tenant, node->find(key.id)->find("tenant")->place, parts.bundle.tenants,
                     "tenant");
    parts.known_name(key.environment, node->find(key.id)->find("environment")->place,
                     parts.bundle.environments, "environment");
    const auto [former, is_new] = by_hmac.try_emplace(key.hmac, key.id);
    if (!is_new) parts.reader.add(key.place, "the same hmac as key '" + former->second + "'");
  }
  std::sort(keys.begin(), keys.end(),
            [](const GatewayKey& a, const GatewayKey& b) { return a.id < b.id; });
}

void read_routes(BundleParts& parts) {
  const YamlNode* tree = parts.files.find("routes.yaml");
  if (tree == nullptr)
    return parts.reader.add(Place{parts.files.shown("routes.yaml"), 0, 0},
                            "the bundle has no such file");
  YamlMapping mapping(parts.reader, *tree, "routes.yaml");
  Routes& routes = parts.bundle.routes;
  const YamlNode* gateways = mapping.optional("gateway_hosts");
  if (gateways != nullptr) {
    for (const auto& [host, place] : parts.reader.texts(*gateways)) {
      if (host != "*" && !is_host_name(host))
        parts.reader.add(place, "a host name in lower case, or \"*\", is expected");
      if (std::find(routes.gateway_hosts.begin(), routes.gateway_hosts.end(), host) !=
          routes.gateway_hosts.end())
        parts.reader.add(place, "the host is written twice");
      routes.gateway_hosts.push_back(host);
    }
  }
  if (const YamlNode* prefixes = mapping.optional("prefixes")) read_prefixes(parts, *prefixes);
  if (const YamlNode* hosts = mapping.optional("hosts")) read_hosts(parts, *hosts);
  if (const YamlNode* wanted = mapping.optional("require_template"))
    for (auto& [route, place] : parts.reader.texts(*wanted)) {
      if (!routes.prefixes.contains(route) && !routes.hosts.contains(route))
        parts.reader.add(place, "a prefix or a host of this file is expected");
      routes.require_template.push_back(std::move(route));
    }
  mapping.finish();
  if (routes.prefixes.empty() != routes.gateway_hosts.empty())
    parts.reader.add(tree->place, "gateway_hosts and prefixes belong together");
  if (routes.prefixes.empty() && routes.hosts.empty())
    parts.reader.add(tree->place, "no route leads to a vendor");
}

}  // namespace sallyport::controlplane::policy
