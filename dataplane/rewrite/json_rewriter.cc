#include "dataplane/rewrite/json_rewriter.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/redact/json_escape.h"
#include "dataplane/rewrite/joined_texts.h"
#include "dataplane/rewrite/template_check.h"

namespace sallyport::rewrite {

using llm::TextClass;

namespace {

constexpr std::string_view kNameEnd = ":\n";  // the value begins a line of its own

char lower(uint8_t c) noexcept { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); }

// Behind one of these, outside strings, nothing can be part of a value or token that began before.
bool is_stop(uint8_t c) noexcept {
  return c == '{' || c == '}' || c == ']' || c == ',' || c == ':' || c == '"';
}

}  // namespace

JsonRewriter::JsonRewriter(unsigned nesting) : map_(kMapPiecesMax), nesting_(nesting) {}

JsonRewriter::~JsonRewriter() {
  mem::wipe(escaped_);
  mem::wipe(name_);
}

ArgumentsRewriter& JsonRewriter::arguments() {
  SP_CHECK(nesting_ > 0);
  if (arguments_ == nullptr) arguments_ = std::make_unique<ArgumentsRewriter>(nesting_ - 1);
  return *arguments_;
}

void JsonRewriter::begin(RewriteScope& scope, const llm::PathTable& table, RoleSet roles) {
  scope_ = &scope;
  roles_ = roles;
  edits_.clear();
  marks_.clear();
  facts_ = MessageFacts{};
  in_leaf_ = false;
  template_ = nullptr;
  treat_ = Treat::Skip;
  mem::wipe(name_);
  name_size_ = 0;
  if (joined_ != nullptr) joined_->begin(scope);
  walker_.begin(table, *this);
}

void JsonRewriter::begin_whole(RewriteScope& scope, const llm::PathTable& table) {
  begin(scope, table);
  walker_.begin_whole(table, *this);
}

bool JsonRewriter::feed(std::span<const uint8_t> raw) { return walker_.feed(raw); }

bool JsonRewriter::end() { return walker_.end(); }

uint64_t JsonRewriter::edge() const noexcept {
  if (!in_leaf_ || treat_ == Treat::Skip || treat_ == Treat::Fact) return walker_.delivered();
  if (treat_ == Treat::Number) return leaf_.raw_start;
  const uint64_t decided = treat_ == Treat::Text ? text_.edge() : arguments_->edge();
  const uint64_t known = map_.decoded_size();
  if (known == 0) return leaf_.raw_start + 1;
  // Behind the last decided character; an escape that is half read is not decided.
  if (decided == 0) return leaf_.raw_start + 1;
  return map_.raw(decided - 1, decided).end;
}

JsonRewriter::Treat JsonRewriter::treat(const llm::Leaf& leaf) const noexcept {
  // A delta belongs to a channel that outlives this event (stream_rewriter.h).
  if (leaf.channel != contract::kLlmNoChannel) return Treat::Skip;
  if (leaf.kind == llm::LeafKind::Literal)
    return leaf.role == llm::LeafRole::Stream ? Treat::Fact : Treat::Skip;
  switch (leaf.text_class) {
    case TextClass::B:
    case TextClass::O:
    case TextClass::S:
    case TextClass::N:
      return Treat::Skip;
    case TextClass::J:
      if (leaf.kind == llm::LeafKind::String && !leaf.is_key && nesting_ > 0)
        return Treat::Arguments;
      break;
    default:
      break;
  }
  if (leaf.kind == llm::LeafKind::String) return Treat::Text;
  const bool text_number = leaf.text_class == TextClass::T || leaf.text_class == TextClass::L;
  return text_number ? Treat::Number : Treat::Skip;
}

// A value that nobody reads meets the policy for its kind before a byte of it goes on.
bool JsonRewriter::admit_unread(const llm::Leaf& leaf) noexcept {
  url_head_size_ = 0;
  if (leaf.is_key || leaf.kind != llm::LeafKind::String) return true;
  switch (leaf.text_class) {
    case TextClass::B:
      return scope_->admit_opaque(contract::OpaqueReason::Other);
    case TextClass::O:
      return scope_->admit_opaque(contract::OpaqueReason::Protected);
    case TextClass::S:
      return scope_->admit_opaque(contract::OpaqueReason::Credential);
    case TextClass::R:
      return scope_->admit_opaque(contract::OpaqueReason::ReferenceId);
    default:
      return true;
  }
}

