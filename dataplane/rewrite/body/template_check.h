// template_check.h: are the texts of a request those of the prompt template that it names?
//
// The texts of one role, in the order of the message, are held against the template's parts of that
// role: the first text against the first part, and so on; each must match from its first to its
// last byte. What comes after the last part of a role is conversation and may be anything, but for
// texts of the role system: one more of those could take back what the template says.
//
// A slot takes everything up to the first place where the words behind it stand, or up to the end
// of the text where none do; the last words of a part must end the text. That is one meaning per
// text, found in one pass: the words behind a slot are looked for with their border table
// (policy/template_table.h), so that a text may come in any pieces and nothing of it is kept.
//
// Limits  kTemplateSlotBytesMax for one slot. Owner  one exchange; reusable. No byte of a text in
// it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/policy/template_table.h"

namespace sallyport::rewrite {

class TemplateCheck {
 public:
  // Why the texts are not those of the template; a fixed word each.
  enum class Fault : uint8_t {
    None,
    Words,
    SlotTooLong,
    UnknownRole,
    MoreSystemTexts,
    MissingPart
  };

  // `wanted` outlives the check.
  void begin(const policy::PromptTemplate& wanted) noexcept;

  // One text: its role as far as the message has said it before the text, its decoded bytes, its
  // end.
  void begin_text(contract::Role role) noexcept;
  void begin_text_of_unknown_role() noexcept { fail(Fault::UnknownRole); }
  void feed(std::span<const uint8_t> decoded) noexcept;
  void end_text() noexcept;

  // The message is over: every part was there, and every text fitted.
  [[nodiscard]] bool end() noexcept;
  Fault fault() const noexcept { return fault_; }
  static std::string_view fault_name(Fault fault) noexcept;

 private:
  const policy::TemplatePart* part_of(contract::Role role, size_t number) const noexcept;
  size_t take_words(const policy::TemplatePiece& piece, std::span<const uint8_t> text) noexcept;
  size_t look_for(const policy::TemplatePiece& piece, std::span<const uint8_t> text,
                  bool is_last) noexcept;
  void fail(Fault fault) noexcept {
    if (fault_ == Fault::None) fault_ = fault;
  }

  const policy::PromptTemplate* template_ = nullptr;
  std::array<uint32_t, contract::kRoleCount> seen_{};  // texts of each role
  const policy::TemplatePart* part_ = nullptr;         // of the text being read; null: any text
  size_t piece_ = 0;                                   // that comes next, or is being matched
  size_t matched_ = 0;                                 // bytes of its words
  uint64_t slot_bytes_ = 0;  // read since the last words ended, with those being matched
  Fault fault_ = Fault::None;
};

}  // namespace sallyport::rewrite
