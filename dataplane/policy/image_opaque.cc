// What image.h gives to those who know the layout of a section that the image itself does not.
#include "dataplane/policy/image.h"

namespace sallyport::policy {

std::span<const uint8_t> Image::opaque_section(contract::SectionKind kind) const noexcept {
  const contract::ImageSection& s = sections_[static_cast<size_t>(kind) - 1];
  return bytes_.subspan(s.offset, s.bytes);
}

std::optional<std::string_view> Image::find_text(const contract::ImageText& t) const noexcept {
  const auto strings = opaque_section(contract::SectionKind::Strings);
  if (t.offset > strings.size() || t.size > strings.size() - t.offset) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(strings.data()) + t.offset, t.size);
}

}  // namespace sallyport::policy
