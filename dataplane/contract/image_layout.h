// image_layout.h: one compiled policy image, byte for byte.
//
//   ImageHeader | ImageSection[section_count] | sections, each at a multiple of 64
//
// The control plane writes it once (controlplane/policy/image/image_writer.h); the dataplane
// validates every index and offset once (policy/image.h) and then follows them without a check.
// Little endian. Nothing in it depends on time, machine or memory address: the same bundle compiles
// to the same bytes. No secret is in an image: gateway keys are HMACs, vendor credentials are
// names. Enumerators are persisted: numbers never change, new ones go to the end and raise the
// version.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sallyport::contract {

inline constexpr uint64_t kImageMagic = 0x31474d4954524f50;  // "PORTIMG1"
inline constexpr uint32_t kImageVersion = 10;
inline constexpr size_t kImageAlign = 64;
inline constexpr size_t kImageBytesMax = 256U << 20;
inline constexpr uint16_t kImageAny = 0xffff;  // in a rule: whatever it is
inline constexpr size_t kVendorsMax = 64;      // a tenant's vendors are one bit mask

using Digest = std::array<uint8_t, 32>;  // SHA-256

// As it lies on the wire; IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2), like wire::IpAddress.
struct ImageAddress {
  std::array<uint8_t, 16> bytes{};

  constexpr ImageAddress() = default;
  // IPv4 in host order.
  constexpr ImageAddress(uint32_t v4) noexcept
      : bytes{0,
              0,
              0,
              0,
              0,
              0,
              0,
              0,
              0,
              0,
              0xff,
              0xff,
              static_cast<uint8_t>(v4 >> 24),
              static_cast<uint8_t>(v4 >> 16),
              static_cast<uint8_t>(v4 >> 8),
              static_cast<uint8_t>(v4)} {}
  friend constexpr bool operator==(const ImageAddress&, const ImageAddress&) = default;
};
static_assert(sizeof(ImageAddress) == 16);

enum class SectionKind : uint32_t {
  Matcher = 1,       // opaque here: contract/matcher_layout.h
  Llm = 2,           // opaque here: contract/llm_layout.h
  Strings = 3,       // bytes
  Entities = 4,      // ImageEntity, index = entity id of the matcher section
  Environments = 5,  // ImageText
  Vendors = 6,       // ImageVendor
  Addresses = 7,     // ImageAddress
  Pins = 8,          // Digest of a SubjectPublicKeyInfo
  Endpoints = 9,     // ImageEndpoint
  Tenants = 10,      // ImageTenant
  Durability = 11,   // uint8_t (Durability), [tenant][environment]
  Keys = 12,         // ImageKey, sorted by hmac
  Actions = 13,      // ImageAction: the rules by id; a ruling names one
  Rulings = 14,      // uint16_t index into Decisions, [row][direction][role][entity]
  Access = 15,       // ImageAccess, first match decides, none: denied
  Routes = 16,       // ImageRoute
  Limits = 17,       // one ImageLimits
  // Cells to which the same rules apply share one row of Rulings.
  Cells = 18,          // uint32_t index of a row, [tenant][environment][vendor]
  Decisions = 19,      // ImageRange of Steps
  Steps = 20,          // ImageStep
  OpaqueRules = 21,    // ImageOpaqueRule: what is done with values that nobody reads
  OpaqueRulings = 22,  // uint16_t index into OpaqueRules, [row][direction][OpaqueReason]
  // JSON for the restoration service (controlplane/policy/bundle/restoration.h); opaque here.
  Restoration = 23,
  // Values of tenants. The names are those of matcher rules of kind Dictionary.
  Dictionaries = 24,       // opaque here: contract/dictionary_layout.h; empty: there are none
  DictionaryNames = 25,    // ImageText, index = dictionary of the section
  DictionaryTenants = 26,  // uint64_t by tenant: a bit for each dictionary that counts; or none
  // JSON: how long evidence and mappings are kept (controlplane/policy/image/retention_text.h);
  // opaque.
  Retention = 27,
  Rollout = 28,    // one ImageRollout
  Templates = 29,  // opaque here: contract/template_layout.h
  Tests = 30       // opaque here: contract/test_layout.h
};
inline constexpr size_t kSectionCount = 30;

// What happens to a finding.
enum class Action : uint8_t {
  Allow = 0,    // passes, not counted as an event
  Observe = 1,  // passes, counted
  Tokenize = 2,
  Mask = 3,
  Hash = 4,
  Generalise = 5,
  Block = 6
};
inline constexpr size_t kActionCount = 7;