// A URL points at something that never passes here; a data: URI carries it. What says that it is
// text is read like text (the scanner opens base64 itself).
bool JsonRewriter::admit_url() noexcept {
  constexpr std::string_view kData = "data:";
  const std::string_view head(url_head_.data(), url_head_size_);
  if (head.empty()) return true;
  if (!head.starts_with(kData)) return scope_->admit_opaque(contract::OpaqueReason::RemoteUrl);
  const std::string_view type = head.substr(kData.size());
  if (type.starts_with("text/")) return true;
  return scope_->admit_opaque(contract::opaque_reason_of_media_type(type));
}

bool JsonRewriter::leaf_begin(const llm::Leaf& leaf) {
  if (!admit_unread(leaf)) return false;
  leaf_ = leaf;
  in_leaf_ = true;
  treat_ = treat(leaf);
  literal_size_ = 0;
  if (leaf.text_class == TextClass::Unknown && !take_unknown()) return false;
  map_.begin();
  number_.clear();
  may_open_ = treat_ == Treat::Text && leaf.text_class == TextClass::L && !leaf.is_key &&
              leaf.kind == llm::LeafKind::String && nesting_ > 0;
  if (leaf.is_key) name_size_ = 0;
  if (treat_ == Treat::Text || treat_ == Treat::Number) begin_text();
  if (treat_ == Treat::Arguments) arguments().begin(*scope_, leaf_roles());
  begin_joins();
  begin_template();
  return true;
}

// What no table names: policy says whether it is text, passes unread, or ends a request.
bool JsonRewriter::take_unknown() {
  ++scope_->tally.unknown_fields;
  switch (scope_->unknown_field) {
    case contract::UnknownField::Inspect:
      return true;
    case contract::UnknownField::Pass:
      treat_ = Treat::Skip;
      return true;
    case contract::UnknownField::Block:
      return scope_->direction == RewriteScope::Direction::Response ||
             scope_->refuse(Refusal::UnknownField);
  }
  return true;
}

// The texts of a message list.
bool JsonRewriter::is_message_text() const noexcept {
  return scope_->whole_message && nesting_ == kJsonNestingMax && treat_ == Treat::Text &&
         leaf_.text_class == TextClass::T && !leaf_.is_key && leaf_.rule != llm::kNoRule;
}

// What nobody says (the description of a tool) is no part of a prompt template.
void JsonRewriter::begin_template() noexcept {
  template_ =
      is_message_text() && leaf_.speaker != llm::Speaker::Unsaid ? scope_->template_check : nullptr;
  if (template_ == nullptr) return;
  switch (leaf_.speaker) {
    case llm::Speaker::User:
      return template_->begin_text(contract::Role::User);
    case llm::Speaker::System:
      return template_->begin_text(contract::Role::System);
    case llm::Speaker::Assistant:
      return template_->begin_text(contract::Role::Assistant);
    case llm::Speaker::Tool:
      return template_->begin_text(contract::Role::Tool);
    default:
      return template_->begin_text_of_unknown_role();
  }
}

void JsonRewriter::begin_joins() {
  joining_ = is_message_text();
  if (!joining_) return;
  if (joined_ == nullptr) {
    joined_ = std::make_unique<JoinedTexts>();
    joined_->begin(*scope_);
  }
  joined_->begin_text(leaf_.speaker, leaf_.rule, leaf_roles());
}

// A value of a tree knows the name it stands behind.
void JsonRewriter::begin_text() {
  const bool tree = leaf_.text_class == TextClass::L || leaf_.text_class == TextClass::Unknown;
  const bool named = tree && !leaf_.is_key && name_size_ > 0;
  text_.begin(
      *scope_,
      named ? std::span<const uint8_t>(name_).first(name_size_) : std::span<const uint8_t>(),
      leaf_roles());
}

