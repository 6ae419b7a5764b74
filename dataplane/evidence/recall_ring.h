// recall_ring.h: the worker's side of a pair of recall rings (contract/recall_layout.h): makes the
// file of questions, writes them, reads answers. No lock; the one system call is the attempt to map
// the file of answers in turn(), at most every 20 ms until it succeeds.
//
// Whatever sallyportd's file says is copied and checked: a count that goes back or runs ahead is
// ignored, an answer that does not hold is passed over and counted.
//
// Invariants
//   I1  at most kRecallQuestionSlots questions are not taken; ask() never overwrites one of them.
//   I2  every answer is given out at most once, in the order of its number.
// Owner  one worker. Not here: what is asked and who may have it (flow/recall.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dataplane/base/time.h"
#include "dataplane/contract/recall_layout.h"
#include "dataplane/evidence/ring_producer.h"

namespace sallyport::evidence {

// sallyportd has not been seen for so long: nothing is asked.
inline constexpr uint64_t kRecallHeartbeatMsMax = 500;

class RecallRing {
 public:
  ~RecallRing();
  RecallRing(RecallRing&& other) noexcept;
  RecallRing& operator=(RecallRing&&) = delete;

  // `folder` must exist. Nothing is left behind on failure; `error` says which call failed on which
  // file. Boot only.
  static std::optional<RecallRing> create(const std::string& folder, const StartIdentity& identity,
                                          uint32_t worker, std::string& error);

  void turn(base::Instant now);
  // Somebody is there who takes questions.
  bool is_answered(base::Instant now) const;
  bool has_room() const;
  // Publishes `question` under the number that it answers; `number` and `check` are set here.
  // REQUIRES: has_room().
  uint64_t ask(contract::RecallQuestion& question);
  // The next answer, its form checked. False: none has come.
  bool next(contract::RecallAnswer& out);

  uint64_t answers_refused() const noexcept { return answers_refused_; }
  const std::string& ask_path() const noexcept { return ask_path_; }

 private:
  RecallRing() = default;
  bool make_file(const std::string& hidden_path, const StartIdentity& identity, uint32_t worker,
                 std::string& error);
  bool attach();
  void detach();
  void close_files();
  bool is_attached() const;
  contract::RecallAskHeader* header() const;
  const contract::RecallAnswerHeader* answers() const;

  std::string ask_path_;
  std::string answer_path_;
  int fd_ = -1;  // holds the flock that says "alive"
  uint8_t* asked_ = nullptr;
  const uint8_t* answered_ = nullptr;
  uint64_t published_ = 0;
  uint64_t taken_ = 0;                    // answers
  mutable uint64_t questions_taken_ = 0;  // by sallyportd; never goes back
  uint64_t answers_refused_ = 0;
  base::Instant next_attach_;
};

// The form of an answer that was copied out of slot (number - 1) % slots.
bool is_recall_answer(const contract::RecallAnswer& answer, uint64_t number);

}  // namespace sallyport::evidence
