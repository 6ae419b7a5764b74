#include "dataplane/scan/recognise/secret/call_argument.h"

#include <gtest/gtest.h>

#include "dataplane/scan/recognise/secret/password.h"
#include "tests/unit/scan/recognise/recogniser_probe.h"

namespace sallyport::scan {
namespace {

const RecogniserProbe kProbe(password_after_cue);
const std::string kWord = std::string("Orbit") + "0014x";

TEST(CallArgument, TheOneBehindTheUser) {
  EXPECT_EQ(kProbe.find("login('bob', '" + kWord + "')", "login("), kWord);
  EXPECT_EQ(kProbe.find("new NetworkCredential(\"a\", \"" + kWord + "\")", "credential("), kWord);
  EXPECT_EQ(kProbe.find("http.basic_auth 'svc', '" + kWord + "'", "basic_auth "), kWord);
  EXPECT_EQ(kProbe.find("login(user, '" + kWord + "')", "login("), kWord);
}

TEST(CallArgument, WhatSigns) {
  EXPECT_EQ(kProbe.find("jwt.sign(payload, '" + kWord + "', { expiresIn: 60 })", "jwt.sign("),
            kWord);
  EXPECT_EQ(kProbe.find("jwt.encode({\"a\": [1]}, \"" + kWord + "\")", "jwt.encode("), kWord);
  EXPECT_EQ(kProbe.find("hmac.new(b\"" + kWord + "\", msg)", "hmac.new("), kWord);
  EXPECT_EQ(kProbe.find("new Sequelize('a', 'b', '" + kWord + "')", "sequelize("), kWord);
  EXPECT_EQ(kProbe.find("jwt.encode({\"a\": 1}, key2)", "jwt.encode("), std::nullopt);
  EXPECT_EQ(kProbe.find("jwt.verify(token, publicKey2)", "jwt.verify("), std::nullopt);
}

TEST(CallArgument, ATokenAlone) {
  const std::string token = std::string("qQcLJI9x2f0m1h8u") + "3tNs6krb0w5pgm1h";
  EXPECT_EQ(kProbe.find("client.login(\"" + token + "\");", "login("), token);
  EXPECT_EQ(kProbe.find("bot.run( '" + token + "' )", "bot.run("), token);
  EXPECT_EQ(kProbe.find("client.login(\"" + kWord + "\");", "login("), std::nullopt);
  EXPECT_EQ(kProbe.find("bot.run(token2)", "bot.run("), std::nullopt);
}

TEST(CallArgument, TheThirdTextOfAConnection) {
  EXPECT_EQ(kProbe.find("connect(\"h\", \"root\", \"" + kWord + "\", \"db\")", "connect("), kWord);
  EXPECT_EQ(kProbe.find("connect('host', 'port8080')", "connect("), std::nullopt);
  EXPECT_EQ(kProbe.find("connect(this, slot, 'on_click2')", "connect("), std::nullopt);
}

TEST(CallArgument, InsideOfTheNameOfADataSource) {
  EXPECT_EQ(kProbe.find("MYSQL_DSN=app:" + kWord + "@tcp(db:3306)/shop", "dsn"), kWord);
  EXPECT_EQ(kProbe.find("sql.Open(\"mysql\", \"root:" + kWord + "@/shop\")", "sql.open("), kWord);
  EXPECT_EQ(kProbe.find("sql.Open(\"sqlite3\", \"./shop.db\")", "sql.open("), std::nullopt);
  EXPECT_EQ(kProbe.find("jdbc:oracle:thin:app/" + kWord + "@//db:1521/X", "oracle:thin:"), kWord);
  EXPECT_EQ(kProbe.find("jdbc:oracle:thin:@//db:1521/X", "oracle:thin:"), std::nullopt);
  EXPECT_EQ(kProbe.find("(CURLOPT_USERPWD, \"svc:" + kWord + "\")", "curlopt_userpwd"), kWord);
  EXPECT_EQ(kProbe.find("(CURLOPT_USERPWD, $user . ':' . $pass)", "curlopt_userpwd"), std::nullopt);
}

TEST(CallArgument, ParametersAndPlaceholdersAreNone) {
  EXPECT_EQ(kProbe.find("def login(user, password2):", "login("), std::nullopt);
  EXPECT_EQ(kProbe.find("login('bob', 'changeme')", "login("), std::nullopt);
  EXPECT_EQ(kProbe.find("login('bob', getenv('PASS1'))", "login("), std::nullopt);
}

}  // namespace
}  // namespace sallyport::scan
