// transfers.h: an application that serves and fetches files of pseudo-random bytes, to compare our
// TCP with another.
//
// A request is 16 bytes: "SP", 'D' or 'U', flags, size (u32), seed (u64), all big-endian. D: the
// other side sends `size` bytes that follow from the seed, then closes. U: `size` bytes follow the
// request and half-close; the other side answers the SHA-256 of what came. kernel_peer.py speaks
// the same.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/tcp/stack.h"
#include "dataplane/worker/application.h"
#include "dataplane/worker/worker.h"

namespace sallyport::test {

// The bytes that follow from a seed: SHAKE128 of its 8 bytes.
std::vector<uint8_t> bytes_of_seed(uint64_t seed, uint32_t size);
// Sizes of transfer `number`: edges first, then spread evenly over the logarithm from 1 B to 4 MiB.
uint32_t size_of_transfer(uint32_t number);

struct TransferPlan {
  std::vector<tcp::Endpoint> serve_at;  // where peers fetch from and upload to
  tcp::Endpoint fetch_from;
  uint32_t fetches = 0;
  uint32_t first = 0;  // number of the first: sizes and bytes follow from it
  uint32_t concurrency = 8;
  uint64_t seed = 1;
  uint32_t begin_after_ms = 0;  // for a peer that is not there yet
};

struct TransferCounts {
  uint64_t served = 0;
  uint64_t fetched = 0;
  uint64_t failed = 0;  // reset, timed out, malformed, or wrong bytes
  uint64_t wrong = 0;   // of failed: bytes differ
  uint64_t bytes = 0;
};

class Transfers final : public worker::Application {
 public:
  Transfers(worker::Worker& worker, const TransferPlan& plan);
  ~Transfers() override;
  void turn(const base::Clock& clock) noexcept override;
  base::Instant next_deadline() const noexcept override;
  bool fetches_done() const noexcept;
  const TransferCounts& counts() const noexcept { return counts_; }

 private:
  struct Transfer;
  void begin_fetches(base::Instant now);
  void on_event(const tcp::Event& event, base::Instant now);
  void take(Transfer& transfer, base::Instant now);
  void peer_ended(Transfer& transfer);
  void request_came(Transfer& transfer);
  void pump(Transfer& transfer);
  void finish(Transfer& transfer, bool good, bool release);

  worker::Worker& worker_;
  tcp::Stack& stack_;
  const TransferPlan plan_;
  std::vector<std::unique_ptr<Transfer>> by_index_;
  uint32_t begun_ = 0;
  uint32_t active_fetches_ = 0;
  bool is_blocked_ = false;  // somebody found the pool empty: try again soon
  base::Instant retry_at_{};
  base::Instant begin_at_{};
  TransferCounts counts_;
};

}  // namespace sallyport::test
