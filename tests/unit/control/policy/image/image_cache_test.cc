#include "controlplane/policy/image/image_cache.h"

#include <sys/stat.h>

#include "tests/unit/control/policy/bundle_fixture.h"

namespace sallyport::controlplane::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CompiledImage image_of(const std::string& text) {
  CompiledImage image;
  image.bytes.assign(text.begin(), text.end());
  image.image_digest = sha256(image.bytes);
  return image;
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

TEST(ImageCache, WhatWasPutIsThereUnderItsDigest) {
  TemporaryFolder folder;
  const ImageCache cache(folder.path() / "state/images");
  const CompiledImage image = image_of("an image");
  const auto path = cache.put(image);
  EXPECT_EQ(path.filename(), digest_hex(image.image_digest) + ".image");
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(mode_of(path.parent_path()), 0700U);
  EXPECT_EQ(cache.get(image.image_digest), image.bytes);
  EXPECT_THAT(cache.list(), ElementsAre(image.image_digest));
  EXPECT_EQ(cache.put(image), path);  // again is fine
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1);
}

TEST(ImageCache, AFileThatWasChangedIsRefused) {
  TemporaryFolder folder;
  const ImageCache cache(folder.path());
  const CompiledImage image = image_of("an image");
  const auto path = cache.put(image);
  std::ofstream(path, std::ios::app) << "x";
  std::string error;
  EXPECT_FALSE(cache.get(image.image_digest, &error));
  EXPECT_THAT(error, HasSubstr("the file was changed"));
  std::filesystem::remove(path);
  EXPECT_FALSE(cache.get(image.image_digest, &error));
  EXPECT_THAT(error, HasSubstr("there is no such image"));
  EXPECT_FALSE(cache.get(image.image_digest));
  EXPECT_THAT(cache.list(), testing::IsEmpty());
}

TEST(ImageCache, EveryByteThatIsFlippedIsFound) {
  TemporaryFolder folder;
  const ImageCache cache(folder.path());
  std::string text;
  for (size_t i = 0; i < 6'000; ++i) text += static_cast<char>(i * 37 % 251);
  const CompiledImage image = image_of(text);
  const auto path = cache.put(image);
  for (size_t at = 0; at < text.size(); ++at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(flipped(text[at], at)).flush();
    ASSERT_FALSE(cache.get(image.image_digest)) << at;
    file.seekp(static_cast<std::streamoff>(at));
    file.put(text[at]);
  }
  EXPECT_EQ(cache.get(image.image_digest), image.bytes);
}

TEST(ImageCache, ADiskThatRefusesIsAnErrorWithThePath) {
  TemporaryFolder folder;
  folder.write("file", "x");
  const ImageCache cache(folder.path() / "file");
  EXPECT_THROW(cache.put(image_of("x")), std::runtime_error);
}

}  // namespace
}  // namespace sallyport::controlplane::policy
