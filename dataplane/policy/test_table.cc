#include "dataplane/policy/test_table.h"

#include <cstring>

namespace sallyport::policy {

using contract::TestDetectionEntry;
using contract::TestEntry;
using contract::TestSectionHeader;

bool TestTable::is_sound(const TestEntry& test) const noexcept {
  for (const contract::ImageText* t : {&test.name, &test.text, &test.principal, &test.reason})
    if (!image_->find_text(*t).has_value()) return false;
  return test.text.size <= contract::kSeedTextBytesMax && test.tenant < image_->tenant_count() &&
         test.environment < image_->environment_count() && test.vendor < image_->vendor_count() &&
         test.direction <= static_cast<uint8_t>(Direction::Response) &&
         test.role < contract::kRoleCount &&
         test.verdict <= static_cast<uint8_t>(contract::SeedVerdict::Passed) &&
         test.has_detections <= 1 && test.detections.first <= detections_.size() &&
         test.detections.count <= detections_.size() - test.detections.first;
}

bool TestTable::load(const Image& image, std::string& error) {
  image_ = &image;
  tests_ = {};
  detections_ = {};
  const auto bytes = image.opaque_section(contract::SectionKind::Tests);
  if (bytes.empty()) return true;
  TestSectionHeader header{};
  error = "image: tests: counts and size";
  if (bytes.size() < sizeof header) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  const uint64_t wanted = sizeof header + uint64_t{header.test_count} * sizeof(TestEntry) +
                          uint64_t{header.detection_count} * sizeof(TestDetectionEntry);
  if (wanted != bytes.size() || header.test_count > contract::kSeedTestsMax) return false;
  const uint8_t* const at = bytes.data() + sizeof header;
  tests_ = {reinterpret_cast<const TestEntry*>(at), header.test_count};
  detections_ = {reinterpret_cast<const TestDetectionEntry*>(at + tests_.size_bytes()),
                 header.detection_count};
  error = "image: tests: an entry that does not hold";
  for (const TestEntry& test : tests_)
    if (!is_sound(test)) return false;
  for (const TestDetectionEntry& detection : detections_)
    if (detection.entity >= image.entity_count() || detection.action > contract::kActionCount)
      return false;
  error.clear();
  return true;
}

}  // namespace sallyport::policy
