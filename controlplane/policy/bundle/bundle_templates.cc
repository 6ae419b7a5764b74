// templates/*.yaml: prompts of which the fixed words are policy, and only the slots are the
// caller's.
#include <algorithm>
#include <map>
#include <set>

#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/bundle/bundle_settings.h"
#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/bundle/names.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Role;

constexpr YamlReader::Named<bool> kStatuses[] = {{"active", false}, {"retired", true}};

constexpr size_t kTemplateNameBytes = 47;
constexpr size_t kTemplateVersionBytes = 15;
constexpr size_t kTemplatesMax = 512;
constexpr size_t kPartsMax = 32;
constexpr size_t kPiecesMax = 128;              // of one template
constexpr size_t kFixedBytesMax = 64U * 1024U;  // of one template

bool is_slot_name(std::string_view name) {
  return !name.empty() && name.size() <= kTemplateNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

class TemplateReader {
 public:
  explicit TemplateReader(BundleParts& parts) : parts_(parts), reader_(parts.reader) {}

  void read(const YamlNode& item) {
    PromptTemplate one;
    one.place = item.place;
    YamlMapping mapping(reader_, item, "a template");
    one.name = name(mapping.required("name"), kTemplateNameBytes);
    one.version = name(mapping.required("version"), kTemplateVersionBytes);
    if (const YamlNode* status = mapping.required("status"))
      one.is_retired = reader_.choice(*status, kStatuses);
    one.owner = mapping.text_or("owner", "");
    one.description = mapping.text_or("description", "");
    if (const YamlNode* parts = mapping.required("parts")) read_parts(*parts, one);
    mapping.finish();
    const auto [former, is_new] = ids_.try_emplace(one.id(), item.place);
    if (!is_new)
      reader_.add(item.place, "template " + one.id() + " is already in " + former->second.file +
                                  ":" + std::to_string(former->second.line));
    one.digest = template_digest(one);
    parts_.bundle.templates.push_back(std::move(one));
  }

 private:
  std::string name(const YamlNode* node, size_t bytes_max) {
    if (node == nullptr) return {};
    std::string text = reader_.text(*node);
    if (!text.empty() && !is_bundle_name(text, bytes_max))
      reader_.add(node->place,
                  "a-z, 0-9 and inner . _ - are expected, at most " + std::to_string(bytes_max));
    return text;
  }

  void read_parts(const YamlNode& node, PromptTemplate& one) {
    if (node.kind != YamlNode::Kind::Sequence || node.items.empty() ||
        node.items.size() > kPartsMax)
      return reader_.add(node.place, "parts is a list of 1 to " + std::to_string(kPartsMax));
    size_t fixed_bytes = 0, pieces = 0;
    for (const YamlNode& item : node.items) {
      TemplatePart part;
      YamlMapping mapping(reader_, item, "a part");
      if (const YamlNode* role = mapping.required("role"))
        part.role = reader_.choice(*role, kRoles);
      if (const YamlNode* text = mapping.required("text")) read_text(*text, part);
      mapping.finish();
      pieces += part.pieces.size();
      for (const TemplatePiece& piece : part.pieces)
        if (!piece.is_slot) fixed_bytes += piece.text.size();
      one.parts.push_back(std::move(part));
    }
    if (fixed_bytes == 0)
      reader_.add(node.place, "a template without fixed words holds nobody to anything");
    if (fixed_bytes > kFixedBytesMax || pieces > kPiecesMax)
      reader_.add(node.place, "a template has at most 64 KiB of fixed text and 128 pieces");
  }

  // "Answer {{language}} only." A brace that is meant is written once.
  void read_text(const YamlNode& node, TemplatePart& part) {
    const std::string text = reader_.text(node);
    for (size_t at = 0; at < text.size();) {
      const size_t open = std::min(text.find("{{", at), text.size());
      if (open > at) part.pieces.push_back({false, text.substr(at, open - at)});
      if (open == text.size()) break;
      const size_t close = text.find("}}", open);
      std::string slot =
          close == std::string::npos ? std::string() : text.substr(open + 2, close - open - 2);
      if (!is_slot_name(slot))
        return reader_.add(node.place, "a slot is {{name}}, with a-z, 0-9 and _ in the name");
      if (!part.pieces.empty() && part.pieces.back().is_slot)
        return reader_.add(node.place,
                           "two slots need words between them, or nobody can tell "
                           "where one ends");
      part.pieces.push_back({true, std::move(slot)});
      at = close + 2;
    }
    if (part.pieces.empty()) reader_.add(node.place, "a part has a text");
  }

  BundleParts& parts_;
  YamlReader& reader_;
  std::map<std::string, Place> ids_;
};

}  // namespace

contract::Digest template_digest(const PromptTemplate& one) {
  std::string text = "sallyport template 1\n" + one.id() + "\n";
  for (const TemplatePart& part : one.parts) {
    text += std::string(role_name(part.role)) + "\n";
    for (const TemplatePiece& piece : part.pieces)
      text += std::string(piece.is_slot ? "slot " : "text ") + std::to_string(piece.text.size()) +
              "\n" + piece.text + "\n";
  }
  return sha256(text);
}

void read_templates(BundleParts& parts) {
  TemplateReader reader(parts);
  for (const std::string& path : parts.files.in_folder("templates")) {
    const YamlNode* node = parts.top(path, "templates", false);
    if (node == nullptr) continue;
    if (node->kind != YamlNode::Kind::Sequence) {
      parts.reader.add(node->place, "templates is a list");
      continue;
    }
    for (const YamlNode& item : node->items) reader.read(item);
  }
  auto& templates = parts.bundle.templates;
  std::sort(templates.begin(), templates.end(),
            [](const PromptTemplate& a, const PromptTemplate& b) { return a.id() < b.id(); });
  if (templates.size() > kTemplatesMax)
    parts.reader.add(templates.back().place,
                     "more than " + std::to_string(kTemplatesMax) + " templates");
}

}  // namespace sallyport::controlplane::policy
