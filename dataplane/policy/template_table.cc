#include "dataplane/policy/template_table.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "dataplane/contract/template_layout.h"

namespace sallyport::policy {
namespace {

using contract::ImageRange;
using contract::TemplateEntry;
using contract::TemplatePartEntry;
using contract::TemplatePieceEntry;
using contract::TemplateSectionHeader;

// The section as its three tables; every index is checked before it is followed.
class Reader {
 public:
  Reader(const Image& image, std::string& error) : image_(image), error_(error) {}

  bool open() {
    const auto bytes = image_.opaque_section(contract::SectionKind::Templates);
    if (bytes.empty()) return true;  // an image without templates
    if (bytes.size() < sizeof header_) return fail("cut short");
    std::memcpy(&header_, bytes.data(), sizeof header_);
    const uint64_t wanted = sizeof header_ +
                            uint64_t{header_.template_count} * sizeof(TemplateEntry) +
                            uint64_t{header_.part_count} * sizeof(TemplatePartEntry) +
                            uint64_t{header_.piece_count} * sizeof(TemplatePieceEntry);
    if (wanted != bytes.size() || header_.reserved != 0 ||
        header_.template_count > contract::kTemplatesMax)
      return fail("counts and size");
    const uint8_t* at = bytes.data() + sizeof header_;
    templates_ = {reinterpret_cast<const TemplateEntry*>(at), header_.template_count};
    at += templates_.size_bytes();
    parts_ = {reinterpret_cast<const TemplatePartEntry*>(at), header_.part_count};
    at += parts_.size_bytes();
    pieces_ = {reinterpret_cast<const TemplatePieceEntry*>(at), header_.piece_count};
    return true;
  }

  bool read(std::vector<PromptTemplate>& out) {
    for (const TemplateEntry& entry : templates_) {
      PromptTemplate one;
      if (!read_one(entry, one)) return false;
      const auto key = [](const PromptTemplate& t) { return std::tie(t.name, t.version); };
      if (!out.empty() && key(out.back()) >= key(one)) return fail("order");
      out.push_back(std::move(one));
    }
    return true;
  }

 private:
  bool fail(std::string_view what) {
    error_ = "image: templates: " + std::string(what);
    return false;
  }
  template <class T>
  static bool is_within(const ImageRange& range, std::span<const T> all) {
    return range.first <= all.size() && range.count <= all.size() - range.first;
  }

  bool read_one(const TemplateEntry& entry, PromptTemplate& out) {
    const auto name = image_.find_text(entry.name), version = image_.find_text(entry.version);
    if (!name || name->empty() || !version || version->empty() || entry.is_retired > 1)
      return fail("name or version");
    if (!is_within(entry.parts, parts_) || entry.parts.count == 0) return fail("parts");
    out.name = *name;
    out.version = *version;
    out.digest = entry.digest;
    out.is_retired = entry.is_retired == 1;
    size_t fixed = 0, count = 0;
    for (const TemplatePartEntry& part : parts_.subspan(entry.parts.first, entry.parts.count)) {
      if (part.role >= contract::kRoleCount || part.pieces.count == 0 ||
          !is_within(part.pieces, pieces_))
        return fail("role or pieces");
      count += part.pieces.count;
      if (count > contract::kTemplatePiecesMax) return fail("too many pieces");
      TemplatePart& made = out.parts.emplace_back();
      made.role = static_cast<contract::Role>(part.role);
      for (const auto& piece : pieces_.subspan(part.pieces.first, part.pieces.count))
        if (!read_piece(piece, made, fixed)) return false;
    }
    fixed_all_ += fixed;
    return fixed_all_ <= contract::kTemplateFixedBytesAllMax || fail("more words than are kept");
  }

  bool read_piece(const TemplatePieceEntry& entry, TemplatePart& part, size_t& fixed) {
    const auto words = image_.find_text(entry.text);
    if (!words || words->empty() || entry.is_slot > 1) return fail("piece");
    const bool is_slot = entry.is_slot == 1;
    if (!part.pieces.empty() && part.pieces.back().is_slot == is_slot)
      return fail("words and slots do not take turns");
    TemplatePiece& made = part.pieces.emplace_back();
    made.is_slot = is_slot;
    if (is_slot) return true;
    fixed += words->size();
    if (fixed >= contract::kTemplateFixedBytesMax + 1) return fail("a template of too many words");
    made.words = *words;
    made.fall_back = borders_of(*words);
    return true;
  }

  const Image& image_;
  std::string& error_;
  TemplateSectionHeader header_{};
  std::span<const TemplateEntry> templates_;
  std::span<const TemplatePartEntry> parts_;
  std::span<const TemplatePieceEntry> pieces_;
  size_t fixed_all_ = 0;
};

}  // namespace

std::vector<uint16_t> borders_of(std::string_view words) {
  std::vector<uint16_t> out(words.size(), 0);
  size_t border = 0;
  for (size_t i = 1; i < words.size(); ++i) {
    while (border > 0 && words[i] != words[border]) border = out[border - 1];
    if (words[i] == words[border]) ++border;
    out[i] = static_cast<uint16_t>(border);
  }
  return out;
}

bool TemplateTable::load(const Image& image, std::string& error) {
  templates_.clear();
  Reader reader(image, error);
  return reader.open() && reader.read(templates_);
}

const PromptTemplate* TemplateTable::find(std::string_view name,
                                          std::string_view version) const noexcept {
  for (const PromptTemplate& one : templates_)
    if (one.name == name && one.version == version) return &one;
  return nullptr;
}

}  // namespace sallyport::policy
