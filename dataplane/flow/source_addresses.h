// source_addresses.h: from which of our addresses a vendor can be reached. Implemented by who knows
// the ports (main), because flow/ knows none.
#pragma once

#include <span>

#include "dataplane/wire/ip_address.h"

namespace sallyport::flow {

class SourceAddresses {
 public:
  // All local addresses of the port that leads to `remote`, of its family; empty: no port does.
  // Valid as long as this object is.
  virtual std::span<const wire::IpAddress> towards(
      const wire::IpAddress& remote) const noexcept = 0;

 protected:
  ~SourceAddresses() = default;
};

}  // namespace sallyport::flow
