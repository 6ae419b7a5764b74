#include "dataplane/scan/text/fold.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataplane/mem/text_window.h"
#include "dataplane/scan/text/fold_table.h"

namespace sallyport::scan {
namespace {

struct Folded {
  std::string text;
  std::vector<std::pair<uint64_t, uint64_t>> sources;  // per folded byte
  friend bool operator==(const Folded&, const Folded&) = default;
};

Folded fold(std::string_view text, std::vector<size_t> cuts = {}) {
  Folder folder;
  folder.begin();
  mem::TextWindow out;
  cuts.push_back(text.size());
  size_t at = 0;
  for (size_t cut : cuts) {
    folder.feed({reinterpret_cast<const uint8_t*>(text.data()) + at, cut - at}, out);
    EXPECT_LE(folder.map().source_size(), cut);
    EXPECT_GE(folder.map().source_size() + kFoldHeldBytes, cut);
    at = cut;
  }
  folder.end(out);
  EXPECT_EQ(folder.map().source_size(), text.size());
  EXPECT_EQ(folder.map().folded_size(), out.size());
  Folded result{{out.bytes().begin(), out.bytes().end()}, {}};
  for (uint64_t i = 0; i < out.size(); ++i)
    result.sources.emplace_back(folder.map().source_start(i), folder.map().source_end(i + 1));
  return result;
}

TEST(Fold, AsciiStaysAsItIs) {
  const std::string text = "plain text, 100% & a=b + \"quotes\" \\d{3} AT&T &x; =3 C:\\Users";
  EXPECT_EQ(fold(text).text, text);
  for (const auto& [start, end] : fold(text).sources) EXPECT_EQ(end, start + 1);
}

struct Case {
  std::string_view text;
  std::string_view folded;
};

constexpr Case kCases[] = {
    // forms
    {"６６３－６２－０９０４", "663-62-0904"},
    {"٣٥٨-٨٦-٢٢٨٧", "358-86-2287"},
    {"५८३-३१-६२१५", "583-31-6215"},
    {"𝟙𝟚𝟛 𝗷𝗼𝗵𝗻 ⓐⓩ", "123 john az"},
    {"21\u200b2-\u200b59\u00ad-0\u200d51\u20606\ufeff", "212-59-0516"},
    {"21\u31642-\u115f59-0516", "212-59-0516"},
    {"824\u00a052\u20097255\u3000x", "824 52 7255 x"},
    // Windows-1252; as a part of UTF-8 these bytes mean what they mean there
    {"4012\xa0"
     "8888\x96"
     "8888\xad"
     "1881 \x91x\x92 \x93y\x94",
     "4012 8888-88881881 'x' \"y\""},
    {"M\xfcller;\xa0\xe9", "M\xfcller; \xe9"},
    {"\u0420\u00e0\u0160\u2013", "P\u00e0\u0160-"},
    {"488\u201107\u20131366\u2212", "488-07-1366-"},
    // look-alikes
    {"mаriа.smith@ехаmрlе.соm", "maria.smith@example.com"},
    {"手机 é ß 日本", "手机 é ß 日本"},
    // escapes
    {"\\u0031\\u0038\\u002d\\\\u0031", "18-1"},
    {"\\ud83d\\ude00x\\ud83dx\\ude00", "😀x\\ud83dx\\ude00"},
    {"a\\nb\\tc\\rd\\\"e\\/f\\_g\\x41\\xff\\q", "a\nb\tc\nd\"e/f_gA\\xff\\q"},
    {"\\\\\\\\\\\\\\\\n", "\n"},
    {"\\uff11 \\u200b|", "1 |"},
    // percent, entities
    {"Summer%2024 x Winter%2731! a%2024%2025", "Summer%2024 x Winter%2731! a 24 25"},
    {"Flat%20402%2C%20Pune tel%20%34 b%20c d%2022", "Flat 402, Pune tel 4 b c d%2022"},
    {"maria%40example.com %2d %C3%A9 %zz %", "maria@example.com - %C3%A9 %zz %"},
    {"&#52;&#x38;&#X38;&commat;&hyphen;&amp;&nbsp;&shy;&eacute;&#;&#9999999999;&#xd800;",
     "488@-& &eacute;&#;&#9999999999;&#xd800;"},
    // quoted-printable, and what only looks like it
    {"347=2D52=2D5385", "347-52-5385"},
    {"x=34=31=31y", "x411y"},
    {"no =34=35=33=32 and =2B=31.", "no 4532 and +1."},
    {"j=61c=6Bson=5Fx=33", "jackson_x3"},
    {"pwd=6ECbi44 key=2D9f8A token=4aB x=5F", "pwd=6ECbi44 key=2D9f8A token=4aB x=5F"},
    {"a ==41=42 b =41 c =0A=0B", "a ==41=42 b =41 c =0A=0B"},
    {"\xe2\x84\x96 5", "# 5"},
    {"john=40example.com", "john@example.com"},
    {"a soft=\nbreak=\r\nand=\rnot", "a softbreakand=\rnot"},
    {"call 415-555-=\n2671", "call 415-555-2671"},
    // names without a value
    {"A_KEY=\nB=\r\nexport C=\n d.e_f=\nx", "A_KEY=\nB=\r\nexport C=\n d.e_f=\nx"},
    {"password=\nuser=kev\nuser=\n\nx", "password=\nuser=kev\nuser=\n\nx"},
    {"track2=4111111111111111=2905 x=41=2905 a=536904399=12",
     "track2=4111111111111111=2905 xA)05 a=536904399=12"},
    {"hwaddr=7D-E2-7B x=3C:5D:1F", "hwaddr=7D-E2-7B x=3C:5D:1F"},
    // the padding of base64 at a line end is none
    {"a key: dGhpcyBpcyBub3QgYSBrZXk=\nPlease", "a key: dGhpcyBpcyBub3QgYSBrZXk=\nPlease"},
    {"Rm9yIHVybHMgXy1fLV8tXy0=\r\nx", "Rm9yIHVybHMgXy1fLV8tXy0=\r\nx"},
    {"averylongwordbroke=\nnover", "averylongwordbrokenover"},
    {"x qQcLJI9x2f0m=\n1h8u", "x qQcLJI9x2f0m1h8u"},
    {"card=4111111111111111 width=40 a==b x=2Y q=40 1",
     "card=4111111111111111 width=40 a==b x=2Y q=40 1"},
    // nothing that is not text may become the sign for "outside"
    {std::string_view("a\0b", 3),
     "a\x01"
     "b"},
    {"\xff\xc3(", "\xff\xc3("},
};

TEST(Fold, ManyWaysToWriteACharacterAreOne) {
  for (const Case& one : kCases) EXPECT_EQ(fold(one.text).text, one.folded) << one.text;
}

TEST(Fold, TheCutsOfATextDoNotMatter) {
  for (const Case& one : kCases) {
    const Folded whole = fold(one.text);
    for (size_t a = 0; a <= one.text.size(); ++a) {
      EXPECT_EQ(fold(one.text, {a}), whole) << one.text << " cut at " << a;
      if (a < one.text.size()) {
        EXPECT_EQ(fold(one.text, {a, a + 1}), whole) << one.text << " cut at " << a;
      }
    }
    std::vector<size_t> all;
    for (size_t a = 1; a < one.text.size(); ++a) all.push_back(a);
    EXPECT_EQ(fold(one.text, all), whole) << one.text;
  }
}

TEST(Fold, EveryCharacterLeadsBackToWhereItStood) {
  const Folded folded = fold("a\u200b１%34&#53;\\u0036z");
  ASSERT_EQ(folded.text, "a1456z");
  const std::vector<std::pair<uint64_t, uint64_t>> expected = {{0, 1},   {4, 7},   {7, 10},
                                                               {10, 15}, {15, 21}, {21, 22}};
  EXPECT_EQ(folded.sources, expected);
}

TEST(Fold, SaysWhatItChanged) {
  Folder folder;
  folder.begin();
  mem::TextWindow out;
  const std::string text = "x１y\u200bz%41";
  folder.feed({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, out);
  folder.end(out);
  ASSERT_EQ(std::string(out.bytes().begin(), out.bytes().end()), "x1yzA");
  EXPECT_EQ(folder.map().reasons(0, 1), 0);
  EXPECT_EQ(folder.map().reasons(0, 3), kFoldedForm);
  EXPECT_EQ(folder.map().reasons(2, 4), kFoldedInvisible);
  EXPECT_EQ(folder.map().reasons(3, 5), kFoldedPercent);
}

// Not UTF-8, and no character of ASCII (RFC 3629, 3): found by fuzz_rewrite.
TEST(Fold, OverlongSequencesStandForThemselves) {
  for (int second = 0x80; second <= 0xbf; ++second)
    for (const int third : {0x80, 0xb1, 0xbf})
      for (const std::string_view first : {"\xc0", "\xc1", "\xe0", "\xf0\x80"}) {
        std::string text(first);
        text += static_cast<char>(second);
        text += static_cast<char>(third);
        if (first.size() != 1 || first[0] == '\xe0')
          if (second > 0x81) continue;  // other characters
        if ((second >= 0x91 && second <= 0x97) || second == 0xa0 || second == 0xad)
          continue;  // signs of Windows-1252
        EXPECT_EQ(folded_text("x " + text + " y"), "x " + text + " y");
      }
}

TEST(Fold, TheTableKnowsNoCharacterTwice) {
  for (uint32_t c = 0x80; c < 0x110000; ++c) {
    const uint32_t to = fold_code_point(c);
    EXPECT_TRUE(to == kFoldItself || to < 0x80) << std::hex << c;
  }
  EXPECT_EQ(fold_code_point(0x4e2d), kFoldItself);
  EXPECT_EQ(fold_code_point(0x1d7ff), '9');
}

}  // namespace
}  // namespace sallyport::scan
