// request_id.h: numbers the exchanges of one worker. The layout and text form are
// contract/request_id.h.
#pragma once

#include "dataplane/contract/request_id.h"

namespace sallyport::evidence {

using contract::request_id_text;
using contract::RequestId;
using contract::RequestIdText;

// Gap-free per worker and dataplane start, also for requests that are refused: a hole in the ids a
// client saw is a request we did not answer. Owner: one worker.
class RequestIdSource {
 public:
  RequestIdSource(uint32_t node, uint32_t start, uint32_t worker) : next_{node, start, worker, 1} {}
  RequestId next() {
    const RequestId id = next_;
    ++next_.number;
    return id;
  }

 private:
  RequestId next_;
};

}  // namespace sallyport::evidence
