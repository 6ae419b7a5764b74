#include "dataplane/rewrite/body/json_rewriter.h"

#include <algorithm>
#include <charconv>
#include <compare>

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/redact/json_escape.h"
#include "dataplane/rewrite/body/encoded_file.h"
#include "dataplane/rewrite/body/template_check.h"
#include "dataplane/rewrite/leaf/plain_number.h"
#include "dataplane/rewrite/text/joined_texts.h"

namespace sallyport::rewrite {

using llm::TextClass;

namespace {

char lower(uint8_t c) noexcept { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); }

}  // namespace

JsonRewriter::JsonRewriter(unsigned nesting, bool watches_protected)
    : text_(nesting != kJsonNestingMax),
      map_(kMapPiecesMax),
      nesting_(nesting),
      watches_protected_(watches_protected) {}

JsonRewriter::~JsonRewriter() { mem::wipe(escaped_); }

ArgumentsRewriter& JsonRewriter::arguments() {
  SP_CHECK(nesting_ > 0);
  if (arguments_ == nullptr) arguments_ = std::make_unique<ArgumentsRewriter>(nesting_ - 1);
  return *arguments_;
}

void JsonRewriter::begin(RewriteScope& scope, const llm::PathTable& table, RoleSet roles,
                         bool counts, CleanTexts* clean) {
  scope_ = &scope;
  roles_ = roles;
  edits_.clear();
  marks_.clear();
  facts_ = MessageFacts{};
  in_leaf_ = false;
  text_.begin_message(clean);
  template_ = nullptr;
  treat_ = Treat::Skip;
  names_.begin();
  places_.begin();
  name_rule_ = llm::kNoRule;
  counts_ = counts;
  behind_unknown_name_ = false;
  table_ = table;
  coverage_.begin(counts ? &scope.tally : nullptr);
  const bool is_request = counts && scope.direction == RewriteScope::Direction::Request;
  texts_ = is_request && scope.request_texts != nullptr ? scope.request_texts : &own_texts_;
  texts_->begin();
  numbers_.clear();
  parts_.clear();
  late_edits_.clear();
  numbers_moved_ = false;
  watch_.forget();
  watched_ = false;
  media_.begin();
  if (joined_ != nullptr) joined_->begin(scope);
  walker_.begin(table, *this);
}

void JsonRewriter::begin_whole(RewriteScope& scope, const llm::PathTable& table,
                               CleanTexts* clean) {
  begin(scope, table, {}, true, clean);
  walker_.begin_whole(table, *this);
}

bool JsonRewriter::feed(std::span<const uint8_t> raw) {
  const bool ok = walker_.feed(raw);
  // Also of what is no JSON: the rest is read by others (ArgumentsRewriter::fall_back).
  return settle_held() && ok;
}

bool JsonRewriter::end() {
  if (!walker_.end() || !close_media()) return false;
  coverage_.end(walker_.offset());
  move_numbers();
  return true;
}

uint64_t JsonRewriter::edge() const noexcept {
  if (!numbers_.empty() && !numbers_moved_) return numbers_.front().raw_start;
  if (in_leaf_ && leaf_.text_class == TextClass::N) return leaf_.raw_start;
  if (!in_leaf_ || treat_ == Treat::Skip || treat_ == Treat::Fact) return walker_.delivered();
  if (treat_ == Treat::Number || treat_ == Treat::ApiUrl) return leaf_.raw_start;
  const uint64_t decided = treat_ == Treat::Text      ? text_.edge()
                           : treat_ == Treat::Encoded ? encoded_->edge()
                                                      : arguments_->edge();
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
      return is_encoded(leaf) ? Treat::Encoded : Treat::Skip;
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
  if (leaf.kind == llm::LeafKind::String)
    return leaf.role == llm::LeafRole::ApiUrl && !leaf.is_key && !scope_->api_urls.vendor.empty()
               ? Treat::ApiUrl
               : Treat::Text;
  // Of the vendor's own fields (a flag, a limit, a time) the table says that they are; what no
  // table names may be anything: arguments that a server takes as an object, a client's own record.
  return leaf.text_class == TextClass::Structural ? Treat::Skip : Treat::Number;
}

