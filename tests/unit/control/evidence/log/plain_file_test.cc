#include "controlplane/evidence/log/plain_file.h"

#include <sys/stat.h>

#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

TEST(PlainFile, ReplacedWholeWithItsMode) {
  const Folder folder;
  ::umask(0077);
  replace_file(folder / "a", "one", 0644);
  replace_file(folder / "a", "second", 0600);
  EXPECT_EQ(read_file(folder / "a", 6), "second");
  struct stat info {};
  ASSERT_EQ(::stat((folder / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.new"));
}

TEST(PlainFile, AbsentIsNothingAndTooLongIsAnError) {
  const Folder folder;
  EXPECT_FALSE(read_file(folder / "a", 10));
  replace_file(folder / "a", "12345678901", 0600);
  EXPECT_THROW(read_file(folder / "a", 10), std::runtime_error);
  EXPECT_THROW(read_file(folder.path(), 10), std::exception);
  EXPECT_THROW(replace_file(folder / "no/such/folder", "x", 0600), std::system_error);
}

// What a crash left beside is not in the way.
TEST(PlainFile, ReplacesOverAnEarlierAttempt) {
  const Folder folder;
  put_content(folder / "a.new", "half");
  replace_file(folder / "a", "whole", 0600);
  EXPECT_EQ(read_file(folder / "a", 10), "whole");
}

}  // namespace
}  // namespace sallyport::evidence_log_test
