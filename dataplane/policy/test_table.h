// test_table.h: the seeded texts of an image (contract/test_layout.h), checked.
//
// Views into the image, which outlives the table.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dataplane/contract/test_layout.h"
#include "dataplane/policy/image.h"

namespace sallyport::policy {

class TestTable {
 public:
  // False: `error` says what of the section does not hold.
  [[nodiscard]] bool load(const Image& image, std::string& error);

  std::span<const contract::TestEntry> tests() const noexcept { return tests_; }
  std::span<const contract::TestDetectionEntry> detections(
      const contract::TestEntry& test) const noexcept {
    return detections_.subspan(test.detections.first, test.detections.count);
  }
  std::string_view text(const contract::ImageText& t) const noexcept {
    return image_->find_text(t).value_or(std::string_view());
  }

 private:
  bool is_sound(const contract::TestEntry& test) const noexcept;

  const Image* image_ = nullptr;
  std::span<const contract::TestEntry> tests_;
  std::span<const contract::TestDetectionEntry> detections_;
};

}  // namespace sallyport::policy
