// route_table.h: which tenants the second image (the canary) decides for; in a sealed memfd with
// the packet Routes.
//
//   RouteTableHeader | char[tenant_count][kRouteTenantBytes], zero padded, ascending, each once
//
// A tenant that is not named belongs to the base. Both digests say what the sender believes to be
// loaded; a table that names another pair is refused and changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/contract/image_layout.h"

namespace sallyport::contract {

inline constexpr uint64_t kRouteTableMagic = 0x314554554f525053;  // "SPROUTE1"
inline constexpr uint32_t kRouteTableVersion = 1;
// A canary is a few tenants; whoever wants all of them promotes.
inline constexpr uint32_t kCanaryTenantsMax = 256;
inline constexpr size_t kRouteTenantBytes = 136;  // kSecretNameBytesMax, and zeros

struct RouteTableHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t tenant_count;
  Digest base;
  Digest canary;
};
static_assert(sizeof(RouteTableHeader) == 80);
inline constexpr size_t kRouteTableBytesMax =
    sizeof(RouteTableHeader) + kCanaryTenantsMax * kRouteTenantBytes;

}  // namespace sallyport::contract
