// json_rewriter.h: one JSON text: every string that may hold text is a channel of its own, and the
// edits come out in raw offsets of the JSON text, escaped for the string they land in.
//
// The same class reads a message body (with the table of its API kind) and the JSON text inside a
// tool call's arguments string (with the all-leaves table): then its "raw" offsets are offsets in
// the decoded arguments string, and its holder maps them once more.
//
//   class        what happens
//   T L I R U Unknown Structural
//             strings (and names, where names are text) are scanned and rewritten
//   T L I R U Unknown
//             numbers too: a card number without quotes; what is rewritten becomes a string
//   J         opened as JSON text; what is not JSON is one plain text
//   L         a string that begins like JSON text is opened like J
//   B O S     not touched, counted as opaque
//   N         a number that counts in a text moves with the edits of that text
//   B O S U R meet the policy for what nobody reads, by kind (RewriteScope::admit_opaque)
//
// In a tree of any shape (L, Unknown) the name of a member is context for the values behind it: the
// number of {"ssn": "..."} is known by its name, and one of a list by what stands beside it.
//
// Names are rewritten like values: a value that stays in a name would leave, and refusing the
// request would help nobody (decision 004).
//
// Invariants
//   I1  edge() never goes back; every edit that begins before it is in edits() and ends at or
//   before it.
// Owner   one message of one exchange; reusable.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/llm/json_walker.h"
#include "dataplane/redact/offset_map.h"
#include "dataplane/rewrite/body/coverage_meter.h"
#include "dataplane/rewrite/body/protected_watch.h"
#include "dataplane/rewrite/leaf/byte_mark.h"
#include "dataplane/rewrite/leaf/leaf_text.h"
#include "dataplane/rewrite/leaf/list_places.h"
#include "dataplane/rewrite/leaf/media_watch.h"
#include "dataplane/rewrite/leaf/member_names.h"
#include "dataplane/rewrite/leaf/offset_book.h"
#include "dataplane/rewrite/text/clean_texts.h"
#include "dataplane/rewrite/text/limits.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_edit.h"
#include "dataplane/rewrite/text/text_rewriter.h"

namespace sallyport::rewrite {

class ArgumentsRewriter;
class EncodedFile;
class JoinedTexts;

// What the gateway itself reads from a message.
struct MessageFacts {
  std::array<char, 96> model{};
  uint8_t model_size = 0;
  bool stream = false;
  std::string_view model_name() const noexcept { return {model.data(), model_size}; }
};

class JsonRewriter final : private llm::Sink {
 public:
  // `nesting`: how many levels of JSON text in strings may be opened below this one.
  // `watches_protected`: tokens in texts of class O are counted here; not where one such text comes
  // in many events.
  explicit JsonRewriter(unsigned nesting, bool watches_protected = true);
  ~JsonRewriter();

  // `roles`: whose words the texts are of which the message does not say it. `counts`: this text is
  // a body of its own, so its bytes are counted in scope.tally. `clean`: of what this text is a
  // part of, which outlives it; null: it has its own.
  void begin(RewriteScope& scope, const llm::PathTable& table, RoleSet roles = {},
             bool counts = true, CleanTexts* clean = nullptr);
  // For a text that comes with one feed(): see llm::JsonWalker::begin_whole.
  void begin_whole(RewriteScope& scope, const llm::PathTable& table, CleanTexts* clean);
  // Any chunking. False: scope.refusal is set, or the text is not JSON (walk_error()).
  [[nodiscard]] bool feed(std::span<const uint8_t> raw);
  [[nodiscard]] bool end();

  // Raw bytes that are decided.
  uint64_t edge() const noexcept;
  // Inside a string that is read as text: then edge() is exact whatever follows.
  bool in_text() const noexcept {
    return in_leaf_ && (treat_ == Treat::Text || treat_ == Treat::Arguments);
  }
  EditList& edits() noexcept { return edits_; }
  llm::WalkError walk_error() const noexcept { return walker_.error(); }
  uint64_t offset() const noexcept { return walker_.offset(); }
  const MessageFacts& facts() const noexcept { return facts_; }
  // Nothing was found in its texts; those of arguments aside.
  bool is_clean() const noexcept { return text_.is_clean(); }

  struct Mark {
    llm::MarkKind kind;
    uint64_t raw_start;
    uint64_t raw_end;
  };
  // Values that must go when any text was rewritten (log-probabilities, padding); raw ranges.
  std::span<const Mark> marks() const noexcept { return marks_; }

  // After end(): numbers that count in a text which is not in this message (a channel of the
  // stream).
  std::span<const OffsetNumber> open_numbers() const noexcept { return numbers_; }

 private:
  enum class Treat : uint8_t { Skip, Text, Number, ApiUrl, Arguments, Fact, Encoded };

  bool leaf_begin(const llm::Leaf& leaf) override;
  bool leaf_text(std::span<const uint8_t> decoded, uint64_t raw_start, uint64_t raw_end) override;
  bool leaf_pieces(std::span<const uint8_t> decoded, uint64_t raw_start,
                   std::span<const llm::TextPiece> pieces) override;
  bool leaf_end(uint64_t raw_end) override;
  bool marked(llm::MarkKind kind, uint16_t rule, uint64_t raw_start, uint64_t raw_end) override;

