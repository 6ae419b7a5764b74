#include "dataplane/rewrite/body/multipart_rewriter.h"

#include <algorithm>
#include <array>

#include "dataplane/base/bytes.h"

namespace sallyport::rewrite {
namespace {

using llm::TextClass;

bool has_line_end(std::span<const uint8_t> bytes) noexcept {
  return std::any_of(bytes.begin(), bytes.end(),
                     [](uint8_t c) { return c == '\r' || c == '\n' || c == 0; });
}

// Of an index in a name; what is longer is the client's own word, whatever it reads as.
constexpr size_t kIndexDigitsMax = 4;

bool is_number(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// What a part says that it is, where it says a kind of media; else what its table says.
contract::OpaqueReason media_reason(std::string_view content_type,
                                    contract::OpaqueReason of_table) noexcept {
  using contract::OpaqueReason;
  constexpr size_t kTypeBytesMax = 16;  // of which the kind is the beginning
  std::array<char, kTypeBytesMax> lower{};
  const size_t size = std::min(content_type.size(), lower.size());
  std::transform(content_type.begin(), content_type.begin() + static_cast<std::ptrdiff_t>(size),
                 lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const OpaqueReason said = contract::opaque_reason_of_media_type({lower.data(), size});
  const bool is_media =
      said == OpaqueReason::Image || said == OpaqueReason::Audio || said == OpaqueReason::Video;
  return is_media || of_table == OpaqueReason::Other ? said : of_table;
}

}  // namespace

void MultipartRewriter::begin(RewriteScope& scope, const llm::PathTable& table,
                              std::string_view boundary, JsonRewriter& json, EditList& edits) {
  scope_ = &scope;
  table_ = table;
  json_ = &json;
  edits_ = &edits;
  facts_ = MessageFacts{};
  failed_ = is_file_ = is_started_ = false;
  treat_ = Treat::Opaque;
  failed_ = !reader_.begin(boundary, *this);
}

std::string_view MultipartRewriter::problem() const noexcept {
  if (reader_.error() != llm::MultipartError::StoppedBySink)
    return llm::multipart_error_name(reader_.error());
  return is_file_ ? llm::walk_error_name(file_.walk_error()) : std::string_view("part");
}

// a[b][] -> a.b[*]; a name that is not built like that is one name.
// `is_known`: the table has all of it, and nothing in it is the client's own word.
uint32_t MultipartRewriter::node_of(std::string_view name, bool& is_known) const noexcept {
  const llm::ApiTables& tables = *table_.tables;
  is_known = true;
  const auto child = [&](uint32_t node, std::string_view key) {
    uint32_t found = tables.node(node).any_key_node;
    if (key.empty() || !tables.find_child(node, key, contract::llm_name_hash(key), found))
      is_known = false;
    return found;
  };
  const size_t open = name.find('[');
  const bool is_path = open != std::string_view::npos && open > 0 && name.ends_with(']');
  if (!is_path) return child(table_.root_node, name);
  uint32_t node = child(table_.root_node, name.substr(0, open));
  std::string_view rest = name.substr(open);
  while (!rest.empty()) {
    const size_t close = rest.find(']');
    if (rest.front() != '[' || close == std::string_view::npos)
      return child(table_.root_node, name);
    const std::string_view key = rest.substr(1, close - 1);
    if (key.size() > kIndexDigitsMax) is_known = false;
    node = is_number(key) ? tables.node(node).element_node : child(node, key);
    rest.remove_prefix(close + 1);
  }
  return node;
}

bool MultipartRewriter::part_begin(const llm::MultipartPart& part) {
  bool is_known = false;
  const uint32_t node = node_of(part.name, is_known);
  const contract::LlmNode& n = table_.tables->node(node);
  role_ = n.rule == llm::kNoRule ? llm::LeafRole::None
                                 : static_cast<llm::LeafRole>(table_.tables->rule(n.rule).role);
  begin_part(part, node);
  name_size_ = 0;
  if (!is_known) note_name(part.name);
  if (!is_known && !judge(part.name, part.name_start)) return false;
  if (part.has_filename && !judge(part.filename, part.filename_start)) return false;
  return judge(part.content_type, part.content_type_start);
}

void MultipartRewriter::begin_part(const llm::MultipartPart& part, uint32_t node) {
  const auto text_class = static_cast<TextClass>(table_.tables->node(node).text_class);
  declared_ = declared_content(part.content_type, part.filename);
  is_started_ = is_file_ = false;
  const uint16_t rule = table_.tables->node(node).rule;
  opaque_ = rule == llm::kNoRule
                ? contract::OpaqueReason::Other
                : static_cast<contract::OpaqueReason>(table_.tables->rule(rule).opaque);
  opaque_ = media_reason(part.content_type, opaque_);
  literal_size_ = 0;
  if (text_class == TextClass::Unknown) ++scope_->tally.unknown_fields;
  if (text_class == TextClass::O || text_class == TextClass::S || text_class == TextClass::N) {
    treat_ = Treat::Opaque;
  } else if (part.has_filename || text_class == TextClass::B) {
    treat_ = Treat::File;
    is_file_ = true;
    file_table_ = table_;
    file_table_.root_node = node;
  } else if (text_class == TextClass::J || text_class == TextClass::L ||
             declared_ == FileRewriter::Content::Json) {
    treat_ = Treat::Arguments;
  } else {
    treat_ = Treat::Text;
  }
}

// Of a client's own name, the end: context of the part's text, as the name of a member is in JSON.
void MultipartRewriter::note_name(std::string_view name) noexcept {
  constexpr std::string_view kNameEnd = ": ";
  const size_t room = name_.size() - kNameEnd.size();
  if (name.size() > room) name.remove_prefix(name.size() - room);
  for (const std::string_view text : {name, kNameEnd})
    for (const char c : text) name_[name_size_++] = static_cast<uint8_t>(c);
}

// What a client wrote into the head of a part.
bool MultipartRewriter::judge(std::string_view text, uint64_t raw_start) {
  if (text.empty()) return true;
  text_.begin(*scope_);
  scope_->tally.inspected_bytes += text.size();
  return text_.feed(base::bytes_of(text)) && text_.end() && take_edits(text_.edits(), raw_start);
}

bool MultipartRewriter::part_data(std::span<const uint8_t> bytes, uint64_t raw_start) {
  if (!is_started_) {
    is_started_ = true;
    content_start_ = raw_start;
    if (treat_ == Treat::File) {
      file_.begin(*scope_, file_table_, *json_, *edits_, raw_start, declared_);
      file_.opaque_as(opaque_);
    }
    if (treat_ == Treat::Text)
      text_.begin(*scope_, std::span<const uint8_t>(name_).first(name_size_));
    if (treat_ == Treat::Opaque) {
      scope_->tally.add_opaque(opaque_, 0, 1);
      if (!scope_->admit_opaque(opaque_)) return false;
    }
    if (treat_ == Treat::Arguments) {
      if (arguments_ == nullptr)
        arguments_ = std::make_unique<ArgumentsRewriter>(kJsonNestingMax - 1);
      arguments_->begin(*scope_);
    }
  }
  if (role_ != llm::LeafRole::None) note_fact(bytes);
  switch (treat_) {
    case Treat::File:
      return file_.feed(bytes);
    case Treat::Text:
      scope_->tally.inspected_bytes += bytes.size();
      return text_.feed(bytes) && take_edits(text_.edits(), content_start_);
    case Treat::Arguments:
      scope_->tally.inspected_bytes += bytes.size();
      return arguments_->feed(bytes) && take_edits(arguments_->edits(), content_start_);
    case Treat::Opaque:
      break;
  }
  scope_->tally.add_opaque(opaque_, bytes.size(), 0);
  return true;
}

bool MultipartRewriter::part_end() {
  if (!is_started_) return true;
  facts_.stream =
      facts_.stream || std::string_view(literal_.data(), literal_size_) == std::string_view("true");
  switch (treat_) {
    case Treat::File:
      if (!file_.end()) return false;
      if (facts_.model_size == 0) {
        facts_.model = file_.facts().model;
        facts_.model_size = file_.facts().model_size;
      }
      return true;
    case Treat::Text:
      return text_.end() && take_edits(text_.edits(), content_start_);
    case Treat::Arguments:
      return arguments_->end() && take_edits(arguments_->edits(), content_start_);
    case Treat::Opaque:
      break;
  }
  return true;
}

bool MultipartRewriter::take_edits(EditList& made, uint64_t raw_start) {
  for (const TextEdit& edit : made.edits()) {
    // A replacement that could end a line could end the part.
    if (has_line_end(made.replacement(edit))) return scope_->refuse(Refusal::PolicyBlocked);
    // Of a head, whose parts come in any order, the edits may be out of theirs.
    edits_->insert(raw_start + edit.start, raw_start + edit.end, made.replacement(edit));
  }
  made.clear();
  return true;
}

void MultipartRewriter::note_fact(std::span<const uint8_t> bytes) {
  if (role_ == llm::LeafRole::Stream)
    for (uint8_t c : bytes)
      if (literal_size_ < literal_.size()) literal_[literal_size_++] = static_cast<char>(c);
  if (role_ != llm::LeafRole::Model) return;
  for (uint8_t c : bytes)
    if (facts_.model_size < facts_.model.size() && c > 0x20 && c < 0x7f && c != '"' && c != '\\')
      facts_.model[facts_.model_size++] = static_cast<char>(c);
}

}  // namespace sallyport::rewrite
