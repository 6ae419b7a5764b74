// seed_run.h: the seeded texts of an image, run by the worker that serves with it.
//
// A synthetic exchange without client and vendor: the scopes are prepared by the live version (its
// engine, rulings, token key), the text goes through the live rewriter, and what it would send is
// thrown away. So what is tried is what decides about the next request, in the thread and with the
// memory that will decide; nothing of it leaves, is counted among exchanges or needs evidence room.
// One text per step, between two turns.
//
// Owner  made and freed by the main thread; step() by one worker until done().
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "dataplane/flow/policy_set.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/redact/exchange_tokens.h"
#include "dataplane/rewrite/text/text_rewriter.h"

namespace sallyport::flow {

class SeedRun {
 public:
  struct Counts {
    uint32_t run = 0;
    uint32_t differ = 0;
    uint32_t expected = 0;  // detections
    uint32_t found = 0;
  };

  explicit SeedRun(const contract::Digest& image);

  // Worker. True: all done, or the image does not decide here any more.
  bool step(const PolicySet* set) noexcept;

  // Main thread: what follows is there.
  bool done() const noexcept { return done_.load(std::memory_order_acquire); }
  bool ran() const noexcept { return ran_; }
  const Counts& counts() const noexcept { return counts_; }
  // The first text that differs, and how.
  std::string_view first() const noexcept { return {first_.data(), first_size_}; }

 private:
  bool run_one(const contract::TestEntry& test) noexcept;
  bool as_expected(const contract::TestEntry& test, bool blocked,
                   const rewrite::Tally& tally) noexcept;
  void note_first(std::string_view name) noexcept;
  bool finish(bool ran) noexcept;

  const contract::Digest image_;
  PolicyVersion* version_ = nullptr;
  size_t next_ = 0;
  mem::SegmentPool pool_;
  redact::ExchangeTokens tokens_;
  std::unique_ptr<rewrite::RewriteScope> request_;
  std::unique_ptr<rewrite::RewriteScope> response_;
  rewrite::TextRewriter rewriter_;
  Counts counts_;
  std::array<char, 128> first_{};
  size_t first_size_ = 0;
  bool ran_ = false;
  std::atomic<bool> done_{false};
};

}  // namespace sallyport::flow
