#include "dataplane/llm/json_string.h"

#include <algorithm>
#include <cstring>

namespace sallyport::llm {

size_t encode_utf8(uint32_t code_point, std::array<uint8_t, 4>& out) noexcept {
  const PackedCharacter packed = pack_utf8(code_point);
  std::memcpy(out.data(), &packed.bytes, out.size());
  return packed.size;
}

bool JsonStringPieces::next() noexcept {
  if (at_ >= content_.size()) return false;
  raw_start_ = raw_base_ + at_;
  if (content_[at_] != '\\') {
    const auto rest = content_.subspan(at_);
    const auto size =
        static_cast<size_t>(std::find(rest.begin(), rest.end(), uint8_t{'\\'}) - rest.begin());
    decoded_ = rest.first(size);
    at_ += size;
    raw_end_ = raw_base_ + at_;
    return true;
  }
  uint32_t code_point = 0;
  const size_t size = decode_escape(content_.subspan(at_), code_point);
  if (size == 0) return false;
  at_ += size;
  decoded_ = {escape_.data(), encode_utf8(code_point, escape_)};
  raw_end_ = raw_base_ + at_;
  return true;
}

}  // namespace sallyport::llm
