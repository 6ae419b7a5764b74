// template_layout.h: the image section Templates: prompts of which the fixed words are policy.
//
//   TemplateSectionHeader | TemplateEntry[] | TemplatePartEntry[] | TemplatePieceEntry[]
//
// Texts lie in the image's Strings. Templates ascend by (name, version). A part is fixed words and
// slots in turn: no two slots beside one another, no two fixed texts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/contract/image_layout.h"

namespace sallyport::contract {

inline constexpr size_t kTemplatesMax = 512;
inline constexpr size_t kTemplatePiecesMax = 128;             // of one template
inline constexpr size_t kTemplateFixedBytesMax = 64U * 1024;  // of one template: offsets are 16 bit
// Of all templates of an image: each worker keeps two more bytes for each of them.
inline constexpr size_t kTemplateFixedBytesAllMax = 4U << 20;

struct TemplateSectionHeader {
  uint32_t template_count;
  uint32_t part_count;
  uint32_t piece_count;
  uint32_t reserved;
};
static_assert(sizeof(TemplateSectionHeader) == 16);

struct TemplateEntry {
  ImageText name;
  ImageText version;
  Digest digest;     // what records cite: template_digest() of the bundle
  ImageRange parts;  // TemplatePartEntry
  uint8_t is_retired;
  uint8_t reserved[7];
};
static_assert(sizeof(TemplateEntry) == 64);

struct TemplatePartEntry {
  ImageRange pieces;  // TemplatePieceEntry
  uint8_t role;       // Role
  uint8_t reserved[7];
};
static_assert(sizeof(TemplatePartEntry) == 16);

struct TemplatePieceEntry {
  ImageText text;  // the words, or the name of the slot
  uint8_t is_slot;
  uint8_t reserved[7];
};
static_assert(sizeof(TemplatePieceEntry) == 16);

}  // namespace sallyport::contract
