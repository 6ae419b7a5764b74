#include "dataplane/scan/validate/crypto_address.h"

#include <gtest/gtest.h>

#include <string>

#include "dataplane/scan/validate/hash.h"

namespace sallyport::scan {
namespace {

Characters characters(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string hex(const Digest& digest) {
  std::string out;
  for (uint8_t byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

// FIPS 180-4 examples, and the empty text that every Ethereum document quotes.
TEST(Hash, PublishedDigests) {
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256(characters("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(keccak256({})), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(hex(keccak256(characters("abc"))),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
}

TEST(CryptoAddress, Base58CheckOfSeveralCoins) {
  for (const char* good :
       {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
        "1111111111111111111114oLvT2"})
    EXPECT_TRUE(base58check_address(characters(good))) << good;
  for (const char* bad :
       {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "1a1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", ""})
    EXPECT_FALSE(base58check_address(characters(bad))) << bad;
}

// BIP 173 and BIP 350, test vectors.
TEST(CryptoAddress, SegregatedWitness) {
  for (const char* good :
       {"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        "bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297"})
    EXPECT_TRUE(segwit_address(characters(good))) << good;
  for (const char* bad :
       {"bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdr", "bc1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bc1qbc1qbc1q", "xx1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"})
    EXPECT_FALSE(segwit_address(characters(bad))) << bad;
}

// EIP-55, test cases.
TEST(CryptoAddress, Ethereum) {
  for (const char* good :
       {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77"})
    EXPECT_TRUE(ethereum_address(characters(good))) << good;
  for (const char* bad :
       {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "0x0000000000000000000000000000000000000000",
        "0x000000000000000000000000000000000000dEaD", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe"})
    EXPECT_FALSE(ethereum_address(characters(bad))) << bad;
}

}  // namespace
}  // namespace sallyport::scan
