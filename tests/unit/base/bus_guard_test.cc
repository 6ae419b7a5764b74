#include "dataplane/base/bus_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace sallyport::base {
namespace {

class CutFile {
 public:
  CutFile() {
    std::string name = "/tmp/sallyport_bus_XXXXXX";
    file_ = ::mkstemp(name.data());
    EXPECT_GE(file_, 0);
    ::unlink(name.c_str());
    EXPECT_EQ(::ftruncate(file_, 2 * kPage), 0);
    memory_ = static_cast<volatile char*>(
        ::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0));
    memory_[0] = 'a';
    memory_[kPage] = 'b';
  }
  ~CutFile() {
    ::munmap(const_cast<char*>(memory_), 2 * kPage);
    ::close(file_);
  }
  void cut() { EXPECT_EQ(::ftruncate(file_, kPage), 0); }
  const void* begin() const { return const_cast<const char*>(memory_); }
  volatile char& at(size_t offset) { return memory_[offset]; }
  static constexpr size_t kPage = 4096;

 private:
  int file_ = -1;
  volatile char* memory_ = nullptr;
};

TEST(BusGuardTest, AWatchedPageBehindTheEndReadsAsZerosAndTakesWrites) {
  ASSERT_TRUE(install_bus_guard());
  CutFile file;
  watch_range(file.begin(), 2 * CutFile::kPage);
  const uint64_t before = bus_faults();
  file.cut();
  EXPECT_EQ(file.at(CutFile::kPage), '\0');
  EXPECT_EQ(file.at(0), 'a') << "what is left of the file is as it was";
  file.at(CutFile::kPage + 7) = 'x';
  EXPECT_EQ(file.at(CutFile::kPage + 7), 'x');
  EXPECT_EQ(bus_faults(), before + 1);
  unwatch_range(file.begin());
}

TEST(BusGuardDeathTest, AnythingElseDiesAsEver) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        install_bus_guard();
        CutFile file;
        watch_range(file.begin(), 2 * CutFile::kPage);
        unwatch_range(file.begin());
        file.cut();
        file.at(CutFile::kPage) = 'x';
      },
      ::testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace sallyport::base
