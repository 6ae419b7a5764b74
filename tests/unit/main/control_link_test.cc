// The control plane's end of the socket is played by the test, in the same thread: the link never
// waits, so every order of events can be written down.
#include "dataplane/control_link.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

namespace sallyport::dataplane {
namespace {

using contract::ControlKind;
using contract::ControlPacket;

constexpr uint64_t kGeneration = 77;

ControlPacket packet_of(ControlKind kind) {
  ControlPacket packet{};
  packet.magic = contract::kControlMagic;
  packet.version = contract::kControlVersion;
  packet.kind = static_cast<uint32_t>(kind);
  return packet;
}

int descriptor_count() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

class ControlLinkTest : public ::testing::Test {
 protected:
  ControlLinkTest() {
    char pattern[] = "/tmp/control_link_XXXXXX";
    folder_ = mkdtemp(pattern);
    path_ = folder_ + "/control.sock";
    link_ = std::make_unique<ControlLink>(ControlLinkConfig{path_, kGeneration, 3});
  }
  ~ControlLinkTest() override { std::filesystem::remove_all(folder_); }

  void listen_there() {
    listener_.reset(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    unlink(path_.c_str());
    ASSERT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(listener_.get(), 4), 0);
  }
  void step() { link_->step(now_); }
  void pass(uint64_t ms) { now_ = base::after_ms(now_, ms); }

  // The peer's side.
  void accept_one() {
    peer_.reset(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    ASSERT_TRUE(peer_.holds());
  }
  std::optional<ControlPacket> peer_receives() {
    ControlPacket packet{};
    const ssize_t got = recv(peer_.get(), &packet, sizeof packet, MSG_DONTWAIT);
    if (got != static_cast<ssize_t>(sizeof packet)) return std::nullopt;
    return packet;
  }
  void peer_sends(const void* bytes, size_t size, const std::vector<int>& files = {}) {
    std::vector<uint8_t> side(CMSG_SPACE(files.size() * sizeof(int)));
    iovec piece{const_cast<void*>(bytes), size};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (!files.empty()) {
      message.msg_control = side.data();
      message.msg_controllen = side.size();
      cmsghdr* part = CMSG_FIRSTHDR(&message);
      part->cmsg_level = SOL_SOCKET;
      part->cmsg_type = SCM_RIGHTS;
      part->cmsg_len = CMSG_LEN(files.size() * sizeof(int));
      std::memcpy(CMSG_DATA(part), files.data(), files.size() * sizeof(int));
    }
    ASSERT_EQ(sendmsg(peer_.get(), &message, 0), static_cast<ssize_t>(size));
  }
  void peer_sends(const ControlPacket& packet, const std::vector<int>& files = {}) {
    peer_sends(&packet, sizeof packet, files);
  }
  void become_welcomed() {
    listen_there();
    step();
    accept_one();
    ASSERT_TRUE(peer_receives().has_value());
    const OwnedDescriptor file(memfd_create("region", MFD_CLOEXEC));
    peer_sends(packet_of(ControlKind::Welcome), {file.get()});
    const auto arrival = link_->receive(now_);
    ASSERT_TRUE(arrival.has_value());
    ASSERT_EQ(arrival->kind, ControlKind::Welcome);
    ASSERT_TRUE(link_->welcomed());
    link_->take_notice();
  }
  void expect_parted(const std::string& words) {
    EXPECT_FALSE(link_->receive(now_).has_value());
    EXPECT_FALSE(link_->welcomed());
    EXPECT_EQ(link_->descriptor(), -1);
    const auto notice = link_->take_notice();
    ASSERT_TRUE(notice.has_value());
    EXPECT_NE(notice->find(words), std::string::npos) << *notice;
  }

  std::string folder_;
  std::string path_;
  base::Instant now_{1'000'000'000};
  OwnedDescriptor listener_;
  OwnedDescriptor peer_;
  std::unique_ptr<ControlLink> link_;
};

TEST_F(ControlLinkTest, WithoutAControlPlaneItTriesAgainAndSaysSoOnce) {
  step();
  const auto notice = link_->take_notice();
  ASSERT_TRUE(notice.has_value());
  EXPECT_NE(notice->find("no control plane"), std::string::npos);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(link_->next_deadline(), base::after_ms(now_, kControlRetryMs));
    pass(kControlRetryMs);
    step();
    EXPECT_FALSE(link_->take_notice().has_value());
  }
  listen_there();
  step();  // not due yet
  EXPECT_EQ(link_->descriptor(), -1);
  pass(kControlRetryMs);
  step();
  EXPECT_GE(link_->descriptor(), 0);
}

TEST_F(ControlLinkTest, HelloSaysWhoWeAre) {
  listen_there();
  step();
  accept_one();
  const auto hello = peer_receives();
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->magic, contract::kControlMagic);
  EXPECT_EQ(hello->version, contract::kControlVersion);
  EXPECT_EQ(hello->kind, static_cast<uint32_t>(ControlKind::Hello));
  EXPECT_EQ(hello->number, kGeneration);
  EXPECT_EQ(hello->worker_count, 3U);
  EXPECT_EQ(hello->image_version, contract::kImageVersion);
}

TEST_F(ControlLinkTest, AHelloThatIsNotAnsweredEndsTheConnection) {
  listen_there();
  step();
  pass(kControlWelcomeMsMax - 1);
  step();
  EXPECT_GE(link_->descriptor(), 0);
  pass(1);
  step();
  expect_parted("does not answer Hello");
}

TEST_F(ControlLinkTest, FilesArriveAndAreAnswered) {
  become_welcomed();
  const OwnedDescriptor file(memfd_create("image", MFD_CLOEXEC));
  ASSERT_EQ(write(file.get(), "abc", 3), 3);
  ControlPacket image = packet_of(ControlKind::Image);
  image.number = 9;
  image.bytes = 3;
  image.digest[0] = 0xab;
  peer_sends(image, {file.get()});
  auto arrival = link_->receive(now_);
  ASSERT_TRUE(arrival.has_value());
  EXPECT_EQ(arrival->kind, ControlKind::Image);
  EXPECT_EQ(arrival->number, 9U);
  EXPECT_EQ(arrival->bytes, 3U);
  struct stat about {};
  EXPECT_EQ(fstat(arrival->file.get(), &about), 0);
  EXPECT_EQ(about.st_size, 3);

  link_->answer(*arrival, false, "does not fit", now_);
  auto answer = peer_receives();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->kind, static_cast<uint32_t>(ControlKind::ImageResult));
  EXPECT_EQ(answer->ok, 0U);
  EXPECT_EQ(answer->number, 9U);
  EXPECT_EQ(answer->digest[0], 0xab);
  EXPECT_STREQ(answer->text, "does not fit");

