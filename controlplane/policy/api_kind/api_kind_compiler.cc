#include "controlplane/policy/api_kind/api_kind_compiler.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "controlplane/policy/api_kind/api_kind_merge.h"
#include "dataplane/base/ascii.h"

namespace sallyport::controlplane::policy {

using namespace contract;

namespace {

constexpr size_t kNameBytesMax = 64;       // llm/api_tables.h kKnownNameBytesMax
constexpr size_t kFrameNameBytesMax = 64;  // flow/stream_relay.cc kEventTypeBytesMax
constexpr size_t kCapturesMax = 8;         // llm/api_tables.h kCapturesMax
constexpr char kShapeRoot[] = "(shape)";   // name of a shape among the fragments; none of YAML's
constexpr size_t kOffsetTextsMax = 255;    // named texts of all kinds; a kind has one or two

// A place in a path tree as written, before fragments are grafted.
struct Spot {
  std::map<std::string, std::unique_ptr<Spot>> members;
  std::unique_ptr<Spot> any_member;
  std::unique_ptr<Spot> element;
  std::optional<TextClass> text_class;
  bool tree = false;
  uint16_t rule = kLlmNoRule;
  uint16_t inner_rule = kLlmNoRule;  // for the subtree below, without role and mark
  Speaker speaker = Speaker::Unsaid;
  bool names_speaker = false;  // its value says whose words its object holds
  std::string use;
};

struct Fragment {
  Spot root;
  std::string by;
  std::map<std::string, std::unique_ptr<Spot>> variants;
};

struct Mistake {
  int line;
  std::string what;
};

std::vector<std::string> expanded(const std::string& path, int line) {
  std::vector<std::string> out;
  if (!expand_braces(path, out)) throw Mistake{line, "'{' without '}' in path " + path};
  return out;
}

std::unique_ptr<Spot>& ensure(std::unique_ptr<Spot>& place) {
  if (!place) place = std::make_unique<Spot>();
  return place;
}

// The steps of a path: "[*]" or a member name.
std::vector<std::string> steps_of(const std::string& path, int line) {
  std::vector<std::string> steps;
  size_t at = 0;
  while (at < path.size()) {
    if (path.compare(at, 3, "[*]") == 0) {
      steps.emplace_back("[*]");
      at += 3;
      continue;
    }
    if (path[at] == '.' && at != 0) ++at;
    const size_t end = std::min(path.find_first_of(".[", at), path.size());
    steps.push_back(path.substr(at, end - at));
    if (steps.back().empty() || steps.back().size() > kNameBytesMax ||
        steps.back().find_first_of("]{} ") != std::string::npos)
      throw Mistake{line, "bad path '" + path + "'"};
    at = end;
  }
  return steps;
}

Spot& walk_path(Spot& root, const std::string& path, int line) {
  Spot* place = &root;
  for (const std::string& step : steps_of(path, line)) {
    if (step == "[*]")
      place = ensure(place->element).get();
    else
      place = ensure(step == "*" ? place->any_member : place->members[step]).get();
  }
  return *place;
}

// In proto3 JSON a member may be written in two ways.
std::string snake_case(const std::string& name) {
  std::string out;
  for (char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty()) out += '_';
    out += upper ? static_cast<char>(c + 32) : c;
  }
  return out;
}

class Writer {
 public:
  void compile(const ApiKindSource& source);
  std::vector<uint8_t> finish();

 private:
  // What a tree passes down to paths that go through it without a class of their own.
  struct Tree {
    TextClass text_class = TextClass::Unknown;
    uint16_t rule = kLlmNoRule;
    auto operator<=>(const Tree&) const = default;
  };
  // What is known of one node: places that overlay each other, the first wins.
  struct Key {
    std::vector<const Spot*> places;
    Tree tree;
    bool discriminator;
    bool is_variant;
    auto operator<=>(const Key&) const = default;
  };

