// token_finder.h: finds token-like text in a channel, as written or as models damage it.
//
// Accepted: any case; one or both brackets missing; a backslash before brackets, '-' or '_'; '*' or
// backticks inside, '_' where a separator is or beside a bracket (inside a word Markdown has no
// emphasis with '_'); '_' or one of the Unicode hyphens, dashes and minus for '-'; soft hyphens and
// zero-width characters inside; spaces around separators and inside the brackets; line ends with
// their indentation anywhere, at most kTokenWrapsMax in label or core; HTML references for any of
// these characters. No other spaces, no missing or added letters. The finder only reads the form (a
// known label, then 23 base32 characters); whether it is a token is for the caller to decide:
// TokenMint::verify in a request, ExchangeTokens::find in an answer.
//
// Most text is never read by the state machine: token_prefilter.h says where a core could begin,
// and the machine starts again at the last character before it that no token has. Tests feed the
// same text byte by byte, which is the machine alone.
//
// Same shape as scan::TextScanner: offsets are bytes in the channel's decoded text; matches() and
// the edge at the end depend on the text only, never on how it was cut. Text is held (behind
// safe_edge) only while it can still become a token: at most kTokenTextBytesMax bytes. A match
// covers both brackets when both are there (with a backslash before the first), else neither: a
// lone bracket is text. Owner  one channel; no allocation after construction.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/redact/token.h"
#include "dataplane/redact/token_prefilter.h"

namespace sallyport::redact {

inline constexpr uint32_t kTokenTextBytesMax = 256;  // widest damaged form that is still recognised
inline constexpr uint32_t kTokenMatchesMax = 1'024;  // not yet taken
inline constexpr uint32_t kTokenLabelsMax = 256;
inline constexpr uint8_t kTokenWrapsMax = 2;  // a token is shorter than two lines of any width

// The labels that may stand before a core; one per image. LITERAL is always among them.
class TokenLabels {
 public:
  // Entities in the order of their ids (scan::Engine::entity_name). False: too many, or a bad name.
  [[nodiscard]] bool build(std::span<const std::string_view> entities);
  static constexpr uint16_t kLiteral = 0xffff;  // label id of LITERAL
  size_t size() const noexcept { return labels_.size(); }

 private:
  friend class TokenFinder;
  struct Label {
    std::array<char, kEntityNameBytesMax> bytes;  // upper case, '-' between words
    uint8_t size;
    uint16_t entity;
  };
  std::vector<Label> labels_;  // sorted
  // May a label begin with this ASCII character, in either case; and with which letters (bit 0: A)
  // may it go on then.
  std::array<bool, 128> first_{};
  std::array<uint32_t, 128> second_{};
};

struct TokenMatch {
  uint64_t start = 0;  // in the channel's decoded text
  uint64_t end = 0;
  uint16_t entity = 0;  // entity id, or TokenLabels::kLiteral
  bool exact = false;   // as minted, both brackets, nothing damaged
  TokenCore core{};     // normalised
};

class TokenFinder {
 public:
  TokenFinder();

  // `labels` must outlive the channel.
  void begin(const TokenLabels& labels) noexcept;
  // Any chunking. False: more than kTokenMatchesMax matches not taken; take and feed at most 16 KiB
  // at a time.
  [[nodiscard]] bool feed(std::span<const uint8_t> text) noexcept;
  // The channel is over: what could have become more is decided.
  void end() noexcept;

  // No later byte changes anything before this; every match that starts before it is in matches().
  uint64_t safe_edge() const noexcept;
  // Final, sorted, disjoint, all with end <= safe_edge().
  std::span<const TokenMatch> matches() const noexcept {
    return {matches_.data() + taken_, matches_.size() - taken_};
  }
  // Forgets the first `count` of matches().
  void take(size_t count) noexcept;

 private:
  enum class Phase : uint8_t { Label, Core };
  enum class Kind : uint8_t { Word, Separator, Ignorable, Space, Open, Close, Other };
  enum class Gap : uint8_t { None, Spaces, Line };  // white space just passed
  enum class Step : uint8_t { Alive, Dead, Found, FoundClosed };
  // A start from which the text so far can still become a token.
  struct Candidate {
    uint64_t start;  // of the bracket (or the backslash before it), else of the label
    uint64_t label_start;
    uint64_t core_end;  // once 23 characters are there
    Phase phase;
    bool opened;
    bool exact;
    bool after_separator;  // further separators are swallowed
    Gap gap;
    uint8_t wraps;
    uint8_t position;  // characters of the label matched
    uint8_t core_size;
    uint16_t low, high;  // labels that still fit
    uint16_t entity;
    TokenCore core;
  };
  static constexpr size_t kCandidatesMax = 12;

  bool is_idle() const noexcept;
  bool may_go_on(uint8_t c, uint8_t next) const noexcept;
  size_t skip_idle(std::span<const uint8_t> text) noexcept;
  void byte(uint8_t byte) noexcept;
  void reference_byte(uint8_t byte) noexcept;
  void give_up_reference() noexcept;
  bool wraps(Candidate& candidate) const noexcept;
  void character(uint32_t code_point, uint64_t start, uint64_t end) noexcept;
  void prefix(Kind kind, uint32_t code_point, uint64_t start) noexcept;
  void start_candidate(uint32_t code_point, uint64_t start) noexcept;
  Step step(Candidate& candidate, Kind kind, uint32_t code_point, uint64_t end) noexcept;
  Step label_step(Candidate& candidate, Kind kind, uint32_t code_point) noexcept;
  Step core_step(Candidate& candidate, Kind kind, uint32_t code_point, uint64_t end) noexcept;
  bool narrow(Candidate& candidate, char c) const noexcept;
  void found(const Candidate& candidate, uint64_t end, bool closed) noexcept;
  void settle() noexcept;
  static Kind kind_of(uint32_t code_point) noexcept;

  const TokenLabels* labels_ = nullptr;
  uint64_t offset_ = 0;       // bytes fed
  bool prefix_open_ = false;  // a bracket that could open a token, with at most marks behind it
  bool prefix_exact_ = false;
  uint64_t prefix_start_ = 0;
  bool after_backslash_ = false;  // the last character was one; it may stand before a bracket
  uint64_t backslash_start_ = 0;
  bool after_word_ = false;  // the last character was a letter or digit
  // '&' and what stood behind it, while it may be an HTML reference.
  std::array<uint8_t, kHtmlReferenceBytesMax> reference_{};
  uint8_t reference_size_ = 0;
  bool in_reference_ = false;
  uint64_t reference_start_ = 0;
  uint32_t code_point_ = 0;  // incomplete UTF-8 character
  uint8_t code_point_left_ = 0;
  uint64_t code_point_start_ = 0;
  std::array<Candidate, kCandidatesMax> candidates_;  // in the order of their starts
  size_t candidate_count_ = 0;
  std::array<TokenMatch, kCandidatesMax> waiting_;  // found while an earlier start is still alive
  size_t waiting_count_ = 0;
  bool overflow_ = false;
  std::vector<TokenMatch> matches_;
  size_t taken_ = 0;
};

}  // namespace sallyport::redact
