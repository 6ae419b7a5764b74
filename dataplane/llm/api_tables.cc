#include "dataplane/llm/api_tables.h"

#include <cstddef>

#include "dataplane/base/check.h"

namespace sallyport::llm {

using contract::kLlmNoChannel;
using contract::kLlmNone;
using contract::kLlmNoRule;
using contract::LlmHeader;
using contract::LlmNode;
using contract::LlmTable;
using contract::LlmText;

namespace {

bool fits(const LlmTable& table, size_t entry_bytes, size_t section_bytes) {
  if (table.offset % 8 != 0 || table.offset > section_bytes) return false;
  return table.count <= (section_bytes - table.offset) / entry_bytes;
}

template <class Entry>
const Entry* entries(std::span<const uint8_t> section, const LlmTable& table) {
  return reinterpret_cast<const Entry*>(section.data() + table.offset);
}

bool in_range(uint32_t first, uint32_t count, uint32_t total) {
  return first <= total && count <= total - first;
}

using LoadError = ApiTables::LoadError;

LoadError check_node(const ApiTables& tables, const LlmHeader& header, const LlmNode& node) {
  if (!in_range(node.edge_first, node.edge_count, header.edges.count)) return LoadError::BadIndex;
  if (!in_range(node.variant_first, node.variant_count, header.variants.count))
    return LoadError::BadIndex;
  if (node.any_key_node >= header.nodes.count || node.element_node >= header.nodes.count)
    return LoadError::BadIndex;
  if (node.rule != kLlmNoRule && node.rule >= header.rules.count) return LoadError::BadIndex;
  if (node.text_class >= contract::kTextClassCount) return LoadError::BadEnum;
  if ((node.flags & ~contract::kNodeFlagsMask) != 0 ||
      (node.flags & contract::kNodeSpeakerMask) >> contract::kNodeSpeakerShift >
          static_cast<int>(contract::Speaker::Tool))
    return LoadError::BadEnum;
  for (uint32_t i = 1; i < node.edge_count; ++i) {
    if (tables.edge(node.edge_first + i - 1).name_hash >=
        tables.edge(node.edge_first + i).name_hash)
      return LoadError::BadOrder;
  }
  return LoadError::None;
}

bool text_ok(const LlmHeader& header, const LlmText& text) {
  return in_range(text.offset, text.size, header.strings.count);
}
bool name_ok(const LlmHeader& header, const LlmText& text) {
  return text_ok(header, text) && text.size <= kKnownNameBytesMax;
}

}  // namespace

bool ApiKind::ends(std::span<const uint8_t> data) const noexcept {
  if (done_data.empty() || data.size() < done_data.size()) return false;
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  return text.starts_with(done_data) &&
         text.find_first_not_of(' ', done_data.size()) == std::string_view::npos;
}

ApiTables::LoadError ApiTables::load(std::span<const uint8_t> section) noexcept {
  header_ = nullptr;
  SP_CHECK(reinterpret_cast<uintptr_t>(section.data()) % 8 == 0);
  if (section.size() < sizeof(LlmHeader)) return LoadError::TooShort;
  const auto* header = reinterpret_cast<const LlmHeader*>(section.data());
  if (header->magic != contract::kLlmSectionMagic) return LoadError::BadMagic;
  if (header->version != contract::kLlmSectionVersion) return LoadError::BadVersion;
  if (header->section_bytes < sizeof(LlmHeader) || header->section_bytes > section.size())
    return LoadError::BadSize;
  const size_t size = header->section_bytes;
  const bool tables_fit = fits(header->kinds, sizeof(contract::LlmKind), size) &&
                          fits(header->shapes, sizeof(contract::LlmShape), size) &&
                          fits(header->nodes, sizeof(contract::LlmNode), size) &&
                          fits(header->edges, sizeof(contract::LlmEdge), size) &&
                          fits(header->variants, sizeof(contract::LlmVariant), size) &&
                          fits(header->rules, sizeof(contract::LlmRule), size) &&
                          fits(header->closes, sizeof(contract::LlmClose), size) &&
                          fits(header->channels, sizeof(contract::LlmChannel), size) &&
                          fits(header->captures, sizeof(contract::LlmCapture), size) &&
                          fits(header->parts, sizeof(contract::LlmPart), size) &&
                          fits(header->strings, 1, size);
  if (!tables_fit || header->rules.count >= kLlmNoRule || header->kinds.count > 0xffff)
    return LoadError::BadTable;
  kinds_ = entries<contract::LlmKind>(section, header->kinds);
  shapes_ = entries<contract::LlmShape>(section, header->shapes);
  nodes_ = entries<contract::LlmNode>(section, header->nodes);
  edges_ = entries<contract::LlmEdge>(section, header->edges);
  variants_ = entries<contract::LlmVariant>(section, header->variants);
  rules_ = entries<contract::LlmRule>(section, header->rules);
  closes_ = entries<contract::LlmClose>(section, header->closes);
  channels_ = entries<contract::LlmChannel>(section, header->channels);
  captures_ = entries<contract::LlmCapture>(section, header->captures);
  parts_ = entries<contract::LlmPart>(section, header->parts);
  strings_ = entries<char>(section, header->strings);
  header_ = header;
  const LoadError error = check();
  if (error != LoadError::None) header_ = nullptr;
  return error;
}

ApiTables::LoadError ApiTables::check() const noexcept {
  const LlmHeader& h = *header_;
  for (uint32_t i = 0; i < h.kinds.count; ++i) {
    if (!text_ok(h, kinds_[i].name) || !text_ok(h, kinds_[i].done_data)) return LoadError::BadText;
    for (uint32_t shape : kinds_[i].shapes)
      if (shape != kLlmNone && shape >= h.shapes.count) return LoadError::BadIndex;
  }
  for (uint32_t i = 0; i < h.shapes.count; ++i) {
    const contract::LlmShape& s = shapes_[i];
    if (s.root_node >= h.nodes.count || !in_range(s.close_first, s.close_count, h.closes.count) ||
        !in_range(s.channel_first, s.channel_count, h.channels.count) ||
        !in_range(s.capture_first, s.capture_count, h.captures.count))
      return LoadError::BadIndex;
    if (s.channel_count >= kLlmNoChannel || s.capture_count > kCapturesMax)
      return LoadError::BadIndex;
    if (s.formats >> contract::kBodyFormatCount != 0) return LoadError::BadEnum;
    for (uint32_t c = 0; c < s.channel_count; ++c) {
      const contract::LlmChannel& channel = channels_[s.channel_first + c];
      if (!in_range(channel.part_first, channel.part_count, h.parts.count))
        return LoadError::BadIndex;
      for (uint32_t p = 0; p < channel.part_count; ++p) {
        const contract::LlmPart& part = parts_[channel.part_first + p];
        if (part.kind == static_cast<uint8_t>(contract::PartKind::Capture) &&
            part.capture >= s.capture_count)
          return LoadError::BadIndex;
      }
    }
  }
  for (uint32_t i = 0; i < h.edges.count; ++i) {
    if (!name_ok(h, edges_[i].name)) return LoadError::BadText;
    if (edges_[i].node >= h.nodes.count) return LoadError::BadIndex;
    if (contract::llm_name_hash(text(edges_[i].name)) != edges_[i].name_hash)
      return LoadError::BadOrder;
  }
  for (uint32_t i = 0; i < h.nodes.count; ++i) {
    const LoadError error = check_node(*this, h, nodes_[i]);
    if (error != LoadError::None) return error;
  }
  for (uint32_t i = 0; i < h.variants.count; ++i) {
    if (!name_ok(h, variants_[i].value)) return LoadError::BadText;
    if (variants_[i].node >= h.nodes.count) return LoadError::BadIndex;
  }
  for (uint32_t i = 0; i < h.rules.count; ++i) {
    const contract::LlmRule& r = rules_[i];
    if (!text_ok(h, r.path)) return LoadError::BadText;
    if (r.text_class >= contract::kTextClassCount || r.role >= contract::kLeafRoleCount ||
        r.mark >= contract::kMarkKindCount || r.opaque >= contract::kOpaqueReasonCount)
      return LoadError::BadEnum;
    if ((r.offset_form & ~contract::kOffsetFormKnown) != 0 ||
        (r.offset_form & contract::kOffsetUnitMask) >= contract::kOffsetUnitCount)
      return LoadError::BadEnum;
  }
  for (uint32_t i = 0; i < h.closes.count; ++i) {
    if (!name_ok(h, closes_[i].value)) return LoadError::BadText;
    if (closes_[i].rule >= h.rules.count || closes_[i].scope >= contract::kCloseScopeCount)
      return LoadError::BadEnum;
  }
  for (uint32_t i = 0; i < h.channels.count; ++i) {
    const contract::LlmChannel& c = channels_[i];
    if (!text_ok(h, c.name) || !text_ok(h, c.event_name)) return LoadError::BadText;
    if (c.text_class > 1 || c.key_levels > contract::kChannelKeyLevelsMax)
      return LoadError::BadEnum;
  }
  for (uint32_t i = 0; i < h.captures.count; ++i)
    if (!text_ok(h, captures_[i].fallback)) return LoadError::BadText;
  for (uint32_t i = 0; i < h.parts.count; ++i) {
    if (!text_ok(h, parts_[i].text)) return LoadError::BadText;
    if (parts_[i].kind > 4) return LoadError::BadEnum;
  }
  return LoadError::None;
}

bool PathTable::takes(BodyFormat format) const noexcept {
  return valid() && (tables->shape(shape).formats & contract::format_bit(format)) != 0;
}

bool PathTable::takes(StreamFormat format) const noexcept {
  return valid() && (tables->shape(shape).formats & contract::format_bit(format)) != 0;
}

uint16_t ApiTables::kind_count() const noexcept {
  return header_ == nullptr ? uint16_t{0} : static_cast<uint16_t>(header_->kinds.count);
}

ApiKind ApiTables::kind(uint16_t index) const noexcept {
  SP_CHECK(index < kind_count());
  const contract::LlmKind& k = kinds_[index];
  ApiKind kind;
  kind.index = index;
  kind.name = text(k.name);
  kind.done_data = text(k.done_data);
  PathTable* const tables[] = {&kind.request, &kind.response, &kind.stream};
  for (size_t i = 0; i < 3; ++i)
    if (k.shapes[i] != kLlmNone)
      *tables[i] = PathTable{this, shapes_[k.shapes[i]].root_node, k.shapes[i]};
  return kind;
}

bool ApiTables::find_kind(std::string_view name, ApiKind& out) const noexcept {
  for (uint16_t i = 0; i < kind_count(); ++i) {
    if (text(kinds_[i].name) != name) continue;
    out = kind(i);
    return true;
  }
  return false;
}

std::string_view ApiTables::rule_path(uint16_t rule) const noexcept {
  if (rule == kNoRule || header_ == nullptr || rule >= header_->rules.count) return {};
  return text(rules_[rule].path);
}

bool ApiTables::find_child(uint32_t node, std::string_view name, uint64_t name_hash,
                           uint32_t& out) const noexcept {
  const LlmNode& n = nodes_[node];
  uint32_t low = n.edge_first;
  uint32_t high = n.edge_first + n.edge_count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (edges_[middle].name_hash < name_hash)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == n.edge_first + n.edge_count || edges_[low].name_hash != name_hash ||
      text(edges_[low].name) != name)
    return false;
  out = edges_[low].node;
  return true;
}

