#include "controlplane/policy/api_kind_compiler.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace sallyport::controlplane::policy {

using namespace contract;

namespace {

constexpr size_t kNameBytesMax = 64;  // llm/api_tables.h kKnownNameBytesMax
constexpr size_t kCapturesMax = 8;    // llm/api_tables.h kCapturesMax

// A place in a path tree as written, before fragments are grafted.
struct Place {
  std::map<std::string, std::unique_ptr<Place>> members;
  std::unique_ptr<Place> any_member;
  std::unique_ptr<Place> element;
  std::optional<TextClass> text_class;
  bool tree = false;
  uint16_t rule = kLlmNoRule;
  uint16_t inner_rule = kLlmNoRule;  // for the subtree below, without role and mark
  std::string use;
};

struct Fragment {
  Place root;
  std::string by;
  std::map<std::string, std::unique_ptr<Place>> variants;
};

struct Problem {
  int line;
  std::string what;
};

// "openai_chat.request": a shape of another kind, not a fragment of this one.
bool is_foreign(const std::string& use) { return use.find('.') != std::string::npos; }

std::vector<std::string> expand_braces(const std::string& path) {
  const size_t open = path.find('{');
  if (open == std::string::npos) return {path};
  const size_t close = path.find('}', open);
  if (close == std::string::npos) throw Problem{0, "'{' without '}' in path " + path};
  std::vector<std::string> out;
  size_t at = open + 1;
  while (at <= close) {
    const size_t end = std::min(path.find(',', at), close);
    std::string choice = path.substr(at, end - at);
    choice.erase(std::remove(choice.begin(), choice.end(), ' '), choice.end());
    for (const std::string& rest : expand_braces(path.substr(close + 1)))
      out.push_back(path.substr(0, open) + choice + rest);
    at = end + 1;
  }
  return out;
}

std::unique_ptr<Place>& ensure(std::unique_ptr<Place>& place) {
  if (!place) place = std::make_unique<Place>();
  return place;
}

Place& walk_path(Place& root, const std::string& path, int line) {
  Place* place = &root;
  size_t at = 0;
  while (at < path.size()) {
    if (path.compare(at, 3, "[*]") == 0) {
      place = ensure(place->element).get();
      at += 3;
    } else {
      if (path[at] == '.' && at != 0) ++at;
      const size_t end = std::min(path.find_first_of(".[", at), path.size());
      const std::string name = path.substr(at, end - at);
      if (name.empty() || name.size() > kNameBytesMax ||
          name.find_first_of("]{} ") != std::string::npos)
        throw Problem{line, "bad path '" + path + "'"};
      place = name == "*" ? ensure(place->any_member).get() : ensure(place->members[name]).get();
      at = end;
    }
  }
  return *place;
}

class Writer {
 public:
  void compile(const ApiKindSource& source);
  // The kinds in the order of their names, whatever order they were compiled in.
  std::vector<uint8_t> finish();

 private:
  struct Shape {
    const ApiShape* source;
    Place root;
    LlmShape out{};
  };
  // What is known of one node: places that overlay each other, the first wins.
  struct Key {
    std::vector<const Place*> places;
    bool discriminator;
    bool is_variant;
    auto operator<=>(const Key&) const = default;
  };

  LlmText text(std::string_view s);
  uint16_t add_rule(const std::string& where, const ApiPath& path, const std::string& written,
                    const ApiShape* shape);
  void add_paths(Place& root, const std::string& where, const std::vector<ApiPath>& paths,
                 const ApiShape* shape);
  void add_shape(const ApiKindSource& source, ShapeKind kind, LlmKind& out);
  void check_uses(const ApiKindSource& source, const std::vector<ApiPath>& paths) const;
  void add_channels(const ApiShape& shape, LlmShape& out);
  void add_template(const ApiShape& shape, const ApiChannel& channel, LlmChannel& out);
  void graft(std::vector<const Place*>& places, std::vector<const Fragment*>& fragments);
  uint32_t lower(std::vector<const Place*> places, bool discriminator, bool is_variant);
  uint32_t subtree(TextClass text_class, uint16_t rule);
  template <class Entry>
  void put_table(std::vector<uint8_t>& out, LlmTable& table, const std::vector<Entry>& entries);