  LlmText text(std::string_view s);
  uint16_t add_rule(const std::string& where, const ApiPath& path, const std::string& written,
                    bool in_fragment);
  void add_closes(uint16_t rule, const ApiPath& path);
  void add_paths(Spot& root, const std::string& where, const std::vector<ApiPath>& paths,
                 bool in_fragment);
  template <class Source>
  void add_fragment(const std::string& name, const std::string& where, const Source& source);
  void add_shape(const ApiKindSource& source, ShapeKind kind, LlmKind& out);
  void add_channels(const ApiShape& shape, LlmShape& out);
  void add_template(const ApiShape& shape, const ApiChannel& channel, LlmChannel& out);
  void graft(std::vector<const Spot*>& places, std::vector<const Fragment*>& fragments);
  uint32_t lower(std::vector<const Spot*> places, Tree tree, bool discriminator, bool is_variant);
  std::vector<LlmEdge> lower_members(const std::map<std::string, std::vector<const Spot*>>& members,
                                     Tree tree, const Fragment* selector);
  uint32_t subtree(TextClass text_class, uint16_t rule);
  void add_offset(const ApiPath& path, LlmRule& rule);
  void check_offsets() const;
  template <class Entry>
  void put_table(std::vector<uint8_t>& out, LlmTable& table, const std::vector<Entry>& entries);

  // A named text of the kind being compiled: what its rules carry, and where it was used first.
  struct OffsetText {
    uint8_t number = 0;
    bool is_text = false;  // some path has it
    int line = 0;
  };

  std::string kind_name_;
  // By kind and name: one kind's message may stand in another's.
  std::map<std::pair<std::string, std::string>, OffsetText> offset_texts_;
  std::map<std::string, Fragment> fragments_;
  std::map<Key, uint32_t> lowered_;
  std::map<std::pair<TextClass, uint16_t>, uint32_t> subtrees_;
  std::vector<LlmKind> kinds_;
  std::vector<LlmShape> shapes_;
  std::vector<LlmNode> nodes_;
  std::vector<LlmEdge> edges_;
  std::vector<LlmVariant> variants_;
  std::vector<LlmRule> rules_;
  std::vector<LlmClose> closes_;
  std::vector<LlmChannel> channels_;
  std::vector<LlmCapture> captures_;
  std::vector<LlmPart> parts_;
  // Of the shape being compiled.
  const ApiShape* shape_ = nullptr;
  bool is_stream_ = false;
  bool proto_names_ = false;
  std::string strings_;
  std::map<std::string, LlmText, std::less<>> known_strings_;
};

LlmText Writer::text(std::string_view s) {
  if (const auto known = known_strings_.find(s); known != known_strings_.end())
    return known->second;
  const LlmText t{static_cast<uint32_t>(strings_.size()), static_cast<uint32_t>(s.size())};
  strings_ += s;
  known_strings_.emplace(std::string(s), t);
  return t;
}

OpaqueReason opaque_of(const ApiPath& path) {
  if (path.has_opaque) return path.opaque;
  switch (path.text_class) {
    case TextClass::O:
      return OpaqueReason::Protected;
    case TextClass::S:
      return OpaqueReason::Credential;
    case TextClass::U:
      return OpaqueReason::RemoteUrl;
    case TextClass::R:
      return OpaqueReason::ReferenceId;
    default:
      return OpaqueReason::Other;
  }
}

void Writer::add_offset(const ApiPath& path, LlmRule& rule) {
  const bool is_number = path.text_class == TextClass::N;
  if (path.has_offset != (is_number && !path.offset_text.empty()))
    throw Mistake{path.line, "'offset' belongs to class N, 'offset_text' to a text"};
  if (path.offset_text.empty()) return;
  if (!is_number && path.text_class != TextClass::T)
    throw Mistake{path.line, "'offset_text' needs class T"};
  const auto [entry, fresh] = offset_texts_.try_emplace({kind_name_, path.offset_text});
  if (fresh) {
    if (offset_texts_.size() > kOffsetTextsMax) throw Mistake{path.line, "too many offset texts"};
    entry->second.number = static_cast<uint8_t>(offset_texts_.size());
    entry->second.line = path.line;
  }
  entry->second.is_text |= !is_number;
  rule.offset_text = entry->second.number;
  rule.offset_form = path.offset_form;
}

// Once all paths of a kind are known: an offset into nothing is a slip of the pen.
void Writer::check_offsets() const {
  for (const auto& [name, text] : offset_texts_)
    if (name.first == kind_name_ && !text.is_text)
      throw Mistake{text.line, "no path has offset_text '" + name.second + "'"};
}

uint16_t Writer::add_rule(const std::string& where, const ApiPath& path, const std::string& written,
                          bool in_fragment) {
  if (rules_.size() + 2 >= kLlmNoRule) throw Mistake{path.line, "too many paths"};
  LlmRule rule{};
  rule.path = text(where + ":" + written);
  rule.text_class = static_cast<uint8_t>(path.text_class);
  rule.role = static_cast<uint8_t>(path.role);
  rule.mark = static_cast<uint8_t>(path.mark);
  rule.opaque = static_cast<uint8_t>(opaque_of(path));
  add_offset(path, rule);
  const auto index_of = [&](const auto& list, const std::string& name, const char* what) {
    // A fragment is compiled for every shape; what only a stream has counts there only.
    if (name.empty() || (in_fragment && !is_stream_)) return kLlmNoChannel;
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& e) { return e.name == name; });
    if (found == list.end())
      throw Mistake{path.line, std::string("no ") + what + " named '" + name + "' here"};
    return static_cast<uint8_t>(found - list.begin());
  };
  rule.channel = index_of(shape_->channels, path.channel, "channel");
  rule.capture = index_of(shape_->captures, path.capture, "capture");
  const auto index = static_cast<uint16_t>(rules_.size());
  rules_.push_back(rule);
  const bool is_item = path.role == LeafRole::OffsetItem;
  if (!path.closes.empty() && (is_stream_ || is_item)) add_closes(index, path);
  if (!path.closes.empty() && !is_stream_ && !is_item && !in_fragment)
    throw Mistake{path.line, "'closes' outside a stream"};
  return index;
}

