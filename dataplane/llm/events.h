// events.h: what the llm stage tells the stages behind it, as plain values.
//
// Offsets. `raw` is a byte offset in the JSON text as it was fed, counted from begin(): absolute
// over all pieces fed. `decoded` is a byte offset in the UTF-8 text of one string after its JSON
// escapes have been decoded. Ranges are half open.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/contract/llm_layout.h"

namespace sallyport::llm {

using contract::BodyFormat;
using contract::CloseScope;
using contract::LeafRole;
using contract::MarkKind;
using contract::Speaker;
using contract::StreamFormat;
using contract::TextClass;

inline constexpr uint16_t kNoRule = contract::kLlmNoRule;
inline constexpr uint8_t kIndexesMax = 6;

enum class LeafKind : uint8_t { String, Number, Literal /* true, false, null */ };

// One scalar of a JSON text, or a member name where names count as text.
struct Leaf {
  TextClass text_class = TextClass::Unknown;
  LeafKind kind = LeafKind::String;
  LeafRole role = LeafRole::None;
  Speaker speaker = Speaker::Unsaid;
  bool is_key = false;  // a member name, where names count as text
  uint8_t index_count =
      0;  // arrays on the way here, outermost first; only the first kIndexesMax are kept
  uint8_t channel = contract::kLlmNoChannel;  // stream events: index of the shape's channel
  uint8_t capture = contract::kLlmNoChannel;  // stream events: index of the shape's capture
  uint8_t opaque = 0;       // contract::OpaqueReason, for classes that nobody reads
  uint8_t offset_text = 0;  // contract::LlmRule
  uint8_t offset_form = 0;
  bool selects = false;     // its value says what the members beside it are
  bool in_list = false;     // it is an item of an array; else a member, or all there is
  bool in_rows = false;     // what it stands in is an item of an array
  uint16_t depth = 0;       // objects and arrays that it stands in
  uint16_t rule = kNoRule;  // index for ApiTables::rule_path(); kNoRule: no rule names this path
  std::array<uint32_t, kIndexesMax> indexes{};  // messages[3].content[0].text -> {3, 0}
  uint64_t raw_start = 0;   // of the opening quote, or of the first byte of a number or literal
  uint64_t list_start = 0;  // raw, of what it stands in
  uint64_t rows_start = 0;  // and of what that stands in
  uint32_t item = 0;        // its place there, if in_list
  uint32_t row = 0;         // and of what it stands in, if in_rows
};

// A piece of text that arrives over many events: one scan and one restoration state each.
struct ChannelKey {
  uint8_t channel =
      contract::kLlmNoChannel;  // which kind of text (content, refusal, arguments ...)
  uint32_t outer = 0;           // choice or content block
  uint32_t inner = 0;           // tool call inside the choice; 0 where there is none
  friend constexpr bool operator==(const ChannelKey&, const ChannelKey&) = default;
};

}  // namespace sallyport::llm
