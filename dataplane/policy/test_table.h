// test_table.h: the seeded texts of an image (contract/test_layout.h), checked, and opened where
// they are sealed.
//
// Views into the image, which outlives the table; opened texts are the table's own and are wiped
// with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/test_layout.h"
#include "dataplane/policy/image.h"

namespace sallyport::policy {

class TestTable {
 public:
  TestTable() = default;
  ~TestTable();
  TestTable(const TestTable&) = delete;
  TestTable& operator=(const TestTable&) = delete;

  // `dictionary_key`: of the secrets; needed for an image whose texts are sealed. False: `error`
  // says what of the section does not hold, never anything of a text.
  [[nodiscard]] bool load(const Image& image,
                          std::optional<std::span<const uint8_t>> dictionary_key,
                          std::string& error);

  std::span<const contract::TestEntry> tests() const noexcept { return tests_; }
  std::span<const contract::TestDetectionEntry> detections(
      const contract::TestEntry& test) const noexcept {
    return detections_.subspan(test.detections.first, test.detections.count);
  }
  std::string_view text(const contract::ImageText& t) const noexcept {
    return image_->find_text(t).value_or(std::string_view());
  }
  // What is to be tried. REQUIRES: one of tests().
  std::string_view seeded_text(const contract::TestEntry& test) const noexcept;

 private:
  bool is_sound(const contract::TestEntry& test) const noexcept;
  bool open_sealed(std::span<const uint8_t> dictionary_key);
  void wipe() noexcept;

  const Image* image_ = nullptr;
  std::span<const contract::TestEntry> tests_;
  std::span<const contract::TestDetectionEntry> detections_;
  std::vector<uint8_t> opened_;
  std::vector<size_t> opened_at_;  // by test; one more: the end
};

}  // namespace sallyport::policy
