// joined_texts.h: values cut over two texts of one role that follow each other in a request.
//
//     {"role": "user", "content": "card no 4111 1111"}, {"role": "user", "content": "1111 1111"}
//
// No text alone holds the number, the model reads both. So the end of each text is kept, and when
// the next text of the same role and the same kind (path) is over, the two ends are read as one.
// Texts of other roles may stand between. What is found counts only when it lies on both sides and
// is sure by itself: a checksum or another named validator held, or it is the pattern of a vendor's
// secret; two sentences that happen to meet are nothing. Each side is then treated as a value of
// its own entity: the edits stand in two strings, and each half has its own token.
//
//     {"type": "text", "text": "the security code is"}, {"type": "text", "text": "737"}
//
// A number that a text begins with has the end of the text before for its context, as it would have
// it in one text, and needs no more than it needs there.
//
// Not here  values cut over three texts; streams; texts of different paths (a string content, then
//           an array of parts).
// REQUIRES  the message is held until it is judged (RewriteScope::whole_message): an edit may come
//           for a text that was read before.
// Owner     one JSON text of one exchange; reusable. Kept text is wiped.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/llm/events.h"
#include "dataplane/llm/string_decoder.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_edit.h"
#include "dataplane/rewrite/text/text_rewriter.h"
#include "dataplane/scan/text_scanner.h"

namespace sallyport::rewrite {

// Decoded text of one end that is kept: more than the widest number with its separators and a cue
// before it.
inline constexpr size_t kJoinBytesMax = 64;
// Ends that are kept: one for each speaker (llm::Speaker), or for the paths of one.
inline constexpr size_t kJoinRolesMax = 6;

class JoinedTexts {
 public:
  JoinedTexts() = default;
  ~JoinedTexts() { forget(); }
  JoinedTexts(const JoinedTexts&) = delete;
  JoinedTexts& operator=(const JoinedTexts&) = delete;

  void begin(RewriteScope& scope);

  // A text of the path `rule`; then its pieces, in order. `roles`: by which it is judged.
  void begin_text(llm::Speaker speaker, uint16_t rule, RoleSet roles) noexcept;
  void add(std::span<const uint8_t> decoded, uint64_t raw_start,
           std::span<const llm::TextPiece> pieces) noexcept;
  // It is over, and its own edits are in `edits`. Adds those of a value that begins in the text
  // before and ends in this one. False: refused, scope.refusal says why.
  [[nodiscard]] bool end_text(EditList& edits);

 private:
  // One decoded byte and the raw bytes it came from.
  struct Kept {
    uint64_t raw_start;
    uint64_t raw_end;
    uint8_t byte;
  };
  struct End {
    std::array<Kept, kJoinBytesMax> kept;
    size_t size = 0;
  };
  struct Tail {
    llm::Speaker speaker = llm::Speaker::Unsaid;
    uint16_t rule = 0;
    bool used = false;
    End end;
  };
  Tail& tail_of_text() noexcept;
  bool may_join(const End& before) const noexcept;
  bool join(const End& before, EditList& edits);
  bool edit_first(const scan::Finding& finding, size_t begin, EditList& edits);
  bool edit_both(const scan::Finding& finding, std::span<const Kept> left,
                 std::span<const Kept> right, EditList& edits);
  bool edit_half(const scan::Finding& finding, std::span<const Kept> half, EditList& edits);
  void keep_last(const Kept& kept) noexcept;
  void forget() noexcept;

  RewriteScope* scope_ = nullptr;
  scan::TextScanner scanner_;
  TextRewriter value_;
  llm::Speaker speaker_ = llm::Speaker::Unsaid;
  uint16_t rule_ = 0;
  RoleSet roles_;
  End head_;  // of the text being read
  End last_;  // its end so far; a ring once it is full
  size_t last_first_ = 0;
  std::array<Tail, kJoinRolesMax> tails_;
  size_t oldest_ = 0;
};

}  // namespace sallyport::rewrite
