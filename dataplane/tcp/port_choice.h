// port_choice.h: which local ports a worker may open a connection from.
//
// With several workers on one port the answer of a vendor must come back to the worker that asked,
// and only our source port decides that (dataplane notes e). tcp/ knows neither queues nor workers,
// so it asks; without an answerer every port of the range is good.
#pragma once

#include <cstdint>

#include "dataplane/wire/ip_address.h"

namespace sallyport::tcp {

struct PortRange {
  uint16_t first = 0;
  uint16_t last = 0;  // included
};

class PortChoice {
 public:
  // One port of `range` whose answers come to this worker, as unpredictable as `random` (fresh for
  // each call, RFC 6056). 0: this draw found none; the caller draws again with another number.
  virtual uint16_t draw(const wire::IpAddress& local, const wire::IpAddress& remote,
                        uint16_t remote_port, PortRange range, uint64_t random) const noexcept = 0;

 protected:
  ~PortChoice() = default;
};

}  // namespace sallyport::tcp
