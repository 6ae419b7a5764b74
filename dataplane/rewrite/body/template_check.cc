#include "dataplane/rewrite/body/template_check.h"

#include <cstring>

#include "dataplane/rewrite/text/limits.h"

namespace sallyport::rewrite {

void TemplateCheck::begin(const policy::PromptTemplate& wanted) noexcept {
  template_ = &wanted;
  seen_.fill(0);
  part_ = nullptr;
  fault_ = Fault::None;
}

const policy::TemplatePart* TemplateCheck::part_of(contract::Role role,
                                                   size_t number) const noexcept {
  for (const policy::TemplatePart& part : template_->parts)
    if (part.role == role && number-- == 0) return &part;
  return nullptr;
}

void TemplateCheck::begin_text(contract::Role role) noexcept {
  part_ = part_of(role, seen_[static_cast<size_t>(role)]++);
  piece_ = matched_ = 0;
  slot_bytes_ = 0;
  if (part_ == nullptr && role == contract::Role::System) fail(Fault::MoreSystemTexts);
}

void TemplateCheck::feed(std::span<const uint8_t> decoded) noexcept {
  if (part_ == nullptr) return;
  const auto& pieces = part_->pieces;
  while (!decoded.empty() && fault_ == Fault::None) {
    if (piece_ == pieces.size()) return fail(Fault::Words);  // text behind the last words
    const policy::TemplatePiece& piece = pieces[piece_];
    size_t taken = decoded.size();
    if (!piece.is_slot) {
      taken = take_words(piece, decoded);
    } else if (piece_ + 1 == pieces.size()) {  // a slot up to the end
      slot_bytes_ += taken;
      if (slot_bytes_ > kTemplateSlotBytesMax) return fail(Fault::SlotTooLong);
    } else {
      taken = look_for(pieces[piece_ + 1], decoded, piece_ + 2 == pieces.size());
    }
    decoded = decoded.subspan(taken);
  }
}

// Words that stand right here. Answers the bytes that were read.
size_t TemplateCheck::take_words(const policy::TemplatePiece& piece,
                                 std::span<const uint8_t> text) noexcept {
  const size_t count = std::min(text.size(), piece.words.size() - matched_);
  if (std::memcmp(text.data(), piece.words.data() + matched_, count) != 0) {
    fail(Fault::Words);
    return count;
  }
  matched_ += count;
  if (matched_ == piece.words.size()) {
    ++piece_;
    matched_ = 0;
    slot_bytes_ = 0;
  }
  return count;
}

// In a slot: words that stand somewhere, the first time; the last words of all count where the text
// ends.
size_t TemplateCheck::look_for(const policy::TemplatePiece& piece, std::span<const uint8_t> text,
                               bool is_last) noexcept {
  const std::string_view words = piece.words;
  for (size_t i = 0; i < text.size(); ++i) {
    if (matched_ == words.size()) matched_ = piece.fall_back[matched_ - 1];
    const char c = static_cast<char>(text[i]);
    while (matched_ > 0 && words[matched_] != c) matched_ = piece.fall_back[matched_ - 1];
    if (words[matched_] == c) ++matched_;
    ++slot_bytes_;
    if (slot_bytes_ - matched_ > kTemplateSlotBytesMax) {
      fail(Fault::SlotTooLong);
      return i + 1;
    }
    if (matched_ < words.size() || is_last) continue;
    piece_ += 2;
    matched_ = 0;
    slot_bytes_ = 0;
    return i + 1;
  }
  return text.size();
}

void TemplateCheck::end_text() noexcept {
  if (part_ == nullptr) return;
  const auto& pieces = part_->pieces;
  part_ = nullptr;
  if (piece_ == pieces.size()) return;  // its last words ended the text
  const bool open_slot = pieces[piece_].is_slot && piece_ + 1 == pieces.size();
  const bool last_words = pieces[piece_].is_slot && piece_ + 2 == pieces.size() &&
                          matched_ == pieces[piece_ + 1].words.size();
  if (!open_slot && !last_words) fail(Fault::Words);
}

bool TemplateCheck::end() noexcept {
  for (size_t role = 0; role < contract::kRoleCount; ++role)
    if (part_of(static_cast<contract::Role>(role), seen_[role]) != nullptr)
      fail(Fault::MissingPart);
  return fault_ == Fault::None;
}

std::string_view TemplateCheck::fault_name(Fault fault) noexcept {
  switch (fault) {
    case Fault::None:
      return "";
    case Fault::Words:
      return "other words than the template's";
    case Fault::SlotTooLong:
      return "a slot holds too much";
    case Fault::UnknownRole:
      return "a text comes before its role";
    case Fault::MoreSystemTexts:
      return "a system text that the template does not have";
    case Fault::MissingPart:
      return "a part of the template is missing";
  }
  return "";
}

}  // namespace sallyport::rewrite
