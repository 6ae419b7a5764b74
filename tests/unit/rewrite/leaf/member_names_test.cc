// What a value is called, by itself and as context of the values of a tree.
#include "dataplane/rewrite/leaf/member_names.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using Ordered = nlohmann::ordered_json;

// The context of every value, in order, as a walk over the text would say it.
class Walk {
 public:
  explicit Walk(const Ordered& json) {
    names_.begin();
    value(json, 0);
  }
  std::vector<std::string> contexts;

 private:
  void value(const Ordered& json, unsigned depth) {
    if (json.is_object()) {
      for (const auto& [name, member] : json.items()) {
        names_.begin_name(depth + 1);
        for (const char& c : name) names_.add_to_name(bytes_of({&c, 1}));
        names_.end_name();
        value(member, depth + 1);
      }
      return;
    }
    if (json.is_array()) {
      for (const Ordered& item : json) value(item, depth + 1);
      return;
    }
    names_.begin_value(depth);
    const std::string text = json.is_string() ? json.get<std::string>() : json.dump();
    for (const char& c : text) names_.add_to_value(bytes_of({&c, 1}));
    const auto context = names_.context();
    contexts.emplace_back(context.begin(), context.end());
  }

  MemberNames names_;
};

std::vector<std::string> contexts(const char* json) { return Walk(Ordered::parse(json)).contexts; }
using Names = std::vector<std::string>;

TEST(MemberNames, ANameThatSaysNothingIsThatOfItsObject) {
  EXPECT_EQ(contexts(R"({"ssn":"1","b":2})"), (Names{"ssn: ", "b: "}));
  EXPECT_EQ(contexts(R"({"ssn":{"value":1}})"), Names{"ssn: "});
  EXPECT_EQ(contexts(R"({"ssn":{"type":"string","Example":1}})"), (Names{"type: ", "ssn: "}));
  EXPECT_EQ(contexts(R"({"ssn":{"value":{"raw":1}}})"), Names{"ssn: "});
  EXPECT_EQ(contexts(R"({"ssn":[{"value":1},{"value":2}]})"), (Names{"ssn: ", "ssn: "}));
  EXPECT_EQ(contexts(R"({"ssn":["1","2"]})"), (Names{"ssn: ", "ssn: "}));
  EXPECT_EQ(contexts(R"({"passport":{"number":1}})"), Names{"passport number: "});
  // Behind its end, and beside it, an object says nothing.
  EXPECT_EQ(contexts(R"({"ssn":{"a":1},"value":2})"), (Names{"a: ", "value: "}));
  EXPECT_EQ(contexts(R"({"ssn":{},"value":2})"), Names{"value: "});
  EXPECT_EQ(contexts(R"({"ssn":{"a":{"b":1},"value":2}})"), (Names{"b: ", "value: "}));
}

TEST(MemberNames, AMapSaysWhatItsValuesAreAndANameWhoseItIs) {
  EXPECT_EQ(contexts(R"({"passwords":{"anna":1,"Bob K":2},"b":3})"),
            (Names{"anna password: ", "Bob K password: ", "b: "}));
  EXPECT_EQ(contexts(R"({"user_SSNs":{"anna":1}})"), Names{"anna user_SSN: "});
  EXPECT_EQ(contexts(R"({"passwords":{"type":1,"min":{"anna":2}}})"), (Names{"type: ", "anna: "}));
  EXPECT_EQ(contexts(R"({"tokens":{"input":1},"words":{"a":2}})"), (Names{"input: ", "a: "}));
  EXPECT_EQ(contexts(R"({"ssn":{"0":1,"11":2,"1a":3}})"), (Names{"ssn: ", "ssn: ", "1a: "}));
  EXPECT_EQ(contexts(R"({"customer":{"name":1},"patients":[{"name":2,"id":3}],"name":4})"),
            (Names{"customer name: ", "patient name: ", "id: ", "name: "}));
  EXPECT_EQ(contexts(R"({"GetContact":{"name":1},"Contact":{"Name":2},"CONTACT":{"NAME":3}})"),
            (Names{"name: ", "Contact Name: ", "CONTACT NAME: "}));
  // No longer than any other.
  const std::string longest(80, 'x');
  const Names found = contexts(
      ("{\"" + longest + "\":{\"name\":1},\"" + longest + "passwords\":{\"" + longest + "\":2}}")
          .c_str());
  for (const std::string& context : found) EXPECT_LE(context.size(), kBeforeBytesMax) << context;
}

TEST(MemberNames, AMemberBesideItSaysWhatAValueIs) {
  EXPECT_EQ(contexts(R"([{"name":"A","value":1},{"name":"B","value":2}])"),
            (Names{"name: ", "A: ", "name: ", "B: "}));
  EXPECT_EQ(contexts(R"({"type":"ssn","number":1,"value":2})"),
            (Names{"type: ", "ssn number: ", "value: "}));
  EXPECT_EQ(contexts(R"({"x":{"type":"string","default":1}})"), (Names{"type: ", "x: "}));
  EXPECT_EQ(contexts(R"({"name":"A","x":{"value":1},"value":2})"),
            (Names{"name: ", "x: ", "value: "}));
  // The end of it, where it is long.
  const std::string url = "http://" + std::string(80, 'x') + "/us-ssn";
  const Names found = contexts((R"({"system":")" + url + R"(","value":1})").c_str());
  EXPECT_EQ(found[1], url.substr(url.size() - kMemberNameBytesMax) + ": ");
}

TEST(MemberNames, LongNamesFit) {
  const std::string name(200, 'n');
  const Names found = contexts((R"({")" + name + R"(":{"number":1,")" + name + R"(":2}})").c_str());
  EXPECT_LE(found[0].size(), kMemberNameBytesMax + 2);
  EXPECT_TRUE(found[0].ends_with("n number: "));
  EXPECT_EQ(found[1], name.substr(0, kMemberNameBytesMax) + ": ");
}

// A tree says of its values what a text with the same words says.
TEST(MemberNames, AreContextInArgumentsAndTrees) {
  World& world = World::get();
  world.tokens.clear();
  const std::string ssn = world.token(World::Ssn, "536904399");
  const std::string key = "a8Kd93jdKs02" + std::string("mdKq8sL1");
  for (const char* form : {R"({"ssn":{"value":"$"}})", R"({"name":"ssn","value":"$"})",
                           R"({"ssn":{"type":"x","example":"$"}})",
                           R"([{"type":"ssn","number":"$"},{"type":"order","number":"536904398"}])",
                           R"({"a":[{"ssn":[{"v":"$"}]}],"value":"536904398"})"}) {
    const auto with = [&](const std::string& value) {
      std::string out = form;
      return out.replace(out.find('$'), 1, value);
    };
    const std::string text = with("536904399");
    const Said said = world.arguments_edits(Direction::Request, text);
    EXPECT_EQ(edited(text, said.edits), with(ssn));
    EXPECT_EQ(world.arguments_edits(Direction::Request, text, every_byte(text.size())), said);
  }
  for (const std::string form : {R"({"api_key":"$"})", R"({"headers":{"x":{"api_key":"$"}}})",
                                 R"({"env":[{"name":"API_KEY","value":"$"}]})"}) {
    std::string text = form;
    text.replace(text.find('$'), 1, key);
    const Said said = world.arguments_edits(Direction::Request, text);
    EXPECT_EQ(edited(text, said.edits).find(key), std::string::npos) << form;
    EXPECT_EQ(world.arguments_edits(Direction::Request, text, every_byte(text.size())), said);
  }
}

}  // namespace
}  // namespace sallyport::rewrite