void Writer::add_closes(uint16_t rule, const ApiPath& path) {
  for (const auto& [values, scope] : path.closes) {
    for (const std::string& value : expanded(values, path.line)) {
      LlmClose close{};
      if (value.size() > kNameBytesMax) throw Mistake{path.line, "value of 'closes' is too long"};
      close.value = text(value == "*" ? std::string_view() : std::string_view(value));
      close.rule = rule;
      close.scope = static_cast<uint8_t>(scope);
      closes_.push_back(close);
    }
  }
}

void Writer::add_paths(Spot& root, const std::string& where, const std::vector<ApiPath>& paths,
                       bool in_fragment) {
  for (const ApiPath& path : paths) {
    for (const std::string& written : expanded(path.path, path.line)) {
      Spot& place = walk_path(root, written, path.line);
      if (place.text_class || !place.use.empty())
        throw Mistake{path.line, "path '" + written + "' is written twice"};
      if (!path.has_class && path.use.empty())
        throw Mistake{path.line, "path '" + written + "' has no class"};
      place.use = path.use;
      place.speaker = path.speaker;
      place.names_speaker = path.role == LeafRole::MessageRole;
      if (!path.has_class) continue;
      place.text_class = path.text_class;
      place.tree = path.tree || path.text_class == TextClass::L;
      place.rule = add_rule(where, path, written, in_fragment);
      place.inner_rule = place.rule;
      if (place.tree && (path.role != LeafRole::None || path.mark != MarkKind::None)) {
        ApiPath inner;
        inner.text_class = path.text_class;
        inner.line = path.line;
        place.inner_rule = add_rule(where, inner, written + "..", in_fragment);
      }
    }
  }
}