  peer_sends(packet_of(ControlKind::Secrets), {file.get()});
  arrival = link_->receive(now_);
  ASSERT_TRUE(arrival.has_value());
  // A text that is longer than its field is cut, and still ends.
  link_->answer(*arrival, true, std::string(2 * contract::kControlTextBytes, 'x'), now_);
  answer = peer_receives();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->kind, static_cast<uint32_t>(ControlKind::SecretsResult));
  EXPECT_EQ(answer->ok, 1U);
  EXPECT_EQ(strnlen(answer->text, sizeof answer->text), contract::kControlTextBytes - 1);
}

TEST_F(ControlLinkTest, APeerThatGoesAwayIsFoundAgain) {
  become_welcomed();
  peer_.reset();
  expect_parted("went away");
  pass(kControlRetryMs);
  step();
  accept_one();
  ASSERT_TRUE(peer_receives().has_value());  // Hello again
}

TEST_F(ControlLinkTest, ARefusalIsSaidWithoutControlCharacters) {
  listen_there();
  step();
  accept_one();
  ControlPacket refused = packet_of(ControlKind::Refused);
  std::memset(refused.text, 'a', sizeof refused.text);  // no terminator
  refused.text[1] = '\n';
  peer_sends(refused);
  EXPECT_FALSE(link_->receive(now_).has_value());
  const auto notice = link_->take_notice();
  ASSERT_TRUE(notice.has_value());
  EXPECT_NE(notice->find("a?aaa"), std::string::npos);
  EXPECT_EQ(link_->next_deadline(), base::after_ms(now_, kControlRetryAfterBreachMs));
}

