// tcp_world.h: one seeded run of two stacks over a bad link: everything random comes from the seed,
// every byte is compared, and after every turn the invariants of both stacks and of the wire are
// looked at.
#pragma once

#include <cstdint>
#include <string>

namespace sallyport::sim {

struct RunOptions {
  double loss_max = 0.10;
  uint64_t bytes_max = 200'000;
  uint64_t virtual_ms_max = 3'600'000;
};

struct Outcome {
  bool done = false;
  std::string what;  // empty: nothing is wrong
  uint64_t lost = 0;
  uint64_t retransmits = 0;
  uint64_t bytes = 0;
  uint64_t sack_retransmits = 0;
  uint64_t tail_probes = 0;
  uint64_t virtual_ms = 0;
  uint64_t turns = 0;
};

// Same seed, same outcome.
Outcome run_seed(uint64_t seed, const RunOptions& options = {});

}  // namespace sallyport::sim
