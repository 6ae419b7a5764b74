#include "controlplane/policy/api_kind_file.h"

#include <libfyaml.h>

#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace sallyport::controlplane::policy {

using namespace contract;

namespace {

struct Problem {
  int line;
  int column;
  std::string what;
};

struct Position {
  int line = 1;
  int column = 1;
};

// A YAML node with where it stands. Keys of mappings are scalars and keep their order.
struct Member;
struct Node {
  enum class Kind { Scalar, Sequence, Mapping } kind = Kind::Scalar;
  Position at;
  std::string scalar;
  std::vector<Member> members;
  std::vector<Node> items;
};
struct Member {
  Node key;
  Node value;
};

[[noreturn]] void fail(const Position& at, std::string what) {
  throw Problem{at.line, at.column, std::move(what)};
}

Node convert(fy_node* node, Position at) {
  Node out;
  out.at = at;
  switch (fy_node_get_type(node)) {
    case FYNT_SCALAR: {
      if (fy_token* token = fy_node_get_scalar_token(node); token != nullptr)
        if (const fy_mark* mark = fy_token_start_mark(token); mark != nullptr)
          out.at = Position{mark->line + 1, mark->column + 1};
      size_t size = 0;
      const char* text = fy_node_get_scalar(node, &size);
      if (text != nullptr) out.scalar.assign(text, size);
      break;
    }
    case FYNT_SEQUENCE: {
      out.kind = Node::Kind::Sequence;
      void* each = nullptr;
      while (fy_node* item = fy_node_sequence_iterate(node, &each))
        out.items.push_back(convert(item, out.at));
      break;
    }
    case FYNT_MAPPING: {
      out.kind = Node::Kind::Mapping;
      void* each = nullptr;
      while (fy_node_pair* pair = fy_node_mapping_iterate(node, &each)) {
        if (fy_node_pair_key(pair) == nullptr || fy_node_pair_value(pair) == nullptr)
          fail(out.at, "empty key or value");
        Node key = convert(fy_node_pair_key(pair), out.at);
        if (key.kind != Node::Kind::Scalar) fail(key.at, "a key must be a plain word");
        Node value = convert(fy_node_pair_value(pair), key.at);
        out.members.push_back(Member{std::move(key), std::move(value)});
      }
      break;
    }
  }
  return out;
}

Node parse(std::string_view yaml) {
  fy_diag_cfg diag_cfg;
  fy_diag_cfg_default(&diag_cfg);
  std::unique_ptr<fy_diag, void (*)(fy_diag*)> diag(fy_diag_create(&diag_cfg), fy_diag_destroy);
  if (!diag) fail({}, "cannot read YAML");
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg cfg{};
  cfg.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG);
  cfg.diag = diag.get();
  std::unique_ptr<fy_document, void (*)(fy_document*)> document(
      fy_document_build_from_string(&cfg, yaml.data(), yaml.size()), fy_document_destroy);
  if (!document) {
    void* each = nullptr;
    if (const fy_diag_error* error = fy_diag_errors_iterate(diag.get(), &each); error != nullptr)
      fail({error->line, error->column}, error->msg);
    fail({}, "not a YAML document");
  }
  if (fy_document_root(document.get()) == nullptr) fail({}, "empty document");
  return convert(fy_document_root(document.get()), {});
}

const std::vector<Member>& mapping(const Node& node) {
  if (node.kind != Node::Kind::Mapping) fail(node.at, "a mapping is expected here");
  return node.members;
}

const std::string& scalar(const Node& node) {
  if (node.kind != Node::Kind::Scalar) fail(node.at, "a plain value is expected here");
  return node.scalar;
}

bool flag(const Node& node) {
  const std::string& text = scalar(node);
  if (text == "true") return true;
  if (text == "false") return false;
  fail(node.at, "true or false is expected here");
}

template <class Value>
Value choice(const Node& node, const std::map<std::string, Value>& names) {
  const auto found = names.find(scalar(node));
  if (found != names.end()) return found->second;
  std::string known;
  for (const auto& [name, value] : names) known += (known.empty() ? "" : ", ") + name;
  fail(node.at, "'" + node.scalar + "' is none of: " + known);
}

const std::map<std::string, TextClass> kClasses = {{"T", TextClass::T},
                                                   {"J", TextClass::J},
                                                   {"L", TextClass::L},
                                                   {"B", TextClass::B},
                                                   {"U", TextClass::U},
                                                   {"R", TextClass::R},
                                                   {"O", TextClass::O},
                                                   {"I", TextClass::I},
                                                   {"N", TextClass::N},
                                                   {"S", TextClass::S},
                                                   {"structural", TextClass::Structural}};
const std::map<std::string, LeafRole> kRoles = {{"model", LeafRole::Model},
                                                {"stream", LeafRole::Stream},
                                                {"outer_index", LeafRole::OuterIndex},
                                                {"inner_index", LeafRole::InnerIndex},
                                                {"finish_reason", LeafRole::FinishReason},
                                                {"event_type", LeafRole::EventType},
                                                {"store", LeafRole::StoreFlag},
                                                {"input_tokens", LeafRole::InputTokens},
                                                {"output_tokens", LeafRole::OutputTokens},
                                                {"error_message", LeafRole::ErrorMessage}};
const std::map<std::string, MarkKind> kMarks = {{"strip", MarkKind::Strip},
                                                {"obfuscation", MarkKind::Obfuscation}};
const std::map<std::string, CloseScope> kScopes = {{"outer", CloseScope::Outer},
                                                   {"all", CloseScope::All}};
const std::map<std::string, bool> kChannelClasses = {{"T", false}, {"J", true}};