  Treat treat(const llm::Leaf& leaf) const noexcept;
  void count_leaf(const llm::Leaf& leaf) noexcept;
  void count_reference() noexcept;
  ArgumentsRewriter& arguments();
  bool take_unknown();
  void begin_text();
  bool is_tree() const noexcept {
    return leaf_.text_class == llm::TextClass::L || leaf_.text_class == llm::TextClass::Unknown;
  }
  // Something beside it may say what it is.
  bool has_place() const noexcept { return is_tree() && (leaf_.in_list || leaf_.in_rows); }
  bool is_message_text() const noexcept;
  void begin_joins();
  bool end_join();
  EditList& decided_edits() noexcept;
  void begin_template() noexcept;
  void look_at(std::span<const uint8_t> decoded, uint64_t raw_end);
  void look_at_item(std::span<const uint8_t> decoded);
  bool read(std::span<const uint8_t> decoded);
  bool settle_held();
  bool take_edits(EditList& from);
  bool note_offset(uint64_t raw_end);
  void note_digits(std::span<const uint8_t> decoded) noexcept;
  void move_numbers();
  bool counts_as_item() const noexcept;
  bool read_held();
  void append_edited(std::vector<uint8_t>& out, size_t at);
  bool end_number(uint64_t raw_end);
  bool end_api_url(uint64_t raw_end);
  void note_fact(std::span<const uint8_t> decoded);

  RoleSet leaf_roles() const noexcept;
  bool admit_unread(const llm::Leaf& leaf) noexcept;
  bool is_encoded(const llm::Leaf& leaf) const noexcept;
  void begin_encoded();
  bool read_encoded(std::span<const uint8_t> text);
  bool end_encoded();
  bool settle_encoded();
  void count_encoded(bool is_inspected) noexcept;
  bool begin_media();
  void end_media() noexcept;
  bool end_media_type();
  bool close_media();
  bool admit_url() noexcept;

  RewriteScope* scope_ = nullptr;
  RoleSet roles_;
  llm::JsonWalker walker_;
  CoverageMeter coverage_;
  bool counts_ = true;
  bool behind_unknown_name_ = false;  // that name has been counted as an unknown field
  LeafText text_;
  redact::OffsetMap map_;
  const unsigned nesting_;
  const bool watches_protected_;
  ProtectedWatch watch_;
  bool watched_ = false;
  MediaWatch media_;
  uint64_t content_end_ = 0;                      // raw, of the leaf so far
  std::unique_ptr<ArgumentsRewriter> arguments_;  // made when first needed; none at level 0
  std::unique_ptr<JoinedTexts> joined_;           // made when first needed
  std::unique_ptr<EncodedFile> encoded_;          // made when first needed
  bool sum_is_open_ = false;                      // bytes of the leaf are in no sum yet
  bool joining_ = false;                          // the text being read may go on in another
  TemplateCheck* template_ = nullptr;             // of the text being read; null: none looks on
  EditList edits_;
  // Numbers wait for the texts they count in, and edits behind the first of them wait with it.
  OffsetBook own_texts_;
  OffsetBook* texts_ = &own_texts_;  // of this message
  std::vector<OffsetNumber> numbers_;
  std::vector<std::pair<OffsetPlace, uint64_t>> parts_;
  EditList late_edits_;
  llm::PathTable table_;
  std::array<char, llm::kKnownNameBytesMax> item_value_{};
  uint8_t item_value_size_ = 0;
  uint64_t digits_ = 0;
  uint8_t digit_count_ = 0;
  bool only_digits_ = true;
  bool numbers_moved_ = false;
  std::vector<Mark> marks_;
  std::vector<uint8_t> escaped_;
  std::vector<uint8_t> held_;  // a number, or a URL that is read when all of it is there
  size_t held_read_ = 0;       // of held_, by text_
  llm::Leaf leaf_;
  Treat treat_ = Treat::Skip;
  bool in_leaf_ = false;
  bool may_open_ = false;  // no byte of this string seen yet; it is opened if it begins like JSON
  MemberNames names_;      // of members whose names are text
  ListPlaces places_;      // of items of lists in trees
  uint16_t name_rule_ = llm::kNoRule;
  MessageFacts facts_;
  std::array<char, 32> url_head_{};  // how a URL begins: scheme, and the media type of a data: URI
  uint8_t url_head_size_ = 0;
  std::array<char, 8> literal_{};
  uint8_t literal_size_ = 0;
};

// The content of an arguments string: JSON text if it is, one plain text from where it stops being
// JSON. Outside its strings it is held from the last '{', '}', ']', ',', ':' or quote on:
// "[EMAIL-..." and "4111 1111 ..." begin like JSON and are text.
class ArgumentsRewriter {
 public:
  // `nesting`: how many levels may be opened below this one.
  explicit ArgumentsRewriter(unsigned nesting);
  // `clean`: see JsonRewriter::begin().
  void begin(RewriteScope& scope, RoleSet roles = {}, CleanTexts* clean = nullptr);
  // `text`: the decoded string. Any chunking.
  [[nodiscard]] bool feed(std::span<const uint8_t> text);
  [[nodiscard]] bool end();
  uint64_t edge() const noexcept;
  // In offsets of the decoded string; replacements are what the decoded string shall hold.
  EditList& edits() noexcept { return edits_; }

 private:
  bool fall_back();
  bool take_json_edits(uint64_t until);
  bool take_plain_edits();
  void forget_before(uint64_t offset);

  RewriteScope* scope_ = nullptr;
  RoleSet roles_;
  JsonRewriter json_;
  TextRewriter plain_;
  ByteMark mark_;           // in front of the JSON
  uint64_t json_base_ = 0;  // its bytes: where the JSON begins
  bool is_plain_ = false;
  bool ended_ = false;
  uint64_t plain_base_ = 0;
  mem::TextWindow window_;  // undecided text and some before, for the fall back
  uint64_t window_start_ = 0;
  EditList edits_;
};

}  // namespace sallyport::rewrite
