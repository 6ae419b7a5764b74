#include "dataplane/scan/validate/secret_text.h"

#include <gtest/gtest.h>

#include <string>

#include "dataplane/base/bytes.h"

namespace sallyport::scan {
namespace {

Bytes of(const std::string& text) { return base::bytes_of(text); }

TEST(SecretText, PlaceholdersAreNoSecrets) {
  for (const std::string& text : std::initializer_list<std::string>{
           "xxxxxxxx", "${TOKEN}", "{{ token }}", "<token>", "%TOKEN%", "$TOKEN", "********",
           "changeme", "your-key-here", std::string("AKIA") + "IOSFODNN7EXAMPLE", "aaaaaaaa",
           "[REDACTED]", "@@TOKEN@@", "prefix-%s", "User%s-Name1"})
    EXPECT_TRUE(is_placeholder(of(text))) << text;
  // Of RFC 6749, 7617 and 9562, by their hashes.
  for (const std::string text :
       {"2YotnFZFEjr1zCsicMWpAA", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "550e8400-e29b-41d4-a716-446655440000", "AccountKey=2YotnFZFEjr1zCsicMWpAA"})
    EXPECT_TRUE(is_placeholder(of(text))) << text;
  for (const std::string text : {"Orbit0014x", "$ecret9!x", "p%40ss", "2YotnFZFEjr1zCsicMWpAB",
                                 "P9k9tXaB%s_lt9ZL!7", "UOO1#g@ioMHN@@y!7"})
    EXPECT_FALSE(is_placeholder(of(text))) << text;
  EXPECT_FALSE(looks_random(of("aaaaaaaaaaaaaaaaaaab")));
  EXPECT_TRUE(looks_random(of("qQcLJI9x2f0m1h8u")));
}

TEST(SecretText, ExpressionsStandForValues) {
  for (const std::string text : {"os.environ",
                                 "get_secret(x)",
                                 "config['a']",
                                 "self.password",
                                 "https://a.example",
                                 "./a/b",
                                 "kev@a.example",
                                 "server.key",
                                 "structa.html#a2e52ea8",
                                 "1.2.3",
                                 "0x1f",
                                 "8-16",
                                 "12-character",
                                 "ed25519.Ed25519PrivateKey",
                                 "links=False",
                                 "arn:aws:kms:eu-west-1:1:key/a2",
                                 "secret/data/app2",
                                 "PBKDF2WithHmacSHA256",
                                 "AES-256-GCM",
                                 "X-Auth-Token2",
                                 "tls-secret2",
                                 ":password2",
                                 "#password2",
                                 "md5(Pass1)",
                                 "load(User12",
                                 "mask(0x1f+a",
                                 "b64ToUtf8(",
                                 "keys[User1].x2",
                                 "(?=.*\\d).{8,}"})
    EXPECT_TRUE(is_expression(of(text))) << text;
  for (const std::string text : {"Orbit0014x", "a.b9-Q/x", "P@ss.w0rd!", "@Orbit0014x", "#tiger77",
                                 "password123", "qQcL/JI9x/2f0m1h8u", "zW5(Yq)s7+", "zW(5Yq8s7+",
                                 "6j73RNz(mP", "Y6mL5MHi0(", "fyP(#1TH9", "LXFK(4c+bw"})
    EXPECT_FALSE(is_expression(of(text))) << text;
}

TEST(SecretText, PasswordsMixWhatWordsDoNot) {
  for (const std::string text :
       {"Orbit0014x", "copper-orbit-0916", "P@ssw0rd", "YZlf$j8sVFj!", "hunter2",
        "correct-horse-battery-staple", "lemon.pepper14", "jGMIVwejZyuw", "CxrxyxzCWZRsg5"})
    EXPECT_EQ(password_strength(of(text)), Strength::Strong) << text;
  for (const std::string text : {"sunshine", "Dragon", "123456"})
    EXPECT_EQ(password_strength(of(text)), Strength::Weak) << text;
  for (const std::string text :
       {"required", "newPassword", "new_password", "SHA-256", "base64-encoded", "varchar2",
        "UINT16_MAX", "abc", "password", "550e8400-e29b-41d4-a716-446655440000", "lemon.pepper",
        "lemon.pepper1", "config.pepper14", "getJsonObjects", "adjustEnqueuedSql", "isEqualToValue",
        "lemon.password14", "lemon.pepper.tree14"})
    EXPECT_EQ(password_strength(of(text)), Strength::None) << text;
}

TEST(SecretText, KeysAreMadeByMachines) {
  for (const std::string text :
       {"qQcLJI9x2f0m1h8u", "7c1e9a04b8d2f6357c0ea9148bd26f53", "zgvhgxdtunm88p"})
    EXPECT_TRUE(is_key_like(of(text))) << text;
  for (const std::string text : {"key-vault-name-2024", "LastValInScope", "my-app-tls-cert",
                                 "DOC_Vector_5_32", "SomeVeryLongClassName", "short1"})
    EXPECT_FALSE(is_key_like(of(text))) << text;
}

TEST(SecretText, TokensAreMadeUpLikePasswords) {
  for (const std::string text : {"Coffee!909!", "Fq4DK8#uZUh!5", "a_B1-c.d+E?=~"})
    EXPECT_TRUE(is_made_up(of(text))) << text;
  for (const std::string text : {"Cof!909", "coffee!909!", "COFFEE!909!", "Coffee!!!!!",
                                 "Coffee_909", "Coffee!909 x", "Coffee!(909)", "Caf\xc3\xa9!909x"})
    EXPECT_FALSE(is_made_up(of(text))) << text;
}

TEST(SecretText, WordsCanBeSaid) {
  EXPECT_TRUE(is_wordy(of("AccountManager")));
  EXPECT_TRUE(is_wordy(of("HTTPServer")));
  EXPECT_FALSE(is_wordy(of("xkqzvbn")));
  EXPECT_FALSE(is_wordy(of("aBcDeFgHi")));
}

TEST(SecretText, SignedTokensHaveAnAlgorithm) {
  EXPECT_TRUE(is_jwt(
      of("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIx")));  // {"alg":"HS256","typ":"JWT"}
  EXPECT_FALSE(is_jwt(of("eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIx")));    // {"typ":"JWT"}
  EXPECT_FALSE(is_jwt(of("eyJ!!.eyJzdWIiOiIx")));
}

TEST(SecretText, BasicCredentialsAreAPair) {
  EXPECT_EQ(basic_credentials(of("YWRtaW46T3JiaXQwMDE0eA==")), 5U);  // admin:Orbit0014x
  EXPECT_EQ(basic_credentials(of("dXNlcjpwYXNzd29yZA==")), 0U);      // user:password
  EXPECT_EQ(basic_credentials(of("understanding")), 0U);
}

TEST(SecretText, TheTailIsTheChecksumInBase62) {
  const std::string body = "000000000000000000000000000000", mark = std::string("gh") + "p_";
  size_t good = 0;
  for (char last : std::string("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
    good += has_crc32_base62_tail(of(mark + body + "00000" + last)) ? 1 : 0;
  EXPECT_LE(good, 1U);
  EXPECT_FALSE(has_crc32_base62_tail(of(mark + body)));
  EXPECT_TRUE(
      has_crc32_base62_tail(of(mark + std::string("qQcLJI9x2f0m1h8u3tNs6krbDYZEVa") + "1mS9RY")));
}

TEST(SecretText, UuidsHaveTheirForm) {
  EXPECT_TRUE(is_uuid(of("550e8400-e29b-41d4-a716-446655440000")));
  EXPECT_FALSE(is_uuid(of("550e8400-e29b-41d4-a716-44665544000g")));
}

}  // namespace
}  // namespace sallyport::scan