uint32_t Writer::subtree(TextClass text_class, uint16_t rule) {
  const auto [known, fresh] =
      subtrees_.try_emplace({text_class, rule}, static_cast<uint32_t>(nodes_.size()));
  if (!fresh) return known->second;
  LlmNode node{};
  node.any_key_node = known->second;
  node.element_node = known->second;
  node.rule = rule;
  node.text_class = static_cast<uint8_t>(text_class);
  const bool keys = text_class == TextClass::L || text_class == TextClass::Unknown ||
                    text_class == TextClass::I || text_class == TextClass::T;
  node.flags = keys ? kNodeKeysAreText : uint8_t{0};
  nodes_.push_back(node);
  return known->second;
}

// Adds the fragments that the places use, behind them.
void Writer::graft(std::vector<const Spot*>& places, std::vector<const Fragment*>& fragments) {
  for (size_t i = 0; i < places.size(); ++i) {
    for (const auto& [name, fragment] : fragments_)
      if (&fragment.root == places[i]) fragments.push_back(&fragment);
    if (places[i]->use.empty()) continue;
    const Spot* root = &fragments_.at(places[i]->use).root;  // check_uses() saw to it
    if (std::find(places.begin(), places.end(), root) == places.end()) places.push_back(root);
  }
}

// What the places say of whose words stand at a node and below it; the first one wins.
uint8_t speaker_flags(const std::vector<const Spot*>& places) {
  uint8_t flags = 0;
  for (const Spot* place : places) {
    if ((flags & kNodeSpeakerMask) == 0)
      flags |= static_cast<uint8_t>(static_cast<unsigned>(place->speaker) << kNodeSpeakerShift);
    for (const auto& [name, member] : place->members)
      if (member->names_speaker) flags |= kNodeNamesSpeaker;
  }
  return flags;
}

uint32_t Writer::lower(std::vector<const Spot*> places, Tree tree, bool discriminator,
                       bool is_variant) {
  std::vector<const Fragment*> fragments;
  graft(places, fragments);
  const auto [known, fresh] = lowered_.try_emplace(Key{places, tree, discriminator, is_variant},
                                                   static_cast<uint32_t>(nodes_.size()));
  if (!fresh) return known->second;
  const uint32_t index = known->second;
  nodes_.emplace_back();

  LlmNode node{};
  node.rule = tree.rule;
  node.text_class = static_cast<uint8_t>(tree.text_class);
  Tree below = tree;
  for (const Spot* place : places) {
    if (!place->text_class) continue;
    node.rule = place->rule;
    node.text_class = static_cast<uint8_t>(*place->text_class);
    below = place->tree ? Tree{*place->text_class, place->inner_rule} : Tree{};
    break;
  }
  std::map<std::string, std::vector<const Spot*>> members;
  std::vector<const Spot*> any_member;
  std::vector<const Spot*> element;
  for (const Spot* place : places) {
    for (const auto& [name, member] : place->members) members[name].push_back(member.get());
    if (place->any_member) any_member.push_back(place->any_member.get());
    if (place->element) element.push_back(place->element.get());
  }
  const uint32_t rest = subtree(below.text_class, below.rule);
  node.any_key_node = any_member.empty() ? rest : lower(any_member, below, false, false);
  node.element_node = element.empty() ? rest : lower(element, below, false, false);
  if (!any_member.empty()) node.flags |= kNodeKeysAreText;
  if (discriminator) node.flags |= kNodeDiscriminator;
  node.flags |= speaker_flags(places);

  const Fragment* selector = nullptr;
  for (const Fragment* fragment : fragments)
    if (selector == nullptr && !fragment->by.empty()) selector = fragment;  // the first wins
  const std::vector<LlmEdge> edges = lower_members(members, below, selector);
  std::vector<LlmVariant> variants;
  if (selector != nullptr && !is_variant) {
    for (const auto& [value, place] : selector->variants) {
      std::vector<const Spot*> overlaid{place.get()};
      overlaid.insert(overlaid.end(), places.begin(), places.end());
      LlmVariant variant{};
      variant.value = text(value);
      variant.node = lower(overlaid, tree, discriminator, true);
      variants.push_back(variant);
    }
  }
  node.edge_first = static_cast<uint32_t>(edges_.size());
  node.edge_count = static_cast<uint16_t>(edges.size());
  edges_.insert(edges_.end(), edges.begin(), edges.end());
  node.variant_first = static_cast<uint32_t>(variants_.size());
  node.variant_count = static_cast<uint16_t>(variants.size());
  variants_.insert(variants_.end(), variants.begin(), variants.end());
  nodes_[index] = node;
  return index;
}