PathTable all_leaves() noexcept {
  struct alignas(8) Section {
    LlmHeader header;
    contract::LlmShape shape;
    LlmNode node;
  };
  static const Section section = [] {
    Section s{};
    const auto table = [](size_t offset, uint32_t count) {
      return LlmTable{static_cast<uint32_t>(offset), count};
    };
    s.header.magic = contract::kLlmSectionMagic;
    s.header.version = contract::kLlmSectionVersion;
    s.header.section_bytes = sizeof(Section);
    s.header.shapes = table(offsetof(Section, shape), 1);
    s.header.nodes = table(offsetof(Section, node), 1);
    s.node.rule = kLlmNoRule;
    s.node.text_class = static_cast<uint8_t>(TextClass::L);
    s.node.flags = contract::kNodeKeysAreText;
    return s;
  }();
  static const ApiTables tables = [] {
    ApiTables t;
    const auto* bytes = reinterpret_cast<const uint8_t*>(&section);
    SP_CHECK(t.load({bytes, sizeof(section)}) == LoadError::None);
    return t;
  }();
  return PathTable{&tables, 0, 0};
}

std::string_view load_error_name(ApiTables::LoadError error) noexcept {
  switch (error) {
    case LoadError::None:
      return "none";
    case LoadError::TooShort:
      return "too_short";
    case LoadError::BadMagic:
      return "bad_magic";
    case LoadError::BadVersion:
      return "bad_version";
    case LoadError::BadSize:
      return "bad_size";
    case LoadError::BadTable:
      return "bad_table";
    case LoadError::BadText:
      return "bad_text";
    case LoadError::BadIndex:
      return "bad_index";
    case LoadError::BadEnum:
      return "bad_enum";
    case LoadError::BadOrder:
      return "bad_order";
  }
  return "?";
}

std::string_view text_class_name(TextClass text_class) noexcept {
  static constexpr std::string_view kNames[contract::kTextClassCount] = {
      "T", "J", "L", "B", "U", "R", "O", "I", "N", "S", "unknown", "structural"};
  const auto i = static_cast<size_t>(text_class);
  return i < contract::kTextClassCount ? kNames[i] : std::string_view("?");
}

}  // namespace sallyport::llm
