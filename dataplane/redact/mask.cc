#include "dataplane/redact/mask.h"

#include <algorithm>

#include "dataplane/base/ascii.h"

namespace sallyport::redact {
namespace {

bool is_letter_or_digit(uint8_t c) noexcept {
  // The first byte of a character outside ASCII stands for the whole character.
  return base::is_alnum(c) || c >= 0xc0;
}

bool is_continuation(uint8_t c) noexcept { return (c & 0xc0) == 0x80; }

}  // namespace

size_t mask_value(std::span<const uint8_t> value, uint8_t keep_last, char with,
                  std::span<uint8_t, kMaskBytesMax> out) noexcept {
  const auto count =
      static_cast<size_t>(std::count_if(value.begin(), value.end(), is_letter_or_digit));
  const size_t kept = value.size() > out.size() ? 0 : std::min<size_t>(keep_last, count / 3);
  if (kept == 0) {
    const size_t size = std::min(value.size(), out.size());
    std::fill_n(out.begin(), size, static_cast<uint8_t>(with));
    return size;
  }
  size_t left = count - kept;  // to be masked
  size_t used = 0;
  bool hidden = false;  // the character that continuation bytes belong to is masked
  for (uint8_t c : value) {
    if (is_continuation(c)) {
      if (!hidden) out[used++] = c;
      continue;
    }
    hidden = is_letter_or_digit(c) && left > 0;
    out[used++] = hidden ? static_cast<uint8_t>(with) : c;
    if (hidden) --left;
  }
  return used;
}

}  // namespace sallyport::redact