// Sorted by the hash of the name. A name may stand for two, and then a name that is written out
// wins over one that is derived.
std::vector<LlmEdge> Writer::lower_members(
    const std::map<std::string, std::vector<const Spot*>>& members, Tree tree,
    const Fragment* selector) {
  std::vector<LlmEdge> edges;
  const auto add = [&](const std::string& name, uint32_t node) {
    LlmEdge edge{};
    edge.name = text(name);
    edge.name_hash = llm_name_hash(name);
    edge.node = node;
    edges.push_back(edge);
  };
  for (const auto& [name, below_name] : members) {
    const uint32_t node =
        lower(below_name, tree, selector != nullptr && selector->by == name, false);
    add(name, node);
    const std::string other = proto_names_ ? snake_case(name) : name;
    if (!members.contains(other)) add(other, node);
  }
  std::sort(edges.begin(), edges.end(),
            [](const auto& a, const auto& b) { return a.name_hash < b.name_hash; });
  return edges;
}

void Writer::add_template(const ApiShape& shape, const ApiChannel& channel, LlmChannel& out) {
  const std::string& data = channel.event_data;
  out.part_first = static_cast<uint32_t>(parts_.size());
  bool has_text = false;
  size_t at = 0;
  while (at < data.size()) {
    LlmPart part{};
    const size_t mark = std::min(data.find("${", at), data.size());
    if (mark > at) {
      part.text = text(data.substr(at, mark - at));
      part.kind = static_cast<uint8_t>(PartKind::Text);
      parts_.push_back(part);
      at = mark;
      continue;
    }
    const size_t close = data.find('}', at);
    if (close == std::string::npos) throw Mistake{channel.line, "'${' without '}' in event_data"};
    const std::string name = data.substr(at + 2, close - at - 2);
    at = close + 1;
    if (name == "outer") {
      part.kind = static_cast<uint8_t>(PartKind::OuterIndex);
    } else if (name == "inner") {
      part.kind = static_cast<uint8_t>(PartKind::InnerIndex);
    } else if (name == "text") {
      part.kind = static_cast<uint8_t>(PartKind::String);
      has_text = true;
    } else {
      const auto found = std::find_if(shape.captures.begin(), shape.captures.end(),
                                      [&](const ApiCapture& c) { return c.name == name; });
      if (found == shape.captures.end())
        throw Mistake{channel.line, "no capture named '" + name + "'"};
      part.kind = static_cast<uint8_t>(PartKind::Capture);
      part.capture = static_cast<uint8_t>(found - shape.captures.begin());
    }
    parts_.push_back(part);
  }
  if (!has_text)
    throw Mistake{channel.line, "event_data of channel '" + channel.name + "' has no ${text}"};
  out.part_count = static_cast<uint32_t>(parts_.size()) - out.part_first;
}

