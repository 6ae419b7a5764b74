#include "controlplane/policy/yaml/yaml_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/policy/yaml/yaml_reader.h"

namespace sallyport::controlplane::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const std::string& yaml) {
  Problem problem;
  if (parse_yaml(yaml, "f.yaml", problem)) return "read";
  return std::to_string(problem.line) + ":" + std::to_string(problem.column) + " " +
         problem.message;
}

YamlNode tree(const std::string& yaml) {
  Problem problem;
  auto out = parse_yaml(yaml, "f.yaml", problem);
  EXPECT_TRUE(out.has_value()) << problem.render();
  return out ? std::move(*out) : YamlNode{};
}

std::string at(const YamlNode& node) {
  return std::to_string(node.place.line) + ":" + std::to_string(node.place.column);
}

TEST(YamlNode, EveryNodeKnowsItsPlace) {
  const YamlNode root = tree(
      "# comment\n"
      "a: 1\n"
      "list:\n"
      "  - x\n"
      "  - {k: \"v\", l: [1, 2]}\n"
      "block: |\n"
      "  text\n"
      "é: ü x\n");
  EXPECT_EQ(at(root), "2:1");
  EXPECT_EQ(at(*root.find("a")), "2:4");
  const YamlNode& list = *root.find("list");
  EXPECT_EQ(at(list), "4:3");
  EXPECT_EQ(at(list.items[0]), "4:5");
  EXPECT_EQ(at(list.items[1]), "5:5");
  EXPECT_EQ(at(list.items[1].members[0].key), "5:6");
  EXPECT_EQ(at(*list.items[1].find("l")), "5:17");
  EXPECT_EQ(at(list.items[1].find("l")->items[1]), "5:21");
  EXPECT_EQ(root.find("block")->scalar, "text\n");
  EXPECT_FALSE(root.find("block")->plain);
  EXPECT_EQ(at(*root.find("é")), "8:4");  // characters, not bytes
  EXPECT_EQ(root.find("nothing"), nullptr);
}

TEST(YamlNode, RefusesWhatAReaderCouldMisunderstand) {
  EXPECT_EQ(refusal("a: 1\nb: 2\na: 3\n"), "3:1 duplicate key 'a'");
  EXPECT_EQ(refusal("a: {b: 1, b: 2}\n"), "1:11 duplicate key 'b'");
  EXPECT_EQ(refusal("a: {\"b\": 1, 'b': 2}\n"), "1:13 duplicate key 'b'");
  EXPECT_EQ(refusal("a: &x 1\n"), "1:7 anchors and aliases are not read; write the value out");
  EXPECT_EQ(refusal("a: *x\n"), "1:4 anchors and aliases are not read; write the value out");
  EXPECT_EQ(refusal("a: &x {b: 1}\n"), "1:7 anchors and aliases are not read; write the value out");
  EXPECT_EQ(refusal("base: {a: 1}\nc:\n  <<: {a: 1}\n"), "3:3 merge keys (<<) are not read");
  EXPECT_EQ(refusal("a: !!str 1\n"), "1:10 tags (!) are not read");
  EXPECT_EQ(refusal("a: !binary x\n"), "1:12 tags (!) are not read");
  EXPECT_EQ(refusal("? [a, b]\n: 1\n"), "1:3 a key must be a plain word");
  EXPECT_EQ(refusal("{a: 1}: 2\n"), "1:1 a key must be a plain word");
  EXPECT_EQ(refusal("a: 1\n---\nb: 2\n"), "2:1 a second document in the file");
  EXPECT_EQ(refusal(""), "1:1 the file is empty");
  EXPECT_EQ(refusal("# nothing\n"), "1:1 the file is empty");
  EXPECT_THAT(refusal(std::string("a: 1\0b: 2\n", 10)), HasSubstr("NUL"));
  EXPECT_THAT(refusal("a: \"\\0\"\n"), HasSubstr("NUL"));
}