// The members that a mapping may have, each with what reads it.
using Readers = std::map<std::string, std::function<void(const Node&)>>;

void read_members(const Node& node, const Readers& readers) {
  for (const auto& [key, value] : mapping(node)) {
    const auto reader = readers.find(key.scalar);
    if (reader == readers.end()) fail(key.at, "unknown key '" + key.scalar + "'");
    reader->second(value);
  }
}

std::vector<ApiPath> read_paths(const Node& node) {
  std::vector<ApiPath> paths;
  for (const auto& [key, value] : mapping(node)) {
    ApiPath path;
    path.path = key.scalar;
    path.line = key.at.line;
    const auto set_class = [&](const Node& n) {
      path.text_class = choice(n, kClasses);
      path.has_class = true;
    };
    if (value.kind == Node::Kind::Scalar) {
      set_class(value);
    } else {
      read_members(value, {{"class", set_class},
                           {"tree", [&](const Node& n) { path.tree = flag(n); }},
                           {"role", [&](const Node& n) { path.role = choice(n, kRoles); }},
                           {"mark", [&](const Node& n) { path.mark = choice(n, kMarks); }},
                           {"use", [&](const Node& n) { path.use = scalar(n); }},
                           {"channel", [&](const Node& n) { path.channel = scalar(n); }},
                           {"capture", [&](const Node& n) { path.capture = scalar(n); }},
                           {"closes", [&](const Node& n) {
                              for (const auto& [text, scope] : mapping(n))
                                path.closes[text.scalar] = choice(scope, kScopes);
                            }}});
    }
    paths.push_back(std::move(path));
  }
  return paths;
}

ApiFragment read_fragment(const Node& node) {
  ApiFragment fragment;
  fragment.line = node.at.line;
  read_members(node, {{"by", [&](const Node& n) { fragment.by = scalar(n); }},
                      {"paths", [&](const Node& n) { fragment.paths = read_paths(n); }},
                      {"variants", [&](const Node& n) {
                         for (const auto& [value, paths] : mapping(n))
                           fragment.variants[value.scalar] = read_paths(paths);
                       }}});
  return fragment;
}

ApiChannel read_channel(const std::string& name, const Node& node) {
  ApiChannel channel;
  channel.name = name;
  channel.line = node.at.line;
  read_members(node,
               {{"class", [&](const Node& n) { channel.is_json = choice(n, kChannelClasses); }},
                {"event", [&](const Node& n) { channel.event_name = scalar(n); }},
                {"event_data", [&](const Node& n) { channel.event_data = scalar(n); }}});
  return channel;
}

ApiShape read_shape(const Node& node, bool is_stream) {
  ApiShape shape;
  shape.present = true;
  shape.line = node.at.line;
  Readers readers = {{"paths", [&](const Node& n) { shape.paths = read_paths(n); }}};
  if (is_stream) {
    readers["channels"] = [&](const Node& n) {
      for (const auto& [name, channel] : mapping(n))
        shape.channels.push_back(read_channel(name.scalar, channel));
    };
    readers["captures"] = [&](const Node& n) {
      for (const auto& [name, fallback] : mapping(n))
        shape.captures.push_back(ApiCapture{name.scalar, scalar(fallback)});
    };
  }
  read_members(node, readers);
  return shape;
}

void read_document(const Node& root, ApiKindSource& out) {
  bool has_format = false;
  const auto shape = [&](ShapeKind kind) {
    return [&out, kind](const Node& n) {
      out.shapes[static_cast<size_t>(kind)] = read_shape(n, kind == ShapeKind::StreamEvent);
    };
  };
  read_members(root, {{"api_kind", [&](const Node& n) { out.name = scalar(n); }},
                      {"format",
                       [&](const Node& n) {
                         if (scalar(n) != "1") fail(n.at, "this program reads format 1 only");
                         has_format = true;
                       }},
                      {"done_data", [&](const Node& n) { out.done_data = scalar(n); }},
                      {"fragments",
                       [&](const Node& n) {
                         for (const auto& [name, fragment] : mapping(n))
                           out.fragments[name.scalar] = read_fragment(fragment);
                       }},
                      {"request", shape(ShapeKind::Request)},
                      {"response", shape(ShapeKind::Response)},
                      {"stream", shape(ShapeKind::StreamEvent)}});
  if (out.name.empty()) fail(root.at, "api_kind is missing");
  if (!has_format) fail(root.at, "format is missing");
  for (ShapeKind kind : {ShapeKind::Request, ShapeKind::Response})
    if (!out.shapes[static_cast<size_t>(kind)].present)
      fail(root.at, "request or response is missing");
}

}  // namespace

bool read_api_kind(std::string_view yaml, const std::string& file, ApiKindSource& out,
                   std::vector<ApiKindProblem>& problems) {
  out = ApiKindSource{};
  out.file = file;
  try {
    read_document(parse(yaml), out);
    return true;
  } catch (const Problem& problem) {
    problems.push_back(ApiKindProblem{file, problem.line, problem.column, problem.what});
    return false;
  }
}

ApiKindSection compile_api_kind_files(const std::vector<NamedText>& files) {
  std::vector<ApiKindSource> sources;
  std::vector<ApiKindProblem> problems;
  for (const NamedText& file : files) {
    ApiKindSource source;
    if (read_api_kind(file.text, file.file, source, problems)) sources.push_back(std::move(source));
  }
  ApiKindSection section = compile_api_kinds(std::move(sources));
  section.problems.insert(section.problems.begin(), problems.begin(), problems.end());
  if (!section.problems.empty()) section.bytes.clear();
  return section;
}

}  // namespace sallyport::controlplane::policy