// In an event stream of AWS the name of an event is a header of its frame, and the template stands
// for both: {"NAME":PAYLOAD}. The relay takes that for granted when it makes an event of its own.
void check_frame_template(const ApiChannel& channel) {
  const std::string& data = channel.event_data;
  const size_t quote = data.starts_with("{\"") ? data.find('"', 2) : std::string::npos;
  const bool has_name =
      quote != std::string::npos && quote > 2 && quote - 2 <= kFrameNameBytesMax &&
      std::all_of(data.begin() + 2, data.begin() + static_cast<ptrdiff_t>(quote), [](char c) {
        return base::is_alnum(static_cast<uint8_t>(c)) || c == '_' || c == '-';
      });
  if (!has_name || data.compare(quote + 1, 1, ":") != 0 || !data.ends_with("}"))
    throw Mistake{channel.line, "event_data of channel '" + channel.name +
                                    "' is {\"NAME\":PAYLOAD} in an event_stream"};
}

void Writer::add_channels(const ApiShape& shape, LlmShape& out) {
  const bool is_framed =
      is_stream_ && (shape.formats >> static_cast<unsigned>(StreamFormat::EventStream) & 1U) != 0;
  if (shape.captures.size() > kCapturesMax) throw Mistake{shape.line, "more than 8 captures"};
  if (shape.channels.size() >= kLlmNoChannel) throw Mistake{shape.line, "too many channels"};
  out.channel_first = static_cast<uint32_t>(channels_.size());
  out.channel_count = static_cast<uint32_t>(shape.channels.size());
  for (const ApiChannel& channel : shape.channels) {
    LlmChannel c{};
    c.name = text(channel.name);
    c.event_name = text(channel.event_name);
    c.text_class = static_cast<uint8_t>(channel.is_json ? TextClass::J : TextClass::T);
    c.key_levels = channel.key_levels;
    if (is_framed) check_frame_template(channel);
    add_template(shape, channel, c);
    channels_.push_back(c);
  }
  out.capture_first = static_cast<uint32_t>(captures_.size());
  out.capture_count = static_cast<uint32_t>(shape.captures.size());
  for (const ApiCapture& capture : shape.captures)
    captures_.push_back(LlmCapture{text(capture.fallback)});
}

void check_uses(const ApiKindSource& source, const std::vector<ApiPath>& paths) {
  for (const ApiPath& path : paths)
    if (!path.use.empty() && !source.fragments.contains(path.use))
      throw Mistake{path.line, "no fragment named '" + path.use + "'"};
}

// A fragment, or the shape itself.
template <class Source>
void Writer::add_fragment(const std::string& name, const std::string& where, const Source& source) {
  const bool in_fragment = name != kShapeRoot;
  const std::string shown = in_fragment ? name : where;
  Fragment& built = fragments_[name];
  built.by = source.by;
  add_paths(built.root, shown, source.paths, in_fragment);
  if (!source.by.empty() && !built.root.members.contains(source.by))
    throw Mistake{source.line,
                  "'" + shown + "' is chosen by '" + source.by + "', which has no path"};
  if (source.by.empty() && !source.variants.empty())
    throw Mistake{source.line, "'" + shown + "' has variants but no 'by'"};
  for (const auto& [values, paths] : source.variants) {
    for (const std::string& value : expanded(values, source.line)) {
      if (value.empty() || value.size() > kNameBytesMax)
        throw Mistake{source.line, "bad variant '" + value + "'"};
      if (built.variants.contains(value))
        throw Mistake{source.line, "variant '" + value + "' is written twice"};
      auto& place = built.variants[value];
      place = std::make_unique<Spot>();
      add_paths(*place, shown + "(" + value + ")", paths, in_fragment);
    }
  }
}

