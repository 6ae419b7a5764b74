#include "dataplane/scan/recognise/secret/auth_header.h"

#include <gtest/gtest.h>

#include "dataplane/scan/recognise/secret/password.h"
#include "tests/unit/scan/recognise/recogniser_probe.h"

namespace sallyport::scan {
namespace {

const RecogniserProbe kProbe(password_after_cue);
const std::string kKey = std::string("qQcLJI9x2f0m") + "1h8u3tNs6krb";
// admin:Orbit0014x
const std::string kPair = std::string("YWRtaW46T3J") + "iaXQwMDE0eA==";

TEST(AuthHeader, TheCredentialWithoutItsScheme) {
  EXPECT_EQ(kProbe.find("Authorization: Basic " + kPair, "basic "), kPair);
  EXPECT_EQ(kProbe.find("-H 'Authorization: Bearer " + kKey + "'", "bearer "), kKey);
  EXPECT_EQ(kProbe.find("Authorization: " + kKey, "authorization"), kKey);
  EXPECT_EQ(kProbe.find("authorization: GenieKey " + kKey, "authorization"), kKey);
  EXPECT_EQ(kProbe.find("Authorization: Token token=\"" + kKey + "\"", "authorization"), kKey);
  EXPECT_EQ(kProbe.find("{\"r.example\": {\"auth\": \"" + kPair + "\"}}", "\"auth\""), kPair);
  EXPECT_EQ(kProbe.find("//r.example/:_auth=" + kPair, "_auth="), kPair);
}

TEST(AuthHeader, WordsAndPlaceholdersAreNone) {
  EXPECT_EQ(kProbe.find("basic understanding of keys", "basic "), std::nullopt);
  EXPECT_EQ(kProbe.find("Authorization: Bearer <token>", "bearer "), std::nullopt);
  EXPECT_EQ(kProbe.find("Authorization: Bearer ${TOKEN}", "bearer "), std::nullopt);
  EXPECT_EQ(kProbe.find("the bearer of this letter", "bearer "), std::nullopt);
  EXPECT_EQ(kProbe.find("authorization: required", "authorization"), std::nullopt);
  EXPECT_EQ(kProbe.find("\"auth\": true", "\"auth\""), std::nullopt);
}

TEST(AuthHeader, KnowsItsCues) {
  const std::string bearer = "Bearer ", other = "bear";
  EXPECT_TRUE(is_header_cue(base::bytes_of(bearer)));
  EXPECT_FALSE(is_header_cue(base::bytes_of(other)));
}

}  // namespace
}  // namespace sallyport::scan
