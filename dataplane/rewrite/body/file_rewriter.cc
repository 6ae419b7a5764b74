#include "dataplane/rewrite/body/file_rewriter.h"

#include <algorithm>

#include "dataplane/base/ascii.h"
#include "dataplane/base/utf8.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::rewrite {
namespace {

using Content = FileRewriter::Content;

struct Known {
  std::string_view name;
  Content content;
};
constexpr std::array<Known, 13> kTypes{{{"application/jsonl", Content::Lines},
                                        {"application/x-jsonl", Content::Lines},
                                        {"application/jsonlines", Content::Lines},
                                        {"application/x-jsonlines", Content::Lines},
                                        {"application/json-lines", Content::Lines},
                                        {"application/x-ndjson", Content::Lines},
                                        {"application/ndjson", Content::Lines},
                                        {"text/jsonl", Content::Lines},
                                        {"application/json", Content::Json},
                                        {"text/json", Content::Json},
                                        {"application/xml", Content::Text},
                                        {"application/yaml", Content::Text},
                                        {"application/x-yaml", Content::Text}}};
constexpr std::array<Known, 10> kEndings{{{".jsonl", Content::Lines},
                                          {".ndjson", Content::Lines},
                                          {".json", Content::Json},
                                          {".txt", Content::Text},
                                          {".md", Content::Text},
                                          {".csv", Content::Text},
                                          {".tsv", Content::Text},
                                          {".html", Content::Text},
                                          {".xml", Content::Text},
                                          {".yaml", Content::Text}}};

// Text has these below the blank: tab, line feed, form feed, carriage return, and escape in logs.
bool is_text_control(uint8_t c) noexcept {
  return c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == 0x1b;
}

uint16_t wide_unit(std::span<const uint8_t> bytes, size_t at, bool is_big) noexcept {
  const uint8_t high = bytes[is_big ? at : at + 1], low = bytes[is_big ? at + 1 : at];
  return static_cast<uint16_t>(high << 8 | low);
}

// Behind a mark of UTF-16, what texts have: no controls, no halves of characters, nothing that
// Unicode keeps free. Of other bytes one unit in six is none of it.
bool is_wide_text(std::span<const uint8_t> bytes) noexcept {
  const bool is_big = bytes[0] == 0xfe;
  bool has_high = false;
  for (size_t i = kWideMarkBytes; i + 1 < bytes.size(); i += 2) {
    const uint16_t unit = wide_unit(bytes, i, is_big);
    const bool is_high = unit >= 0xd800 && unit < 0xdc00, is_low = unit >= 0xdc00 && unit < 0xe000;
    const bool is_control = unit < 0x20 && !is_text_control(static_cast<uint8_t>(unit));
    const bool is_free = (unit >= 0xe000 && unit < 0xf900) || unit >= 0xfffe;
    if (is_control || is_free || is_low != has_high) return false;
    has_high = is_high;
  }
  return true;
}

// Of UTF-8; a character may be cut off at the end of what is not the whole.
bool is_utf8(std::span<const uint8_t> bytes, bool is_whole) noexcept {
  for (size_t i = 0; i < bytes.size();) {
    const size_t size = base::utf8_sequence_size(bytes[i]);
    if (size == 0 || (i + size > bytes.size() && is_whole)) return false;
    const auto rest = bytes.subspan(i + 1, std::min(size, bytes.size() - i) - 1);
    if (!std::all_of(rest.begin(), rest.end(), [](uint8_t c) { return (c & 0xc0) == 0x80; }))
      return false;
    i += size;
  }
  return true;
}

}  // namespace

Content declared_content(std::string_view content_type, std::string_view filename) noexcept {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  for (const Known& known : kTypes)
    if (base::equals_ignoring_case(type, known.name)) return known.content;
  // A name says more than a type that stands for anything, and than text, which lines of JSON are.
  for (const Known& known : kEndings)
    if (filename.size() > known.name.size() &&
        base::equals_ignoring_case(filename.substr(filename.size() - known.name.size()),
                                   known.name))
      return known.content;
  constexpr std::string_view kText = "text/";
  const bool is_text =
      type.size() > kText.size() && base::equals_ignoring_case(type.substr(0, 5), kText);
  return is_text ? Content::Text : Content::Undecided;
}

Content sniffed_content(std::span<const uint8_t> bytes, bool is_whole) noexcept {
  constexpr std::string_view kPdf = "%PDF-";
  if (bytes.size() >= kPdf.size() && std::equal(kPdf.begin(), kPdf.end(), bytes.begin()))
    return Content::Opaque;
  if (is_wide_mark(bytes)) return is_wide_text(bytes) ? Content::Text : Content::Opaque;
  // Code pages have no sign of their own, and none of them has controls among its characters.
  const bool has_control = std::any_of(bytes.begin(), bytes.end(),
                                       [](uint8_t c) { return c < 0x20 && !is_text_control(c); });
  if (has_control) return Content::Opaque;
  ByteMark mark;
  mark.begin();
  const auto text = bytes.subspan(mark.take(bytes));
  const auto first = std::find_if(text.begin(), text.end(), [](uint8_t c) { return c > ' '; });
  const bool may_be_json = first != text.end() && (*first == '{' || *first == '[');
  return may_be_json && is_utf8(bytes, is_whole) ? Content::JsonOrText : Content::Text;
}

FileRewriter::~FileRewriter() { mem::wipe(sniffed_); }