void Writer::add_shape(const ApiKindSource& source, ShapeKind kind, LlmKind& out) {
  static constexpr const char* kNames[] = {"request", "response", "stream"};
  const auto slot = static_cast<size_t>(kind);
  const ApiShape& shape = source.shapes[slot];
  out.shapes[slot] = kLlmNone;
  if (!shape.present) return;
  fragments_.clear();
  lowered_.clear();
  shape_ = &shape;
  is_stream_ = kind == ShapeKind::StreamEvent;
  proto_names_ = source.proto_names;
  LlmShape entry{};
  entry.formats = shape.formats;
  entry.close_first = static_cast<uint32_t>(closes_.size());
  for (const auto& [name, fragment] : source.fragments) add_fragment(name, kNames[slot], fragment);
  add_fragment(kShapeRoot, kNames[slot], shape);
  entry.close_count = static_cast<uint32_t>(closes_.size()) - entry.close_first;
  add_channels(shape, entry);
  entry.root_node = lower({&fragments_.at(kShapeRoot).root}, Tree{}, false, false);
  out.shapes[slot] = static_cast<uint32_t>(shapes_.size());
  shapes_.push_back(entry);
}

void Writer::compile(const ApiKindSource& source) {
  const auto check = [&](const auto& part) {
    check_uses(source, part.paths);
    for (const auto& [value, paths] : part.variants) check_uses(source, paths);
  };
  for (const ApiShape& shape : source.shapes) check(shape);
  for (const auto& [name, fragment] : source.fragments) check(fragment);
  kind_name_ = source.name;
  LlmKind kind{};
  kind.name = text(source.name);
  kind.done_data = text(source.done_data);
  for (uint8_t i = 0; i < kShapeKindCount; ++i) add_shape(source, static_cast<ShapeKind>(i), kind);
  check_offsets();
  kinds_.push_back(kind);
}

template <class Entry>
void Writer::put_table(std::vector<uint8_t>& out, LlmTable& table,
                       const std::vector<Entry>& entries) {
  out.resize((out.size() + 7) / 8 * 8);
  table = LlmTable{static_cast<uint32_t>(out.size()), static_cast<uint32_t>(entries.size())};
  if (entries.empty()) return;
  const size_t bytes = entries.size() * sizeof(Entry);
  out.resize(out.size() + bytes);
  std::memcpy(out.data() + table.offset, entries.data(), bytes);
}

std::vector<uint8_t> Writer::finish() {
  LlmHeader header{};
  std::vector<uint8_t> out(sizeof(header));
  put_table(out, header.kinds, kinds_);
  put_table(out, header.shapes, shapes_);
  put_table(out, header.nodes, nodes_);
  put_table(out, header.edges, edges_);
  put_table(out, header.variants, variants_);
  put_table(out, header.rules, rules_);
  put_table(out, header.closes, closes_);
  put_table(out, header.channels, channels_);
  put_table(out, header.captures, captures_);
  put_table(out, header.parts, parts_);
  put_table(out, header.strings, std::vector<char>(strings_.begin(), strings_.end()));
  out.resize((out.size() + 7) / 8 * 8);
  header.magic = kLlmSectionMagic;
  header.version = kLlmSectionVersion;
  header.section_bytes = static_cast<uint32_t>(out.size());
  std::memcpy(out.data(), &header, sizeof(header));
  return out;
}

}  // namespace

ApiKindSection compile_api_kinds(std::vector<ApiKindSource> kinds) {
  std::sort(kinds.begin(), kinds.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  ApiKindSection section;
  merge_kinds(kinds, section.problems);
  Writer writer;
  for (size_t i = 0; i < kinds.size(); ++i) {
    try {
      if (kinds[i].name.empty() || kinds[i].name.size() > kNameBytesMax ||
          kinds[i].name.find('.') != std::string::npos)
        throw Mistake{1, "bad name of the API kind"};
      if (i > 0 && kinds[i].name == kinds[i - 1].name)
        throw Mistake{1, "API kind '" + kinds[i].name + "' exists twice"};
      writer.compile(kinds[i]);
    } catch (const Mistake& problem) {
      section.problems.push_back(ApiKindProblem{kinds[i].file, problem.line, 0, problem.what});
    }
  }
  if (section.problems.empty()) section.bytes = writer.finish();
  return section;
}

}  // namespace sallyport::controlplane::policy
