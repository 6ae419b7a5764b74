#include "controlplane/policy/yaml/yaml_node.h"

#include <libfyaml.h>

#include <memory>
#include <set>
#include <utility>

namespace sallyport::controlplane::policy {
namespace {

// Bytes of the UTF-8 character at `at` (RFC 3629 4); 0: it is none.
size_t character_bytes(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<uint8_t>(text[at + i]) : uint8_t{0};
  };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f))
    return 0;
  return size;
}

// The library passes bytes that are no UTF-8 on; an editor would show something else.
std::optional<Problem> encoding_problem(std::string_view text, const std::string& file) {
  Place place{file, 1, 1};
  for (size_t at = 0; at < text.size();) {
    const size_t size = character_bytes(text, at);
    if (size == 0) return Problem{file, place.line, place.column, "not UTF-8", {}};
    if (text[at] == '\0')
      return Problem{file, place.line, place.column, "a NUL character; is this a text file?", {}};
    // To YAML it ends a line, to an editor it does not: places would point elsewhere.
    if (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n'))
      return Problem{file, place.line, place.column, "a carriage return without a line feed", {}};
    if (text[at] == '\n') {
      ++place.line;
      place.column = 0;
    }
    ++place.column;
    at += size;
  }
  return std::nullopt;
}

// Thrown inside this file only; parse_yaml() answers with it.
struct Refused {
  Problem problem;
};

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : file_(file) {
    fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_.reset(fy_diag_create(&diag_cfg));
    if (!diag_) fail({}, "cannot read YAML: no memory");
    fy_diag_set_collect_errors(diag_.get(), true);
    fy_parse_cfg cfg{};
    cfg.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG);
    cfg.diag = diag_.get();
    parser_.reset(fy_parser_create(&cfg));
    if (!parser_ || fy_parser_set_string(parser_.get(), text.data(), text.size()) != 0)
      fail({}, "cannot read YAML: no memory");
  }

  YamlNode document() {
    expect(FYET_STREAM_START);
    Event start = next();
    if (start->type == FYET_STREAM_END) fail({1, 1}, "the file is empty");
    YamlNode root = node(next(), 0);
    expect(FYET_DOCUMENT_END);
    const Event end = next();
    if (end->type != FYET_STREAM_END) fail(at(*end), "a second document in the file");
    return root;
  }

 private:
  struct Position {
    int line = 0;
    int column = 0;
  };
  struct EventDeleter {
    fy_parser* parser;
    void operator()(fy_event* event) const { fy_parser_event_free(parser, event); }
  };
  using Event = std::unique_ptr<fy_event, EventDeleter>;

  [[noreturn]] void fail(Position where, std::string what) const {
    throw Refused{Problem{file_, where.line, where.column, std::move(what), {}}};
  }

  // The parser's own first complaint.
  [[noreturn]] void fail_as_parser() const {
    void* each = nullptr;
    const fy_diag_error* error = fy_diag_errors_iterate(diag_.get(), &each);
    if (error == nullptr) fail({1, 1}, "not YAML");
    std::string message = error->msg == nullptr ? "not YAML" : error->msg;
    fail({error->line < 1 ? 1 : error->line, error->column < 1 ? 1 : error->column},
         std::move(message));
  }

  Event next() {
    Event event(fy_parser_parse(parser_.get()), EventDeleter{parser_.get()});
    if (!event || fy_parser_get_stream_error(parser_.get())) fail_as_parser();
    return event;
  }

  void expect(fy_event_type type) {
    const Event event = next();
    if (event->type != type) fail(at(*event), "not YAML");
  }

  Position at(fy_event& event) const {
    const fy_mark* mark = fy_event_start_mark(&event);
    if (mark == nullptr) return last_;
    // The mark stands behind an opening quote and behind the `*` of an alias.
    bool behind = event.type == FYET_ALIAS;
    if (event.type == FYET_SCALAR && event.scalar.value != nullptr) {
      const fy_scalar_style style = fy_token_scalar_style(event.scalar.value);
      behind = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    }
    return {mark->line + 1, mark->column + 1 - (behind && mark->column > 0 ? 1 : 0)};
  }

  void check_plain_node(Position where, const fy_token* anchor, const fy_token* tag) const {
    if (anchor != nullptr) fail(where, "anchors and aliases are not read; write the value out");
    if (tag != nullptr) fail(where, "tags (!) are not read");
  }

  YamlNode node(Event event, int depth) {
    YamlNode out;
    const Position where = at(*event);
    last_ = where;
    out.place = Place{file_, where.line, where.column};
    if (depth > kYamlDepthMax) fail(where, "nested too deeply");
    if (++node_count_ > kYamlNodesMax) fail(where, "too many values in one file");
    switch (event->type) {
      case FYET_SCALAR:
        check_plain_node(where, event->scalar.anchor, event->scalar.tag);
        scalar(*event, where, out);
        return out;
      case FYET_SEQUENCE_START:
        check_plain_node(where, event->sequence_start.anchor, event->sequence_start.tag);
        out.kind = YamlNode::Kind::Sequence;
        event.reset();
        sequence(out, depth);
        return out;
      case FYET_MAPPING_START:
        check_plain_node(where, event->mapping_start.anchor, event->mapping_start.tag);
        out.kind = YamlNode::Kind::Mapping;
        event.reset();
        mapping(out, depth);
        return out;
      case FYET_ALIAS:
        fail(where, "anchors and aliases are not read; write the value out");
      default:
        fail(where, "not YAML");
    }
  }

  void scalar(fy_event& event, Position where, YamlNode& out) const {
    size_t size = 0;
    fy_token* value = event.scalar.value;
    const char* text = value == nullptr ? nullptr : fy_token_get_text(value, &size);
    if (text != nullptr) out.scalar.assign(text, size);
    out.plain = value == nullptr || fy_token_scalar_style(value) == FYSS_PLAIN;
    if (out.scalar.find('\0') != std::string::npos) fail(where, "a NUL character");
  }

  void sequence(YamlNode& out, int depth) {
    for (;;) {
      Event event = next();
      if (event->type == FYET_SEQUENCE_END) return;
      out.items.push_back(node(std::move(event), depth + 1));
    }
  }

  void mapping(YamlNode& out, int depth) {
    std::set<std::string> seen;
    for (;;) {
      Event event = next();
      if (event->type == FYET_MAPPING_END) return;
      YamlNode key = node(std::move(event), depth + 1);
      const Position where{key.place.line, key.place.column};
      if (key.kind != YamlNode::Kind::Scalar) fail(where, "a key must be a plain word");
      if (key.plain && key.scalar.empty()) fail(where, "a key is missing before ':'");
      if (key.plain && key.scalar == "<<") fail(where, "merge keys (<<) are not read");
      if (!seen.insert(key.scalar).second) fail(where, "duplicate key '" + key.scalar + "'");
      YamlNode value = node(next(), depth + 1);
      out.members.push_back(YamlMember{std::move(key), std::move(value)});
    }
  }

  struct DiagDeleter {
    void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
  };
  struct ParserDeleter {
    void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
  };

  const std::string& file_;
  std::unique_ptr<fy_diag, DiagDeleter> diag_;
  std::unique_ptr<fy_parser, ParserDeleter> parser_;
  Position last_{1, 1};
  size_t node_count_ = 0;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const YamlMember& member : members)
    if (member.key.scalar == key) return &member.value;
  return nullptr;
}

std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                   Problem& problem) {
  try {
    if (text.size() > kYamlFileBytesMax)
      throw Refused{Problem{file, 0, 0, "the file is larger than 1 MiB", {}}};
    if (auto wrong = encoding_problem(text, file)) throw Refused{std::move(*wrong)};
    return Parser(text, file).document();
  } catch (const Refused& refused) {
    problem = refused.problem;
    return std::nullopt;
  }
}

}  // namespace sallyport::controlplane::policy
