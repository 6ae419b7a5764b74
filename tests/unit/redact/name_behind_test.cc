#include "dataplane/redact/name_behind.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sallyport::redact {
namespace {

NameBehind behind(std::string_view text) {
  return name_behind({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
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

}  // namespace
}  // namespace sallyport::redact
