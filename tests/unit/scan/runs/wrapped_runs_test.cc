// Values in base64 over the ends of lines (wrapped_runs.h) and in bytes of hex that something parts
// (encoded_runs.h: read_hex_row). Each text is cut at every byte.
#include "dataplane/scan/runs/wrapped_runs.h"

#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

class EncodedText : public ScanFixture {};

std::string base64(const std::string& text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

std::string wrapped(const std::string& text, size_t width, const std::string& line_end) {
  const std::string all = base64(text);
  std::string out;
  for (size_t at = 0; at < all.size(); at += width) out += all.substr(at, width) + line_end;
  return out;
}

std::string hex(const std::string& text, const std::string& between) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    if (!out.empty()) out += between;
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

const std::string kBefore = "The report for the department holds the number";
const std::string kBehind = " and goes on for a while, so that the line is long enough to be one";
const std::string kMail = "anna.keller@firma-nord.de";

TEST_F(EncodedText, IsFoundOverTheEndOfALineOfBase64) {
  for (const size_t width : {60U, 64U, 70U, 76U})
    for (const std::string line_end : {"\n", "\r\n", "\n  "})
      for (const size_t before : {20U, 33U, 40U, 46U}) {
        const std::string text = kBefore.substr(0, before) + ' ' + kMail + kBehind;
        const std::string body = "x\n\n" + wrapped(text, width, line_end) + "\nend";
        const auto found = scan(body);
        ASSERT_EQ(found.size(), 1U) << body;
        EXPECT_EQ(found[0].entity, "EMAIL_ADDRESS");
        // Whole lines: from the one with its first character to the one with its last.
        const size_t first = (before + 1) * 4 / 3 / width;
        const size_t last = (before + kMail.size()) * 4 / 3 / width;
        const size_t line = width + line_end.size();
        EXPECT_LE(found[0].start, 3 + first * line + line_end.size()) << body;
        EXPECT_GE(found[0].end, 3 + last * line + 1) << body;
      }
}

TEST_F(EncodedText, IsTheSameHoweverItsLinesAreCut) {
  for (const size_t width : {64U, 70U})
    EXPECT_EQ(
        found_at_every_cut("a\n" + wrapped(kBefore + ' ' + kMail + kBehind, width, "\n") + "b c d")
            .size(),
        1U);
  // Umlauts at the ends of lines, and a key that is longer than a line.
  const std::string key = std::string("AKIA") + "Q7XMZ2PLW4NRT6VB";
  EXPECT_EQ(found_at_every_cut(wrapped("\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc" + kBefore +
                                           "\xc3\xbc: " + key + kBehind + kBehind,
                                       40, "\n"))
                .size(),
            1U);
}

TEST_F(EncodedText, OfOneLineEndsWithIt) {
  EXPECT_TRUE(scan(wrapped(kBefore + kBefore + kBefore, 64, "\n")).empty());
  // What stands behind an empty line is another text.
  const std::string one = base64(kBefore + " at 4532 0151 ");
  EXPECT_TRUE(
      found_at_every_cut(one.substr(0, one.size() / 4 * 4) + "\n\nMTI4MyAwMzY2 is how it ends")
          .empty());
}

TEST_F(EncodedText, IsFoundInBytesOfHexThatSomethingParts) {
  for (const std::string between : {" ", "-", ", 0x", "\n"})
    for (const std::string& value : {kMail, std::string("4532 0151 1283 0366")}) {
      const std::string bytes = hex(value, between);
      const std::string prefix = between == ", 0x" ? "0x" : "";
      const auto found = found_at_every_cut("dump: " + prefix + bytes + " end");
      ASSERT_EQ(found.size(), 1U) << bytes;
      EXPECT_EQ(found[0].start, 6 + prefix.size());
      EXPECT_EQ(found[0].end, 6 + prefix.size() + bytes.size());
    }
}

// "powershell -EncodedCommand": base64 of UTF-16.
TEST_F(EncodedText, IsFoundInUtf16) {
  const auto wide = [](const std::string& text, bool is_big) {
    std::string out;
    for (const char c : text) out += is_big ? std::string{'\0', c} : std::string{c, '\0'};
    return out;
  };
  const std::string call = "Send-Mail -To " + kMail + " -Body 'see below'";
  const std::string shell = "powershell -enc " + base64(wide(call, false)) + " # end";
  const auto found = found_at_every_cut(shell);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].entity, "EMAIL_ADDRESS");
  EXPECT_EQ(found[0].start, 16U);
  EXPECT_EQ(found[0].end, shell.size() - 6);
  // Of a long run only the groups that hold the value.
  const std::string lead(300, 'x');
  const std::string longer = base64(wide(lead + ' ' + kMail + ' ' + lead, false));
  const auto part = scan(longer);
  ASSERT_EQ(part.size(), 1U);
  EXPECT_EQ(part[0].start, 2 * (lead.size() + 1) / 3 * 4);
  EXPECT_EQ(part[0].end, (2 * (lead.size() + 1 + kMail.size()) + 2) / 3 * 4);
  for (const bool is_big : {false, true})
    for (const std::string between : {"", " "})
      EXPECT_EQ(found_at_every_cut("dump " + hex(wide(kMail, is_big), between) + " end").size(),
                1U);
  EXPECT_TRUE(scan(base64(wide("nothing that anybody would call a value", false))).empty());
}

TEST_F(EncodedText, IsNotReadFromNumbersThatAreNone) {
  EXPECT_TRUE(scan("scores 10 20 30 40 50 60 70 80 90 11 22 33 44 55 66 77 88 99").empty());
  EXPECT_TRUE(scan("63 61 72 64").empty());
}

}  // namespace
}  // namespace sallyport::scan
