// recall_rings.h: sallyportd's side of all pairs of recall rings (dataplane/contract/
// recall_layout.h) of one folder: takes questions, puts answers, removes what is over.
//
// A worker is not trusted to keep to the layout: its file is read with pread into copies, numbers
// are held to what was seen before, a question that does not hold is passed over and counted.
//
// Invariants
//   I1  a question is given out at most once by one start; questions that a former start took and
//       did not answer stay unanswered (the worker has gone on long since).
//   I2  an answer never overwrites one that the worker has not taken.
// Owner  one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/contract/recall_layout.h"

namespace sallyport::restore {

// The form of a question that was copied out of slot (number - 1) % slots; nothing: it does not
// hold.
std::optional<contract::RecallQuestion> read_question(std::span<const uint8_t> slot,
                                                      uint64_t number);

class RecallRings {
 public:
  explicit RecallRings(std::filesystem::path folder);
  ~RecallRings();
  RecallRings(const RecallRings&) = delete;
  RecallRings& operator=(const RecallRings&) = delete;

  // Opens what is new, removes pairs whose worker is gone. A few times per second.
  void look();
  // Says to every worker that somebody is here. CLOCK_MONOTONIC.
  void beat(uint64_t now_ns);

  struct Asked {
    std::string ring;  // name of the pair
    contract::RecallQuestion question;
  };
  // At most `max` in all, pair by pair.
  std::vector<Asked> take(size_t max);
  // The number that the next answer to this pair will have; nothing: no room, or it is gone.
  std::optional<uint64_t> next_number(const std::string& ring);
  // Publishes it. REQUIRES: answer.number is what next_number() just said.
  void publish(const std::string& ring, contract::RecallAnswer& answer);

  size_t count() const noexcept { return pairs_.size(); }
  uint64_t refused() const noexcept { return refused_; }  // questions that did not hold

 private:
  struct Pair;
  std::unique_ptr<Pair> open(const std::string& name) const;
  void take_from(Pair& pair, const std::string& name, size_t max, std::vector<Asked>& out);

  std::filesystem::path folder_;
  std::map<std::string, std::unique_ptr<Pair>> pairs_;
  uint64_t refused_ = 0;
};

}  // namespace sallyport::restore
