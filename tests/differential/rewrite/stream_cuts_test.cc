// The text of every channel of a stream is the rewritten whole text, however it was cut into
// events; the vendor's events come out one for one, in their order, each as JSON.
#include <gtest/gtest.h>

#include "tests/differential/rewrite/generator.h"
#include "tests/unit/rewrite/stream_player.h"

namespace sallyport::rewrite {
namespace {

class StreamCuts : public testing::Test {
 protected:
  void SetUp() override {
    world.tokens.clear();
    (void)world.minted(World::Email, "john.doe@example.org");
    (void)world.minted(World::Card, "4111111111111111");
    (void)world.minted(World::Phone, "+14155552671");
    (void)world.minted(World::Url, "\"}\n\ndata: \x01\\");
  }

  // Moves a cut to the next whole character: a JSON string cannot end inside one.
  static size_t whole(const std::string& text, size_t cut) {
    while (cut < text.size() && (static_cast<uint8_t>(text[cut]) & 0xc0) == 0x80) ++cut;
    return cut;
  }
  static std::vector<std::string> parts(const std::string& text, const rewrite::Cuts& cuts) {
    std::vector<std::string> out;
    size_t at = 0;
    for (size_t cut : cuts) {
      const size_t end = std::max(at, whole(text, cut));
      out.push_back(text.substr(at, end - at));
      at = end;
    }
    out.push_back(text.substr(at));
    return out;
  }
  // Our own events have a name or stand where the vendor had none: what is left must be as many
  // events as came in, in their order.
  void expect_order(const Played& played, bool named) {
    ASSERT_TRUE(played.problem.empty()) << played.problem;
    if (!named) return;
    std::vector<std::string> theirs;
    for (size_t i = 0; i < played.out.size(); ++i)
      if (played.names[i].empty()) theirs.push_back(played.out[i]);
    ASSERT_EQ(theirs.size(), played.in.size());
    for (size_t i = 0; i < theirs.size(); ++i) {
      const auto in = nlohmann::json::parse(played.in[i]), out = nlohmann::json::parse(theirs[i]);
      ASSERT_EQ(in["type"], out["type"]);
      ASSERT_EQ(in["index"], out["index"]);
    }
  }

  World& world = World::get();
  StreamPlayer openai{"openai_chat"};
  StreamPlayer anthropic{"anthropic_messages"};
};

TEST_F(StreamCuts, Texts) {
  for (uint32_t seed = 1; seed <= rounds(150) && !HasFatalFailure(); ++seed) {
    Generator generator(seed);
    const std::string text = generator.text(1 + seed % 10);
    const std::string other = generator.text(1 + seed % 5);
    const Said said = world.text_edits(Direction::Response, text);
    const Said said_other = world.text_edits(Direction::Response, other);
    if (!said.accepted || !said_other.accepted) continue;
    const std::string expected = edited(text, said.edits),
                      expected_other = edited(other, said_other.edits);
    std::vector<rewrite::Cuts> all = {every_byte(text.size())};
    for (int i = 0; i < 6; ++i) all.push_back(generator.cuts(text.size(), 3));
    if (text.size() < 250)
      for (size_t cut = 0; cut <= text.size(); ++cut) all.push_back({cut});
    for (const auto& cuts : all) {
      std::vector<std::string> events, blocks{anthropic.start_text(3)};
      size_t n = 0;
      const auto second = parts(other, generator.cuts(other.size(), 2));
      for (const std::string& part : parts(text, cuts)) {
        events.push_back(openai.content(0, part));
        blocks.push_back(anthropic.text(3, part));
        if (n < second.size()) events.push_back(openai.content(1, second[n++]));
      }
      while (n < second.size()) events.push_back(openai.content(1, second[n++]));
      events.push_back(openai.finish(0));
      if (seed % 2 == 0) events.push_back(openai.finish(1));
      blocks.push_back(anthropic.stop(3));
      const Played played = openai.play(events), block = anthropic.play(blocks);
      ASSERT_TRUE(played.accepted && block.accepted) << seed;
      expect_order(played, false);
      expect_order(block, true);
      ASSERT_EQ(played.text("content", 0), expected) << seed << "\n" << text;
      ASSERT_EQ(played.text("content", 1), expected_other) << seed << "\n" << other;
      ASSERT_EQ(block.text("text", 3), expected) << seed << "\n" << text;
    }
  }
}

TEST_F(StreamCuts, Arguments) {
  for (uint32_t seed = 1; seed <= rounds(150) && !HasFatalFailure(); ++seed) {
    Generator generator(seed + 1'000'000);
    std::string text = generator.serialise(generator.tree(3));
    if (seed % 4 == 0)
      text = text.substr(0, whole(text, generator.below(static_cast<uint32_t>(text.size()) + 1)));
    const Said said = world.arguments_edits(Direction::Response, text);
    if (!said.accepted) continue;
    const std::string expected = edited(text, said.edits);
    std::vector<rewrite::Cuts> all = {every_byte(text.size())};
    for (int i = 0; i < 6; ++i) all.push_back(generator.cuts(text.size(), 3));
    if (text.size() < 200)
      for (size_t cut = 0; cut <= text.size(); ++cut) all.push_back({cut});
    for (const auto& cuts : all) {
      std::vector<std::string> events, blocks{anthropic.start_tool(1)};
      for (const std::string& part : parts(text, cuts)) {
        events.push_back(openai.arguments(0, 2, part));
        blocks.push_back(anthropic.partial_json(1, part));
      }
      events.push_back(openai.finish(0));
      blocks.push_back(anthropic.stop(1));
      const Played played = openai.play(events), block = anthropic.play(blocks);
      ASSERT_TRUE(played.accepted && block.accepted) << seed;
      expect_order(played, false);
      expect_order(block, true);
      ASSERT_EQ(played.text("arguments", 0, 2), expected) << seed << "\n" << text;
      ASSERT_EQ(block.text("input_json", 1), expected) << seed << "\n" << text;
    }
  }
}

}  // namespace
}  // namespace sallyport::rewrite
