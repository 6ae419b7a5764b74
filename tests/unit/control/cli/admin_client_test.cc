// The admin socket from the asking side, against a daemon of a few lines that answers what it is
// told.
#include "controlplane/cli/admin_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <thread>

namespace sallyport::cli {
namespace {

using std::chrono::milliseconds;

TEST(ExitOfCode, SaysWhatKindOfNoItWas) {
  EXPECT_EQ(exit_of_code("approvals_missing"), Exit::Denied);
  EXPECT_EQ(exit_of_code("hold_exists"), Exit::Conflict);
  EXPECT_EQ(exit_of_code("request_invalid"), Exit::Usage);
  EXPECT_EQ(exit_of_code("share_duplicate"), Exit::No);
  EXPECT_EQ(exit_of_code("never_in_force"), Exit::NotFound);
  EXPECT_EQ(exit_of_code("share"), Exit::Failed) << "a part of a code is none";
  EXPECT_EQ(exit_of_code(""), Exit::Failed);
}

class AdminClient : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "admin-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    settings_.run_dir = pattern;
  }
  void TearDown() override {
    if (server_.joinable()) server_.join();
    if (listener_ >= 0) close(listener_);
    std::filesystem::remove_all(settings_.run_dir);
  }

  void listen_on_it() {
    listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, settings_.admin_socket().c_str(), sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(listen(listener_, 1), 0);
  }
  // Answers one question, in pieces, and keeps what was asked.
  void answer(const std::string& text) {
    listen_on_it();
    server_ = std::thread([this, text] {
      const int peer = accept(listener_, nullptr, nullptr);
      char c = 0;
      while (read(peer, &c, 1) == 1 && c != '\n') asked_ += c;
      for (const char byte : text) send(peer, &byte, 1, MSG_NOSIGNAL);
      close(peer);
    });
  }
  Failure failure() {
    try {
      ask_daemon(settings_, {{"command", "apply"}}, milliseconds{30'000});
    } catch (const Failure& caught) {
      return caught;
    }
    return {Exit::Ok, "none", "", "", ""};
  }

  Settings settings_;
  std::string asked_;
  std::thread server_;
  int listener_ = -1;
};

TEST_F(AdminClient, AGoodAnswerComesBack) {
  answer("{\"ok\":true,\"version\":7}\n");
  const auto value = ask_daemon(settings_, {{"command", "status"}}, milliseconds{30'000});
  EXPECT_EQ(value["version"], 7);
  server_.join();
  const auto asked = nlohmann::json::parse(asked_);
  EXPECT_EQ(asked["command"], "status");
  EXPECT_FALSE(asked["actor"].get<std::string>().empty());
}

TEST_F(AdminClient, NoDaemonIsUnreachable) {
  EXPECT_EQ(failure().exit, Exit::Unreachable);
  listen_on_it();
  close(listener_);
  listener_ = -1;
  EXPECT_EQ(failure().exit, Exit::Unreachable);
}

TEST_F(AdminClient, ADaemonThatIsSilentIsATimeout) {
  listen_on_it();
  try {
    ask_daemon(settings_, {{"command", "status"}}, milliseconds{50});
    FAIL() << "it answered";
  } catch (const Failure& caught) {
    EXPECT_EQ(caught.exit, Exit::Timeout);
  }
}

TEST_F(AdminClient, ARefusalKeepsItsCodeHintAndProblems) {
  answer(R"({"ok":false,"code":"unknown_image","message":"no such","hint":"compile it",)"
         R"("problems":[{"file":"a","line":1,"column":2,"message":"m","text":"src"}]})"
         "\n");
  const Failure caught = failure();
  EXPECT_EQ(caught.exit, Exit::NotFound);
  EXPECT_EQ(caught.code, "unknown_image");
  EXPECT_EQ(caught.why, "no such");
  EXPECT_EQ(caught.next, "compile it");
  EXPECT_NE(caught.problems_text.find("a:1:2: m"), std::string::npos);
}

TEST_F(AdminClient, WhatIsNoAnswerIsSaid) {
  answer("what?\n");
  EXPECT_EQ(failure().code, "bad_answer");
}

TEST_F(AdminClient, AConnectionThatEndsIsSaid) {
  answer("");
  EXPECT_EQ(failure().code, "bad_answer");
}

}  // namespace
}  // namespace sallyport::cli