// What `generalise` makes of a value (redact/generalise.h).
enum class Generalisation : uint8_t {
  Name = 0,       // the entity's name in brackets
  Year = 1,       // of a date
  BirthYear = 2,  // the same, and no year that tells an age over 89
  Zip = 3,        // three digits
  Age = 4,        // as it is up to 89
  Network = 5     // of an IP address
};
inline constexpr size_t kGeneralisationCount = 6;

// What `mask` may leave, and what it may write: nothing that JSON, URLs or quotes read as grammar.
inline constexpr uint8_t kMaskKeepLastMax = 8;
constexpr bool is_mask_char(char c) noexcept {
  return c == '*' || c == '#' || c == 'x' || c == 'X' || c == '_' || c == '-' || c == '.';
}

enum class Direction : uint8_t { Request = 0, Response = 1 };
// Whose words a text is. `developer` is System; an unknown role is User.
enum class Role : uint8_t { User = 0, System = 1, Assistant = 2, Tool = 3 };
inline constexpr size_t kRoleCount = 4;
enum class Durability : uint8_t { Recorded = 0, Committed = 1 };
enum class RouteKind : uint8_t {
  Host = 0,        // the whole path goes to this vendor
  Prefix = 1,      // on a gateway host: the prefix is stripped
  GatewayHost = 2  // a name under which prefixes are served; "*": every name
};

// May a request to an endpoint have a body?
enum class BodyUse : uint8_t {
  Required = 0,
  None = 1,
  Optional = 2,
  Refused = 3  // the endpoint is known, and what it carries cannot be inspected
};
inline constexpr size_t kBodyUseCount = 4;
// Of a refused endpoint, for the caller: what to use instead. Printable ASCII that stands in a JSON
// string as it is.
inline constexpr size_t kRefusalHintBytesMax = 96;

constexpr bool is_refusal_hint(const char* text, size_t size) noexcept {
  for (size_t i = 0; i < size; ++i)
    if (text[i] < 0x20 || text[i] > 0x7e || text[i] == '"' || text[i] == '\\') return false;
  return size > 0 && size <= kRefusalHintBytesMax;
}

// What happens to a request for a path that no endpoint names.
enum class UnknownEndpoint : uint8_t {
  Refuse = 0,
  Inspect = 1  // read as JSON of any shape, every string of it
};
inline constexpr size_t kUnknownEndpointCount = 2;

// What happens to a value at a path that no table names.
enum class UnknownField : uint8_t {
  Inspect = 0,  // every string is text
  Block = 1,    // the request is refused; an answer is inspected
  Pass = 2      // not read, counted as opaque
};
inline constexpr size_t kUnknownFieldCount = 3;

struct ImageHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t section_count;
  uint64_t image_bytes;
  Digest bundle_digest;  // SHA-256 over the sorted (path, file hash): what people approve
  uint8_t reserved[8];
};
static_assert(sizeof(ImageHeader) == 64);

struct ImageSection {
  uint32_t kind;    // SectionKind, in order 1..kSectionCount
  uint32_t count;   // entries (bytes for opaque sections)
  uint64_t offset;  // from the start of the image, multiple of kImageAlign
  uint64_t bytes;
};
static_assert(sizeof(ImageSection) == 24);

struct ImageText {  // in Strings, not terminated
  uint32_t offset;
  uint32_t size;
};

struct ImageRange {
  uint32_t first;
  uint32_t count;
};

struct ImageEntity {
  ImageText name;
  uint8_t generalisation;  // Generalisation
  uint8_t flags;           // kEntity...
  uint8_t reserved[6];
};
static_assert(sizeof(ImageEntity) == 16);
// Blocked or masked wholly, in every cell: what PCI DSS 3.3.1 calls sensitive authentication data.
inline constexpr uint8_t kEntityNeverStore = 1;
// One tenant never has it both masked in part and hashed (PCI DSS 3.5.1: the two together give the
// number away).
inline constexpr uint8_t kEntityMaskOrHash = 2;
inline constexpr uint8_t kEntityFlagsMask = 3;

struct ImageVendor {
  ImageText name;
  ImageText host;  // SNI, certificate name and Host header
  ImageText region;
  ImageText ca_pem;           // empty: the system\'s roots
  ImageText auth_header;      // "authorization", "x-api-key"
  ImageText auth_prefix;      // "Bearer " or empty
  ImageText credential_name;  // of the secrets message
  ImageRange addresses;
  ImageRange pins;
  ImageRange endpoints;
  uint16_t port;
  uint8_t unknown_endpoint;  // UnknownEndpoint
  uint8_t unknown_field;     // UnknownField
  uint16_t reserved[2];
};
static_assert(sizeof(ImageVendor) == 88);

