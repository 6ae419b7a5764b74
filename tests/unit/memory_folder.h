// memory_folder.h: a folder of a test's own in memory, that a test which is ended cannot leave for
// ever: the next one that makes a folder removes those of the dead.
//
// A folder is locked (flock) as long as the process that made it lives, or a child of it; the
// kernel gives the lock back however they end. So who gets the lock has the proof, also for a
// process of another PID namespace, and a number that was used again means nothing. Only folders
// of our name and our user are looked at.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace sallyport::test {

class MemoryFolder {
 public:
  static constexpr std::string_view kPrefix = "sallyport_test_";

  // "/dev/shm/sallyport_test_<kind>_XXXXXX"; under /tmp where there is no shared memory.
  explicit MemoryFolder(const std::string& kind) : MemoryFolder(kind, parent_folder()) {}
  MemoryFolder(const std::string& kind, const std::filesystem::path& parent) {
    remove_abandoned(parent);
    // Between its making and its lock a folder may look abandoned: then it is made again.
    for (int tries = 0; lock_ < 0 && tries < kTriesMax; ++tries) make(kind, parent);
    EXPECT_GE(lock_, 0);
  }
  ~MemoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    close(lock_);
  }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      out.push_back(entry.path().filename());
    return out;
  }

  static void remove_abandoned(const std::filesystem::path& parent) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(parent, error)) {
      if (!entry.path().filename().string().starts_with(kPrefix)) continue;
      const int lock = locked(entry.path());
      if (lock < 0) continue;
      std::filesystem::remove_all(entry.path(), error);
      close(lock);
    }
  }

 private:
  static constexpr int kTriesMax = 100;
  static std::filesystem::path parent_folder() {
    return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  }
  // -1: it is somebody's, or no folder of ours.
  static int locked(const std::filesystem::path& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat found {};
    if (fd >= 0 && fstat(fd, &found) == 0 && found.st_uid == geteuid() &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
      return fd;
    if (fd >= 0) close(fd);
    return -1;
  }
  void make(const std::string& kind, const std::filesystem::path& parent) {
    std::string name = (parent / kPrefix).string() + kind + "_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr) << name;
    path_ = name;
    lock_ = locked(path_);
    if (lock_ < 0 || std::filesystem::exists(path_)) return;
    close(lock_);  // removed before the lock was ours
    lock_ = -1;
  }

  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace sallyport::test
