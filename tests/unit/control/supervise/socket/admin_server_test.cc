// The admin socket: forms that are refused, clients that are slow, many, or gone.
#include "controlplane/supervise/socket/admin_server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/unit/control/supervise/test_files.h"

namespace sallyport::supervise {
namespace {

using nlohmann::json;

class Caller {
 public:
  explicit Caller(const std::filesystem::path& run_dir) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (run_dir / "admin.sock").c_str());
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Caller() { close(fd_); }
  void say(const std::string& text) {
    EXPECT_GE(send(fd_, text.data(), text.size(), MSG_NOSIGNAL), 0);
  }
  void say_no_more() { shutdown(fd_, SHUT_WR); }
  std::string hear() {
    char bytes[65'536];
    for (;;) {
      const ssize_t got = recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
      over = got == 0;
      if (got <= 0) return heard_;
      heard_.append(bytes, static_cast<size_t>(got));
    }
  }
  bool over = false;

 private:
  int fd_ = -1;
  std::string heard_;
};

class AdminServerTest : public testing::Test {
 protected:
  AdminServerTest() {
    server_ = AdminServer::open(
        folder_.path(), [this](AdminServer::Request&& request) { take(std::move(request)); },
        error_);
  }
  void take(AdminServer::Request&& request) {
    if (request.body["command"] == "now") server_->answer(request.client, {{"ok", true}});
    requests_.push_back(std::move(request));
  }
  json ask(const std::string& text) {
    Caller caller(folder_.path());
    caller.say(text);
    server_->turn(1);
    const std::string answer = caller.hear();
    EXPECT_TRUE(caller.over);
    EXPECT_EQ(std::count(answer.begin(), answer.end(), '\n'), 1);
    EXPECT_EQ(answer.back(), '\n');
    return json::parse(answer);
  }
  bool polls_listener() const {
    std::vector<pollfd> polled;
    server_->add_to(polled);
    return std::any_of(polled.begin(), polled.end(), [](const pollfd& one) {
      int listens = 0;
      socklen_t bytes = sizeof listens;
      return getsockopt(one.fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) == 0 && listens != 0;
    });
  }
  TestFolder folder_;
  std::string error_;
  std::unique_ptr<AdminServer> server_;
  std::vector<AdminServer::Request> requests_;
};

TEST_F(AdminServerTest, OneLineEachWay) {
  EXPECT_EQ(ask("{\"command\":\"now\"}\n"), json({{"ok", true}}));
  EXPECT_EQ(requests_[0].actor, "uid " + std::to_string(geteuid()));
}

TEST_F(AdminServerTest, TheActorIsWhoTheySayBesideWhoTheyAre) {
  ask("{\"command\":\"now\",\"actor\":\"alice\\n\\u0007 of ops\"}\n");
  EXPECT_EQ(requests_[0].actor, "alice___of_ops (uid " + std::to_string(geteuid()) + ")");
  ask(json({{"command", "now"}, {"actor", std::string(500, 'x')}}).dump() + "\n");
  EXPECT_LE(requests_[1].actor.size(), 63U);
}

TEST_F(AdminServerTest, WhatIsNoRequestIsAnsweredWithAnError) {
  for (const char* text : {"status\n", "[]\n", "{}\n", "{\"command\":7}\n", "\n",
                           "{\"command\":\"now\"\n", "\xff\xfe\n"}) {
    const json answer = ask(text);
    EXPECT_EQ(answer["ok"], false) << text;
    EXPECT_EQ(answer["code"], "request_invalid") << text;
    EXPECT_FALSE(answer["message"].get<std::string>().empty());
  }
  EXPECT_TRUE(requests_.empty());
}

TEST_F(AdminServerTest, ALineMayEndWithTheConnection) {
  Caller caller(folder_.path());
  caller.say("{\"command\":\"now\"}");
  server_->turn(1);
  EXPECT_EQ(caller.hear(), "");
  caller.say_no_more();
  server_->turn(2);
  EXPECT_EQ(caller.hear(), "{\"ok\":true}\n");
}

TEST_F(AdminServerTest, RequestsAreBounded) {
  Caller caller(folder_.path());
  const std::string piece(8'192, 'x');
  for (size_t sent = 0; sent <= kAdminRequestBytesMax; sent += piece.size()) {
    caller.say(piece);
    server_->turn(1);
  }
  EXPECT_THAT(caller.hear(), testing::HasSubstr("request_too_large"));
}

TEST_F(AdminServerTest, DeeplyNestedInputIsNoProblem) {
  const json answer = ask(std::string(30'000, '[') + "\n");
  EXPECT_EQ(answer["code"], "request_invalid");
  ask("{\"command\":\"now\",\"x\":" + std::string(20'000, '[') + std::string(20'000, ']') + "}\n");
  EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(AdminServerTest, TheSlowAreToldAndClosed) {
  Caller caller(folder_.path());
  caller.say("{\"comm");
  server_->turn(1);
  server_->turn(kAdminRequestMsMax);
  EXPECT_EQ(caller.hear(), "");
  server_->turn(kAdminRequestMsMax + 2);
  EXPECT_THAT(caller.hear(), testing::HasSubstr("request_timeout"));
  EXPECT_TRUE(caller.over);
}

TEST_F(AdminServerTest, AnAnswerMayComeLaterAndOthersDoNotWaitForIt) {
  Caller waiting(folder_.path());
  waiting.say("{\"command\":\"later\"}\n");
  server_->turn(1);
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(ask("{\"command\":\"now\"}\n")["ok"], true);
  EXPECT_EQ(waiting.hear(), "");
  server_->answer(requests_[0].client, {{"ok", true}, {"version", 7}});
  server_->turn(9'000);  // longer than a request may take
  EXPECT_EQ(json::parse(waiting.hear())["version"], 7);
}

TEST_F(AdminServerTest, AnAnswerLargerThanTheSocketIsSentInPieces) {
  Caller caller(folder_.path());
  caller.say("{\"command\":\"later\"}\n");
  server_->turn(1);
  const std::string large(2'000'000, 'x');
  server_->answer(requests_[0].client, {{"ok", true}, {"text", large}});
  std::string heard;
  for (uint64_t round = 0; round < 200 && !caller.over; ++round) {
    server_->turn(1);
    heard = caller.hear();
  }
  EXPECT_EQ(json::parse(heard)["text"].get<std::string>().size(), large.size());
}

TEST_F(AdminServerTest, ACallerThatIsGoneIsForgotten) {
  {
    Caller caller(folder_.path());
    caller.say("{\"command\":\"later\"}\n");
    server_->turn(1);
  }
  server_->turn(2);
  std::vector<pollfd> polled;
  server_->add_to(polled);
  EXPECT_EQ(poll(polled.data(), polled.size(), 0), 0);  // its hang-up does not wake the loop
  server_->answer(requests_[0].client, {{"ok", true}});
  server_->turn(3);
  EXPECT_EQ(ask("{\"command\":\"now\"}\n")["ok"], true);
}

TEST_F(AdminServerTest, MoreCallersThanPlacesWaitForTheirTurn) {
  std::vector<std::unique_ptr<Caller>> callers;
  for (size_t i = 0; i < kAdminClientsMax + 5; ++i) {
    callers.push_back(std::make_unique<Caller>(folder_.path()));
    callers.back()->say("{\"command\":\"later\"}\n");
  }
  server_->turn(1);
  EXPECT_EQ(requests_.size(), kAdminClientsMax);
  for (const AdminServer::Request& request : requests_)
    server_->answer(request.client, {{"ok", true}});
  server_->turn(2);
  server_->turn(3);
  EXPECT_EQ(requests_.size(), kAdminClientsMax + 5);
}

TEST_F(AdminServerTest, ThoseWhoSayNothingDoNotKeepOthersOut) {
  std::vector<std::unique_ptr<Caller>> idle;
  for (size_t i = 0; i < kAdminClientsMax + 40; ++i) {
    idle.push_back(std::make_unique<Caller>(folder_.path()));
    if (i % 2 == 0) idle.back()->say("{\"comm");
    if (i % 16 == 0) server_->turn(1);
  }
  server_->turn(1);
  EXPECT_EQ(server_->figures().open, kAdminClientsMax);
  EXPECT_EQ(server_->figures().pushed_out, 40U);
  EXPECT_EQ(ask("{\"command\":\"now\"}\n")["ok"], true);
  EXPECT_THAT(idle.front()->hear(), testing::HasSubstr("pushed_out"));
  EXPECT_TRUE(idle.front()->over);
  EXPECT_EQ(idle.back()->hear(), "");
  EXPECT_FALSE(idle.back()->over);
  server_->turn(kAdminRequestMsMax + 2);
  EXPECT_EQ(server_->figures().timed_out, kAdminClientsMax);
  EXPECT_EQ(server_->figures().open, 0U);
}

TEST_F(AdminServerTest, WhoDoesNotTakeAnAnswerIsPushedOutToo) {
  std::vector<std::unique_ptr<Caller>> idle;
  const std::string large(500'000, 'x');
  for (size_t i = 0; i < kAdminClientsMax; ++i) {
    idle.push_back(std::make_unique<Caller>(folder_.path()));
    idle.back()->say("{\"command\":\"later\"}\n");
  }
  server_->turn(1);
  ASSERT_EQ(requests_.size(), kAdminClientsMax);
  EXPECT_FALSE(polls_listener()) << "all places are worked on";
  for (const AdminServer::Request& request : requests_)
    server_->answer(request.client, {{"ok", true}, {"text", large}});
  server_->turn(2);
  EXPECT_TRUE(polls_listener());
  EXPECT_EQ(ask("{\"command\":\"now\"}\n")["ok"], true);
}

TEST_F(AdminServerTest, OneUserHasAShareOfTheWorkWhereEverybodyMayAsk) {
  server_.reset();
  server_ = AdminServer::open_for_everybody(
      folder_.path() / "admin.sock",
      [this](AdminServer::Request&& request) { take(std::move(request)); }, error_);
  std::vector<std::unique_ptr<Caller>> callers;
  for (size_t i = 0; i <= kAdminWorkPerUserMax; ++i) {
    callers.push_back(std::make_unique<Caller>(folder_.path()));
    callers.back()->say("{\"command\":\"later\"}\n");
    server_->turn(1);
  }
  EXPECT_EQ(requests_.size(), kAdminWorkPerUserMax);
  EXPECT_THAT(callers.back()->hear(), testing::HasSubstr("\"busy\""));
  EXPECT_EQ(server_->figures().refused, 1U);
  server_->answer(requests_[0].client, {{"ok", true}});
  EXPECT_EQ(ask("{\"command\":\"now\"}\n")["ok"], true);
}

TEST_F(AdminServerTest, ABytesThatAreNoTextDoNotBreakAnAnswer) {
  Caller caller(folder_.path());
  caller.say("{\"command\":\"later\"}\n");
  server_->turn(1);
  server_->answer(requests_[0].client, {{"ok", true}, {"message", "\xff\xfe"}});
  server_->turn(2);
  EXPECT_TRUE(json::parse(caller.hear())["ok"].get<bool>());
}

}  // namespace
}  // namespace sallyport::supervise
