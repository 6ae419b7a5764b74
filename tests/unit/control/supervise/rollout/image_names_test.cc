// The few things of an image that the control plane reads, and images that lie.
#include "controlplane/supervise/rollout/image_names.h"

#include <gmock/gmock.h>

#include <cstring>
#include <vector>

namespace sallyport::supervise {
namespace {

using contract::SectionKind;
using testing::ElementsAre;

// An image with names only: the sections that are not looked at are empty.
class SmallImage {
 public:
  SmallImage() : bytes_(4096) {
    header_.magic = contract::kImageMagic;
    header_.version = contract::kImageVersion;
    header_.section_count = contract::kSectionCount;
    header_.image_bytes = bytes_.size();
    header_.bundle_digest.fill(0x5a);
    for (uint32_t kind = 1; kind <= contract::kSectionCount; ++kind)
      sections_.push_back({kind, 0, 1024, 0});
  }
  contract::ImageText text(const std::string& text) {
    const contract::ImageText where{static_cast<uint32_t>(strings_.size()),
                                    static_cast<uint32_t>(text.size())};
    strings_ += text;
    return where;
  }
  void tenant(const std::string& name, uint64_t vendors = ~uint64_t{0}) {
    contract::ImageTenant tenant{};
    tenant.name = text(name);
    tenant.vendors = vendors;
    tenants_.push_back(tenant);
  }
  void vendor(const std::string& credential) {
    contract::ImageVendor vendor{};
    vendor.credential_name = text(credential);
    vendors_.push_back(vendor);
  }
  contract::ImageSection& section(SectionKind kind) {
    return sections_[static_cast<size_t>(kind) - 1];
  }
  // Lays the parts out. What a test changed in section() after layout() stays.
  void layout() {
    put(SectionKind::Strings, 1024, strings_.data(), strings_.size());
    put(SectionKind::Tenants, 2048, tenants_.data(), tenants_.size() * sizeof tenants_[0]);
    put(SectionKind::Vendors, 3072, vendors_.data(), vendors_.size() * sizeof vendors_[0]);
  }
  std::vector<uint8_t> bytes() {
    std::memcpy(bytes_.data(), &header_, sizeof header_);
    std::memcpy(bytes_.data() + sizeof header_, sections_.data(),
                sections_.size() * sizeof sections_[0]);
    return bytes_;
  }
  contract::ImageHeader& header() { return header_; }
  std::vector<contract::ImageTenant>& tenants() { return tenants_; }

 private:
  void put(SectionKind kind, uint64_t offset, const void* from, size_t count) {
    section(kind).offset = offset;
    section(kind).bytes = count;
    if (count != 0) std::memcpy(bytes_.data() + offset, from, count);
  }
  std::vector<uint8_t> bytes_;
  contract::ImageHeader header_{};
  std::vector<contract::ImageSection> sections_;
  std::string strings_;
  std::vector<contract::ImageTenant> tenants_;
  std::vector<contract::ImageVendor> vendors_;
};

std::string refusal(SmallImage& image) {
  std::string error;
  EXPECT_FALSE(read_image_names(image.bytes(), error));
  return error;
}

TEST(ImageNames, NamesAreSortedAndOnce) {
  SmallImage image;
  for (const char* name : {"beta", "alpha"}) image.tenant(name);
  for (const char* name : {"acme", "", "acme"}) image.vendor(name);
  image.layout();
  std::string error;
  const auto names = read_image_names(image.bytes(), error);
  ASSERT_TRUE(names) << error;
  EXPECT_THAT(names->wanted.tenants, ElementsAre("alpha", "beta"));
  EXPECT_THAT(names->wanted.vendor_credentials, ElementsAre("acme"));
  EXPECT_EQ(names->bundle_digest[31], 0x5a);
}

// A vendor that no tenant reaches needs no credential, and nobody is told that it is missing.
TEST(ImageNames, CredentialsAreThoseOfVendorsThatSomebodyReaches) {
  SmallImage image;
  image.tenant("alpha", 0b001);
  image.tenant("beta", 0b100);
  for (const char* name : {"first", "second", "third"}) image.vendor(name);
  image.layout();
  std::string error;
  const auto names = read_image_names(image.bytes(), error);
  ASSERT_TRUE(names) << error;
  EXPECT_THAT(names->wanted.vendor_credentials, ElementsAre("first", "third"));
}

TEST(ImageNames, OtherFilesAreRefused) {
  SmallImage image;
  image.layout();
  image.header().magic ^= 1;
  EXPECT_EQ(refusal(image), "not a policy image");
  image.header().magic ^= 1;
  image.header().version = 99;
  EXPECT_THAT(refusal(image), testing::HasSubstr("version 99"));
  image.header().version = contract::kImageVersion;
  image.header().image_bytes += 1;
  EXPECT_THAT(refusal(image), testing::HasSubstr("cut"));
  std::string error;
  EXPECT_FALSE(read_image_names({}, error));
}

TEST(ImageNames, OffsetsThatLeaveTheImageAreRefused) {
  SmallImage image;
  image.tenant("alpha");
  image.layout();
  image.tenants()[0].name.offset = 0xffffffff;
  image.layout();
  EXPECT_NE(refusal(image), "");
  image.tenants()[0].name = {0, 0xffffffff};
  image.layout();
  EXPECT_NE(refusal(image), "");
  image.tenants()[0].name = {0, 5};
  image.layout();
  image.section(SectionKind::Strings).offset = ~0ULL - 3;
  EXPECT_NE(refusal(image), "");
  image.layout();
  image.section(SectionKind::Tenants).bytes = sizeof(contract::ImageTenant) - 1;
  EXPECT_NE(refusal(image), "");
}

TEST(ImageNames, AnyCutOfAnImageIsSafe) {
  SmallImage image;
  image.tenant("alpha");
  image.vendor("acme");
  image.layout();
  const std::vector<uint8_t> bytes = image.bytes();
  for (size_t size = 0; size < bytes.size(); size += 7) {
    const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    std::string error;
    EXPECT_FALSE(read_image_names(cut, error));
  }
}

}  // namespace
}  // namespace sallyport::supervise
