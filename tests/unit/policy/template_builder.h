// template_builder.h: the section Templates made by hand, for an ImageBuilder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/contract/template_layout.h"
#include "tests/unit/policy/image_builder.h"

namespace sallyport::policy {

// A part: its role, and "words" or "{slot}" in turn.
using BuiltPart = std::pair<contract::Role, std::vector<std::string>>;

struct BuiltTemplate {
  std::string name;
  std::string version;
  std::vector<BuiltPart> parts;
  bool is_retired = false;
};

inline std::vector<uint8_t> template_section(ImageBuilder& b,
                                             const std::vector<BuiltTemplate>& templates) {
  std::vector<contract::TemplateEntry> entries;
  std::vector<contract::TemplatePartEntry> parts;
  std::vector<contract::TemplatePieceEntry> pieces;
  for (const BuiltTemplate& one : templates) {
    contract::TemplateEntry entry{};
    entry.name = b.text(one.name);
    entry.version = b.text(one.version);
    entry.digest.fill(0x7e);
    entry.is_retired = one.is_retired ? 1 : 0;
    entry.parts = {static_cast<uint32_t>(parts.size()), static_cast<uint32_t>(one.parts.size())};
    entries.push_back(entry);
    for (const auto& [role, words] : one.parts) {
      contract::TemplatePartEntry part{};
      part.role = static_cast<uint8_t>(role);
      part.pieces = {static_cast<uint32_t>(pieces.size()), static_cast<uint32_t>(words.size())};
      parts.push_back(part);
      for (const std::string& word : words) {
        contract::TemplatePieceEntry piece{};
        piece.is_slot = word.starts_with("{") ? 1 : 0;
        piece.text = b.text(word);
        pieces.push_back(piece);
      }
    }
  }
  const contract::TemplateSectionHeader header{static_cast<uint32_t>(entries.size()),
                                               static_cast<uint32_t>(parts.size()),
                                               static_cast<uint32_t>(pieces.size()), 0};
  std::vector<uint8_t> out;
  const auto append = [&out](const void* from, size_t bytes) {
    const auto* at = static_cast<const uint8_t*>(from);
    out.insert(out.end(), at, at + bytes);
  };
  append(&header, sizeof header);
  append(entries.data(), entries.size() * sizeof entries[0]);
  append(parts.data(), parts.size() * sizeof parts[0]);
  append(pieces.data(), pieces.size() * sizeof pieces[0]);
  return out;
}

}  // namespace sallyport::policy
