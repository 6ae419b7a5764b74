#include "dataplane/rewrite/leaf/offset_book.h"

#include <algorithm>

namespace sallyport::rewrite {

bool OffsetPlace::shares(const OffsetPlace& other, size_t depth) const noexcept {
  if (count < depth || other.count < depth) return false;
  return std::equal(indexes.begin(), indexes.begin() + static_cast<std::ptrdiff_t>(depth),
                    other.indexes.begin());
}

void OffsetBook::begin() noexcept {
  // A message with many texts is rare; what it took is given back.
  if (texts_.size() > kOffsetTextsKept) texts_.resize(kOffsetTextsKept);
  text_count_ = 0;
  items_.clear();
  overflowed_ = false;
}

redact::ShiftMap* OffsetBook::add_text(uint8_t name, const OffsetPlace& place) {
  if (text_count_ == kOffsetTextsMax) {
    overflowed_ = true;
    return nullptr;
  }
  if (text_count_ == texts_.size()) texts_.push_back(std::make_unique<Text>());
  Text& text = *texts_[text_count_++];
  text.name = name;
  text.place = place;
  text.shifts.begin();
  return &text.shifts;
}

void OffsetBook::add_item(const OffsetPlace& place) {
  if (items_.size() == kOffsetTextsMax)
    overflowed_ = true;
  else
    items_.push_back(place);
}

bool OffsetBook::is_meant(const Text& text, const OffsetNumber& number) const noexcept {
  if (text.name != number.name) return false;
  if (number.from_request()) {
    // Without a number beside it, or without numbered items, it can only be the one there is.
    if (!number.part || items_.empty()) return text_count_ == 1;
    return *number.part < items_.size() && items_[*number.part] == text.place;
  }
  const size_t share = number.share(text.place.count);
  if (!text.place.shares(number.place, share)) return false;
  return !number.part || (text.place.count > share && text.place.indexes[share] == *number.part);
}

OffsetBook::Found OffsetBook::map(const OffsetNumber& number, redact::ShiftMap::Way way,
                                  uint64_t& out) const noexcept {
  const size_t unit = number.unit();
  uint64_t before = 0;  // length of the meant texts before this one, as the number counts
  uint64_t after = 0;   // and as they are now
  const Text* last = nullptr;
  for (size_t i = 0; i < text_count_; ++i) {
    const Text& text = *texts_[i];
    if (!is_meant(text, number)) continue;
    if (last != nullptr) {
      before += last->shifts.size(way, unit);
      after += last->shifts.size_after(way, unit);
    }
    last = &text;
    if (number.value - before <= text.shifts.size(way, unit)) break;
  }
  if (overflowed_) return Found::Unknown;
  if (last == nullptr) return Found::None;
  const auto moved = last->shifts.map(way, unit, number.value - before, number.is_end());
  if (!moved) return Found::Unknown;
  out = after + *moved;
  return Found::Moved;
}

}  // namespace sallyport::rewrite