// Which sum the bytes of this leaf belong to, and whether it is one that no table names.
void JsonRewriter::count_leaf(const llm::Leaf& leaf) noexcept {
  using Sum = CoverageMeter::Sum;
  const bool is_string = leaf.kind == llm::LeafKind::String;
  const TextClass c = leaf.text_class;
  Sum sum = Sum::Structure;
  if (treat_ != Treat::Skip && treat_ != Treat::Fact) sum = Sum::Inspected;
  // A delta is read by the channel that it belongs to.
  if (is_string && leaf.channel != contract::kLlmNoChannel) sum = Sum::Inspected;
  const bool unread = c == TextClass::B || c == TextClass::O || c == TextClass::S;
  if (unread && leaf.kind != llm::LeafKind::Literal && treat_ != Treat::Encoded) sum = Sum::Opaque;
  // What no table names and policy lets pass unread: nobody knows what it says.
  const bool says_something = leaf.kind != llm::LeafKind::Literal;
  if (c == TextClass::Unknown && says_something && treat_ == Treat::Skip) sum = Sum::Opaque;
  coverage_.leaf(leaf.raw_start + (is_string ? 1 : 0), sum,
                 static_cast<contract::OpaqueReason>(leaf.opaque));
  if (!counts_) return;
  if (c == TextClass::Unknown && (leaf.is_key || !behind_unknown_name_))
    ++scope_->tally.unknown_fields;
  behind_unknown_name_ = leaf.is_key && c == TextClass::Unknown;
}

// What it points at is not here; its own text has been read.
void JsonRewriter::count_reference() noexcept {
  if (!counts_ || leaf_.is_key || leaf_.kind != llm::LeafKind::String) return;
  const bool is_data = std::string_view(url_head_.data(), url_head_size_).starts_with("data:");
  if (leaf_.text_class == TextClass::R || (leaf_.text_class == TextClass::U && !is_data))
    scope_->tally.add_opaque(static_cast<contract::OpaqueReason>(leaf_.opaque), 0, 1);
}

