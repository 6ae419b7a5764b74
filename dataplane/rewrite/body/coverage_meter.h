// coverage_meter.h: puts every byte of a JSON body into one of the sums of contract/coverage.h.
//
// It is told of every leaf and moves along the body from one place to the next, so no byte can be
// in two sums or in none: what lies between two leaves is structure.
//
// Invariants
//   I1  after end(): inspected + opaque + structure of this body == bytes of this body.
// Owner   one reader of one body; plain value.
#pragma once

#include <cstdint>

#include "dataplane/base/check.h"
#include "dataplane/contract/coverage.h"
#include "dataplane/rewrite/text/rewrite_scope.h"

namespace sallyport::rewrite {

class CoverageMeter {
 public:
  enum class Sum : uint8_t { Structure, Inspected, Opaque };

  // `tally` null: nothing is counted (text inside a string that is counted already).
  void begin(Tally* tally) noexcept {
    tally_ = tally;
    at_ = 0;
    sum_ = Sum::Structure;
  }
  // `content_start`: raw offset of the first byte of a scalar, behind the quote of a string.
  void leaf(uint64_t content_start, Sum sum, contract::OpaqueReason reason) noexcept {
    sum_ = Sum::Structure;
    move(content_start);
    sum_ = sum;
    reason_ = reason;
    if (sum == Sum::Opaque && tally_ != nullptr) tally_->add_opaque(reason, 0, 1);
  }
  // What the leaf is has become clear behind its first bytes; from here on it is not read.
  void turn_opaque(contract::OpaqueReason reason) noexcept {
    if (sum_ == Sum::Opaque) return;
    sum_ = Sum::Opaque;
    reason_ = reason;
    if (tally_ != nullptr) tally_->add_opaque(reason, 0, 1);
  }
  // The leaf goes on to here.
  void piece(uint64_t raw_end) noexcept { move(raw_end); }
  void leaf_end() noexcept { sum_ = Sum::Structure; }
  void end(uint64_t body_bytes) noexcept {
    sum_ = Sum::Structure;
    move(body_bytes);
  }

 private:
  void move(uint64_t to) noexcept {
    SP_CHECK(to >= at_);
    const uint64_t bytes = to - at_;
    at_ = to;
    if (tally_ == nullptr) return;
    if (sum_ == Sum::Inspected) tally_->inspected_bytes += bytes;
    if (sum_ == Sum::Structure) tally_->structure_bytes += bytes;
    if (sum_ == Sum::Opaque) tally_->add_opaque(reason_, bytes, 0);
  }

  Tally* tally_ = nullptr;
  uint64_t at_ = 0;  // raw bytes that are in a sum
  Sum sum_ = Sum::Structure;
  contract::OpaqueReason reason_ = contract::OpaqueReason::Other;
};

}  // namespace sallyport::rewrite
