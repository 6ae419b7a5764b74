// population.h: all occurrences in a window, with what makes the list believable, and samples that
// nobody picked.
//
// A population is named by its query and by the checkpoint it was read under: whoever asks the same
// again gets the same rows and the same hash, also next year. Rows are those of each_row(): one
// JSON object each, names sorted, no blanks, ended by a newline; the hash is SHA-256 over exactly
// these bytes. A count of zero is an answer like any other.
//
// A sample of k of n rows: the rows, in the order of the log (and so of time), are cut into k
// strata, s holding the positions [s*n/k, (s+1)*n/k); of each the position
//   begin + SHA-256("<population hash, hex>:<s>") mod length
// is taken. docs/auditors.md has it in Python.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/evidence/log/log.h"
#include "controlplane/evidence/query/query.h"

namespace sallyport::evidence_log {

// The question cannot be answered as it was put; the text says why.
class PopulationRefused : public std::runtime_error {
 public:
  PopulationRefused(const std::string& why, std::string next)
      : std::runtime_error(why), next_(std::move(next)) {}
  const std::string& next() const { return next_; }

 private:
  std::string next_;
};

struct PopulationQuery {
  std::string control = {};     // id of a criterion: its kinds are the filter
  ListFilter filter = {};       // from_wall_ns <= time <= to_wall_ns
  std::string checkpoint = {};  // a note of this log; empty: the newest
};

struct Population {
  uint64_t count = 0;
  uint64_t open = 0;    // exchanges without a verdict under this checkpoint
  uint64_t pruned = 0;  // records of the log whose content is gone: they could not be looked at
  std::string sha256;   // hex
  std::string checkpoint;
  uint64_t size = 0;                  // of the tree it was read under
  std::string root;                   // base64
  uint64_t not_under_checkpoint = 0;  // records of the log behind it
  std::string kinds;                  // codes that were looked for; empty: all
  std::string kinds_not_made;         // codes of the criterion that this product has no records of
};

// `line` gets each row with its newline; may be empty. Throws PopulationRefused, StoreError.
Population read_population(const LogReader& log, const PopulationQuery& query,
                           const std::function<void(std::string_view line)>& line);

struct SamplePosition {
  uint64_t stratum = 0;
  uint64_t position = 0;  // of the population, from 0
};
// In order of position. All rows when `size` is not less than `count`.
std::vector<SamplePosition> choose_sample(const std::string& population_sha256, uint64_t count,
                                          uint64_t size);

}  // namespace sallyport::evidence_log
