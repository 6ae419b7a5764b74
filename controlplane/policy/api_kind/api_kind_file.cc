#include "controlplane/policy/api_kind/api_kind_file.h"

#include <functional>
#include <map>
#include <utility>

#include "controlplane/policy/yaml/yaml_node.h"

namespace sallyport::controlplane::policy {

using namespace contract;

namespace {

using Node = YamlNode;
using Member = YamlMember;

// Thrown at the first thing that is wrong; read_api_kind() answers with it.
struct Refused {
  int line;
  int column;
  std::string what;
};

[[noreturn]] void fail(const Place& at, std::string what) {
  throw Refused{at.line, at.column, std::move(what)};
}

Node parse(std::string_view yaml) {
  Problem problem;
  auto tree = parse_yaml(yaml, {}, problem);
  if (!tree) throw Refused{problem.line, problem.column, problem.message};
  return std::move(*tree);
}

const std::vector<Member>& mapping(const Node& node) {
  if (node.kind != Node::Kind::Mapping) fail(node.place, "a mapping is expected here");
  return node.members;
}

const std::string& scalar(const Node& node) {
  if (node.kind != Node::Kind::Scalar) fail(node.place, "a plain value is expected here");
  return node.scalar;
}

bool flag(const Node& node) {
  const std::string& text = scalar(node);
  if (text == "true") return true;
  if (text == "false") return false;
  fail(node.place, "true or false is expected here");
}

template <class Value>
Value choice(const Node& node, const std::map<std::string, Value>& names) {
  const auto found = names.find(scalar(node));
  if (found != names.end()) return found->second;
  std::string known;
  for (const auto& [name, value] : names) known += (known.empty() ? "" : ", ") + name;
  fail(node.place, "'" + node.scalar + "' is none of: " + known);
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
                                                {"error_message", LeafRole::ErrorMessage},
                                                {"offset_part", LeafRole::OffsetPart},
                                                {"offset_item", LeafRole::OffsetItem},
                                                {"message_role", LeafRole::MessageRole},
                                                {"media_type", LeafRole::MediaType},
                                                {"media_data", LeafRole::MediaData},
                                                {"api_url", LeafRole::ApiUrl}};
const std::map<std::string, Speaker> kSpeakers = {{"user", Speaker::User},
                                                  {"system", Speaker::System},
                                                  {"assistant", Speaker::Assistant},
                                                  {"tool", Speaker::Tool}};
const std::map<std::string, OffsetUnit> kUnits = {{"code_points", OffsetUnit::CodePoints},
                                                  {"utf16", OffsetUnit::Utf16},
                                                  {"bytes", OffsetUnit::Bytes}};
const std::map<std::string, uint8_t> kEdges = {{"start", 0}, {"end", kOffsetIsEnd}};
const std::map<std::string, uint8_t> kSources = {{"message", 0}, {"request", kOffsetFromRequest}};
const std::map<std::string, uint8_t> kShares = {
    {"0", 0}, {"1", 1}, {"2", 2}, {"3", 3}, {"4", 4}, {"5", 5}, {"6", 6}, {"all", kOffsetShareAll}};
const std::map<std::string, MarkKind> kMarks = {{"strip", MarkKind::Strip},
                                                {"obfuscation", MarkKind::Obfuscation}};
const std::map<std::string, CloseScope> kScopes = {{"outer", CloseScope::Outer},
                                                   {"inner", CloseScope::Inner},
                                                   {"all", CloseScope::All},
                                                   {"item", CloseScope::Item}};
const std::map<std::string, BodyFormat> kBodies = {{"json", BodyFormat::Json},
                                                   {"multipart", BodyFormat::Multipart},
                                                   {"json_lines", BodyFormat::JsonLines},
                                                   {"text", BodyFormat::Text},
                                                   {"opaque", BodyFormat::Opaque}};
const std::map<std::string, StreamFormat> kStreams = {{"sse", StreamFormat::Sse},
                                                      {"json_array", StreamFormat::JsonArray},
                                                      {"json_lines", StreamFormat::JsonLines},
                                                      {"event_stream", StreamFormat::EventStream},
                                                      {"aws_chunks", StreamFormat::AwsChunks}};
const std::map<std::string, uint8_t> kKeyLevels = {
    {"one", uint8_t{0}}, {"outer", uint8_t{1}}, {"inner", uint8_t{2}}};
const std::map<std::string, bool> kChannelClasses = {{"T", false}, {"J", true}};

// The members that a mapping may have, each with what reads it.
using Readers = std::map<std::string, std::function<void(const Node&)>>;

std::string listed(const Readers& readers) {
  std::string out;
  for (const auto& [name, reader] : readers) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void read_members(const Node& node, const Readers& readers) {
  for (const auto& [key, value] : mapping(node)) {
    const auto reader = readers.find(key.scalar);
    if (reader == readers.end())
      fail(key.place, "unknown key '" + key.scalar + "'; it can have " + listed(readers));
    reader->second(value);
  }
}

const std::map<std::string, OpaqueReason>& opaque_reasons() {
  static const auto kReasons = [] {
    std::map<std::string, OpaqueReason> reasons;
    for (size_t i = 0; i < kOpaqueReasonCount; ++i) {
      const auto reason = static_cast<OpaqueReason>(i);
      reasons.emplace(opaque_reason_name(reason), reason);
    }
    return reasons;
  }();
  return kReasons;
}

// offset: {text: NAME, unit: code_points, edge: start, share: 1, from: message}
void read_offset(const Node& node, ApiPath& path) {
  bool has_unit = false;
  bool has_edge = false;
  uint8_t share = kOffsetShareAll;
  const auto bits = [&](int value) {
    path.offset_form = static_cast<uint8_t>(path.offset_form | value);
  };
  read_members(node, {{"text", [&](const Node& n) { path.offset_text = scalar(n); }},
                      {"unit",
                       [&](const Node& n) {
                         bits(static_cast<int>(choice(n, kUnits)));
                         has_unit = true;
                       }},
                      {"edge",
                       [&](const Node& n) {
                         bits(choice(n, kEdges));
                         has_edge = true;
                       }},
                      {"share", [&](const Node& n) { share = choice(n, kShares); }},
                      {"from", [&](const Node& n) { bits(choice(n, kSources)); }}});
  if (path.offset_text.empty() || !has_unit || !has_edge)
    fail(node.place, "an offset says text, unit and edge");
  bits(share << kOffsetShareShift);
  path.has_offset = true;
}

std::vector<ApiPath> read_paths(const Node& node) {
  std::vector<ApiPath> paths;
  for (const auto& [key, value] : mapping(node)) {
    ApiPath path;
    path.path = key.scalar;
    path.line = key.place.line;
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
                           {"speaker", [&](const Node& n) { path.speaker = choice(n, kSpeakers); }},
                           {"mark", [&](const Node& n) { path.mark = choice(n, kMarks); }},
                           {"use", [&](const Node& n) { path.use = scalar(n); }},
                           {"channel", [&](const Node& n) { path.channel = scalar(n); }},
                           {"capture", [&](const Node& n) { path.capture = scalar(n); }},
                           {"opaque",
                            [&](const Node& n) {
                              path.opaque = choice(n, opaque_reasons());
                              path.has_opaque = true;
                            }},
                           {"offset_text", [&](const Node& n) { path.offset_text = scalar(n); }},
                           {"offset", [&](const Node& n) { read_offset(n, path); }},
                           {"closes", [&](const Node& n) {
                              for (const auto& [text, scope] : mapping(n))
                                path.closes[text.scalar] = choice(scope, kScopes);
                            }}});
    }
    paths.push_back(std::move(path));
  }
  return paths;
}