// A value that nobody reads meets the policy for its kind before a byte of it goes on.
bool JsonRewriter::admit_unread(const llm::Leaf& leaf) noexcept {
  url_head_size_ = 0;
  if (leaf.is_key || leaf.kind != llm::LeafKind::String) return true;
  switch (leaf.text_class) {
    case TextClass::B:
      // What it is may still show, and its type may still come.
      if (is_encoded(leaf)) return true;
      if (leaf.role == llm::LeafRole::MediaData && !media_.value()->is_judged) return true;
      return scope_->admit_opaque(static_cast<contract::OpaqueReason>(leaf.opaque));
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

// What the type says that came before it; else its type may come behind it.
bool JsonRewriter::begin_media() {
  if (!close_media()) return false;
  MediaWatch::Value value;
  value.place = OffsetPlace::of(leaf_);
  value.is_unread = leaf_.text_class == TextClass::B;
  const auto type = media_.type_of(value.place);
  if (type) leaf_.opaque = static_cast<uint8_t>(*type);
  value.reason = static_cast<contract::OpaqueReason>(leaf_.opaque);
  // Without a type, what the table calls `other` is not known yet.
  value.is_judged = type.has_value() || value.reason != contract::OpaqueReason::Other;
  media_.set_value(value);
  return true;
}

// Its type has not come, and will not: it is what the table says.
bool JsonRewriter::close_media() {
  const auto value = media_.take_value();
  return !value || value->is_judged || !value->is_unread || scope_->admit_opaque(value->reason);
}

void JsonRewriter::end_media() noexcept {
  MediaWatch::Value* value = media_.value();
  if (value != nullptr && counts_ && content_end_ > leaf_.raw_start)
    value->bytes = content_end_ - leaf_.raw_start - 1;
}

// A type that comes behind its value: what was counted as something else is counted anew, and
// policy is asked again.
bool JsonRewriter::end_media_type() {
  const OffsetPlace place = OffsetPlace::of(leaf_);
  const auto reason = media_.set_type(place, {item_value_.data(), item_value_size_});
  MediaWatch::Value* value = media_.value();
  if (value == nullptr || value->place != place) return true;
  if (value->is_unread && value->reason != reason && counts_) {
    const auto from = static_cast<size_t>(value->reason);
    scope_->tally.opaque_bytes_by_reason[from] -= value->bytes;
    --scope_->tally.opaque_values[from];
    scope_->tally.add_opaque(reason, value->bytes, 1);
  }
  const bool is_text = std::string_view(item_value_.data(), item_value_size_).starts_with("text/");
  const bool asks = value->is_unread || !is_text;
  media_.take_value();
  return !asks || scope_->admit_opaque(reason);
}

bool JsonRewriter::leaf_begin(const llm::Leaf& told) {
  leaf_ = told;
  const llm::Leaf& leaf = leaf_;
  content_end_ = 0;
  sum_is_open_ = false;
  if (leaf.role == llm::LeafRole::MediaData && !leaf.is_key && leaf.kind == llm::LeafKind::String &&
      !begin_media())
    return false;
  if (!admit_unread(leaf)) return false;
  in_leaf_ = true;
  treat_ = treat(leaf);
  literal_size_ = 0;
  const bool admitted = leaf.text_class != TextClass::Unknown || take_unknown();
  count_leaf(leaf);  // also what is refused: the record says what there was
  if (!admitted) return false;
  map_.begin();
  held_.clear();
  held_read_ = 0;
  may_open_ = treat_ == Treat::Text && leaf.text_class == TextClass::L && !leaf.is_key &&
              leaf.kind == llm::LeafKind::String && nesting_ > 0;
  if (leaf.is_key) {
    names_.begin_name(leaf.depth);
    name_rule_ = leaf.rule;
  } else {
    names_.begin_value(leaf.depth);
    if (has_place())
      places_.begin_item(leaf, names_.name(), names_.names_another(), names_.object());
  }
  if (treat_ == Treat::Text || treat_ == Treat::Number || treat_ == Treat::ApiUrl) begin_text();
  if (treat_ == Treat::Arguments) arguments().begin(*scope_, leaf_roles(), &text_.clean());
  if (treat_ == Treat::Encoded) begin_encoded();
  digits_ = digit_count_ = 0;
  only_digits_ = true;
  watched_ = watches_protected_ && leaf.text_class == TextClass::O &&
             leaf.kind == llm::LeafKind::String &&
             scope_->direction == RewriteScope::Direction::Response;
  if (watched_) watch_.begin(*scope_);
  item_value_size_ = 0;
  begin_joins();
  begin_template();
  return true;
}

// What no table names: policy says whether it is text, passes unread, or ends a request.
bool JsonRewriter::take_unknown() {
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

// An edit that comes late is not in the map of a text that numbers count in: they become null.
bool JsonRewriter::end_join() {
  const size_t before = edits_.count();
  const bool ok = joined_->end_text(edits_);
  if (leaf_.offset_text != 0 && edits_.count() != before) texts_->lose();
  return ok;
}

// A value of a tree knows the name it stands behind, and so does one in a map whose names are the
// client's (metadata).
void JsonRewriter::begin_text() {
  const bool own_name = is_tree() || (leaf_.rule != llm::kNoRule && leaf_.rule == name_rule_);
  const bool named = own_name && !leaf_.is_key;
  redact::ShiftMap* shifts = nullptr;
  if (leaf_.offset_text != 0 && leaf_.text_class == TextClass::T)
    shifts = texts_->add_text(leaf_.offset_text, OffsetPlace::of(leaf_));
  std::span<const uint8_t> before;
  if (named) before = names_.context();
  if (named && is_tree() && leaf_.in_list && !places_.context().empty()) before = places_.context();
  // Ids and words of the vendor's grammar: in one of six hundred ids of nine characters a guess
  // would see a passport, and the vendor would not know its own id again.
  const TextClass c = leaf_.text_class;
  const bool is_field = c == TextClass::Structural || c == TextClass::R || c == TextClass::I;
  text_.begin(*scope_, before, leaf_roles(), shifts,
              is_field ? scan::Whole::Field : scan::Whole::Answer);
  const bool is_answer = scope_->direction == RewriteScope::Direction::Response;
  if (is_answer && nesting_ == kJsonNestingMax && c == TextClass::T && !leaf_.is_key &&
      leaf_.kind == llm::LeafKind::String && leaf_.rule != llm::kNoRule)
    text_.follow(scope_->text_ends.place(leaf_));
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
void JsonRewriter::look_at(std::span<const uint8_t> decoded, uint64_t raw_end) {
  content_end_ = raw_end;
  if (!sum_is_open_) coverage_.piece(raw_end);
  if (watched_) watch_.feed(decoded);
  if (leaf_.kind == llm::LeafKind::Number) note_digits(decoded);
  if (leaf_.role == llm::LeafRole::OffsetItem || leaf_.role == llm::LeafRole::MediaType)
    for (size_t i = 0; i < decoded.size() && item_value_size_ < item_value_.size(); ++i)
      item_value_[item_value_size_++] = static_cast<char>(decoded[i]);
  if (leaf_.text_class == TextClass::U && !leaf_.is_key)
    for (size_t i = 0; i < decoded.size() && url_head_size_ < url_head_.size(); ++i)
      url_head_[url_head_size_++] = lower(decoded[i]);
  if (leaf_.role != llm::LeafRole::None) note_fact(decoded);
  if (leaf_.is_key)
    names_.add_to_name(decoded);
  else
    names_.add_to_value(decoded);
  if (!leaf_.is_key && has_place()) look_at_item(decoded);
  if (!may_open_ || decoded.empty()) return;
  may_open_ = false;
  if (decoded[0] != '{' && decoded[0] != '[') return;
  treat_ = Treat::Arguments;
  arguments().begin(*scope_, leaf_roles(), &text_.clean());
}

// What begins like an option has the command line before it for its context.
void JsonRewriter::look_at_item(std::span<const uint8_t> decoded) {
  places_.add(decoded);
  if (treat_ != Treat::Text || decoded.empty() || map_.decoded_size() > 0) return;
  const auto line = places_.line_before(decoded[0]);
  if (!line.empty()) text_.begin(*scope_, line, leaf_roles());
}

bool JsonRewriter::leaf_text(std::span<const uint8_t> decoded, uint64_t raw_start,
                             uint64_t raw_end) {
  look_at(decoded, raw_end);
  if (template_ != nullptr) template_->feed(decoded);
  if (joining_ && !decoded.empty()) {
    const auto raw_size = static_cast<uint32_t>(raw_end - raw_start);
    const auto size = static_cast<uint32_t>(decoded.size());
    const bool linear = raw_size == size;
    const llm::TextPiece piece{size, raw_size, static_cast<uint8_t>(linear ? 0 : size),
                               static_cast<uint8_t>(linear ? 0 : raw_size)};
    joined_->add(decoded, raw_start, {&piece, 1});
  }
  if ((treat_ == Treat::Text || treat_ == Treat::Arguments || treat_ == Treat::Encoded) &&
      !map_.add(decoded.size(), raw_start, raw_end)) {
    if (!settle_held()) return false;
    if (!map_.add(decoded.size(), raw_start, raw_end)) return scope_->refuse(Refusal::BuffersFull);
  }
  return read(decoded);
}

// A stretch goes to its reader as one text, except where the map has no room for all its pieces:
// then so many at a time as it can take.
bool JsonRewriter::leaf_pieces(std::span<const uint8_t> decoded, uint64_t raw_start,
                               std::span<const llm::TextPiece> pieces) {
  uint64_t raw_end = raw_start;
  for (const llm::TextPiece& piece : pieces) raw_end += piece.raw_size;
  look_at(decoded, raw_end);
  if (template_ != nullptr) template_->feed(decoded);
  if (joining_) joined_->add(decoded, raw_start, pieces);
  if (treat_ != Treat::Text && treat_ != Treat::Arguments && treat_ != Treat::Encoded)
    return read(decoded);
  size_t mapped = 0;  // bytes of `decoded` that the map knows and the reader does not
  for (const llm::TextPiece& piece : pieces) {
    const auto add = [&] {
      return piece.begins != 0
                 ? map_.add_mixed(piece.decoded_size, raw_start, piece.raw_size, piece.begins)
                 : map_.add_row(piece.decoded_size, raw_start, piece.raw_size, piece.unit_decoded,
                                piece.unit_raw);
    };
    if (!add()) {
      if (mapped > 0 && !read(decoded.first(mapped))) return scope_->refuse(Refusal::BuffersFull);
      if (treat_ == Treat::Skip) return true;
      if (!settle_held()) return false;
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
    case Treat::Fact:
      return true;
    case Treat::Number:
      // A short one may have another form at its end.
      held_.insert(held_.end(), decoded.begin(), decoded.end());
      return held_.size() <= kPlainNumberBytesMax || read_held();
    case Treat::ApiUrl:
      if (held_.size() + decoded.size() > kApiUrlBytesMax)
        return scope_->refuse(Refusal::BuffersFull);
      held_.insert(held_.end(), decoded.begin(), decoded.end());
      return true;
    case Treat::Text:
      return text_.hold(decoded);
    case Treat::Arguments:
      if (!arguments_->feed(decoded) || !take_edits(arguments_->edits())) return false;
      if (arguments_->edge() > 0) map_.drop_before(arguments_->edge() - 1);
      return true;
    case Treat::Encoded:
      return read_encoded(decoded);
  }
  return true;
}

// A file in a request, which may be text (encoded_file.h). What a vendor made is its own.
bool JsonRewriter::is_encoded(const llm::Leaf& leaf) const noexcept {
  return leaf.text_class == TextClass::B && leaf.kind == llm::LeafKind::String && !leaf.is_key &&
         nesting_ == kJsonNestingMax && scope_->direction == RewriteScope::Direction::Request;
}

void JsonRewriter::begin_encoded() {
  if (encoded_ == nullptr) encoded_ = std::make_unique<EncodedFile>();
  encoded_->begin(*scope_, leaf_roles());
  sum_is_open_ = true;
}

bool JsonRewriter::read_encoded(std::span<const uint8_t> text) {
  const bool was_decided = encoded_->content() != EncodedFile::Content::Undecided;
  if (!encoded_->feed(text)) return false;
  const bool is_decided = encoded_->content() != EncodedFile::Content::Undecided;
  if (is_decided && !was_decided && !settle_encoded()) return false;
  if (treat_ == Treat::Skip) return true;
  if (!take_edits(encoded_->edits())) return false;
  if (encoded_->edge() > 0) map_.drop_before(encoded_->edge() - 1);
  return true;
}

bool JsonRewriter::end_encoded() {
  const bool was_decided = encoded_->content() != EncodedFile::Content::Undecided;
  if (!encoded_->end() || (!was_decided && !settle_encoded())) return false;
  if (sum_is_open_) count_encoded(encoded_->is_edited());
  return treat_ == Treat::Skip || take_edits(encoded_->edits());
}

// It is text, or one more value that nobody reads. What is said to be a picture or a sound is one
// for policy, and in the sums unless a value shows in it: a few letters are no text.
bool JsonRewriter::settle_encoded() {
  const auto reason = static_cast<contract::OpaqueReason>(leaf_.opaque);
  const bool is_media = reason == contract::OpaqueReason::Image ||
                        reason == contract::OpaqueReason::Audio ||
                        reason == contract::OpaqueReason::Video;
  const bool is_text = encoded_->content() == EncodedFile::Content::Text;
  if (!is_text || !is_media) count_encoded(is_text);
  if (!is_text) treat_ = Treat::Skip;
  if (is_text && !is_media) return true;
  const MediaWatch::Value* value =
      leaf_.role == llm::LeafRole::MediaData ? media_.value() : nullptr;
  // Its type may still come.
  return (value != nullptr && !value->is_judged) || scope_->admit_opaque(reason);
}

void JsonRewriter::count_encoded(bool is_inspected) noexcept {
  sum_is_open_ = false;
  MediaWatch::Value* value = leaf_.role == llm::LeafRole::MediaData ? media_.value() : nullptr;
  if (is_inspected && value != nullptr) value->is_unread = false;
  if (!is_inspected) coverage_.turn_opaque(static_cast<contract::OpaqueReason>(leaf_.opaque));
  if (content_end_ > 0) coverage_.piece(content_end_);
}

// No more of the leaf's text comes now.
bool JsonRewriter::settle_held() {
  if (!in_leaf_ || treat_ != Treat::Text) return true;
  if (!text_.settle() || !take_edits(text_.edits())) return false;
  if (text_.edge() > 0) map_.drop_before(text_.edge() - 1);
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
  if (ok && joining_) ok = end_join();
  if (treat_ == Treat::Arguments) ok = arguments_->end() && take_edits(arguments_->edits());
  if (treat_ == Treat::Encoded) ok = end_encoded();
  if (treat_ == Treat::Number) ok = end_number(raw_end);
  if (treat_ == Treat::ApiUrl) ok = end_api_url(raw_end);
  if (leaf_.kind == llm::LeafKind::Number && !leaf_.is_key) ok = ok && note_offset(raw_end);
  if (leaf_.is_key) names_.end_name();
  if (!leaf_.is_key && has_place()) places_.end_item();
  in_leaf_ = false;
  if (watched_) watch_.end();
  if (leaf_.role == llm::LeafRole::OffsetItem && !leaf_.is_key && counts_as_item())
    texts_->add_item(OffsetPlace::of(leaf_));
  if (leaf_.role == llm::LeafRole::MediaData && !leaf_.is_key) end_media();
  if (leaf_.role == llm::LeafRole::MediaType && !leaf_.is_key) ok = ok && end_media_type();
  count_reference();
  coverage_.leaf_end();
  return ok;
}

bool JsonRewriter::marked(llm::MarkKind kind, uint16_t, uint64_t raw_start, uint64_t raw_end) {
  if (kind != llm::MarkKind::None) marks_.push_back(Mark{kind, raw_start, raw_end});
  return true;
}

// Behind a number that waits, edits wait with it; where all of the message is held they need not,
// and must not: joined texts look for them in one list.
EditList& JsonRewriter::decided_edits() noexcept {
  return numbers_.empty() || scope_->whole_message ? edits_ : late_edits_;
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
    decided_edits().add(raw.start, raw.end, escaped_);
    mem::wipe(escaped_);
  }
  from.clear();
  return true;
}

bool JsonRewriter::read_held() {
  const auto rest = std::span<const uint8_t>(held_).subspan(held_read_);
  held_read_ = held_.size();
  return text_.hold(rest);
}

// What was held from `at` on, with the edits of its text.
void JsonRewriter::append_edited(std::vector<uint8_t>& out, size_t at) {
  const auto take = [&](size_t until) {
    if (until > at)
      out.insert(out.end(), held_.begin() + static_cast<std::ptrdiff_t>(at),
                 held_.begin() + static_cast<std::ptrdiff_t>(until));
    at = std::max(at, until);
  };
  for (const TextEdit& edit : text_.edits().edits()) {
    take(edit.start);
    const auto value = text_.edits().replacement(edit);
    out.insert(out.end(), value.begin(), value.end());
    at = std::max<size_t>(at, edit.end);
  }
  take(held_.size());
}

// A number in which something was found becomes a string: quotes around its edited digits.
bool JsonRewriter::end_number(uint64_t raw_end) {
  if (held_read_ == 0) {
    const PlainNumber plain = plain_number(held_);
    if (plain.size > 0) held_.assign(plain.text().begin(), plain.text().end());
  }
  if (!read_held() || !text_.end()) return false;
  EditList& found = text_.edits();
  if (found.count() == 0) return true;
  std::vector<uint8_t> out{'"'};
  append_edited(out, 0);
  out.push_back('"');
  decided_edits().add(leaf_.raw_start, raw_end, out);
  mem::wipe(out);
  mem::wipe(held_);
  found.clear();
  return true;
}

// Begins like the gateway where it began like the vendor; behind that it is a text like any other.
bool JsonRewriter::end_api_url(uint64_t raw_end) {
  const ApiUrls& urls = scope_->api_urls;
  const std::string_view url = base::text_of(held_);
  const bool is_own =
      url.starts_with(urls.vendor) && url.substr(urls.vendor.size()).starts_with('/');
  std::vector<uint8_t> out;
  if (is_own) out.assign(urls.gateway.begin(), urls.gateway.end());
  if (!read_held() || !text_.end()) return false;
  EditList& found = text_.edits();
  if (found.count() == 0 && !is_own) return true;
  if (is_own) scope_->tally.rewritten_bytes += urls.vendor.size();
  append_edited(out, is_own ? urls.vendor.size() : 0);
  escaped_.resize(redact::json_escaped_size(out, 1));
  SP_CHECK(redact::json_escape(out, 1, escaped_) == escaped_.size());
  decided_edits().add(leaf_.raw_start + 1, raw_end, escaped_);
  mem::wipe(escaped_);
  mem::wipe(out);
  mem::wipe(held_);
  found.clear();
  return true;
}

// Any value counts where the table names none.
bool JsonRewriter::counts_as_item() const noexcept {
  if (table_.shape == contract::kLlmNone) return true;
  const std::string_view value(item_value_.data(), item_value_size_);
  const contract::LlmShape& shape = table_.tables->shape(table_.shape);
  bool any = true;
  for (uint32_t i = 0; i < shape.close_count; ++i) {
    const contract::LlmClose& close = table_.tables->close(shape.close_first + i);
    if (close.rule != leaf_.rule ||
        static_cast<llm::CloseScope>(close.scope) != llm::CloseScope::Item)
      continue;
    if (table_.tables->text(close.value) == value) return true;
    any = false;
  }
  return any;
}

void JsonRewriter::note_digits(std::span<const uint8_t> decoded) noexcept {
  constexpr uint8_t kDigitsMax = 18;  // no text is longer, and no sum overflows
  for (const uint8_t c : decoded) {
    if (c < '0' || c > '9' || digit_count_ == kDigitsMax) {
      only_digits_ = false;
      return;
    }
    digits_ = digits_ * 10 + (c - '0');
    ++digit_count_;
  }
}

// A number that is no plain count (-1, 1e2) says nothing that could be moved.
bool JsonRewriter::note_offset(uint64_t raw_end) {
  if (!only_digits_ || digit_count_ == 0) return true;
  if (leaf_.role == llm::LeafRole::OffsetPart) {
    if (parts_.size() == kOffsetNumbersMax) return scope_->refuse(Refusal::BuffersFull);
    parts_.emplace_back(OffsetPlace::of(leaf_), digits_);
    return true;
  }
  if (leaf_.text_class != TextClass::N || leaf_.offset_text == 0) return true;
  if (numbers_.size() == kOffsetNumbersMax) return scope_->refuse(Refusal::BuffersFull);
  numbers_.push_back(OffsetNumber{OffsetPlace::of(leaf_), leaf_.offset_text, leaf_.offset_form,
                                  digits_, leaf_.raw_start, raw_end, std::nullopt});
  return true;
}

// All texts of the message are decided: numbers move, and what waited behind them joins the edits.
// An offset into text that the client sees as it was, and the vendor as a token, or the other way:
// what the reader of this message counts in is what it gets.
void JsonRewriter::move_numbers() {
  numbers_moved_ = true;
  if (numbers_.empty()) return;
  constexpr std::string_view kNull = "null";
  using Way = redact::ShiftMap::Way;
  const bool is_answer = scope_->direction == RewriteScope::Direction::Response;
  std::sort(parts_.begin(), parts_.end());
  size_t next = 0;  // of late_edits_
  const auto take_until = [&](uint64_t raw) {
    const auto late = late_edits_.edits();
    for (; next < late.size() && late[next].start < raw; ++next)
      edits_.add(late[next].start, late[next].end, late_edits_.replacement(late[next]));
  };
  std::vector<OffsetNumber> open;
  for (OffsetNumber& number : numbers_) {
    const auto part =
        std::lower_bound(parts_.begin(), parts_.end(), std::pair{number.place, uint64_t{0}});
    if (part != parts_.end() && part->first == number.place) number.part = part->second;
    const OffsetBook* book = number.from_request() ? scope_->request_texts : texts_;
    if (number.from_request() && !is_answer) book = texts_;
    uint64_t moved = 0;
    const auto found =
        book == nullptr
            ? OffsetBook::Found::None
            : book->map(number, number.from_request() && is_answer ? Way::Backward : Way::Forward,
                        moved);
    if (found == OffsetBook::Found::None) open.push_back(number);
    if (found == OffsetBook::Found::None ||
        (found == OffsetBook::Found::Moved && moved == number.value))
      continue;
    take_until(number.raw_start);
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), moved).ptr;
    const std::string_view text(digits.data(), end);
    edits_.insert(number.raw_start, number.raw_end,
                  base::bytes_of(found == OffsetBook::Found::Moved ? text : kNull));
  }
  take_until(UINT64_MAX);
  late_edits_.clear();
  numbers_ = std::move(open);
}

}  // namespace sallyport::rewrite
