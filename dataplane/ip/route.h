// route.h: a network and the router that leads to it. Static: no router is believed on its word.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/wire/ip_address.h"

namespace sallyport::ip {

struct Route {
  wire::IpAddress network;
  uint8_t bits = 0;  // of the network; 0: everything
  wire::IpAddress via;

  bool covers(const wire::IpAddress& address) const noexcept {
    if (address.is_v6() != via.is_v6()) return false;
    if (bits == 0) return true;
    if (address.is_v6()) return address.shares_prefix(network, bits);
    return ((address.v4() ^ network.v4()) >> (32 - bits)) == 0;
  }
};

// The most specific one; the first of equals. Null: none leads there.
inline const Route* best_route(std::span<const Route> routes,
                               const wire::IpAddress& destination) noexcept {
  const Route* best = nullptr;
  for (const Route& route : routes)
    if (route.covers(destination) && (best == nullptr || route.bits > best->bits)) best = &route;
  return best;
}

}  // namespace sallyport::ip
