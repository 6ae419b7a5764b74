#include "dataplane/redact/name_behind.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::redact {
namespace {

NameBehind behind(std::string_view text, bool ended = false) {
  return name_behind({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, ended);
}

// What is said of a text is said of every longer one, and before it only that more is needed.
void expect(std::string_view text, NameBehind verdict) {
  EXPECT_EQ(behind(text), verdict) << text;
  for (size_t size = 0; size < text.size(); ++size) {
    const NameBehind said = behind(text.substr(0, size));
    EXPECT_TRUE(said == NameBehind::More || said == verdict) << text << " at " << size;
  }
  if (verdict == NameBehind::More) return;
  for (const std::string_view more : {"x", ".", "@x", " ", "]", "\u00e9"})
    EXPECT_EQ(behind(std::string(text) + std::string(more)), verdict) << text << more;
}

TEST(NameBehind, APartOfAHostOrOfWhoIsThere) {
  for (const std::string_view text : {".evil.example", "@evil",
                                      "@[E",           "-x.evil",
                                      "x.q",           "_.q",
                                      "%2ex.q",        "\\.q",
                                      "+tag@evil",     ":secret@evil",
                                      ":a.b@evil",     "[EMAIL-ADDRESS-0123].q",
                                      "].q",           "[X]@e",
                                      ".1.q",          ".xn--e",
                                      ".[E",           "\u00e9.q",
                                      "\u200b.q",      "\u00ad@e",
                                      ".\u0440\u0444", "\u4e2d\u56fd.q",
                                      ".pdf.q",        ".pdf-",
                                      ".pdfs",         ".pdf/",
                                      ".pdf@",         ".zip",
                                      ".com ",         ".Com\n"})
    expect(text, NameBehind::Yes);
  expect(std::string(kNameBehindBytesMax, 'a'), NameBehind::Yes);
}

TEST(NameBehind, TextThatGoesOn) {
  for (const std::string_view text : {" ",
                                      ". ",
                                      ".\n",
                                      ".)",
                                      "...",
                                      ".\"",
                                      ".**",
                                      ".\u201d",
                                      ".\u00a0",
                                      ", anna@example.org",
                                      "; x",
                                      "'s mail.e",
                                      "\",\"x@e\"",
                                      "/x.e",
                                      ":8080/x@e",
                                      ":12 ",
                                      "@ home",
                                      "@\n",
                                      "-based. ",
                                      "[1].\n",
                                      ".[1]",
                                      ".[^1]",
                                      ".pdf ",
                                      ".PDF. ",
                                      ".csv)",
                                      ".txt\"",
                                      "\u3002x.e",
                                      "\uff0cx.e",
                                      "\u2019s.e",
                                      "\U0001f600.e",
                                      "\u5148\u751f\uff0c",
                                      "|x@e",
                                      "*.e",
                                      "?x.e"})
    expect(text, NameBehind::No);
  std::string thai;
  while (thai.size() < kNameBehindBytesMax) thai += "\u0e01";
  expect(thai, NameBehind::No);
}

TEST(NameBehind, NotYetTold) {
  for (const std::string_view text :
       {"", "x", ".", "@", ":x", "]", ".[", ".p", ".pdf", ".pdf.", "\xe3\x80", "-"})
    expect(text, NameBehind::More);
}

// A top-level domain at the end of a text may be the begin of the ending of a file.
TEST(NameBehind, TheEndOfATextTells) {
  for (const std::string_view text : {".in", ".jp", ".do", ".c", ".vc", ".pdf.in", "-x.ht"})
    EXPECT_EQ(behind(text, true), NameBehind::Yes) << text;
  for (const std::string_view text : {"", ".", "@", "x", ".pdf", ".docx", ":x", ".[", ".csv."})
    EXPECT_EQ(behind(text, true), NameBehind::No) << text;
}

// The same read from a grammar, slowly.
TEST(NameBehind, SaysWhatTheGrammarSays) {
  const std::string part = R"([A-Za-z0-9_~%+\\[\]-])", label = R"(([A-Za-z0-9_~%+]|\[[A-Za-z]))";
  const std::regex host("^" + part + "*\\." + label);
  const std::regex file("^" + part + R"(*\.(csv|pdf|docx)(?![A-Za-z]))" + "($|[ ,](.|\n)*|\\.(?!" +
                        label + ")(.|\n)*)$");
  const std::regex user("^(" + part + "*|" + part + "*:(" + part + "|[.:])*)@" + label);
  const std::vector<std::string> pieces{"a", "Z", "9", "-", ".",    ".",    "@",    ":",
                                        "[", "]", " ", ",", ".csv", ".pdf", "docx", "\\"};
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto i = random() % 8; i > 0; --i) text += pieces[random() % pieces.size()];
    const bool yes = std::regex_search(text, user) ||
                     (std::regex_search(text, host) && !std::regex_search(text, file));
    ASSERT_EQ(behind(text, true), yes ? NameBehind::Yes : NameBehind::No) << text;
    bool decided = false;
    for (size_t size = 0; size <= text.size(); ++size) {
      const NameBehind said = behind(std::string_view(text).substr(0, size));
      ASSERT_TRUE(said == NameBehind::More ? !decided
                                           : said == (yes ? NameBehind::Yes : NameBehind::No))
          << text << " at " << size;
      decided = said != NameBehind::More;
    }
  }
}

}  // namespace
}  // namespace sallyport::redact