void FileRewriter::begin(RewriteScope& scope, const llm::PathTable& table, JsonRewriter& json,
                         EditList& edits, uint64_t raw_start, Content declared) {
  opaque_ = contract::OpaqueReason::Document;
  is_opaque_counted_ = false;
  scope_ = &scope;
  table_ = table;
  json_ = &json;
  edits_ = &edits;
  raw_start_ = raw_start;
  content_ = declared;
  mem::wipe(std::span(sniffed_).first(sniffed_size_));
  sniffed_size_ = mark_size_ = 0;
  if (content_ != Content::Undecided) start();
}

void FileRewriter::start() {
  llm::PathTable line = table_;
  switch (content_) {
    case Content::Lines:
      line.root_node = table_.tables->node(table_.root_node).element_node;
      lines_.begin(*scope_, line, *json_, *edits_, raw_start_);
      break;
    case Content::Json:
      json_mark_.begin();
      // The client's own, of any shape: no table knows its members.
      json_->begin(*scope_, llm::all_leaves());
      break;
    case Content::JsonOrText:
      if (arguments_ == nullptr)
        arguments_ = std::make_unique<ArgumentsRewriter>(kJsonNestingMax - 1);
      arguments_->begin(*scope_);
      break;
    case Content::Text:
      text_.begin(*scope_);
      break;
    case Content::Undecided:
    case Content::Opaque:
      break;
  }
}

bool FileRewriter::decide() {
  const std::span<const uint8_t> bytes = std::span(sniffed_).first(sniffed_size_);
  content_ = sniffed_content(bytes, sniffed_size_ < sniffed_.size());
  start();
  return pass(bytes);
}

bool FileRewriter::feed(std::span<const uint8_t> raw) {
  if (content_ == Content::Undecided) {
    const size_t size = std::min(raw.size(), sniffed_.size() - sniffed_size_);
    std::copy_n(raw.begin(), size, sniffed_.begin() + static_cast<std::ptrdiff_t>(sniffed_size_));
    sniffed_size_ += size;
    raw = raw.subspan(size);
    if (sniffed_size_ < sniffed_.size()) return true;
    if (!decide()) return false;
  }
  return pass(raw);
}

bool FileRewriter::end() {
  if (content_ == Content::Undecided && !decide()) return false;
  switch (content_) {
    case Content::Lines:
      return lines_.end();
    case Content::Json:
      if (json_mark_.is_cut() && !json_->feed(json_mark_.taken())) return false;
      return json_->end() && take_edits(json_->edits());
    case Content::JsonOrText:
      return arguments_->end() && take_edits(arguments_->edits());
    case Content::Text:
      return end_text();
    case Content::Undecided:
    case Content::Opaque:
      break;
  }
  return true;
}

bool FileRewriter::pass(std::span<const uint8_t> raw) {
  switch (content_) {
    case Content::Lines:
      return lines_.feed(raw);
    case Content::Json:
      return pass_json(raw);
    case Content::JsonOrText:
      scope_->tally.inspected_bytes += raw.size();
      return arguments_->feed(raw) && take_edits(arguments_->edits());
    case Content::Text:
      scope_->tally.inspected_bytes += raw.size();
      return feed_text(raw);
    case Content::Undecided:
    case Content::Opaque:
      scope_->tally.add_opaque(opaque_, raw.size(), is_opaque_counted_ ? 0 : 1);
      if (is_opaque_counted_) break;
      is_opaque_counted_ = true;
      return raw.empty() || scope_->admit_opaque(opaque_);
  }
  return true;
}

bool FileRewriter::pass_json(std::span<const uint8_t> raw) {
  const size_t of_mark = json_mark_.take(raw);
  raw_start_ += of_mark;
  // The beginning of a mark begins no JSON: refused by its reader.
  if (json_mark_.is_none() && !json_->feed(json_mark_.taken())) return false;
  return json_->feed(raw.subspan(of_mark)) && take_edits(json_->edits());
}

// Its first two bytes say whether it is in UTF-16.
bool FileRewriter::feed_text(std::span<const uint8_t> raw) {
  if (mark_size_ < mark_.size()) {
    const size_t size = std::min(raw.size(), mark_.size() - mark_size_);
    std::copy_n(raw.begin(), size, mark_.begin() + static_cast<std::ptrdiff_t>(mark_size_));
    mark_size_ += size;
    raw = raw.subspan(size);
    if (mark_size_ < mark_.size()) return true;
    if (is_wide() && wide_text_ == nullptr) wide_text_ = std::make_unique<WideTextRewriter>();
    if (is_wide()) wide_text_->begin(*scope_, mark_);
    if (!is_wide() && !text_.feed(mark_)) return false;
  }
  if (is_wide()) return wide_text_->feed(raw) && take_edits(wide_text_->edits());
  return text_.feed(raw) && take_edits(text_.edits());
}

bool FileRewriter::end_text() {
  if (is_wide()) return wide_text_->end() && take_edits(wide_text_->edits());
  const auto mark = std::span<const uint8_t>(mark_).first(mark_size_);
  if (mark_size_ < mark_.size() && !text_.feed(mark)) return false;
  return text_.end() && take_edits(text_.edits());
}

bool FileRewriter::take_edits(EditList& made) {
  for (const TextEdit& edit : made.edits())
    edits_->add(raw_start_ + edit.start, raw_start_ + edit.end, made.replacement(edit));
  made.clear();
  return true;
}

}  // namespace sallyport::rewrite