  std::map<std::string, Fragment> fragments_;
  std::map<std::string, uint32_t> shape_roots_;  // "openai_chat.request" of the kinds so far
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
  std::vector<std::unique_ptr<Shape>> shape_sources_;
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

uint16_t Writer::add_rule(const std::string& where, const ApiPath& path, const std::string& written,
                          const ApiShape* shape) {
  if (rules_.size() + 2 >= kLlmNoRule) throw Problem{path.line, "too many paths"};
  LlmRule rule{};
  rule.path = text(where + ":" + written);
  rule.text_class = static_cast<uint8_t>(path.text_class);
  rule.role = static_cast<uint8_t>(path.role);
  rule.mark = static_cast<uint8_t>(path.mark);
  rule.channel = kLlmNoChannel;
  rule.capture = kLlmNoChannel;
  const auto index_of = [&](const auto& list, const std::string& name, const char* what) {
    const auto found =
        shape == nullptr
            ? list.end()
            : std::find_if(list.begin(), list.end(), [&](const auto& e) { return e.name == name; });
    if (found == list.end())
      throw Problem{path.line, std::string("no ") + what + " named '" + name + "' here"};
    return static_cast<uint8_t>(found - list.begin());
  };
  static const ApiShape none;
  const ApiShape& lists = shape == nullptr ? none : *shape;
  if (!path.channel.empty()) rule.channel = index_of(lists.channels, path.channel, "channel");
  if (!path.capture.empty()) rule.capture = index_of(lists.captures, path.capture, "capture");
  if (!path.closes.empty() && shape == nullptr) throw Problem{path.line, "'closes' in a fragment"};
  const auto index = static_cast<uint16_t>(rules_.size());
  rules_.push_back(rule);
  for (const auto& [value, scope] : path.closes) {
    LlmClose close{};
    if (value.size() > kNameBytesMax) throw Problem{path.line, "value of 'closes' is too long"};
    close.value = text(value == "*" ? std::string_view() : std::string_view(value));
    close.rule = index;
    close.scope = static_cast<uint8_t>(scope);
    closes_.push_back(close);
  }
  return index;
}

void Writer::add_paths(Place& root, const std::string& where, const std::vector<ApiPath>& paths,
                       const ApiShape* shape) {
  for (const ApiPath& path : paths) {
    std::vector<std::string> expanded;
    try {
      expanded = expand_braces(path.path);
    } catch (Problem& problem) {
      throw Problem{path.line, problem.what};
    }
    for (const std::string& written : expanded) {
      Place& place = walk_path(root, written, path.line);
      if (place.text_class || !place.use.empty())
        throw Problem{path.line, "path '" + written + "' is written twice"};
      if (path.has_class && is_foreign(path.use))
        throw Problem{path.line, "path '" + written + "' is a whole message and has no class"};
      if (!path.has_class && path.use.empty())
        throw Problem{path.line, "path '" + written + "' has no class"};
      place.use = path.use;
      if (!path.has_class) continue;
      place.text_class = path.text_class;
      place.tree = path.tree || path.text_class == TextClass::L;
      place.rule = add_rule(where, path, written, shape);
      place.inner_rule = place.rule;
      if (place.tree && (path.role != LeafRole::None || path.mark != MarkKind::None)) {
        ApiPath inner = path;
        inner.role = LeafRole::None;
        inner.mark = MarkKind::None;
        inner.channel.clear();
        inner.capture.clear();
        inner.closes.clear();
        place.inner_rule = add_rule(where, inner, written + "..", shape);
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
void Writer::graft(std::vector<const Place*>& places, std::vector<const Fragment*>& fragments) {
  for (size_t i = 0; i < places.size(); ++i) {
    for (const auto& [name, fragment] : fragments_)
      if (&fragment.root == places[i]) fragments.push_back(&fragment);
    if (places[i]->use.empty() || is_foreign(places[i]->use)) continue;
    const Place* root = &fragments_.at(places[i]->use).root;
    if (std::find(places.begin(), places.end(), root) == places.end()) places.push_back(root);
  }
}

uint32_t Writer::lower(std::vector<const Place*> places, bool discriminator, bool is_variant) {
  if (is_foreign(places.front()->use)) {
    if (!places.front()->members.empty() || places.front()->element)
      throw Problem{0, "a path goes on behind '" + places.front()->use + "'"};
    return shape_roots_.at(places.front()->use);
  }
  std::vector<const Fragment*> fragments;
  graft(places, fragments);
  const auto [known, fresh] = lowered_.try_emplace(Key{places, discriminator, is_variant},
                                                   static_cast<uint32_t>(nodes_.size()));
  if (!fresh) return known->second;
  const uint32_t index = known->second;
  nodes_.emplace_back();

  LlmNode node{};
  node.rule = kLlmNoRule;
  node.text_class = static_cast<uint8_t>(TextClass::Unknown);
  uint32_t below = subtree(TextClass::Unknown, kLlmNoRule);
  for (const Place* place : places) {
    if (!place->text_class) continue;
    node.rule = place->rule;
    node.text_class = static_cast<uint8_t>(*place->text_class);
    if (place->tree) below = subtree(*place->text_class, place->inner_rule);
    break;
  }
  std::map<std::string, std::vector<const Place*>> members;
  std::vector<const Place*> any_member;
  std::vector<const Place*> element;
  for (const Place* place : places) {
    for (const auto& [name, member] : place->members) members[name].push_back(member.get());
    if (place->any_member) any_member.push_back(place->any_member.get());
    if (place->element) element.push_back(place->element.get());
  }
  node.any_key_node = any_member.empty() ? below : lower(any_member, false, false);
  node.element_node = element.empty() ? below : lower(element, false, false);
  if (!any_member.empty()) node.flags |= kNodeKeysAreText;
  if (discriminator) node.flags |= kNodeDiscriminator;

  const Fragment* selector = nullptr;
  for (const Fragment* fragment : fragments)
    if (!fragment->by.empty()) selector = fragment;
  std::vector<LlmEdge> edges;
  for (const auto& [name, below_name] : members) {
    LlmEdge edge{};
    edge.name = text(name);
    edge.name_hash = llm_name_hash(name);
    edge.node = lower(below_name, selector != nullptr && selector->by == name, false);
    edges.push_back(edge);
  }
  std::sort(edges.begin(), edges.end(),
            [](const auto& a, const auto& b) { return a.name_hash < b.name_hash; });
  std::vector<LlmVariant> variants;
  if (selector != nullptr && !is_variant) {
    for (const auto& [value, place] : selector->variants) {
      std::vector<const Place*> overlaid{place.get()};
      overlaid.insert(overlaid.end(), places.begin(), places.end());
      LlmVariant variant{};
      variant.value = text(value);
      variant.node = lower(overlaid, discriminator, true);
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
    if (close == std::string::npos) throw Problem{channel.line, "'${' without '}' in event_data"};
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
        throw Problem{channel.line, "no capture named '" + name + "'"};
      part.kind = static_cast<uint8_t>(PartKind::Capture);
      part.capture = static_cast<uint8_t>(found - shape.captures.begin());
    }
    parts_.push_back(part);
  }
  if (!has_text)
    throw Problem{channel.line, "event_data of channel '" + channel.name + "' has no ${text}"};
  out.part_count = static_cast<uint32_t>(parts_.size()) - out.part_first;
}

void Writer::add_channels(const ApiShape& shape, LlmShape& out) {
  if (shape.captures.size() > kCapturesMax) throw Problem{shape.line, "more than 8 captures"};
  if (shape.channels.size() >= kLlmNoChannel) throw Problem{shape.line, "too many channels"};
  out.channel_first = static_cast<uint32_t>(channels_.size());
  out.channel_count = static_cast<uint32_t>(shape.channels.size());
  for (const ApiChannel& channel : shape.channels) {
    LlmChannel c{};
    c.name = text(channel.name);
    c.event_name = text(channel.event_name);
    c.text_class = static_cast<uint8_t>(channel.is_json ? TextClass::J : TextClass::T);
    add_template(shape, channel, c);
    channels_.push_back(c);
  }
  out.capture_first = static_cast<uint32_t>(captures_.size());
  out.capture_count = static_cast<uint32_t>(shape.captures.size());
  for (const ApiCapture& capture : shape.captures)
    captures_.push_back(LlmCapture{text(capture.fallback)});
}

void Writer::add_shape(const ApiKindSource& source, ShapeKind kind, LlmKind& out) {
  static constexpr const char* kNames[] = {"request", "response", "stream"};
  const auto slot = static_cast<size_t>(kind);
  const ApiShape& shape = source.shapes[slot];
  out.shapes[slot] = kLlmNone;
  if (!shape.present) return;
  auto built = std::make_unique<Shape>();
  LlmShape entry{};
  entry.formats = shape.formats;
  entry.close_first = static_cast<uint32_t>(closes_.size());
  add_paths(built->root, kNames[slot], shape.paths, &shape);
  entry.close_count = static_cast<uint32_t>(closes_.size()) - entry.close_first;
  add_channels(shape, entry);
  entry.root_node = lower({&built->root}, false, false);
  shape_roots_[source.name + "." + kNames[slot]] = entry.root_node;
  out.shapes[slot] = static_cast<uint32_t>(shapes_.size());
  shapes_.push_back(entry);
  shape_sources_.push_back(std::move(built));
}

void Writer::check_uses(const ApiKindSource& source, const std::vector<ApiPath>& paths) const {
  for (const ApiPath& path : paths) {
    if (path.use.empty()) continue;
    if (is_foreign(path.use)) {
      // Events have channels, which belong to their own stream.
      if (path.use.ends_with(".stream") || !shape_roots_.contains(path.use))
        throw Problem{path.line, "no request or response named '" + path.use + "'"};
    } else if (!source.fragments.contains(path.use)) {
      throw Problem{path.line, "no fragment named '" + path.use + "'"};
    }
  }
}

void Writer::compile(const ApiKindSource& source) {
  for (const ApiShape& shape : source.shapes) check_uses(source, shape.paths);
  fragments_.clear();
  lowered_.clear();
  for (const auto& [name, fragment] : source.fragments) {
    check_uses(source, fragment.paths);
    Fragment& built = fragments_[name];
    built.by = fragment.by;
    add_paths(built.root, name, fragment.paths, nullptr);
    if (!fragment.by.empty() && !built.root.members.contains(fragment.by))
      throw Problem{fragment.line, "fragment '" + name + "' is chosen by '" + fragment.by +
                                       "', which has no path"};
    if (fragment.by.empty() && !fragment.variants.empty())
      throw Problem{fragment.line, "fragment '" + name + "' has variants but no 'by'"};
    for (const auto& [value, paths] : fragment.variants) {
      check_uses(source, paths);
      if (value.empty() || value.size() > kNameBytesMax)
        throw Problem{fragment.line, "bad variant '" + value + "'"};
      auto place = std::make_unique<Place>();
      add_paths(*place, name + "(" + value + ")", paths, nullptr);
      built.variants[value] = std::move(place);
    }
  }
  LlmKind kind{};
  kind.name = text(source.name);
  kind.done_data = text(source.done_data);
  for (uint8_t i = 0; i < kShapeKindCount; ++i) add_shape(source, static_cast<ShapeKind>(i), kind);
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
  const auto name = [&](const LlmKind& kind) {
    return std::string_view(strings_).substr(kind.name.offset, kind.name.size);
  };
  std::sort(kinds_.begin(), kinds_.end(),
            [&](const LlmKind& a, const LlmKind& b) { return name(a) < name(b); });
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

// Names of the other kinds whose messages stand in this one's.
std::vector<std::string> foreign_kinds(const ApiKindSource& source) {
  std::vector<std::string> names;
  const auto look_at = [&](const std::vector<ApiPath>& paths) {
    for (const ApiPath& path : paths)
      if (is_foreign(path.use)) names.push_back(path.use.substr(0, path.use.find('.')));
  };
  for (const ApiShape& shape : source.shapes) look_at(shape.paths);
  for (const auto& [name, fragment] : source.fragments) {
    look_at(fragment.paths);
    for (const auto& [value, paths] : fragment.variants) look_at(paths);
  }
  return names;
}

// Indexes of `kinds`, each behind the ones it uses. Of a circle one kind comes too early, and says
// that what it uses is not there.
std::vector<size_t> order_of_use(const std::vector<ApiKindSource>& kinds) {
  std::vector<size_t> order;
  std::vector<bool> seen(kinds.size());
  const auto visit = [&](const auto& self, size_t i) -> void {
    if (seen[i]) return;
    seen[i] = true;
    for (const std::string& name : foreign_kinds(kinds[i]))
      for (size_t other = 0; other < kinds.size(); ++other)
        if (kinds[other].name == name) self(self, other);
    order.push_back(i);
  };
  for (size_t i = 0; i < kinds.size(); ++i) visit(visit, i);
  return order;
}

}  // namespace

ApiKindSection compile_api_kinds(std::vector<ApiKindSource> kinds) {
  std::sort(kinds.begin(), kinds.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  ApiKindSection section;
  Writer writer;
  for (size_t i : order_of_use(kinds)) {
    try {
      if (kinds[i].name.empty() || kinds[i].name.size() > kNameBytesMax ||
          is_foreign(kinds[i].name))
        throw Problem{1, "bad name of the API kind"};
      if (i > 0 && kinds[i].name == kinds[i - 1].name)
        throw Problem{1, "API kind '" + kinds[i].name + "' exists twice"};
      writer.compile(kinds[i]);
    } catch (const Problem& problem) {
      section.problems.push_back(ApiKindProblem{kinds[i].file, problem.line, 0, problem.what});
    }
  }
  if (section.problems.empty()) section.bytes = writer.finish();
  return section;
}

}  // namespace sallyport::controlplane::policy
