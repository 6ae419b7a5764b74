// template_table.h: the prompt templates of an image, checked and ready to be compared with.
//
// Built on the main lcore with the version that it belongs to; views into the image. For each fixed
// text the table of the Knuth-Morris-Pratt search is made here, so that the comparison needs no
// memory of its own (rewrite/body/template_check.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/policy/image.h"

namespace sallyport::policy {

struct TemplatePiece {
  bool is_slot = false;
  std::string_view words;           // of a fixed text
  std::vector<uint16_t> fall_back;  // by count of matched bytes - 1: the longest border
};

struct TemplatePart {
  contract::Role role = contract::Role::User;
  std::vector<TemplatePiece> pieces;  // fixed words and slots in turn, one at least
};

struct PromptTemplate {
  std::string_view name;
  std::string_view version;
  Digest digest{};
  bool is_retired = false;
  std::vector<TemplatePart> parts;
};

// The border table of `words`.
std::vector<uint16_t> borders_of(std::string_view words);

class TemplateTable {
 public:
  // False: `error` says what of the section does not hold. The image outlives the table.
  [[nodiscard]] bool load(const Image& image, std::string& error);
  // Null: there is none of this name and version.
  const PromptTemplate* find(std::string_view name, std::string_view version) const noexcept;
  size_t size() const noexcept { return templates_.size(); }

 private:
  std::vector<PromptTemplate> templates_;  // by (name, version)
};

}  // namespace sallyport::policy
