#include "controlplane/supervise/socket/route_table.h"

#include <algorithm>
#include <cstring>

#include "dataplane/contract/route_table.h"

namespace sallyport::supervise {

std::optional<SealedMemory> make_route_table(const contract::Digest& base,
                                             const contract::Digest& canary,
                                             const std::vector<std::string>& tenants,
                                             std::string& error) {
  const contract::RouteTableHeader header{contract::kRouteTableMagic, contract::kRouteTableVersion,
                                          static_cast<uint32_t>(tenants.size()), base, canary};
  std::vector<uint8_t> bytes(sizeof header + tenants.size() * contract::kRouteTenantBytes);
  std::memcpy(bytes.data(), &header, sizeof header);
  for (size_t i = 0; i < tenants.size(); ++i)
    std::memcpy(bytes.data() + sizeof header + i * contract::kRouteTenantBytes, tenants[i].data(),
                std::min(tenants[i].size(), contract::kRouteTenantBytes - 1));
  return SealedMemory::make("sallyport-routes", bytes, false, error);
}

}  // namespace sallyport::supervise