RoleSet JsonRewriter::leaf_roles() const noexcept {
  switch (leaf_.speaker) {
    case llm::Speaker::Unsaid:
      break;
    case llm::Speaker::User:
      return contract::Role::User;
    case llm::Speaker::System:
      return contract::Role::System;
    case llm::Speaker::Assistant:
      return contract::Role::Assistant;
    case llm::Speaker::Tool:
      return contract::Role::Tool;
    case llm::Speaker::Undecided:
      if (scope_->direction == RewriteScope::Direction::Request) return RoleSet::all();
      break;  // an answer is the assistant's, wherever its role stands
  }
  return roles_;
}

void JsonRewriter::note_name(std::span<const uint8_t> decoded) {
  const size_t room = name_.size() - kNameEnd.size();
  for (uint8_t c : decoded.first(std::min(decoded.size(), room - std::min(room, name_size_))))
    name_[name_size_++] = c;
}

void JsonRewriter::note_fact(std::span<const uint8_t> decoded) {
  if (leaf_.role == llm::LeafRole::Model && !leaf_.is_key) {
    for (uint8_t c : decoded)
      if (facts_.model_size < facts_.model.size() && c > 0x20 && c < 0x7f && c != '"' && c != '\\')
        facts_.model[facts_.model_size++] = static_cast<char>(c);
  }
  if (leaf_.role == llm::LeafRole::Stream) {
    for (uint8_t c : decoded)
      if (literal_size_ < literal_.size()) literal_[literal_size_++] = static_cast<char>(c);
  }
}

// What is to be known of a string before its text is read.
void JsonRewriter::look_at(std::span<const uint8_t> decoded) {
  if (leaf_.text_class == TextClass::U && !leaf_.is_key)
    for (size_t i = 0; i < decoded.size() && url_head_size_ < url_head_.size(); ++i)
      url_head_[url_head_size_++] = lower(decoded[i]);
  if (leaf_.role != llm::LeafRole::None) note_fact(decoded);
  if (leaf_.is_key) note_name(decoded);
  if (!may_open_ || decoded.empty()) return;
  may_open_ = false;
  if (decoded[0] != '{' && decoded[0] != '[') return;
  treat_ = Treat::Arguments;
  arguments().begin(*scope_, leaf_roles());
}

bool JsonRewriter::leaf_text(std::span<const uint8_t> decoded, uint64_t raw_start,
                             uint64_t raw_end) {
  look_at(decoded);
  if (template_ != nullptr) template_->feed(decoded);
  if (joining_ && !decoded.empty()) {
    const auto raw_size = static_cast<uint32_t>(raw_end - raw_start);
    const auto size = static_cast<uint32_t>(decoded.size());
    const bool linear = raw_size == size;
    const llm::TextPiece piece{size, raw_size, static_cast<uint8_t>(linear ? 0 : size),
                               static_cast<uint8_t>(linear ? 0 : raw_size)};
    joined_->add(decoded, raw_start, {&piece, 1});
  }
  if ((treat_ == Treat::Text || treat_ == Treat::Arguments) &&
      !map_.add(decoded.size(), raw_start, raw_end))
    return scope_->refuse(Refusal::BuffersFull);
  return read(decoded);
}

// A stretch goes to its reader as one text, except where the map has no room for all its pieces:
// then so many at a time as it can take.
bool JsonRewriter::leaf_pieces(std::span<const uint8_t> decoded, uint64_t raw_start,
                               std::span<const llm::TextPiece> pieces) {
  look_at(decoded);
  if (template_ != nullptr) template_->feed(decoded);
  if (joining_) joined_->add(decoded, raw_start, pieces);
  if (treat_ != Treat::Text && treat_ != Treat::Arguments) return read(decoded);
  size_t mapped = 0;  // bytes of `decoded` that the map knows and the reader does not
  for (const llm::TextPiece& piece : pieces) {
    const auto add = [&] {
      return map_.add_row(piece.decoded_size, raw_start, piece.raw_size, piece.unit_decoded,
                          piece.unit_raw);
    };
    if (!add()) {
      if (mapped == 0 || !read(decoded.first(mapped))) return scope_->refuse(Refusal::BuffersFull);
      decoded = decoded.subspan(mapped);
      mapped = 0;
      if (!add()) return scope_->refuse(Refusal::BuffersFull);
    }
    mapped += piece.decoded_size;
    raw_start += piece.raw_size;
  }
  return read(decoded);
}

