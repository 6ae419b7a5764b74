// The region as both sides see it, and a dataplane that writes nonsense or cuts the file.
#include "controlplane/supervise/rollout/region_owner.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "tests/unit/control/supervise/test_files.h"

namespace sallyport::supervise {
namespace {

using contract::Region;

class RegionOwnerTest : public testing::Test {
 protected:
  RegionOwnerTest() {
    owner_ = RegionOwner::open(folder_.path(), error_);
    void* mapped =
        mmap(nullptr, sizeof(Region), PROT_READ | PROT_WRITE, MAP_SHARED, owner_->fd(), 0);
    theirs_ = static_cast<Region*>(mapped);
  }
  ~RegionOwnerTest() override { munmap(theirs_, sizeof(Region)); }
  TestFolder folder_;
  std::string error_;
  std::unique_ptr<RegionOwner> owner_;
  Region* theirs_ = nullptr;  // the dataplane's mapping
};

TEST_F(RegionOwnerTest, TheOtherSideReadsWhatWeSay) {
  contract::Digest image{}, bundle{};
  image.fill(1);
  bundle.fill(2);
  owner_->set_published(9, image, bundle);
  owner_->set_secrets(4, 1'234);
  EXPECT_TRUE(owner_->heartbeat(77));
  EXPECT_EQ(theirs_->header.magic, contract::kRegionMagic);
  EXPECT_EQ(theirs_->control.pid.load(), static_cast<uint64_t>(getpid()));
  EXPECT_EQ(theirs_->control.heartbeat_ns.load(), 77U);
  EXPECT_EQ(theirs_->control.published_version.load(), 9U);
  EXPECT_EQ(theirs_->control.secrets_generation.load(), 4U);
  EXPECT_EQ(theirs_->control.certificate_not_after_s.load(), 1'234U);
  EXPECT_EQ(std::memcmp(theirs_->control.image_digest, image.data(), 32), 0);
  EXPECT_EQ(std::memcmp(theirs_->control.bundle_digest, bundle.data(), 32), 0);
  EXPECT_EQ(mode_of(folder_ / "region"), 0600U);
  owner_->clear_pid();
  EXPECT_EQ(theirs_->control.pid.load(), 0U);
}

TEST_F(RegionOwnerTest, WeReadWhatTheySay) {
  theirs_->dataplane.state = static_cast<uint64_t>(contract::DataplaneState::Ready);
  theirs_->dataplane.worker_count = 2;
  theirs_->dataplane.counter_count = 2;
  std::strcpy(theirs_->counter_names[0], "tcp.accepted");
  std::strcpy(theirs_->counter_names[1], "tls.failed");
  theirs_->workers[0].adopted_version = 5;
  theirs_->workers[1].adopted_version = 6;
  theirs_->workers[0].counters[1] = 10;
  theirs_->workers[1].counters[1] = 32;
  const DataplaneView view = owner_->view(true);
  EXPECT_EQ(view.state, contract::DataplaneState::Ready);
  ASSERT_EQ(view.workers.size(), 2U);
  EXPECT_EQ(view.workers[1].adopted_version, 6U);
  ASSERT_EQ(view.counters.size(), 2U);
  EXPECT_EQ(view.counters[0], std::make_pair(std::string("tcp.accepted"), uint64_t{0}));
  EXPECT_EQ(view.counters[1], std::make_pair(std::string("tls.failed"), uint64_t{42}));
  EXPECT_TRUE(owner_->view(false).counters.empty());
}

TEST_F(RegionOwnerTest, NumbersAndNamesOfAHostileDataplaneAreBounded) {
  theirs_->dataplane.state = 99;
  theirs_->dataplane.worker_count = ~0ULL;
  theirs_->dataplane.counter_count = ~0ULL;
  std::memset(theirs_->counter_names[0], 0x1b, contract::kCounterNameBytes);  // no end
  const DataplaneView view = owner_->view(true);
  EXPECT_EQ(view.state, contract::DataplaneState::Absent);
  EXPECT_EQ(view.workers.size(), contract::kWorkersMax);
  EXPECT_EQ(view.counters.size(), contract::kCountersMax);
  EXPECT_EQ(view.counters[0].first, std::string(contract::kCounterNameBytes, '?'));
}

TEST_F(RegionOwnerTest, AFileThatIsCutUnderOurHandsIsNoSignal) {
  theirs_->dataplane.worker_count = 3;
  ASSERT_EQ(ftruncate(owner_->fd(), static_cast<off_t>(offsetof(Region, workers)) + 100), 0);
  EXPECT_FALSE(owner_->heartbeat(1));
  EXPECT_EQ(owner_->view(true).workers.size(), 1U);
  ASSERT_EQ(ftruncate(owner_->fd(), 10), 0);
  EXPECT_TRUE(owner_->view(true).workers.empty());
  owner_->set_secrets(1, 1);
  owner_->clear_pid();
  owner_ = RegionOwner::open(folder_.path(), error_);
  ASSERT_NE(owner_, nullptr) << error_;
  EXPECT_TRUE(owner_->heartbeat(2));
}

TEST_F(RegionOwnerTest, ARestartTakesTheRegionOver) {
  owner_->set_secrets(12, 0);
  theirs_->dataplane.pid = 4'711;
  owner_ = RegionOwner::open(folder_.path(), error_);
  ASSERT_NE(owner_, nullptr) << error_;
  EXPECT_EQ(owner_->former_secrets_generation(), 12U);
  EXPECT_EQ(owner_->view(false).pid, 4'711U);
  EXPECT_TRUE(owner_->heartbeat(123));
  EXPECT_EQ(theirs_->control.heartbeat_ns.load(), 123U);  // the same file
}

TEST_F(RegionOwnerTest, ARegionOfAnotherLayoutIsReplaced) {
  theirs_->header.version = 77;
  owner_ = RegionOwner::open(folder_.path(), error_);
  ASSERT_NE(owner_, nullptr) << error_;
  EXPECT_EQ(owner_->former_secrets_generation(), 0U);
  EXPECT_EQ(theirs_->header.version, 77U);  // theirs is another file now
}

TEST_F(RegionOwnerTest, ALinkInItsPlaceIsNotFollowed) {
  owner_.reset();
  write_file(folder_ / "elsewhere", std::string(sizeof(Region), '\0'));
  std::filesystem::remove(folder_ / "region");
  ASSERT_EQ(symlink((folder_ / "elsewhere").c_str(), (folder_ / "region").c_str()), 0);
  owner_ = RegionOwner::open(folder_.path(), error_);
  ASSERT_NE(owner_, nullptr) << error_;
  EXPECT_FALSE(std::filesystem::is_symlink(folder_ / "region"));
  EXPECT_EQ(read_file(folder_ / "elsewhere"), std::string(sizeof(Region), '\0'));
}

}  // namespace
}  // namespace sallyport::supervise
