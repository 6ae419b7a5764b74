// text_rewriter.h: one text channel: what is found in it, what happens to it, how much of it may
// go.
//
// Two readers follow the same text: the scanner (values) and the token finder (tokens). What they
// found is settled in clusters of overlapping matches, and only when both are past the whole
// cluster: so the edits are a function of the text, never of how it was cut.
//
// What stood before the text (the name of a JSON member, the decided part of the same text) can be
// given along: it counts as context and boundary, and is never edited.
//
// What its ruling says happens to a finding, in either direction: it passes (allow, observe), is
// replaced (tokenize, mask, hash, generalise) or ends the text (block). Tokens differ:
//
//   request   token-like text that verifies for this tenant passes, any other is itself tokenised
//             as a LITERAL
//   response  a token that this exchange minted is restored, where its place and the access rules
//             allow; one of an earlier exchange when its value is known (redact/earlier_tokens.h).
//             While that is asked for, the text from the token on may stand still: only if the
//             scope says so, never at the end of the text. Behind a token the text stands still
//             until it is told whether the token is a part of a host's name. What stays is counted
//
//   request   a value that became a token earlier in the message is one again, with no word beside
//             it (redact/known_values.h), and one word of a name that was found earlier is
//             (scan/named_before.h); not in ids, nor in what the system or nobody says (tools),
//             which vendors cache and which may stand behind the messages
//
// Invariants
//   I1  edge() never goes back; every edit that starts before it is in edits() and ends at or
//   before it.
// Owner   one channel of one exchange; reusable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/mem/text_window.h"
#include "dataplane/redact/name_behind.h"
#include "dataplane/redact/place_tracker.h"
#include "dataplane/redact/shift_map.h"
#include "dataplane/redact/token_finder.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_edit.h"
#include "dataplane/scan/text_scanner.h"

namespace sallyport::rewrite {

class TextRewriter {
 public:
  // `scope` must outlive the channel. `before`: what stood before it, kBeforeBytesMax at most
  // count. `roles`: whose words it may be; none: what the direction says (user, assistant).
  // `shifts`: is told of every decided byte and edit, for numbers that count in this text.
  void begin(RewriteScope& scope, std::span<const uint8_t> before = {}, RoleSet roles = {},
             redact::ShiftMap* shifts = nullptr, scan::Whole whole = scan::Whole::Answer);
  // Of an answer, before anything of it is fed and without `before`: links that the text before
  // opened go on in this one (text_ends.h).
  void go_on_behind(const redact::PlaceTracker::State& state) noexcept {
    place_.begin_behind(state);
  }
  const redact::PlaceTracker::State& place_state() const noexcept { return place_.state(); }
  // Any chunking. False: refused, scope.refusal says why.
  [[nodiscard]] bool feed(std::span<const uint8_t> text);
  // The same in two steps: what is held is read when enough of it is there, when the text ends, or
  // when settle_held() says that nothing more comes now. The edge stays until then.
  [[nodiscard]] bool hold(std::span<const uint8_t> text);
  [[nodiscard]] bool settle_held();
  [[nodiscard]] bool end();

  // What texts before it named is looked for in a text like this; `roles` as begin() takes them.
  static bool follows(const RewriteScope& scope, RoleSet roles, scan::Whole whole) noexcept {
    return scope.direction == RewriteScope::Direction::Request && whole == scan::Whole::Answer &&
           !roles.empty() && !roles.is(contract::Role::System);
  }

  // Instead of a text: `value` is a part of what was found elsewhere (joined_texts.h) and is all
  // there is. Its edits are in edits(), in offsets of `value`.
  [[nodiscard]] bool rule_on_value(RewriteScope& scope, RoleSet roles, const scan::Finding& finding,
                                   std::span<const uint8_t> value);

  // Bytes of the text that are decided.
  uint64_t edge() const noexcept { return edge_ - skip_; }
  // Nothing was found so far: no value, whatever its ruling, and no token.
  bool is_clean() const noexcept { return is_clean_; }
  // Decided edits, in offsets of this text, replacements not escaped; the caller drops what it
  // took.
  EditList& edits() noexcept { return edits_; }

 private:
  struct Cluster {
    uint64_t start = 0;
    uint64_t end = 0;
    size_t finding_count = 0;
    size_t token_count = 0;
  };

  bool find_tokens();
  bool settle();
  bool settle_cluster(Cluster cluster);
  bool next_cluster(uint64_t limit, Cluster& out) const noexcept;
  void grow(Cluster& cluster) const noexcept;
  enum class Look : uint8_t { Nothing, Found, Wait };
  Look look_for_known(uint64_t until);
  bool add_known(uint64_t limit, Cluster& cluster) const noexcept;
  bool rule_on(const Cluster& cluster);
  bool rule_on_known(const Cluster& cluster);
  uint64_t first_open(uint64_t limit) const noexcept;
  bool rule_on_finding(const scan::Finding& finding);
  bool rule_on_token(const redact::TokenMatch& token);
  void add_edit(uint64_t start, uint64_t end, std::span<const uint8_t> replacement);
  bool act(uint16_t entity, const Treatment& treatment, uint64_t start, uint64_t end);
  Treatment treatment(const scan::Finding& finding) const noexcept;
  bool refuse(Refusal reason, uint16_t entity);
  bool block(uint16_t entity);
  void count(uint16_t entity, const Treatment& treatment, uint64_t start, uint64_t end);
  void note(uint16_t entity, const Treatment& treatment, uint64_t start, uint64_t end);
  bool tokenize(uint16_t entity, std::string_view name, uint64_t start, uint64_t end);
  bool mask(const Treatment& treatment, uint64_t start, uint64_t end);
  bool hash(uint16_t entity, uint64_t start, uint64_t end);
  bool generalise(uint16_t entity, uint64_t start, uint64_t end);
  void restore(const redact::TokenMatch& token);
  void restore_earlier(const redact::TokenMatch& token);
  redact::EarlierTokens::Entry* earlier(const redact::TokenMatch& token);
  bool waits_for_earlier(const Cluster& cluster);
  redact::NameBehind name_behind(const redact::TokenMatch& token) const noexcept;
  bool may_stand(const redact::TokenMatch& token) const noexcept;
  bool waits_for_name(const Cluster& cluster) const noexcept;
  std::span<const uint8_t> text(uint64_t start, uint64_t end) const noexcept;
  void forget_before(uint64_t offset);
  void note_kept(uint64_t until);

  RewriteScope* scope_ = nullptr;
  RoleSet roles_;
  scan::TextScanner scanner_;
  redact::TokenFinder finder_;
  redact::PlaceTracker place_;
  EditList edits_;
  mem::TextWindow window_;  // text from window_start_ on: what is not decided yet
  uint64_t window_start_ = 0;
  uint64_t skip_ = 0;  // bytes of `before`; inside, offsets count from its first one
  uint64_t fed_ = 0;
  size_t held_ = 0;    // the last bytes of these, which the scanner has not read
  size_t unread_ = 0;  // and those that the token finder has not
  uint64_t edge_ = 0;
  bool follows_known_ = false;
  uint64_t known_at_ = 0;     // no known value begins before it that was not settled
  redact::KnownMatch known_;  // of the cluster that is being settled; end 0: none
  redact::ShiftMap* shifts_ = nullptr;
  uint64_t shifts_at_ = 0;  // what shifts_ has been told of
  bool ended_ = false;
  bool is_clean_ = true;
};

}  // namespace sallyport::rewrite
