// api_tables.h: the read-only view of the llm section of a policy image.
//
// load() checks every index, offset, enumerator and sort order once, so that the walker may follow
// the tables without a further check. Nothing is copied: the section must outlive the view. Owner
// immutable after load(); shared by all workers. Not here  how the tables are written
// (controlplane/policy/api_kind/api_kind_compiler.h).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/contract/llm_layout.h"
#include "dataplane/llm/events.h"

namespace sallyport::llm {

// Limits that load() enforces.
inline constexpr uint32_t kKnownNameBytesMax =
    64;  // longest member name or discriminator value of a table
inline constexpr uint32_t kCapturesMax = 8;  // values that our own stream events repeat

class ApiTables;

// Where a walk starts: one shape of one API kind. A plain value; valid while its tables live.
struct PathTable {
  const ApiTables* tables = nullptr;
  uint32_t root_node = contract::kLlmNone;
  uint32_t shape = contract::kLlmNone;
  bool valid() const noexcept { return tables != nullptr; }
  // May a body, or a stream, of this shape be framed like this?
  bool takes(BodyFormat format) const noexcept;
  bool takes(StreamFormat format) const noexcept;
};

// One API kind (openai_chat, anthropic_messages).
struct ApiKind {
  uint16_t index = 0;
  std::string_view name;
  PathTable request;   // !valid(): the kind has no such message
  PathTable response;  // also covers the vendor's error bodies
  PathTable stream;
  std::string_view done_data;  // "[DONE]" or empty
  // Is this the data of the event that ends a stream? Some servers write a blank behind it.
  bool ends(std::span<const uint8_t> data) const noexcept;
};

class ApiTables {
 public:
  enum class LoadError : uint8_t {
    None,
    TooShort,
    BadMagic,
    BadVersion,
    BadSize,
    BadTable,
    BadText,
    BadIndex,
    BadEnum,
    BadOrder
  };

  // REQUIRES: `section` is 8-byte aligned (the image aligns its sections).
  [[nodiscard]] LoadError load(std::span<const uint8_t> section) noexcept;

  bool loaded() const noexcept { return header_ != nullptr; }
  uint16_t kind_count() const noexcept;
  ApiKind kind(uint16_t index) const noexcept;
  // By the name that an endpoint of the policy gives. False: no such kind.
  bool find_kind(std::string_view name, ApiKind& out) const noexcept;
  // The path of a rule as written in the YAML; empty for kNoRule.
  std::string_view rule_path(uint16_t rule) const noexcept;

  // For the walker and the event reader. Indexes come from these tables only.
  const contract::LlmNode& node(uint32_t i) const noexcept { return nodes_[i]; }
  const contract::LlmEdge& edge(uint32_t i) const noexcept { return edges_[i]; }
  const contract::LlmVariant& variant(uint32_t i) const noexcept { return variants_[i]; }
  const contract::LlmRule& rule(uint16_t i) const noexcept { return rules_[i]; }
  const contract::LlmShape& shape(uint32_t i) const noexcept { return shapes_[i]; }
  const contract::LlmClose& close(uint32_t i) const noexcept { return closes_[i]; }
  const contract::LlmChannel& channel(uint32_t i) const noexcept { return channels_[i]; }
  const contract::LlmCapture& capture(uint32_t i) const noexcept { return captures_[i]; }
  const contract::LlmPart& part(uint32_t i) const noexcept { return parts_[i]; }
  std::string_view text(contract::LlmText t) const noexcept {
    return {strings_ + t.offset, t.size};
  }

  // The node that member `name` (with hash `name_hash`) of an object at `node` leads to. False: no
  // rule names it, the object's any_key_node applies.
  bool find_child(uint32_t node, std::string_view name, uint64_t name_hash,
                  uint32_t& out) const noexcept;

 private:
  LoadError check() const noexcept;

  const contract::LlmHeader* header_ = nullptr;
  const contract::LlmKind* kinds_ = nullptr;
  const contract::LlmShape* shapes_ = nullptr;
  const contract::LlmNode* nodes_ = nullptr;
  const contract::LlmEdge* edges_ = nullptr;
  const contract::LlmVariant* variants_ = nullptr;
  const contract::LlmRule* rules_ = nullptr;
  const contract::LlmClose* closes_ = nullptr;
  const contract::LlmChannel* channels_ = nullptr;
  const contract::LlmCapture* captures_ = nullptr;
  const contract::LlmPart* parts_ = nullptr;
  const char* strings_ = nullptr;
};

// Every string leaf is text of class L, keys are delivered: for the JSON inside a J string, and for
// a tool call's arguments. Needs no image.
PathTable all_leaves() noexcept;

std::string_view load_error_name(ApiTables::LoadError error) noexcept;
// "T", "unknown", ...
std::string_view text_class_name(TextClass text_class) noexcept;

}  // namespace sallyport::llm
