// What an item of a list is called by what stands beside it, in a tree, at every cut.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

class ListPlaced : public testing::Test {
 protected:
  void TearDown() override { world.tokens.clear(); }

  // As arguments of a tool, and as a body that no table describes.
  std::string edits_of(const std::string& text) {
    const Said said = world.arguments_edits(Direction::Request, text);
    EXPECT_EQ(world.arguments_edits(Direction::Request, text, every_byte(text.size())), said)
        << text;
    EXPECT_TRUE(said.accepted && !said.broken) << text;
    const llm::PathTable table = llm::shipped_kind("any_json").request;
    EXPECT_EQ(world.json_edits(Direction::Request, table, text), said) << text;
    EXPECT_EQ(world.json_edits(Direction::Request, table, text, every_byte(text.size())), said);
    return edited(text, said.edits);
  }
  // `form`: # stands for a number that only its word makes one, as text and as a number.
  void finds(const std::string& form) {
    for (const char* quote : {"\"", ""})
      EXPECT_EQ(edits_of(filled(form, quote + kSsn + quote)), filled(form, '"' + token + '"'))
          << form;
  }
  void passes(const std::string& form) {
    const std::string text = filled(form, '"' + kSsn + '"');
    EXPECT_EQ(edits_of(text), text);
  }
  static std::string filled(std::string form, const std::string& value) {
    for (size_t at = 0; (at = form.find('#', at)) != form.npos; at += value.size())
      form.replace(at, 1, value);
    return form;
  }

  const std::string kSsn = "536904399";
  World& world = World::get();
  const std::string token = world.token(World::Ssn, kSsn);
};

TEST_F(ListPlaced, AColumnHasAHead) {
  finds(R"({"columns":["name","ssn"],"rows":[["Anna",#],["Bob",#],[null,#]]})");
  finds(R"({"columns":["name","ssn"],"index":[0],"data":[["Anna",#]]})");
  finds(R"({"schema":{"Column_Names":["name","ssn"]},"values":[["Anna",#]]})");
  finds(R"({"columns":[{"name":"name","t":1},{"name":"ssn","t":2}],"rows":[["Anna",#]]})");
  finds(R"({"columns":[{"name":"n","type":"text"},{"name":"ssn","type":"int"}],"rows":[[1,#]]})");
  finds(R"({"rowType":[{"type":"text","name":"ssn"},{"name":"x"}],"data":[[#,"y"]]})");
  finds(R"({"columns":[{"name":"ssn","t":{"raw":"varchar","of":[{"v":1}]}},{"name":"n","l":["x"]},)"
        R"({"name":"ssn"}],"data":[[#,"y",#]]})");
  finds(R"({"headers":["name","ssn"],"row":["Anna",#]})");
  finds(R"([["name","ssn"],["Anna",#],["Bob",#]])");
  finds(R"({"values":[["name","ssn","city"],["Anna",#,"Rome"]]})");
  // One after the other.
  finds(R"([{"columns":["ssn","n"],"rows":[[#,1]]},{"columns":["n","ssn"],"rows":[[1,#]]}])");
}

TEST_F(ListPlaced, WhatStandsElsewhereHasNone) {
  passes(R"({"columns":["name","ssn"],"rows":[[#,"Anna"]]})");
  passes(R"({"columns":["ssn"],"rows":[["Anna",#]]})");
  passes(R"([["name","ssn"],[#,"x"]])");
  passes(R"({"a":[["name","ssn"],["x","y"]],"b":[["name","city"],["x",#]]})");
  passes(R"({"columns":[{"name":"a"},{"name":"ssn"}],"rows":[[#,"x"]]})");
  // Rows before their heads are not known; a list of forty names has heads for 32 of them.
  passes(R"({"rows":[["Anna",#]],"columns":["name","ssn"]})");
  std::string many = R"({"columns":[)", row = R"("rows":[[)";
  for (int i = 0; i < 39; ++i) {
    many += R"("c",)";
    row += "0,";
  }
  passes(many + R"("ssn"],)" + row + "#]]}");
}

TEST_F(ListPlaced, APairSaysWhatItsSecondIs) {
  finds(R"([["city","Rome"],["ssn",#]])");
  finds(R"({"fields":[["ssn",#,"x"]]})");
  passes(R"([["ssn","x",#]])");
  passes(R"([["id 7",#]])");
}

TEST_F(ListPlaced, AnOptionHasItsCommandLine) {
  const std::string key = "q7Rz8mWx2Lk9" + std::string("vT4nB6cY1dF3");
  const auto masked = [&](const std::string& before, const std::string& after) {
    const std::string text = before + key + after;
    EXPECT_EQ(edits_of(text), before + std::string(key.size(), '*') + after);
  };
  masked(R"({"command":["tool","--api_key",")", R"(","-v"]})");
  masked(R"(["tool","run","--api_key=)", R"("])");
  // Neither what stands behind another item nor where no command line is.
  for (const char* before : {R"(["tool","--api_key","x",")", R"(["a tool","--api_key",")",
                             R"([1,"--api_key",")", R"([["--api_key"],")"}) {
    const std::string text = before + key + "\"]";
    EXPECT_EQ(edits_of(text), text);
  }
}

}  // namespace
}  // namespace sallyport::rewrite
