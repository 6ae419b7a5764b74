#include "controlplane/evidence/log/checkpoint.h"

#include <sys/stat.h>

#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

class SignedLog : public ::testing::Test, public TileSource {
 protected:
  Hash leaf(uint64_t number) const {
    const std::string text = std::to_string(number);
    return leaf_hash({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  std::vector<Hash> tile(uint32_t row, uint64_t number) const override {
    std::vector<Hash> hashes;
    for (uint64_t i = 0; row == 0 && number == 0 && i < 200; ++i) hashes.push_back(leaf(i));
    return hashes;
  }
  Checkpoint checkpoint(uint64_t size) const {
    return {"sallyport/node", size, Tree(*this).root(size)};
  }
  Signer signer() const { return Signer::load_or_create(key(), "sallyport/node"); }
  std::string sign(Signer& with, uint64_t size) const {
    const uint64_t from = with.last_signed() ? with.last_signed()->size : 0;
    return with.sign(checkpoint(size), Tree(*this).consistency_proof(from, size));
  }
  std::filesystem::path key() const { return folder / "evidence.key"; }
  std::filesystem::path key_path(const char* suffix) const { return key().string() + suffix; }
  Folder folder;
};

TEST_F(SignedLog, NoteHasTheFormOfTheSpecificationAndOpens) {
  Signer with = signer();
  const std::string note = sign(with, 7);
  const std::string expected =
      "sallyport/node\n7\n" + base64(checkpoint(7).root) + "\n\n\xe2\x80\x94 sallyport/node ";
  ASSERT_EQ(note.substr(0, expected.size()), expected);
  EXPECT_EQ(note.size(), expected.size() + 92 + 1);  // 68 bytes in base64, newline
  const auto opened = with.verifier().open(note);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size, 7U);
  EXPECT_EQ(opened->root, checkpoint(7).root);
  EXPECT_EQ(opened->origin, "sallyport/node");
}

TEST_F(SignedLog, EveryChangedByteIsNoticed) {
  Signer with = signer();
  const std::string note = sign(with, 7);
  for (size_t at = 0; at < note.size(); ++at) {
    for (const int flip : {1, 0x20, 0x80}) {
      std::string changed = note;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      EXPECT_FALSE(with.verifier().open(changed)) << at;
    }
    EXPECT_FALSE(with.verifier().open(note.substr(0, at))) << at;
  }
  EXPECT_FALSE(with.verifier().open(note + "x"));
  EXPECT_FALSE(with.verifier().open(note + "\n"));
}

TEST_F(SignedLog, AnotherKeysSignatureIsNotOurs) {
  Signer with = signer();
  Signer other = Signer::load_or_create(folder / "other.key", "sallyport/node");
  const std::string note = sign(with, 7);
  EXPECT_FALSE(other.verifier().open(note));
  // A witness adds a line; that neither helps nor harms.
  const std::string theirs = sign(other, 7);
  const std::string line = theirs.substr(theirs.find("\n\n") + 2);
  EXPECT_TRUE(with.verifier().open(note + line));
  EXPECT_TRUE(other.verifier().open(note + line));
}

TEST_F(SignedLog, VerifierKeyTextRoundTrips) {
  const VerifierKey key = signer().verifier();
  const auto parsed = VerifierKey::parse(key.text() + "\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->text(), key.text());
  EXPECT_EQ(parsed->pem(), key.pem());
  EXPECT_EQ(content_of(key_path(".vkey")), key.text() + "\n");
  EXPECT_EQ(content_of(key_path(".pem")), key.pem());
  std::string wrong = key.text();
  wrong[wrong.find('+') + 1] ^= 1;
  EXPECT_FALSE(VerifierKey::parse(wrong));
  EXPECT_FALSE(VerifierKey::parse("name+12345678"));
  EXPECT_FALSE(VerifierKey::parse(""));
}

// Keys that others published: the key id is computed as they compute it.
TEST(VerifierKeys, OfOthersParse) {
  for (const char* text :
       {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"}) {
    const auto key = VerifierKey::parse(text);
    ASSERT_TRUE(key) << text;
    EXPECT_EQ(key->text(), text);
  }
}

TEST_F(SignedLog, SignsOnlyWhatExtendsTheLast) {
  Signer with = signer();
  sign(with, 10);
  EXPECT_EQ(with.last_signed()->size, 10U);
  EXPECT_THROW(sign(with, 9), std::runtime_error);  // smaller
  Checkpoint other = checkpoint(12);
  other.root[0] ^= 1;
  EXPECT_THROW(with.sign(other, Tree(*this).consistency_proof(10, 12)), std::runtime_error);
  EXPECT_THROW(with.sign(checkpoint(12), {}), std::runtime_error);  // unproven
  other = checkpoint(10);
  other.root[31] ^= 1;
  EXPECT_THROW(with.sign(other, {}), std::runtime_error);  // a fork at the same size
  other = checkpoint(12);
  other.origin = "sallyport/other";
  EXPECT_THROW(with.sign(other, Tree(*this).consistency_proof(10, 12)), std::runtime_error);
  EXPECT_EQ(with.last_signed()->size, 10U);
  sign(with, 12);
  EXPECT_EQ(with.last_signed()->size, 12U);
}

TEST_F(SignedLog, RemembersAcrossStarts) {
  const std::string note = [&] {
    Signer with = signer();
    return sign(with, 10);
  }();
  Signer again = signer();
  ASSERT_TRUE(again.last_signed());
  EXPECT_EQ(again.last_signed()->size, 10U);
  EXPECT_EQ(again.last_note(), note);
  EXPECT_THROW(sign(again, 5), std::runtime_error);
  // A state that this key did not sign is not believed.
  put_content(key_path(".state"), note.substr(0, note.size() - 10) + "AAAAAAAA=\n");
  EXPECT_THROW(signer(), std::runtime_error);
}

TEST_F(SignedLog, AdoptsOnlyItsOwnAndNothingOlder) {
  Signer with = signer();
  const std::string early = sign(with, 5);
  const std::string late = sign(with, 9);
  EXPECT_THROW(with.adopt(early), std::runtime_error);
  with.adopt(late);
  Signer other = Signer::load_or_create(folder / "other.key", "sallyport/node");
  EXPECT_THROW(other.adopt(late), std::runtime_error);
}

TEST_F(SignedLog, KeyFileIsMadePrivateAndRefusedOtherwise) {
  signer();
  struct stat info {};
  ASSERT_EQ(::stat(key().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  ASSERT_EQ(::chmod(key().c_str(), 0640), 0);
  EXPECT_THROW(signer(), std::runtime_error);
  ASSERT_EQ(::chmod(key().c_str(), 0600), 0);
  EXPECT_NO_THROW(signer());
  std::filesystem::create_symlink(key(), folder / "link.key");
  EXPECT_THROW(Signer::load_or_create(folder / "link.key", "n"), std::exception);
  put_content(folder / "text.key", "no key\n");
  ASSERT_EQ(::chmod((folder / "text.key").c_str(), 0600), 0);
  EXPECT_THROW(Signer::load(folder / "text.key", "n"), std::runtime_error);
  EXPECT_THROW(Signer::load(key(), "with space"), std::runtime_error);
}

TEST(Notes, BodiesThatAreNone) {
  const std::string root = base64(Hash{});
  const std::string end = "\n\n\xe2\x80\x94 a AAAAAAAA\n";
  EXPECT_TRUE(read_checkpoint("a\n1\n" + root + end));
  EXPECT_TRUE(read_checkpoint("a\n1\n" + root + "\nextension" + end));
  for (const std::string& bad :
       {"a\n01\n" + root + end, "a\n-1\n" + root + end, "a\n1 \n" + root + end,
        "\n1\n" + root + end, "a\n18446744073709551616\n" + root + end, "a\n1\nAAAA" + end,
        "a\n1\n" + root.substr(1) + end, "a\r\n1\n" + root + end, "a\n1\n" + root + "\n",
        std::string("\n"), std::string()})
    EXPECT_FALSE(read_checkpoint(bad)) << bad;
}

TEST(Base64, OneTextPerValue) {
  const std::vector<uint8_t> bytes = {1, 2, 3, 4};
  EXPECT_EQ(base64(bytes), "AQIDBA==");
  EXPECT_EQ(from_base64("AQIDBA=="), bytes);
  EXPECT_EQ(from_base64(""), std::vector<uint8_t>());
  const std::vector<uint8_t> long_ones(1 << 20, 0xa5);  // scan lines carry whole bodies
  EXPECT_EQ(from_base64(base64(long_ones)), long_ones);
  for (const char* bad : {"AQIDBA=", "AQIDBB==", "AQID BA=", "AQIDBA==\n", "!QIDBA==", "AQ=DBA=="})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

}  // namespace
}  // namespace sallyport::evidence_log_test
