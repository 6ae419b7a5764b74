#include "dataplane/flow/policy_version.h"

#include <algorithm>

#include "dataplane/mem/wipe.h"
#include "dataplane/rewrite/text/ruling.h"

namespace sallyport::flow {
namespace {

// The error shape that the SDK of this endpoint understands.
ErrorShape shape_of_kind(std::string_view api_kind) noexcept {
  struct Known {
    std::string_view begin;
    ErrorShape shape;
  };
  constexpr Known kKnown[] = {{"anthropic", ErrorShape::Anthropic},
                              {"gemini", ErrorShape::Google},
                              {"cohere", ErrorShape::Cohere},
                              {"bedrock", ErrorShape::Bedrock}};
  for (const Known& known : kKnown)
    if (api_kind.starts_with(known.begin)) return known.shape;
  return ErrorShape::OpenAi;
}

// Of a vendor as a whole: that of the first endpoint it serves.
ErrorShape shape_of_vendor(const policy::Image& image, const policy::Vendor& vendor) noexcept {
  for (uint16_t i = 0; i < vendor.endpoint_count; ++i) {
    const auto endpoint = image.endpoint(static_cast<uint16_t>(vendor.first_endpoint + i));
    if (endpoint.body != contract::BodyUse::Refused) return shape_of_kind(endpoint.api_kind);
  }
  return ErrorShape::OpenAi;
}

}  // namespace

VendorRuntime::~VendorRuntime() { mem::wipe(credential_value); }

PolicyVersion::~PolicyVersion() = default;

std::unique_ptr<PolicyVersion> PolicyVersion::build(std::vector<uint8_t> image_bytes,
                                                    std::shared_ptr<const policy::Secrets> secrets,
                                                    uint64_t sequence, std::string& error) {
  std::unique_ptr<PolicyVersion> made(new PolicyVersion());
  made->sequence_ = sequence;
  made->bytes_ = std::move(image_bytes);
  made->secrets_ = std::move(secrets);
  if (made->secrets_ == nullptr || !made->secrets_->has_gateway_hmac_key()) {
    error = "secrets: no gateway HMAC key";
    return nullptr;
  }
  const bool ok = made->image_.load(made->bytes_, error) &&
                  made->templates_.load(made->image_, error) &&
                  made->tests_.load(made->image_, made->secrets_->dictionary_key(), error) &&
                  made->build_engine(error) && made->build_endpoints(error) &&
                  made->build_vendors(error) && made->build_mints(error);
  return ok ? std::move(made) : nullptr;
}

// The matcher answers its canaries here, on the main lcore, before a worker sees it.
bool PolicyVersion::build_engine(std::string& error) {
  if (!engine_.load(image_.matcher_section(), error)) return false;
  if (!build_dictionaries(error)) return false;
  if (engine_.entity_count() != image_.entity_count() ||
      image_.entity_count() > rewrite::kEntitiesMax) {
    error = "image: entities: not those of the matcher section, or too many";
    return false;
  }
  std::vector<std::string_view> names;
  for (uint16_t i = 0; i < engine_.entity_count(); ++i) {
    names.push_back(image_.entity_name(i));
    if (names.back() == engine_.entity_name(i)) continue;
    error = "image: entities: order differs from the matcher section";
    return false;
  }
  if (!labels_.build(names)) {
    error = "image: entities: a name cannot be a token's label";
    return false;
  }
  scratch_ = engine_.make_scratch();
  if (scratch_ == nullptr) {
    error = "matcher: no memory for its scratch";
    return false;
  }
  return engine_.self_test(*scratch_, error);
}

// The values of tenants: hashes in the image, their key with the secrets.
bool PolicyVersion::build_dictionaries(std::string& error) {
  if (image_.dictionary_count() == 0) return true;
  const auto key = secrets_->dictionary_key();
  if (!key.has_value()) {
    error = "secrets: no dictionary key";
    return false;
  }
  std::vector<std::string_view> names;
  for (size_t i = 0; i < image_.dictionary_count(); ++i) names.push_back(image_.dictionary_name(i));
  return engine_.load_dictionaries(image_.dictionary_section(),
                                   key->first<contract::kDictionaryKeyBytes>(), names, error);
}

bool PolicyVersion::build_endpoints(std::string& error) {
  const auto loaded = tables_.load(image_.llm_section());
  if (loaded != llm::ApiTables::LoadError::None) {
    error = "image: llm section: " + std::string(llm::load_error_name(loaded));
    return false;
  }
  if (!tables_.find_kind("any_json", any_json_)) any_json_ = {};
  for (uint16_t v = 0; v < image_.vendor_count(); ++v) {
    const policy::Vendor vendor = image_.vendor(v);
    for (uint16_t i = 0; i < vendor.endpoint_count; ++i) {
      const auto index = static_cast<uint16_t>(vendor.first_endpoint + i);
      if (kinds_.size() <= index) kinds_.resize(size_t{index} + 1);
      if (image_.endpoint(index).body == contract::BodyUse::Refused) continue;
      const std::string_view name = image_.endpoint(index).api_kind;
      if (tables_.find_kind(name, kinds_[index])) continue;
      error = "image: vendor " + std::string(vendor.name) + ": no API kind " + std::string(name);
      return false;
    }
  }
  return true;
}

// A vendor without its credential is not an error of the image: requests to it are refused until
// the credential is there.
bool PolicyVersion::build_vendors(std::string& error) {
  const auto stores = std::make_shared<tls::TrustStores>();
  for (uint16_t i = 0; i < image_.vendor_count(); ++i) {
    auto made = std::make_unique<VendorRuntime>();
    made->vendor = image_.vendor(i);
    made->api_url = "https://" + std::string(made->vendor.host);
    tls::ClientOptions options;
    options.host = made->vendor.host;
    options.ca_pem = made->vendor.ca_pem;
    options.pins.assign(made->vendor.pins.begin(), made->vendor.pins.end());
    made->tls = tls::ClientContext::create(std::move(options), stores, error);
    if (made->tls == nullptr) return false;
    if (const auto value = secrets_->vendor_credential(made->vendor.credential_name)) {
      const std::string_view prefix = made->vendor.auth_prefix;
      made->credential_value.reserve(prefix.size() + value->size());
      made->credential_value.assign(prefix.begin(), prefix.end());
      made->credential_value.insert(made->credential_value.end(), value->begin(), value->end());
    }
    made->error_shape = shape_of_vendor(image_, made->vendor);
    made->idle_slots.reserve(64);
    vendors_.push_back(std::move(made));
  }
  return true;
}

bool PolicyVersion::build_mints(std::string& error) {
  mints_.resize(image_.tenant_count());
  subjects_.resize(image_.tenant_count());
  for (uint16_t i = 0; i < image_.tenant_count(); ++i) {
    const std::string_view tenant = image_.tenant(i).name;
    const auto keys = secrets_->token_keys(tenant);
    if (!keys.has_value()) continue;  // its requests are refused until the key is there
    const auto subject_key = secrets_->subject_key(tenant);
    if (subject_key.has_value() && !subjects_[i].load(*subject_key)) {
      error = "secrets: subject key of tenant " + std::string(tenant);
      return false;
    }
    if (mints_[i].load(keys->current_key, keys->current_epoch, keys->previous_key,
                       keys->previous_epoch))
      continue;
    error = "secrets: token key of tenant " + std::string(tenant);
    return false;
  }
  return true;
}

Reason PolicyVersion::route(const http::RequestHead& head, Route& out) const {
  const auto target = image_.route(head.host, head.path);
  if (!target.has_value()) return Reason::UnknownHost;
  if (target->vendor == contract::kImageAny) return Reason::UnknownPath;
  const VendorRuntime& vendor = *vendors_[target->vendor];
  out.vendor_index = target->vendor;
  out.requires_template = target->requires_template;
  out.error_shape = vendor.error_shape;
  Reason reason = Reason::UnknownPath;
  // A path that is written out wins over one with variables.
  for (const bool with_variables : {false, true}) {
    for (uint16_t i = 0; i < vendor.vendor.endpoint_count; ++i) {
      const auto index = static_cast<uint16_t>(vendor.vendor.first_endpoint + i);
      const policy::Endpoint endpoint = image_.endpoint(index);
      if (contract::has_path_variable(endpoint.path) != with_variables) continue;
      if (!policy::match_path(endpoint.path, target->path, out.variables)) continue;
      reason = Reason::UnknownMethod;
      if (endpoint.method != head.method) continue;
      out.refusal_hint = endpoint.refusal_hint;
      if (endpoint.body == contract::BodyUse::Refused) return Reason::UnsupportedEndpoint;
      take_endpoint(head, index, with_variables ? target->path : endpoint.path, out);
      return Reason::None;
    }
  }
  if (reason == Reason::UnknownPath && take_unknown(head, target->path, out)) return Reason::None;
  return reason;
}

void PolicyVersion::take_endpoint(const http::RequestHead& head, uint16_t index,
                                  std::string_view path, Route& out) const {
  const policy::Endpoint endpoint = image_.endpoint(index);
  out.kind = kinds_[index];
  // What a cloud serves in another vendor's language still comes with its own errors.
  if (out.error_shape != ErrorShape::Bedrock) out.error_shape = shape_of_kind(endpoint.api_kind);
  out.method = endpoint.method;
  out.target_path = path;
  out.query = endpoint.query;
  const bool empty = head.framing == http::Framing::None;
  if (endpoint.body == contract::BodyUse::None ||
      (endpoint.body == contract::BodyUse::Optional && empty))
    out.kind.request = {};
}

// The whole path is the caller's: it is judged as one text.
bool PolicyVersion::take_unknown(const http::RequestHead& head, std::string_view path,
                                 Route& out) const {
  const VendorRuntime& vendor = *vendors_[out.vendor_index];
  if (vendor.vendor.unknown_endpoint != contract::UnknownEndpoint::Inspect) return false;
  if (!any_json_.response.valid() || !policy::is_plain_path(path)) return false;
  for (std::string_view method :
       {std::string_view("POST"), std::string_view("GET"), std::string_view("DELETE")})
    if (method == head.method) out.method = method;
  if (out.method.empty()) return false;
  out.kind = any_json_;
  if (head.framing == http::Framing::None) out.kind.request = {};
  out.target_path = path;
  out.variables = {};
  out.variables.values[out.variables.count++] = path;
  out.unknown_endpoint = true;
  return true;
}

std::optional<policy::Key> PolicyVersion::caller(std::string_view presented_key) const {
  if (presented_key.empty()) return std::nullopt;
  return image_.find_key(secrets_->hmac_of_key(presented_key));
}

Reason PolicyVersion::readiness(const policy::Key& caller, const Route& route,
                                std::string_view& detail) const {
  if (!has_token_key(caller)) {
    detail = "no token key for this tenant";
    return Reason::NotReady;
  }
  if (vendors_[route.vendor_index]->credential_value.empty()) {
    detail = "no credential for this vendor";
    return Reason::NotReady;
  }
  return Reason::None;
}

bool PolicyVersion::prepare(rewrite::RewriteScope& request, rewrite::RewriteScope& response,
                            const policy::Key& caller, const Route& route, std::string_view reason,
                            uint16_t year) {
  for (rewrite::RewriteScope* scope : {&request, &response}) {
    scope->engine = &engine_;
    scope->scratch = scratch_.get();
    scope->labels = &labels_;
    scope->mint = &mints_[caller.tenant_index];
    scope->subject_epochs = redact::SubjectEpochs(subjects_[caller.tenant_index],
                                                  secrets_->subject_epochs(caller.tenant));
  }
  request.whole_message = true;  // a request leaves when all of it is judged
  rewrite::RulingFor who;
  who.tenant = caller.tenant_index;
  who.environment = caller.environment_index;
  who.vendor = route.vendor_index;
  who.principal = caller.principal;
  who.reason = reason;
  who.year = year;
  using Direction = rewrite::RewriteScope::Direction;
  return rewrite::fill_scope(image_, who, Direction::Request, request) &&
         rewrite::fill_scope(image_, who, Direction::Response, response);
}

}  // namespace sallyport::flow
