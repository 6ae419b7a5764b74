#include "dataplane/redact/shift_map.h"

#include <algorithm>

namespace sallyport::redact {

void UnitCount::add(std::span<const uint8_t> text) noexcept {
  uint64_t characters = 0;
  uint64_t supplementary = 0;  // beyond U+FFFF: two UTF-16 units
  for (const uint8_t byte : text) {
    characters += (byte & 0xc0) != 0x80 ? 1 : 0;
    supplementary += byte >= 0xf0 ? 1 : 0;
  }
  of[0] += characters;
  of[1] += characters + supplementary;
  of[2] += text.size();
}

UnitCount& UnitCount::operator+=(const UnitCount& other) noexcept {
  for (size_t i = 0; i < of.size(); ++i) of[i] += other.of[i];
  return *this;
}

void ShiftMap::begin() noexcept {
  shifts_.clear();
  original_ = replaced_ = UnitCount{};
  overflowed_ = false;
}

void ShiftMap::keep(std::span<const uint8_t> text) noexcept {
  UnitCount count;
  count.add(text);
  original_ += count;
  replaced_ += count;
}

void ShiftMap::replace(std::span<const uint8_t> original, std::span<const uint8_t> replacement) {
  Shift shift{original_, replaced_, {}, {}};
  shift.original_size.add(original);
  shift.replaced_size.add(replacement);
  original_ += shift.original_size;
  replaced_ += shift.replaced_size;
  if (shifts_.size() == kShiftsMax)
    overflowed_ = true;
  else if (!overflowed_)
    shifts_.push_back(shift);
}

std::optional<uint64_t> ShiftMap::map(Way way, size_t unit, uint64_t position,
                                      bool is_end) const noexcept {
  const bool forward = way == Way::Forward;
  const auto start = [&](const Shift& s) {
    return (forward ? s.original_start : s.replaced_start).of[unit];
  };
  // The last replacement that begins at or before the position.
  auto found = std::upper_bound(shifts_.begin(), shifts_.end(), position,
                                [&](uint64_t p, const Shift& s) { return p < start(s); });
  if (found == shifts_.begin()) {
    if (overflowed_ && shifts_.empty()) return std::nullopt;
    return position;
  }
  const bool is_last = found == shifts_.end();
  --found;
  const uint64_t into = position - start(*found);
  const uint64_t size = (forward ? found->original_size : found->replaced_size).of[unit];
  const uint64_t to = (forward ? found->replaced_start : found->original_start).of[unit];
  const uint64_t to_size = (forward ? found->replaced_size : found->original_size).of[unit];
  if (into == 0) return to;
  if (into < size) return is_end ? to + to_size : to;
  if (is_last && overflowed_ && into > size) return std::nullopt;
  return to + to_size + (into - size);
}

}  // namespace sallyport::redact
