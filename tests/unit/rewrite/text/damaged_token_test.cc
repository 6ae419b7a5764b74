// What models do to tokens: restored when the keyed check holds, left alone when it does not.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

constexpr std::string_view kValue = "a.b@example.org";

class DamagedTokens : public testing::Test {
 protected:
  void SetUp() override {
    world.tokens.clear();
    token = world.minted(World::Email, kValue);
    bare = token.substr(1, token.size() - 2);
    label = bare.substr(0, bare.rfind('-'));
    core = bare.substr(bare.rfind('-') + 1);
  }
  std::string answer(std::string_view text, const Cuts& cuts = {}) {
    return edited(text, world.text_edits(Direction::Response, text, cuts).edits);
  }
  World& world = World::get();
  std::string token, bare, label, core;
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

TEST_F(DamagedTokens, EachKindIsRestoredWhole) {
  const std::string half = core.substr(0, 11);
  const std::string rest = core.substr(11);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"as minted", token},
      {"lower case", lower(token)},
      {"no brackets", bare},
      {"Markdown escapes", "\\[" + replaced(bare, "-", "\\-") + "\\]"},
      {"underscores", "[" + replaced(bare, "-", "_") + "]"},
      {"escaped underscores", "[" + replaced(bare, "-", "\\_") + "]"},
      {"bold inside", "[**" + bare + "**]"},
      {"italic inside", "[_" + bare + "_]"},
      {"code inside", "[`" + bare + "`]"},
      {"bold core", "[" + label + "-**" + core + "**]"},
      {"bold half of the core", "[" + label + "-" + half + "**" + rest + "**]"},
      {"non-breaking hyphen", "[" + replaced(bare, "-", "\u2011") + "]"},
      {"en dash", "[" + replaced(bare, "-", "\u2013") + "]"},
      {"minus", "[" + replaced(bare, "-", "\u2212") + "]"},
      {"full-width hyphen", "[" + replaced(bare, "-", "\uff0d") + "]"},
      {"soft hyphens", "[" + replaced(bare, "-", "-\u00ad") + "]"},
      {"zero-width space in the core", "[" + label + "-" + half + "\u200b" + rest + "]"},
      {"byte order mark in the core", "[" + label + "-" + half + "\ufeff" + rest + "]"},
      {"spaces around hyphens", "[" + replaced(bare, "-", " - ") + "]"},
      {"spaces in the brackets", "[ " + bare + " ]"},
      {"wrapped behind a hyphen", "[" + label + "-\n" + core + "]"},
      {"wrapped with an indentation", "[" + label + "-\r\n    " + core + "]"},
      {"wrapped in the core", "[" + label + "-" + half + "\n  " + rest + "]"},
      {"HTML", "&#91;" + replaced(bare, "-", "&#45;") + "&#93;"},
      {"HTML by name", "&lbrack;" + replaced(bare, "-", "&hyphen;") + "&rbrack;"},
      {"read aloud letters",
       "[" + label + "-" + replaced(replaced(core, "0", "O"), "1", "l") + "]"},
  };
  for (const auto& [name, damaged] : cases) {
    const std::string text = "Write to " + damaged + ", please.";
    EXPECT_EQ(answer(text), "Write to " + std::string(kValue) + ", please.") << name;
    EXPECT_EQ(answer(text, every_byte(text.size())), answer(text)) << name;
  }
}

// What stays around the value when only one bracket is there.
TEST_F(DamagedTokens, ALoneBracketIsText) {
  EXPECT_EQ(answer("x [" + bare + " y"), "x [" + std::string(kValue) + " y");
  EXPECT_EQ(answer("x " + bare + "] y"), "x " + std::string(kValue) + "] y");
  EXPECT_EQ(answer("**" + token + "**"), "**" + std::string(kValue) + "**");
}

TEST_F(DamagedTokens, OtherLettersAreAnotherToken) {
  for (size_t at = 0; at < core.size(); ++at) {
    std::string other = core;
    other[at] = other[at] == '7' ? '8' : '7';
    const std::string text = "[" + label + "-" + other + "]";
    EXPECT_EQ(answer(text), text) << at;
  }
  for (const std::string& text :
       {"[" + label + "-" + core.substr(1) + "]", "[" + label + "-" + core + "0]",
        "[PHONE-NUMBER-" + core + "]", "[" + core + "]", "[X" + bare + "]",
        "[" + label + "-" + core.substr(0, 11) + " " + core.substr(11) + "]",
        "[" + label + "-" + core.substr(0, 11) + "-" + core.substr(11) + "]"})
    EXPECT_EQ(answer(text), text);
}

// Any mixture of the accepted damages leaves the check as it is; any change of a letter breaks it.
TEST_F(DamagedTokens, RandomDamageIsRestoredIfAndOnlyIfTheCheckHolds) {
  std::mt19937 random(12);
  const std::vector<std::string> separators = {"-",      "_",     "\\-", " - ",
                                               "\u2011", "&#45;", "-\n", "--"};
  const std::vector<std::string> marks = {"*", "**", "`", "\\", "\u200b", "\u00ad", "&shy;"};
  size_t restored = 0;
  for (int round = 0; round < 400; ++round) {
    const bool broken = random() % 3 == 0;
    std::string letters = bare;
    if (broken) {
      const size_t at = letters.size() - 1 - random() % core.size();
      letters[at] = letters[at] == 'K' ? 'M' : 'K';
    }
    std::string damaged = random() % 2 == 0 ? "[" : "";
    const bool opened = !damaged.empty();
    for (size_t i = 0; i < letters.size(); ++i) {
      const char c = letters[i];
      if (c == '-') {
        damaged += separators[random() % separators.size()];
        continue;
      }
      damaged += random() % 2 == 0 ? static_cast<char>(std::tolower(c)) : c;
      if (random() % 30 == 0 && i + 1 < letters.size()) damaged += marks[random() % marks.size()];
    }
    if (opened) damaged += "]";
    const std::string text = "so: " + damaged + ".";
    const std::string out = answer(text, {1 + random() % (text.size() - 1)});
    if (broken) {
      ASSERT_EQ(out, text);
    } else {
      ASSERT_EQ(out, "so: " + std::string(kValue) + ".") << text;
      ++restored;
    }
  }
  EXPECT_GT(restored, 100U);
}

}  // namespace
}  // namespace sallyport::rewrite
