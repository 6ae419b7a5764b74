// The control socket against a small dataplane: order, seals, versions, and packets that lie.
#include "controlplane/supervise/socket/control_server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "dataplane/contract/region_layout.h"
#include "dataplane/contract/secrets_message.h"
#include "dataplane/policy/secrets.h"
#include "tests/unit/control/supervise/test_files.h"

namespace sallyport::supervise {
namespace {

using contract::ControlKind;
using contract::ControlPacket;
using testing::HasSubstr;

class Client {
 public:
  explicit Client(const std::filesystem::path& run_dir) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (run_dir / "control.sock").c_str());
    fd_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() {
    close(fd_);
    for (const int fd : received_) close(fd);
  }
  static ControlPacket packet(ControlKind kind, uint64_t number = 0) {
    ControlPacket made{};
    made.magic = contract::kControlMagic;
    made.version = contract::kControlVersion;
    made.kind = static_cast<uint32_t>(kind);
    made.number = number;
    made.image_version = contract::kImageVersion;
    made.region_version = contract::kRegionVersion;
    made.secrets_version = contract::kSecretsVersion;
    made.worker_count = 2;
    return made;
  }
  bool send(const ControlPacket& made, size_t bytes = sizeof(ControlPacket)) {
    return ::send(fd_, &made, bytes, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes);
  }
  // The next packet; kind 0 when there is none, and `closed` when it is over.
  ControlPacket next() {
    ControlPacket got{};
    iovec part{&got, sizeof got};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    const ssize_t bytes = recvmsg(fd_, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    closed = bytes == 0;
    last_fd = -1;
    const cmsghdr* head = bytes > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
    if (head != nullptr) {
      std::memcpy(&last_fd, CMSG_DATA(head), sizeof last_fd);
      received_.push_back(last_fd);
    }
    return got;
  }
  bool closed = false;
  int last_fd = -1;

 private:
  int fd_ = -1;
  std::vector<int> received_;
};

class ControlServerTest : public testing::Test, public ControlListener {
 protected:
  ControlServerTest() {
    server_ = ControlServer::open(folder_.path(), *this, error_);
    region_fd_ = open((folder_ / "region").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    EXPECT_EQ(ftruncate(region_fd_, sizeof(contract::Region)), 0);
    server_->set_region_fd(region_fd_);
  }
  ~ControlServerTest() override { close(region_fd_); }

  void on_dataplane(const ConnectedDataplane& dataplane) override {
    seen_ = dataplane;
    if (secrets_) server_->send_secrets(*secrets_, 5);
    if (image_) server_->send_image(*image_, 9, digest_, false);
  }
  void on_secrets_result(uint64_t generation, bool ok, const std::string& text) override {
    results_.push_back("secrets " + std::to_string(generation) + (ok ? " ok" : " no ") + text);
  }
  void on_image_result(uint64_t version, bool ok, const std::string& text) override {
    results_.push_back("image " + std::to_string(version) + (ok ? " ok" : " no ") + text);
  }
  void on_routes_result(uint64_t version, bool ok, const std::string& text) override {
    results_.push_back("routes " + std::to_string(version) + (ok ? " ok" : " no ") + text);
  }
  void on_tests_result(uint64_t number, bool ok, const TestCounts& counts,
                       const std::string& text) override {
    results_.push_back("tests " + std::to_string(number) + (ok ? " ok" : " no ") +
                       std::to_string(counts[0]) + text);
  }
  void on_dataplane_gone(const std::string& why) override { gone_.push_back(why); }
  void on_refused(const std::string& why) override { refused_.push_back(why); }

  void connect_and_greet(Client& client, uint64_t start = 3) {
    client.send(Client::packet(ControlKind::Hello, start));
    server_->turn(1);
  }

  TestFolder folder_;
  std::string error_;
  std::unique_ptr<ControlServer> server_;
  int region_fd_ = -1;
  contract::Digest digest_{};
  std::optional<SealedMemory> secrets_;
  std::optional<SealedMemory> image_;
  std::optional<ConnectedDataplane> seen_;
  std::vector<std::string> results_, gone_, refused_;
};

TEST_F(ControlServerTest, WelcomeThenSecretsThenImage) {
  const std::vector<uint8_t> secret_bytes{1, 2, 3}, image_bytes(100'000, 7);
  digest_.fill(0x42);
  secrets_ = SealedMemory::make("s", secret_bytes, true, error_);
  image_ = SealedMemory::make("i", image_bytes, false, error_);
  Client client(folder_.path());
  connect_and_greet(client);
  ASSERT_TRUE(seen_);
  EXPECT_EQ(seen_->start_generation, 3U);
  EXPECT_EQ(seen_->worker_count, 2U);
  EXPECT_EQ(seen_->peer.pid, getpid());

  const ControlPacket welcome = client.next();
  EXPECT_EQ(welcome.kind, static_cast<uint32_t>(ControlKind::Welcome));
  ASSERT_GE(client.last_fd, 0);
  EXPECT_EQ(lseek(client.last_fd, 0, SEEK_END), static_cast<off_t>(sizeof(contract::Region)));

  const ControlPacket secrets = client.next();
  EXPECT_EQ(secrets.kind, static_cast<uint32_t>(ControlKind::Secrets));
  EXPECT_EQ(secrets.number, 5U);
  EXPECT_EQ(secrets.bytes, 3U);
  const int all = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  EXPECT_EQ(fcntl(client.last_fd, F_GET_SEALS) & all, all);

  const ControlPacket image = client.next();
  EXPECT_EQ(image.kind, static_cast<uint32_t>(ControlKind::Image));
  EXPECT_EQ(image.number, 9U);
  EXPECT_EQ(image.digest, digest_);
  EXPECT_EQ(fcntl(client.last_fd, F_GET_SEALS) & all, all);
  std::vector<uint8_t> read_back(image.bytes);
  EXPECT_EQ(read(client.last_fd, read_back.data(), read_back.size()),
            static_cast<ssize_t>(read_back.size()));  // from the start, whoever read before
  EXPECT_EQ(read_back, image_bytes);
  EXPECT_EQ(client.next().kind, 0U);
}

TEST_F(ControlServerTest, ResultsArriveWithTheirText) {
  Client client(folder_.path());
  connect_and_greet(client);
  ControlPacket result = Client::packet(ControlKind::ImageResult, 4);
  std::strcpy(result.text, "section 3\nis short");
  client.send(result);
  result = Client::packet(ControlKind::SecretsResult, 6);
  result.ok = 1;
  std::memset(result.text, 'x', sizeof result.text);  // no end
  client.send(result);
  server_->turn(2);
  ASSERT_EQ(results_.size(), 2U);
  EXPECT_EQ(results_[0], "image 4 no section 3?is short");
  EXPECT_EQ(results_[1].size(), std::string("secrets 6 ok").size() + contract::kControlTextBytes);
}

TEST_F(ControlServerTest, AnotherVersionIsRefusedWithWords) {
  struct Case {
    uint32_t ControlPacket::*member;
    const char* word;
  };
  for (const Case& one : {Case{&ControlPacket::version, "control version 99"},
                          Case{&ControlPacket::image_version, "image version 99"},
                          Case{&ControlPacket::region_version, "region version 99"},
                          Case{&ControlPacket::secrets_version, "secrets version 99"}}) {
    Client client(folder_.path());
    ControlPacket hello = Client::packet(ControlKind::Hello);
    hello.*one.member = 99;
    client.send(hello);
    server_->turn(1);
    const ControlPacket answer = client.next();
    EXPECT_EQ(answer.kind, static_cast<uint32_t>(ControlKind::Refused));
    EXPECT_THAT(std::string(answer.text), HasSubstr(one.word));
    client.next();
    EXPECT_TRUE(client.closed);
  }
  EXPECT_FALSE(server_->connected());
  EXPECT_EQ(refused_.size(), 4U);
}

TEST_F(ControlServerTest, PacketsOfAnotherFormEndTheConnection) {
  {
    Client client(folder_.path());
    client.send(Client::packet(ControlKind::Hello), 40);
    server_->turn(1);
    EXPECT_EQ(client.next().kind, static_cast<uint32_t>(ControlKind::Refused));
  }
  {
    Client client(folder_.path());
    ControlPacket hello = Client::packet(ControlKind::Hello);
    hello.version = 1;
    client.send(hello);
    server_->turn(1);
    EXPECT_EQ(client.next().kind, static_cast<uint32_t>(ControlKind::Refused));
  }
  {
    Client client(folder_.path());
    client.send(Client::packet(ControlKind::ImageResult));
    server_->turn(1);
    EXPECT_EQ(client.next().kind, static_cast<uint32_t>(ControlKind::Refused));
  }
  EXPECT_FALSE(seen_);
  Client client(folder_.path());
  connect_and_greet(client);
  client.send(Client::packet(ControlKind::Hello));
  server_->turn(2);
  ASSERT_EQ(gone_.size(), 1U);
  EXPECT_THAT(gone_[0], HasSubstr("kind 1"));
  EXPECT_FALSE(server_->connected());
}

TEST_F(ControlServerTest, TheWorkerCountOfAHelloIsBounded) {
  Client client(folder_.path());
  ControlPacket hello = Client::packet(ControlKind::Hello);
  hello.worker_count = 0xffffffff;
  client.send(hello);
  server_->turn(1);
  EXPECT_EQ(seen_->worker_count, contract::kWorkersMax);
}

TEST_F(ControlServerTest, OneDataplaneAtATimeAndTheNextWhenItIsGone) {
  auto first = std::make_unique<Client>(folder_.path());
  connect_and_greet(*first, 1);
  Client second(folder_.path());
  connect_and_greet(second, 2);
  const ControlPacket answer = second.next();
  EXPECT_EQ(answer.kind, static_cast<uint32_t>(ControlKind::Refused));
  EXPECT_THAT(std::string(answer.text), HasSubstr("another dataplane is connected"));
  EXPECT_EQ(seen_->start_generation, 1U);
  first.reset();
  Client third(folder_.path());
  connect_and_greet(third, 3);  // the end of the first is heard in the same turn
  EXPECT_EQ(seen_->start_generation, 3U);
  EXPECT_EQ(gone_.size(), 1U);
}

TEST_F(ControlServerTest, SilentConnectionsAreClosedAndBounded) {
  Client silent(folder_.path());
  server_->turn(1);
  server_->turn(kHelloMsMax);
  EXPECT_EQ(silent.next().kind, 0U);
  server_->turn(kHelloMsMax + 2);
  EXPECT_EQ(silent.next().kind, static_cast<uint32_t>(ControlKind::Refused));
  std::vector<std::unique_ptr<Client>> many;
  for (size_t i = 0; i < kControlConnectionsMax + 2; ++i)
    many.push_back(std::make_unique<Client>(folder_.path()));
  server_->turn(kHelloMsMax + 3);
  EXPECT_EQ(many[0]->next().kind, 0U);
  EXPECT_EQ(many.back()->next().kind, static_cast<uint32_t>(ControlKind::Refused));
}

TEST_F(ControlServerTest, OfWhatWaitsOnlyTheNewestIsSent) {
  const std::vector<uint8_t> bytes{1};
  image_ = SealedMemory::make("i", bytes, false, error_);
  Client client(folder_.path());
  connect_and_greet(client);
  for (uint64_t version = 10; version < 10'000; ++version)
    server_->send_image(*image_, version, digest_, false);  // nobody reads
  std::vector<uint64_t> versions;
  for (int round = 0; round < 1'000; ++round) {
    const ControlPacket packet = client.next();
    if (packet.kind == static_cast<uint32_t>(ControlKind::Image)) versions.push_back(packet.number);
    server_->turn(2);
  }
  ASSERT_FALSE(versions.empty());
  EXPECT_EQ(versions.back(), 9'999U);
  EXPECT_LT(versions.size(), 1'000U);
  EXPECT_TRUE(std::is_sorted(versions.begin(), versions.end()));
}

TEST_F(ControlServerTest, AStaleSocketFileIsReplacedAndRemovedAtTheEnd) {
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "control.sock"));
  const int stale = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, (folder_ / "control.sock").c_str());
  ASSERT_EQ(bind(stale, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  close(stale);
  server_ = ControlServer::open(folder_.path(), *this, error_);
  ASSERT_NE(server_, nullptr) << error_;
  EXPECT_EQ(mode_of(folder_ / "control.sock"), 0600U);
  Client client(folder_.path());
  connect_and_greet(client);
  EXPECT_TRUE(seen_);
}

TEST(ControlServerPath, ALongPathIsSaid) {
  TestFolder folder;
  std::filesystem::path deep = folder / std::string(120, 'd');
  std::filesystem::create_directory(deep);
  struct Silent : ControlListener {
    void on_dataplane(const ConnectedDataplane&) override {}
    void on_secrets_result(uint64_t, bool, const std::string&) override {}
    void on_image_result(uint64_t, bool, const std::string&) override {}
    void on_routes_result(uint64_t, bool, const std::string&) override {}
    void on_tests_result(uint64_t, bool, const TestCounts&, const std::string&) override {}
    void on_dataplane_gone(const std::string&) override {}
    void on_refused(const std::string&) override {}
  } silent;
  std::string error;
  EXPECT_EQ(ControlServer::open(deep, silent, error), nullptr);
  EXPECT_THAT(error, HasSubstr("shorter --run-dir"));
}

}  // namespace
}  // namespace sallyport::supervise
