// policy_version.h: one adopted policy image with everything built from it, ready for a worker.
//
// Built on the main lcore (deserialising databases and parsing certificates take milliseconds),
// handed to the worker between two turns, released when no exchange of any worker uses it. One per
// worker: nothing in it is shared between threads, so OpenSSL's and the matcher's state need no
// lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/flow/refusal.h"
#include "dataplane/flow/version_counters.h"
#include "dataplane/http/head.h"
#include "dataplane/llm/api_tables.h"
#include "dataplane/policy/image.h"
#include "dataplane/policy/path_match.h"
#include "dataplane/policy/secrets.h"
#include "dataplane/policy/template_table.h"
#include "dataplane/policy/test_table.h"
#include "dataplane/redact/subject_hash.h"
#include "dataplane/redact/token.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/scan/engine.h"
#include "dataplane/tls/context.h"

namespace sallyport::flow {

// A vendor as the worker talks to it.
struct VendorRuntime {
  policy::Vendor vendor;  // views into the image
  std::string api_url;    // how URLs of its API begin
  std::unique_ptr<tls::ClientContext> tls;
  std::vector<uint8_t>
      credential_value;  // "Bearer ..." as it stands in the header; wiped at the end
  ErrorShape error_shape = ErrorShape::OpenAi;
  uint32_t next_address = 0;  // round robin
  // Parked connections, youngest last; slots of the gateway that uses this version.
  std::vector<uint32_t> idle_slots;
  VendorRuntime() = default;
  VendorRuntime(const VendorRuntime&) = delete;
  VendorRuntime& operator=(const VendorRuntime&) = delete;
  ~VendorRuntime();
};

// Where a request goes. Views into the image.
struct Route {
  uint16_t vendor_index = 0;
  ErrorShape error_shape = ErrorShape::OpenAi;
  llm::ApiKind kind;  // without a request when this one has no body
  // As the vendor knows it: a view into the image or into the request's head. Written down with the
  // head that goes to the vendor, and not looked at afterwards.
  std::string_view target_path;
  std::string_view method;
  std::string_view query;           // names that go on, each followed by a line feed
  policy::PathVariables variables;  // what the caller chose of the path; views into the head
  bool requires_template = false;   // the request names an active prompt template
  bool unknown_endpoint = false;    // no endpoint names it; policy reads it as any JSON
  std::string_view refusal_hint;    // of an endpoint that is known and not served
};

class PolicyVersion {
 public:
  // Null: `error` says which part of the image or of the secrets does not fit.
  static std::unique_ptr<PolicyVersion> build(std::vector<uint8_t> image_bytes,
                                              std::shared_ptr<const policy::Secrets> secrets,
                                              uint64_t sequence, std::string& error);
  ~PolicyVersion();

  // Reason::None and a route, or why not. The shape of the error answer is set as far as it is
  // known.
  Reason route(const http::RequestHead& head, Route& out) const;
  // Who presents this gateway key; nothing: unknown or revoked.
  std::optional<policy::Key> caller(std::string_view presented_key) const;

  // Reason::None, or what this caller's exchange with this vendor lacks (`detail`: a fixed text).
  Reason readiness(const policy::Key& caller, const Route& route, std::string_view& detail) const;
  // Fills what both directions are judged by; tokens of the scopes are set before. False: the image
  // does not know this caller or vendor, and everything is blocked. `caller` and `reason` must
  // outlive the scopes. `year`: the present one, 0 when it is not known.
  [[nodiscard]] bool prepare(rewrite::RewriteScope& request, rewrite::RewriteScope& response,
                             const policy::Key& caller, const Route& route, std::string_view reason,
                             uint16_t year = 0);

  const policy::Image& image() const noexcept { return image_; }
  const scan::Engine& engine() const noexcept { return engine_; }
  const policy::TemplateTable& templates() const noexcept { return templates_; }
  const policy::TestTable& tests() const noexcept { return tests_; }
  // Can tokens be made for this caller's tenant?
  bool has_token_key(const policy::Key& caller) const noexcept {
    return mints_[caller.tenant_index].loaded();
  }
  VendorRuntime& vendor(uint16_t index) noexcept { return *vendors_[index]; }
  // Not loaded when the secrets have no key for this tenant.
  redact::SubjectHash& subject_hash(uint16_t tenant) noexcept { return subjects_[tenant]; }
  // To which mappings are sealed. Nothing: there is no vault. All zero: it is sealed.
  std::optional<std::span<const uint8_t>> vault_key() const noexcept {
    return secrets_->vault_key();
  }
  size_t vendor_count() const noexcept { return vendors_.size(); }
  // Ascending over the process; 0 is no version.
  uint64_t sequence() const noexcept { return sequence_; }

  // Worker: an exchange or a vendor connection that it decides about has begun, has ended.
  void begin_use() noexcept {
    users_.store(users_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void end_use() noexcept {
    users_.store(users_.load(std::memory_order_relaxed) - 1, std::memory_order_release);
  }
  // Any thread. Once the worker has adopted a set without this version, it only falls.
  uint64_t users() const noexcept { return users_.load(std::memory_order_acquire); }
  VersionCounters& counters() noexcept { return counters_; }
  const VersionCounters& counters() const noexcept { return counters_; }

 private:
  PolicyVersion() = default;
  bool build_engine(std::string& error);
  bool build_dictionaries(std::string& error);
  bool build_endpoints(std::string& error);
  bool build_vendors(std::string& error);
  bool build_mints(std::string& error);
  void take_endpoint(const http::RequestHead& head, uint16_t index, std::string_view path,
                     Route& out) const;
  bool take_unknown(const http::RequestHead& head, std::string_view path, Route& out) const;

  uint64_t sequence_ = 0;
  std::atomic<uint64_t> users_{0};
  VersionCounters counters_;
  std::vector<uint8_t> bytes_;
  std::shared_ptr<const policy::Secrets> secrets_;
  policy::Image image_;
  scan::Engine engine_;
  std::unique_ptr<scan::Scratch> scratch_;
  llm::ApiTables tables_;
  policy::TemplateTable templates_;
  policy::TestTable tests_;
  redact::TokenLabels labels_;
  std::vector<llm::ApiKind> kinds_;  // by endpoint index
  llm::ApiKind any_json_;            // of endpoints that nobody described; may be missing
  std::vector<std::unique_ptr<VendorRuntime>> vendors_;
  std::vector<redact::TokenMint> mints_;       // by tenant index
  std::vector<redact::SubjectHash> subjects_;  // by tenant index
};

}  // namespace sallyport::flow