struct ImageEndpoint {
  ImageText method;
  ImageText path;      // without query; variables as in contract/path_pattern.h
  ImageText api_kind;  // a kind of the Llm section; of a refused endpoint a hint
  ImageText query{};   // names of the query parameters that go on, each followed by a line feed
  uint8_t body = 0;    // BodyUse
  uint8_t reserved[7]{};
};
static_assert(sizeof(ImageEndpoint) == 40);

struct ImageTenant {
  ImageText name;
  uint64_t vendors;     // bit per vendor that this tenant may reach
  uint8_t token_scope;  // 0: tenant, 1: principal
  uint8_t reserved[7];
};
static_assert(sizeof(ImageTenant) == 24);

struct ImageKey {
  std::array<uint8_t, 32> hmac;  // HMAC-SHA256(gateway HMAC key, the key as presented)
  ImageText id;
  ImageText principal;
  ImageText default_reason;  // empty: none
  uint16_t tenant;
  uint16_t environment;
  uint32_t reserved;
};
static_assert(sizeof(ImageKey) == 64);

struct ImageAction {
  ImageText id;
  uint8_t action;     // Action
  uint8_t would;      // of Observe: the action that it tries out; of every other action: the same
  uint8_t keep_last;  // of Mask: letters and digits that stay; 0 otherwise
  uint8_t mask_char;  // of Mask; 0 otherwise
  uint8_t reserved[4];
};
static_assert(sizeof(ImageAction) == 16);

// From this confidence of a finding on (percent), this rule decides. The steps of a decision ascend
// and the first begins at 0.
struct ImageStep {
  uint16_t action;  // index into Actions
  uint8_t from;
  uint8_t reserved;
};
static_assert(sizeof(ImageStep) == 4);

struct ImageOpaqueRule {
  ImageText id;
  uint8_t allow;  // 0: an exchange with such a value is refused
  uint8_t reserved[7];
};
static_assert(sizeof(ImageOpaqueRule) == 16);

struct ImageAccess {
  ImageText id;
  ImageText principal;  // empty: any
  ImageText reason;     // empty: any
  uint16_t tenant;      // kImageAny: any
  uint16_t entity;      // kImageAny: any
  uint8_t allow;
  uint8_t reserved[3];
};
static_assert(sizeof(ImageAccess) == 32);

struct ImageRoute {
  ImageText text;             // lower-case host, or prefix without a trailing slash
  uint16_t vendor;            // kImageAny for GatewayHost
  uint8_t kind;               // RouteKind
  uint8_t requires_template;  // 1: a request with a body names an active prompt template
  uint8_t reserved[4];
};
static_assert(sizeof(ImageRoute) == 16);

// rollout.yaml of the bundle; the control plane acts on it.
struct ImageRollout {
  uint32_t canary_least_exchanges;
  uint32_t canary_least_seconds;
  uint32_t halt_window_seconds;
  uint32_t halt_least_exchanges;
  uint32_t halt_error_percent;
  uint32_t halt_block_percent;
  uint32_t halt_detection_change_percent;
  uint32_t tests_every_seconds;
};
static_assert(sizeof(ImageRollout) == 32);

// Longest recall_wait_ms: a person who reads a stream takes a longer stop for its end.
inline constexpr uint32_t kRecallWaitMsMax = 2'000;

struct ImageLimits {
  uint64_t max_body_bytes;      // of a request
  uint64_t max_response_bytes;  // of an answer that is not a stream
  uint32_t max_tokens_per_exchange;
  uint32_t header_ms;         // client: from the first byte of a head to its end
  uint32_t body_ms;           // client: between two reads of a body
  uint32_t client_idle_ms;    // keep-alive
  uint32_t connect_ms;        // vendor: TCP and TLS
  uint32_t first_byte_ms;     // vendor: after the request
  uint32_t stream_idle_ms;    // vendor: between two reads of an answer
  uint32_t upstream_idle_ms;  // pooled connection
  uint32_t max_undrained_ms;
  uint32_t commit_wait_ms;     // durability committed: longest wait for the record
  uint32_t body_pool_percent;  // of memory
  uint32_t ring_high_water_percent;
  uint32_t retry_after_s;  // in our 503
  // How long an answer may stand still, in all, for values of earlier exchanges; 0: not at all.
  uint32_t recall_wait_ms;
};
static_assert(sizeof(ImageLimits) == 72);

}  // namespace sallyport::contract
