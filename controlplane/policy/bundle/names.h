// names.h: what the names and addresses of a bundle may look like.
//
// Names end up in evidence records (fixed sizes), file names and headers, so their alphabets are
// small and their sizes are those of contract/evidence_record.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

inline constexpr size_t kEntityNameBytes = 27;
inline constexpr size_t kEnvironmentNameBytes = 23;
inline constexpr size_t kVendorNameBytes = 31;
inline constexpr size_t kRegionBytes = 23;
inline constexpr size_t kApiKindNameBytes = 31;
inline constexpr size_t kTenantNameBytes = 47;
inline constexpr size_t kPrincipalBytes = 63;
inline constexpr size_t kReasonBytes = 31;
inline constexpr size_t kIdBytes = 47;  // of rules, keys and credentials

// Tenants, vendors, environments, reasons, ids: a-z 0-9 and inner . _ -, not `any`.
bool is_bundle_name(std::string_view text, size_t bytes_max = kIdBytes);
// People and services: letters, digits and . _ @ : / + -, not `any`.
bool is_principal_name(std::string_view text);
// A-Z 0-9 and single inner _, a letter first, not LITERAL (redact/token.h).
bool is_entity_name(std::string_view text);
// Lower-case labels of letters, digits and inner hyphens; not an address.
bool is_host_name(std::string_view text);
// "/v1/chat/completions": no query, no escapes, no empty or dot segments, no slash at the end.
bool is_path(std::string_view text);
// The same with variables, "/v1/responses/{id}" (contract/path_pattern.h).
bool is_endpoint_path(std::string_view text);
// A query parameter as a vendor names it: "api-version", "include[]".
bool is_query_name(std::string_view text);

// "192.0.2.10": four decimal numbers. "2001:db8::10": as RFC 4291 2.2 writes it, without a zone. An
// IPv4 address in the clothes of IPv6 is neither: one address has one form.
std::optional<contract::ImageAddress> parse_address(std::string_view text);
// An address that a vendor can have: not loopback, multicast, broadcast, "this network",
// link-local.
bool is_reachable(const contract::ImageAddress& address);
// "sha256/" and base64 of 32 bytes, as browsers and curl write pins.
std::optional<contract::Digest> parse_pin(std::string_view text);

}  // namespace sallyport::controlplane::policy
