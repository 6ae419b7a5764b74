// A URL of the vendor's API in an answer leads the client back to the gateway.
#include <gtest/gtest.h>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

class ApiUrl : public testing::Test {
 protected:
  void SetUp() override {
    world.tokens.clear();
    world.api_urls = {"https://api.anthropic.com", "https://gateway.test:8443/anthropic"};
  }
  void TearDown() override { world.api_urls = {}; }

  static std::string batch(const std::string& url) {
    return R"({"id":"b1","results_url":)" + url + R"(,"data":[{"results_url": )" + url +
           R"(}],"has_more":false})";
  }
  // As the client gets it, in every way to cut it.
  std::string answered(const std::string& url, Direction direction = Direction::Response) {
    const llm::ApiKind kind = llm::shipped_kind("anthropic_batches");
    const std::string body = batch(url);
    const Said whole = world.json_edits(direction, kind.response, body);
    EXPECT_TRUE(whole.accepted);
    for (size_t cut = 1; cut < body.size(); ++cut)
      EXPECT_EQ(world.json_edits(direction, kind.response, body, {cut}), whole) << cut;
    const Said bytes = world.json_edits(direction, kind.response, body, every_byte(body.size()));
    EXPECT_EQ(bytes, whole);
    EXPECT_FALSE(bytes.broken);
    return edited(body, whole.edits);
  }
  World& world = World::get();
};

TEST_F(ApiUrl, BeginsLikeTheGateway) {
  EXPECT_EQ(answered(R"("https://api.anthropic.com/v1/messages/batches/b1/results")"),
            batch(R"("https://gateway.test:8443/anthropic/v1/messages/batches/b1/results")"));
  EXPECT_EQ(world.tally.rewritten_bytes, 2 * world.api_urls.vendor.size());
  EXPECT_EQ(answered(R"("https:\/\/api.anthropic.com\/v1\/b\u0031")"),
            batch(R"("https://gateway.test:8443/anthropic/v1/b1")"));
}

TEST_F(ApiUrl, OfAnotherHostStays) {
  for (const char* url : {R"("https://api.anthropic.com.example/v1/b1")", R"("https://cdn.test/a")",
                          R"("http://api.anthropic.com/v1")", R"("https://api.anthropic.com")",
                          R"("")", "null", "7", R"("\/v1\/b1")"})
    EXPECT_EQ(answered(url), batch(url));
  world.api_urls = {};
  const std::string own = R"("https://api.anthropic.com/v1/b1")";
  EXPECT_EQ(answered(own), batch(own));
}

// Also tokens stay in it, as in any URL.
TEST_F(ApiUrl, ItsTextIsReadLikeAnyOther) {
  const std::string secret = std::string("sk-") + "ant-" + "Zk3mQ9xTb7LwR2vNc8YpHd5s";
  const std::string mask(secret.size(), '*');
  const std::string token = world.minted(World::Email, "ann@example.com");
  for (const std::string host : {"https://api.anthropic.com", "https://cdn.test"}) {
    const bool is_own = host != "https://cdn.test";
    const std::string now = is_own ? std::string(world.api_urls.gateway) : host;
    EXPECT_EQ(answered("\"" + host + "/v1/" + secret + "?to=" + token + "\""),
              batch("\"" + now + "/v1/" + mask + "?to=" + token + "\""));
  }
}

TEST_F(ApiUrl, OfAnUnlikelyLengthEndsTheAnswer) {
  const llm::ApiKind kind = llm::shipped_kind("anthropic_batches");
  const auto said = [&](size_t size) {
    return world.json_edits(Direction::Response, kind.response,
                            batch("\"https://api.anthropic.com/" + std::string(size, 'a') + "\""));
  };
  EXPECT_TRUE(said(kApiUrlBytesMax - 26).accepted);
  EXPECT_EQ(said(kApiUrlBytesMax - 25).refusal, Refusal::BuffersFull);
}

}  // namespace
}  // namespace sallyport::rewrite
