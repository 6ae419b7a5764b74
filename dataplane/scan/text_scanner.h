// text_scanner.h: finds values in one text channel that arrives in pieces.
//
// The run tracker knows what could still become a match:
//   word run    visible ASCII without quotes and angle brackets: e-mail, URLs with credentials,
//   secrets digit run   digits with single separators, from '+', '(' or a digit: cards, SSN, phones
//   key block   from the first dash of "-----BEGIN" to the end line, at most kKeyBlockBytesMax;
//   given
//               up when nothing like key material follows its header within kKeyMaterialWithin
// A run is judged once, when it has ended (or in overlapping halves when it is very long). The safe
// edge is the earliest start of a run that is alive; text without one is not held at all.
//
// Overlaps: of matches that touch the same byte the one with the higher entity priority stays, then
// the higher confidence, then the longer, then the earlier one. A cluster is resolved when all of
// it lies before the edge.
//
// Invariants
//   I1  findings() and the state at end() depend on the text only, never on its cuts.
//   I2  safe_edge() never goes back.
// Owner   one channel of one worker; reusable, memory is kept and wiped.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/scan/engine.h"
#include "dataplane/scan/events.h"

namespace sallyport::scan {

// A key block that is not closed by then is taken for one (an RSA 16384 key has 13 KiB).
inline constexpr uint64_t kKeyBlockBytesMax = 16 * 1024;
// Key material: this many base64 characters in a row stand behind a header soon, or it is only talk
// about keys. A block that is closed by its end line needs fewer: then nothing is guessed.
inline constexpr uint64_t kKeyMaterialWithin = 1'024;
inline constexpr uint32_t kKeyMaterialRun = 40;
inline constexpr uint32_t kKeyMaterialRunClosed = 16;
// A word run is judged in halves from here on: base64 and the like. More than twice the widest
// pattern.
inline constexpr uint64_t kWordRunBytesMax = 4'096;
// A row of numbers is judged in halves from here on. More than twice the widest number (19 digits,
// separators).
inline constexpr uint64_t kDigitRunBytesMax = 128;
// Text kept before the edge, for context words and left boundaries.
inline constexpr uint64_t kLookBehindBytes = 96;

class TextScanner {
 public:
  TextScanner() = default;
  ~TextScanner();

  // Both must outlive the channel.
  void begin(const Engine& engine, Scratch& scratch);
  // False: a run with more matches than are kept (a text made to exhaust us): the caller refuses.
  [[nodiscard]] bool feed(std::span<const uint8_t> text);
  void end();

  uint64_t safe_edge() const noexcept { return edge_; }
  std::span<const Finding> findings() const noexcept {
    return std::span(findings_).subspan(taken_);
  }
  // Forgets the first `count` of findings().
  void take(size_t count) noexcept;

 private:
  struct Candidate {
    Finding finding;
    uint8_t priority;
  };

  void byte(uint8_t c, uint64_t at);
  void word_byte(uint8_t c, uint64_t at, bool is_word);
  void digit_byte(uint8_t c, uint64_t at);
  void key_block_byte(uint8_t c, uint64_t at);
  void judge_word(uint64_t end, uint64_t start_limit);
  void judge_at_signs(uint64_t end, uint64_t start_limit);
  void judge_digits(uint64_t end, uint64_t start_limit);
  void close_digits(uint64_t end);
  void key_body_byte(uint8_t c, uint64_t at);
  bool key_block_closes(uint64_t at) const;
  void give_up_key_block(uint64_t at);
  void add_key_block(uint64_t end);
  void add_rule_match(uint16_t rule, uint64_t start, uint64_t end);
  void add_digit_candidates(contract::RuleKind kind, uint64_t end, uint64_t start_limit);
  bool context_fits(const Engine::Rule& rule, uint64_t start) const;
  bool boundaries_fit(const Engine::Rule& rule, uint64_t start, uint64_t end) const;
  void settle();
  void resolve(size_t count);
  void forget();
  size_t escape_before(uint64_t offset) const noexcept;
  uint32_t escape_at_word_start() const noexcept;
  uint8_t before(uint64_t offset) const noexcept;
  uint8_t at(uint64_t offset) const noexcept { return window_[offset - window_start_]; }
  std::span<const uint8_t> text(uint64_t start, uint64_t end) const noexcept {
    return std::span(window_).subspan(start - window_start_, end - start);
  }

  static constexpr uint64_t kNone = ~uint64_t{0};

  const Engine* engine_ = nullptr;
  Scratch* scratch_ = nullptr;
  std::vector<uint8_t> window_;
  uint64_t window_start_ = 0;
  uint64_t fed_ = 0;
  uint64_t edge_ = 0;
  bool ended_ = false;
  bool overflow_ = false;

  uint64_t word_start_ = kNone;
  bool word_has_at_ = false;

  uint64_t digit_start_ = kNone;
  uint64_t digit_last_ = 0;  // behind the last digit of the run
  uint8_t separators_ = 0;   // in a row
  uint32_t digit_count_ = 0;

  uint64_t block_start_ = kNone;  // of a possible key block
  uint8_t block_phase_ = 0;       // 0 none, 1 in "-----BEGIN ", 2 header line, 3 body
  uint8_t block_matched_ = 0;     // characters of the literal
  uint64_t block_mark_ = 0;       // where the header line, then the body began
  uint32_t block_row_ = 0;        // base64 characters in a row, now and at most
  uint32_t block_row_max_ = 0;

  std::vector<RawMatch> raw_;
  std::vector<Candidate> candidates_;
  std::vector<Finding> findings_;
  size_t taken_ = 0;
};

}  // namespace sallyport::scan
