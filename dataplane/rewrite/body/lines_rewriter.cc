#include "dataplane/rewrite/body/lines_rewriter.h"

#include <algorithm>

namespace sallyport::rewrite {

void LinesRewriter::begin(RewriteScope& scope, const llm::PathTable& line, JsonRewriter& json,
                          EditList& edits, uint64_t raw_start) {
  scope_ = &scope;
  table_ = line;
  json_ = &json;
  edits_ = &edits;
  facts_ = MessageFacts{};
  offset_ = line_start_ = raw_start;
  mark_.begin();
  in_line_ = false;
}

bool LinesRewriter::feed(std::span<const uint8_t> raw) {
  const size_t of_mark = mark_.take(raw);
  offset_ += of_mark;
  // The beginning of a mark begins no JSON: refused by its reader.
  if (mark_.is_none() && !feed_text(mark_.taken())) return false;
  return feed_text(raw.subspan(of_mark));
}

bool LinesRewriter::feed_text(std::span<const uint8_t> raw) {
  while (!raw.empty()) {
    const auto end = std::find(raw.begin(), raw.end(), uint8_t{'\n'});
    const auto size = static_cast<size_t>(end - raw.begin());
    if (!feed_line(raw.first(size))) return false;
    if (end == raw.end()) return true;
    if (!end_line()) return false;
    ++offset_;
    raw = raw.subspan(size + 1);
  }
  return true;
}

bool LinesRewriter::end() {
  if (mark_.is_cut() && !feed_text(mark_.taken())) return false;
  return end_line();
}

// White space before the text is no line yet: an empty line is none at all.
bool LinesRewriter::feed_line(std::span<const uint8_t> raw) {
  if (!in_line_) {
    const auto text = std::find_if(raw.begin(), raw.end(),
                                   [](uint8_t c) { return c != ' ' && c != '\t' && c != '\r'; });
    const auto blank = static_cast<size_t>(text - raw.begin());
    offset_ += blank;
    raw = raw.subspan(blank);
    if (raw.empty()) return true;
    in_line_ = true;
    line_start_ = offset_;
    // Another conversation.
    if (scope_->known != nullptr) scope_->known->clear();
    if (scope_->people != nullptr) scope_->people->clear();
    json_->begin(*scope_, table_);
  }
  offset_ += raw.size();
  return json_->feed(raw) && take_edits();
}

bool LinesRewriter::end_line() {
  if (!in_line_) return true;
  in_line_ = false;
  if (!json_->end() || !take_edits()) return false;
  if (facts_.model_size == 0) {
    facts_.model = json_->facts().model;
    facts_.model_size = json_->facts().model_size;
  }
  return true;
}

bool LinesRewriter::take_edits() {
  EditList& made = json_->edits();
  for (const TextEdit& edit : made.edits())
    edits_->add(line_start_ + edit.start, line_start_ + edit.end, made.replacement(edit));
  made.clear();
  return true;
}

}  // namespace sallyport::rewrite
