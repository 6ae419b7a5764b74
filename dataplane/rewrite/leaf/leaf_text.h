// leaf_text.h: the text of one JSON leaf on its way to its reader.
//
// Most leaves end in the bytes that they begin in. Those are read once, when they end, and not at
// all when the same text was read before and nothing was in it (clean_texts.h). Of longer ones the
// reader gets what is there when settle() says that no more comes now.
//
// What is nested may turn out to be no JSON and is then read from its edge on, which must not
// depend on what was read at once: the pieces of such a leaf that does not end are read one by one.
//
// Owner  one JSON text; reusable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/mem/text_window.h"
#include "dataplane/redact/shift_map.h"
#include "dataplane/rewrite/text/clean_texts.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_rewriter.h"

namespace sallyport::rewrite {

class LeafText {
 public:
  explicit LeafText(bool is_nested) : is_nested_(is_nested) {}

  // A message begins. `clean`: of a stream or message that it is a part of, which must outlive it;
  // null: the message has its own.
  void begin_message(CleanTexts* clean) noexcept;
  // A leaf begins: see TextRewriter::begin(). What stands before it is copied.
  void begin(RewriteScope& scope, std::span<const uint8_t> before, RoleSet roles,
             redact::ShiftMap* shifts = nullptr, scan::Whole whole = scan::Whole::Answer);
  // Of an answer, behind begin(): the text goes on where the one before it ended (text_ends.h).
  void follow(const TextPlace& place) noexcept { follows_ = place; }
  // False, here and below: refused, the scope says why.
  [[nodiscard]] bool hold(std::span<const uint8_t> text);
  // No more of it comes now.
  [[nodiscard]] bool settle();
  [[nodiscard]] bool end();

  // Bytes of the text that are decided.
  uint64_t edge() const noexcept { return is_reading_ ? reader_.edge() : 0; }
  // Decided edits; the caller drops what it took.
  EditList& edits() noexcept { return reader_.edits(); }
  CleanTexts& clean() noexcept { return *clean_; }
  // Nothing was found in any text of the message so far.
  bool is_clean() const noexcept { return is_clean_; }

 private:
  // Longer ones gain nothing by waiting.
  static constexpr size_t kHeldBytesMax = 1'024;
  static constexpr size_t kHeldPiecesMax = 64;

  void start();
  bool goes_on() const noexcept { return follows_.kind != TextPlace::kNoKind; }
  void keep_end_of_known();
  // Where the text goes on; null: in a place of its own.
  const redact::PlaceTracker::State* place_before() const noexcept {
    return goes_on() && before_ == 0 ? scope_->text_ends.before(follows_) : nullptr;
  }
  bool read_held();
  void forget_held() noexcept;
  void forget_unknowing() noexcept;
  ReadAs read_as() const noexcept;

  const bool is_nested_;
  TextRewriter reader_;
  CleanTexts own_;
  CleanTexts* clean_ = &own_;
  RewriteScope* scope_ = nullptr;
  RoleSet roles_;
  redact::ShiftMap* shifts_ = nullptr;
  scan::Whole whole_ = scan::Whole::Answer;
  TextPlace follows_;
  redact::PlaceTracker place_;  // of a text that is not read
  mem::TextWindow held_;        // what the reader has not seen
  size_t before_ = 0;           // bytes at its front that stand before the text
  std::vector<size_t> ends_;    // in held_, of the pieces of a nested leaf
  uint32_t known_seen_ = 0;     // RewriteScope::known, when clean_ was right
  uint32_t named_seen_ = 0;     // RewriteScope::people, likewise
  bool is_reading_ = false;
  bool is_clean_ = true;
};

}  // namespace sallyport::rewrite