TEST_F(ControlLinkTest, EveryMalformedPacketEndsTheConnectionAndLeaksNothing) {
  const OwnedDescriptor file(memfd_create("any", MFD_CLOEXEC));
  const int fd = file.get();
  struct Case {
    const char* words;
    size_t bytes;
    std::vector<int> files;
    std::function<void(ControlPacket&)> change;
  };
  const auto nothing = [](ControlPacket&) {};
  const std::vector<Case> cases{
      {"none of ours", sizeof(ControlPacket) - 1, {fd}, nothing},
      {"none of ours", 1, {}, nothing},
      {"none of ours", sizeof(ControlPacket) + 1, {fd}, nothing},
      {"too long", sizeof(ControlPacket) + 4'000, {fd}, nothing},
      {"none of ours", sizeof(ControlPacket), {fd}, [](ControlPacket& p) { p.magic ^= 1; }},
      {"one release", sizeof(ControlPacket), {fd}, [](ControlPacket& p) { ++p.version; }},
      {"out of turn", sizeof(ControlPacket), {fd}, [](ControlPacket& p) { p.kind = 0; }},
      {"out of turn", sizeof(ControlPacket), {fd}, [](ControlPacket& p) { p.kind = 4; }},
      {"out of turn", sizeof(ControlPacket), {fd}, [](ControlPacket& p) { p.kind = ~0U; }},
      {"out of turn", sizeof(ControlPacket), {fd}, [](ControlPacket& p) { p.kind = 2; }},
      {"0 descriptors", sizeof(ControlPacket), {}, nothing},
      {"2 descriptors", sizeof(ControlPacket), {fd, fd}, nothing},
      {"8 descriptors", sizeof(ControlPacket), {fd, fd, fd, fd, fd, fd, fd, fd}, nothing},
      {"too long", sizeof(ControlPacket), std::vector<int>(12, fd), nothing},
      {"1 descriptors", sizeof(ControlPacket), {fd}, [](ControlPacket& p) { p.kind = 7; }},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(i);
    link_ = std::make_unique<ControlLink>(ControlLinkConfig{path_, kGeneration, 3});
    become_welcomed();
    const int before = descriptor_count();
    ControlPacket packet = packet_of(ControlKind::Image);
    cases[i].change(packet);
    std::vector<uint8_t> bytes(cases[i].bytes);
    std::memcpy(bytes.data(), &packet, std::min(bytes.size(), sizeof packet));
    peer_sends(bytes.data(), bytes.size(), cases[i].files);
    expect_parted(cases[i].words);
    EXPECT_EQ(descriptor_count(), before - 1);  // the link's own socket is gone, nothing stayed
  }
}

TEST_F(ControlLinkTest, NothingIsTakenBeforeWelcome) {
  const OwnedDescriptor file(memfd_create("any", MFD_CLOEXEC));
  for (const ControlKind kind :
       {ControlKind::Secrets, ControlKind::Image, ControlKind::Canary, ControlKind::Routes}) {
    link_ = std::make_unique<ControlLink>(ControlLinkConfig{path_, kGeneration, 3});
    listen_there();
    step();
    accept_one();
    peer_sends(packet_of(kind), {file.get()});
    expect_parted("out of turn");
  }
}

TEST_F(ControlLinkTest, ASocketOfAnotherUserIsLeft) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to be another user";
  listen_there();
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0777), 0);
  // The listener's credentials are those at listen(): be somebody else there.
  ASSERT_EQ(seteuid(65'534), 0);
  const int listened = listen(listener_.get(), 4);
  ASSERT_EQ(seteuid(0), 0);
  ASSERT_EQ(listened, 0);
  step();
  EXPECT_EQ(link_->descriptor(), -1);
  const auto notice = link_->take_notice();
  ASSERT_TRUE(notice.has_value());
  EXPECT_NE(notice->find("another user"), std::string::npos);
}

OwnedDescriptor sealed(std::string_view bytes, int seals) {
  OwnedDescriptor file(memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  EXPECT_EQ(fcntl(file.get(), F_ADD_SEALS, seals), 0);
  return file;
}

TEST(SealedFile, IsReadOnlyWithEverySealAndTheAnnouncedSize) {
  constexpr int kAll = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  std::vector<uint8_t> out;
  std::string error;
  const OwnedDescriptor whole = sealed("hello", kAll);
  ASSERT_TRUE(read_sealed(whole.get(), 5, 5, out, error)) << error;
  EXPECT_EQ(std::string(out.begin(), out.end()), "hello");
  EXPECT_FALSE(read_sealed(whole.get(), 4, 10, out, error));
  EXPECT_FALSE(read_sealed(whole.get(), 6, 10, out, error));
  EXPECT_FALSE(read_sealed(whole.get(), 5, 4, out, error));
  EXPECT_FALSE(read_sealed(sealed("", kAll).get(), 0, 10, out, error));
  EXPECT_FALSE(read_sealed(-1, 5, 10, out, error));
  for (const int missing : {F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_SEAL})
    EXPECT_FALSE(read_sealed(sealed("hello", kAll & ~missing).get(), 5, 10, out, error));
  const OwnedDescriptor plain(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(read_sealed(plain.get(), 5, 10, out, error));
}

}  // namespace
}  // namespace sallyport::dataplane
