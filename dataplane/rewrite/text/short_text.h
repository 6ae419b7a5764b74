// short_text.h: the beginning or the end of a text that says what stands beside it: names of
// members, heads of columns. Plaintext: its holder wipes `bytes`.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::rewrite {

template <size_t Size>
struct ShortText {
  std::array<uint8_t, Size> bytes{};
  size_t size = 0;
  bool is_cut = false;  // add() had no room for all

  // As far as there is room.
  void add(std::span<const uint8_t> more) noexcept {
    const auto part = more.first(std::min(more.size(), bytes.size() - size));
    std::copy(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    size += part.size();
    is_cut = is_cut || part.size() < more.size();
  }
  // All of it that fits, and before it the end of what was there.
  void add_end(std::span<const uint8_t> more) noexcept {
    more = more.last(std::min(more.size(), bytes.size()));
    const size_t kept = std::min(size, bytes.size() - more.size());
    std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(size - kept),
              bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.begin());
    size = kept;
    add(more);
  }
  void clear() noexcept {
    size = 0;
    is_cut = false;
  }
  std::span<const uint8_t> text() const noexcept {
    return std::span<const uint8_t>(bytes).first(size);
  }
};

}  // namespace sallyport::rewrite