// The next text of the leaf, which the map knows already.
bool JsonRewriter::read(std::span<const uint8_t> decoded) {
  switch (treat_) {
    case Treat::Skip:
      if (leaf_.text_class == TextClass::B || leaf_.text_class == TextClass::O ||
          leaf_.text_class == TextClass::S || leaf_.text_class == TextClass::Unknown)
        scope_->tally.opaque_bytes += decoded.size();
      return true;
    case Treat::Fact:
      return true;
    case Treat::Number:
      number_.insert(number_.end(), decoded.begin(), decoded.end());
      return text_.feed(decoded);
    case Treat::Text:
      if (!text_.feed(decoded) || !take_edits(text_.edits())) return false;
      if (text_.edge() > 0) map_.drop_before(text_.edge() - 1);
      return true;
    case Treat::Arguments:
      if (!arguments_->feed(decoded) || !take_edits(arguments_->edits())) return false;
      if (arguments_->edge() > 0) map_.drop_before(arguments_->edge() - 1);
      return true;
  }
  return true;
}

bool JsonRewriter::leaf_end(uint64_t raw_end) {
  if (!admit_url()) return false;
  if (template_ != nullptr) template_->end_text();
  template_ = nullptr;
  if (treat_ == Treat::Fact && leaf_.role == llm::LeafRole::Stream)
    facts_.stream = std::string_view(literal_.data(), literal_size_) == "true";
  bool ok = true;
  if (treat_ == Treat::Text) ok = text_.end() && take_edits(text_.edits());
  if (ok && joining_) ok = joined_->end_text(edits_);
  if (treat_ == Treat::Arguments) ok = arguments_->end() && take_edits(arguments_->edits());
  if (treat_ == Treat::Number) ok = end_number(raw_end);
  if (leaf_.is_key)
    for (char c : kNameEnd) name_[name_size_++] = static_cast<uint8_t>(c);
  in_leaf_ = false;
  return ok;
}

bool JsonRewriter::marked(llm::MarkKind kind, uint16_t, uint64_t raw_start, uint64_t raw_end) {
  if (kind != llm::MarkKind::None) marks_.push_back(Mark{kind, raw_start, raw_end});
  return true;
}

// Maps decided edits of the leaf's text to raw ranges and escapes them for the string they stand
// in.
bool JsonRewriter::take_edits(EditList& from) {
  for (const TextEdit& edit : from.edits()) {
    const auto value = from.replacement(edit);
    escaped_.resize(redact::json_escaped_size(value, 1));
    const size_t size = redact::json_escape(value, 1, escaped_);
    SP_CHECK(size == escaped_.size());
    const auto raw = map_.raw(edit.start, edit.end);
    edits_.add(raw.start, raw.end, escaped_);
    mem::wipe(escaped_);
  }
  from.clear();
  return true;
}

// A number in which something was found becomes a string: quotes around its edited digits.
bool JsonRewriter::end_number(uint64_t raw_end) {
  if (!text_.end()) return false;
  EditList& found = text_.edits();
  if (found.count() == 0) return true;
  std::vector<uint8_t> out{'"'};
  uint64_t at = 0;
  for (const TextEdit& edit : found.edits()) {
    out.insert(out.end(), number_.begin() + static_cast<std::ptrdiff_t>(at),
               number_.begin() + static_cast<std::ptrdiff_t>(edit.start));
    const auto value = found.replacement(edit);
    out.insert(out.end(), value.begin(), value.end());
    at = edit.end;
  }
  out.insert(out.end(), number_.begin() + static_cast<std::ptrdiff_t>(at), number_.end());
  out.push_back('"');
  edits_.add(leaf_.raw_start, raw_end, out);
  mem::wipe(out);
  mem::wipe(number_);
  found.clear();
  return true;
}