// What a fragment and a shape have in common.
template <class Target>
Readers path_readers(Target& target) {
  return {{"by", [&](const Node& n) { target.by = scalar(n); }},
          {"paths", [&](const Node& n) { target.paths = read_paths(n); }},
          {"variants", [&](const Node& n) {
             for (const auto& [value, paths] : mapping(n))
               target.variants[value.scalar] = read_paths(paths);
           }}};
}

ApiFragment read_fragment(const Node& node) {
  ApiFragment fragment;
  fragment.line = node.place.line;
  read_members(node, path_readers(fragment));
  return fragment;
}

ApiChannel read_channel(const std::string& name, const Node& node) {
  ApiChannel channel;
  channel.name = name;
  channel.line = node.place.line;
  read_members(node,
               {{"class", [&](const Node& n) { channel.is_json = choice(n, kChannelClasses); }},
                {"event", [&](const Node& n) { channel.event_name = scalar(n); }},
                {"event_data", [&](const Node& n) { channel.event_data = scalar(n); }},
                {"keys", [&](const Node& n) { channel.key_levels = choice(n, kKeyLevels); }}});
  return channel;
}

template <class Format>
uint32_t read_formats(const Node& node, const std::map<std::string, Format>& names) {
  if (node.kind != Node::Kind::Sequence || node.items.empty())
    fail(node.place, "a list is expected here");
  uint32_t formats = 0;
  for (const Node& item : node.items) formats |= format_bit(choice(item, names));
  return formats;
}

ApiShape read_shape(const Node& node, bool is_stream) {
  ApiShape shape;
  shape.present = true;
  shape.line = node.place.line;
  Readers readers = path_readers(shape);
  readers["bodies"] = [&](const Node& n) {
    shape.formats = is_stream ? read_formats(n, kStreams) : read_formats(n, kBodies);
  };
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
                         if (scalar(n) != "1") fail(n.place, "this program reads format 1 only");
                         has_format = true;
                       }},
                      {"done_data", [&](const Node& n) { out.done_data = scalar(n); }},
                      {"extends", [&](const Node& n) { out.extends = scalar(n); }},
                      {"proto_names", [&](const Node& n) { out.proto_names = flag(n); }},
                      {"fragments",
                       [&](const Node& n) {
                         for (const auto& [name, fragment] : mapping(n))
                           out.fragments[name.scalar] = read_fragment(fragment);
                       }},
                      {"request", shape(ShapeKind::Request)},
                      {"response", shape(ShapeKind::Response)},
                      {"stream", shape(ShapeKind::StreamEvent)}});
  if (out.name.empty()) fail(root.place, "api_kind is missing");
  if (!has_format) fail(root.place, "format is missing");
  // An endpoint without a request body has no request; every one answers.
  if (!out.shapes[static_cast<size_t>(ShapeKind::Response)].present && out.extends.empty())
    fail(root.place, "response is missing");
}

}  // namespace

bool read_api_kind(std::string_view yaml, const std::string& file, ApiKindSource& out,
                   std::vector<ApiKindProblem>& problems) {
  out = ApiKindSource{};
  out.file = file;
  try {
    read_document(parse(yaml), out);
    return true;
  } catch (const Refused& refused) {
    problems.push_back(ApiKindProblem{file, refused.line, refused.column, refused.what});
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
