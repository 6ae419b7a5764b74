// A conversation over several requests: what was sent of it stays what it was, to the byte, so that
// vendors know their cached prefix again, and what came back as a value leaves as its token.
#include <gtest/gtest.h>

#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

class Conversation : public testing::Test {
 protected:
  // The assistant repeats every token it was sent last, with no word beside it.
  Conversation() {
    world.vendor->answer = [](VendorConnection& c, const std::string& request) {
      const std::string body = Vendor::body_of(request);
      const size_t last = body.rfind(R"("text":")") + 8;
      std::string text = "I noted";
      for (size_t at = body.find('[', last); at != std::string::npos; at = body.find('[', at + 1)) {
        const size_t end = body.find(']', at);
        if (end - at > 20) text += ' ' + body.substr(at, end + 1 - at);
      }
      c.peer->write(
          Vendor::json_answer(R"({"id":"m","type":"message","role":"assistant","model":"claude",)"
                              R"("content":[{"type":"text","text":")" +
                              text + R"("}]})"));
    };
  }
  // One more turn on a connection of its own; answers what the assistant said.
  std::string say(const std::string& text) {
    const std::string cached = R"(,"cache_control":{"type":"ephemeral"})";
    messages += (messages.empty() ? "" : ",") + message("user", text, cached);
    TlsPeer& client = world.open_client();
    const std::string body =
        world
            .ask(client, post(R"({"model":"claude","max_tokens":64,"system":)"
                              R"([{"type":"text","text":"be brief")" +
                                  cached + R"(}],"messages":[)" + messages + "]}",
                              "/anthropic/v1/messages"))
            .body;
    const size_t at = body.find(R"("text":")") + 8;
    const std::string said = body.substr(at, body.find('"', at) - at);
    messages += "," + message("assistant", said, "");
    return said;
  }
  static std::string message(const std::string& role, const std::string& text,
                             const std::string& more) {
    return R"({"role":")" + role + R"(","content":[{"type":"text","text":")" + text + "\"" + more +
           "}]}";
  }
  // Of all turns, as the vendor got them.
  void expect_equal_prefixes() const {
    for (size_t i = 1; i < world.vendor->requests.size(); ++i) {
      const std::string before = Vendor::body_of(world.vendor->requests[i - 1]);
      const std::string now = Vendor::body_of(world.vendor->requests[i]);
      const std::string prefix = before.substr(0, before.size() - 2);  // without "]}"
      EXPECT_TRUE(now.starts_with(prefix)) << prefix << "\n" << now;
    }
  }

  World world;
  std::string messages;
};

TEST_F(Conversation, WhatComesBackWithoutItsWordLeavesAsTheSameToken) {
  EXPECT_EQ(say("my ssn is 536904399"), "I noted 536904399");
  EXPECT_EQ(say("write to Ann@Example.com, too"), "I noted Ann@Example.com");
  EXPECT_EQ(say("536904399, or the ssn 536904398?"), "I noted 536904399 536904398");
  expect_equal_prefixes();
  for (const std::string& request : world.vendor->requests)
    for (const char* value : {"536904399", "536904398", "Ann@"})
      EXPECT_EQ(request.find(value), std::string::npos) << request;
}

TEST_F(Conversation, ASwapOfThePolicyBetweenTwoTurnsChangesNothingThatWasSent) {
  say("my ssn is 536904399");
  world.adopt_again();
  say("and ann@example.com");
  world.adopt_again();
  say("thanks");
  expect_equal_prefixes();
  EXPECT_EQ(world.vendor->requests[2].find("536904399"), std::string::npos);
}

// Tools stand behind the messages in a body, and before them in the vendor's cache.
TEST_F(Conversation, WhatToolsSayDoesNotChangeWithWhatIsSaid) {
  TlsPeer& client = world.open_client();
  const std::string tools =
      R"("tools":[{"name":"f","description":"such as 536904399","input_schema":{"type":"object",)"
      R"("properties":{"id":{"type":"string","description":"such as 536904399"}}}}])";
  world.ask(client, post(R"({"model":"claude","max_tokens":64,"messages":[)" +
                             message("user", "my ssn is 536904399", "") + "]," + tools + "}",
                         "/anthropic/v1/messages"));
  EXPECT_NE(world.vendor->requests.back().find(tools), std::string::npos);
}

// A value of one exchange is nothing to the next one on the same connection.
TEST_F(Conversation, NothingIsKnownOfAnotherRequest) {
  TlsPeer& client = world.open_client();
  const auto sent = [&](const std::string& text) {
    world.ask(client, post(chat(text)));
    return content_of(world.vendor->requests.back());
  };
  EXPECT_EQ(sent("my ssn is 536904399").find("536904399"), std::string::npos);
  EXPECT_EQ(sent("order 536904399"), "order 536904399");
}

}  // namespace
}  // namespace sallyport::sim