ArgumentsRewriter::ArgumentsRewriter(unsigned nesting) : json_(nesting) {}

void ArgumentsRewriter::begin(RewriteScope& scope, RoleSet roles) {
  scope_ = &scope;
  roles_ = roles;
  json_.begin(scope, llm::all_leaves(), roles);
  is_plain_ = ended_ = false;
  plain_base_ = 0;
  mem::wipe(window_);
  window_.clear();
  window_start_ = 0;
  edits_.clear();
}

bool ArgumentsRewriter::feed(std::span<const uint8_t> text) {
  if (is_plain_) return plain_.feed(text) && take_plain_edits();
  window_.insert(window_.end(), text.begin(), text.end());
  if (window_.size() > kChannelHeldBytesMax) return scope_->refuse(Refusal::BuffersFull);
  if (!json_.feed(text)) {
    if (scope_->refusal != Refusal::None) return false;
    return fall_back();
  }
  const uint64_t decided = edge();
  if (!take_json_edits(decided)) return false;
  forget_before(decided);
  return true;
}

bool ArgumentsRewriter::end() {
  if (!is_plain_) {
    if (json_.end()) {
      ended_ = true;
      return take_json_edits(json_.edge());
    }
    if (scope_->refusal != Refusal::None) return false;
    if (!fall_back()) return false;
  }
  ended_ = true;
  return plain_.end() && take_plain_edits();
}

// Not JSON after all (models write such arguments): the rest, from the first undecided byte, is one
// text.
bool ArgumentsRewriter::fall_back() {
  plain_base_ = edge();
  if (!take_json_edits(plain_base_)) return false;
  is_plain_ = true;
  SP_CHECK(plain_base_ >= window_start_ && plain_base_ <= window_start_ + window_.size());
  const auto known = std::span<const uint8_t>(window_);
  const size_t decided = plain_base_ - window_start_;
  plain_.begin(*scope_, known.first(decided), roles_);
  const bool ok = plain_.feed(known.subspan(decided)) && take_plain_edits();
  mem::wipe(window_);
  window_.clear();
  return ok;
}

// Those that nothing can take back any more.
bool ArgumentsRewriter::take_json_edits(uint64_t until) {
  EditList& from = json_.edits();
  size_t taken = 0;
  for (const TextEdit& edit : from.edits()) {
    if (edit.end > until) break;
    edits_.add(edit.start, edit.end, from.replacement(edit));
    ++taken;
  }
  from.drop_front(taken);
  return true;
}

bool ArgumentsRewriter::take_plain_edits() {
  EditList& from = plain_.edits();
  for (const TextEdit& edit : from.edits())
    edits_.add(plain_base_ + edit.start, plain_base_ + edit.end, from.replacement(edit));
  from.clear();
  return true;
}

uint64_t ArgumentsRewriter::edge() const noexcept {
  if (is_plain_) return plain_base_ + plain_.edge();
  const uint64_t read = json_.edge();
  if (ended_ || json_.in_text()) return read;
  uint64_t held = read;
  while (held > window_start_ && read - held < kStructureHeldBytesMax &&
         !is_stop(window_[held - 1 - window_start_]))
    --held;
  return held;
}

void ArgumentsRewriter::forget_before(uint64_t offset) {
  const uint64_t wanted = offset > kBeforeBytesMax ? offset - kBeforeBytesMax : 0;
  if (wanted <= window_start_) return;
  const size_t count = std::min<size_t>(wanted - window_start_, window_.size());
  if (count < window_.size() / 2 + 1) return;
  mem::wipe(std::span(window_).first(count));
  const size_t rest = window_.size() - count;
  std::copy(window_.begin() + static_cast<std::ptrdiff_t>(count), window_.end(), window_.begin());
  mem::wipe(std::span(window_).subspan(rest));
  window_.resize(rest);
  window_start_ += count;
}

}  // namespace sallyport::rewrite