TEST(YamlNode, RefusesBrokenTextAtItsLine) {
  EXPECT_THAT(refusal("a: [1, 2\n"), testing::StartsWith("2:1 "));
  EXPECT_THAT(refusal("a: 1\n b: 2\n"), testing::MatchesRegex("[12]:.*"));
  EXPECT_THAT(refusal("a: \"unclosed\n"), testing::MatchesRegex("[12]:.*"));
  EXPECT_THAT(refusal("a:\n\t- x\n"), testing::StartsWith("2:"));
  EXPECT_THAT(refusal("a: {b: 1, c\n"), testing::MatchesRegex("[12]:.*"));
  EXPECT_EQ(refusal("a: 1\rb: 2\n"), "1:5 a carriage return without a line feed");
  EXPECT_EQ(refusal("a: 1\r"), "1:5 a carriage return without a line feed");
  EXPECT_EQ(refusal("a: 1\r\nb: 2\r\na: 3\r\n"), "3:1 duplicate key 'a'");
  EXPECT_EQ(refusal("a: 1\nbé: \xff\xfe\n"), "2:5 not UTF-8");
  for (const char* bytes : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
    EXPECT_EQ(refusal("# " + std::string(bytes)), "1:3 not UTF-8");
  EXPECT_THAT(refusal("%BOGUS\n---\na: 1\nb\n"), testing::MatchesRegex("[1-4]:.*"));
  EXPECT_NE(refusal("a: b: c\n"), "read");
  EXPECT_NE(refusal("- a\nb: 1\n"), "read");
}

TEST(YamlNode, BombsAreRefusedBeforeTheyGrow) {
  std::string aliases = "a: &a [x, x]\n";
  for (char c = 'b'; c < 'k'; ++c)
    aliases += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ", *" +
               static_cast<char>(c - 1) + "]\n";
  EXPECT_THAT(refusal(aliases), HasSubstr("anchors"));
  EXPECT_THAT(refusal(std::string(1'000, '[')), HasSubstr("nested too deeply"));
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(refusal(deep), HasSubstr("nested too deeply"));
  std::string wide = "[";
  for (size_t i = 0; i < kYamlNodesMax; ++i) wide += "1,";
  EXPECT_THAT(refusal(wide + "]"), HasSubstr("too many values"));
  EXPECT_THAT(refusal("a: " + std::string(kYamlFileBytesMax, 'x')), HasSubstr("1 MiB"));
}

class Reader : public testing::Test {
 protected:
  YamlNode value(const std::string& yaml) {
    text_ = "v: " + yaml + "\n";
    sources_.add("f.yaml", text_);
    return *tree(text_).find("v");
  }
  std::string refused() {
    std::string out = problems_.empty() ? "accepted" : problems_[0].message;
    problems_.clear();
    return out;
  }
  std::string text_;
  Sources sources_;
  std::vector<Problem> problems_;
  YamlReader reader_{sources_, problems_};
};

TEST_F(Reader, TextsThatMeanSomethingElseElsewhereMustBeQuoted) {
  for (const char* word :
       {"no",   "No", "NO",    "yes",   "on",   "Off",   "y",    "N",      "true",     "False",
        "null", "~",  "1",     "0123",  "0x1f", "0o17",  "0b11", "1e3",    "1.5",      "-7",
        "+7",   ".5", "1_000", "12:34", ".inf", "-.INF", ".nan", "1.5e-3", "685230.15"}) {
    reader_.text(value(word));
    EXPECT_THAT(refused(), HasSubstr("quote it")) << word;
    EXPECT_EQ(reader_.text(value("\"" + std::string(word) + "\"")), word);
    EXPECT_EQ(refused(), "accepted") << word;
  }
  for (const char* word : {"none", "nothing", "yes-man", "192.0.2.1", "4111 1111", "536-90-4399",
                           "1a", "v1.2", "e3", "0xyz", "2024-01-02", "nulls"}) {
    EXPECT_EQ(reader_.text(value(word)), word);
    EXPECT_EQ(refused(), "accepted") << word;
  }
  EXPECT_EQ(reader_.text(value("\"\"")), "");
  EXPECT_EQ(refused(), "accepted");
  reader_.text(value(""));
  EXPECT_THAT(refused(), HasSubstr("a text is expected"));
  reader_.text(value("[a]"));
  EXPECT_THAT(refused(), HasSubstr("not a list"));
  reader_.text(value("{a: b}"));
  EXPECT_THAT(refused(), HasSubstr("not a mapping"));
}

TEST_F(Reader, NumbersAreDecimalAndInTheirRange) {
  EXPECT_EQ(reader_.number(value("443"), 1, 65'535), 443U);
  EXPECT_EQ(reader_.number(value("0"), 0, 1), 0U);
  EXPECT_EQ(refused(), "accepted");
  for (const char* bad :
       {"\"443\"", "0x1bb", "1e3", "-1", "+1", "4_43", "1.0", "abc", "", "[1]", "{a: 1}"}) {
    reader_.number(value(bad), 1, 65'535);
    EXPECT_THAT(refused(), HasSubstr("decimal digits")) << bad;
  }
  reader_.number(value("0443"), 1, 65'535);
  EXPECT_THAT(refused(), HasSubstr("octal"));
  for (const char* bad : {"0", "65536", "18446744073709551616", "99999999999999999999999"}) {
    reader_.number(value(bad), 1, 65'535);
    EXPECT_THAT(refused(), HasSubstr("from 1 to 65535")) << bad;
  }
}

TEST_F(Reader, TruthIsTrueOrFalse) {
  EXPECT_TRUE(reader_.truth(value("true")));
  EXPECT_FALSE(reader_.truth(value("false")));
  EXPECT_EQ(refused(), "accepted");
  for (const char* bad : {"yes", "no", "True", "on", "1", "\"true\"", "", "[true]"}) {
    reader_.truth(value(bad));
    EXPECT_THAT(refused(), HasSubstr("true or false")) << bad;
  }
}

TEST_F(Reader, UnknownKeysAreNamedWithTheClosestKnownOne) {
  const YamlNode node = value("{hots: a, port: 1}");
  YamlMapping mapping(reader_, node, "a vendor");
  mapping.text("host");
  mapping.number_or("port", 443, 1, 9);
  mapping.finish();
  std::vector<std::string> messages;
  for (const Problem& p : problems_) messages.push_back(p.message);
  EXPECT_THAT(messages, ElementsAre("a vendor has no 'host'",
                                    "a vendor has no key 'hots' (did you mean 'host'?)"));
  EXPECT_EQ(problems_[1].render(),
            "f.yaml:1:5: a vendor has no key 'hots' (did you mean 'host'?)\n"
            "    v: {hots: a, port: 1}\n"
            "        ^");
}

TEST_F(Reader, TextsInPartsArePutTogether) {
  const YamlNode node = value("{text_parts: [\"ab\", \"cd\"], both: x, both_parts: [y]}");
  YamlMapping mapping(reader_, node, "an example");
  EXPECT_EQ(mapping.joined_text("text", true), "abcd");
  EXPECT_EQ(refused(), "accepted");
  mapping.joined_text("both", true);
  EXPECT_THAT(refused(), HasSubstr("not both"));
  mapping.joined_text("missing", true);
  EXPECT_EQ(refused(), "an example has no 'missing'");
}

}  // namespace
}  // namespace sallyport::controlplane::policy
