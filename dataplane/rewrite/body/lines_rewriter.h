// lines_rewriter.h: JSON Lines: every line is one JSON text of the same shape (a request of a
// batch, an example of a training file), rewritten on its own.
//
// Line ends, empty lines and white space stay as they are. A line that is not JSON refuses the
// whole: the vendor would read the others all the same.
//
// Owner   one body of one exchange; reusable. The JSON reader is lent by the holder.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/llm/api_tables.h"
#include "dataplane/rewrite/body/json_rewriter.h"
#include "dataplane/rewrite/leaf/byte_mark.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_edit.h"

namespace sallyport::rewrite {

class LinesRewriter {
 public:
  // `line`: the shape of each line. Edits go to `edits`, in offsets that count from `raw_start`.
  // All must outlive the body.
  void begin(RewriteScope& scope, const llm::PathTable& line, JsonRewriter& json, EditList& edits,
             uint64_t raw_start);
  // Any chunking. False: refused, scope.refusal is set or the line is not JSON (walk_error()).
  [[nodiscard]] bool feed(std::span<const uint8_t> raw);
  [[nodiscard]] bool end();
  llm::WalkError walk_error() const noexcept { return json_->walk_error(); }
  // Of the first line that names a model.
  const MessageFacts& facts() const noexcept { return facts_; }

 private:
  bool feed_text(std::span<const uint8_t> raw);
  bool feed_line(std::span<const uint8_t> raw);
  bool end_line();
  bool take_edits();

  RewriteScope* scope_ = nullptr;
  llm::PathTable table_;
  JsonRewriter* json_ = nullptr;
  EditList* edits_ = nullptr;
  MessageFacts facts_;
  uint64_t offset_ = 0;
  uint64_t line_start_ = 0;
  ByteMark mark_;
  bool in_line_ = false;
};

}  // namespace sallyport::rewrite
