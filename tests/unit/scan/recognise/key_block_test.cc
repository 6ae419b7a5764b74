#include "dataplane/scan/recognise/secret/key_block.h"

#include <gtest/gtest.h>

#include "tests/unit/scan/recognise/recogniser_probe.h"

namespace sallyport::scan {
namespace {

const RecogniserProbe kProbe(key_block_at, kKeyBlockBytesMax);

std::optional<std::string> find(const std::string& text) {
  return kProbe.find(text, "-----begin ");
}

// Built from pieces: no live-looking secret stands in the source.
std::string block(const std::string& kind, const std::string& line_end = "\n") {
  const std::string dashes = "-----";
  return dashes + "BEGIN " + kind + " " + "PRIVATE KEY" + dashes + line_end + std::string(64, 'M') +
         line_end + "abc==" + line_end + dashes + "END " + kind + " " + "PRIVATE KEY" + dashes;
}

TEST(KeyBlock, FromTheFirstDashToTheLast) {
  for (const char* kind : {"RSA", "EC", "OPENSSH", "ENCRYPTED"})
    EXPECT_EQ(find("x " + block(kind) + " y"), block(kind)) << kind;
  EXPECT_EQ(find("k: |\r\n    " + block("RSA", "\r\n    ")), block("RSA", "\r\n    "));
  EXPECT_EQ(find("{\"k\":\"" + block("RSA", "\\n") + "\"}"), block("RSA", "\\n"));
}

TEST(KeyBlock, AnUnclosedOneCountsAsOne) {
  const std::string open = block("RSA").substr(0, 80);
  EXPECT_EQ(find(open), open);
  const std::string endless = block("RSA").substr(0, 40) + std::string(20'000, 'A');
  Hit hit;
  const TextView view{base::bytes_of(endless).data(), 0, endless.size(), false};
  ASSERT_EQ(key_block_at(view, Trigger{0, 11}, RuleParameters{}, hit), Verdict::Match);
  EXPECT_EQ(hit.end, kKeyBlockBytesMax);
}

TEST(KeyBlock, TalkAboutKeysIsNone) {
  const std::string header = block("RSA").substr(0, 31), whole = block("RSA");
  EXPECT_EQ(find("the line " + header + " opens a key"), std::nullopt);
  EXPECT_EQ(find(header + "\n...\n" + whole.substr(whole.size() - 29)), std::nullopt);
  EXPECT_EQ(find("-----BEGIN CERTIFICATE-----\n" + std::string(64, 'M')), std::nullopt);
  EXPECT_EQ(find(header + std::string(1'200, ' ') + std::string(64, 'M')), std::nullopt);
}

TEST(KeyBlock, PuttyFilesEndWithTheirMac) {
  const std::string file =
      "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: a\nPublic-Lines: 1\n" +
      std::string(60, 'P') + "\nPrivate-Lines: 1\n" + std::string(48, 'Q') +
      "\nPrivate-MAC: " + std::string(64, '7');
  EXPECT_EQ(kProbe.find(file + "\nrest", "putty-user-key-file"), file);
  EXPECT_EQ(kProbe.find("a PuTTY-User-Key-File is a file", "putty-user-key-file"), std::nullopt);
}

}  // namespace
}  // namespace sallyport::scan
