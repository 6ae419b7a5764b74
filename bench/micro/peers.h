// peers.h: the same rules by other means, for comparison in the same run.
//
//   the pattern rules alone       Hyperscan, streaming, no start of match: what no scanner built on
//                                 it can beat
//   a plain-regex build           those, and every number, date and address form as one more
//   regular
//                                 expression of the same database: no recognisers of our own
//   RE2                           the same set in RE2::Set (only when Debian's libre2-dev is there)
// Peers do less: no validators, no context words, no overlaps, no offsets back to the raw text.
#pragma once

#include <hs/hs.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "controlplane/policy/matcher/matcher_compiler.h"

namespace sallyport::bench {

struct PeerPattern {
  std::string pattern;
  bool case_insensitive = false;
};

// Pattern rules of these entities.
std::vector<PeerPattern> pattern_rules(
    std::span<const controlplane::policy::EntitySource> entities);
// Forms that our own code reads, as somebody without it writes them.
std::vector<PeerPattern> plain_forms();

class HyperscanPeer {
 public:
  // Patterns that the library refuses are left out; `accepted` counts the others.
  explicit HyperscanPeer(const std::vector<PeerPattern>& patterns);
  ~HyperscanPeer();
  HyperscanPeer(const HyperscanPeer&) = delete;
  HyperscanPeer& operator=(const HyperscanPeer&) = delete;

  // One stream for each text, in pieces of at most `piece` bytes. Matches so far.
  uint64_t run(std::span<const std::string> texts, size_t piece);
  size_t accepted() const noexcept { return accepted_; }

 private:
  static int count(unsigned, unsigned long long, unsigned long long, unsigned, void* matches);

  hs_database_t* database_ = nullptr;
  hs_scratch_t* scratch_ = nullptr;
  hs_stream_t* stream_ = nullptr;
  size_t accepted_ = 0;
  uint64_t matches_ = 0;
};

// Null: this build is without RE2.
class Re2Peer {
 public:
  static std::unique_ptr<Re2Peer> make(const std::vector<PeerPattern>& patterns);
  virtual ~Re2Peer() = default;
  virtual uint64_t run(std::span<const std::string> texts) = 0;
  virtual size_t accepted() const noexcept = 0;
};

}  // namespace sallyport::bench
