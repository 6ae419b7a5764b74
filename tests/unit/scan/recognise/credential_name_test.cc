#include "dataplane/scan/recognise/secret/credential_name.h"

#include <gtest/gtest.h>

#include <string>

#include "dataplane/base/bytes.h"

namespace sallyport::scan {
namespace {

struct Read {
  Name name;
  Operator op = Operator::None;
  std::string rest;
};

Read read(const std::string& text, const std::string& cue) {
  const TextView view{base::bytes_of(text).data(), 0, text.size(), true};
  const size_t at = text.find(cue);
  Reader reader(view, at + cue.size(), text.size() + 1);
  Read out;
  out.name = read_name(view, at, reader, false);
  out.op = read_operator(reader, out.name);
  out.rest = text.substr(std::min<size_t>(reader.at(), text.size()));
  return out;
}

TEST(CredentialName, TheCueIsItsLastNoun) {
  EXPECT_TRUE(read("my_api_token_2=", "token").name.fits);
  EXPECT_TRUE(read("tokenProd=", "token").name.fits);
  EXPECT_FALSE(read("token_count=", "token").name.fits);
  EXPECT_FALSE(read("tokenizer=", "token").name.fits);
  EXPECT_FALSE(read("csrf_token=", "token").name.fits);
  EXPECT_FALSE(read("compass=", "pass").name.fits);
  EXPECT_TRUE(read("DB_PASS=", "PASS").name.fits);
}

TEST(CredentialName, WhatStandsAroundItTells) {
  EXPECT_TRUE(read("--token x", "token").name.flag);
  EXPECT_TRUE(read("<token>x", "token").name.tag);
  EXPECT_TRUE(read("?token=x", "token").name.query);
  EXPECT_TRUE(read("\"token\": x", "token").name.quoted);
  EXPECT_TRUE(read("A_TOKEN=x", "TOKEN").name.constant);
  EXPECT_TRUE(read("$token", "token").name.variable);
}

TEST(CredentialName, OperatorsOfManyLanguages) {
  for (const char* op :
       {"=", " = ", ":", ": ", " := ", " ::= ", " => ", " ?= ", " .= ", "==", " -> ", ": str = "}) {
    const Read got = read(std::string("token") + op + "x", "token");
    EXPECT_EQ(got.op, Operator::Assign) << op;
    EXPECT_EQ(got.rest, "x") << op;
  }
  EXPECT_EQ(read("token::x", "token").op, Operator::None);
  EXPECT_EQ(read("<token>x", "token").op, Operator::Element);
  EXPECT_EQ(read("(\"token\", \"x\")", "token").op, Operator::Second);
  EXPECT_EQ(read("token is x", "token").op, Operator::Is);
  EXPECT_EQ(read("token x", "token").op, Operator::Space);
}

}  // namespace
}  // namespace sallyport::scan
