#include "dataplane/rewrite/body/body_rewriter.h"

#include <algorithm>

namespace sallyport::rewrite {

using llm::BodyFormat;

void BodyRewriter::begin(RewriteScope& scope, const llm::PathTable& table, BodyFormat format,
                         std::string_view boundary) {
  format_ = format;
  scope_ = &scope;
  fed_ = 0;
  counted_before_ = counted();
  edits_.clear();
  scope.text_ends.clear();
  if (format != BodyFormat::Json && others_ == nullptr) others_ = std::make_unique<Others>();
  // The readers of the other formats take edits as they come: none may come late.
  if (format != BodyFormat::Json) scope.whole_message = false;
  switch (format) {
    case BodyFormat::Json:
      return json_.begin(scope, table);
    case BodyFormat::Multipart:
      return others_->parts.begin(scope, table, boundary, json_, edits_);
    case BodyFormat::JsonLines:
      return others_->lines.begin(scope, table, json_, edits_, 0);
    case BodyFormat::Text:
      return others_->file.begin(scope, table, json_, edits_, 0, FileRewriter::Content::Text);
    case BodyFormat::Opaque:
      return others_->file.begin(scope, table, json_, edits_, 0, FileRewriter::Content::Undecided);
  }
}

bool BodyRewriter::feed(std::span<const uint8_t> raw) {
  fed_ += raw.size();
  switch (format_) {
    case BodyFormat::Json:
      return json_.feed(raw);
    case BodyFormat::Multipart:
      return others_->parts.feed(raw);
    case BodyFormat::JsonLines:
      return others_->lines.feed(raw);
    case BodyFormat::Text:
    case BodyFormat::Opaque:
      return others_->file.feed(raw);
  }
  return false;
}

uint64_t BodyRewriter::counted() const noexcept {
  const Tally& tally = scope_->tally;
  return tally.inspected_bytes + tally.structure_bytes + tally.opaque_bytes();
}

// What the readers of its parts did not count is the framing between them.
bool BodyRewriter::end() {
  if (!end_content()) return false;
  const uint64_t read = counted() - counted_before_;
  if (read < fed_) scope_->tally.structure_bytes += fed_ - read;
  return true;
}

bool BodyRewriter::end_content() {
  switch (format_) {
    case BodyFormat::Json:
      return json_.end();
    case BodyFormat::Multipart:
      return others_->parts.end();
    case BodyFormat::JsonLines:
      return others_->lines.end();
    case BodyFormat::Text:
    case BodyFormat::Opaque:
      return others_->file.end();
  }
  return false;
}

const MessageFacts& BodyRewriter::facts() const noexcept {
  if (format_ == BodyFormat::Json) return json_.facts();
  if (format_ == BodyFormat::Multipart) return others_->parts.facts();
  return format_ == BodyFormat::JsonLines ? others_->lines.facts() : none_;
}

std::span<const JsonRewriter::Mark> BodyRewriter::marks() const noexcept {
  return format_ == BodyFormat::Json ? json_.marks() : std::span<const JsonRewriter::Mark>{};
}

std::string_view BodyRewriter::problem() const noexcept {
  return format_ == BodyFormat::Multipart ? others_->parts.problem()
                                          : llm::walk_error_name(json_.walk_error());
}

void BodyCheck::begin(BodyFormat format, std::string_view boundary) {
  format_ = format;
  begin_content(format);
  mark_.close();
  if (format == BodyFormat::JsonLines) mark_.begin();
  if (format == BodyFormat::Multipart) (void)reader_.begin(boundary, *this);
}

bool BodyCheck::feed(std::span<const uint8_t> text) {
  return format_ == BodyFormat::Multipart ? reader_.feed(text) : feed_content(text);
}

bool BodyCheck::end() { return format_ == BodyFormat::Multipart ? reader_.end() : end_content(); }

bool BodyCheck::part_begin(const llm::MultipartPart& part) {
  has_content_ = false;
  mark_.begin();
  const auto declared = declared_content(part.content_type, part.filename);
  const bool is_file = part.has_filename;
  if (is_file && declared == FileRewriter::Content::Lines) {
    begin_content(BodyFormat::JsonLines);
  } else if (is_file && declared == FileRewriter::Content::Json) {
    begin_content(BodyFormat::Json);
  } else {
    begin_content(BodyFormat::Opaque);
  }
  return true;
}

bool BodyCheck::part_data(std::span<const uint8_t> bytes, uint64_t) {
  has_content_ = true;
  return feed_content(bytes);
}

bool BodyCheck::part_end() { return !has_content_ || end_content(); }

void BodyCheck::begin_content(BodyFormat format) noexcept {
  content_ = format;
  in_line_ = false;
  json_->begin();
}

bool BodyCheck::feed_content(std::span<const uint8_t> text) {
  text = text.subspan(mark_.take(text));
  if (mark_.is_none() && content_ != BodyFormat::Opaque) return false;
  if (content_ == BodyFormat::Json) return json_->feed(text);
  if (content_ != BodyFormat::JsonLines) return true;
  while (!text.empty()) {
    const auto end = std::find(text.begin(), text.end(), uint8_t{'\n'});
    const auto line = text.first(static_cast<size_t>(end - text.begin()));
    in_line_ = in_line_ || std::any_of(line.begin(), line.end(), [](uint8_t c) {
                 return c != ' ' && c != '\t' && c != '\r';
               });
    if (!json_->feed(line)) return false;
    if (end == text.end()) return true;
    if (in_line_ && !json_->end()) return false;
    begin_content(BodyFormat::JsonLines);
    text = text.subspan(line.size() + 1);
  }
  return true;
}

bool BodyCheck::end_content() {
  if (content_ == BodyFormat::JsonLines) return !in_line_ || json_->end();
  return content_ != BodyFormat::Json || json_->end();
}

}  // namespace sallyport::rewrite
