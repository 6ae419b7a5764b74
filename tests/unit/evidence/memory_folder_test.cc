// What a test that was ended leaves in memory is removed by the next one, and nothing else.
#include "tests/unit/memory_folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

// A process that makes a folder and a file in it, says so, and waits to be ended.
class Other {
 public:
  explicit Other(const fs::path& parent) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const MemoryFolder folder("other", parent);
      std::ofstream(folder / "ring") << "content";
      const std::string name = folder.path().filename().string();
      if (write(ends[1], name.data(), name.size()) > 0) pause();
      _exit(0);
    }
    close(ends[1]);
    char name[256];
    const ssize_t got = read(ends[0], name, sizeof name);
    close(ends[0]);
    EXPECT_GT(got, 0);
    path = parent / std::string(name, static_cast<size_t>(got > 0 ? got : 0));
  }
  ~Other() { end(); }
  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  fs::path path;

 private:
  pid_t pid_ = -1;
};

TEST(MemoryFolderTest, OfADeadProcessIsRemovedAndOfALivingOneStays) {
  const MemoryFolder parent("parent");
  Other dead(parent.path());
  Other living(parent.path());
  dead.end();
  ASSERT_TRUE(fs::exists(dead.path / "ring"));
  const MemoryFolder mine("mine", parent.path());
  EXPECT_FALSE(fs::exists(dead.path));
  EXPECT_TRUE(fs::exists(living.path / "ring"));
  const MemoryFolder again("mine", parent.path());
  EXPECT_TRUE(fs::exists(mine.path())) << "our own are not abandoned either";
}

TEST(MemoryFolderTest, OthersThingsAreNotTouched) {
  const MemoryFolder parent("parent");
  fs::create_directory(parent / "sallyport_ring_abcdef");
  fs::create_directory(parent / "somebody");
  fs::create_directory(parent / "target");
  std::ofstream(parent / "target/file") << "kept";
  fs::create_directory_symlink(parent / "target", parent / "sallyport_test_link");
  std::ofstream(parent / "sallyport_test_file") << "no folder";
  MemoryFolder::remove_abandoned(parent.path());
  for (const char* name : {"sallyport_ring_abcdef", "somebody", "target/file",
                           "sallyport_test_link", "sallyport_test_file"})
    EXPECT_TRUE(fs::exists(parent / name)) << name;
}

}  // namespace
}  // namespace sallyport::test
