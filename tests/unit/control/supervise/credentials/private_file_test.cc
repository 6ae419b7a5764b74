// Who may be behind a file, and that a file is always whole.
#include "controlplane/supervise/credentials/private_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controlplane/supervise/instance_lock.h"
#include "tests/unit/control/supervise/test_files.h"

namespace sallyport::supervise {
namespace {

using testing::HasSubstr;

TEST(PrivateFile, MissingAndRefusedAreDifferentAnswers) {
  TestFolder folder;
  vault::Secret bytes;
  std::string error;
  EXPECT_EQ(read_private(folder / "none", Privacy::Secret, 10, bytes, error), ReadResult::Missing);
  EXPECT_EQ(error, "");
  write_file(folder / "large", "12345678901");
  EXPECT_EQ(read_private(folder / "large", Privacy::Secret, 10, bytes, error), ReadResult::Refused);
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(read_private(folder.path(), Privacy::Secret, 10, bytes, error), ReadResult::Refused);
  ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_private(folder / "fifo", Privacy::Secret, 10, bytes, error), ReadResult::Refused);
  EXPECT_THAT(error, HasSubstr("not a regular file"));
}

TEST(PrivateFile, APublicFileMayBeReadByOthersButNotWritten) {
  TestFolder folder;
  vault::Secret bytes;
  std::string error;
  write_file(folder / "file", "text", 0644);
  EXPECT_EQ(read_private(folder / "file", Privacy::Public, 10, bytes, error), ReadResult::Ok);
  EXPECT_EQ(text_of(bytes), "text");
  EXPECT_EQ(read_private(folder / "file", Privacy::Secret, 10, bytes, error), ReadResult::Refused);
  chmod((folder / "file").c_str(), 0664);
  EXPECT_EQ(read_private(folder / "file", Privacy::Public, 10, bytes, error), ReadResult::Refused);
  EXPECT_THAT(error, HasSubstr("chmod 644"));
}

TEST(PrivateFile, TheTargetOfALinkIsWhatCounts) {
  TestFolder folder;
  vault::Secret bytes;
  std::string error;
  write_file(folder / "file", "text", 0600);
  ASSERT_EQ(symlink("file", (folder / "link").c_str()), 0);
  EXPECT_EQ(read_private(folder / "link", Privacy::Secret, 10, bytes, error), ReadResult::Ok);
  chmod((folder / "file").c_str(), 0640);
  EXPECT_EQ(read_private(folder / "link", Privacy::Secret, 10, bytes, error), ReadResult::Refused);
}

TEST(PrivateFile, AFileOfAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  TestFolder folder;
  vault::Secret bytes;
  std::string error;
  write_file(folder / "file", "text", 0600);
  ASSERT_EQ(chown((folder / "file").c_str(), 12'345, 0), 0);
  EXPECT_EQ(read_private(folder / "file", Privacy::Secret, 10, bytes, error), ReadResult::Refused);
  EXPECT_THAT(error, HasSubstr("uid 12345"));
}

TEST(PrivateFile, TheFirstOfTwoCreatorsWins) {
  TestFolder folder;
  std::string error;
  const std::vector<uint8_t> first{'1'}, second{'2'};
  EXPECT_TRUE(create_private(folder / "key", first, error));
  EXPECT_FALSE(create_private(folder / "key", second, error));
  EXPECT_EQ(error, "");
  EXPECT_EQ(read_file(folder / "key"), "1");
  EXPECT_EQ(mode_of(folder / "key"), 0600U);
  EXPECT_TRUE(replace_private(folder / "key", "3", error));
  EXPECT_EQ(read_file(folder / "key"), "3");
  EXPECT_FALSE(create_private(folder / "none/key", first, error));
  EXPECT_NE(error, "");
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path()))
    ++files;
  EXPECT_EQ(files, 1U);  // nothing half-made is left
}

TEST(PrivateFile, FoldersAreMadePrivateAndOpenOnesRefused) {
  TestFolder folder;
  std::string error;
  EXPECT_TRUE(ensure_private_folder(folder / "a/b/c", error)) << error;
  EXPECT_EQ(mode_of(folder / "a"), 0700U);
  EXPECT_EQ(mode_of(folder / "a/b/c"), 0700U);
  chmod((folder / "a").c_str(), 0777);
  EXPECT_FALSE(ensure_private_folder(folder / "a", error));
  EXPECT_THAT(error, HasSubstr("chmod 700"));
  write_file(folder / "file", "");
  EXPECT_FALSE(ensure_private_folder(folder / "file", error));
}

TEST(PrivateFile, SmallFilesOnly) {
  TestFolder folder;
  write_file(folder / "file", "12345");
  EXPECT_EQ(read_small(folder / "file", 5), "12345");
  EXPECT_FALSE(read_small(folder / "file", 4));
  EXPECT_FALSE(read_small(folder / "none"));
}

TEST(PrivateFile, TextIsPutBehindWhatIsThere) {
  TestFolder folder;
  std::string error;
  EXPECT_TRUE(append_private(folder / "file", "one\n", error)) << error;
  EXPECT_TRUE(append_private(folder / "file", "two\n", error)) << error;
  EXPECT_EQ(read_file(folder / "file"), "one\ntwo\n");
  std::filesystem::create_symlink(folder / "file", folder / "link");
  EXPECT_FALSE(append_private(folder / "link", "three\n", error));
  EXPECT_THAT(error, HasSubstr("cannot be written"));
  EXPECT_EQ(read_file(folder / "file"), "one\ntwo\n");
}

TEST(InstanceLock, OnePerFolderAndNothingLeftBehind) {
  TestFolder folder;
  std::string error;
  auto first = InstanceLock::take(folder.path(), error);
  ASSERT_NE(first, nullptr) << error;
  EXPECT_EQ(InstanceLock::take(folder.path(), error), nullptr);
  EXPECT_THAT(error, HasSubstr("pid " + std::to_string(getpid())));
  first.reset();
  EXPECT_NE(InstanceLock::take(folder.path(), error), nullptr);
}

}  // namespace
}  // namespace sallyport::supervise
